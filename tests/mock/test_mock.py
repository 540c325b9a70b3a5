"""A gateway with a journal and faults around it: what each of them does to a call, and what stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from portkey_mock import Delivery, Fault, FaultPlan, GatewayTransport, ManualClock, Mock, Request, Response
from portkey_mock.gateway import compiled_from
from tests.mock import spec
from tests.mock.conftest import Caller


@pytest.fixture
def mock(clock: ManualClock) -> Mock:
    return Mock(spec.part("/files", "/batches", "/embeddings", "/assistants", "/admin/users"), clock=clock)


@pytest.fixture
def call(mock: Mock) -> Caller:
    return Caller(mock)


BATCH = {"endpoint": "/v1/embeddings", "completion_window": "24h"}
LINE = b'{"custom_id": "1", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "x"}}\n'


def create_batch(call: Caller) -> str:
    """The id of a new batch."""
    file = call.upload(LINE)
    return str(call.json("POST", "/v1/batches", {**BATCH, "input_file_id": file["id"]})["id"])


def test_without_faults_it_is_the_gateway(call: Caller, mock: Mock) -> None:
    """Calls are answered by the gateway, and written down with the clock's time."""
    batch = create_batch(call)
    assert call.json("POST", f"/v1/batches/{batch}/cancel")["status"] == "cancelling"
    mock.journal.calls_to("batches.cancel").assert_called_once_with(path=f"/v1/batches/{batch}/cancel", status=200)
    assert [each.operation for each in mock.journal] == ["files.create", "batches.create", "batches.cancel"]
    assert mock.journal.calls.last.time == mock.clock()


def test_a_status_takes_the_place_of_an_answer(call: Caller, mock: Mock) -> None:
    """A fault's status comes in the shape that the operation has for errors, and the gateway never sees the call."""
    batch = create_batch(call)
    mock.faults.add(Fault(operation="batches.cancel", status=529, retry_after=2, times=1))
    response = call("POST", f"/v1/batches/{batch}/cancel")
    assert response.status == 529
    assert dict(response.headers)["retry-after"] == "2"
    assert json.loads(response.body)["error"]["code"] == "mock_fault"
    assert call.json("GET", f"/v1/batches/{batch}")["status"] == "validating"
    assert call("POST", f"/v1/batches/{batch}/cancel").status == 200
    assert [each.status for each in mock.journal.calls_to("batches.cancel")] == [529, 200]
    assert mock.journal.calls_to("batches.cancel")[0].faults == (
        {"operation": "batches.cancel", "status": 529, "retry_after": 2, "times": 1},
    )


def test_a_fault_of_the_control_plane(call: Caller, mock: Mock) -> None:
    """An operation of the control plane fails in the control plane's shape."""
    mock.faults.add(Fault(status=500))
    body = json.loads(call("GET", "/v1/admin/users").body)
    assert body["success"] is False


def test_an_answer_that_is_lost(call: Caller, mock: Mock) -> None:
    """With `carried_out` the gateway does what it is asked, although nobody hears of it."""
    batch = create_batch(call)
    mock.faults.add(Fault(operation="batches.cancel", reset=True, carried_out=True))
    response = call("POST", f"/v1/batches/{batch}/cancel")
    assert response.delivery == Delivery(reset=True)
    assert mock.journal.calls.last.status is None
    assert call.json("GET", f"/v1/batches/{batch}")["status"] == "cancelling"


@pytest.mark.parametrize(
    ("fault", "media", "body"),
    [
        (Fault(status=502, body="Message: down"), "text/plain; charset=utf-8", b"Message: down"),
        (Fault(status=446, body={"hook_results": {}}), "application/json", b'{"hook_results":{}}'),
        (Fault(status=200, body=[]), "application/json", b"[]"),
    ],
)
def test_bodies_of_faults(call: Caller, mock: Mock, fault: Fault, media: str, body: bytes) -> None:
    """A fault may bring the body of its answer, as text or as JSON."""
    mock.faults.add(fault)
    response = call("GET", "/v1/files")
    assert (response.status, dict(response.headers)["content-type"], response.body) == (fault.status, media, body)


def test_a_status_below_300_keeps_the_body(call: Caller, mock: Mock) -> None:
    """A fault like 246, a guardrail that failed and let the answer pass, only replaces the status."""
    mock.faults.add(Fault(status=246))
    response = call("GET", "/v1/files")
    assert response.status == 246
    assert json.loads(response.body)["object"] == "list"


CHAT = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}


def streams(clock: ManualClock, *faults: Fault) -> Caller:
    """Calls a mock that can stream."""
    return Caller(Mock(spec.part("/chat/completions"), clock=clock, faults=faults))


def test_a_stream_is_replaced_whole(clock: ManualClock) -> None:
    """Another body does not come in the pieces of the stream; another status alone leaves them."""
    plain = streams(clock)("POST", "/v1/chat/completions", CHAT)
    assert len(plain.chunks) > 2
    replaced = streams(clock, Fault(status=503, body="down"))("POST", "/v1/chat/completions", CHAT)
    assert (replaced.body, replaced.chunks) == (b"down", ())
    refused = streams(clock, Fault(status=503))("POST", "/v1/chat/completions", CHAT)
    assert (json.loads(refused.body)["error"]["code"], refused.chunks) == ("mock_fault", ())
    passed = streams(clock, Fault(status=246))("POST", "/v1/chat/completions", CHAT)
    assert (passed.status, passed.chunks) == (246, plain.chunks)


def test_a_stream_is_cut_where_the_bytes_say(clock: ManualClock) -> None:
    """Slow bytes and a cut go by the bytes of the whole stream, whatever its events are."""
    plain = streams(clock)("POST", "/v1/chat/completions", CHAT)
    caller = streams(clock, Fault(chunk=500, pace=1, cut=750))
    transport = GatewayTransport(caller.gateway, sleep=clock.advance)
    arrived: list[bytes] = []
    with (
        httpx.Client(transport=transport, headers=spec.INFERENCE) as client,
        client.stream("POST", "http://mock/v1/chat/completions", json=CHAT) as response,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        arrived.extend(response.iter_raw())
    assert len(plain.body) > 750
    assert len(plain.chunks[0]) < 500
    assert [len(piece) for piece in arrived] == [500, 250]
    assert b"".join(arrived).startswith(b"data: ")


def test_faults_in_another_dialect(clock: ManualClock) -> None:
    """A fault is told in the shape and with the headers of the dialect, and its status is the one it names."""
    options: Any = {"clock": clock, "fixtures": {"files.list": {"object": "list", "data": []}}}
    mock = Mock(spec.part("/files"), dialect="respan", faults=[Fault(operation="files.list", status=400)], **options)
    headers = (("authorization", "Bearer key"),)
    refused = mock.handle(Request("GET", "/api/v1/files/", "", headers))
    real = mock.handle(Request("GET", "/api/v1/files/none/", "", headers))
    assert refused.status == 400
    assert json.loads(refused.body).keys() == json.loads(real.body).keys()
    assert refused.header("x-request-id") not in (None, real.header("x-request-id"))
    mock.faults.clear()
    assert json.loads(mock.handle(Request("GET", "/api/v1/files/", "", headers)).body) == {"object": "list", "data": []}
    assert mock.journal.calls.last.operation == "files.list"


def test_faults_of_the_connection_are_data(call: Caller, mock: Mock) -> None:
    """What concerns the connection is left to the adapters; the answer itself is whole."""
    plain = call("GET", "/v1/files")
    mock.faults.add(Fault(delay=2, chunk=3, pace=1, cut=9))
    response = call("GET", "/v1/files")
    assert response == Response(plain.status, plain.headers, plain.body, (), Delivery(delay=2, chunk=3, pace=1, cut=9))


def test_a_fault_in_a_header(call: Caller, mock: Mock) -> None:
    """A header brings a fault for its one call."""
    assert call("GET", "/v1/files", x_mock_fault="status=418; retry_after=1").status == 418
    assert call("GET", "/v1/files").status == 200
    assert mock.faults.faults == ()


def test_a_bad_fault_in_a_header(call: Caller) -> None:
    """A header that holds no fault is refused, and the refusal names the field."""
    response = call("GET", "/v1/files", x_mock_fault="statsu=418")
    error = json.loads(response.body)["error"]
    assert (response.status, error["param"]) == (400, "x-mock-fault")
    assert error["message"].startswith("fault: statsu is unknown; a fault has body, carried_out, ")


def test_faults_by_path(mock: Mock) -> None:
    """A fault can name a path that means no operation."""
    mock.faults.add(Fault(operation="GET /nowhere", status=503))
    assert mock.handle(Request("GET", "/nowhere")).status == 503
    assert mock.journal.calls.last.operation == ""


def test_snapshot_and_restore(call: Caller, mock: Mock) -> None:
    """State and faults come back as often as wanted; what a snapshot holds is not touched by what comes after."""
    batch = create_batch(call)
    mock.faults.add(Fault(operation="files.list", status=503, nth=(1,)))
    assert call.json("POST", "/v1/assistants", {"model": "m"})
    before = mock.snapshot()
    for _ in range(2):
        assert [call("GET", "/v1/files").status for _ in range(2)] == [503, 200]
        assert call("POST", f"/v1/batches/{batch}/cancel").status == 200
        (assistant,) = call.json("GET", "/v1/assistants")["data"]
        call("DELETE", f"/v1/assistants/{assistant['id']}")
        (file,) = call.json("GET", "/v1/files")["data"]
        call("DELETE", f"/v1/files/{file['id']}")
        mock.restore(before)
    assert call.json("GET", f"/v1/batches/{batch}")["status"] == "validating"


def test_reset(call: Caller, mock: Mock) -> None:
    """A reset mock is as it was built."""
    first = create_batch(call)
    mock.faults.add(Fault(status=503))
    mock.reset()
    assert (len(mock.journal), mock.faults.faults) == (0, ())
    assert call("GET", f"/v1/batches/{first}").status == 404
    assert mock.gateway.state() == {}
    assert create_batch(call) == first


def test_state(call: Caller, mock: Mock) -> None:
    """The state shows what is kept, by collection and id, without secrets."""
    batch = create_batch(call)
    call.json("POST", "/v1/assistants", {"model": "m", "metadata": {"api_key": "sk-hidden"}})
    state = mock.gateway.state()
    assert state["/batches"][batch]["status"] == "validating"
    assert len(state["/files"]) == 1
    (assistant,) = state["/assistants"].values()
    assert assistant["model"] == "m"
    assert "sk-hidden" not in json.dumps(state)


def test_reload_keeps_the_state(call: Caller, mock: Mock) -> None:
    """Another document is served at once, and what was created is still there."""
    batch = create_batch(call)
    assert call("GET", "/v1/vector_stores").status == 404
    mock.reload(spec.part("/files", "/batches", "/vector_stores"))
    assert call("GET", "/v1/vector_stores").status == 200
    assert call.json("GET", f"/v1/batches/{batch}")["id"] == batch
    assert call("GET", "/v1/assistants").status == 404


def test_reload_keeps_the_answers_it_was_given(clock: ManualClock) -> None:
    """Answers of the caller's own survive a reload, and one without their operation until it is there again."""
    mock = Mock(spec.part("/files"), clock=clock, fixtures={"files.list": {"from": "the option"}})
    call = Caller(mock)
    mock.gateway.answer("files.retrieve", {"from": "the call"})
    for paths in (("/files", "/batches"), ("/batches",), ("/files",)):
        mock.reload(spec.part(*paths))
    assert call.json("GET", "/v1/files") == {"from": "the option"}
    assert call.json("GET", "/v1/files/file-1") == {"from": "the call"}
    with pytest.raises(ValueError, match="no operations"):
        mock.reload({})
    assert call.json("GET", "/v1/files/file-1") == {"from": "the call"}


def test_reload_counts_on(clock: ManualClock) -> None:
    """No two answers have the same id, whichever document they were given by."""
    mock = Mock(spec.part("/files"), clock=clock, dialect="openai")
    call = Caller(mock)
    before = call("GET", "/v1/files", authorization="Bearer sk").header("x-request-id")
    mock.reload(spec.part("/files", "/batches"))
    assert call("GET", "/v1/files", authorization="Bearer sk").header("x-request-id") != before


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "no operations"),
        ({"paths": {"/x": {"get": {"parameters": [{"$ref": "#/components/parameters/none"}]}}}}, "leads nowhere"),
        ({"paths": {"/x": {"get": []}}}, "no OpenAPI document: AttributeError"),
        ({"paths": {"/x": {"get": {"parameters": [{}]}}}}, "no OpenAPI document: KeyError"),
    ],
)
def test_a_bad_document_keeps_the_old_one(call: Caller, mock: Mock, document: Any, reason: str) -> None:
    """A document that cannot be served is refused with the reason, and the old one goes on."""
    batch = create_batch(call)
    with pytest.raises(ValueError, match=reason):
        mock.reload(document)
    assert call("GET", f"/v1/batches/{batch}").status == 200


def test_reload_from_a_file(call: Caller, mock: Mock, tmp_path: Path) -> None:
    """A file is read anew; one that is half written is refused."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(spec.part("/vector_stores")))
    mock.reload(path)
    assert call("GET", "/v1/vector_stores").status == 200
    path.write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        mock.reload(path)
    with pytest.raises(FileNotFoundError):
        mock.reload(tmp_path / "none.json")


def test_options_of_the_gateway(clock: ManualClock) -> None:
    """Options go to the gateway; one that it does not have is refused by name."""
    lenient = Mock(spec.part("/files"), mode="document", clock=clock)
    assert Caller(lenient)("GET", "/v1/files/unknown").status == 200
    options: Any = {"colour": "red"}
    with pytest.raises(ValueError, match="no option colour; it has mode"):
        Mock(spec.part("/files"), **options)


def test_a_plan_with_a_seed_of_its_own(clock: ManualClock) -> None:
    """A mock takes a plan as it is, or makes one of faults."""
    plan = FaultPlan([Fault(status=503)], seed=3)
    assert Mock(spec.part("/files"), clock=clock, faults=plan).faults is plan
    assert Mock(spec.part("/files"), clock=clock, faults=[Fault(status=503)]).faults.faults == plan.faults


def test_mocks_of_one_document() -> None:
    """What follows from a document alone is worked out once for all its mocks; what happens to one stays its own."""
    document = compiled_from(spec.part("/files"))
    first, second = Mock(document), Mock(document)
    assert first.gateway._router is second.gateway._router
    Caller(first).upload(b"abc")
    assert len(Caller(first).json("GET", "/v1/files")["data"]) == 1
    assert Caller(second).json("GET", "/v1/files")["data"] == []
