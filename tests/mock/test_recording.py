"""Recording from a gateway, playing it back, and what recordings say about the document."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock import (
    Gateway,
    GatewayTransport,
    ManualClock,
    RecordingTransport,
    Replay,
    Request,
    Response,
    load_recording,
)
from portkey_mock.__main__ import main
from portkey_mock.drift import Deviation, drift, report
from portkey_mock.gateway import compiled_from
from portkey_mock.recording import Exchange, exchange_from
from tests.mock import spec

BASE = "http://gateway.example/v1"
SECRET = "sk-very-secret"
HEADERS = {**spec.INFERENCE, "authorization": f"Bearer {SECRET}"}
DOCUMENT = spec.part("/files", "/batches", "/chat/completions", "/threads/runs")


def sync_calls(transport: httpx.BaseTransport) -> list[Any]:
    """What a client hears: of an upload, of a list before and after it, and of a binary file."""
    with httpx.Client(transport=transport, base_url=BASE, headers=HEADERS) as http:
        before = http.get("/files").json()
        file = http.post("/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"\x00\xff")}).json()
        after = http.get("/files").json()
        return [before, file, after, http.get(f"/files/{file['id']}/content").content]


def async_calls(transport: httpx.AsyncBaseTransport) -> list[Any]:
    """The same from an async client."""

    async def run() -> list[Any]:
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=HEADERS) as http:
            before = (await http.get("/files")).json()
            files = {"file": ("a.jsonl", b"\x00\xff")}
            file = (await http.post("/files", data={"purpose": "batch"}, files=files)).json()
            after = (await http.get("/files")).json()
            return [before, file, after, (await http.get(f"/files/{file['id']}/content")).content]

    return asyncio.run(run())


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_was_recorded_is_played_back(kind: str, tmp_path: Path, clock: ManualClock) -> None:
    """A client hears the same from a recording as from the gateway: in order, bytes and forms included."""
    path = tmp_path / "calls.jsonl"
    inner = GatewayTransport(Gateway(DOCUMENT, clock=clock))
    recording = RecordingTransport(path, transport=inner, async_transport=inner)
    heard = sync_calls(recording) if kind == "sync" else async_calls(recording)
    assert heard[0] != heard[2]
    played = GatewayTransport(Replay(load_recording(path)))
    assert (sync_calls(played) if kind == "sync" else async_calls(played)) == heard


def test_a_recording_goes_over_a_real_connection(tmp_path: Path) -> None:
    """Without a transport of the caller's it uses httpx's own, and closes what it opened, and nothing else."""

    async def run() -> None:
        async with httpx.AsyncClient(transport=RecordingTransport(tmp_path / "none")) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get("http://127.0.0.1:1/")

    asyncio.run(run())
    with httpx.Client(transport=RecordingTransport(tmp_path / "none")) as http, pytest.raises(httpx.ConnectError):
        http.get("http://127.0.0.1:1/")
    with httpx.Client(transport=RecordingTransport(tmp_path / "none")):
        assert not (tmp_path / "none").exists()

    async def unused() -> None:
        async with httpx.AsyncClient(transport=RecordingTransport(tmp_path / "none")):
            pass

    asyncio.run(unused())


def test_no_secret_is_written(tmp_path: Path) -> None:
    """Neither a credential that was sent, nor one that came back, nor a repetition of it in a text is written."""
    path = tmp_path / "calls.jsonl"

    def answer(request: httpx.Request) -> httpx.Response:
        text = f"Incorrect API key provided: {SECRET}"
        body = {"error": {"message": text}, "key": "sk-made-for-you", "id": 1}
        return httpx.Response(401, json=body, headers={"set-cookie": "session=sk-cookie", "x-said": SECRET})

    with httpx.Client(transport=RecordingTransport(path, transport=httpx.MockTransport(answer))) as http:
        body = {"api_key": "sk-in-body", "name": SECRET}
        response = http.post(f"{BASE}/things?token=sk-in-query", json=body, headers=HEADERS)
    assert SECRET in response.text
    written = path.read_text()
    for secret in (SECRET, *spec.INFERENCE.values(), "sk-made", "sk-cookie", "sk-in-body", "sk-in-query"):
        assert secret not in written
    (exchange,) = load_recording(path)
    assert json.loads(exchange.response.body)["error"]["message"] == "Incorrect API key provided: ***"


def test_coded_answers_are_recorded_decoded(tmp_path: Path) -> None:
    """A compressed answer is written as what it says, and the client still understands it."""
    path = tmp_path / "calls.jsonl"

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=gzip.compress(b'{"a": 1}'), headers={"content-encoding": "gzip"})

    with httpx.Client(transport=RecordingTransport(path, transport=httpx.MockTransport(answer))) as http:
        assert http.get(f"{BASE}/x").json() == {"a": 1}
    (exchange,) = load_recording(path)
    assert exchange.response.body == b'{"a": 1}'


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_exchanges_come_back(asked: bytes, answered: bytes) -> None:
    """Whatever the bodies hold, an exchange is read as it was written."""
    exchange = Exchange(Request("POST", "/x", "a=1", (("a", "b"),), asked), Response(200, (("c", "d"),), answered))
    assert exchange_from(json.loads(json.dumps(exchange.to_json()))) == exchange


@pytest.mark.parametrize("line", ["[]", "{}", '{"request": 1, "response": 2}', "{"])
def test_lines_that_are_no_exchange(tmp_path: Path, line: str) -> None:
    """A line that is no exchange is refused with its number."""
    path = tmp_path / "calls.jsonl"
    path.write_text(line)
    with pytest.raises(ValueError, match="line 1"):
        load_recording(path)


def exchange(status: int, body: Any, path: str = "/v1/files", media: str = "application/json") -> Exchange:
    """An exchange with this answer; a body that is no bytes is JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(Request("GET", path), Response(status, (("content-type", media),), content))


def test_what_was_not_recorded() -> None:
    """A request without a recorded answer is told so, with what there is."""
    replay = Replay([exchange(200, {})])
    assert replay.handle(Request("GET", "/v1/files")).status == 200
    for request, said in (
        (Request("POST", "/v1/files"), "POST /v1/files was not recorded; recorded are: GET /v1/files."),
        (Request("GET", "/v1/files", "a=1"), "GET /v1/files was not recorded with this query and body."),
    ):
        response = replay.handle(request)
        assert (response.status, json.loads(response.body)["error"]["message"]) == (501, said)
    assert replay.connect(Request("GET", "/v1/realtime")).status == 501
    assert b"recorded are: none" in Replay([]).handle(Request("GET", "/")).body


def test_requests_are_compared_by_what_they_say() -> None:
    """Spaces and order in JSON, the order of a query and the boundary of a form make no difference."""
    form = Request("POST", "/f", "", (("content-type", 'multipart/form-data; boundary="abc"'),), b"--abc\r\nx")
    data = Request("POST", "/j", "a=1&b=2", (), b'{"a": 1, "b": 2}')
    replay = Replay([Exchange(form, Response(201)), Exchange(data, Response(202))])
    other_form = Request("POST", "/f", "", (("content-type", "multipart/form-data; boundary=zz"),), b"--zz\r\nx")
    assert replay.handle(other_form).status == 201
    assert replay.handle(Request("POST", "/j", "b=2&a=1", (), b'{"b":2,"a":1}')).status == 202


def deviations(*exchanges: Exchange) -> list[tuple[str, int, str, int]]:
    """Operation, status, place and number of each deviation."""
    found = drift(compiled_from(DOCUMENT), exchanges)
    return [(each.operation, each.status, each.at, count) for each, count in found.items()]


def test_answers_of_the_mock_do_not_drift(clock: ManualClock, tmp_path: Path) -> None:
    """What the mock answers is what the document says, so nothing is reported."""
    path = tmp_path / "calls.jsonl"
    sync_calls(RecordingTransport(path, transport=GatewayTransport(Gateway(DOCUMENT, clock=clock))))
    assert drift(compiled_from(DOCUMENT), load_recording(path)[:3]) == {}


def test_drift_is_told_by_operation_and_place() -> None:
    """Every violation of an answer is told once, with how often it occurs."""
    bad = {"object": "list", "data": [{"id": 1, "purpose": 2}], "has_more": False}
    found = deviations(exchange(200, bad), exchange(200, bad), exchange(200, b"{"))
    assert ("files.list", 200, "/body/data/0/purpose", 2) in found
    assert ("files.list", 200, "/body/data/0/id", 2) in found
    assert ("files.list", 200, "/body", 1) in found


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (exchange(302, b""), [("files.list", 302, "/status", 1)]),
        (exchange(200, b"", media="text/html"), [("files.list", 200, "/header/content-type", 1)]),
        (exchange(200, b"", media=""), [("files.list", 200, "/header/content-type", 1)]),
        (exchange(200, b"", path="/v1/nothing"), [("GET /v1/nothing", 200, "", 1)]),
    ],
)
def test_drift_outside_the_body(answer: Exchange, found: list[Any]) -> None:
    """A status, a media type and a path that the document does not have are told."""
    assert deviations(answer) == found


def test_what_the_document_leaves_open_is_no_drift() -> None:
    """Where the document declares no body, or one that is no JSON, any body will do."""
    content = {"text/plain": {"schema": {"type": "string"}}}
    responses = {"200": {"content": content}, "204": {}}
    document = compiled_from({"openapi": "3.0.0", "paths": {"/x": {"get": {"responses": responses}}}})
    answers = [exchange(200, b"{", "/x", "text/plain; charset=utf-8"), exchange(204, b"", "/x")]
    assert drift(document, answers) == {}


def test_streams_are_checked_event_by_event() -> None:
    """Each event of a stream is checked; what ends it, and comments, are not."""
    stream = b': comment\n\ndata: {"id": 1}\n\nevent: x\ndata: {\n\ndata: [DONE]\n\n'
    request = Request("POST", "/v1/chat/completions")
    answer = Exchange(request, Response(200, (("content-type", "text/event-stream"),), stream))
    places = {at for operation, _, at, _ in deviations(answer) if operation == "chat.completions.create"}
    assert {"/body", "/body/id"} <= places


def test_events_that_the_document_describes_with_their_names() -> None:
    """An event that the document describes as an object of its name and its data is checked as one."""
    named = {"type": "object", "required": ["event", "data"], "properties": {"event": {"enum": ["done"]}}}
    content = {"text/event-stream": {"schema": named}}
    get = {"responses": {"200": {"content": content}}}
    document = compiled_from({"openapi": "3.0.0", "paths": {"/x": {"get": get}}})
    good, bad = (
        exchange(200, b"event: %s\ndata: {}\n\n" % name, "/x", "text/event-stream") for name in (b"done", b"no")
    )
    assert drift(document, [good]) == {}
    assert {each.at for each in drift(document, [bad])} == {"/body"}


def test_the_report_repeats_no_value() -> None:
    """The report says what is wrong without repeating what came."""
    found = drift(compiled_from(DOCUMENT), [exchange(200, {"object": SECRET, "data": SECRET})])
    text = report(found, 1)
    assert SECRET not in text
    assert "files.list 200 /body/data: " in text
    assert text.endswith("deviations in 1 recorded answers.")
    assert str(Deviation("a", 200, "/x", "", "Wrong.")) == "a 200 /x: Wrong."


def test_the_command_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`portkey-mock drift` ends with 1 if answers differ from the document, and with 0 if none does."""
    path, document = tmp_path / "calls.jsonl", tmp_path / "openapi.json"
    document.write_text(json.dumps(spec.part("/files")))
    for answers, status in (([exchange(302, b"")], 1), ([], 0)):
        path.write_text("".join(json.dumps(each.to_json()) + "\n" for each in answers))
        with pytest.raises(SystemExit) as ended:
            main(["drift", str(path), "--document", str(document)])
        assert ended.value.code == status
        assert f"{len(answers)} deviations in {len(answers)} recorded answers." in capsys.readouterr().out
