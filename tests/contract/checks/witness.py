"""Our client as a second witness: the same arguments go through it, and all three have to agree.

What the client sends has to be what was meant, and what it returns has to be what came over the wire.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from inspect import signature
from typing import Any, Final

import httpx

from portkey_api.types import WireModel
from portkey_client import APIError, Gateway, Portkey, PortkeyError
from portkey_client.gateways import PORTKEY_HEADERS
from portkey_mock import GatewayTransport
from tests.contract import bodies
from tests.contract.calls import NOTHING, Call, Lacking
from tests.contract.check import Check, Problem
from tests.contract.reproduce import arguments, method
from tests.contract.wire import Exchange
from tests.contract.world import World

_VARIANTS: Final = 3


def _agrees(world: World) -> Iterator[Problem]:
    with httpx.Client(transport=GatewayTransport(world.wire)) as http:
        client = _client(world, http)
        for operation in world.tryable():
            if not operation.succeeds or operation.method == "DELETE":
                continue
            for number in range(_VARIANTS if operation.takes_body else 1):
                try:
                    call = world.call(str(operation))
                except Lacking:
                    break
                varied = call if number == 0 else _varied(world, call)
                yield from _one(world, client, varied)


def _client(world: World, http: httpx.Client) -> Portkey:
    """Our client, told what a caller would tell it; a gateway that takes no Portkey key has no control plane."""
    address, sent = world.wire.address, {**world.secrets, **world.profile.headers}
    arguments = {header.lower(): name for name, header in PORTKEY_HEADERS.items()}
    credentials: dict[str, Any] = {arguments[name]: value for name, value in _lower(sent) if name in arguments}
    portkey = "api_key" in credentials
    gateway = Gateway(
        name="contract",
        base_url=address,
        control_plane_url=address if portkey else None,
        public_url=address.removesuffix("/v1"),
        trailing_slash=world.profile.slash == "required",
        headers={name: value for name, value in _lower(sent) if name not in arguments},
    )
    return Portkey(gateway=gateway, http_client=http, retries=0, **credentials)


def _lower(headers: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers.items()]


def _varied(world: World, call: Call) -> Call:
    return Call(call.operation, call.ids, call.query, bodies.varied(world, call.operation, call.body))


def _one(world: World, client: Portkey, call: Call) -> Iterator[Problem]:
    called = method(client, str(call.operation.raw["operationId"]))
    seen: list[Exchange] = []
    world.wire.listeners.append(seen.append)
    try:
        with world.wire.sending("client"):
            answer = called(*_placed(call), **_keywords(called, call))
    except APIError as error:
        if error.status not in {each.status for each in seen}:
            yield Problem(f"The client reports {error.status}, and {world.last().status} came.", world.last())
    except PortkeyError as error:
        if seen and seen[-1].response is not None:
            yield Problem(f"The client cannot read what came: {type(error).__name__}: {error}", seen[-1])
    else:
        yield from _same_request(world, seen[0], call)
        yield from _same_answer(seen[-1], answer)
    finally:
        world.wire.listeners.remove(seen.append)


def _placed(call: Call) -> list[str]:
    names = [part[1:-1] for part in re.findall(r"{[^}]*}", call.operation.path)]
    return [call.ids[name] for name in names]


def _keywords(called: Any, call: Call) -> dict[str, Any]:
    names = signature(called).parameters
    given: dict[str, Any] = dict(call.query)
    if isinstance(call.body, dict) and not ("body" in names and "body" not in call.body):
        given |= call.body
    elif call.body is not NOTHING:
        given["body"] = call.body
    return arguments(called, given)


def _same_request(world: World, exchange: Exchange, call: Call) -> Iterator[Problem]:
    sent, meant = exchange.request, world.request(call)
    if exchange.operation != call.operation:
        yield Problem(f"The client called {exchange.operation}, and {call.operation} was meant.", exchange)
    elif meant.body and "json" in (meant.header("content-type") or "") and _json(sent.body) != _json(meant.body):
        yield Problem("The client sent another body than was meant.", exchange)


def _same_answer(exchange: Exchange, answer: Any) -> Iterator[Problem]:
    body = exchange.response.body if exchange.response else b""
    if isinstance(answer, bytes) and answer != body:
        yield Problem("The client returns other bytes than came.", exchange)
    elif isinstance(answer, (WireModel, list, dict)) and _told(answer) != _json(body):
        yield Problem("What the client returns is not what came.", exchange)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _told(answer: Any) -> Any:
    if isinstance(answer, WireModel):
        return answer.to_dict()
    return [_told(each) for each in answer] if isinstance(answer, list) else answer


CHECKS: Final = (Check("client_agrees", "What our client returns is what came.", "/responses", make=_agrees),)
