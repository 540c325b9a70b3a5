"""Guardrails, also called hooks: which of them a config asks for, and how an answer tells what they found.

None is run: each one finds that all is well. What happens when one does not is a fault of the statuses 246 or 446.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from portkey_mock import sse
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.message import Response, json_response
from portkey_mock.routing import shape

STRICT: Final = "x-portkey-strict-open-ai-compliance"
"""The header that keeps frames out of a stream that OpenAI's do not have; it does so unless it is `false`."""

_NAMES: Final = {
    "before_request_hooks": ("input_guardrails", "before_request_hooks"),
    "after_request_hooks": ("output_guardrails", "after_request_hooks"),
}
"""The members of a config that ask for guardrails, by where an answer tells of them."""

_GUARDED: Final = frozenset(
    {"/chat/completions", "/completions", "/embeddings", "/messages", "/prompts/{}/completions"}
)
"""What is guarded, by the shape of the path that is posted to."""


@dataclass(frozen=True, slots=True)
class Guarding:
    """What guards a call.

    Attributes:
        results: what was found, as an answer tells it; by `before_request_hooks` and `after_request_hooks`.
        framed: whether a stream begins with a frame of its own about what was found before.
        hosted: whether another one about what was found afterwards follows the end of the stream.
    """

    results: JsonObject
    framed: bool
    hosted: bool

    def told(self, template: str, response: Response) -> Response:
        """`response` to a call of the path `template`, with what was found."""
        if not self.results or response.status >= 400 or shape(template) not in _GUARDED:
            return response
        if response.chunks:
            chunks = tuple(self._frames(template, response.chunks)) if self.framed else response.chunks
            return replace(response, body=b"".join(chunks), chunks=chunks)
        if response.header("content-type") != "application/json":
            return response
        return json_response(response.status, _laid(json.loads(response.body), self.results))

    def _frames(self, template: str, chunks: tuple[bytes, ...]) -> Iterator[bytes]:
        name = "hook_results" if template == "/messages" else None
        before, after = ({key: self.results[key]} if key in self.results else None for key in _NAMES)
        if before is not None:
            yield sse.event({"hook_results": before}, name)
        yield from chunks
        if after is not None and self.hosted:
            yield sse.event({"hook_results": after}, name)


def guarding(config: JsonObject, strict: str | None, now: str, *, hosted: bool) -> Guarding:
    """What guards a call with `config`; `strict` is the value of the header `STRICT`, `now` an RFC 3339 time."""
    nearest = config
    while is_array(targets := nearest.get("targets")) and targets and is_object(targets[0]):
        nearest = {**{name: value for name, value in nearest.items() if name != "targets"}, **targets[0]}
    found = {
        place: [_result(each, number, now) for number, each in enumerate(_listed(nearest, names), start=1)]
        for place, names in _NAMES.items()
    }
    return Guarding({place: each for place, each in found.items() if each}, strict == "false", hosted)


def _listed(config: JsonObject, names: tuple[str, ...]) -> list[Json]:
    return [each for name in names if is_array(config.get(name)) for each in config[name]]


def _result(asked: Json, number: int, now: str) -> JsonObject:
    """What a guardrail found that is named by its id, or written out."""
    given: JsonObject = asked if is_object(asked) else {"id": asked}
    checks: Json = given.get("checks")
    return {
        "id": str(given.get("id", f"guardrail-{number}")),
        "type": "guardrail",
        "verdict": True,
        "deny": given.get("deny") is True,
        "async": given.get("async") is True,
        "transformed": False,
        "execution_time": 1,
        "created_at": now,
        "checks": [_check(each) for each in checks] if is_array(checks) else [],
        "feedback": None,
    }


def _check(asked: Json) -> JsonObject:
    name = str(asked.get("id", "check")) if is_object(asked) else str(asked)
    return {"id": name, "verdict": True, "transformed": False, "execution_time": 1, "data": None, "error": None}


def _laid(body: Json, results: JsonObject) -> Json:
    """`body` with `results` in it, or in the answer that a prompt led to, unless it tells of others already."""
    if not is_object(body) or body.get("hook_results"):
        return body
    inner: Json = body.get("body")
    return {**body, "body": _laid(inner, results)} if is_object(inner) else {**body, "hook_results": results}
