"""Schemas of OpenAPI are read as JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from portkey_mock.schema import MASK, Schema, SchemaCompiler, to_json_schema

COMPONENTS: dict[str, Any] = {
    "Name": {"type": "string", "minLength": 2},
    "Cat": {"type": "object", "properties": {"kind": {"enum": ["cat"]}, "name": {"$ref": "#/components/schemas/Name"}}},
    "Dog": {"type": "object", "properties": {"kind": {"enum": ["dog"]}, "age": {"type": "integer"}}},
    "a/b~c": {"type": "boolean"},
}


def compiled(schema: Any, *, ref_siblings: bool = False) -> Schema:
    """A compiled schema at `#/here`."""
    compiler = SchemaCompiler({n: to_json_schema(s, ref_siblings=ref_siblings) for n, s in COMPONENTS.items()})
    source = to_json_schema(schema, ref_siblings=ref_siblings)
    return Schema("#/here", source, compiler.compile(source))


NAME = {"$ref": "#/components/schemas/Name"}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "nullable": True}, ["a", None], [1]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, ["a", None], ["b"]),
        ({"type": "string", "nullable": True, "enum": ["a", None]}, ["a", None], ["b"]),
        ({"type": "string", "nullable": False}, ["a"], [None]),
        ({"nullable": True, "anyOf": [{"type": "string"}, {"type": "integer"}]}, ["a", 1, None], [[]]),
        (
            {"type": "object", "nullable": True, "allOf": [{"type": "object", "required": ["a"]}]},
            [{"a": 1}, None],
            [{}],
        ),
        ({**NAME, "nullable": True}, ["ab", None], ["a"]),
        ({**NAME, "maxLength": 2}, ["abc"], ["a"]),
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, [1.5], [1]),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": False}, [1], [0]),
        ({"type": "number", "exclusiveMaximum": True}, [5], []),
        ({"type": "number", "exclusiveMaximum": 3}, [2], [3]),
        ({"type": "integer", "format": "int32"}, [2**31 - 1], [2**31, -(2**31) - 1]),
        ({"type": "integer", "format": "int64"}, [2**63 - 1], [2**63, 10**400]),
        ({"type": "integer", "format": "int32", "maximum": 5}, [5], [6]),
        ({"type": "string", "format": "uuid"}, ["5b6962dd-3f90-4c93-8f61-eabfa4a803e2"], ["x"]),
        ({"type": "string", "format": "binary"}, ["x"], [1]),
        (
            {"type": "object", "properties": {"additionalProperties": {"type": "string"}}},
            [{"additionalProperties": "a"}],
            [],
        ),
        ({"type": "object", "additionalProperties": {"type": "string", "nullable": True}}, [{"a": None}], [{"a": 1}]),
        ({"not": {"type": "string", "nullable": True}}, [1], ["a", None]),
        ({"$ref": "#/components/schemas/a~1b~0c"}, [True], ["a"]),
        (True, [1], []),
        (False, [], [1]),
    ],
)
def test_meaning(schema: Any, good: list[Any], bad: list[Any]) -> None:
    """Each form that OpenAPI 3.0 has of its own accepts and refuses what it should."""
    made = compiled(schema)
    assert all(made.accepts(value) for value in good)
    assert not any(made.accepts(value) for value in bad)


def test_siblings_of_references() -> None:
    """From OpenAPI 3.1 on, what stands beside a reference counts."""
    assert not compiled({**NAME, "maxLength": 2}, ref_siblings=True).accepts("abc")


def test_problem_says_where_and_why() -> None:
    """A problem names the place in the value and the rule in the document, and repeats nothing of the value."""
    problem = compiled({"type": "object", "properties": {"a/b": {"type": "array", "items": NAME}}}).problem(
        {"a/b": ["x"]}
    )
    assert problem is not None
    assert problem.at == "/a~1b/0"
    assert problem.rule == "#/components/schemas/Name/minLength"
    assert MASK in problem.reason


def test_problem_in_the_schema_itself() -> None:
    """A rule that is not behind a reference is named by where the schema stands."""
    problem = compiled({"type": "string"}).problem(5)
    assert problem is not None
    assert (problem.at, problem.rule) == ("", "#/here/type")


def test_no_problem() -> None:
    """A value that conforms has no problem, and nothing is a problem for a schema that did not compile."""
    assert compiled({"type": "string"}).problem("a") is None
    assert Schema("#", {}, None).problem("a") is None
    assert Schema("#", {}, None).accepts("a")


PETS = {"type": "array", "items": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog")]}}


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ({"kind": "dog", "age": "x"}, "/0/age"),
        ({"kind": "cat", "name": "x"}, "/0/name"),
        ({"kind": "cow"}, "/0/kind"),
        (5, "/0"),
        ({}, "/0"),
    ],
)
def test_problem_of_the_branch_that_was_meant(value: Any, at: str) -> None:
    """Of several branches, the problem is told of the one that the value comes closest to."""
    problem = compiled(PETS).problem([value])
    assert problem is not None
    assert problem.at == at


def test_references_that_lead_nowhere() -> None:
    """A reference to anything but a component is an error."""
    compiler = SchemaCompiler({})
    for reference in ("urn:openapi#/components/schemas/None", "urn:openapi#/paths"):
        with pytest.raises(KeyError):
            compiler.resolve(reference)
    with pytest.raises(ValueError, match="None"):
        compiler.compile({"$ref": "urn:openapi#/components/schemas/None"})
