from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_client import Retry
from portkey_client.pace import Pace

NOW = 1_700_000_000.0
RETRY = Retry()


class Seen(NamedTuple):
    """An answer, how long after the one before it, and whether its request was sent before the last slowing down."""

    status: int
    headers: dict[str, str]
    later: float
    early: bool


ANSWERS = st.builds(
    Seen,
    status=st.sampled_from([200, 200, 246, 400, 429, 500, 503, 529]),
    headers=st.dictionaries(
        st.sampled_from(
            ["retry-after", "retry-after-ms", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]
        ),
        st.sampled_from(["0", "1", "7", "6m0s", "20ms", "soon", "", "-1", "99999"]),
    ),
    later=st.floats(0, 100),
    early=st.booleans(),
)


def slow(pace: Pace, headers: dict[str, str] | None = None, status: int = 429, clock: float = 0.0) -> float:
    """Tell a pace of an answer that slows it down, and return how long it then waits."""
    pace.answered(pace.sent(), status, headers or {}, clock=clock, now=NOW)
    return pace.wait(clock)


@given(st.integers(1, 64), st.lists(ANSWERS, max_size=60))
def test_whatever_comes_the_pace_keeps_its_bounds(most: int, answers: Sequence[Seen]) -> None:
    """Between 1 and the most calls go at a time, no wait is longer than the policy allows, and none is cut short."""
    pace, clock, before = Pace(most, RETRY), 0.0, 0
    for seen in answers:
        clock += seen.later
        lanes, wait, round_ = pace.lanes, pace.wait(clock), pace.sent()
        pace.answered(before if seen.early else round_, seen.status, seen.headers, clock=clock, now=NOW)
        before = round_
        assert 1 <= pace.lanes <= most
        assert wait <= pace.wait(clock) <= RETRY.longest_asked + 1e-9  # what adding and taking away a time may lose
        assert pace.lanes >= lanes // 2
        if pace.sent() != round_:
            assert pace.lanes == max(1, lanes // 2)
        elif seen.status == 429:
            assert seen.early
            assert pace.lanes == lanes


@given(st.integers(2, 64), st.integers(1, 64))
def test_what_was_sent_together_slows_down_once(most: int, refused: int) -> None:
    """Refusals of requests that were under way together halve the number of calls once, not once each."""
    pace = Pace(most, RETRY)
    rounds = [pace.sent() for _ in range(refused)]
    for round_ in rounds:
        pace.answered(round_, 429, {}, clock=0.0, now=NOW)
    assert pace.lanes == most // 2


@given(st.integers(1, 32), st.integers(1, 10))
def test_it_recovers_by_one_call_a_round(most: int, refusals: int) -> None:
    """After any number of slowings, a round of successes adds about one call, until there are as many as ever."""
    pace = Pace(most, RETRY)
    for _ in range(refusals):
        slow(pace)
    rounds = 0
    while pace.lanes < most:
        lanes = pace.lanes
        for _ in range(lanes + 1):
            pace.answered(pace.sent(), 200, {}, clock=0.0, now=NOW)
        assert lanes <= pace.lanes <= lanes + 2
        rounds += 1
        assert rounds <= 2 * most
    pace.answered(pace.sent(), 200, {}, clock=0.0, now=NOW)
    assert pace.lanes == most


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (429, {"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        (429, {"retry-after": "3600"}, 60.0),
        (429, {"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"}, 10.0),
        (429, {}, 0.5),
        (503, {"retry-after": "2"}, 2.0),
        (529, {"retry-after": "2"}, 2.0),
        (429, {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6s"}, 6.0),
        (200, {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0.5s"}, 60.0),
        (200, {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 0.02),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7.5"}, 7.5),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 3)}, 3.0),
        (200, {"x-ratelimit-remaining": "5, 0", "x-ratelimit-reset": "1, 2s"}, 2.0),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, 0.5),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "4s"}, 4),
    ],
)
def test_what_slows_down_and_for_how_long(status: int, headers: dict[str, str], wait: float) -> None:
    """Each way that gateways have of asking to wait is understood, up to the longest wait of the policy."""
    pace = Pace(8, RETRY)
    assert slow(pace, headers, status) == pytest.approx(wait)
    assert pace.lanes == 4


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1s"}),
        (200, {"retry-after": "5"}),
        (409, {"retry-after": "5"}),
        (500, {}),
    ],
)
def test_what_does_not_slow_down(status: int, headers: dict[str, str]) -> None:
    """What is left of a limit, an object that is not ready, and a server's own fault are no reason to slow down."""
    pace = Pace(8, RETRY)
    assert slow(pace, headers, status) == 0.0
    assert pace.lanes == 8


def test_where_nobody_says_how_long_it_waits_longer_each_time() -> None:
    """Refusals without a time make waits that double up to the longest of the policy, and a success starts again."""
    pace = Pace(8, RETRY)
    assert [slow(pace, clock=100.0 * turn) for turn in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    pace.answered(pace.sent(), 200, {}, clock=1000.0, now=NOW)
    assert slow(pace, clock=1000.0) == 0.5
