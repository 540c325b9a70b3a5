"""Answers that come as events: the whole answer is made first, then cut, so that the pieces always add up to it.

Each API cuts in its own way. What all share is that `stream` changes how an answer comes, and nothing of what it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from portkey_mock import runs, sse
from portkey_mock.document import Operation
from portkey_mock.jsonvalue import Json, JsonObject, is_object
from portkey_mock.message import Response, streamed
from portkey_mock.routing import shape
from portkey_mock.speech import pieces
from portkey_mock.validation import Call

_HOW: Final = frozenset({"stream", "stream_options"})
"""Fields that say how to send an answer."""

Cut: TypeAlias = Callable[[JsonObject, JsonObject], Iterable[bytes]]
"""Makes the events of a whole answer, given the fields of the request, too."""


def wanted(call: Call) -> bool:
    """Whether `call` asks for a stream, where its operation has one."""
    return call.fields.get("stream") is True and sse.MEDIA in call.operation.responses.get("200", {})


def answer(call: Call, act: Callable[[Call], Response]) -> Response:
    """What `act` answers to `call`, as events if `call` asks for them.

    An answer that is not what the document says, such as a refusal or a caller's own, goes out whole.
    """
    if _HOW.isdisjoint(call.fields) or (cut := _CUTS.get(shape(call.operation.path))) is None:
        return act(call)
    fields = {name: value for name, value in call.fields.items() if name not in _HOW}
    whole = act(replace(call, body=fields, streamed=wanted(call)))
    body = _body(call.operation, whole) if wanted(call) else None
    if body is None:
        return whole
    return streamed(whole.status, sse.MEDIA, cut(body, call.fields))


def _body(operation: Operation, whole: Response) -> JsonObject | None:
    """The JSON of a successful answer, if it conforms to what the document says."""
    declared = operation.responses["200"].get("application/json")
    if whole.status != 200 or declared is None or dict(whole.headers).get("content-type") != "application/json":
        return None
    body = json.loads(whole.body)
    return body if is_object(body) and declared.schema.accepts(body) else None


def chat(body: JsonObject, fields: JsonObject) -> Iterator[bytes]:
    """A chat completion: the role first, then the content or the calls of tools, then the reason why it ended."""
    return _chunks(body, fields, "chat.completion.chunk", _chat_choices)


def text(body: JsonObject, fields: JsonObject) -> Iterator[bytes]:
    """A text completion."""
    return _chunks(body, fields, "text_completion", _text_choices)


def prompt(body: JsonObject, fields: JsonObject) -> Iterator[bytes]:
    """The completion of a prompt: a chat or a text."""
    return (text if body["object"] == "text_completion" else chat)(body, fields)


def _chunks(
    body: JsonObject, fields: JsonObject, kind: str, cut: Callable[[JsonObject], Iterable[JsonObject]]
) -> Iterator[bytes]:
    """The pieces of all choices, the usage if it is asked for, and the end."""
    head: JsonObject = {name: body[name] for name in ("id", "created", "model", "system_fingerprint") if name in body}
    options = fields.get("stream_options")
    usage = is_object(options) and options.get("include_usage") is True and "usage" in body
    each: JsonObject = {**head, "object": kind, **({"usage": None} if usage else {})}
    for choice in body["choices"]:
        for piece in cut(choice):
            yield sse.event({**each, "choices": [piece]})
    if usage:
        yield sse.event({**each, "choices": [], "usage": body["usage"]})
    yield sse.done()


def _chat_choices(choice: JsonObject) -> Iterator[JsonObject]:
    said: JsonObject = choice["message"]
    probabilities: list[Json] = _content(choice.get("logprobs"))

    def piece(delta: JsonObject, logprobs: Json = None, finish: str | None = None) -> JsonObject:
        return {"index": choice["index"], "delta": delta, "logprobs": logprobs, "finish_reason": finish}

    yield piece({"role": said["role"], "content": "" if isinstance(said.get("content"), str) else None})
    for number, part in enumerate(pieces(said.get("content") or "")):
        known = number < len(probabilities)
        yield piece({"content": part}, {"content": [probabilities[number]]} if known else None)
    for part in pieces(said.get("refusal") or ""):
        yield piece({"refusal": part})
    for index, call in enumerate(said.get("tool_calls") or []):
        yield from (piece({"tool_calls": [{"index": index, **part}]}) for part in _tool_pieces(call))
    yield piece({}, finish=choice["finish_reason"])


def _content(logprobs: Json) -> list[Json]:
    """The logarithms of the tokens' probabilities, where there are any."""
    return (logprobs["content"] if is_object(logprobs) else None) or []


def _tool_pieces(call: JsonObject) -> Iterator[JsonObject]:
    """A call of a function: its name first, then its arguments in pieces."""
    function: JsonObject = call.get("function", {"name": "", "arguments": ""})
    yield {"id": call["id"], "type": "function", "function": {"name": function["name"], "arguments": ""}}
    yield from ({"function": {"arguments": part}} for part in pieces(function["arguments"]))


def _text_choices(choice: JsonObject) -> Iterator[JsonObject]:
    index = choice["index"]
    for part in pieces(choice["text"]):
        yield {"index": index, "text": part, "finish_reason": None, "logprobs": None}
    yield {"index": index, "text": "", "finish_reason": choice["finish_reason"], "logprobs": None}


def message(body: JsonObject, _: JsonObject) -> Iterator[bytes]:
    """A message of Anthropic's: every event is named by its type."""
    return (sse.event(each, each["type"]) for each in _message_events(body))


def _message_events(body: JsonObject) -> Iterator[JsonObject]:
    usage: JsonObject = body["usage"]
    begun: JsonObject = {
        **body,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 0},
    }
    yield {"type": "message_start", "message": begun}
    yield {"type": "ping"}
    for index, block in enumerate(body["content"]):
        empty, deltas = _block(block)
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        yield from ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        yield {"type": "content_block_stop", "index": index}
    ended = {name: body[name] for name in ("stop_reason", "stop_sequence")}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": usage.get("output_tokens", 0)}}
    yield {"type": "message_stop"}


def _block(block: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    """A block as it begins, and what is added to it. A block of any other kind comes at once."""
    match block:
        case {"type": "text", "text": said}:
            return {**block, "text": ""}, [{"type": "text_delta", "text": part} for part in pieces(said)]
        case {"type": "tool_use", "input": arguments}:
            parts = pieces(json.dumps(arguments))
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": part} for part in parts]
        case _:
            return block, []


def response(body: JsonObject, _: JsonObject) -> Iterator[bytes]:
    """A response: every event is named by its type and numbered."""
    for number, each in enumerate(_response_events(body)):
        yield sse.event({**each, "sequence_number": number}, each["type"])


def _response_events(body: JsonObject) -> Iterator[JsonObject]:
    nothing: JsonObject = {"output": [], **dict.fromkeys(("output_text", "incomplete_details", "usage"))}
    begun: JsonObject = {**body, **nothing, "status": "in_progress"}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(body["output"]):
        at = {"item_id": item.get("id", ""), "output_index": index}
        yield {"type": "response.output_item.added", "output_index": index, "item": _emptied(item)}
        if item.get("type") == "function_call":
            yield from _argument_events(item, at)
        for number, part in enumerate(item.get("content") or []):
            yield from _part_events(part, {**at, "content_index": number})
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    end = "response.incomplete" if body.get("status") == "incomplete" else "response.completed"
    yield {"type": end, "response": body}


def _emptied(item: JsonObject) -> JsonObject:
    """An item of the output before anything of it is said."""
    match item:
        case {"type": "message"}:
            return {**item, "status": "in_progress", "content": []}
        case {"type": "function_call"}:
            return {**item, "status": "in_progress", "arguments": ""}
        case _:
            return item


def _argument_events(item: JsonObject, at: JsonObject) -> Iterator[JsonObject]:
    for part in pieces(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **at, "delta": part}
    yield {"type": "response.function_call_arguments.done", **at, "arguments": item["arguments"]}


def _part_events(part: JsonObject, at: JsonObject) -> Iterator[JsonObject]:
    """A text or a refusal: the field that holds it, and what its events are called."""
    field, kind = ("refusal", "refusal") if part["type"] == "refusal" else ("text", "output_text")
    yield {"type": "response.content_part.added", **at, "part": {**part, field: ""}}
    for piece in pieces(part[field]):
        yield {"type": f"response.{kind}.delta", **at, "delta": piece}
    yield {"type": f"response.{kind}.done", **at, field: part[field]}
    yield {"type": "response.content_part.done", **at, "part": part}


_CUTS: Final[Mapping[str, Cut]] = {
    "/chat/completions": chat,
    "/completions": text,
    "/prompts/{}/completions": prompt,
    "/messages": message,
    "/responses": response,
    "/threads/runs": runs.events_with_thread,
    "/threads/{}/runs": runs.events,
    "/threads/{}/runs/{}/submit_tool_outputs": runs.events,
}
"""By the shape of the path that is posted to."""
