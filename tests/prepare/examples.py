"""The examples of the generated document, read as data: what each operation is sent and answers, and what is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from portkey_mock.values import identifier
from tests.mock.spec import OPERATIONS, Op

JSON, EVENTS = "application/json", "text/event-stream"
_BLANK = "0" * 40


class Example(NamedTuple):
    """One example, and where it stands."""

    op: Op
    kind: str
    """``parameter``, ``request``, ``answer`` or ``stream``."""
    name: str
    """What the parameter, or the example of a body, is called."""
    schema: Any
    value: Any

    def __str__(self) -> str:
        return f"{self.op}: {self.kind} {self.name}"


def of_parameters(op: Op) -> Iterator[Example]:
    """Yield the examples of an operation's parameters."""
    for each in op.raw["parameters"]:
        if "example" in each:
            yield Example(op, "parameter", each["name"], each.get("schema", {}), each["example"])


def of_requests(op: Op) -> Iterator[Example]:
    """Yield the bodies an operation is sent."""
    return _of_content(op, "request", op.raw.get("requestBody", {}).get("content", {}))


def of_answers(op: Op) -> Iterator[Example]:
    """Yield what an operation answers where all goes well, whole or as a stream."""
    for media, content in op.content(op.success or "").items():
        yield from _of_content(op, "stream" if media == EVENTS else "answer", {media: content})


def _of_content(op: Op, kind: str, content: Any) -> Iterator[Example]:
    for media in content.values():
        for name, each in media.get("examples", {}).items():
            yield Example(op, kind, name, media.get("schema", {}), each["value"])


def of(op: Op) -> list[Example]:
    """Return all examples of an operation."""
    return [*of_parameters(op), *of_requests(op), *of_answers(op)]


EXAMPLES = [each for op in OPERATIONS for each in of(op)]


def missing(op: Op) -> Iterator[str]:
    """Yield what an operation should have an example of, and has not."""
    shown = {each.name for each in of_parameters(op)}
    yield from (f"parameter {each['name']}" for each in op.raw["parameters"] if needs_example(each, shown))
    bodies = {"request": op.raw.get("requestBody", {}).get("content", {})}
    contents = op.content(op.success or "")
    bodies |= {"answer": {media: contents[media] for media in (JSON, EVENTS) if media in contents}}
    for kind, content in bodies.items():
        yield from (f"{kind} as {media}" for media, each in content.items() if not each.get("examples"))


def needs_example(parameter: Any, shown: set[str]) -> bool:
    """Tell whether a parameter has to be given, and nobody shows how."""
    return parameter.get("required") is True and parameter["name"] not in shown


def events(text: str) -> Iterator[tuple[str | None, Any]]:
    """Yield the name and the data of each event of a stream; the mark at its end is the text it is."""
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        data = fields["data"]
        yield fields.get("event"), data if data == "[DONE]" else json.loads(data)


def values(example: Example) -> list[Any]:
    """Return the values of an example: of a stream, those of its events."""
    return [data for _, data in events(example.value)] if example.kind == "stream" else [example.value]


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each plain value with the name it stands under; items of a list stand under the name of the list."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, name)
    else:
        yield name, value


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield each object in a value, itself included."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(each)


def prefix(kind: str) -> str | None:
    """Return what ids of a kind begin with, where they begin with anything."""
    found = identifier(kind, _BLANK).rstrip("0")
    return found if re.fullmatch(r"[a-z_]+[_-]", found) else None


def misnamed(value: Any) -> Iterator[str]:
    """Yield the ids in a value that do not begin as their kind has it: by the object's own, or by the member's name."""
    for each in objects(value):
        kinds = {"id": each.get("object")} | {key: key.removesuffix("_id") for key in each if key.endswith("_id")}
        for key, kind in kinds.items():
            begins = prefix(kind) if isinstance(kind, str) else None
            if begins and isinstance(each.get(key), str) and not each[key].startswith(begins):
                yield f"{key} {each[key]!r} does not begin with {begins}"


def moment(name: str, value: Any) -> float | None:
    """Return the moment, in seconds since 1970, that a member holds; None where it holds none."""
    if not (name.endswith("_at") or name in ("created", "timestamp")) or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return value if isinstance(value, (int, float)) else None
