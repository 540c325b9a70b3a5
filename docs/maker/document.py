"""The OpenAPI document as the reference reads it: its operations, its schemas, and on which page each stands."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from portkey_client.narrow import is_array, is_dict

Json = dict[str, Any]

PATH = Path(__file__).parents[2] / "generated" / "portkey_api" / "openapi.json"
SHARED = "shared"
"""The page of the schemas that several resources use."""


class Operation(NamedTuple):
    """One operation: its name as ``resource.method``, how it is called over HTTP, and what the document says of it."""

    name: str
    method: str
    path: str
    facts: Json

    @property
    def resource(self) -> str:
        """The path of the resource it is a method of, ``chat.completions``."""
        return self.name.rpartition(".")[0]


class Document:
    """The document, read once."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw
        self.schemas: dict[str, Json] = raw["components"]["schemas"]
        self.operations = [
            Operation(facts["operationId"], method.upper(), path, facts)
            for path, item in raw["paths"].items()
            for method, facts in item.items()
        ]

    @cached_property
    def resources(self) -> dict[str, list[Operation]]:
        """Resource -> its operations, both in alphabetical order."""
        found: dict[str, list[Operation]] = defaultdict(list)
        for operation in sorted(self.operations):
            found[operation.resource].append(operation)
        return found

    @cached_property
    def mentions(self) -> dict[str, set[str]]:
        """Schema -> the schemas that it names."""
        return {name: set(references(schema)) for name, schema in self.schemas.items()}

    @cached_property
    def users(self) -> dict[str, list[Operation]]:
        """Schema -> the operations that name it."""
        found: dict[str, list[Operation]] = defaultdict(list)
        for operation in sorted(self.operations):
            for name in sorted(set(references(operation.facts))):
                found[name].append(operation)
        return found

    @cached_property
    def parents(self) -> dict[str, list[str]]:
        """Schema -> the schemas that name it."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.mentions):
            for inner in sorted(self.mentions[name] - {name}):
                found[inner].append(name)
        return found

    @cached_property
    def page_of(self) -> dict[str, str]:
        """Schema -> its page: the first part of the one resource that uses it, directly or not, else ``SHARED``."""
        tops: dict[str, set[str]] = defaultdict(set)
        for operation in self.operations:
            for name in self._reached(set(references(operation.facts))):
                tops[name].add(operation.name.partition(".")[0])
        return {name: tops[name].copy().pop() if len(tops[name]) == 1 else SHARED for name in self.schemas}

    def _reached(self, names: set[str]) -> set[str]:
        seen: set[str] = set()
        pending = names
        while pending:
            seen |= pending
            pending = set[str]().union(*(self.mentions[name] for name in pending)) - seen
        return seen

    def resolved(self, schema: Json) -> Json:
        """Return what a schema stands for, if it is only the name of another."""
        while "$ref" in schema:
            schema = self.schemas[name_of(schema["$ref"])]
        return schema


def load() -> Document:
    """Return the document that the client is generated from."""
    return Document(json.loads(PATH.read_text("utf-8")))


def name_of(reference: str) -> str:
    """Return the name of the schema that a reference leads to."""
    return reference.rpartition("/")[2]


def references(node: Any) -> Iterator[str]:
    """Yield the name of every schema that a part of the document names."""
    if is_dict(node):
        if isinstance(node.get("$ref"), str):
            yield name_of(node["$ref"])
        for value in node.values():
            yield from references(value)
    elif is_array(node):
        for value in node:
            yield from references(value)
