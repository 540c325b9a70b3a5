"""Faults that only directed checks see, one for each of them at least."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from portkey_mock import Delivery, Gateway, Request, Response

Alter: TypeAlias = Callable[[Request, Callable[[Request], Response]], Response]

BATCHES: Final = ("* /batches*", "* /files*")
CHAT: Final = ("POST /chat/completions",)
STORES: Final = ("* /vector_stores", "* /vector_stores/{vector_store_id}")


@dataclass(frozen=True)
class Fault:
    """One fault, the check that has to see it, and the operations that it takes."""

    name: str
    check: str
    operations: tuple[str, ...]
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


def _is(request: Request, method: str, path: str) -> bool:
    return request.method == method and re.fullmatch(f"/v1{path}", request.path) is not None


def _answer(method: str, path: str, change: Callable[[Response], Response]) -> Alter:
    """Changes every success of an operation."""

    def alter(request: Request, handle: Callable[[Request], Response]) -> Response:
        response = handle(request)
        return change(response) if _is(request, method, path) and response.status < 300 else response

    return alter


def _body(method: str, path: str, change: Callable[[Any], Any]) -> Alter:
    """Changes the JSON of every success of an operation."""

    def changed(response: Response) -> Response:
        return replace(response, body=json.dumps(change(json.loads(response.body))).encode(), chunks=())

    return _answer(method, path, changed)


def _bytes(path: str, old: bytes, new: bytes) -> Alter:
    """Replaces bytes in every answer to POST on `path`."""
    return _answer("POST", path, lambda response: replace(response, body=response.body.replace(old, new), chunks=()))


def _cancels_again(request: Request, handle: Callable[[Request], Response]) -> Response:
    response = handle(request)
    if request.path.endswith("/cancel") and response.status == 409:
        return handle(replace(request, method="GET", path=request.path.removesuffix("/cancel")))
    return response


def _asks_no_key(request: Request, handle: Callable[[Request], Response]) -> Response:
    keys = (("x-portkey-api-key", "k"), ("x-portkey-virtual-key", "v"))
    return handle(replace(request, headers=tuple({**dict(keys), **dict(request.headers)}.items())))


def _takes_half_a_key(request: Request, handle: Callable[[Request], Response]) -> Response:
    half = request.header("x-portkey-virtual-key") is not None
    return _asks_no_key(request, handle) if half else handle(request)


def _lost(request: Request, handle: Callable[[Request], Response]) -> Response:
    """An update is answered as if it had been done."""
    if _is(request, "POST", "/vector_stores/[^/]+"):
        found = handle(replace(request, method="GET", body=b""))
        return replace(found, body=json.dumps(json.loads(found.body) | json.loads(request.body)).encode())
    return handle(request)


def _stays(request: Request, handle: Callable[[Request], Response]) -> Response:
    """A deletion is answered as if it had been done."""
    if _is(request, "DELETE", "/vector_stores/[^/]+"):
        found = handle(replace(request, method="GET"))
        gone = {"id": request.path.rpartition("/")[2], "object": "vector_store.deleted", "deleted": True}
        return replace(found, body=json.dumps(gone).encode()) if found.status < 300 else found
    return handle(request)


def _makes_up(request: Request, handle: Callable[[Request], Response]) -> Response:
    response = handle(request)
    if _is(request, "GET", "/vector_stores/[^/]+") and response.status == 404:
        return handle(replace(request, path="/v1/vector_stores", query="limit=1"))
    return response


def _ignores_after(request: Request, handle: Callable[[Request], Response]) -> Response:
    return handle(replace(request, query=re.sub(r"after=[^&]*&?", "", request.query)))


def _misroutes(request: Request, handle: Callable[[Request], Response]) -> Response:
    return handle(
        replace(
            request, path=re.sub("/v1[a-z]+", "", request.path, count=1) if "/v1a" in request.path else request.path
        )
    )


def _reads_anything(request: Request, handle: Callable[[Request], Response]) -> Response:
    try:
        json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return handle(replace(request, body=b'{"name":"x"}'))
    return handle(request)


def _ignores_media(request: Request, handle: Callable[[Request], Response]) -> Response:
    headers = {**dict(request.headers), "content-type": "application/json"} if request.body else dict(request.headers)
    return handle(replace(request, headers=tuple(headers.items())))


def _takes_empty_forms(request: Request, handle: Callable[[Request], Response]) -> Response:
    response = handle(request)
    if _is(request, "POST", "/files") and response.status in (400, 415):
        form = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\nContent-Disposition: '
        form += b'form-data; name="file"; filename="f"\r\n\r\n\r\n--b--\r\n'
        headers = {**dict(request.headers), "content-type": "multipart/form-data; boundary=b"}
        return handle(replace(request, headers=tuple(headers.items()), body=form))
    return response


def _slash_crashes(request: Request, handle: Callable[[Request], Response]) -> Response:
    response = handle(request)
    return replace(response, status=500) if request.path.endswith("/") else response


def _counts_reading(count: list[int]) -> Alter:
    """Shows one thing less each time."""

    def change(body: Any) -> Any:
        count.append(1)
        return body | {"data": body["data"][len(count) % 2 :]}

    return _body("GET", "/vector_stores", change)


def _no_unknown_header(request: Request, handle: Callable[[Request], Response]) -> Response:
    response = handle(request)
    return replace(response, status=400) if request.header("x-contract") else response


def _going_backwards(seen: list[str]) -> Alter:
    def change(body: Any) -> Any:
        seen.append(body["status"])
        return body | {"status": "validating"} if body["status"] == "finalizing" else body

    return _body("GET", "/batches/[^/]+", change)


def _refuses_streams_as_streams(request: Request, handle: Callable[[Request], Response]) -> Response:
    response = handle(request)
    if response.status == 400 and b'"stream": true' in request.body:
        return replace(response, headers=(("content-type", "text/event-stream"),))
    return response


def _unless_streaming(change: Callable[[Response], Response]) -> Alter:
    def alter(request: Request, handle: Callable[[Request], Response]) -> Response:
        response = handle(request)
        return change(response) if b'"stream": true' in request.body and response.status < 300 else response

    return alter


def _headers(change: Callable[[Request], tuple[tuple[str, str], ...]]) -> Alter:
    def alter(request: Request, handle: Callable[[Request], Response]) -> Response:
        response = handle(request)
        changed = dict(change(request))
        kept = tuple(each for each in response.headers if each[0] not in changed)
        return replace(response, headers=(*kept, *changed.items()))

    return alter


def _refusals(change: Callable[[Response], Response]) -> Alter:
    def alter(request: Request, handle: Callable[[Request], Response]) -> Response:
        response = handle(request)
        return change(response) if response.status >= 400 else response

    return alter


def _after(seconds: float) -> Callable[[Response], Response]:
    return lambda response: replace(response, delivery=Delivery(delay=seconds))


def _reset(response: Response) -> Response:
    return replace(response, delivery=Delivery(reset=True))


_TRACE: Final = b'Traceback (most recent call last):\n  File "/app/main.py", line 7, in handle\n'

FAULTS: Final = (
    Fault("a status that goes backwards", "batch_life", BATCHES, _going_backwards([])),
    Fault(
        "milliseconds for seconds",
        "batch_life",
        BATCHES,
        _body("GET", "/batches/[^/]+", lambda body: body | {"created_at": body["created_at"] * 1000}),
    ),
    Fault(
        "times out of order",
        "batch_life",
        BATCHES,
        _body("GET", "/batches/[^/]+", lambda body: body | {"completed_at": 1} if body["completed_at"] else body),
    ),
    Fault(
        "no output",
        "batch_results",
        BATCHES,
        _body("GET", "/batches/[^/]+", lambda body: body | {"output_file_id": None}),
    ),
    Fault(
        "a cancellation that is not kept",
        "batch_cancel",
        BATCHES,
        lambda request, handle: (
            replace(found, body=found.body.replace(b'"in_progress"', b'"cancelling"'))
            if request.path.endswith("/cancel")
            and (found := handle(replace(request, method="GET", path=request.path.removesuffix("/cancel")))).status
            < 300
            else handle(request)
        ),
    ),
    Fault("a completed batch is cancelled", "batch_cancel_late", BATCHES, _cancels_again),
    Fault(
        "batches that are not listed",
        "batch_listed",
        BATCHES,
        _body("GET", "/batches", lambda body: body | {"data": []}),
    ),
    Fault(
        "another name is kept",
        "read_your_write",
        STORES,
        _body("GET", "/vector_stores/[^/]+", lambda body: body | {"name": "another"}),
    ),
    Fault(
        "things that are not listed",
        "listed",
        STORES,
        _body("GET", "/vector_stores", lambda body: body | {"data": body["data"][1:]}),
    ),
    Fault("a lost update", "update_kept", STORES, _lost),
    Fault("deleted and still there", "deleted_is_gone", STORES, _stays),
    Fault("unknown ids are made up", "unknown_id", STORES, _makes_up),
    Fault("a list that changes", "safe_reading", STORES, _counts_reading([])),
    Fault("the cursor is ignored", "paging", STORES, _ignores_after),
    Fault(
        "has_more is always true",
        "paging",
        STORES,
        _body("GET", "/vector_stores", lambda body: body | {"has_more": True}),
    ),
    Fault("no key is asked for", "credentials_required", STORES, _asks_no_key),
    Fault("half of the credentials", "credential_alternatives", CHAT, _takes_half_a_key),
    Fault(
        "a byte less",
        "file_bytes",
        BATCHES,
        _answer("GET", "/files/[^/]+/content", lambda response: replace(response, body=response.body[:-1])),
    ),
    Fault("another trace id", "trace_id", STORES, _headers(lambda _: (("x-portkey-trace-id", "other"),))),
    Fault("unknown headers are refused", "unknown_headers", STORES, _no_unknown_header),
    Fault("ids that start with v1", "id_shapes", STORES, _misroutes),
    Fault("a slash too much", "trailing_slash", STORES, _slash_crashes),
    Fault("any body is taken", "malformed_json", STORES, _reads_anything),
    Fault("any media type is taken", "media_types", CHAT, _ignores_media),
    Fault("any form is taken", "malformed_form", BATCHES, _takes_empty_forms),
    Fault(
        "a stream called JSON",
        "stream_type",
        CHAT,
        _unless_streaming(lambda response: replace(response, headers=(("content-type", "application/json"),))),
    ),
    Fault("events that lack choices", "stream_events", CHAT, _bytes("/chat/completions", b'"choices":', b'"choice":')),
    Fault("no mark of the end", "stream_end", CHAT, _bytes("/chat/completions", b"data: [DONE]\n\n", b"")),
    Fault(
        "tokens that do not add up", "usage", CHAT, _bytes("/chat/completions", b'"total_tokens":', b'"total_tokens":9')
    ),
    Fault("a refusal as a stream", "stream_refusal", CHAT, _refuses_streams_as_streams),
    Fault("a hang", "in_time", STORES, _answer("GET", "/vector_stores", _after(60))),
    Fault(
        "a broken connection",
        "answered",
        STORES,
        _answer("GET", "/vector_stores", _reset),
    ),
    Fault("a crash", "server_error", STORES, _refusals(lambda response: replace(response, status=500))),
    Fault("a stack trace", "stack_trace", STORES, _refusals(lambda response: replace(response, body=_TRACE))),
    Fault("an empty refusal", "error_shape", STORES, _refusals(lambda response: replace(response, body=b""))),
    Fault(
        "another charset",
        "answer_headers",
        STORES,
        _headers(lambda _: (("content-type", "application/json; charset=latin-1"),)),
    ),
    Fault("a redirect", "redirect", STORES, _refusals(lambda response: replace(response, status=302))),
    Fault(
        "a list without an end",
        "answer_schema",
        STORES,
        _body("GET", "/vector_stores", lambda body: {"object": "list"}),
    ),
    Fault(
        "the key is echoed",
        "secret_in_answer",
        STORES,
        _headers(lambda request: (("x-key", request.header("x-portkey-api-key") or ""),)),
    ),
    Fault(
        "nothing succeeds",
        "succeeds",
        STORES,
        _answer("GET", "/vector_stores", lambda response: replace(response, status=400)),
    ),
    Fault("nothing is refused", "refuses", STORES, _refusals(lambda response: replace(response, status=200))),
)
"""Together they prove every check that schemathesis does not make; `test_run` proves `alive`."""
