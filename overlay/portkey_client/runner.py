"""Long work of several calls, written once: asynchronous code, which ``complete`` drives for the synchronous client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

import httpx

from portkey_api.types import AsyncCaller, CallOptions, Operation, RawResponse

from .exchange import Call, attempt, exchange, read_headers
from .retry import Attempt, Outcome, Retry, asked_wait, checked, decide
from .steps import WORLD, H, Steps, World, complete

if TYPE_CHECKING:
    from typing import Self

    from .client import Settings
    from .transport import Lanes

T = TypeVar("T")
Send: TypeAlias = Callable[[H, httpx.Request], Awaitable[httpx.Response]]


class Body(Generic[H]):
    """A success whose body is still to come. It holds a connection until it is closed."""

    def __init__(self, call: Call[Any], response: httpx.Response, steps: Steps[H], release: Callable[[], None]) -> None:
        self.status: int = response.status_code
        self.headers: dict[str, str] = read_headers(response)
        """The response headers, by lower-case name."""
        self._call = call
        self._response = response
        self._steps: Steps[H] = steps
        self._release = release
        self._count = 0

    @property
    def received(self) -> int | None:
        """How many bytes came, a content encoding not taken off; ``None`` where that was not counted."""
        plain = "content-encoding" not in self.headers
        return self._response.num_bytes_downloaded or (self._count if plain else None)

    @property
    def operation(self) -> str:
        """The operation that was called, as ``resource.method``."""
        return self._call.operation.name

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the body as it comes.

        Raises:
            ConnectionFailedError: The connection broke, or nothing came in time.
        """
        try:
            pieces = self._steps.pieces(self._response)
            while (chunk := await self._steps.piece(pieces)) is not None:
                self._count += len(chunk)
                yield chunk
        except (httpx.RequestError, httpx.StreamError) as error:
            raise self._call.placed(self._call.unanswered(error)) from None

    async def close(self) -> None:
        """Give the connection back."""
        try:
            await self._steps.close(self._response)
        finally:
            self._release()


class Runner(AsyncCaller, Generic[H]):
    """Carries calls out for a client, whichever it is, and waits on its clock."""

    def __init__(self, settings: Settings, world: World | None, lanes: Lanes[H], steps: Steps[H]) -> None:
        self.settings: Settings = settings
        self.world: World = world or WORLD
        self._lanes: Lanes[H] = lanes
        self._steps: Steps[H] = steps

    async def call(self, operation: Operation[T], options: CallOptions, **parts: Any) -> T:
        """Send one operation and return its parsed answer; it raises what ``Portkey.call`` raises."""
        return (await self.call_raw(operation, options, **parts)).parsed

    async def call_raw(self, operation: Operation[T], options: CallOptions, **parts: Any) -> RawResponse[T]:
        """Send one operation and return its answer with all that came with it."""
        return await exchange(self._call(operation, options, parts), self._lanes, self._steps)

    async def open(self, operation: Operation[Any], options: CallOptions, **parts: Any) -> Body[H]:
        """Send one operation and return its answer as soon as its headers are there, to be closed by the caller.

        Raises:
            PortkeyError: There is no success; see ``Portkey.call``.
        """
        call = self._call(operation, options, parts)
        steps = _holding(self._steps)
        with call:
            while True:
                lane = self._lanes.take()
                outcome: Any = None
                try:
                    outcome = await attempt(call, lane, steps)
                    wait = call.wait_after(outcome)
                except BaseException:
                    if isinstance(outcome, httpx.Response):  # a hook failed
                        await self._steps.close(outcome)
                    self._lanes.give_back(lane)
                    raise
                if isinstance(outcome, httpx.Response) and outcome.is_success:
                    return Body(call, outcome, self._steps, partial(self._lanes.give_back, lane))
                self._lanes.give_back(lane)
                if wait is None:
                    call.result(outcome)
                else:
                    await self.sleep(wait)

    def _call(self, operation: Operation[T], options: CallOptions, parts: Mapping[str, Any]) -> Call[T]:
        return Call(self.settings, self.world, operation, options, parts)

    def watched(self, sending: Callable[[Send[H]], Send[H]], sleep: Callable[[World, float], Awaitable[None]]) -> Self:
        """Return a runner that sends and waits in another way.

        Args:
            sending: Returns the step that sends, from the one there is.
            sleep: The step that waits.
        """
        steps = self._steps._replace(send=sending(self._steps.send), sleep=sleep)
        return type(self)(self.settings, self.world, self._lanes, steps)

    def elsewhere(self, address: str) -> Runner[H]:
        """Return a runner for an address that is no gateway's: nothing of the client's own is sent there."""
        return Runner(self.settings.bare(address), self.world, self._lanes, self._steps)

    @property
    def opener(self) -> AsyncCaller:
        """The same calls, each returning the ``Body`` of its answer."""
        return Opener(self)

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what work of the synchronous client comes to."""
        return complete(work)

    def iterate(self, items: AsyncGenerator[T]) -> Generator[T, None, None]:
        """Yield what work of the synchronous client yields."""
        return iterate(items)

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await self._steps.sleep(self.world, seconds)

    def pause(self, options: CallOptions, faults: int, since: float) -> float | None:
        """Return how many seconds to wait after so many faults in a row; ``None`` to give up.

        Args:
            options: Those of the call; its ``retries`` wins over the client's.
            faults: How many, from 1 on.
            since: When the work began, by the clock of ``world``.
        """
        where = Attempt(faults, self.world.clock() - since, repeatable=True)
        return decide(self._retry(options), where, Outcome(None), now=self.world.now(), jitter=self.world.jitter())

    def within(
        self, options: CallOptions, since: float, seconds: float | None = None, least: float = 0.0
    ) -> CallOptions:
        """Return the options of a call that is part of some work: waits and attempts end with the time of the work.

        Args:
            options: Those of the work; the deadline of its ``retries`` is that of the work, too.
            since: When the work began, by the clock of ``world``.
            seconds: How many it may take; ``None`` for no limit.
            least: How many seconds the call gets though no more are left.
        """
        retry = self._retry(options)
        limits = [each for each in (retry.deadline, seconds) if each is not None]
        if not limits:
            return options
        left = max(min(limits) - (self.world.clock() - since), least)
        given: Any = {**options, "retries": retry._replace(deadline=left)}
        return cast("CallOptions", given)

    def _retry(self, options: CallOptions) -> Retry:
        given: Mapping[str, Any] = {**options}
        return checked(given["retries"]) if "retries" in given else self.settings.retries

    def asked(self, headers: Mapping[str, str]) -> float:
        """Return how many seconds an answer asks to wait, 0 where it does not."""
        return asked_wait(headers, self.world.now()) or 0.0


class Opener(AsyncCaller):
    """A caller whose calls return the ``Body`` of their answer."""

    def __init__(self, runner: Runner[Any]) -> None:
        self._runner = runner

    async def call(self, operation: Operation[Any], options: CallOptions, **parts: Any) -> Any:
        """Send one operation and return the body of its answer."""
        return await self._runner.open(operation, options, **parts)


def _holding(steps: Steps[H]) -> Steps[H]:
    """Return steps that read and close what is no success, and leave a success open."""

    async def read(response: httpx.Response) -> None:
        if not response.is_success:
            await steps.read(response)

    async def close(response: httpx.Response) -> None:
        if not response.is_success:
            await steps.close(response)

    return steps._replace(read=read, close=close)


def iterate(items: AsyncGenerator[T]) -> Generator[T, None, None]:
    """Yield what an asynchronous generator yields that never waits for a loop; leaving the loop ends it."""

    async def following() -> T:
        return await anext(items)

    try:
        while True:
            try:
                item = complete(following())
            except StopAsyncIteration:
                return
            yield item
    finally:
        complete(_ended(items))


async def _ended(items: AsyncGenerator[Any]) -> None:
    async with aclosing(items):
        pass
