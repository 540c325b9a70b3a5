"""What belongs to one account is nobody else's: not to be read, listed, changed or ended with another key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portkey_mock import Response
from tests.contract.calls import Call, Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.collections import Collection, collections, made
from tests.contract.wire import Exchange
from tests.contract.world import World, identity, items, parsed

_REFUSED: Final = (401, 403, 404)
_NOBODY: Final = "nobody-gave-this-key-to-anyone"
_ENDING: Final = ("cancel", "complete", "stop", "terminate")


@dataclass(frozen=True)
class Trial:
    """What came of asking with another key: whether the thing was kept from it; None where that cannot be told."""

    kept: bool | None
    says: str
    exchange: Exchange


def _apart(world: World) -> Iterator[Problem]:
    """A profile may name the credentials of a second account. Without, a key that nobody gave stands for one.

    A gateway that takes any key may give each of them an account or none. Only where it is seen to keep some things
    from that key, or to refuse it, it has to do so with all.
    """
    if not world.secrets:
        return
    others = others_of(world)
    trials = [trial for each in collections(world) for trial in _tried(world, each, others)]
    if world.profile.others or any(each.kept for each in trials):
        yield from (Problem(each.says, each.exchange) for each in trials if each.kept is False)


def others_of(world: World) -> dict[str, str]:
    """The credentials of a second account: those of the profile, or others of the same scheme that nobody gave."""
    return world.profile.secrets_of_others() or {name: _made_up(value) for name, value in world.secrets.items()}


def _made_up(secret: str) -> str:
    scheme, space, _ = secret.rpartition(" ")
    return f"{scheme}{space}{_NOBODY}"


def _tried(world: World, each: Collection, others: Mapping[str, str]) -> Iterator[Trial]:
    try:
        parents, id_, _, _ = made(world, each)
    except Lacking:
        return
    ids = each.ids(parents, id_)

    def asked(name: str, ids: dict[str, str], body: Any = None) -> Response:
        return world.send(name, ids, body, credentials=False, headers=others)

    there = False
    if each.read:
        answer, seen = asked(each.read, ids), world.last()
        there = world.send(each.read, ids).status < 300
        yield Trial(_is_kept(answer) if there else None, "A thing can be read with the key of another account.", seen)
    if each.listing:
        yield _listed(world, each, parents, id_, asked(each.listing, parents))
    for name in _about(world, each):
        operation = world.operations[name]
        request = world.request(Call(operation, ids, {}, world.body(operation)), credentials=False, headers=others)
        if world.wire.handle(request).status < 300:
            yield Trial(False, "A thing is open to the key of another account.", world.last())
    if there and world.send(each.read, ids).status in _REFUSED:
        yield Trial(False, "A thing that another account has tried to end is gone.", world.last())


def _is_kept(answer: Response) -> bool | None:
    return True if answer.status in _REFUSED else False if answer.status < 300 else None


def _listed(world: World, each: Collection, parents: dict[str, str], id_: str, answer: Response) -> Trial:
    """Whether a thing that is on the first page for its owner is there for another key."""
    seen = world.last()
    own = id_ in _ids(each, world.send(each.listing, parents))
    kept = None if not own else _is_kept(answer) or id_ not in _ids(each, answer)
    return Trial(kept, "A thing is listed for the key of another account.", seen)


def _ids(each: Collection, answer: Response) -> set[str | None]:
    things = items(parsed(answer))
    return {identity(thing, each.parameter) for thing in things} | {identity(thing) for thing in things}


def _about(world: World, each: Collection) -> Iterator[str]:
    """What else can be done to a thing, what ends it last."""
    path = each.member
    about = [
        str(operation)
        for operation in world.tryable()
        if operation.path.startswith(f"{path}/") and operation.path.count("{") == path.count("{")
        and (operation.method == "GET" or operation.path.endswith(_ENDING))
    ]  # fmt: skip
    yield from about
    yield from filter(None, (each.update, each.delete))


CHECKS: Final = (Check("other_account", "Nothing is seen or changed by another account.", "/security", make=_apart),)
