"""The algebra of allOf: many schemas into one."""

from __future__ import annotations

from typing import Any

import pytest

from prepare.errors import PrepareError
from prepare.load import Json
from prepare.merge import Algebra
from prepare.report import Report
from tests.prepare.tiny import document

NULL = {"type": "null"}
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
A = {"$ref": "#/components/schemas/A"}
SCHEMAS = {
    "A": {"type": "object", "required": ["a"], "properties": {"a": TEXT}},
    "B": {"type": "object", "properties": {"b": TEXT}},
    "Both": {"allOf": [A, {"$ref": "#/components/schemas/B"}]},
    "Either": {"oneOf": [A, {"$ref": "#/components/schemas/B"}]},
    "Kind": {"type": "string", "enum": ["x", "y", "z"]},
    "Maybe": {"type": "object", "nullable": True, "properties": {"m": TEXT}},
    "Loop": {"allOf": [{"$ref": "#/components/schemas/Pool"}, {"required": ["a"]}]},
    "Pool": {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"required": ["b"]}]},
    "Branching": {"properties": {"a": TEXT}, "oneOf": [{"$ref": "#/components/schemas/Branching"}, TEXT]},
}


def settled(schema: Any) -> tuple[Json, dict[str, int]]:
    """Return the settled form of a schema, and how often each rule was applied."""
    report = Report()
    return Algebra(document(schemas=SCHEMAS), report).settle(schema, ("here",)), report.counts()


def ref(name: str) -> Json:
    """Return a reference to one of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def has(**properties: Any) -> Json:
    """Return an object with properties."""
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        # a reference stays one where nothing is said beside it
        ([ref("A")], ref("A")),
        ([ref("A"), {"description": "D"}, {"type": "object"}, {"minProperties": 1}, True], ref("A")),
        ([ref("Either"), {"type": "object"}], ref("Either")),
        ([], {}),
        ([{"description": "D"}], {"description": "D"}),
        ([{"type": "object"}, {}], {"type": "object"}),
        ([TEXT], TEXT),
        # types
        ([TEXT, TEXT], TEXT),
        ([{"type": "number"}, WHOLE], WHOLE),
        ([{**TEXT, "format": "date"}, TEXT], {**TEXT, "format": "date"}),
        ([{**TEXT, "format": "date"}, {**TEXT, "format": "date-time"}], TEXT),
        ([{"type": ["string", "null"]}, TEXT], TEXT),
        # constants and enums
        ([ref("Kind"), {"enum": ["y", "z", "w"]}], {"enum": ["y", "z"]}),
        ([ref("Kind"), {"const": "x"}], {"const": "x"}),
        ([{"enum": [1, 2]}, {"type": "number"}], {"enum": [1, 2]}),
        ([TEXT, {"enum": [1, "a"]}], {"const": "a"}),
        ([{"enum": ["a", "b"]}, {"required": ["c"]}], {"enum": ["a", "b"]}),
        # objects
        ([ref("A"), ref("B")], {**has(a=TEXT, b=TEXT), "required": ["a"]}),
        ([ref("Both"), has(c=TEXT)], {**has(a=TEXT, b=TEXT, c=TEXT), "required": ["a"]}),
        ([ref("A"), {"required": ["b", "a"]}], {**has(a=TEXT), "required": ["a", "b"]}),
        ([{"required": ["b"]}, {"required": ["a"]}], {"required": ["b", "a"]}),
        ([has(x=TEXT), has(x=TEXT)], has(x=TEXT)),
        ([has(x=TEXT), has(x=WHOLE)], has(x={"allOf": [TEXT, WHOLE]})),
        ([has(x=True), has(x=WHOLE)], has(x=WHOLE)),
        ([has(x=False), has(x=WHOLE)], has(x=False)),
        (
            [{"additionalProperties": TEXT}, {"additionalProperties": True}],
            {"type": "object", "additionalProperties": TEXT},
        ),
        (
            [{"additionalProperties": TEXT}, {"additionalProperties": False}],
            {"type": "object", "additionalProperties": False},
        ),
        (
            [{"patternProperties": {"^a": TEXT}}, {"patternProperties": {"^a": WHOLE, "^b": TEXT}}],
            {"type": "object", "patternProperties": {"^a": {"allOf": [TEXT, WHOLE]}, "^b": TEXT}},
        ),
        (
            [has(x={"enum": ["a", "b", "c"], "description": "D"}), has(x={"enum": ["c", "b"]})],
            has(x={"enum": ["b", "c"], "description": "D"}),
        ),
        ([has(x={"enum": ["a", "b"]}), has(x={"const": "a"})], has(x={"const": "a"})),
        (
            [has(x={"const": "a", "nullable": True}), has(x={"const": "a"})],
            has(x={"allOf": [{"const": "a", "nullable": True}, {"const": "a"}]}),
        ),
        ([has(x={"enum": [1, None]}), has(x={"enum": [1]})], has(x={"allOf": [{"enum": [1, None]}, {"enum": [1]}]})),
        ([has(x={"enum": "a"}), has(x={"const": "a"})], has(x={"allOf": [{"enum": "a"}, {"const": "a"}]})),
        # unions told apart by a constant: only the pairs that agree are possible
        (
            [
                {"oneOf": [has(t={"const": "a"}), has(t={"const": "b"})]},
                {"oneOf": [has(t={"const": "a"}, x=TEXT), has(t={"const": "b"}, y=TEXT)]},
            ],
            {"oneOf": [has(t={"const": "a"}, x=TEXT), has(t={"const": "b"}, y=TEXT)]},
        ),
        # arrays
        ([{"type": "array", "items": TEXT}, {"type": "array"}], {"type": "array", "items": {"allOf": [TEXT, {}]}}),
        # null
        ([ref("Maybe"), has(x=TEXT)], has(m=TEXT, x=TEXT)),
        ([ref("Maybe"), {"nullable": True, **has(x=TEXT)}], {"oneOf": [has(m=TEXT, x=TEXT), NULL]}),
        ([NULL, {"nullable": True, **TEXT}], NULL),
        # unions
        ([{"oneOf": [TEXT, WHOLE]}, {"anyOf": [WHOLE, {"type": "boolean"}]}], WHOLE),
        (
            [ref("Either"), has(c=TEXT)],
            {"oneOf": [{**has(a=TEXT, c=TEXT), "required": ["a"]}, has(b=TEXT, c=TEXT)]},
        ),
        ([{"oneOf": [TEXT, TEXT, WHOLE]}, {"oneOf": [TEXT, WHOLE]}], {"oneOf": [TEXT, WHOLE]}),
    ],
)
def test_all_of(parts: list[Any], merged: Json) -> None:
    """The result takes the values that every part takes, and keeps all that the parts say of them."""
    assert settled({"allOf": parts})[0] == merged


@pytest.mark.parametrize(
    ("schema", "made", "rule"),
    [
        ({"type": "object", "oneOf": [ref("A"), ref("B")]}, {"oneOf": [ref("A"), ref("B")]}, "type-beside-union"),
        ({**TEXT, "anyOf": [{"format": "uri"}, {"const": "a"}]},
         {"oneOf": [{"format": "uri", **TEXT}, {"const": "a"}]}, "type-beside-union"),
        ({**TEXT, "anyOf": [True]}, {"oneOf": [True]}, "type-beside-union"),
        ({**has(x=TEXT), "oneOf": [{"required": ["x"]}, {"required": ["y"]}]}, has(x=TEXT), "required-only-branches"),
        ({**has(x=TEXT), "allOf": [{"required": ["x"]}], "anyOf": [{"required": ["y"]}]},
         {**has(x=TEXT), "required": ["x"]}, "required-only-branches"),
        ({"oneOf": [TEXT, WHOLE], "anyOf": [{"required": ["y"]}]}, {"oneOf": [TEXT, WHOLE]}, "required-only-branches"),
        ({"required": ["a"], "oneOf": [ref("B"), TEXT]}, {"oneOf": [{**has(b=TEXT), "required": ["a"]}, TEXT]},
         "union-beside-keywords"),
        ({**has(x=TEXT), "anyOf": [has(y=TEXT), TEXT]}, has(x=TEXT, y=TEXT), "impossible-branch"),
        ({"oneOf": [TEXT, WHOLE], "anyOf": [TEXT, NULL]}, TEXT, "union-beside-keywords"),
        ({**has(x=TEXT), "allOf": [ref("A")]}, {**has(x=TEXT, a=TEXT), "required": ["a"]}, "allof-merged"),
        ({"type": "string", "allOf": [ref("Kind")]}, ref("Kind"), "allof-of-one"),
        ({"type": "array", "allOf": [{"maxItems": 1}]}, {"type": "array", "items": {}}, "allof-merged"),
        ({"allOf": [ref("B")], "oneOf": [has(x=TEXT), has(y=TEXT)]},
         {"oneOf": [has(b=TEXT, x=TEXT), has(b=TEXT, y=TEXT)]}, "allof-merged"),
    ],
)  # fmt: skip
def test_what_stands_beside_a_union(schema: Json, made: Json, rule: str) -> None:
    """Keywords beside oneOf, anyOf and allOf belong to every branch."""
    found, rules = settled(schema)
    if rule == "type-beside-union" and made["oneOf"] == [True]:
        assert found == made
    else:
        assert (found.get("oneOf", found), rule in rules) == (made.get("oneOf", made), True)


@pytest.mark.parametrize(
    ("schema", "description"),
    [
        ({"description": "Own", "allOf": [{"description": "Part", **has(x=TEXT)}]}, "Own"),
        ({"allOf": [{"description": "Part", **has(x=TEXT)}]}, "Part"),
        ({"description": "Own", "oneOf": [TEXT, WHOLE]}, "Own"),
        ({"description": "Own", **has(x=TEXT), "anyOf": [has(y=TEXT), has(z=TEXT)]}, "Own"),
        ({"description": "Own", **has(x=TEXT), "oneOf": [{"required": ["x"]}]}, "Own"),
        ({"allOf": [{"description": "One", **has(x=TEXT)}, {"description": "Two", **has(y=TEXT)}]}, None),
        ({"description": "Own", "allOf": [ref("A")]}, None),
    ],
)
def test_the_description_is_the_schemas_own(schema: Json, description: str | None) -> None:
    """Or that of its only telling part; a reference has its own where it points to."""
    assert settled(schema)[0].get("description") == description


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"allOf": [TEXT, WHOLE]}, "/here/allOf: is string and integer at once; no value can be both"),
        ({"allOf": [{"type": "object"}, TEXT]}, "/here/allOf: is object and string at once"),
        ({"type": "string", "allOf": [WHOLE]}, "/here/allOf: is string and integer at once"),
        ({"allOf": [{"const": "a"}, {"const": "b"}]}, r"/here/allOf: is one of \['a'\] and \{'const': 'b'\} at once"),
        ({"allOf": [{"const": 1}, {"const": True}]}, r"/here/allOf: is one of \[1\] and"),
        ({"allOf": [ref("Kind"), WHOLE]}, r"/here/allOf: is one of \['x', 'y', 'z'\] and"),
        (
            {"allOf": [{"oneOf": [TEXT, WHOLE]}, {"oneOf": [NULL, {"type": "boolean"}]}]},
            "/here/allOf: is integer and boolean",
        ),
        (
            {"allOf": [{"oneOf": [{}] * 17}, {"oneOf": [{}] * 17}]},
            "/here: the unions here have more than 256 combinations",
        ),
        ({"allOf": [ref("Loop"), has(x=TEXT)]}, "/here: #/components/schemas/Loop contains itself through allOf"),
        (SCHEMAS["Branching"], "#/components/schemas/Branching contains itself through allOf; break the circle"),
        (
            {"allOf": [has(x={"const": "a"}), has(x={"const": "b"})]},
            r"/here/properties/x/allOf: is one of \['a'\] and \{'const': 'b'\} at once",
        ),
        ({"allOf": [{"type": "file"}]}, "/here/allOf/0/type: 'file' is no JSON Schema type"),
        ({"allOf": [ref("Nowhere"), has(x=TEXT)]}, "/here: the reference #/components/schemas/Nowhere leads nowhere"),
    ],
)
def test_what_no_value_can_be_is_refused(schema: Json, problem: str) -> None:
    """Contradictions and circles are errors of the document, named by their place."""
    with pytest.raises(PrepareError, match=problem):
        settled(schema)
