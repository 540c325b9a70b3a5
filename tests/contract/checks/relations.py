"""What lies below a thing is there and nowhere else, and what is only named by a thing outlives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from tests.contract.bodies import REFERENCES
from tests.contract.calls import Call, Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.collections import NOBODY, Collection, collections, made
from tests.contract.document import Operation
from tests.contract.sight import known
from tests.contract.world import World, identity, items, parsed
from tests.mock import spec


def _elsewhere(world: World) -> Iterator[Problem]:
    """What lies below one thing is not found below another, nor ended there."""
    for operation in sorted(world.tryable(), key=lambda each: each.method == "DELETE"):
        names = _names(operation)
        puts = operation.method == "PUT" and operation.path.endswith("}")
        if len(names) < 2 or puts or not _is_kept(world, operation, names[-1]):
            continue
        for parent in names[:-1]:
            try:
                yield from _asked_below_another(world, operation, parent)
            except Lacking:
                continue


def _asked_below_another(world: World, operation: Operation, parent: str) -> Iterator[Problem]:
    end = operation.method == "DELETE" and operation.path.endswith("}")
    child = operation.path[: operation.path.rindex("}") + 1]
    ids = world.things(child, fresh=end)
    other = ids | {parent: another(world, _up_to(operation, parent), ids)}
    read = f"GET {child}"
    there = world.has(read) and world.send(read, ids).status < 300
    if other == ids or not (there or _is_listed(world, child, ids)) or _is_listed(world, child, other):
        return
    body = world.body(operation)
    answer = world.wire.handle(world.request(Call(operation, other, {}, body)))
    if answer.status < 300:
        yield Problem(f"What lies below one {parent} is answered with {answer.status} below another.", world.last())
    elif there and end and world.send(read, ids).status >= 300:
        yield Problem(f"What lies below one {parent} was ended by a request below another.", world.last())


def _lists_apart(world: World) -> Iterator[Problem]:
    """What was put into one thing is not in the list of another."""
    for each in collections(world):
        outer = each.path.rpartition("/")[0]
        if not (each.listing and outer.endswith("}")) or {each.member, each.parameter} & world.profile.ids.keys():
            continue
        try:
            parents, id_, _, _ = made(world, each)
            parameter = outer.rpartition("{")[2].rstrip("}")
            other = parents | {parameter: another(world, outer, parents)}
        except Lacking:
            continue
        found = items(parsed(world.send(each.listing, other))) if other != parents else []
        if id_ in {identity(item, name) for item in found for name in (each.parameter, "id")}:
            yield Problem(f"What was put into one {parameter} is in the list of another.", world.last())


def _orphaned(world: World) -> Iterator[Problem]:
    """What lies below a thing that was deleted cannot be read by its own id any more."""
    for each in collections(world):
        outer = each.path.rpartition("/")[0]
        delete = f"DELETE {outer}"
        if not (each.read and outer.endswith("}") and world.has(delete)):
            continue
        try:
            parents = world.things(outer, fresh=True)
            answer = world.send(each.create, parents)
        except Lacking:
            continue
        id_ = identity(parsed(answer), each.parameter) if answer.status < 300 else None
        if id_ is None or world.send(each.read, each.ids(parents, id_)).status >= 300:
            continue
        if world.send(delete, parents).status < 300 and world.send(each.read, each.ids(parents, id_)).status < 300:
            yield Problem("What lay below a thing that was deleted can be read.", world.last())


def another(world: World, path: str, ids: dict[str, str]) -> str:
    """A second thing of the kind that `path` names last, in the same place as the first.

    Raises:
        Lacking: there is none.
    """
    collection, _, parameter = path.rpartition("/")
    create = f"POST {collection}"
    if not world.has(create):
        raise Lacking(f"nothing makes another {parameter[1:-1]}")
    above = {name: ids[name] for name in re.findall("{([^}]*)}", collection)}
    answer = world.send(create, above)
    found = identity(parsed(answer), parameter[1:-1]) if answer.status < 300 else None
    if found is None:
        raise Lacking(f"there is but one {parameter[1:-1]}")
    return found


def _is_listed(world: World, child: str, ids: dict[str, str]) -> bool:
    """Whether a thing is on the first page of its list."""
    collection, _, parameter = child.rpartition("/")
    if not world.has(f"GET {collection}"):
        return False
    answer = world.send(f"GET {collection}", {name: ids[name] for name in re.findall("{([^}]*)}", collection)})
    found = items(parsed(answer)) if answer.status < 300 else []
    return ids[parameter[1:-1]] in {identity(each, name) for each in found for name in (parameter[1:-1], "id")}


def _is_kept(world: World, operation: Operation, name: str) -> bool:
    """Whether a parameter names what is put into a collection, or listed there, and is no word of the document."""
    collection = _up_to(operation, name).rpartition("/")[0]
    methods = world.document["paths"].get(collection, {})
    declared: Any = next((each["schema"] for each in operation.raw.get("parameters", ()) if each["name"] == name), {})
    return bool(methods.keys() & {"get", "post"}) and "enum" not in spec.flat(declared)


def _names(operation: Operation) -> list[str]:
    return re.findall("{([^}]*)}", operation.path)


def _up_to(operation: Operation, name: str) -> str:
    return operation.path.partition(f"{{{name}}}")[0] + f"{{{name}}}"


def _unfounded(world: World) -> Iterator[Problem]:
    """Below a thing that nobody made there is nothing: neither a list nor a place to put things."""
    for operation in world.tryable():
        names = _names(operation)
        if not names or operation.path.endswith("}") or not operation.succeeds:
            continue
        if not all(_is_made(world, operation, name) for name in names):
            continue
        call = replace(known(world, operation), ids=dict.fromkeys(names, NOBODY))
        answer = world.wire.handle(world.request(call))
        if answer.status < 300:
            yield Problem(f"Below a thing that nobody made it is answered with {answer.status}.", world.last())


def _is_made(world: World, operation: Operation, name: str) -> bool:
    """Whether a parameter is the id of what a request makes, so that one that nobody made is unknown."""
    collection = _up_to(operation, name).rpartition("/")[0]
    return "post" in world.document["paths"].get(collection, {}) and _is_kept(world, operation, name)


def _outlived(world: World) -> Iterator[Problem]:
    """To take a thing out of another, or to delete what it is in, leaves the thing itself."""
    for each in collections(world):
        for name, many in _referred(world, each):
            for container in (False, True):
                try:
                    yield from _left(world, each, name, many=many, container=container)
                except Lacking:
                    continue


def _left(world: World, each: Collection, name: str, *, many: bool, container: bool) -> Iterator[Problem]:
    path = REFERENCES[name]
    read, outer = f"GET {path}", each.path.rpartition("/")[0]
    delete = f"DELETE {outer}" if container else each.delete
    if not (delete and world.has(read, delete)) or (container and not outer.endswith("}")):
        return
    thing = world.things(path, fresh=True)
    (id_,) = thing.values()
    parents = world.things(outer, fresh=True) if container else world.things(each.path)
    body = world.body(world.operations[each.create])
    sent = {**body, **({f"{name}s": [id_]} if many else {name: id_})}
    answer = world.send(each.create, parents, sent)
    inside = identity(parsed(answer), each.parameter) if answer.status < 300 else None
    if inside is None or world.send(read, thing).status >= 300:
        return
    ended = world.send(delete, parents if container else each.ids(parents, inside))
    if ended.status < 300:
        seen = world.last()
        if world.send(read, thing).status >= 300:
            yield Problem(f"With what it is in, or by being taken out of it, what {name} names was deleted.", seen)


def _in_two(world: World) -> Iterator[Problem]:
    """What is taken out of one thing stays in another."""
    for each in collections(world):
        outer = each.path.rpartition("/")[0]
        if not (each.read and each.delete and outer.endswith("}")):
            continue
        for name, many in _referred(world, each):
            try:
                thing = next(iter(world.things(REFERENCES[name], fresh=True).values()))
                one, parameter = world.things(each.path), outer.rpartition("{")[2].rstrip("}")
                other = one | {parameter: another(world, outer, one)}
            except Lacking:
                continue
            body = {**world.body(world.operations[each.create]), **({f"{name}s": [thing]} if many else {name: thing})}
            inside = [identity(parsed(world.send(each.create, parents, body))) for parents in (one, other)]
            if inside != [thing, thing] or one == other:
                continue
            if world.send(each.read, each.ids(other, thing)).status >= 300:
                continue
            ended = world.send(each.delete, each.ids(one, thing))
            if ended.status < 300 and world.send(each.read, each.ids(other, thing)).status >= 300:
                yield Problem(f"What was taken out of one {parameter} has gone from another.", world.last())


def _referred(world: World, each: Collection) -> Iterator[tuple[str, bool]]:
    """The members of a body that name other things, and whether each is a list of them."""
    content = world.operations[each.create].raw.get("requestBody", {}).get("content", {}).get("application/json")
    properties = spec.flat(content["schema"]).get("properties", {}) if content else {}
    for name in REFERENCES:
        if name == "workspace_id" or REFERENCES[name] == each.member:
            continue  # a workspace is not named by what is in it, but where that is
        if name in properties:
            yield name, False
        elif f"{name}s" in properties:
            yield name, True


def _unknown_reference(world: World) -> Iterator[Problem]:
    """A body that names what nobody made is refused, where the gateway is the one who keeps such things."""
    for operation in world.tryable():
        if operation.method != "POST" or not operation.succeeds or str(operation) in world.profile.bodies:
            continue
        try:
            body = world.body(operation)
            for name in sorted(REFERENCES.keys() & body.keys()) if isinstance(body, dict) else ():
                yield from _named_in_vain(world, operation, body, name)
        except Lacking:
            continue


def _named_in_vain(world: World, operation: Operation, body: dict[str, Any], name: str) -> Iterator[Problem]:
    path = REFERENCES[name]
    if name in world.profile.ids or not world.has(f"POST {path.rpartition('/')[0]}", f"GET {path}"):
        return
    place = world.things(operation.path)
    if body[name] not in world.things(path).values() or world.send(str(operation), place, body).status >= 300:
        return
    answer = world.send(str(operation), place, {**body, name: NOBODY})
    seen = world.last()
    if answer.status < 300 and world.send(f"GET {path}", _one(path)).status >= 400:
        yield Problem(f"{name} names what nobody made, and it is answered with {answer.status}.", seen)


def _one(path: str) -> dict[str, str]:
    return dict.fromkeys(re.findall("{([^}]*)}", path), NOBODY)


CHECKS: Final = (
    Check("nested_apart", "What lies below a thing is nowhere else.", "RFC 9110, section 15.5.5", make=_elsewhere),
    Check("nested_lists", "What is in a thing is in no other's list.", "/responses", make=_lists_apart),
    Check("nested_gone", "What lies below a deleted thing is gone.", "RFC 9110, section 9.3.5", make=_orphaned),
    Check("taken_out", "What is taken out of a thing stays in others.", "RFC 9110, section 9.3.5", make=_in_two),
    Check("unknown_parent", "Below an unknown thing there is nothing.", "RFC 9110, section 15.5.5", make=_unfounded),
    Check("left_behind", "What a thing only names outlives it.", "RFC 9110, section 9.3.5", make=_outlived),
    Check(
        "unknown_reference", "A body that names what nobody made is refused.", "/requestBody", make=_unknown_reference
    ),
)
