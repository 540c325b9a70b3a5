"""Files are kept."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portkey_mock import Gateway, ManualClock, Request
from portkey_mock.answers import Answers
from portkey_mock.document import compile_document
from portkey_mock.files import Files
from tests.mock import spec
from tests.mock.conftest import Caller


def test_upload_and_retrieve(call: Caller, clock: ManualClock) -> None:
    """An upload answers with what is known of the file, and the file can be asked for again."""
    file = call.upload(b"12345", filename="data.jsonl")
    assert file["id"].startswith("file-")
    assert (file["bytes"], file["filename"], file["purpose"]) == (5, "data.jsonl", "batch")
    assert file["created_at"] == int(clock())
    assert call.json("GET", f"/files/{file['id']}") == file


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary())
def test_content_comes_back(call: Caller, content: bytes) -> None:
    """The content of a file is what was uploaded, byte for byte."""
    file = call.upload(content)
    assert call("GET", f"/files/{file['id']}/content").body == content
    assert file["bytes"] == len(content)


def test_list_is_newest_first(call: Caller) -> None:
    """The newest file is listed first, and a purpose in the query filters."""
    first, second = call.upload(b"1"), call.upload(b"2", purpose="vision")
    assert [each["id"] for each in call.json("GET", "/files")["data"]] == [second["id"], first["id"]]
    assert [each["id"] for each in call.json("GET", "/files", query="purpose=batch")["data"]] == [first["id"]]


def test_list_is_paged(call: Caller) -> None:
    """Files are paged by a cursor, also where the document does not declare it."""
    ids = [call.upload(b"")["id"] for _ in range(3)][::-1]
    page = call.json("GET", "/files", query=f"limit=1&after={ids[0]}")
    assert [each["id"] for each in page["data"]] == [ids[1]]


def test_empty_list(call: Caller) -> None:
    """A gateway without files lists none, instead of making some up."""
    assert call.json("GET", "/files")["data"] == []


def test_delete(call: Caller) -> None:
    """A deleted file is gone: from the list, from its own path and with its content."""
    file = call.upload(b"1")
    answer = call.json("DELETE", f"/files/{file['id']}")
    assert (answer["id"], answer["deleted"]) == (file["id"], True)
    assert call.json("GET", "/files")["data"] == []
    for path in (f"/files/{file['id']}", f"/files/{file['id']}/content"):
        assert call.refusal("GET", path) == (404, "file_not_found")
    assert call.refusal("DELETE", f"/files/{file['id']}") == (404, "file_not_found")


def test_unknown_file(call: Caller) -> None:
    """An unknown id is refused, and the refusal names it."""
    answer = json.loads(call("GET", "/files/file-none").body)
    assert "file-none" in answer["error"]["message"]
    assert answer["error"]["param"] == "/path/file_id"


def test_unknown_file_in_document_mode(lenient: Caller) -> None:
    """Where only the document counts, an unknown file is made up and stays."""
    assert lenient.json("GET", "/files/file-x")["id"] == "file-x"
    assert [each["id"] for each in lenient.json("GET", "/files")["data"]] == ["file-x"]


def test_encoded_ids(lenient: Caller) -> None:
    """A percent-encoded id is decoded once, slashes and all."""
    assert lenient.json("GET", "/files/s3%3A%2F%2Fbucket%2Fa%2520b")["id"] == "s3://bucket/a%20b"


def test_declared_media_type_of_content(clock: ManualClock) -> None:
    """The bytes of a file have the media type that the document declares, unless that is JSON."""
    document = json.loads(json.dumps(spec.part("/files")))
    answer = document["paths"]["/files/{file_id}/content"]["get"]["responses"]["200"]
    for declared, sent in (("audio/mpeg", "audio/mpeg"), ("application/json", "application/octet-stream")):
        answer["content"] = {declared: {"schema": {"type": "string"}}}
        call = Caller(Gateway(document, clock=clock))
        response = call("GET", f"/files/{call.upload(b'1')['id']}/content")
        assert dict(response.headers)["content-type"] == sent


def test_upload_without_filename(call: Caller) -> None:
    """A file that was sent without a name gets one, since an answer has to have it."""
    form = b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    form += b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--x--\r\n'
    answer = json.loads(call("POST", "/files", form, content_type="multipart/form-data; boundary=x").body)
    assert (answer["filename"], answer["bytes"]) == ("upload", 3)


def test_ids_do_not_collide(clock: ManualClock) -> None:
    """Two files have different ids, and so have the files of gateways with different seeds."""
    ids: set[str] = set()
    for seed in (1, 2):
        compiled = compile_document(spec.part("/files"), seed)
        files = Files(Answers(compiled.generator, clock), compiled.generator, clock, make_up_unknown=False)
        ids |= {files.add("", "", b"", 0).id, files.add("", "", b"", 0).id}
    assert len(ids) == 4


def test_trace_id(call: Caller) -> None:
    """A trace id comes back in the headers of successes and refusals alike."""
    for path in ("/files", "/files/none"):
        response = call("GET", path, x_portkey_trace_id="trace-1")
        assert dict(response.headers)["x-portkey-trace-id"] == "trace-1"
    plain = call.gateway.handle(Request("GET", "/files", headers=tuple(spec.INFERENCE.items())))
    assert "x-portkey-trace-id" not in dict(plain.headers)
