"""Where a plan is played: a client on a failing line, one clock for both, and what must hold whatever happens."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx

from portkey_client import AsyncPortkey, Portkey, PortkeyError, RequestRefusedError
from portkey_client.retry import Retry
from portkey_client.steps import World
from portkey_mock import ManualClock, Mock
from tests.client.chaos.line import Front, Line
from tests.client.chaos.plan import NOW, Plan
from tests.client.wire import KEYS

RETRIES = 2


class Stage:
    """One run of one plan with one of the two clients.

    Attributes:
        client: the client, of either kind.
        line: its connection.
        front: the gateway at the other end.
        folder: an empty folder.
        random: draws the scene's own choices, the same for both clients.
        outcomes: what every call came to, to compare the two clients.
    """

    def __init__(self, plan: Plan, mock: Mock, folder: Path, *, asynchronous: bool) -> None:
        self.clock = ManualClock(NOW)
        self.line = Line(plan, mock, self.clock)
        self.plan = plan
        self.front: Front = mock.gateway  # type: ignore[assignment]  # ours, see `stage_for`
        self.folder = folder
        self.random = Random(plan.seed)
        self.outcomes: list[str] = []
        self._spread = Random(plan.seed)
        self._asynchronous = asynchronous
        self.client: Any = self._client()

    def _client(self) -> Any:
        jitter = self._spread.random
        world = World(self.clock, self.clock, jitter, self.clock.advance, self._asleep)
        given: dict[str, Any] = {**KEYS, "retries": Retry(RETRIES, deadline=self.plan.deadline), "timeout": 60.0}
        if self._asynchronous:
            http = httpx.AsyncClient(transport=self.line, trust_env=False)
            client: Any = AsyncPortkey(**given, http_client=http)
        else:
            client = Portkey(**given, http_client=httpx.Client(transport=self.line, trust_env=False))
        client._world = world
        return client

    async def _asleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.clock.advance(seconds)

    async def do(self, work: Callable[[], Any]) -> Any:
        """What a call of the client returns, be it synchronous or not."""
        made = work()
        return await made if inspect.isawaitable(made) else made

    async def each(self, items: Any) -> AsyncIterator[Any]:
        """What the client yields, be it synchronous or not."""
        if hasattr(items, "__aiter__"):
            async for item in items:
                yield item
        else:
            for item in items:
                yield item

    async def taken(self, items: Callable[[], Any], into: list[Any]) -> None:
        """Puts what the client yields into a list, so that what came before an error can be seen, too."""
        async for item in self.each(items()):
            into.append(item)  # noqa: PERF401  # one by one: the next one may raise

    async def tried(self, work: Callable[[], Any], within: float | None = None) -> tuple[Any, PortkeyError | None]:
        """What a call came to: what it returns, or its error, which must be one of ours.

        `within` is how many seconds it may take, where that is not the deadline of the plan.
        """
        began, slow = self.clock(), self.line.slow
        made, failed = None, None
        try:
            made = await self.do(work)
        except PortkeyError as error:
            failed = error
        self.outcomes.append(type(failed).__name__)
        limit = self.plan.deadline if within is None else within
        took = self.clock() - began - (self.line.slow - slow)
        assert limit is None or took <= limit + 0.01, f"it took {took} of {limit} seconds"
        assert self.line.opened == self.line.closed, "an answer was left open"
        if failed is not None:
            self.check(failed)
        return made, failed

    def check(self, error: PortkeyError) -> None:
        """What holds for every error: it is of our tree, says of which call it is, and how often that was tried."""
        assert type(error).__module__ == "portkey_client.errors", repr(error)
        assert error.operation or isinstance(error, RequestRefusedError), f"{error!r} names no operation"
        assert 0 <= error.attempts <= RETRIES + 1, f"{error.attempts} attempts"
        assert str(error), repr(error)

    def kept(self, collection: str) -> dict[str, Any]:
        """What the gateway keeps: `/files`, `/batches`."""
        return self.front.state().get(collection, {})

    def done(self, call: str) -> int:
        """How often the gateway carried a call out."""
        return self.front.done[call]
