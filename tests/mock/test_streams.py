"""Streams: valid events that add up to the answer that comes without `stream`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock
from tests.mock import spec
from tests.mock.conftest import Caller

HELLO = [{"role": "user", "content": "Hello"}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
FUNCTION = {"name": "weather", "parameters": PARAMETERS}
CHAT = {"model": "gpt-4o", "messages": HELLO}
CHAT_TOOLS = {"tools": [{"type": "function", "function": FUNCTION}], "tool_choice": "required"}
MESSAGE = {"model": "claude", "max_tokens": 100, "messages": HELLO}
MESSAGE_TOOLS = {"tools": [{"name": "weather", "input_schema": PARAMETERS}], "tool_choice": {"type": "any"}}
RESPONSE = {"model": "gpt-4o", "input": "Hello", "store": False}
RESPONSE_TOOLS = {"tools": [{"type": "function", **FUNCTION, "strict": True}], "tool_choice": "required"}
RUN = {"assistant_id": "asst_1"}

STREAMS = [
    ("/chat/completions", CHAT),
    ("/chat/completions", CHAT | {"n": 2, "logprobs": True, "stream_options": {"include_usage": True}}),
    ("/chat/completions", CHAT | CHAT_TOOLS),
    ("/completions", {"model": "m", "prompt": ["a", "b"], "stream_options": {"include_usage": True}}),
    ("/prompts/p1/completions", {"variables": {}}),
    ("/prompts/p1/completions", {"variables": {}, "hyperparameters": {"model": "m", "prompt": "a"}}),
    ("/messages", MESSAGE),
    ("/messages", MESSAGE | MESSAGE_TOOLS),
    ("/responses", RESPONSE),
    ("/responses", RESPONSE | {"max_output_tokens": 3}),
    ("/responses", RESPONSE | RESPONSE_TOOLS),
    ("/threads/runs", RUN),
    ("/threads/t1/runs", RUN),
    ("/threads/t1/runs/r1/submit_tool_outputs", {"tool_outputs": []}),
]


@pytest.fixture(scope="module")
def ask() -> Caller:
    """Calls a gateway of the whole document, which makes up the prompts and threads that are asked for."""
    return Caller(Gateway(spec.DOCUMENT, clock=ManualClock(), mode="document"))


def read(body: bytes) -> list[tuple[str | None, Any]]:
    """The name and the data of every event; the end of a stream is the string it is."""
    events: list[tuple[str | None, Any]] = []
    for block in body.decode().removesuffix("\n\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        data = fields["data"]
        events.append((fields.get("event"), data if data == "[DONE]" else json.loads(data)))
    return events


def streamed(ask: Caller, path: str, body: dict[str, Any]) -> list[tuple[str | None, Any]]:
    """The events that come where `body` asks for a stream."""
    response = ask("POST", path, body | {"stream": True})
    assert response.status == 200, response.body
    assert dict(response.headers)["content-type"] == "text/event-stream"
    assert len(response.chunks) > 3
    assert b"".join(response.chunks) == response.body
    return read(response.body)


@pytest.mark.parametrize(("path", "body"), STREAMS)
def test_events_are_valid(ask: Caller, path: str, body: dict[str, Any]) -> None:
    """Every event conforms to what the document says of the stream."""
    op = next(op for op in spec.OPERATIONS if op.method == "POST" and _fits(op.path, path))
    schema = spec.validator(op.content("200")["text/event-stream"]["schema"])
    for name, data in streamed(ask, path, body):
        if data != "[DONE]":
            value = {"event": name, "data": data} if path.startswith("/threads") else data
            assert schema.is_valid(value), [error.message[:300] for error in schema.iter_errors(value)]


def _fits(template: str, path: str) -> bool:
    pairs = zip(template.split("/"), path.split("/"), strict=False)
    same = len(template.split("/")) == len(path.split("/"))
    return same and all(one == other or one.startswith("{") for one, other in pairs)


@pytest.mark.parametrize(("path", "body"), STREAMS)
def test_the_end_is_marked(ask: Caller, path: str, body: dict[str, Any]) -> None:
    """Streams end with [DONE], but for the two APIs whose last event says so by itself."""
    last = streamed(ask, path, body)[-1]
    ends: dict[str, tuple[Any, ...]] = {"/messages": ("message_stop", {"type": "message_stop"})}
    if path == "/responses":
        assert last[0] in ("response.completed", "response.incomplete")
    else:
        assert last == ends.get(path, ("done" if path.startswith("/threads") else None, "[DONE]"))


def joined(chunks: list[Any]) -> dict[int, dict[str, Any]]:
    """What the pieces of a chat add up to, by the number of the choice."""
    choices: dict[int, dict[str, Any]] = {}
    for piece in (choice for chunk in chunks for choice in chunk["choices"]):
        made = choices.setdefault(piece["index"], {"content": None, "calls": {}, "logprobs": []})
        delta = piece["delta"]
        made["finish_reason"] = piece["finish_reason"]
        made["role"] = delta.get("role", made.get("role"))
        if delta.get("content") is not None:
            made["content"] = (made["content"] or "") + delta["content"]
        for call in delta.get("tool_calls", []):
            known = made["calls"].setdefault(call["index"], {"id": call.get("id"), "name": "", "arguments": ""})
            known["name"] += call["function"].get("name", "")
            known["arguments"] += call["function"]["arguments"]
        made["logprobs"] += (piece["logprobs"] or {"content": []})["content"]
    return choices


@pytest.mark.parametrize("body", [body for path, body in STREAMS if path == "/chat/completions"])
def test_chat_adds_up(ask: Caller, body: dict[str, Any]) -> None:
    """The pieces of a chat, role first and reason last, make the very answer that comes without `stream`."""
    plain = ask.json("POST", "/chat/completions", body)
    *chunks, _ = [data for _, data in streamed(ask, "/chat/completions", body)]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    made = joined(chunks)
    assert len(made) == len(plain["choices"]) == body.get("n", 1)
    for choice in plain["choices"]:
        message, pieces = choice["message"], made[choice["index"]]
        assert (pieces["role"], pieces["content"]) == (message["role"], message["content"])
        assert pieces["finish_reason"] == choice["finish_reason"]
        assert pieces["logprobs"] == (choice["logprobs"] or {"content": []})["content"]
        calls = [{"id": call["id"], **call["function"]} for call in message["tool_calls"] or []]
        assert list(pieces["calls"].values()) == calls
    for name in ("id", "created", "model", "system_fingerprint"):
        assert {chunk[name] for chunk in chunks} == {plain[name]}


def test_usage_only_when_asked_for(ask: Caller) -> None:
    """The last piece tells the usage if `stream_options` asks for it, and no piece mentions it otherwise."""
    usage = {"stream_options": {"include_usage": True}}
    *chunks, last, _ = [data for _, data in streamed(ask, "/chat/completions", CHAT | usage)]
    assert last["choices"] == []
    assert last["usage"] == ask.json("POST", "/chat/completions", CHAT | usage)["usage"]
    assert {chunk["usage"] for chunk in chunks} == {None}
    assert all("usage" not in data for _, data in streamed(ask, "/chat/completions", CHAT)[:-1])


@pytest.mark.parametrize(("path", "body"), [each for each in STREAMS if "completions" in each[0]][3:])
def test_text_adds_up(ask: Caller, path: str, body: dict[str, Any]) -> None:
    """The pieces of texts, and of what a prompt leads to, make the whole."""
    plain = ask.json("POST", path, body)
    plain = plain.get("body", plain)
    chunks = [data for _, data in streamed(ask, path, body)[:-1]]
    for choice in plain["choices"]:
        mine = [each for chunk in chunks for each in chunk["choices"] if each["index"] == choice["index"]]
        said = "".join(each.get("text", each.get("delta", {}).get("content") or "") for each in mine)
        assert said == choice.get("text", choice.get("message", {}).get("content"))
        assert mine[-1]["finish_reason"] == choice["finish_reason"]


@pytest.mark.parametrize("body", [MESSAGE, MESSAGE | MESSAGE_TOOLS, MESSAGE | {"max_tokens": 2}])
def test_message_adds_up(ask: Caller, body: dict[str, Any]) -> None:
    """Anthropic's named events make the very message, with its reason to stop and its usage."""
    plain = ask.json("POST", "/messages", body)
    made: Any = None
    for name, data in streamed(ask, "/messages", body):
        assert name == data["type"]
        match data["type"]:
            case "message_start":
                made = data["message"]
            case "content_block_start":
                made["content"].append(data["content_block"])
            case "content_block_delta":
                block, delta = made["content"][data["index"]], data["delta"]
                if delta["type"] == "text_delta":
                    block["text"] += delta["text"]
                else:
                    block["input"] = (block["input"] or "") + delta["partial_json"]
            case "message_delta":
                made |= data["delta"]
                made["usage"] |= data["usage"]
            case _:
                pass
    for block in made["content"]:
        if isinstance(block.get("input"), str):
            block["input"] = json.loads(block["input"])
    assert made == plain


@pytest.mark.parametrize("body", [body for path, body in STREAMS if path == "/responses"])
def test_response_adds_up(ask: Caller, body: dict[str, Any]) -> None:
    """The numbered events of a response make its output, and the last one carries the very response."""
    plain = ask.json("POST", "/responses", body)
    events = [data for _, data in streamed(ask, "/responses", body)]
    assert [each["sequence_number"] for each in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created"
    assert (events[0]["response"]["status"], events[0]["response"]["output"]) == ("in_progress", [])
    assert events[-1]["response"] == plain
    said = "".join(each["delta"] for each in events if each["type"].endswith(".delta"))
    (item,) = plain["output"]
    assert said == (item["content"][0]["text"] if item["type"] == "message" else item["arguments"])


@pytest.mark.parametrize(("path", "body"), [each for each in STREAMS if each[0].startswith("/threads")])
def test_run_adds_up(ask: Caller, path: str, body: dict[str, Any]) -> None:
    """A run begins, writes one message in pieces, and completes, in this order."""
    events = streamed(ask, path, body)
    names = [name for name, _ in events if name != "thread.message.delta"]
    assert names == ["thread.created"] * (path == "/threads/runs") + [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
        "done",
    ]
    pieces = [data["delta"]["content"][0]["text"]["value"] for name, data in events if name == "thread.message.delta"]
    whole = next(data for name, data in events if name == "thread.message.completed")
    assert "".join(pieces) == whole["content"][0]["text"]["value"]


@pytest.fixture
def strict() -> Caller:
    """Calls a strict gateway of assistants and responses, at whose pace nothing ends by itself."""
    return Caller(Gateway(spec.part("/assistants", "/threads", "/responses"), clock=ManualClock()))


@pytest.mark.parametrize("together", [True, False])
def test_a_streamed_run_has_ended(strict: Caller, together: bool) -> None:
    """What was streamed is there afterwards as its last events told it: the run, its step and its message."""
    assistant = strict.json("POST", "/assistants", {"model": "m"})["id"]
    thread = "" if together else f"/{strict.json('POST', '/threads', {})['id']}"
    events = dict(streamed(strict, f"/threads{thread}/runs", {"assistant_id": assistant}))
    run = events["thread.run.completed"]
    below = f"/threads/{run['thread_id']}"
    assert strict.json("GET", f"{below}/runs/{run['id']}") == run
    assert run["usage"]["total_tokens"] == run["usage"]["prompt_tokens"] + run["usage"]["completion_tokens"]
    (message,) = strict.json("GET", f"{below}/messages")["data"]
    assert message == events["thread.message.completed"]
    assert strict.json("GET", f"{below}/messages/{message['id']}") == message
    (step,) = strict.json("GET", f"{below}/runs/{run['id']}/steps")["data"]
    assert step["id"] == events["thread.run.step.completed"]["id"]


def test_a_streamed_run_waits_for_its_functions(strict: Caller) -> None:
    """A run that has functions to call stops there, and a stream of what they gave takes it to its end."""
    assistant = strict.json("POST", "/assistants", {"model": "m"})["id"]
    thread = strict.json("POST", "/threads", {})["id"]
    tools = [{"type": "function", "function": {"name": "f"}}]
    events = streamed(strict, f"/threads/{thread}/runs", {"assistant_id": assistant, "tools": tools})
    assert [name for name, _ in events][-2:] == ["thread.run.requires_action", "done"]
    run = events[-2][1]
    path = f"/threads/{thread}/runs/{run['id']}"
    assert strict.json("GET", path) == run
    assert run["required_action"]["type"] == "submit_tool_outputs"
    assert strict.json("GET", f"/threads/{thread}/messages")["data"] == []
    streamed(strict, f"{path}/submit_tool_outputs", {"tool_outputs": []})
    assert strict.json("GET", path)["status"] == "completed"
    assert len(strict.json("GET", f"/threads/{thread}/messages")["data"]) == 1


def test_a_streamed_response_has_ended(strict: Caller) -> None:
    """A response that was to run in the background and was streamed all the same is complete when the stream is."""
    made = streamed(strict, "/responses", {"model": "m", "input": "hi", "background": True})[-1][1]["response"]
    assert strict.json("GET", f"/responses/{made['id']}") == made
    assert made["status"] == "completed"


def test_a_polled_run_writes_its_message_once() -> None:
    """A run writes its message when it completes, and a message that was deleted does not come back."""
    clock = ManualClock()
    call = Caller(Gateway(spec.part("/assistants", "/threads"), clock=clock))
    assistant = call.json("POST", "/assistants", {"model": "m"})["id"]
    run = call.json("POST", "/threads/runs", {"assistant_id": assistant})
    messages = f"/threads/{run['thread_id']}/messages"
    assert call.json("GET", messages)["data"] == []
    clock.advance(60)
    (message,) = call.json("GET", messages)["data"]
    assert (message["run_id"], message["role"]) == (run["id"], "assistant")
    call.json("DELETE", f"{messages}/{message['id']}")
    assert call.json("GET", messages)["data"] == []
    call.json("POST", f"/threads/{run['thread_id']}/runs", {"assistant_id": assistant})
    assert call.json("GET", messages)["data"] == []


def test_refusals_are_not_streamed(ask: Caller) -> None:
    """A request that is refused gets its error as JSON, whatever it asked for."""
    response = ask("POST", "/chat/completions", {"stream": True})
    assert response.status == 400
    assert json.loads(response.body)["error"]


def test_speech_in_pieces(ask: Caller) -> None:
    """Speech is sound in the format asked for, in pieces."""
    order = {"model": "tts-1", "input": "Hello", "voice": "alloy"}
    for kind, media, start in (("wav", "audio/wav", b"RIFF"), ("mp3", "audio/mpeg", b"\xff\xfb")):
        response = ask("POST", "/audio/speech", order | {"response_format": kind})
        assert dict(response.headers)["content-type"] == media
        assert response.body.startswith(start)
        assert b"".join(response.chunks) == response.body
        assert len(response.chunks) > 1
