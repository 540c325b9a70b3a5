"""A run on the mock in several processes: a gateway in memory has no better use for two cores.

Each is started anew and not forked, as that is what every system has.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

from portkey_mock import Gateway, ManualClock
from tests.contract.profiles import Profile
from tests.contract.results import Results, merged
from tests.contract.run import Depth, run

_PARTS: Final = 2


def on_the_mock(profile: Profile, seed: int, depth: Depth) -> Results:
    """One run of the suite on the mock, each part of it on a mock of its own."""
    with ProcessPoolExecutor(_PARTS, get_context("spawn")) as pool:
        parts = [pool.submit(_part, profile, seed, depth, number) for number in range(_PARTS)]
        return merged([part.result() for part in parts])


def _part(profile: Profile, seed: int, depth: Depth, number: int) -> Results:
    clock = ManualClock()
    return run(Gateway(clock=clock), profile, seed, depth, wait=clock.advance, share=(number, _PARTS))
