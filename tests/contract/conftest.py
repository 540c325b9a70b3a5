"""What holds while the contract suite runs."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants


@pytest.fixture(autouse=True, scope="module")
def repeatable() -> Iterator[None]:
    """The same requests every time.

    Hypothesis likes to send words that it finds in the source of the modules of this project, and that would depend on
    which tests ran before in the same process. It has no switch for it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "_get_local_constants", Constants)
        providers.CONSTANTS_CACHE.cache.clear()
        yield
    providers.CONSTANTS_CACHE.cache.clear()


@pytest.fixture(autouse=True)
def unmeasured() -> Iterator[None]:
    """Coverage is asked of the other tests: measured, the thirty thousand requests of these take twice as long.

    The marker `no_cover` does not do it: in a worker of xdist a second measurement waits below the one that it stops.
    """
    here, threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    yield
    sys.settrace(here)
    threading.settrace(threads)


@pytest.fixture(autouse=True)
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves this machine."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if address[0] != "127.0.0.1":
            raise AssertionError(f"The suite wanted to connect to {address}.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
