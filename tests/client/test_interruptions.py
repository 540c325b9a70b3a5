"""Interrupted anywhere, the same call picks up again: the life of a batch in a process that keeps dying."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portkey_client import Portkey
from portkey_client.steps import World
from portkey_mock import Gateway, GatewayTransport, ManualClock
from tests.client.wire import KEYS

REQUESTS = [
    {"custom_id": f"q{number}", "body": {"model": "m", "messages": [{"role": "user", "content": "hi"}]}}
    for number in range(5)
]


class Killed(BaseException):
    """The process ends here, as by a signal: nothing of ours catches it."""


class Life:
    """One gateway, and processes that use it, each with a client of its own, and each until it is killed.

    A step is whatever can be the last thing a process does: a request that arrives or does not, an answer that does or
    does not, a piece of a body, a wait, and each time the caller is told something.
    """

    gateway = Gateway(clock=ManualClock())

    def __init__(self, deaths: list[int]) -> None:
        """Start over; the processes die after as many steps as ``deaths`` say, one after the other, the last never."""
        self.clock = ManualClock()
        self.gateway.reset()
        self.gateway._clock = self.clock
        self.gateway._now = self.clock()
        self.deaths = deaths
        self.left = 0
        self.steps = 0
        self.sent: list[str] = []

    def step(self, *_: object) -> None:
        """Die, or go on."""
        self.steps += 1
        self.left -= 1
        if self.left == 0:
            raise Killed

    def client(self) -> Portkey:
        """Return the client of the next process."""
        inner = GatewayTransport(self.gateway)

        def answer(request: httpx.Request) -> httpx.Response:
            self.step()
            self.sent.append(f"{request.method} {request.url.path}")
            body = inner.handle_request(request)
            self.step()
            return httpx.Response(body.status_code, headers=body.headers, stream=Pieces(body.read(), self.step))

        def sleep(seconds: float) -> None:
            self.step()
            self.clock.advance(seconds)

        client = Portkey(**KEYS, http_client=httpx.Client(transport=httpx.MockTransport(answer), trust_env=False))
        client._world = World(self.clock, self.clock, lambda: 1.0, sleep, asyncio.sleep)
        return client

    def lived(self, work: Callable[[Portkey], Any]) -> Any:
        """Return what the same work comes to in the first process that lives long enough."""
        while True:
            self.left = self.deaths.pop(0) if self.deaths else 0
            try:
                return work(self.client())
            except Killed:
                continue


class Pieces(httpx.SyncByteStream):
    """A body in pieces, each of which may be the last thing that comes."""

    def __init__(self, content: bytes, step: Callable[[], None]) -> None:
        self.content, self.step = content, step

    def __iter__(self) -> Iterator[bytes]:
        third = len(self.content) // 3 + 1
        for start in range(0, len(self.content), third):
            yield self.content[start : start + third]
            self.step()


def played(deaths: list[int], *, cancel: bool) -> int:
    """Live the life of a batch, and check what came of it; return how many steps it took."""
    life = Life(list(deaths))
    made = life.lived(lambda client: client.batches.submit(REQUESTS, key="daily", on_progress=life.step))
    if cancel:
        life.clock.advance(3.5)
        state = life.lived(lambda client: client.batches.cancel(made.id, wait=True, on_progress=life.step))
    else:
        state = life.lived(lambda client: client.batches.wait(made.id, on_progress=life.step))

    def read(client: Portkey) -> list[Any]:
        found: list[Any] = []
        with closing(client.batches.results(made.id)) as results:  # type: ignore[type-var]  # it is a generator
            for each in results:
                life.step()
                found.append(each.custom_id)
        return found

    found = life.lived(read)
    kept = life.gateway.state()
    assert [each["purpose"] for each in kept["/files"].values()].count("batch") == len(kept["/batches"]) == 1
    assert state.stage == ("cancelled" if cancel else "completed")
    assert found == [f"q{number}" for number in range(state.completed)]
    assert [life.sent.count(f"POST /v1/{each}") for each in ("files", "batches")] == [1, 1]
    return life.steps


@pytest.mark.parametrize("cancel", [False, True])
def test_killed_at_any_step(cancel: bool) -> None:
    """Whatever the last thing was that a process did, the same calls in the next one come to the same end, once."""
    whole = played([], cancel=cancel)
    assert whole > 20
    for last in range(1, whole + 1):
        played([last], cancel=cancel)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 30), max_size=8), st.booleans())
def test_killed_again_and_again(deaths: list[int], cancel: bool) -> None:
    """So they do when process after process is killed."""
    played(deaths, cancel=cancel)


def test_a_download_that_is_killed_at_any_step(tmp_path: Path) -> None:
    """A download that is called again after its process ended comes whole, and nothing else is left in the end."""
    content = bytes(range(256)) * 20
    last, life = 0, Life([])
    while life.left <= 0:  # until there were more steps to live than it took
        last += 1
        life = Life([last])
        file_id = life.gateway._files.add("f", "batch", content, life.clock()).id
        path = tmp_path / "out"
        life.lived(lambda client: client.files.download(file_id, path, on_progress=life.step))  # noqa: B023  # called at once
        assert path.read_bytes() == content
        assert [each.name for each in tmp_path.iterdir()] == ["out"]
        path.unlink()
    assert last > 8
