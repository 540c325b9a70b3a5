"""Who carries many calls out: threads for the synchronous client, tasks of asyncio for the other one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Condition
from typing import Any, Generic, Protocol, TypeVar

from .steps import complete

R = TypeVar("R")
Job = Callable[[], Coroutine[Any, Any, R]]


class Mark:
    """What comes in the place of an item."""


END = Mark()
"""There is no item any more."""
LATER = Mark()
"""There is none yet."""


class Crew(Protocol[R]):
    """What takes items, starts jobs, and collects what came of them, all in the thread or task of the caller."""

    def take(self) -> Any:
        """Return the next item, ``END`` or ``LATER``."""

    def start(self, job: Job[R]) -> None:
        """Start a job beside all others."""

    async def collect(self, *, wait: bool) -> list[R]:
        """Return what came of the jobs that ended meanwhile, raising what one of them raised.

        Args:
            wait: Whether to wait for a job, or an item, where there is none yet.
        """
        ...

    def wake(self) -> None:
        """End the waiting of ``collect``."""

    async def enter(self, most: Callable[[], int]) -> None:
        """Wait, within a job, until fewer than that many requests are on their way, and count one more."""

    def exit(self) -> None:
        """Count one less."""

    async def leave(self) -> None:
        """Return when nothing goes on any more."""


class Threads(Generic[R]):
    """Jobs in threads. They cannot be cancelled: leaving waits for them.

    Args:
        most: How many at most at a time.
        items: What the jobs are for.
    """

    def __init__(self, most: int, items: Iterable[Any]) -> None:
        self._items: Iterator[Any] = iter(items)
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="portkey-map")
        self._ended: SimpleQueue[Future[R] | None] = SimpleQueue()
        self._sending = 0
        self._room = Condition()

    def take(self) -> Any:
        """Return the next item, or ``END``."""
        return next(self._items, END)

    def start(self, job: Job[R]) -> None:
        """Start a job in a thread, in a copy of the context."""
        context = copy_context()
        self._pool.submit(context.run, _completed, job).add_done_callback(self._ended.put)

    async def collect(self, *, wait: bool) -> list[R]:
        """Return what came of the jobs that ended meanwhile."""
        ended = [self._ended.get()] if wait else []
        try:
            while True:
                ended.append(self._ended.get_nowait())
        except Empty:
            return [future.result() for future in ended if future is not None]

    def wake(self) -> None:
        """End the waiting of ``collect``."""
        self._ended.put(None)

    async def enter(self, most: Callable[[], int]) -> None:
        """Wait until fewer than that many requests are on their way, and count one more."""
        with self._room:
            self._room.wait_for(lambda: self._sending < most())
            self._sending += 1

    def exit(self) -> None:
        """Count one less."""
        with self._room:
            self._sending -= 1
            self._room.notify_all()

    async def leave(self) -> None:
        """Wait for the jobs under way."""
        self._pool.shutdown()


def _completed(job: Job[R]) -> R:
    return complete(job())


class Tasks(Generic[R]):
    """Jobs in tasks of asyncio, for items that may come asynchronously. Leaving cancels them.

    Args:
        items: What the jobs are for.
    """

    def __init__(self, items: Iterable[Any] | AsyncIterable[Any]) -> None:
        self._items: Iterator[Any] | AsyncIterator[Any]
        self._items = aiter(items) if isinstance(items, AsyncIterable) else iter(items)
        self._next: asyncio.Task[Any] | None = None
        self._tasks: set[asyncio.Task[R]] = set()
        self._ended: list[asyncio.Task[R]] = []
        self._woken = asyncio.Event()
        self._sending = 0
        self._room = asyncio.Event()

    def take(self) -> Any:
        """Return the next item, ``END`` or ``LATER``."""
        if not isinstance(self._items, AsyncIterator):
            return next(self._items, END)
        if self._next is None:
            self._next = asyncio.create_task(_following(self._items))
            self._next.add_done_callback(lambda _: self._woken.set())
        if not self._next.done():
            return LATER
        fetched, self._next = self._next, None
        return fetched.result()

    def start(self, job: Job[R]) -> None:
        """Start a job in a task."""
        task = asyncio.create_task(job())
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[R]) -> None:
        self._tasks.discard(task)
        self._ended.append(task)
        self._woken.set()

    async def collect(self, *, wait: bool) -> list[R]:
        """Return what came of the jobs that ended meanwhile."""
        if wait:
            await self._woken.wait()
        self._woken.clear()
        results = [task.result() for task in self._ended]
        self._ended.clear()
        return results

    def wake(self) -> None:
        """End the waiting of ``collect``."""
        self._woken.set()

    async def enter(self, most: Callable[[], int]) -> None:
        """Wait until fewer than that many requests are on their way, and count one more."""
        while self._sending >= most():
            self._room.clear()
            await self._room.wait()
        self._sending += 1

    def exit(self) -> None:
        """Count one less."""
        self._sending -= 1
        self._room.set()

    async def leave(self) -> None:
        """Cancel the jobs under way, and wait until they have ended."""
        left: set[asyncio.Task[Any]] = {*self._tasks, *self._ended, *([self._next] if self._next else [])}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _following(items: AsyncIterator[Any]) -> Any:
    return await anext(items, END)
