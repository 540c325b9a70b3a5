"""The gateways the mock can be: what each takes, has and says otherwise than Portkey's service, as data.

Sources are the public pages of the gateways, and runs of the open one (see `oss`). Where an example of an answer is
published, the answer here has its keys and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, TypeAlias

from portkey_mock import oss
from portkey_mock.configs import patience_of, provider_of
from portkey_mock.document import Credential, Operation
from portkey_mock.errors import Refusal, customary
from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.message import Headers, Request, Response
from portkey_mock.validation import Call

Operations: TypeAlias = Mapping[tuple[str, str], Operation]

_BEARER: Final = ((Credential("authorization", "header", "bearer"),),)
_OWN_STATUSES: Final = frozenset({400, 401, 405, 413, 415, 426})
"""What a gateway answers before a provider is asked."""


_GUARDED: Final = frozenset({"hook_results"})
"""What only Portkey's service adds to an answer."""


def _is_own(refusal: Refusal) -> bool:
    return refusal.status in _OWN_STATUSES or refusal.code == "unknown_url"


def _anything(_: object) -> bool:
    return True


def _as_it_is(request: Request) -> Request:
    return request


def _shown(_: Call, response: Response) -> Response:
    return response


def _refused(refusal: Refusal, _: str) -> Response:
    raise refusal


@dataclass(frozen=True, slots=True)
class Dialect:
    """One gateway.

    Attributes:
        base: the path its API is found under.
        slash: whether its paths end with a slash.
        credentials: what has to be sent; None for what the document says.
        has: whether it has an operation.
        enter: the request it makes of one before it looks for an operation, or a refusal.
        error: the body of a refusal; None for the shapes of the document.
        own: whether a refusal is its own, and tells of no provider.
        rescue: what it answers at a place, by the shape of its path, where the core refuses; it may refuse as well.
        shown: the answer it makes of one.
        statuses: what it answers in place of another status.
        hosted: whether it is Portkey's service, which keeps configs under ids.
        portkey_headers: whether its answers carry `x-portkey-*` headers; the others carry `x-request-id`.
        untraced: the trace id of an answer where none was sent; None for no header.
        nulls: members that a batch shows as null until they are known; None for all that the document lets be null.
        omits: members that a batch never shows.
        ends_cleanly: whether a stream that is cut off ends as if nothing were missing.
    """

    name: str
    base: str = "/v1"
    slash: bool = False
    credentials: tuple[tuple[Credential, ...], ...] | None = None
    has: Callable[[Operation], bool] = _anything
    enter: Callable[[Request], Request] = _as_it_is
    error: Callable[[Refusal, Request], Json] | None = None
    own: Callable[[Refusal], bool] = _is_own
    rescue: Callable[[Refusal, str], Response] = _refused
    shown: Callable[[Call, Response], Response] = _shown
    statuses: Mapping[int, int] = field(default_factory=dict[int, int])
    hosted: bool = False
    portkey_headers: bool = True
    untraced: str | None = None
    nulls: frozenset[str] | None = None
    omits: frozenset[str] = frozenset()
    ends_cleanly: bool = False

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

    def patience(self, request: Request) -> float | None:
        """The seconds that `request` gives a provider, after which it is answered with 408; None for any."""
        return patience_of(request) if self.portkey_headers else None

    def headers(self, request: Request, refusal: Refusal | None, request_id: Callable[[], str]) -> Headers:
        """What an answer carries beside its body; `request_id` makes a new id where one is wanted."""
        if not self.portkey_headers:
            return (("x-request-id", request_id()),)
        sent = request.header(_TRACE)
        if refusal is not None and self.own(refusal):
            return () if sent is None else ((_TRACE, sent),)
        trace = self.untraced if sent is None else sent
        return _of_portkey(provider_of(request), trace)

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


_TRACE: Final = "x-portkey-trace-id"


@lru_cache(maxsize=512)
def _of_portkey(provider: str, trace: str | None) -> Headers:
    """What Portkey's answers tell of how the request fared."""
    return (
        ("x-portkey-cache-status", "DISABLED"),
        ("x-portkey-last-used-option-index", "config"),
        ("x-portkey-provider", provider),
        ("x-portkey-retry-attempt-count", "0"),
        *(() if trace is None else ((_TRACE, trace),)),
    )


def _segment(operation: Operation) -> str:
    return operation.path.split("/")[1]


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
            has=oss.has,
            enter=oss.enter,
            error=oss.error,
            own=oss.is_own,
            rescue=oss.rescue,
            shown=oss.shown,
            ends_cleanly=True,
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
