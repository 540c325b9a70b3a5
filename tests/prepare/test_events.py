"""Operations whose answer may come as a stream of events."""

from __future__ import annotations

from typing import Any

from prepare.events import event_component
from prepare.load import Json
from tests.prepare.tiny import document, resolved, resolved_operation

EVENT: Json = {"type": "object", "properties": {"a": {"type": "string"}}}


def streaming(*schemas: Any, media: str = "text/event-stream", **others: Json) -> Json:
    """Return a document whose first operations answer with events of the given schemas."""
    contents: list[Json] = [{media: {"schema": schema} if schema else {}} for schema in schemas]
    answers = {str(200 + index): {"description": "ok", "content": each} for index, each in enumerate(contents)}
    return document({"/a": {"get": {"responses": answers}}}, schemas=others)


def test_an_event_inside_its_operation_becomes_a_component() -> None:
    """Its type needs a name; equal ones share it, others are numbered."""
    source = streaming(EVENT, EVENT, {"type": "string"}, AListEvent={"type": "integer"})
    made, report = resolved(source)
    names = [each["content"]["text/event-stream"]["schema"]["$ref"].rsplit("/", 1)[1]
             for each in made["paths"]["/a"]["get"]["responses"].values()]  # fmt: skip
    assert names == ["AListEvent2", "AListEvent2", "AListEvent3"]
    assert made["components"]["schemas"]["AListEvent2"] == EVENT
    assert report.counts()["component-of-event"] == 3


def test_an_event_that_is_a_component_stays_it() -> None:
    """Also where the media type has parameters."""
    source = streaming({"$ref": "#/components/schemas/E"}, media="text/event-stream; charset=utf-8", E=EVENT)
    found = resolved_operation(source)
    assert event_component(found["responses"]) == "E"


def test_an_operation_without_described_events_does_not_stream() -> None:
    """Neither events without a schema, nor those of an error, tell what a stream holds."""
    assert event_component(resolved_operation(streaming(None))["responses"]) is None
    failing = {"500": {"description": "bad", "content": {"text/event-stream": {"schema": EVENT}}}}
    source = document({"/a": {"get": {"responses": failing}}})
    assert event_component(resolved_operation(source)["responses"]) is None
