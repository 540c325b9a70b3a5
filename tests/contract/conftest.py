"""What holds while the contract suite runs."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.repeatable import repeatable


@pytest.fixture(autouse=True, scope="module")
def same_requests() -> Iterator[None]:
    """The same requests every time, whichever tests ran before."""
    with repeatable():
        yield


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
