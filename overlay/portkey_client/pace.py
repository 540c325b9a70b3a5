"""How fast many calls may go: a pure policy, without clock or wait, that is told each answer and its time.

An answer slows all calls down when it is a 429, a 5xx that asks to wait, or any answer that says that nothing of a
limit is left (``x-ratelimit-remaining``, ``-requests`` or ``-tokens``, of 0). Nothing is sent for as long as it asks,
and half as many calls may be under way after it. Each round of successes lets one more call go at a time, up to the
most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .retry import Retry, asked_wait

_LIMITS = ("", "-requests", "-tokens")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "": 1.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[hms]|$)")
_EPOCH = 1e9
"""A number from here on is no count of seconds, but a moment."""


class Pace:
    """How many calls may be under way, and when the next request may go.

    Args:
        most: How many calls at most.
        retry: The policy of the calls: how long to wait where nobody says, and at most.
    """

    def __init__(self, most: int, retry: Retry) -> None:
        self._most = most
        self._retry = retry
        self._lanes = float(most)
        self._round = 0
        self._refusals = 0
        self._until = 0.0

    @property
    def lanes(self) -> int:
        """How many calls may be under way."""
        return int(self._lanes)

    def wait(self, clock: float) -> float:
        """Return how many seconds nothing may be sent, 0 where it may."""
        return max(0.0, self._until - clock)

    def sent(self) -> int:
        """Return the round that a request belongs to; its answer is to be told with it.

        A round ends when the calls slow down: the requests under way then were sent too fast together, and slow them
        down once.
        """
        return self._round

    def answered(self, round_: int, status: int, headers: Mapping[str, str], *, clock: float, now: float) -> None:
        """Take an answer into account.

        Args:
            round_: What ``sent`` returned for its request.
            status: Its status.
            headers: Its headers, found by lower-case name.
            clock: The time by the clock of the calls, in seconds from any moment on.
            now: The time of day, in seconds since the epoch.
        """
        asked = asked_wait(headers, now) if status == 429 or status >= 500 else None
        used_up, reset = _used_up(headers, now)
        if status == 429 or asked is not None or used_up:
            self._slow(round_, asked if asked is not None else reset, clock)
        elif status < 500 and round_ == self._round:
            self._refusals = 0
            self._lanes = min(self._most, self._lanes + 1 / self._lanes)

    def _slow(self, round_: int, asked: float | None, clock: float) -> None:
        if round_ == self._round:
            self._round += 1
            self._refusals += 1
            self._lanes = max(1.0, self._lanes / 2)
        retry = self._retry
        if asked is None:
            asked = min(retry.longest_wait, retry.first_wait * 2.0 ** min(self._refusals - 1, 60))
        self._until = max(self._until, clock + min(asked, retry.longest_asked))


def _used_up(headers: Mapping[str, str], now: float) -> tuple[bool, float | None]:
    """Tell whether nothing of a limit is left, and in how many seconds there will be, where the answer says so."""
    limits = [each for each in _LIMITS if _none_left(headers.get(f"x-ratelimit-remaining{each}"))]
    resets = [_seconds(headers.get(f"x-ratelimit-reset{each}", ""), now) for each in limits]
    return bool(limits), max((each for each in resets if each is not None), default=None)


def _none_left(text: str | None) -> bool:
    return text is not None and "0" in (each.strip() for each in text.split(","))


def _seconds(text: str, now: float) -> float | None:
    """Return a time such as ``1s``, ``6m0s``, ``20ms``, ``7.5``, or seconds since the epoch; the last of several."""
    last = text.rpartition(",")[2].strip()
    parts = _PART.findall(last)
    if not parts or "".join(number + unit for number, unit in parts) != last:
        return None
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return max(0.0, seconds - now) if seconds >= _EPOCH else seconds
