"""Schemas of OpenAPI 3.0 and 3.1 read as JSON Schema 2020-12, and compiled.

OpenAPI 3.0 differs from JSON Schema in few places: `nullable`, boolean `exclusiveMinimum`, and a `$ref` that hides its
neighbours. All are rewritten here, once, so that the rest of the mock knows one language only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import jsonschema_rs

from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object, pointer

BASE: Final = "urn:openapi"
"""The name under which a document's components are known to the validators."""

MASK: Final = "the value"
"""Stands for every value in a message: a request may carry secrets, and a refusal must not repeat them."""

_MAPS: Final = ("properties", "patternProperties", "dependentSchemas", "$defs")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLES: Final = (
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
)
_APPLICATORS: Final = ("allOf", "anyOf", "oneOf", "not", "const")
_BOUNDS: Final = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def to_json_schema(schema: Json, *, ref_siblings: bool) -> Json:
    """The JSON Schema 2020-12 that accepts what the OpenAPI `schema` accepts.

    `ref_siblings` says whether keywords beside a `$ref` count, as they do from OpenAPI 3.1 on; before that only a
    `nullable` there is heeded, because that is what its authors mean by it. `nullable` always admits null, also where
    an `enum` or an `allOf` beside it would not: gateways really send null there.
    """
    if not is_object(schema):
        return schema
    if "$ref" in schema and not ref_siblings:
        return _or_null(schema, {"$ref": BASE + str(schema["$ref"])})
    converted = {key: _convert_keyword(key, value, ref_siblings) for key, value in schema.items()}
    _bound_exclusively(converted)
    _bound_by_format(converted)
    return _or_null(schema, converted)


def _convert_keyword(key: str, value: Json, ref_siblings: bool) -> Json:
    if key == "$ref":
        return BASE + str(value)
    if key in _MAPS and is_object(value):
        return {name: to_json_schema(child, ref_siblings=ref_siblings) for name, child in value.items()}
    if key in _LISTS and is_array(value):
        return [to_json_schema(child, ref_siblings=ref_siblings) for child in value]
    if key in _SINGLES:
        return to_json_schema(value, ref_siblings=ref_siblings)
    return value


def _bound_exclusively(schema: JsonObject) -> None:
    """In OpenAPI 3.0 `exclusiveMinimum: true` sharpens `minimum`; in JSON Schema it is a number of its own."""
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)


def _bound_by_format(schema: JsonObject) -> None:
    """An integer of 32 or 64 bits has the bounds that its format names, which JSON Schema itself would ignore."""
    if schema.get("type") == "integer" and schema.get("format") in _BOUNDS:
        lowest, highest = _BOUNDS[schema["format"]]
        schema.setdefault("minimum", lowest)
        schema.setdefault("maximum", highest)


def _or_null(original: JsonObject, converted: JsonObject) -> JsonObject:
    if original.get("nullable") is not True:
        return converted
    if isinstance(converted.get("type"), str) and not any(key in converted for key in _APPLICATORS):
        widened = {**converted, "type": [converted["type"], "null"]}
        if is_array(converted.get("enum")):
            widened["enum"] = [*(value for value in converted["enum"] if value is not None), None]
        return widened
    return {"anyOf": [converted, {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value does not conform: where in the value, which rule of the document, and the reason in words.

    Attributes:
        at: JSON pointer into the value.
        rule: JSON pointer into the document, from `#`.
        reason: one sentence that holds no part of the value.
    """

    at: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A compiled schema.

    Attributes:
        pointer: where in the document it stands, from `#`.
        source: the schema as JSON Schema 2020-12.
        validator: None where it did not compile; then every value is accepted.
    """

    pointer: str
    source: Json
    validator: jsonschema_rs.Draft202012Validator | None

    def accepts(self, value: Json) -> bool:
        """Whether `value` conforms."""
        return self.validator is None or self.validator.is_valid(value)

    def problem(self, value: Json) -> Problem | None:
        """The most telling reason why `value` does not conform; None if it does."""
        return next(self.problems(value), None)

    def problems(self, value: Json) -> Iterator[Problem]:
        """Every reason why `value` does not conform."""
        if self.validator is not None:
            yield from map(self._explain, self.validator.iter_errors(value))

    def _explain(self, error: jsonschema_rs.ValidationError) -> Problem:
        error = _most_telling(error)
        path = error.schema_path
        # Behind a `$ref` the path already starts at the root of the document.
        rule = "#" + pointer(*path) if path[:1] == ["components"] else self.pointer + pointer(*path)
        return Problem(pointer(*error.instance_path), rule, error.message)


def _most_telling(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of the branches of an `anyOf` or `oneOf`, the one that got furthest into the value tells best what is wrong."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", [])
    firsts = [branch[0] for branch in branches if branch]
    if not firsts:
        return error
    telling = [_most_telling(first) for first in firsts]
    # A branch that fails at an `enum` is likely another kind of thing, told apart by its `type` or `role`.
    furthest = max(telling, key=lambda each: (len(each.instance_path), each.kind.name not in ("enum", "const")))
    return furthest if len(furthest.instance_path) > len(error.instance_path) else error


class SchemaCompiler:
    """Compiles schemas that may refer to the components of one document."""

    def __init__(self, components: Mapping[str, Json]) -> None:
        """`components` are the document's `components/schemas`, already as JSON Schema 2020-12."""
        self.components: Final = components
        self._registry = jsonschema_rs.Registry([(BASE, {"components": {"schemas": dict(components)}})])
        # Hundreds of answers are one and the same component, and hundreds of parameters any text: compiled once.
        self._known: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def compile(self, source: Json) -> jsonschema_rs.Draft202012Validator:
        """A validator for the JSON Schema `source`.

        Raises:
            ValueError: the schema is malformed, or a reference in it leads nowhere.
        """
        key = repr(source)
        if key not in self._known:
            self._known[key] = jsonschema_rs.Draft202012Validator(
                source, registry=self._registry, validate_formats=True, mask=MASK, offline=True
            )
        return self._known[key]

    def resolve(self, reference: str) -> Json:
        """The component that `reference` names, or what stands in one at a pointer.

        Raises:
            KeyError: there is none, or the reference leads somewhere else than to a component.
        """
        prefix = BASE + "#/components/schemas/"
        if not reference.startswith(prefix):
            raise KeyError(reference)
        found: Json = self.components
        for token in reference.removeprefix(prefix).split("/"):
            name = token.replace("~1", "/").replace("~0", "~")
            found = found[int(name)] if is_array(found) else found[name]
        return found
