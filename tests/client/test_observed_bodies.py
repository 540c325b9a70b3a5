"""Bodies that gateways and providers were seen to send, or send by their source, although the document says otherwise.

Each is read through the client: nothing raises, the values are there, and what came is given back key for key. The
table in openapi/corrections/README.md names these tests.
"""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import httpx
import pytest

from portkey_api.types import WireModel
from portkey_client import (
    APIError,
    BadRequestError,
    GuardrailError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    UnprocessableError,
)
from tests.client.wire import Wire
from tests.mock import spec

OPERATIONS = {each.raw["operationId"]: each for each in spec.OPERATIONS}


def call(name: str, /, *arguments: Any, response: httpx.Response, **keywords: Any) -> Any:
    """Return what a method of the client makes of a response."""
    client: Any = Wire(response).client()
    return reduce(getattr, name.split("."), client)(*arguments, **keywords)


def answer(name: str, /, *arguments: Any, body: Any, status: int = 200, **keywords: Any) -> Any:
    """Return what a method makes of a JSON body, which must come back out of it as it was."""
    found = call(name, *arguments, response=httpx.Response(status, json=body), **keywords)
    assert told(found) == body
    return found


def told(found: Any) -> Any:
    if isinstance(found, WireModel):
        return found.to_dict()
    return [told(each) for each in found] if isinstance(found, list) else found


def refusal(status: int, content: Any) -> APIError:
    """Return the exception that an error body raises."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(APIError) as caught:
        call("batches.cancel", "b", response=httpx.Response(status, content=body))
    return caught.value


# -- batches and files

BEDROCK = {
    "id": "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Amodel-invocation-job%2Fx",
    "object": "batch",
    "created_at": None,
    "status": "partially_completed",
    "input_file_id": "s3%3A%2F%2Fbucket%2Fin.jsonl",
    "in_progress_at": 1713894900000,
    "request_counts": None,
}


def test_a_batch_that_is_only_an_id() -> None:
    """Bedrock's new batch is an id and a kind; what is not there reads as None."""
    body = {"id": "arn%3Aaws%3Abedrock", "object": "batch"}
    keywords: dict[str, Any] = {"input_file_id": "f", "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = answer("batches.create", body=body, **keywords)
    assert (batch.id, batch.status, batch.endpoint, "status" in batch) == (body["id"], None, None, False)


def test_a_provider_s_own_status() -> None:
    """A status of Bedrock is kept as it came, and a time in milliseconds is the number that came."""
    batch = answer("batches.retrieve", "b", body=BEDROCK)
    assert (batch.status, batch.created_at, batch.in_progress_at) == ("partially_completed", None, 1713894900000)


def test_a_list_without_an_end() -> None:
    """Bedrock and Cohere list batches without has_more, in the provider's spelling."""
    batches = answer("batches.list", body={"object": "list", "data": [{"id": "1", "status": "InProgress"}]})
    assert (batches.has_more, batches.last_id, batches.data[0].status) == (None, None, "InProgress")


def test_a_cancellation_that_is_only_confirmed() -> None:
    """Bedrock and Cohere confirm a cancellation, also of a batch that does not exist, without the batch."""
    batch = answer("batches.cancel", "b", body={"status": "success", "object": "batch", "id": "b"})
    assert (batch.id, batch.status, batch.input_file_id) == ("b", "success", None)


def test_a_cancelled_batch_that_is_still_cancelling() -> None:
    """The open gateway's example is cancelled at a moment and cancelling at the same time."""
    body = {"id": "b", "object": "batch", "status": "cancelling", "cancelled_at": 1713895200, "errors": None}
    batch = answer("batches.cancel", "b", body=body)
    assert (batch.status, batch.cancelled_at, batch.cancelling_at) == ("cancelling", 1713895200, None)


def test_counts_that_are_text() -> None:
    """The counts of a Vertex batch are text, and some are absent."""
    batch = answer("batches.retrieve", "b", body={"id": "b", "request_counts": {"completed": "23"}})
    assert (batch.request_counts.completed, batch.request_counts.total) == ("23", None)


def test_a_managed_batch() -> None:
    """A batch that Portkey manages starts without endpoint, window and time."""
    batch = answer("batches.retrieve", "b", body={"id": "pk_batch_1", "object": "batch", "status": "validating"})
    assert (batch.id, batch.status, batch.endpoint, batch.created_at) == ("pk_batch_1", "validating", None, None)


def test_output_that_is_a_list_of_errors() -> None:
    """A failed batch has its errors in the place of its output; the bytes are what came."""
    content = b'[{"code":"token_limit_exceeded","message":"too many tokens","line":3}]'
    assert call("batches.output", "b", response=httpx.Response(200, content=content)) == content


def test_ids_that_arrive_encoded_are_not_encoded_again() -> None:
    """An id of Bedrock goes back as it came."""
    wire = Wire(httpx.Response(200, json=BEDROCK))
    wire.client().batches.retrieve(str(BEDROCK["id"]))
    assert wire.last.url.raw_path.decode() == f"/v1/batches/{BEDROCK['id']}"


def test_a_file_of_another_storage() -> None:
    """A file of Bedrock or Vertex has text for its size, no purpose, and its time under another name."""
    body = {"id": "s3%3A%2F%2Fb", "createdAt": 1713894800, "bytes": "1024", "purpose": "", "filename": "in.jsonl"}
    file = answer("files.retrieve", "f", body=body)
    assert (file.bytes, file.purpose, file.object, file.created_at) == ("1024", "", None, None)
    assert file["createdAt"] == 1713894800
    assert answer("files.retrieve", "f", body={"id": "f", "create_at": 1, "purpose": None})["create_at"] == 1


# -- inference

CHAT = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
}
HOOKS = {"before_request_hooks": [{"id": "h", "verdict": False, "checks": [{"id": "default.contains"}]}]}
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_246_is_the_answer_with_what_the_guardrails_found() -> None:
    """A guardrail that failed without denying leaves the answer whole, and says what it found."""
    chat = answer("chat.completions.create", body={**CHAT, "hook_results": HOOKS}, status=246, **ASK)
    assert chat.choices[0].message.content == "hi"
    assert chat.hook_results.before_request_hooks[0].checks[0].id == "default.contains"


def test_a_transcription_as_text_or_wrapped() -> None:
    """Text that was asked for is text; the open gateway wraps it, and then it is under html-message."""
    asked: dict[str, Any] = {"file": ("a.mp3", b"x"), "model": "whisper-1", "response_format": "text"}
    plain = httpx.Response(200, text="42", headers={"content-type": "text/plain; charset=utf-8"})
    assert call("audio.transcriptions.create", response=plain, **asked) == "42"
    assert answer("audio.transcriptions.create", body={"html-message": "Hello"}, **asked)["html-message"] == "Hello"


def test_flags_are_written_as_json_spells_them() -> None:
    """True in the header that refreshes the cache is true, in small letters; left out, the header is not sent."""
    wire = Wire(httpx.Response(200, json=CHAT))
    wire.client().chat.completions.create(**ASK, x_portkey_cache_force_refresh=True)
    assert wire.last.headers["x-portkey-cache-force-refresh"] == "true"
    wire.client().chat.completions.create(**ASK)
    assert "x-portkey-cache-force-refresh" not in wire.last.headers


# -- the control plane


def test_an_update_that_answers_nothing() -> None:
    """A workspace that was updated answers an empty object."""
    assert told(answer("admin.workspaces.update", "w", body={}, name="n")) == {}


def test_a_bare_list_where_an_envelope_is_expected() -> None:
    """Should the versions of a prompt come as the bare list of the published document, they are that list."""
    assert answer("prompts.versions.list", "p", body=[{"id": "1"}]) == [{"id": "1"}]


# -- errors

ENVELOPES: list[tuple[int, Any, str, type[APIError]]] = [
    (400, {"error": {"message": "openai error: no", "type": "t", "param": None, "code": None}, "provider": "openai"},
     "openai error: no", BadRequestError),
    (400, {"error": "Authentication credentials were not provided."}, "Authentication credentials", BadRequestError),
    (400, {"status": "failure", "message": "Either x-portkey-config or x-portkey-provider header is required"},
     "Either x-portkey-config", BadRequestError),
    (403, {"success": False, "data": {"message": "You do not have access", "errorCode": "AB03"}},
     "You do not have access", PermissionDeniedError),
    (404, {"message": "Not Found", "ok": False}, "Not Found", NotFoundError),
    (422, {"detail": [{"loc": ["query", "limit"], "msg": "not an integer"}]}, "not an integer", UnprocessableError),
    (446, {"error": {"message": "denied", "type": "hooks_failed"}, "hook_results": HOOKS}, "denied", GuardrailError),
    (502, {"html-message": "<html>bad gateway</html>"}, "bad gateway", ServerError),
    (529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded", ServerError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "message", "kind"), ENVELOPES, ids=lambda value: str(value)[:40])
def test_every_envelope_of_errors(status: int, body: Any, message: str, kind: type[APIError]) -> None:
    """Each envelope raises by its status, says why, is a model, is valid, and is given back as it came."""
    error = refusal(status, body)
    assert isinstance(error, kind)
    assert message in error.message
    assert told(error.body) == body
    assert type(error.body).__name__ == "GatewayError"
    schema = OPERATIONS["batches.cancel"].content(f"{status // 100}XX")["application/json"]["schema"]
    assert list(spec.validator(schema).iter_errors(body)) == []


def test_an_error_that_is_no_json() -> None:
    """Plain text of a gateway that could not reach the provider is the message."""
    assert refusal(503, b"Message: fetch failed Cause: ECONNREFUSED").message.startswith("Message: fetch failed")


def test_a_missing_record_is_403_on_the_control_plane() -> None:
    """The control plane says of a deleted id that it is not allowed, with a code that tells."""
    error = refusal(403, {"success": False, "data": {"message": "no access", "errorCode": "AB03"}})
    assert (type(error), error.code) == (PermissionDeniedError, "AB03")


# -- what was corrected: the corrected document takes what comes, and the client reads it by its type

COUNTS = {"total": 100, "completed": 23, "failed": 1}
NULLS = dict.fromkeys(("errors", "output_file_id", "error_file_id", "finalizing_at", "completed_at", "failed_at"))
BATCH = {
    "id": "batch_abc123",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "input_file_id": "file-abc123",
    "completion_window": "24h",
    "status": "cancelling",
    "created_at": 1711471533,
    "metadata": {},
}
CORRECTED: list[tuple[str, list[str], dict[str, Any]]] = [
    ("batches.cancel", ["b"], {**BATCH, **NULLS, "cancelled_at": 1713895200, "request_counts": COUNTS}),
    (
        "batches.retrieve",
        ["b"],
        {**BATCH, "completion_window": None, "created_at": None, "status": "processing_post_request_guardrails"},
    ),
    ("batches.list", [], {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}),
    ("files.retrieve", ["f"], {"id": "f", "object": "file", "bytes": "12", "created_at": 1, "filename": "a",
                               "purpose": None, "status": "processed", "status_details": None}),
    ("chat.completions.create", [], {**CHAT, "system_fingerprint": None, "hook_results": HOOKS, "choices": [
        {"index": 0, "finish_reason": "end_turn", "message": {
            "role": "assistant", "content": None, "refusal": None, "annotations": [],
            "tool_calls": [{"id": "t", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}]}}]}),
    ("prompts.partials.list", [], {"object": "list", "total": 1, "data": [{"name": "p"}]}),
    ("prompts.versions.list", ["p"], {"data": [{"prompt_version": 1}]}),
    ("configs.retrieve", ["pc-1"], {"id": "5b6962dd-3f90-4c93-8f61-eabfa4a803e2", "slug": "pc-1", "is_default": 0,
                                    "config": '{"retry":{"attempts":3}}'}),
    ("configs.retrieve", ["pc-1"], {"slug": "pc-1", "config": {"retry": {"attempts": 3}, "override_params": {}}}),
    ("configs.list", [], {"object": "list", "total": 1, "data": [{"slug": "pc-1", "is_default": 1}]}),
    ("integrations.models.list", ["s"], {"allow_all_models": True, "models": [
        {"slug": "a", "is_custom": 1, "is_finetune": "false"}, {"slug": "b", "is_custom": False}]}),
    ("collections.retrieve", ["c"], {"name": "c", "is_default": 1}),
    ("prompts.retrieve", ["p"], {"name": "p", "is_raw_template": 0}),
    ("api_keys.retrieve", ["k"], {"name": "k", "user_id": None, "usage_limits": None, "rate_limits": None,
                                  "last_reset_at": None, "rotation_policy": None,
                                  "defaults": {"allow_config_override": 0}}),
    ("providers.retrieve", ["p"], {"usage_limits": [{"credit_limit": 10.5, "type": "requests"}],
                                   "rate_limits": [{"type": "requests", "unit": "rpw", "value": 1}]}),
    ("admin.workspaces.users.retrieve", ["w", "u"], {"object": "workspace-user", "role": "ws-admin"}),
    ("vector_stores.file_batches.retrieve", ["v", "b"], {
        "id": "b", "object": "vector_store.file_batch", "created_at": 1, "vector_store_id": "v", "status": "completed",
        "file_counts": {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}}),
    ("responses.delete", ["r"], {"id": "r", "object": "response", "deleted": True}),
    ("responses.input_items.list", ["r"], {"object": "list", "data": [], "first_id": None, "last_id": None,
                                           "has_more": False}),
    ("messages.create", [], {"id": "m", "type": "message", "role": "assistant", "model": "claude",
                             "stop_reason": "end_turn", "stop_sequence": None,
                             "content": [{"type": "text", "text": "hi"}, {"type": "new"}],
                             "usage": {"input_tokens": 1, "output_tokens": 2}}),
    ("messages.count_tokens", [], {"input_tokens": 7}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "placed", "body"), CORRECTED, ids=lambda value: str(value)[:50])
def test_what_was_corrected_is_valid_and_read(name: str, placed: list[str], body: dict[str, Any]) -> None:
    """A body as it comes is valid by the corrected document, is a model, and is given back as it came."""
    operation = OPERATIONS[name]
    keywords = {"max_tokens": 1} if name == "messages.create" else {}
    asked = {**ASK, **keywords} if operation.body else {}
    found = answer(name, *placed, body=body, **asked)
    assert isinstance(found, WireModel)
    schema = operation.content("200")["application/json"]["schema"]
    assert [error.message for error in spec.validator(schema).iter_errors(body)] == []
