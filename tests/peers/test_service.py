"""The service of tests/client/migration as it was, with portkey-ai, beside what it became."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.client.migration import after, story


@pytest.mark.filterwarnings("ignore")
def test_the_service_does_the_same_as_before() -> None:
    """Every answer, stream, vector, batch and error is the same before and after the imports are changed."""
    before = import_module("tests.client.migration.before")  # the type checkers' environment has no portkey-ai
    assert story.outcome(before) == story.outcome(after)
