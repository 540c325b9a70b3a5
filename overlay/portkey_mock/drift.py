"""Where recorded answers differ from the document."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portkey_mock.answers import is_json
from portkey_mock.document import Content, Document, Operation
from portkey_mock.errors import Refusal
from portkey_mock.message import Response
from portkey_mock.recording import Exchange
from portkey_mock.routing import Router
from portkey_mock.schema import Schema

_EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True, order=True)
class Deviation:
    """One way in which answers of an operation differ from the document.

    Attributes:
        operation: its name; method and path of the request if the document has none for it.
        status: of the answers.
        at: JSON pointer into the answer: `/status`, `/header/content-type`, or `/body` and on.
        rule: where the document says otherwise, as a JSON pointer from `#`; empty if it says nothing.
        reason: what is wrong, in a sentence that holds no part of the answer.
    """

    operation: str
    status: int
    at: str
    rule: str
    reason: str

    def __str__(self) -> str:
        rule = f" ({self.rule})" if self.rule else ""
        return f"{self.operation} {self.status} {self.at}: {self.reason}{rule}"


def drift(document: Document, exchanges: Iterable[Exchange]) -> dict[Deviation, int]:
    """How often each deviation occurs in `exchanges`, sorted by operation, status and place."""
    router: Router[Operation] = Router(document.operations, document.prefixes)
    found = Counter(deviation for exchange in exchanges for deviation in set(_deviations(router, exchange)))
    return dict(sorted(found.items()))


def report(deviations: dict[Deviation, int], exchanges: int) -> str:
    """`deviations` in lines, the number of answers at the end of each."""
    lines = [f"{deviation} [{count}]" for deviation, count in deviations.items()]
    return "\n".join([*lines, f"{len(lines)} deviations in {exchanges} recorded answers."])


def _deviations(router: Router[Operation], exchange: Exchange) -> Iterator[Deviation]:
    request, response = exchange.request, exchange.response
    try:
        operation, _ = router.find(request.method, request.path)
    except Refusal as refusal:
        yield Deviation(f"{request.method} {request.path}", response.status, "", "", _first(refusal.message))
        return
    for at, rule, reason in _problems(operation, response):
        yield Deviation(operation.name, response.status, at, rule, reason)


def _problems(operation: Operation, response: Response) -> Iterator[tuple[str, str, str]]:
    declared = operation.declared(response.status)
    if declared is None:
        known = ", ".join(operation.responses) or "none"
        yield "/status", f"{operation.pointer}/responses", f"The status is not documented; {known} are."
        return
    if not declared:
        return
    media = (response.header("content-type") or "").partition(";")[0].strip().lower()
    content = declared.get(media)
    if content is None:
        known = ", ".join(declared)
        yield "/header/content-type", f"{operation.pointer}/responses", f"It is {media or 'missing'}, not {known}."
        return
    yield from _violations(content, response.body)


def _violations(content: Content, body: bytes) -> Iterator[tuple[str, str, str]]:
    if content.media == _EVENTS:
        for name, data in _events(body):
            yield from _checked(content.schema, data, name)
    elif is_json(content):
        yield from _checked(content.schema, body)


def _events(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and data of each event of a stream, but for the one that ends it."""
    for event in re.split(rb"\r?\n\r?\n", body):
        fields = [line.partition(b":") for line in event.splitlines()]
        data = b"\n".join(value.strip() for name, _, value in fields if name == b"data")
        named = [value.strip().decode("utf-8", "replace") for name, _, value in fields if name == b"event"]
        if data and data != b"[DONE]":
            yield "".join(named), data


def _checked(schema: Schema, text: bytes, event: str = "") -> Iterator[tuple[str, str, str]]:
    """What is wrong with JSON; an event may be described by its data, or as an object of its name and its data."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield "/body", schema.pointer, "It is no JSON."
        return
    if event and schema.accepts({"event": event, "data": value}):
        return
    for problem in schema.problems(value):
        yield "/body" + problem.at, problem.rule, problem.reason


def _first(text: str) -> str:
    """The first sentence: what follows it repeats the request."""
    return text.partition(". ")[0] + "." if ". " in text else text
