"""HEAD, where it is taken: what GET would answer, and no body."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from portkey_mock import Request
from tests.contract.check import Check, Problem
from tests.contract.document import Operation
from tests.contract.world import World

_ODD: Final = ("HEAD", "OPTIONS")
_MOST: Final = 65_536


def _head(world: World) -> Iterator[Problem]:
    """A HEAD that succeeds has the status and the media type of GET, and no body; neither it nor OPTIONS is a crash."""
    for operation, ids in world.reads():
        request = world.request(world.call(str(operation), ids))
        plain = world.wire.handle(request)
        for method in _ODD if plain.status < 300 else ():
            answer = world.wire.raw(replace(request, method=method), None)
            if answer.status >= 500 and answer.status != 501:
                yield Problem(f"{method} is answered with {answer.status}.", world.last(), operation)
            elif method == "HEAD" and answer.status < 300:
                if answer.body or _sent_more(world, replace(request, method=method)):
                    yield Problem("The answer to HEAD has a body.", world.last(), operation)
                bare = replace(world.request(world.call(str(operation), ids), credentials=False), method=method)
                if _asks_for_a_key(world, operation) and world.wire.raw(bare, None).status < 300:
                    yield Problem("HEAD asks for no credentials.", world.last(), operation)
                if answer.header("content-type") not in (None, plain.header("content-type")):
                    yield Problem("HEAD tells another media type than GET.", world.last(), operation)


def _asks_for_a_key(world: World, operation: Operation) -> bool:
    return world.wire.answers[str(operation), 401] + world.wire.answers[str(operation), 403] > 0


def _sent_more(world: World, request: Request) -> bool:
    """Whether bytes follow the head of the answer; over HTTP no client shows them, so that they are read here."""
    url = urlsplit(world.wire.address)
    if not world.wire.networked or url.scheme != "http" or url.hostname is None:
        return False
    fields = {"host": url.netloc, **dict(request.headers), "connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    came = b""
    with suppress(OSError), socket.create_connection((url.hostname, url.port or 80), timeout=2) as connection:
        connection.sendall(f"HEAD {request.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace"))
        while len(came) < _MOST and (piece := connection.recv(4096)):
            came += piece
    return bool(came.partition(b"\r\n\r\n")[2])


CHECKS: Final = (Check("head", "HEAD is GET without a body.", "RFC 9110, section 9.3.2", "non-strict", make=_head),)
