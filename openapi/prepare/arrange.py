"""Write a document as YAML in one stable order, so that two revisions differ only where their content differs."""

from __future__ import annotations

from typing import Any

import yaml

from .load import Json, is_array, is_object, resolve_core_scalars

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
_DATA = ("example", "examples", "default", "enum", "const")


class _Dumper(yaml.CSafeDumper):
    """Writes every node in full: an alias would tie two places of the document together.

    Text that YAML 1.1 or YAML 1.2 would read as something else is quoted.
    """

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        """Alias nothing."""
        return True


resolve_core_scalars(_Dumper)


def arrange(node: Any, inside: str = "") -> Any:
    """Return the same content in the stable order.

    Paths and components are sorted by name, keywords come in one fixed order, properties stay in the order of the
    document, which carries meaning for a reader; examples and other data are left as they are.
    """
    if inside in _DATA or inside.startswith("x-"):
        return node
    if is_array(node):
        return [arrange(item) for item in node]
    if not is_object(node):
        return node
    if inside == "properties":
        return {key: arrange(value) for key, value in node.items()}
    if inside in _SORTED_NAMES:
        return {key: arrange(node[key]) for key in sorted(node)}
    keys = sorted(node, key=lambda key: _ORDER.get(key, len(_ORDER)))
    return {key: arrange(node[key], key) for key in keys}


def to_yaml(document: Json) -> str:
    """Return the document as YAML text in the stable order, lines of at most about 120 characters."""
    text: str = yaml.dump(arrange(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
