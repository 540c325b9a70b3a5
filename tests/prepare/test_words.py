"""The words of the document: every place is explained, once, in a sentence that says something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from prepare.arrange import METHODS
from prepare.correct import apply, read_actions
from prepare.load import Json, is_object
from tests.prepare.tiny import OPENAPI

LONGEST, SHORTEST = 400, 15
SHARE = 0.04
"""Of the descriptions, how many may equal another one."""
AT_MOST = 6
"""How often one description may stand."""
EMPTY = re.compile(r"^this is\b|\b(simply|please|todo|tbd|canceled|etc\.)", re.IGNORECASE)
LITTLE = frozenset(["the", "a", "an", "of", "this", "that", "its", "is", "id", "to", "for", "in", "on", "as"])


class Told(NamedTuple):
    """What is said at one place."""

    kind: str
    place: str
    text: str


def _inside(schema: Any, place: str) -> Iterator[tuple[str, str, Json]]:
    """Yield what has to be explained inside a schema: its properties, and the shapes in lists, maps and unions."""
    if not is_object(schema) or "$ref" in schema:
        return
    for name, each in (schema.get("properties") or {}).items():
        yield from _schema("property", each, f"{place}.{name}")
    for key in ("items", "additionalProperties"):
        each = schema.get(key)
        if is_object(each):
            yield from _schema("shape" if "properties" in each else "", each, f"{place}[]")
    for key in ("oneOf", "anyOf", "allOf"):
        for index, each in enumerate(schema.get(key) or []):
            yield from _schema("" if key == "allOf" else "branch", each, f"{place}<{index}>")


def _schema(kind: str, schema: Any, place: str) -> Iterator[tuple[str, str, Json]]:
    if is_object(schema) and "$ref" not in schema:
        if kind:
            yield kind, place, schema
        yield from _inside(schema, place)


def _parts(node: Json, place: str) -> Iterator[tuple[str, str, Json]]:
    for media in (node.get("content") or {}).values():
        yield from _inside(media.get("schema"), place)


def _operation(operation: Json, place: str) -> Iterator[tuple[str, str, Json]]:
    yield "operation", place, operation
    for each in operation.get("parameters", []):
        yield from _parameter(each, place)
    yield from _body(operation.get("requestBody", {}), f"{place} body")
    for status, response in operation["responses"].items():
        yield from _response(response, f"{place} {status}")


def _parameter(node: Json, place: str) -> Iterator[tuple[str, str, Json]]:
    if "$ref" not in node:
        yield "parameter", f"{place} {node.get('name', '')}", node
        yield from _inside(node.get("schema"), f"{place} {node.get('name', '')}")


def _body(node: Json, place: str) -> Iterator[tuple[str, str, Json]]:
    if node and "$ref" not in node:
        yield "request body", place, node
        yield from _parts(node, place)


def _response(node: Json, place: str) -> Iterator[tuple[str, str, Json]]:
    if "$ref" not in node:
        yield "response", place, node
        for name, each in (node.get("headers") or {}).items():
            yield from _parameter({"name": name, **each}, place)
        yield from _parts(node, place)


def _places(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield the kind, the name and the node of every place that a reader may ask about."""
    for path, item in document["paths"].items():
        for each in item.get("parameters", []):
            yield from _parameter(each, path)
        for method in METHODS:
            if method in item:
                yield from _operation(item[method], f"{method.upper()} {path}")
    components = document["components"]
    for name, schema in components["schemas"].items():
        yield from _schema("schema", schema, name)
    for kind, reader in (("parameters", _parameter), ("headers", _parameter), ("responses", _response)):
        for name, node in components.get(kind, {}).items():
            yield from reader({"name": name, **node} if kind == "headers" else node, name)
    for name, node in components.get("requestBodies", {}).items():
        yield from _body(node, name)
    yield from (("security scheme", name, node) for name, node in components["securitySchemes"].items())
    yield from (("tag", tag["name"], tag) for tag in document["tags"])


@pytest.fixture(scope="module")
def corrected(published: Json) -> Json:
    """The document with its corrections."""
    return apply(published, read_actions(OPENAPI / "corrections"))[0]


@pytest.fixture(scope="module")
def told(corrected: Json) -> list[Told]:
    """What is said at every place of the corrected document."""
    return [Told(kind, place, str(node.get("description") or "")) for kind, place, node in _places(corrected)]


def test_every_place_is_explained(told: list[Told], record_testsuite_property: Callable[[str, object], None]) -> None:
    """Operations, parameters, bodies, answers, headers, schemas, properties, branches, credentials and tags: all."""
    assert [f"{each.kind} {each.place}" for each in told if not each.text] == []
    for kind, count in Counter(each.kind for each in told).items():
        record_testsuite_property(f"explained: {kind}", count)


def test_every_operation_has_a_summary(corrected: Json) -> None:
    """One line, without a full stop, beside the description."""
    for kind, place, node in _places(corrected):
        if kind == "operation":
            assert 10 <= len(node["summary"]) <= 120, place
            assert not node["summary"].endswith("."), place


def test_a_description_is_a_sentence_of_a_reader_s_size(told: list[Told]) -> None:
    """From 15 to 400 characters, a capital first, a full stop last, on one line, and no empty phrase in it."""
    wrong = [
        f"{each.kind} {each.place}: {each.text}"
        for each in told
        if not SHORTEST <= len(each.text) <= LONGEST
        or not each.text.endswith((".", ".`"))
        or not (each.text[0].isupper() or not each.text[0].isalpha())
        or "\n" in each.text
        or each.text.count("`") % 2
        or EMPTY.search(each.text)
    ]
    assert wrong == []


def test_no_description_only_repeats_the_name(told: list[Told]) -> None:
    """`The batch id.` says nothing of `batch_id`."""

    def words(text: str) -> set[str]:
        return set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())) - LITTLE

    assert [f"{each.place}: {each.text}" for each in told if words(each.text) <= words(each.place)] == []


def test_hardly_any_description_stands_twice(told: list[Told]) -> None:
    """At most one in 25 equals another one, and none stands at more than six places."""
    counts = Counter(each.text for each in told)
    assert [text for text, count in counts.items() if count > AT_MOST] == []
    assert sum(count - 1 for count in counts.values()) <= SHARE * len(counts)


def test_members_that_are_explained_are_members(corrected: Json) -> None:
    """What `x-enum-descriptions` tells of is in the enum, and each of its texts says something."""
    found = 0
    for _, place, node in _places(corrected):
        shapes = [node, node.get("schema", {}), node.get("items", {}), *node.get("anyOf", []), *node.get("oneOf", [])]
        members = {str(member) for each in shapes if is_object(each) for member in each.get("enum", [])}
        lists = [each["items"] for each in shapes if is_object(each) and "items" in each]
        members |= {str(member) for each in lists for member in each.get("enum", [])}
        for member, text in node.get("x-enum-descriptions", {}).items():
            found += 1
            assert str(member) in members, f"{place}: {member}"
            assert 8 <= len(text) <= 120, f"{place}: {member}"
    assert found > 100
