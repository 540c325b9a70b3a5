from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from portkey_client import AsyncPortkey, Portkey, linger
from portkey_client.linger import LINGER
from tests.client.frames import AFTER, CHAT, DONE, HEADERS, Body, frames
from tests.client.wire import KEYS, Wire

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
WHOLE = frames(*CHAT) + DONE
TIMEOUT = 600.0


class Connection:
    """A connection on which nothing comes any more: each read takes as long as it may."""

    def __init__(self) -> None:
        self.limits: list[float | None] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.limits.append(timeout)
        raise httpx.ReadTimeout("nothing came")


class Staying(Body):
    """A body whose server keeps the connection open after the last piece."""

    def __init__(self, connection: Connection, *pieces: bytes, limit: float | None = TIMEOUT) -> None:
        super().__init__(*pieces)
        self.connection = connection
        self.limit = limit

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        yield self.connection.read(65_536, timeout=self.limit)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in super().__aiter__():
            yield piece
        yield self.connection.read(65_536, timeout=self.limit)


def staying(body: Body, connection: Connection, version: bytes = b"HTTP/1.1") -> Wire:
    """Return a wire that answers with a stream over a connection that stays."""
    extensions = {"network_stream": connection, "http_version": version}
    return Wire(lambda _: httpx.Response(200, headers=HEADERS, stream=body, extensions=extensions))


def read_async(wire: Wire) -> list[Any]:
    async def read() -> list[Any]:
        stream = await wire.async_client().chat.completions.create(stream=True, **ASKED)
        return [each async for each in stream]

    return asyncio.run(read())


def read(wire: Wire) -> Any:
    stream = wire.client().chat.completions.create(stream=True, **ASKED)
    assert len(list(stream)) == len(CHAT)
    return stream


@pytest.mark.parametrize("limit", [TIMEOUT, None])
def test_a_server_that_stays_does_not_hold_a_stream_up(limit: float | None) -> None:
    """After the mark a read may take a moment instead of the time limit; then the connection is closed, no error."""
    connection = Connection()
    body = Staying(connection, WHOLE, limit=limit)
    assert read(staying(body, connection)).final().choices[0].finish_reason == "stop"
    assert (connection.limits, body.closed) == ([LINGER], 1)
    body = Staying(connection, WHOLE, limit=limit)
    assert len(read_async(staying(body, connection))) == len(CHAT)
    assert (connection.limits, body.closed) == ([LINGER, LINGER], 1)


def test_what_guardrails_found_still_comes() -> None:
    """What follows the mark within that moment is taken, and the time limit of other reads stays as it is."""
    connection = Connection()
    stream = read(staying(Staying(connection, WHOLE, frames(AFTER)), connection))
    assert stream.hook_results == AFTER["hook_results"]
    with pytest.raises(httpx.ReadTimeout):
        connection.read(1, timeout=TIMEOUT)
    assert connection.limits == [LINGER, TIMEOUT]


def test_a_server_that_goes_on_and_on_is_left() -> None:
    """Comments that keep coming after the mark do not hold it up either: the moment ends by the clock."""

    class Chatty(Body):
        def __iter__(self) -> Iterator[bytes]:
            yield WHOLE
            while True:
                wire.time.seconds += 1
                self.given += 1
                yield b": still here\n\n"

    body = Chatty()
    wire = staying(body, Connection())
    read(wire)
    assert (body.given, body.closed) == (LINGER, 1)


def test_a_connection_that_others_share_is_left_alone() -> None:
    """Over HTTP/2 the reads serve other answers, too: their time limit is not touched."""
    connection = Connection()
    read(staying(Staying(connection, WHOLE), connection, b"HTTP/2"))
    assert connection.limits == [TIMEOUT]


class Stays(socketserver.BaseRequestHandler):
    """Sends a whole stream, and keeps the connection until the client closes it."""

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + WHOLE)
        self.request.recv(1)


def test_over_real_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients come to the end of a stream whose server stays, long before their time limit."""
    monkeypatch.setattr(linger, "LINGER", 0.05)

    async def count(base_url: str) -> int:
        async with AsyncPortkey(**KEYS, base_url=base_url) as client:
            stream = await client.chat.completions.create(stream=True, **ASKED)
            return len([each async for each in stream])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stays) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        with Portkey(**KEYS, base_url=base_url) as client:
            assert len(list(client.chat.completions.create(stream=True, **ASKED))) == len(CHAT)
        assert asyncio.run(count(base_url)) == len(CHAT)
        server.shutdown()
