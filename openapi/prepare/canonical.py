"""One spelling for all the ways to write the same schema: what differs in it differs in meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .load import Json, is_array, is_object

PROSE = (
    *("title", "description", "summary", "example", "examples", "externalDocs", "$comment", "xml", "tags"),
    "x-enum-descriptions",
)
"""Keywords that only a reader cares for."""
_DATA = ("default", "const", "enum", "example", "examples")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "content", "headers")
_UNORDERED = ("oneOf", "anyOf", "allOf", "required", "enum", "tags", "security", "type")
_OFF = (
    "nullable",
    "deprecated",
    "readOnly",
    "writeOnly",
    "uniqueItems",
    "required",
    "allowEmptyValue",
    "exclusiveMinimum",
    "exclusiveMaximum",
)
"""Keywords that say nothing where they say false."""


def canonical(node: Any, *, prose: bool = False, names: Mapping[str, str] | None = None) -> str:
    """Return a node of a resolved document as text; two nodes that mean the same give the same text.

    Args:
        node: A schema, or what holds schemas.
        prose: Whether prose counts.
        names: Reference -> the one that stands for it in the other document.
    """
    return as_text(_ordered(node, prose, names or {}))


def as_text(node: Any) -> str:
    """Return a node as text that does not depend on the order of its keys."""
    return json.dumps(node, sort_keys=True, ensure_ascii=False)


def _ordered(node: Any, prose: bool, names: Mapping[str, str]) -> Any:
    if is_array(node):
        return [_ordered(each, prose, names) for each in node]
    if not is_object(node):
        return node
    result: Json = {}
    for key, value in _restated(node, prose).items():
        if (key in PROSE and not prose) or (key in _OFF and value is False):
            continue
        if key == "$ref" and isinstance(value, str):
            result[key] = names.get(value, value)
        elif key in _NAMED and is_object(value):
            result[key] = {name: _ordered(each, prose, names) for name, each in value.items()}
        else:
            result[key] = value if key in _DATA or key.startswith("x-") else _ordered(value, prose, names)
        if key in _UNORDERED and is_array(result[key]):
            result[key] = [each for _, each in sorted({as_text(each): each for each in result[key]}.items())]
    return result


def _members(value: Any) -> list[Any]:
    """Return a list as it is; a document that is still to be refused may have anything in its place."""
    return value if is_array(value) else []


def _restated(schema: Json, prose: bool) -> Json:
    """Return a schema with null among its types and with its one value as an enum."""
    restated = dict(schema)
    if "const" in schema:
        restated["enum"] = [restated.pop("const")]
    if isinstance(schema.get("type"), str):
        restated["type"] = [schema["type"]]
    if schema.get("nullable") is True and is_array(restated.get("type")):
        del restated["nullable"]
        restated["type"] = [*restated["type"], "null"]
    for key in ("oneOf", "anyOf"):
        branches = [each for each in _members(restated.get(key)) if is_object(each)]
        types = [each.get("type") for each in branches if len(each if prose else each.keys() - PROSE) == 1]
        if types and None not in types and len(types) == len(_members(restated.get(key))) and "type" not in restated:
            restated["type"] = [kind for some in types for kind in (some if is_array(some) else [some])]
            del restated[key]
    return restated
