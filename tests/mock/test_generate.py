"""Values are made for schemas."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock.generate import Generator, Impossible
from portkey_mock.schema import SchemaCompiler, to_json_schema

COMPONENTS: dict[str, Any] = {
    "Tree": {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, "name": {}},
    },
    "Endless": {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
        "required": ["next"],
    },
    "Line": {
        "type": "object",
        "properties": {"items": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Line"}}},
    },
    "Circle": {"anyOf": [{"$ref": "#/components/schemas/Circle"}, {"type": "integer"}]},
    "Node": {
        "oneOf": [
            {"type": "object", "properties": {"node": {"$ref": "#/components/schemas/Node"}}, "required": ["node"]},
            {"type": "string"},
        ]
    },
    "X": {
        "anyOf": [
            {"type": "object", "properties": {"y": {"$ref": "#/components/schemas/Y"}}, "required": ["y"]},
            {"type": "string"},
        ]
    },
    "Y": {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/X"}}},
    "Model": {"type": "string", "enum": ["a", "b"]},
}


def generator(seed: int = 0) -> Generator:
    """A generator that knows the components."""
    components = {name: to_json_schema(schema, ref_siblings=False) for name, schema in COMPONENTS.items()}
    return Generator(SchemaCompiler(components), seed)


def made(schema: Any, *salt: object) -> Any:
    """A value for an OpenAPI schema."""
    return generator().value(to_json_schema(schema, ref_siblings=False), *salt)


def ref(name: str) -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


AB = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"const": 5},
        {"enum": [None, "a"]},
        {"enum": [None]},
        {"type": "string"},
        {"type": ["null", "integer"]},
        {"type": ["null"]},
        {"type": "null"},
        {"type": "boolean"},
        {"type": "string", "minLength": 40},
        {"type": "string", "maxLength": 1},
        {"type": "string", "maxLength": 0},
        {"type": "string", "pattern": "^[0-9]+$"},
        {"type": "string", "pattern": "^[A-Z]", "minLength": 3},
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "ipv4"},
        {"type": "integer", "minimum": 5},
        {"type": "integer", "minimum": 4.5},
        {"type": "integer", "maximum": -4.5},
        {"type": "integer", "exclusiveMinimum": 5},
        {"type": "integer", "exclusiveMaximum": 0},
        {"type": "integer", "multipleOf": 7, "minimum": 10},
        {"type": "number", "minimum": -10, "maximum": 0.5},
        {"type": "number", "minimum": 2.5},
        {"type": "number", "multipleOf": 0.01},
        {"type": "array", "items": {"type": "integer"}, "minItems": 3},
        {"type": "array", "maxItems": 0, "items": {}},
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
        {"type": "array", "items": False},
        {"items": {"type": "integer"}},
        {"properties": {"a": {"type": "integer"}}},
        {"required": ["a"]},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "minProperties": 2},
        {"type": "object", "maxProperties": 1, "properties": {"a": {}, "b": {}}},
        {"type": "object", "required": ["x"], "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"a": False}},
        {"allOf": [AB, {"type": "object", "properties": {"a": {"maximum": 0}, "b": {"type": "string"}}}]},
        {"allOf": [{"type": "number", "minimum": 3}, {"type": "integer", "maximum": 9, "minimum": 4}]},
        {"allOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]},
        {"allOf": [{"type": "array", "items": {"minimum": 3}}, {"items": {"type": "integer"}, "minItems": 2}]},
        {"allOf": [{"additionalProperties": False, "properties": {"a": {}}}, {"additionalProperties": True}]},
        {"allOf": [{"title": "one"}, {"title": "other", "type": "string"}]},
        {"anyOf": [{"type": "null"}, {"type": "string"}]},
        {"oneOf": [AB, {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}]},
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}, "type": "object"},
        {"oneOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "integer"}}}]},
        {"anyOf": [False, {"type": "integer"}]},
    ],
)
def test_value_is_valid(schema: Any) -> None:
    """The value made for a schema conforms to it."""
    jsonschema.validate(made(schema), schema, jsonschema.Draft202012Validator)


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string", "minLength": 3},
            {"type": "integer", "minimum": 2, "maximum": 3},
            {"type": "boolean"},
            {"type": "number", "exclusiveMinimum": 1},
            {"enum": ["x", 1]},
            {"type": "string", "format": "date-time"},
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda item: {"type": "array", "items": item, "minItems": 1}),
        st.dictionaries(st.sampled_from("abc"), inner).map(
            lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)}
        ),
        inner.map(lambda other: {"anyOf": [{"type": "null"}, other]}),
        inner.map(lambda other: {"allOf": [other, {"title": "t"}]}),
    ),
)


@given(SCHEMAS)
def test_any_schema(schema: Any) -> None:
    """Whatever a schema is made of, the value conforms, and making it again gives the same one."""
    value = made(schema)
    jsonschema.validate(value, schema, jsonschema.Draft202012Validator)
    assert made(schema) == value


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "object", "required": ["a"], "additionalProperties": False},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"type": "array", "minItems": 1, "items": False},
        {"enum": []},
        {"type": []},
        {"anyOf": [False, False]},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"$ref": "#/components/schemas/Nobody"},
        ref("Endless"),
    ],
)
def test_impossible(schema: Any) -> None:
    """A schema that nothing conforms to is refused, with a reason."""
    with pytest.raises(Impossible, match=r"\w+ \w+"):
        made(schema)


def test_recursion_ends() -> None:
    """A schema that contains itself gets a value that ends."""
    assert made(ref("Tree"))["children"][0] == {"name": "mock name"}
    assert made(ref("Line")) == {"items": [{}]}
    assert made(ref("Circle")) == 1
    assert made(ref("Node")) == {"node": "mock node"}


def test_choices_hold_elsewhere() -> None:
    """A choice made for a schema in one place does not trap the generator in another, where it would recurse."""
    makes = generator()
    inner, outer = (to_json_schema(schema, ref_siblings=False) for schema in (ref("Node"), {"items": ref("Node")}))
    assert makes.value(inner) == makes.value(inner)
    assert makes.value(outer) == [makes.value(inner)]


def test_choices_are_made_afresh_where_they_recurse() -> None:
    """Where the choice made for a schema elsewhere would not end, another branch is taken."""
    makes = generator()
    assert makes.value(to_json_schema(ref("Y"), ref_siblings=False)) == {"x": {"y": {}}}
    assert makes.value(to_json_schema(ref("X"), ref_siblings=False)) == {"y": {"x": "mock x"}}


def test_memory_does_not_grow() -> None:
    """Making values again and again remembers nothing new."""
    makes = generator()
    schemas = [to_json_schema(ref(name), ref_siblings=False) for name in ("X", "Y", "Node", "Tree", "Circle")]
    sizes: list[int] = []
    for _ in range(3):
        for schema in schemas:
            makes.value(schema)
        sizes.append(sum(len(each) for each in vars(makes).values() if isinstance(each, dict)))
    assert sizes[1] == sizes[2]


def test_hopeless_choices() -> None:
    """Where no branch gives a valid value, a natural one comes out all the same, the same one every time."""
    same = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    makes, schema = generator(), {"oneOf": [same, dict(same)]}
    assert makes.value(schema) == makes.value(schema) == {"a": 1}


def test_ambiguity_is_noted() -> None:
    """Where a null has to tell branches apart, the place is noted."""
    makes = generator()
    makes.value({"properties": {"x": {"oneOf": [{"properties": {each: {"type": "integer"}}} for each in "ab"]}}})
    assert makes.ambiguous == ["/x"]


def test_ids() -> None:
    """Ids have the prefix of their kind, and differ by salt, by place and by seed."""
    schema = {"properties": {"id": {"type": "string"}, "object": {"enum": ["batch"]}, "file_id": {"type": "string"}}}
    thing = made(schema, 1)
    assert thing["id"].startswith("batch_")
    assert thing["file_id"].startswith("file-")
    assert made({"properties": {"id": {"type": "string"}, "object": {"const": "file"}}})["id"].startswith("file-")
    ids = {made(schema, 1)["id"], made(schema, 2)["id"], generator(seed=1).value(schema, 1)["id"]}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("name", "schema", "pattern"),
    [
        ("created_at", {"type": "integer"}, r"^1749\d{6}$"),
        ("created_at", {"type": "string"}, r"^2025-06-\d\dT\d\d:\d\d:\d\dZ$"),
        ("slug", {"type": "string"}, r"^mock-[0-9a-f]{8}$"),
        ("workspace_id", {"type": "string"}, r"^[0-9a-f]{8}-"),
        ("has_more", {"type": "boolean"}, "^False$"),
        ("deleted", {"type": "boolean"}, "^True$"),
        ("title", {"type": "string"}, "^mock title$"),
        ("model", ref("Model"), "^a$"),
    ],
)
def test_values_by_name(name: str, schema: Any, pattern: str) -> None:
    """A value looks like what its name says."""
    value = made({"properties": {name: schema, "object": {}}})[name]
    assert re.search(pattern, str(value))


def test_unfitting_pattern() -> None:
    """A pattern that no candidate fits is not fitted; the check at start-up tells."""
    for pattern in ("^zzz[0-9]{9}$", "(not python", r"\p{L}"):
        assert made({"type": "string", "pattern": pattern}).startswith("mock")
