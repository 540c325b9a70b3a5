"""References: followed where the generator could not, and brought to components everywhere else."""

from __future__ import annotations

from typing import Any

import pytest

from prepare.errors import PrepareError, pointer, tokens
from prepare.load import Json
from prepare.references import component_of, follow, lookup, refer
from prepare.report import Report
from tests.prepare.tiny import document, operation, resolved

NAMES = ["A", "a/b~c", "a b", "100%", "a%20b", "日本", "a.b-c"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_survives_a_reference_and_a_pointer(name: str) -> None:
    """Slashes and tildes are escaped as in a JSON pointer, the rest as in a URI (RFC 6901)."""
    assert component_of(refer(name)) == name
    assert lookup(document(schemas={name: {"type": "string"}}), refer(name), ()) == {"type": "string"}
    assert refer(name).isascii()


@pytest.mark.parametrize(
    ("reference", "path"),
    [("#/a~1b/c~0d", ["a/b", "c~d"]), ("#/a%7Bb%7D", ["a{b}"]), ("#", []), ("/a/0", ["a", "0"])],
)
def test_a_reference_is_split_into_tokens(reference: str, path: list[str]) -> None:
    """With or without its number sign, in the spelling of a URI or as it is."""
    assert tokens(reference) == path


def test_a_pointer_names_a_place() -> None:
    """It can be pasted into any tool that knows RFC 6901."""
    assert pointer("paths", "/a~b", "get", "parameters", 0) == "/paths/~1a~0b/get/parameters/0"


@pytest.mark.parametrize("reference", ["#/components/schemas/A", "#/components/schemas/A/properties/b"])
def test_only_a_component_itself_is_one(reference: str) -> None:
    """What stands deeper in a component has no name of its own."""
    assert component_of(reference) == ("A" if reference.endswith("A") else None)


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("#/components/schemas/B", "leads nowhere; define it"),
        ("#/components/schemas/A/type/b", "leads nowhere"),
        ("#/servers/1", "leads nowhere"),
        ("#/servers/x", "leads nowhere"),
        ("#A", "would"),
        ("other.yaml#/A", "leaves the document; bundle it into one file"),
        ("https://example.com/a.json", "leaves the document"),
        (1, "leaves the document"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused(reference: Any, problem: str) -> None:
    """The message names the place that holds it, and the reference."""
    source = document(schemas={"A": {"type": "string"}}, servers=[{}])
    if problem == "would":  # an anchor is no pointer: the whole document is what it gives
        assert lookup(source, reference, ()) is source
        return
    with pytest.raises(PrepareError, match=f"^/paths/~1a: the reference .*{problem}"):
        lookup(source, reference, ("paths", "/a"))


def test_a_shared_part_is_followed_with_its_own_prose() -> None:
    """A summary and a description beside a reference replace those of its target (OpenAPI 3.1)."""
    source: Json = {
        "a": {"$ref": "#/b", "description": "Here", "x": 1},
        "b": {"$ref": "#/c", "summary": "There"},
        "c": {"d": [1]},
    }
    report = Report()
    followed = follow(source, source["a"], ("a",), report)
    assert followed == {"d": [1], "description": "Here", "summary": "There"}
    assert followed["d"] is not source["c"]["d"]
    assert report.notes == ["/a: x beside a $ref: not read, as OpenAPI asks"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}, "the reference #/b leads back to itself"),
        ({"a": {"$ref": "#/b"}, "b": [1]}, r"must be a mapping, is \[1\]"),
        ({"a": None}, "must be a mapping, is None"),
    ],
)
def test_a_shared_part_that_is_none_is_refused(source: Json, problem: str) -> None:
    """Neither a circle nor a list can be a parameter."""
    with pytest.raises(PrepareError, match=f"^/a: {problem}"):
        follow(source, source["a"], ("a",), Report())


def test_what_a_deep_reference_points_to_becomes_a_component() -> None:
    """Its old place may move or vanish when operations are completed; and one type gets one name."""
    schemas = {
        "A": {
            "properties": {
                "b": {"type": "object", "properties": {"c": {"$ref": "#/components/schemas/A/properties/b"}}}
            }
        },
        "B": {"items": {"$ref": "#/components/schemas/A/properties/b"}},
        "APropertiesB": {"type": "string"},
        "C": {"$ref": "#/components/parameters/p/schema"},
        "D": {"$ref": "#/paths/~1a/get/parameters/0/schema"},
        "E": {"$ref": "#/info"},
    }
    parameters = {"p": {"name": "p", "in": "query", "schema": {"enum": ["x", "y"]}}}
    own = [{"$ref": "#/components/parameters/p"}, {"name": "q", "in": "query", "schema": {"type": "string"}}]
    own[0] = {"name": "q", "in": "query", "schema": {"type": "boolean"}}
    source = document({"/a": {"parameters": [{"name": "x", "in": "query"}], "get": {"parameters": own}}}, schemas)
    source["components"]["parameters"] = parameters
    made, report = resolved(source)
    found = made["components"]["schemas"]
    again = {"$ref": "#/components/schemas/APropertiesB2"}
    assert found["A"] == {"properties": {"b": {"type": "object", "properties": {"c": again}}}}
    assert found["B"] == {"items": again}
    assert found["APropertiesB2"] == {"type": "object", "properties": {"c": again}}
    assert found["C"] == {"$ref": "#/components/schemas/PSchema"}
    assert found["PSchema"] == {"enum": ["x", "y"]}
    assert found[component_of(found["D"]["$ref"])] == {"type": "boolean"}, (
        "positions are those of the document as written"
    )
    assert found["Info"] == source["info"]
    assert report.counts()["component-of-deep-reference"] == 4
    assert "parameters" not in made["components"]


def test_every_place_of_a_schema_is_seen_and_data_is_left_alone() -> None:
    """A ``$ref`` in an example is text; one in any keyword that holds schemas is a reference."""
    deep = {"$ref": "#/components/parameters/p/schema"}
    one = {key: dict(deep) for key in ("items", "additionalProperties", "not", "if", "contains")}
    many = {key: [dict(deep)] for key in ("oneOf", "anyOf", "allOf", "prefixItems")}
    named = {key: {"$ref": dict(deep)} for key in ("properties", "patternProperties", "$defs")}
    data = {"example": dict(deep), "default": dict(deep), "x-a": dict(deep), "enum": [dict(deep)]}
    source = operation(
        parameters=[{"name": "q", "in": "query", "schema": {**one, **many, **named, **data, "required": ["a"]}}]
    )
    source["components"]["parameters"] = {"p": {"name": "p", "in": "query", "schema": {"type": "string"}}}
    made, _ = resolved(source)
    found = made["paths"]["/a"]["get"]["parameters"][0]["schema"]
    new = {"$ref": "#/components/schemas/PSchema"}
    assert {key: found[key] for key in one} == dict.fromkeys(one, new)
    assert {key: found[key] for key in many} == {key: [new] for key in many}
    assert {key: found[key] for key in named} == {key: {"$ref": new} for key in named}
    assert {key: found[key] for key in data} == data
