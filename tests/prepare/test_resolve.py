"""The resolved document: every operation complete in itself."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from prepare.load import Json
from prepare.report import Report
from prepare.resolve import operations, resolve, server_url
from tests.prepare.tiny import OK, document, operation, resolved, resolved_operation

PARAMETER = {"name": "q", "in": "query", "schema": {"type": "string"}}


def test_shared_parts_are_written_into_the_operation() -> None:
    """Parameters, bodies, responses and headers are followed; what nothing refers to any more goes."""
    shared: Json = {
        "parameters": {"P": PARAMETER},
        "requestBodies": {"B": {"content": {"application/json": {"schema": {"type": "string"}}}}},
        "responses": {"R": {"headers": {"X-H": {"$ref": "#/components/headers/H"}}}},
        "headers": {"H": {"schema": {"type": "integer"}}},
    }
    source = operation(
        method="post",
        parameters=[{"$ref": "#/components/parameters/P"}],
        requestBody={"$ref": "#/components/requestBodies/B"},
        responses={"200": {"$ref": "#/components/responses/R"}},
    )
    source["components"] |= shared
    before = copy.deepcopy(source)
    made, report = resolved(source)
    found = made["paths"]["/a"]["post"]
    assert found["parameters"] == [PARAMETER]
    assert found["requestBody"] == shared["requestBodies"]["B"]
    assert found["responses"]["200"] == {"headers": {"X-H": {"schema": {"type": "integer"}}}, "description": "OK"}
    assert made["components"] == {"schemas": {}, "securitySchemes": {}}
    assert report.counts()["describe-response"] == 1
    assert source == before, "the document itself stays as it was"


def test_shared_parts_that_webhooks_and_callbacks_need_are_kept() -> None:
    """A client has no method for them, but openapi.json must not hold a reference that leads nowhere."""
    callback = {"heard": {"{$url}": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}}}}
    source = operation(callbacks=callback)
    source["webhooks"] = {"nova": {"post": {"responses": {"200": {"$ref": "#/components/responses/R"}}}}}
    source["components"] |= {
        "requestBodies": {"B": {"content": {}}},
        "responses": {"R": {"headers": {"X": {"$ref": "#/components/headers/H"}}}},
        "headers": {"H": {}},
        "parameters": {"P": PARAMETER},
    }
    made, report = resolved(source)
    assert made["components"].keys() == {"schemas", "securitySchemes", "requestBodies", "responses", "headers"}
    assert report.notes == [
        "/paths/~1a/get/callbacks: a client has no method for them; openapi.json keeps them",
        "/webhooks: a client has no method for them; openapi.json keeps them",
    ]


def test_a_path_item_may_be_a_reference_with_fields_beside_it() -> None:
    """Both count, as OpenAPI has it for path items alone; nothing of either is dropped."""
    source = operation(path="/b")
    source["paths"]["/a"] = {"$ref": "#/paths/~1b", "post": {"responses": OK}}
    made, _ = resolved(source)
    assert made["paths"]["/a"].keys() >= {"get", "post"}
    assert [(path, method) for path, method, _ in operations(made)] == [("/b", "get"), ("/a", "get"), ("/a", "post")]


def test_parameters_of_the_path_come_first_and_the_operations_own_replace_them() -> None:
    """A parameter is one name in one place."""
    source = operation(parameters=[{"name": "q", "in": "query", "required": True}, {"name": "q", "in": "header"}])
    source["paths"]["/a"]["parameters"] = [PARAMETER, {"name": "r", "in": "query"}]
    made, report = resolved(source)
    found = made["paths"]["/a"]["get"]["parameters"]
    assert [(each["in"], each["name"], each.get("required")) for each in found] == [
        ("query", "q", True), ("query", "r", None), ("header", "q", None),
    ]  # fmt: skip
    assert "parameters" not in made["paths"]["/a"]
    assert report.counts()["inline-path-parameters"] == 1


def test_a_parameter_that_stands_twice_is_noted() -> None:
    """The last one counts, as for keys."""
    made, report = resolved(operation(parameters=[PARAMETER, {**PARAMETER, "required": True}]))
    assert made["paths"]["/a"]["get"]["parameters"] == [{**PARAMETER, "required": True}]
    assert report.notes == ["/paths/~1a/get/parameters/1: q (query) stands twice; the last counts"]


def test_credentials_are_no_parameters() -> None:
    """They belong to the security schemes; headers are the same in any case of their letters, queries are not."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "apiKey", "in": "query", "name": "token"},
        "bearer": {"$ref": "#/components/securitySchemes/other"},
        "other": {"type": "http", "scheme": "bearer"},
    }
    wires = [
        ("header", "x-key"),
        ("header", "Authorization"),
        ("header", "accept"),
        ("query", "token"),
        ("query", "Token"),
    ]
    source = operation(parameters=[{"name": name, "in": place} for place, name in wires])
    source["components"]["securitySchemes"] = schemes
    made, report = resolved(source)
    assert [each["name"] for each in made["paths"]["/a"]["get"]["parameters"]] == ["Token"]
    assert report.counts()["drop-credential-parameter"] == 4
    assert made["components"]["securitySchemes"]["bearer"] == schemes["other"]


def test_the_path_says_which_path_parameters_there_are() -> None:
    """One that is not declared is text; one that is not in the path cannot be sent, which is noted."""
    made, report = resolved(
        operation("/a/{x}/{y}", parameters=[{"name": "z", "in": "path"}, {"name": "y", "in": "path"}])
    )
    found = made["paths"]["/a/{x}/{y}"]["get"]["parameters"]
    assert found == [
        {"name": "y", "in": "path"},
        {"name": "x", "in": "path", "required": True, "schema": {"type": "string"}},
    ]
    assert report.counts()["declare-path-parameter"] == 1
    assert report.counts()["drop-unused-path-parameter"] == 1
    assert report.notes == ["/paths/~1a~1{x}~1{y}/get/parameters: z is not in the path, so it cannot be sent"]


def test_responses_have_a_description_and_a_status_in_one_spelling() -> None:
    """Unregistered statuses are kept; extensions are no responses."""
    found = resolved_operation(
        operation(responses={"200": {}, "4xx": {}, "246": {"description": "Checks"}, "default": {}, "x-a": 1})
    )["responses"]
    assert {status: each["description"] for status, each in found.items()} == {
        "200": "OK", "4XX": "Answer with status 4XX", "246": "Checks", "default": "Answer with status default",
    }  # fmt: skip


def test_keys_without_a_value_say_nothing() -> None:
    """YAML reads them as null, and people leave them behind."""
    empty = dict.fromkeys(("parameters", "requestBody", "responses", "security", "servers"))
    made, _ = resolved(
        document({"/a": {"get": empty, "post": None, "parameters": None}}, components=None, servers=None)
    )
    found = made["paths"]["/a"]["get"]
    assert (found["parameters"], found["responses"], found["security"]) == ([], {}, [])
    assert found["servers"] == [{"url": "/"}]
    assert "requestBody" not in found
    assert resolved_operation(operation(responses={"200": {"content": {"a/b": None}, "headers": None}}))[
        "responses"
    ] == {"200": {"content": {"a/b": {}}, "headers": {}, "description": "OK"}}


def test_credentials_are_inherited_unless_the_operation_has_its_own() -> None:
    """An empty list means none are needed; a scheme that nobody defines is noted once."""
    source = document({"/a": {"get": {}, "put": {"security": []}, "post": {"security": [{}, {"b": []}]}, "head": {}}})
    source["security"] = [{"a": []}]
    made, report = resolved(source)
    found = made["paths"]["/a"]
    assert [found[method]["security"] for method in ("get", "put", "post")] == [[{"a": []}], [], [{}, {"b": []}]]
    assert report.counts()["inherit-security"] == 2
    assert report.notes == [
        "/security: a is no security scheme of this document",
        "/paths/~1a/post/security: b is no security scheme of this document",
    ]


def test_servers_are_inherited_at_three_levels_and_every_address_has_its_group() -> None:
    """An operation that has its own server must never be sent to another one's."""
    here, there = [{"url": "https://a.example/v1"}], [{"url": "https://a.example/v1"}, {"url": "HOME"}]
    source = document({"/a": {"get": {}, "put": {"servers": there}}, "/b": {"servers": [{"url": "https://b.example"}]}})
    source["paths"]["/b"] |= {"get": {}, "put": {"servers": [{"url": "http://b.example"}]}, "post": {"servers": here}}
    source |= {"servers": [{"url": "/v1"}], "x-server-groups": {"DataPlaneServers": there}}
    made, _ = resolved(source)
    groups = {(path, method): found["x-server-group"] for path, method, found in operations(made)}
    assert groups == {
        ("/a", "get"): "default", ("/a", "put"): "data_plane",
        ("/b", "get"): "b_example", ("/b", "put"): "b_example_2", ("/b", "post"): "a_example_v1",
    }  # fmt: skip
    assert made["paths"]["/a"]["get"]["servers"] == [{"url": "/v1"}]


def test_the_variables_of_a_server_stand_at_their_defaults() -> None:
    """A client cannot send a request to an address with braces."""
    server = {"url": "https://{r}.example/{v}", "variables": {"r": {"default": "eu"}, "v": {"default": 1}}}
    assert server_url(server) == "https://eu.example/1"
    made, _ = resolved(document({"/a": {"get": {}}}, servers=[{"url": "https://eu.example"}]))
    assert made["paths"]["/a"]["get"]["x-server-group"] == "default"


def test_operations_are_named_and_extensions_of_paths_are_none() -> None:
    """The name replaces the operationId, which many documents lack or repeat."""
    source = document({"/a": {"get": {"operationId": "Odd Id"}, "x-note": 1}, "x-paths": {"get": {}}})
    made, report = resolved(source, {"GET /a": "things.all", "GET /b": "things.one"})
    assert [found["operationId"] for _, _, found in operations(made)] == ["things.all"]
    assert report.notes == ["names.yaml: GET /b: is no operation of this document"]


@pytest.mark.parametrize("version", ["3.0", "3.0.4", "3.1.1", 3.1])
def test_openapi_3_0_and_3_1_are_read(version: Any) -> None:
    """Also where YAML took the version for a number."""
    assert resolved(document(openapi=version))[0]["paths"] == {}


def test_a_nullable_enum_lists_its_null() -> None:
    """What ``nullable`` allows, the enum beside it allows too, wherever it stands; other enums stay as they are."""
    schemas = {
        "A": {"type": "string", "nullable": True, "enum": ["x"]},
        "B": {
            "type": "object",
            "properties": {"b": {"oneOf": [{"nullable": True, "enum": ["y", None]}]}, "c": {"enum": [1]}},
        },
    }
    published = {"openapi": "3.0.3", "info": {}, "paths": {}, "components": {"schemas": schemas}}
    report = Report()
    found = resolve(published, {}, report)["components"]["schemas"]
    assert found["A"]["enum"] == ["x", None]
    assert found["B"] == schemas["B"]
    assert report.counts() == {"list-null-of-enum": 1}
