"""What the events of a stream add up to: the JSON of the answer as it would have come without a stream.

It also adds up what came of a stream that was cut. Time and memory grow with the length of the stream, not faster.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .narrow import is_array, is_dict, is_list, is_mapping

_WHOLE = {"id", "type", "role", "name", "object", "finish_reason", "model", "format", "signature"}
"""Keys whose text comes in one piece; said again, it is not to be appended."""


class _Text(list[str]):
    """A text as its pieces."""


def assemble(events: Sequence[Any]) -> Any:
    """Return what events add up to, ``None`` where they add up to nothing.

    Args:
        events: The JSON of each event. Chunks of a chat or text completion, events of OpenAI's responses, of
            Anthropic's messages, or of a run (``{event, data}``); they tell by their shape which they are.
    """
    objects: list[Mapping[str, Any]] = [event for event in events if is_mapping(event)]
    for key, add_up in _KINDS.items():
        if any(key in event for event in objects):
            return add_up(objects)
    return None


# -- chunks of completions


def _completion(chunks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    choices: dict[Any, dict[str, Any]] = {}
    for chunk in chunks:
        for key, value in chunk.items():
            if key != "choices" and (value not in (None, "") or key not in answer):
                answer[key] = value
        for choice in _objects(chunk.get("choices")):
            _add(choices.setdefault(choice.get("index", 0), {}), choice)
    answer["object"] = str(answer.get("object", "")).removesuffix(".chunk")
    answer["choices"] = [_choice(_joined(choices[index])) for index in sorted(choices, key=str)]
    return answer


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    """Return a choice as a whole answer has it: its message in the place of its deltas."""
    if "delta" not in choice:
        return choice
    message: dict[str, Any] = {"role": "assistant", "content": None, **(choice.pop("delta") or {})}
    if is_list(message.get("tool_calls")):
        message["tool_calls"] = [_unnumbered(call) for call in message["tool_calls"]]
    return {**choice, "message": message}


def _add(whole: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """Add one delta to what came before it: text is appended, objects and indexed lists are gone into."""
    for key, value in delta.items():
        old = whole.get(key)
        if isinstance(value, str):
            if key in _WHOLE:
                whole[key] = value or old
            elif isinstance(old, _Text):
                old.append(value)
            else:
                whole[key] = _Text([value])
        elif is_mapping(value):
            inner = old if is_dict(old) else {}
            _add(inner, value)
            whole[key] = inner
        elif is_list(value):
            items = old if is_array(old) else []
            _add_items(items, value)
            whole[key] = items
        elif value is not None or key not in whole:
            whole[key] = value


def _add_items(items: list[Any], deltas: Sequence[Any]) -> None:
    """Add the items of a list: to the one of the same index where they have one, else at the end."""
    for delta in deltas:
        if not is_mapping(delta) or "index" not in delta:
            items.append(delta)
            continue
        same = (each for each in reversed(items) if is_dict(each) and each.get("index") == delta["index"])
        found = next(same, None)
        if found is None or _other(found.get("id"), delta.get("id")):
            found = {}
            items.append(found)
        _add(found, delta)


def _other(first: Any, second: Any) -> bool:
    """Tell whether two ids differ: some providers count all the tool calls of an answer as number 0."""
    return bool(first and second and first != second)


def _joined(value: Any) -> Any:
    """Return JSON data with every text in one piece."""
    if isinstance(value, _Text):
        return "".join(value)
    if is_mapping(value):
        return {key: _joined(each) for key, each in value.items()}
    return [_joined(each) for each in value] if is_list(value) else value


# -- events of runs


def _run(events: Iterable[Mapping[str, Any]]) -> Any:
    """Return the run as it was told last."""
    run = None
    for event in events:
        name, data = str(event.get("event")), event.get("data")
        if name.startswith("thread.run.") and not name.startswith("thread.run.step.") and is_mapping(data):
            run = data
    return run


# -- events of responses and messages, which have a type


def _typed(events: Sequence[Mapping[str, Any]]) -> Any:
    messages = any(event.get("type") == "message_start" for event in events)
    return _message(events) if messages else _response(events)


def _message(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    blocks: dict[Any, dict[str, Any]] = {}
    for event in events:
        kind, index = event.get("type"), event.get("index")
        if kind == "message_start":
            message = dict(_object(event.get("message")))
        elif kind == "content_block_start":
            _add(blocks.setdefault(index, {}), _object(event.get("content_block")))
        elif kind == "content_block_delta":
            _add_to_block(blocks.setdefault(index, {}), _object(event.get("delta")))
        elif kind == "message_delta":
            used = {name: told for name, told in _object(event.get("usage")).items() if told is not None}
            usage = {**_object(message.get("usage")), **used}
            message |= {**_object(event.get("delta")), "usage": usage}
    return {**message, "content": [_block(_joined(block)) for block in blocks.values()]}


def _add_to_block(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    piece = {key: value for key, value in delta.items() if key != "type"}
    if "citation" in piece:
        piece["citations"] = [piece.pop("citation")]
    _add(block, piece)


def _block(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block with its input in one piece; an input that was cut stays the text that came."""
    if (text := block.pop("partial_json", None)) is not None:
        block["input"] = _parsed(text) if text else block.get("input", {})
    return block


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _response(events: Sequence[Mapping[str, Any]]) -> Any:
    """Return the response as it was told last; before its end, with the output that came so far."""
    told = [event for event in events if is_mapping(event.get("response"))]
    response: dict[str, Any] = dict(told[-1]["response"]) if told else {}
    if not response or response.get("output"):
        return response or None
    items: dict[Any, dict[str, Any]] = {}
    for event in events:
        if "output_index" in event:
            _add_output(items.setdefault(event["output_index"], {}), event)
    return {**response, "output": [_item(_joined(item)) for item in items.values()]}


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item without the numbers that its parts were told apart by."""
    return {key: [_unnumbered(each) for each in value] if key == "content" else value for key, value in item.items()}


def _unnumbered(part: Any) -> Any:
    return {key: value for key, value in part.items() if key != "index"} if is_mapping(part) else part


def _add_output(item: dict[str, Any], event: Mapping[str, Any]) -> None:
    """Add what one event tells of one item of the output."""
    kind, place, delta = event.get("type"), {"index": event.get("content_index")}, event.get("delta")
    if kind in ("response.output_item.added", "response.output_item.done"):
        item.clear()
        _add(item, _object(event.get("item")))
    elif kind == "response.content_part.added":
        _add(item, {"content": [{**_object(event.get("part")), **place}]})
    elif kind == "response.output_text.delta":
        _add(item, {"content": [{**place, "text": delta}]})
    elif kind == "response.refusal.delta":
        _add(item, {"content": [{**place, "refusal": delta}]})
    elif kind == "response.function_call_arguments.delta":
        _add(item, {"arguments": delta})


def _object(value: Any) -> Mapping[str, Any]:
    return value if is_mapping(value) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if is_mapping(each)] if is_list(value) else []


_KINDS: dict[str, Callable[[list[Mapping[str, Any]]], Any]] = {"choices": _completion, "event": _run, "type": _typed}
"""A key that some event has -> what adds such events up."""
