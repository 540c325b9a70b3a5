"""The named rules that bring one schema into the form the generator keeps in full.

Each rule takes a schema and its place and returns a schema, the same one where it has nothing to do. They are generic:
none knows a name of the document. They run in the order of ``RULES``, from the outside in, and change nothing when they
run again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from .errors import Place, pointer, refuse
from .load import Json, is_array, is_object
from .report import Report

Rule: TypeAlias = Callable[[Json, Place, Report], Json]

NULL: Json = {"type": "null"}
TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
COMBINERS = ("oneOf", "anyOf", "allOf")
_OBJECT = ("properties", "additionalProperties", "patternProperties", "required")
_ARRAY = ("items", "prefixItems")
STRUCTURE = frozenset({"$ref", "type", "format", "nullable", "const", "enum", *COMBINERS, *_OBJECT, *_ARRAY})
"""Keywords that decide the Python type."""
ANNOTATIONS = frozenset(
    {"title", "default", "example", "examples", "externalDocs", "xml", "discriminator", "deprecated", "readOnly"}
    | {"writeOnly", "$comment", "$schema", "$id", "$anchor", "$defs", "definitions", "contentEncoding"}
    | {"contentMediaType", "contentSchema"}
)
"""Keywords that describe; they stay in openapi.json. Defaults in particular are never sent for the caller."""
VALIDATIONS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern"}
    | {"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "not", "if", "then", "else"}
    | {"contains", "minContains", "maxContains", "dependentRequired", "dependentSchemas", "propertyNames"}
    | {"unevaluatedProperties", "unevaluatedItems"}
)
"""Keywords that narrow values without changing the Python type; they stay in openapi.json, which the mock checks."""
_DYNAMIC = ("$dynamicRef", "$recursiveRef")
_FORMATS = frozenset({"date-time", "date", "binary"})
"""Formats that become a Python type. An id stays text where it is called a uuid: gateways send ids of any shape."""


def well_formed(schema: Json, place: Place, report: Report) -> Json:
    """Refuse keywords of the wrong shape, but for three that old documents write and that say nothing.

    Those are a boolean ``required``, a keyword without a value, and a ``null`` without quotes for the type of null.
    """
    if isinstance(schema.get("required"), bool):
        report.rule("drop-boolean-required", place)
        schema = _without(schema, "required")
    if "type" in schema:
        schema = {**schema, "type": _types(schema["type"], (*place, "type"))}
    empty = [key for key, value in schema.items() if value is None and key in STRUCTURE and key != "const"]
    if empty:
        report.rule("drop-empty-keyword", place)
        schema = _without(schema, *empty)
    for key, (shape, name) in _SHAPES.items():
        if key in schema and not isinstance(schema[key], shape):
            raise refuse((*place, key), f"must be {name}, is {schema[key]!r:.60}")
    if any(not isinstance(name, str) for name in schema.get("required", [])):
        raise refuse((*place, "required"), f"must list names, lists {schema['required']!r:.60}")
    for key in _DYNAMIC:
        if key in schema:
            raise refuse((*place, key), "depends on where it is evaluated, which no Python type does; use $ref")
    return schema


_SHAPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(("properties", "patternProperties"), (dict, "a mapping")),
    **dict.fromkeys(("required", "enum", "prefixItems", *COMBINERS), (list, "a list")),
    **dict.fromkeys(("$ref", "format"), (str, "text")),
    "additionalProperties": ((dict, bool), "a schema or a boolean"),
    "items": ((dict, bool, list), "a schema"),
    "nullable": (bool, "a boolean"),
}


def _types(types: Any, place: Place) -> Any:
    """Return a type or a list of types, all known; ``null`` without quotes means the type of null."""
    listed = types if is_array(types) else [types]
    named = ["null" if each is None else each for each in listed]
    unknown = [each for each in named if not isinstance(each, str) or each not in TYPES]
    if unknown or not named:
        raise refuse(place, f"{repr(unknown[0]) if unknown else 'an empty list'} is no JSON Schema type")
    return named if is_array(types) else named[0]


def binary_content(schema: Json, place: Place, report: Report) -> Json:
    """Write bytes as OpenAPI 3.0 does: a text of a media type that is no text, and not encoded as text either."""
    media = schema.get("contentMediaType")
    if schema.get("type") != "string" or "contentEncoding" in schema or media != "application/octet-stream":
        return schema
    report.rule("binary-content", place)
    return {**schema, "format": "binary"}


def keep_structure(schema: Json, place: Place, report: Report) -> Json:
    """Keep the keywords that decide the type, and the description; name a keyword nobody knows."""
    kept = {key: value for key, value in schema.items() if key in STRUCTURE}
    if isinstance(schema.get("description"), str):
        kept["description"] = schema["description"]
    for key in schema:
        if key not in STRUCTURE | ANNOTATIONS | VALIDATIONS | {"description"} and not key.startswith("x-"):
            report.note(f"{pointer(*place)}: unknown keyword {key!r}: not understood, so not kept")
    for key in ("title", "default", "discriminator", "not"):
        if key in schema:
            report.rule(f"drop-{key}", place)
    return kept


def empty_combiner(schema: Json, place: Place, report: Report) -> Json:
    """Drop a ``oneOf``, ``anyOf`` or ``allOf`` without branches, which constrains nothing."""
    empty = [key for key in COMBINERS if schema.get(key) == []]
    if empty:
        report.rule("empty-combiner", place)
    return _without(schema, *empty)


def reference_alone(schema: Json, place: Place, report: Report) -> Json:
    """Let a ``$ref`` stand alone: a nullable sibling becomes a union with null, a type beside it says nothing new."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    rest = _without(schema, "$ref", "nullable", "type", "description")
    alone: Json = {"$ref": schema["$ref"]}
    if rest:
        report.rule("reference-with-siblings", place)
        alone = {"allOf": [alone, rest]}
    elif schema.keys() - {"$ref", "description"}:
        report.rule("nullable-reference" if schema.get("nullable") else "drop-reference-siblings", place)
    if schema.get("nullable") is True:
        return {"oneOf": [alone, NULL]}
    return alone


def type_list(schema: Json, place: Place, report: Report) -> Json:
    """Turn a list of types (OpenAPI 3.1) into a union, each branch with the keywords that concern it."""
    types = schema.get("type")
    if not is_array(types):
        return schema
    report.rule("type-list", place)
    kinds = list(dict.fromkeys(kind for kind in types if kind != "null"))
    rest = _without(schema, "type")
    if "null" in types:
        rest["nullable"] = True
    if len(kinds) <= 1:
        return {**rest, "type": kinds[0]} if kinds else {**_described(schema), **NULL}
    if rest.keys() & {"enum", "const", "oneOf", "anyOf"}:
        return rest
    union: Json = {"oneOf": [_for_type(rest, kind) for kind in kinds]}
    if "allOf" in rest:
        union = {"allOf": [*rest["allOf"], union]}
    return {**{key: rest[key] for key in ("description", "nullable") if key in rest}, **union}


def _for_type(schema: Json, kind: str) -> Json:
    concerns = {"object": _OBJECT, "array": _ARRAY, "string": ("format",)}
    return {"type": kind, **{key: schema[key] for key in concerns.get(kind, ()) if key in schema}}


def null_in_enum(schema: Json, place: Place, report: Report) -> Json:
    """Say ``nullable`` where null stands among the members of an enum."""
    if not any(member is None for member in schema.get("enum", [])):
        return schema
    report.rule("null-in-enum", place)
    members = [member for member in schema["enum"] if member is not None]
    if not members:
        return {**_described(schema), **NULL}
    return {**_without(schema, "type"), "enum": members, "nullable": True}


def nullable_union(schema: Json, place: Place, report: Report) -> Json:
    """Write ``nullable`` as a union with null, the only form that survives enums, references and allOf."""
    if "nullable" not in schema:
        return schema
    rest = _without(schema, "nullable", "description")
    if schema["nullable"] is not True or not rest:
        return _without(schema, "nullable")
    report.rule("nullable-union", place)
    plain = "oneOf" in rest and rest.keys() <= {"oneOf", "type"}
    return {**_described(schema), "oneOf": [*(rest["oneOf"] if plain else [rest]), NULL]}


def plain_enum(schema: Json, place: Place, report: Report) -> Json:
    """De-duplicate an enum; one member is a constant; a union stands for members of several kinds.

    Fractions, lists and mappings have no literal type in Python: they become their kind.
    """
    if "enum" not in schema:
        return schema
    groups = _by_kind(schema["enum"])
    members = [member for group in groups.values() for member in group]
    if not members:
        raise refuse((*place, "enum"), "lists nothing, so no value fits")
    if len(members) < len(schema["enum"]):
        report.rule("enum-duplicates", place)
    branches = [_of_kind(kind, group) for kind, group in groups.items()]
    if len(branches) > 1:
        report.rule("enum-of-mixed-kinds", place)
        return {**_described(schema), "oneOf": branches}
    if "const" in branches[0]:
        report.rule("enum-of-one", place)
    elif "enum" not in branches[0]:
        report.rule("enum-of-kind", place)
    return {**_described(schema), **branches[0]}


def _by_kind(members: list[Any]) -> dict[type[object], list[Any]]:
    """Group members by their JSON type, each once; where fractions are among the numbers, all of them are fractions."""
    numbers = float if any(isinstance(member, float) for member in members) else int
    groups: dict[type[object], dict[str, Any]] = {kind: {} for kind in (str, numbers, bool, list, dict)}
    for member in members:
        kind: type[object] = member.__class__
        groups[numbers if kind in (int, float) else kind][str(member)] = member
    return {kind: list(group.values()) for kind, group in groups.items() if group}


_STRUCTURED: dict[type[object], str] = {float: "number", list: "array", dict: "object"}


def _of_kind(kind: type[object], members: list[Any]) -> Json:
    """Return the schema of enum members of one kind."""
    if kind in _STRUCTURED:
        return {"type": _STRUCTURED[kind]}
    if len(members) == 1:
        return {"const": members[0]}
    return {"type": "boolean"} if kind is bool else {"enum": members}


def constant(schema: Json, place: Place, report: Report) -> Json:
    """Let a constant stand alone; a constant null is null, a structured one only its type."""
    if "const" not in schema:
        return schema
    value = schema["const"]
    if value is None:
        return {**_described(schema), **NULL}
    if isinstance(value, (str, int)):
        return {**_described(schema), "const": value}
    report.rule("constant-of-structure", place)
    kind: type[object] = value.__class__
    return {**_described(schema), **_of_kind(kind, [value])}


def known_format(schema: Json, place: Place, report: Report) -> Json:
    """Keep the formats that are Python types, in the spelling of the registry."""
    if "format" not in schema:
        return schema
    name = str(schema["format"]).lower()
    spelled = {"datetime": "date-time"}.get(name, name)
    rest = _without(schema, "format")
    if spelled not in _FORMATS or rest.get("type", "string") != "string" or rest.keys() & {"$ref", *COMBINERS}:
        return rest
    if spelled != schema["format"]:
        report.rule("format-spelling", place)
    return {**rest, "type": "string", "format": spelled}


def implied_type(schema: Json, place: Place, report: Report) -> Json:
    """State the type that the keywords imply."""
    if schema.keys() & {"type", "$ref", "enum", "const", *COMBINERS}:
        return schema
    if schema.keys() & {"properties", "additionalProperties", "patternProperties"}:
        report.rule("implied-object", place)
        return {**schema, "type": "object"}
    if schema.keys() & set(_ARRAY):
        report.rule("implied-array", place)
        return {**schema, "type": "array"}
    return schema


def fitting_keywords(schema: Json, place: Place, report: Report) -> Json:
    """Drop structural keywords that do not concern the stated type, such as ``required`` on an array."""
    kind = schema.get("type")
    if kind is None or schema.keys() & set(COMBINERS):
        return schema
    foreign = [*(_OBJECT if kind != "object" else ()), *(_ARRAY if kind != "array" else ())]
    if not schema.keys() & set(foreign):
        return schema
    report.rule("misplaced-keyword", place)
    return _without(schema, *foreign)


def array_items(schema: Json, place: Place, report: Report) -> Json:
    """Give every array one item schema: anything where none is stated, a union where positions differ."""
    if schema.get("type") != "array" or schema.keys() & set(COMBINERS):
        return schema
    items = schema.get("items")
    positions = [*schema.get("prefixItems", []), *(items if is_array(items) else [])]
    if positions:
        report.rule("tuple-items", place)
        items = {"oneOf": [*positions, *([items] if is_object(items) else [])]}
    elif not is_object(items):
        report.rule("missing-items", place)
        items = {}
    return {**_described(schema), "type": "array", "items": items}


def _without(schema: Json, *keys: str) -> Json:
    return {key: value for key, value in schema.items() if key not in keys}


def _described(schema: Json) -> Json:
    return {"description": schema["description"]} if "description" in schema else {}


RULES: tuple[Rule, ...] = (
    well_formed,
    binary_content,
    keep_structure,
    empty_combiner,
    reference_alone,
    type_list,
    null_in_enum,
    nullable_union,
    plain_enum,
    constant,
    implied_type,
    known_format,
    fitting_keywords,
    array_items,
)


def apply_rules(schema: Any, place: Place, report: Report) -> Json:
    """Return the schema after every rule.

    Raises:
        PrepareError: It is no schema, or a keyword has a shape no rule can keep.
    """
    if isinstance(schema, bool):
        report.rule("boolean-schema", place)
        return {}
    if not is_object(schema):
        raise refuse(place, f"must be a schema, is {schema!r:.60}")
    settled: Json = schema
    for rule in RULES:
        settled = rule(settled, place, report)
    return settled
