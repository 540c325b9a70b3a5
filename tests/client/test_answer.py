from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_api.models import Batch
from portkey_api.types import Operation
from portkey_client import AnswerError, APIError, NotFoundError, PortkeyError, ServerError
from portkey_client import errors as tree
from portkey_client.answer import read_answer
from tests.client.wire import KEYS, Wire, batch


def operation(**responses: Any) -> Operation[Any]:
    named = {key.removeprefix("on_"): value for key, value in responses.items()} or {"200": ("json", "Batch")}
    return Operation(name="batches.cancel", method="POST", path="/", server="data_plane", security=(), responses=named)


def answered(
    status: int, content: bytes, kind: Operation[Any] | None = None, headers: dict[str, str] | None = None
) -> Any:
    return read_answer(kind or operation(), status, headers or {}, content)


@pytest.mark.parametrize("status", [200, 201, 246, 299])
def test_every_success_is_read_alike(status: int) -> None:
    """246, which no registry knows, is a success like any other and is read as the document's success."""
    assert isinstance(answered(status, json.dumps(batch()).encode()), Batch)


@pytest.mark.parametrize(
    ("responses", "status", "expected"),
    [
        ({"on_200": ("json", None), "on_2XX": ("json", "Batch")}, 207, Batch),
        ({"on_default": ("json", "Batch")}, 200, Batch),
        ({"on_200": ("none", None)}, 200, dict),
        ({"on_404": ("json", None)}, 200, dict),
    ],
)
def test_the_documented_answer_is_found(responses: dict[str, Any], status: int, expected: type) -> None:
    """An answer is read by its status, then its range, then the default, then as data."""
    assert isinstance(answered(status, b"{}", operation(**responses)), expected)


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("binary", b"\x00{}", b"\x00{}"),
        ("text", b"\xffplain", "\ufffdplain"),
        ("none", b"", None),
        ("none", b"done", "done"),
        ("none", b'{"deleted":true}', {"deleted": True}),
        ("json", b"", None),
        ("json", b"[1]", [1]),
    ],
)
def test_bodies_by_kind(kind: str, content: bytes, expected: Any) -> None:
    """Bytes stay bytes, text is text, JSON is read, and a body the document does not describe is not lost."""
    assert answered(200, content, operation(on_200=(kind, None))) == expected


def test_a_success_that_is_no_json_is_told() -> None:
    """A login page in place of JSON raises, names the operation and the media type, and keeps the body."""
    with pytest.raises(AnswerError, match=r"batches\.cancel: answered 200 with text/html") as caught:
        answered(200, b"<html>", headers={"content-type": "text/html"})
    assert (caught.value.status, caught.value.body) == (200, b"<html>")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.headers, again.body) == (str(caught.value), {"content-type": "text/html"}, b"<html>")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (300, "APIError"), (400, "BadRequestError"), (401, "AuthenticationError"), (402, "BudgetError"),
        (403, "PermissionDeniedError"), (404, "NotFoundError"), (408, "GatewayTimedOutError"), (409, "ConflictError"),
        (412, "BudgetError"), (418, "APIError"), (422, "UnprocessableError"), (429, "RateLimitError"),
        (446, "GuardrailError"), (500, "ServerError"), (503, "ServerError"), (529, "ServerError"), (599, "ServerError"),
    ],
)  # fmt: skip
def test_each_status_family_has_its_class(status: int, name: str) -> None:
    """A status outside 200 to 299 raises the class of its family, registered or not."""
    with pytest.raises(APIError) as caught:
        answered(status, b"{}")
    assert type(caught.value).__name__ == name
    assert caught.value.status == caught.value.status_code == status


SHAPES: list[tuple[Any, str, str | None, str | None, str | None]] = [
    # body; message, type, code, param
    # OpenAI, and the open gateway's own routes, which name the provider beside it
    (
        {"error": {"message": "No such batch", "type": "invalid", "code": "x", "param": "id"}},
        "No such batch", "invalid", "x", "id",
    ),
    (
        {"error": {"message": "openai error: gone", "type": None, "param": None, "code": None}, "provider": "openai"},
        "openai error: gone", None, None, None,
    ),
    # a guardrail's refusal; the gateway's own time limit
    ({"error": {"message": "hook", "type": "hooks_failed"}, "hook_results": {}}, "hook", "hooks_failed", None, None),
    ({"error": {"message": "too slow", "type": "timeout_error"}}, "too slow", "timeout_error", None, None),
    # Respan: an object, or a text
    ({"error": {"message": "No such batch: b", "type": "invalid"}}, "No such batch: b", "invalid", None, None),
    ({"error": "Credentials were not provided."}, "Credentials were not provided.", None, None, None),
    # the gateway's validator and its handler
    ({"status": "failure", "message": "bad provider"}, "bad provider", None, None, None),
    ({"status": "failure", "message": "bad config", "errors": ["x"]}, "bad config", None, None, None),
    ({"message": "Not Found", "ok": False}, "Not Found", None, None, None),
    # the control plane, and its identity management
    ({"success": False, "data": {"message": "no", "errorCode": "AB03"}}, "no", None, "AB03", None),
    ({"schemas": ["urn:scim:Error"], "detail": "no user", "status": "404"}, "no user", None, None, None),
    # providers: a number as code, a list around it, a problem document, OAuth, a capital
    ({"error": {"code": 404, "message": "no model", "status": "NOT_FOUND"}}, "no model", None, "404", None),
    ([{"error": {"code": 400, "message": "bad"}}], "bad", None, "400", None),
    ({"type": "about:blank", "title": "Gone", "status": 404}, "Gone", "about:blank", None, None),
    ({"type": "t", "title": "Gone", "detail": "It is gone"}, "It is gone", "t", None, None),
    ({"error": "invalid_grant", "error_description": "expired"}, "invalid_grant", None, None, None),
    ({"Message": "denied"}, "denied", None, None, None),
    ({"type": "error", "error": {"type": "overloaded", "message": "busy"}}, "busy", "overloaded", None, None),
    # web frameworks: a text, or a list of what was refused
    ({"detail": "nope"}, "nope", None, None, None),
    (
        {"detail": [{"loc": ["query", "limit"], "msg": "not a number", "type": "int_parsing"}]},
        "not a number", "int_parsing", None, "query.limit",
    ),
    ({"errors": [{"message": "first", "code": 7, "param": "p"}, {"message": "second"}]}, "first", None, "7", "p"),
    ({"errors": ["first", "second"]}, "first", None, None, None),
    # text, HTML, and what the gateway makes of it
    ({"html-message": "<html><title>502 Bad Gateway</title>"}, "502 Bad Gateway", None, None, None),
    (b"Message: fetch failed Cause: x", "Message: fetch failed Cause: x", None, None, None),
    (b"<!DOCTYPE html><html><head><title> Log\n in </title></head></html>", "Log in", None, None, None),
    (b"<h1>Gone</h1><p>for <b>good</b></p>", "Gone for good", None, None, None),
    (b"1 < 2 <b>", "1 < 2 <b>", None, None, None),
    # what nobody should send
    ({"odd": 1}, "{'odd': 1}", None, None, None),
    ({"error": {}, "message": "kept"}, "kept", None, None, None),
    ({"error": True, "type": ["x"], "code": False}, "{'error': True, 'type': ['x'], 'code': False}", None, None, None),
    ({}, "the gateway gave no reason", None, None, None),
    ([], "the gateway gave no reason", None, None, None),
    ([1], "the gateway gave no reason", None, None, None),
    (None, "the gateway gave no reason", None, None, None),
    (b"", "the gateway gave no reason", None, None, None),
    (b"<html></html>", "the gateway gave no reason", None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message", "kind", "code", "param"), SHAPES)
def test_every_error_shape_is_read(
    body: Any, message: str, kind: str | None, code: str | None, param: str | None
) -> None:
    """Whichever of its shapes a gateway uses, message, type, code and parameter are found."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(APIError) as caught:
        answered(404, content)
    error = caught.value
    assert (error.message, error.type, error.code, error.param) == (message, kind, code, param)
    assert str(error) == f"404: {message}"


def test_a_long_message_is_cut() -> None:
    """A body of any length makes a message of at most 500 characters, in one line."""
    for content in (b"[" * 100_000, b"line\n" * 100_000, b"<html>" * 100_000):
        with pytest.raises(APIError) as caught:
            answered(404, content)
        assert len(caught.value.message) <= 500
        assert "\n" not in caught.value.message


@given(st.binary(), st.integers(300, 999))
def test_any_error_body_raises_our_error(content: bytes, status: int) -> None:
    """Whatever bytes an error carries, the exception is ours and can be printed and pickled."""
    with pytest.raises(APIError) as caught:
        answered(status, content)
    assert pickle.loads(pickle.dumps(caught.value)).status == status


def test_a_documented_error_body_is_a_model() -> None:
    """An error body the document describes is read as its model, and says the same."""
    responses = operation(on_404=("json", "Batch"))
    with pytest.raises(NotFoundError, match="404: gone") as caught:
        answered(404, b'{"id":"b","message":"gone"}', responses)
    assert isinstance(caught.value.body, Batch)


def test_no_message_repeats_a_credential() -> None:
    """A gateway that echoes a credential does not get it into the exception's text."""
    echo = {"error": {"message": f"wrong key {KEYS['api_key']} for {KEYS['virtual_key']}"}}
    with pytest.raises(APIError) as caught:
        Wire(httpx.Response(401, json=echo)).client().batches.list()
    assert str(caught.value) == "401: wrong key *** for ***"
    assert "secret" not in repr(caught.value)


def test_the_trace_is_at_hand() -> None:
    """The trace id of a failed call can be read; an empty one, as the open gateway sends it, is none."""
    with pytest.raises(APIError) as caught:
        answered(500, b"", headers={"x-portkey-trace-id": "t-1"})
    assert (caught.value.trace_id, type(caught.value)) == ("t-1", ServerError)
    with pytest.raises(APIError) as caught:
        answered(500, b"", headers={"x-portkey-trace-id": ""})
    assert caught.value.trace_id is None


def test_every_exception_survives_a_pickle_and_a_copy() -> None:
    """All exceptions of the tree can be sent between processes."""
    for each in vars(tree).values():
        if isinstance(each, type) and issubclass(each, PortkeyError):
            told = issubclass(each, (APIError, AnswerError))
            arguments: tuple[Any, ...] = ("m", 404, {"h": "v"}, b"x") if told else ("m",)
            for again in (pickle.loads(pickle.dumps(each(*arguments))), copy.copy(each(*arguments))):
                assert type(again) is each
                assert vars(again) == vars(each(*arguments))
