"""The same `Idempotency-Key` twice makes a thing once, where a gateway keeps such keys.

No document promises that. A gateway is held to it where its profile says so; one that is seen to keep keys must not
take another key for the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from portkey_mock import Response
from tests.contract.calls import Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.accounts import others_of
from tests.contract.checks.collections import collections
from tests.contract.walk import everything
from tests.contract.world import World, identity, parsed

_HEADER: Final = "idempotency-key"


def _once(world: World) -> Iterator[Problem]:
    makers = {each.create: each for each in collections(world)}
    promised = {each for each in map(str, world.tryable()) if _promises(world, each)}
    for name in [*makers, *sorted(promised - makers.keys())]:
        try:
            yield from _made_once(world, name, promised=name in promised)
        except Lacking:
            continue
    for name in sorted(promised & makers.keys()):
        yield from _listed_once(world, name, makers[name].listing)


def _promises(world: World, name: str) -> bool:
    return name.startswith("POST ") and any(fnmatchcase(name, each) for each in world.profile.idempotent)


def _made_once(world: World, name: str, *, promised: bool) -> Iterator[Problem]:
    one, again, other = (_id(_sent(world, name, key)) for key in ("one", "one", "other"))
    if one is None or again is None or other is None:
        return
    if one != again and promised:
        yield Problem("The same Idempotency-Key twice makes two things.", world.last())
    if one == again == other and _id(_sent(world, name, "")) not in (None, one):
        yield Problem("Another Idempotency-Key is answered with the thing of the first.", world.last())


def _listed_once(world: World, name: str, listing: str) -> Iterator[Problem]:
    """What was made once is in the list once."""
    parents = world.things(world.operations[name].path)
    made = {_id(_sent(world, name, "listed")) for _ in range(2)}
    found, whole = everything(world, listing, parents) if listing else ([], False)
    before = len(found)
    _sent(world, name, "listed")
    found = everything(world, listing, parents)[0] if whole else found
    if len(made) == 1 and len(found) != before:
        yield Problem("The same Idempotency-Key once more makes one thing more.", world.last())


def _apart(world: World) -> Iterator[Problem]:
    """What one account has made with a key is not the answer to another account that sends the same key."""
    others = others_of(world)
    for each in collections(world):
        if not (each.read and others):
            continue
        try:
            parents = world.things(each.path)
            made = _id(_sent(world, each.create, "shared"))
        except Lacking:
            continue
        call = world.call(each.create, parents)
        headers = {**others, _HEADER: _named(world, each.create, "shared")}
        answer = world.wire.handle(world.request(call, credentials=False, headers=headers))
        seen = world.last()
        if made is None or _id(answer) != made:
            continue
        ids = each.ids(parents, made)
        if world.send(each.read, ids, credentials=False, headers=others).status in (401, 403, 404):
            yield Problem("An Idempotency-Key of one account is answered to another with the thing of the first.", seen)


def _named(world: World, name: str, key: str) -> str:
    return f"contract-{world.seed}-{name.replace(' ', '')}-{key}"


def _sent(world: World, name: str, key: str) -> Response:
    headers = {_HEADER: _named(world, name, key)} if key else {}
    return world.send(name, headers=headers)


def _id(answer: Response) -> str | None:
    return identity(parsed(answer)) if answer.status < 300 else None


CHECKS: Final = (
    Check("idempotency", "One Idempotency-Key makes one thing.", "RFC 9110, section 9.2.2", make=_once),
    Check("idempotency_apart", "An Idempotency-Key belongs to an account.", "/security", make=_apart),
)
