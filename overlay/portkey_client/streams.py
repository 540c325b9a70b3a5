"""Answers that are read while they come: streams of events, and of bytes. Both clients run this code.

A stream of events ends with a mark: ``[DONE]``, or an event that says so by its type. One that ends without it was cut,
and raises. What guardrails found comes before the first event or after the mark, and is no event of the answer; after
the mark a stream is read for a moment only, so that a server which keeps the connection open does not hold it up.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import httpx

from portkey_api.types import (
    AsyncStream,
    CallOptions,
    Operation,
    RawResponse,
    Stream,
    Success,
    WireModel,
    read,
    readers_by,
)

from .answer import documented
from .assemble import assemble
from .errors import AnswerError, PortkeyError, StreamFailedError, StreamTruncatedError, error_message
from .events import EventParser, ServerEvent
from .exchange import Begun, Call, Held, begin
from .linger import Lingering
from .narrow import is_mapping
from .observe import without
from .steps import H, Steps, complete

if TYPE_CHECKING:
    from typing import Self

    from .transport import Lanes

E = TypeVar("E")
T = TypeVar("T")
S = TypeVar("S")
EVENTS = "text/event-stream"
_END = "[DONE]"
_LAST = {"message_stop", "response.completed", "response.failed", "response.incomplete", "response.cancelled"}
"""The types of an event that is the last one, where no ``[DONE]`` follows."""
_ANSWER = {"choices", "delta", "type", "usage"}
"""Keys of which every event of an answer has one; a frame of hook results has none."""


class Reader(Protocol):
    """Makes something of the pieces of an answer."""

    ready: deque[Any]
    """What can be handed out."""
    failure: PortkeyError | None
    """What to raise once that is handed out."""
    ended: bool
    """Whether all of it is there, though more may come."""

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        ...

    def end(self, why: str | None) -> None:
        """Take note that no piece follows, and why, where that is a failure."""
        ...

    def answer(self) -> Any:
        """Return what all of it adds up to so far."""
        ...


class EventReader:
    """Makes typed events of the pieces of a stream."""

    def __init__(self, operation: Operation[Any], begun: Begun, secrets: list[str]) -> None:
        self.ready: deque[Any] = deque()
        self.failure: PortkeyError | None = None
        self.hook_results: dict[str, Any] = {}
        self.ended: bool = False
        """Whether the mark of the end has come."""
        self._operation = operation
        self._begun = begun
        self._secrets = secrets
        self._parser = EventParser()
        self._kept: list[ServerEvent] = []
        self._readers: dict[str, Callable[[Any], Any]] = readers_by("event", operation.events)
        self._named = bool(self._readers)  # an event is then `{event, data}`, its name put in here
        self._key = "event" if self._named else "type"
        self._readers = self._readers or readers_by("type", operation.events)

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the stream."""
        for event in self._parser.feed(piece):
            if self.failure is None:
                self._take(event)

    def _take(self, event: ServerEvent) -> None:
        name, data = event
        if data == _END:
            if self._named and not self.ended:
                self._give(event, {"event": "done", "data": _END})
            self.ended = True
            return
        if not data:
            return
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            self._fail(self._failed(data) if name == "error" else self._unreadable(data))
            return
        if name == "error" or (is_mapping(value) and (value.get("type") == "error" or value.get("error"))):
            self._fail(self._failed(value))
        elif not is_mapping(value) or not self._is_aside(name, value):
            self._give(event, {"event": name, "data": value} if self._named else value)

    def _is_aside(self, name: str, value: Mapping[str, Any]) -> bool:
        """Tell whether a frame is no part of the answer: what guardrails found, and whatever follows the end."""
        found = value.get("hook_results")
        if is_mapping(found):
            self.hook_results.update({key: each for key, each in found.items() if each is not None})
            if name == "hook_results" or not value.keys() & _ANSWER:
                return True
        over = self.ended
        self.ended = over or value.get("type") in _LAST
        return over

    def _give(self, event: ServerEvent, value: Any) -> None:
        self._kept.append(event)
        told = value.get(self._key) if is_mapping(value) else None
        reader = self._readers.get(told) if isinstance(told, str) else None
        if reader is not None:
            self.ready.append(reader(value))
            return
        made = read(self._operation.events, value)
        if isinstance(told, str) and isinstance(made, WireModel):
            self._readers[told] = type(made).from_dict  # an event the document lacks: choose its class once
        self.ready.append(made)

    def end(self, why: str | None) -> None:
        """Take note that nothing follows; whatever happens after the mark of the end does no harm."""
        if self.failure is None and not self.ended:
            message = f"{self._operation.name}: the stream {why or 'ended without the mark of its end'}"
            error = StreamTruncatedError(f"{message}, after {len(self._kept)} events")
            error.status, error.headers = self._begun.status, self._begun.headers
            self._fail(error)

    def _fail(self, error: PortkeyError) -> None:
        if isinstance(error, (StreamFailedError, StreamTruncatedError)):
            error.partial = self.answer()
        self.failure = error

    def _failed(self, value: Any) -> StreamFailedError:
        _, codec = documented(self._operation, 500)
        body = without(value, self._secrets)
        headers = without(self._begun.headers, self._secrets)
        return StreamFailedError(error_message(body), self._begun.status, headers, read(codec, body))

    def _unreadable(self, data: str) -> AnswerError:
        message = f"{self._operation.name}: event {len(self._kept) + 1} of the stream is not JSON"
        return AnswerError(message, self._begun.status, self._begun.headers, data.encode())

    def answer(self) -> Any:
        """Return what the events add up to so far, ``None`` where that is nothing."""
        values = [json.loads(data) for _, data in self._kept if data != _END]
        if self._named:
            names = [name for name, data in self._kept if data != _END]
            values = [{"event": name, "data": value} for name, value in zip(names, values, strict=True)]
        whole = assemble(values)
        if self.hook_results and is_mapping(whole):
            whole = {**whole, "hook_results": self.hook_results}
        return read(documented(self._operation, 200)[1], whole)


class ByteReader:
    """Hands the pieces of an answer out as they come."""

    def __init__(self, operation: Operation[Any], begun: Begun) -> None:
        self.ready: deque[bytes] = deque()
        self.failure: PortkeyError | None = None
        self.ended: bool = False
        self._operation = operation
        self._begun = begun

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the answer."""
        self.ready.append(piece)

    def end(self, why: str | None) -> None:
        """Take note that nothing follows."""
        if why is not None:
            error = StreamTruncatedError(f"{self._operation.name}: the answer {why}")
            error.status, error.headers = self._begun.status, self._begun.headers
            self.failure = error

    def answer(self) -> None:
        """Return nothing: bytes are handed out, not kept."""


R = TypeVar("R", bound=Reader)


class Flow(Generic[H, R]):
    """An answer under way: its connection, and the reader of its pieces."""

    def __init__(self, call: Call[Any], begun: Begun, held: Held[H], reader: R) -> None:
        self.begun: Begun = begun
        self.reader: R = reader
        self._call = call
        self._held: Held[H] = held
        self._steps: Steps[H] = held.steps
        self._pieces: Any = None if held.response is None else self._steps.pieces(held.response)
        self._lingering: Lingering | None = None

    async def more(self) -> bool:
        """Read until something can be handed out; tell whether it can, or the end has come.

        Raises:
            PortkeyError: The answer broke off, or an error came instead of its end.
        """
        while not self.reader.ready:
            if self.reader.failure is not None:
                raise self.reader.failure
            if self._held.response is None:
                return False
            await self._read()
        return True

    async def _read(self) -> None:
        try:
            with self._lingering or nullcontext():
                piece = await self._steps.piece(self._pieces)
        except httpx.TimeoutException as error:
            self.reader.end(f"did not go on in time ({type(error).__name__})")
        except (httpx.RequestError, httpx.StreamError) as error:
            self.reader.end(f"broke off ({type(error).__name__})")
        else:
            if piece is not None:
                self.reader.feed(piece)
                if self.reader.failure is None and self._may_go_on():
                    return
            else:
                self.reader.end(None)
        await self._finish()

    def _may_go_on(self) -> bool:
        """Tell whether to read on; after the mark of the end only for a moment."""
        if self.reader.ended and self._lingering is None and self._held.response is not None:
            self._lingering = Lingering(self._held.response, self._call.world.clock)
        return self._lingering is None or not self._lingering.over

    async def _finish(self) -> None:
        """Close the connection, and say so to who watches."""
        if self._held.response is None:
            return
        error = self.reader.failure
        if error is not None:
            self._call.placed(error)
        try:
            await self._held.close()
        finally:
            self._call.ended(self.begun, error, self.reader.answer)

    async def close(self) -> None:
        """Close the connection; what was not handed out is lost."""
        self.reader.ready.clear()
        await self._finish()

    async def final(self) -> Any:
        """Read to the end and return the answer."""
        while await self.more():
            self.reader.ready.clear()
        self.reader.end("was closed before its end")
        if self.reader.failure is not None:
            raise self._call.placed(self.reader.failure)
        return self.reader.answer()


def _tell(stream: Any, begun: Begun) -> None:
    stream.operation, stream.status = begun.operation, begun.status
    stream.headers, stream.attempts = begun.headers, begun.attempts


class EventStream(Stream[E, T]):
    """What ``Portkey.stream`` returns."""

    def __init__(self, flow: Flow[httpx.Client, EventReader]) -> None:
        self._flow = flow
        self.hook_results: dict[str, Any] = flow.reader.hook_results
        _tell(self, flow.begun)

    def __iter__(self) -> Iterator[E]:
        ready = self._flow.reader.ready
        try:
            while complete(self._flow.more()):
                while ready:
                    yield ready.popleft()
        finally:
            self.close()

    def __next__(self) -> E:
        if not complete(self._flow.more()):
            raise StopIteration
        event: E = self._flow.reader.ready.popleft()
        return event

    def final(self) -> T:
        """Read to the end and return the answer that the events add up to; what was read before counts."""
        answer: T = complete(self._flow.final())
        return answer

    def close(self) -> None:
        """Close the connection; what was not read is lost."""
        complete(self._flow.close())


class AsyncEventStream(AsyncStream[E, T]):
    """What ``AsyncPortkey.stream`` returns."""

    def __init__(self, flow: Flow[httpx.AsyncClient, EventReader]) -> None:
        self._flow = flow
        self.hook_results: dict[str, Any] = flow.reader.hook_results
        _tell(self, flow.begun)

    async def __aiter__(self) -> AsyncIterator[E]:
        ready = self._flow.reader.ready
        try:
            while await self._flow.more():
                while ready:
                    yield ready.popleft()
        finally:
            await self.close()

    async def __anext__(self) -> E:
        if not await self._flow.more():
            raise StopAsyncIteration
        event: E = self._flow.reader.ready.popleft()
        return event

    async def final(self) -> T:
        """Read to the end and return the answer that the events add up to; what was read before counts."""
        answer: T = await self._flow.final()
        return answer

    async def close(self) -> None:
        """Close the connection; what was not read is lost."""
        await self._flow.close()


class ByteStream(Success):
    """The bytes of one answer as they come, such as speech. Loop over it, or use it in a ``with`` statement."""

    def __init__(self, flow: Flow[httpx.Client, ByteReader]) -> None:
        self._flow = flow
        _tell(self, flow.begun)

    def __iter__(self) -> Iterator[bytes]:
        try:
            while complete(self._flow.more()):
                yield self._flow.reader.ready.popleft()
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection; what was not read is lost."""
        complete(self._flow.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncByteStream(Success):
    """A ``ByteStream`` that is read asynchronously. Loop over it, or use it in an ``async with`` statement."""

    def __init__(self, flow: Flow[httpx.AsyncClient, ByteReader]) -> None:
        self._flow = flow
        _tell(self, flow.begun)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while await self._flow.more():
                yield self._flow.reader.ready.popleft()
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connection; what was not read is lost."""
        await self._flow.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def opened(stream: S, begun: Begun) -> RawResponse[S]:
    """Return a stream with what came before its events."""
    return RawResponse(
        operation=begun.operation,
        status=begun.status,
        headers=begun.headers,
        content=b"",
        parsed=stream,
        attempts=begun.attempts,
        elapsed=begun.elapsed,
        attempt_elapsed=begun.attempt_elapsed,
    )


def asking(options: CallOptions) -> CallOptions:
    """Return options that ask for events, unless their ``Accept`` asks for something else."""
    return {**options, "extra_headers": {"Accept": EVENTS, **options.get("extra_headers", {})}}


async def event_flow(call: Call[Any], lanes: Lanes[H], steps: Steps[H]) -> Flow[H, EventReader]:
    """Begin a stream of events.

    Raises:
        PortkeyError: See ``Portkey.stream``.
    """
    begun, held = await begin(call, lanes, steps, EVENTS)
    return Flow(call, begun, held, EventReader(call.operation, begun, call.secrets))


async def byte_flow(call: Call[Any], lanes: Lanes[H], steps: Steps[H]) -> Flow[H, ByteReader]:
    """Begin an answer of bytes, whatever its media type.

    Raises:
        PortkeyError: See ``Portkey.stream_bytes``.
    """
    begun, held = await begin(call, lanes, steps, "")
    return Flow(call, begun, held, ByteReader(call.operation, begun))
