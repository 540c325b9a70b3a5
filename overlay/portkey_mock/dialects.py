"""The gateways the mock can be: what each takes, has and says otherwise than Portkey's service, as data.

Sources are the public pages of the gateways, and runs of the open one. Where an example of an answer is published, the
answer here has its keys and no others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from portkey_mock.document import Credential, Operation
from portkey_mock.errors import Refusal, customary
from portkey_mock.jsonvalue import Json, JsonObject, is_object
from portkey_mock.message import Headers, Request

Operations: TypeAlias = Mapping[tuple[str, str], Operation]

_BEARER: Final = ((Credential("authorization", "header", "bearer"),),)
_OWN_STATUSES: Final = frozenset({400, 401, 405, 413, 415, 426})
"""What a gateway answers before a provider is asked."""


_GUARDED: Final = frozenset({"hook_results"})
"""What only Portkey's service adds to an answer."""


def _anything(_: object) -> bool:
    return True


def _enter(_: Request) -> None:
    """Refuses nothing."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One gateway.

    Attributes:
        base: the path its API is found under.
        slash: whether its paths end with a slash.
        credentials: what has to be sent; None for what the document says.
        has: whether it has an operation.
        enter: refuses what it refuses before it looks for an operation.
        error: the body of a refusal; None for the shapes of the document.
        statuses: what it answers in place of another status.
        hosted: whether it is Portkey's service, which keeps configs under ids.
        portkey_headers: whether its answers carry `x-portkey-*` headers; the others carry `x-request-id`.
        untraced: the trace id of an answer where none was sent; None for no header.
        nulls: members that a batch shows as null until they are known; None for all that the document lets be null.
        omits: members that a batch never shows.
    """

    name: str
    base: str = "/v1"
    slash: bool = False
    credentials: tuple[tuple[Credential, ...], ...] | None = None
    has: Callable[[Operation], bool] = _anything
    enter: Callable[[Request], None] = _enter
    error: Callable[[Refusal, Request], Json] | None = None
    statuses: Mapping[int, int] = field(default_factory=dict[int, int])
    hosted: bool = False
    portkey_headers: bool = True
    untraced: str | None = None
    nulls: frozenset[str] | None = None
    omits: frozenset[str] = frozenset()

    def operations(self, all_of_them: Operations) -> Operations:
        """The operations it has, asking for its own credentials."""
        had = {key: each for key, each in all_of_them.items() if self.has(each)}
        if self.credentials is None:
            return had
        return {key: replace(each, alternatives=self.credentials) for key, each in had.items()}

    def path(self, request: Request) -> str:
        """The path of a request without the slash it has to end with.

        Raises:
            Refusal: 404 if the slash is missing.
        """
        if not self.slash:
            return request.path
        if not request.path.endswith("/"):
            raise Refusal(404, "The path has to end with a slash.", code="unknown_url", at="/path")
        return request.path[:-1]

    def headers(self, request: Request, refusal: Refusal | None, request_id: Callable[[], str]) -> Headers:
        """What an answer carries beside its body; `request_id` makes a new id where one is wanted."""
        if not self.portkey_headers:
            return (("x-request-id", request_id()),)
        trace = request.header(_TRACE) if request.header(_TRACE) is not None else self.untraced
        traced = () if trace is None else ((_TRACE, trace),)
        if refusal is not None and (refusal.status in _OWN_STATUSES or refusal.code == "unknown_url"):
            return traced
        return (
            ("x-portkey-cache-status", "DISABLED"),
            ("x-portkey-last-used-option-index", "config"),
            ("x-portkey-provider", provider_of(request)),
            ("x-portkey-retry-attempt-count", "0"),
            *traced,
        )

    def batch(self, body: JsonObject) -> JsonObject:
        """A batch as this gateway shows it."""
        had = {name: value for name, value in body.items() if name not in self.omits}
        if self.nulls is None:
            return had
        shown = {name: value for name, value in had.items() if value is not None}
        known: JsonObject = {**dict.fromkeys(sorted(self.nulls)), **shown, "metadata": body.get("metadata") or {}}
        if "cancelling_at" in self.omits and body.get("status") == "cancelling":
            known["cancelled_at"] = body.get("cancelling_at")
        return known


CONFIG: Final = "x-portkey-config"
"""The header with a config: in JSON, or the id of a saved one."""

_TRACE: Final = "x-portkey-trace-id"


def provider_of(request: Request) -> str:
    """The provider that a request is for, in lower case: named in a header, or in the config that a header holds."""
    named = request.header("x-portkey-provider") or config_of(request).get("provider")
    plain = isinstance(named, str) and named.isascii() and named.isprintable()
    return str(named).removeprefix("@").lower() if plain else "openai"


def config_of(request: Request) -> JsonObject:
    """The config in the header; nothing if it is not there or is the id of a saved one."""
    text = request.header(CONFIG)
    if not text:
        return {}
    with suppress(ValueError, RecursionError):
        config: Json = json.loads(text)
        return config if is_object(config) else {}
    return {}


def _segment(operation: Operation) -> str:
    return operation.path.split("/")[1]


# The open gateway

_CANNOT_CANCEL: Final = frozenset({"groq", "anthropic", "mistral", "together-ai", "fireworks-ai", "ollama"})
_NEVER_WORKS: Final = ("/prompts", "/prompts/partials")
_OWN_ROUTES: Final = frozenset(
    {"audio", "batches", "chat", "completions", "embeddings", "files", "fine_tuning", "images", "messages", "responses"}
)


def _oss_has(operation: Operation) -> bool:
    """PUT and PATCH have no route. What belongs to Portkey's service is passed on, and no provider has it."""
    service = operation.plane != "data_plane" or _segment(operation) in ("prompts", "logs", "feedback")
    return operation.method not in ("PUT", "PATCH") and not service


def _oss_enter(request: Request) -> None:
    """A method without a route is not found; everything else needs a provider, or a config that is written out."""
    if request.method in ("PUT", "PATCH"):
        raise Refusal(404, "Not Found", code="no_route")
    named, config = request.header("x-portkey-provider"), request.header(CONFIG)
    if not named and not config:
        message = "Send the header x-portkey-provider, or x-portkey-config with a config in JSON."
        raise Refusal(400, message, code="no_routing", at="/header/x-portkey-provider")
    if config and not config_of(request):
        message = "The header x-portkey-config has to hold a config in JSON; saved configs are not known here."
        raise Refusal(400, message, code="no_routing", at="/header/x-portkey-config")
    path = request.path.removeprefix("/v1")
    if request.method == "POST" and path.startswith(_NEVER_WORKS) and not path.endswith("makeDefault"):
        raise Refusal(500, "Prompts are not kept here.", code="gateway_failure")
    if path.startswith("/batches/") and path.endswith("/cancel") and provider_of(request) in _CANNOT_CANCEL:
        raise Refusal(500, f"cancelBatch is not supported by {provider_of(request)}", code="gateway_failure")


def _oss_error(refusal: Refusal, request: Request) -> Json:
    """The gateway's own refusals, or the provider's: with its name on routes of the gateway's own."""
    if refusal.code == "no_route":
        return {"message": refusal.message, "ok": False}
    if refusal.code in ("no_routing", "gateway_failure"):
        return {"status": "failure", "message": refusal.message}
    body = customary(refusal)
    if request.path.removeprefix("/v1").split("/")[1:2] not in [[name] for name in _OWN_ROUTES]:
        return body
    provider = provider_of(request)
    return {"error": {**body["error"], "message": f"{provider} error: {refusal.message}"}, "provider": provider}


# OpenAI and Respan

_NOT_OPENAI: Final = frozenset({"feedback", "logs", "messages", "model-configs", "ocr", "prompts", "rerank"})


def _openai_has(operation: Operation) -> bool:
    own = operation.plane == "data_plane" and _segment(operation) not in _NOT_OPENAI
    return own and not operation.path.endswith("/output")


def _openai_error(refusal: Refusal, _: Request) -> Json:
    return customary(refusal)


def _respan_has(operation: Operation) -> bool:
    """Its other routes lie elsewhere, or are not confirmed."""
    return _segment(operation) in ("batches", "files") and not operation.path.endswith("/output")


def _respan_error(refusal: Refusal, _: Request) -> Json:
    if refusal.status == 401:
        return {"error": "Authentication credentials were not provided."}
    ended = f"Batch is already {refusal.state} and cannot be cancelled"
    message = refusal.message if refusal.state is None else ended
    return {"error": {"message": message, "type": "invalid_request_error"}}


DIALECTS: Final[Mapping[str, Dialect]] = {
    each.name: each
    for each in (
        Dialect("portkey", hosted=True),
        Dialect(
            "portkey-oss",
            credentials=(),
            has=_oss_has,
            enter=_oss_enter,
            error=_oss_error,
            untraced="",
            nulls=frozenset({"errors", "output_file_id", "error_file_id", "completed_at"}),
            omits=_GUARDED | {"cancelling_at", "expires_at"},
        ),
        Dialect(
            "openai",
            credentials=_BEARER,
            has=_openai_has,
            error=_openai_error,
            portkey_headers=False,
            omits=_GUARDED,
        ),
        Dialect(
            "respan",
            base="/api/v1",
            slash=True,
            credentials=_BEARER,
            has=_respan_has,
            error=_respan_error,
            statuses={409: 400},
            portkey_headers=False,
            omits=_GUARDED,
            nulls=frozenset(
                {
                    "errors",
                    "output_file_id",
                    "error_file_id",
                    "finalizing_at",
                    "completed_at",
                    "failed_at",
                    "expired_at",
                    "cancelled_at",
                }
            ),
        ),
    )
}
"""The gateways by name."""


def chosen(name: str) -> Dialect:
    """The dialect of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in DIALECTS:
        raise ValueError(f"dialect {name!r} is not one of {', '.join(DIALECTS)}")
    return DIALECTS[name]
