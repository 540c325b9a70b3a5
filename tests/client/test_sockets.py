"""Websockets: both clients against servers on loopback, scripted ones and the mock."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from queue import SimpleQueue
from typing import Any, Self

import httpx
import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from portkey_client import (
    AnswerError,
    APIError,
    AsyncPortkey,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    Event,
    NotFoundError,
    Portkey,
    RateLimitError,
    RequestRefusedError,
    Retry,
    ServerError,
    SocketClosedError,
    TimedOutError,
)
from portkey_client.sockets import OPENING, Opening, environment_proxy
from portkey_client.transport import Defaults, Lane, tls_context
from tests.client.wire import KEYS, Time
from tests.mock.test_transports import serve as serve_mock

SECRETS = [str(each) for each in KEYS.values()]
Handler = Callable[[ServerConnection], None]


class Adapted:
    """The socket of the synchronous client, used by the names of the asynchronous one."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            return found(*args, **kwargs)

        return call

    async def __aenter__(self) -> Self:
        assert self.inner.__enter__() is self.inner
        return self

    async def __aexit__(self, *_: object) -> None:
        self.inner.__exit__(*_)

    async def __aiter__(self) -> AsyncIterator[Any]:
        for each in self.inner:
            yield each


@asynccontextmanager
async def client(kind: str, base_url: str, **options: Any) -> AsyncGenerator[Any]:
    """Lend a client of either kind; waits between its attempts take no time."""
    given: dict[str, Any] = {**KEYS, "base_url": base_url, **options}
    made: Any
    if kind == "sync":
        with Portkey(**given) as made:
            made._world = Time().world
            yield made
    else:
        async with AsyncPortkey(**given) as made:
            made._world = Time().world
            yield made


def connect(kind: str, given: Any, **arguments: Any) -> Any:
    made = given.realtime.connect(**{"model": "m", **arguments})
    return Adapted(made) if kind == "sync" else made


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Server:
    """A websocket server on loopback that follows a script and keeps the handshakes it got."""

    def __init__(self, handler: Handler, *refusals: Response) -> None:
        self.requests: list[Request] = []
        self._refusals = list(refusals)
        self._handler = handler

    def _process(self, _: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        return self._refusals.pop(0) if self._refusals else None

    @contextmanager
    def running(self) -> Generator[str]:
        with serve(self._handler, "127.0.0.1", 0, process_request=self._process, compression=None) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"
            server.shutdown()
            thread.join()


def refusal(status: int, body: Any = None, **headers: str) -> Response:
    content = json.dumps(body or {"error": {"message": f"status {status}"}}).encode()
    named = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    return Response(status, "", Headers({name.replace("_", "-"): value for name, value in named.items()}), content)


def echo(connection: ServerConnection) -> None:
    """Say everything back."""
    for message in connection:
        connection.send(message)


def run(handler: Handler, script: Callable[[str], Any], *refusals: Response) -> tuple[Any, Server]:
    """Run a script against a server; return what came of it."""
    server = Server(handler, *refusals)
    with server.running() as base_url:
        return asyncio.run(script(base_url)), server


@contextmanager
def raw(handle: Callable[[Any], None]) -> Generator[str]:
    """Serve connections that are no websockets."""

    class Handle(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            handle(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handle) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


# -- a session


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with serve_mock() as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()
        process.wait(timeout=20)


def test_a_session_with_the_mock(kind: str, mock: str) -> None:
    """Events go both ways, a loop yields them as they come, and closing ends it in good order."""

    async def talk() -> None:
        async with client(kind, mock) as portkey, connect(kind, portkey, model="gpt-4o-realtime") as session:
            assert (session.operation, session.attempts) == ("realtime.connect", 1)
            assert session.headers["upgrade"] == "websocket"
            created = await session.recv()
            assert (created["type"], created["session"]["model"]) == ("session.created", "gpt-4o-realtime")
            await session.send({"type": "session.update", "session": {"instructions": "Bé brief."}})
            assert (await session.recv())["session"]["instructions"] == "Bé brief."
            await session.send({"type": "response.create"})
            kinds = []
            async for event in session:
                kinds.append(event["type"])
                if event["type"] == "response.done":
                    await session.close()
            assert kinds.count("response.text.delta") > 1

    asyncio.run(talk())


def test_the_handshake_is_a_request_like_any_other(kind: str) -> None:
    """Credentials, options, the arguments of the call and the path below the base address are those of the client."""

    async def talk(base_url: str) -> None:
        options: Any = {"trace_id": "t-1", "metadata": {"_user": "u"}, "headers": {"x-team": "blue"}}
        async with client(kind, base_url, **options) as portkey:
            more: Any = {"x_portkey_span_id": "s-1", "extra_headers": {"OpenAI-Beta": "realtime=v1", "x-team": None}}
            async with connect(kind, portkey.with_options(config="pc-1"), model="gpt 4", **more) as session:
                await session.send("hi")
                assert await session.recv_raw() == "hi"

    _, server = run(echo, talk)
    (request,) = server.requests
    assert request.path in ("/v1/realtime?model=gpt+4", "/v1/realtime?model=gpt%204")
    headers = request.headers
    assert [headers["x-portkey-api-key"], headers["x-portkey-virtual-key"]] == SECRETS
    assert (headers["x-portkey-trace-id"], headers["x-portkey-span-id"]) == ("t-1", "s-1")
    assert (headers["x-portkey-config"], headers["x-portkey-metadata"]) == ("pc-1", '{"_user":"u"}')
    assert headers["OpenAI-Beta"] == "realtime=v1"
    assert headers["User-Agent"].startswith("portkey-client/")
    assert "x-team" not in headers
    assert len(headers.get_all("Host")) == 1


def test_text_and_bytes(kind: str) -> None:
    """What is no event is sent and received as it is; a message that is none raises, and the session goes on."""

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey, connect(kind, portkey) as session:
            await session.send(b"\xff\x00")
            assert await session.recv_raw() == b"\xff\x00"
            for message in ("[1]", "{", b"\xff"):
                await session.send(message)
                with pytest.raises(AnswerError, match="is not an event") as caught:
                    await session.recv()
                assert caught.value.body == (message if isinstance(message, bytes) else message.encode())
            await session.send(b'{"type": "bytes"}')
            assert await session.recv() == {"type": "bytes"}

    run(echo, talk)


@pytest.mark.parametrize("event", [{"x": float("nan")}, {"x": b""}, "\ud800", 5, None, ["x"]])
def test_what_cannot_be_sent(kind: str, event: Any) -> None:
    """What no message can hold is refused, and the session goes on."""

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey, connect(kind, portkey) as session:
            with pytest.raises(RequestRefusedError, match=r"realtime\.connect: "):
                await session.send(event)
            await session.send({"type": "x"})
            assert await session.recv() == {"type": "x"}

    run(echo, talk)


# -- the end


@pytest.mark.parametrize("code", [1000, 1001])
def test_the_gateway_closes_in_good_order(kind: str, code: int) -> None:
    """A loop ends where the gateway takes leave; to wait for one event more raises, with the code."""

    def handle(connection: ServerConnection) -> None:
        connection.send('{"type": "last"}')
        connection.close(code, "bye")

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey, connect(kind, portkey) as session:
            assert [event async for event in session] == [{"type": "last"}]
            with pytest.raises(SocketClosedError, match=rf"closed with code {code}: bye") as caught:
                await session.recv()
            assert (caught.value.code, caught.value.reason, caught.value.operation) == (code, "bye", "realtime.connect")
            with pytest.raises(SocketClosedError):
                await session.send({"type": "late"})

    run(handle, talk)


def test_the_gateway_closes_for_a_reason(kind: str) -> None:
    """Any other code raises from the loop, after the events before it; a credential in the reason is hidden."""

    def handle(connection: ServerConnection) -> None:
        connection.send('{"type": "last"}')
        connection.close(4003, f"no {SECRETS[0]}")

    async def talk(base_url: str) -> None:
        seen = []
        async with client(kind, base_url) as portkey, connect(kind, portkey) as session:

            async def read() -> None:
                async for event in session:
                    seen.append(event)  # noqa: PERF401  # what came before it raises counts

            with pytest.raises(SocketClosedError) as caught:
                await read()
        assert seen == [{"type": "last"}]
        assert (caught.value.code, caught.value.reason) == (4003, "no ***")
        assert SECRETS[0] not in repr(caught.value)

    run(handle, talk)


def test_the_connection_breaks(kind: str) -> None:
    """A connection that is reset in the middle raises the same error, without a code of the gateway's."""

    def handle(connection: ServerConnection) -> None:
        connection.recv()
        connection.socket.shutdown(socket.SHUT_RDWR)

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey, connect(kind, portkey) as session:
            await session.send({})
            with pytest.raises(SocketClosedError, match="closed with code 1006: the connection broke") as caught:
                await session.recv()
            assert (caught.value.code, caught.value.reason) == (1006, "")

    run(handle, talk)


def test_a_message_that_is_too_large(kind: str) -> None:
    """More bytes than may come close the websocket with 1009 instead of filling the memory."""

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey, connect(kind, portkey, max_size=10) as session:
            await session.send("0123456789")
            assert await session.recv_raw() == "0123456789"
            await session.send("0123456789+")
            with pytest.raises(SocketClosedError) as caught:
                await session.recv_raw()
            assert caught.value.code == 1009

    run(echo, talk)


def test_closing(kind: str) -> None:
    """Code and reason reach the gateway, once; a loop then ends, and nothing more can be said."""
    closed: SimpleQueue[Any] = SimpleQueue()

    def handle(connection: ServerConnection) -> None:
        list(connection)
        closed.put((connection.close_code, connection.close_reason))

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey:
            session = connect(kind, portkey)
            await session.close()
            await session.open()
            with pytest.raises(RequestRefusedError, match="make another one"):
                await session.open()
            for code, reason in ((999, ""), (1006, ""), (5000, ""), (1000, "x" * 124), (1000, "\ud800")):
                with pytest.raises(RequestRefusedError):
                    await session.close(code, reason)
            await session.close(1000, "enough")
            await session.close()
            assert [event async for event in session] == []
            with pytest.raises(SocketClosedError, match="closed with code 1000: enough"):
                await session.recv()

    run(handle, talk)
    assert closed.get(timeout=20) == (1000, "enough")


def test_a_loop_ends_after_a_code_of_our_own(kind: str) -> None:
    """A loop over what was closed by us, whatever code we gave, ends without an error."""

    def handle(connection: ServerConnection) -> None:
        connection.recv()

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey, connect(kind, portkey) as session:
            await session.close(4000)
            assert [event async for event in session] == []

    run(handle, talk)


def test_not_open(kind: str) -> None:
    """What was not opened says so."""

    async def talk() -> None:
        async with client(kind, "http://127.0.0.1:9/v1") as portkey:
            session = connect(kind, portkey)
            with pytest.raises(RequestRefusedError, match="use it in a `with` statement"):
                await session.send({})
            with pytest.raises(RequestRefusedError, match="is not open"):
                await session.recv()

    asyncio.run(talk())


# -- refusals


@pytest.mark.parametrize(
    ("status", "error"),
    [(302, APIError), (401, AuthenticationError), (404, NotFoundError), (429, RateLimitError), (503, ServerError)],
)
def test_a_refusal_is_an_error_like_any_other(kind: str, status: int, error: type[APIError]) -> None:
    """The handshake's status, headers and body make the error of any call; no credential is repeated."""
    body = {"error": {"message": f"not with {SECRETS[1]}", "code": "no_1"}}

    async def talk(base_url: str) -> Any:
        async with client(kind, base_url, retries=0) as portkey:
            with pytest.raises(error) as caught:
                await connect(kind, portkey).open()
            return caught.value

    refused = refusal(status, body, x_request_id="r-1", Location="http://127.0.0.1:9/elsewhere")
    raised, server = run(echo, talk, refused)
    assert type(raised) is error
    assert (raised.status, raised.code, raised.request_id) == (status, "no_1", "r-1")
    assert (raised.operation, raised.attempts, len(server.requests)) == ("realtime.connect", 1, 1)
    assert raised.message == "not with ***"
    assert raised.__cause__ is None
    assert not any(secret in repr(raised) for secret in SECRETS)


def test_a_success_that_is_no_websocket(kind: str) -> None:
    """A page of a proxy, say, is no session."""

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey:
            with pytest.raises(AnswerError, match="answered 200, which opens no websocket"):
                await connect(kind, portkey).open()

    run(echo, talk, refusal(200))


def test_opening_is_tried_again(kind: str) -> None:
    """By the client's policy, and what is waited for is what the gateway asks; hooks see each attempt."""
    seen: list[Event] = []

    async def talk(base_url: str) -> tuple[int, list[float]]:
        async with client(kind, base_url, hooks=[seen.append]) as portkey:
            portkey._world = (time := Time()).world
            async with connect(kind, portkey) as session:
                await session.send({"type": "x"})
                assert await session.recv() == {"type": "x"}
                return session.attempts, time.waits

    found, server = run(echo, talk, refusal(503), refusal(429, retry_after="3"))
    assert found == (3, [0.5, 3.0])
    assert len(server.requests) == 3
    kinds = [(each.kind, each.status) for each in seen]
    tries = [("request", None), ("answer", 503), ("retry", 503), ("request", None), ("answer", 429), ("retry", 429)]
    assert kinds == [*tries, ("request", None), ("answer", 101)]
    assert not any(secret in repr(seen) for secret in SECRETS)


def test_nobody_there(kind: str) -> None:
    """No connection: an error that says that nothing was sent, after as many attempts as are set."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def talk() -> None:
        async with client(kind, f"http://127.0.0.1:{port}/v1", retries=1) as portkey:
            with pytest.raises(ConnectionFailedError, match="ConnectError") as caught:
                await connect(kind, portkey).open()
            assert (caught.value.attempts, caught.value.sent) == (2, False)

    asyncio.run(talk())


def test_a_server_that_never_answers(kind: str) -> None:
    """Opening ends when its time is up, and is then not tried again."""
    given_up = threading.Event()

    def handle(connection: Any) -> None:
        while connection.recv(65_536):
            pass
        given_up.set()

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey:
            portkey._world = None  # the real clock
            with pytest.raises(TimedOutError, match=r"realtime\.connect: no answer in time") as caught:
                await connect(kind, portkey, timeout=0.05).open()
            assert caught.value.attempts == 1

    with raw(handle) as base_url:
        asyncio.run(talk(base_url))
        assert given_up.wait(20)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"nonsense\r\n\r\n"])
def test_a_server_that_is_none(kind: str, said: bytes) -> None:
    """A handshake that breaks off, or is answered with nonsense, is a broken connection."""

    def handle(connection: Any) -> None:
        connection.recv(65_536)
        connection.sendall(said)

    async def talk(base_url: str) -> None:
        async with client(kind, base_url, retries=0) as portkey:
            with pytest.raises(ConnectionFailedError, match="the handshake failed") as caught:
                await connect(kind, portkey).open()
            assert caught.value.sent

    with raw(handle) as base_url:
        asyncio.run(talk(base_url))


def test_tls_is_checked(kind: str) -> None:
    """An https address means wss: a server that speaks no TLS gets nothing of what is said."""
    got: list[bytes] = []

    def handle(connection: Any) -> None:
        got.append(connection.recv(65_536))

    async def talk(base_url: str) -> None:
        async with client(kind, base_url.replace("http", "https"), retries=0) as portkey:
            with pytest.raises(ConnectionFailedError):
                await connect(kind, portkey).open()

    with raw(handle) as base_url:
        asyncio.run(talk(base_url))
    assert not any(secret.encode() in got[0] for secret in SECRETS)


def test_a_hook_that_raises_leaves_nothing_open(kind: str) -> None:
    """An exception between the handshake and the session closes the websocket; so it does where there is none."""
    closed: SimpleQueue[Any] = SimpleQueue()

    def hook(event: Event) -> None:
        if event.kind == "answer":
            raise LookupError

    def handle(connection: ServerConnection) -> None:
        list(connection)
        closed.put(connection.close_code)

    async def talk(base_url: str) -> None:
        async with client(kind, base_url, hooks=[hook]) as portkey:
            for _ in range(2):
                with pytest.raises(LookupError):
                    await connect(kind, portkey).open()

    run(handle, talk, refusal(401))
    assert closed.get(timeout=20) == 1000


def test_what_a_gateway_lacks_is_not_sent(kind: str) -> None:
    """A gateway without realtime sessions, and a client that is closed, refuse before anything is sent."""

    async def talk(base_url: str) -> None:
        async with client(kind, base_url, gateway="respan", virtual_key=None) as portkey:
            with pytest.raises(ConfigurationError, match=r"respan has no realtime\.connect"):
                await connect(kind, portkey).open()
        with pytest.raises(ConfigurationError, match="closed"):
            await connect(kind, portkey).open()

    _, server = run(echo, talk)
    assert server.requests == []


# -- proxies, limits, the log


def test_a_proxy_that_refuses(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy is asked, one that is given is asked instead, and none shows its credentials."""
    asked: list[bytes] = []

    def handle(connection: Any) -> None:
        asked.append(connection.recv(65_536).partition(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")

    async def talk(proxy: str) -> None:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        async with client(kind, "http://gateway.example:81/v1", retries=0) as portkey:
            for given in ({}, {"proxy": proxy.replace("user", "other")}):
                with pytest.raises(ConnectionFailedError, match="ProxyError") as caught:
                    await connect(kind, portkey, **given).open()
                assert caught.value.sent is False
                assert "hush" not in str(caught.value)
            with pytest.raises(ConfigurationError, match=r"proxy: .*python-socks"):
                await connect(kind, portkey, proxy="socks5://127.0.0.1:9").open()

    with raw(handle) as base_url:
        asyncio.run(talk(base_url.removesuffix("/v1").replace("//", "//user:hush@")))
    assert asked == [b"CONNECT gateway.example:81 HTTP/1.1"] * 2


def test_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the one that the HTTP client would take: by scheme, else for all, but not where none is to be used."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    assert environment_proxy("https://a.example/v1") is None
    monkeypatch.setenv("ALL_PROXY", "proxy.example:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://secure.example:2")
    monkeypatch.setenv("NO_PROXY", "b.example")
    assert environment_proxy("https://a.example/v1") == "http://secure.example:2"
    assert environment_proxy("http://a.example/v1") == "http://proxy.example:1"
    assert environment_proxy("https://b.example/v1") is None


def opening(**options: Any) -> tuple[Opening, httpx.Request]:
    client_options = options.pop("client", {})
    with Portkey(**KEYS, base_url="https://g.example/v1", **client_options) as portkey:
        made: Any = portkey.realtime.connect(**options)
        found = made._link._opening
        lane: Any = Lane(None, Defaults({}, httpx.Timeout(None).as_dict()))
        return found, found.call().request(lane)


@pytest.mark.parametrize(
    ("client_options", "options", "limit"),
    [
        ({}, {}, OPENING),
        ({"timeout": 5}, {}, 5.0),
        ({"timeout": None}, {}, OPENING),
        ({}, {"timeout": 90}, 90.0),
        ({"retries": Retry(deadline=10)}, {"timeout": 90}, 10.0),
        ({}, {"timeout": None}, None),
    ],
)
def test_the_time_for_opening(client_options: Any, options: Any, limit: float | None) -> None:
    """It is the call's, else the client's where that is shorter than 30 seconds, and no longer than the deadline."""
    made, request = opening(client=client_options, **options)
    found = made.arguments(request)["open_timeout"]
    assert found is None if limit is None else found == pytest.approx(limit, abs=0.5)


def test_what_the_library_is_given() -> None:
    """The client's certificates, or those of the call; no log of the library's; a size that is bounded."""
    made, request = opening()
    given = made.arguments(request)
    assert (given["url"], given["ssl"], given["max_size"]) == ("wss://g.example/v1/realtime", tls_context(), 2**24)
    assert not given["logger"].isEnabledFor(logging.CRITICAL)
    own = httpx.create_ssl_context()
    made, request = opening(ssl_context=own, proxy=None)
    assert made.arguments(request)["ssl"] is own
    assert made.arguments(request)["proxy"] is None


def test_nothing_is_logged_that_is_secret(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """With every log turned on there is no credential and nothing of what is said."""

    async def talk(base_url: str) -> None:
        async with client(kind, base_url) as portkey, connect(kind, portkey) as session:
            await session.send({"type": "hush-hush"})
            await session.recv()
            assert not any(secret in repr(session) for secret in SECRETS)

    with caplog.at_level(logging.DEBUG):
        run(echo, talk)
    said = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("websockets.server")
    )
    assert "realtime.connect, attempt 1: 101" in said
    assert not any(word in said for word in [*SECRETS, "hush-hush"])


# -- cancellation


def test_a_task_that_is_cancelled_leaves_nothing_open() -> None:
    """Cancelled while it waits for an event, a session is closed in good order."""
    closed: SimpleQueue[Any] = SimpleQueue()
    waiting = threading.Event()

    def handle(connection: ServerConnection) -> None:
        connection.recv()
        waiting.set()
        list(connection)
        closed.put(connection.close_code)

    async def talk(base_url: str) -> None:
        async with client("async", base_url) as portkey:

            async def listen() -> None:
                async with connect("async", portkey) as session:
                    await session.send({})
                    await session.recv()

            task = asyncio.create_task(listen())
            assert await asyncio.to_thread(waiting.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(handle, talk)
    assert closed.get(timeout=20) == 1000


def test_opening_that_is_cancelled() -> None:
    """Cancelled while the gateway has not answered, the connection is closed at once."""
    asked, left = threading.Event(), threading.Event()

    def handle(connection: Any) -> None:
        connection.recv(65_536)
        asked.set()
        connection.recv(1)
        left.set()

    async def talk(base_url: str) -> None:
        async with client("async", base_url) as portkey:
            task = asyncio.create_task(connect("async", portkey).open())
            assert await asyncio.to_thread(asked.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(left.wait, 20)

    with raw(handle) as base_url:
        asyncio.run(talk(base_url))


def test_closing_that_is_cancelled() -> None:
    """Cancelled while the gateway has not confirmed the end, the connection is dropped instead of left to linger."""
    asked, left = threading.Event(), threading.Event()

    def handle(connection: ServerConnection) -> None:
        asked.set()
        list(connection)
        left.set()

    async def talk(base_url: str) -> None:
        async with client("async", base_url) as portkey:
            session = await connect("async", portkey).open()
            assert await asyncio.to_thread(asked.wait, 20)
            task = asyncio.create_task(session.close())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert session._link._connection.transport.is_closing()

    run(handle, talk)
    assert left.wait(20)


# -- the extra


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is missing, the error names the extra; nothing else needs it."""
    monkeypatch.setitem(sys.modules, "websockets.asyncio.client", None)
    monkeypatch.delitem(sys.modules, "portkey_client.sockets")
    with Portkey(**KEYS) as portkey, pytest.raises(ConfigurationError, match=r"portkey-client\[realtime\]"):
        portkey.realtime.connect()


def test_the_library_is_imported_by_whoever_needs_it() -> None:
    """A program without websockets does not pay for them, not even where it looks at the resource."""
    code = (
        "import sys\nfrom portkey_client import Portkey\n"
        "client = Portkey(api_key='k', virtual_key='v')\nclient.realtime, client.beta.realtime\n"
        "print('websockets' in sys.modules)\nclient.realtime.connect()\nprint('websockets' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False", "True"]
