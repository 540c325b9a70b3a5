"""The same requests from the same seed, whatever else this process has imported, and no time lost on names."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.strategies._internal import lazy


@contextmanager
def repeatable() -> Generator[None]:
    """While it lasts, requests depend on the seed alone.

    Hypothesis likes to send words that it finds in the source of the modules of this project, and that would depend on
    which of them were imported before in the same process. It has no switch for it.

    Nor has it one for the names of strategies: it reads the source of each lambda again to have one, which takes a
    twentieth of the time of the suite.
    """
    unread = mock.patch.object(lazy, "get_pretty_function_description", _name)
    with mock.patch.object(providers, "_get_local_constants", Constants), unread:
        providers.CONSTANTS_CACHE.cache.clear()
        yield
    providers.CONSTANTS_CACHE.cache.clear()


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", "a function"))
