"""Faults that real gateways have, one at a time in a mock that has none otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from portkey_mock import Gateway, Request, Response
from tests.contract import generated_checks as checks
from tests.contract.target import CREDENTIALS

Handle: TypeAlias = Callable[[Request], Response]
Alter: TypeAlias = Callable[[Request, Handle], Response]


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        operation: where it is seen; None if that takes a sequence of operations.
        check: the check that has to see it.
        alter: answers a request, with the help of a gateway without faults.
    """

    name: str
    operation: str | None
    check: str
    alter: Alter

    def __str__(self) -> str:
        return self.name

    def kind(self) -> type[Gateway]:
        """A gateway that has this fault."""
        alter = self.alter

        class Faulty(Gateway):
            def handle(self, request: Request) -> Response:
                return alter(request, super().handle)

        return Faulty


def _every(status: int, change: Callable[[Response], Response]) -> Alter:
    """Changes every answer with `status`."""

    def alter(request: Request, handle: Handle) -> Response:
        response = handle(request)
        return change(response) if response.status == status else response

    return alter


def _takes(status: int, instead: Callable[[Request], Request]) -> Alter:
    """Does `instead` what it should refuse with `status`."""

    def alter(request: Request, handle: Handle) -> Response:
        response = handle(request)
        return handle(instead(request)) if response.status == status else response

    return alter


def _body(change: Callable[[Any], Any]) -> Alter:
    """Changes the JSON of every success."""
    return _every(200, lambda response: replace(response, body=json.dumps(change(json.loads(response.body))).encode()))


def _with(**fields: Any) -> Alter:
    """Puts `fields` into every success."""
    return _body(lambda body: body | fields)


def _without(name: str) -> Alter:
    """Leaves `name` out of every success."""
    return _body(lambda body: {key: value for key, value in body.items() if key != name})


def _media(*media: str) -> Alter:
    """Declares every success as `media`, or not at all."""
    return _every(200, lambda response: replace(response, headers=tuple(("content-type", each) for each in media)))


def _status(status: int) -> Alter:
    """Succeeds with `status`."""
    return _every(200, lambda response: replace(response, status=status))


def _crash(response: Response) -> Response:
    return replace(response, status=500, body=b'{"status":"failure","message":"Internal error"}')


def _crash_while_cancelling(request: Request, handle: Handle) -> Response:
    response = handle(request)
    return _crash(response) if b'"cancelling"' in response.body and request.method == "GET" else response


def _lose_batches(request: Request, handle: Handle) -> Response:
    batch = "/batches/batch_" in request.path
    return handle(replace(request, path=request.path + "0") if batch else request)


def _keep_files(request: Request, handle: Handle) -> Response:
    if request.method != "DELETE":
        return handle(request)
    found = handle(replace(request, method="GET"))
    return replace(found, body=_DELETED) if found.status == 200 else found


def _good_batch(request: Request) -> Request:
    headers = tuple(each for each in request.headers if not each[0].startswith("content-"))
    return replace(request, headers=(*headers, ("content-type", "application/json")), body=_BATCH)


_BATCH: Final = b'{"input_file_id":"file-1","endpoint":"/v1/embeddings","completion_window":"24h"}'
_DELETED: Final = b'{"id":"file-1","object":"file","deleted":true}'
_KEYS: Final = tuple(CREDENTIALS.items())

_UPLOAD: Final = "POST /files"
_FILES: Final = "GET /files"
_FILE: Final = "GET /files/{file_id}"
_CREATE: Final = "POST /batches"
_LIST: Final = "GET /batches"
_READ: Final = "GET /batches/{batch_id}"
_CANCEL: Final = "POST /batches/{batch_id}/cancel"
_OUTPUT: Final = "GET /batches/{batch_id}/output"

_SCHEMA: Final = "response_schema_conformance"

FAULTS: Final = (
    Fault("a required field is missing", _READ, _SCHEMA, _without("input_file_id")),
    Fault("a required field inside is missing", _READ, _SCHEMA, _with(request_counts={"total": 1, "failed": 0})),
    Fault("a number is a string", _CANCEL, _SCHEMA, _with(created_at="1750000000")),
    Fault("an integer has a fraction", _CREATE, _SCHEMA, _with(created_at=1750000000.5)),
    Fault("null where it is not allowed", _CANCEL, _SCHEMA, _with(status=None)),
    Fault("a status nobody declared", _CREATE, _SCHEMA, _with(status="stopped")),
    Fault("another kind of object", _FILE, _SCHEMA, _with(object="batch")),
    Fault("a list item that lacks its id", _FILES, _SCHEMA, _with(data=[{"object": "file"}])),
    Fault("an object instead of a list", _LIST, _SCHEMA, _with(data={})),
    Fault("an answer that is no JSON", _READ, _SCHEMA, _every(200, lambda response: replace(response, body=b"oops"))),
    Fault("an empty answer", _UPLOAD, _SCHEMA, _every(200, lambda response: replace(response, body=b""))),
    Fault("JSON called HTML", _READ, "content_type_conformance", _media("text/html")),
    Fault("no content type", _CANCEL, "content_type_conformance", _media()),
    Fault("a file called JSON", _OUTPUT, "content_type_conformance", _media("application/json")),
    Fault("a success nobody declared", _CREATE, "status_code_conformance", _status(201)),
    Fault("a redirect", _LIST, "status_code_conformance", _status(302)),
    Fault("a crash at good input", _LIST, "not_a_server_error", _every(200, _crash)),
    Fault("a crash at bad input", _CREATE, "not_a_server_error", _every(400, _crash)),
    Fault("a crash at another media type", _CREATE, "not_a_server_error", _every(415, _crash)),
    Fault("a crash in one state", None, "not_a_server_error", _crash_while_cancelling),
    Fault("takes a body that is wrong", _CREATE, "negative_data_rejection", _takes(400, _good_batch)),
    Fault(
        "takes a query that is wrong",
        _LIST,
        "negative_data_rejection",
        _takes(400, lambda request: replace(request, query="")),
    ),
    Fault(
        "refuses good input",
        _UPLOAD,
        "positive_data_acceptance",
        _every(200, lambda response: replace(response, status=422)),
    ),
    Fault(
        "takes a method that does not exist",
        _FILE,
        "unsupported_method",
        _takes(405, lambda request: replace(request, method="GET")),
    ),
    Fault(
        "does not say which methods exist",
        _CANCEL,
        "unsupported_method",
        _every(405, lambda response: replace(response, headers=())),
    ),
    Fault(
        "says that other methods exist",
        _FILES,
        "allow_header_conformance",
        _every(405, lambda response: replace(response, headers=(("allow", "GET, DELETE"),))),
    ),
    Fault(
        "needs no credentials",
        _READ,
        checks.CREDENTIALS,
        _takes(401, lambda request: replace(request, headers=(*request.headers, *_KEYS))),
    ),
    Fault(
        "an event lacks what it must have",
        "POST /chat/completions",
        checks.EVENTS,
        _every(200, lambda response: replace(response, body=response.body.replace(b'"choices":', b'"choice":'))),
    ),
    Fault(
        "an event that is no JSON",
        "POST /messages",
        checks.EVENTS,
        _every(200, lambda response: replace(response, body=response.body.replace(b"data: {", b"data: {{"))),
    ),
    Fault("a deleted file is there", None, "use_after_free", _keep_files),
    Fault("a created batch is not there", None, "ensure_resource_availability", _lose_batches),
)
