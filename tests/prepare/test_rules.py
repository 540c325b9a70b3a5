"""The named rules, one by one: what each makes of a schema, and that it makes nothing else of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from prepare.errors import PrepareError
from prepare.load import same
from prepare.report import Report
from prepare.rules import RULES, apply_rules
from tests.prepare.random_documents import schemas

NULL = {"type": "null"}
TEXT = {"type": "string"}


def ruled(schema: Any) -> tuple[Any, list[str]]:
    """Return a schema after all rules, and which of them did something."""
    report = Report()
    return apply_rules(schema, ("here",), report), [name for name, _ in report.applied]


@pytest.mark.parametrize(
    ("schema", "after", "rules"),
    [
        # well_formed
        ({"type": "object", "required": True}, {"type": "object"}, ["drop-boolean-required"]),
        ({"type": None}, NULL, []),
        ({"type": "string", "enum": None, "properties": None}, TEXT, ["drop-empty-keyword"]),
        # binary_content
        ({**TEXT, "contentMediaType": "application/octet-stream"}, {**TEXT, "format": "binary"}, ["binary-content"]),
        ({**TEXT, "contentMediaType": "application/octet-stream", "contentEncoding": "base64"}, TEXT, []),
        ({**TEXT, "contentMediaType": "text/plain"}, TEXT, []),
        # keep_structure
        (
            {
                **TEXT,
                "title": "T",
                "default": "a",
                "discriminator": {},
                "not": {},
                "example": 1,
                "x-a": 1,
                "minLength": 1,
            },
            TEXT,
            ["drop-title", "drop-default", "drop-discriminator", "drop-not"],
        ),
        ({**TEXT, "description": "D"}, {**TEXT, "description": "D"}, []),
        ({**TEXT, "description": 1}, TEXT, []),
        # empty_combiner
        ({**TEXT, "oneOf": [], "anyOf": [], "allOf": []}, TEXT, ["empty-combiner"]),
        # reference_alone
        ({"$ref": "#/a", "description": "D"}, {"$ref": "#/a"}, []),
        ({"$ref": "#/a", "type": "object"}, {"$ref": "#/a"}, ["drop-reference-siblings"]),
        ({"$ref": "#/a", "nullable": True}, {"oneOf": [{"$ref": "#/a"}, NULL]}, ["nullable-reference"]),
        ({"$ref": "#/a", "nullable": False}, {"$ref": "#/a"}, ["drop-reference-siblings"]),
        (
            {"$ref": "#/a", "required": ["b"]},
            {"allOf": [{"$ref": "#/a"}, {"required": ["b"]}]},
            ["reference-with-siblings"],
        ),
        (
            {"$ref": "#/a", "enum": ["b"], "nullable": True},
            {"oneOf": [{"allOf": [{"$ref": "#/a"}, {"enum": ["b"]}]}, NULL]},
            ["reference-with-siblings"],
        ),
        # type_list
        ({"type": ["string"]}, TEXT, ["type-list"]),
        ({"type": ["null"], "description": "D"}, {**NULL, "description": "D"}, ["type-list"]),
        ({"type": ["string", "null"]}, {"oneOf": [TEXT, NULL]}, ["type-list", "nullable-union"]),
        ({"type": ["string", None]}, {"oneOf": [TEXT, NULL]}, ["type-list", "nullable-union"]),
        (
            {"type": ["string", "array", "object"], "format": "date", "items": TEXT, "properties": {"a": TEXT}},
            {
                "oneOf": [
                    {**TEXT, "format": "date"},
                    {"type": "array", "items": TEXT},
                    {"type": "object", "properties": {"a": TEXT}},
                ]
            },
            ["type-list"],
        ),
        ({"type": ["string", "integer"], "const": 1}, {"const": 1}, ["type-list"]),
        ({"type": ["string", "integer"], "enum": ["a", "b"]}, {"enum": ["a", "b"]}, ["type-list"]),
        (
            {"type": ["string", "integer", "null"], "allOf": [{"minLength": 1}], "description": "D"},
            {
                "description": "D",
                "oneOf": [{"allOf": [{"minLength": 1}, {"oneOf": [TEXT, {"type": "integer"}]}]}, NULL],
            },
            ["type-list", "nullable-union"],
        ),
        # null_in_enum, nullable_union
        (
            {**TEXT, "enum": ["a", "b", None]},
            {"oneOf": [{"enum": ["a", "b"]}, NULL]},
            ["null-in-enum", "nullable-union"],
        ),
        ({"enum": [None], "description": "D"}, {**NULL, "description": "D"}, ["null-in-enum"]),
        (
            {**TEXT, "nullable": True, "description": "D"},
            {"oneOf": [TEXT, NULL], "description": "D"},
            ["nullable-union"],
        ),
        ({**TEXT, "nullable": False}, TEXT, []),
        ({"nullable": True}, {}, []),
        ({"oneOf": [TEXT], "type": "object", "nullable": True}, {"oneOf": [TEXT, NULL]}, ["nullable-union"]),
        ({"anyOf": [TEXT], "nullable": True}, {"oneOf": [{"anyOf": [TEXT]}, NULL]}, ["nullable-union"]),
        # plain_enum
        ({**TEXT, "enum": ["a", "b", "a"]}, {"enum": ["a", "b"]}, ["enum-duplicates"]),
        ({"enum": ["C", "C++", "C#", "a", "A"]}, {"enum": ["C", "C++", "C#", "a", "A"]}, []),
        ({**TEXT, "enum": ["a"]}, {"const": "a"}, ["enum-of-one"]),
        ({"type": "boolean", "enum": [True, False]}, {"type": "boolean"}, ["enum-of-kind"]),
        ({"type": "boolean", "enum": [True]}, {"const": True}, ["enum-of-one"]),
        ({"type": "number", "enum": [1, 0.5]}, {"type": "number"}, ["enum-of-kind"]),
        (
            {"enum": [1, "1", True, "a", 2, [1], {"b": 1}]},
            {"oneOf": [{"enum": ["1", "a"]}, {"enum": [1, 2]}, {"const": True}, {"type": "array"}, {"type": "object"}]},
            ["enum-of-mixed-kinds"],
        ),
        # constant
        ({"const": 0}, {"const": 0}, []),
        ({"const": None, "description": "D"}, {**NULL, "description": "D"}, []),
        ({"const": 1.5}, {"type": "number"}, ["constant-of-structure"]),
        ({"const": [1]}, {"type": "array", "items": {}}, ["constant-of-structure", "missing-items"]),
        ({"const": {"a": 1}}, {"type": "object"}, ["constant-of-structure"]),
        # implied_type, known_format
        ({"properties": {}}, {"type": "object", "properties": {}}, ["implied-object"]),
        ({"properties": {}, "format": "date"}, {"type": "object", "properties": {}}, ["implied-object"]),
        ({"prefixItems": [TEXT]}, {"type": "array", "items": {"oneOf": [TEXT]}}, ["implied-array", "tuple-items"]),
        ({"format": "date-time"}, {**TEXT, "format": "date-time"}, []),
        ({**TEXT, "format": "DateTime"}, {**TEXT, "format": "date-time"}, ["format-spelling"]),
        ({**TEXT, "format": "uuid"}, TEXT, []),
        ({"type": "integer", "format": "date"}, {"type": "integer"}, []),
        ({"allOf": [TEXT], "format": "date"}, {"allOf": [TEXT]}, []),
        # fitting_keywords
        ({**TEXT, "required": ["a"], "items": {}}, TEXT, ["misplaced-keyword"]),
        (
            {"type": "object", "items": {}, "required": ["a"]},
            {"type": "object", "required": ["a"]},
            ["misplaced-keyword"],
        ),
        ({**TEXT, "properties": {}, "oneOf": [TEXT]}, {**TEXT, "properties": {}, "oneOf": [TEXT]}, []),
        # array_items
        ({"type": "array"}, {"type": "array", "items": {}}, ["missing-items"]),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}, ["missing-items"]),
        ({"type": "array", "items": [TEXT, {}]}, {"type": "array", "items": {"oneOf": [TEXT, {}]}}, ["tuple-items"]),
        (
            {"type": "array", "prefixItems": [TEXT], "items": {"type": "integer"}, "description": "D"},
            {"type": "array", "items": {"oneOf": [TEXT, {"type": "integer"}]}, "description": "D"},
            ["tuple-items"],
        ),
        ({"type": "array", "items": TEXT, "oneOf": [{}]}, {"type": "array", "items": TEXT, "oneOf": [{}]}, []),
        # a schema that is a boolean
        (True, {}, ["boolean-schema"]),
        (False, {}, ["boolean-schema"]),
    ],
)
def test_a_rule(schema: Any, after: Any, rules: list[str]) -> None:
    """Each rule is named in the report where it changed something."""
    assert ruled(schema) == (after, rules)
    assert same(ruled(after)[0], after), "a second run changes nothing"


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (1, "/here: must be a schema, is 1"),
        (None, "/here: must be a schema, is None"),
        ({"type": "file"}, "/here/type: 'file' is no JSON Schema type"),
        ({"type": ["string", 1]}, "/here/type: 1 is no JSON Schema type"),
        ({"type": []}, "/here/type: an empty list is no JSON Schema type"),
        ({"type": {}}, "/here/type: {} is no JSON Schema type"),
        ({"enum": []}, "/here/enum: lists nothing, so no value fits"),
        ({"enum": "a"}, "/here/enum: must be a list, is 'a'"),
        ({"oneOf": {}}, "/here/oneOf: must be a list, is {}"),
        ({"properties": []}, "/here/properties: must be a mapping, is []"),
        ({"required": [1]}, "/here/required: must list names, lists [1]"),
        ({"items": "a"}, "/here/items: must be a schema, is 'a'"),
        ({"additionalProperties": 1}, "/here/additionalProperties: must be a schema or a boolean, is 1"),
        ({"$ref": 1}, "/here/$ref: must be text, is 1"),
        ({"nullable": "true"}, "/here/nullable: must be a boolean, is 'true'"),
        (
            {"$dynamicRef": "#a"},
            "/here/$dynamicRef: depends on where it is evaluated, which no Python type does; use $ref",
        ),
    ],
)
def test_what_no_rule_can_keep_is_refused(schema: Any, problem: str) -> None:
    """The message names the keyword by its JSON pointer."""
    with pytest.raises(PrepareError) as refused:
        ruled(schema)
    assert str(refused.value) == problem


def test_an_unknown_keyword_is_noted() -> None:
    """It may be a typing error, or of a newer OpenAPI."""
    report = Report()
    assert apply_rules({**TEXT, "minimun": 1}, ("a", "b"), report) == TEXT
    assert report.notes == ["/a/b: unknown keyword 'minimun': not understood, so not kept"]


def test_the_report_counts_rules_and_says_each_note_once() -> None:
    """Its places are JSON pointers."""
    report = Report()
    for place in (("a",), ("b",)):
        apply_rules({"type": "array", "title": "T"}, place, report)
        report.note("odd")
    assert next(iter(report.applied)) == ("drop-title", "/a")
    assert report.counts() == {"drop-title": 2, "missing-items": 2}
    assert report.notes == ["odd"]


@given(schema=schemas)
@settings(max_examples=150, deadline=None)
def test_the_rules_change_nothing_when_they_run_again(schema: Any) -> None:
    """What they made is in the form they make."""
    once, _ = ruled(schema)
    assert same(ruled(once)[0], once)


def test_every_rule_has_a_sentence() -> None:
    """Whoever reads the report can look a rule up."""
    assert all(rule.__doc__ for rule in RULES)
