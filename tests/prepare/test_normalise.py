"""The normal form: what the generator reads, and can keep in full."""

from __future__ import annotations

from typing import Any

import pytest

from prepare.errors import PrepareError
from prepare.load import Json
from prepare.normalise import (
    choose_media,
    is_json_parameter,
    media_kind,
    parameter_position,
    property_name,
    property_wire,
)
from tests.prepare.tiny import OK, components, document, normal, operation, shape

NULL = {"type": "null"}
TEXT = {"type": "string"}


def ref(name: str) -> Json:
    """Return a reference to a class of the normal form."""
    return {"$ref": f"#/components/schemas/{name}"}


def only(source: Json, path: str = "/operation_0", method: str = "get") -> Json:
    """Return the normal form of one operation."""
    found: Json = normal(source)[0]["paths"][path][method]
    return found


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({}, {}),
        (TEXT, TEXT),
        ({"required": ["a"]}, {}),
        ({"type": "object"}, {"type": "object", "additionalProperties": True}),
        (
            {"type": "array", "items": {"type": "array", "items": TEXT}},
            {"type": "array", "items": {"type": "array", "items": TEXT}},
        ),
        ({"oneOf": [TEXT, {"oneOf": [NULL, TEXT]}]}, {"oneOf": [TEXT, NULL]}),
        ({"oneOf": [{"const": 1}, {"const": True}]}, {"oneOf": [{"const": 1}, {"const": True}]}),
        ({"oneOf": [TEXT, TEXT], "description": "D"}, TEXT),
        ({"oneOf": [TEXT, NULL], "description": "D"}, {"oneOf": [TEXT, NULL], "description": "D"}),
        (
            {"properties": {"a": TEXT}, "additionalProperties": False, "description": "D"},
            {"type": "object", "properties": {"a": TEXT}, "additionalProperties": False, "description": "D"},
        ),
        ({"additionalProperties": TEXT}, {"type": "object", "additionalProperties": TEXT}),
        ({"patternProperties": {"^a": TEXT}}, {"type": "object", "additionalProperties": TEXT}),
        (
            {"patternProperties": {"^a": TEXT}, "additionalProperties": {"type": "integer"}},
            {"type": "object", "additionalProperties": {"oneOf": [TEXT, {"type": "integer"}]}},
        ),
        ({"patternProperties": {}, "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        (
            {"type": "object", "required": ["a", "a"], "additionalProperties": TEXT},
            {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "additionalProperties": TEXT},
        ),
        (
            {"type": "object", "required": ["a"]},
            {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False},
        ),
        (
            {"properties": {"a": TEXT}, "additionalProperties": True},
            {"type": "object", "properties": {"a": TEXT}, "additionalProperties": True},
        ),
    ],
)
def test_a_component(schema: Json, made: Json) -> None:
    """It is a constant, a plain type, an array, a map, a class, a union, or anything."""
    assert shape(schema)[0] == made


def test_objects_maps_and_enums_inside_others_become_components_of_their_own() -> None:
    """The generator would name them by their titles, which many schemas share."""
    inner = {"type": "object", "properties": {"x": TEXT}, "title": "Same"}
    made, _ = components(
        {
            "It": {
                "type": "object",
                "title": "Same",
                "properties": {
                    "one": inner,
                    "many": {"type": "array", "items": inner},
                    "map": {"additionalProperties": inner},
                    "kind": {"enum": ["a", "b"]},
                    "maybe": {**inner, "nullable": True},
                    "either": {"oneOf": [inner, {"properties": {"type": {"const": "big"}}}]},
                },
            },
            "ItOne": TEXT,
        }
    )
    assert made["It"]["properties"] == {
        "one": ref("ItOne2"), "many": {"type": "array", "items": ref("ItManyItem")}, "map": ref("ItMap"),
        "kind": ref("ItKind"), "maybe": {"oneOf": [ref("ItMaybe"), NULL]},
        "either": {"oneOf": [ref("ItEitherOption1"), ref("ItEitherBig")]},
    }  # fmt: skip
    assert made["ItMap"] == {"type": "object", "additionalProperties": ref("ItMapValue")}
    assert made["ItKind"] == {"enum": ["a", "b"]}


def test_another_name_of_a_component_is_no_second_class() -> None:
    """The document's names all lead to one class, and each stays importable as an alias."""
    source = document(
        schemas={
            "A": {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/C"}}},
            "B": {"$ref": "#/components/schemas/A"},
            "C": {"allOf": [{"$ref": "#/components/schemas/B"}]},
        }
    )
    made = normal(source)[0]["components"]["schemas"]
    assert made.keys() == {"A", "Aliases"}
    assert made["A"]["properties"] == {"p0 x": ref("A")}
    assert made["Aliases"]["properties"] == {"p0 B": ref("A"), "p1 C": ref("A")}


def test_components_stand_behind_what_they_are_made_of() -> None:
    """Else the generator reads the document once for every step between an alias and its end."""
    chain = {
        f"A{index}": {"type": "array", "items": {"$ref": f"#/components/schemas/A{index + 1}"}} for index in range(3)
    }
    made = normal(document(schemas={**chain, "A3": TEXT}))[0]["components"]["schemas"]
    assert list(made) == ["A3", "A2", "A1", "A0", "Aliases"]


@pytest.mark.parametrize(
    ("schemas", "problem"),
    [
        (
            {"A": {"$ref": "#/components/schemas/A"}},
            r"/components/schemas/A: is another name of itself \(A\); give it a type",
        ),
        (
            {"A": {"$ref": "#/components/schemas/B"}, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]}},
            r"/components/schemas/A: is another name of itself \(A -> B\)",
        ),
        (
            {"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}},
            r"/components/schemas/A: contains itself \(A -> A\); put an object with properties between",
        ),
        (
            {
                "A": {"anyOf": [TEXT, {"$ref": "#/components/schemas/B"}]},
                "B": {"additionalProperties": {"$ref": "#/components/schemas/A"}},
            },
            r"/components/schemas/.: contains itself",
        ),
        (
            {
                "A": {
                    "allOf": [
                        {"properties": {"n": {"$ref": "#/components/schemas/A"}}},
                        {"properties": {"n": {"$ref": "#/components/schemas/B"}}},
                    ]
                },
                "B": {"properties": {"n": {"$ref": "#/components/schemas/B"}}},
            },
            r"/components/schemas/A/properties/n.*: nests without end, or too deeply",
        ),
    ],
)
def test_what_has_no_end_is_refused(schemas: Json, problem: str) -> None:
    """Neither JSON nor the generator can hold a type that is made of itself alone."""
    with pytest.raises(PrepareError, match=f"^{problem}"):
        normal(document(schemas=schemas))


def test_an_object_may_contain_itself() -> None:
    """A class in between gives the circle a name."""
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/It"}}}
    assert shape(node)[0]["properties"] == {"next": ref("It")}


@pytest.mark.parametrize(
    ("parameter", "as_json"),
    [
        ({"schema": {"type": "object"}}, True),
        ({"schema": {"type": ["object", "null"], "properties": {"a": TEXT}}}, True),
        ({"schema": {"$ref": "#/components/schemas/Thing"}}, True),
        ({"schema": {"anyOf": [TEXT, {"$ref": "#/components/schemas/Thing"}]}}, True),
        ({"content": {"application/json": {"schema": TEXT}}}, True),
        ({"schema": {"$ref": "#/components/schemas/Kind"}}, False),
        ({"schema": {"type": "array", "items": {"type": "object"}}}, False),
        ({"schema": {"$ref": "#/components/schemas/Tree"}}, False),
        ({"schema": True}, False),
        ({}, False),
    ],
)
def test_a_parameter_that_may_be_an_object_travels_as_json(parameter: Json, as_json: bool) -> None:
    """Also behind a reference, in a union, and beside null."""
    source = operation(parameters=[{"name": "p", "in": "header", **parameter}])
    source["components"]["schemas"] = {
        "Thing": {"properties": {"a": TEXT}},
        "Kind": {"enum": ["a", "b"]},
        "Tree": {
            "oneOf": [
                {"type": "array", "items": {"$ref": "#/components/schemas/Kind"}},
                {"$ref": "#/components/schemas/Kind"},
            ]
        },
    }
    made, report = normal(source)
    (found,) = made["paths"]["/operation_0"]["get"]["parameters"]
    assert is_json_parameter(found["name"]) == as_json
    assert report.counts().get("object-parameter", 0) == as_json
    assert found["in"] == "query", "every type may be a query; where it travels is in the resolved document"
    if as_json:
        assert found["schema"] == TEXT


def test_parameters_are_known_by_their_position_and_those_of_the_path_come_first() -> None:
    """So that no two names can clash, and a path parameter is an argument by position."""
    wires = [("query", "a"), ("path", "y"), ("cookie", "a"), ("header", "A"), ("path", "x")]
    parameters = [{"name": name, "in": place, "required": place == "cookie"} for place, name in wires]
    found = only(operation("/a/{x}/{y}", parameters=parameters))["parameters"]
    assert [(parameter_position(each["name"]), each["required"]) for each in found] == [
        (4, True), (1, True), (0, False), (3, False), (2, True),
    ]  # fmt: skip


@pytest.mark.parametrize("wire", ["a", "", " ", "a b", "p0 a", "日本"])
def test_a_property_is_known_by_its_position_and_its_name(wire: str) -> None:
    """Whatever the name holds, it comes back as it was."""
    assert property_wire(property_name(7, wire)) == wire


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("application/json", "json"),
        ("application/json; charset=utf-8", "json"),
        ("*/*", "json"),
        ("Application/JSON", "json"),
        ("application/vnd.api+json", "json"),
        ("multipart/form-data", "multipart"),
        ("multipart/mixed", "multipart"),
        ("application/x-www-form-urlencoded", "form"),
        ("text/plain", "text"),
        ("text/event-stream", "text"),
        ("image/png", "binary"),
        ("application/octet-stream", "binary"),
        ("application/xml", "binary"),
    ],
)
def test_a_media_type_has_a_kind(media: str, kind: str) -> None:
    """Five kinds are written in five ways; vendor types are what their suffix says (RFC 6839)."""
    assert media_kind(media) == kind


def test_of_several_media_types_the_best_is_used() -> None:
    """JSON before a form, a form before text, text before bytes; the first of a kind."""
    assert (
        choose_media(["image/png", "text/csv", "multipart/form-data", "application/a+json", "application/json"])
        == "application/a+json"
    )
    assert choose_media(["image/png", "text/csv"]) == "text/csv"


@pytest.mark.parametrize(
    ("content", "schema"),
    [
        ({"application/json": {"schema": TEXT}}, TEXT),
        ({"application/json": {}}, {}),
        ({"application/json": {"schema": {"type": "object"}}, "text/plain": {}}, ref("ACreateBody")),
        (
            {"multipart/form-data": {"schema": {"properties": {"f": {"type": "string", "format": "binary"}}}}},
            ref("ACreateBody"),
        ),
        ({"text/plain": {"schema": {"type": "integer"}}}, TEXT),
        ({"image/png": {}}, {"type": "string", "format": "binary"}),
    ],
)
def test_a_body_has_the_type_that_is_written(content: Json, schema: Json) -> None:
    """How it travels is in the resolved document; for the generator all bodies are JSON."""
    body = only(operation(method="post", requestBody={"content": content, "required": True}), method="post")[
        "requestBody"
    ]
    assert body == {"required": True, "content": {"application/json": {"schema": schema}}}


def test_a_body_without_content_is_none() -> None:
    """There is nothing to send."""
    assert "requestBody" not in only(operation(requestBody={"description": "none"}))


@pytest.mark.parametrize(
    ("response", "schema"),
    [
        ({}, None),
        ({"content": {}}, None),
        ({"content": {"application/json": {}}}, None),
        ({"content": {"application/json": {"schema": True}}}, {}),
        ({"content": {"text/plain": {}}}, None),
        ({"content": {"text/plain": {"schema": TEXT}}}, TEXT),
        ({"content": {"audio/mpeg": {}, "image/png": {}}}, {"type": "string", "format": "binary"}),
        ({"content": {"application/json": {"schema": {"properties": {"a": TEXT}}}}}, ref("AListResponse")),
    ],
)
def test_a_response_has_the_type_that_is_read(response: Json, schema: Json | None) -> None:
    """What has no schema has no type; bytes are bytes whatever their schema says."""
    made = only(operation(responses={"200": response}))["responses"]["200"]
    assert made.get("content") == (None if schema is None else {"application/json": {"schema": schema}})


def test_responses_are_named_by_their_status() -> None:
    """The first success has the plain name."""
    body = {"content": {"application/json": {"schema": {"properties": {"a": TEXT}}}}}
    responses = dict.fromkeys(("404", "201", "202", "4XX", "default"), body)
    made = normal(operation(responses=responses))[0]["components"]["schemas"]
    assert [name for name in made if name != "Aliases"] == [
        "AListResponse404", "AListResponse", "AListResponse202", "AListResponse4Xx", "AListResponseDefault",
    ]  # fmt: skip


def test_an_operation_without_responses_may_answer_anything() -> None:
    """The generator needs one."""
    made, report = normal(operation(responses={}))
    assert made["paths"]["/operation_0"]["get"]["responses"] == {"default": {"description": ""}}
    assert report.counts()["missing-responses"] == 1


def test_the_media_types_that_are_not_used_are_reported() -> None:
    """They stay in openapi.json."""
    two: Any = {"application/json": {"schema": TEXT}, "text/plain": {}}
    _, report = normal(operation(method="post", requestBody={"content": two}, responses={"200": {"content": two}}))
    assert {"one-request-media-type", "one-response-media-type"} <= report.counts().keys()


def test_a_schema_named_like_a_resource_gives_way() -> None:
    """The module of the resource defines a class of that name itself."""
    source = document({"/things/{x}": {"get": {"responses": OK}}}, {"ThingsResource": {}, "AsyncThingsResource": {}})
    assert normal(source)[0]["components"]["schemas"].keys() == {
        "ThingsResourceSchema",
        "AsyncThingsResourceSchema",
        "Aliases",
    }
