"""Answers that are not what HTTP, or the headers of the document, say."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from portkey_mock import Delivery, Response
from tests.contract.faults.fault import (
    BATCHES,
    FILES,
    STORES,
    Fault,
    Visit,
    answers,
    body,
    header,
    refusals,
    status,
)

_MEDIA: Final = ("answer_schema", "content_type_conformance")
_STATUS: Final = ("answer_schema", "status_code_conformance")
_SCHEMA: Final = ("answer_schema", "response_schema_conformance")
_STORE: Final = "GET /vector_stores/{vector_store_id}"


def _cut(response: Response) -> Response:
    return replace(response, body=response.body[:-5])


def _hangs_up(response: Response) -> Response:
    return replace(response, delivery=Delivery(cut=20))


def _twice(response: Response) -> Response:
    return replace(response, headers=(*response.headers, ("content-type", "text/plain")))


def _slashes(visit: Visit) -> Response:
    if visit.request.path.endswith("/"):
        return visit.answer()
    response = visit.answer()
    moved = (("location", f"{visit.request.path}/"),)
    return replace(response, status=307, headers=moved, body=b"") if visit.request.method == "GET" else response


def _traced(visit: Visit) -> Response:
    return header(x_portkey_trace_id="another")(visit.answer())


def _get_for_any(visit: Visit) -> Response:
    response = visit.answer()
    return visit.answer(method="GET", body=b"") if response.status == 405 else response


FAULTS: Final = (
    Fault("html", "JSON is called HTML.", STORES, _MEDIA, answers(_STORE, header(content_type="text/html"))),
    Fault(
        "no-media-type",
        "An answer has no media type.",
        STORES,
        ("answer_headers", *_MEDIA),
        answers(_STORE, header(content_type=None)),
    ),
    Fault("two-media-types", "An answer has two media types.", STORES, ("answer_headers",), answers(_STORE, _twice)),
    Fault(
        "file-as-json",
        "The output of a batch is called JSON.",
        BATCHES,
        _MEDIA,
        answers("GET /batches/{batch_id}/output", header(content_type="application/json")),
    ),
    Fault(
        "refusal-as-html",
        "A refusal is JSON called HTML.",
        STORES,
        ("error_shape",),
        refusals(header(content_type="text/html")),
    ),
    Fault(
        "charset",
        "The charset of JSON is not its own.",
        STORES,
        ("answer_headers",),
        answers(_STORE, header(content_type="application/json; charset=latin-1")),
    ),
    Fault(
        "latin-1",
        "The JSON is in Latin-1.",
        STORES,
        ("answer_headers", *_SCHEMA),
        answers(
            _STORE,
            lambda found: replace(found, body=found.body.replace(b'"vector_store"', b'"vector_store", "\xfc": 1')),
        ),
    ),
    Fault(
        "created",
        "A success has a status that is not declared.",
        STORES,
        _STATUS,
        answers("POST /vector_stores", status(201)),
    ),
    Fault(
        "no-content",
        "A deletion is answered with 204 and nothing.",
        STORES,
        _STATUS,
        answers("DELETE /vector_stores/{vector_store_id}", lambda found: replace(found, status=204, body=b"")),
    ),
    Fault(
        "success-with-error",
        "A refusal comes with status 200.",
        STORES,
        ("unknown_id", "refuses", "answer_schema"),
        refusals(status(200), 404),
    ),
    Fault(
        "wrong-refusal",
        "Missing credentials are answered with 404.",
        STORES,
        ("credentials_required",),
        refusals(status(404), 401),
    ),
    Fault(
        "refusal-as-payment",
        "What is unknown is answered with 402.",
        STORES,
        ("unknown_id", "deleted_is_gone"),
        refusals(status(402), 404),
    ),
    Fault("redirect", "A list is somewhere else.", STORES, ("redirect",), answers("GET /vector_stores", status(302))),
    Fault("slash-redirect", "Without a slash at the end there is a redirect.", STORES, ("redirect",), _slashes),
    Fault("empty-body", "A success has no body.", FILES, _SCHEMA, answers("POST /files", body(b""))),
    Fault("truncated-body", "The last bytes of an answer are missing.", STORES, _SCHEMA, answers(_STORE, _cut)),
    Fault("hang-up", "The connection ends before the answer does.", STORES, ("answered",), answers(_STORE, _hangs_up)),
    Fault("trace-id", "Another trace id comes back.", STORES, ("trace_id",), _traced),
    Fault(
        "no-allow",
        "A refused method is answered without `Allow`.",
        STORES,
        ("unsupported_method",),
        refusals(header(allow=None), 405),
    ),
    Fault(
        "wrong-allow",
        "`Allow` names a method that is refused.",
        STORES,
        ("allow_header_conformance",),
        refusals(header(allow="GET, PATCH"), 405),
    ),
    Fault("any-method", "A method that does not exist is taken.", STORES, ("unsupported_method",), _get_for_any),
)
