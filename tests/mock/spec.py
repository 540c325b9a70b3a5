"""The document as the tests read it: with `jsonschema` and by themselves, sharing no code with the mock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema.validators
from jsonschema.protocols import Validator

from portkey_mock import Request

PATH = Path(__file__).parents[2] / "generated" / "portkey_api" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(PATH.read_text())
_METHODS = {"get", "put", "post", "delete", "patch"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")

INFERENCE = {"x-portkey-api-key": "pk-test", "x-portkey-virtual-key": "vk-test"}
"""Credentials that satisfy every operation."""


@dataclass(frozen=True)
class Op:
    """One operation of the document."""

    method: str
    path: str
    raw: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def content(self, status: str) -> dict[str, Any]:
        """The media types of one declared answer."""
        return dict(self.raw["responses"].get(status, {}).get("content", {}))

    @property
    def success(self) -> str | None:
        """The first declared status of the 200s."""
        return next((status for status in sorted(self.raw["responses"]) if status.startswith("2")), None)

    @property
    def body(self) -> tuple[str, Any] | None:
        """The media type and the schema of the request body."""
        content = self.raw.get("requestBody", {}).get("content", {})
        return next(((media, declared["schema"]) for media, declared in content.items()), None)

    def parameters(self, location: str) -> list[dict[str, Any]]:
        """The declared parameters in one place."""
        return [each for each in self.raw.get("parameters", []) if each["in"] == location]


OPERATIONS = [
    Op(method.upper(), path, raw)
    for path, item in DOCUMENT["paths"].items()
    for method, raw in item.items()
    if method in _METHODS
]


def part(*paths: str) -> dict[str, Any]:
    """The document with nothing but the paths that start like one of `paths`: quicker to compile."""
    kept = {path: item for path, item in DOCUMENT["paths"].items() if path.startswith(paths)}
    return {**DOCUMENT, "paths": kept}


def tiny(schema: Any, **operation: Any) -> dict[str, Any]:
    """A document of one operation, POST /things, that takes and answers JSON of `schema`."""
    content = {"application/json": {"schema": schema}}
    post = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"content": content}}}
    return {"openapi": "3.0.0", "paths": {"/things": {"post": post | operation}}, "components": {}}


@cache
def _dialect() -> Any:
    """JSON Schema 2020-12 that knows `nullable`, by asking before every keyword that could refuse a null."""
    base: Any = jsonschema.Draft202012Validator

    def lenient(keyword: str) -> Any:
        def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
            if not (instance is None and schema.get("nullable") is True):
                yield from base.VALIDATORS[keyword](validator, value, instance, schema) or ()

        return check

    keywords = ("type", "enum", "allOf", "anyOf", "oneOf", "$ref")
    extend: Any = jsonschema.validators.extend
    return extend(base, {keyword: lenient(keyword) for keyword in keywords})


def validator(schema: Any, *, formats: bool = True, document: Any = DOCUMENT) -> Validator:
    """A validator for a schema of the document, or of another one; formats are only hints without `formats`."""
    rooted = {"components": document["components"], "allOf": [schema]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER if formats else None
    made: Validator = _dialect()(rooted, format_checker=checker)
    return made


def _is_moment(value: object) -> bool:
    """Whether a text is a moment (RFC 3339, section 5.6), which `jsonschema` does not look at by itself."""
    return not isinstance(value, str) or _MOMENT.fullmatch(value) is not None


jsonschema.Draft202012Validator.FORMAT_CHECKER.checks("date-time")(_is_moment)


def resolve(schema: Any) -> Any:
    """The schema behind a chain of references."""
    while "$ref" in schema:
        schema = at(schema["$ref"])
    return schema


def fill(schema: Any, value: Any) -> tuple[int, int]:
    """How many properties of `value` the schema declares, and how many of these are there, all levels together."""
    schema = resolve(schema)
    declared = carried = 0
    if isinstance(value, dict):
        properties = properties_of(schema, value)
        declared, carried = len(properties), sum(name in value for name in properties)
        children = [(properties[name], value[name]) for name in properties if name in value]
    elif isinstance(value, list) and "items" in schema:
        children = [(schema["items"], item) for item in value]
    else:
        children = []
    for child, inside in children:
        more_declared, more_carried = fill(child, inside)
        declared, carried = declared + more_declared, carried + more_carried
    return declared, carried


def flat(schema: Any) -> dict[str, Any]:
    """A schema with its references followed and the parts of its `allOf` put together."""
    schema = resolve(schema)
    together: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    each: dict[str, Any]
    for each in map(flat, schema.get("allOf", [])):
        properties = {**each.get("properties", {}), **together.get("properties", {})}
        required = [*together.get("required", []), *each.get("required", [])]
        together = {**each, **together, "properties": properties, "required": required}
    return together


def properties_of(schema: Any, value: Any) -> dict[str, Any]:
    """All properties declared for `value`: of the schema, of its parts, and of the branch it takes."""
    schema = flat(schema)
    properties = dict(schema.get("properties", {}))
    for key in ("anyOf", "oneOf"):
        branches = [branch for branch in schema.get(key, []) if validator(branch).is_valid(value)]
        properties |= properties_of(branches[0], value) if branches else {}
    return properties


def smallest(schema: Any) -> Any:
    """The smallest natural value of a schema; it may be invalid where the schema is intricate."""
    schema = flat(schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            rest = {name: value for name, value in schema.items() if name != key}
            return _merged(smallest(rest) if "properties" in rest else None, smallest(schema[key][0]))
    return schema["enum"][0] if "enum" in schema else _of_type(schema)


def _merged(one: Any, other: Any) -> Any:
    return one | other if isinstance(one, dict) and isinstance(other, dict) else other


def _of_type(schema: Any) -> Any:
    match schema.get("type", "object" if "properties" in schema or "required" in schema else "string"):
        case "object":
            properties = schema.get("properties", {})
            names = schema.get("required") or list(properties)[: schema.get("minProperties", 0)]
            return {name: smallest(properties.get(name, {})) for name in names}
        case "array":
            return [smallest(schema["items"])] * schema.get("minItems", 0)
        case "integer" | "number":
            return max(schema.get("minimum", 1), min(1, schema.get("maximum", 1)))
        case "boolean":
            return True
        case _:
            samples = {
                "uuid": "5b6962dd-3f90-4c93-8f61-eabfa4a803e2",
                "date-time": "2025-06-15T15:06:40Z",
                "uri": "https://example.com",
                "email": "a@example.com",
            }
            return samples.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


def multipart(fields: dict[str, Any], files: dict[str, bytes], suffix: str = "bin") -> tuple[str, bytes]:
    """The content type and the bytes of a form; the names of its files end with `suffix`."""
    lines = [
        f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    for name, content in files.items():
        head = f'--limit\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.{suffix}"\r\n'
        lines.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
    return "multipart/form-data; boundary=limit", b"".join(lines) + b"--limit--\r\n"


def encode(media: str, schema: Any, body: Any) -> tuple[str, bytes]:
    """The content type and the bytes of a request body."""
    if media != "multipart/form-data":
        return media, json.dumps(body).encode()
    properties = resolve(schema).get("properties", {})
    files = {name for name in body if properties.get(name, {}).get("format") == "binary"}
    fields = {name: value for name, value in body.items() if name not in files}
    return multipart(fields, dict.fromkeys(files, b"content"))


def request(op: Op, body: Any = None, *, credentials: bool = True, ids: dict[str, str] | None = None) -> Request:
    """A request for `op` with every required parameter; `body` stands in for the smallest one."""
    path = op.path
    for parameter in op.parameters("path"):
        known = (ids or {}).get(parameter["name"], str(smallest(parameter["schema"])))
        path = path.replace("{" + parameter["name"] + "}", known)
    query = "&".join(
        f"{each['name']}={str(smallest(each['schema'])).replace(':', '%3A')}"
        for each in op.parameters("query")
        if each.get("required")
    )
    headers = dict(INFERENCE) if credentials else {}
    content = b""
    if op.body is not None:
        media, schema = op.body
        headers["content-type"], content = encode(media, schema, smallest(schema) if body is None else body)
    return Request(op.method, "/v1" + path, query, tuple(headers.items()), content)


def at(pointer: str) -> Any:
    """What stands in the document at a JSON pointer that starts with `#`."""
    found: Any = DOCUMENT
    for token in re.split("/", pointer.removeprefix("#").removeprefix("/")):
        name = token.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found
