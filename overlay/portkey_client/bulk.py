"""Many calls of one method: so many at a time, each with its own outcome, at the pace the gateway asks for.

The loop that reads the outcomes drives the work: it takes items, starts calls and collects what came of them, so that
nothing runs ahead of it by more than a few rounds, whatever the number of items. Threads or tasks only carry calls out.
"""

from __future__ import annotations

import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sized,
)
from contextlib import aclosing
from functools import partial
from inspect import signature
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, ParamSpec, TypeAlias, TypedDict, TypeVar

from .bound import tapped
from .crews import END, LATER, Crew, Tasks, Threads
from .errand import Errand
from .errors import (
    ConfigurationError,
    JournalError,
    PortkeyError,
)
from .journal import Journal, State
from .pace import Pace
from .transfer import Progress

if TYPE_CHECKING:
    from typing import Self

    from .runner import Runner

P = ParamSpec("P")
T = TypeVar("T")
Item: TypeAlias = Mapping[str, Any]
"""The arguments of one call, by name."""
AHEAD = 8
"""How many rounds of calls may run ahead of the outcome whose turn it is."""
_SLICE = 0.5
"""Seconds at most that a thread waits without a look whether it is still wanted."""


class MapOptions(TypedDict, total=False):
    """How ``map`` goes about it."""

    concurrency: int
    """How many calls at most are under way at a time; 32 where it is left out."""
    ordered: bool
    """Whether the outcomes come in the order of the items, as they do where it is left out, or as the calls end."""
    on_progress: Progress | None
    """Is told how many items have their outcome, and of how many, where ``items`` has a length."""
    journal: str | os.PathLike[str] | None
    """A file to note in what was begun and what came of it. The same call with the same file goes on from there."""
    key: Callable[[Any], str] | None
    """Returns the name of an item, which the journal knows it by; its number, from 0 on, where it is left out."""
    resend: Collection[Literal["failed", "unknown"]]
    """Which calls of an earlier run to send once more: those that failed, those of which nobody knows. None of them
    where it is left out."""
    idempotency_keys: bool
    """Whether to send each call under an ``Idempotency-Key`` of its own, where it has none. It may then be sent again,
    by a later run too, for the gateway or the provider to see to that it is carried out once; many do not."""


class Outcome(NamedTuple, Generic[T]):
    """What became of one item."""

    number: int
    """That of the item, from 0 on."""
    key: str
    """Its name."""
    item: Item
    """Its arguments, as they were given."""
    state: State
    """``done``, with a result; ``failed``, with an error; or ``unknown``, with an error, where the call may have been
    carried out all the same."""
    result: T | None
    """What the method returned."""
    error: PortkeyError | None
    """Why it did not."""
    attempts: int
    """How often the request was sent, or tried to be, by the run that had the answer."""
    replayed: bool
    """Whether it comes from the journal, of an earlier run."""

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None

    def unwrap(self) -> T:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        result: Any = self.result
        return result  # type: ignore[no-any-return]  # None where the method returns that


def arguments(method: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
    """Return an item of ``map``, its arguments checked by the type checker: those of the method."""
    bound = signature(method).bind(*args, **kwargs)
    return {**bound.arguments.pop("options", {}), **bound.arguments}


class Work(Generic[T]):
    """Many calls: what all of them share.

    Args:
        method: What each of them calls.
        runner: Sends one of them.
        crew: Carries them out beside one another.
        invoke: Calls the method with an item.
        options: How to go about it.
    """

    def __init__(
        self,
        method: Callable[..., Any],
        runner: Runner[Any],
        crew: Crew[Outcome[T]],
        invoke: Callable[[Callable[..., Any], Item], Awaitable[Any]],
        options: MapOptions,
    ) -> None:
        tapped(method, Errand(self, "").answer)  # raises where it is none that can be mapped
        self.method = method
        self.runner: Runner[Any] = runner
        self.crew: Crew[Outcome[T]] = crew
        self.options: MapOptions = options
        self.most: int = checked(options)
        self.ordered: bool = options.get("ordered", True)
        self.pace: Pace = Pace(self.most, runner.settings.retries)
        self.lock: Lock = Lock()
        """Guards the pace."""
        self.journal: Journal | None = None
        self.stopped: bool = False
        """Whether no further item is to be taken."""
        self.left: bool = False
        """Whether nothing is to be sent any more."""
        self._invoke = invoke
        self._keys: set[str] = set()

    def open(self) -> None:
        """Open the journal, where there is one."""
        path = self.options.get("journal")
        self.journal = Journal(path) if path is not None else None

    def stop(self) -> None:
        """Take no further item."""
        self.stopped = True
        self.crew.wake()

    async def leave(self) -> None:
        """Send nothing any more, and return when nothing goes on."""
        self.left = True
        try:
            await self.crew.leave()
        finally:
            if self.journal is not None:
                self.journal.close()

    def progress(self, done: int, total: int | None) -> None:
        """Tell how many items have their outcome."""
        if on_progress := self.options.get("on_progress"):
            on_progress(done, total)

    def key(self, number: int, item: Item) -> str:
        """Return the name of an item.

        Raises:
            JournalError: Another item has it.
        """
        naming = self.options.get("key")
        if naming is None:
            return str(number)
        key = naming(item)
        if self.journal is not None:
            if key in self._keys:
                raise JournalError(f"two items have the key {key!r}; a journal could not tell them apart")
            self._keys.add(key)
        return key

    async def carry_out(self, number: int, key: str, item: Item) -> Outcome[T]:
        """Return what becomes of an item.

        Raises:
            ConfigurationError: No item could be sent.
            JournalError: The journal cannot be used.
        """
        errand = Errand(self, key)
        try:
            result = await self._invoke(tapped(self.method, errand.answer), item)
        except (ConfigurationError, JournalError):
            raise
        except PortkeyError as error:
            return Outcome(number, key, item, errand.state, None, error, error.attempts, errand.replayed)
        return Outcome(number, key, item, "done", result, None, errand.attempts, errand.replayed)


def checked(options: MapOptions) -> int:
    """Return how many calls may be under way at a time.

    Raises:
        ConfigurationError: An option cannot be used; the message names it.
    """
    concurrency: Any = options.get("concurrency", 32)
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
        raise ConfigurationError(f"concurrency must be a whole number from 1 on, is {concurrency!r}")
    resend = options.get("resend", ())
    if isinstance(resend, str) or not {*resend} <= {"failed", "unknown"}:
        raise ConfigurationError(f'resend must be some of "failed" and "unknown", as in {{"failed"}}; is {resend!r}')
    return concurrency


class _Order(Generic[T]):
    """Holds outcomes until their turn has come."""

    def __init__(self, *, ordered: bool) -> None:
        self.given = 0
        """How many have had their turn."""
        self._ordered = ordered
        self._held: dict[int, Outcome[T]] = {}

    def add(self, outcomes: Iterable[Outcome[T]]) -> None:
        """Take outcomes in."""
        self._held |= {outcome.number: outcome for outcome in outcomes}

    def next(self) -> Outcome[T] | None:
        """Hand out the outcome whose turn it is, ``None`` where it is not there."""
        turn = self.given if self._ordered else next(iter(self._held), self.given)
        outcome = self._held.pop(turn, None)
        self.given += outcome is not None
        return outcome


class _Line(Generic[T]):
    """The items as they are taken, one after another, and how many of them have ended."""

    def __init__(self, work: Work[T], total: int | None) -> None:
        self.under_way = 0
        self._work = work
        self._total = total
        self._taken = 0
        self._ended = 0
        self._over = False

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return (self._over or self._work.stopped) and not self.under_way

    def fill(self, given: int) -> None:
        """Start as many calls as may be under way.

        Args:
            given: How many outcomes have been handed out.
        """
        work, ahead = self._work, given + AHEAD * self._work.most
        while not (self._over or work.stopped) and self.under_way < work.pace.lanes and self._taken < ahead:
            item = work.crew.take()
            if item is LATER:
                return
            if item is END:
                self._over = True
                return
            work.crew.start(partial(work.carry_out, self._taken, work.key(self._taken, item), item))
            self._taken += 1
            self.under_way += 1

    async def collect(self, *, wait: bool) -> list[Outcome[T]]:
        """Return the outcomes of the calls that have ended."""
        outcomes = await self._work.crew.collect(wait=wait)
        self.under_way -= len(outcomes)
        for _ in outcomes:
            self._ended += 1
            self._work.progress(self._ended, self._total)
        return outcomes


async def follow(work: Work[T], total: int | None) -> AsyncGenerator[Outcome[T]]:
    """Yield the outcomes of many calls, and carry them out meanwhile.

    Args:
        work: The calls.
        total: How many they are, where it is known.
    """
    line, order = _Line(work, total), _Order[T](ordered=work.ordered)
    try:
        work.open()
        while True:
            order.add(await line.collect(wait=False))
            line.fill(order.given)
            if (outcome := order.next()) is not None:
                yield outcome
            elif line.ended:
                return
            else:
                order.add(await line.collect(wait=True))
    finally:
        await work.leave()


class Outcomes(Generic[T]):
    """The outcomes of ``map``, one for each item. The loop that reads them drives the work.

    A loop over it ends the work however it is left: nothing is sent any more, and the calls under way are waited for.
    After ``next``, close it, or use it in a ``with`` statement.
    """

    def __init__(self, work: Work[T], total: int | None) -> None:
        self._work = work
        self._outcomes = work.runner.iterate(follow(work, total))

    def __iter__(self) -> Iterator[Outcome[T]]:
        yield from self._outcomes

    def __next__(self) -> Outcome[T]:
        return next(self._outcomes)

    def stop(self) -> None:
        """Take no further item; the outcomes of those under way still come. Any thread may call it."""
        self._work.stop()

    def close(self) -> None:
        """End the work: nothing is sent any more, and the calls under way are waited for."""
        self._outcomes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncOutcomes(Generic[T]):
    """The outcomes of ``map``, one for each item. The loop that reads them drives the work.

    Leaving ends the work: the calls under way are cancelled. The loop that an ``async for`` leaves early does so a
    little later, as soon as the event loop gets to it; an ``async with`` does so at once.
    """

    def __init__(self, work: Work[T], total: int | None) -> None:
        self._work = work
        self._outcomes = follow(work, total)

    async def __aiter__(self) -> AsyncIterator[Outcome[T]]:
        async with aclosing(self._outcomes):
            async for outcome in self._outcomes:
                yield outcome

    async def __anext__(self) -> Outcome[T]:
        return await anext(self._outcomes)

    def stop(self) -> None:
        """Take no further item; the outcomes of those under way still come."""
        self._work.stop()

    async def close(self) -> None:
        """End the work: nothing is sent any more, and the calls under way are cancelled."""
        await self._outcomes.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _invoke(method: Callable[..., Any], item: Item) -> Any:
    return method(**item)


async def _invoke_async(method: Callable[..., Any], item: Item) -> Any:
    return await method(**item)


def outcomes(
    method: Callable[..., Any], runner: Runner[Any], items: Iterable[Item], options: MapOptions
) -> Outcomes[Any]:
    """Return the outcomes of many calls in threads; see ``Portkey.map``."""
    crew: Threads[Outcome[Any]] = Threads(checked(options), items)
    return Outcomes(Work(method, runner, crew, _invoke, options), _length(items))


def outcomes_async(
    method: Callable[..., Any], runner: Runner[Any], items: Iterable[Item] | AsyncIterable[Item], options: MapOptions
) -> AsyncOutcomes[Any]:
    """Return the outcomes of many calls in tasks; see ``Portkey.map``."""
    checked(options)
    crew: Tasks[Outcome[Any]] = Tasks(items)
    return AsyncOutcomes(Work(method, runner, crew, _invoke_async, options), _length(items))


def _length(items: object) -> int | None:
    return len(items) if isinstance(items, Sized) else None
