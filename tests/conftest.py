"""What holds in every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

# How long an example takes says something about the machine and nothing about what is tested. The same examples every
# time: a commit that was green stays green. `make test ARGS=--hypothesis-profile=search` looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tell how many plans of faults to play, or which one; see tests/client/chaos."""
    parser.addoption("--chaos", type=float, default=1.0, metavar="N", help="play N times as many plans of faults")
    parser.addoption("--chaos-plan", metavar="JSON", help="play this plan of faults, as a failing test printed it")
