"""Whatever is sent, there is an answer."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portkey_mock import Gateway, ManualClock, Request
from tests.mock import spec
from tests.mock.test_transports import serve

PATIENCE = 10.0
"""Seconds to wait for an answer before calling it none; long, for a machine that is busy with something else."""

GATEWAYS = [Gateway(spec.DOCUMENT, clock=ManualClock(), mode=mode) for mode in ("strict", "document")]
TEXT = st.text(st.characters(max_codepoint=255), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
HEADERS = st.sampled_from(["content-type", "cookie", "x-portkey-metadata", "x-portkey-trace-id", "content-length", "x"])
MEDIA = st.sampled_from(["application/json", "multipart/form-data; boundary=limit", "multipart/form-data", "*/*", ""])


def answer(request: Request) -> None:
    """Sends to both gateways and looks at the answers."""
    for gateway in GATEWAYS:
        response = gateway.handle(request)
        assert 200 <= response.status < 500
        if response.status >= 400:
            assert json.loads(response.body)
        for name, value in response.headers:
            assert name == name.lower()
            assert name == "x-portkey-trace-id" or value.isprintable()


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "", "get"]),
    path=TEXT,
    query=TEXT,
    headers=st.lists(st.tuples(HEADERS, TEXT), max_size=4),
    body=st.binary(max_size=50),
)
def test_nonsense(method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes) -> None:
    """Arbitrary requests are answered with a status below 500."""
    answer(Request(method, path, query, tuple(headers), body))


@given(
    op=st.sampled_from(spec.OPERATIONS),
    ids=st.text(st.characters(codec="ascii", exclude_characters="/?#%"), min_size=1, max_size=10),
    query=TEXT,
    headers=st.lists(st.tuples(HEADERS, TEXT), max_size=4),
    media=MEDIA,
    body=st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_nonsense_to_real_operations(
    op: spec.Op, ids: str, query: str, headers: list[tuple[str, str]], media: str, body: bytes
) -> None:
    """Real operations with arbitrary parameters and bodies are answered with a status below 500."""
    path = "/".join(ids if part.startswith("{") else part for part in op.path.split("/"))
    sent = (*spec.INFERENCE.items(), ("content-type", media), *headers)
    answer(Request(op.method, path, query, sent, body))


@given(
    op=st.sampled_from([op for op in spec.OPERATIONS if op.body]),
    changes=st.dictionaries(TEXT, JSON, max_size=2),
    data=st.data(),
)
def test_nearly_right_bodies(op: spec.Op, changes: dict[str, Any], data: st.DataObject) -> None:
    """Bodies that are right but for a field or two are answered with a status below 500."""
    assert op.body
    body = spec.smallest(op.body[1])
    names = list(spec.flat(op.body[1]).get("properties", {})) or ["x"]
    changed = {data.draw(st.sampled_from(names)): value for value in changes.values()}
    if isinstance(body, dict) and not op.body[0].startswith("multipart/"):
        answer(spec.request(op, {**body, **changed}))
    elif op.body[0].startswith("multipart/"):
        answer(
            spec.request(
                op,
                {**body, **{name: str(value).encode("ascii", "replace").decode() for name, value in changed.items()}},
            )
        )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, int]]:
    """A mock in a process of its own, and the proof that it is the same process afterwards."""
    with serve() as process:
        assert process.stdout
        address = urlsplit(process.stdout.readline().strip())
        assert address.hostname
        assert address.port
        yield address.hostname, address.port
        assert process.poll() is None
        process.terminate()
        assert process.wait(timeout=20) == 0


def exchange(address: tuple[str, int], *pieces: bytes) -> bytes:
    """What comes back for raw bytes, after which nothing more is sent; a server that never answers fails the test."""
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        with suppress(ConnectionError):  # a server may hang up before it has read everything
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            while chunk := connection.recv(65_536):
                answer += chunk
        return answer


def statuses(answer: bytes) -> list[int]:
    """The status of every answer in what came back."""
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d\d\d)", answer)]


def check(answer: bytes) -> None:
    """Every answer there is has a status below 500; bytes that are no request may get none at all."""
    assert all(status < 500 for status in statuses(answer)), answer


def post(path: str, body: bytes, *, length: int | None = None, media: str = "application/json") -> bytes:
    """The bytes of a request with credentials that may lie about its length."""
    sent = {**spec.INFERENCE, "host": "mock", "content-type": media, "content-length": str(length or len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"POST /v1{path} HTTP/1.1\r\n{head}connection: close\r\n\r\n".encode() + body


def alive(address: tuple[str, int]) -> None:
    """The mock still answers as it should."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}]}).encode()
    assert exchange(address, post("/chat/completions", body)).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v1/files HTTP/1.1\r\nhost: mock\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
        b"GET /v1/files HTTP/1.1\r\nhost: mock\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET /" + b"a/" * 100_000 + b" HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n",
        b"GET /v1/files?" + b"a=b&" * 100_000 + b" HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n",
        post("/chat/completions", b"{}", length=1),
        post("/chat/completions", b"{}", length=100),
        post("/chat/completions", b"{}").replace(b"content-length: 2", b"content-length: -2"),
        post("/chat/completions", b"{}").replace(b"content-length: 2", b"content-length: " + b"9" * 30),
        post("/chat/completions", b"{}").replace(b"content-length: 2", b"transfer-encoding: chunked"),
        post("/chat/completions", b"[" * 1_000_000),
        post("/chat/completions", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        post("/chat/completions", b'{"temperature":' + b"9" * 100_000 + b"}"),
        post("/chat/completions", b'{"temperature":1e' + b"9" * 1000 + b"}"),
        post("/chat/completions", b"\xff\xfe" * 1000),
        post("/files", b"--limit\r\n" * 50_000, media="multipart/form-data; boundary=limit"),
        post("/files", b"\x00" * 100_000, media="multipart/form-data; boundary=" + "b" * 5000),
    ],
    ids=lambda sent: repr(sent[:40]),
)
def test_raw_bytes(served: tuple[str, int], sent: bytes) -> None:
    """Lies, nonsense and excess on the wire are answered soon or not at all, and do no harm."""
    check(exchange(served, sent))
    alive(served)


RIGHT = post("/chat/completions", b'{"model":"m","messages":[{"role":"user","content":"Hello"}],"stream":true}')


@settings(max_examples=100, deadline=None)
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(RIGHT)), st.integers(0, 20), st.binary(max_size=20)), min_size=1, max_size=4
    )
)
def test_damaged_bytes(served: tuple[str, int], cuts: list[tuple[int, int, bytes]]) -> None:
    """A good request with some of its bytes replaced, lost or doubled gets an answer below 500, or none."""
    sent = RIGHT
    for start, length, instead in cuts:
        sent = sent[:start] + instead + sent[start + length :]
    check(exchange(served, sent))


@settings(max_examples=50, deadline=None)
@given(sent=st.binary(max_size=200))
def test_random_bytes(served: tuple[str, int], sent: bytes) -> None:
    """Bytes that are no request at all do no harm."""
    check(exchange(served, sent))
    alive(served)
