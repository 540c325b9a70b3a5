"""Documents with one fault each that no rule can keep: refused by name, with the place and the remedy."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from prepare.errors import PrepareError
from prepare.load import Json
from tests.prepare.tiny import OK, document, normal, operation, run, write

TEXT = {"type": "string"}


def schemas(**named: Any) -> Json:
    """Return a document with components."""
    return document(schemas=named)


def shared(kind: str, **named: Any) -> Json:
    """Return a document of one operation with shared parts."""
    source = operation()
    source["components"][kind] = named
    return source


def parameters(*each: Any) -> Json:
    """Return a document of one operation with parameters."""
    return operation(parameters=list(each))


FAULTS: list[tuple[Json, str, str]] = [
    # the document
    (
        {"swagger": "2.0", "paths": {}},
        "/openapi",
        "is missing, and 'swagger' is there; this pipeline reads OpenAPI 3.0 and 3.1",
    ),
    ({"paths": {}}, "/openapi", "is missing;"),
    (document(openapi="3.2.0"), "/openapi", "is 3.2.0;"),
    (document(openapi="3.01"), "/openapi", "is 3.01;"),
    ({"openapi": "3.1.0", "components": {}}, "/paths", "is missing; there is nothing to generate"),
    ({"openapi": "3.1.0", "paths": None}, "/paths", "is missing"),
    ({"openapi": "3.1.0", "paths": []}, "/paths", "must be a mapping, is []"),
    ({**document(), "components": []}, "/components", "must be a mapping, is []"),
    ({**document(), "components": {"schemas": [1]}}, "/components/schemas", "must be a mapping, is [1]"),
    # paths
    (document({"a": {}}), "/paths/a", "is no path: it must start with '/'"),
    (document({"/a/{": {}}), "/paths/~1a~1{", "is no path"),
    (document({"/a/{}": {}}), "/paths/~1a~1{}", "braces must hold a name"),
    (document({"/a": []}), "/paths/~1a", "must be a mapping"),
    (document({"/a": {"GET": {}}}), "/paths/~1a/GET", "is neither a method (get, put, "),
    (document({"/a": {"query": {}}}), "/paths/~1a/query", "is neither a method"),
    (document({"/a": {"get": "x"}}), "/paths/~1a/get", "must be a mapping, is 'x'"),
    (document({"/a": {"$ref": "#/paths/~1b"}}), "/paths/~1a", "the reference #/paths/~1b leads nowhere; define it"),
    (document({"/a": {"parameters": {}}}), "/paths/~1a/parameters", "must be a list, is {}"),
    # parameters
    (operation(parameters={}), "/paths/~1a/get/parameters", "must be a list"),
    (
        parameters({"in": "query"}),
        "/paths/~1a/get/parameters/0",
        "a parameter needs a 'name' and an 'in' that is path, query",
    ),
    (
        parameters({"name": "a", "in": "query"}, {"name": "b", "in": "body"}),
        "/paths/~1a/get/parameters/1",
        "a parameter needs",
    ),
    (parameters({"name": 1, "in": "query"}), "/paths/~1a/get/parameters/0", "a parameter needs"),
    (parameters({"$ref": "#/components/parameters/P"}), "/paths/~1a/get/parameters/0", "leads nowhere; define it"),
    (
        parameters({"$ref": "p.yaml"}),
        "/paths/~1a/get/parameters/0",
        "'p.yaml' leaves the document; bundle it into one file",
    ),
    (
        parameters({"name": "a", "in": "query", "content": []}),
        "/paths/~1a/get/parameters/0/content",
        "must be a mapping",
    ),
    (
        parameters({"name": "a", "in": "query", "schema": {"type": "file"}}),
        "/paths/~1a/get/parameters/0/schema/type",
        "'file' is no JSON Schema type",
    ),
    # bodies and responses
    (operation(requestBody=[]), "/paths/~1a/get/requestBody", "must be a mapping"),
    (
        operation(requestBody={"content": {"a/b": 1}}),
        "/paths/~1a/get/requestBody/content/a~1b",
        "must be a mapping, is 1",
    ),
    (
        operation(requestBody={"content": {"application/json": {"schema": {"$ref": "#/a"}}}}),
        "/paths/~1a/get/requestBody/content/application~1json/schema",
        "the reference #/a leads nowhere",
    ),
    (operation(responses=[]), "/paths/~1a/get/responses", "must be a mapping"),
    (operation(responses={"200": None}), "/paths/~1a/get/responses/200", "must be a mapping, is None"),
    (
        operation(responses={"20": {}}),
        "/paths/~1a/get/responses/20",
        "must be a status (200), a range (2XX) or 'default', each once",
    ),
    (operation(responses={"2XX": {}, "2xx": {}}), "/paths/~1a/get/responses/2xx", "each once"),
    (
        operation(responses={"200": {"headers": {"X": []}}}),
        "/paths/~1a/get/responses/200/headers/X",
        "must be a mapping",
    ),
    (
        operation(responses={"200": {"headers": {"X": {"schema": {"$ref": "#/a"}}}}}),
        "/paths/~1a/get/responses/200/headers/X/schema",
        "leads nowhere",
    ),
    (
        operation(responses={"200": {"content": {"application/json": {"schema": []}}}}),
        "/paths/~1a/get/responses/200/content/application~1json/schema",
        "must be a schema, is []",
    ),
    # credentials and servers
    (operation(security={}), "/paths/~1a/get/security", "must be a list"),
    (operation(security=["key"]), "/paths/~1a/get/security/0", "must be a mapping"),
    ({**operation(), "security": {}}, "/security", "must be a list"),
    (shared("securitySchemes", k={"in": "header"}), "/components/securitySchemes/k", "a security scheme needs type"),
    (
        shared("securitySchemes", k={"type": "apiKey"}),
        "/components/securitySchemes/k",
        "a security scheme needs type and in and name",
    ),
    (
        shared("securitySchemes", k={"$ref": "#/components/securitySchemes/k"}),
        "/components/securitySchemes/k",
        "back to itself",
    ),
    (document(servers=[{}]), "/servers/0", "a server needs a url"),
    (
        document(servers=[{"url": "{a}", "variables": {"a": {}}}]),
        "/servers/0/variables/a",
        "a server variable needs a default",
    ),
    (operation(servers=["/"]), "/paths/~1a/get/servers/0", "must be a mapping"),
    (document(**{"x-server-groups": {"A": {}}}), "/x-server-groups/A", "must be a list"),
    # schemas
    (
        schemas(A={"properties": {"b": {"$ref": "#/components/schemas/B"}}}),
        "/components/schemas/A/properties/b",
        "leads nowhere; define it",
    ),
    (
        schemas(A={"items": {"$ref": "https://example.com/b.json"}}),
        "/components/schemas/A/items",
        "leaves the document",
    ),
    (
        schemas(
            A={"allOf": [{"$ref": "#/components/schemas/B"}, {"required": ["a"]}]},
            B={"allOf": [{"$ref": "#/components/schemas/A"}, {"required": ["b"]}]},
        ),
        "/components/schemas/A",
        "contains itself through allOf; break the circle",
    ),
    (
        schemas(A={"allOf": [TEXT, {"type": "integer"}]}),
        "/components/schemas/A/allOf",
        "is string and integer at once; no value can be both",
    ),
    (
        schemas(A={"properties": {"b": {"allOf": [{"const": 1}, {"const": 2}]}}}),
        "/components/schemas/A/properties/b/allOf",
        "is one of [1] and",
    ),
    (schemas(A={"$ref": "#/components/schemas/A"}), "/components/schemas/A", "is another name of itself"),
    (
        schemas(A={"type": "array", "items": {"$ref": "#/components/schemas/A"}}),
        "/components/schemas/A",
        "contains itself (A -> A)",
    ),
    (
        schemas(A={"additionalProperties": {"$ref": "#/components/schemas/A"}}),
        "/components/schemas/A",
        "put an object with properties between",
    ),
    (schemas(A={"properties": {"b": None}}), "/components/schemas/A/properties/b", "must be a schema, is None"),
    (schemas(A={"type": "any"}), "/components/schemas/A/type", "'any' is no JSON Schema type"),
    (schemas(A={"enum": []}), "/components/schemas/A/enum", "lists nothing, so no value fits"),
    (
        schemas(A={"properties": {"b": {"items": {"properties": 1}}}}),
        "/components/schemas/A/properties/b/items/properties",
        "must be a mapping",
    ),
    (schemas(A={"oneOf": [TEXT, {"anyOf": 1}]}), "/components/schemas/A/oneOf/1/anyOf", "must be a list"),
    (
        schemas(A={"allOf": [{"oneOf": [TEXT] * 20}, {"oneOf": [TEXT] * 20}]}),
        "/components/schemas/A",
        "more than 256 combinations",
    ),
    (schemas(A={"$dynamicRef": "#a"}), "/components/schemas/A/$dynamicRef", "which no Python type does; use $ref"),
]


@pytest.mark.parametrize(
    ("source", "place", "problem"), FAULTS, ids=[f"{place} {problem[:24]}" for _, place, problem in FAULTS]
)
def test_one_fault_is_refused_by_its_place(source: Json, place: str, problem: str) -> None:
    """The message starts with the JSON pointer and says what is wrong there; the document stays as it was."""
    before = copy.deepcopy(source)
    with pytest.raises(PrepareError) as refused:
        normal(source)
    assert str(refused.value).startswith(f"{place}: ")
    assert problem in str(refused.value)
    assert source == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("openapi: [3.0.0", "refused: {path}: line 2, column 1: did not find expected ',' or ']'"),
        ("- openapi", "refused: {path}: is no mapping; a mapping is needed here"),
        (
            "openapi: 3.0.0\npaths:\n  /a: {get: {responses: {'20': {}}}}\n",
            "refused: /paths/~1a/get/responses/20: must be a status",
        ),
    ],
)
def test_the_command_line_refuses_in_one_line_and_writes_nothing(tmp_path: Path, text: str, problem: str) -> None:
    """Its status is 1, and there is no traceback."""
    path = write(tmp_path, text)
    done = run("generate", "--spec", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith(problem.format(path=path))
    assert done.stderr.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["document.yaml"]


def test_the_tiny_documents_have_no_other_fault() -> None:
    """What the faults are put into goes through."""
    for source in (document(), operation(), schemas(A=TEXT), document({"/a": {"get": {"responses": OK}}})):
        normal(source)
