from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_client.assemble import assemble
from tests.client.frames import chunk


def call(index: int, *, id: str | None = None, name: str | None = None, arguments: str = "") -> dict[str, Any]:  # noqa: A002  # as on the wire
    """Return the delta of one tool call."""
    start = {"id": id, "type": "function"} if id else {}
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return {"tool_calls": [{"index": index, **start, "function": function}]}


def message(*chunks: dict[str, Any]) -> Any:
    """Return the message of the first choice."""
    return assemble(chunks)["choices"][0]["message"]


def test_tool_calls() -> None:
    """Arguments are put together by number of the call, names and ids are said once, and the numbers go."""
    made = message(
        chunk({"role": "assistant", "content": None}),
        chunk(call(0, id="a", name="f", arguments="")),
        chunk(call(1, id="b", name="g", arguments="{}")),
        chunk(call(0, arguments='{"x"')),
        chunk(call(0, id="a", name="f", arguments=": 1}")),
        chunk(finish="tool_calls"),
    )
    assert made == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ],
    }


def test_tool_calls_that_are_all_number_0() -> None:
    """Where a provider gives every call the same number, the ids tell them apart."""
    made = message(
        chunk(call(0, id="a", name="f", arguments="1")),
        chunk(call(0, id="b", name="f", arguments="2")),
        chunk(call(0, arguments="3")),
    )
    assert [(each["id"], each["function"]["arguments"]) for each in made["tool_calls"]] == [("a", "1"), ("b", "23")]


def test_several_choices_refusals_probabilities_and_unknown_fields() -> None:
    """Choices are told apart by their index; lists go on, texts go on, whole words do not; what is unknown stays."""
    made = assemble(
        [
            chunk({"refusal": "I "}, index=1, system_fingerprint="fp"),
            chunk({"content": "a", "reasoning_content": "hm"}, service_tier=None),
            chunk({"refusal": "won't"}, finish="stop", index=1, provider="p"),
            chunk({"content": None, "reasoning_content": "m"}, id="", usage={"total_tokens": 1}),
            {"choices": [{"delta": {}, "logprobs": {"content": [{"token": "a"}], "refusal": None}}]},
            {"choices": [{"delta": None, "logprobs": {"content": [{"token": "b"}]}, "finish_reason": "length"}]},
            {"choices": None},
            chunk({"function_call": {"name": "f", "arguments": "{"}}),
            chunk({"function_call": {"arguments": "}"}}),
            chunk({}, usage={"total_tokens": 2}),
        ]
    )
    first, second = made["choices"]
    assert first == {
        "index": 0,
        "finish_reason": "length",
        "logprobs": {"content": [{"token": "a"}, {"token": "b"}], "refusal": None},
        "message": {
            "role": "assistant",
            "content": "a",
            "reasoning_content": "hmm",
            "function_call": {"name": "f", "arguments": "{}"},
        },
    }
    assert second["message"] == {"role": "assistant", "content": None, "refusal": "I won't"}
    assert {key: made[key] for key in made if key != "choices"} == {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "system_fingerprint": "fp",
        "service_tier": None,
        "provider": "p",
        "usage": {"total_tokens": 2},
    }


def test_a_text_completion() -> None:
    """Texts and probabilities of a text completion go on, by choice."""
    logprobs = [{"tokens": ["a"], "top_logprobs": [{"a": -1}]}, {"tokens": ["b"], "top_logprobs": [{"b": -2}]}]
    pieces = [
        {"object": "text_completion", "choices": [{"index": 0, "text": text, "logprobs": each, "finish_reason": why}]}
        for text, each, why in zip("ab", logprobs, (None, "stop"), strict=True)
    ]
    assert assemble(pieces) == {
        "object": "text_completion",
        "choices": [
            {
                "index": 0,
                "text": "ab",
                "logprobs": {"tokens": ["a", "b"], "top_logprobs": [{"a": -1}, {"b": -2}]},
                "finish_reason": "stop",
            }
        ],
    }


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of one block of a message."""
    told = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [{"type": "content_block_start", "index": index, "content_block": start}, *told]


@pytest.mark.parametrize(
    ("start", "deltas", "whole"),
    [
        (
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
            [{"type": "input_json_delta", "partial_json": each} for each in ("", '{"a"', ": [1]}")],
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1]}},
        ),
        (
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
            [{"type": "input_json_delta", "partial_json": ""}],
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
        ),
        (
            {"type": "tool_use", "id": "t", "name": "f", "input": {}},
            [{"type": "input_json_delta", "partial_json": '{"a'}],
            {"type": "tool_use", "id": "t", "name": "f", "input": '{"a'},
        ),
        (
            {"type": "thinking", "thinking": "", "signature": ""},
            [
                {"type": "thinking_delta", "thinking": "h"},
                {"type": "thinking_delta", "thinking": "m"},
                {"type": "signature_delta", "signature": "s"},
            ],
            {"type": "thinking", "thinking": "hm", "signature": "s"},
        ),
        (
            {"type": "text", "text": "", "citations": None},
            [
                {"type": "text_delta", "text": "a"},
                {"type": "citations_delta", "citation": {"cited_text": "x"}},
                {"type": "citations_delta", "citation": {"cited_text": "y"}},
            ],
            {"type": "text", "text": "a", "citations": [{"cited_text": "x"}, {"cited_text": "y"}]},
        ),
    ],
)
def test_the_blocks_of_a_message(start: dict[str, Any], deltas: list[dict[str, Any]], whole: dict[str, Any]) -> None:
    """Text, thought, citations and the JSON of a tool's input; an input that was cut stays the text that came."""
    events = [{"type": "message_start", "message": {"id": "m", "content": []}}, *block(1, start, *deltas)]
    assert assemble(events)["content"] == [whole]


def test_the_end_of_a_message() -> None:
    """Reasons and usage come last; what they leave out stays as it was told first."""
    usage = {"input_tokens": 3, "output_tokens": 1}
    made = assemble(
        [
            {"type": "message_start", "message": {"id": "m", "stop_reason": None, "usage": usage}},
            *block(0, {"type": "text", "text": "a"}),
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
            {"type": "message_delta", "usage": {"input_tokens": None}},
        ]
    )
    assert made == {
        "id": "m",
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 7},
        "content": [{"type": "text", "text": "a"}],
    }


def test_the_output_of_a_response_that_was_cut() -> None:
    """Before its last event a response has the items that came, texts, refusals and arguments as far as they got."""
    part = {"type": "response.content_part.added", "output_index": 0, "content_index": 0}
    made = assemble(
        [
            {"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}},
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {"id": "i0", "type": "message", "status": "in_progress", "content": []},
            },
            {**part, "part": {"type": "output_text", "text": "", "annotations": []}},
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "a"},
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "b"},
            {"type": "response.refusal.delta", "output_index": 0, "content_index": 1, "delta": "no"},
            {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"},
            {"type": "response.output_item.done", "output_index": 2, "item": {"id": "i2", "content": ["odd"]}},
            {"type": "response.output_text.done", "output_index": 2, "text": "seen"},
        ]
    )
    assert made == {
        "id": "r",
        "status": "in_progress",
        "output": [
            {
                "id": "i0",
                "type": "message",
                "status": "in_progress",
                "content": [{"type": "output_text", "text": "ab", "annotations": []}, {"refusal": "no"}],
            },
            {"arguments": "{"},
            {"id": "i2", "content": ["odd"]},
        ],
    }


def test_a_run_is_as_it_was_told_last() -> None:
    """Steps, messages and data that is no object do not count."""
    run = {"id": "r", "status": "completed"}
    events = [
        {"event": "thread.run.created", "data": {"id": "r", "status": "queued"}},
        {"event": "thread.run.completed", "data": run},
        {"event": "thread.run.step.completed", "data": {"id": "s"}},
        {"event": "thread.run.odd", "data": "text"},
    ]
    assert assemble(events) == run


@pytest.mark.parametrize("events", [[], ["text", 1], [{"odd": 1}], [{"type": "ping"}], [{"event": "x", "data": 1}]])
def test_what_adds_up_to_nothing(events: list[Any]) -> None:
    """Without a chunk, a message, a response or a run there is nothing."""
    assert assemble(events) is None


def test_a_long_stream_adds_up_in_its_own_length() -> None:
    """A text in many pieces is put together whole; the events are left as they were."""
    pieces = [chunk({"content": str(number % 10)}) for number in range(20_000)]
    before = json.dumps(pieces)
    assert message(*pieces)["content"] == "0123456789" * 2_000
    assert json.dumps(pieces) == before
