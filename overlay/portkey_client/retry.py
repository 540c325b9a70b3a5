"""When a call is sent again: a pure policy, without clock, sleep or transport.

====================================  ===============================  =======================================
what an attempt came to               operation that may be repeated   operation that creates or charges
====================================  ===============================  =======================================
no connection came about              again                            again: nothing was sent
it broke, or no answer came in time   again                            given up: it may have been carried out
429                                   again                            again: it was refused
409 that asks to try again            again, but never a cancel        again: it was refused
408, 5xx but 501                      again                            given up
any other with x-should-retry: true   again                            given up
====================================  ===============================  =======================================

Given up, whatever it is: ``x-should-retry: false``, and an answer that the gateway has already retried
(``x-portkey-retry-attempt-count`` other than 0), since retries of both would multiply.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from portkey_api.types import Operation

from .errors import ConfigurationError

IDEMPOTENCY_KEY = "idempotency-key"
_ACTIONS = {
    "cancel": "what is cancelled, or being cancelled, stays so",
    "count_tokens": "it only counts",
    "input_tokens": "it only counts",
    "render": "it only fills a template",
    "search": "it only reads",
}
"""The last part of a POST's path -> why that POST may be repeated though POST is not idempotent."""
_VERSIONED = {"configs.update", "guardrails.update", "prompts.update", "prompts.partials.update"}
"""PUT operations that write a new version each time, so that a repeated one would leave two."""


class Retry(NamedTuple):
    """How often, how long and until when a call is sent again."""

    retries: int = 2
    """How often, after the first attempt."""
    first_wait: float = 0.5
    """Seconds to wait at most before the first retry; each further one may wait twice as long."""
    longest_wait: float = 8.0
    """Seconds to wait at most where the gateway names no time."""
    longest_asked: float = 60.0
    """Seconds to wait at most where the gateway does (``retry-after-ms``, ``Retry-After``)."""
    deadline: float | None = None
    """Seconds after which no attempt begins, counted from the start of the call. Each attempt gets at most what is
    left of it, for each phase of the exchange."""


class Attempt(NamedTuple):
    """Where a call stands after an attempt."""

    number: int
    """1 for the first."""
    elapsed: float
    """Seconds since the call began."""
    repeatable: bool
    """Whether the request may be carried out twice without harm; see ``may_repeat``."""
    cancels: bool = False
    """Whether the operation cancels something: a 409 then says that it is too late."""


class Outcome(NamedTuple):
    """What an attempt came to, when it was no success."""

    status: int | None
    """The status of the answer; ``None`` where none came."""
    headers: Mapping[str, str] = {}
    """The headers of the answer, by lower-case name."""
    sent: bool = True
    """Whether the gateway may have received the request."""


def checked(retry: Retry | int) -> Retry:
    """Return a policy; a number is the number of retries.

    Raises:
        ConfigurationError: A figure is negative, or none at all; the message names it.
    """
    policy = retry if isinstance(retry, Retry) else Retry(retry)
    for name, value in policy._asdict().items():
        optional = name == "deadline" and value is None
        kinds = int if name == "retries" else (int, float)
        if not optional and (not isinstance(value, kinds) or isinstance(value, bool) or not 0 <= value < math.inf):
            raise ConfigurationError(f"retries: {name} must be a number from 0 on, is {value!r}")
    return policy


def may_repeat(operation: Operation[Any], headers: Mapping[str, str]) -> bool:
    """Tell whether an operation can be carried out twice without creating or charging twice.

    So can the methods that are idempotent by RFC 9110, section 9.2.2, but for a PUT that writes a new version; a POST
    that only reads or cancels; and anything under an ``Idempotency-Key``, which must then reach whoever honours it.
    """
    if any(name.lower() == IDEMPOTENCY_KEY and value for name, value in headers.items()):
        return True
    if operation.method == "POST":
        return operation.path.rsplit("/", 1)[-1] in _ACTIONS
    return operation.method in {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"} and operation.name not in _VERSIONED


def cancels(operation: Operation[Any]) -> bool:
    """Tell whether an operation cancels something."""
    return operation.path.endswith("/cancel")


def decide(retry: Retry, attempt: Attempt, outcome: Outcome, *, now: float, jitter: float) -> float | None:
    """Return how many seconds to wait before the next attempt, or ``None`` to give up.

    Args:
        retry: The policy.
        attempt: Where the call stands.
        outcome: What the attempt came to.
        now: The time of day, in seconds since the epoch, for a ``Retry-After`` that is a date.
        jitter: A random number from 0 to 1: the wait is spread over all of its length, so that clients that failed
            together do not come back together.
    """
    if attempt.number > retry.retries or not _worthwhile(attempt, outcome):
        return None
    asked = asked_wait(outcome.headers, now)
    if asked is None:
        wait = jitter * min(retry.longest_wait, retry.first_wait * 2.0 ** min(attempt.number - 1, 60))
    else:
        wait = min(asked, retry.longest_asked)
    return None if retry.deadline is not None and attempt.elapsed + wait >= retry.deadline else wait


def _worthwhile(attempt: Attempt, outcome: Outcome) -> bool:
    """Tell whether another attempt may help and cannot harm; the table above, row by row."""
    status, headers = outcome.status, outcome.headers
    if status is None:
        return attempt.repeatable or not outcome.sent
    wanted = headers.get("x-should-retry", "").strip().lower()
    told = headers.get("x-portkey-retry-attempt-count", "")  # of each gateway on the way, where there are several
    if wanted == "false" or any(count.strip() not in ("", "0") for count in told.split(",")):
        return False
    if status == 429:
        return True
    if status == 409:
        return not attempt.cancels and (wanted == "true" or asked_wait(headers, 0.0) is not None)
    transient = status == 408 or (500 <= status != 501)
    return attempt.repeatable and (transient or wanted == "true")


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds an answer asks to wait: ``retry-after-ms``, else ``Retry-After`` (RFC 9110, 10.2.3)."""
    for name, unit in (("retry-after-ms", 1e3), ("x-ms-retry-after-ms", 1e3), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if (seconds := _number(text)) is not None:
            return seconds / unit
        if text and name == "retry-after" and (moment := _moment(text)) is not None:
            return max(0.0, moment - now)
    return None


def _number(text: str) -> float | None:
    """Return a number from 0 on, ``None`` for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _moment(text: str) -> float | None:
    """Return an HTTP-date, which is always in GMT (RFC 9110, section 5.6.7), as seconds since the epoch."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
