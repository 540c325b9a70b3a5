"""The results of a batch that has ended, read from its files as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from portkey_api.resources.batches import AsyncBatchesResource
from portkey_api.types import CallOptions

from .batch_results import BatchFailure, BatchResult, read_line, split
from .batch_state import BatchState
from .batch_wait import look, unfinished
from .errors import APIError, ConfigurationError, error_message
from .files import file_pieces
from .transfer import Transfer, receive, unknown_size

if TYPE_CHECKING:
    from .runner import Body, Runner


async def results(runner: Runner[Any], batch_id: str, options: CallOptions) -> AsyncGenerator[BatchResult]:
    """Yield the results of a batch that has ended; see ``Batches.results``."""
    state = await look(runner, batch_id, options)
    if not state.ended:
        raise unfinished(batch_id, state, "has no results yet")
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

    try:
        async with aclosing(_read(receive(runner, Transfer(), open_, unknown_size, options), state)) as found:
            async for result in found:
                yield result
    except (APIError, ConfigurationError) as error:
        if state.completed:
            raise
        message = f"the batch is {state.stage} without a result: {error_message(error.body) if error.body else error}"
        yield BatchResult(None, None, None, BatchFailure(message, None), error.body)
