"""What holds for every answer, whoever asked and whatever for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from jsonschema.protocols import Validator

from tests.contract import events, models
from tests.contract.check import Check
from tests.contract.document import DOCUMENT, Operation
from tests.contract.wire import Exchange
from tests.contract.world import World, parsed
from tests.mock import spec

_TRACES: Final = re.compile(
    rb"Traceback \(most recent call last\)|\n\s+at [\w.$<> ]+ ?\([^)\s]+:\d+(:\d+)?\)|\bat [\w.$]+\([\w]+\.java:\d+\)"
    rb"|goroutine \d+ \[|panicked at [^\s]+:\d+|File \"[^\"]+\", line \d+|\.php(:| on line )\d+|\.rb:\d+:in [`']"
    rb"|\bnode:internal/|SQLSTATE\[|\n\s+at [\w.<>]+\([^)]*\) in [^\s]+:line \d+"
)
_LATEST: Final = 100_000_000_000
_INSIDE: Final = (b"undefined", b"[object Object]", b"null")
_CHARSETS: Final = frozenset({"", "utf-8", "us-ascii", "utf8"})


def _answered(_: World, exchange: Exchange) -> Iterator[str]:
    if exchange.failure is not None and not exchange.failure.late and exchange.source != "upstream":
        yield str(exchange.failure)


def _in_time(_: World, exchange: Exchange) -> Iterator[str]:
    if exchange.failure is not None and exchange.failure.late:
        yield str(exchange.failure)


def _no_server_error(_: World, exchange: Exchange) -> Iterator[str]:
    judged = exchange.operation is None or exchange.source in ("generated", "upstream")  # by whoever sent it
    if exchange.status >= 500 and not judged:
        yield f"The answer was {exchange.status}."


def _no_secret(world: World, exchange: Exchange) -> Iterator[str]:
    answer = exchange.response
    if answer is None:
        return
    keys = [word for word, _ in world.redaction.words if len(word) >= 6]
    text = answer.body.decode("utf-8", "replace") + "\n".join(value for _, value in answer.headers)
    if any(key in text for key in keys):
        yield "The answer holds a credential of the request."


def _no_trace(_: World, exchange: Exchange) -> Iterator[str]:
    body = b"" if exchange.response is None else exchange.response.body
    plain = body.replace(rb"\n", b"\n").replace(rb"\"", b'"')  # in JSON the lines of a trace are escaped
    if _TRACES.search(body) or _TRACES.search(plain):
        yield "The answer holds a stack trace."


def _error_shape(_: World, exchange: Exchange) -> Iterator[str]:
    """A refusal says what is wrong, in one of the shapes of the document."""
    answer = exchange.response
    if answer is None or answer.status < 400 or exchange.request.method == "HEAD" or exchange.operation is None:
        return
    if not answer.body:
        yield f"The refusal with {answer.status} says nothing."
        return
    body = parsed(answer)
    if not isinstance(body, dict):
        yield f"The refusal with {answer.status} is no JSON object."
    elif not says(body):
        yield f"The refusal with {answer.status} has no message."
    elif "json" not in (answer.header("content-type") or ""):
        yield f"The refusal with {answer.status} is JSON, and called {answer.header('content-type') or 'nothing'}."


def says(body: object, depth: int = 3) -> bool:
    """Whether there is a text to read anywhere near the top."""
    if isinstance(body, str):
        return bool(body.strip())
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return depth > 0 and any(says(each, depth - 1) for each in inner)


def _worded(_: World, exchange: Exchange) -> Iterator[str]:
    """A refusal speaks of what was asked for, and not of what the gateway made of it."""
    answer = exchange.response
    if answer is None or not 400 <= answer.status < 500 or exchange.source == "generated":
        return
    asked = f"{exchange.request.path} {exchange.request.query}".encode() + exchange.request.body
    for word in _INSIDE:
        if re.search(rb"(: |/)" + re.escape(word) + rb"[\"'/.\\\\]", answer.body) and word not in asked:
            yield f"The refusal speaks of {word.decode()}, which nobody asked for."


def _headers(_: World, exchange: Exchange) -> Iterator[str]:
    answer = exchange.response
    if answer is None or exchange.request.method == "HEAD":
        return
    media = [value for name, value in answer.headers if name == "content-type"]
    if len(media) > 1:
        yield "There is more than one Content-Type."
    if answer.body and not media and exchange.operation is not None:
        yield "There is a body without a Content-Type."
    for each in media:
        charset = re.search(r"charset=\"?([^\";\s]*)", each.lower())
        if charset and charset[1] not in _CHARSETS:
            yield f"The charset is {charset[1]}."
    if any("json" in each for each in media) and not _is_text(answer.body):
        yield "The JSON is no UTF-8."


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _no_redirect(_: World, exchange: Exchange) -> Iterator[str]:
    if 300 <= exchange.status < 400 and exchange.operation is not None:
        yield f"The answer was {exchange.status}: clients do not send credentials after a redirect."


def _schema(_: World, exchange: Exchange) -> Iterator[str]:
    """What schemathesis checks of its own requests, on those of the directed checks and of the client."""
    answer, operation = exchange.response, exchange.operation
    if answer is None or operation is None or exchange.source == "generated" or not 200 <= answer.status < 300:
        return
    declared = operation.raw["responses"].get(str(answer.status), operation.raw["responses"].get("2XX"))
    if declared is None:
        yield f"The status {answer.status} is not declared."
        return
    content = declared.get("content", {})
    media = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    if content and not any(fnmatchcase(media, each) for each in content):
        yield f"The media type is {media or 'missing'}, and the document has {', '.join(content)}."
    elif media == "application/json" and media in content:
        yield from _violations(operation, str(answer.status), answer.body)


def _violations(operation: Operation, status: str, content: bytes) -> Iterator[str]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        yield "The body is called JSON, and is none."
        return
    if not isinstance(body, dict) and _of_members(_schema_of(operation.path, operation.method, status)):
        yield "The body is no object, and members are declared."
        return
    error = next(iter(_validator(operation.path, operation.method, status).iter_errors(body)), None)
    if error is not None:
        place = "/".join(map(str, error.absolute_path)) or "the body"
        yield f"{re.sub('[0-9]+', 'N', place)}: {error.message[:300]}"


def _of_members(schema: Any) -> bool:
    """Whether a schema tells of members, and leaves out that it is an object which has them."""
    resolved = spec.resolve(schema)
    return "properties" in resolved and not resolved.get("nullable")


def _schema_of(path: str, method: str, status: str) -> Any:
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    return responses.get(status, responses.get("2XX"))["content"]["application/json"].get("schema", {})


@cache
def _validator(path: str, method: str, status: str) -> Validator:
    return spec.validator(_schema_of(path, method, status))


def _seconds(_: World, exchange: Exchange) -> Iterator[str]:
    """What is a number and called a time is in seconds."""
    answer = exchange.response
    if answer is None or answer.status >= 300 or exchange.operation is None:
        return
    streams = events.MEDIA in (answer.header("content-type") or "")
    told = models.values(answer.body) if streams else [parsed(answer)] if b"{" in answer.body[:2] else []
    for name in sorted({name for each in told for name in _late(each)}):
        yield f"{name} is in milliseconds, and seconds are declared."


def _late(value: Any, depth: int = 4) -> Iterator[str]:
    """The names of the times after the year 5138, taken for seconds."""
    if depth == 0:
        return
    for each in value if isinstance(value, list) else ():
        yield from _late(each, depth - 1)
    for name, each in value.items() if isinstance(value, dict) else ():
        if isinstance(each, (int, float)) and (name.endswith("_at") or name == "created") and each > _LATEST:
            yield name
        yield from _late(each, depth - 1)


CHECKS: Final = (
    Check("answered", "Every request is answered.", "RFC 9110, section 9", look=_answered),
    Check(
        "in_time", "An answer is whole within the time that the profile gives.", "RFC 9110, section 15.6", look=_in_time
    ),
    Check(
        "server_error", "Nothing valid leads to a status from 500 on.", "RFC 9110, section 15.6", look=_no_server_error
    ),
    Check("secret_in_answer", "No answer holds a credential.", "RFC 9110, section 17.16.3", look=_no_secret),
    Check("stack_trace", "No answer shows the inside of the gateway.", "RFC 9110, section 17.9", look=_no_trace),
    Check("error_shape", "Each refusal is JSON that says what is wrong.", "/responses", look=_error_shape),
    Check("error_words", "A refusal speaks of what was asked for.", "/responses", "non-strict", look=_worded),
    Check("answer_headers", "The headers say what the body is.", "RFC 9110, section 8.3", look=_headers),
    Check("redirect", "No answer sends the caller elsewhere.", "/responses", look=_no_redirect),
    Check("seconds", "Times that are numbers are seconds since 1970.", "/responses/content", look=_seconds),
    Check("answer_schema", "Status, media type and body are declared.", "/responses/content", look=_schema),
)
