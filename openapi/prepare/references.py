"""References of a document: to follow one, and to make components of what is referred to deep inside others."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from .classnames import pascal
from .errors import Place, pointer, refuse, tokens
from .load import Json, is_array, is_object
from .report import Report

_ONE = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedProperties", "unevaluatedItems", "additionalItems", "contentSchema"),
)
"""Keywords whose value is a schema."""
_MANY = ("oneOf", "anyOf", "allOf", "prefixItems", "items")
"""Keywords whose value is a list of schemas."""
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
"""Keywords whose value is a mapping of names to schemas."""


def lookup(document: Json, reference: Any, place: Place) -> Any:
    """Return what a local reference points to.

    Raises:
        PrepareError: The reference is remote or leads nowhere; the message names the place that holds it.
    """
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise refuse(place, f"the reference {reference!r} leaves the document; bundle it into one file")
    node: Any = document
    for token in tokens(reference):
        try:
            node = node[int(token)] if is_array(node) else node[token]
        except (KeyError, IndexError, TypeError, ValueError):
            raise refuse(place, f"the reference {reference} leads nowhere; define it") from None
    return node


def follow(document: Json, node: Any, place: Place, report: Report) -> Json:
    """Return a copy of a node with its own ``$ref`` followed; schemas inside keep theirs.

    Beside a ``$ref``, a summary and a description replace those of the target (OpenAPI 3.1, Reference Object).
    """
    seen: list[str] = []
    prose: Json = {}
    while is_object(node) and "$ref" in node:
        reference = node["$ref"]
        target = lookup(document, reference, place)
        if reference in seen:
            raise refuse(place, f"the reference {reference} leads back to itself")
        seen.append(reference)
        prose = {key: node[key] for key in ("summary", "description") if key in node} | prose
        ignored = node.keys() - {"$ref", "summary", "description"}
        if ignored:
            report.note(f"{pointer(*place)}: {', '.join(sorted(ignored))} beside a $ref: not read, as OpenAPI asks")
        node = target
    if not is_object(node):
        raise refuse(place, f"must be a mapping, is {node!r:.60}")
    return copy.deepcopy({**node, **prose})


def component_of(reference: str) -> str | None:
    """Return the name of the component a reference points to, or None where it points elsewhere."""
    path = tokens(reference)
    return path[2] if path[:2] == ["components", "schemas"] and len(path) == 3 else None


def refer(component: str) -> str:
    """Return the reference to a component, in the spelling of a URI."""
    return "#" + quote(pointer("components", "schemas", component), safe="/~")


def schemas_of(operation: Json, place: Place) -> Iterator[tuple[Any, Place]]:
    """Yield the outermost schemas of a resolved operation, each with its place."""
    for index, parameter in enumerate(operation["parameters"]):
        yield from _typed(parameter, (*place, "parameters", index))
    yield from _typed(operation.get("requestBody", {}), (*place, "requestBody"))
    for status, response in operation["responses"].items():
        yield from _typed(response, (*place, "responses", status))
        for name, header in response.get("headers", {}).items():
            yield from _typed(header, (*place, "responses", status, "headers", name))


def _typed(node: Json, place: Place) -> Iterator[tuple[Any, Place]]:
    if "schema" in node:
        yield node["schema"], (*place, "schema")
    for media, each in node.get("content", {}).items():
        if "schema" in each:
            yield each["schema"], (*place, "content", media, "schema")


def with_inner(schema: Any, place: Place) -> Iterator[tuple[Json, Place]]:
    """Yield a schema and all schemas in it, but for what references lead to, each with its place."""
    pending: list[tuple[Any, Place]] = [(schema, place)]
    while pending:
        node, where = pending.pop()
        if not is_object(node):
            continue
        yield node, where
        for key, value in node.items():
            if key in _NAMED and is_object(value):
                pending += [(each, (*where, key, name)) for name, each in value.items()]
            elif key in _MANY and is_array(value):
                pending += [(each, (*where, key, index)) for index, each in enumerate(value)]
            elif key in _ONE:
                pending.append((value, (*where, key)))


def refer_to_components(document: Json, resolved: Json, roots: list[tuple[Any, Place]], report: Report) -> None:
    """Let every schema reference of the resolved document, in place, point to a component.

    What is referred to anywhere else, as ``#/components/schemas/Order/properties/item`` or inside another operation,
    becomes a component of its own: its old place may be gone, and a type that many places share has one name.

    Args:
        document: The document that the references were written for.
        resolved: The resolved document; it gets the new components.
        roots: The outermost schemas of the resolved document.
        report: Takes each use of the rule.
    """
    components = resolved["components"]["schemas"]
    made: dict[tuple[str, ...], str] = {}
    pending = list(roots)
    for root in pending:  # it grows
        for schema, place in with_inner(*root):
            if "$ref" not in schema:
                continue
            target = lookup(document, schema["$ref"], place)
            path = tuple(tokens(schema["$ref"]))
            name = component_of(schema["$ref"])
            if name is None and path not in made:
                made[path] = _free_name(path, components)
                components[made[path]] = copy.deepcopy(target)
                pending.append((components[made[path]], ("components", "schemas", made[path])))
                report.rule("component-of-deep-reference", place)
            schema["$ref"] = refer(made[path] if name is None else name)


def _free_name(path: tuple[str, ...], components: Json) -> str:
    name = "".join(map(pascal, path[2:] if path[:1] == ("components",) else path)) or "Document"
    number = 2
    free = name
    while free in components:
        free, number = f"{name}{number}", number + 1
    return free
