"""The open Portkey AI gateway (npm `@portkey-ai/gateway` 1.15.2) as it really is, its faults included.

It stands between a client and a provider: the core of the mock is the provider, and here is what the gateway makes of a
request before the provider sees it, and of the answer before the client does. Source: runs of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isinf
from typing import Final, NoReturn

from portkey_mock.configs import CONFIG, config_of, provider_of
from portkey_mock.document import Operation
from portkey_mock.errors import Refusal, customary
from portkey_mock.jsonvalue import Json, JsonObject, depth, is_array, is_object
from portkey_mock.message import Request, Response, json_response
from portkey_mock.routing import segments, shape
from portkey_mock.validation import Call

# What it has

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})
_CANNOT_CANCEL: Final = frozenset({"groq", "anthropic", "mistral", "together-ai", "fireworks-ai", "ollama"})
_OWN_ROUTES: Final = frozenset(
    {"audio", "batches", "chat", "completions", "embeddings", "files", "fine_tuning", "images", "messages", "responses"}
)
_PASSED_ON: Final = re.compile(
    r"/responses/(input_tokens|compact|[^/]+/cancel)|/chat/completions/.+|/fine_tuning/(?!jobs\b).*"
    r"|/fine_tuning/jobs/[^/]+/(pause|resume)|.*/"
)
"""What begins like an own route and is passed on as it is: newer operations, and every path with a slash at its end."""

_UNNAMED: Final = re.compile(r"/batches/[^/]+/output|/fine_tuning/jobs/[^/]+/cancel|/responses/[^/]+/input_items")
"""Own routes that hand on an error as it is."""


def has(operation: Operation) -> bool:
    """PUT and PATCH have no route. What belongs to Portkey's service is passed on, and no provider has it."""
    service = operation.plane != "data_plane" or segments(operation.path)[0] in ("prompts", "logs", "feedback")
    return operation.method not in ("PUT", "PATCH") and not service


def _is_own(path: str) -> bool:
    """Whether a path, without `/v1`, is a route of the gateway's own; all others are passed on as they are."""
    return segments(path)[0] in _OWN_ROUTES and not _PASSED_ON.fullmatch(path)


# What it makes of a request

_MEDIA: Final = re.compile(r"application/json|multipart/form-data|audio/.*")
_FILLED: Final[Mapping[str, JsonObject]] = {
    "/audio/speech": {"model": "tts-1"},
    "/batches": {"completion_window": "24h"},
    "/chat/completions": {"model": "glm-4.6"},
    "/completions": {"model": "text-davinci-003"},
    "/embeddings": {"model": "text-embedding-ada-002"},
}
"""What is put in where it is missing; the model of a chat is another vendor's."""

_CLAMPED: Final[Mapping[str, tuple[float, float]]] = {"temperature": (0, 2), "top_p": (0, 1)}
_DROPPED: Final = {"/batches": "requests"}
"""What a provider never sees of a body although the document has it. What nobody knows is dropped, too, unseen."""


def enter(request: Request) -> Request:
    """The request that the provider gets.

    Raises:
        Refusal: the gateway refuses it, or crashes at it.
    """
    if request.method not in _METHODS:
        raise Refusal(404, "Not Found", code="no_route")
    media = (request.header("content-type") or "").partition(";")[0]
    if media and not _MEDIA.fullmatch(media):
        raise Refusal(400, "Invalid content type passed", code="no_routing")
    _check_route(request)
    path = request.path.removeprefix("/v1")
    if request.method == "POST" and re.fullmatch(r"/prompts(/partials)?|/prompts/[^/]+/(completions|render)", path):
        _crash("prompt completions error: Something went wrong")
    if (
        request.method == "POST"
        and re.fullmatch(r"/batches/[^/]+/cancel", path)
        and provider_of(request) in _CANNOT_CANCEL
    ):
        _crash(f"cancelBatch is not supported by {provider_of(request)}", ("x-portkey-gateway-exception", "true"))
    own = _is_own(path)
    read = _read(request, media, path, own=own)
    return _cut(read) if own else _with(read, path="/v1" + path.rstrip("/"))


def _check_route(request: Request) -> None:
    """Everything needs a provider, or a config that is written out."""
    named, config = request.header("x-portkey-provider"), request.header(CONFIG)
    if not named and not config:
        message = "Send the header x-portkey-provider, or x-portkey-config with a config in JSON."
        raise Refusal(400, message, code="no_routing", at="/header/x-portkey-provider")
    if config and not config_of(request):
        message = "The header x-portkey-config has to hold a config in JSON; saved configs are not known here."
        raise Refusal(400, message, code="no_routing", at="/header/x-portkey-config")


def _crash(message: str, *headers: tuple[str, str]) -> NoReturn:
    raise Refusal(500, message, code="gateway_failure", headers=headers)


def _read(request: Request, media: str, path: str, *, own: bool) -> Request:
    """`request` with its body as the gateway reads it: JSON where it calls itself so or is not called anything."""
    bodiless = request.method != "POST" or path.endswith("/cancel")
    if own and bodiless and not request.body:
        return request
    if media == "multipart/form-data":
        if "boundary=" not in (request.header("content-type") or "") or not request.body:
            _crash("Something went wrong" if own else "Proxy error: Failed to parse body as FormData.")
        return request
    if own and request.method == "POST" and not bodiless and (not media or path.startswith(_FORMS)):
        _crash("Something went wrong")
    if media != "application/json":
        return request
    return _with(request, body=_sent(_parsed(request.body, own=own), path))


_FORMS: Final = ("/audio/trans", "/files", "/images/edits", "/images/variations")


_DEEPEST: Final = 500
"""Levels of a body that can be written again."""


_EXACT: Final = 15
"""Digits that a fraction of 64 bits always holds."""


def _whole(digits: str) -> Json:
    """A whole number as JavaScript has it: rounded if it is large, and null if it is too large to be told."""
    number = float(digits)
    if len(digits) <= _EXACT or isinf(number):
        return None if isinf(number) else int(digits)
    return int(number) if abs(number) < 1e21 else number


def _parsed(body: bytes, *, own: bool) -> JsonObject:
    """The JSON of a body; what is no object is taken for an empty one."""
    try:
        value: Json = json.loads(body.decode("utf-8", "replace"), parse_constant=int, parse_int=_whole)
    except (ValueError, RecursionError):
        what = "token in JSON" if body else "end of JSON input"
        _crash("Something went wrong" if own else f"Proxy error: Unexpected {what}")
    if not is_object(value) or depth(value) > _DEEPEST:
        return {}
    if own and isinstance(value.get("stream"), str):
        _crash("Something went wrong")
    return value


def _sent(value: JsonObject, path: str) -> bytes:
    """What the provider gets of a body."""
    if path not in _FILLED:
        return json.dumps(value).encode("ascii")
    clamped = {
        name: min(max(number, low), high)
        for name, (low, high) in _CLAMPED.items()
        if isinstance(number := value.get(name), (int, float)) and not isinstance(number, bool)
    }
    filled = {**_FILLED[path], **{name: each for name, each in value.items() if name != _DROPPED.get(path)}, **clamped}
    return json.dumps(filled).encode("ascii")


def _cut(request: Request) -> Request:
    """What of the address reaches the provider: whatever stands between its first and its second `/v1`."""
    address = f"{request.path}?{request.query}" if request.query else request.path
    if not address.startswith("/v1/") or address.count("/v1") == 1:
        return request
    path, _, query = address.split("/v1")[1].partition("?")
    return _with(request, path="/v1" + path, query=query)


def _with(request: Request, *, path: str = "", query: str | None = None, body: bytes | None = None) -> Request:
    """`request` with other parts; one with another body says that it is JSON, and nothing of its length."""
    path, query = path or request.path, request.query if query is None else query
    if body is None:
        return Request(request.method, path, query, request.headers, request.body)
    kept = [each for each in request.headers if each[0] not in ("content-type", "content-length")]
    return Request(request.method, path, query, (*kept, ("content-type", "application/json")), body)


# What it makes of an answer

_NULLS: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /chat/completions": ("system_fingerprint",),
    "POST /files": ("status_details",),
    "GET /files/{}": ("status_details",),
    "GET /files": ("status_details",),
    "POST /responses": ("user",),
    "GET /responses/{}": ("user",),
    "GET /responses/{}/input_items": ("first_id", "last_id"),
}
"""Members that providers leave null, in an answer or in each item that it lists, and that are handed on so."""

_SPOKEN: Final = frozenset({"/audio/transcriptions", "/audio/translations"})


def is_own(refusal: Refusal) -> bool:
    """Whether the gateway refuses without the provider's having been asked."""
    return refusal.code in ("no_route", "no_routing", "gateway_failure")


def error(refusal: Refusal, request: Request) -> Json:
    """The gateway's own refusals, or the provider's: with its name on routes of the gateway's own."""
    if refusal.code == "no_route":
        return {"message": refusal.message, "ok": False}
    if is_own(refusal):
        return {"status": "failure", "message": refusal.message}
    body = customary(refusal)
    path = request.path.removeprefix("/v1")
    if refusal.status == 408 or not _is_own(path) or _UNNAMED.fullmatch(path):
        return body
    provider = provider_of(request)
    return {"error": {**body["error"], "message": f"{provider} error: {refusal.message}"}, "provider": provider}


def rescue(refusal: Refusal, place: str) -> Response:
    """The output of a batch is the file that its batch names, whether it names one or not.

    Raises:
        Refusal: 404 for the file `null`, or `undefined` where there is no batch; any other one as it is.
    """
    if place != "/batches/{}/output" or refusal.status != 404:
        raise refusal
    if refusal.state == "failed":
        return Response(200, (("content-type", "text/plain;charset=UTF-8"),), json.dumps(refusal.about).encode("ascii"))
    name = "null" if refusal.state else "undefined"
    raise Refusal(404, f"No such file: {name}", code="file_not_found", at="/path/file_id")


def shown(call: Call, response: Response) -> Response:
    """The answer that the client gets."""
    place = shape(call.operation.path)
    media = response.header("content-type") or ""
    if place in _SPOKEN and media.startswith("text/plain"):
        return json_response(response.status, {"html-message": response.body.decode("utf-8")})
    names = _NULLS.get(f"{call.operation.method} {place}", ())
    if not names or media != "application/json":
        return response
    body: Json = json.loads(response.body)
    return json_response(response.status, _nulled(body, {name for name in names if name not in call.fields}))


def _nulled(value: Json, names: set[str]) -> Json:
    """`value` with null for some members: its own, or those of what it lists."""
    if is_array(value):
        return [_nulled(each, names) for each in value]
    if not is_object(value):
        return value
    if is_array(value.get("data")) and names.isdisjoint(value):
        return {**value, "data": _nulled(value["data"], names)}
    return {name: None if name in names else each for name, each in value.items()}
