"""The same requests from the same seed, whatever else this process has imported."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from unittest import mock

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants


@contextmanager
def repeatable() -> Generator[None]:
    """While it lasts, requests depend on the seed alone.

    Hypothesis likes to send words that it finds in the source of the modules of this project, and that would depend on
    which of them were imported before in the same process. It has no switch for it.
    """
    with mock.patch.object(providers, "_get_local_constants", Constants):
        providers.CONSTANTS_CACHE.cache.clear()
        yield
    providers.CONSTANTS_CACHE.cache.clear()
