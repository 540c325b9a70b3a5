"""`map` with a journal, killed at every point: before, in and after each line written and each request sent."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from portkey_client import AsyncPortkey, JournalError, Portkey, journal
from portkey_client.bulk import Outcome
from tests.client.wire import KEYS, Time

BEHAVIOURS = ["ok"] * 6 + ["429", "unreachable", "lost", "500"]
SEEDS = range(8)


class Crash(BaseException):
    """The program is killed."""


class Machine:
    """A program that can be killed, with the file it writes to and the gateway it talks to."""

    def __init__(self, seed: int, path: Path) -> None:
        self.random = random.Random(seed)
        self.path = path
        self.count = self.random.randint(1, 5)
        self.concurrency = self.random.randint(1, 3)
        self.plan = {name: [self.random.choice(BEHAVIOURS) for _ in range(3)] for name in map(str, range(self.count))}
        self.done: Counter[str] = Counter()
        """How often the gateway carried an item out."""
        self.requests: list[tuple[str, str | None]] = []
        """Each request that arrived: its item, and its idempotency key."""
        self.keys: set[str] = set()
        self.by_key = False
        """Whether the gateway honours idempotency keys."""
        self.left: int | None = None
        """How many steps remain until the program is killed; `None`: it lives."""

    def step(self) -> None:
        """Do one more thing, or be killed."""
        if self.left is not None:
            if self.left <= 0:
                raise Crash
            self.left -= 1

    def write(self, fd: int, line: bytes) -> None:
        """Write a line in two halves; the program may be killed before, between and after."""
        half = self.random.randint(1, len(line)) if len(line) > 1 else 1
        self.step()
        os.write(fd, line[:half])
        self.step()
        os.write(fd, line[half:])
        self.step()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; the program may be killed before it arrives, and before its answer does."""
        self.step()
        name = json.loads(request.content)["input"] if request.content else request.url.path.rpartition("/")[2]
        planned = self.plan.get(name)
        behaviour = planned.pop(0) if planned else "ok"
        if behaviour == "unreachable":
            raise httpx.ConnectError("down")
        key = request.headers.get("idempotency-key")
        self.requests.append((name, key))
        if behaviour == "429":
            return httpx.Response(429, json={"error": {"message": "slow down"}})
        if not (self.by_key and key in self.keys):
            self.done[name] += 1
            self.keys.add(str(key))
        self.step()
        if behaviour == "lost":
            raise httpx.ReadError("lost")
        return httpx.Response(500 if behaviour == "500" else 200, json={"id": name, "model": f"said {name}"})

    async def answer_async(self, request: httpx.Request) -> httpx.Response:
        """The same, in any order with other requests."""
        for _ in range(self.random.randint(0, 3)):
            await asyncio.sleep(0)
        return self.answer(request)

    def items(self, method: str) -> list[dict[str, str]]:
        """Return the items of a method."""
        name = "batch_id" if method == "retrieve" else "input"
        more = {} if method == "retrieve" else {"model": "m"}
        return [{name: str(number), **more} for number in range(self.count)]

    def killed_after(self, steps: int, run: str, **options: Any) -> bool:
        """Run the program for so many steps; tell whether it was killed before its end."""
        self.left = steps
        try:
            getattr(self, run)(**options)
        except Crash:
            return True
        except JournalError:  # of another thread, after it
            assert self.left == 0
            return True
        finally:
            self.left = None
        return False

    def run(self, method: str = "create", **options: Any) -> list[Outcome[Any]]:
        """Run the program until it ends or is killed."""
        http = httpx.Client(transport=httpx.MockTransport(self.answer))
        client = Portkey(**KEYS, http_client=http)
        client._world = Time().world
        call: Callable[..., Any] = client.batches.retrieve if method == "retrieve" else client.embeddings.create
        given: Any = {"concurrency": self.concurrency, "journal": self.path, **options}
        return list(client.map(call, self.items(method), **given))

    def run_async(self, method: str = "create", **options: Any) -> list[Outcome[Any]]:
        """Run the same program with the asynchronous client."""

        async def run() -> list[Outcome[Any]]:
            http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer_async))
            client = AsyncPortkey(**KEYS, http_client=http)
            client._world = Time().world
            call: Callable[..., Any] = client.batches.retrieve if method == "retrieve" else client.embeddings.create
            given: Any = {"concurrency": self.concurrency, "journal": self.path, **options}
            async with client.map(call, self.items(method), **given) as outcomes:
                return [outcome async for outcome in outcomes]

        return asyncio.run(run())


def killed(seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch, run: str, **options: Any) -> Iterator[Machine]:
    """Yield a machine for each point at which a run can be killed, killed there, some of them twice."""
    for point in count():
        machine = Machine(seed, folder / f"{point}.jsonl")
        machine.by_key = bool(options.get("idempotency_keys"))
        monkeypatch.setattr(journal, "write_line", machine.write)
        if not machine.killed_after(point, run, **options):
            assert point >= 6
            return
        again = random.Random(f"{seed} {point}")
        if again.random() < 0.3:
            machine.killed_after(again.randint(0, 30), run, **options)
        yield machine


@pytest.mark.parametrize("run", ["run", "run_async"])
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_is_done_twice(
    seed: int, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a run is killed, the next has each item once, tells no lie about it, and nothing was created twice."""
    for machine in killed(seed, tmp_path, monkeypatch, run):
        outcomes = getattr(machine, run)()
        assert [outcome.key for outcome in outcomes] == [str(number) for number in range(machine.count)]
        assert all(times == 1 for times in machine.done.values())
        for outcome in outcomes:
            if outcome.state == "done":
                assert outcome.unwrap().model == f"said {outcome.key}"
                assert machine.done[outcome.key] == 1
            elif outcome.state == "failed":
                assert machine.done[outcome.key] == 0
        requests = list(machine.requests)
        again = getattr(machine, run)()
        assert all(outcome.replayed for outcome in again)
        assert [(o.key, o.state, o.attempts, str(o.error)) for o in again] == [
            (o.key, o.state, o.attempts, str(o.error)) for o in outcomes
        ]
        assert machine.requests == requests


@pytest.mark.parametrize("run", ["run", "run_async"])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_asked_for_is_sent_again(seed: int, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `resend`, another run sends what failed and what nobody knows, and nothing that is done."""
    for machine in killed(seed, tmp_path, monkeypatch, run):
        first = {outcome.key: outcome for outcome in getattr(machine, run)()}
        machine.plan.clear()
        before = len(machine.requests)
        outcomes = getattr(machine, run)(resend={"failed", "unknown"})
        assert {outcome.state for outcome in outcomes} == {"done"}
        sent = [name for name, _ in machine.requests[before:]]
        assert sorted(sent) == [key for key, outcome in first.items() if not outcome.ok]


@pytest.mark.parametrize("run", ["run", "run_async"])
@pytest.mark.parametrize("seed", SEEDS)
def test_under_a_key_a_call_is_sent_again_until_its_answer_is_there(
    seed: int, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under idempotency keys nothing stays unknown: what was begun is sent again under the key that it had."""
    for machine in killed(seed, tmp_path, monkeypatch, run, idempotency_keys=True):
        machine.plan.clear()
        outcomes = getattr(machine, run)(idempotency_keys=True)
        assert {outcome.state for outcome in outcomes} <= {"done", "failed"}
        assert all(times == 1 for times in machine.done.values())
        keys = {(name, key) for name, key in machine.requests}
        assert None not in {key for _, key in keys}
        assert len(keys) == len({name for name, _ in keys})


@pytest.mark.parametrize("run", ["run", "run_async"])
def test_what_only_reads_is_sent_again_by_itself(run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that changes nothing and was begun is sent again by the next run without being asked to."""
    for machine in killed(1, tmp_path, monkeypatch, run, method="retrieve"):
        machine.plan.clear()
        outcomes = getattr(machine, run)(method="retrieve")
        assert {outcome.state for outcome in outcomes} <= {"done", "failed"}
        assert all(outcome.unwrap()["id"] == outcome.key for outcome in outcomes if outcome.ok)
