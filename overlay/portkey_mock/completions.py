"""Answers of models in the shapes of their APIs: chat, text completions, prompts, Anthropic's messages, responses.

Each function gives the facts of one answer, to be laid over a generated one: what was said, why it ended, and usage
that adds up.
"""

from __future__ import annotations

import json
from typing import Final

from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.speech import Asked, Speech, Tool, Wish, pieces, salted, say, tokens_of
from portkey_mock.values import identifier

_MOST_CHOICES: Final = 128


def chat(asked: Asked) -> JsonObject:
    """POST /chat/completions."""
    fields = asked.fields
    limit = _limit(fields, "max_completion_tokens", "max_tokens")
    wish = Wish(_chat_tool(fields), _chat_schema(fields), limit, _stops(fields.get("stop")))
    spoken = [say(wish, salted(asked.salt, index)) for index in range(_choices(fields))]
    return {
        "created": asked.now,
        "system_fingerprint": "fp_" + asked.salt[:10],
        "choices": [_chat_choice(asked, wish, speech, index) for index, speech in enumerate(spoken)],
        "usage": _usage(fields.get("messages"), spoken),
        "hook_results": None,
    }


def _chat_choice(asked: Asked, wish: Wish, speech: Speech, index: int) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": speech.text, "refusal": None, "annotations": []}
    message |= {"tool_calls": None, "content_blocks": None}
    finish = "length" if speech.cut else "stop"
    if wish.tool is not None:
        call = {"name": wish.tool.name, "arguments": speech.text}
        call_id = identifier("call", salted(asked.salt, index))
        message |= {"content": None, "tool_calls": [{"id": call_id, "type": "function", "function": call}]}
        finish = "tool_calls"
    wanted = asked.fields.get("logprobs") is True and wish.tool is None
    logprobs = {"content": [_logprob(piece) for piece in pieces(speech.text)]} if wanted else None
    return {"index": index, "message": message, "finish_reason": finish, "logprobs": logprobs}


def _logprob(piece: str) -> JsonObject:
    return {"token": piece, "logprob": -0.1, "bytes": list(piece.encode("utf-8")), "top_logprobs": []}


def _chat_tool(fields: JsonObject) -> Tool | None:
    """The function that has to be called: the one that `tool_choice` names, or the first one if any will do."""
    functions = [each["function"] for each in _list(fields.get("tools")) if is_object(each.get("function"))]
    choice = fields.get("tool_choice")
    named = choice["function"]["name"] if is_object(choice) and is_object(choice.get("function")) else None
    return _chosen(functions, "parameters", named, forced=choice == "required")


def _chosen(functions: list[JsonObject], schema: str, named: Json, *, forced: bool) -> Tool | None:
    found = [each for each in functions if forced or each.get("name") == named]
    return Tool(str(found[0].get("name")), found[0].get(schema, True)) if found else None


def _chat_schema(fields: JsonObject) -> Json:
    """The schema that `response_format` asks for."""
    wanted = fields.get("response_format")
    if not is_object(wanted):
        return None
    inner = wanted.get("json_schema")
    return _schema(wanted, inner if is_object(inner) else {})


def _schema(wanted: JsonObject, holder: JsonObject) -> Json:
    match wanted.get("type"):
        case "json_schema":
            return holder.get("schema", True)
        case "json_object":
            return True
        case _:
            return None


def text(asked: Asked) -> JsonObject:
    """POST /completions: as many texts as there are prompts, times `n`."""
    fields = asked.fields
    wish = Wish(limit=_limit(fields, "max_tokens"), stops=_stops(fields.get("stop")))
    prompt = fields.get("prompt")
    prompts = len(prompt) if is_array(prompt) and prompt and not isinstance(prompt[0], int) else 1
    count = min(_choices(fields) * prompts, _MOST_CHOICES)
    spoken = [say(wish, salted(asked.salt, index)) for index in range(count)]
    return {
        "created": asked.now,
        "system_fingerprint": "fp_" + asked.salt[:10],
        "choices": [
            {
                "index": index,
                "text": speech.text,
                "finish_reason": "length" if speech.cut else "stop",
                "logprobs": None,
            }
            for index, speech in enumerate(spoken)
        ],
        "usage": _usage(fields.get("prompt"), spoken),
        "hook_results": None,
    }


def prompt(asked: Asked) -> JsonObject:
    """POST /prompts/{promptId}/completions: a text if the hyperparameters bring a `prompt`, else a chat.

    Of a saved prompt they hold the whole request that it becomes (see `prompts`).
    """
    overrides = asked.fields.get("hyperparameters")
    limit = {name: value for name, value in asked.fields.items() if name == "max_tokens"}
    inner = Asked((overrides if is_object(overrides) else {}) | limit, asked.salt, asked.now)
    is_text = "prompt" in inner.fields
    kind = "text_completion" if is_text else "chat.completion"
    facts: JsonObject = {"id": identifier(kind, asked.salt), "object": kind}
    return facts | {"model": inner.fields.get("model", "mock-model")} | (text(inner) if is_text else chat(inner))


def message(asked: Asked) -> JsonObject:
    """POST /messages."""
    fields = asked.fields
    tool = _anthropic_tool(fields)
    wish = Wish(tool, limit=_limit(fields, "max_tokens"), stops=_stops(fields.get("stop_sequences")))
    speech = say(wish, asked.salt)
    content: JsonObject = {"type": "text", "text": speech.text}
    stop = "max_tokens" if speech.cut else "end_turn" if speech.met is None else "stop_sequence"
    if tool is not None:
        tool_id = "toolu_" + asked.salt[:24]
        arguments = json.loads(speech.text)
        content, stop = {"type": "tool_use", "id": tool_id, "name": tool.name, "input": arguments}, "tool_use"
    return {
        "content": [content],
        "stop_reason": stop,
        "stop_sequence": speech.met,
        "usage": {
            "input_tokens": tokens_of([fields.get("system"), fields.get("messages")]),
            "output_tokens": speech.tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "service_tier": "standard",
        },
        "provider": "anthropic",
        "hook_results": None,
    }


def _anthropic_tool(fields: JsonObject) -> Tool | None:
    choice = fields.get("tool_choice")
    if not is_object(choice):
        return None
    return _chosen(_list(fields.get("tools")), "input_schema", choice.get("name"), forced=choice.get("type") == "any")


def response(asked: Asked) -> JsonObject:
    """POST /responses."""
    fields = asked.fields
    tool = _response_tool(fields)
    speech = say(Wish(tool, _response_schema(fields), _limit(fields, "max_output_tokens")), asked.salt)
    status = "incomplete" if speech.cut else "completed"
    prompted = tokens_of([fields.get("instructions"), fields.get("input")])
    return {
        "created_at": asked.now,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if speech.cut else None,
        "previous_response_id": fields.get("previous_response_id"),
        "instructions": fields.get("instructions"),
        "tools": fields.get("tools", []),
        "tool_choice": fields.get("tool_choice", "auto"),
        "parallel_tool_calls": fields.get("parallel_tool_calls", True),
        "max_output_tokens": fields.get("max_output_tokens"),
        "output": [_spoken_item(asked, speech, status) if tool is None else _call_item(asked, tool, speech)],
        "output_text": speech.text if tool is None else None,
        "usage": {
            "input_tokens": prompted,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": speech.tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompted + speech.tokens,
        },
    }


def _spoken_item(asked: Asked, speech: Speech, status: str) -> JsonObject:
    annotations: list[Json] = []
    content = [{"type": "output_text", "text": speech.text, "annotations": annotations}]
    item_id = identifier("message", asked.salt)
    return {"id": item_id, "type": "message", "role": "assistant", "status": status, "content": content}


def _call_item(asked: Asked, tool: Tool, speech: Speech) -> JsonObject:
    return {
        "id": identifier("function_call", asked.salt),
        "type": "function_call",
        "call_id": identifier("call", asked.salt),
        "name": tool.name,
        "arguments": speech.text,
        "status": "completed",
    }


def _response_tool(fields: JsonObject) -> Tool | None:
    functions = [each for each in _list(fields.get("tools")) if each.get("type") == "function"]
    choice = fields.get("tool_choice")
    named = choice.get("name") if is_object(choice) and choice.get("type") == "function" else None
    return _chosen(functions, "parameters", named, forced=choice == "required")


def _response_schema(fields: JsonObject) -> Json:
    wanted = fields.get("text")
    wanted = wanted.get("format") if is_object(wanted) else None
    return _schema(wanted, wanted) if is_object(wanted) else None


def _choices(fields: JsonObject) -> int:
    return min(fields.get("n") or 1, _MOST_CHOICES)


def _limit(fields: JsonObject, *names: str) -> int | None:
    """The most tokens the answer may take; the first of `names` that is given counts."""
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _stops(given: Json) -> tuple[str, ...]:
    """The texts to stop at: one or several."""
    found = given if is_array(given) else [given]
    return tuple(each for each in found if isinstance(each, str) and each)


def _usage(prompted: Json, spoken: list[Speech]) -> JsonObject:
    before, after = tokens_of(prompted), sum(speech.tokens for speech in spoken)
    return {
        "prompt_tokens": before,
        "completion_tokens": after,
        "total_tokens": before + after,
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def _list(value: Json) -> list[JsonObject]:
    """The objects in `value` if it is a list."""
    return [each for each in value if is_object(each)] if is_array(value) else []
