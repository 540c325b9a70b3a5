"""What time it is, for the mock: a function without arguments that returns seconds since 1970."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]


class ManualClock:
    """A clock that stands still until it is told to go on, so that tests of life cycles never sleep."""

    def __init__(self, now: float = 1_750_000_000.0) -> None:
        """Starts at `now`, in seconds since 1970."""
        self._now = now

    def __call__(self) -> float:
        """The time it was set to, in seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Goes on by `seconds`.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError("a clock does not go back")
        self._now += seconds
