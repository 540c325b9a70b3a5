"""Websockets, such as realtime sessions: what an operation answers with 101. Both clients run this code.

A websocket is opened as any call is made: its handshake is a request with the client's credentials, headers and
retries, and a refusal of it is an answer like any other (RFC 6455, section 4). The library that speaks it is that of
the ``realtime`` extra.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from portkey_api.types import AsyncSocket, Operation, Socket, SocketOptions

from .errors import AnswerError, ConfigurationError, RequestRefusedError, SocketClosedError
from .exchange import Call, attempt, read_headers
from .narrow import is_dict, is_mapping
from .observe import without
from .request import write_json
from .retry import checked
from .steps import ASYNC, SYNC, Steps, complete
from .transport import Defaults, Lane, tls_context

try:
    from websockets.asyncio.client import ClientConnection as AsyncConnection
    from websockets.asyncio.client import connect as connect_async
    from websockets.exceptions import ConnectionClosed, InvalidStatus, ProxyError, WebSocketException
    from websockets.http11 import Response
    from websockets.sync.client import ClientConnection, connect
except ImportError:
    raise ConfigurationError(
        "a websocket needs the library websockets: pip install 'portkey-client[realtime]'"
    ) from None

if TYPE_CHECKING:
    from typing import Self

    from .client import Settings
    from .steps import World
    from .transport import Lanes

OPENING = 30.0
"""Seconds that opening may take, all attempts together, where neither the call nor ``with_options`` says so."""
_CLOSING = 5.0
"""Seconds that the gateway has to confirm that a websocket is closed."""
_LARGEST = 16 * 2**20
"""Bytes of a message, where the call does not say; a piece of sound may have 15 MB."""
_IN_ORDER = (1000, 1001)
"""Closed normally; going away (RFC 6455, section 7.4.1)."""
_NO_CODE = 1006
_SILENT = logging.Logger("silent", logging.CRITICAL + 1)  # noqa: LOG001  # not of the tree, where it could be turned on
"""The library's log would hold the credentials of the handshake and all that is said."""


# -- the two ways to speak


class _RefusedError(Exception):
    """The handshake was answered with another status; the library would follow a redirect, our credentials with it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class _Connection(ClientConnection):
    def handshake(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            raise _RefusedError(error.response) from None


class _AsyncConnection(AsyncConnection):
    async def handshake(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            raise _RefusedError(error.response) from None


class Speech(NamedTuple):
    """What differs between the two clients: how they open a websocket, send, receive and close."""

    steps: Steps[Any]
    connect: Callable[..., Awaitable[Any]]
    send: Callable[[Any, str | bytes], Awaitable[None]]
    recv: Callable[[Any], Awaitable[str | bytes]]
    close: Callable[[Any, int, str], Awaitable[None]]


async def _connect(url: str, **options: Any) -> Any:
    connection = cast("Any", connect)(url, create_connection=_Connection, **options)
    return connection.__enter__()


async def _send(connection: ClientConnection, message: str | bytes) -> None:
    connection.send(message)


async def _recv(connection: ClientConnection) -> str | bytes:
    return connection.recv()


async def _close(connection: ClientConnection, code: int, reason: str) -> None:
    connection.close(code, reason)


async def _connect_async(url: str, **options: Any) -> Any:
    return await connect_async(url, create_connection=_AsyncConnection, **options)


async def _close_async(connection: AsyncConnection, code: int, reason: str) -> None:
    try:
        await connection.close(code, reason)
    except BaseException:  # cancelled while it waited for the gateway
        connection.transport.abort()
        raise


SPEECH = Speech(SYNC, _connect, _send, _recv, _close)
ASYNC_SPEECH = Speech(ASYNC, _connect_async, AsyncConnection.send, AsyncConnection.recv, _close_async)


# -- opening


class Opening(NamedTuple):
    """A websocket that is to be opened: the call that does it, and how."""

    settings: Settings
    world: World | None
    lanes: Lanes[Any]
    operation: Operation[Any]
    options: SocketOptions
    parts: Mapping[str, Any]

    def call(self) -> Call[Any]:
        """Return the call, which ends when the time for opening is over.

        Raises:
            ConfigurationError: The client is closed, the gateway lacks the operation, or its credentials are missing.
            RequestRefusedError: An argument cannot be sent.
        """
        self.lanes.check()
        given: dict[str, Any] = {name: value for name, value in self.options.items() if name not in _OWN}
        limit = given.setdefault("timeout", self._usual_limit())
        policy = checked(given.get("retries", self.settings.retries))
        limits = [each for each in (limit, policy.deadline) if each is not None]
        given["retries"] = policy._replace(deadline=min(limits, default=None))
        options: Any = given
        return Call(self.settings, self.world, self.operation, options, self.parts)

    def _usual_limit(self) -> float | None:
        return self.settings.call.get("timeout", min(self.settings.timeout or OPENING, OPENING))

    def arguments(self, request: httpx.Request) -> dict[str, Any]:
        """Return what the library is to open a websocket with."""
        secure = request.url.scheme == "https"
        return {
            "url": str(request.url.copy_with(scheme="wss" if secure else "ws")),
            "additional_headers": [(name, value) for name, value in request.headers.multi_items() if name != "host"],
            "user_agent_header": None,
            "ssl": (self.options.get("ssl_context") or tls_context()) if secure else None,
            "proxy": self.options["proxy"] if "proxy" in self.options else environment_proxy(str(request.url)),
            "open_timeout": request.extensions["timeout"]["read"],
            "close_timeout": _CLOSING,
            "max_size": self.options.get("max_size", _LARGEST),
            "logger": _SILENT,
        }


_OWN = SocketOptions.__optional_keys__ & {"max_size", "proxy", "ssl_context"}


def environment_proxy(url: str) -> str | None:
    """Return the proxy that the environment names for an address, as ``httpx`` reads it; ``None`` for none."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


async def open_(opening: Opening, call: Call[Any], speech: Speech) -> tuple[Any, httpx.Response]:
    """Open a websocket; return the connection and what the gateway said.

    Raises:
        PortkeyError: It cannot be opened; see ``Portkey.socket``.
    """
    connections: list[Any] = []

    async def send(_: Any, request: httpx.Request) -> httpx.Response:
        connection, response = await _handshake(opening.arguments(request), speech)
        connections.append(connection)
        return response

    lane: Lane[Any] = Lane(None, Defaults({}, httpx.Timeout(None).as_dict()))
    steps = speech.steps._replace(send=send, read=_nothing, close=_nothing)
    with call:
        while True:
            outcome: Any = await attempt(call, lane, steps)
            try:
                wait = call.wait_after(outcome)
            except BaseException:  # a hook failed
                if connection := connections.pop() if connections else None:
                    await speech.close(connection, 1000, "")
                raise
            if wait is not None:
                await speech.steps.sleep(call.world, wait)
            elif isinstance(outcome, httpx.Response) and outcome.status_code == 101:
                return connections[-1], outcome
            else:
                answer = call.result(outcome)
                message = f"{call.operation.name}: answered {answer.status}, which opens no websocket"
                raise call.placed(AnswerError(message, answer.status, answer.headers, answer.content))


async def _nothing(_: httpx.Response) -> None:
    """Do nothing: the answer to a handshake is whole."""


async def _handshake(arguments: dict[str, Any], speech: Speech) -> tuple[Any, httpx.Response]:
    """Try to open a websocket; return the connection, if there is one, and the answer.

    Raises:
        httpx.TransportError: There is no answer; the kind says whether the handshake was sent.
        ConfigurationError: The proxy needs a library that is not there.
    """
    url = arguments.pop("url")
    try:
        connection = await speech.connect(url, **arguments)
    except _RefusedError as error:
        return None, _answer(error.response)
    except TimeoutError:
        raise httpx.ReadTimeout("no answer to the handshake in time") from None
    except OSError as error:
        raise httpx.ConnectError(str(error)) from None
    except ProxyError as error:
        raise httpx.ProxyError(type(error).__name__) from None
    except (WebSocketException, EOFError) as error:
        raise httpx.RemoteProtocolError(f"the handshake failed ({type(error).__name__})") from None
    except ImportError as error:
        raise ConfigurationError(f"proxy: {error}") from None
    return connection, _answer(connection.response)


def _answer(response: Response) -> httpx.Response:
    headers = list(response.headers.raw_items())
    return httpx.Response(response.status_code, headers=headers, content=bytes(response.body or b""))


# -- what is said


class Link:
    """A websocket under way, whichever client it is of."""

    def __init__(self, opening: Opening, speech: Speech) -> None:
        self._opening = opening
        self._speech = speech
        self._connection: Any = None
        self._left = False
        self._call: Call[Any] | None = None
        self._name = opening.operation.name

    async def open(self, facts: Any) -> None:
        """Open it, and put what the gateway said into ``facts``."""
        if self._connection is not None:
            raise RequestRefusedError(f"{self._name}: this websocket was opened before; make another one")
        self._call = self._opening.call()
        self._connection, response = await open_(self._opening, self._call, self._speech)
        facts.headers, facts.attempts = read_headers(response), self._call.attempts

    async def send(self, event: Mapping[str, Any] | str | bytes) -> None:
        """Send one event."""
        if is_mapping(event):
            message: str | bytes = write_json(self._opening.operation, event).decode()
        else:
            message = event if isinstance(event, bytes) else _text(self._name, event)
        try:
            await self._speech.send(self._opened, message)
        except ConnectionClosed as error:
            raise self._closed(error) from None

    async def recv_raw(self) -> str | bytes:
        """Return the next message."""
        try:
            return await self._speech.recv(self._opened)
        except ConnectionClosed as error:
            raise self._closed(error) from None

    async def recv(self) -> dict[str, Any]:
        """Return the next event."""
        message = await self.recv_raw()
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            event = None
        if is_dict(event):
            return event
        body = message.encode() if isinstance(message, str) else message
        raise AnswerError(f"{self._name}: a message is not an event, which is a JSON object", 101, {}, body)

    async def following(self) -> dict[str, Any] | None:
        """Return the next event, ``None`` where it was closed in good order, or by us."""
        try:
            return await self.recv()
        except SocketClosedError as error:
            if error.code in _IN_ORDER or self._left:
                return None
            raise

    async def close(self, code: int, reason: str) -> None:
        """Close it, if it is open."""
        if not (code == 1000 or 3000 <= code < 5000):
            raise RequestRefusedError(f"{self._name}: code must be 1000 or from 3000 to 4999, is {code}")
        if len(_text(self._name, reason).encode()) > 123:
            raise RequestRefusedError(f"{self._name}: reason must not have more than 123 bytes")
        self._left = True
        if self._connection is not None:
            await self._speech.close(self._connection, code, reason)

    @property
    def _opened(self) -> Any:
        if self._connection is None:
            raise RequestRefusedError(f"{self._name}: this websocket is not open; use it in a `with` statement")
        return self._connection

    def _closed(self, error: ConnectionClosed) -> SocketClosedError:
        """Return the error that says who closed it, and why."""
        first = error.sent if error.rcvd is None or error.rcvd_then_sent is False else error.rcvd
        code, reason = (first.code, first.reason) if first else (_NO_CODE, "the connection broke")
        call: Any = self._call  # it is open, so there is one
        said = without(reason, call.secrets)
        closed = SocketClosedError(f"{self._name}: closed with code {code}{f': {said}' if said else ''}")
        closed.code, closed.reason = int(code), said if first else ""
        call.placed(closed)
        return closed


def _text(name: str, value: Any) -> str:
    try:
        str.encode(value)
    except (UnicodeEncodeError, TypeError):
        raise RequestRefusedError(
            f"{name}: a message must be an event, bytes, or text without half characters"
        ) from None
    return str(value)


class WebSocket(Socket):
    """What ``Portkey.socket`` returns. One thread may send while another receives."""

    def __init__(self, opening: Opening) -> None:
        self.operation: str = opening.operation.name
        self._link = Link(opening, SPEECH)

    def open(self) -> Self:
        """Open it; ``headers`` are those of the gateway from then on."""
        complete(self._link.open(self))
        return self

    def send(self, event: Mapping[str, Any] | str | bytes) -> None:
        """Send one event, as JSON; text and bytes are sent as they are, as a text and as a binary message."""
        complete(self._link.send(event))

    def recv(self) -> dict[str, Any]:
        """Wait for the next event and return it."""
        return complete(self._link.recv())

    def recv_raw(self) -> str | bytes:
        """Wait for the next message and return it as it came."""
        return complete(self._link.recv_raw())

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, with a code and a reason for the gateway (RFC 6455, section 7.4)."""
        complete(self._link.close(code, reason))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while (event := complete(self._link.following())) is not None:
            yield event


class AsyncWebSocket(AsyncSocket):
    """What ``AsyncPortkey.socket`` returns, for asyncio. One task may send while another receives."""

    def __init__(self, opening: Opening) -> None:
        self.operation: str = opening.operation.name
        self._link = Link(opening, ASYNC_SPEECH)

    async def open(self) -> Self:
        """Open it; ``headers`` are those of the gateway from then on."""
        await self._link.open(self)
        return self

    async def send(self, event: Mapping[str, Any] | str | bytes) -> None:
        """Send one event, as JSON; text and bytes are sent as they are, as a text and as a binary message."""
        await self._link.send(event)

    async def recv(self) -> dict[str, Any]:
        """Wait for the next event and return it."""
        return await self._link.recv()

    async def recv_raw(self) -> str | bytes:
        """Wait for the next message and return it as it came."""
        return await self._link.recv_raw()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, with a code and a reason for the gateway (RFC 6455, section 7.4)."""
        await self._link.close(code, reason)

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        while (event := await self._link.following()) is not None:
            yield event
