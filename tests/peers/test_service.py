"""The service of tests/client/migration as it was, with portkey-ai, beside what it became."""

from __future__ import annotations

import pytest

from tests.client.migration import after, before, story


@pytest.mark.filterwarnings("ignore")
def test_the_service_does_the_same_as_before() -> None:
    """Every answer, stream, vector, batch and error is the same before and after the imports are changed."""
    assert story.outcome(before) == story.outcome(after)
