"""Methods that a path does not have: refused with 405, and `Allow` says which it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from portkey_mock import Request, Response
from tests.contract.check import Problem
from tests.contract.document import Operation
from tests.contract.world import World

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_KNOWN = {*_METHODS, "HEAD", "OPTIONS"}


def unsupported(world: World) -> Iterator[Problem]:
    """Each method that a path of the document does not have is refused with 405 and a header `Allow`."""
    for operation, _, answer in _asked(world):
        if answer.status < 300:
            yield Problem(f"A method that does not exist is answered with {answer.status}.", world.last(), operation)
        elif answer.status == 405 and answer.header("allow") is None:
            yield Problem("A method is refused without a header `Allow`.", world.last(), operation)


def allowed(world: World) -> Iterator[Problem]:
    """`Allow` names no method that is refused with 405, and none that the path has is missing."""
    for operation, methods, answer in _asked(world):
        told = {each.strip().upper() for each in (answer.header("allow") or "").split(",") if each.strip()}
        if answer.status != 405 or not told:
            continue
        refused = {world.last().request.method} & told
        if refused or (told & _KNOWN) - {*methods, "HEAD", "OPTIONS"} or methods - told:
            message = f"`Allow` is {', '.join(sorted(told))}, and there are {', '.join(sorted(methods))}."
            yield Problem(message, world.last(), operation)


def _asked(world: World) -> Iterator[tuple[Operation, set[str], Response]]:
    """For each path one operation, the methods of the document, and the answer to one that is none of them.

    Paths of other operations that would match are left out, as are paths of which the gateway has but a part.
    """
    shapes: defaultdict[str, set[str]] = defaultdict(set)
    for each in world.tryable():
        shapes[each.path].add(each.method)
    for path, methods in shapes.items():
        operation = next(each for each in world.tryable() if each.path == path)
        declared = {name.upper() for name in world.document["paths"][path]} & set(_METHODS)
        wrong = next((each for each in ("PATCH", "PUT") if each not in declared), None)
        if wrong is None or declared != methods or ("{" in path.rpartition("/")[2] and _beside(world, path)):
            continue
        where = world.base(operation) + "".join("x" if part in "{}" else part for part in path)
        fields = {**world.secrets, **world.profile.headers}
        request = Request(wrong, where, "", tuple((name.lower(), value) for name, value in fields.items()))
        yield operation, methods, world.wire.raw(request, None)


def _beside(world: World, path: str) -> bool:
    """Whether the document has another path that the last parameter of this one could stand for."""
    parent = path.rpartition("/")[0]
    return any(each != path and each.rpartition("/")[0] == parent for each in world.document["paths"])
