"""The mock speaks as each gateway does: what is published or was seen of them, answer for answer."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest

from portkey_mock import Gateway, ManualClock, Pace, Request, Response
from portkey_mock.document import Document
from portkey_mock.gateway import compiled_from
from tests.mock import spec
from tests.mock.test_batches import line, lines

CREDENTIALS: dict[str, dict[str, str]] = {
    "portkey": {"x-portkey-api-key": "pk", "x-portkey-virtual-key": "vk"},
    "portkey-oss": {"x-portkey-provider": "openai", "authorization": "Bearer sk"},
    "openai": {"authorization": "Bearer sk"},
    "respan": {"authorization": "Bearer key"},
}
DOCUMENT = spec.part(
    *("/files", "/batches", "/embeddings", "/models", "/prompts", "/configs", "/logs", "/messages", "/vector_stores"),
    *("/chat", "/completions", "/audio", "/responses", "/fine_tuning"),
)


@cache
def compiled() -> Document:
    """The document, compiled once for all."""
    return compiled_from(DOCUMENT)


class Speaker:
    """Calls a gateway in its own dialect."""

    def __init__(self, dialect: str, pace: Pace = Pace(), now: float = 1_750_000_000.0) -> None:  # noqa: B008 - frozen
        self.clock = ManualClock(now)
        self.gateway = Gateway(compiled(), dialect=dialect, clock=self.clock, pace=pace)
        self.headers = CREDENTIALS[dialect]
        self.base = "/api/v1" if dialect == "respan" else "/v1"
        self.end = "/" if dialect == "respan" else ""

    def __call__(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Response:
        sent = self.headers if headers is None else headers
        content = b""
        if body is not None:
            sent = {"content-type": "application/json", **sent}
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.gateway.handle(Request(method, f"{self.base}{path}{self.end}", "", tuple(sent.items()), content))

    def json(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        response = self(method, path, body, headers)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def upload(self, content: bytes, headers: dict[str, str] | None = None) -> Any:
        media, form = spec.multipart({"purpose": "batch"}, {"file": content})
        return self.json("POST", "/files", form, {**(headers or self.headers), "content-type": media})

    def batch(self, content: bytes, headers: dict[str, str] | None = None, **more: Any) -> Any:
        file = self.upload(content, headers)["id"]
        order = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        return self.json("POST", "/batches", order | more, headers)


def told(response: Response) -> tuple[int, Any]:
    """The status and the JSON of an answer."""
    return response.status, json.loads(response.body)


def test_published_cancel_of_the_open_gateway() -> None:
    """Cancelling a running batch answers with the published example, key for key; only the ids are its own."""
    speaker = Speaker("portkey-oss", Pace(validating=100, running=660), 1_713_894_800)
    batch = speaker.batch(lines(100), metadata={"description": "Daily batch job"})
    speaker.clock.advance(400)
    assert speaker.json("POST", f"/batches/{batch['id']}/cancel") == {
        "id": batch["id"],
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "errors": None,
        "input_file_id": batch["input_file_id"],
        "completion_window": "24h",
        "status": "cancelling",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": 1713894800,
        "in_progress_at": 1713894900,
        "cancelled_at": 1713895200,
        "completed_at": None,
        "request_counts": {"total": 100, "completed": 45, "failed": 0},
        "metadata": {"description": "Daily batch job"},
    }


def test_published_cancel_of_respan() -> None:
    """Cancelling a running batch answers with the published example, key for key; only the ids are its own."""
    speaker = Speaker("respan", Pace(validating=5, running=15_000), 1_711_471_533)
    batch = speaker.batch(b"\n".join([line("bad", body={}), lines(99)]))
    speaker.clock.advance(3630)
    assert speaker.json("POST", f"/batches/{batch['id']}/cancel") == {
        "id": batch["id"],
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "errors": None,
        "input_file_id": batch["input_file_id"],
        "completion_window": "24h",
        "status": "cancelling",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": 1711471533,
        "in_progress_at": 1711471538,
        "expires_at": 1711557933,
        "finalizing_at": None,
        "completed_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": 1711475163,
        "cancelled_at": None,
        "request_counts": {"total": 100, "completed": 23, "failed": 1},
        "metadata": {},
    }


def test_published_refusals_of_respan() -> None:
    """The three published refusals, word for word."""
    speaker = Speaker("respan", Pace.at_once())
    done = speaker.batch(lines(1))
    assert told(speaker("POST", "/batches/batch_abc123/cancel")) == (
        404,
        {"error": {"message": "No such batch: batch_abc123", "type": "invalid_request_error"}},
    )
    assert told(speaker("POST", f"/batches/{done['id']}/cancel")) == (
        400,
        {"error": {"message": "Batch is already completed and cannot be cancelled", "type": "invalid_request_error"}},
    )
    expected = {"error": "Authentication credentials were not provided."}
    assert told(speaker("POST", "/batches/batch_abc123/cancel", headers={})) == (401, expected)


@pytest.mark.parametrize("dialect", sorted(CREDENTIALS))
@pytest.mark.parametrize("body", [None, {}, {"reason": "late"}, b"null"])
def test_a_cancel_takes_whatever_body(dialect: str, body: Any) -> None:
    """No gateway asks for a body to cancel a batch, and none minds one."""
    speaker = Speaker(dialect)
    assert speaker.json("POST", f"/batches/{speaker.batch(lines(1))['id']}/cancel", body)["status"] == "cancelling"


@pytest.mark.parametrize(
    "params", ['{"customer_identifier": "user123"}', "eyJjdXN0b21lcl9pZGVudGlmaWVyIjogInVzZXIxMjMifQ=="]
)
def test_parameters_of_respan(params: str) -> None:
    """Respan's own header is taken in both published forms: JSON, and base64 of it."""
    speaker = Speaker("respan")
    headers = {**speaker.headers, "x-data-respan-params": params}
    batch = speaker.batch(lines(1), headers)
    assert speaker.json("POST", f"/batches/{batch['id']}/cancel", None, headers)["status"] == "cancelling"


def test_respan_wants_the_slash() -> None:
    """Without the slash at its end a path of Respan is not found; with one, other gateways do not find theirs."""
    speaker = Speaker("respan")
    assert speaker("GET", "/batches").status == 200
    speaker.end = ""
    status, body = told(speaker("GET", "/batches"))
    assert (status, body["error"]["type"]) == (404, "invalid_request_error")
    other = Speaker("openai")
    other.end = "/"
    assert other("GET", "/batches").status == 404


@pytest.mark.parametrize("dialect", sorted(CREDENTIALS))
def test_a_whole_batch(dialect: str) -> None:
    """In each dialect a batch goes from its file to its output, and its list ends."""
    speaker = Speaker(dialect)
    batch = speaker.batch(lines(3, bad=1))
    speaker.clock.advance(60)
    done = speaker.json("GET", f"/batches/{batch['id']}")
    assert (done["status"], done["request_counts"]) == ("completed", {"total": 3, "completed": 2, "failed": 1})
    output = speaker("GET", f"/files/{done['output_file_id']}/content")
    assert output.body.count(b"\n") == 2
    page = speaker.json("GET", "/batches")
    assert ([each["id"] for each in page["data"]], page["has_more"]) == ([batch["id"]], False)


@pytest.mark.parametrize(
    ("dialect", "status"), [("portkey", 409), ("portkey-oss", 409), ("openai", 409), ("respan", 400)]
)
def test_cancelling_what_is_complete(dialect: str, status: int) -> None:
    """What has ended cannot be cancelled, and each gateway has a status for it."""
    speaker = Speaker(dialect, Pace.at_once())
    assert speaker("POST", f"/batches/{speaker.batch(lines(1))['id']}/cancel").status == (
        400 if dialect == "respan" else 409
    )


@pytest.mark.parametrize("dialect", sorted(CREDENTIALS))
def test_cancelling_twice(dialect: str) -> None:
    """What is being cancelled already is answered with 200, since nobody says otherwise."""
    speaker = Speaker(dialect)
    batch = speaker.batch(lines(1))
    assert [speaker("POST", f"/batches/{batch['id']}/cancel").status for _ in range(2)] == [200, 200]


def test_credentials() -> None:
    """Portkey wants its key, OpenAI and Respan a bearer token, and the open gateway checks none."""
    for dialect, body in (
        ("portkey", {"error": {"type": "authentication_error"}}),
        ("openai", {"error": {"type": "authentication_error"}}),
    ):
        status, answer = told(Speaker(dialect)("GET", "/batches", headers={}))
        assert status == 401
        assert answer["error"]["type"] == body["error"]["type"]
    assert Speaker("openai")("GET", "/batches", headers=CREDENTIALS["portkey"]).status == 401
    assert Speaker("portkey-oss")("GET", "/batches", headers={"x-portkey-provider": "openai"}).status == 200


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sk"}, {"x-portkey-config": "pc-saved-1"}])
def test_the_open_gateway_wants_a_route(headers: dict[str, str]) -> None:
    """Without a provider, or a config that is written out, the open gateway refuses everything in its own shape."""
    status, body = told(Speaker("portkey-oss")("GET", "/batches", headers=headers))
    assert (status, body["status"], set(body)) == (400, "failure", {"status", "message"})
    assert "x-portkey-config" in body["message"]


def test_a_written_config_is_a_route() -> None:
    """A config in JSON names the provider as the header does, and does without one."""
    speaker = Speaker("portkey-oss")
    response = speaker("GET", "/batches", headers={"x-portkey-config": '{"provider":"groq","api_key":"k"}'})
    assert (response.status, dict(response.headers)["x-portkey-provider"]) == (200, "groq")
    response = speaker("GET", "/batches", headers={"x-portkey-config": '{"retry":{"attempts":1}}'})
    assert (response.status, dict(response.headers)["x-portkey-provider"]) == (200, "openai")


def test_the_open_gateway_has_no_put() -> None:
    """PUT and PATCH have no route there, whatever the path and the headers."""
    for method, headers in (("PUT", None), ("PATCH", {})):
        answer = told(Speaker("portkey-oss")(method, "/configs/pc-1", {}, headers))
        assert answer == (404, {"message": "Not Found", "ok": False})


def test_the_open_gateway_passes_errors_on() -> None:
    """A refusal on one of its own routes names the provider; one of a path it only forwards stays as it came."""
    speaker = Speaker("portkey-oss")
    status, own = told(speaker("GET", "/batches/none"))
    assert (status, own["provider"]) == (404, "openai")
    assert own["error"]["message"] == "openai error: No such batch: none"
    status, forwarded = told(speaker("GET", "/vector_stores/none"))
    assert (status, set(forwarded), forwarded["error"]["message"]) == (404, {"error"}, "No such vector store: none")


def test_the_open_gateway_has_no_service() -> None:
    """What belongs to Portkey's service is passed on to a provider that does not have it; prompts always fail."""
    speaker = Speaker("portkey-oss")
    status, body = told(speaker("GET", "/configs"))
    assert (status, body["error"]["code"]) == (404, "unknown_url")
    for path in ("/prompts", "/prompts/partials", "/prompts/p/completions", "/prompts/p/render"):
        status, body = told(speaker("POST", path, {}))
        assert (status, body["status"]) == (500, "failure")


def test_providers_without_batches() -> None:
    """For some providers the open gateway has no cancel, and says so with 500."""
    headers = {"x-portkey-provider": "groq"}
    status, body = told(Speaker("portkey-oss")("POST", "/batches/b/cancel", headers=headers))
    assert (status, body["status"]) == (500, "failure")
    assert "groq" in body["message"]


@pytest.mark.parametrize(
    ("dialect", "lacks"),
    [
        ("openai", ("GET /batches/b/output", "GET /configs", "POST /messages", "GET /logs/l")),
        ("respan", ("GET /batches/b/output", "GET /configs", "GET /models", "POST /embeddings")),
    ],
)
def test_operations_a_gateway_lacks(dialect: str, lacks: tuple[str, ...]) -> None:
    """What a gateway does not have is not found there, in its own shape."""
    speaker = Speaker(dialect)
    for each in lacks:
        method, path = each.split()
        status, body = told(speaker(method, path))
        assert status == 404
        assert set(body["error"]) == {"message", "type"} | ({"param", "code"} if dialect == "openai" else set())


@pytest.mark.parametrize("dialect", ["portkey", "portkey-oss"])
def test_headers_of_portkey(dialect: str) -> None:
    """Portkey's answers tell how the request fared; its own refusals do not. The open one has a trace id always."""
    speaker = Speaker(dialect)
    good = dict(speaker("GET", "/batches").headers)
    assert good["x-portkey-provider"] == "openai"
    assert good["x-portkey-retry-attempt-count"] == "0"
    assert {"x-portkey-cache-status", "x-portkey-last-used-option-index"} <= set(good)
    assert good.get("x-portkey-trace-id") == ("" if dialect == "portkey-oss" else None)
    traced = speaker("GET", "/batches", headers={**speaker.headers, "x-portkey-trace-id": "t1"})
    assert dict(traced.headers)["x-portkey-trace-id"] == "t1"
    refused = dict(speaker("POST", "/batches", b"[").headers)
    assert not {"x-portkey-provider", "x-portkey-cache-status"} & set(refused)
    assert dict(speaker("GET", "/batches/none").headers)["x-portkey-provider"] == "openai"


@pytest.mark.parametrize("dialect", ["openai", "respan"])
def test_headers_of_the_others(dialect: str) -> None:
    """OpenAI and Respan give each answer an id of its own, and none of Portkey's headers."""
    speaker = Speaker(dialect)
    seen = [dict(speaker("GET", path).headers) for path in ("/batches", "/batches", "/batches/none")]
    assert len({each["x-request-id"] for each in seen}) == 3
    assert not any(name.startswith("x-portkey-") for each in seen for name in each)
    speaker.gateway.reset()
    assert dict(speaker("GET", "/batches").headers)["x-request-id"] == seen[0]["x-request-id"]


def test_unknown_dialect() -> None:
    """A dialect that does not exist is refused, and the message names those that do."""
    with pytest.raises(ValueError, match="portkey, portkey-oss, openai, respan"):
        Gateway(DOCUMENT, dialect="azure")


# Providers behind Portkey

PORTKEYS = ["portkey", "portkey-oss"]


def _for(dialect: str, provider: str) -> dict[str, str]:
    return {**CREDENTIALS[dialect], "x-portkey-provider": provider}


@pytest.mark.parametrize("dialect", PORTKEYS)
def test_bedrock_batches(dialect: str) -> None:
    """A new batch is its id and no more, a status is AWS's, and a list does not say whether it ends."""
    speaker, headers = Speaker(dialect, Pace(cancelling=5)), _for(dialect, "bedrock")
    made = speaker.batch(lines(2), headers)
    assert set(made) == {"id", "object"}
    assert made["id"].startswith("arn%3Aaws%3Abedrock")
    read = speaker.json("GET", f"/batches/{made['id']}", headers=headers)
    assert (read["id"], read["status"], read["created_at"]) == (made["id"], "submitted", 1_750_000_000_000)
    assert not {"endpoint", "completion_window"} & set(read)
    assert read["input_file_id"].startswith("s3%3A%2F%2F")
    assert speaker.json("POST", f"/batches/{made['id']}/cancel", headers=headers) == {
        "status": "success",
        "object": "batch",
        "id": made["id"],
    }
    page = speaker.json("GET", "/batches", headers=headers)
    assert set(page) == {"object", "data"}
    assert [each["status"] for each in page["data"]] == ["Stopping"]
    speaker.clock.advance(5)
    assert speaker.json("GET", f"/batches/{made['id']}", headers=headers)["status"] == "stopped"


@pytest.mark.parametrize("dialect", PORTKEYS)
def test_encoded_ids_are_encoded_once(dialect: str) -> None:
    """An id that comes percent-encoded is used as it came; encoded once more it is unknown."""
    speaker, headers = Speaker(dialect), _for(dialect, "bedrock")
    file = speaker.upload(b"x", headers)
    assert speaker("GET", f"/files/{file['id']}/content", headers=headers).body == b"x"
    assert speaker("GET", f"/files/{quote(file['id'], safe='')}/content", headers=headers).status == 404


@pytest.mark.parametrize("provider", ["bedrock", "cohere"])
def test_cancelling_the_unknown(provider: str) -> None:
    """For Bedrock and Cohere the gateway says of an unknown batch that it is cancelled, all but the status."""
    answer = Speaker("portkey-oss")("POST", "/batches/none/cancel", headers=_for("portkey-oss", provider))
    assert told(answer) == (404, {"status": "success", "object": "batch", "id": "none"})


def test_cohere_batches() -> None:
    """Cohere's own words for a status, milliseconds, and lists without an end."""
    speaker, headers = Speaker("portkey-oss"), _for("portkey-oss", "cohere")
    made = speaker.batch(lines(1), headers)
    assert (made["status"], made["created_at"]) == ("processing", 1_750_000_000_000)
    assert set(speaker.json("GET", "/batches", headers=headers)) == {"object", "data"}
    assert speaker.json("POST", f"/batches/{made['id']}/cancel", headers=headers)["status"] == "success"
    speaker.clock.advance(60)
    assert speaker.json("GET", f"/batches/{made['id']}", headers=headers)["status"] == "cancelled"
    assert "bytes" in speaker.json("GET", f"/files/{speaker.upload(b'x')['id']}", headers=headers)


def test_vertex_batches() -> None:
    """Vertex has no completion window and counts in strings; its batch comes back when it is cancelled."""
    speaker, headers = Speaker("portkey"), _for("portkey", "vertex-ai")
    made = speaker.batch(lines(2), headers)
    assert (made["completion_window"], made["request_counts"]["total"]) == (None, "2")
    assert made["id"].startswith("projects%2F")
    assert made["input_file_id"].startswith("gs%3A%2F%2F")
    assert speaker.json("POST", f"/batches/{made['id']}/cancel", headers=headers)["status"] == "cancelling"
    assert speaker.json("GET", "/batches", headers=headers)["has_more"] is False


@pytest.mark.parametrize(
    ("provider", "stamp", "purpose"), [("bedrock", "createdAt", ""), ("vertex-ai", "create_at", None)]
)
def test_files_elsewhere(provider: str, stamp: str, purpose: Any) -> None:
    """Files of Bedrock and Vertex have sizes in strings and times of their own names, and cannot be listed."""
    speaker, headers = Speaker("portkey-oss"), _for("portkey-oss", provider)
    file = speaker.upload(b"12345", headers)
    assert (file["bytes"], file["purpose"], file[stamp]) == ("5", purpose, 1_750_000_000_000)
    assert ("object" in file) is (provider == "bedrock")
    read = speaker.json("GET", f"/files/{file['id']}", headers=headers)
    assert read["createdAt"] == 1_750_000_000_000
    status, body = told(speaker("GET", "/files", headers=headers))
    assert (status, body["status"]) == (500, "failure")
    assert speaker.json("DELETE", f"/files/{file['id']}", headers=headers)["deleted"] is True


def test_requests_in_the_body_of_a_variant() -> None:
    """A batch that brings its requests along names no file to translate."""
    speaker, headers = Speaker("portkey"), _for("portkey", "cohere")
    params = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    made = speaker.json("POST", "/batches", {"requests": [{"custom_id": "a", "params": params}]}, headers)
    assert made["request_counts"]["total"] == 1


def test_another_document() -> None:
    """Where a document has something else in the place of batches, a dialect leaves that as it is."""
    answer = {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}}
    document = {"openapi": "3.1.0", "paths": {"/batches": {"get": {"responses": {"200": answer}}}}}
    gateway = Gateway(document, dialect="openai")
    response = gateway.handle(Request("GET", "/batches", headers=(("authorization", "Bearer sk"),)))
    assert told(response) == (200, ["mock"])


TEXTS = {
    "text": r"\S.*\.\n",
    "srt": r"1\n00:00:00,000 --> 00:00:02,000\n\S.*\.\n",
    "vtt": r"WEBVTT\n\n00:00:00\.000 --> 00:00:02\.000\n\S.*\.\n",
}


def heard(speaker: Speaker, action: str, kind: str) -> Response:
    """The answer to a recording in which `kind` is asked for."""
    media, form = spec.multipart({"model": "m", "response_format": kind}, {"file": b"RIFF"})
    return speaker("POST", f"/audio/{action}", form, {**speaker.headers, "content-type": media})


@pytest.mark.parametrize("dialect", ["portkey", "openai"])
@pytest.mark.parametrize("action", ["transcriptions", "translations"])
def test_transcripts_come_as_asked(dialect: str, action: str) -> None:
    """A transcript is text or subtitles where that is asked for, and JSON otherwise, and says the same in each form."""
    speaker = Speaker(dialect)
    said = json.loads(heard(speaker, action, "json").body)["text"]
    for kind, pattern in TEXTS.items():
        response = heard(speaker, action, kind)
        text = response.body.decode()
        assert (response.status, response.header("content-type")) == (200, "text/plain; charset=utf-8")
        assert re.fullmatch(pattern, text)
        assert said in text


def test_transcripts_of_a_document_without_texts() -> None:
    """A document that only has JSON for a transcript gets JSON, whatever is asked for."""
    document = deepcopy(spec.part("/audio"))
    del document["paths"]["/audio/transcriptions"]["post"]["responses"]["200"]["content"]["text/plain"]
    speaker = Speaker("portkey")
    speaker.gateway = Gateway(document, clock=speaker.clock)
    assert heard(speaker, "transcriptions", "srt").header("content-type") == "application/json"
