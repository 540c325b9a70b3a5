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
            if _plainly(world, alternatives) and world.wire.handle(_only(world, request, kept)).status < 300:
                yield Problem(f"{', '.join(kept) or 'No credential'} alone is enough.", world.last())
        yield from _other_scheme(world, request)


def _other_scheme(world: World, request: Request) -> Iterator[Problem]:
    if not world.secrets.get("authorization", "").startswith("Bearer "):
        return
    for value in ("Bearer", "Basic Y29udHJhY3Q6"):
        headers = tuple((name, value if name == "authorization" else text) for name, text in request.headers)
        if world.wire.handle(replace(request, headers=headers)).status < 300:
            yield Problem(f"The credential {value!r} is taken.", world.last())


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
    dropped = {name.lower() for name in world.secrets if name not in kept}
    return replace(request, headers=tuple(each for each in request.headers if each[0] not in dropped))


CHECKS: Final = (
    Check(CREDENTIALS, "A request without credentials is refused with 401 or 403.", "/security", make=_required),
    Check("credential_alternatives", "Only whole alternatives are credentials.", "/security", make=_alternatives),
)
