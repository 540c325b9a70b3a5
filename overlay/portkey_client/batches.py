"""The life of a batch in four calls: ``client.batches.submit``, ``wait``, ``cancel`` and ``results``.

Each may be interrupted anywhere and called again: it picks up where it was.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast, overload

from portkey_api.resources.batches import AsyncBatchesResource, BatchesResource
from portkey_api.resources.files import AsyncFilesResource
from portkey_api.types import CallOptions, WireModel

from .batch_input import MAX_BYTES, MAX_REQUESTS, Lines, Requests, lines
from .batch_results import BatchFailure, BatchResult, read_line, split
from .batch_state import BatchState, read_state
from .errors import (
    AnswerError,
    APIError,
    BatchEndedError,
    BatchGoneError,
    BatchUnfinishedError,
    ConfigurationError,
    ConnectionFailedError,
    GatewayTimedOutError,
    PortkeyError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    error_message,
)
from .files import FileOptions, file_pieces, watched, with_file_headers
from .files import Opened as OpenedFile
from .narrow import is_mapping
from .transfer import Progress, Transfer, receive

if TYPE_CHECKING:
    from typing import Unpack

    from portkey_api.models import Batch
    from portkey_api.resources.batches import AsyncRawBatchesResource, RawBatchesResource

    from .client import AsyncPortkey, Portkey
    from .runner import Body, Runner

T = TypeVar("T")
P_ = TypeVar("P_", bound=PortkeyError)
OnState: TypeAlias = Callable[[BatchState], object]
"""Is told where a batch stands, each time it was asked for."""
DEADLINE = 90_000.0
"""Seconds: the 24 hours a batch may take, and one more."""
CANCELLING = 660.0
"""Seconds: the ten minutes a cancellation may take, and one more."""
_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 1.0, 60.0, 1.5
_FAULTS = 10
"""After so many polls in a row without an answer, waiting ends."""
_PASSING = (ConnectionFailedError, ServerError, RateLimitError, GatewayTimedOutError, AnswerError)
_REFUSALS = (400, 409, 422, 500)
"""What gateways and the proxies before them answer where a batch has ended; each may mean something else, too."""
_RETRIEVE = "batches.retrieve"
_PAGES = 10
"""How many pages of a list are searched, newest first, 100 entries each."""
_LOOKS = (1.0, 2.0, 4.0)
"""Seconds before each look for what may have been created."""
_KEY, _DIGEST = "portkey_client_submission", "portkey_client_sha256"
"""In the metadata of a batch that was submitted with a key."""


class Batches(BatchesResource):
    """The operations under ``client.batches``, and the life of a batch."""

    def __init__(self, client: Portkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> RawBatchesResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return BatchesResource(self._client).with_raw_response

    def submit(
        self,
        requests: Requests,
        *,
        endpoint: str = "/v1/chat/completions",
        completion_window: str = "24h",
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
        on_progress: Progress | None = None,
        **options: Unpack[FileOptions],
    ) -> Batch:
        """Check the requests, upload them and create a batch, once (``POST /files``, ``POST /batches``).

        What may have been carried out although its answer was lost is looked for, never sent again.

        Args:
            requests: Objects with ``custom_id`` and ``body`` (``method`` and ``url`` may be left out), or JSON lines as
                bytes or as the path of a file.
            endpoint: What all of them call.
            completion_window: How long the batch may take.
            metadata: Texts to keep with the batch.
            key: A name of your own for this batch. The same call with the same key, also from another process, finds
                the upload and the batch that are there and creates what is missing, as far as the gateway's lists tell.
            max_requests: How many the provider takes; OpenAI's number.
            max_bytes: How many bytes the provider takes; OpenAI's number.
            on_progress: Is told the bytes uploaded, and of how many.
            **options: The gateway's file headers, and what every method takes; ``extra_body`` is for the batch.

        Raises:
            InvalidBatchError: A request is not as it must be; nothing was sent. It names the lines.
            RequestRefusedError: The key was used for other requests.
            PortkeyError: A call failed; with ``maybe_done``, nobody can tell whether it worked.
        """
        fields = {"endpoint": endpoint, "completion_window": completion_window, "metadata": metadata}
        with lines(requests, endpoint, max_requests, max_bytes) as checked:
            return self._runner.complete(submit(self._runner, checked, key, fields, on_progress, options))

    def wait(
        self,
        batch_id: str,
        *,
        deadline: float | None = DEADLINE,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> BatchState:
        """Wait until a batch has ended, however (``GET /batches/{batch_id}``).

        It is asked for after a second, then less and less often, at last every minute; a wait that the gateway asks for
        is kept. Up to nine polls in a row may fail.

        Args:
            batch_id: The batch.
            deadline: Seconds after which to stop; ``None`` waits for ever.
            on_progress: Is told where the batch stands, at each poll.
            **options: What every method takes.

        Raises:
            BatchUnfinishedError: It has not ended by the deadline; ``state`` is where it stands.
            BatchGoneError: It is no more.
            PortkeyError: It cannot be asked for.
        """
        return self._runner.complete(wait(self._runner, batch_id, deadline, on_progress, options))

    @overload
    def cancel(self, batch_id: str, **options: Unpack[CallOptions]) -> Batch: ...

    @overload
    def cancel(
        self,
        batch_id: str,
        *,
        wait: Literal[True],
        deadline: float | None = ...,
        on_progress: OnState | None = ...,
        **options: Unpack[CallOptions],
    ) -> BatchState: ...

    def cancel(
        self,
        batch_id: str,
        *,
        wait: bool = False,
        deadline: float | None = CANCELLING,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> Batch | BatchState:
        """Cancel a batch that is still running; finished requests keep their results.

        ``POST /batches/{batch_id}/cancel``, one request. Only where it is refused is the batch asked for, since each
        gateway refuses in its own way.

        Args:
            batch_id: The batch.
            wait: Whether to wait until it has stopped. The result then tells what was saved: ``completed`` and
                ``output_file_id``. A batch that was cancelled before is no error.
            deadline: Seconds to wait at most; ``None`` waits for ever.
            on_progress: Is told where the batch stands, at each poll.
            **options: What every method takes.

        Raises:
            BatchEndedError: It has ended and cannot be cancelled.
            BatchUnfinishedError: It has not stopped by the deadline.
            BatchGoneError: It is no more.
            PortkeyError: The call failed.
        """
        if not wait:
            return self._runner.complete(cancel(self._runner, batch_id, options))
        return self._runner.complete(cancel_and_wait(self._runner, batch_id, deadline, on_progress, options))

    def results(self, batch_id: str, **options: Unpack[CallOptions]) -> Iterator[BatchResult]:
        """Yield the results of a batch that has ended: the answers in the order of the output file, then the failures.

        So it does with what was saved when the batch was cancelled or expired. The files are read as they come, and a
        broken connection is taken up again.

        Args:
            batch_id: The batch.
            **options: What every method takes.

        Raises:
            BatchUnfinishedError: The batch has not ended; see ``wait``.
            TransferError: A file ended early too often.
            PortkeyError: A call failed.
        """
        return self._runner.iterate(results(self._runner, batch_id, options))


class AsyncBatches(AsyncBatchesResource):
    """The operations under ``client.batches``, and the life of a batch, asynchronous."""

    def __init__(self, client: AsyncPortkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> AsyncRawBatchesResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return AsyncBatchesResource(self._client).with_raw_response

    async def submit(
        self,
        requests: Requests,
        *,
        endpoint: str = "/v1/chat/completions",
        completion_window: str = "24h",
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
        on_progress: Progress | None = None,
        **options: Unpack[FileOptions],
    ) -> Batch:
        """Check the requests, upload them and create a batch, once; see ``Batches.submit``."""
        fields = {"endpoint": endpoint, "completion_window": completion_window, "metadata": metadata}
        with lines(requests, endpoint, max_requests, max_bytes) as checked:
            return await submit(self._runner, checked, key, fields, on_progress, options)

    async def wait(
        self,
        batch_id: str,
        *,
        deadline: float | None = DEADLINE,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> BatchState:
        """Wait until a batch has ended, however; see ``Batches.wait``."""
        return await wait(self._runner, batch_id, deadline, on_progress, options)

    @overload
    async def cancel(self, batch_id: str, **options: Unpack[CallOptions]) -> Batch: ...

    @overload
    async def cancel(
        self,
        batch_id: str,
        *,
        wait: Literal[True],
        deadline: float | None = ...,
        on_progress: OnState | None = ...,
        **options: Unpack[CallOptions],
    ) -> BatchState: ...

    async def cancel(
        self,
        batch_id: str,
        *,
        wait: bool = False,
        deadline: float | None = CANCELLING,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> Batch | BatchState:
        """Cancel a batch that is still running; see ``Batches.cancel``."""
        if not wait:
            return await cancel(self._runner, batch_id, options)
        return await cancel_and_wait(self._runner, batch_id, deadline, on_progress, options)

    def results(self, batch_id: str, **options: Unpack[CallOptions]) -> AsyncGenerator[BatchResult]:
        """Yield the results of a batch that has ended; see ``Batches.results``.

        Leave the loop early only under ``contextlib.aclosing``, which gives the connection back at once.
        """
        return results(self._runner, batch_id, options)


# -- submitting


async def submit(
    runner: Runner[Any],
    checked: Lines,
    key: str | None,
    fields: Mapping[str, Any],
    on_progress: Progress | None,
    options: FileOptions,
) -> Batch:
    """Upload and create, once; see ``Batches.submit``."""
    given: Any = with_file_headers(options, "batch", checked.size)
    extra = given.pop("extra_body", {})
    known = await _by_key(runner, key, checked.sha256, given) if key is not None else None
    if known is not None:
        return known
    name = f"{key or uuid.uuid4().hex}-{checked.sha256[:16]}.jsonl"
    file_id = await _file_by_name(runner, name, given) if key is not None else None
    if file_id is None:
        file_id = await _uploaded(runner, checked, name, on_progress, given)
    marks: dict[str, Any] = (
        {} if key is None else {"metadata": {**(fields["metadata"] or {}), _KEY: key, _DIGEST: checked.sha256}}
    )
    body: dict[str, Any] = {name: value for name, value in {**fields, **marks}.items() if value is not None}
    return await _created(runner, file_id, {**given, "extra_body": {**body, **extra}})


async def _by_key(runner: Runner[Any], key: str, digest: str, options: Any) -> Batch | None:
    """Return the batch that was submitted with a key.

    Raises:
        RequestRefusedError: The key was used for other requests.
    """

    def has_key(batch: Batch) -> bool:
        return _metadata(batch).get(_KEY) == key

    found: Batch | None = await _search("batches.list", AsyncBatchesResource(runner).list, has_key, options)
    if found is not None and _metadata(found).get(_DIGEST) != digest:
        raise RequestRefusedError(f"key: {key!r} was used for other requests, by the batch {found.id}")
    return found


def _metadata(batch: Batch) -> Mapping[str, Any]:
    metadata: Any = batch.metadata
    return metadata if is_mapping(metadata) else {}


async def _file_by_name(runner: Runner[Any], name: str, options: Any) -> str | None:
    def has_name(file: Any) -> bool:
        return bool(file.filename == name)

    found = await _search("files.list", AsyncFilesResource(runner).list, has_name, options)
    return None if found is None else found.id


async def _uploaded(runner: Runner[Any], checked: Lines, name: str, on_progress: Progress | None, options: Any) -> str:
    checked.stream.seek(0)
    source = OpenedFile(checked.stream, name, checked.size)
    part = (name, watched(source, on_progress), "application/jsonl")

    async def create() -> Any:
        made = await AsyncFilesResource(runner).create(file=part, purpose="batch", **options)
        return _identified(made, "files.create")

    async def find() -> Any:
        return await _search("files.list", AsyncFilesResource(runner).list, lambda file: file.filename == name, options)

    return cast("str", (await _once(runner, create, find)).id)


async def _created(runner: Runner[Any], file_id: str, options: Any) -> Batch:
    batches = AsyncBatchesResource(runner)
    plain = {name: value for name, value in options.items() if name != "extra_body"}

    async def create() -> Any:
        make: Any = batches.create
        return _identified(await make(input_file_id=file_id, **options), "batches.create")

    async def find() -> Any:
        return await _search("batches.list", batches.list, lambda batch: batch.input_file_id == file_id, plain)

    return cast("Batch", await _once(runner, create, find))


async def _once(runner: Runner[Any], create: Callable[[], Awaitable[Any]], find: Callable[[], Awaitable[Any]]) -> Any:
    """Create something; where it may have been created although the answer was lost, look for it.

    Raises:
        PortkeyError: It was not created, or nobody can tell: then ``maybe_done`` is set.
    """
    try:
        return await create()
    except PortkeyError as error:
        if not _uncertain(error):
            raise
        lost = error
    for seconds in _LOOKS:
        await runner.sleep(seconds)
        try:
            found = await find()
        except PortkeyError:
            continue
        if found is not None:
            return found
    lost.maybe_done = True
    raise lost


def _identified(made: Any, operation: str) -> Any:
    if not (isinstance(made, WireModel) and cast("Any", made).id):
        raise _of(operation, AnswerError("what was created has no id", 200, {}, b""))
    return made


def _of(operation: str, error: P_) -> P_:
    """Return an error that tells of which call it is."""
    error.operation = operation
    return error


def _uncertain(error: PortkeyError) -> bool:
    """Tell whether a call that creates may have been carried out although it failed."""
    if isinstance(error, ConnectionFailedError):
        return error.sent
    return error.maybe_done or isinstance(error, (AnswerError, ServerError, GatewayTimedOutError))


async def _search(
    operation: str, page: Callable[..., Awaitable[Any]], wanted: Callable[[Any], bool], options: Any
) -> Any:
    """Return the first entry of a list that is wanted, within the newest; ``None`` where there is none."""
    after: str | None = None
    seen: set[Any] = set()
    for _ in range(_PAGES):
        answer: Any = await page(after=after, limit=100, **options)
        if not isinstance(answer, WireModel):
            raise _of(operation, AnswerError(f"{operation}: the list is not an object", 200, {}, b""))
        entries = [each for each in cast("Any", answer).data or () if isinstance(each, WireModel)]
        found = next(filter(wanted, entries), None)
        if found is not None:
            return found
        after = cast("Any", entries[-1]).id if entries else None
        if after is None or after in seen or ("has_more" in answer and answer["has_more"] is False):
            return None
        seen.add(after)
    return None


# -- waiting


async def wait(
    runner: Runner[Any],
    batch_id: str,
    deadline: float | None,
    on_progress: OnState | None,
    options: CallOptions,
    since: float | None = None,
) -> BatchState:
    """Ask for a batch until it has ended; see ``Batches.wait``. ``since`` is when the work began, now if left out."""
    began, pause, faults = runner.world.clock() if since is None else since, _FIRST_WAIT, 0
    state: BatchState | None = None
    while True:
        asked = 0.0
        try:
            state = await look(runner, batch_id, runner.within(options, began, deadline, 1.0))
        except _PASSING as error:
            faults += 1
            if faults == _FAULTS:
                raise
            asked = runner.asked(error.headers)
        else:
            faults = 0
            if on_progress is not None:
                on_progress(state)
            if state.ended:
                return state
        left = _left(runner, began, deadline)
        if left <= 0:
            raise _unfinished(batch_id, state, f"has not ended after {deadline:g} seconds")
        spread = pause * (0.5 + 0.5 * runner.world.jitter())
        await runner.sleep(min(left, max(asked, spread)))
        pause = min(pause * _GROWTH, _LONGEST_WAIT)


def _left(runner: Runner[Any], began: float, deadline: float | None) -> float:
    return float("inf") if deadline is None else deadline - (runner.world.clock() - began)


def _unfinished(batch_id: str, state: BatchState | None, what: str) -> BatchUnfinishedError:
    said: Any = state and state.batch.status
    where = f"; it is {said or state.stage}" if state else ""
    error = BatchUnfinishedError(f"the batch {batch_id} {what}{where}")
    error.operation, error.state = _RETRIEVE, state
    return error


async def look(runner: Runner[Any], batch_id: str, options: CallOptions) -> BatchState:
    """Return where a batch stands.

    Raises:
        BatchGoneError: It is no more.
        PortkeyError: It cannot be asked for.
    """
    try:
        batch: Any = await AsyncBatchesResource(runner).retrieve(batch_id, **options)
    except APIError as error:
        if error.status in (404, 410):
            raise _as(BatchGoneError, error) from error
        raise
    if not isinstance(batch, WireModel):
        raise _of(_RETRIEVE, AnswerError(f"the batch {batch_id} is not an object", 200, {}, b""))
    if "error" in batch and "status" not in batch:
        raise _of(_RETRIEVE, BatchGoneError(error_message(batch), 200, {}, batch))
    return read_state(cast("Batch", batch), batch_id)


E_ = TypeVar("E_", bound=APIError)


def _as(kind: type[E_], error: APIError) -> E_:
    """Return an error as one of another class, with all it tells."""
    other = kind(error.message, error.status, error.headers, error.body)
    vars(other).update(vars(error))
    return other


# -- cancelling


async def cancel(runner: Runner[Any], batch_id: str, options: CallOptions) -> Batch:
    """Cancel a batch with one request; see ``Batches.cancel``."""
    try:
        return await AsyncBatchesResource(runner).cancel(batch_id, **options)
    except APIError as error:
        if error.status not in _REFUSALS:
            raise
        refused = error
    try:
        state = await look(runner, batch_id, options)
    except PortkeyError:
        if refused.status != 409:
            raise refused from None
        raise _as(BatchEndedError, refused) from refused
    if state.stage == "cancelling" or (state.stage == "cancelled" and refused.maybe_done):
        return state.batch  # it works already: an earlier request did, whose answer was lost
    if not state.ended:
        raise refused
    ended = _as(BatchEndedError, refused)
    ended.state = state
    raise ended from refused


async def cancel_and_wait(
    runner: Runner[Any], batch_id: str, deadline: float | None, on_progress: OnState | None, options: CallOptions
) -> BatchState:
    """Cancel a batch and follow it to its end; see ``Batches.cancel``."""
    began = runner.world.clock()
    try:
        await cancel(runner, batch_id, runner.within(options, began, deadline))
    except BatchEndedError as error:
        if error.state is None:  # it could not be asked for; waiting takes more time over it
            with suppress(PortkeyError):
                error.state = await wait(runner, batch_id, deadline, on_progress, options, began)
        if error.state is None or error.state.stage != "cancelled":
            raise
        return cast("BatchState", error.state)
    return await wait(runner, batch_id, deadline, on_progress, options, began)


# -- results


async def results(runner: Runner[Any], batch_id: str, options: CallOptions) -> AsyncGenerator[BatchResult]:
    """Yield the results of a batch that has ended; see ``Batches.results``."""
    state = await look(runner, batch_id, options)
    if not state.ended:
        raise _unfinished(batch_id, state, "has no results yet")
    for line, message in state.problems:
        where = f"line {line}: {message}" if line else message
        yield BatchResult(None, None, None, BatchFailure(where, None), None)
    files = [file_id for file_id in (state.output_file_id, state.error_file_id) if file_id]
    for file_id in files:
        transfer = Transfer()
        pieces = _checked(file_pieces(runner, file_id, transfer, options), transfer)
        async with aclosing(_read(pieces, state)) as found:
            async for result in found:
                yield result
    if not files and not state.problems and (state.completed or state.stage in ("completed", "failed")):
        async with aclosing(_output(runner, state, options)) as found:
            async for result in found:
                yield result


async def _checked(pieces: AsyncGenerator[bytes], transfer: Transfer) -> AsyncGenerator[bytes]:
    """Yield a body, and raise at its end if its checksum is not what the gateway gave."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece
    transfer.check(None)


async def _read(pieces: AsyncGenerator[bytes], state: BatchState) -> AsyncGenerator[BatchResult]:
    async with aclosing(pieces), aclosing(split(pieces)) as lines_:
        async for line in lines_:
            for result in read_line(line, state.batch.endpoint):
                yield result


async def _output(runner: Runner[Any], state: BatchState, options: CallOptions) -> AsyncGenerator[BatchResult]:
    """Yield what ``GET /batches/{batch_id}/output`` has, for gateways that name no files.

    A gateway without an error file answers with an error where every request failed; that is then the one result.
    """
    output = AsyncBatchesResource(runner.opener).output

    async def open_(headers: Mapping[str, str | None], options: CallOptions) -> Body[Any]:
        given: Any = {**options, "extra_headers": {**headers, **options.get("extra_headers", {})}}
        return cast("Body[Any]", await output(state.id, **given))

    async def size(_: CallOptions) -> int | None:
        return None

    try:
        async with aclosing(_read(receive(runner, Transfer(), open_, size, options), state)) as found:
            async for result in found:
                yield result
    except (APIError, ConfigurationError) as error:
        if state.completed:
            raise
        message = f"the batch is {state.stage} without a result: {error_message(error.body) if error.body else error}"
        yield BatchResult(None, None, None, BatchFailure(message, None), error.body)
