"""How models are asked in the checks of inference, and what they called, said and counted, in the terms of each API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from portkey_mock import Response
from tests.contract import events
from tests.contract.world import World, parsed

CHAT: Final = "POST /chat/completions"
TEXT: Final = "POST /completions"
RESPONSES: Final = "POST /responses"
MESSAGES: Final = "POST /messages"

_QUESTION: Final = "What is the weather in Paris, and what in Rome? Look it up for both."
_PARAMETERS: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTIONS: Final = ("look_up_weather", "look_up_tides")
"""The functions that a model may call."""


def question(name: str, text: str) -> dict[str, Any]:
    """The members that ask a text."""
    if name == RESPONSES:
        return {"input": text}
    return {"prompt": text} if name == TEXT else {"messages": [{"role": "user", "content": text}]}


def with_tools(name: str) -> dict[str, Any]:
    """The members that make a model call one of `FUNCTIONS`; none where it has no such thing."""
    told = {each: {"name": each, "description": f"Answers what {each[8:]} a city has now."} for each in FUNCTIONS}
    if name == CHAT:
        tools = [{"type": "function", "function": {**each, "parameters": _PARAMETERS}} for each in told.values()]
        return {**question(name, _QUESTION), "tools": tools, "tool_choice": "required"}
    if name == RESPONSES:
        flat = [{"type": "function", **each, "parameters": _PARAMETERS, "strict": True} for each in told.values()]
        return {**question(name, _QUESTION), "tools": flat, "tool_choice": "required"}
    if name == MESSAGES:
        own = [{**each, "input_schema": _PARAMETERS} for each in told.values()]
        return {**question(name, _QUESTION), "tools": own, "tool_choice": {"type": "any"}, "max_tokens": 1024}
    return {}


def asked(world: World, name: str, **more: Any) -> Response | None:
    """The success that an operation answers, with `more` in its body; None if it refuses, or is not there."""
    if not world.has(name):
        return None
    body = world.body(world.operations[name])
    if not isinstance(body, dict):
        return None
    plain = {each: value for each, value in body.items() if each not in ("store", "background")}
    answer = world.send(name, None, {**plain, **more})
    return answer if answer.status < 300 else None


def whole(world: World, name: str, **more: Any) -> dict[str, Any] | None:
    """An answer as a whole; None if there is none."""
    answer = asked(world, name, **more)
    value = None if answer is None else parsed(answer)
    return value if isinstance(value, dict) else None


def streamed(world: World, name: str, **more: Any) -> list[dict[str, Any]] | None:
    """The events of a streamed answer; None if there is none, and for one that fails, for which there is a check."""
    answer = asked(world, name, stream=True, **more)
    if answer is None or events.MEDIA not in (answer.header("content-type") or ""):
        return None
    found = list(values(answer.body))
    failed = any(events.is_error(event, data) for event, data in events.frames(answer.body))
    return None if failed or not found else found


def values(body: bytes) -> Iterator[dict[str, Any]]:
    """The objects in the events of a stream."""
    for _, data in events.frames(body):
        try:
            value = json.loads(data)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def chunks(body: bytes) -> Iterator[dict[str, Any]]:
    """The pieces of choices in a stream, and the one that counts the tokens; not what a provider puts before them."""
    for value in values(body):
        if "choices" in value and (value["choices"] or value.get("usage")):
            yield value


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in what should be a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def held(value: Any, *names: str) -> Any:
    """A member of a member; None if one of them is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


@dataclass
class Called:
    """A call of a function, with its arguments as JSON text."""

    id: Any
    name: Any
    arguments: Any


@dataclass
class Told:
    """What one answer said.

    Attributes:
        ends: why it ended, for each choice; None where that is not told.
    """

    text: str = ""
    calls: list[Called] = field(default_factory=list[Called])
    ends: list[Any] = field(default_factory=list[Any])


def of_whole(name: str, answer: Mapping[str, Any]) -> Told:
    """What a whole answer said, all choices together."""
    told = Told()
    for choice in objects(answer.get("choices")):
        told.ends.append(choice.get("finish_reason"))
        told.text += _text(choice.get("text")) + _text(held(choice, "message", "content"))
        for call in objects(held(choice, "message", "tool_calls")):
            if call.get("type") in ("function", None):
                told.calls.append(
                    Called(call.get("id"), held(call, "function", "name"), held(call, "function", "arguments"))
                )
    if name == RESPONSES:
        told.ends.append(answer.get("status"))
        _items(told, answer)
    if name == MESSAGES:
        told.ends.append(answer.get("stop_reason"))
        for block in objects(answer.get("content")):
            told.text += _text(block.get("text"))
            if block.get("type") == "tool_use":
                told.calls.append(Called(block.get("id"), block.get("name"), json.dumps(block.get("input"))))
    return told


def _items(told: Told, answer: Mapping[str, Any]) -> None:
    for item in objects(answer.get("output")):
        told.text += "".join(_text(part.get("text")) for part in objects(item.get("content")))
        if item.get("type") == "function_call":
            told.calls.append(Called(item.get("call_id"), item.get("name"), item.get("arguments")))


def of_stream(name: str, told_in: list[dict[str, Any]]) -> Told:
    """What the events of a stream said, joined; of a response what its deltas did, of its calls what its end tells."""
    if name in (CHAT, TEXT):
        return _of_chunks(told_in)
    told = Told()
    blocks: dict[Any, Called] = {}
    for each in told_in:
        kind, delta = each.get("type"), each.get("delta")
        if kind == "response.output_text.delta":
            told.text += _text(delta)
        elif kind in ("response.completed", "response.incomplete"):
            whole = of_whole(RESPONSES, each.get("response") or {})
            told.calls, told.ends = whole.calls, whole.ends
        elif kind == "content_block_start" and held(each, "content_block", "type") == "tool_use":
            start = each["content_block"]
            blocks[each.get("index")] = Called(start.get("id"), start.get("name"), "")
        elif kind == "content_block_delta":
            told.text += _text(held(delta, "text"))
            if each.get("index") in blocks:
                blocks[each.get("index")].arguments += _text(held(delta, "partial_json"))
        elif kind == "message_delta":
            told.ends.append(held(delta, "stop_reason"))
    told.calls += blocks.values()
    return told


def _of_chunks(pieces: list[dict[str, Any]]) -> Told:
    told = Told()
    calls: dict[tuple[Any, Any], Called] = {}
    for choice in (each for piece in pieces for each in objects(piece.get("choices"))):
        told.text += _text(choice.get("text")) + _text(held(choice, "delta", "content"))
        if choice.get("finish_reason"):
            told.ends.append(choice["finish_reason"])
        for part in objects(held(choice, "delta", "tool_calls")):
            call = calls.setdefault((choice.get("index"), part.get("index")), Called(None, "", ""))
            call.id = call.id or part.get("id")
            call.name += _text(held(part, "function", "name"))
            call.arguments += _text(held(part, "function", "arguments"))
    told.calls = list(calls.values())
    return told


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def spent(name: str, answer: Mapping[str, Any]) -> int | None:
    """The tokens that a whole answer took; None if it does not say."""
    number = held(answer, "usage", "output_tokens" if name in (RESPONSES, MESSAGES) else "completion_tokens")
    return number if isinstance(number, int) and not isinstance(number, bool) else None
