"""Write a document as YAML in one stable order, so that two revisions differ only where their content differs."""

from __future__ import annotations

from typing import Any

import yaml

from .load import Json

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_ORDER = {
    name: index
    for index, name in enumerate(
        (
            *("openapi", "info", "servers", "security", "tags", "paths", "components"),
            *("summary", "description", "operationId", "deprecated", *METHODS),
            *("name", "in", "required", "$ref", "type", "format", "nullable", "const", "enum", "default"),
            *("parameters", "requestBody", "responses", "content", "schema", "items"),
            *("properties", "additionalProperties", "oneOf", "anyOf", "allOf", "not"),
        )
    )
}
_SORTED_NAMES = ("paths", "schemas", "parameters", "responses", "requestBodies", "headers", "securitySchemes")
_KEPT_NAMES = ("properties", "example", "examples", "default")


class _Dumper(yaml.CSafeDumper):  # type: ignore[misc]  # PyYAML's C dumper carries no types
    """Writes every node in full: an alias would tie two places of the document together."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def arrange(node: Any, inside: str = "") -> Any:
    """Return the same content in the stable order.

    Paths and components are sorted by name, keywords come in one fixed order, properties and examples stay in the
    order of the document, which carries meaning for a reader.
    """
    if isinstance(node, list):
        return [arrange(item) for item in node]
    if not isinstance(node, dict) or inside in ("example", "default"):
        return node
    if inside in _KEPT_NAMES:
        return {key: arrange(value) for key, value in node.items()}
    if inside in _SORTED_NAMES:
        return {key: arrange(node[key]) for key in sorted(node)}
    keys = sorted(node, key=lambda key: _ORDER.get(key, len(_ORDER)))
    return {key: arrange(node[key], key) for key in keys}


def to_yaml(document: Json) -> str:
    """Return the document as YAML text in the stable order, lines of at most about 120 characters."""
    text: str = yaml.dump(arrange(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
