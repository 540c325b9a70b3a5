"""The gateway under an httpx client in the same process."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from portkey_mock.httpx_delivery import Waits, deliver
from portkey_mock.message import Handler, Request, Response


class GatewayTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends every request of a client, sync or async, to `gateway`, whatever the host."""

    def __init__(self, gateway: Handler, *, sleep: Callable[[float], object] | None = None) -> None:
        """Answers from `gateway`, or a mock around one.

        `sleep` waits as many seconds as a fault is to take; a `ManualClock` has `advance` for it. None really waits.
        """
        self.gateway = gateway
        self._waits = Waits(sleep)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request.

        Raises:
            httpx.TransportError: the response has a `Delivery` that ends so.
        """
        response = self._answer(request, request.read())
        if response.delivery is not None:
            self._waits.before(request, response.delivery)
        return deliver(request, response, self._waits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request; it raises what `handle_request` raises."""
        response = self._answer(request, await request.aread())
        if response.delivery is not None:
            await self._waits.abefore(request, response.delivery)
        return deliver(request, response, self._waits)

    def _answer(self, request: httpx.Request, body: bytes) -> Response:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = tuple((name.lower(), value) for name, value in request.headers.multi_items())
        return self.gateway.handle(Request(request.method, path, query, headers, body))
