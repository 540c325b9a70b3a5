from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from portkey_api.models import CreateChatCompletionResponse
from portkey_client import (
    AnswerError,
    APIError,
    AsyncPortkey,
    AuthenticationError,
    BatchEndedError,
    BatchGoneError,
    BatchUnfinishedError,
    ConflictError,
    ConnectionFailedError,
    InvalidBatchError,
    NotFoundError,
    Portkey,
    PortkeyError,
    RequestRefusedError,
    ServerError,
    TransferError,
)
from portkey_client.batch_wait import DEADLINE
from portkey_client.steps import World
from portkey_mock import Gateway, GatewayTransport, ManualClock
from tests.client.wire import KEYS, Wire, batch


def request(custom_id: str, **body: Any) -> dict[str, Any]:
    given = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}], **body}
    return {"custom_id": custom_id, "body": given}


REQUESTS = [request(f"q{number}") for number in range(10)]


class Mocked:
    """A client on the mock gateway, with one clock for both."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.gateway = Gateway(clock=self.clock)
        self.sent: list[str] = []
        self.lose: Callable[[httpx.Request], bool] = lambda request: False
        """Tells of which requests the answer is lost."""
        self.down: Callable[[httpx.Request], bool] = lambda request: False
        """Tells which requests do not arrive."""

    def transport(self) -> httpx.MockTransport:
        inner = GatewayTransport(self.gateway)

        def answer(request: httpx.Request) -> httpx.Response:
            if self.down(request):
                raise httpx.ConnectError("down", request=request)
            self.sent.append(f"{request.method} {request.url.path.removeprefix('/v1')}")
            response = inner.handle_request(request)
            if self.lose(request):
                raise httpx.ReadError("lost", request=request)
            return response

        return httpx.MockTransport(answer)

    def world(self) -> World:
        async def asleep(seconds: float) -> None:
            await asyncio.sleep(0)
            self.clock.advance(seconds)

        return World(self.clock, self.clock, lambda: 1.0, self.clock.advance, asleep)

    def client(self) -> Portkey:
        client = Portkey(**KEYS, http_client=httpx.Client(transport=self.transport()))
        client._world = self.world()
        return client

    def async_client(self) -> AsyncPortkey:
        client = AsyncPortkey(**KEYS, http_client=httpx.AsyncClient(transport=self.transport()))
        client._world = self.world()
        return client


def answers(*bodies: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Answer with one after the other, the last one for ever; an exception is raised, a number is a status."""
    rest = list(bodies)

    def answer(request: httpx.Request) -> httpx.Response:
        body = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(body, Exception):
            raise body
        if isinstance(body, httpx.Response):
            return body
        if isinstance(body, int):
            return httpx.Response(body, json={"error": {"message": f"status {body}"}})
        return httpx.Response(200, json=body)

    return answer


# -- the life of a batch


def test_a_batch_from_its_requests_to_its_results() -> None:
    """Submit, wait, results: every request has one typed result, in the order of the requests."""
    mocked = Mocked()
    client = mocked.client()
    stages: list[str] = []
    made = client.batches.submit(REQUESTS, metadata={"team": "blue"})
    state = client.batches.wait(made.id, on_progress=lambda now: stages.append(now.stage))
    assert (state.id, state.stage, state.ended, state.total, state.completed) == (made.id, "completed", True, 10, 10)
    assert state.batch.metadata == {"team": "blue"}
    assert (stages[0], stages[-1]) == ("working", "completed")
    results = list(client.batches.results(made.id))
    assert [each.custom_id for each in results] == [each["custom_id"] for each in REQUESTS]
    assert all(each.ok and each.status == 200 for each in results)
    assert isinstance(results[0].body, CreateChatCompletionResponse)


def test_the_same_asynchronously() -> None:
    """The asynchronous client does the same by the same names."""

    async def run() -> None:
        mocked = Mocked()
        client = mocked.async_client()
        made = await client.batches.submit(REQUESTS)
        state = await client.batches.wait(made.id)
        assert state.stage == "completed"
        assert [each.custom_id async for each in client.batches.results(made.id)] == [f"q{n}" for n in range(10)]
        async with aclosing(client.batches.results(made.id)) as results:
            async for each in results:
                assert each.ok
                break
        raw = await client.batches.with_raw_response.retrieve(made.id)
        assert raw.parsed.id == made.id
        with pytest.raises(BatchEndedError):
            await client.batches.cancel(made.id)
        other = await client.batches.submit(REQUESTS, key="other")
        stopped = await client.batches.cancel(other.id, wait=True)
        assert stopped.stage == "cancelled"

    asyncio.run(run())


def test_cancelling_and_what_was_saved() -> None:
    """cancel(wait=True) follows the batch to its end and tells what was saved; the results are those."""
    mocked = Mocked()
    client = mocked.client()
    made = client.batches.submit(REQUESTS)
    mocked.clock.advance(5.5)
    state = client.batches.cancel(made.id, wait=True)
    assert (state.stage, state.completed, state.total) == ("cancelled", 5, 10)
    assert state.created_at is not None
    assert state.ended_at is not None
    assert state.ended_at > state.created_at
    assert [each.custom_id for each in client.batches.results(made.id)] == [f"q{n}" for n in range(5)]
    assert client.batches.cancel(made.id, wait=True).stage == "cancelled"


def test_a_batch_cancelled_at_once_has_no_results() -> None:
    """A batch that was stopped before its first request yields nothing, and nothing is asked for in vain."""
    mocked = Mocked()
    client = mocked.client()
    made = client.batches.submit(REQUESTS)
    client.batches.cancel(made.id, wait=True)
    mocked.sent.clear()
    assert list(client.batches.results(made.id)) == []
    assert mocked.sent == [f"GET /batches/{made.id}"]


def test_cancelling_is_one_request() -> None:
    """A cancellation that is accepted is one request, and returns what the gateway says."""
    wire = Wire(httpx.Response(200, json=batch()))
    assert wire.client().batches.cancel("b").status == "cancelling"
    assert [each.method for each in wire.requests] == ["POST"]


def test_raw_access_stays() -> None:
    """with_raw_response reaches the operations, cancel too, and not the work of several."""
    wire = Wire(httpx.Response(200, json=batch()))
    raw = wire.client().batches.with_raw_response
    assert raw.cancel("b").parsed.status == "cancelling"
    assert not hasattr(raw, "submit")


# -- waiting


@pytest.mark.parametrize(
    "fault", [503, 429, 408, httpx.ReadError("cut"), httpx.ReadTimeout("late"), "a login page", []]
)
def test_waiting_survives_passing_faults(fault: Any) -> None:
    """Any number of faults below ten in a row is waited out, whatever they are."""
    if fault == "a login page":
        fault = httpx.Response(200, text="<html>")
    wire = Wire(answers(*[fault] * 9, batch(status="in_progress"), *[fault] * 9, batch(status="completed")))
    assert wire.client(retries=0).batches.wait("b").stage == "completed"


def test_waiting_ends_after_ten_faults() -> None:
    """Ten faults in a row are the end of it, and the last one is raised."""
    wire = Wire(answers(503))
    with pytest.raises(ServerError):
        wire.client(retries=0).batches.wait("b", deadline=None)
    assert len(wire.requests) == 10


def test_waiting_keeps_the_time_the_gateway_asks_for() -> None:
    """A Retry-After of a poll is waited, not the shorter time of the client."""
    busy = httpx.Response(429, headers={"retry-after": "45"}, json={})
    wire = Wire(answers(busy, batch(status="completed")))
    wire.client(retries=0).batches.wait("b")
    assert wire.time.waits == [45.0]


def test_waiting_takes_longer_and_longer() -> None:
    """The waits grow from a second to a minute, and the last one ends at the deadline."""
    wire = Wire(answers(batch(status="in_progress")))
    with pytest.raises(
        BatchUnfinishedError, match="the batch b has not ended after 600 seconds; it is in_progress"
    ) as caught:
        wire.client().batches.wait("b", deadline=600)
    assert wire.time.waits[:3] == [1.0, 1.5, 2.25]
    assert max(wire.time.waits) == 60.0
    assert sum(wire.time.waits) == 600
    assert caught.value.state.stage == "working"
    assert isinstance(caught.value, TimeoutError)


def test_a_poll_takes_no_longer_than_is_left() -> None:
    """The timeout of a poll is cut to the deadline; one that waits for ever is, too; without a deadline it stays."""
    wire = Wire(answers(batch(status="completed")))
    client = wire.client()
    client.batches.wait("b", deadline=5)
    client.batches.wait("b", deadline=5, timeout=None)
    client.batches.wait("b", deadline=None, timeout=7)
    assert [each.extensions["timeout"]["read"] for each in wire.requests] == [5, 5, 7]
    assert DEADLINE > 24 * 3600


def test_the_retries_of_a_poll_end_with_the_deadline() -> None:
    """A gateway that asks for a longer wait than is left does not keep the caller beyond the deadline."""
    wire = Wire(answers(httpx.Response(429, headers={"retry-after": "50"}, json={})))
    with pytest.raises(BatchUnfinishedError) as caught:
        wire.client(retries=5).batches.wait("b", deadline=60)
    assert sum(wire.time.waits) == 60
    assert caught.value.operation == "batches.retrieve"


def test_nobody_could_tell_by_the_deadline() -> None:
    """A deadline that passes with faults only says so without a state."""
    wire = Wire(answers(503))
    with pytest.raises(BatchUnfinishedError, match=r"the batch b has not ended after 1 seconds$") as caught:
        wire.client(retries=0).batches.wait("b", deadline=1)
    assert caught.value.state is None


@pytest.mark.parametrize(
    "answer",
    [
        404,
        httpx.Response(410, json={}),
        httpx.Response(200, json={"error": {"message": "no such batch"}}),
    ],
)
def test_waiting_ends_when_the_batch_vanishes(answer: Any) -> None:
    """A batch that is gone ends the loop at once, however the gateway says it."""
    wire = Wire(answers(batch(status="in_progress"), answer))
    with pytest.raises(BatchGoneError) as caught:
        wire.client().batches.wait("b", deadline=None)
    assert isinstance(caught.value, NotFoundError)
    assert len(wire.requests) == 2


def test_a_refusal_is_not_waited_out() -> None:
    """What is no passing fault is raised at once."""
    wire = Wire(answers(401))
    with pytest.raises(AuthenticationError):
        wire.client().batches.wait("b")
    assert len(wire.requests) == 1


# -- what cannot be cancelled


RESPAN = {"error": {"message": "Batch is already completed and cannot be cancelled", "type": "invalid_request_error"}}


@pytest.mark.parametrize(
    ("status", "body"),
    [(409, {"error": {"message": "no"}}), (400, RESPAN), (422, {"detail": "x"}), (500, {"status": "failure"})],
)
def test_what_has_ended_is_one_error_everywhere(status: int, body: Any) -> None:
    """A batch that has ended gives one class, whatever status and body say so, and tells where it stands."""
    wire = Wire(answers(httpx.Response(status, json=body), batch(status="completed")))
    with pytest.raises(BatchEndedError) as caught:
        wire.client(retries=0).batches.cancel("b")
    assert isinstance(caught.value, ConflictError)
    assert (caught.value.status, caught.value.state.stage) == (status, "completed")
    assert caught.value.operation == "batches.cancel"


def test_what_has_ended_otherwise_is_no_success_of_waiting() -> None:
    """cancel(wait=True) of a completed batch raises, too: nothing was cancelled."""
    wire = Wire(answers(409, batch(status="completed")))
    with pytest.raises(BatchEndedError):
        wire.client().batches.cancel("b", wait=True)


def test_a_conflict_counts_where_nobody_can_be_asked() -> None:
    """409 means that it has ended, also where the batch cannot be read; another refusal stays what it is."""
    with pytest.raises(BatchEndedError) as caught:
        Wire(answers(409, 401)).client().batches.cancel("b")
    assert caught.value.state is None
    with pytest.raises(APIError) as other:
        Wire(answers(400, 401)).client().batches.cancel("b")
    assert other.value.status == 400
    with pytest.raises(BatchEndedError):
        Wire(answers(409, 401)).client().batches.cancel("b", wait=True)


def test_a_refusal_is_looked_into_for_as_long_as_waiting_takes() -> None:
    """cancel(wait=True) of a batch that was cancelled before is no error, though it cannot be read at first."""
    wire = Wire(answers(409, 503, 503, batch(status="cancelled")))
    assert wire.client(retries=0).batches.cancel("b", wait=True).stage == "cancelled"
    wire = Wire(answers(409, 503, 403))
    with pytest.raises(BatchEndedError):
        wire.client(retries=0).batches.cancel("b", wait=True)


def test_the_deadline_of_a_cancellation_is_that_of_all_of_it() -> None:
    """What the request took, its repetitions included, is not there for waiting any more."""
    wire = Wire(answers(503, httpx.Response(503, headers={"retry-after": "50"}, json={}), batch()))
    with pytest.raises(BatchUnfinishedError):
        wire.client(retries=2).batches.cancel("b", wait=True, deadline=60)
    assert sum(wire.time.waits) == 60


def test_a_refusal_of_a_running_batch_stays_what_it_is() -> None:
    """A batch that runs on was refused for another reason, which is raised."""
    with pytest.raises(APIError) as caught:
        Wire(answers(400, batch(status="in_progress"))).client().batches.cancel("b")
    assert type(caught.value).__name__ == "BadRequestError"


def test_a_refusal_without_rights_is_not_looked_into() -> None:
    """401 says nothing of the batch: it is raised, and nothing else is asked."""
    wire = Wire(answers(401))
    with pytest.raises(AuthenticationError):
        wire.client().batches.cancel("b")
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", ["cancelling", "cancelled"])
def test_a_cancellation_whose_answer_was_lost(status: str) -> None:
    """An attempt that worked though its answer was lost makes the next one a refusal; that is no error."""
    wire = Wire(answers(httpx.ReadError("lost"), 409, batch(status=status)))
    assert wire.client().batches.cancel("b").status == status


# -- results


def lines(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def shelf(state: dict[str, Any], **files: bytes | httpx.Response) -> Wire:
    """Serve one batch and files by their ids; ``output`` is the batch's own output."""

    def answer(request: httpx.Request) -> httpx.Response:
        *_, name, last = request.url.path.split("/")
        if last not in ("content", "output"):
            return httpx.Response(200, json=state) if name == "batches" else httpx.Response(404, json={})
        file = files.get("output" if last == "output" else name)
        if file is None:
            return httpx.Response(404, json={"error": {"message": "no such file"}})
        return file if isinstance(file, httpx.Response) else httpx.Response(200, content=file)

    return Wire(answer)


OK = {"id": "r", "custom_id": "a", "response": {"status_code": 200, "body": {"id": "c", "choices": []}}, "error": None}
BAD = {"custom_id": "b", "response": {"status_code": 400, "body": {"error": {"message": "too long", "code": "len"}}}}


def test_answers_and_failures() -> None:
    """The output file comes first, then the error file; failures tell why."""
    state = batch(status="completed", endpoint="/v1/chat/completions", output_file_id="o", error_file_id="e")
    good, bad = shelf(state, o=lines(OK), e=lines(BAD)).client().batches.results("b")
    assert (good.custom_id, good.status, good.body.id, good.failure) == ("a", 200, "c", None)
    assert bad.failure is not None
    assert (bad.custom_id, bad.status, bad.body, bad.ok) == ("b", 400, None, False)
    assert (bad.failure.message, bad.failure.code) == ("too long", "len")


def test_a_batch_whose_every_request_failed() -> None:
    """Without an output file the failures of the error file are all there is, and that is no crash."""
    state = batch(status="completed", output_file_id=None, error_file_id="e")
    (bad,) = shelf(state, e=lines(BAD)).client().batches.results("b")
    assert bad.custom_id == "b"


def test_a_batch_whose_every_request_failed_without_a_file() -> None:
    """Where the gateway keeps no file of the failures, one result says so."""
    (bad,) = shelf(batch(status="completed")).client().batches.results("b")
    assert bad.failure is not None
    assert bad.failure.message == "the batch is completed without a result: no such file"


def test_a_gateway_without_the_operation() -> None:
    """A gateway that has no output to ask for is the same case, not a crash."""
    wire = shelf(batch(status="failed"))
    (bad,) = wire.client(gateway="openai", virtual_key=None).batches.results("b")
    assert bad.failure is not None
    assert "failed without a result: openai has no batches.output" in bad.failure.message


def test_answers_that_are_there_but_cannot_be_had() -> None:
    """Where requests were answered, a refusal to hand the answers over is an error."""
    counts = {"total": 1, "completed": 1, "failed": 0}
    with pytest.raises(NotFoundError):
        list(shelf(batch(status="completed", request_counts=counts)).client().batches.results("b"))


@pytest.mark.parametrize("length", [True, False])
def test_the_output_of_the_batch_itself(length: bool) -> None:
    """A gateway that names no file is asked for the output of the batch, with a length or without."""
    if not length:
        stream = httpx.Response(200, stream=Cut(lines(OK), None))
        assert len(list(shelf(batch(status="completed"), output=stream).client().batches.results("b"))) == 1
    (good,) = shelf(batch(status="completed"), output=lines(OK)).client().batches.results("b")
    assert good.custom_id == "a"


def test_an_input_that_was_refused() -> None:
    """A batch that failed its validation yields what is wrong, with the lines."""
    problems = {"object": "list", "data": [{"line": 3, "message": "no model"}, {"code": "empty"}, "odd"]}
    found = list(shelf(batch(status="failed", errors=problems)).client().batches.results("b"))
    assert [each.failure and each.failure.message for each in found] == ["line 3: no model", "empty", "odd"]


def test_no_results_yet() -> None:
    """The results of a batch that runs are no empty list: it raises."""
    with pytest.raises(BatchUnfinishedError, match="the batch b has no results yet; it is in_progress"):
        list(shelf(batch(status="in_progress")).client().batches.results("b"))


def test_a_connection_that_breaks_in_the_middle_of_the_results() -> None:
    """The results go on where the connection broke: nothing lost, nothing twice."""
    content = lines(*({**OK, "custom_id": str(number)} for number in range(50)))
    cuts = iter([700, 1500])

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/content"):
            return httpx.Response(200, json=batch(status="completed", output_file_id="o"))
        end = next(cuts, None)
        return httpx.Response(200, headers={"content-length": str(len(content))}, stream=Cut(content, end))

    found = Wire(answer).client().batches.results("b")
    assert [each.custom_id for each in found] == [str(number) for number in range(50)]


class Cut(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, content: bytes, end: int | None) -> None:
        self.content, self.end = content, end

    def __iter__(self) -> Iterator[bytes]:
        yield self.content[: self.end]
        if self.end is not None:
            raise httpx.ReadError("cut")


def test_results_that_are_not_what_the_gateway_says() -> None:
    """A checksum that comes with a file is compared at its end, before a last line that was cut is handed out."""
    content = lines(OK) + lines(OK)[:20]
    headers = {"repr-digest": f"sha-256=:{base64.b64encode(hashlib.sha256(lines(OK, OK)).digest()).decode()}:"}
    state = batch(status="completed", output_file_id="o")
    results = shelf(state, o=httpx.Response(200, headers=headers, content=content)).client().batches.results("b")
    assert next(results).ok
    with pytest.raises(TransferError, match="the SHA-256 is") as caught:
        next(results)
    assert caught.value.operation == "files.content"


def test_leaving_the_loop_gives_the_connection_back() -> None:
    """A loop over results that is left early closes the answer it was reading."""
    closed: list[bool] = []

    class Body(Cut):
        def close(self) -> None:
            closed.append(True)

    state = batch(status="completed", output_file_id="o")
    wire = shelf(state, o=httpx.Response(200, stream=Body(lines(OK, OK), None)))
    results = wire.client().batches.results("b")
    next(results)
    results.close()  # type: ignore[attr-defined]  # a for loop that is left drops the iterator, which closes it
    assert closed == [True]


# -- submitting


def test_nothing_is_sent_before_all_is_checked() -> None:
    """A line that is wrong refuses the whole, with its number, and not one request goes out."""
    mocked = Mocked()
    with pytest.raises(InvalidBatchError, match=r"line 2: custom_id 'q0' is that of line 1") as caught:
        mocked.client().batches.submit([request("q0"), request("q0")])
    assert mocked.sent == []
    assert caught.value.problems == [(2, "custom_id 'q0' is that of line 1")]


def test_the_upload_is_one_request_and_the_batch_another() -> None:
    """Without a key nothing is looked for: two requests, the gateway's file headers on both, fields on the batch."""
    mocked = Mocked()
    mocked.client().batches.submit(REQUESTS, extra_body={"metadata": {"a": "b"}}, file_purpose="batch")
    assert mocked.sent == ["POST /files", "POST /batches"]


@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches"])
def test_an_answer_that_is_lost_is_looked_for(path: str) -> None:
    """What was carried out though its answer was lost is found, and not sent again."""
    mocked = Mocked()
    mocked.lose = lambda request: request.method == "POST" and request.url.path == path
    client = mocked.client()
    made = client.batches.submit(REQUESTS)
    assert made.input_file_id
    assert [mocked.sent.count(each) for each in ("POST /files", "POST /batches")] == [1, 1]
    assert len(client.batches.list().data) == len(client.files.list().data) == 1


def test_what_cannot_be_found_is_not_sent_again() -> None:
    """Where nobody can tell whether it was created, the error says so; looks that fail are repeated."""
    wire = Wire(answers(httpx.ReadError("lost"), 401, {"data": []}, {"data": []}))
    with pytest.raises(ConnectionFailedError) as caught:
        wire.client(retries=0).batches.submit(REQUESTS)
    assert caught.value.maybe_done
    assert [each.method for each in wire.requests] == ["POST", "GET", "GET", "GET"]
    assert wire.time.waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("lost", [500, 408, {}, httpx.Response(200, text="<html>")])
def test_what_may_have_been_created(lost: Any) -> None:
    """Server errors, late answers, and successes that say nothing are looked into."""
    wire = Wire(answers(lost, {"data": [{"id": "f1", "filename": "other"}], "has_more": False}))
    with pytest.raises(PortkeyError):
        wire.client(retries=0).batches.submit(REQUESTS)
    assert [each.method for each in wire.requests] == ["POST", "GET", "GET", "GET"]


@pytest.mark.parametrize("nothing", [httpx.Response(200), httpx.Response(200, json=[])])
def test_a_list_that_is_none(nothing: httpx.Response) -> None:
    """A list that came as nothing, or as something else, is an AnswerError, and no crash."""
    with pytest.raises(AnswerError, match=r"batches\.list: the list is not an object") as caught:
        Wire(nothing).client().batches.submit(REQUESTS, key="daily")
    assert caught.value.operation == "batches.list"


@pytest.mark.parametrize("refusal", [400, httpx.ConnectError("refused")])
def test_what_was_certainly_not_created(refusal: Any) -> None:
    """A refusal is raised, and nothing is looked for."""
    wire = Wire(answers(refusal))
    with pytest.raises(PortkeyError):
        wire.client(retries=0).batches.submit(REQUESTS)
    assert len(wire.requests) == 1


def test_the_same_call_with_a_key_finds_the_batch() -> None:
    """The same call with the same key is the same batch; other requests under it are refused."""
    mocked = Mocked()
    client = mocked.client()
    first = client.batches.submit(REQUESTS, key="daily")
    assert client.batches.submit(REQUESTS, key="daily").id == first.id
    assert client.batches.submit(REQUESTS, key="nightly").id != first.id
    with pytest.raises(RequestRefusedError, match="key: 'daily' was used for other requests"):
        client.batches.submit(REQUESTS[:3], key="daily")
    assert mocked.sent.count("POST /batches") == 2


def test_a_call_with_a_key_goes_on_with_the_upload() -> None:
    """A submission that broke off after its upload goes on with the file that is there."""
    mocked = Mocked()
    client = mocked.client()
    mocked.down = lambda request: (request.method, request.url.path) == ("POST", "/v1/batches")
    with pytest.raises(PortkeyError):
        client.batches.submit(REQUESTS, key="daily", retries=0)
    mocked.down = lambda request: False
    client.batches.submit(REQUESTS, key="daily")
    assert len(client.files.list().data) == 1


@pytest.mark.parametrize(
    ("page", "requests"),
    [
        ({"data": [batch(id="x")]}, 2),  # the same page again and again: `after` is ignored
        ({"data": [batch(id="x")], "has_more": False}, 1),
        ({"data": [], "has_more": True}, 1),
        ({}, 1),
    ],
)
def test_a_search_ends(page: Any, requests: int) -> None:
    """The search for a key ends on every list a gateway may send."""
    wire = Wire(answers(*[page] * requests, 401))
    with pytest.raises(AuthenticationError):
        wire.client().batches.submit(REQUESTS, key="daily")
    assert len(wire.requests) == requests + 1


def test_a_search_reads_ten_pages() -> None:
    """A list without an end is left after ten pages."""
    wire = Wire(
        lambda request: httpx.Response(200, json={"data": [batch(id=request.url.params.get("after", "") + "x")]})
    )
    with pytest.raises(PortkeyError):
        wire.client(retries=0).batches.submit(REQUESTS, key="daily")
    assert [each.method for each in wire.requests[:20]] == ["GET"] * 20
