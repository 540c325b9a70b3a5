"""The first look at a gateway: one success and one refusal of each operation, in an order that makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from portkey_mock import Response
from tests.contract import bodies
from tests.contract.calls import NOTHING, Call, Lacking
from tests.contract.check import Problem
from tests.contract.document import Operation
from tests.contract.wire import Exchange, Unanswered, Withheld
from tests.contract.world import World

_ABSENT = (404, 405, 501)
_REFUSED = (400, 404, 422)
_ENDING = ("cancel", "complete", "stop", "terminate")
_STEP = 1.0
_PATIENCE = 30.0

BEFORE: Final[Mapping[str, str]] = {
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/resume": "POST /fine_tuning/jobs/{fine_tuning_job_id}/pause",
    "GET /logs/exports/{exportId}/download": "POST /logs/exports/{exportId}/start",
}
"""What has to be done to a thing before an operation can be."""


def look(world: World) -> tuple[dict[str, str], list[tuple[Operation, Exchange]]]:
    """Asks every operation for a success; what cannot be asked and why, and the answers that were none.

    What makes things goes first, what ends or deletes them last, and on things of its own.
    """
    lacking: dict[str, str] = {}
    failed: list[tuple[Operation, Exchange]] = []
    for operation in sorted(world.operations.values(), key=_turn):
        label = str(operation)
        if label in world.absent or world.wire.withholds(operation):
            continue
        try:
            exchange = _succeed(world, operation)
        except Lacking as error:
            lacking[label] = str(error)
            continue
        if 200 <= exchange.status < 300 or (exchange.status == 426 and not operation.succeeds):
            continue
        if world.profile.discover and exchange.status in _ABSENT:
            world.absent[label] = f"answered {exchange.status} to a valid request"
        elif exchange.status in _REFUSED and (name := bodies.guessed(world, operation)):
            lacking[label] = f"nothing makes or lists what {name} names; give one in `ids` of the profile"
        else:
            failed.append((operation, exchange))
    if world.profile.discover:
        for label in [each for each in lacking if _unheard_of(world, world.operations[each])]:
            world.absent[label] = lacking.pop(label)
    return lacking, failed


def _unheard_of(world: World, operation: Operation) -> bool:
    """Whether nothing makes or lists what the operation is about, and it does not know such a thing either."""
    collection = operation.path.partition("/{")[0]
    if world.has(f"POST {collection}") or world.has(f"GET {collection}"):
        return False
    with suppress(Unanswered, Withheld):
        return world.wire.handle(world.request(known(world, operation))).status in _ABSENT
    return False


def _turn(operation: Operation) -> tuple[int, int]:
    last = operation.path.rpartition("/")[2]
    order = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 2, "DELETE": 4}
    stage = 3 if last in _ENDING else order.get(operation.method, 1)
    if operation.method == "POST" and stage == 0 and operation.path.endswith("}"):
        stage = 2
    depth = operation.path.count("/")
    return stage, -depth if stage == 4 else depth  # what lies below a thing goes before the thing


def again(world: World, failed: list[tuple[Operation, Exchange]]) -> None:
    """Asks for the successes that the state did not allow: after what has to come before, and as time goes by."""
    waiting = {str(operation): operation for operation, exchange in failed if exchange.status in (400, 404, 409)}
    for label in waiting.keys() & BEFORE.keys():
        if world.has(BEFORE[label]):
            with suppress(Lacking, Unanswered, Withheld):
                world.send(BEFORE[label], world.things(waiting[label].path))
    left = min(world.profile.patience, _PATIENCE)
    while waiting and left > 0:
        world.wait(_STEP)
        left -= _STEP
        for label, operation in list(waiting.items()):
            with suppress(Lacking, Unanswered, Withheld):
                if world.send(label, world.things(operation.path)).status < 300:
                    del waiting[label]


def _succeed(world: World, operation: Operation) -> Exchange:
    """One valid request; where the state may be what refuses it, once more on a thing of its own."""
    ending = _turn(operation)[0] >= 3
    exchange = _send(world, operation, fresh=ending)
    if exchange.status in (400, 404, 409, 422) and "{" in operation.path and not ending:
        try:
            exchange = _send(world, operation, fresh=True)
        except Lacking:
            return exchange
    return exchange


def _send(world: World, operation: Operation, *, fresh: bool) -> Exchange:
    ids = world.things(operation.path, fresh=fresh)
    with suppress(Unanswered, Withheld):
        world.send(str(operation), ids)
    return world.last()


def refusals(world: World, operation: Operation) -> Iterator[Response]:
    """Answers to requests that have to be refused: an odd body, an unknown id, no credentials."""
    for call in _wrong(world, operation):
        yield world.wire.handle(world.request(call))
    if world.profile.credentials:
        yield world.wire.handle(world.request(known(world, operation), credentials=False))


def known(world: World, operation: Operation) -> Call:
    """A call that is valid but for the things it names, which nobody made: it can do no harm."""
    return Call(operation, dict.fromkeys(_names(operation), "unknown"), {}, _body(world, operation))


def _body(world: World, operation: Operation) -> object:
    try:
        return world.body(operation)
    except Lacking:
        return NOTHING


def _wrong(world: World, operation: Operation) -> Iterator[Call]:
    call = known(world, operation)
    if operation.takes_body and "application/json" in operation.raw["requestBody"]["content"]:
        yield replace(call, body=[1])
    elif isinstance(call.body, dict):  # a form with nothing but its file
        yield replace(call, body={name: value for name, value in call.body.items() if isinstance(value, bytes)})
    if call.ids:
        yield replace(call, body=call.body)


def _names(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]


def can_fail(world: World, operation: Operation) -> bool:
    """Whether there is a request that the operation has to refuse."""
    json_body = operation.takes_body and "application/json" in operation.raw["requestBody"]["content"]
    secured = operation.raw.get("security", world.document.get("security"))
    return json_body or _names_a_thing(world, operation) or bool(secured and world.profile.credentials)


def _names_a_thing(world: World, operation: Operation) -> bool:
    """Whether a path holds the id of a member of a collection, and not just any word."""
    collection = operation.path.partition("/{")[0]
    return "{" in operation.path and collection in world.document["paths"]


def problems(world: World, failed: list[tuple[Operation, Exchange]]) -> Iterator[Problem]:
    """The operations without a success."""
    for operation, exchange in failed:
        if not any(200 <= status < 300 for (label, status) in world.wire.answers if label == str(operation)):
            yield Problem(f"A valid request was answered with {exchange.status or 'nothing'}.", exchange, operation)
