"""Reading on for a moment after the end of a stream, for what guardrails found, whether or not the server stays.

``httpx`` fixes the time limit of a read when the answer begins. What is read from is at hand, though, as the extension
``network_stream`` of the response: its reads are given less time while, and only while, a stream is at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import httpx

LINGER = 5.0
"""Seconds for what may follow the mark of the end: guardrails look at an answer that is complete."""
_LEFT: ContextVar[float | None] = ContextVar("_LEFT", default=None)
"""The seconds that a read may take in this thread or task; ``None`` where it is not at the end of a stream."""


class _Hurried:
    """The ``read`` of a connection, which takes no longer than it may."""

    def __init__(self, read: Callable[..., Any]) -> None:
        self._read = read

    def __call__(self, max_bytes: int, timeout: float | None = None) -> Any:
        left = _LEFT.get()
        if left is not None:
            timeout = left if timeout is None else min(timeout, left)
        return self._read(max_bytes, timeout=timeout)


class Lingering:
    """The moment after the mark of the end of one stream.

    Args:
        response: What is read. Over HTTP/2 other answers come by the same connection; its reads are left alone.
        clock: Tells the seconds.
    """

    def __init__(self, response: httpx.Response, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + LINGER
        network: Any = response.extensions.get("network_stream")
        if network is not None and response.http_version != "HTTP/2" and not isinstance(network.read, _Hurried):
            network.read = _Hurried(network.read)  # it stays there: between streams it changes nothing

    @property
    def over(self) -> bool:
        """Whether the moment has passed."""
        return self._clock() >= self._end

    def __enter__(self) -> None:
        _LEFT.set(max(self._end - self._clock(), 0.001))

    def __exit__(self, *_: object) -> None:
        _LEFT.set(None)
