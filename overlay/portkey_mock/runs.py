"""What happens in a run of an assistant, as events: it begins, writes one message, and completes."""

from __future__ import annotations

from collections.abc import Iterator

from portkey_mock import sse
from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.speech import Wish, pieces, say
from portkey_mock.values import identifier, token

_LATER = ("required_action", "last_error", "incomplete_details", "cancelled_at", "failed_at", "completed_at", "usage")
"""What a run that has just begun has none of."""


def events(run: JsonObject, _: JsonObject) -> Iterator[bytes]:
    """Every event of `run`, the end included."""
    for name, data in _happenings(run):
        yield sse.event(data, name)
    yield sse.done("done")


def events_with_thread(run: JsonObject, fields: JsonObject) -> Iterator[bytes]:
    """The same where the thread begins with the run."""
    thread: JsonObject = {"id": run["thread_id"], "object": "thread", "created_at": run["created_at"]}
    yield sse.event({**thread, "tool_resources": None, "metadata": {}}, "thread.created")
    yield from events(run, fields)


def _happenings(run: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    begun: JsonObject = {**run, **dict.fromkeys(_LATER), "started_at": None, "status": "queued"}
    working = {**begun, "status": "in_progress", "started_at": run["created_at"]}
    yield "thread.run.created", begun
    yield "thread.run.queued", begun
    yield "thread.run.in_progress", working
    salt = token("run", run["id"])
    text = say(Wish(), salt).text
    usage = {"prompt_tokens": 1, "completion_tokens": len(pieces(text)), "total_tokens": len(pieces(text)) + 1}
    at: JsonObject = {"created_at": run["created_at"], "completed_at": None}
    step = _step(run, salt) | at
    yield "thread.run.step.created", step
    yield "thread.run.step.in_progress", step
    yield from _written(_message(run, salt) | at, text)
    ended = {"status": "completed", "completed_at": run["created_at"], "usage": usage}
    yield "thread.run.step.completed", step | ended
    yield "thread.run.completed", working | ended


def _written(message: JsonObject, text: str) -> Iterator[tuple[str, JsonObject]]:
    """How a message comes about."""
    yield "thread.message.created", message
    yield "thread.message.in_progress", message
    for number, part in enumerate(pieces(text)):
        delta: JsonObject = {"content": [_content(part, index=0)], **({} if number else {"role": "assistant"})}
        yield "thread.message.delta", {"id": message["id"], "object": "thread.message.delta", "delta": delta}
    ended = {"status": "completed", "completed_at": message["created_at"]}
    yield "thread.message.completed", {**message, **ended, "content": [_content(text)]}


def _content(text: str, **place: Json) -> JsonObject:
    return {**place, "type": "text", "text": {"value": text, "annotations": []}}


def _message(run: JsonObject, salt: str) -> JsonObject:
    return {
        "id": identifier("message", salt),
        "object": "thread.message",
        "thread_id": run["thread_id"],
        "assistant_id": run["assistant_id"],
        "run_id": run["id"],
        "role": "assistant",
        "status": "in_progress",
        "incomplete_details": None,
        "incomplete_at": None,
        "content": [],
        "attachments": [],
        "metadata": {},
    }


def _step(run: JsonObject, salt: str) -> JsonObject:
    return {
        "id": identifier("step", salt),
        "object": "thread.run.step",
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "run_id": run["id"],
        "type": "message_creation",
        "status": "in_progress",
        "step_details": {
            "type": "message_creation",
            "message_creation": {"message_id": identifier("message", salt)},
        },
        **dict.fromkeys(("last_error", "expired_at", "cancelled_at", "failed_at", "usage")),
        "metadata": {},
    }
