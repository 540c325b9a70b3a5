"""The gateway under an httpx client in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

import httpx

from portkey_mock.gateway import Gateway
from portkey_mock.message import Request


class GatewayTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends every request of a client, sync or async, to `gateway`, whatever the host."""

    def __init__(self, gateway: Gateway) -> None:
        """Answers from `gateway`."""
        self.gateway = gateway

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        return self._answer(request, await request.aread())

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = tuple((name.lower(), value) for name, value in request.headers.multi_items())
        response = self.gateway.handle(Request(request.method, path, query, headers, body))
        stream = _Chunks(response.chunks) if response.chunks else None
        content = None if stream else response.body
        return httpx.Response(
            response.status, headers=response.headers, content=content, stream=stream, request=request
        )


class _Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, to a sync client as to an async one."""

    def __init__(self, chunks: Sequence[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
