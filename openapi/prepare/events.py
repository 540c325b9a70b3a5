"""Streams of server-sent events: which operations can answer with one, and the component each event is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from .classnames import pascal
from .errors import Place
from .load import Json
from .references import component_of, refer
from .report import Report

_MEDIA = "text/event-stream"


def event_component(responses: Json) -> str | None:
    """Return the component that one event of a successful answer is; None where no answer is a stream."""
    schemas = [media["schema"] for _, _, media in _streams(responses)]
    return component_of(schemas[0]["$ref"]) if schemas else None


def name_events(operation: Json, schemas: Json, place: Place, report: Report) -> None:
    """Make a component, in place, of every event that stands inside its operation: a type needs a name."""
    for status, name, media in _streams(operation["responses"]):
        schema = media["schema"]
        if "$ref" not in schema:
            base = f"{pascal(operation['operationId'].replace('_', ' ').title())}Event"
            same = (each for each in _numbered(base) if schemas.get(each, schema) == schema)
            component = next(same)
            schemas[component] = schema
            media["schema"] = {"$ref": refer(component)}
            report.rule("component-of-event", (*place, "responses", status, "content", name))


def _streams(responses: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield status, media type and description of each stream whose events have a schema, of successful answers."""
    for status, response in responses.items():
        content: Json = response.get("content") or {}
        for name, media in content.items():
            if status.startswith("2") and name.startswith(_MEDIA) and media.get("schema"):
                yield status, name, media


def _numbered(base: str) -> Iterator[str]:
    yield base
    yield from (f"{base}{number}" for number in count(2))
