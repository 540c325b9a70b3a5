"""Streams that are no streams, or whose events are not what they have to be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Final

from portkey_mock import Response
from tests.contract.faults.fault import CHAT, MESSAGES, Alter, Change, Fault, Visit, header, json_of, status, swap

_CHAT: Final = "POST /chat/completions"
_EVENTS: Final = ("stream_events", "events_conformance")
_END: Final = ("stream_end",)


def _wanted(visit: Visit) -> bool:
    found = json_of(visit.request.body)
    return isinstance(found, dict) and found.get("stream") is True


def _streams(change: Change) -> Alter:
    """Changes every stream."""

    def alter(visit: Visit) -> Response:
        response = visit.answer()
        return change(response) if _wanted(visit) and response.status < 300 else response

    return alter


def _bytes(pattern: bytes, instead: bytes, count: int = 0) -> Alter:
    def change(response: Response) -> Response:
        return replace(response, body=re.sub(pattern, instead, response.body, count=count), chunks=())

    return _streams(change)


def _refused_as_stream(visit: Visit) -> Response:
    response = visit.answer()
    return header(content_type="text/event-stream")(response) if _wanted(visit) and response.status == 400 else response


def _refused_inside(visit: Visit) -> Response:
    response = visit.answer()
    if not _wanted(visit) or response.status != 400:
        return response
    body = b"data: " + response.body + b"\n\ndata: [DONE]\n\n"
    return replace(response, status=200, headers=(("content-type", "text/event-stream"),), body=body)


def _not_streamed(visit: Visit) -> Response:
    sent = json_of(visit.request.body)
    if _wanted(visit) and visit.answer().status == 200:
        plain = {key: value for key, value in sent.items() if key not in ("stream", "stream_options")}
        return visit.answer(body=json.dumps(plain).encode())
    return visit.answer()


def _reversed(response: Response) -> Response:
    """The pieces of the text come the wrong way round."""
    frames = response.body.split(b"\n\n")
    return replace(response, body=b"\n\n".join([*frames[-4:-2][::-1], *frames[:-4], *frames[-2:]]), chunks=())


def _cut(response: Response) -> Response:
    return replace(response, body=response.body.removesuffix(b"\n\n")[:-3], chunks=())


def _usage(visit: Visit) -> Response:
    """The tokens of a completion do not add up."""
    response = visit.answer()
    if not visit.meets(_CHAT) or response.status != 200:
        return response
    return replace(response, body=response.body.replace(b'"total_tokens":', b'"total_tokens":9'), chunks=())


def _other_ids(response: Response) -> Response:
    numbers = iter(range(1000))
    body = re.sub(rb'"id":"chatcmpl-[^"]*"', lambda _: b'"id":"chatcmpl-%d"' % next(numbers), response.body)
    return replace(response, body=body, chunks=())


def _fails(error: bytes, *, goes_on: bool = False) -> Alter:
    """A stream fails after its second event."""

    def change(response: Response) -> Response:
        events = response.body.split(b"\n\n")
        rest = events[2:] if goes_on else [b"data: [DONE]", b""]
        return replace(response, body=b"\n\n".join([*events[:2], b"data: " + error, *rest]), chunks=())

    return _streams(change)


_ERROR: Final = b'{"error":{"message":"The model went away.","type":"server_error","param":null,"code":null}}'

_NO_USAGE: Final[Any] = _bytes(rb'data: [^\n]*"usage":{[^\n]*\n\n', b"")

FAULTS: Final = (
    Fault(
        "stream-as-json",
        "A stream is called JSON.",
        CHAT,
        ("stream_type",),
        _streams(header(content_type="application/json")),
    ),
    Fault(
        "stream-as-text",
        "A stream is called text.",
        CHAT,
        ("stream_type",),
        _streams(header(content_type="text/plain")),
    ),
    Fault("not-streamed", "A stream is asked for, and JSON comes.", CHAT, ("stream_type",), _not_streamed),
    Fault("broken-event", "An event is no JSON.", CHAT, _EVENTS, _bytes(b"data: {", b"data: {{", 2)),
    Fault(
        "broken-message-event", "An event of a message is no JSON.", MESSAGES, _EVENTS, _bytes(b"data: {", b"data: {{")
    ),
    Fault(
        "event-without-choices", "Events lack their choices.", CHAT, _EVENTS, swap(_CHAT, b'"choices":', b'"choice":')
    ),
    Fault(
        "event-of-wrong-type",
        "The text in an event is a list.",
        CHAT,
        _EVENTS,
        _bytes(rb'"content":"([^"]*)"', rb'"content":["\1"]'),
    ),
    Fault("no-end", "A stream has no mark of its end.", CHAT, _END, _bytes(rb"data: \[DONE\]\n\n", b"")),
    Fault(
        "no-message-end",
        "A streamed message does not stop.",
        MESSAGES,
        _END,
        _bytes(rb"event: message_stop\n[^\n]*\n\n", b""),
    ),
    Fault(
        "two-ends",
        "A stream has two marks of its end.",
        CHAT,
        _END,
        _bytes(rb"data: \[DONE\]\n\n", b"data: [DONE]\n\ndata: [DONE]\n\n"),
    ),
    Fault("cut-stream", "A stream is cut off.", CHAT, _END, _streams(_cut)),
    Fault(
        "empty-stream",
        "A stream has no events.",
        CHAT,
        _END,
        _streams(lambda found: replace(found, body=b"", chunks=())),
    ),
    Fault("no-usage", "Usage is asked for, and does not come.", CHAT, ("usage",), _NO_USAGE),
    Fault("wrong-sum", "The tokens do not add up.", CHAT, ("tokens_add_up",), _usage),
    Fault("many-ids", "The events of one stream have many ids.", CHAT, ("usage",), _streams(_other_ids)),
    Fault(
        "no-finish",
        "A stream does not say why it ends.",
        CHAT,
        ("usage",),
        _bytes(b'"finish_reason":"stop"', b'"finish_reason":null'),
    ),
    Fault("stream-fails", "A good request for a stream fails inside it.", CHAT, ("stream_fails",), _fails(_ERROR)),
    Fault(
        "error-says-nothing",
        "An error in a stream does not say what is wrong.",
        CHAT,
        ("stream_error",),
        _fails(b'{"error":{"code":null,"message":""}}'),
    ),
    Fault(
        "goes-on-after-error", "A stream goes on after an error.", CHAT, ("stream_error",), _fails(_ERROR, goes_on=True)
    ),
    Fault("late-start", "The end of a stream comes first.", CHAT, ("stream_order",), _streams(_reversed)),
    Fault("refusal-as-stream", "A refusal is called a stream.", CHAT, ("stream_refusal",), _refused_as_stream),
    Fault("refusal-inside", "A refusal comes in a stream with status 200.", CHAT, ("stream_refusal",), _refused_inside),
    Fault(
        "stream-status",
        "A stream has another status.",
        CHAT,
        ("answer_schema", "status_code_conformance"),
        _streams(status(206)),
    ),
)
