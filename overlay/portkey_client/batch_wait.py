"""Waiting for a batch, through whatever passes by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from portkey_api.resources.batches import AsyncBatchesResource
from portkey_api.types import CallOptions, WireModel

from .batch_state import BatchState, read_state
from .errors import AnswerError, APIError, BatchGoneError, BatchUnfinishedError, error_message, of_call
from .polling import poll

if TYPE_CHECKING:
    from portkey_api.models import Batch

    from .runner import Runner

E = TypeVar("E", bound=APIError)
OnState: TypeAlias = Callable[[BatchState], object]
"""Is told where a batch stands, each time it was asked for."""
DEADLINE = 90_000.0
"""Seconds: the 24 hours a batch may take, and one more."""
_RETRIEVE = "batches.retrieve"


async def wait(
    runner: Runner[Any],
    batch_id: str,
    deadline: float | None,
    on_progress: OnState | None,
    options: CallOptions,
    since: float | None = None,
) -> BatchState:
    """Ask for a batch until it has ended; see ``Batches.wait``. ``since`` is when the work began, now if left out."""

    async def ask(options: CallOptions) -> BatchState:
        return await look(runner, batch_id, options)

    def failed(state: BatchState | None, what: str) -> BatchUnfinishedError:
        return unfinished(batch_id, state, what)

    return await poll(runner, ask, failed, deadline, on_progress, options, since)


def unfinished(batch_id: str, state: BatchState | None, what: str) -> BatchUnfinishedError:
    """Return the error that says what a batch has not done, and where it stands."""
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
            raise as_kind(BatchGoneError, error) from error
        raise
    if not isinstance(batch, WireModel):
        raise of_call(_RETRIEVE, AnswerError(f"the batch {batch_id} is not an object", 200, {}, b""))
    if "error" in batch and "status" not in batch:
        raise of_call(_RETRIEVE, BatchGoneError(error_message(batch), 200, {}, batch))
    return read_state(cast("Batch", batch), batch_id)


def as_kind(kind: type[E], error: APIError) -> E:
    """Return an error as one of another class, with all it tells."""
    other = kind(error.message, error.status, error.headers, error.body)
    vars(other).update(vars(error))
    return other
