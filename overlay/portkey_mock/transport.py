"""The gateway under an httpx client in the same process."""

from __future__ import annotations

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
        return httpx.Response(response.status, headers=response.headers, content=response.body, request=request)
