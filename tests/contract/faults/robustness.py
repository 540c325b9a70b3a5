"""Crashes, hangs, and what they show."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from portkey_mock import Delivery, Response
from tests.contract.faults.fault import BATCHES, CHAT, STORES, Alter, Fault, Visit, answers, body, json_of, refusals

_OOPS: Final = b'{"error":{"message":"Internal error","type":"e","param":null,"code":null}}'
_TRACE: Final = 'Traceback (most recent call last):\n  File "/app/main.py", line 7, in handle\nKeyError'
_NODE: Final = "TypeError: x is undefined\n    at handle (/srv/gateway/index.js:10:3)\n    at run (/srv/run.js:1:2)"
_ERRORS: Final = ("server_error", "not_a_server_error")


def _crash(response: Response) -> Response:
    return replace(response, status=500, body=_OOPS, chunks=())


def _crashes(when: Any) -> Alter:
    """Answers 500 to some requests; `when` takes the visit and the healthy answer."""

    def alter(visit: Visit) -> Response:
        response = visit.answer()
        return _crash(response) if when(visit, response) else response

    return alter


def _sent(visit: Visit) -> Any:
    return json_of(visit.request.body) if visit.request.body else None


def _deep(visit: Visit, _: Response) -> bool:
    return visit.request.body.count(b"[") > 500


def _at(status: int) -> Alter:
    return _crashes(lambda _, found: found.status == status)


def _message(text: str) -> Alter:
    told = json.dumps({"error": {"message": text, "type": "e", "param": None, "code": None}}).encode()
    return refusals(body(told))


def _slow(visit: Visit) -> Response:
    """One answer hangs: the one to what is not there."""
    response = visit.answer()
    return replace(response, delivery=Delivery(delay=60)) if response.status == 404 else response


def _dies(visit: Visit) -> Response:
    visit.memory["count"] = visit.memory.get("count", 0) + 1
    return replace(visit.answer(), delivery=Delivery(reset=True)) if visit.memory["count"] > 60 else visit.answer()


def _not_an_object(visit: Visit, _: Response) -> bool:
    return bool(visit.request.body) and not isinstance(_sent(visit), (dict, type(None)))


FAULTS: Final = (
    Fault(
        "crash-on-refusal",
        "Whatever is wrong is answered with 500.",
        STORES,
        _ERRORS,
        _crashes(lambda _, found: found.status >= 400),
    ),
    Fault("crash-on-unknown", "An unknown id is answered with 500.", STORES, _ERRORS, _at(404)),
    Fault("crash-on-bad-body", "A body that is wrong is answered with 500.", STORES, _ERRORS, _at(400)),
    Fault("crash-on-media-type", "Another media type is answered with 500.", STORES, _ERRORS, _at(415)),
    Fault("crash-without-key", "Missing credentials are answered with 500.", STORES, _ERRORS, _at(401)),
    Fault(
        "crash-on-conflict",
        "What the state does not allow is answered with 500.",
        BATCHES,
        ("server_error", "batch_cancel_late"),
        _at(409),
    ),
    Fault(
        "crash-on-list", "A good request is answered with 500.", STORES, _ERRORS, answers("GET /vector_stores", _crash)
    ),
    Fault(
        "crash-in-a-state",
        "While a batch is being cancelled it cannot be read.",
        BATCHES,
        _ERRORS,
        _crashes(lambda visit, found: visit.request.method == "GET" and b'"cancelling"' in found.body),
    ),
    Fault(
        "crash-on-slash",
        "A slash at the end is answered with 500.",
        STORES,
        ("trailing_slash", "server_error"),
        _crashes(lambda visit, _: visit.request.path.endswith("/")),
    ),
    Fault(
        "crash-on-long-id",
        "A long id is answered with 500.",
        STORES,
        _ERRORS,
        _crashes(lambda visit, _: len(visit.request.path) > 400),
    ),
    Fault(
        "crash-on-escape",
        "An escaped slash in an id is answered with 500.",
        STORES,
        _ERRORS,
        _crashes(lambda visit, _: "%2f" in visit.request.path.lower()),
    ),
    Fault(
        "crash-on-list-body",
        "A body that is no object is answered with 500.",
        STORES,
        _ERRORS,
        _crashes(_not_an_object),
    ),
    Fault("crash-on-depth", "A deeply nested body is answered with 500.", STORES, _ERRORS, _crashes(_deep)),
    Fault(
        "crash-on-unicode",
        "A text that is not ASCII is answered with 500.",
        STORES,
        _ERRORS,
        _crashes(
            lambda visit, _: (
                not str((_sent(visit) or {}).get("name", "") if isinstance(_sent(visit), dict) else "").isascii()
            )
        ),
    ),
    Fault(
        "crash-on-big-number",
        "A large number is answered with 500.",
        CHAT,
        _ERRORS,
        _crashes(
            lambda visit, _: any(
                isinstance(each, int) and abs(each) >= 2**63
                for each in (_sent(visit).values() if isinstance(_sent(visit), dict) else ())
            )
        ),
    ),
    Fault(
        "hang",
        "A list is never answered.",
        STORES,
        ("in_time",),
        answers("GET /vector_stores", lambda found: replace(found, delivery=Delivery(delay=60))),
    ),
    Fault("hang-on-unknown", "An unknown id is never answered.", STORES, ("in_time",), _slow),
    Fault(
        "reset",
        "A connection is reset.",
        STORES,
        ("answered",),
        answers("GET /vector_stores", lambda found: replace(found, delivery=Delivery(reset=True))),
    ),
    Fault("dies", "After some requests nothing is answered any more.", STORES, ("alive", "answered"), _dies),
    Fault(
        "stack-trace", "A refusal shows a Python traceback.", STORES, ("stack_trace",), refusals(body(_TRACE.encode()))
    ),
    Fault(
        "stack-trace-in-json",
        "The message of a refusal is a JavaScript stack.",
        STORES,
        ("stack_trace",),
        _message(_NODE),
    ),
    Fault("empty-refusal", "A refusal says nothing.", STORES, ("error_shape",), refusals(body(b""))),
    Fault(
        "refusal-without-message",
        "A refusal has no message.",
        STORES,
        ("error_shape",),
        refusals(body(b'{"error":{}}')),
    ),
    Fault(
        "refusal-in-html",
        "A refusal is a page.",
        STORES,
        ("error_shape",),
        refusals(body(b"<html><h1>404</h1></html>")),
    ),
)
