"""Guardrails that a config asks for: what they found stands in the answer, or in frames around a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from portkey_client import Portkey
from portkey_mock import Gateway, GatewayTransport, ManualClock, Request, Response
from tests.mock import spec
from tests.mock.test_dialects import CREDENTIALS
from tests.mock.test_streams import read

CONFIG = {
    "input_guardrails": ["pg-in"],
    "output_guardrails": [{"id": "pg-out", "deny": True, "checks": ["a", {"id": "b"}]}],
}
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
CHAT: dict[str, Any] = {"model": "m", "messages": HELLO}
BODIES: dict[str, dict[str, Any]] = {
    "/chat/completions": CHAT,
    "/completions": {"model": "m", "prompt": "a"},
    "/messages": {"model": "m", "max_tokens": 9, "messages": HELLO},
    "/prompts/p/completions": {"variables": {}},
}
DOCUMENT = spec.part("/chat", "/completions", "/messages", "/prompts", "/embeddings", "/configs", "/responses")


def ask(
    path: str,
    body: Any,
    config: Any,
    *,
    dialect: str = "portkey",
    strict: str | None = "false",
    gateway: Gateway | None = None,
) -> Response:
    """The answer to a call with a config, which is sent as JSON unless it is the id of a saved one."""
    gateway = gateway or Gateway(DOCUMENT, clock=ManualClock(), mode="document", dialect=dialect)
    sent = {**CREDENTIALS[dialect], "content-type": "application/json"}
    sent["x-portkey-config"] = config if isinstance(config, str) else json.dumps(config)
    if strict is not None:
        sent["x-portkey-strict-open-ai-compliance"] = strict
    return gateway.handle(Request("POST", "/v1" + path, "", tuple(sent.items()), json.dumps(body).encode()))


def frames(response: Response) -> tuple[list[Any], list[Any], list[Any]]:
    """The frames of hook results before the answer, the answer's own, and those that follow it."""
    events = read(response.body)
    own = [at for at, (_, data) in enumerate(events) if data == "[DONE]" or "hook_results" not in data]
    return events[: own[0]], events[own[0] : own[-1] + 1], events[own[-1] + 1 :]


@pytest.mark.parametrize("path", sorted(BODIES))
def test_frames_around_a_stream(path: str) -> None:
    """The first frame tells what was found before, the one after the end what was found afterwards."""
    body = BODIES[path] | {"stream": True}
    (before,), answer, (after,) = frames(ask(path, body, CONFIG))
    name = "hook_results" if path == "/messages" else None
    assert (before[0], after[0]) == (name, name)
    (found,) = before[1]["hook_results"]["before_request_hooks"]
    assert (found["id"], found["verdict"], found["deny"]) == ("pg-in", True, False)
    (found,) = after[1]["hook_results"]["after_request_hooks"]
    assert (found["id"], found["deny"], [each["id"] for each in found["checks"]]) == ("pg-out", True, ["a", "b"])
    declared = spec.validator({"$ref": "#/components/schemas/HookResults"})
    assert declared.is_valid(before[1]["hook_results"])
    assert declared.is_valid(after[1]["hook_results"])
    assert answer == read(ask(path, body, {}).body)
    assert answer[-1][1] in ("[DONE]", {"type": "message_stop"})


def test_the_open_gateway_says_nothing_after_the_end() -> None:
    """The frame after the end is the hosted service's own."""
    before, _, after = frames(ask("/chat/completions", CHAT | {"stream": True}, CONFIG, dialect="portkey-oss"))
    assert (len(before), after) == (1, [])


@pytest.mark.parametrize("strict", [None, "true"])
def test_no_frames_where_openai_is_to_be_followed(strict: str | None) -> None:
    """Unless the header forbids it to be, a stream is as OpenAI's; frames would break its readers."""
    before, answer, after = frames(ask("/chat/completions", CHAT | {"stream": True}, CONFIG, strict=strict))
    assert (before, after) == ([], [])
    assert answer


@pytest.mark.parametrize("strict", [None, "false"])
@pytest.mark.parametrize("path", [*sorted(BODIES), "/embeddings"])
def test_an_answer_at_once(path: str, strict: str | None) -> None:
    """Without a stream the results are members of the answer."""
    body = json.loads(ask(path, BODIES.get(path, {"model": "m", "input": "i"}), CONFIG, strict=strict).body)
    results = body.get("body", body)["hook_results"]
    assert [each["id"] for each in results["before_request_hooks"]] == ["pg-in"]
    assert [each["id"] for each in results["after_request_hooks"]] == ["pg-out"]


def test_one_side_only() -> None:
    """A config with guardrails before the request brings no word of any after it, and the other way round."""
    for names, side in ((("before_request_hooks", "input_guardrails"), 0), (("after_request_hooks",), 2)):
        for name in names:
            found = frames(ask("/chat/completions", CHAT | {"stream": True}, {name: [{"checks": []}]}))
            assert [len(found[0]), len(found[2])] == [int(side == 0), int(side == 2)]
            ((_, told),) = found[side]
            ((result,),) = told["hook_results"].values()
            assert result["id"] == "guardrail-1"


def test_the_nearest_target_decides() -> None:
    """Guardrails of a target take the place of those above it, and hold for what is below."""
    config = {**CONFIG, "targets": [{"input_guardrails": ["near"], "targets": [{"provider": "openai"}]}]}
    results = json.loads(ask("/chat/completions", CHAT, config).body)["hook_results"]
    assert [each["id"] for each in results["before_request_hooks"]] == ["near"]
    assert [each["id"] for each in results["after_request_hooks"]] == ["pg-out"]


def test_a_saved_config() -> None:
    """Portkey's service knows configs by their ids; what is no config, or none that is known, guards nothing."""
    gateway = Gateway(DOCUMENT, clock=ManualClock())
    made = json.loads(ask("/configs", {"name": "c", "config": CONFIG}, {}, gateway=gateway).body)
    found = json.loads(ask("/chat/completions", CHAT, made["slug"], gateway=gateway).body)["hook_results"]
    assert [each["id"] for each in found["before_request_hooks"]] == ["pg-in"]
    assert json.loads(ask("/chat/completions", CHAT, "pc-other", gateway=gateway).body)["hook_results"] is None


def test_what_is_not_guarded() -> None:
    """Refusals, operations without guardrails, and answers of the caller's own that tell of others stay as they are."""
    assert "hook_results" not in json.loads(ask("/chat/completions", {}, CONFIG).body)
    assert b"hook_results" not in ask("/responses", {"model": "m", "input": "i"}, CONFIG).body
    gateway = Gateway(DOCUMENT, clock=ManualClock())
    gateway.answer("chat.completions.create", {"hook_results": {"before_request_hooks": []}})
    answer = json.loads(ask("/chat/completions", CHAT, CONFIG, gateway=gateway).body)
    assert answer == {"hook_results": {"before_request_hooks": []}}
    gateway.answer("chat.completions.create", [])
    assert json.loads(ask("/chat/completions", CHAT, CONFIG, gateway=gateway).body) == []
    gateway.answer("chat.completions.create", lambda _: Response(200, (("content-type", "text/plain"),), b"plain"))
    assert ask("/chat/completions", CHAT, CONFIG, gateway=gateway).body == b"plain"


def test_openai_has_none() -> None:
    """OpenAI does not know Portkey's header."""
    assert json.loads(ask("/chat/completions", CHAT, CONFIG, dialect="openai").body).get("hook_results") is None


@pytest.fixture
def client() -> Iterator[Portkey]:
    http = httpx.Client(transport=GatewayTransport(Gateway(clock=ManualClock())))
    with http, Portkey(api_key="k", config=CONFIG, strict_open_ai_compliance=False, http_client=http) as portkey:
        yield portkey


def test_our_client_reads_the_frames(client: Portkey) -> None:
    """The client takes no frame for a piece of the answer, and has what all of them told when the stream is over."""
    stream: Any = client.chat.completions.create(**CHAT, stream=True)
    with stream:
        pieces = list(stream)
    assert all(piece.choices for piece in pieces)
    assert {name: [each["id"] for each in found] for name, found in stream.hook_results.items()} == {
        "before_request_hooks": ["pg-in"],
        "after_request_hooks": ["pg-out"],
    }
