"""Batches run by the clock, can be cancelled, and leave real files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock import Gateway, ManualClock, Pace
from portkey_mock.batches import Batch, Result, finished, past, read_requests, timeline
from tests.mock import spec
from tests.mock.conftest import Caller

PACE = Pace()
END = PACE.validating + PACE.running + PACE.finalizing


def line(custom_id: Any = "r", **changes: Any) -> bytes:
    """One good line of an input file, changed."""
    body = {"model": "m", "input": "text"}
    return json.dumps(
        {"custom_id": custom_id, "method": "POST", "url": "/v1/embeddings", "body": body, **changes}
    ).encode()


def lines(count: int, bad: int = 0) -> bytes:
    """An input file of `count` requests, the last `bad` of which will fail."""
    good = [line(f"good-{number}") for number in range(count - bad)]
    return b"\n".join([*good, *(line(f"bad-{number}", body={}) for number in range(bad))])


def start(call: Caller, content: bytes, **more: Any) -> Any:
    """A new batch."""
    order = {"input_file_id": call.upload(content)["id"], "endpoint": "/v1/embeddings", "completion_window": "24h"}
    return call.json("POST", "/batches", order | more)


def get(call: Caller, batch: Any) -> Any:
    """The batch as it is now."""
    return call.json("GET", f"/batches/{batch['id']}")


def test_create_echoes(call: Caller, clock: ManualClock) -> None:
    """A new batch repeats what was asked for and begins with validating."""
    batch = start(call, lines(1), metadata={"team": "a"})
    assert batch["id"].startswith("batch_")
    assert (batch["status"], batch["endpoint"], batch["completion_window"]) == ("validating", "/v1/embeddings", "24h")
    assert batch["metadata"] == {"team": "a"}
    assert batch["created_at"] == int(clock())
    assert "output_file_id" not in batch or batch["output_file_id"] is None
    assert get(call, batch) == batch


def test_unknown_input_file(call: Caller) -> None:
    """A batch of a file that does not exist is refused, and the refusal says which field is wrong."""
    order = {"input_file_id": "file-none", "endpoint": "/v1/embeddings", "completion_window": "24h"}
    response = call("POST", "/batches", order)
    assert response.status == 400
    assert json.loads(response.body)["error"]["param"] == "/body/input_file_id"


def inline(*custom_ids: str) -> Any:
    """The body of a batch whose requests stand in it."""
    params = {"model": "claude", "max_tokens": 8, "messages": [{"role": "user", "content": "hi"}]}
    return {"requests": [{"custom_id": each, "params": params} for each in custom_ids]}


def test_requests_in_the_body(call: Caller, clock: ManualClock) -> None:
    """A batch may bring its requests along (Anthropic); its output has a message for each."""
    batch = call.json("POST", "/batches", inline("a", "b"))
    clock.advance(END)
    done = get(call, batch)
    assert (done["status"], done["request_counts"]) == ("completed", {"total": 2, "completed": 2, "failed": 0})
    rows = [json.loads(row) for row in call("GET", f"/batches/{batch['id']}/output").body.splitlines()]
    assert [row["custom_id"] for row in rows] == ["a", "b"]
    assert {row["response"]["body"]["type"] for row in rows} == {"message"}


def test_requests_in_the_body_are_checked(call: Caller, clock: ManualClock) -> None:
    """Two requests of one name, or none at all, fail the batch as they do in a file."""
    for body, code in ((inline("a", "a"), "duplicate_custom_id"), (inline(), "empty_file")):
        batch = call.json("POST", "/batches", body)
        clock.advance(END)
        done = get(call, batch)
        assert (done["status"], done["errors"]["data"][0]["code"]) == ("failed", code)


def test_requests_in_a_store(call: Caller, clock: ManualClock) -> None:
    """A batch whose requests lie in a provider's store (Azure) is made; none can be read, so it completes without."""
    order = {"input_blob": "https://store.example/in", "endpoint": "/chat/completions", "completion_window": "24h"}
    batch = call.json("POST", "/batches", order)
    clock.advance(END)
    done = get(call, batch)
    assert (done["status"], done["request_counts"]) == ("completed", {"total": 0, "completed": 0, "failed": 0})
    assert done["output_file_id"] is None


def test_life_of_a_batch(call: Caller, clock: ManualClock) -> None:
    """Left alone, a batch goes through all stages and completes, with a moment for each one."""
    batch = start(call, lines(4, bad=1))
    seen = [batch["status"]]
    for seconds in (PACE.validating, PACE.running, PACE.finalizing):
        clock.advance(seconds)
        seen.append(get(call, batch)["status"])
    assert seen == ["validating", "in_progress", "finalizing", "completed"]
    done = get(call, batch)
    assert done["request_counts"] == {"total": 4, "completed": 3, "failed": 1}
    assert done["created_at"] < done["in_progress_at"] < done["finalizing_at"] < done["completed_at"]
    assert not done.get("cancelling_at")
    assert not done.get("errors")


def test_output(call: Caller, clock: ManualClock) -> None:
    """A completed batch has an output file with one line per success, and an error file with the rest."""
    batch = start(call, lines(3, bad=1))
    clock.advance(END)
    done = get(call, batch)
    output = call("GET", f"/batches/{batch['id']}/output").body
    assert output == call("GET", f"/files/{done['output_file_id']}/content").body
    rows = [json.loads(row) for row in output.splitlines()]
    assert [row["custom_id"] for row in rows] == ["good-0", "good-1"]
    assert {row["response"]["status_code"] for row in rows} == {200}
    assert rows[0]["response"]["body"]["data"]
    (error,) = call("GET", f"/files/{done['error_file_id']}/content").body.splitlines()
    assert json.loads(error)["custom_id"] == "bad-0"
    assert json.loads(error)["response"]["status_code"] == 400
    assert call.json("GET", f"/files/{done['output_file_id']}")["purpose"] == "batch_output"


def test_output_too_early(call: Caller) -> None:
    """A batch that has not ended has no output yet."""
    batch = start(call, lines(1))
    assert call.refusal("GET", f"/batches/{batch['id']}/output") == (404, "output_not_found")


def test_cancel_while_running(call: Caller, clock: ManualClock) -> None:
    """A running batch is cancelling, then cancelled, and keeps the results of the requests finished by then."""
    batch = start(call, lines(8))
    clock.advance(PACE.validating + PACE.running / 2)
    cancelling = call.json("POST", f"/batches/{batch['id']}/cancel")
    assert cancelling["status"] == "cancelling"
    assert cancelling["cancelling_at"] == int(clock())
    clock.advance(PACE.cancelling)
    cancelled = get(call, batch)
    assert cancelled["status"] == "cancelled"
    assert cancelled["cancelled_at"] == int(clock())
    assert cancelled["request_counts"] == {"total": 8, "completed": 4, "failed": 0}
    assert len(call("GET", f"/batches/{batch['id']}/output").body.splitlines()) == 4
    clock.advance(END)
    assert get(call, batch) == cancelled


def test_cancel_before_the_first_result(call: Caller, clock: ManualClock) -> None:
    """A batch cancelled while it was validating leaves no files."""
    batch = start(call, lines(2))
    call.json("POST", f"/batches/{batch['id']}/cancel")
    clock.advance(PACE.cancelling)
    cancelled = get(call, batch)
    assert cancelled["status"] == "cancelled"
    assert not cancelled.get("output_file_id")
    assert call.refusal("GET", f"/batches/{batch['id']}/output") == (404, "output_not_found")


def test_cancel_twice(call: Caller, clock: ManualClock) -> None:
    """Cancelling what is being cancelled succeeds and changes nothing."""
    batch = start(call, lines(2))
    first = call.json("POST", f"/batches/{batch['id']}/cancel")
    clock.advance(PACE.cancelling / 2)
    assert call.json("POST", f"/batches/{batch['id']}/cancel") == first


def test_cancel_while_finalizing(call: Caller, clock: ManualClock) -> None:
    """A batch that is finalizing can be cancelled, and has all its results."""
    batch = start(call, lines(2))
    clock.advance(PACE.validating + PACE.running)
    assert call.json("POST", f"/batches/{batch['id']}/cancel")["status"] == "cancelling"
    clock.advance(PACE.cancelling)
    assert get(call, batch)["request_counts"] == {"total": 2, "completed": 2, "failed": 0}


@pytest.mark.parametrize("content", [lines(1), b"no json"])
def test_cancel_after_the_end(call: Caller, clock: ManualClock, content: bytes) -> None:
    """A batch that has completed or failed cannot be cancelled, and stays as it is."""
    batch = start(call, content)
    clock.advance(END)
    before = get(call, batch)
    assert call.refusal("POST", f"/batches/{batch['id']}/cancel") == (409, "batch_not_cancellable")
    assert get(call, batch) == before


def test_cancel_after_being_cancelled(call: Caller, clock: ManualClock) -> None:
    """A cancelled batch cannot be cancelled again."""
    batch = start(call, lines(1))
    call.json("POST", f"/batches/{batch['id']}/cancel")
    clock.advance(PACE.cancelling)
    assert call.refusal("POST", f"/batches/{batch['id']}/cancel") == (409, "batch_not_cancellable")


def test_bad_input_fails_the_batch(call: Caller, clock: ManualClock) -> None:
    """A batch of an unreadable file fails and says which lines are wrong."""
    batch = start(call, line() + b"\nnot json\n")
    assert batch["status"] == "validating"
    clock.advance(END)
    failed = get(call, batch)
    assert failed["status"] == "failed"
    assert failed["failed_at"]
    (error,) = failed["errors"]["data"]
    assert (error["line"], error["code"]) == (2, "invalid_json")
    assert failed["request_counts"] == {"total": 0, "completed": 0, "failed": 0}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n \n", "empty_file"),
        (b"[]", "invalid_json_line"),
        (line(body=None), "missing_required_parameter"),
        (line(custom_id=5), "missing_required_parameter"),
        (line() + b"\n" + line(), "duplicate_custom_id"),
        (b"[" * 100_000, "invalid_json"),
        (b"\xff", "invalid_json"),
    ],
)
def test_what_is_wrong_with_input(content: bytes, code: str) -> None:
    """Each way an input file can be wrong has a code of its own."""
    assert [error["code"] for error in read_requests(content)[1]] == [code]


def test_lines_are_answered_one_by_one(call: Caller, clock: ManualClock) -> None:
    """A line that asks for an unknown URL fails by itself, with the status it would have got."""
    batch = start(call, line("a") + b"\n" + line("b", url="/v1/nowhere") + b"\n" + line("c", url="/v1/files"))
    clock.advance(END)
    errors = call("GET", f"/files/{get(call, batch)['error_file_id']}/content").body.splitlines()
    assert [json.loads(error)["response"]["status_code"] for error in errors] == [404, 415]


def test_list(call: Caller) -> None:
    """Batches are listed newest first, and paged by cursor until no more follow."""
    ids = [start(call, lines(1))["id"] for _ in range(3)][::-1]
    page = call.json("GET", "/batches", query="limit=2")
    assert [each["id"] for each in page["data"]] == ids[:2]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[0], ids[1], True)
    page = call.json("GET", "/batches", query=f"limit=2&after={ids[1]}")
    assert [each["id"] for each in page["data"]] == ids[2:]
    assert page["has_more"] is False


def test_empty_list(call: Caller) -> None:
    """Without batches the list is empty and names no first or last one."""
    page = call.json("GET", "/batches")
    assert page["data"] == []
    assert not page.get("first_id")


def test_ends_that_may_not_be_null() -> None:
    """Where the document has no null for the ends of a list, an empty list leaves them out."""
    document = json.loads(json.dumps(spec.part("/batches")))
    properties = document["components"]["schemas"]["ListBatchesResponse"]["properties"]
    properties["first_id"] = properties["last_id"] = {"type": "string"}
    page = Caller(Gateway(document, clock=ManualClock())).json("GET", "/batches")
    assert page.keys() == {"data", "has_more", "object"}


def test_unknown_batch(call: Caller) -> None:
    """An unknown id is refused by every operation on a batch."""
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/output")):
        assert call.refusal(method, f"/batches/batch_none{path}") == (404, "batch_not_found")


def test_document_mode(lenient: Caller, clock: ManualClock) -> None:
    """Where only the document counts, unknown batches are made up, and cancelling the ended changes nothing."""
    assert lenient.json("GET", "/batches/b1")["id"] == "b1"
    assert lenient("GET", "/batches/b1/output").body == b""
    clock.advance(END)
    assert lenient.json("POST", "/batches/b1/cancel")["status"] == "completed"
    assert lenient("GET", "/batches/b1/output").body
    order = {"input_file_id": "file-x", "endpoint": "/v1/embeddings", "completion_window": "24h"}
    assert lenient.json("POST", "/batches", order)["input_file_id"] == "file-x"


def test_deleted_output(call: Caller, clock: ManualClock) -> None:
    """When its output file has been deleted, a batch has no output any more."""
    batch = start(call, lines(1))
    clock.advance(END)
    call.json("DELETE", f"/files/{get(call, batch)['output_file_id']}")
    assert call.refusal("GET", f"/batches/{batch['id']}/output") == (404, "output_not_found")


moments = st.floats(min_value=0, max_value=30)


@given(cancelled=st.none() | moments, now=moments, later=moments, total=st.integers(0, 20), failed=st.booleans())
def test_time_only_goes_forward(cancelled: float | None, now: float, later: float, total: int, failed: bool) -> None:
    """At any later time a batch has at least as many results, and a status that follows from the earlier one."""
    now, later = sorted((now, later))
    results = [Result(succeeded=True, line=b"")] * total
    batch = Batch("b", {}, 0.0, results, [{}] if failed else [], cancelled)
    steps = timeline(batch, PACE)
    assert [moment for moment, _ in steps] == sorted(moment for moment, _ in steps)
    assert past(batch, PACE, later)[: len(past(batch, PACE, now))] == past(batch, PACE, now)
    assert len(finished(batch, PACE, now)) <= len(finished(batch, PACE, later)) <= total


def test_before_its_time() -> None:
    """Should a clock go back, a batch is as it was at first."""
    assert past(Batch("b", {}, 10.0, [], []), PACE, 5.0) == [(10.0, "validating")]


def test_instant_pace() -> None:
    """A pace without any waiting is allowed: everything is finished at once."""
    batch = Batch("b", {}, 0.0, [Result(succeeded=True, line=b"")], [])
    assert len(finished(batch, Pace(0, 0, 0, 0), 0.0)) == 1
