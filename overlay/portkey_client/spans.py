"""OpenTelemetry spans, for programs that use OpenTelemetry; nothing is imported for those that do not.

A program that traces has imported ``opentelemetry.trace`` itself, so its presence is all there is to look for. Each
call is one client span by the semantic conventions for HTTP, and for generative AI where the operation is such a one.
Prompts and answers are not recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from portkey_api.types import Facts, Operation, WireModel

from .narrow import is_list, is_mapping
from .observe import Event, shown
from .version import __version__

if TYPE_CHECKING:
    from typing import Self

_GENERATIVE = {
    "/chat/completions": "chat",
    "/completions": "text_completion",
    "/embeddings": "embeddings",
    "/messages": "chat",
    "/responses": "chat",
}
"""Path of a POST -> ``gen_ai.operation.name``."""
_ASKED = ("max_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")


class Span:
    """The span of one call; it does nothing in a program that does not trace."""

    __slots__ = ("_context", "_generative", "_span", "_trace", "lasting")

    def __init__(
        self, operation: Operation[Any], url: str, parts: Mapping[str, Any], headers: Mapping[str, str]
    ) -> None:
        trace: Any = sys.modules.get("opentelemetry.trace")
        self._span: Any = None
        self.lasting: bool = False
        """Whether the span goes on after the call, until ``end``: an answer is still being read."""
        if trace is None:
            return
        self._generative = _GENERATIVE.get(operation.path) if operation.method == "POST" else None
        attributes = _http(operation, shown(url)) | (
            _asked(self._generative, parts, headers) if self._generative else {}
        )
        name = f"{operation.method} {operation.path}"
        if self._generative:
            name = " ".join([self._generative, *filter(None, [attributes.get("gen_ai.request.model")])])
        tracer = trace.get_tracer("portkey_client", __version__)
        self._span = tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=attributes)
        self._trace = trace
        self._context = trace.use_span(self._span, end_on_exit=False, record_exception=False)

    def __enter__(self) -> Self:
        if self._span is not None:
            self._context.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self._span is None:
            return
        if error is not None:
            status = getattr(error, "status", None)
            if status is not None:
                self._span.set_attribute("http.response.status_code", status)
            self._span.set_attribute("error.type", str(status or type(error).__name__))
        self._context.__exit__(kind, error, trace)
        if error is not None or not self.lasting:
            self._span.end()

    @property
    def watched(self) -> bool:
        """Whether the program traces."""
        return self._span is not None

    def end(self, error: BaseException | None) -> None:
        """End a lasting span, where the program traces; an error is named by its class, as the status was a success."""
        if error is not None:
            name = type(error).__name__
            self._span.set_attribute("error.type", name)
            self._span.set_status(self._trace.StatusCode.ERROR, name)
        self._span.end()

    def retried(self, event: Event) -> None:
        """Note that the request is to be sent again."""
        if self._span is not None:
            why = {"error.type": str(event.error or event.status), "wait": event.wait}
            self._span.add_event("retry", why)
            self._span.set_attribute("http.request.resend_count", event.attempt)

    def answered(self, answer: Facts, status: int, parsed: Any) -> None:
        """Note what came: the headers, the status, and the answer where it is here."""
        if self._span is not None:
            told = _told(answer, parsed) if self._generative else {}
            self._span.set_attributes({"http.response.status_code": status, **told})


def _http(operation: Operation[Any], url: str) -> dict[str, Any]:
    return {
        "http.request.method": operation.method,
        "url.full": url,
        "url.template": operation.path,
        "portkey.operation": operation.name,
        **_server(url),
    }


def _server(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # no address at all: sending will say so
        return {}
    return {"server.address": parts.hostname or "", "server.port": port}


def _asked(generative: str, parts: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    body = parts.get("body")
    provider = next((value for name, value in headers.items() if name.lower() == "x-portkey-provider"), "portkey")
    asked = {f"gen_ai.request.{name}": _at(body, name) for name in ("model", *_ASKED)}
    plain = {name: value for name, value in asked.items() if isinstance(value, (str, int, float))}
    return {"gen_ai.operation.name": generative, "gen_ai.provider.name": provider.removeprefix("@"), **plain}


def _told(answer: Facts, body: Any) -> dict[str, Any]:
    usage = _at(body, "usage")
    choices = _at(body, "choices")
    reasons = [_at(each, "finish_reason") for each in choices] if is_list(choices) else [_at(body, "stop_reason")]
    told = {
        "gen_ai.response.id": _at(body, "id"),
        "gen_ai.response.model": _at(body, "model"),
        "gen_ai.usage.input_tokens": _at(usage, "prompt_tokens") or _at(usage, "input_tokens"),
        "gen_ai.usage.output_tokens": _at(usage, "completion_tokens") or _at(usage, "output_tokens"),
        "gen_ai.provider.name": answer.provider,
    }
    plain: dict[str, Any] = {name: value for name, value in told.items() if isinstance(value, (str, int))}
    said = [reason for reason in reasons if isinstance(reason, str)]
    return plain | ({"gen_ai.response.finish_reasons": said} if said else {})


def _at(value: Any, key: str) -> Any:
    return value[key] if (is_mapping(value) or isinstance(value, WireModel)) and key in value else None
