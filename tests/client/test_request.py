from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

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
def test_no_id_leaves_its_segment_where_a_server_decodes_it(parts: list[str]) -> None:
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


def test_half_a_character_is_no_id() -> None:
    """An id that is no text at all is refused by the name of its parameter."""
    with pytest.raises(RequestRefusedError, match=r"things\.touch: id holds half of a surrogate pair"):
        built({"path": {"id": "\ud800"}})


SEGMENTS = st.one_of(
    st.text(), st.text("./\\%2eEfF{}?#;:@", max_size=12), st.sampled_from(["{b}", "..%2f..", "%", "%00"])
)


@given(SEGMENTS, SEGMENTS)
def test_no_id_leaves_its_segment(first: str, second: str) -> None:
    """Whatever ids hold, they are refused, or the path keeps its shape, also where dots are resolved (RFC 3986)."""
    try:
        request = built({"path": {"a": first, "b": second}}, path="/things/{a}/parts/{b}/cancel")
    except RequestRefusedError:
        return
    raw = httpx.Request("POST", request.arguments["url"]).url.raw_path.decode()
    segments = raw.split("/")
    assert [segments[index] for index in (0, 1, 2, 4, 6)] == ["", "v1", "things", "parts", "cancel"]
    assert len(segments) == 7
    assert not any(unquote(each) in ("", ".", "..") for each in segments[1:])
    assert not set("?#\\{}") & set(raw)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_an_encoded_id_is_sent_as_it_is(given_id: str) -> None:
    """An id that was percent-encoded whole arrives as it was: encoding it is done once, by whoever does it first."""
    encoded = quote(given_id, safe="")
    if given_id in (".", ".."):
        return
    assert built({"path": {"id": encoded}}).arguments["url"] == f"http://h/v1/things/{encoded}"


def test_a_gateway_may_want_a_slash() -> None:
    """The slash comes once, behind the path and before the query."""
    parts = {"path": {"id": "1"}, "query": {"limit": 1}}
    for path in ("/things/{id}", "/things/{id}/"):
        request = build_request(operation(path=path), {}, parts, "http://h/v1", {}, trailing_slash=True)
        assert str(httpx.Request(**request.arguments).url) == "http://h/v1/things/1/?limit=1"


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
    request = built({"query": query}, styles={f"query {name}": style for name, style in styles.items()})
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


def test_extra_query_replaces_and_removes() -> None:
    """A call's own parameter takes the place of the operation's, whatever its style, and ``None`` takes it away."""
    parts = {"query": {"limit": 5, "include": ["a", "b"], "order": "asc"}}
    request = built(parts, {"extra_query": {"include": "c", "order": None}})
    assert request.arguments["params"] == [("limit", "5"), ("include", "c")]


def test_one_name_in_two_places_has_two_styles() -> None:
    """A query parameter and a header of one name are each written in their own style."""
    parts = {"query": {"ids": ["a", "b"]}, "header": {"ids": ["a", "b"]}}
    request = built(parts, styles={"query ids": "pipes", "header ids": "csv"})
    assert request.arguments["params"] == [("ids", "a|b")]
    assert request.arguments["headers"]["ids"] == "a,b"


def test_headers_and_cookies() -> None:
    """Object headers travel as JSON text, cookies in one header, and a call's extra headers win."""
    parts = {
        "header": {"x-portkey-metadata": {"_user": "ü"}, "x-none": None, "x-flag": True},
        "cookie": {"session": "a b", "none": None},
    }
    request = built(parts, {"extra_headers": {"a": "c"}}, styles={"header x-portkey-metadata": "json"})
    headers = request.arguments["headers"]
    assert headers["x-portkey-metadata"] == '{"_user":"\\u00fc"}'
    assert (headers["x-flag"], headers["Cookie"], headers["a"]) == ("true", "session=a%20b", "c")
    assert "x-none" not in headers


def test_headers_are_told_apart_by_name_in_any_case() -> None:
    """The last spelling wins, nothing is sent twice, and ``None`` takes a default of the client away."""
    request = built({"header": {"X-Flag": "1"}}, {"extra_headers": {"A": "c", "x-flag": "2", "ACCEPT": None}})
    assert request.arguments["headers"] == {"A": "c", "x-flag": "2"}
    assert "a" not in built({}, {"extra_headers": {"A": None}}).arguments["headers"]


def test_a_content_type_of_one_s_own() -> None:
    """A call may name its body's media type in any case, or leave it out."""
    request = built({"body": {}}, {"extra_headers": {"content-type": "application/x+json"}})
    assert request.arguments["headers"]["content-type"] == "application/x+json"
    assert "Content-Type" not in request.arguments["headers"]
    assert "Content-Type" not in built({"body": {}}, {"extra_headers": {"content-type": None}}).arguments["headers"]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("x-bad", "secret\r\nx-other: 1", "the header x-bad holds a line break"),
        ("x-bad", "secret\0", "the header x-bad holds a line break or control character"),
        ("x-bad", "secret ü", "the header x-bad holds a character outside ASCII"),
        ("x-bad", " secret", "the header x-bad starts or ends with a blank"),
        ("x-bad", 1, "the header x-bad is a int, which must be text"),
        ("x bad", "secret", "'x bad' is no name of a header"),
        ("x-bad:", "secret", "'x-bad:' is no name"),
        ("x\r\ny", "secret", "is no name"),
        ("", "secret", "'' is no name"),
        (1, "secret", "'1' is no name"),
    ],
)
def test_a_header_http_cannot_carry_is_refused(name: Any, value: Any, problem: str) -> None:
    """A header cannot smuggle a second one; the message names it and shows no value."""
    with pytest.raises(RequestRefusedError, match=problem) as caught:
        built({}, {"extra_headers": {name: value}})
    assert "secret" not in str(caught.value)


TOKENS = st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,9}", fullmatch=True)


@given(st.one_of(TOKENS, st.text()), st.one_of(st.text("ab \t\r\n\0é:", max_size=6), st.text()))
def test_no_header_breaks_the_request(name: str, value: str) -> None:
    """Whatever a header holds, it is refused, or httpx sends just that one header."""
    try:
        request = built({}, {"extra_headers": {name: value}})
    except RequestRefusedError:
        return
    raw = httpx.Request(**request.arguments).headers.raw
    assert [each for key, each in raw if key == name.encode()] == [value.encode()]
    assert not any(set(b"\r\n") & set(key + each) for key, each in raw)


@pytest.mark.parametrize("seconds", [0, -1.0])
def test_a_timeout_that_is_no_time_is_refused(seconds: float) -> None:
    """A timeout of nothing would fail every call, so nothing is sent; ``None`` waits for ever."""
    with pytest.raises(RequestRefusedError, match=r"things\.touch: timeout must be more than 0"):
        built({}, {"timeout": seconds})
    assert built({}, {"timeout": None}).arguments["timeout"] is None


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


def test_extra_body_replaces_and_removes() -> None:
    """Only the fields at the top are merged: each replaces the whole of the body's, and ``UNSET`` takes it away."""
    extra: CallOptions = {"extra_body": {"a": {"y": 2}, "b": UNSET, "c": None}}
    assert json.loads(built({"body": {"a": {"x": 1}, "b": 1}}, extra).arguments["content"]) == {
        "a": {"y": 2},
        "c": None,
    }


def test_extra_body_adds_fields_to_forms() -> None:
    """A form and an upload take added fields as well."""
    extra: CallOptions = {"extra_body": {"more": True}}
    request = built({"body": {"f": b"x"}}, extra, content_type="multipart/form-data")
    assert b'name="more"\r\n\r\ntrue' in form(request)
    request = built({"body": {"a": "x"}}, extra, content_type="application/x-www-form-urlencoded")
    assert request.arguments["data"] == {"a": "x", "more": "true"}


@pytest.mark.parametrize("body", [[1], b"bytes", None])
def test_extra_body_needs_an_object(body: Any) -> None:
    """Fields cannot be added to what has none: the call is refused, not sent without them."""
    with pytest.raises(RequestRefusedError, match="extra_body adds fields to an object, and this body is none"):
        built({"body": body}, {"extra_body": {"a": 1}})
    assert built({"body": [1]}, {"extra_body": {}}).arguments["content"] == b"[1]"


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
