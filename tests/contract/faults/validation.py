"""Requests that are wrong and taken, or right and refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from portkey_mock import Response
from tests.contract.faults.fault import BATCHES, CHAT, FILES, STORES, Fault, Visit, json_of, status, with_header

_GOOD: Final = b'{"input_file_id":"%s","endpoint":"/v1/embeddings","completion_window":"24h"}'
_FORM: Final = (
    b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n\r\n--b--\r\n'
)
_WRONG: Final = ("negative_data_rejection",)


def _takes_any_batch(visit: Visit) -> Response:
    """Whatever is wrong with a batch, one is made of the last file."""
    response = visit.answer()
    if visit.meets("POST /batches") and response.status == 400 and isinstance(json_of(visit.request.body), dict):
        files = json.loads(visit.answer(method="GET", path="/v1/files", query="purpose=batch", body=b"").body)
        good = _GOOD % files["data"][0]["id"].encode() if files.get("data") else b"{}"
        return visit.answer(body=good, headers=with_header(visit.request, content_type="application/json"))
    return response


def _fills_in(visit: Visit) -> Response:
    """The model of a completion is taken for granted."""
    sent = json_of(visit.request.body)
    if visit.meets("POST /chat/completions") and isinstance(sent, dict) and "model" not in sent:
        return visit.answer(body=json.dumps({**sent, "model": "m"}).encode())
    return visit.answer()


def _any_temperature(visit: Visit) -> Response:
    sent = json_of(visit.request.body)
    if visit.meets("POST /chat/completions") and isinstance(sent, dict) and visit.answer().status == 400:
        return visit.answer(body=json.dumps({key: sent[key] for key in sent if key != "temperature"}).encode())
    return visit.answer()


def _any_query(visit: Visit) -> Response:
    response = visit.answer()
    return visit.answer(query="") if visit.meets("GET /batches") and response.status == 400 else response


def _any_purpose(visit: Visit) -> Response:
    if not visit.meets("POST /files"):
        return visit.answer()
    pattern = rb'(name="purpose"\r\n\r\n)[^\r]*\r\n'
    known = rb"(assistants|batch|fine-tune|vision|user_data|evals)\r\n"
    response = visit.answer()
    if response.status != 400 or re.search(rb'name="purpose"\r\n\r\n' + known, visit.request.body):
        return response
    return visit.answer(body=re.sub(pattern, rb"\1user_data\r\n", visit.request.body))


def _any_body(visit: Visit) -> Response:
    if visit.meets("POST /vector_stores") and visit.request.body and json_of(visit.request.body) is None:
        return visit.answer(body=b'{"name":"x"}')
    return visit.answer()


def _any_media(visit: Visit) -> Response:
    if visit.meets("POST /chat/completions"):
        return visit.answer(headers=with_header(visit.request, content_type="application/json"))
    return visit.answer()


def _text_as_json(visit: Visit) -> Response:
    if visit.meets("POST /vector_stores") and (visit.request.header("content-type") or "").startswith("text/plain"):
        return visit.answer(headers=with_header(visit.request, content_type="application/json"))
    return visit.answer()


def _any_form(visit: Visit) -> Response:
    response = visit.answer()
    if visit.meets("POST /files") and response.status in (400, 415):
        headers = with_header(visit.request, content_type="multipart/form-data; boundary=b")
        return visit.answer(headers=headers, body=_FORM)
    return response


def _no_body(visit: Visit) -> Response:
    """Nothing is taken for a completion of nothing."""
    if visit.meets("POST /chat/completions") and not visit.request.body:
        body = b'{"model":"m","messages":[{"role":"user","content":""}]}'
        return visit.answer(body=body, headers=with_header(visit.request, content_type="application/json"))
    return visit.answer()


def _drops_the_unknown(visit: Visit) -> Response:
    """What nobody declared is left out of a body that may have nothing else."""
    sent = json_of(visit.request.body)
    if visit.meets("POST /embeddings") and isinstance(sent, dict):
        known = ("input", "model", "encoding_format", "dimensions", "user")
        return visit.answer(body=json.dumps({name: sent[name] for name in known if name in sent}).encode())
    return visit.answer()


def _any_description(visit: Visit) -> Response:
    """A member that only the corrected document declares is not looked at."""
    sent = json_of(visit.request.body)
    if visit.meets("POST /vector_stores") and isinstance(sent, dict) and not isinstance(sent.get("description"), str):
        return visit.answer(body=json.dumps({name: sent[name] for name in sent if name != "description"}).encode())
    return visit.answer()


def _refused(visit: Visit) -> Response:
    answer = b'{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":null}}'
    return replace(visit.answer(), status=400, body=answer, chunks=())


def _dislikes(operation: str, sent: Any) -> Any:
    """Refuses a good body of an operation that has something in it."""

    def alter(visit: Visit) -> Response:
        found = json_of(visit.request.body)
        if visit.meets(operation) and isinstance(found, dict) and sent(found):
            return _refused(visit)
        return visit.answer()

    return alter


def _odd_headers(visit: Visit) -> Response:
    known = ("accept", "authorization", "content-", "host", "user-agent", "connection", "x-portkey-", "x-schemathesis")
    return visit.answer() if all(name.startswith(known) for name, _ in visit.request.headers) else _refused(visit)


def _misroutes(visit: Visit) -> Response:
    below = visit.request.path.removeprefix("/v1")
    return visit.answer(path="/v1" + re.sub("/v1[a-z]+", "", below, count=1)) if "/v1a" in below else visit.answer()


def _small_pages(visit: Visit) -> Response:
    wanted = dict(parse_qsl(visit.request.query)).get("limit", "20")
    return _refused(visit) if visit.meets("GET /vector_stores") and wanted not in ("20", "2") else visit.answer()


def _refuses(operation: str) -> Any:
    def alter(visit: Visit) -> Response:
        response = visit.answer()
        return status(422)(response) if visit.meets(operation) and response.status == 200 else response

    return alter


def _owner_is_admin(visit: Visit) -> Response:
    """A role that others may have, and an invite may not, is taken."""
    sent = json_of(visit.request.body)
    if visit.meets("POST /admin/users/invites") and isinstance(sent, dict) and sent.get("role") == "owner":
        return visit.answer(body=json.dumps(sent | {"role": "admin"}).encode())
    return visit.answer()


_RIGHT: Final = ("positive_data_acceptance",)

FAULTS: Final = (
    Fault("any-batch", "A batch is made of a body that is wrong.", BATCHES, _WRONG, _takes_any_batch),
    Fault("missing-model", "A completion needs no model.", CHAT, _WRONG, _fills_in),
    Fault("any-temperature", "A temperature that is out of bounds is taken.", CHAT, _WRONG, _any_temperature),
    Fault("any-query", "A query that is wrong is taken.", BATCHES, _WRONG, _any_query),
    Fault("any-purpose", "A file may be for anything.", FILES, _WRONG, _any_purpose),
    Fault("any-body", "What is no JSON is taken.", STORES, ("malformed_json",), _any_body),
    Fault("any-media-type", "The media type of a body does not matter.", CHAT, ("media_types",), _any_media),
    Fault("text-as-json", "JSON that is called text is taken.", STORES, ("media_types",), _text_as_json),
    Fault("any-form", "What is no form is taken.", FILES, ("malformed_form",), _any_form),
    Fault("no-body", "No body is taken where one is required.", CHAT, ("malformed_json",), _no_body),
    Fault("refuses-good-form", "A good upload is refused.", FILES, ("succeeds", *_RIGHT), _refuses("POST /files")),
    Fault(
        "refuses-optional",
        "A member that may be there is refused.",
        STORES,
        _RIGHT,
        _dislikes("POST /vector_stores", lambda found: "metadata" in found),
    ),
    Fault(
        "refuses-unicode",
        "A name with an umlaut is refused.",
        STORES,
        _RIGHT,
        _dislikes("POST /vector_stores", lambda found: not str(found.get("name", "")).isascii()),
    ),
    Fault(
        "refuses-unknown-header",
        "A header that means nothing here is refused.",
        STORES,
        ("unknown_headers",),
        _odd_headers,
    ),
    Fault("refuses-query", "A good query is refused.", STORES, _RIGHT, _small_pages),
    Fault(
        "word-of-others",
        "One can be invited as owner, which is a role, and none for invites.",
        ("POST /admin/workspaces", "POST /admin/users/invites"),
        _WRONG,
        _owner_is_admin,
    ),
    Fault(
        "refuses-null",
        "A null that may be there is refused.",
        ("POST /files", "POST /batches"),
        _RIGHT,
        _dislikes("POST /batches", lambda found: "metadata" in found and found["metadata"] is None),
    ),
    Fault(
        "refuses-tokens",
        "An input of another kind than a text is refused.",
        ("POST /embeddings",),
        _RIGHT,
        _dislikes("POST /embeddings", lambda found: not isinstance(found.get("input"), str)),
    ),
    Fault(
        "drops-unknown-members",
        "Members that nobody declared are dropped where none may be.",
        ("POST /embeddings",),
        ("unknown_members",),
        _drops_the_unknown,
    ),
    Fault(
        "any-description",
        "A description that only the corrected document knows may be anything.",
        STORES,
        ("as_corrected",),
        _any_description,
    ),
    Fault("misrouted-id", "An id that starts with v1 is taken for a version.", STORES, ("id_shapes",), _misroutes),
)
