"""What was written is there to read: in every collection that the document has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.contract.calls import Lacking
from tests.contract.check import Check, Problem
from tests.contract.document import Operation, operations
from tests.contract.walk import everything
from tests.contract.world import World, identity, items, parsed
from tests.mock import spec

_FEW: Final = 3
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
"""An id that no format forbids and no thing has."""

_FREE: Final = frozenset({"type", "description", "nullable", "maxLength", "default"})
_EXACT: Final = 2**53 + 1
"""The first whole number that a fraction of 64 bits cannot hold."""
_GONE: Final = (400, 403, 404, 410)
_OWN: Final = frozenset({"name", "description", "metadata", "title"})
"""Members that mean the same in a request and in an answer, whatever the collection."""

_TOLD: Final = frozenset({"bytes", "created_at", "filename", "model", "object", "purpose", "slug", "status", "type"})
"""Members that mean the same in a list and outside of it."""


@dataclass(frozen=True)
class Collection:
    """The operations on one kind of thing: those that the gateway has."""

    path: str
    parameter: str
    create: str
    read: str = ""
    listing: str = ""
    update: str = ""
    delete: str = ""

    @property
    def member(self) -> str:
        """The path of a member."""
        return f"{self.path}/{{{self.parameter}}}"

    def ids(self, parents: dict[str, str], id_: str) -> dict[str, str]:
        """The path parameters of a member."""
        return {**parents, self.parameter: id_}


def collections(world: World) -> list[Collection]:
    """The collections whose members can be made; what else the document has for them may not be there."""
    found: list[Collection] = []
    members = {path: parameter for path, parameter in map(_member, operations(world.document)) if parameter}
    for operation in world.tryable():
        path = operation.path
        if operation.method != "POST" or path not in members or not operation.succeeds:
            continue
        if path.endswith(("/versions", "/permissions")):
            continue
        member = f"{path}/{{{members[path]}}}"
        each = Collection(
            path,
            members[path],
            str(operation),
            _there(world, f"GET {member}"),
            _there(world, f"GET {path}"),
            _there(world, f"PUT {member}") or _there(world, f"POST {member}"),
            _there(world, f"DELETE {member}"),
        )
        found.append(each)
    return found


def _member(operation: Operation) -> tuple[str, str]:
    """The path of a collection and the parameter that names a member of it, of an operation on one; else none."""
    path, _, last = operation.path.rpartition("/")
    named = operation.method in ("GET", "DELETE") and last.startswith("{")
    return path, last[1:-1] if named else ""


def _there(world: World, name: str) -> str:
    return name if world.has(name) else ""


def made(world: World, each: Collection, members: dict[str, Any] | None = None) -> tuple[dict[str, str], str, Any, Any]:
    """A member just made, perhaps with `members`: the ids of what it is in, its own, what was sent and what came.

    Raises:
        Lacking: it cannot be made.
    """
    parents = world.things(each.path)
    body = world.body(world.operations[each.create])
    grown = {**body, **members} if members and isinstance(body, dict) else body
    answer = world.send(each.create, parents, grown)
    if grown is not body and answer.status >= 300:
        grown, answer = body, world.send(each.create, parents, body)
    came = parsed(answer)
    id_ = identity(came, each.parameter) if 200 <= answer.status < 300 else None
    if id_ is None:
        raise Lacking(f"{each.create} makes nothing that has an id")
    return parents, id_, grown, came


def _every(world: World, check: Any) -> Iterator[Problem]:
    """The problems of each collection; one that cannot be tried does not keep the others from it."""
    for each in collections(world):
        try:
            yield from check(world, each)
        except Lacking:
            continue


def _written(world: World) -> Iterator[Problem]:
    return _every(world, _read_back)


def _read_back(world: World, each: Collection) -> Iterator[Problem]:
    parents, id_, body, came = made(world, each)
    _, other, told, _ = made(world, each, _changes(world, world.operations[each.create], "Müller \U0001f600"))
    if other == id_ and id_ not in _sent(body).values():  # what is put into another thing keeps its id
        yield Problem("Two things that were made have one id.", world.last())
    if not each.read:
        return
    answer = world.send(each.read, each.ids(parents, id_))
    if answer.status >= 300:
        yield Problem(f"What was just made is answered with {answer.status}.", world.last())
        return
    found = _plain(parsed(answer))
    if (identity(found, each.parameter) or id_) != id_:
        yield Problem("What is read has another id than was asked for.", world.last())
    yield from _differences(world, _sent(body), found, "sent")
    yield from _differences(world, _plain(came), found, "answered")
    beside = world.send(each.read, each.ids(parents, other))
    if beside.status >= 300:
        yield Problem(f"What was just made is answered with {beside.status}.", world.last())
        return
    second = _plain(parsed(beside))
    if (identity(second, each.parameter) or other) != other:
        yield Problem("What is read has another id than was asked for.", world.last())
    if other != id_:
        yield from _differences(world, _sent(told), second, "sent")


def _differences(world: World, one: dict[str, Any], found: dict[str, Any], how: str) -> Iterator[Problem]:
    for name in sorted(_OWN & one.keys() & found.keys()):
        if found[name] != one[name]:
            yield Problem(f"{name} is not what was {how} when it was made.", world.last())


def _sent(body: Any) -> dict[str, Any]:
    return (
        {name: value for name, value in body.items() if not isinstance(value, bytes)} if isinstance(body, dict) else {}
    )


def _plain(value: Any) -> dict[str, Any]:
    """The members of a thing, which some answers have one level down."""
    if not isinstance(value, dict):
        return {}
    inner = value.get("data")
    return {**value, **inner} if isinstance(inner, dict) else value


def _values(world: World) -> Iterator[Problem]:
    return _every(world, _exact)


def _exact(world: World, each: Collection) -> Iterator[Problem]:
    """Numbers and flags that come back come back as they are, also nought, false, and what is large."""
    operation = world.operations[each.create]
    content = operation.raw.get("requestBody", {}).get("content", {}).get("application/json")
    body = world.body(operation)
    if not content or not isinstance(body, dict):
        return
    members = {name: schema for name, schema in spec.properties_of(content["schema"], body).items() if name not in body}
    plain = {name: value for name, schema in members.items() for value in _among(schema, (1, True))}
    back = _came_back(world, each, plain)
    told = {name for name, value in plain.items() if _same_value(back.get(name), value)}
    for odd in ((0, False), (_EXACT,)):
        sent = {name: value for name in sorted(told) for value in _among(members[name], odd)}
        back = _came_back(world, each, sent)
        for name in sorted(sent.keys() & back.keys()):
            if not _same_value(back[name], sent[name]):
                yield Problem(f"{name} was {sent[name]!r} when it was made, and is {back[name]!r}.", world.last())


def _among(schema: Any, values: tuple[Any, ...]) -> list[Any]:
    """The first of the values that a number or a flag may have."""
    if spec.flat(schema).get("type") not in ("integer", "number", "boolean"):
        return []
    return [value for value in values if spec.validator(schema).is_valid(value)][:1]


def _came_back(world: World, each: Collection, members: dict[str, Any]) -> dict[str, Any]:
    """A thing made with some members as it is read, or as the answer shows it; nothing if it is refused."""
    if not members:
        return {}
    parents, id_, sent, came = made(world, each, members)
    if not members.keys() <= _sent(sent).keys():
        return {}
    return _plain(parsed(world.send(each.read, each.ids(parents, id_))) if each.read else came)


def _same_value(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _in_list(world: World) -> Iterator[Problem]:
    return _every(world, _listed)


def _listed(world: World, each: Collection) -> Iterator[Problem]:
    if not each.listing:
        return
    parents, id_, _, _ = made(world, each)
    found, whole = everything(world, each.listing, parents)
    if whole and id_ not in {identity(item, each.parameter) for item in found} | {identity(item) for item in found}:
        yield Problem("What was just made is not in the list.", world.last())


def _updated(world: World) -> Iterator[Problem]:
    return _every(world, _changed)


def _changed(world: World, each: Collection) -> Iterator[Problem]:
    if not (each.update and each.read):
        return
    operation = world.operations[each.update]
    parents, id_, _, _ = made(world, each, _texts(world, each))
    ids = each.ids(parents, id_)
    changes = _changes(world, operation)
    body = world.body(operation)
    if not changes or not isinstance(body, dict):
        return
    before = _plain(parsed(world.send(each.read, ids)))
    beside = each.ids(parents, made(world, each)[1])
    others = _plain(parsed(world.send(each.read, beside)))
    answer = world.send(each.update, ids, body | changes)
    if answer.status >= 300:
        return
    yield from _same(world, each, beside, others, "{} of another thing was changed, too.")
    yield from _unnamed(world, each, ids, body | changes, before)
    yield from _repeated(world, each, ids, body | changes, changes)


def _repeated(
    world: World, each: Collection, ids: dict[str, str], body: dict[str, Any], changes: dict[str, Any]
) -> Iterator[Problem]:
    """What was changed is read so, and a PUT can be sent again and changes no more."""
    operation = world.operations[each.update]
    for again in range(2):
        found = _plain(parsed(world.send(each.read, ids)))
        for name, value in changes.items():
            if name in found and found[name] != value:
                yield Problem(f"{name} was changed, and is not what it was changed to.", world.last())
        if not again and operation.method == "PUT":
            answer = world.send(each.update, ids, body)
            if answer.status >= 300:
                message = f"The same PUT is answered with {answer.status} the second time."
                yield Problem(message, world.last(), rule="RFC 9110, section 9.2.2")


def _unnamed(
    world: World, each: Collection, ids: dict[str, str], sent: dict[str, Any], before: dict[str, Any]
) -> Iterator[Problem]:
    """What an update does not name stays as it was; a PUT may be meant as a whole."""
    if each.update.startswith("PUT"):
        return
    told = "{} was not to be changed, and is another one."
    texts = _texts(world, each)
    unnamed = {name: value for name, value in before.items() if name not in sent and name in _OWN | texts.keys()}
    yield from _same(world, each, ids, unnamed, told)
    if {"name", "metadata"} <= sent.keys():
        world.send(each.update, ids, {"name": sent["name"]})
        yield from _same(world, each, ids, {"metadata": sent["metadata"]}, told)


def _same(world: World, each: Collection, ids: dict[str, str], before: dict[str, Any], told: str) -> Iterator[Problem]:
    """A thing still has the members that it had."""
    found = _plain(parsed(world.send(each.read, ids)))
    for name in sorted((_OWN | _texts(world, each).keys()) & before.keys() & found.keys()):
        if found[name] != before[name]:
            yield Problem(told.format(name), world.last())


def _texts(world: World, each: Collection) -> dict[str, Any]:
    """The members of a new thing that may be any text, and mean nothing but what they say."""
    content = world.operations[each.create].raw.get("requestBody", {}).get("content", {}).get("application/json")
    members = spec.flat(content["schema"]).get("properties", {}) if content else {}
    free = {name for name, schema in members.items() if spec.flat(schema).keys() <= _FREE and not _names(name)}
    return {name: "contract" for name in free if spec.flat(members[name]).get("type") == "string"}


def _names(member: str) -> bool:
    """Whether a member names another thing, or a secret."""
    return re.search(r"(?i)(id|ids|slug|key|token|secret|model|url|uri|email|type|date)$", member) is not None


def _changes(world: World, operation: Operation, who: str = "contract") -> dict[str, Any]:
    content = operation.raw.get("requestBody", {}).get("content", {}).get("application/json")
    properties = spec.flat(content["schema"]).get("properties", {}) if content else {}
    text = f"{who} {world.random.randrange(10**6)}"
    new: dict[str, Any] = {"name": text, "description": text, "metadata": {"contract": text}}
    plain = {name: schema for name, schema in properties.items() if name in new}
    return {name: new[name] for name, schema in plain.items() if spec.validator(schema).is_valid(new[name])}


def _deleted(world: World) -> Iterator[Problem]:
    return _every(world, _removed)


def _removed(world: World, each: Collection) -> Iterator[Problem]:
    if not each.delete:
        return
    parents, id_, _, _ = made(world, each)
    ids = each.ids(parents, id_)
    beside = each.ids(parents, made(world, each)[1])
    if world.send(each.delete, ids).status >= 300:
        return
    if each.read:
        yield from _unreadable(world, each, ids, beside)
    yield from _ended(world, each, ids)
    for below in _below(world, each):
        after = world.send(below, ids)
        if after.status not in (*_GONE, 409):
            yield Problem(f"What lies below a thing that was deleted is answered with {after.status}.", world.last())
    if each.listing and (not each.read or world.send(each.read, ids).status in _GONE):
        found, _ = everything(world, each.listing, parents)
        if id_ in {identity(item, each.parameter) for item in found} | {identity(item) for item in found}:
            yield Problem("What was deleted is in the list.", world.last())


def _unreadable(world: World, each: Collection, ids: dict[str, str], beside: dict[str, str]) -> Iterator[Problem]:
    """What was deleted cannot be read, nor later, and what is beside it can."""
    if beside != ids and world.send(each.read, beside).status in _GONE:
        yield Problem("Something else was deleted, too.", world.last())
    after = world.send(each.read, ids)
    if after.status not in _GONE:
        yield Problem(f"What was deleted is answered with {after.status}.", world.last())
    again = world.send(each.read, ids)
    if after.status in _GONE and again.status not in _GONE:
        yield Problem(f"What was deleted, and gone, is answered with {again.status} later.", world.last())


def _ended(world: World, each: Collection, ids: dict[str, str]) -> Iterator[Problem]:
    """What was deleted is neither changed nor deleted again, unless deleting it is answered as the first time."""
    body = world.body(world.operations[each.update]) if each.update else None
    if isinstance(body, dict) and world.send(each.update, ids, body).status < 300:
        yield Problem("What was deleted can be changed.", world.last())
    again = world.send(each.delete, ids)
    if 300 <= again.status < 500 and again.status not in _GONE:
        message = f"To delete what was deleted is answered with {again.status}."
        yield Problem(message, world.last(), rule="RFC 9110, section 9.2.2")


def _below(world: World, each: Collection) -> Iterator[str]:
    path = each.member
    for operation in world.tryable():
        if (
            operation.method == "GET"
            and operation.path.startswith(f"{path}/")
            and operation.path.count("{") == path.count("{")
        ):
            yield str(operation)


def _unknown(world: World) -> Iterator[Problem]:
    """Nobody made this id: reading and deleting it is refused."""
    for each in collections(world):
        try:
            parents = made(world, each)[0]
        except Lacking:
            continue
        ids = each.ids(parents, NOBODY)
        for name in filter(None, (each.read, each.delete)):
            answer = world.send(name, ids)
            if 200 <= answer.status < 300:
                yield Problem(f"An id that nobody made is answered with {answer.status}.", world.last())
            elif answer.status < 500 and answer.status not in (*_GONE, 422):
                yield Problem(f"An id that nobody made is answered with {answer.status}, not 404.", world.last())
    yield from _unmade(world)


def _unmade(world: World) -> Iterator[Problem]:
    """The same of what this gateway does not make, and the document does: all of it has been made by somebody."""
    makes = {each.path for each in operations(world.document) if each.method == "POST"}
    for operation in world.tryable():
        path, _, last = operation.path.rpartition("/")
        if operation.method != "GET" or not last.startswith("{") or "{" in path or path not in makes:
            continue
        if world.has(f"POST {path}"):
            continue
        answer = world.send(str(operation), {last[1:-1]: NOBODY})
        if 200 <= answer.status < 300:
            yield Problem(f"An id that nobody made is answered with {answer.status}.", world.last())


def _agreeing(world: World) -> Iterator[Problem]:
    return _every(world, _as_by_itself)


def _as_by_itself(world: World, each: Collection) -> Iterator[Problem]:
    """What is in a list can be read, and is the same by itself."""
    if not (each.listing and each.read):
        return
    parents = made(world, each)[0]
    listed = _listing(world, each, parents)
    seen = world.last()
    for item in [*listed[:_FEW], *listed[-_FEW:]]:
        id_ = identity(item, each.parameter)
        if id_ is None:
            continue
        answer = world.send(each.read, each.ids(parents, id_))
        if answer.status in _GONE:
            yield Problem("The list has a thing that cannot be read.", seen)
        elif answer.status < 300:
            differ = _differing(item, parsed(answer))
            if differ:  # what is under way may have changed between the two
                again: Any = next(
                    (one for one in _listing(world, each, parents) if identity(one, each.parameter) == id_), {}
                )
                alone = parsed(world.send(each.read, each.ids(parents, id_)))
                for name in sorted(differ & _differing(again, alone)):
                    yield Problem(f"{name} of a thing is another one in the list.", seen)


def _listing(world: World, each: Collection, parents: dict[str, str]) -> list[Any]:
    return items(parsed(world.send(each.listing, parents)))


def _differing(item: Any, alone: Any) -> set[str]:
    """The members in which a thing of a list is not what it is by itself."""
    one, other = _plain(item), _plain(alone)
    both = {name for name in (_OWN | _TOLD) & other.keys() & one.keys() if other[name] is not None}
    return {name for name in both if one[name] != other[name]}


def _steady(world: World) -> Iterator[Problem]:
    """Reading changes nothing: the same list comes twice. What is under way, such as a batch, may change it once."""
    for operation in world.tryable():
        if operation.method != "GET" or "{" in operation.path or not world.has(f"POST {operation.path}"):
            continue
        one, other = ([identity(item) for item in items(parsed(world.send(str(operation), {})))] for _ in range(2))
        if one != other and other != [identity(item) for item in items(parsed(world.send(str(operation), {})))]:
            yield Problem("The same list is another one when it is read again.", world.last())


CHECKS: Final = (
    Check("read_your_write", "What was made is read as it was made.", "/responses", make=_written),
    Check("values_kept", "A number that is kept is the one that was sent.", "/responses", make=_values),
    Check("listed", "What was made is in the list.", "/responses", make=_in_list),
    Check("update_kept", "What was changed stays changed; a PUT may be repeated.", "/responses", make=_updated),
    Check("deleted_is_gone", "What was deleted is gone, with all below it.", "RFC 9110, section 9.3.5", make=_deleted),
    Check("list_agrees", "What is listed is as it is by itself.", "/responses", make=_agreeing),
    Check("unknown_id", "An unknown id is refused.", "RFC 9110, section 15.5.5", make=_unknown),
    Check("safe_reading", "Reading changes nothing.", "RFC 9110, section 9.2.1", make=_steady),
)
