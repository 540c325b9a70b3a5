"""Answers of the caller's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock, Response
from tests.mock import spec
from tests.mock.conftest import Caller
from tests.mock.test_streams import CHAT, MESSAGE, RESPONSE, joined, read

NAME = "chat.completions.create"
BODY: dict[str, Any] = {
    "id": "mine",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Mine, all of it."}, "finish_reason": "stop"}],
}


def gateway(**fixtures: Any) -> Gateway:
    """A gateway that knows chats."""
    return Gateway(spec.part("/chat"), clock=ManualClock(), fixtures={NAME: BODY} | fixtures)


def test_fixture_wins() -> None:
    """What the caller put in is the answer, to valid requests only."""
    call = Caller(gateway())
    assert call.json("POST", "/chat/completions", CHAT) == BODY
    assert call("POST", "/chat/completions", {}).status == 400


def test_fixture_is_streamed() -> None:
    """The caller's answer comes in pieces where a stream is asked for; what is no such answer comes whole."""
    made = gateway()
    call = Caller(made)
    *chunks, _ = [data for _, data in read(call("POST", "/chat/completions", CHAT | {"stream": True}).body)]
    assert joined(chunks)[0]["content"] == "Mine, all of it."
    refusing = BODY["choices"][0] | {"message": {"role": "assistant", "content": None, "refusal": "I will not."}}
    made.answer(NAME, BODY | {"choices": [refusing]})
    *chunks, _ = [data for _, data in read(call("POST", "/chat/completions", CHAT | {"stream": True}).body)]
    assert "".join(chunk["choices"][0]["delta"].get("refusal", "") for chunk in chunks) == "I will not."
    made.answer(NAME, {"no": "chat"})
    assert call.json("POST", "/chat/completions", CHAT | {"stream": True}) == {"no": "chat"}


def test_blocks_of_other_kinds() -> None:
    """Blocks and items that are no text and no call of a tool come at once."""
    call = Caller(whole := Gateway(spec.part("/messages", "/responses"), clock=ManualClock()))
    thinking = {"type": "thinking", "thinking": "So.", "signature": "s"}
    whole.answer("messages.create", lambda asked: _message(asked.fields["model"], thinking))
    events = [data for _, data in read(call("POST", "/messages", MESSAGE | {"stream": True}).body)]
    assert [each["content_block"] for each in events if each["type"] == "content_block_start"] == [thinking]
    plain = call.json("POST", "/responses", RESPONSE)
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    whole.answer("responses.create", plain | {"output": [search]})
    events = [data for _, data in read(call("POST", "/responses", RESPONSE | {"stream": True}).body)]
    assert [each["item"] for each in events if "item" in each] == [search, search]


def _message(model: str, block: Any) -> Any:
    usage = {"input_tokens": 1, "output_tokens": 1}
    named = {"id": "m", "type": "message", "role": "assistant", "model": model, "content": [block]}
    return named | {"stop_reason": "end_turn", "stop_sequence": None, "usage": usage}


def test_fixture_that_is_a_function() -> None:
    """A function sees the call, and may answer with JSON or with a whole response."""
    made = gateway()
    call = Caller(made)
    made.answer(NAME, lambda asked: {"model": asked.fields["model"]})
    assert call.json("POST", "/chat/completions", CHAT) == {"model": CHAT["model"]}
    made.answer(NAME, lambda _: Response(529, (("retry-after", "1"),), b"busy"))
    assert call("POST", "/chat/completions", CHAT).body == b"busy"


def test_fixture_with_a_status() -> None:
    """A fixture may be a failure."""
    made = gateway()
    made.answer(NAME, {"error": {"message": "Too many."}}, status=429)
    response = Caller(made)("POST", "/chat/completions", CHAT | {"stream": True})
    assert (response.status, json.loads(response.body)["error"]["message"]) == (429, "Too many.")


def test_unknown_name() -> None:
    """A name of no operation is refused, with what may have been meant."""
    with pytest.raises(ValueError, match=r"did you mean chat\.completions\.create"):
        gateway().answer("chat.completion.create", {})
    with pytest.raises(ValueError, match=r"'zzz'$"):
        gateway(zzz={})
