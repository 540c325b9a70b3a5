from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from portkey_api.models import CreateChatCompletionResponse
from portkey_api.resources import AsyncResources, Resources
from portkey_client import AnswerError, RateLimitError, RawResponse
from portkey_client.streams import AsyncEventStream, EventStream
from tests.client.frames import AFTER, BEFORE, CHAT, DONE, HEADERS, Body, carrying, frames
from tests.client.wire import Wire

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
TOLD = {**HEADERS, "x-portkey-provider": "openai", "x-portkey-retry-attempt-count": "1"}


def late(body: Body) -> Wire:
    """Return a wire whose first answer is a 429, and whose second is a stream, each after half a second."""
    steps = iter([httpx.Response(429), httpx.Response(200, headers=TOLD, stream=body)])

    def answer(_: httpx.Request) -> httpx.Response:
        wire.time.seconds += 0.5
        return next(steps)

    wire = Wire(answer)
    return wire


def facts(raw: RawResponse[Any]) -> list[Any]:
    return [raw.operation, raw.status, raw.trace_id, raw.request_id, raw.provider, raw.gateway_retries, raw.attempts]


EXPECTED = ["chat.completions.create", 200, "trace-1", "r-1", "openai", 1, 2]


def test_a_stream_with_all_that_came_before_it() -> None:
    """Status, headers, facts and the time up to the headers, with the stream where the answer would be."""
    body = Body(frames(*CHAT), DONE)
    wire = late(body)
    raw = wire.client().chat.completions.with_raw_response.create(**ASKED)
    wire.time.seconds += 100
    assert facts(raw) == EXPECTED
    assert (raw.elapsed, raw.attempt_elapsed, raw.content) == (1.5, 0.5, b"")
    assert (raw.headers["x-portkey-provider"], raw.guardrail_failed, body.given) == ("openai", False, 0)
    assert repr(raw) == "RawResponse(chat.completions.create: 200, 1.500 s, 2 attempts)"
    assert wire.last.headers["accept"] == "text/event-stream"
    assert isinstance(raw.parsed, EventStream)
    assert [each.to_dict() for each in raw.parsed] == CHAT
    assert isinstance(raw.parsed.final(), CreateChatCompletionResponse)
    assert body.closed == 1


def test_it_is_the_same_asynchronously() -> None:
    """The asynchronous client has the same under the same name."""
    body = Body(frames(*CHAT), DONE)

    async def call() -> None:
        raw = await late(body).async_client().chat.completions.with_raw_response.create(**ASKED)
        assert facts(raw) == EXPECTED
        assert (raw.elapsed, raw.attempt_elapsed, raw.content) == (1.5, 0.5, b"")
        assert isinstance(raw.parsed, AsyncEventStream)
        async with raw.parsed as stream:
            assert [each.to_dict() async for each in stream] == CHAT

    asyncio.run(call())
    assert body.closed == 1


def test_it_is_closed_when_it_is_left() -> None:
    """A ``with`` on the stream closes the connection, however little was read, and so does its ``close``."""
    left, closed = Body(frames(*CHAT), DONE), Body(frames(*CHAT), DONE)
    with carrying(left).client().chat.completions.with_raw_response.create(**ASKED).parsed as stream:
        assert next(iter(stream)).to_dict() == CHAT[0]
    carrying(closed).client().chat.completions.with_raw_response.create(**ASKED).parsed.close()

    async def leave() -> int:
        body = Body(frames(*CHAT), DONE)
        raw = await carrying(body).async_client().chat.completions.with_raw_response.create(**ASKED)
        await raw.parsed.close()
        return body.closed

    assert (left.closed, closed.closed, asyncio.run(leave())) == (1, 1, 1)


def test_guardrails_are_told_as_they_come() -> None:
    """What they found before the request is there with the first event, the rest at the end."""
    body = frames(BEFORE, *CHAT) + DONE + frames(("hook_results", AFTER))
    raw = carrying(body, 246).client().chat.completions.with_raw_response.create(**ASKED)
    assert (raw.guardrail_failed, raw.hook_results) == (True, {})
    raw.parsed.final()
    assert raw.hook_results == {**BEFORE["hook_results"], **AFTER["hook_results"]}


def test_without_a_stream_it_is_the_answer() -> None:
    """A flag that is false, null or left out gives the parsed answer."""
    client = Wire(httpx.Response(200, json={"id": "c"})).client()
    asked: dict[str, Any] = {key: value for key, value in ASKED.items() if key != "stream"}
    flags: list[dict[str, Any]] = [{"stream": False}, {"stream": None}, {}]
    for flag in flags:
        raw = client.chat.completions.with_raw_response.create(**asked, **flag)
        assert (type(raw.parsed), raw.content) == (CreateChatCompletionResponse, b'{"id":"c"}')


def test_an_error_is_raised_as_ever() -> None:
    """An error instead of a stream, and an answer that is none, raise what the call without raw access raises."""
    error = Wire(httpx.Response(429, json={"error": {"message": "slow down"}}, headers=HEADERS)).client(retries=0)
    with pytest.raises(RateLimitError, match="slow down") as caught:
        error.chat.completions.with_raw_response.create(**ASKED)
    assert (caught.value.trace_id, caught.value.operation) == ("trace-1", "chat.completions.create")
    with pytest.raises(AnswerError, match="which is no stream of events"):
        Wire(httpx.Response(200, json={})).client().chat.completions.with_raw_response.create(**ASKED)


def test_a_caller_that_cannot_stream_says_so() -> None:
    """A tree over a caller of one's own, without streams, refuses them with the name of the operation."""
    with pytest.raises(NotImplementedError, match=r"chat\.completions\.create: this client cannot stream"):
        Resources().chat.completions.with_raw_response.create(**ASKED)
    with pytest.raises(NotImplementedError, match=r"chat\.completions\.create: this client cannot stream"):
        asyncio.run(AsyncResources().chat.completions.with_raw_response.create(**ASKED))
