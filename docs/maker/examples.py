"""The example of an operation: its call in Python, the same with curl, and what it answers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from portkey_client.narrow import is_array, is_dict

from . import surface
from .document import Document, Json, Operation

_WIDTH = 84


class Request(NamedTuple):
    """The example of one request."""

    name: str
    summary: str
    places: dict[str, Json]
    """``path``, ``query`` and ``header`` -> parameter -> value."""
    media: str
    """The media type of the body; empty where there is none."""
    body: Any
    files: frozenset[str]
    """The fields of a form whose values are files."""


class Answer(NamedTuple):
    """The example of one answer."""

    name: str
    """That of the request it answers."""
    summary: str
    status: str
    media: str
    body: Any


def requests_of(document: Document, operation: Operation) -> list[Request]:
    """Return how the document shows an operation being called; nothing where a part has no example."""
    parameters = operation.facts["parameters"]
    if any(each.get("required") and "example" not in each for each in parameters):
        return []
    places: dict[str, Json] = {"path": {}, "query": {}, "header": {}}
    for each in parameters:
        if "example" in each:
            places[each["in"]][each["name"]] = each["example"]
    body = operation.facts.get("requestBody", {})
    found = [
        Request(name, example["summary"], places, media, example["value"], _files(document, media, content["schema"]))
        for media, content in body.get("content", {}).items()
        for name, example in content.get("examples", {}).items()
    ]
    return found if body else [Request("example", "", places, "", None, frozenset())]


def _files(document: Document, media: str, schema: Json) -> frozenset[str]:
    if not media.startswith("multipart/"):
        return frozenset()
    properties: Json = document.resolved(schema).get("properties", {})
    plain = {name: each.get("items", each) for name, each in properties.items()}
    return frozenset(name for name, each in plain.items() if document.resolved(each).get("format") == "binary")


def answers_of(operation: Operation) -> list[Answer]:
    """Return what the document shows an operation answering when all goes well."""
    return [
        Answer(name, example.get("summary", ""), status, media, example["value"])
        for status, response in operation.facts["responses"].items()
        if status.startswith("2")
        for media, content in response.get("content", {}).items()
        for name, example in content.get("examples", {}).items()
    ]


def in_python(operation: Operation, request: Request) -> str:
    """Return the call in Python."""
    method = surface.method(operation.name)
    given = [(place, name, value) for place in ("query", "header") for name, value in request.places[place].items()]
    if not method.takes_whole_body and is_dict(request.body):
        fields = request.body.items()
        given += [("body", name, _bytes(value) if name in request.files else value) for name, value in fields]
    keywords = {method.arguments[place, name]: value for place, name, value in given}
    if method.takes_whole_body:
        keywords["body"] = request.body
    parts = [repr(value) for value in request.places["path"].values()]
    parts += [f"{name}={_literal(value, len(name) + 6)}" for name, value in keywords.items()]
    line = f"client.{operation.name}({', '.join(parts)})"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return "\n".join(
        [f"client.{operation.name}(", *(f"    {part.replace(chr(10), chr(10) + '    ')}," for part in parts), ")"]
    )


def _bytes(value: Any) -> Any:
    return [_bytes(each) for each in value] if is_array(value) else str(value).encode()


def _literal(value: Any, taken: int = 0) -> str:
    """Return a value as Python, in as many lines as it needs."""
    line = repr(value)
    if len(line) + taken <= _WIDTH or not value:
        return line
    if is_dict(value):
        return _rows("{", [(f"{key!r}: ", each) for key, each in value.items()], "}")
    return _rows("[", [("", each) for each in value], "]") if is_array(value) else line


def _rows(opening: str, parts: list[tuple[str, Any]], closing: str) -> str:
    rows = [f"{key}{_literal(each, len(key) + 8)},".replace("\n", "\n    ") for key, each in parts]
    return "\n".join([opening, *(f"    {row}" for row in rows), closing])


def in_curl(operation: Operation, request: Request, address: str, headers: list[str]) -> str:
    """Return the call as a curl command.

    Args:
        operation: The operation.
        request: Its example.
        address: Where the operation's server is.
        headers: The credentials it takes, as curl is to send them.
    """
    path = operation.path
    for name, value in request.places["path"].items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = urlencode({name: _wire(value) for name, value in request.places["query"].items()})
    parts = [f'curl -X {operation.method} "{address}{path}{"?" + query if query else ""}"']
    parts += [f'-H "{each}"' for each in headers]
    parts += [f"-H {shlex.quote(f'{name}: {_wire(value)}')}" for name, value in request.places["header"].items()]
    if request.media.startswith("multipart/"):
        parts += [f"-F {shlex.quote(field)}" for field in _form(request)]
    elif request.media:
        parts += [f"-H 'content-type: {request.media}'", f"-d {shlex.quote(json.dumps(request.body, indent=2))}"]
    return " \\\n  ".join(parts)


def _form(request: Request) -> Iterator[str]:
    """Yield the fields of a form; a list is one field for each of its items, a file is named as its field."""
    for name, value in request.body.items():
        for each in value if is_array(value) else [value]:
            yield f"{name}={f'@{name}' if name in request.files else _wire(each)}"


def _wire(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
