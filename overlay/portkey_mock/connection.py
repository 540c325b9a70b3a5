"""A client's connection to a served mock: plain requests are answered here at once, all others are left to uvicorn.

ASGI costs a task, two queues and a dozen objects for each request, several times what the mock itself takes. A request
that is plain HTTP/1.1 and not long is taken from the wire here and answered with one write. Whatever else comes (a long
body, requests sent ahead of answers, an upgrade, an end of the connection asked for, malformed bytes, a fault in the
delivery) makes the connection uvicorn's, with every byte that is not answered yet; uvicorn knows how to deal with all
of it, and the connection stays there.
"""

from __future__ import annotations

import asyncio
import re
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any, Final, cast

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from portkey_mock.asgi import ANSWERED, Application
from portkey_mock.message import Request, Response

_LONGEST: Final = 65_536
_MOST_READS: Final = 16
"""Bytes of an incomplete request that are waited for here, and in how many pieces they may come."""

_KEPT: Final = 512
_LONGEST_KNOWN: Final = 4096
"""How many requests are known again by their bytes, and the most bytes one of them may have."""

_UNFIT: Final = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
"""What may stand neither in the name nor in the value of a header."""


class Connection(asyncio.Protocol):
    """One connection, as uvicorn wants it: `uvicorn.Config(Application(...), http=Connection)`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._application = cast("Application", config.app)
        self._config = config
        self._server = server_state
        self._state = app_state
        self._loop = _loop
        self._parser = httptools.HttpRequestParser(self)
        self._unanswered: list[bytes] = []
        self._begin()

    def _begin(self) -> None:
        """Waits for the next request."""
        self._unanswered.clear()
        self._begun = self._complete = 0
        self._url = self._body = b""
        self._headers: list[tuple[str, str]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of `asyncio.Protocol`, as the following are."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so
        self._server.connections.add(self)  # type: ignore[arg-type] # it has what is asked of its members

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        """The connection has ended."""
        self._server.connections.discard(self)

    def pause_writing(self) -> None:
        """Takes no further request from a client that does not read its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Goes on when the answers have been read."""
        self._transport.resume_reading()

    def shutdown(self) -> None:
        """Ends the connection with the server; no answer is under way here."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Answers a request that is complete now, waits for the rest of it, or leaves the connection to uvicorn."""
        first = not self._unanswered and len(data) <= _LONGEST_KNOWN
        known = self._application.known.get(data) if first else None
        self._unanswered.append(data)
        request = self._parsed(data) if known is None else known
        if request is not None:
            self._answer(request)
            if first and known is None:
                self._keep(data, request)
        elif self._complete or self._is_better_left():
            self._leave(self._state)

    def on_message_begin(self) -> None:
        """Called by the parser, as the following are."""
        self._begun += 1

    def on_url(self, url: bytes) -> None:
        """A part of the target of the request."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self._headers.append((name.lower().decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The end of the headers."""
        self._lasting = self._parser.should_keep_alive() and self._parser.get_http_version() == "1.1"

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._complete += 1

    def _parsed(self, data: bytes) -> Request | None:
        """The request that ends with `data`; None if there is none, or not one to be answered here."""
        try:
            self._parser.feed_data(data)
            return self._request() if self._begun == self._complete == 1 else None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._complete = 1
            return None

    def _request(self) -> Request | None:
        method = self._parser.get_method()
        if not self._lasting or method == b"HEAD" or not self._url.startswith(b"/"):
            return None
        url = httptools.parse_url(self._url)
        path, query = url.path.decode("latin-1"), (url.query or b"").decode("latin-1")
        return Request(method.decode("ascii"), path, query, tuple(self._headers), self._body)

    def _is_better_left(self) -> bool:
        """Whether uvicorn should wait for the rest of a request: it is long, or the client waits for a word first."""
        long = len(self._unanswered) > _MOST_READS or sum(map(len, self._unanswered)) > _LONGEST
        return long or any(name == "expect" for name, _ in self._headers)

    def _keep(self, data: bytes, request: Request) -> None:
        """Clients repeat themselves, and the same bytes are the same request where they are one and nothing else."""
        known = self._application.known
        if len(known) >= _KEPT:
            known.clear()
        known[data] = request

    def _answer(self, request: Request) -> None:
        response = self._application.gateway.handle(request)
        try:
            head = b"".join(
                (_status(response.status), *map(_field, self._server.default_headers), *map(_header, response.headers))
            )
        except ValueError:
            head = b""
        if not head or response.delivery is not None:
            self._leave({**self._state, ANSWERED: [response]})
            return
        self._begin()
        self._write(head, response)

    def _write(self, head: bytes, response: Response) -> None:
        if not response.chunks:
            self._transport.write(b"%bcontent-length: %d\r\n\r\n%b" % (head, len(response.body), response.body))
            return
        self._transport.write(head + b"transfer-encoding: chunked\r\n\r\n")
        for chunk in response.chunks:
            self._transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self._transport.write(b"0\r\n\r\n")

    def _leave(self, state: dict[str, Any]) -> None:
        """Makes the connection uvicorn's, and what was not answered yet its first data."""
        self._server.connections.discard(self)
        successor = HttpToolsProtocol(self._config, self._server, state, self._loop)
        successor.connection_made(self._transport)
        self._transport.set_protocol(successor)
        successor.data_received(b"".join(self._unanswered))


@cache
def _status(status: int) -> bytes:
    phrase = next((each.phrase for each in HTTPStatus if each == status), "")
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


@lru_cache(maxsize=8)
def _field(field: tuple[bytes, bytes]) -> bytes:
    return b"%b: %b\r\n" % field


@lru_cache(maxsize=1024)
def _header(header: tuple[str, str]) -> bytes:
    """A header as it is written.

    Raises:
        ValueError: it holds what no header may hold, such as the end of a line.
    """
    if any(map(_UNFIT.search, header)):
        raise ValueError(f"the header {header[0]!r} holds characters that no header may hold")
    return "{}: {}\r\n".format(*header).encode("latin-1")
