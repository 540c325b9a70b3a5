"""What differs between the two clients, and what a call needs of its surroundings.

The synchronous client's steps are asynchronous functions that never wait for a loop, so that ``complete`` gets to the
end of a call in one go.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

T = TypeVar("T")
H = TypeVar("H", httpx.Client, httpx.AsyncClient)


def _jitter() -> float:
    import random

    return random.random()  # noqa: S311  # spreads waits, protects nothing


async def _asleep(seconds: float) -> None:
    import anyio  # httpx brings it; so the wait works under every loop that httpx works under

    await anyio.sleep(seconds)


class World(NamedTuple):
    """What a call needs of its surroundings; tests pass their own."""

    clock: Callable[[], float] = time.monotonic
    """Seconds, from any moment on."""
    now: Callable[[], float] = time.time
    """Seconds since the epoch."""
    jitter: Callable[[], float] = _jitter
    """A random number from 0 to 1."""
    sleep: Callable[[float], object] = time.sleep
    """Waits that many seconds."""
    asleep: Callable[[float], Awaitable[object]] = _asleep
    """The same, asynchronous."""


class Steps(NamedTuple, Generic[H]):
    """What differs between the two clients: how they send, read, close, wait, and read piece by piece."""

    send: Callable[[H, httpx.Request], Awaitable[httpx.Response]]
    read: Callable[[httpx.Response], Awaitable[object]]
    close: Callable[[httpx.Response], Awaitable[object]]
    pieces: Callable[[httpx.Response], Any]
    """Returns an iterator of the body, piece by piece, decompressed."""
    piece: Callable[[Any], Awaitable[bytes | None]]
    """Returns the next piece, ``None`` at the end."""
    sleep: Callable[[World, float], Awaitable[object]]


async def _send(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    return http.send(request, stream=True)  # noqa: ASYNC212  # no loop runs this: `complete` does


async def _read(response: httpx.Response) -> None:
    response.read()


async def _close(response: httpx.Response) -> None:
    response.close()


async def _piece(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def _piece_async(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)


async def _sleep(world: World, seconds: float) -> None:
    world.sleep(seconds)


def _send_async(http: httpx.AsyncClient, request: httpx.Request) -> Awaitable[httpx.Response]:
    return http.send(request, stream=True)


def _sleep_async(world: World, seconds: float) -> Awaitable[object]:
    return world.asleep(seconds)


SYNC = Steps(_send, _read, _close, httpx.Response.iter_bytes, _piece, _sleep)
ASYNC = Steps(
    _send_async, httpx.Response.aread, httpx.Response.aclose, httpx.Response.aiter_bytes, _piece_async, _sleep_async
)
WORLD = World()


def complete(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that never waits for a loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError("a step of the synchronous client waited for a loop")
