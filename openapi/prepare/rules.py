"""The named rules that bring one schema into the form the generator keeps in full.

Each rule takes a schema and its place and returns a schema, the same one where it has nothing to do. They are generic:
none knows a name of the document. They run in the order of ``RULES``, from the outside in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import PrepareError, pointer
from .load import Json
from .report import Report

Place = tuple[str | int, ...]
Rule = Callable[[Json, Place, Report], Json]

NULL: Json = {"type": "null"}
TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
_OBJECT = ("properties", "additionalProperties", "patternProperties", "required")
STRUCTURE = frozenset(
    {"$ref", "type", "format", "nullable", "const", "enum", "items", "prefixItems", "oneOf", "anyOf", "allOf", *_OBJECT}
)
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
_FORMATS = frozenset({"date-time", "date", "binary"})
"""Formats that become a Python type. An id stays text even where it is called a uuid: gateways send ids of any shape."""


def keep_structure(schema: Json, place: Place, report: Report) -> Json:
    """Keep the keywords that decide the type, and the description; name a keyword nobody knows."""
    for key in schema:
        if key not in STRUCTURE | ANNOTATIONS | VALIDATIONS | {"description"} and not key.startswith("x-"):
            report.note(f"{pointer(*place)}: unknown keyword {key!r}: not understood, so not kept")
    dropped = schema.keys() & (ANNOTATIONS | VALIDATIONS)
    for key in ("title", "default", "discriminator", "not"):
        if key in dropped:
            report.rule(f"drop-{key}", place)
    return {key: value for key, value in schema.items() if key in STRUCTURE or key == "description"}


def well_formed(schema: Json, place: Place, report: Report) -> Json:
    """Refuse keywords of the wrong shape, but for a boolean ``required`` of old documents, which says nothing here."""
    if isinstance(schema.get("required"), bool):
        report.rule("drop-boolean-required", place)
        schema = {key: value for key, value in schema.items() if key != "required"}
    shapes = {"properties": dict, "required": list, "enum": list, "oneOf": list, "anyOf": list, "allOf": list}
    for key, shape in shapes.items():
        if key in schema and not isinstance(schema[key], shape):
            raise PrepareError(f"{pointer(*place, key)}: must be a {shape.__name__}, is {schema[key]!r:.60}")
    types = schema.get("type", [])
    unknown = [each for each in ([types] if isinstance(types, str) else types) if each not in TYPES]
    if unknown:
        raise PrepareError(f"{pointer(*place, 'type')}: {unknown[0]!r} is no JSON Schema type")
    return schema


def reference_alone(schema: Json, place: Place, report: Report) -> Json:
    """Let a ``$ref`` stand alone: a nullable sibling becomes a union with null, a type beside it says nothing new."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("$ref", "nullable", "type", "description")}
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
    if not isinstance(types, list):
        return schema
    report.rule("type-list", place)
    kinds = [kind for kind in types if kind != "null"]
    rest = {key: value for key, value in schema.items() if key != "type"}
    if "null" in types:
        rest["nullable"] = True
    if len(kinds) <= 1:
        return {**rest, "type": kinds[0]} if kinds else dict(NULL)
    if "enum" in rest or "oneOf" in rest or "anyOf" in rest:
        return rest
    branches: list[Json] = [_for_type(rest, kind) for kind in kinds]
    return {"oneOf": branches + ([NULL] if "null" in types else [])}


def _for_type(schema: Json, kind: str) -> Json:
    concerns = {"object": _OBJECT, "array": ("items", "prefixItems"), "string": ("format",)}
    return {"type": kind, **{key: schema[key] for key in concerns.get(kind, ()) if key in schema}}


def null_in_enum(schema: Json, place: Place, report: Report) -> Json:
    """Say ``nullable`` where null stands among the members of an enum."""
    if None not in schema.get("enum", []):
        return schema
    report.rule("null-in-enum", place)
    members = [member for member in schema["enum"] if member is not None]
    rest = {key: value for key, value in schema.items() if key not in ("enum", "type", "nullable")}
    return {**rest, "enum": members, "nullable": True} if members else dict(NULL)


def nullable_union(schema: Json, place: Place, report: Report) -> Json:
    """Write ``nullable`` as a union with null, the only form that survives enums, references and allOf."""
    if "nullable" not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("nullable", "description")}
    if schema["nullable"] is not True or not rest:
        return {key: value for key, value in schema.items() if key != "nullable"}
    report.rule("nullable-union", place)
    branches = [*rest["oneOf"], NULL] if rest.keys() <= {"oneOf", "type"} and "oneOf" in rest else [rest, NULL]
    return {**_described(schema), "oneOf": branches}


def plain_enum(schema: Json, place: Place, report: Report) -> Json:
    """De-duplicate an enum; split mixed kinds into a union; one member is a constant; fractions are plain numbers."""
    if "enum" not in schema:
        return schema
    described = _described(schema)
    members: list[Any] = []
    for member in schema["enum"]:
        if not any(member == other and type(member) is type(other) for other in members):
            members.append(member)
    if len(members) < len(schema["enum"]):
        report.rule("enum-duplicates", place)
    kinds = {type(member) for member in members}
    if not members or kinds - {str, int, bool, float}:
        raise PrepareError(f"{pointer(*place, 'enum')}: must list text, numbers or booleans, lists {members!r:.60}")
    if float in kinds:
        report.rule("enum-of-fractions", place)
        return {**described, "type": "number"}
    if len(members) == 1:
        report.rule("enum-of-one", place)
        return {**described, "const": members[0]}
    if kinds == {bool}:
        return {**described, "type": "boolean"}
    if len(kinds) > 1:
        report.rule("enum-of-mixed-kinds", place)
        groups = [[member for member in members if type(member) is kind] for kind in (str, int, bool)]
        return {**described, "oneOf": [{"enum": group} for group in groups if group]}
    return {**described, "enum": members}


def constant(schema: Json, place: Place, report: Report) -> Json:
    """Let a constant stand alone; a constant null is null, a structured one only its type."""
    if "const" not in schema:
        return schema
    value = schema["const"]
    if value is None:
        return dict(NULL)
    if isinstance(value, (str, int)):
        return {**_described(schema), "const": value}
    report.rule("constant-of-structure", place)
    kind = {float: "number", list: "array"}.get(type(value), "object")
    return {**_described(schema), "type": kind}


def known_format(schema: Json, place: Place, report: Report) -> Json:
    """Keep the formats that are Python types, in the spelling of the registry."""
    if "format" not in schema:
        return schema
    name = str(schema["format"]).lower()
    spelled = {"datetime": "date-time"}.get(name, name)
    rest = {key: value for key, value in schema.items() if key != "format"}
    if spelled not in _FORMATS or rest.get("type", "string") != "string":
        return rest
    if spelled != schema["format"]:
        report.rule("format-spelling", place)
    return {**rest, "type": "string", "format": spelled}


def implied_type(schema: Json, place: Place, report: Report) -> Json:
    """State the type that the keywords imply."""
    if schema.keys() & {"type", "$ref", "oneOf", "anyOf", "allOf", "enum", "const"}:
        return schema
    if schema.keys() & {"properties", "additionalProperties", "patternProperties"}:
        report.rule("implied-object", place)
        return {**schema, "type": "object"}
    if schema.keys() & {"items", "prefixItems"}:
        report.rule("implied-array", place)
        return {**schema, "type": "array"}
    return schema


def fitting_keywords(schema: Json, place: Place, report: Report) -> Json:
    """Drop structural keywords that do not concern the stated type, such as ``required`` on an array."""
    kind = schema.get("type")
    if kind is None or schema.keys() & {"oneOf", "anyOf", "allOf"}:
        return schema
    foreign = [*(_OBJECT if kind != "object" else ()), *(("items", "prefixItems") if kind != "array" else ())]
    if not schema.keys() & set(foreign):
        return schema
    report.rule("misplaced-keyword", place)
    return {key: value for key, value in schema.items() if key not in foreign}


def array_items(schema: Json, place: Place, report: Report) -> Json:
    """Give every array one item schema: anything where none is stated, a union where positions differ."""
    if schema.get("type") != "array":
        return schema
    items = schema.get("items")
    if "prefixItems" in schema:
        report.rule("tuple-items", place)
        items = {"oneOf": [*schema["prefixItems"], *([items] if isinstance(items, dict) else [])]}
    elif isinstance(items, list):
        report.rule("tuple-items", place)
        items = {"oneOf": items}
    elif not isinstance(items, dict):
        report.rule("missing-items", place)
        items = {}
    return {**_described(schema), "type": "array", "items": items}


def _described(schema: Json) -> Json:
    return {"description": schema["description"]} if "description" in schema else {}


RULES: tuple[Rule, ...] = (
    well_formed,
    keep_structure,
    reference_alone,
    type_list,
    null_in_enum,
    nullable_union,
    plain_enum,
    constant,
    known_format,
    implied_type,
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
    if not isinstance(schema, dict):
        raise PrepareError(f"{pointer(*place)}: must be a schema, is {schema!r:.60}")
    for rule in RULES:
        schema = rule(schema, place, report)
    return schema
