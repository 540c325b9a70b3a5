"""Credentials that are not asked for, not looked at, or given away."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from portkey_mock import Response
from tests.contract.faults.fault import CHAT, FILES, KEYS, STORES, Alter, Fault, Visit, refusals, with_header

_ASKED: Final = ("credentials_required",)
_PARTS: Final = ("credential_alternatives",)
_KEY: Final = "x-portkey-api-key"
_VIRTUAL: Final = "x-portkey-virtual-key"


def _trusted(visit: Visit) -> Response:
    """The answer to the request as if it had all credentials."""
    keys = {_KEY: "k", _VIRTUAL: "v"}
    return visit.answer(headers=tuple({**keys, **dict(visit.request.headers)}.items()))


def _open(*operations: str) -> Alter:
    """Asks for no credentials at some operations, or at any."""

    def alter(visit: Visit) -> Response:
        return _trusted(visit) if not operations or any(map(visit.meets, operations)) else visit.answer()

    return alter


def _one_is_enough(name: str) -> Alter:
    def alter(visit: Visit) -> Response:
        return visit.answer() if visit.request.header(name) is None else _trusted(visit)

    return alter


def _basic(visit: Visit) -> Response:
    wrong = (visit.request.header("authorization") or "").lower().startswith("basic ")
    return _trusted(visit) if wrong else visit.answer()


def _empty(visit: Visit) -> Response:
    """A key that is there and empty is a key."""
    blank = [name for name, value in visit.request.headers if name in (_KEY, _VIRTUAL) and not value.strip()]
    return visit.answer(headers=with_header(visit.request, **dict.fromkeys(blank, "k"))) if blank else visit.answer()


def _key(visit: Visit) -> str:
    return visit.request.header(_KEY) or ""


def _in_header(visit: Visit) -> Response:
    response = visit.answer()
    return replace(response, headers=(*response.headers, ("x-debug", _key(visit))))


def _in_refusal(visit: Visit) -> Response:
    message: dict[str, Any] = {
        "error": {"message": f"Refused for {_key(visit)}.", "type": "e", "param": None, "code": "e"}
    }
    return refusals(lambda found: replace(found, body=json.dumps(message).encode()))(visit)


def _in_answer(visit: Visit) -> Response:
    response = visit.answer()
    if not visit.meets("POST /chat/completions") or response.status != 200 or response.chunks:
        return response
    return replace(
        response, body=json.dumps({**json.loads(response.body), "debug": dict(visit.request.headers)}).encode()
    )


FAULTS: Final = (
    Fault("no-key", "No credentials are asked for.", STORES, _ASKED, _open()),
    Fault(
        "no-key-to-read",
        "One operation asks for no credentials.",
        STORES,
        _ASKED,
        _open("GET /vector_stores/{vector_store_id}"),
    ),
    Fault(
        "no-key-for-content",
        "The content of a file is open to anyone.",
        FILES,
        _ASKED,
        _open("GET /files/{file_id}/content"),
    ),
    Fault("no-key-to-delete", "Anyone may delete.", STORES, _ASKED, _open("DELETE /vector_stores/{vector_store_id}")),
    Fault("no-key-for-control", "The keys of an account are open to anyone.", KEYS, _ASKED, _open("GET /api-keys")),
    Fault("half-a-key", "A virtual key alone is enough.", CHAT, _PARTS, _one_is_enough(_VIRTUAL)),
    Fault("other-half", "An API key alone is enough where a provider is needed.", CHAT, _PARTS, _one_is_enough(_KEY)),
    Fault("wrong-scheme", "Any Basic authorization is enough.", STORES, (*_PARTS, *_ASKED), _basic),
    Fault("empty-key", "An empty key is a key.", STORES, ("credential_alternatives", "credentials_required"), _empty),
    Fault("key-in-header", "The key comes back in a header.", STORES, ("secret_in_answer",), _in_header),
    Fault(
        "key-in-refusal", "The key comes back in the message of a refusal.", STORES, ("secret_in_answer",), _in_refusal
    ),
    Fault("key-in-answer", "The key comes back in a success.", CHAT, ("secret_in_answer",), _in_answer),
)
