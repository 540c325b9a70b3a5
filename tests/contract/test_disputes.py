"""Of what the published and the corrected document see differently nobody is accused; of all else they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Request
from tests.contract.disputes import check_of
from tests.contract.document import DOCUMENT, operations
from tests.mock import spec

OPERATIONS = {str(each): each for each in operations(DOCUMENT)}
TAKEN, REFUSED = "negative_data_rejection", "positive_data_acceptance"
CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def sent(name: str, body: Any = None, query: str = "", form: dict[str, Any] | None = None) -> Request:
    method, _, path = name.partition(" ")
    media, content = ("application/json", json.dumps(body).encode()) if body is not None else ("", b"")
    if form is not None:
        media, content = spec.multipart(form, {"file": b"x"})
    return Request(method, f"/v1{path}", query, (("content-type", media),) if media else (), content)


@pytest.mark.parametrize(
    ("check", "name", "request_", "booked"),
    [
        (TAKEN, "POST /chat/completions", {"body": CHAT | {"service_tier": 7}}, "as_corrected"),
        (TAKEN, "POST /chat/completions", {"body": CHAT | {"temperature": 7}}, TAKEN),
        (TAKEN, "POST /chat/completions", {"body": {"model": "m"}}, TAKEN),
        (TAKEN, "POST /embeddings", {"body": {"model": "m", "input": "x", "odd": 1}}, "unknown_members"),
        (TAKEN, "GET /files", {"query": "limit=many"}, "as_corrected"),
        (TAKEN, "GET /batches", {"query": "limit=many"}, TAKEN),
        (TAKEN, "POST /files", {"form": {"purpose": "odd"}}, TAKEN),
        (REFUSED, "POST /vector_stores", {"body": {"description": "x"}}, "as_corrected"),
        (REFUSED, "POST /vector_stores", {"body": {"name": "x"}}, REFUSED),
        (REFUSED, "POST /files", {"form": {"purpose": "user_data"}}, "as_corrected"),
        (REFUSED, "POST /files", {"form": {"purpose": "batch", "expires_after[seconds]": "9"}}, "as_corrected"),
        (REFUSED, "POST /files", {"form": {"purpose": "batch"}}, REFUSED),
        (REFUSED, "GET /models", {"query": "limit=0"}, "as_corrected"),
        (REFUSED, "GET /models", {"query": "limit=7"}, REFUSED),
        (REFUSED, "GET /responses/{response_id}", {"query": "include=web_search_call.results"}, "as_corrected"),
        (REFUSED, "POST /messages", {"body": {"model": "m", "max_tokens": 1, "messages": []}}, REFUSED),
        ("server_error", "GET /files", {"query": "limit=many"}, "server_error"),
    ],
)
def test_who_is_accused(check: str, name: str, request_: dict[str, Any], booked: str) -> None:
    """A finding keeps its check where both documents agree, or where only one of them has the operation."""
    assert check_of(check, OPERATIONS[name], sent(name, **request_)) == booked


def test_a_request_of_no_operation() -> None:
    """A request that means no operation is not weighed."""
    assert check_of(TAKEN, None, sent("GET /nowhere")) == TAKEN
