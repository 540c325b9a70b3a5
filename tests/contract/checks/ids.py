"""Ids of any shape, and paths with a slash at their end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from tests.contract.calls import NOTHING, Call, Lacking
from tests.contract.check import Check, Problem
from tests.contract.document import Operation
from tests.contract.world import World, parsed

_SHAPES: Final = (
    "v1abc", "null", "undefined", "0", "-1", "true", "a.b", "a:b", "a+b", "a~b", "a=b&c", "a@b", "(a)", "a%20b",
    "%C3%BC", "a%2Fb", "%E2%80%A8", "a%3Fb", "a%23b", "%22", "%27%20OR%201=1", "%7B%7D", "x" * 512,
)  # fmt: skip
"""Path segments, percent-encoded where they have to be, none of which is the id of anything."""


def _any_shape(world: World) -> Iterator[Problem]:
    """An id that nobody made is unknown, however it is spelt: the same refusal as for a plain one, and no crash."""
    for operation in _with_id(world):
        *parents, last = _names(operation)
        try:
            ids = world.things("/".join(operation.path.split("/")[: _position(operation, last)])) if parents else {}
        except Lacking:
            continue
        plain = _asked(world, operation, {**ids, last: "unknown-1"}).status
        for shape in _SHAPES:
            status = _asked(world, operation, {**ids, last: shape}).status
            if status >= 500:
                continue  # every answer is looked at for that
            if 200 <= status < 300 and plain >= 400:
                yield Problem(f"An id that nobody made is answered with {status}.", world.last())
            elif status == 405 and plain != 405:
                yield Problem("The id is taken for another path.", world.last())
        yield from _misrouted(world, operation, {**ids, last: "v1abc"}, plain)


def _misrouted(world: World, operation: Operation, ids: dict[str, str], plain: int) -> Iterator[Problem]:
    status = _asked(world, operation, ids).status
    if status != plain:
        yield Problem(f"An unknown id is answered with {plain}, one that starts with v1 with {status}.", world.last())


def _with_id(world: World) -> list[Operation]:
    """Where an id is the id of something: its collection can be listed or added to. Nothing is ended by it."""
    found: list[Operation] = []
    for each in world.tryable():
        names = _names(each)
        if not names or each.method not in ("GET", "POST"):
            continue
        collection = each.path.partition(f"/{{{names[-1]}}}")[0]
        if f"POST {collection}" in world.operations and (each.method == "GET" or not each.takes_body):
            found.append(each)
    return found


def _names(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]


def _position(operation: Operation, name: str) -> int:
    return operation.path.split("/").index(f"{{{name}}}")


def _asked(world: World, operation: Operation, ids: dict[str, str]) -> Any:
    return world.wire.handle(world.request(Call(operation, ids, {}, NOTHING)))


def _slash(world: World) -> Iterator[Problem]:
    """A slash more, or less, is taken, refused or redirected, and nothing else."""
    for operation, ids in world.reads():
        request = world.request(world.call(str(operation), ids))
        changed = request.path.rstrip("/") + ("" if world.profile.slash == "required" else "/")
        plain = world.wire.handle(request)
        other = world.wire.raw(replace(request, path=changed), None)
        if other.status >= 500 and plain.status < 500:
            yield Problem(f"With another end of its path it is answered with {other.status}.", world.last(), operation)
        elif other.status == 405 and plain.status < 300:
            yield Problem("With another end of its path its method is said not to be there.", world.last(), operation)
        elif other.status < 300 and plain.status < 300 and _kind(other) != _kind(plain):
            yield Problem("With another end of its path it is answered with something else.", world.last(), operation)


def _ending(world: World) -> Iterator[Problem]:
    """The same of what has no body and says that it has one, as some clients do: unknown stays unknown."""
    for operation in world.tryable():
        if operation.method != "POST" or operation.takes_body or "{" not in operation.path:
            continue
        call = Call(operation, dict.fromkeys(_names(operation), "unknown-1"), {}, NOTHING)
        request = world.request(call, headers={"content-type": "application/json"})
        changed = request.path.rstrip("/") + ("" if world.profile.slash == "required" else "/")
        other = world.wire.raw(replace(request, path=changed), None)
        if other.status == 405:
            yield Problem("With another end of its path its method is said not to be there.", world.last(), operation)
        elif other.status >= 500 or other.status < 300:
            yield Problem(f"With another end of its path it is answered with {other.status}.", world.last(), operation)


def _queried(world: World) -> Iterator[Problem]:
    """What stands in a query is not read as part of a path: what comes before and after it is still read."""
    for operation in world.tryable():
        named = {each["name"] for each in operation.raw.get("parameters", ())}
        if operation.method != "GET" or "{" in operation.path or not {"after", "limit"} <= named:
            continue
        plain = world.send(str(operation), {}, limit="many").status
        odd = "no/v1/thing"
        queries: list[dict[str, Any]] = [{"limit": "many", "after": odd}, {"after": odd, "limit": "many"}]
        for query in queries:
            status = world.send(str(operation), {}, **query).status
            if plain >= 400 > status:
                message = f"A wrong limit is answered with {plain}, and with {status} beside a value that holds /v1."
                yield Problem(message, world.last())


def _kind(response: Any) -> Any:
    body = parsed(response)
    return sorted(body) if isinstance(body, dict) else type(body)


CHECKS: Final = (
    Check("id_shapes", "An id may have any shape.", "RFC 3986, section 3.3", make=_any_shape),
    Check("trailing_slash", "A slash at the end does no harm.", "RFC 3986, section 6.2.3", "non-strict", make=_slash),
    Check(
        "slash_ending",
        "Nor does it turn one thing into another.",
        "RFC 3986, section 6.2.3",
        "non-strict",
        make=_ending,
    ),
    Check("query_paths", "A query may hold what looks like a path.", "RFC 3986, section 3.4", make=_queried),
)
