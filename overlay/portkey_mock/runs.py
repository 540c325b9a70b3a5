"""What happens in a run of an assistant, as events: it begins, writes one message, and completes."""

from __future__ import annotations

from collections.abc import Iterator

from portkey_mock import sse
from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.speech import Speech, Tool, Wish, pieces, say, tokens_of
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


def outcome(run: JsonObject) -> tuple[JsonObject, JsonObject]:
    """The message that a completed run has written, and the step in which it was written."""
    salt = token("run", run["id"])
    at: JsonObject = {"status": "completed", "created_at": run["created_at"], "completed_at": run["created_at"]}
    return _message(run, salt) | at, _step(run, salt) | at | {"usage": usage(run)}


def usage(run: JsonObject) -> JsonObject:
    """The tokens that a completed run took."""
    before, after = tokens_of(run.get("instructions")), _said(token("run", run["id"])).tokens
    return {"prompt_tokens": before, "completion_tokens": after, "total_tokens": before + after}


def required(run: JsonObject) -> JsonObject:
    """What a run that waits is waiting for: the output of its first function, called with arguments that fit."""
    function: JsonObject = next(tool["function"] for tool in run["tools"] if tool["type"] == "function")
    salt = token("run", run["id"])
    arguments = say(Wish(Tool(str(function["name"]), function.get("parameters", {}))), salt).text
    call = {"id": identifier("call", salt), "type": "function"}
    calls = [{**call, "function": {"name": function["name"], "arguments": arguments}}]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}


def _said(salt: str) -> Speech:
    return say(Wish(), salt)


def _happenings(run: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    begun: JsonObject = {**run, **dict.fromkeys(_LATER), "started_at": None, "status": "queued"}
    working = {**begun, "status": "in_progress", "started_at": run["created_at"]}
    yield "thread.run.created", begun
    yield "thread.run.queued", begun
    yield "thread.run.in_progress", working
    if run["status"] == "requires_action":
        yield "thread.run.requires_action", run
        return
    yield from _worked(run)
    ended = {"status": "completed", "completed_at": run["created_at"], "usage": usage(run)}
    yield "thread.run.completed", run if run["status"] == "completed" else working | ended


def _worked(run: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """The one step of a run, and the message written in it."""
    message, step = outcome(run)
    begun = {**step, "status": "in_progress", "completed_at": None, "usage": None}
    yield "thread.run.step.created", begun
    yield "thread.run.step.in_progress", begun
    yield from _written(message)
    yield "thread.run.step.completed", step


def _written(message: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """How a message comes about."""
    begun: JsonObject = {**message, "status": "in_progress", "completed_at": None, "content": []}
    yield "thread.message.created", begun
    yield "thread.message.in_progress", begun
    for number, part in enumerate(pieces(message["content"][0]["text"]["value"])):
        delta: JsonObject = {"content": [_content(part, index=0)], **({} if number else {"role": "assistant"})}
        yield "thread.message.delta", {"id": message["id"], "object": "thread.message.delta", "delta": delta}
    yield "thread.message.completed", message


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
        "incomplete_details": None,
        "incomplete_at": None,
        "content": [_content(_said(salt).text)],
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
        "step_details": {
            "type": "message_creation",
            "message_creation": {"message_id": identifier("message", salt)},
        },
        **dict.fromkeys(("last_error", "expired_at", "cancelled_at", "failed_at")),
        "metadata": {},
    }
