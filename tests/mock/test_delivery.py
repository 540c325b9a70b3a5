"""What a connection does to an answer: under httpx, under ASGI, and over a real socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn

from portkey_mock import Application, Delivery, GatewayTransport, ManualClock, Request, Response
from portkey_mock.asgi_delivery import Message
from portkey_mock.server import listen

BODY = b"0123456789"


@dataclass
class Canned:
    """Gives the same response to everything."""

    response: Response

    def handle(self, request: Request) -> Response:
        """The response."""
        return self.response

    def connect(self, request: Request) -> Response:
        """The same; no websocket opens."""
        return self.handle(request)


def canned(delivery: Delivery | None, chunks: tuple[bytes, ...] = ()) -> Canned:
    """A gateway that answers `BODY`, delivered so."""
    return Canned(Response(200, (("content-type", "text/plain"),), BODY, chunks, delivery))


@dataclass
class Client:
    """Gets a response from a gateway with an httpx client of one kind; the body in the pieces that arrived."""

    get: Callable[[GatewayTransport, float | None], list[bytes]]


def get_sync(transport: GatewayTransport, timeout: float | None) -> list[bytes]:
    """With `httpx.Client`."""
    with httpx.Client(transport=transport, timeout=timeout) as http, http.stream("GET", "http://mock/") as response:
        return list(response.iter_raw())


def get_async(transport: GatewayTransport, timeout: float | None) -> list[bytes]:
    """With `httpx.AsyncClient`."""

    async def run() -> list[bytes]:
        async with (
            httpx.AsyncClient(transport=transport, timeout=timeout) as http,
            http.stream("GET", "http://mock/") as response,
        ):
            return [piece async for piece in response.aiter_raw()]

    return asyncio.run(run())


@pytest.fixture(params=[get_sync, get_async])
def client(request: pytest.FixtureRequest) -> Client:
    return Client(request.param)


def test_slow_bytes_under_httpx(client: Client, clock: ManualClock) -> None:
    """A body in small pieces arrives whole, and its waits go by on the clock that was given."""
    began = clock()
    transport = GatewayTransport(canned(Delivery(delay=5, chunk=4, pace=2)), sleep=clock.advance)
    assert client.get(transport, None) == [b"0123", b"4567", b"89"]
    assert clock() - began == 5 + 2 * 2


def test_waits_without_a_clock(client: Client) -> None:
    """Without a clock the transport waits by itself."""
    transport = GatewayTransport(canned(Delivery(delay=1e-9, chunk=5, pace=1e-9)))
    assert client.get(transport, None) == [b"01234", b"56789"]


@pytest.mark.parametrize("delivery", [Delivery(delay=61), Delivery(chunk=1, pace=61)])
def test_the_client_loses_its_patience(client: Client, clock: ManualClock, delivery: Delivery) -> None:
    """A wait longer than the client's read timeout ends with the timeout, after as many seconds."""
    began = clock()
    with pytest.raises(httpx.ReadTimeout):
        client.get(GatewayTransport(canned(delivery), sleep=clock.advance), 60)
    assert clock() - began == 60


BROKEN = [
    (Delivery(reset=True), httpx.ReadError),
    (Delivery(reset=True, cut=3), httpx.ReadError),
    (Delivery(cut=3), httpx.RemoteProtocolError),
    (Delivery(cut=0.5, chunk=2), httpx.RemoteProtocolError),
    (Delivery(cut=0), httpx.RemoteProtocolError),
]


@pytest.mark.parametrize("chunks", [(), (b"01234", b"56789")])
@pytest.mark.parametrize(("delivery", "error"), BROKEN)
def test_broken_connections_under_httpx(
    client: Client, delivery: Delivery, error: type[Exception], chunks: tuple[bytes, ...]
) -> None:
    """A reset and a truncated body raise what httpx raises over a real connection."""
    with pytest.raises(error):
        client.get(GatewayTransport(canned(delivery, chunks)), 60)


def test_streams_under_httpx(client: Client) -> None:
    """A body in chunks arrives in them."""
    assert client.get(GatewayTransport(canned(None, (b"01234", b"56789"))), 60) == [b"01234", b"56789"]


@dataclass
class Connection:
    """What an ASGI server would hold: `send` is a method of it, and it has a transport that can be ended."""

    transport: Connection | None = None
    sent: list[Message] = field(default_factory=list[Message])
    slept: list[float] = field(default_factory=list[float])
    ended: list[str] = field(default_factory=list[str])

    async def send(self, message: Message) -> None:
        """Keeps a message."""
        self.sent.append(message)

    async def sleep(self, seconds: float) -> None:
        """Keeps how long it should have been."""
        self.slept.append(seconds)

    async def receive(self) -> Message:
        """The request, then that the client is gone."""
        self.ended.append("asked")
        return {"type": "http.request" if len(self.ended) == 1 else "http.disconnect"}

    def close(self) -> None:
        """The connection ends in order."""
        self.ended.append("closed")

    def abort(self) -> None:
        """The connection ends at once."""
        self.ended.append("aborted")

    def get_extra_info(self, name: str) -> Any:
        """The socket."""
        assert name == "socket"
        return self

    def setsockopt(self, *option: object) -> None:
        """An option of the socket."""
        self.ended.append("lingers not")


def over_asgi(delivery: Delivery, *, known: bool = True) -> Connection:
    """A connection after a response went over it; `known` says whether its transport can be reached."""
    connection = Connection()
    connection.transport = connection if known else None
    scope = {"type": "http", "method": "GET", "raw_path": b"/", "query_string": b"", "headers": []}
    application = Application(canned(delivery), sleep=connection.sleep)
    asyncio.run(application(scope, connection.receive, connection.send))
    return connection


def test_slow_bytes_over_asgi() -> None:
    """A delivery is carried out with the server's means: a wait, then pieces with waits between them."""
    connection = over_asgi(Delivery(delay=5, chunk=4, pace=2))
    start, *pieces, end = connection.sent
    assert (b"content-length", b"10") in start["headers"]
    assert [piece["body"] for piece in pieces] == [b"0123", b"4567", b"89"]
    assert end == {"type": "http.response.body"}
    assert connection.slept == [5, 2, 2]


@pytest.mark.parametrize(
    ("delivery", "messages", "ended"),
    [
        (Delivery(cut=3), 2, ["closed"]),
        (Delivery(reset=True), 0, ["lingers not", "aborted"]),
        (Delivery(reset=True, cut=3), 2, ["lingers not", "aborted"]),
    ],
)
def test_broken_connections_over_asgi(delivery: Delivery, messages: int, ended: list[str]) -> None:
    """A connection is ended after what was to arrive, and the server is waited for."""
    connection = over_asgi(delivery)
    assert len(connection.sent) == messages
    assert connection.ended == ["asked", *ended, "asked"]


def test_a_server_that_hides_its_connection() -> None:
    """Where the transport cannot be reached, an exception makes the server end the connection."""
    with pytest.raises(ConnectionResetError):
        over_asgi(Delivery(reset=True), known=False)


@pytest.fixture
def served() -> Iterator[tuple[Canned, str]]:
    """A gateway on a real port, and its address."""
    gateway = canned(None)
    server = uvicorn.Server(uvicorn.Config(Application(gateway), log_level="critical", lifespan="off"))
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield gateway, f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def test_broken_connections_over_a_socket(served: tuple[Canned, str], caplog: pytest.LogCaptureFixture) -> None:
    """What the transports raise is what a real connection raises, and the server goes on without a complaint."""
    gateway, address = served
    for delivery, error in BROKEN:
        for chunks in ((), (b"01234", b"56789")):
            gateway.response = canned(delivery, chunks).response
            with pytest.raises(error):
                httpx.get(address)
    gateway.response = canned(Delivery(chunk=4)).response
    assert httpx.get(address).content == BODY
    assert caplog.records == []
