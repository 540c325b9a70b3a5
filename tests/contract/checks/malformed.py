"""Bodies and bytes that mean nothing: refused, never a crash, never taken for something."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from portkey_mock import Request
from tests.contract.check import Check, Problem
from tests.contract.document import Operation
from tests.contract.profiles import is_public
from tests.contract.sight import known
from tests.contract.world import World
from tests.mock import spec

_NO_JSON: Final = (
    b"{", b"}", b'{"a":}', b"{'a': 1}", b"\xff\xfe\x00", b"\x00" * 8, b'{"a": 1} x', b"[" * 20_000, b'"\xed\xa0\x80"',
    b"NaN", b"-", b'{"a": "\x01"}', b"<a/>",
)  # fmt: skip
_NO_OBJECT: Final = (b"null", b"[]", b'"text"', b"7", b"true")
_MEDIA: Final = ("text/plain", "application/xml", "nonsense", "application/json; charset=utf-16", "multipart/form-data")
_LINES: Final = (
    b"\r\n\r\n\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 8,
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n bad: 1\r\n\x00: 2\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"A" * 70_000,
)


def _bodies(world: World) -> Iterator[Problem]:
    for operation in _json(world):
        request = world.request(known(world, operation))
        for body in _NO_JSON:
            yield from _must_refuse(world, replace(request, body=body), f"A body that is no JSON ({body[:12]!r})")
        if _required(operation):
            yield from _must_refuse(world, replace(request, body=b""), "No body")
        for body in _NO_OBJECT:
            if _wants_object(operation):
                yield from _must_refuse(world, replace(request, body=body), f"The body {body.decode()}")


def _media(world: World) -> Iterator[Problem]:
    """A valid body under another name is refused; the name may be in capitals, and have a parameter."""
    for operation in _json(world):
        if not _required(operation):
            continue
        request = world.request(known(world, operation))
        plain = world.wire.handle(request).status
        for media in _MEDIA:
            yield from _must_refuse(world, _as(request, media), f"JSON called {media}")
        for media in ("Application/JSON", "application/json; charset=utf-8"):
            status = world.wire.handle(_as(request, media)).status
            if status in (400, 415) and status != plain:
                message = f"The media type {media} is answered with {status}."
                yield Problem(message, world.last(), rule="RFC 9110, section 8.3.1")


def _forms(world: World) -> Iterator[Problem]:
    for operation in world.tryable():
        if "multipart/form-data" not in operation.raw.get("requestBody", {}).get("content", {}):
            continue
        request = world.request(known(world, operation))
        json = _as(replace(request, body=b"{}"), "application/json")
        for wrong in (
            replace(request, body=b""),
            replace(request, body=b"--limi"),
            _as(request, "multipart/form-data"),
            json,
        ):
            yield from _must_refuse(world, wrong, "A form that is none")


def _lines(world: World) -> Iterator[Problem]:
    """Bytes that are no HTTP end the connection at most; the gateway goes on."""
    url = urlsplit(world.wire.address)
    if not world.wire.networked or url.scheme != "http" or is_public(world.wire.address):
        return
    probe = next((each for each in world.tryable() if each.method == "GET" and "{" not in each.path), None)
    for line in _LINES:
        with suppress(OSError), socket.create_connection((url.hostname, url.port or 80), timeout=2) as connection:
            connection.sendall(line)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(64)
            if answer[9:10] == b"5" and answer[9:12] not in (b"501", b"505"):
                yield Problem(f"Bytes that are no request ({line[:20]!r}) are answered with {answer[9:12].decode()}.")
        if probe is not None:
            world.send(str(probe), {})


def _must_refuse(world: World, request: Request, what: str) -> Iterator[Problem]:
    status = world.wire.handle(request).status
    if 200 <= status < 300:
        yield Problem(f"{what} is answered with {status}.", world.last())


def _json(world: World) -> Iterator[Operation]:
    for operation in world.tryable():
        if "application/json" in operation.raw.get("requestBody", {}).get("content", {}):
            yield operation


def _required(operation: Operation) -> bool:
    return bool(operation.raw["requestBody"].get("required"))


def _wants_object(operation: Operation) -> bool:
    schema = operation.raw["requestBody"]["content"]["application/json"].get("schema", {})
    checked = spec.validator(schema)
    others: tuple[Any, ...] = (None, [], "text", 7, True)
    return not any(checked.is_valid(value) for value in others)


def _as(request: Request, media: str) -> Request:
    rest = tuple(each for each in request.headers if each[0] != "content-type")
    return replace(request, headers=(*rest, ("content-type", media)))


_PLACE: Final = "/requestBody"

CHECKS: Final = (
    Check("malformed_json", "What is no JSON is refused.", _PLACE, make=_bodies),
    Check("media_types", "A body is what its type says.", "RFC 9110, section 15.5.16", make=_media),
    Check("malformed_form", "What is no form is refused.", _PLACE, make=_forms),
    Check("malformed_bytes", "Bytes that are no HTTP do no harm.", "RFC 9112, section 3", make=_lines),
)
