from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import Any

import httpx
import pytest

from portkey_api.models import Batch
from portkey_client import AnswerError, APIError, GuardrailError, RawResponse, ServerError
from tests.client.wire import Wire, batch

GATEWAY = {
    "x-portkey-trace-id": "trace-1",
    "x-portkey-provider": "openai",
    "x-portkey-cache-status": "MISS",
    "x-portkey-retry-attempt-count": "2",
    "x-portkey-last-used-option-index": "config.targets[1]",
    "x-request-id": "req_1",
}
FACTS = ("trace_id", "provider", "cache_status", "gateway_retries", "chosen_target", "request_id")
TOLD = ["trace-1", "openai", "MISS", 2, "config.targets[1]", "req_1"]
HOOKS = {"before_request_hooks": [{"id": "g1", "verdict": False}]}


def facts(of: Any) -> list[Any]:
    return [getattr(of, name) for name in FACTS]


def answering(*steps: httpx.Response, headers: dict[str, str] | None = None) -> Wire:
    """Return a wire that gives these answers in turn, each after half a second."""
    waiting = iter(steps)

    def answer(_: httpx.Request) -> httpx.Response:
        wire.time.seconds += 0.5
        response = next(waiting)
        response.headers.update(headers or {})
        return response

    wire = Wire(answer)
    return wire


def test_the_answer_with_all_that_came_with_it() -> None:
    """Status, headers, the gateway's facts, timing and the parsed model, for any method, by one name."""
    wire = answering(httpx.Response(503), httpx.Response(200, json=batch(), headers=GATEWAY))
    raw = wire.client().batches.with_raw_response.cancel("batch_abc123")
    assert isinstance(raw, RawResponse)
    assert isinstance(raw.parsed, Batch)
    assert (raw.status, raw.operation, raw.attempts) == (200, "batches.cancel", 2)
    assert (raw.elapsed, raw.attempt_elapsed) == (1.5, 0.5)
    assert facts(raw) == TOLD
    assert raw.headers["content-type"] == "application/json"
    assert json.loads(raw.content) == raw.parsed.to_dict() == batch()
    assert repr(raw) == "RawResponse(batches.cancel: 200, 1.500 s, 2 attempts)"
    assert facts(pickle.loads(pickle.dumps(raw))) == facts(copy.copy(raw)) == TOLD


def test_raw_access_is_the_same_asynchronously() -> None:
    """The asynchronous client has the same under the same name, also further down the tree."""
    wire = answering(*[httpx.Response(200, json={"id": "c"}, headers=GATEWAY) for _ in range(2)])

    async def call() -> list[Any]:
        client = wire.async_client()
        first = await client.batches.with_raw_response.cancel("b")
        view: Any = client.chat.with_raw_response
        return [first, await view.completions.create(model="m", messages=[])]

    assert [facts(each) for each in asyncio.run(call())] == [TOLD, TOLD]


def test_what_is_not_told_is_none() -> None:
    """Without the gateway's headers, or with empty ones, the facts are None."""
    for headers in ({}, dict.fromkeys(GATEWAY, ""), {"x-portkey-retry-attempt-count": "many"}):
        wire = answering(httpx.Response(200, json=batch()), headers=headers)
        assert facts(wire.client().batches.with_raw_response.cancel("b")) == [None] * 6


def test_of_several_gateways_the_nearest_counts() -> None:
    """A gateway behind a gateway adds its headers to those of the other: the last are those of the one we called."""
    headers = [
        ("x-portkey-provider", "inner"),
        ("x-portkey-provider", "outer"),
        ("x-portkey-retry-attempt-count", "-1"),
    ]
    raw = answering(httpx.Response(200, json=batch(), headers=headers)).client().batches.with_raw_response.cancel("b")
    assert (raw.provider, raw.headers["x-portkey-provider"], raw.gateway_retries) == ("outer", "inner, outer", -1)


def test_a_failed_guardrail_that_let_the_answer_pass() -> None:
    """246 is a success that says a guardrail failed, with its results beside the whole answer."""
    wire = answering(httpx.Response(246, json=batch(hook_results=HOOKS)), httpx.Response(200, json=batch()))
    client = wire.client()
    raw = client.batches.with_raw_response.cancel("b")
    assert (raw.guardrail_failed, raw.hook_results, raw.parsed.status) == (True, HOOKS, "cancelling")
    raw = client.batches.with_raw_response.cancel("b")
    assert (raw.guardrail_failed, raw.hook_results) == (False, None)


def test_hook_results_of_what_is_no_object() -> None:
    """An answer of bytes has no results."""
    raw = answering(httpx.Response(200, content=b"bytes")).client().files.with_raw_response.content("f")
    assert (raw.parsed, raw.hook_results) == (b"bytes", None)


def test_a_denied_guardrail() -> None:
    """446 raises, with the results of the guardrails."""
    body = {"error": {"message": "denied", "type": "hooks_failed"}, "hook_results": HOOKS}
    with pytest.raises(GuardrailError, match="446: denied") as caught:
        answering(httpx.Response(446, json=body)).client().batches.cancel("b")
    assert (caught.value.hook_results, caught.value.type) == (HOOKS, "hooks_failed")
    with pytest.raises(GuardrailError) as caught:
        answering(httpx.Response(446, content=b"no")).client().batches.cancel("b")
    assert caught.value.hook_results is None


@pytest.mark.parametrize("raw", [False, True])
def test_an_error_has_the_same_facts(raw: bool) -> None:
    """An error tells the gateway's facts, the operation, the attempts and the time, and keeps them in a copy."""
    wire = answering(httpx.Response(503, text="Message: fetch failed"), headers=GATEWAY)
    batches = wire.client().batches
    with pytest.raises(ServerError) as caught:
        (batches.with_raw_response if raw else batches).cancel("b")
    error = caught.value
    error.add_note("a note")
    for each in (error, pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert facts(each) == TOLD
        assert (each.operation, each.attempts, each.elapsed) == ("batches.cancel", 1, 0.5)
        assert (each.status, each.body, each.__notes__) == (503, "Message: fetch failed", ["a note"])


def test_an_answer_in_a_false_encoding() -> None:
    """A body that is not compressed as its headers say cannot be read; an error stays the error it is."""
    gzip = {"content-encoding": "gzip"}

    def answer(status: int) -> Wire:
        return Wire(lambda _: httpx.Response(status, headers=gzip, stream=httpx.ByteStream(b"plain")))

    with pytest.raises(AnswerError, match="answered 200, but not in the encoding 'gzip'") as caught:
        answer(200).client().batches.cancel("b")
    assert (caught.value.status, caught.value.headers["content-encoding"]) == (200, "gzip")
    with pytest.raises(APIError, match="404: the gateway gave no reason"):
        answer(404).client().batches.cancel("b")
    again = answer(503)
    with pytest.raises(ServerError):
        again.client().batches.cancel("b")
    assert len(again.requests) == 3


class Cut(httpx.SyncByteStream):
    def __iter__(self) -> Any:
        yield b"{"
        raise httpx.ReadError("cut")


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    """A connection that ends within the body is a failed one, and is retried like one."""
    steps = iter([httpx.Response(200, stream=Cut()), httpx.Response(200, json=batch())])
    wire = Wire(lambda _: next(steps))
    assert wire.client().batches.with_raw_response.cancel("b").attempts == 2
