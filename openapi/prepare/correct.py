"""Apply corrections: OpenAPI Overlay 1.1 documents whose every action says why, with its evidence."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonpath_rfc9535 as jsonpath

from .errors import PrepareError, pointer
from .load import Json, load

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
    """An action that did nothing, and why."""

    action: Action
    problem: str

    def __str__(self) -> str:
        return f"{self.action.name}: {self.action.target}: {self.problem} (it was there because: {self.action.reason})"


def read_actions(folder: Path) -> Iterator[Action]:
    """Yield the actions of every Overlay document in a folder, files by name, actions in order.

    Raises:
        PrepareError: A file is no Overlay 1.1 document, or an action lacks a target, a reason (``description``), its
            evidence (``x-evidence``) or exactly one of update, copy and remove.
    """
    for path in sorted(folder.glob("*.yaml")):
        document, _ = load(path)
        if not str(document.get("overlay", "")).startswith("1.1."):
            raise PrepareError(f"{path.name}: 'overlay' must be 1.1.x, as in OpenAPI Overlay 1.1")
        for index, raw in enumerate(document.get("actions") or []):
            yield _action(f"{path.name}#{index}", raw)


def _action(name: str, raw: Json) -> Action:
    for field in ("target", "description", "x-evidence"):
        if not isinstance(raw.get(field), str) or not raw[field].strip():
            raise PrepareError(f"{name}: {field!r} is missing; every action needs target, description and x-evidence")
    unknown = [key for key in raw if key not in ("target", "description", *_KINDS) and not key.startswith("x-")]
    kinds = [kind for kind in _KINDS if kind in raw]
    if unknown or len(kinds) != 1:
        raise PrepareError(f"{name}: needs exactly one of update, copy and remove, has {kinds + unknown}")
    return Action(name, raw["target"], raw["description"], raw["x-evidence"], kinds[0], raw[kinds[0]])


def apply(document: Json, actions: Iterable[Action]) -> tuple[Json, list[Idle]]:
    """Return a corrected copy of the document and the actions that matched or changed nothing."""
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
    value = action.value
    if action.kind == "copy":
        sources = _find(document, action, str(value))
        if len(sources) != 1:
            raise PrepareError(f"{action.name}: 'copy' must select one node, selects {len(sources)}: {value}")
        value = copy.deepcopy(_at(document, sources[0]))
    changed = False
    for place in reversed(places):  # from the end, so that removing an element moves no other target
        changed |= _remove(document, place, action) if action.kind == "remove" else _update(document, place, value, action)
    return None if changed else "changes nothing"


def _find(document: Json, action: Action, query: str) -> list[tuple[str | int, ...]]:
    try:
        return [node.location for node in jsonpath.find(query, document)]
    except jsonpath.JSONPathError as error:
        raise PrepareError(f"{action.name}: {query!r} is no JSONPath (RFC 9535): {error}") from error


def _at(document: Any, place: Iterable[str | int]) -> Any:
    for token in place:
        document = document[token]
    return document


def _remove(document: Json, place: tuple[str | int, ...], action: Action) -> bool:
    if action.value is not True or not place:
        raise PrepareError(f"{action.name}: 'remove' must be true and must not target the whole document")
    del _at(document, place[:-1])[place[-1]]
    return True


def _update(document: Json, place: tuple[str | int, ...], value: Any, action: Action) -> bool:
    target = _at(document, place)
    where = f"{action.name}: {pointer(*place)}"
    if isinstance(target, dict):
        if not isinstance(value, dict):
            raise PrepareError(f"{where} is an object; 'update' must be an object too")
        return _merge(target, value)
    if isinstance(target, list):
        items = value if isinstance(value, list) else [value]
        fresh = [copy.deepcopy(item) for item in items if item not in target]
        target.extend(fresh)
        return bool(fresh)
    if isinstance(value, (dict, list)):
        raise PrepareError(f"{where} is a plain value; 'update' must be one too")
    _at(document, place[:-1])[place[-1]] = value
    return bool(target != value)


def _merge(target: Json, value: Json) -> bool:
    """Merge recursively as Overlay 1.1 says: objects merge, arrays are concatenated, the rest is replaced."""
    changed = False
    for key, new in value.items():
        old = target.get(key)
        if key not in target:
            target[key] = copy.deepcopy(new)
            changed = True
        elif isinstance(old, dict) and isinstance(new, dict):
            changed |= _merge(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            fresh = [copy.deepcopy(item) for item in new if item not in old]
            old.extend(fresh)
            changed |= bool(fresh)
        elif old != new or type(old) is not type(new):
            target[key] = copy.deepcopy(new)
            changed = True
    return changed
