"""An httpx transport that writes down what a real gateway is asked and answers."""

from __future__ import annotations

from pathlib import Path

import httpx

from portkey_mock.message import Headers, Request, Response
from portkey_mock.recording import Exchange, Recorder


class RecordingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends every request on, and writes the exchange to a file without its secrets.

    The answer is read to its end before the client gets it, a stream too.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        transport: httpx.BaseTransport | None = None,
        async_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Appends to the file at `path`; the transports are httpx's own if none are given."""
        self._recorder = Recorder(Path(path))
        self._sync = transport
        self._async = async_transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request; it raises what the transport raises."""
        self._sync = self._sync or httpx.HTTPTransport()
        body = request.read()
        response = self._sync.handle_request(request)
        response.read()
        response.close()
        return self._recorded(request, body, response)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request; it raises what the transport raises."""
        self._async = self._async or httpx.AsyncHTTPTransport()
        body = await request.aread()
        response = await self._async.handle_async_request(request)
        await response.aread()
        await response.aclose()
        return self._recorded(request, body, response)

    def close(self) -> None:
        """Closes the connections."""
        if self._sync is not None:
            self._sync.close()

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._async is not None:
            await self._async.aclose()

    def _recorded(self, request: httpx.Request, body: bytes, response: httpx.Response) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        asked = Request(request.method, path, query, _fields(request.headers), body)
        self._recorder.add(Exchange(asked, Response(response.status_code, _fields(response.headers), response.content)))
        coded = ("content-encoding", "content-length", "transfer-encoding")
        headers = [pair for pair in response.headers.multi_items() if pair[0] not in coded]
        return httpx.Response(response.status_code, headers=headers, content=response.content, request=request)


def _fields(headers: httpx.Headers) -> Headers:
    return tuple((name.lower(), value) for name, value in headers.multi_items())
