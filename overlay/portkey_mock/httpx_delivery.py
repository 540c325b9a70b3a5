"""A response to an httpx client in the same process, with whatever its `Delivery` does to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import httpx

from portkey_mock.delivery import Delivery
from portkey_mock.message import Response


class Waits:
    """How the seconds of a fault go by. A wait that is longer than the client's read timeout ends with it."""

    def __init__(self, sleep: Callable[[float], object] | None) -> None:
        """`sleep` takes seconds; None really waits."""
        self._given = sleep

    def sleep(self, request: httpx.Request, seconds: float) -> None:
        """Waits.

        Raises:
            httpx.ReadTimeout: the client's patience ends before.
        """
        (self._given or time.sleep)(_bounded(request, seconds))
        _in_time(request, seconds)

    async def asleep(self, request: httpx.Request, seconds: float) -> None:
        """Waits without blocking the loop; it raises what `sleep` raises."""
        if self._given is None:
            await asyncio.sleep(_bounded(request, seconds))
        else:
            self._given(_bounded(request, seconds))
        _in_time(request, seconds)

    def before(self, request: httpx.Request, delivery: Delivery) -> None:
        """What happens before the status arrives.

        Raises:
            httpx.ReadTimeout: as `sleep`.
            httpx.ReadError: the connection is reset.
        """
        if delivery.delay:
            self.sleep(request, delivery.delay)
        _unless_reset(request, reset=delivery.unanswered)

    async def abefore(self, request: httpx.Request, delivery: Delivery) -> None:
        """The same, without blocking the loop."""
        if delivery.delay:
            await self.asleep(request, delivery.delay)
        _unless_reset(request, reset=delivery.unanswered)


def deliver(request: httpx.Request, response: Response, waits: Waits) -> httpx.Response:
    """The response as the client gets it; reading its body may raise what `_Body` raises."""
    if response.delivery is None and not response.chunks:
        return httpx.Response(response.status, headers=response.headers, content=response.body, request=request)
    length = [] if response.chunks else [("content-length", str(len(response.body)))]
    body = _Body(request, response, waits)
    return httpx.Response(response.status, headers=[*response.headers, *length], stream=body, request=request)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, to a sync client as to an async one.

    Raises:
        httpx.ReadError: the connection is reset.
        httpx.RemoteProtocolError: it ends before the body does.
        httpx.ReadTimeout: the next piece is too late.
    """

    def __init__(self, request: httpx.Request, response: Response, waits: Waits) -> None:
        self._request = request
        self._chunks = response.chunks or (response.body,)
        self._delivery = response.delivery or Delivery()
        self._waits = waits

    def __iter__(self) -> Iterator[bytes]:
        for number, piece in enumerate(self._delivery.pieces(self._chunks)):
            if number and self._delivery.pace:
                self._waits.sleep(self._request, self._delivery.pace)
            yield piece
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number, piece in enumerate(self._delivery.pieces(self._chunks)):
            if number and self._delivery.pace:
                await self._waits.asleep(self._request, self._delivery.pace)
            yield piece
        self._end()

    def _end(self) -> None:
        _unless_reset(self._request, reset=self._delivery.reset)
        if self._delivery.cut is not None:
            raise httpx.RemoteProtocolError("peer closed connection in the middle of a body", request=self._request)


def _patience(request: httpx.Request) -> float | None:
    """The client's read timeout in seconds; None if it has none."""
    timeout: dict[str, float | None] = request.extensions.get("timeout", {})
    return timeout.get("read")


def _bounded(request: httpx.Request, seconds: float) -> float:
    patience = _patience(request)
    return seconds if patience is None else min(seconds, patience)


def _in_time(request: httpx.Request, seconds: float) -> None:
    if _bounded(request, seconds) < seconds:
        raise httpx.ReadTimeout("the read operation timed out", request=request)


def _unless_reset(request: httpx.Request, *, reset: bool) -> None:
    if reset:
        raise httpx.ReadError("connection reset by peer", request=request)
