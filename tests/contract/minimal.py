"""The smallest request that still shows what was found.

What is generated is large, and most of it has nothing to do with the fault. Members of the body and parameters of the
query are left out one by one, as long as the gateway goes on doing what it did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from portkey_mock import Request
from tests.contract.document import Operation
from tests.contract.wire import Exchange, Unanswered, Withheld
from tests.contract.world import World
from tests.mock import spec

_MOST: Final = 60
"""Requests that are spent on making one smaller."""


def smaller(world: World, check: str, exchange: Exchange) -> Exchange:
    """The same fault, shown by as little as possible; `exchange` itself where that cannot be told from outside."""
    still = _STILL.get(check)
    operation = exchange.operation
    if still is None or operation is None or exchange.request.method != operation.method:
        return exchange
    tries: int = _MOST
    found = exchange
    shrinking = True
    while shrinking:
        shrinking = False
        for request in _less(found.request):
            if tries == 0:
                return found
            tries -= 1
            answered = _asked(world, request, operation)
            if answered is not None and still(operation, found, answered):
                found, shrinking = answered, True
                break
    return found


def _asked(world: World, request: Request, operation: Operation) -> Exchange | None:
    listeners, world.wire.listeners = world.wire.listeners, []
    try:
        with suppress(Unanswered, Withheld):
            response = world.wire.raw(request, operation)
            return Exchange(request, operation, response, None, "minimal")
    finally:
        world.wire.listeners = listeners
    return None


def _less(request: Request) -> Iterator[Request]:
    """The request with one thing less, in every way."""
    parts = request.query.split("&") if request.query else []
    for number in range(len(parts)):
        yield replace(request, query="&".join(parts[:number] + parts[number + 1 :]))
    try:
        body = json.loads(request.body) if request.body else None
    except (ValueError, RecursionError):
        return
    headers = tuple(each for each in request.headers if each[0] != "content-length")
    for each in _without(body):
        yield replace(request, headers=headers, body=json.dumps(each).encode())


def _without(value: Any, depth: int = 3) -> Iterator[Any]:
    """A JSON value with one member less, from the top down."""
    if depth == 0 or not isinstance(value, (dict, list)):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        if isinstance(value, dict):
            yield {name: each for name, each in value.items() if name != key}
            yield from ({**value, key: inner} for inner in _without(value[key], depth - 1))
        else:
            yield value[:key] + value[key + 1 :]
            yield from ([*value[:key], inner, *value[key + 1 :]] for inner in _without(value[key], depth - 1))


def _fails(_: Operation, before: Exchange, now: Exchange) -> bool:
    return now.status >= 500


def _refuses(operation: Operation, before: Exchange, now: Exchange) -> bool:
    """The same refusal, of a request that conforms."""
    return now.status == before.status and _conforms(operation, now.request)


def _accepts(operation: Operation, before: Exchange, now: Exchange) -> bool:
    """A success, of a request that does not conform."""
    return now.status == before.status and bool(now.request.body) and not _conforms(operation, now.request)


def _conforms(operation: Operation, request: Request) -> bool:
    schema = operation.raw.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None or not request.body:
        return not operation.takes_body
    return bool(spec.validator(schema).is_valid(json.loads(request.body)))


_STILL: Final[dict[str, Callable[[Operation, Exchange, Exchange], bool]]] = {
    "not_a_server_error": _fails,
    "server_error": _fails,
    "positive_data_acceptance": _refuses,
    "negative_data_rejection": _accepts,
}
"""By check, whether a smaller request still shows the fault."""
