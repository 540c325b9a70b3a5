"""Refusals beside each other: one gateway has one way to say no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, TypeAlias

from tests.contract.check import Check, Problem
from tests.contract.sight import known
from tests.contract.wire import Exchange
from tests.contract.world import World, parsed

_Shape: TypeAlias = tuple[str, ...]


def _alike(world: World) -> Iterator[Problem]:
    """Whatever is wrong, the refusal is put together in the same way, in all that one kind of server has."""
    seen: dict[Any, list[tuple[_Shape, Exchange]]] = {}
    for exchange in _refused(world):
        shape = _shape(exchange)
        if shape is not None and exchange.operation is not None:
            seen.setdefault(exchange.operation.raw.get("x-server-group"), []).append((shape, exchange))
    for group in seen.values():
        usual, _ = Counter(shape for shape, _ in group).most_common(1)[0]
        for shape, exchange in group:
            if shape != usual:
                message = f"The refusal has the members {', '.join(shape)}; most have {', '.join(usual)}."
                yield Problem(message, exchange)


def _refused(world: World) -> Iterator[Exchange]:
    """A refusal of an unknown id, and of a wrong query, of each operation that declares none of its own."""
    for operation in world.tryable():
        responses = operation.raw["responses"]
        if operation.method != "GET" or any(status in responses for status in ("400", "404", "422")):
            continue
        call = known(world, operation)
        wrong = [replace(call, query={"limit": "many"})] if _limited(operation.raw) else []
        for each in [*([call] if call.ids else []), *wrong]:
            world.wire.handle(world.request(each))
            if 400 <= world.last().status < 500:
                yield world.last()


def _limited(operation: Any) -> bool:
    return any(each["name"] == "limit" for each in operation.get("parameters", ()))


def _shape(exchange: Exchange) -> _Shape | None:
    """The members of a refusal, outermost only, and whether `error` is an object."""
    body = None if exchange.response is None else parsed(exchange.response)
    if not isinstance(body, dict):
        return None  # `error_shape` says so
    return tuple(
        sorted(f"{name} (a text)" if name == "error" and isinstance(body[name], str) else name for name in body)
    )


def _wrong_key(world: World) -> Iterator[Problem]:
    """A key that nobody gave, where it is refused, is refused as a credential."""
    bearer = next((name for name, value in world.secrets.items() if value.startswith("Bearer ")), None)
    probe, ids = next(iter(world.reads()), (None, {}))
    if bearer is None or probe is None:
        return
    answer = world.send(str(probe), ids, headers={bearer: "Bearer nobody-gave-this-key"})
    if answer.status >= 300 and answer.status not in (401, 403):
        yield Problem(f"A wrong key is refused with {answer.status}.", world.last())


CHECKS: Final = (
    Check("error_alike", "All refusals are put together alike.", "/responses", "non-strict", make=_alike),
    Check("wrong_key", "A wrong key is refused with 401 or 403.", "RFC 9110, section 15.5.2", make=_wrong_key),
)
