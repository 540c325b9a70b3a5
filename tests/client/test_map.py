from __future__ import annotations

import asyncio
import contextvars
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from portkey_client import (
    AsyncPortkey,
    BadRequestError,
    ConfigurationError,
    JournalError,
    Portkey,
    RequestRefusedError,
)
from portkey_client.bulk import AHEAD, Outcome, arguments
from portkey_client.steps import World
from tests.client.wire import KEYS, Wire

Items = Any


def asked(names: Items) -> Iterator[dict[str, Any]]:
    """Yield an item for each name."""
    return ({"model": "m", "input": str(name)} for name in names)


def name_of(request: httpx.Request) -> str:
    """Return the name of the item that a request is for."""
    return str(json.loads(request.content)["input"])


def say(request: httpx.Request) -> httpx.Response:
    """Answer with the name of the item; refuse the third."""
    name = name_of(request)
    if name == "2":
        return httpx.Response(400, json={"error": {"message": "no"}})
    return httpx.Response(200, json={"object": "list", "model": name, "data": [{"embedding": "AACAPw=="}]})


def mapped(wire: Wire, items: Items, **options: Any) -> list[Outcome[Any]]:
    """Map with the synchronous client."""
    client = wire.client()
    return list(client.map(client.embeddings.create, items, **options))


def mapped_async(wire: Wire, items: Items, **options: Any) -> list[Outcome[Any]]:
    """Map with the asynchronous client."""

    async def run() -> list[Outcome[Any]]:
        client = wire.async_client()
        return [outcome async for outcome in client.map(client.embeddings.create, items, **options)]

    return asyncio.run(run())


both = pytest.mark.parametrize("run", [mapped, mapped_async])
Run = Callable[..., list[Outcome[Any]]]


@both
@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_each_item_has_its_outcome_in_its_place(run: Run, concurrency: int) -> None:
    """The outcomes come in the order of the items, each with its result or its error; one error stops nothing."""
    items = list(asked(range(40)))
    outcomes = run(Wire(say), items, concurrency=concurrency)
    assert [outcome.number for outcome in outcomes] == list(range(40))
    assert [outcome.item for outcome in outcomes] == items
    failed = outcomes.pop(2)
    assert (failed.ok, failed.state, failed.result, failed.attempts, failed.key) == (False, "failed", None, 1, "2")
    with pytest.raises(BadRequestError, match="no"):
        failed.unwrap()
    assert all(outcome.ok and outcome.attempts == 1 and not outcome.replayed for outcome in outcomes)
    assert [outcome.unwrap().model for outcome in outcomes] == [outcome.key for outcome in outcomes]
    assert outcomes[0].unwrap().data[0].embedding == [1.0]


@both
def test_progress_tells_of_how_many(run: Run) -> None:
    """Progress counts the outcomes, of how many where the items have a length."""
    told: list[tuple[int, int | None]] = []
    run(Wire(say), list(asked(range(3))), on_progress=lambda *each: told.append(each))
    run(Wire(say), asked(range(2)), on_progress=lambda *each: told.append(each))
    assert told == [(1, 3), (2, 3), (3, 3), (1, None), (2, None)]


@both
def test_no_items_are_no_outcomes(run: Run) -> None:
    """Without an item nothing is sent."""
    wire = Wire(say)
    assert run(wire, []) == []
    assert wire.requests == []


class Doors:
    """Answers each item when its door is opened."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Event] = {}
        self.most = 0
        self.cancelled: list[str] = []

    def client(self) -> AsyncPortkey:
        """Return a client whose requests wait at the doors."""
        return AsyncPortkey(**KEYS, http_client=httpx.AsyncClient(transport=httpx.MockTransport(self.answer)))

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Wait, then answer."""
        name = name_of(request)
        self.waiting[name] = asyncio.Event()
        self.most = max(self.most, len(self.waiting))
        try:
            await self.waiting[name].wait()
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        finally:
            del self.waiting[name]
        return say(request)

    async def open(self, *names: str) -> None:
        """Open doors once all are waited at."""
        while not set(names) <= self.waiting.keys():  # noqa: ASYNC110  # lets the loop go round, waits for no time
            await asyncio.sleep(0)
        for name in names:
            self.waiting[name].set()


def test_as_completed() -> None:
    """Without order an outcome comes as soon as its call has ended, and the next item goes in its place."""

    async def run() -> None:
        doors = Doors()
        client = doors.client()
        outcomes = client.map(client.embeddings.create, asked("abcd"), concurrency=2, ordered=False)
        came = asyncio.create_task(anext(outcomes))
        await doors.open("b")
        assert (await came).item["input"] == "b"
        came = asyncio.create_task(anext(outcomes))
        await doors.open("c")
        assert (await came).item["input"] == "c"
        rest = asyncio.create_task(_all(outcomes))
        await doors.open("a", "d")
        assert {outcome.item["input"] for outcome in await rest} == {"a", "d"}
        assert doors.most == 2

    asyncio.run(run())


async def _all(outcomes: Any) -> list[Outcome[Any]]:
    return [outcome async for outcome in outcomes]


def test_nothing_runs_far_ahead_of_the_loop() -> None:
    """Endless items are taken as they are needed: a few rounds ahead of an outcome that is late, and no further."""

    async def run() -> None:
        doors, taken = Doors(), count()
        client = doors.client()
        items = ({"model": "m", "input": str(next(taken))} for _ in iter(int, 1))
        async with client.map(client.embeddings.create, items, concurrency=4) as outcomes:
            first = asyncio.create_task(anext(outcomes))
            for name in range(1, 4 * AHEAD):
                await doors.open(str(name))
            for _ in range(50):
                await asyncio.sleep(0)
            assert next(taken) == 4 * AHEAD
            await doors.open("0")
            assert (await first).number == 0
        assert doors.most == 4

    asyncio.run(run())


def test_leaving_cancels_the_calls_under_way() -> None:
    """An asynchronous loop that is left sends nothing more, cancels what is under way, and leaves no task behind."""

    async def run() -> None:
        doors = Doors()
        client = doors.client()
        items = asked(count())
        async with client.map(client.embeddings.create, items, concurrency=3) as outcomes:
            first = asyncio.create_task(anext(outcomes))
            await doors.open("0")
            await first
            await asyncio.sleep(0)
        assert sorted(doors.cancelled) in (["1", "2"], ["1", "2", "3"])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert [outcome async for outcome in outcomes] == []

    asyncio.run(run())


def test_cancelling_the_caller_cancels_the_calls() -> None:
    """A task that is cancelled within the loop takes its calls with it."""

    async def run() -> None:
        doors = Doors()
        client = doors.client()
        task = asyncio.create_task(_all(client.map(client.embeddings.create, asked("ab"))))
        while len(doors.waiting) < 2:  # noqa: ASYNC110  # likewise
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(doors.cancelled) == ["a", "b"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_leaving_waits_for_threads() -> None:
    """A synchronous loop that is left sends nothing more, and no thread of it is left."""
    wire = Wire(say)
    client = wire.client()
    for outcome in client.map(client.embeddings.create, asked(count()), concurrency=3):
        if outcome.number == 4:
            break
    sent = len(wire.requests)
    assert 5 <= sent <= 5 + 3 * AHEAD
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("portkey-map")]
    with client.map(client.embeddings.create, asked(count()), concurrency=3) as outcomes:
        assert next(outcomes).number == 0
    assert list(outcomes) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("portkey-map")]


def test_a_thread_that_waits_is_not_waited_for() -> None:
    """Leaving ends the waits between attempts, and nothing is sent after them."""
    asleep, leaving = threading.Event(), threading.Event()

    def sleep(_: float) -> None:
        asleep.set()
        leaving.wait()

    def answer(request: httpx.Request) -> httpx.Response:
        return say(request) if name_of(request) == "0" else httpx.Response(429, headers={"retry-after": "30"})

    wire = Wire(answer)
    client = wire.client()
    client._world = World(sleep=sleep)
    outcomes = client.map(client.embeddings.create, asked("01"), concurrency=2)
    assert next(outcomes).ok
    asleep.wait()
    leave = outcomes._work.crew.leave

    async def left() -> None:
        leaving.set()
        await leave()

    outcomes._work.crew.leave = left  # type: ignore[method-assign]
    outcomes.close()
    assert len(wire.requests) == 2


def test_stopping_takes_no_further_item() -> None:
    """After `stop` the outcomes of the calls under way still come, and then the end, whichever client it is."""
    wire = Wire(say)
    client = wire.client()
    outcomes = client.map(client.embeddings.create, asked(count(10)), concurrency=3)
    first = next(outcomes)
    outcomes.stop()
    assert [first.number, *(outcome.number for outcome in outcomes)] == list(range(len(wire.requests)))

    async def run() -> None:
        client = wire.async_client()
        never = asyncio.Event()

        async def items() -> AsyncIterator[dict[str, Any]]:
            yield {"model": "m", "input": "a"}
            await never.wait()

        outcomes = client.map(client.embeddings.create, items())
        assert (await anext(outcomes)).ok
        rest = asyncio.create_task(_all(outcomes))
        await asyncio.sleep(0)
        outcomes.stop()
        assert await rest == []

    asyncio.run(run())


def test_items_may_come_asynchronously() -> None:
    """Outcomes come while the next item is still awaited, and each item is sent as soon as it is there."""

    async def run() -> None:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        wire = Wire(say)
        client = wire.async_client()

        async def items() -> AsyncIterator[dict[str, Any]]:
            while (name := await queue.get()) is not None:
                yield {"model": "m", "input": name}

        outcomes = client.map(client.embeddings.create, items())
        for name in "abc":
            queue.put_nowait(name)
            assert (await anext(outcomes)).item["input"] == name
        queue.put_nowait(None)
        assert await _all(outcomes) == []

    asyncio.run(run())


def test_all_lanes_wait_when_told_to() -> None:
    """After a 429 nothing is sent until its time is over, and fewer calls go at a time; each item has its answer."""

    async def run() -> None:
        wire = Wire()
        refused: list[float] = []
        sent: list[float] = []

        def answer(request: httpx.Request) -> httpx.Response:
            now = wire.time.seconds
            sent.append(now)
            if len(sent) == 5:
                refused.append(now)
                return httpx.Response(429, headers={"retry-after": "7"})
            return say(request)

        wire._answer = answer
        client = wire.async_client()
        outcomes = client.map(client.embeddings.create, asked(range(10, 40)), concurrency=4)
        assert all([outcome.ok async for outcome in outcomes])
        (moment,) = refused
        late = [each for each in sent[5:] if moment < each < moment + 7]
        assert late == []
        assert len(sent) == 31
        assert sent.count(moment) <= 5 + 3  # those that were under way with it

    asyncio.run(run())


@both
def test_a_gateway_that_takes_few_at_a_time_gets_few(run: Run) -> None:
    """Where more than two at a time are refused, fewer and fewer are sent at a time, and all are carried out."""
    lock, inside, most = threading.Lock(), [0], [0]

    class Narrow(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def come(self) -> bool:
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                return inside[0] > 2

        def go(self, request: httpx.Request, *, refused: bool) -> httpx.Response:
            with lock:
                inside[0] -= 1
            return httpx.Response(429, headers={"retry-after-ms": "1"}) if refused else say(request)

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            refused = self.come()
            request.read()
            return self.go(request, refused=refused)

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            refused = self.come()
            await request.aread()
            for _ in range(3):
                await asyncio.sleep(0)
            return self.go(request, refused=refused)

    wire = Wire()
    options: dict[str, Any] = {"concurrency": 8}
    items = ({**item, "retries": 50} for item in asked(range(10, 60)))
    if run is mapped:
        client = Portkey(**KEYS, http_client=httpx.Client(transport=Narrow()))
        client._world = wire.time.world
        outcomes = list(client.map(client.embeddings.create, items, **options))
    else:

        async def work() -> list[Outcome[Any]]:
            client = AsyncPortkey(**KEYS, http_client=httpx.AsyncClient(transport=Narrow()))
            client._world = wire.time.world
            return await _all(client.map(client.embeddings.create, items, **options))

        outcomes = asyncio.run(work())
        assert most[0] == 8
    assert [outcome.ok for outcome in outcomes] == [True] * 50


def test_what_cannot_be_mapped() -> None:
    """What is no method of one operation, or of the other kind of client, is refused before anything is sent."""
    wire = Wire(say)
    client, other = wire.client(), wire.async_client()
    broken: Any = client
    wrong: Any = other
    for method in (client.embeddings, len, client.batches.submit, other.batches.list):
        with pytest.raises(TypeError, match=r"expected a method .*such as client\.batches\.list"):
            broken.map(method, [])
    with pytest.raises(TypeError, match="expected a method of an asynchronous client"):
        wrong.map(client.batches.list, [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concurrency": 0}, "concurrency must be a whole number from 1 on, is 0"),
        ({"concurrency": True}, "concurrency"),
        ({"concurrency": 1.5}, "concurrency"),
        ({"resend": "failed"}, "resend must be some of"),
        ({"resend": ["done"]}, "resend must be some of"),
    ],
)
@both
def test_an_option_that_cannot_be_used(run: Run, options: Any, message: str) -> None:
    """An option that makes no sense is refused, and the message names it."""
    with pytest.raises(ConfigurationError, match=message):
        run(Wire(say), [], **options)


@both
def test_an_item_that_is_no_call(run: Run) -> None:
    """Arguments that the method lacks are a mistake of the program, a stream the failure of its item."""
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument"):
        run(Wire(say), [{"model": "m", "inptu": "a"}])
    wire = Wire(say)
    hello: Any = {"model": "m", "messages": []}
    client = wire.client()
    (plain,) = client.map(client.chat.completions.create, [{**hello, "stream": True}])
    assert isinstance(plain.error, RequestRefusedError)

    async def streamed() -> list[Outcome[Any]]:
        client = wire.async_client()
        return await _all(client.map(client.chat.completions.create, [{**hello, "stream": True}]))

    assert "leave out `stream`" in str(asyncio.run(streamed())[0].error)
    assert wire.requests == []


@both
def test_what_stops_all_is_raised(run: Run) -> None:
    """What the source of the items raises is raised, and so is what would fail every call alike."""

    def items() -> Iterator[dict[str, Any]]:
        yield {"model": "m", "input": "a"}
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        run(Wire(say), items())
    client = Wire(say).client()
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        list(client.map(client.embeddings.create, asked("ab")))


def test_threads_see_the_context_of_the_caller() -> None:
    """Context variables, such as the current span, are those of the loop in every thread."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    seen: list[str] = []
    wire = Wire(say)
    client = wire.client(hooks=[lambda _: seen.append(variable.get())])
    variable.set("mine")
    list(client.map(client.embeddings.create, asked("ab")))
    assert set(seen) == {"mine"}


def test_the_client_of_the_method_is_asked() -> None:
    """The options are those of the client that the method belongs to."""
    wire = Wire(say)
    client = wire.client()
    labelled = client.with_options(trace_id="t-1")
    list(client.map(labelled.embeddings.create, asked("a")))
    assert wire.last.headers["x-portkey-trace-id"] == "t-1"


def test_an_idempotency_key_of_its_own_stays() -> None:
    """A call gets an idempotency key where it has none, of its item or of its client, in any case."""
    wire = Wire(say)
    client = wire.client()
    items: list[dict[str, Any]] = [{"model": "m", "input": name} for name in "abc"]
    items[1]["extra_headers"] = {"IDEMPOTENCY-KEY": "mine", "x-a": "b"}
    list(client.map(client.embeddings.create, items, idempotency_keys=True, concurrency=1))
    keys = [request.headers.get_list("idempotency-key") for request in wire.requests]
    assert keys[1] == ["mine"]
    assert wire.requests[1].headers["x-a"] == "b"
    assert len({tuple(each) for each in keys}) == 3


def test_arguments_are_an_item() -> None:
    """`arguments` returns what a method was given, by name, options included."""
    client = Wire(say).client()
    assert arguments(client.batches.retrieve, "b", timeout=3.0) == {"batch_id": "b", "timeout": 3.0}
    assert arguments(client.embeddings.create, model="m", input="a") == {"model": "m", "input": "a"}
    with pytest.raises(TypeError, match="model"):
        arguments(client.embeddings.create, input="a")  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue]


def test_keys_are_the_caller_s(tmp_path: Path) -> None:
    """A key names its outcome; two of one name are refused where a journal has to tell them apart."""
    items = [{"model": "m", "input": name} for name in ("a", "b", "a")]
    outcomes = mapped(Wire(say), items, key=lambda item: item["input"])
    assert [outcome.key for outcome in outcomes] == ["a", "b", "a"]
    with pytest.raises(JournalError, match="two items have the key 'a'"):
        mapped(Wire(say), items, key=lambda item: item["input"], journal=tmp_path / "j")
