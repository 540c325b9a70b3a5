"""A connection that answers plain requests by itself says what uvicorn alone would have said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from portkey_mock import Application, Request, Response
from portkey_mock.connection import Connection
from portkey_mock.delivery import Delivery
from portkey_mock.message import json_response
from portkey_mock.realtime import Session

CHUNKS = (b"data: 1\n\n", b"data: 2\n\n")
ANSWERS = {
    "/stream": Response(200, (("content-type", "text/event-stream"),), b"".join(CHUNKS), CHUNKS),
    "/cut": Response(200, (), b"0123456789", delivery=Delivery(cut=4)),
    "/slow": Response(200, (), b"0123456789", delivery=Delivery(chunk=3)),
    "/odd": Response(299, (("x", "caf\xe9"),), b"odd"),
    "/unfit": Response(200, (("x", "one\r\ntwo"),), b""),
    "/empty": Response(204),
}


class Echo:
    """Answers with the request as it arrived, but for a few paths."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        said = {"method": request.method, "path": request.path, "query": request.query, "headers": request.headers}
        return ANSWERS.get(request.path) or json_response(200, {**said, "body": request.body.decode("latin-1")})

    def connect(self, request: Request) -> Session | Response:
        raise NotImplementedError


class Transport(asyncio.Transport):
    """Keeps what is written, and what else is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.written: list[bytes] = []

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol: Any = protocol

    def is_closing(self) -> bool:
        return "close" in self.done

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def pause_reading(self) -> None:
        self.done.append("pause")

    def resume_reading(self) -> None:
        self.done.append("resume")

    def close(self) -> None:
        self.done.append("close")


async def _talk(protocol: type[Any], pieces: Sequence[bytes]) -> Transport:
    """What a server with connections of this kind does when it reads `pieces`, with time to answer after each."""
    config = uvicorn.Config(Application(Echo()), http=protocol, proxy_headers=False, log_level="critical")
    config.load()
    transport, state = Transport(), ServerState()
    state.default_headers = [(b"date", b"today")]
    transport.set_protocol(protocol(config, state, {}, asyncio.get_running_loop()))
    transport.protocol.connection_made(transport)
    for piece in pieces:
        if not transport.is_closing():
            transport.protocol.data_received(piece)
            await _turns()
    if transport.is_closing():
        transport.protocol.connection_lost(None)
        await _turns()
    return transport


async def _turns() -> None:
    """Some turns of the loop, in which uvicorn's tasks get on."""
    for _ in range(50):
        await asyncio.sleep(0)


def alike(*pieces: bytes) -> bytes:
    """What is answered to `pieces`, after a check that uvicorn alone answers the same and ends the connection, too."""
    alone, ours = (asyncio.run(_talk(protocol, pieces)) for protocol in (HttpToolsProtocol, Connection))
    answer = b"".join(ours.written)
    assert _comparable(answer) == _comparable(b"".join(alone.written))
    assert ours.is_closing() == alone.is_closing()
    return answer


def _comparable(answer: bytes) -> list[bytes]:
    """The lines of answers without regard to their order: that of headers means nothing."""
    return sorted(answer.split(b"\r\n"))


def get(path: str, *more: str, version: str = "1.1") -> bytes:
    """The bytes of a request without a body."""
    lines = [f"GET {path} HTTP/{version}", "Host: mock", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def post(body: bytes, *more: str) -> bytes:
    """The bytes of a request with a body."""
    head = get("/a?b=c", f"Content-Length: {len(body)}", *more)
    return head.replace(b"GET", b"POST", 1) + body


CHUNKED = get("/a", "Transfer-Encoding: chunked").replace(b"GET", b"POST") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [get("/a%2Fb?c=d&e=%20#f", "X-Twice: 1", "X-Twice: \xe9")],
        [get("/a"), get("/a"), get("/b")],
        [b"\r\n" + get("/a")],
        [post(b"abc")],
        [post(b"abc")[:-2], b"bc"],
        [CHUNKED],
        [post(b"x" * 5000), post(b"y" * 100_000)],
        [post(b"y" * 100_000)[:70_000], post(b"y" * 100_000)[70_000:]],
        [get("/a")[index : index + 1] for index in range(len(get("/a")))],
        [get("/stream"), get("/a")],
        [get("/cut")],
        [get("/a"), get("/slow")],
        [get("/odd"), get("/empty")],
        [get("/a"), get("/b", "Connection: close")],
        [get("/a", version="1.0")],
        [get("/a").replace(b"GET", b"HEAD")],
        [get("http://mock/a")],
        [get("http://mock")],
        [get("/a") + get("/b")],
        [get("/a") + get("/b")[:9], get("/b")[9:]],
        [post(b"abc", "Expect: 100-continue")[:-3], b"abc"],
        [b"nonsense\r\n\r\n"],
        [get("/\x80")],
    ],
    ids=lambda pieces: repr(pieces[0][:30]),
)
def test_as_uvicorn_does(pieces: list[bytes]) -> None:
    """Whatever comes over the wire, and in whatever pieces, the answer is the one that uvicorn alone gives."""
    assert alike(*pieces).startswith(b"HTTP/1.1 ")


def test_unfit_header() -> None:
    """A header that would end its line early is not sent, and nothing else of its answer either."""
    assert alike(get("/unfit")) == b""


@given(
    path=st.text(st.sampled_from("ab/%20~-.:@"), max_size=10),
    headers=st.lists(
        st.tuples(st.sampled_from(["x", "Accept", "X-Y"]), st.text("abc ,;=\xe9", max_size=9)), max_size=4
    ),
    body=st.binary(max_size=20),
    cuts=st.lists(st.integers(0, 200), max_size=3),
)
def test_requests_arrive_alike(path: str, headers: list[tuple[str, str]], body: bytes, cuts: list[int]) -> None:
    """A request means the same whether it was read here or by uvicorn, wherever it is cut."""
    more = [f"{name}: {value}" for name, value in headers]
    sent = post(body, *more).replace(b"/a?b=c", f"/{path}".encode())
    edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    alike(*(sent[start:end] for start, end in pairwise(edges)))


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def connection(echo: Echo) -> Connection:
    """A connection to nobody."""
    connection = Connection(uvicorn.Config(Application(echo), http=Connection), ServerState(), {})
    transport = Transport()
    transport.set_protocol(connection)
    connection.connection_made(transport)
    return connection


def transport_of(connection: Connection) -> Transport:
    """The transport that a connection was given."""
    transport = connection._transport
    assert isinstance(transport, Transport)
    return transport


def test_one_write(connection: Connection) -> None:
    """An answer goes out at once, headers and body together."""
    connection.data_received(post(b"abc"))
    (answer,) = transport_of(connection).written
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["body"] == "abc"


def test_known_again(connection: Connection, echo: Echo) -> None:
    """The same bytes are the same request, which is answered anew; what is known is bounded."""
    for number in (*range(600), 599):
        connection.data_received(get(f"/{number}"))
    assert [request.path for request in echo.asked] == [f"/{number}" for number in (*range(600), 599)]
    assert echo.asked[-1] is echo.asked[-2]
    assert 0 < len(connection._application.known) <= 512


def test_flow(connection: Connection) -> None:
    """A client that does not read its answers is not read from either, until it does."""
    connection.pause_writing()
    connection.resume_writing()
    assert transport_of(connection).done == ["pause", "resume"]


def test_end(connection: Connection) -> None:
    """A connection ends with its server, and its server forgets one that has ended."""
    assert len(connection._server.connections) == 1
    connection.shutdown()
    connection.connection_lost(None)
    assert transport_of(connection).done == ["close"]
    assert len(connection._server.connections) == 0
