from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_api.models import ChatCompletionRequestUserMessage
from portkey_api.types import UNSET, CallOptions, Operation
from portkey_client import RequestRefusedError
from portkey_client.request import Request, build_request
from tests.client.wire import Wire


def operation(**changes: Any) -> Operation[Any]:
    facts: dict[str, Any] = {
        "name": "things.touch",
        "method": "POST",
        "path": "/things/{id}",
        "server": "data_plane",
        "security": (),
        "responses": {"200": ("json", None)},
        "content_type": "application/json",
    }
    return Operation(**{**facts, **changes})


def built(parts: Mapping[str, Any], options: CallOptions | None = None, **changes: Any) -> Request:
    return build_request(
        operation(**changes), options or {}, {"path": {"id": "1"}, **parts}, "http://h/v1/", {"a": "b"}
    )


def form(request: Request) -> bytes:
    return httpx.Request(**request.arguments).read()


# -- paths


@pytest.mark.parametrize(
    ("given_id", "segment"),
    [
        ("batch_abc123", "batch_abc123"),
        ("a/b c?d#e", "a%2Fb%20c%3Fd%23e"),
        ("arn:aws:batch/1", "arn%3Aaws%3Abatch%2F1"),
        ("arn%3Aaws%3Abatch%2F1", "arn%3Aaws%3Abatch%2F1"),
        ("s3%3A%2F%2Fbucket%2Fk%20ey", "s3%3A%2F%2Fbucket%2Fk%20ey"),
        ("100%", "100%25"),
        ("ü", "%C3%BC"),
        (7, "7"),
        ("...", "..."),
    ],
)
def test_ids_survive_the_path(given_id: object, segment: str) -> None:
    """An id of any shape reaches the wire whole; one that arrives percent-encoded is not encoded twice."""
    request = built({"path": {"id": given_id}})
    assert request.arguments["url"] == f"http://h/v1/things/{segment}"
    assert httpx.Request("GET", request.arguments["url"]).url.raw_path == f"/v1/things/{segment}".encode()


def has_dot_segment(text: str) -> bool:
    return any(part in (".", "..") for part in text.replace("\\", "/").split("/"))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%"), min_size=1))
def test_any_text_is_one_segment(given_id: str) -> None:
    """Whatever an id holds, it stays one path segment and decodes to itself."""
    if has_dot_segment(given_id):
        return
    segment = built({"path": {"id": given_id}}).arguments["url"].removeprefix("http://h/v1/things/")
    assert "/" not in segment
    assert unquote(segment) == given_id


@given(st.lists(st.sampled_from(["..", ".", "/", "\\", "%", "2e", "2E", "2f", "5c", "25", "a", "?", "#", "\ud800"])))
def test_no_id_leaves_its_segment(parts: list[str]) -> None:
    """An id is refused, or is one segment that stays one however often a server decodes it."""
    try:
        address = built({"path": {"id": "".join(parts)}}).arguments["url"]
    except RequestRefusedError:
        return
    path = httpx.Request("GET", address).url.raw_path.decode()
    assert path.count("/") == 3
    for _ in parts:
        path = unquote(path)
        assert not has_dot_segment(path)


@pytest.mark.parametrize(
    "given_id", ["", ".", "..", "%2e", "%2E%2e", "%252e.", "a/../b", "..%2Fadmin", "..\\x", "\ud800"]
)
def test_an_id_that_would_call_something_else_is_refused(given_id: str) -> None:
    """An empty id would address the collection, a dot another path: nothing is sent."""
    with pytest.raises(RequestRefusedError, match=r"things\.touch: id (is|holds)"):
        built({"path": {"id": given_id}})


# -- query and headers


def test_query_parameters_are_written_as_the_document_says() -> None:
    """Unset is left out, booleans and dates are spelled as in JSON, lists by their style."""
    query = {
        "none": None,
        "unset": UNSET,
        "flag": True,
        "off": False,
        "day": dt.date(2026, 1, 2),
        "at": dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
        "include": ["a", "b"],
        "ids": ["a", "b"],
        "words": ["a", "b"],
        "pipes": ["a", "b"],
        "filter": {"role": "x", "n": 1},
        "json": {"a": [1]},
        "ready": '{"a":1}',
    }
    styles = {"ids": "csv", "words": "ssv", "pipes": "pipes", "filter": "deepObject", "json": "json", "ready": "json"}
    request = built({"query": query}, styles=styles)
    assert request.arguments["params"] == [
        ("flag", "true"), ("off", "false"), ("day", "2026-01-02"), ("at", "2026-01-02T03:04:00+00:00"),
        ("include", "a"), ("include", "b"), ("ids", "a,b"), ("words", "a b"), ("pipes", "a|b"),
        ("filter[role]", "x"), ("filter[n]", "1"), ("json", '{"a":[1]}'), ("ready", '{"a":1}'),
    ]  # fmt: skip


def test_extra_query_is_added() -> None:
    """A call can add parameters the document does not know, lists too."""
    request = built({}, {"extra_query": {"beta": True, "ids": [1, 2]}})
    assert request.arguments["params"] == [("beta", "true"), ("ids", "1"), ("ids", "2")]
    assert "params" not in built({}).arguments


def test_headers_and_cookies() -> None:
    """Object headers travel as JSON text, cookies in one header, and a call's extra headers win."""
    parts = {
        "header": {"x-portkey-metadata": {"_user": "ü"}, "x-none": None, "x-flag": True},
        "cookie": {"session": "a b", "none": None},
    }
    request = built(parts, {"extra_headers": {"a": "c"}}, styles={"x-portkey-metadata": "json"})
    headers = request.arguments["headers"]
    assert headers["x-portkey-metadata"] == '{"_user":"\\u00fc"}'
    assert (headers["x-flag"], headers["Cookie"], headers["a"]) == ("true", "session=a%20b", "c")
    assert "x-none" not in headers


def test_a_header_with_a_line_break_is_refused() -> None:
    """A header cannot smuggle a second one; the message names it and shows no value."""
    with pytest.raises(RequestRefusedError, match="the header x-bad holds a line break") as caught:
        built({}, {"extra_headers": {"x-bad": "secret\r\nx-other: 1"}})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("responses", "accept"),
    [({"200": ("json", None)}, "application/json"), ({"200": ("binary", None), "400": ("json", None)}, "*/*")],
)
def test_what_is_accepted(responses: dict[str, Any], accept: str) -> None:
    """A call asks for JSON where every success is JSON, else for whatever comes."""
    assert built({}, responses=responses).arguments["headers"]["Accept"] == accept


# -- bodies


def test_a_json_body_holds_what_was_set() -> None:
    """What is unset is left out, null is sent, models and dates are written, text is UTF-8."""
    body = {
        "model": "gpt-4o",
        "stop": None,
        "seed": UNSET,
        "messages": [ChatCompletionRequestUserMessage(role="user", content="hé"), {"role": "user", "content": "x"}],
        "at": dt.date(2026, 1, 2),
    }
    request = built({"body": body})
    assert request.arguments["headers"]["Content-Type"] == "application/json"
    assert json.loads(request.arguments["content"]) == {
        "model": "gpt-4o",
        "stop": None,
        "messages": [{"content": "hé", "role": "user"}, {"role": "user", "content": "x"}],
        "at": "2026-01-02",
    }
    assert "hé".encode() in request.arguments["content"]


def test_extra_body_is_merged() -> None:
    """A call can add fields the document does not know, also to a model, also where there is no body."""
    extra: CallOptions = {"extra_body": {"provider_field": 1}}
    for body in ({"a": 1}, ChatCompletionRequestUserMessage.from_dict({"a": 1})):
        assert json.loads(built({"body": body}, extra).arguments["content"]) == {"a": 1, "provider_field": 1}
    assert json.loads(built({}, extra, content_type=None).arguments["content"]) == {"provider_field": 1}


def test_no_body_has_no_content_type() -> None:
    """A call without a body sends neither content nor content type."""
    arguments = built({}).arguments
    assert "content" not in arguments
    assert "Content-Type" not in arguments["headers"]


def test_a_list_may_be_the_whole_body() -> None:
    """A body that is a list is sent as one."""
    assert json.loads(built({"body": [{"a": 1}]}).arguments["content"]) == [{"a": 1}]


class Odd:
    pass


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"a": [1, {"b": float("nan")}]}, r"a\[1\]\.b is nan, which JSON has no number for"),
        ({"fine": ["x", None], "b": float("nan")}, "b is nan"),
        ({"a": Odd()}, "a is a Odd, which JSON cannot hold"),
        ({"a": "\ud800"}, "a holds half of a surrogate pair"),
        ({("x",): 1}, "body keys must be"),
        ([float("inf")], r"\[0\] is inf"),
        (Odd(), "the body is a Odd"),
    ],
)
def test_a_body_json_cannot_hold_is_refused_by_its_place(body: Any, message: str) -> None:
    """A value JSON cannot hold is refused before anything is sent, and the message says where it is."""
    with pytest.raises(RequestRefusedError, match=message):
        built({"body": body})


def test_multipart_parts(tmp_path: Path) -> None:
    """Files come as bytes, paths, open files or with a name; the rest are plain fields, lists one part a member."""
    path = tmp_path / "input.jsonl"
    path.write_bytes(b"from a path")
    opened = io.BytesIO(b"from a file")
    body = {
        "path": path,
        "bytes": b"from bytes",
        "open": opened,
        "named": ("x.txt", b"named", "text/plain"),
        "two": [b"1", b"2"],
        "purpose": "batch",
        "temperature": 0.5,
        "options": {"a": 1},
        "model": ChatCompletionRequestUserMessage.from_dict({"a": 1}),
        "flag": True,
        "none": None,
        "words": ["a", "b"],
    }
    request = built({"body": body}, content_type="multipart/form-data")
    content = form(request)
    for expected in (
        b'name="path"; filename="input.jsonl"', b"from a path", b'name="bytes"; filename="bytes"', b"from bytes",
        b'name="open"; filename="open"', b"from a file", b'name="named"; filename="x.txt"\r\nContent-Type: text/plain',
        b'name="two"; filename="two"', b'name="purpose"\r\n\r\nbatch', b'name="temperature"\r\n\r\n0.5',
        b'name="options"\r\n\r\n{"a": 1}', b'name="model"\r\n\r\n{"a": 1}', b'name="flag"\r\n\r\ntrue',
        b'name="words"\r\n\r\na', b'name="words"\r\n\r\nb',
    ):  # fmt: skip
        assert expected in content
    assert b'name="none"' not in content
    before = [each.closed for each in request.opened]
    request.close()
    assert (before, [each.closed for each in request.opened]) == ([False], [True])
    assert not opened.closed


def test_the_multipart_boundary_is_not_fixed() -> None:
    """Two uploads have two boundaries, so no content can hold the one that will be used."""
    one, other = (form(built({"body": {"f": b"--x"}}, content_type="multipart/form-data")) for _ in range(2))
    assert one.split(b"\r\n")[0] != other.split(b"\r\n")[0]


def test_an_unreadable_file_is_refused_and_nothing_stays_open(tmp_path: Path) -> None:
    """A path that cannot be opened is named, and the files opened before it are closed."""
    first = tmp_path / "a"
    first.write_bytes(b"")
    holder: list[Any] = []
    original = Path.open

    def recording(self: Path, *arguments: Any) -> Any:
        holder.append(original(self, *arguments))
        return holder[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", recording)
        with pytest.raises(RequestRefusedError, match=r"second: the file .*gone cannot be read"):
            built({"body": {"first": first, "second": tmp_path / "gone"}}, content_type="multipart/form-data")
    assert [each.closed for each in holder] == [True]


def test_other_bodies() -> None:
    """A form is sent as fields; text and bytes of any media type are sent as they are, files as streams."""
    fields = {"a": True, "b": None, "c": "x"}
    request = built({"body": fields}, content_type="application/x-www-form-urlencoded")
    assert request.arguments["data"] == {"a": "true", "c": "x"}
    request = built({"body": b"raw"}, content_type="application/octet-stream")
    assert (request.arguments["content"], request.arguments["headers"]["Content-Type"]) == (
        b"raw",
        "application/octet-stream",
    )
    stream = io.BytesIO(b"raw")
    assert built({"body": stream}, content_type="audio/mpeg").arguments["content"] is stream


def test_a_request_shows_neither_headers_nor_content() -> None:
    """The repr of a request has its method and address only."""
    assert repr(built({"body": {"a": "secret"}})) == "Request(POST http://h/v1/things/1)"


# -- the calls of the generated tree


def test_what_a_chat_completion_sends() -> None:
    """A minimal chat completion sends what was given and none of the document's defaults."""
    wire = Wire()
    wire.client().chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
    assert json.loads(wire.last.content) == {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def test_metadata_travels_as_json_text() -> None:
    """The metadata header, an object in the document, is JSON text on the wire."""
    wire = Wire()
    wire.client().chat.completions.create(model="m", messages=[], x_portkey_metadata={"_user": "u"})
    assert wire.last.headers["x-portkey-metadata"] == '{"_user":"u"}'


def test_an_upload(tmp_path: Path) -> None:
    """A batch file is uploaded as the document's multipart form."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"{}\n")
    wire = Wire()
    wire.client().files.create(file=path, purpose="batch")
    assert wire.last.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'filename="in.jsonl"' in wire.last.content
    assert b"\r\n\r\nbatch\r\n" in wire.last.content
