"""Things move on by the clock, by readings or at once, as a test chooses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock import Gateway, ManualClock, Pace
from portkey_mock.lifecycle import FINAL, LIVES, begin, go_on, past
from tests.mock import spec, things
from tests.mock.conftest import Caller
from tests.mock.test_batches import lines, start

PATHS = (
    "/fine_tuning",
    "/threads",
    "/responses",
    "/vector_stores",
    "/logs",
    "/uploads",
    "/files",
    "/batches",
    "/embed",
)
JOB = things.smallest_body("POST /fine_tuning/jobs")
TOOLS = [{"type": "function", "function": {"name": "f"}}]


def _caller(pace: Pace, clock: ManualClock | None = None, mode: Any = "strict") -> Caller:
    return Caller(Gateway(spec.part(*PATHS), clock=clock or ManualClock(), pace=pace, mode=mode))


def _statuses(call: Caller, path: str, readings: int) -> list[str]:
    return [call.json("GET", path)["status"] for _ in range(readings)]


def test_by_readings() -> None:
    """Each reading moves a thing on by one, and a clock that stands still does not matter."""
    call = _caller(Pace.by_polls())
    job = call.json("POST", "/fine_tuning/jobs", things.refer(call, JOB))
    assert job["status"] == "validating_files"
    expected = ["queued", "running", "running", "succeeded", "succeeded"]
    assert _statuses(call, f"/fine_tuning/jobs/{job['id']}", 5) == expected


def test_lists_are_no_readings() -> None:
    """Listing does not move anything on."""
    call = _caller(Pace.by_polls())
    call.json("POST", "/fine_tuning/jobs", things.refer(call, JOB))
    for _ in range(5):
        assert [each["status"] for each in call.json("GET", "/fine_tuning/jobs")["data"]] == ["validating_files"]


def test_at_once() -> None:
    """Where nothing takes time, the answer to the creation tells the end already."""
    call = _caller(Pace.at_once())
    assert call.json("POST", "/fine_tuning/jobs", things.refer(call, JOB))["status"] == "succeeded"
    thread = call.json("POST", "/threads", {})["id"]
    assert call.json("POST", f"/threads/{thread}/runs", {"assistant_id": "a"})["status"] == "completed"
    batch = start(call, lines(2))
    assert (batch["status"], batch["request_counts"]["completed"]) == ("completed", 2)
    assert call("GET", f"/batches/{batch['id']}/output").body.count(b"\n") == 2


def test_a_batch_by_readings() -> None:
    """A batch that moves by readings comes to its end with its files, and stays there."""
    call = _caller(Pace.by_polls(validating=1, running=2, finalizing=1))
    batch = start(call, lines(4))
    path = f"/batches/{batch['id']}"
    seen = [call.json("GET", path) for _ in range(5)]
    assert [each["status"] for each in seen] == ["in_progress", "in_progress", "finalizing", "completed", "completed"]
    assert [each["request_counts"]["completed"] for each in seen] == [0, 2, 4, 4, 4]
    assert call("GET", f"{path}/output").body.count(b"\n") == 4


def test_cancelling_by_readings() -> None:
    """A batch cancelled half-way is cancelled at the next reading, with half of its results."""
    call = _caller(Pace.by_polls())
    path = f"/batches/{start(call, lines(4))['id']}"
    _statuses(call, path, 2)
    assert call.json("POST", f"{path}/cancel")["status"] == "cancelling"
    done = call.json("GET", path)
    assert (done["status"], done["request_counts"]) == ("cancelled", {"total": 4, "completed": 2, "failed": 0})
    assert call("GET", f"/files/{done['output_file_id']}/content").body.count(b"\n") == 2


def test_a_batch_expires() -> None:
    """A batch that takes longer than it lives expires, and what was done by then is in its files."""
    clock = ManualClock()
    call = _caller(Pace(validating=0, running=100, lifetime=50), clock)
    batch = start(call, lines(4))
    clock.advance(200)
    done = call.json("GET", f"/batches/{batch['id']}")
    assert (done["status"], done["request_counts"]["completed"]) == ("expired", 2)
    assert done["expired_at"] == done["expires_at"] == batch["created_at"] + 50
    assert call("GET", f"/batches/{batch['id']}/output").body.count(b"\n") == 2
    assert call.refusal("POST", f"/batches/{batch['id']}/cancel") == (409, "batch_not_cancellable")


def test_life_of_a_job() -> None:
    """A job tells of its model and its end when it has one, can be paused and resumed, and neither at its end."""
    clock = ManualClock()
    call = _caller(Pace(), clock)
    job = call.json("POST", "/fine_tuning/jobs", things.refer(call, JOB))
    path = f"/fine_tuning/jobs/{job['id']}"
    assert not job.get("fine_tuned_model")
    assert not job.get("finished_at")
    clock.advance(3)
    assert call.json("POST", f"{path}/pause")["status"] == "paused"
    clock.advance(1000)
    assert _statuses(call, path, 1) == ["paused"]
    assert call.json("POST", f"{path}/resume")["status"] == "running"
    clock.advance(8)
    done = call.json("GET", path)
    assert (done["status"], done["finished_at"]) == ("succeeded", int(clock()))
    assert done["fine_tuned_model"]
    for verb in ("cancel", "pause", "resume"):
        assert call.refusal("POST", f"{path}/{verb}") == (409, "invalid_status")


def test_cancel_a_job() -> None:
    """A cancelled job is cancelled at once, and to cancel it again is a conflict or changes nothing."""
    call = _caller(Pace())
    path = f"/fine_tuning/jobs/{call.json('POST', '/fine_tuning/jobs', things.refer(call, JOB))['id']}/cancel"
    assert call.json("POST", path)["status"] == "cancelled"
    assert call.json("POST", path)["status"] == "cancelled"


def test_life_of_a_run() -> None:
    """A run is queued, works and completes, with a moment for each, and tells its usage at the end only."""
    clock = ManualClock()
    call = _caller(Pace(), clock)
    thread = call.json("POST", "/threads", {})["id"]
    run = call.json("POST", f"/threads/{thread}/runs", {"assistant_id": "a"})
    path = f"/threads/{thread}/runs/{run['id']}"
    assert (run["status"], run.get("usage"), run.get("started_at")) == ("queued", None, None)
    clock.advance(1)
    assert call.json("GET", path)["started_at"] == int(clock())
    clock.advance(8)
    done = call.json("GET", path)
    assert (done["status"], done["completed_at"]) == ("completed", int(clock()))
    assert done["usage"]
    assert call.refusal("POST", f"{path}/cancel") == (409, "invalid_status")


def test_a_run_with_functions() -> None:
    """A run with functions waits for their outputs, completes with them, and expires without."""
    clock = ManualClock()
    call = _caller(Pace(lifetime=100), clock)
    thread = call.json("POST", "/threads", {})["id"]
    runs = [call.json("POST", f"/threads/{thread}/runs", {"assistant_id": "a", "tools": TOOLS})["id"] for _ in range(2)]
    paths = [f"/threads/{thread}/runs/{run}" for run in runs]
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "1"}]}
    assert call.refusal("POST", f"{paths[0]}/submit_tool_outputs", outputs) == (409, "invalid_status")
    clock.advance(1)
    waiting = call.json("GET", paths[0])
    assert waiting["status"] == "requires_action"
    assert waiting["required_action"]
    assert call.json("POST", f"{paths[0]}/submit_tool_outputs", outputs)["status"] == "in_progress"
    clock.advance(100)
    assert [call.json("GET", path)["status"] for path in paths] == ["completed", "expired"]


def test_cancel_a_run() -> None:
    """A run that is cancelled is cancelling first."""
    clock = ManualClock()
    call = _caller(Pace(), clock)
    thread = call.json("POST", "/threads", {})["id"]
    path = f"/threads/{thread}/runs/{call.json('POST', f'/threads/{thread}/runs', {'assistant_id': 'a'})['id']}"
    assert call.json("POST", f"{path}/cancel")["status"] == "cancelling"
    clock.advance(1)
    assert call.json("GET", path)["cancelled_at"] == int(clock())


def test_responses() -> None:
    """A response is complete at once, unless it was asked for in the background; then it can be cancelled."""
    clock = ManualClock()
    call = _caller(Pace(), clock)
    assert call.json("POST", "/responses", {"model": "m", "input": "hi"})["status"] == "completed"
    one, other = (call.json("POST", "/responses", {"model": "m", "input": "hi", "background": True}) for _ in range(2))
    assert one["status"] == "queued"
    clock.advance(1)
    assert call.json("POST", f"/responses/{other['id']}/cancel")["status"] == "cancelled"
    assert _statuses(call, f"/responses/{one['id']}", 1) == ["in_progress"]
    clock.advance(8)
    assert _statuses(call, f"/responses/{one['id']}", 1) == ["completed"]
    assert call.refusal("POST", f"/responses/{one['id']}/cancel") == (409, "invalid_status")


def test_vector_stores() -> None:
    """Files are worked on before a store or a batch of files has them; an empty store is ready."""
    clock = ManualClock()
    call = _caller(Pace(), clock)
    assert call.json("POST", "/vector_stores", {})["status"] == "completed"
    file = call.upload(b"")["id"]
    store = call.json("POST", "/vector_stores", {"file_ids": [file]})
    assert (store["status"], store["file_counts"]["in_progress"]) == ("in_progress", 1)
    path = f"/vector_stores/{store['id']}/file_batches"
    one, other = (call.json("POST", path, {"file_ids": [call.upload(b"")["id"], file]})["id"] for _ in range(2))
    assert call.json("POST", f"{path}/{other}/cancel")["file_counts"]["cancelled"] == 2
    clock.advance(8)
    assert call.json("GET", f"{path}/{one}")["file_counts"]["completed"] == 2
    assert call.json("GET", f"/vector_stores/{store['id']}/files/{file}")["status"] == "completed"


def test_life_of_an_export() -> None:
    """An export is a draft until it is started, then works, succeeds and can be downloaded; a stopped one cannot."""
    clock = ManualClock()
    call = _caller(Pace(), clock)
    order = {"filters": {}, "requested_data": ["id"], "workspace_id": "w"}
    one, other = (f"/logs/exports/{call.json('POST', '/logs/exports', order)['id']}" for _ in range(2))
    clock.advance(1000)
    assert _statuses(call, one, 1) == ["draft"]
    assert call("GET", f"{one}/download").status == 409
    call.json("POST", f"{one}/start")
    assert _statuses(call, one, 1) == ["in_progress"]
    assert call("POST", f"{one}/start").status == 200
    clock.advance(8)
    assert _statuses(call, one, 1) == ["success"]
    assert call.json("GET", f"{one}/download")["signed_url"]
    assert call("POST", f"{one}/start").status == 409
    call.json("POST", f"{other}/start")
    call.json("POST", f"{other}/cancel")
    clock.advance(8)
    assert _statuses(call, other, 1) == ["stopped"]


def test_uploads() -> None:
    """An upload waits for its end, becomes a file when it is completed, and nothing when it is cancelled."""
    clock = ManualClock()
    call = _caller(Pace(lifetime=10), clock)
    order = {"filename": "f", "purpose": "batch", "bytes": 0, "mime_type": "text/plain"}
    one, other, late = (call.json("POST", "/uploads", order) for _ in range(3))
    assert (one["status"], one.get("file")) == ("pending", None)
    done = call.json("POST", f"/uploads/{one['id']}/complete", {"part_ids": []})
    assert done["status"] == "completed"
    assert done["file"]
    assert call.json("POST", f"/uploads/{other['id']}/cancel")["status"] == "cancelled"
    clock.advance(10)
    assert call.refusal("POST", f"/uploads/{late['id']}/complete", {"part_ids": []}) == (409, "invalid_status")


def test_document_mode_refuses_no_status() -> None:
    """Where only the document counts, what a status forbids succeeds and changes nothing."""
    call = _caller(Pace.at_once(), mode="document")
    job = call.json("POST", "/fine_tuning/jobs", things.refer(call, JOB))
    assert call.json("POST", f"/fine_tuning/jobs/{job['id']}/cancel")["status"] == "succeeded"
    assert call("GET", "/logs/exports/e/download").status == 200


MOVED = [kind for kind, life in LIVES.items() if life.verbs]


@pytest.mark.parametrize("kind", MOVED)
@given(moments=st.lists(st.floats(0, 50), min_size=2, max_size=2), verb=st.integers(0, 2), tools=st.booleans())
def test_time_only_goes_forward(kind: str, moments: list[float], verb: int, tools: bool) -> None:
    """Whatever is done to a thing and when, its past never changes and nothing follows a final status."""
    life, pace = LIVES[kind], Pace()
    facts = {"background": True, "tools": TOOLS if tools else []}
    first, later = sorted(moments)
    before = begin(kind, facts, 0.0, pace)
    steps = go_on(life, list(life.verbs.values())[verb % len(life.verbs)], before, first, pace)
    assert past(steps, first)[: len(past(before, first))] == past(before, first)
    assert [moment for moment, _ in past(steps, later)] == sorted(moment for moment, _ in past(steps, later))
    assert all(status not in FINAL for _, status in steps[len(past(before, first)) : -1])


def test_times_that_stand_still() -> None:
    """Should a clock go back, a thing is as it was at first."""
    assert past(begin("/fine_tuning/jobs", {}, 10.0, Pace()), 5.0) == [(10.0, "validating_files")]
    assert begin("/assistants", {}, 0.0, Pace()) == []
