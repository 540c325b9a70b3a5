"""Cancelling a batch, on gateways that each refuse in their own way."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from portkey_api.resources.batches import AsyncBatchesResource
from portkey_api.types import CallOptions

from .batch_state import BatchState
from .batch_wait import OnState, as_kind, look, wait
from .errors import APIError, BatchEndedError, PortkeyError

if TYPE_CHECKING:
    from portkey_api.models import Batch

    from .runner import Runner

CANCELLING = 660.0
"""Seconds: the ten minutes a cancellation may take, and one more."""
_REFUSALS = (400, 409, 422, 500)
"""What gateways and the proxies before them answer where a batch has ended; each may mean something else, too."""


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
        raise as_kind(BatchEndedError, refused) from refused
    if state.stage == "cancelling" or (state.stage == "cancelled" and refused.maybe_done):
        return state.batch  # it works already: an earlier request did, whose answer was lost
    if not state.ended:
        raise refused
    ended = as_kind(BatchEndedError, refused)
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
