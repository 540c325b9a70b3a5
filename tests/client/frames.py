"""Streams as gateways send them, and a wire that carries one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx

from tests.client.wire import Wire

HEADERS = {"content-type": "text/event-stream; charset=utf-8", "x-portkey-trace-id": "trace-1", "x-request-id": "r-1"}
BEFORE = {"hook_results": {"before_request_hooks": [{"id": "g1", "verdict": True}]}}
AFTER = {"hook_results": {"after_request_hooks": [{"id": "g2", "verdict": False}]}}
DONE = b"data: [DONE]\n\n"


def frame(data: Any, name: str = "") -> bytes:
    """Return one event."""
    start = f"event: {name}\n" if name else ""
    return f"{start}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def frames(*events: Any) -> bytes:
    """Return events in a row; those that are pairs have a name."""
    return b"".join(frame(each[1], each[0]) if isinstance(each, tuple) else frame(each) for each in events)


def chunk(delta: Any = None, finish: str | None = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a piece of a chat completion."""
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**base, "choices": [choice], **fields}


CHAT = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "Hel"}),
    chunk({"content": "lo\u2028you"}),
    chunk(finish="stop"),
    chunk(usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}, choices=[]),
]


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, may break off, and knows whether it was closed."""

    def __init__(self, *pieces: bytes, fault: Exception | None = None) -> None:
        self.pieces = pieces
        self.fault = fault
        self.given = 0
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.given += 1
            yield piece
        if self.fault is not None:
            raise self.fault

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        """Note that the connection was closed."""
        self.closed += 1

    async def aclose(self) -> None:
        """Note that the connection was closed."""
        self.closed += 1


def carrying(body: Body | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Wire:
    """Return a wire that answers every request with one stream."""
    stream = Body(body) if isinstance(body, bytes) else body
    return Wire(lambda _: httpx.Response(status, headers=HEADERS if headers is None else headers, stream=stream))
