"""The connections of one client: several ``httpx`` clients side by side, which share one TLS context.

One ``httpx`` client scans all its connections for each request, and keeps 20 of them open: with 100 requests under way
most of the time goes into scanning and connecting. Spread over lanes with a few connections each, the same requests
take about a quarter of the time (``make bench``).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from weakref import WeakSet

from .errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

    import httpx

H = TypeVar("H")
LANES = 32
"""How many ``httpx`` clients at most; each is opened when all before it are busy."""
CONNECTIONS = 32
"""How many connections each may have: 1024 for all; further requests wait (``timeout``)."""
CONNECT_TIMEOUT = 5.0
"""Seconds a connection may take."""


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings that all clients share: reading the certificates is most of what a client costs."""
    import httpx

    return httpx.create_ssl_context()


def arguments(timeout: float | None) -> dict[str, Any]:
    """Return the arguments of a new ``httpx`` client.

    Args:
        timeout: Seconds for each phase of an exchange; ``None`` waits for ever.
    """
    import httpx

    from .cookies import NoCookies

    return {
        "cookies": NoCookies(),
        "timeout": httpx.Timeout(timeout, connect=timeout and min(timeout, CONNECT_TIMEOUT)),
        "limits": httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        "verify": tls_context(),
    }


class Lane(Generic[H]):
    """One ``httpx`` client."""

    __slots__ = ("busy", "defaults", "http")

    def __init__(self, http: H, defaults: Defaults | None = None) -> None:
        self.http: H = http
        self.busy: int = 0
        """How many requests are under way on it."""
        self.defaults: Defaults | None = defaults
        """What its requests start from; ``None`` for the caller's own, which adds what it likes."""


class Defaults(NamedTuple):
    """What every request over our own connections has. Copying it is half the work of asking ``httpx`` each time."""

    headers: Mapping[str, str]
    timeout: Mapping[str, float | None]


def _defaults(http: Any) -> Defaults:
    names = ("accept-encoding", "connection")
    return Defaults({name: http.headers[name] for name in names}, http.timeout.as_dict())


def build(lane: Lane[Any], arguments: Mapping[str, Any]) -> httpx.Request:
    """Return a request for a lane.

    Args:
        lane: Where it is to go.
        arguments: The arguments of ``httpx.Client.request``.
    """
    if lane.defaults is None:
        request: httpx.Request = lane.http.build_request(**arguments)
        return request
    import httpx

    given: dict[str, Any] = {**arguments, "headers": {**lane.defaults.headers, **arguments["headers"]}}
    asked = httpx.Timeout(given.pop("timeout")).as_dict() if "timeout" in given else lane.defaults.timeout
    return httpx.Request(**given, extensions={"timeout": dict(asked)})


class Lanes(Generic[H]):
    """The ``httpx`` clients of one client, safe across threads and after a fork.

    Args:
        open_: Makes one ``httpx`` client.
        given: The caller's own ``httpx`` client, used alone and left open.
    """

    def __init__(self, open_: Callable[[], H], given: H | None = None) -> None:
        self._open = open_
        self._given = None if given is None else Lane(given)
        self._lanes: list[Lane[H]] = []
        self._lock = Lock()
        self._closed = False
        _ALL.add(self)

    def take(self) -> Lane[H]:
        """Lend the least busy ``httpx`` client: the first idle one, so that calls in turn share a connection.

        Raises:
            ConfigurationError: It is closed.
        """
        with self._lock:
            self.check()
            return self._given or self._least_busy()

    def check(self) -> None:
        """Refuse further work where it is closed.

        Raises:
            ConfigurationError: It is closed.
        """
        if self._closed:
            raise ConfigurationError("this client is closed; build another one, or close it after its last call")

    def keep(self, lane: Lane[H]) -> None:
        """Lend a lane once more, for an answer that is read after its call: it is to be given back once more, too."""
        with self._lock:
            lane.busy += 1

    def give_back(self, lane: Lane[H]) -> None:
        """Take back what was lent."""
        if lane is not self._given:
            with self._lock:
                lane.busy -= 1

    def _least_busy(self) -> Lane[H]:
        lane = min(self._lanes, key=_busy, default=None)
        if lane is None or (lane.busy and len(self._lanes) < LANES):
            http = self._open()
            lane = Lane(http, _defaults(http))
            self._lanes.append(lane)
        lane.busy += 1
        return lane

    def end(self) -> list[H]:
        """Take leave: return the ``httpx`` clients to be closed, once, and lend no more."""
        with self._lock:
            lanes, self._lanes, self._closed = self._lanes, [], True
        return [lane.http for lane in lanes]

    def after_fork(self) -> None:
        """Leave the connections to the parent process: two processes on one connection would mix their answers."""
        _ABANDONED.append(self._lanes)
        self._lanes, self._lock = [], Lock()

    def __del__(self) -> None:
        if self._lanes:
            message = "a client was not closed; use it in a `with` statement, or call its close()"
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self)


def _busy(lane: Lane[Any]) -> int:
    return lane.busy


_ALL: WeakSet[Lanes[Any]] = WeakSet()
_ABANDONED: list[object] = []
"""What a child process inherited and must neither use nor close."""


def _after_fork() -> None:
    for lanes in list(_ALL):
        lanes.after_fork()


if sys.platform != "win32":  # pragma: no branch  # there is no fork
    os.register_at_fork(after_in_child=_after_fork)
