from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from portkey_client import APIError, ConnectionFailedError, Event, StreamTruncatedError
from portkey_client.observe import is_secret, redacted, secrets, shown, without
from tests.client.frames import CHAT, DONE, carrying, frames
from tests.client.wire import Wire, batch

CONFIG = {
    "strategy": {"mode": "fallback"},
    "targets": [
        {"provider": "openai", "api_key": "sk-inside-1"},
        {"provider": "azure", "api_key": "sk-inside-2", "virtual_key": "vk-inside-3"},
        {"provider": "bedrock", "aws_secret_access_key": "aws-inside-4", "override_params": {"max_tokens": 5}},
    ],
}
CREDENTIALS = {
    "virtual_key": None,
    "authorization": "sk-secret-5",
    "provider": "openai",
    "config": json.dumps(CONFIG),
    "headers": {
        "x-portkey-virtual-key": "vk-secret-2",
        "x-portkey-azure-ad-token": "ad-secret-6",
        "x-portkey-aws-session-token": "aws-secret-7",
    },
}
WHOLE = [
    "pk-secret-1", "vk-secret-2", "sk-inside-1", "sk-inside-2", "vk-inside-3", "aws-inside-4", "sk-secret-5",
    "ad-secret-6", "aws-secret-7",
]  # fmt: skip
HIDDEN = ["secret-1", "secret-2", "inside-1", "inside-2", "inside-3", "inside-4", "secret-5", "secret-6", "secret-7"]


# -- what is a credential


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "proxy-authorization", "Cookie", "set-cookie", "x-portkey-api-key", "x-portkey-virtual-key",
        "x-portkey-config", "x-portkey-aws-secret-access-key", "x-portkey-aws-access-key-id", "api-key", "x-api-key",
        "x-portkey-aws-session-token", "x-portkey-azure-ad-token", "x-portkey-azure-entra-client-secret",
        "x-portkey-vertex-service-account-json", "x-portkey-oracle-private-key", "x-portkey-oracle-key-passphrase",
        "api_key", "apiKey", "key", "password", "accessToken", "ocp-apim-subscription-key",
        "x-goog-api-key", "x-auth-hash",
    ],
)  # fmt: skip
def test_credentials_are_known_by_name(name: str) -> None:
    """Every header and field that holds a credential is known as one."""
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "x-portkey-provider", "x-portkey-trace-id", "x-portkey-metadata", "content-type", "max_tokens", "provider",
        "idempotency-key", "x-ratelimit-remaining-tokens", "x-portkey-custom-host", "monkey",
    ],
)  # fmt: skip
def test_what_is_no_credential_stays_readable(name: str) -> None:
    """What helps to find a fault is shown."""
    assert not is_secret(name)


def test_a_config_is_shown_without_its_keys() -> None:
    """Of a config in JSON only the credentials are hidden; a saved id, and what is no JSON object, is hidden whole."""
    text = redacted({"X-Portkey-Config": json.dumps(CONFIG)})["X-Portkey-Config"]
    assert "inside" not in text
    assert json.loads(text)["targets"][0] == {"provider": "openai", "api_key": "***"}
    assert json.loads(text)["targets"][2]["override_params"] == {"max_tokens": 5}
    for config in ("pc-saved", "[1]", "{broken", "[" * 100_000):
        assert redacted({"x-portkey-config": config}) == {"x-portkey-config": "***"}


def test_credentials_are_found_to_be_kept_out_of_messages() -> None:
    """The key is found with and without its scheme, and each key of a config; what is short or public is not one."""
    config = {"api_key": {"a": ["sk-deep-1"], "n": 7}, "provider": "openai", "key": "Bearer sk-deep-2"}
    found = secrets({"Authorization": "Bearer sk-secret-5", "x-portkey-config": json.dumps(config), "cookie": "abc"})
    assert {"Bearer sk-secret-5", "sk-secret-5", "sk-deep-1", "sk-deep-2"} <= set(found)
    assert not {"openai", "abc", "Bearer"} & set(found)
    assert without({"sk-deep-1": ["say sk-deep-1", 7, None]}, found) == {"sk-deep-1": ["say ***", 7, None]}


def test_an_address_is_shown_without_its_credentials() -> None:
    """User and password in front of a host are left out."""
    assert shown("http://user:pass@host:1/v1/x%40y") == "http://host:1/v1/x%40y"
    assert shown("http://host/v1/a@b") == "http://host/v1/a@b"


# -- hooks and the log


def failing(error: Exception) -> Any:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


def script(*steps: Any) -> Wire:
    waiting = iter(steps)

    def answer(request: httpx.Request) -> httpx.Response:
        step = next(waiting)
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step, json=batch(), headers={"set-cookie": "session-secret-8"})

    return Wire(answer)


def test_hooks_see_every_attempt() -> None:
    """A hook is told of each request, answer, failure and wait, in order, without a credential."""
    events: list[Event] = []
    wire = script(httpx.ReadTimeout("slow"), 503, 200)
    wire.client(**CREDENTIALS, hooks=[events.append]).batches.retrieve("b", extra_query={"api_key": "query-secret-9"})
    assert [(each.kind, each.attempt, each.status, each.error, each.wait) for each in events] == [
        ("request", 1, None, None, 0.0),
        ("failure", 1, None, "ReadTimeout", 0.0),
        ("retry", 1, None, "ReadTimeout", 0.5),
        ("request", 2, None, None, 0.0),
        ("answer", 2, 503, None, 0.0),
        ("retry", 2, 503, None, 1.0),
        ("request", 3, None, None, 0.0),
        ("answer", 3, 200, None, 0.0),
    ]
    assert {(each.operation, each.method, each.url) for each in events} == {
        ("batches.retrieve", "GET", "https://api.portkey.ai/v1/batches/b")
    }
    assert events[0].headers["x-portkey-provider"] == "openai"
    assert not [name for name in (*HIDDEN, "secret-8", "secret-9") if name in repr(events)]


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING])
def test_the_log_holds_no_credential(level: int, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the level, no line of the log holds a credential, a prompt or an answer."""
    with caplog.at_level(level, logger="portkey_client"):
        script(503, 200).client(**CREDENTIALS).batches.retrieve("b")
        client = script(246).client(**CREDENTIALS)
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "a private prompt"}])
    lines = [each.getMessage() for each in caplog.records if each.name == "portkey_client"]
    assert len(lines) == {logging.DEBUG: 7, logging.INFO: 2, logging.WARNING: 1}[level]
    assert not [name for name in (*HIDDEN, "secret-8", "private", "batch_abc123") if name in "\n".join(lines)]
    assert lines[-1].startswith("chat.completions.create, attempt 1: 246, a guardrail failed after 0.00 s {")


def test_the_lines_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The log tells in one line each what is sent, what came, what failed and when it is tried again."""
    with caplog.at_level(logging.DEBUG, logger="portkey_client"):
        script(httpx.ConnectError("no"), 200).client().batches.retrieve("b")
    lines = [each.getMessage() for each in caplog.records if each.name == "portkey_client"]
    starts = [
        "batches.retrieve, attempt 1: GET https://api.portkey.ai/v1/batches/b {'Accept': 'application/json', 'User-",
        "batches.retrieve, attempt 1: ConnectError after 0.00 s",
        "batches.retrieve, attempt 1: ConnectError; again in 0.50 s",
        "batches.retrieve, attempt 2: GET",
        "batches.retrieve, attempt 2: 200 after 0.50 s {",
    ]
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts
    assert "'x-portkey-api-key': '***'" in lines[0]


def test_what_a_hook_raises_ends_the_call() -> None:
    """An exception of a hook is the caller's own and comes through; the lane is given back."""

    def hook(event: Event) -> None:
        raise LookupError(event.kind)

    with pytest.raises(LookupError, match="request"):
        script(200).client(hooks=[hook]).batches.list()


@pytest.mark.parametrize("secret", WHOLE)
def test_no_error_repeats_a_credential(secret: str) -> None:
    """A gateway, or a transport, that echoes a credential does not get it into an exception."""
    echoes: list[Any] = [
        httpx.Response(400, text=f"bad key {secret}!"),
        httpx.Response(400, json={"error": {"message": f"bad {secret}", "inner": [secret]}}),
        httpx.Response(400, headers={"x-echo": secret}),
        failing(httpx.ConnectError(f"no {secret}")),
    ]
    for echo in echoes:
        with pytest.raises((APIError, ConnectionFailedError)) as caught:
            Wire(echo).client(**CREDENTIALS, retries=0).batches.list()
        assert secret not in f"{caught.value} {caught.value!r} {vars(caught.value)!r}"


# -- spans


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    return kept


def test_a_call_is_a_span(exporter: InMemorySpanExporter) -> None:
    """A call is one client span by the HTTP conventions, a child of the caller's, with an event for each retry."""
    exporter.clear()
    with trace.get_tracer("test").start_as_current_span("outer") as outer:
        script(httpx.ReadTimeout("slow"), 503, 200).client(base_url="http://127.0.0.1:9/v1").batches.retrieve("b")
    span, _ = exporter.get_finished_spans()
    assert (span.name, span.kind) == ("GET /batches/{batch_id}", trace.SpanKind.CLIENT)
    assert span.parent is not None
    assert span.parent.span_id == outer.get_span_context().span_id
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "url.full": "http://127.0.0.1:9/v1/batches/b",
        "url.template": "/batches/{batch_id}",
        "server.address": "127.0.0.1",
        "server.port": 9,
        "portkey.operation": "batches.retrieve",
        "http.response.status_code": 200,
        "http.request.resend_count": 2,
    }
    assert [(each.name, (each.attributes or {})["error.type"]) for each in span.events] == [
        ("retry", "ReadTimeout"),
        ("retry", "503"),
    ]
    assert span.status.is_ok


def test_a_failed_call_is_a_failed_span(exporter: InMemorySpanExporter) -> None:
    """An error ends the span as failed, with its status, or its class where no answer came, and no credential."""
    exporter.clear()
    with pytest.raises(APIError):
        Wire(httpx.Response(404, text="no pk-secret-1")).client().batches.list()
    with pytest.raises(ConnectionFailedError):
        Wire(failing(httpx.ConnectError("pk-secret-1"))).client(retries=0).batches.list()
    found, lost = exporter.get_finished_spans()
    assert (found.attributes or {})["error.type"] == "404"
    assert (found.attributes or {})["http.response.status_code"] == 404
    assert (lost.attributes or {})["error.type"] == "ConnectionFailedError"
    assert [each.status.status_code for each in (found, lost)] == [trace.StatusCode.ERROR] * 2
    assert "secret" not in found.to_json() + lost.to_json()


COMPLETION = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-2024",
    "choices": [{"finish_reason": "stop"}, {"finish_reason": None}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3},
}
MESSAGE = {"id": "msg_1", "model": "c", "stop_reason": "end_turn", "usage": {"input_tokens": 5, "output_tokens": 2}}


def test_a_completion_follows_the_conventions_for_generative_ai(exporter: InMemorySpanExporter) -> None:
    """Operation, provider, model, settings and tokens are recorded; prompts and answers are not."""
    exporter.clear()
    wire = Wire(httpx.Response(200, json=COMPLETION, headers={"x-portkey-provider": "azure-openai"}))

    async def call() -> None:
        client = wire.async_client(provider="@openai-prod", virtual_key=None)
        await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "a private prompt"}], temperature=0.5
        )

    asyncio.run(call())
    (span,) = exporter.get_finished_spans()
    generative = {name: value for name, value in (span.attributes or {}).items() if name.startswith("gen_ai.")}
    assert span.name == "chat gpt-4o"
    assert generative == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azure-openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o-2024",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
    }
    assert "private" not in span.to_json()


def test_other_shapes_of_generative_answers(exporter: InMemorySpanExporter) -> None:
    """A message's tokens and reason are found under their own names; an answer without any leaves them out."""
    exporter.clear()
    wire = Wire(httpx.Response(200, json=MESSAGE))
    wire.client(headers={"X-Portkey-Provider": "anthropic"}).messages.create(model="c", messages=[], max_tokens=9)
    Wire(httpx.Response(200, json=[])).client().embeddings.create(model="e", input="text")
    message, nothing = exporter.get_finished_spans()
    assert (message.attributes or {})["gen_ai.usage.input_tokens"] == 5
    assert (message.attributes or {})["gen_ai.response.finish_reasons"] == ("end_turn",)
    assert (message.attributes or {})["gen_ai.provider.name"] == "anthropic"
    assert nothing.name == "embeddings e"
    assert (nothing.attributes or {})["gen_ai.provider.name"] == "portkey"
    assert not [name for name in nothing.attributes or {} if name.startswith(("gen_ai.usage", "gen_ai.response"))]


def test_a_program_that_does_not_trace_imports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody imported OpenTelemetry, a call does not either, although it is installed."""
    code = (
        "import sys, httpx; from portkey_client import Portkey; "
        "http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={}))); "
        "Portkey(api_key='x', virtual_key='y', http_client=http).batches.list(); "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    assert script(503, 200).client().batches.retrieve("b").id == "batch_abc123"
    with pytest.raises(APIError):
        script(404).client().batches.retrieve("b")


def test_the_span_of_a_stream_ends_with_the_stream(exporter: InMemorySpanExporter) -> None:
    """It lasts until the last event or the failure, has the usage, and is no parent of what follows."""
    exporter.clear()
    for body in (frames(*CHAT) + DONE, frames(*CHAT)):
        stream = carrying(body).client().chat.completions.create(model="m", messages=[], stream=True)
        before = len(exporter.get_finished_spans())
        assert not trace.get_current_span().is_recording()
        with contextlib.suppress(StreamTruncatedError):
            list(stream)
        assert len(exporter.get_finished_spans()) == before + 1
    whole, cut = exporter.get_finished_spans()
    for span in (whole, cut):
        assert span.name == "chat m"
        told = dict(span.attributes or {})
        assert (told["http.response.status_code"], told["gen_ai.usage.output_tokens"]) == (200, 2)
    assert whole.status.is_unset
    assert (cut.status.is_ok, (cut.attributes or {})["error.type"]) == (False, "StreamTruncatedError")
