"""The connection between a client and the mock gateway, which fails by a plan and counts what is open."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx

from portkey_mock import Gateway, ManualClock, Mock, Request, Response
from portkey_mock.clock import Clock
from portkey_mock.faults import fault_from
from portkey_mock.httpx_delivery import Waits, deliver
from portkey_mock.mock import HEADER
from tests.client.chaos.plan import Plan

MOST = 300
"""How many requests a plan leads to at most; the longest wait for a batch takes some 70."""
PAGE = b"<html><title>Sign in</title></html>"


class Front(Gateway):
    """A gateway that carries a request under an `Idempotency-Key` out once, and gives the rest of a file (`Range`).

    Attributes:
        plan: says what the files come with.
        done: what was carried out, as method and path, and how often.
        answered: the answers to the requests with a key, by their keys.
    """

    plan: Plan
    done: Counter[str]
    answered: dict[str, Response]

    def begin(self, plan: Plan, clock: Clock) -> None:
        """Forgets everything, for the next plan, which has a clock of its own."""
        self._clock, self._now = clock, clock()
        self.reset()
        self.plan, self.done, self.answered = plan, Counter(), {}

    def handle(self, request: Request) -> Response:
        """Answers one request."""
        key = request.header("idempotency-key")
        if key and key in self.answered:
            return self.answered[key]
        self.done[f"{request.method} {request.path}"] += 1
        answer = super().handle(request)
        if key and answer.status < 400:
            self.answered[key] = answer
        return self._file(request, answer) if is_file(request.path) and answer.status == 200 else answer

    def _file(self, request: Request, answer: Response) -> Response:
        whole, etag = answer.body, self.plan.etag
        digest = base64.b64encode(sha256(whole).digest()).decode()
        more = [("etag", etag)] if etag else []
        more += [("repr-digest", f"sha-256=:{digest}:")] if self.plan.digest else []
        status, body = 200, whole
        asked = request.header("range")
        if asked and etag == request.header("if-range"):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(whole):
                return Response(416, (("content-range", f"bytes */{len(whole)}"),))
            status, body = 206, whole[start:]
            more += [("content-range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")]
        chunks = () if self.plan.length else (body,)
        return replace(answer, status=status, headers=(*answer.headers, *more), body=body, chunks=chunks)


def is_file(path: str) -> bool:
    """Whether a request asks for the content of a file."""
    return path.endswith("/content")


class Line(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Carries each request to the mock and its answer back, or does to either what the plan says.

    What the faults of the mock cannot do is done here: a connection that is refused, a request that breaks off, lengths
    and bytes that are wrong, and a page in the place of an answer.

    Attributes:
        calls: what was sent, as method and path.
        opened: how many answers began.
        closed: how many of them were closed.
        slow: seconds that bodies took, piece by piece.
        calm: whether nothing goes wrong, whatever the plan says.
    """

    def __init__(self, plan: Plan, mock: Mock, clock: ManualClock) -> None:
        """Starts to count the calls of `plan`."""
        self.calls: list[str] = []
        self.opened = self.closed = 0
        self.slow = 0.0
        self.calm = False
        self._plan = plan
        self._mock = mock
        self._clock = clock
        self._number = 0
        self._waits, self._paces = Waits(clock.advance), Waits(self._pace)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request of the synchronous client."""
        fault = self._begin(request)
        stream: Any = request.stream
        sent = bytearray()
        for piece in stream:
            self._take(request, fault, sent, piece)
        return self._answer(request, fault, bytes(sent))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request of the asynchronous client."""
        fault = self._begin(request)
        stream: Any = request.stream
        sent = bytearray()
        async for piece in stream:
            self._take(request, fault, sent, piece)
        return self._answer(request, fault, bytes(sent))

    def _pace(self, seconds: float) -> None:
        self.slow += seconds
        self._clock.advance(seconds)

    def _begin(self, request: httpx.Request) -> dict[str, Any]:
        self.calls.append(f"{request.method} {request.url.path}")
        assert len(self.calls) <= MOST, "it asks for ever"
        self._number += not self.calm
        fault = {} if self.calm else self._plan.fault(self._number)
        if fault.get("line") == "refused":
            raise httpx.ConnectError("connection refused", request=request)
        return fault

    def _take(self, request: httpx.Request, fault: dict[str, Any], sent: bytearray, piece: bytes) -> None:
        sent += piece
        if fault.get("line") == "send" and len(sent) >= fault["at"] * int(request.headers.get("content-length", 0)):
            raise httpx.WriteError("broken pipe", request=request)

    def _answer(self, request: httpx.Request, fault: dict[str, Any], body: bytes) -> httpx.Response:
        kind, at = fault.pop("line", None), fault.pop("at", 0.0)
        if request.method == "GET" and request.url.path.startswith("/v1/files/file"):  # the way to a file's length
            fault = {**fault, "status": 503} if fault.get("status") == 500 else fault
        answer = Response(200, (("content-type", "text/html"),), PAGE)
        if kind != "page" or (request.url.path.startswith("/v1/files/") and not self._plan.checksum):
            answer = self._mock.handle(_as_sent(request, fault, body))
        if answer.delivery is not None:
            self._waits.before(request, answer.delivery)
        made = deliver(request, self._spoilt(request, answer, kind, at), self._paces)
        if kind == "long" and "content-length" in made.headers:
            made.headers["content-length"] = str(int(made.headers["content-length"]) + 7)
        self.opened += 1
        stream = _Watched(self, made.stream, "7 bytes are missing" if kind == "long" else None)
        return httpx.Response(made.status_code, headers=made.headers, stream=stream)

    def _spoilt(self, request: httpx.Request, answer: Response, kind: str | None, at: float) -> Response:
        whole, file = answer.body, is_file(request.url.path)
        place = int(at * len(whole)) if file else 1 + int(at * (len(whole) - 1))  # nothing at all is an answer, too
        seen = self._plan.digest or self._plan.checksum  # nothing else tells that a file is another one
        if kind == "flip" and file and seen and whole:
            other = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
            return replace(answer, body=other, chunks=(other,) if answer.chunks else ())
        if kind == "silent" or (kind == "short" and file and not seen):
            return replace(answer, body=whole[:place], chunks=(whole[:place],))
        if kind == "short":
            return replace(answer, body=whole[:place], chunks=())
        return answer


def _as_sent(request: httpx.Request, fault: dict[str, Any], body: bytes) -> Request:
    headers = tuple((name.lower(), value) for name, value in request.headers.multi_items())
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    if fault:
        fault_from(fault)  # a plan that the mock refuses is a mistake of ours, and no bad request
        headers = (*headers, (HEADER, json.dumps(fault)))
    return Request(request.method, path, query, headers, body)


class _Watched(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of an answer, which tells when it is closed, and breaks off at its end if `missing` says so."""

    def __init__(self, line: Line, inner: Any, missing: str | None) -> None:
        self._line = line
        self._inner = inner
        self._missing = missing
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        yield from self._inner
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            yield piece
        self._end()

    def _end(self) -> None:
        if self._missing is not None:
            raise httpx.RemoteProtocolError(self._missing)

    def close(self) -> None:
        """Notes that the connection was given back."""
        self._line.closed += self._open
        self._open = False

    async def aclose(self) -> None:
        """Notes that the connection was given back."""
        self.close()
