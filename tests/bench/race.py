"""Timing: every round runs all contenders, so that a slow moment of the machine hits them all; the median counts."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

SLICE = 0.05  # seconds one contender runs per round


def race(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds per call of each contender, the median of `rounds`."""
    repeats = {name: _repeats(call) for name, call in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            times[name].append(_time(call, repeats[name]))
    return {name: median(measured) for name, measured in times.items()}


def _repeats(call: Callable[[], object]) -> int:
    """How often `call` fits into one slice; calling it here also warms it up."""
    call()
    return max(1, round(SLICE / _time(call, 5)))


def _time(call: Callable[[], object], repeats: int) -> float:
    start = perf_counter()
    for _ in range(repeats):
        call()
    return (perf_counter() - start) / repeats
