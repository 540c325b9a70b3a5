"""Asking for something until it has ended: less and less often, through passing faults, up to a deadline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from portkey_api.types import CallOptions

from .errors import (
    AnswerError,
    ConnectionFailedError,
    GatewayTimedOutError,
    PortkeyError,
    RateLimitError,
    ServerError,
)

if TYPE_CHECKING:
    from .runner import Runner

_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 1.0, 60.0, 1.5
_FAULTS = 10
"""After so many polls in a row without an answer, waiting ends."""
_PASSING = (ConnectionFailedError, ServerError, RateLimitError, GatewayTimedOutError, AnswerError)


class State(Protocol):
    """Where something stands."""

    @property
    def ended(self) -> bool:
        """Whether it has come to an end, whichever."""
        ...


S = TypeVar("S", bound=State)


async def poll(
    runner: Runner[Any],
    look: Callable[[CallOptions], Awaitable[S]],
    unfinished: Callable[[S | None, str], PortkeyError],
    deadline: float | None,
    on_progress: Callable[[S], object] | None,
    options: CallOptions,
    since: float | None = None,
) -> S:
    """Ask where something stands until it has ended, and return that.

    Args:
        runner: Carries the calls out, and waits.
        look: Asks once, with these options.
        unfinished: Makes the error for what has not ended by the deadline, of where it stands and what is wrong.
        deadline: Seconds after which to stop; ``None`` waits for ever.
        on_progress: Is told where it stands, each time it was asked for.
        options: Those of each call.
        since: When the work began, by the runner's clock; now where it is left out.

    Raises:
        PortkeyError: What ``unfinished`` made, or ``look`` raised: at once, or ten times in a row where it may pass.
    """
    began, pause, faults = runner.world.clock() if since is None else since, _FIRST_WAIT, 0
    state: S | None = None
    while True:
        asked = 0.0
        try:
            state = await look(runner.within(options, began, deadline, 1.0))
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
            raise unfinished(state, f"has not ended after {deadline:g} seconds")
        spread = pause * (0.5 + 0.5 * runner.world.jitter())
        await runner.sleep(min(left, max(asked, spread)))
        pause = min(pause * _GROWTH, _LONGEST_WAIT)


def _left(runner: Runner[Any], began: float, deadline: float | None) -> float:
    return float("inf") if deadline is None else deadline - (runner.world.clock() - began)
