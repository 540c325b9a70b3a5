"""Apply corrections: OpenAPI Overlay 1.1 documents whose every action says why, with its evidence."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonpath_rfc9535 as jsonpath

from .errors import Place, PrepareError, pointer
from .load import Json, is_array, is_object, load, same

_KINDS = ("update", "copy", "remove")


@dataclass(frozen=True)
class Action:
    """One action of an Overlay document (Overlay Specification 1.1, Action Object)."""

    name: str
    """Where it stands, ``file#index``, as reports name it."""
    target: str
    reason: str
    evidence: str
    kind: str
    """``update``, ``copy`` or ``remove``."""
    value: Any


@dataclass(frozen=True)
class Idle:
    """An action that had no effect, and why."""

    action: Action
    problem: str

    def __str__(self) -> str:
        return f"{self.action.name}: {self.action.target}: {self.problem} (it was there because: {self.action.reason})"


class _Incompatible(Exception):
    """An update of another kind than its target, which Overlay 1.1 calls an error."""


def read_actions(folder: Path) -> Iterator[Action]:
    """Yield the actions of every Overlay document in a folder, files by name, those of examples last, actions in order.

    Raises:
        PrepareError: A file is no Overlay 1.1 document, or an action lacks a target, a reason (``description``), its
            evidence (``x-evidence``) or exactly one of update, copy and remove.
    """
    for path in sorted((path for path in folder.glob("[!.]*") if path.name != "README.md"), key=_turn):
        if path.suffix != ".yaml":
            raise PrepareError(f"{path.name}: is not read; a correction is a .yaml file")
        document, notes = load(path)
        info = document.get("info")
        actions = document.get("actions")
        if not str(document.get("overlay", "")).startswith("1.1."):
            raise PrepareError(f"{path.name}: 'overlay' must be 1.1.x, as in OpenAPI Overlay 1.1")
        if not is_object(info) or not {"title", "version"} <= info.keys():
            raise PrepareError(f"{path.name}: 'info' must give a title and a version")
        if not is_array(actions) or not actions:
            raise PrepareError(f"{path.name}: 'actions' must list at least one action")
        if notes:
            raise PrepareError(f"{path.name}: {notes[0]}")
        for index, raw in enumerate(actions):
            yield _action(f"{path.name}#{index}", raw)


def _turn(path: Path) -> tuple[bool, str]:
    """Return when a file has its turn: an example shows what the other corrections have made of the document."""
    return path.name.startswith("examples-"), path.name


def _action(name: str, raw: Any) -> Action:
    if not is_object(raw):
        raise PrepareError(f"{name}: must be a mapping")
    for field in ("target", "description", "x-evidence"):
        if not isinstance(raw.get(field), str) or not raw[field].strip():
            raise PrepareError(f"{name}: {field!r} is missing; every action needs target, description and x-evidence")
    unknown = [key for key in raw if key not in ("target", "description", *_KINDS) and not key.startswith("x-")]
    kinds = [kind for kind in _KINDS if kind in raw]
    if unknown or len(kinds) != 1:
        raise PrepareError(f"{name}: needs exactly one of update, copy and remove, has {kinds + unknown}")
    if kinds == ["remove"] and raw["remove"] is not True:
        raise PrepareError(f"{name}: 'remove' must be true")
    return Action(name, raw["target"], raw["description"], raw["x-evidence"], kinds[0], raw[kinds[0]])


def apply(document: Json, actions: Iterable[Action]) -> tuple[Json, list[Idle]]:
    """Return a corrected copy of the document and the actions that matched nothing, changed nothing or did not fit."""
    corrected = copy.deepcopy(document)
    idle: list[Idle] = []
    for action in actions:
        problem = _apply_one(corrected, action)
        if problem:
            idle.append(Idle(action, problem))
    return corrected, idle


def _apply_one(document: Json, action: Action) -> str | None:
    """Apply one action in place; return what was wrong when it had no effect."""
    places = _find(document, action, action.target)
    if not places:
        return "matches nothing"
    if action.kind == "remove":
        for place in places:
            _remove(document, place, action)
        return None
    value = action.value
    if action.kind == "copy":
        sources = _find(document, action, str(value))
        if len(sources) != 1:
            return f"'copy' must select one node, {value} selects {len(sources)}"
        value = _at(document, sources[0])
    for place in places:  # all of them are tried before any is changed
        try:
            _updated(_at(document, place), value, top=True)
        except _Incompatible:
            return f"the update does not fit {pointer(*place)}; remove that first"
    changed = [_update(document, place, value) for place in places]
    return None if any(changed) else "changes nothing"


def _find(document: Json, action: Action, query: str) -> list[Place]:
    """Return the places a query selects, each once, from the end: removing one then moves no other."""
    try:
        found: set[Place] = {node.location for node in jsonpath.find(query, document)}
    except jsonpath.JSONPathError as error:
        raise PrepareError(f"{action.name}: {query!r} is no JSONPath (RFC 9535): {error}") from error
    return sorted(found, reverse=True)


def _at(document: Any, place: Place) -> Any:
    for token in place:
        document = document[token]
    return document


def _update(document: Json, place: Place, value: Any) -> bool:
    """Update what stands at a place, and tell whether that changed anything."""
    target = _at(document, place)
    updated = _updated(target, value, top=True)
    if same(target, updated):
        return False
    if place:
        _at(document, place[:-1])[place[-1]] = updated
    else:
        document.update(updated)
    return True


def _remove(document: Json, place: Place, action: Action) -> None:
    if not place:
        raise PrepareError(f"{action.name}: 'remove' must not target the whole document")
    del _at(document, place[:-1])[place[-1]]


def _updated(target: Any, value: Any, *, top: bool = False) -> Any:
    """Return the target merged with an update: objects merge, arrays are concatenated, plain values are replaced.

    What an array holds already is not added again: so an update that the document has caught up with shows.
    """
    if is_object(target) and is_object(value):
        merged = {
            key: _updated(target[key], new) if key in target else copy.deepcopy(new) for key, new in value.items()
        }
        return {**target, **merged}
    if is_array(target) and (top or is_array(value)):
        items = value if is_array(value) else [value]
        return target + [copy.deepcopy(item) for item in items if not any(same(item, each) for each in target)]
    if isinstance(target, (dict, list)) or isinstance(value, (dict, list)):
        raise _Incompatible
    return value
