"""Prose decides nothing: whoever explains a place gets the same types as whoever does not."""

from __future__ import annotations

from itertools import count

from hypothesis import HealthCheck, given, settings

from prepare.build import Room, prepare
from prepare.canonical import canonical
from prepare.errors import PrepareError
from prepare.load import Json
from prepare.normalise import Normaliser
from prepare.report import Report
from prepare.resolve import resolve
from tests.prepare.random_documents import documents
from tests.prepare.test_lay import with_prose
from tests.prepare.tiny import OPENAPI, document, resolved, resolved_operation


def told_apart(node: Json) -> Json:
    """Return a document whose every place has a sentence of its own, so that no two schemas are equal to the letter.

    Whatever has a schema, or is one, has examples of its own, too.
    """
    numbers = count()

    def numbered(each: object) -> object:
        if isinstance(each, list):
            return [numbered(item) for item in each]
        if not isinstance(each, dict):
            return f"Sentence {next(numbers)}." if each == "THE SENTENCE" else each
        told = {key: numbered(value) for key, value in each.items()}
        if each.get("description") == "THE SENTENCE" and {"schema", "type"} & each.keys():
            told |= {"example": f"Value {next(numbers)}", "examples": {"one": {"value": [next(numbers)]}}}
        return told

    found = numbered(with_prose(node, "THE SENTENCE"))
    assert isinstance(found, dict)
    return found


def shapes(document: Json) -> dict[str, str] | None:
    """Return the types a document gives, each as text; None where it is refused."""
    try:
        normal = Normaliser(document, Report()).run()
    except PrepareError:
        return None
    return {name: canonical(shape) for name, shape in normal["components"]["schemas"].items()}


def test_a_sentence_at_every_place_of_our_document_changes_no_type() -> None:
    """Titles and descriptions neither keep equal branches of a union apart nor hide what a branch only requires."""
    resolved = prepare(Room(OPENAPI, OPENAPI / "portkey.yaml"), Report())[0]
    assert shapes(told_apart(resolved)) == shapes(resolved)


@given(source=documents)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
def test_a_sentence_at_every_place_of_any_document_changes_no_type(source: Json) -> None:
    """What was refused still is, and what was taken gives the same types."""
    assert taken(told_apart(source)) == taken(source)


def test_examples_are_kept_as_they_are() -> None:
    """Those of shared parameters, bodies and answers come into the operation; what looks like a reference is data."""
    one = {"one": {"value": {"$ref": "#/components/schemas/Nowhere", "allOf": [{}]}}}
    content = {"content": {"application/json": {"schema": {"allOf": [{"type": "object"}]}, "examples": one}}}
    shared = {
        "parameters": {"Q": {"name": "q", "in": "query", "example": 5, "schema": {"type": "integer"}}},
        "requestBodies": {"B": content},
        "responses": {"R": {"description": "ok", "headers": {"N": {"example": 1}}, **content}},
    }
    parts = {
        "parameters": [{"$ref": "#/components/parameters/Q"}],
        "requestBody": {"$ref": "#/components/requestBodies/B"},
        "responses": {"200": {"$ref": "#/components/responses/R"}},
    }
    source = document({"/a": {"post": parts}})
    source["components"] |= shared
    found = resolved_operation(source, method="post")
    assert found["parameters"][0]["example"] == 5
    assert found["requestBody"]["content"]["application/json"]["examples"] == one
    assert found["responses"]["200"]["content"]["application/json"]["examples"] == one
    assert found["responses"]["200"]["headers"]["N"]["example"] == 1
    assert shapes(resolved(source)[0]) == shapes(resolved(document({"/a": {"post": without(parts)}}))[0])


def without(parts: Json) -> Json:
    """Return the operation above without its shared parts, written out and without examples."""
    content = {"content": {"application/json": {"schema": {"allOf": [{"type": "object"}]}}}}
    parameter = {"name": "q", "in": "query", "schema": {"type": "integer"}}
    answer = {"description": "ok", **content}
    return {**parts, "parameters": [parameter], "requestBody": content, "responses": {"200": answer}}


def taken(source: Json) -> dict[str, str] | None:
    """Return the types of a document that was not resolved yet."""
    try:
        return shapes(resolve(source, {}, Report()))
    except PrepareError:
        return None
