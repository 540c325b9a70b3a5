from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portkey_api.models import Batch
from portkey_api.resources import chat__completions, completions, embeddings, messages, moderations, responses
from portkey_api.types import Operation, WireModel
from portkey_client import InvalidBatchError, RequestRefusedError
from portkey_client.batch_input import MAX_BYTES, MAX_REQUESTS, lines
from portkey_client.batch_results import ANSWERS, BatchResult, read_line, split
from portkey_client.batch_state import BatchState, read_state

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine, making JSON takes its time."""
CHAT = "/v1/chat/completions"
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def written(requests: Any, endpoint: str = CHAT, max_requests: int = MAX_REQUESTS, max_bytes: int = MAX_BYTES) -> bytes:
    with lines(requests, endpoint, max_requests, max_bytes) as checked:
        assert checked.size == checked.stream.seek(0, 2)
        checked.stream.seek(0)
        return checked.stream.read()


def complaints(requests: Any, **limits: int) -> list[tuple[int, str]]:
    with pytest.raises(InvalidBatchError) as caught:
        written(requests, CHAT, **limits)
    return list(caught.value.problems)


def line(custom_id: Any = "a", **fields: Any) -> bytes:
    whole = {"custom_id": custom_id, "method": "POST", "url": CHAT, "body": {"model": "m"}, **fields}
    return json.dumps(whole).encode()


# -- requests


@relaxed
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, unique=True), JSON)
def test_whatever_is_json_is_one_line(ids: list[str], value: Any) -> None:
    """Requests become one line each, in their order, and read back as they were, whatever they hold."""
    requests = [{"custom_id": each, "body": {"value": value}} for each in ids]
    if any("\ud800" <= character <= "\udfff" for character in json.dumps(value, ensure_ascii=False)):
        assert complaints(requests)[0][1].startswith("it cannot be written as JSON")
        return
    content = written(requests)
    read = [json.loads(each) for each in content.split(b"\n")[:-1]]
    assert read == [{"method": "POST", "url": CHAT, **each} for each in requests]
    assert written(content) == content


@relaxed
@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    """Bytes of any kind are valid lines or a complaint, never another exception."""
    problems: list[tuple[int, str]] = []
    taken = b""
    try:
        taken = written(content)
    except InvalidBatchError as error:
        problems = list(error.problems)
    assert bool(taken) is not bool(problems)
    assert all(0 <= number <= content.count(b"\n") + 1 for number, _ in problems)
    assert all(json.loads(each)["custom_id"] for each in taken.splitlines())


@relaxed
@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_the_number_is_the_line_s_own(good: list[bool]) -> None:
    """Each complaint names the line it is about, counted over all lines, the right ones and the blank ones too."""
    rows = [line(str(number)) if right else b"{" for number, right in enumerate(good)]
    content = b"\r\n\n".join(rows)
    wrong = [2 * number + 1 for number, right in enumerate(good) if not right]
    if wrong:
        assert [number for number, _ in complaints(content)] == wrong
    else:
        assert len(written(content).splitlines()) == len(good)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (b"nonsense", "it is not JSON: Expecting value"),
        (b"\xff", "it is not JSON: 'utf-8' codec"),
        (b"[" * 100_000, "it is not JSON: it is nested too deeply"),
        (b'{"a": NaN}', "it is not JSON: NaN is no number"),
        (b"[]", "it is not a JSON object"),
        (line(""), "custom_id must be text and not empty, is ''"),
        (line(custom_id=None), "custom_id must be text and not empty, is missing"),
        (line(custom_id=7), "custom_id must be text and not empty, is 7"),
        (line(method="GET"), "method must be 'POST', is 'GET'"),
        (line(url="/v1/embeddings"), "url must be the batch's endpoint '/v1/chat/completions', is '/v1/embeddings'"),
        (line(body=None), "body must be an object, is missing"),
        (line(body=["x" * 80]), f"body must be an object, is ['{'x' * 55}..."),
        (line(body={"stream": True}), "body.stream cannot be true: a batch has no one to stream to"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_line(row: bytes, complaint: str) -> None:
    """Each rule of a line has its own complaint."""
    (found,) = complaints(line("first") + b"\n" + row)
    assert found[0] == 2
    assert found[1].startswith(complaint)


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ("text", "it is a str; a request is an object"),
        ({"custom_id": "a", "body": {"x": object()}}, "it cannot be written as JSON: Object of type object"),
        ({"custom_id": "a", "body": {"x": float("nan")}}, "it cannot be written as JSON: Out of range"),
    ],
)
def test_what_is_wrong_with_an_object(request_: Any, complaint: str) -> None:
    """An object that cannot be a line is a complaint with its place in the list."""
    (found,) = complaints([{"custom_id": "b", "body": {}}, request_])
    assert found[0] == 2
    assert found[1].startswith(complaint)


def test_limits() -> None:
    """Too many requests or bytes are refused at the line that is too much, and the rest is not read."""
    rows = [{"custom_id": str(number), "body": {}} for number in range(9)]

    def endless() -> Any:
        yield from rows
        raise AssertionError

    assert complaints(endless(), max_requests=4) == [(5, "there are more than 4 requests")]
    assert complaints(endless(), max_bytes=200) == [(3, "there are more than 200 bytes")]
    assert complaints(b"") == [(0, "there is no request")]
    assert len(complaints(b"x\n" * 500)) == 100


def test_a_long_list_of_complaints() -> None:
    """The message shows the first five, and says that there are more; the rest is in `problems`."""
    with pytest.raises(InvalidBatchError, match=r"^line 1: .*; and 3 more$"):
        written(b"x\n" * 8)
    with pytest.raises(InvalidBatchError, match=r"; and more$"):
        written(b"x\n" * 500)
    with pytest.raises(InvalidBatchError, match=r"^there is no request$"):
        written([])


def test_lines_from_a_path(tmp_path: Path) -> None:
    """A path is read line by line; one that cannot be read is refused by name."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(line("a") + b"\n\n" + line("b"))
    assert written(path) == written(str(path)) == line("a") + b"\n" + line("b") + b"\n"
    with pytest.raises(RequestRefusedError, match=r"missing\.jsonl cannot be read: No such file"):
        written(tmp_path / "missing.jsonl")


def test_models_are_objects_too() -> None:
    """A request may be, and may hold, a model."""
    model = Batch.from_dict({"custom_id": "a", "body": {"x": 1}})
    assert json.loads(written([model]))["body"] == {"x": 1}


# -- states


def state(**wire: Any) -> BatchState:
    return read_state(Batch.from_dict(wire), "asked")


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("validating", "working"), ("in_progress", "working"), ("finalizing", "working"),
        ("processing_post_request_guardrails", "working"), ("submitted", "working"), ("scheduled", "working"),
        ("JOB_STATE_RUNNING", "working"), ("JOB_STATE_PAUSED", "working"), ("a new one", "working"),
        ("cancelling", "cancelling"), ("stopping", "cancelling"), ("Stopping", "cancelling"),
        ("canceling", "cancelling"), ("CANCELLATION_REQUESTED", "cancelling"), ("JOB_STATE_CANCELLING", "cancelling"),
        ("completed", "completed"), ("Completed", "completed"), ("PartiallyCompleted", "completed"),
        ("JOB_STATE_SUCCEEDED", "completed"), ("SUCCESS", "completed"), ("ended", "completed"),
        ("failed", "failed"), ("JOB_STATE_FAILED", "failed"),
        ("expired", "expired"), ("Expired", "expired"), ("TIMEOUT_EXCEEDED", "expired"),
        ("cancelled", "cancelled"), ("canceled", "cancelled"), ("stopped", "cancelled"), ("batch-stopped", "cancelled"),
    ],
)  # fmt: skip
def test_stages(status: str, stage: str) -> None:
    """What OpenAI, Portkey, Bedrock, Vertex, Cohere, Anthropic and Mistral say is one of six stages."""
    assert state(status=status).stage == stage


def test_a_state_without_a_status() -> None:
    """Where no status came, the times tell; without any, it is at work, as after Bedrock's creation."""
    assert state(id="b", object="batch").stage == "working"
    assert state(cancelled_at=1_700_000_000).stage == "cancelled"
    assert state(completed_at=1_700_000_000, failed_at=None).stage == "completed"


MOMENT = dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "value",
    [1_700_000_000, 1_700_000_000_000, "1700000000", 1.7e9, "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00",
     "2023-11-14T22:13:20"],
)  # fmt: skip
def test_times(value: Any) -> None:
    """Seconds, milliseconds and texts are one moment, in UTC."""
    found = state(status="completed", created_at=value, completed_at=value)
    assert found.created_at == found.ended_at == MOMENT


@pytest.mark.parametrize("value", [None, "soon", float("nan"), {}, 10**400])
def test_times_that_are_none(value: Any) -> None:
    """What is no time is None."""
    assert state(created_at=value).created_at is None


def test_counts() -> None:
    """Counts may be numbers or texts; what is neither is unknown."""
    found = state(request_counts={"total": "12", "completed": 7, "failed": True})
    assert (found.total, found.completed, found.failed) == (12, 7, None)
    assert state(request_counts="many").total is None


def test_ids_and_problems() -> None:
    """An id that did not come is the one that was asked for; problems come as a list, in an object, or as a text."""
    assert state().id == "asked"
    assert state(id="b", output_file_id="s3%3A%2F%2Fx").output_file_id == "s3%3A%2F%2Fx"
    assert state(errors=[{"line": "4", "code": "odd"}, {"x": 1}]).problems == ((4, "odd"), (0, "{'x': 1}"))
    assert state(errors="broken").problems == ((0, "broken"),)
    assert state(errors={"data": None}).problems == ()


@relaxed
@given(
    st.dictionaries(st.sampled_from(["id", "status", "errors", "request_counts", "created_at", "output_file_id"]), JSON)
)
def test_nothing_breaks_a_state(wire: dict[str, Any]) -> None:
    """Any JSON in any field is read."""
    assert state(**wire).stage


# -- results


def results(raw: Any, endpoint: str | None = CHAT) -> list[BatchResult]:
    return list(read_line(raw if isinstance(raw, bytes) else json.dumps(raw).encode(), endpoint))


@pytest.mark.parametrize(
    "operation", [m._CREATE for m in (chat__completions, completions, embeddings, messages, moderations, responses)]
)
def test_the_models_are_those_of_the_operations(operation: Operation[Any]) -> None:
    """The answer of a batch is read as the answer of its endpoint's own operation is."""
    codec = operation.responses["200"][1]
    assert ANSWERS[operation.path] == codec
    answer = {"custom_id": "a", "response": {"status_code": 200, "body": {"id": "x"}}}
    (found,) = results(answer, f"/v1{operation.path}")
    assert isinstance(found.body, WireModel)
    assert type(found.body).__name__ == (codec if isinstance(codec, str) else codec[0])


def test_vectors_of_a_batch_are_of_the_kind_that_came() -> None:
    """A line does not tell what its request asked for; what is in it does."""
    for vector, name in (([0.5] * 100, "CreateEmbeddingResponse"), ("AAAAPw==", "CreateEncodedEmbeddingResponse")):
        item = {"object": "embedding", "index": 0, "embedding": vector}
        body = {"object": "list", "model": "m", "data": [item], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        (found,) = results({"custom_id": "a", "response": {"status_code": 200, "body": body}}, "/v1/embeddings")
        assert type(found.body).__name__ == name


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ({"custom_id": "a", "response": None, "error": {"message": "late"}}, "late"),
        ({"custom_id": "a", "response": {"status_code": 500, "body": {"error": "down"}}}, "down"),
        ({"custom_id": "a"}, "the gateway gave no reason"),
        ({"custom_id": "a", "result": {"type": "expired"}}, "{'type': 'expired'}"),
        ({"custom_id": "a", "result": {"type": "errored", "error": {"message": "bad"}}}, "bad"),
        ({"errors": [{"message": "one"}]}, "one"),
        ({"errors": {"object": "list", "data": [{"message": "two", "custom_id": "a"}]}}, "two"),
        ([{"message": "three"}], "three"),
        (["four"], "four"),
        (5, "the line is not a result"),
        (b'{"custom_id": "a", "resp', "the line is not JSON"),
    ],
)
def test_failures(wire: Any, message: str) -> None:
    """Every form of a failure is a result that tells why."""
    (found,) = results(wire)
    assert found.failure is not None
    assert found.failure.message == message
    assert found.body is None


def test_answers_of_other_forms() -> None:
    """Anthropic's lines are answers, too; so is a response that is the body; an unknown endpoint's is kept as it is."""
    (anthropic,) = results({"custom_id": "a", "result": {"type": "succeeded", "message": {"id": "m"}}}, "/v1/messages")
    assert anthropic.body.id == "m"
    (vertex,) = results({"response": {"candidates": []}}, None)
    assert (vertex.custom_id, vertex.status, vertex.body) == (None, None, {"candidates": []})
    (odd,) = results({"custom_id": "a", "response": {"status_code": "ok", "body": [1]}}, "/v1/other")
    assert (odd.status, odd.body) == (None, [1])


@relaxed
@given(JSON)
def test_nothing_breaks_a_result(wire: Any) -> None:
    """Any JSON is read as results."""
    for each in results(wire):
        assert each.ok is (each.failure is None)


@relaxed
@given(st.lists(st.binary(min_size=1).filter(lambda each: each.strip() == each and b"\n" not in each)), st.data())
def test_lines_do_not_depend_on_where_pieces_end(rows: list[bytes], data: st.DataObject) -> None:
    """A body gives the same lines however it is cut, with and without blank lines and a last line end."""
    body = b"\r\n\n".join(rows)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)))))

    async def pieces() -> AsyncIterator[bytes]:
        for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
            yield body[start:end]

    async def collected() -> list[bytes]:
        return [each async for each in split(pieces())]

    assert asyncio.run(collected()) == rows
