"""Where a batch stands, in one way for all gateways and providers, whatever words, times and numbers theirs uses."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from .narrow import is_list, is_mapping

if TYPE_CHECKING:
    from portkey_api.models import Batch

Stage: TypeAlias = Literal["working", "cancelling", "completed", "failed", "expired", "cancelled"]
"""The last four are ends."""

_WORDS: dict[str, Stage] = {
    **dict.fromkeys(("cancelling", "canceling", "stopping", "cancellation_requested"), "cancelling"),
    **dict.fromkeys(("cancelled", "canceled", "stopped", "aborted"), "cancelled"),
    **dict.fromkeys(("completed", "complete", "succeeded", "success", "ended", "done"), "completed"),
    **dict.fromkeys(("partially_completed", "partially_succeeded"), "completed"),
    **dict.fromkeys(("failed", "failure", "error", "errored", "rejected"), "failed"),
    **dict.fromkeys(("expired", "timeout_exceeded", "timed_out"), "expired"),
}
"""What gateways and providers say -> where it stands. What is not here is at work, as all the words for it are."""
_MILLISECONDS = 100_000_000_000
"""From here on a time is in milliseconds: as seconds, it would be in the year 5138."""


class BatchState(NamedTuple):
    """Where a batch stands. ``batch`` is what the gateway sent, word for word."""

    id: str
    """The batch."""
    stage: Stage
    """``working``, ``cancelling``, or an end: ``completed``, ``failed``, ``expired``, ``cancelled``."""
    total: int | None
    """How many requests it has; ``None``, here and below, where the gateway does not say."""
    completed: int | None
    """How many have an answer; after a cancellation these are the ones that were saved."""
    failed: int | None
    """How many have none, or an error."""
    created_at: dt.datetime | None
    """When it was created, in UTC."""
    ended_at: dt.datetime | None
    """When it came to its end, in UTC."""
    output_file_id: str | None
    """The file with the answers."""
    error_file_id: str | None
    """The file with the failures."""
    problems: tuple[tuple[int, str], ...]
    """What is wrong with its input, each with the line, 0 where none is named."""
    batch: Batch
    """What the gateway sent, as ``client.batches.retrieve`` returns it."""

    @property
    def ended(self) -> bool:
        """Whether it has come to an end, whichever."""
        return self.stage not in ("working", "cancelling")


def read_state(batch: Batch, batch_id: str) -> BatchState:
    """Return where a batch stands; nothing a gateway sends can make this fail.

    Args:
        batch: What the gateway sent.
        batch_id: The id that was asked for.
    """
    wire = batch.to_dict()
    counts: Any = wire.get("request_counts")
    number = {name: _number(counts.get(name)) for name in _COUNTS} if is_mapping(counts) else {}
    ends = [_moment(wire.get(f"{end}_at")) for end in ("completed", "failed", "expired", "cancelled")]
    stage = _stage(wire)
    return BatchState(
        id=_text(wire.get("id")) or batch_id,
        stage=stage,
        total=number.get("total"),
        completed=number.get("completed"),
        failed=number.get("failed"),
        created_at=_moment(wire.get("created_at")),
        ended_at=next(filter(None, ends), None) if stage not in ("working", "cancelling") else None,
        output_file_id=_text(wire.get("output_file_id")),
        error_file_id=_text(wire.get("error_file_id")),
        problems=tuple(_problems(wire.get("errors"))),
        batch=batch,
    )


_COUNTS = ("total", "completed", "failed")


def _stage(wire: dict[str, Any]) -> Stage:
    said = wire.get("status")
    if isinstance(said, str):
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", said.strip()).lower().replace("-", "_")
        return _WORDS.get(re.sub(r"^(job|batch)_(state_)?", "", snake), "working")
    for end in ("cancelled", "completed", "failed", "expired"):
        if _moment(wire.get(f"{end}_at")):
            return _WORDS[end]
    return "working"


def _number(value: Any) -> int | None:
    """Return a count, which Vertex sends as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(value: Any) -> dt.datetime | None:
    """Return a time: in seconds, as documented, in milliseconds, as Bedrock and Vertex send it, or as RFC 3339."""
    try:
        if isinstance(value, str) and not value.isdigit():
            moment = dt.datetime.fromisoformat(value)
            return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        seconds = float(value)
        return dt.datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, dt.UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _problems(errors: Any) -> list[tuple[int, str]]:
    """Return what is wrong with the input: ``{data: [{line, message}]}``, or the list by itself."""
    listed = errors.get("data") if is_mapping(errors) else errors
    if not is_list(listed):
        return [(0, str(listed))] if listed else []
    return [(_number(each.get("line")) or 0, _said(each)) if is_mapping(each) else (0, str(each)) for each in listed]


def _said(error: Any) -> str:
    return str(error.get("message") or error.get("code") or dict(error))
