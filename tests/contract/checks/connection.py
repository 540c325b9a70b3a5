"""What HTTP wants of a connection, whatever goes over it: tried on sockets of our own, and not at public hosts."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from portkey_mock import Request
from tests.contract.calls import Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.streams import streaming
from tests.contract.profiles import is_public
from tests.contract.world import World, parsed

_FAILURES: Final = (OSError, http.client.HTTPException)
_PROBED: Final = 3
"""Operations that are tried: the server below them is one."""


def _opened(world: World) -> Callable[[], http.client.HTTPConnection] | None:
    """How a connection is opened; None where none can be: in process, at public hosts, and with TLS."""
    url = urlsplit(world.wire.address)
    if not world.wire.networked or url.scheme != "http" or is_public(world.wire.address):
        return None
    return lambda: http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=world.profile.limit)


def _target(request: Request) -> str:
    return request.path + (f"?{request.query}" if request.query else "")


def _reads(world: World) -> Iterator[Request]:
    for operation, ids in world.reads()[:_PROBED]:
        yield world.request(world.call(str(operation), ids))


def _kept_open(world: World) -> Iterator[Problem]:
    """A connection that is not said to be closed takes the next request."""
    connect = _opened(world)
    for request in _reads(world) if connect else ():
        assert connect is not None
        with closing(connect()) as connection:
            try:
                connection.request(request.method, _target(request), headers=dict(request.headers))
                first = connection.getresponse()
                first.read()
                if first.will_close or connection.sock is None:
                    continue
                connection.auto_open = 0
                connection.request(request.method, _target(request), headers=dict(request.headers))
                connection.getresponse().read()
            except _FAILURES:
                world.wire.handle(request)
                message = "The connection is closed after an answer that does not say so."
                yield Problem(message, world.last())


def _chunked(world: World) -> Iterator[Problem]:
    """A body that comes in chunks is the same body."""
    connect = _opened(world)
    for operation in world.tryable() if connect else ():
        content = operation.raw.get("requestBody", {}).get("content", {})
        if operation.method != "POST" or "application/json" not in content or "{" in operation.path:
            continue
        try:
            request = world.request(world.call(str(operation)))
        except Lacking:
            continue
        plain = world.wire.handle(request).status
        assert connect is not None
        with suppress(*_FAILURES), closing(connect()) as connection:
            pieces = iter([request.body[:7], request.body[7:]])
            headers = {**dict(request.headers), "transfer-encoding": "chunked"}
            connection.request(request.method, _target(request), body=pieces, headers=headers, encode_chunked=True)
            status = connection.getresponse().status
            if plain < 300 <= status and status not in (411, 501):
                yield Problem(f"The same body in chunks is answered with {status}.", world.last())


def _broken_off(world: World) -> Iterator[Problem]:
    """Who goes away in the middle of a stream is answered the next time."""
    connect = _opened(world)
    for operation in streaming(world) if connect else ():
        body = world.body(operation)
        if "{" in operation.path or not isinstance(body, dict):
            continue
        plain = world.request(world.call(str(operation)))
        if world.wire.handle(plain).status >= 300:
            continue
        streamed = world.request(world.call(str(operation), {}, {**body, "stream": True}))
        assert connect is not None
        for _ in range(2):
            with suppress(*_FAILURES), closing(connect()) as connection:
                connection.request("POST", _target(streamed), body=streamed.body, headers=dict(streamed.headers))
                connection.getresponse().read(10)
        status = world.wire.handle(plain).status
        if status >= 400:
            yield Problem(f"After a stream that was broken off it is answered with {status}.", world.last())


def _nowhere(world: World) -> Iterator[Problem]:
    """What is at no path is refused, and in JSON that says so, as all else is."""
    for request in list(_reads(world))[:1]:
        answer = world.wire.raw(replace(request, path=f"{world.wire.base}/contract-nowhere", query=""), None)
        if not 400 <= answer.status < 500:
            yield Problem(f"A path that is nowhere is answered with {answer.status}.", world.last())
        elif not isinstance(parsed(answer), dict):
            yield Problem("A path that is nowhere is refused with something that is no JSON object.", world.last())


CHECKS: Final = (
    Check(
        "connection_kept", "A connection is kept, or said to be closed.", "RFC 9112, section 9.6", "non-strict",
        make=_kept_open,
    ),
    Check("chunked_body", "A body may come in chunks.", "RFC 9112, section 7.1", make=_chunked),
    Check("stream_broken_off", "Who breaks a stream off is served again.", "RFC 9110, section 15.6", make=_broken_off),
    Check(
        "nowhere", "A path that is nowhere is refused as all else.", "RFC 9110, section 15.5.5", "non-strict",
        make=_nowhere,
    ),
)  # fmt: skip
