"""The dialect of the open gateway does what that gateway did when it was run, odd as it may be: item by item.

The numbers are those of "what it really does" in the facts; the bodies are those of tests/contract/samples.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Fault, Gateway, ManualClock, Mock, Pace, Request, Response
from portkey_mock.oss import enter
from tests.mock import spec
from tests.mock.test_batches import lines
from tests.mock.test_dialects import CREDENTIALS, Speaker, compiled, told

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
CRASH = (500, {"status": "failure", "message": "Something went wrong"})
ROUTE = CREDENTIALS["portkey-oss"]


@pytest.fixture
def speaker() -> Speaker:
    """Speaks with the open gateway."""
    return Speaker("portkey-oss")


def test_nulls_are_handed_on(speaker: Speaker) -> None:
    """1: what a provider leaves null stays null, in files, chats, responses and their lists."""
    assert speaker.upload(b"{}")["status_details"] is None
    assert [each["status_details"] for each in speaker.json("GET", "/files")["data"]] == [None]
    assert speaker.json("POST", "/chat/completions", CHAT)["system_fingerprint"] is None
    made = speaker.json("POST", "/responses", {"model": "gpt-4o", "input": "Hello"})
    assert made["user"] is None
    assert speaker.json("GET", f"/responses/{made['id']}")["user"] is None
    named = speaker.json("POST", "/responses", {"model": "gpt-4o", "input": "Hello", "user": "ada"})
    assert named["user"] == "ada"
    items = speaker.json("GET", f"/responses/{made['id']}/input_items")
    assert (items["first_id"], items["last_id"]) == (None, None)
    assert speaker.json("GET", "/batches")["first_id"] is None


def test_nulls_in_answers_of_your_own(speaker: Speaker) -> None:
    """1: a caller's own answer has its nulls put in as well, whatever shape it has, unless it is no JSON."""
    speaker.gateway.answer("files.list", ["a", {"status_details": "b"}])
    assert speaker.json("GET", "/files") == ["a", {"status_details": None}]
    speaker.gateway.answer("files.list", lambda _: Response(200, (("content-type", "text/plain"),), b"a"))
    assert speaker("GET", "/files").body == b"a"


def test_the_output_of_a_batch(speaker: Speaker) -> None:
    """2: the output is the file that the batch names: `null` before there is one, `undefined` without a batch."""
    batch = speaker.batch(lines(1))
    for name, file in ((batch["id"], "null"), ("none", "undefined")):
        error = {
            "message": f"No such file: {file}",
            "type": "not_found_error",
            "param": "/path/file_id",
            "code": "file_not_found",
        }
        assert told(speaker("GET", f"/batches/{name}/output")) == (404, {"error": error})
    speaker.clock.advance(60)
    assert speaker("GET", f"/batches/{batch['id']}/output").body.count(b"\n") == 1


def test_the_output_of_a_failed_batch() -> None:
    """2: the output of a batch that failed is 200, and its errors as a text."""
    speaker = Speaker("portkey-oss", Pace.at_once())
    batch = speaker.batch(b"nothing of use")
    output = speaker("GET", f"/batches/{batch['id']}/output")
    assert (output.status, output.header("content-type")) == (200, "text/plain;charset=UTF-8")
    assert json.loads(output.body) == speaker.json("GET", f"/batches/{batch['id']}")["errors"]
    assert json.loads(output.body)["data"][0]["code"] == "invalid_json"


def test_ids_that_begin_with_the_version(speaker: Speaker) -> None:
    """3: of an address the provider sees what stands between its first and its second `/v1`."""
    file = speaker.upload(b"{}")
    for path in ("/files/v1abc", "/files/v1abc/content"):
        assert [each["id"] for each in speaker.json("GET", path)["data"]] == [file["id"]]
    status, body = told(speaker("POST", "/batches/v1abc/cancel"))
    assert (status, body["error"]["code"], body["provider"]) == (400, "missing_body", "openai")
    status, body = told(speaker("POST", "/fine_tuning/jobs/v1abc/cancel"))
    assert (status, body["error"]["message"], set(body)) == (400, "A request body is required.", {"error"})
    status, body = told(speaker("GET", "/responses/v1abc"))
    assert (status, body["error"]["code"]) == (405, "method_not_allowed")
    status, body = told(speaker("GET", "/vector_stores/v1abc"))
    assert (status, body["error"]["message"]) == (404, "No such vector store: v1abc")


def test_a_query_is_cut(speaker: Speaker) -> None:
    """3: what follows `/v1` in a query never arrives."""

    def status(query: str, path: str = "/v1/batches") -> int:
        return speaker.gateway.handle(Request("GET", path, query, tuple(ROUTE.items()))).status

    assert status("after=no&limit=many") == 400
    assert status("after=no/v1/thing&limit=many") == 200
    assert status("after=no/v1/thing&limit=many", "/batches") == 400


@pytest.mark.parametrize(
    ("path", "body", "shown"),
    [
        ("/chat/completions", {"messages": CHAT["messages"]}, {"model": "glm-4.6"}),
        ("/chat/completions", CHAT | {"temperature": 9, "top_p": -1, "x": {"y": 1}}, {"model": "gpt-4o"}),
        ("/completions", {"prompt": "Hello"}, {"model": "text-davinci-003"}),
        ("/embeddings", {"input": "Hello"}, {"model": "text-embedding-ada-002"}),
    ],
)
def test_bodies_are_filled_in(speaker: Speaker, path: str, body: Any, shown: Any) -> None:
    """4: missing models are filled in, a chat's with another vendor's, and numbers are put within their limits."""
    made = speaker.json("POST", path, body)
    assert {name: made[name] for name in shown} == shown


def test_batches_are_filled_in(speaker: Speaker) -> None:
    """4: a missing completion window becomes 24h, and requests in the place of a file never arrive."""
    file = speaker.upload(lines(1))["id"]
    order: dict[str, Any] = {"input_file_id": file, "endpoint": "/v1/embeddings"}
    assert speaker.json("POST", "/batches", order)["completion_window"] == "24h"
    params = {"model": "m", "max_tokens": 1, "messages": CHAT["messages"]}
    assert speaker("POST", "/batches", {"requests": [{"custom_id": "a", "params": params}]}).status == 400


@pytest.mark.parametrize("body", [b"-", b"", b'{"model": NaN}', b'{"stream": "true"}', b"[" * 100_000])
@pytest.mark.parametrize("path", ["/chat/completions", "/embeddings", "/batches", "/responses"])
def test_bodies_it_crashes_at(speaker: Speaker, path: str, body: bytes) -> None:
    """5: malformed or empty JSON, and `stream` as a text, lead to 500 on its own routes, without its headers."""
    refused = speaker("POST", path, body)
    assert told(refused) == CRASH
    assert not [name for name, _ in refused.headers if name.startswith("x-portkey")]


def test_other_crashes(speaker: Speaker) -> None:
    """5: so do JSON or nothing for a form, a form without a boundary or a body, and a body that is called nothing."""
    form = {**ROUTE, "content-type": "multipart/form-data"}
    assert told(speaker("POST", "/files", {"purpose": "batch"})) == CRASH
    assert told(speaker("POST", "/files")) == CRASH
    assert told(speaker("POST", "/audio/transcriptions", b"x", form)) == CRASH
    bounded = {**form, "content-type": "multipart/form-data; boundary=limit"}
    assert told(speaker("POST", "/audio/transcriptions", headers=bounded)) == CRASH
    assert told(speaker.gateway.handle(Request("POST", "/v1/responses", "", tuple(ROUTE.items()), b"{}"))) == CRASH


def test_crashes_of_what_is_passed_on(speaker: Speaker) -> None:
    """5: a route that is only passed on says so, and crashes at a content type without a body, whatever the method."""
    media = {**ROUTE, "content-type": "application/json"}
    form = {**ROUTE, "content-type": "multipart/form-data"}
    said = [
        told(speaker("POST", "/vector_stores", b"-")),
        told(speaker("GET", "/models", headers=media)),
        told(speaker("GET", "/models", headers=form)),
    ]
    assert [(status, body["message"]) for status, body in said] == [
        (500, "Proxy error: Unexpected token in JSON"),
        (500, "Proxy error: Unexpected end of JSON input"),
        (500, "Proxy error: Failed to parse body as FormData."),
    ]


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"[" * 800 + b"]" * 800])
def test_bodies_that_are_no_object(speaker: Speaker, body: bytes) -> None:
    """5: JSON that is no object is taken for an empty one."""
    assert speaker("POST", "/vector_stores", body).status == 200
    assert told(speaker("POST", "/chat/completions", body))[1]["error"]["code"] == "invalid_body"
    assert speaker.json("POST", f"/batches/{speaker.batch(lines(1))['id']}/cancel", body)["status"] == "cancelling"


def test_content_types(speaker: Speaker) -> None:
    """5: a media type in capitals or of a vendor is refused, and a charset is not looked at."""
    for media in ("Application/JSON", "application/vnd.api+json", "text/plain"):
        refused = speaker("POST", "/chat/completions", CHAT, {**ROUTE, "content-type": media})
        assert told(refused) == (400, {"status": "failure", "message": "Invalid content type passed"})
    media = "application/json; charset=utf-16"
    assert speaker("POST", "/chat/completions", CHAT, {**ROUTE, "content-type": media}).status == 200
    assert speaker("POST", "/embeddings", b"RIFF", {**ROUTE, "content-type": "audio/wav"}).status == 415


def test_whose_errors_are_named(speaker: Speaker) -> None:
    """6: own routes put the provider before the message and beside the error; three of them, and all others, do not."""
    named = ("GET /batches/none", "GET /files/none", "GET /responses/none", "GET /fine_tuning/jobs/none/events")
    plain = (
        "GET /batches/none/output",
        "POST /fine_tuning/jobs/none/cancel",
        "GET /responses/none/input_items",
        "POST /responses/none/cancel",
        "GET /models/none",
        "GET /vector_stores/none",
    )
    for each in (*named, *plain):
        method, path = each.split()
        status, body = told(speaker(method, path))
        assert status == 404
        assert body["error"]["message"].startswith("openai error: ") is (each in named)
        assert ("provider" in body) is (each in named)


@pytest.mark.parametrize("kind", ["text", "srt", "vtt"])
@pytest.mark.parametrize("action", ["transcriptions", "translations"])
def test_texts_become_json(speaker: Speaker, action: str, kind: str) -> None:
    """7: a transcript that was asked for as a text comes as the member `html-message` of a 200."""
    media, form = spec.multipart({"model": "m", "response_format": kind}, {"file": b"RIFF"})
    made = speaker.json("POST", f"/audio/{action}", form, {**ROUTE, "content-type": media})
    assert list(made) == ["html-message"]
    assert made["html-message"].endswith(".\n")
    speaker.gateway.answer(f"audio.{action}.create", {"words": []})
    assert speaker.json("POST", f"/audio/{action}", form, {**ROUTE, "content-type": media}) == {"words": []}


def _asked(mock: Mock, headers: dict[str, str], **more: Any) -> Response:
    sent = {**ROUTE, **CREDENTIALS["portkey"], "content-type": "application/json", **headers}
    return mock.handle(
        Request("POST", "/v1/chat/completions", "", tuple(sent.items()), json.dumps(CHAT | more).encode())
    )


@pytest.mark.parametrize("dialect", ["portkey", "portkey-oss"])
@pytest.mark.parametrize(
    "headers",
    [
        {"x-portkey-request-timeout": "200"},
        {"x-portkey-config": '{"provider":"openai","api_key":"k","request_timeout":200}'},
    ],
)
def test_late_providers(dialect: str, headers: dict[str, str]) -> None:
    """9: where a provider takes longer than the request allows, the answer is 408, as late as that."""
    mock = Mock(compiled(), dialect=dialect, clock=ManualClock(), faults=[Fault(operation="*", delay=0.5)])
    late = _asked(mock, headers)
    status, body = told(late)
    assert (status, body["error"]["type"], set(body)) == (408, "timeout_error", {"error"})
    assert late.delivery is not None
    assert late.delivery.delay == 0.2
    for enough in ({"x-portkey-request-timeout": "900"}, {"x-portkey-request-timeout": "soon"}, {}):
        assert _asked(mock, enough).status == 200


def test_other_gateways_wait() -> None:
    """9: a gateway that is none of Portkey's does not know the header."""
    mock = Mock(compiled(), dialect="openai", clock=ManualClock(), faults=[Fault(operation="*", delay=0.5)])
    assert _asked(mock, {"x-portkey-request-timeout": "200"}).status == 200


def test_providers_without_cancel(speaker: Speaker) -> None:
    """10: what a provider does not have is 500, with a header that stops a fallback."""
    refused = speaker("POST", "/batches/b/cancel", headers={**ROUTE, "x-portkey-provider": "groq"})
    assert told(refused) == (500, {"status": "failure", "message": "cancelBatch is not supported by groq"})
    assert refused.header("x-portkey-gateway-exception") == "true"


def test_media_types_of_bytes(speaker: Speaker) -> None:
    """11: the content of a file is octets, and speech is MPEG."""
    file = speaker.upload(b"x")["id"]
    assert speaker("GET", f"/files/{file}/content").header("content-type") == "application/octet-stream"
    spoken = speaker("POST", "/audio/speech", {"model": "tts-1", "input": "Hello", "voice": "alloy"})
    assert spoken.header("content-type") == "audio/mpeg"


def test_a_slash_at_the_end(speaker: Speaker) -> None:
    """13: with a slash cancel is passed on: 200, but 500 with a content type and no body."""
    path = f"/batches/{speaker.batch(lines(1))['id']}/cancel/"
    assert speaker.json("POST", path)["status"] == "cancelling"
    refused = speaker("POST", path, headers={**ROUTE, "content-type": "application/json"})
    assert told(refused) == (500, {"status": "failure", "message": "Proxy error: Unexpected end of JSON input"})
    status, body = told(speaker("POST", "/batches/none/cancel/"))
    assert (status, set(body)) == (404, {"error"})


@pytest.mark.parametrize("dialect", ["portkey", "portkey-oss"])
@pytest.mark.parametrize("fault", [{"cut": 0.5}, {"cut": 0.5, "reset": True}])
def test_streams_that_are_cut(dialect: str, fault: Any) -> None:
    """14: a stream that the provider cuts off ends there after a whole event, cleanly and without its mark."""
    mock = Mock(compiled(), dialect=dialect, clock=ManualClock(), faults=[Fault(operation="*", **fault)])
    whole = Gateway(compiled(), dialect=dialect, clock=ManualClock())
    sent = {**ROUTE, **CREDENTIALS["portkey"], "content-type": "application/json"}
    body = json.dumps(CHAT | {"stream": True}).encode()
    stream = whole.handle(Request("POST", "/v1/chat/completions", "", tuple(sent.items()), body)).body
    cut = _asked(mock, {}, stream=True)
    clean = dialect == "portkey-oss"
    assert cut.delivery is not None
    assert (cut.delivery.cut is None, cut.delivery.reset) == (clean, not clean and "reset" in fault)
    assert stream.startswith(cut.body)
    assert (cut.body == stream) is not clean
    assert cut.body.endswith(b"\n\n")
    assert (b"[DONE]" in cut.body) is not clean
    assert _asked(mock, {}).delivery is not None


def test_methods_it_does_not_know(speaker: Speaker) -> None:
    """Whatever has no route is not found, in a shape of its own."""
    for method in ("TRACE", "PATCH", "PUT"):
        assert told(speaker(method, "/chat/completions")) == (404, {"message": "Not Found", "ok": False})


def test_a_crash_is_found_in_the_journal() -> None:
    """What the gateway refuses is in the journal under the operation that was meant."""
    mock = Mock(compiled(), dialect="portkey-oss", clock=ManualClock())
    mock.handle(Request("POST", "/v1/embeddings", "", tuple(ROUTE.items()), b"-"))
    mock.handle(Request("POST", "/v1/embeddings"))
    assert [call.status for call in mock.journal.calls_to("embeddings.create")] == [500, 400]


@pytest.mark.parametrize(
    ("digits", "kept"),
    [("7", 7), ("9007199254740993", 9007199254740992), ("1" + "0" * 30, 1e30), ("1" + "0" * 400, None)],
)
def test_whole_numbers_are_rounded(digits: str, kept: object) -> None:
    """Whole numbers are those of JavaScript: rounded from 2**53 on, and null where there is none so large."""
    body = b'{"model": "m", "messages": [{"role": "user", "content": "hi"}], "seed": %s}' % digits.encode()
    sent = Request("POST", "/v1/chat/completions", "", (*ROUTE.items(), ("content-type", "application/json")), body)
    assert json.loads(enter(sent).body)["seed"] == kept
