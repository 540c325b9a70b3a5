"""The document as the contract suite reads it, and the one thing the suite adds to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

Document: TypeAlias = dict[str, Any]

PATH: Final = Path(__file__).parents[2] / "generated" / "portkey_api" / "openapi.json"
DOCUMENT: Final[Document] = json.loads(PATH.read_text(encoding="utf-8"))

REFUSALS: Final = {
    "400": "The request is malformed.",
    "401": "The credentials are missing or wrong.",
    "403": "These credentials do not allow it.",
    "404": "There is no such thing.",
    "405": "The path has no such method.",
    "409": "The state of the thing does not allow it.",
    "413": "The body is too large.",
    "415": "The operation does not take this media type.",
    "422": "The request is well formed and still wrong.",
    "429": "Too many requests.",
}
"""What HTTP lets every interface answer, whether its document says so or not.

Three operations in four of this document declare no refusal at all. Without this policy each of them would fail at its
first refusal, for the status and not for what is wrong. A refusal that the document does declare is held to it.
"""

LINKS: Final = (("files.create", "batches.create", {"input_file_id": "$response.body#/id"}),)
"""What one operation makes for another where the names do not tell: the operations by id, and what goes into the second
one's body. schemathesis finds the others by itself.
"""

_EVENTS: Final = "text/event-stream"
"""What this document says of its events is not what schemathesis would hold them to; see `events`."""

_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "options", "head", "trace"})


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    method: str
    path: str
    raw: Document

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def succeeds(self) -> bool:
        """Whether a success is declared."""
        return any(status.startswith("2") for status in self.raw["responses"])

    @property
    def takes_body(self) -> bool:
        """Whether a request body is declared."""
        return "requestBody" in self.raw


def operations(document: Document) -> list[Operation]:
    """Every operation of `document`, in its order."""
    return [
        Operation(method.upper(), path, raw)
        for path, item in document["paths"].items()
        for method, raw in item.items()
        if method in _METHODS
    ]


def part(document: Document, *firsts: str) -> Document:
    """`document` with nothing but the paths whose first segment is one of `firsts`, and the schemas they need."""
    paths = {path: item for path, item in document["paths"].items() if path.split("/")[1] in firsts}
    components = document["components"]
    needed = set(_schemas_in(paths))
    waiting = list(needed)
    while waiting:
        found = set(_schemas_in(components["schemas"][waiting.pop()])) - needed
        needed |= found
        waiting += found
    schemas = {name: schema for name, schema in components["schemas"].items() if name in needed}
    return {**document, "paths": paths, "components": {**components, "schemas": schemas}}


def _schemas_in(value: Any) -> Iterator[str]:
    """The names of the schemas that `value` refers to."""
    if isinstance(value, list):
        for each in value:
            yield from _schemas_in(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref" and isinstance(each, str):
                yield each.removeprefix("#/components/schemas/")
            else:
                yield from _schemas_in(each)


def family(document: Document, path: str) -> Document:
    """`document` with nothing but `path` and its neighbours.

    No path starts with a parameter, so everything that could be taken for `path` shares its first segment.
    """
    return part(document, path.split("/")[1])


def prepared(document: Document) -> Document:
    """`document` in which every operation may also answer `REFUSALS`, and with `LINKS`."""
    names = {each.raw.get("operationId") for each in operations(document)}
    links = [link for link in LINKS if names.issuperset(link[:2])]
    paths = {path: _prepared(item, links) for path, item in document["paths"].items()}
    return {**document, "paths": paths}


def linked(document: Document) -> Document:
    """`document` in which the body that a link fills is of a kind that has what the link puts there, and no larger.

    Most random batches take no file, and few sequences would get from a file to its batch; where they are large
    besides, Hypothesis gives up on most sequences. Every kind of body is tried whole, by itself.
    """
    filled = {second: set(body) for _, second, body in LINKS}
    paths = {
        path: {key: _filled(document, value, filled) if key in _METHODS else value for key, value in item.items()}
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _filled(document: Document, operation: Document, filled: dict[str, set[str]]) -> Document:
    wanted = filled.get(operation.get("operationId", ""))
    if wanted is None:
        return operation
    body = operation["requestBody"]
    media = body["content"]["application/json"]
    kinds = [_required(_resolved(document, each)) for each in media["schema"]["anyOf"]]
    schema = {"anyOf": [kind for kind in kinds if wanted <= kind["properties"].keys()]}
    return {**operation, "requestBody": {**body, "content": {"application/json": {**media, "schema": schema}}}}


def _required(schema: Document) -> Document:
    """An object schema with nothing but what it requires."""
    required = schema["required"]
    properties = {name: schema["properties"][name] for name in required}
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _resolved(document: Document, schema: Document) -> Document:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _prepared(item: Document, links: list[tuple[str, str, Document]]) -> Document:
    return {
        key: {**value, "responses": dict(_responses(value, links))} if key in _METHODS else value
        for key, value in item.items()
    }


def _responses(operation: Document, links: list[tuple[str, str, Document]]) -> Iterator[tuple[str, Document]]:
    for status, reason in REFUSALS.items():
        yield status, {"description": reason}
    outgoing = {
        second: {"operationId": second, "requestBody": body}
        for first, second, body in links
        if first == operation.get("operationId")
    }
    for status, response in operation["responses"].items():
        # A copy, since schemathesis writes the links it finds into the document.
        content = {media: {} if media == _EVENTS else {**held} for media, held in response.get("content", {}).items()}
        copy = {**response, "content": content} if content else {**response}
        yield status, {**copy, "links": dict(outgoing)} if status.startswith("2") else copy
