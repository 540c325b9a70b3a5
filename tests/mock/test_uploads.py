"""Uploads in parts become files."""

from __future__ import annotations

import json
from hashlib import md5
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock, Pace, Response
from tests.mock import spec
from tests.mock.conftest import Caller

PARTS = [b"one,", b"\x00\xff two,", b"three"]
WHOLE = b"".join(PARTS)


@pytest.fixture
def call(clock: ManualClock) -> Caller:
    return Caller(Gateway(spec.part("/uploads", "/files", "/batches"), clock=clock))


def begin(call: Caller, size: int = len(WHOLE)) -> str:
    """The id of a new upload."""
    body = {"filename": "data.jsonl", "purpose": "batch", "bytes": size, "mime_type": "text/jsonl"}
    return str(call.json("POST", "/uploads", body)["id"])


def send(call: Caller, upload: str, content: bytes) -> Response:
    """The answer to one part."""
    media, form = spec.multipart({}, {"data": content})
    return call("POST", f"/uploads/{upload}/parts", form, content_type=media)


def parts(call: Caller, upload: str) -> list[str]:
    """The ids of all parts, sent in the wrong order."""
    sent = [json.loads(send(call, upload, content).body) for content in reversed(PARTS)]
    assert {each["upload_id"] for each in sent} == {upload}
    return [each["id"] for each in reversed(sent)]


def test_parts_make_a_file(call: Caller) -> None:
    """A completed upload is a file with the bytes of its parts in the order asked for, and can be used as one."""
    upload = begin(call)
    done = call.json("POST", f"/uploads/{upload}/complete", {"part_ids": parts(call, upload)})
    assert (done["id"], done["status"], done["bytes"]) == (upload, "completed", len(WHOLE))
    file = done["file"]
    assert (file["filename"], file["purpose"], file["bytes"]) == ("data.jsonl", "batch", len(WHOLE))
    assert call("GET", f"/files/{file['id']}/content").body == WHOLE
    assert [each["id"] for each in call.json("GET", "/files")["data"]] == [file["id"]]
    order = {"input_file_id": file["id"], "endpoint": "/v1/embeddings", "completion_window": "24h"}
    assert call.json("POST", "/batches", order)["input_file_id"] == file["id"]


def test_the_checksum_is_checked(call: Caller) -> None:
    """Parts with another MD5 sum than the caller's are refused, and can still be completed with the right one."""
    upload = begin(call)
    ids = parts(call, upload)
    path = f"/uploads/{upload}/complete"
    assert call.refusal("POST", path, {"part_ids": ids, "md5": "0" * 32}) == (400, "wrong_checksum")
    digest = md5(WHOLE, usedforsecurity=False).hexdigest().upper()
    assert call.json("POST", path, {"part_ids": ids, "md5": digest})["file"]["bytes"] == len(WHOLE)


@pytest.mark.parametrize(
    ("chosen", "code", "at"),
    [
        (slice(0, 2), "wrong_size", "/body/part_ids"),
        (["part_other"], "part_not_found", "/body/part_ids/0"),
        ([], "wrong_size", "/body/part_ids"),
    ],
)
def test_wrong_parts(call: Caller, chosen: Any, code: str, at: str) -> None:
    """Parts that are unknown, or not as many bytes as announced, are refused, and no file comes of them."""
    upload = begin(call)
    ids = parts(call, upload)
    asked = ids[chosen] if isinstance(chosen, slice) else chosen
    response = call("POST", f"/uploads/{upload}/complete", {"part_ids": asked})
    error = json.loads(response.body)["error"]
    assert (response.status, error["code"], error["param"]) == (400, code, at)
    assert call.json("GET", "/files")["data"] == []


def test_parts_of_another_upload(call: Caller) -> None:
    """The parts of one upload are not those of another."""
    one, other = begin(call), begin(call)
    ids = parts(call, one)
    assert call.refusal("POST", f"/uploads/{other}/complete", {"part_ids": ids}) == (400, "part_not_found")


@pytest.mark.parametrize("end", ["complete", "cancel"])
def test_what_has_ended_takes_no_parts(call: Caller, end: str) -> None:
    """An upload that was completed or cancelled takes no parts, and cannot be completed with others."""
    upload = begin(call, 0)
    call.json("POST", f"/uploads/{upload}/{end}", {"part_ids": []} if end == "complete" else None)
    assert send(call, upload, b"x").status == 409
    if end == "cancel":
        assert call.refusal("POST", f"/uploads/{upload}/complete", {"part_ids": []}) == (409, "invalid_status")


def test_an_upload_expires(clock: ManualClock) -> None:
    """An upload that is not completed in its time takes no more parts."""
    call = Caller(Gateway(spec.part("/uploads", "/files"), clock=clock, pace=Pace(lifetime=3600)))
    upload = begin(call)
    clock.advance(3600)
    assert send(call, upload, b"x").status == 409


def test_unknown_uploads(call: Caller, clock: ManualClock) -> None:
    """An upload that nobody began is refused; where only the document counts, it is made up."""
    assert send(call, "none", b"x").status == 404
    assert call("POST", "/uploads/none/complete", {"part_ids": []}).status == 404
    lenient = Caller(Gateway(spec.part("/uploads", "/files"), clock=clock, mode="document"))
    assert send(lenient, "none", b"x").status == 200
    for upload in ("none", begin(lenient)):
        assert lenient.json("POST", f"/uploads/{upload}/complete", {"part_ids": ["p"]})["id"] == upload
        assert send(lenient, upload, b"x").status == 200


def test_parts_are_part_of_the_state(call: Caller) -> None:
    """A snapshot brings parts back, and a reset forgets them."""
    assert isinstance(call.gateway, Gateway)
    upload = begin(call)
    ids = parts(call, upload)
    kept = call.gateway.snapshot()
    call.gateway.reset()
    assert call("POST", f"/uploads/{upload}/complete", {"part_ids": ids}).status == 404
    call.gateway.restore(kept)
    assert call.json("POST", f"/uploads/{upload}/complete", {"part_ids": ids})["status"] == "completed"
