"""Credentials: none, part of them, or the wrong kind of them are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

from portkey_mock import Request
from tests.contract.calls import Call
from tests.contract.check import Check, Problem
from tests.contract.document import Operation
from tests.contract.generated_checks import CREDENTIALS
from tests.contract.sight import known
from tests.contract.world import World

_REFUSALS: Final = (401, 403)


def _required(world: World) -> Iterator[Problem]:
    """A request that has everything but credentials is refused with 401 or 403."""
    for operation, call in _secured(world):
        if not any(200 <= status < 300 for (label, status) in world.wire.answers if label == str(operation)):
            continue
        request = world.request(call, credentials=False)
        if world.wire.handle(request).status not in _REFUSALS:
            yield Problem("A request without credentials was not refused.", world.last())


def _alternatives(world: World) -> Iterator[Problem]:
    """What is only part of an alternative of the document, or of another scheme, is refused."""
    for operation, call in _secured(world):
        alternatives = _accepted(world, operation)
        request = world.request(call)
        for kept in _parts(world.secrets):
            sent = {*map(str.lower, kept), *map(str.lower, world.profile.headers)}
            if any(alternative <= sent for alternative in alternatives):
                continue
            if _plainly(world, alternatives) and _taken(world, _only(world, request, kept)):
                yield Problem(f"{', '.join(kept) or 'No credential'} alone is enough.", world.last())
        for name, wrong in _wrong(world, request):
            if _taken(world, wrong):
                yield Problem(f"{name} is taken.", world.last())


def _wrong(world: World, request: Request) -> Iterator[tuple[str, Request]]:
    """The request with credentials that cannot be any, each with what they are."""
    bare = _only(world, request, ())
    names = [name.lower() for name in world.secrets]
    yield "A Basic authorization", replace(bare, headers=(*bare.headers, ("authorization", "Basic Y29udHJhY3Q6")))
    yield "An empty credential", replace(bare, headers=(*bare.headers, *((name, "") for name in names)))
    if "authorization" in names:
        yield "A Bearer without a key", replace(bare, headers=(*bare.headers, ("authorization", "Bearer")))


def _taken(world: World, request: Request) -> bool:
    """Whether a request is answered as with all credentials: what it names is unknown, and still looked for."""
    status = world.wire.handle(request).status
    return status not in _REFUSALS and (status < 300 or status == world.wire.handle(_whole(world, request)).status)


def _whole(world: World, request: Request) -> Request:
    """The request with all credentials."""
    bare = _only(world, request, ())
    return replace(bare, headers=(*bare.headers, *((name.lower(), value) for name, value in world.secrets.items())))


def _secured(world: World) -> Iterator[tuple[Operation, Call]]:
    if not world.secrets:
        return
    for operation in world.tryable():
        if operation.succeeds and operation.raw.get("security", world.document.get("security")):
            yield operation, known(world, operation)


def _accepted(world: World, operation: Operation) -> list[set[str]]:
    """The alternatives of the document, each as the header fields it needs."""
    schemes: dict[str, Any] = world.document["components"].get("securitySchemes", {})
    security: Any = operation.raw.get("security", world.document.get("security", []))
    return [{schemes[name].get("name", "authorization").lower() for name in each} for each in security]


def _plainly(world: World, alternatives: list[set[str]]) -> bool:
    """Whether the gateway's credentials are those of the document, and not of its own."""
    sent = {*map(str.lower, world.secrets), *map(str.lower, world.profile.headers)}
    return any(alternative <= sent for alternative in alternatives)


def _parts(secrets: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for count in range(1, len(secrets)):
        yield from combinations(secrets, count)


def _only(world: World, request: Request, kept: tuple[str, ...]) -> Request:
    dropped = {"authorization", *map(str.lower, world.secrets)} - set(map(str.lower, kept))
    return replace(request, headers=tuple(each for each in request.headers if each[0] not in dropped))


CHECKS: Final = (
    Check(CREDENTIALS, "A request without credentials is refused with 401 or 403.", "/security", make=_required),
    Check("credential_alternatives", "Only whole alternatives are credentials.", "/security", make=_alternatives),
)
