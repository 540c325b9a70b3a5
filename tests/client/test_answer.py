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
    assert (caught.value.status, caught.value.content) == (200, b"<html>")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.headers, again.content) == (str(caught.value), {"content-type": "text/html"}, b"<html>")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (300, "APIError"), (400, "BadRequestError"), (401, "AuthenticationError"), (402, "BudgetError"),
        (403, "PermissionDeniedError"), (404, "NotFoundError"), (408, "APIError"), (409, "ConflictError"),
        (412, "BudgetError"), (418, "APIError"), (422, "UnprocessableError"), (429, "RateLimitError"),
        (446, "GuardrailError"), (500, "ServerError"), (503, "ServerError"), (529, "ServerError"), (599, "ServerError"),
    ],
)  # fmt: skip
def test_each_status_family_has_its_class(status: int, name: str) -> None:
    """A status outside 200 to 299 raises the class of its family, registered or not."""
    with pytest.raises(APIError) as caught:
        answered(status, b"{}")
    assert type(caught.value).__name__ == name
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("content", "message", "kind", "code"),
    [
        (
            b'{"error":{"message":"No such batch","type":"invalid","code":"x","param":"id"}}',
            "No such batch",
            "invalid",
            "x",
        ),
        (b'{"error":"Authentication credentials were not provided."}', "Authentication credentials", None, None),
        (b'{"status":"failure","message":"bad provider"}', "bad provider", None, None),
        (b'{"success":false,"data":{"message":"no","errorCode":"AB03"}}', "no", None, "AB03"),
        (b'{"message":"Not Found","ok":false}', "Not Found", None, None),
        (b'{"detail":"nope"}', "nope", None, None),
        (b'{"html-message":"<b>"}', "<b>", None, None),
        (b"Message: fetch failed Cause: x", "Message: fetch failed", None, None),
        (b'{"error":{"message":"hook","type":"hooks_failed"},"hook_results":{}}', "hook", "hooks_failed", None),
        (b'{"odd":1}', r"\{'odd': 1\}", None, None),
        (b"", "the gateway gave no reason", None, None),
        (b"[]", "the gateway gave no reason", None, None),
        (b"[1]", "the gateway gave no reason", None, None),
        (b"[" * 100_000, r"\[\[", None, None),
    ],
)
def test_every_error_envelope_is_read(content: bytes, message: str, kind: str | None, code: str | None) -> None:
    """Whichever of its envelopes a gateway uses, the reason, the type and the code are found."""
    with pytest.raises(APIError, match=f"^404: .*{message}") as caught:
        answered(404, content)
    assert (caught.value.type, caught.value.code) == (kind, code)
    assert len(str(caught.value)) < 600


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
