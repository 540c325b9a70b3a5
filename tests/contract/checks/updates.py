"""What an update means, as the document says it: what it replaces, leaves, saves and takes away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from portkey_mock import Response
from tests.contract.bodies import REFERENCES
from tests.contract.calls import Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.relations import another
from tests.contract.document import Operation
from tests.contract.world import World, items, parsed
from tests.mock import spec

_REPLACED: Final = re.compile(r"`(\w+)` is replaced whole")
_UNNAMED: Final = re.compile(r"(\w+) that are not named (?:stay|keep)", re.IGNORECASE)


def _whole(world: World) -> Iterator[Problem]:
    """What the document says is replaced whole has nothing of what it was before."""
    for operation in world.tryable():
        said = _REPLACED.search(operation.raw.get("description", ""))
        read = f"GET {operation.path}"
        if said is None or not world.has(read):
            continue
        try:
            ids = world.things(operation.path)
            body = world.body(operation)
        except Lacking:
            continue
        for rules in _RULES:
            answer = world.send(str(operation), ids, {**body, said[1]: rules})
            if answer.status >= 300:
                break
        else:
            found = _told(world.send(read, ids)).get(said[1])
            if isinstance(found, dict) and (left := found.keys() & _RULES[0].keys() - _RULES[1].keys()):
                message = f"{said[1]} was replaced, and still has {', '.join(sorted(left))} of what it was before."
                yield Problem(message, world.last())


def _unnamed(world: World) -> Iterator[Problem]:
    """What the document says stays unless it is named is there when something else was named."""
    for operation in world.tryable():
        said = _UNNAMED.search(operation.raw.get("description", ""))
        read = f"GET {operation.path}"
        if operation.method != "PUT" or said is None or not world.has(read):
            continue
        name = said[1].lower()
        try:
            ids = world.things(operation.path)
            one, other = _two(world, operation, name)
        except Lacking:
            continue
        if world.send(str(operation), ids, {name: [one]}).status >= 300:
            continue
        before = _keys(world.send(read, ids))
        if _key(one) not in before or world.send(str(operation), ids, {name: [other]}).status >= 300:
            continue
        if _key(one) not in _keys(world.send(read, ids)):
            yield Problem(f"One of the {name} that was not named has gone from them.", world.last())


def _grown(world: World) -> Iterator[Problem]:
    """What is saved as a new version is one more, and those before it stay."""
    for operation in world.tryable():
        read = f"GET {operation.path}/versions"
        if operation.method != "PUT" or not world.has(read) or "new version" not in operation.raw["description"]:
            continue
        try:
            ids = world.things(operation.path, fresh=True)
            body = world.body(operation)
        except Lacking:
            continue
        properties = spec.flat(operation.raw["requestBody"]["content"]["application/json"]["schema"])["properties"]
        new = {"string": "Another text.", "config": _RULES[1], "patch": True}
        before = _saved(world.send(read, ids))
        changed = world.send(str(operation), ids, {**body, **{name: new[name] for name in new if name in properties}})
        if not before or changed.status >= 300:
            continue
        after = _saved(world.send(read, ids))
        if before - after:
            yield Problem("A version that there was is not in the list after another was saved.", world.last())
        elif after == before:
            yield Problem("What was saved as a new version is not in the list of versions.", world.last())


def _saved(answer: Response) -> set[Any]:
    """What tells the versions in a list from each other."""
    found = [each for each in items(parsed(answer)) if isinstance(each, dict)] if answer.status < 300 else []
    names = ("version_id", "prompt_version_id", "prompt_partial_version_id", "prompt_version", "version", "id")
    return {next((str(each[name]) for name in names if name in each), None) for each in found}


def _taken_away(world: World) -> Iterator[Problem]:
    """What was put in one place, and is shown there, is not shown any more when it was taken away."""
    for operation in world.tryable():
        show, take = f"GET {operation.path}", f"DELETE {operation.path}"
        if operation.method != "PUT" or operation.path.endswith("}") or not world.has(show, take):
            continue
        mark = f"contract-{world.random.randbytes(8).hex()}"
        try:
            ids = world.things(operation.path, fresh=True)
            sent, named = _marked(world, operation, mark)
        except Lacking:
            continue
        if world.send(str(operation), ids, sent).status >= 300 or mark.encode() not in world.send(show, ids).body:
            continue
        if world.send(take, ids, named if world.operations[take].takes_body else None).status < 300:
            answer = world.send(show, ids)
            if answer.status < 300 and mark.encode() in answer.body:
                yield Problem("What was taken away is still shown.", world.last())


def _marked(world: World, operation: Operation, mark: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A body with a mark in it, and one that names what it marks.

    Raises:
        Lacking: there is no place for it.
    """
    schema = operation.raw["requestBody"]["content"]["application/json"]["schema"]
    for name, below in spec.flat(schema).get("properties", {}).items():
        plain = spec.flat(below)
        inside = spec.flat(plain.get("items", {})).get("properties", {})
        if plain.get("type") == "string" and "enum" not in plain and name.endswith("token"):
            return {**world.body(operation), name: mark}, {}
        if "slug" in inside and "is_custom" in inside:
            item = {**spec.smallest(plain["items"]), "slug": mark, "is_custom": True}
            return {**world.body(operation), name: [item]}, {name: [mark]}
    raise Lacking("there is no place for a mark")


def _two(world: World, operation: Operation, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two items for a list in a body: made up, or of things that there are.

    Raises:
        Lacking: there are none.
    """
    schema = operation.raw["requestBody"]["content"]["application/json"]["schema"]
    inside = spec.flat(spec.flat(schema).get("properties", {}).get(name, {}).get("items", {}))
    item = spec.smallest(inside)
    key = "slug" if "slug" in inside.get("properties", {}) else "id"
    path = REFERENCES.get(f"{name.removesuffix('s')}_id")
    if not isinstance(item, dict):
        raise Lacking(f"{name} are no objects")
    more = {"is_custom": True} if "is_custom" in inside.get("properties", {}) else {}
    if path is None:
        one, other = (f"contract-{world.random.randrange(10**6)}-{each}" for each in (1, 2))
    else:
        ids = world.things(path)
        one, other = *ids.values(), another(world, path, ids)
    return {**item, **more, key: one}, {**item, **more, key: other}


def _key(item: dict[str, Any]) -> str:
    return str(item.get("slug") or item["id"])


def _keys(answer: Response) -> set[Any]:
    found = items(parsed(answer)) if answer.status < 300 else []
    return {each.get(name) for each in found if isinstance(each, dict) for name in ("slug", "id")}


def _told(answer: Response) -> dict[str, Any]:
    found = parsed(answer) if answer.status < 300 else None
    inner = found.get("data") if isinstance(found, dict) else None
    return {**(found if isinstance(found, dict) else {}), **(inner if isinstance(inner, dict) else {})}


_RULES: Final[tuple[dict[str, Any], dict[str, Any]]] = (
    {"retry": {"attempts": 2}, "cache": {"mode": "simple"}},
    {"retry": {"attempts": 3}},
)
"""Rules of a config, the second without one of the first."""

CHECKS: Final = (
    Check("replaced_whole", "What is replaced whole has nothing of before.", "/description", make=_whole),
    Check("versions_grow", "A new version is one more.", "/description", make=_grown),
    Check("taken_away", "What was taken away is not shown.", "RFC 9110, section 9.3.5", make=_taken_away),
    Check("unnamed_kept", "What an update does not name stays, where that is said.", "/description", make=_unnamed),
)
