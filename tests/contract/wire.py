"""The one door to a gateway: whatever the suite sends, generated, directed or by our client, goes through here.

It keeps what must not be sent from being sent, notes what came back, and hands each exchange to whoever listens. In
process and over HTTP are the same from here on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeAlias
from urllib.parse import urlsplit

import httpx

from portkey_mock import Request, Response
from portkey_mock.realtime import Session
from tests.contract.document import Operation
from tests.contract.profiles import Profile, is_public
from tests.contract.routes import Routes

Send: TypeAlias = Callable[[Request], Response]

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CHARGED: Final = frozenset({"GET /realtime"})


class Unanswered(Exception):
    """No answer came; `late` tells whether it was waited for as long as the profile says."""

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


class Withheld(Exception):
    """This is not sent: it could destroy or cost something at a public host, or HTTP cannot carry it."""


@dataclass(frozen=True)
class Exchange:
    """A request and what came of it.

    Attributes:
        operation: the operation that the request means; None if it means none.
        response: None if there was no answer.
        failure: why there was none.
        source: which part of the suite sent it.
    """

    request: Request
    operation: Operation | None
    response: Response | None
    failure: Unanswered | None
    source: str

    @property
    def status(self) -> int:
        """The status; 0 if there was no answer."""
        return 0 if self.response is None else self.response.status


class Answering(Protocol):
    """What a gateway in this process can do: `Gateway`, `Mock`, or anything around one."""

    def handle(self, request: Request) -> Response:
        """The answer to one request."""
        ...


class Wire:
    """The way to one gateway.

    Attributes:
        answers: how often an operation gave a status.
        last: the latest exchange.
        networked: whether there is a socket, and not a gateway in this process.
    """

    def __init__(self, send: Send, profile: Profile, address: str, routes: Routes, *, networked: bool = False) -> None:
        self.address = address
        self.base = urlsplit(address).path.rstrip("/")
        self.networked = networked
        self.requests = 0
        self.answers: Counter[tuple[str, int]] = Counter()
        self.source = "directed"
        self.listeners: list[Callable[[Exchange], None]] = []
        self.last: Exchange | None = None
        self._send = send
        self._profile = profile
        self._routes = routes
        self._public = is_public(address)

    def handle(self, request: Request) -> Response:
        """Sends one request; a transport for httpx and for `requests` calls this, too.

        Raises:
            Unanswered: no answer came.
            Withheld: it was not sent.
        """
        operation = self._routes.find(request.method, self._below(request.path))
        if self._profile.slash == "required" and not request.path.endswith("/"):
            request = replace(request, path=f"{request.path}/")
        return self.raw(request, operation)

    def raw(self, request: Request, operation: Operation | None) -> Response:
        """Sends one request as it stands, counted for `operation`; it raises as `handle` does."""
        self._guard(request, operation)
        self.requests += 1
        try:
            response = self._send(request)
        except Unanswered as failure:
            self._note(Exchange(request, operation, None, failure, self.source))
            raise
        self._note(Exchange(request, operation, response, None, self.source))
        return response

    def connect(self, request: Request) -> Session | Response:
        """Opens no websocket: the suite tries plain requests."""
        return self.handle(request)

    @contextmanager
    def sending(self, source: str) -> Generator[None]:
        """While it lasts, what is sent is of `source`."""
        before, self.source = self.source, source
        try:
            yield
        finally:
            self.source = before

    def withholds(self, operation: Operation) -> bool:
        """Whether requests for `operation` are never sent to this address."""
        label = str(operation)
        harmless = operation.method in _READING and label not in _CHARGED
        return self._public and not harmless and label not in self._profile.allow

    def _guard(self, request: Request, operation: Operation | None) -> None:
        harmless = request.method in _READING if operation is None else not self.withholds(operation)
        if self._public and not harmless:
            label = request.path if operation is None else str(operation)
            raise Withheld(f"{label} may destroy or cost something at a public host; name it in OPERATIONS to allow it")

    def _below(self, path: str) -> str:
        return path.removeprefix(self.base) if path.startswith(f"{self.base}/") else path

    def _note(self, exchange: Exchange) -> None:
        if exchange.operation is not None:
            self.answers[str(exchange.operation), exchange.status] += 1
        self.last = exchange
        for listener in self.listeners:
            listener(exchange)


def in_process(gateway: Answering, limit: float) -> Send:
    """How requests reach a gateway in this process; what a `Delivery` does to the answer counts, and takes no time."""

    def send(request: Request) -> Response:
        try:
            response = gateway.handle(request)
        except Exception as error:  # whatever a gateway dies of is what is looked for
            raise Unanswered(f"The gateway died: {type(error).__name__}") from error
        delivery = response.delivery
        if delivery is None:
            return response
        if delivery.delay + delivery.pace * max(len(response.chunks) - 1, 0) > limit:
            raise Unanswered(f"There was no whole answer within {limit:g} seconds.", late=True)
        if delivery.reset or delivery.cut is not None:
            raise Unanswered("The connection ended before the answer did.")
        return response

    return send


@contextmanager
def over_http(address: str, limit: float) -> Generator[Send]:
    """How requests reach an address, byte for byte as they are; no proxy is used and no redirect followed.

    The time is measured up to the last byte: an answer that never ends is late, too.
    """
    with httpx.Client(timeout=limit, trust_env=False) as client:
        yield _sender(client, address, limit)


def _sender(client: httpx.Client, address: str, limit: float) -> Send:
    origin = httpx.URL(address).copy_with(raw_path=b"/")

    def once(request: Request) -> Response:
        target = request.path + (f"?{request.query}" if request.query else "")
        headers = [
            (name.encode("latin-1"), value.strip().encode("latin-1", "replace")) for name, value in request.headers
        ]
        url = origin.copy_with(raw_path=target.encode("ascii", "replace"))
        named = {name for name, _ in request.headers}
        rest = [] if "host" in named else [(b"host", origin.netloc)]
        length = [(b"content-length", str(len(request.body)).encode())] if request.body else []
        plain = [pair for pair in headers if pair[0] not in (b"content-length", b"transfer-encoding", b"connection")]
        built = httpx.Request(request.method, url, headers=[*rest, *plain, *length], content=request.body)
        began = time.monotonic()
        answer = client.send(built, stream=True)
        try:
            return _read(answer, began + limit)
        finally:
            answer.close()

    def send(request: Request) -> Response:
        try:
            try:
                return once(request)
            except (
                httpx.RemoteProtocolError,
                httpx.ReadError,
            ):  # an idle connection was closed by the gateway, as HTTP allows
                return once(request)
        except httpx.TimeoutException as error:
            raise Unanswered(f"There was no whole answer within {limit:g} seconds.", late=True) from error
        except (httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise Withheld(f"HTTP cannot carry this: {error}") from error
        except httpx.TransportError as error:
            raise Unanswered(f"The connection failed: {type(error).__name__}: {error}") from error

    return send


_CODED: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""What is true of the bytes on the way, and no more of the body as it is read."""


def _read(answer: httpx.Response, until: float) -> Response:
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if time.monotonic() > until:
            raise httpx.ReadTimeout("the body does not end")
    plain = [(name.lower(), value) for name, value in answer.headers.multi_items()]
    headers = tuple(each for each in plain if each[0] not in _CODED)
    return Response(answer.status_code, headers, body)
