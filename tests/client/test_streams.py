from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import pickle
import socketserver
import sys
import threading
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_api import models
from portkey_client import (
    AnswerError,
    APIError,
    AsyncPortkey,
    BadRequestError,
    ConnectionFailedError,
    Event,
    Portkey,
    RateLimitError,
    StreamFailedError,
    StreamTruncatedError,
)
from portkey_client.transport import Lanes
from tests.client.frames import AFTER, BEFORE, CHAT, DONE, HEADERS, Body, carrying, chunk, frame, frames
from tests.client.wire import KEYS, Wire

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def ask(wire: Wire, **options: Any) -> Any:
    return wire.client().chat.completions.create(stream=True, **ASKED, **options)


def both(body: bytes, create: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    """Read a stream with both clients, and return what both found: the events and the final answer."""

    async def read() -> tuple[list[Any], Any]:
        stream = await create(carrying(body).async_client())
        return [each async for each in stream], await stream.final()

    stream = create(carrying(body).client())
    found = list(stream), stream.final()
    assert asyncio.run(read()) == found
    return found


# -- the four protocols


def test_the_chunks_of_a_chat_and_what_they_add_up_to() -> None:
    """Every chunk is typed and complete, U+2028 included; the whole has text and usage, before and after a loop."""
    events, whole = both(frames(*CHAT) + DONE, lambda client: client.chat.completions.create(stream=True, **ASKED))
    assert [each.to_dict() for each in events] == CHAT
    assert {type(each) for each in events} == {models.CreateChatCompletionStreamResponse}
    assert events[1].choices[0].delta.content == "Hel"
    assert isinstance(whole, models.CreateChatCompletionResponse)
    assert whole.choices[0].message.content == "Hello\u2028you"
    assert (whole.choices[0].finish_reason, whole.usage and whole.usage.total_tokens) == ("stop", 3)
    assert ask(carrying(frames(*CHAT) + DONE)).final() == whole


def test_a_completion_and_a_prompt_stream_too() -> None:
    """The chunks of a text completion add up; a prompt's are of the kind that its template makes."""
    text = {"id": "t", "object": "text_completion", "created": 1, "model": "m"}
    pieces = [{**text, "choices": [{"index": 0, "text": each, "finish_reason": None}]} for each in ("a", "b")]
    body = frames(*pieces) + DONE
    events, whole = both(body, lambda client: client.completions.create(model="m", prompt="p", stream=True))
    assert {type(each) for each in events} == {models.CreateCompletionStreamResponse}
    assert whole.choices[0].text == "ab"
    assert isinstance(whole, models.CreateCompletionResponse)

    def prompt(client: Any) -> Any:
        return client.prompts.completions.create("p", variables={}, stream=True)

    assert both(body, prompt)[0] == events
    events, whole = both(frames(*CHAT) + DONE, prompt)
    assert {type(each) for each in events} == {models.CreateChatCompletionStreamResponse}
    assert isinstance(whole, models.CreateChatCompletionResponse)


@pytest.mark.parametrize("last", ["completed", "failed", "incomplete"])
def test_a_response_ends_with_its_last_event(last: str) -> None:
    """Events of a response are told apart by their type; the last one is the end, and has the whole."""
    response = {"id": "r", "object": "response", "status": last, "output": [{"type": "message", "id": "m"}]}
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"},
        {"type": "response.unheard_of", "delta": 1},
        {"type": "response.unheard_of", "delta": 2},
        {"type": f"response.{last}", "response": response},
    ]
    body = frames(*[(each["type"], each) for each in told])
    events, whole = both(body, lambda client: client.responses.create(model="m", input="hi", stream=True))
    assert isinstance(events[0], models.ResponseCreatedEvent)
    assert isinstance(events[1], models.ResponseTextDeltaEvent)
    assert isinstance(events[-1], getattr(models, f"Response{last.title()}Event"))
    assert [each.to_dict() for each in events] == told
    assert (type(whole), whole.status) == (models.Response, last)


def test_a_message_of_anthropic() -> None:
    """Named events, pings, guardrails first; text, tool input and usage add up; message_stop is the end."""
    usage = {"input_tokens": 5, "output_tokens": 1}
    start = {"id": "msg", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    body = frames(("hook_results", BEFORE), *[(each["type"], each) for each in told])

    def create(client: Any) -> Any:
        return client.messages.create(model="m", max_tokens=5, messages=[], stream=True)

    events, whole = both(body, create)
    assert [each.to_dict() for each in events] == told
    assert isinstance(events[0], models.AnthropicMessageStartEvent)
    assert isinstance(events[3], models.AnthropicContentBlockDeltaEvent)
    assert isinstance(whole, models.AnthropicMessage)
    assert whole.content[0] == models.AnthropicTextBlock(type="text", text="Hi")
    assert whole.usage.to_dict() == {"input_tokens": 5, "output_tokens": 9}
    assert whole.to_dict()["hook_results"] == BEFORE["hook_results"]
    assert create(carrying(body + DONE).client()).final() == whole


def test_the_events_of_a_run() -> None:
    """The name of an event stands in the object; the last event is the end; the run is as it was told last."""
    run = {"id": "run_1", "object": "thread.run", "status": "completed"}
    delta = {"id": "m", "object": "thread.message.delta", "delta": {"content": []}}
    told = [
        ("thread.created", {"id": "t", "object": "thread"}),
        ("thread.run.created", {**run, "status": "queued"}),
        ("thread.message.delta", delta),
        ("thread.run.completed", run),
    ]
    body = frames(*told) + b"event: done\n" + DONE

    def create(client: Any) -> Any:
        return client.threads.runs.create("t", assistant_id="a", stream=True)

    events, whole = both(body, create)
    assert [each.to_dict() for each in events[:-1]] == [{"event": name, "data": data} for name, data in told]
    assert isinstance(events[-2], models.RunStreamEventThreadRunCompleted)
    assert events[-1] == models.DoneEvent(event="done", data="[DONE]")
    assert (type(whole), whole.status) == (models.RunObject, "completed")
    assert len(list(create(carrying(body + DONE).client()))) == 5
    with pytest.raises(StreamFailedError, match="no more"):
        create(carrying(frames(("error", {"message": "no more"}))).client()).final()


@given(st.lists(st.integers(0, 2000), max_size=20))
def test_any_cutting_gives_the_same_chunks(cuts: list[int]) -> None:
    """Wherever the network cuts the bytes, the chunks and the whole are the same."""
    body = frames(BEFORE, *CHAT) + DONE + frames(AFTER)
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(places)]
    stream = ask(carrying(Body(*pieces)))
    assert [each.to_dict() for each in stream] == CHAT
    assert stream.final().choices[0].message.content == "Hello\u2028you"


@given(st.integers(0, 2000))
def test_a_stream_cut_anywhere_is_whole_or_raises(length: int) -> None:
    """However many bytes come: the chunks are the first ones, and without the end mark the stream raises."""
    body = frames(*CHAT) + DONE
    stream = ask(carrying(body[:length]))
    seen: list[Any] = []
    with contextlib.nullcontext() if length >= len(body) else pytest.raises(StreamTruncatedError) as caught:
        seen.extend(each.to_dict() for each in stream)
    assert caught is None or (caught.value.partial is None) is (not seen)
    assert seen == CHAT[: len(seen)]


# -- what comes with it


def test_what_the_guardrails_found() -> None:
    """Frames of hook results, before the answer or after its end, are no chunks; stream and whole have them."""
    odd = chunk({"content": "!"}, hook_results={"before_request_hooks": None, "note": 1})
    wire = carrying(frames(BEFORE, *CHAT, odd) + DONE + frames(AFTER, chunk({"content": "late"})), status=246)
    stream = ask(wire)
    assert stream.hook_results == {}
    assert [each.to_dict() for each in stream] == [*CHAT, odd]
    assert stream.guardrail_failed
    assert stream.hook_results == {**BEFORE["hook_results"], "note": 1, **AFTER["hook_results"]}
    assert stream.final().to_dict()["hook_results"] == stream.hook_results


def test_the_facts_of_a_stream() -> None:
    """Status, headers and ids are known before the first chunk; the request asked for events, or as the caller says."""
    wire = carrying(frames(*CHAT) + DONE)
    stream = ask(wire)
    assert (stream.status, stream.attempts, stream.operation) == (200, 1, "chat.completions.create")
    assert (stream.trace_id, stream.request_id, stream.headers["content-type"]) == (
        "trace-1",
        "r-1",
        HEADERS["content-type"],
    )
    assert wire.last.headers["accept"] == "text/event-stream"
    assert json.loads(wire.last.content) == {**ASKED, "stream": True}
    stream.close()
    ask(wire, extra_headers={"accept": "*/*"}).close()
    assert wire.last.headers["accept"] == "*/*"


def test_next_reads_one_event_and_leaves_the_stream_open() -> None:
    """The first event can be looked at before a loop takes the rest, with both clients."""
    stream = ask(carrying(frames(*CHAT) + DONE))
    assert [next(stream), *stream] == list(ask(carrying(frames(*CHAT) + DONE)))
    assert next(stream, None) is None

    async def read() -> int:
        async with await ask_async(carrying(frames(*CHAT) + DONE)) as stream:
            await anext(stream)
            rest = [each async for each in stream]
            assert await anext(stream, None) is None
            return len(rest)

    assert asyncio.run(read()) == 4


async def ask_async(wire: Wire) -> Any:
    return await wire.async_client().chat.completions.create(stream=True, **ASKED)


# -- when it goes wrong


def test_a_stream_without_its_end_raises_with_what_came() -> None:
    """A clean end without the mark, a broken connection and silence all raise; the error has what came, and pickles."""
    faults = {None: "ended without", httpx.ReadError("reset"): "broke off", httpx.ReadTimeout("slow"): "not go on"}
    for fault, message in faults.items():
        body = Body(frames(*CHAT[:2]), frames(CHAT[2])[:-1], fault=fault)
        stream = ask(carrying(body))
        assert [next(stream), next(stream)]
        with pytest.raises(StreamTruncatedError, match=f"{message}.*after 2 events") as caught:
            next(stream)
        assert isinstance(caught.value, ConnectionFailedError)
        error: Any = pickle.loads(pickle.dumps(caught.value))
        assert error.partial.choices[0].message.content == "Hel"
        assert (error.operation, error.attempts, error.status, error.trace_id) == (
            "chat.completions.create",
            1,
            200,
            "trace-1",
        )
        with pytest.raises(StreamTruncatedError):
            stream.final()
        assert body.closed


def test_the_asynchronous_client_raises_the_same() -> None:
    """A broken connection in the middle of a loop raises there, and the connection is closed."""
    body = Body(frames(*CHAT[:2]), fault=httpx.ReadError("reset"))
    seen: list[Any] = []

    async def read() -> None:
        async for each in await ask_async(carrying(body)):
            seen.append(each)  # noqa: PERF401  # what came before the error counts

    with pytest.raises(StreamTruncatedError, match="broke off"):
        asyncio.run(read())
    assert (len(seen), body.closed) == (2, 1)


def test_nothing_came_at_all() -> None:
    """An empty stream raises, and there is nothing partial."""
    with pytest.raises(StreamTruncatedError, match="after 0 events") as caught:
        list(ask(carrying(b": hello\n\ndata:\n\n")))
    assert caught.value.partial is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (frames({"error": {"message": "overloaded", "type": "server_error", "code": 529}}), "overloaded"),
        (frames(("error", {"type": "error", "error": {"type": "x", "message": "busy"}})), "busy"),
        (frames({"type": "error", "code": "x", "message": "quota", "param": None}), "quota"),
        (b"event: error\ndata: out of order\n\n", "out of order"),
        (frames(("error", "out of sorts")), "out of sorts"),
        (frames({"error": "vk-secret-2 is wrong", "provider": "p"}), r"\*\*\* is wrong"),
    ],
)
def test_an_error_inside_the_stream_raises(sent: bytes, said: str) -> None:
    """What came before it is handed out first; the error is an APIError, has what came, and no credential."""
    body = Body(frames(CHAT[1]) + sent + frames(CHAT[2]), DONE)
    stream = ask(carrying(body))
    assert next(stream).choices[0].delta.content == "Hel"
    with pytest.raises(StreamFailedError, match=f"in the stream: {said}") as caught:
        list(stream)
    assert isinstance(caught.value, APIError)
    assert caught.value.partial.choices[0].message.content == "Hel"
    assert "vk-secret-2" not in repr(vars(caught.value))
    assert (caught.value.status, body.closed, body.given) == (200, 1, 1)
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message


def test_an_event_that_is_not_json() -> None:
    """It raises an AnswerError that tells which one it was; an event that is no object is handed out as it is."""
    stream = ask(carrying(frames(CHAT[0], [1], "text") + b"data: <html>\n\n"))
    assert next(stream).to_dict() == CHAT[0]
    assert [next(stream), next(stream)] == [[1], "text"]
    with pytest.raises(AnswerError, match="event 4 of the stream is not JSON") as caught:
        next(stream)
    assert caught.value.body == b"<html>"


def test_a_fault_after_the_end_does_no_harm() -> None:
    """The answer is whole once its mark has come; a connection that breaks afterwards is nobody's loss."""
    body = Body(frames(*CHAT) + DONE, fault=httpx.ReadError("reset"))
    assert ask(carrying(body)).final().usage.total_tokens == 3
    assert body.closed == 1


def test_an_answer_that_is_no_stream() -> None:
    """JSON or a page in the place of a stream raises, and says what came; no media type may be a stream."""
    for answer in (httpx.Response(200, json=chunk()), httpx.Response(200, html="<p>Sign in</p>")):
        with pytest.raises(AnswerError, match=r"no stream of events|not the JSON") as caught:
            ask(Wire(answer))
        assert (caught.value.body, caught.value.attempts) == (answer.content, 1)
    assert ask(carrying(frames(*CHAT) + DONE, headers={})).final().choices


def test_an_error_instead_of_a_stream() -> None:
    """A status outside 200 to 299 raises as it does without a stream, with its body, and after the same retries."""
    answers = iter([httpx.Response(429), httpx.Response(400, json={"error": {"message": "bad"}})])
    wire = Wire(lambda _: next(answers))
    with pytest.raises(BadRequestError, match="bad") as caught:
        ask(wire)
    assert (caught.value.attempts, len(wire.requests)) == (2, 2)


def test_what_was_begun_is_not_sent_again() -> None:
    """A 429 before the stream is retried; a break after its first byte never is, not even with an Idempotency-Key."""
    answers = iter([httpx.Response(429), httpx.Response(200, headers=HEADERS, stream=Body(frame(CHAT[0])))])
    wire = Wire(lambda _: next(answers))
    with pytest.raises(StreamTruncatedError) as caught:
        ask(wire, extra_headers={"Idempotency-Key": "k"}).final()
    assert (caught.value.attempts, len(wire.requests)) == (2, 2)
    with pytest.raises(RateLimitError):
        ask(Wire(httpx.Response(429)), retries=0)


# -- closing


def test_leaving_the_loop_closes_the_connection() -> None:
    """A break and an exception inside the loop close the connection at once, and no more is read."""
    body = Body(*[frame(each) for each in CHAT], DONE)
    stream = ask(carrying(body))
    for _ in stream:
        break
    assert (body.closed, body.given) == (1, 1)
    assert list(stream) == []
    with pytest.raises(StreamTruncatedError, match="was closed before its end") as caught:
        stream.final()
    assert caught.value.partial.choices[0].message.content == ""
    stream.close()
    assert body.closed == 1


def test_leaving_an_asynchronous_loop_closes_the_connection() -> None:
    """The loop closes it when it is collected, `async with` at once; a cancelled task leaves nothing open."""

    async def read() -> list[int]:
        left, held = (Body(*[frame(each) for each in CHAT]) for _ in range(2))
        async for _ in await ask_async(carrying(left)):
            break
        async with await ask_async(carrying(held)) as stream:
            await anext(stream)
        for _ in range(3):
            await asyncio.sleep(0)
        return [left.closed, left.given, held.closed, held.given]

    assert asyncio.run(read()) == [1, 1, 1, 1]


class Endless(socketserver.BaseRequestHandler):
    """Sends the same chunk over and over, until the client hangs up."""

    hung_up: threading.Event

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                self.request.sendall(frame(CHAT[1]))
        self.hung_up.set()


def test_the_gateway_notices_that_a_loop_was_left() -> None:
    """Over real connections, too: once the loop is left, the socket is closed, by both clients."""
    Endless.hung_up = threading.Event()

    async def leave(base_url: str) -> None:
        async with AsyncPortkey(**KEYS, base_url=base_url) as client:
            async with await client.chat.completions.create(stream=True, **ASKED) as stream:
                await anext(stream)
            assert await asyncio.to_thread(Endless.hung_up.wait, 30)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        with Portkey(**KEYS, base_url=base_url) as client:
            for _ in client.chat.completions.create(stream=True, **ASKED):
                break
            assert Endless.hung_up.wait(30)
        Endless.hung_up.clear()
        asyncio.run(leave(base_url))
        server.shutdown()


def test_a_leaked_stream_warns() -> None:
    """A stream that is neither read to its end nor closed warns when it is collected."""
    streams = [ask(carrying(frames(*CHAT) + DONE))]
    next(streams[0])
    with pytest.warns(ResourceWarning, match="a stream was not closed"):
        streams.clear()


def test_the_lane_is_kept_while_a_stream_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream keeps its lane busy until it is closed, so that other calls take another one."""
    bodies: list[Body] = []

    def answer(_: httpx.Request) -> httpx.Response:
        bodies.append(Body(frames(*CHAT) + DONE))
        return httpx.Response(200, headers=HEADERS, stream=bodies[-1])

    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=httpx.MockTransport(answer)))
    with Portkey(api_key="k", virtual_key="v") as client:
        lanes: Lanes[Any] = client._lanes
        first = client.chat.completions.create(stream=True, **ASKED)
        assert [lane.busy for lane in lanes._lanes] == [1]
        with client.chat.completions.create(stream=True, **ASKED) as second:
            assert [lane.busy for lane in lanes._lanes] == [1, 1]
            second.final()
            assert [lane.busy for lane in lanes._lanes] == [1, 0]
        first.close()
        assert [lane.busy for lane in lanes._lanes] == [0, 0]


def test_a_hook_that_raises_leaves_nothing_open() -> None:
    """An exception between the answer and the stream closes the connection."""

    def hook(event: Event) -> None:
        if event.kind == "answer":
            raise LookupError

    body = Body(DONE)
    with pytest.raises(LookupError):
        carrying(body).client(hooks=[hook]).chat.completions.create(stream=True, **ASKED)
    assert body.closed == 1


def test_hooks_see_a_stream_break_off() -> None:
    """Request and answer are told as for any call; an end that is none is told as a failure."""
    seen: list[Event] = []
    wire = carrying(frames(*CHAT))
    with pytest.raises(StreamTruncatedError):
        list(wire.client(hooks=[seen.append]).chat.completions.create(stream=True, **ASKED))
    assert [(each.kind, each.status, each.error) for each in seen] == [
        ("request", None, None),
        ("answer", 200, None),
        ("failure", None, "StreamTruncatedError"),
    ]


def test_a_program_that_does_not_trace_streams_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenTelemetry nothing is noted, and nothing is missing."""
    monkeypatch.delitem(sys.modules, "opentelemetry.trace", raising=False)
    assert ask(carrying(frames(*CHAT) + DONE)).final().choices


# -- bytes


SPEECH: dict[str, Any] = {"model": "tts", "input": "hi", "voice": "alloy"}
SOUND = {"content-type": "audio/mpeg"}


def test_speech_as_it_comes() -> None:
    """The bytes of an answer come piece by piece, with its facts; leaving the loop closes the connection."""
    body = Body(b"one", b"two", b"three")
    client = carrying(body, headers=SOUND).client()
    stream = client.stream_bytes(client.audio.speech.create, **SPEECH)
    assert (stream.status, stream.headers["content-type"], body.given) == (200, "audio/mpeg", 0)
    for piece in stream:
        assert piece == b"one"
        break
    assert (body.given, body.closed) == (1, 1)
    with client.stream_bytes(client.audio.speech.create, **SPEECH) as stream:
        assert b"".join(stream) == b"onetwothree"


def test_speech_asynchronously() -> None:
    """The same with the asynchronous client; an answer that breaks off raises."""

    async def read(body: Body) -> bytes:
        client = carrying(body, headers=SOUND).async_client()
        async with await client.stream_bytes(client.audio.speech.create, **SPEECH) as stream:
            return b"".join([piece async for piece in stream])

    assert asyncio.run(read(Body(b"one", b"two"))) == b"onetwo"
    with pytest.raises(StreamTruncatedError, match=r"audio\.speech\.create: the answer broke off"):
        asyncio.run(read(Body(b"one", fault=httpx.RemoteProtocolError("short"))))


def test_only_a_method_of_a_client_can_be_streamed() -> None:
    """Anything else is refused, with an example; also the method of a view whose answers are no bytes."""
    client = Wire().client()
    raw: Any = client.audio.speech.with_raw_response
    wrong: list[Any] = [client.audio.speech, len, raw.create, b"".join]
    for each in wrong:
        with pytest.raises(TypeError, match=r"such as client\.batches\.list"):
            client.stream_bytes(each, **SPEECH)
    with pytest.raises(TypeError, match="voice"):
        client.stream_bytes(client.audio.speech.create, model="tts", input="hi")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_no_warning_without_a_cause() -> None:
    """Streams that were read, left or refused leave nothing behind that warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(ask(carrying(frames(*CHAT) + DONE)))
        with pytest.raises(StreamTruncatedError):
            list(ask(carrying(frames(*CHAT))))
        gc.collect()
