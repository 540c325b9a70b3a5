"""The served mock stands what schemathesis and spoilt bytes do to it (see `fuzz` for more of it)."""

from __future__ import annotations

from tests.mock.fuzz import fuzz, served


def test_the_served_mock_stands_everything() -> None:
    """In all phases of schemathesis, and under spoilt bytes: the same process, an answer each time, none above 499."""
    with served() as address:
        told = fuzz(address, every=40, examples=2, steps=3, requests=1000)
    assert not told.wrong, "\n\n".join(told.wrong[:5])
    assert {101, 200, 400, 401, 404, 415} <= told.answers.keys()
    assert sum(told.answers.values()) > 500
