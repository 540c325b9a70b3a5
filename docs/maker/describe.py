"""A schema in words: its type as Python writes it, its limits, its members, its properties."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from . import markup
from .document import Document, Json, name_of

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]"}
_FORMATS = {"date-time": "datetime", "date": "date", "binary": "bytes"}
_RANGES = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"))


class Describer:
    """Describes schemas of a document, on one page of the reference."""

    def __init__(self, document: Document, to_schemas: str) -> None:
        self._document = document
        self._to_schemas = to_schemas

    def link(self, name: str) -> str:
        """Return a link to a schema."""
        return f"[{name}]({self._to_schemas}{self._document.page_of[name]}.md#{name.lower()})"

    def kind(self, schema: Json) -> str:
        """Return a type as Python writes it; schemas of the document in it are links."""
        parts = list(dict.fromkeys(self._kinds(schema)))
        return " | ".join([part for part in parts if part != "None"] + ["None"] * ("None" in parts))

    def _kinds(self, schema: Json) -> Iterator[str]:
        if "$ref" in schema:
            yield self.link(name_of(schema["$ref"]))
        elif inner := schema.get("oneOf") or schema.get("anyOf"):
            for each in inner:
                yield from self._kinds(each)
        elif len(schema.get("allOf", ())) == 1:
            yield from self._kinds(schema["allOf"][0])
        elif schema.get("type") == "array":
            yield rf"list\[{self.kind(schema.get('items', {})) or 'Any'}\]"
        else:
            yield self._plain(schema)
        if schema.get("nullable"):
            yield "None"

    def _plain(self, schema: Json) -> str:
        if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
            inner = self.kind(schema["additionalProperties"])
            return rf"dict\[str, {inner or 'Any'}\]"
        if "properties" in schema or "allOf" in schema:
            return "object"
        kind = _FORMATS.get(schema.get("format", ""), _PLAIN.get(schema.get("type", ""), "Any"))
        return kind.replace("[", r"\[").replace("]", r"\]")

    def limits(self, schema: Json) -> str:
        """Return what a value has to keep to, in one line; empty if nothing."""
        shape = {**self._document.resolved(schema), **schema}
        said = [text for low, high, unit in _RANGES if (text := _range(shape.get(low), shape.get(high), unit))]
        if "pattern" in shape:
            said.append(f"matches {markup.code(shape['pattern'])}")
        if shape.get("format", "binary") not in _FORMATS:
            said.append(f"format {markup.code(shape['format'])}")
        if shape.get("default") is not None:
            said.append(f"default {markup.code(_value(shape['default']))}")
        line = "; ".join(said)
        return f"{line[:1].upper()}{line[1:]}." if line else ""

    def members(self, schema: Json) -> str:
        """Return the values a schema allows, each with its meaning where that is told."""
        home: Json = schema if "enum" in schema else schema.get("items", {})
        values: list[Any] = [value for value in home.get("enum", ()) if value is not None]
        told: Json = {**home.get("x-enum-descriptions", {}), **schema.get("x-enum-descriptions", {})}
        if told:
            return "\n".join(f"- {markup.code(value)}{_meaning(told.get(str(value)))}" for value in values)
        return f"One of {', '.join(map(markup.code, values))}." if len(values) > 1 else ""

    def properties(self, schema: Json) -> dict[str, tuple[Json, bool]]:
        """Return the properties of an object with those it takes over: name -> (schema, whether it is required)."""
        found: dict[str, tuple[Json, bool]] = {}
        for each in schema.get("allOf", ()):
            found.update(self.properties(self._document.resolved(each)))
        required = {*schema.get("required", ())}
        found.update({name: (inner, name in required) for name, inner in schema.get("properties", {}).items()})
        return {name: (inner, needed or name in required) for name, (inner, needed) in found.items()}

    def entry(self, term: str, schema: Json, notes: str, description: str | None = None) -> str:
        """Return one argument or property, with what is inside it if it has no page of its own.

        Args:
            term: Its name, as Markdown.
            schema: Its schema.
            notes: What stands beside its type, as Markdown.
            description: What the document says of it, where that is not in the schema.
        """
        said = description or schema.get("description") or self._document.resolved(schema).get("description", "")
        deprecated = markup.span("deprecated", "deprecated") if schema.get("deprecated") else ""
        head = " ".join(filter(None, (term, markup.span(self.kind(schema), "type"), notes, deprecated)))
        return markup.definition(
            head, (markup.prose(said), self.limits(schema), self.members(schema), self._inside(schema))
        )

    def _inside(self, schema: Json) -> str:
        inner = schema.get("items", schema) if schema.get("type") == "array" else schema
        if "$ref" in inner:
            return ""
        return self.listed(inner)

    def listed(self, schema: Json) -> str:
        """Return the properties of an object as a list."""
        return "\n\n".join(self.field(name, *field) for name, field in self.properties(schema).items())

    def field(self, name: str, schema: Json, needed: bool) -> str:
        """Return one property, or the argument it is."""
        return self.entry(markup.code(name), schema, markup.span("required", "required") if needed else "")


def _meaning(said: str | None) -> str:
    return f": {markup.prose(said)}" if said else ""


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _range(low: Any, high: Any, unit: str) -> str:
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low is not None:
        return f"at least {low}{unit}"
    return f"at most {high}{unit}" if high is not None else ""
