"""The same gateway under httpx, under ASGI, and on a port of its own."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

import portkey_mock
from portkey_mock import Application, Gateway, GatewayTransport, ManualClock
from portkey_mock.asgi_delivery import Message
from portkey_mock.server import listen
from tests.mock import spec

BASE = "http://mock/v1"


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(spec.part("/files"), clock=ManualClock())


def test_sync_client(gateway: Gateway) -> None:
    """A sync httpx client uploads a file and reads it back without a socket."""
    with httpx.Client(transport=GatewayTransport(gateway), base_url=BASE, headers=spec.INFERENCE) as client:
        file = client.post("/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"\x00\xff")}).json()
        assert client.get(f"/files/{file['id']}/content").content == b"\x00\xff"
        assert client.get("/files", params={"purpose": "vision"}).json()["data"] == []


def test_async_client(gateway: Gateway) -> None:
    """An async httpx client does the same, streaming its upload."""

    async def chunks() -> AsyncIterator[bytes]:
        content_type, content = spec.multipart({"purpose": "batch"}, {"file": b"abc"})
        assert content_type.endswith("limit")
        yield content[:10]
        yield content[10:]

    async def run() -> None:
        async with httpx.AsyncClient(
            transport=GatewayTransport(gateway), base_url=BASE, headers=spec.INFERENCE
        ) as client:
            headers = {"content-type": "multipart/form-data; boundary=limit"}
            file = (await client.post("/files", content=chunks(), headers=headers)).json()
            assert (await client.get(f"/files/{file['id']}/content")).content == b"abc"

    asyncio.run(run())


def test_encoded_paths(gateway: Gateway) -> None:
    """A percent-encoded id goes through the transport as it is."""
    with httpx.Client(transport=GatewayTransport(gateway), base_url=BASE, headers=spec.INFERENCE) as client:
        assert "s3://a/b" in client.get("/files/s3%3A%2F%2Fa%2Fb").json()["error"]["message"]


def exchange(application: Application, scope: Message, *messages: Message) -> list[Message]:
    """What an application sends in answer to `messages`."""
    waiting = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    return sent


def http_scope(method: str = "GET", path: bytes = b"/v1/files", query: bytes = b"") -> Message:
    """The scope of an HTTP request with credentials."""
    headers = [(name.encode(), value.encode()) for name, value in spec.INFERENCE.items()]
    return {"type": "http", "method": method, "raw_path": path, "query_string": query, "headers": headers}


def test_asgi_request(gateway: Gateway) -> None:
    """A request in chunks is answered whole, with the right content length."""
    scope = http_scope("POST")
    content_type, content = spec.multipart({"purpose": "batch"}, {"file": b"abc"})
    scope["headers"].append((b"content-type", content_type.encode()))
    first, last = {"body": content[:9], "more_body": True}, {"body": content[9:]}
    start, body = exchange(
        Application(gateway), scope, {"type": "http.request", **first}, {"type": "http.request", **last}
    )
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()


SPEECH = {"model": "tts-1", "input": "Hello", "voice": "alloy"}


@pytest.fixture
def speaker() -> Gateway:
    """A gateway that answers in pieces."""
    return Gateway(spec.part("/audio/speech"), clock=ManualClock())


def test_client_sees_a_stream(speaker: Gateway) -> None:
    """A sync and an async client get the answer in the pieces in which the gateway sends it."""

    async def run() -> list[bytes]:
        transport = GatewayTransport(speaker)
        async with (
            httpx.AsyncClient(transport=transport, base_url=BASE, headers=spec.INFERENCE) as client,
            client.stream("POST", "/audio/speech", json=SPEECH) as response,
        ):
            return [chunk async for chunk in response.aiter_raw()]

    with (
        httpx.Client(transport=GatewayTransport(speaker), base_url=BASE, headers=spec.INFERENCE) as client,
        client.stream("POST", "/audio/speech", json=SPEECH) as response,
    ):
        chunks = list(response.iter_raw())
    assert len(chunks) > 1
    assert asyncio.run(run()) == chunks


def test_asgi_stream(speaker: Gateway) -> None:
    """A server is handed one piece after the other, and no length."""
    request = {"type": "http.request", "body": json.dumps(SPEECH).encode()}
    start, *pieces, last = exchange(Application(speaker), http_scope("POST", b"/v1/audio/speech"), request)
    assert b"content-length" not in dict(start["headers"])
    assert all(piece["body"] and piece["more_body"] for piece in pieces)
    assert len(pieces) > 1
    assert last == {"type": "http.response.body", "body": b""}


def test_asgi_client_gone(gateway: Gateway) -> None:
    """A client that leaves before its request is complete gets no answer."""
    assert exchange(Application(gateway), http_scope(), {"type": "http.disconnect"}) == []


def test_asgi_lifespan(gateway: Gateway) -> None:
    """A server may announce that it starts and stops."""
    events: tuple[Message, Message] = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    sent = exchange(Application(gateway), {"type": "lifespan"}, *events)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_asgi_unknown(gateway: Gateway) -> None:
    """What is neither HTTP nor a websocket is no business of the application."""
    with pytest.raises(ValueError, match="carrier pigeon"):
        exchange(Application(gateway), {"type": "carrier pigeon"})


def test_asgi_too_large(gateway: Gateway) -> None:
    """A body over the limit is refused as soon as it is over it, whatever is still to come."""
    application = Application(gateway, largest_body=9)
    chunk: Message = {"type": "http.request", "body": b"12345", "more_body": True}
    start, body = exchange(application, http_scope("POST"), chunk, chunk, chunk)
    assert start["status"] == 413
    assert json.loads(body["body"])["error"]["code"] == "body_too_large"


def serve(*arguments: str, stderr: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    """The mock in a process of its own, on a free port; a pipe that nobody reads stops it when it is full."""
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root / "overlay"), str(root / "generated"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "portkey_mock", "--port", "0", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, env={**os.environ, "PYTHONPATH": path}
    )


def test_what_is_refused_is_no_matter_for_the_log() -> None:
    """A form or a websocket that is refused leaves no word on standard error: the refusal says all of it."""
    with serve() as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        headers = {**spec.INFERENCE, "content-type": "multipart/form-data; boundary=limit"}
        assert httpx.post(f"{address}/files", content=b"--limits\r\nno form", headers=headers).status_code == 400
        key = {"sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA=="}
        upgrade = {"connection": "upgrade", "upgrade": "websocket", **key}
        assert httpx.get(f"{address}/realtime?model=m", headers=upgrade).status_code == 401
        process.terminate()
        assert process.stderr
        assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_line(number: signal.Signals, tmp_path: Path) -> None:
    """The command prints its address first, answers at once, and ends cleanly when told to."""
    arguments = ["--document", str(spec.PATH), "--mode", "document", "--seed", "7"] if number == signal.SIGINT else []
    with serve(*arguments) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            answer = httpx.get(f"{address}/files/x", headers=spec.INFERENCE)
            assert answer.status_code == (200 if arguments else 404)
        finally:
            process.send_signal(number)
        assert process.wait(timeout=20) == 0


def test_command_line_stopped_at_once() -> None:
    """A command that is told to stop as soon as it has printed its address stops."""
    with serve() as process:
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_answers_are_not_held_back() -> None:
    """The command's connections are known to be TCP, so that asyncio sends every answer at once."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.proto == socket.IPPROTO_TCP


def test_lazy_transport() -> None:
    """Importing the mock does not import httpx or uvicorn; asking for the transport does."""
    code = "import sys, portkey_mock; print('httpx' in sys.modules or 'uvicorn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, env=_environment()).strip() == "False"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_public_names() -> None:
    """Everything that is promised is there, and nothing else is taken for granted."""
    for name in portkey_mock.__all__:
        assert getattr(importlib.import_module("portkey_mock"), name)
    with pytest.raises(AttributeError, match="nothing"):
        getattr(portkey_mock, "nothing")  # noqa: B009 - a plain access would not type-check


def test_manual_clock() -> None:
    """A manual clock goes on when told to, and never back."""
    clock = ManualClock(10)
    clock.advance(2.5)
    assert clock() == 12.5
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_header_lookup() -> None:
    """Of a header that was sent twice the last value counts."""
    headers: Any = (("a", "1"), ("a", "2"))
    assert portkey_mock.Request("GET", "/", headers=headers).header("a") == "2"
