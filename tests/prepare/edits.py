"""A small document, and edits of it with what each means for a user of its Python client, both ways.

A verdict is written ``B> parameter-removed``: level (B breaking, C compatible, D documentation), side (``>`` request,
``<`` response, ``=`` neither) and kind. Verdicts were written down from what the generated code looks like.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from prepare.load import Json

GONE: Any = object()
"""The value of an edit that takes something away."""
TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}


def _answer(schema: Json) -> Json:
    return {"200": {"description": "ok", **_json(schema)}}


_ID = {"name": "thing_id", "in": "path", "required": True, "schema": TEXT}
_COLOURS = {"type": "string", "enum": ["red", "green"]}

_BASE: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://things.example/v1"}],
    "x-server-groups": {"AdminServers": [{"url": "https://admin.example"}]},
    "security": [{"key": [], "tenant": []}, {"token": []}],
    "tags": [{"name": "Things"}, {"name": "Chat"}],
    "paths": {
        "/things": {
            "get": {
                "summary": "List things",
                "tags": ["Things", "Chat"],
                "parameters": [
                    {"name": "limit", "in": "query",
                     "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
                    {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"]}},
                    {"name": "X-Trace", "in": "header", "schema": TEXT},
                    {"name": "owner", "in": "query", "required": True, "schema": {"type": "string", "format": "uuid"}},
                    {"name": "ids", "in": "query", "schema": {"type": "array", "items": TEXT}},
                    {"name": "filter", "in": "query", "schema": {"type": "object", "properties": {"a": TEXT}}},
                    {"name": "session", "in": "cookie", "deprecated": True, "schema": {"type": ["string", "integer"]}},
                ],
                "responses": {
                    "200": {"description": "ok", "headers": {"X-Count": {"schema": WHOLE}}, **_json(_ref("Page"))},
                    "4XX": {"description": "no", **_json(_ref("Failure"))},
                },
            },
            "post": {
                "requestBody": {"required": True, **_json(_ref("CreateThing"))},
                "responses": _answer(_ref("Thing")),
            },
        },
        "/things/{thing_id}": {
            "parameters": [_ID],
            "get": {"responses": _answer(_ref("Thing"))},
            "patch": {
                "requestBody": _json({"type": "object", "properties": {"label": TEXT, "level": WHOLE}}),
                "responses": _answer({"type": "object", "properties": {"done": {"type": "boolean"}}}),
            },
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
        "/things/{thing_id}/parts/{part_id}": {
            "parameters": [_ID, {"name": "part_id", "in": "path", "required": True, "schema": TEXT}],
            "get": {"responses": _answer(_ref("Part"))},
        },
        "/things/{thing_id}/export": {
            "parameters": [_ID],
            "get": {"responses": {"200": {"description": "ok", "content": {"application/octet-stream": {}}}}},
        },
        "/chat": {
            "post": {
                "requestBody": {"required": True, **_json({"anyOf": [_ref("TextChat"), _ref("VoiceChat")]})},
                "responses": {"200": {"description": "ok", "content": {
                    "application/json": {"schema": _ref("Part")}, "text/event-stream": {"schema": _ref("Part")}}}},
            },
        },
        "/sizes": {
            "get": {"responses": _answer({"type": "array", "items": _ref("Size")})},
            "put": {"requestBody": {"required": True, **_json({"type": "array", "items": _ref("Size")})},
                    "responses": _answer({"type": "string"})},
        },
    },
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "x-key"},
            "tenant": {"type": "apiKey", "in": "header", "name": "x-tenant"},
            "token": {"type": "http", "scheme": "bearer"},
        },
        "schemas": {
            "CreateThing": {
                "type": "object",
                "required": ["name", "kind"],
                "properties": {
                    "name": {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"},
                    "kind": {"const": "thing"},
                    "colour": _ref("Colour"),
                    "size": {"type": ["integer", "null"], "multipleOf": 4},
                    "note": {"type": "string", "maxLength": 10, "default": "none"},
                    "meta": {"type": "object", "additionalProperties": TEXT},
                    "when": {"type": "string", "format": "date-time"},
                    "count": {"type": "integer", "format": "int32"},
                    "labels": {"type": "array", "items": TEXT, "maxItems": 4, "uniqueItems": True},
                    "mood": {"type": "string", "enum": ["calm", "wild"]},
                    "rate": {"type": "number", "enum": [0.5, 1.5]},
                    "target": {"oneOf": [_ref("Owner"), TEXT]},
                    "owner": _ref("Owner"),
                },
            },
            "Thing": {
                "type": "object",
                "required": ["id", "state", "note", "score"],
                "properties": {
                    "id": TEXT,
                    "state": {"type": "string", "enum": ["new", "used"]},
                    "note": {"type": ["string", "null"], "description": "What it says"},
                    "score": {"type": "number", "minimum": 0, "default": 1},
                    "size": WHOLE,
                    "made": {"type": "string", "format": "date"},
                    "parts": {"type": "array", "items": _ref("Part")},
                    "meta": {"type": "object"},
                    "either": {"anyOf": [TEXT, WHOLE]},
                    "inner": {"type": "object", "properties": {"deep": TEXT}, "required": ["deep"]},
                    "any": {},
                    "owner": _ref("Owner"),
                },
            },
            "Owner": {"type": "object", "required": ["name"], "properties": {"name": TEXT, "mail": TEXT}},
            "Part": {"type": "object", "required": ["id"], "properties": {"id": TEXT, "of": _ref("Part")}},
            "Page": {
                "type": "object",
                "properties": {"data": {"type": "array", "items": _ref("Thing")}, "more": {"type": "boolean"}},
            },
            "Failure": {"type": "object", "properties": {"error": TEXT}},
            "Colour": _COLOURS,
            "Size": {"oneOf": [TEXT, WHOLE]},
            "TextChat": {"type": "object", "required": ["text"], "properties": {"text": TEXT, "user": TEXT}},
            "VoiceChat": {"type": "object", "required": ["voice"], "properties": {"voice": TEXT, "user": TEXT}},
            "Spare": {"type": "object", "properties": {"a": TEXT}},
        },
    },
}  # fmt: skip
BASE: Json = json.loads(json.dumps(_BASE))  # no two places share a node: an edit of one is none of the other

_ROOTS = {
    "list": "paths /things get", "create": "paths /things post", "retrieve": "paths /things/{thing_id} get",
    "update": "paths /things/{thing_id} patch", "delete": "paths /things/{thing_id} delete",
    "part": "paths /things/{thing_id}/parts/{part_id} get", "export": "paths /things/{thing_id}/export get",
    "chat": "paths /chat post", "put": "paths /sizes put", "sizes": "paths /sizes get", "paths": "paths", "doc": "",
    "schemas": "components schemas", "schemes": "components securitySchemes",
}  # fmt: skip


class Edit(NamedTuple):
    """One edit: where, what, and the verdicts there and back."""

    where: str
    """A root (an operation, ``schemas``, ``paths``, ``doc``, or a component), and the keys from there."""
    value: Any
    there: str
    back: str

    def apply(self) -> Json:
        """Return the document after the edit."""
        document: Json = json.loads(json.dumps(BASE))
        root, *keys = self.where.split(" ")
        path = [*_ROOTS.get(root, f"components schemas {root}").split(), *keys]
        node: Any = document
        for key in path[:-1]:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        last: Any = int(path[-1]) if isinstance(node, list) else path[-1]
        if self.value is GONE:
            del node[last]
        elif isinstance(node, list) and last == len(node):
            node.append(self.value)
        else:
            node[last] = self.value
        return document


_L, _C, _CHAT = "list parameters", "CreateThing properties", "chat requestBody content application/json schema anyOf"
_BODY, ANSWER = "requestBody content application/json schema", "responses 200 content application/json schema"

EDITS: tuple[Edit, ...] = (
    # -- operations
    Edit("delete", GONE, "B= operation-removed", "C= operation-added"),
    Edit("paths /other", {"get": {"responses": _answer(TEXT)}}, "C= operation-added", "B= operation-removed"),
    Edit("list deprecated", True, "C= operation-deprecated", "C= operation-restored"),
    Edit("list summary", "List all", "D= prose-changed", "D= prose-changed"),
    Edit("list description", "Long", "D= prose-changed", "D= prose-changed"),
    Edit("list tags", ["Chat"], "D= prose-changed", "D= prose-changed"),
    Edit("list externalDocs", {"url": "https://x.example"}, "D= prose-changed", "D= prose-changed"),
    Edit("list x-plan", "pro", "C= detail-changed", "C= detail-changed"),
    Edit("list callbacks", {"done": {}}, "C= detail-changed", "C= detail-changed"),
    Edit("list operationId", "else", "", ""),
    Edit("doc x-aliases", {"things.all": {"of": "things.list", "note": ""}}, "C= alias-added", "B= alias-removed"),
    # -- credentials and servers
    Edit("list security", [{"key": [], "tenant": []}], "B= credentials-removed", "C= credentials-added"),
    Edit("list security", [{"key": []}, {"token": []}], "C= credentials-removed; C= credentials-added",
         "B= credentials-removed; C= credentials-added"),
    Edit("list security", [{"token": []}, {"tenant": [], "key": []}], "", ""),
    Edit("list security", [], "C= credentials-removed; C= credentials-removed; C= credentials-added",
         "B= credentials-removed; C= credentials-added; C= credentials-added"),
    Edit("list security", [{"key": [], "tenant": []}, {"token": ["admin"]}], "C= detail-changed", "C= detail-changed"),
    Edit("list servers", [{"url": "https://admin.example"}], "B= server-group-changed", "B= server-group-changed"),
    Edit("doc servers", [{"url": "https://new.example/v1"}], "C= server-address-changed", "C= server-address-changed"),
    Edit("schemes tenant name", "x-org", "C= security-scheme-changed", "C= security-scheme-changed"),
    Edit("schemes tenant description", "Whose", "D= prose-changed", "D= prose-changed"),
    Edit("schemes other", {"type": "http", "scheme": "basic"}, "C= security-scheme-added",
         "C= security-scheme-removed"),
    Edit("doc info title", "All things", "D= prose-changed", "D= prose-changed"),
    Edit("doc tags 0 description", "Of things", "D= prose-changed", "D= prose-changed"),
    Edit("doc externalDocs", {"url": "https://x.example"}, "D= prose-changed", "D= prose-changed"),
    Edit("doc x-plan", "pro", "C= detail-changed", "C= detail-changed"),
    Edit("doc webhooks", {"done": {}}, "C= detail-changed", "C= detail-changed"),
    # -- arguments
    Edit(f"{_L} 0", GONE, "B> parameter-removed", "C> parameter-added"),
    Edit(f"{_L} 3", GONE, "B> parameter-removed", "B> parameter-added-required"),
    Edit(f"{_L} 0 required", True, "B> parameter-required", "C> parameter-optional"),
    Edit(f"{_L} 0 name", "max", "B> parameter-removed; C> parameter-added", "B> parameter-removed; C> parameter-added"),
    Edit(f"{_L} 0 name", "Limit", "C> parameter-wire-name-changed", "C> parameter-wire-name-changed"),
    Edit(f"{_L} 2 in", "query", "C> parameter-moved", "C> parameter-moved"),
    Edit(f"{_L} 0 schema type", "number", "C> parameter-type-widened", "B> parameter-type-narrowed"),
    Edit(f"{_L} 0 schema", TEXT, "B> parameter-type-changed; C> default-removed",
         "B> parameter-type-changed; C> default-added"),
    Edit(f"{_L} 3 schema type", ["string", "null"], "C> parameter-type-widened", "B> parameter-type-narrowed"),
    Edit(f"{_L} 0 schema type", ["integer", "null"], "C> detail-changed", "C> detail-changed"),
    Edit(f"{_L} 1 schema enum 2", "none", "C> enum-value-added", "B> enum-value-removed"),
    Edit(f"{_L} 1 schema", TEXT, "C> parameter-type-widened; B= schema-removed", "B> parameter-type-narrowed"),
    Edit(f"{_L} 6 schema type", "string", "B> parameter-type-narrowed", "C> parameter-type-widened"),
    Edit(f"{_L} 4 schema items", WHOLE, "B> parameter-type-changed", "B> parameter-type-changed"),
    Edit(f"{_L} 4 explode", False, "C> parameter-style-changed", "C> parameter-style-changed"),
    Edit(f"{_L} 4 style", "pipeDelimited", "C> parameter-style-changed", "C> parameter-style-changed"),
    Edit(f"{_L} 5 style", "deepObject", "B> parameter-type-narrowed; C> parameter-style-changed",
         "C> parameter-type-widened; C> parameter-style-changed"),
    Edit(f"{_L} 5 schema properties b", TEXT, "C> detail-changed", "C> detail-changed"),
    Edit(f"{_L} 0 schema minimum", 2, "B> bound-narrowed", "C> bound-widened"),
    Edit(f"{_L} 0 schema maximum", GONE, "C> bound-widened", "B> bound-narrowed"),
    Edit(f"{_L} 0 schema default", 50, "B> default-changed", "B> default-changed"),
    Edit(f"{_L} 0 schema default", GONE, "C> default-removed", "C> default-added"),
    Edit(f"{_L} 3 schema format", "uri", "B> format-narrowed", "B> format-narrowed"),
    Edit(f"{_L} 3 schema format", GONE, "C> format-widened", "B> format-narrowed"),
    Edit(f"{_L} 0 description", "How many", "D> prose-changed", "D> prose-changed"),
    Edit(f"{_L} 0 schema description", "How many", "D> prose-changed", "D> prose-changed"),
    Edit(f"{_L} 0 example", 7, "D> prose-changed", "D> prose-changed"),
    Edit(f"{_L} 0 deprecated", True, "C> deprecated", "C> restored"),
    Edit(f"{_L} 0 allowReserved", True, "C> detail-changed", "C> detail-changed"),
    Edit(f"{_L} 0 in", "path", "B> parameter-removed", "C> parameter-added"),
    Edit(f"{_L} 1 schema", {"$ref": "#/components/schemas/Colour"}, "B> parameter-type-changed",
         "B> parameter-type-changed"),
    # -- bodies
    Edit("update requestBody", GONE, "B> body-removed", "C> body-added"),
    Edit("create requestBody", GONE, "B> body-removed",
         "B> body-added-required"),
    Edit("update requestBody required", True, "B> body-required", "C> body-optional"),
    Edit("update requestBody description", "What", "D> prose-changed", "D> prose-changed"),
    Edit("update requestBody content application/json examples", {"example": {"value": {"label": "a"}}},
         "D> prose-changed", "D> prose-changed"),
    Edit(f"update {_BODY} properties label", GONE, "B> property-removed", "C> property-added"),
    Edit(f"update {_BODY} properties more", TEXT, "C> property-added", "B> property-removed"),
    Edit(f"update {_BODY} required", ["label"], "B> property-required", "C> property-optional"),
    Edit(f"update {_BODY} properties level type", "number", "C> property-type-widened", "B> property-type-narrowed"),
    Edit(f"update {_BODY}", {"type": "array", "items": TEXT}, "B> body-reshaped",
         "B> body-reshaped"),
    Edit(f"{_CHAT} 1", GONE, "B> body-type-narrowed", "C> body-type-widened"),
    Edit(f"{_CHAT} 2", _ref("Owner"), "C> body-type-widened", "B> body-type-narrowed"),
    Edit("put requestBody content application/json schema", _ref("Size"), "B> body-type-changed",
         "B> body-type-changed"),
    Edit("update requestBody content",
         {"multipart/form-data": BASE["paths"]["/things/{thing_id}"]["patch"]["requestBody"]
         ["content"]["application/json"]}, "C> body-media-changed", "C> body-media-changed"),
    Edit("update requestBody content text/plain", {"schema": TEXT}, "C> body-media-changed", "C> body-media-changed"),
    # -- properties that are passed
    Edit(f"{_C} note", GONE, "B> property-removed", "C> property-added"),
    Edit(f"{_C} name", GONE, "C> property-type-widened", "B> property-type-narrowed"),
    Edit(f"{_C} more", TEXT, "C> property-added", "B> property-removed"),
    Edit("CreateThing required", ["name", "kind", "note"], "B> property-required", "C> property-optional"),
    Edit("CreateThing required", ["kind"], "C> property-optional", "B> property-required"),
    Edit(f"{_C} note type", ["string", "null"], "C> property-type-widened", "B> property-type-narrowed"),
    Edit(f"{_C} size type", "integer", "B> property-type-narrowed", "C> property-type-widened"),
    Edit(f"{_C} kind", {"enum": ["thing", "other"]}, "C> property-type-widened", "B> property-type-narrowed"),
    Edit(f"{_C} kind const", "other", "B> property-type-changed", "B> property-type-changed"),
    Edit(f"{_C} kind", {"enum": ["thing"]}, "", ""),
    Edit(f"{_C} mood enum 2", "sad", "C> enum-value-added", "B> enum-value-removed"),
    Edit(f"{_C} mood enum", ["sad", "calm"], "C> enum-value-added; B> enum-value-removed",
         "C> enum-value-added; B> enum-value-removed"),
    Edit(f"{_C} mood enum", ["wild", "calm"], "", ""),
    Edit(f"{_C} mood", TEXT, "C> property-type-widened; B= schema-removed", "B> property-type-narrowed"),
    Edit("Colour enum", ["red"], "B> schema-type-narrowed", "C> schema-type-widened"),
    Edit("Colour enum 2", "blue", "C> enum-value-added", "B> enum-value-removed"),
    Edit(f"{_C} colour", _COLOURS, "C> detail-changed", "B= schema-removed"),
    Edit(f"{_C} rate enum", [0.5, 1.5, 2.5], "C> bound-widened", "B> bound-narrowed"),
    Edit(f"{_C} when format", GONE, "B> property-type-changed", "B> property-type-changed"),
    Edit(f"{_C} count format", "int64", "C> format-widened", "B> format-narrowed"),
    Edit(f"{_C} labels items", {}, "C> property-type-widened", "B> property-type-narrowed"),
    Edit(f"{_C} labels items", _ref("Owner"), "B> property-type-changed", "B> property-type-changed"),
    Edit(f"{_C} labels maxItems", 3, "B> bound-narrowed", "C> bound-widened"),
    Edit(f"{_C} labels uniqueItems", False, "C> bound-widened", "B> bound-narrowed"),
    Edit(f"{_C} labels minItems", 1, "B> bound-narrowed", "C> bound-widened"),
    Edit(f"{_C} size multipleOf", 2, "C> bound-widened", "B> bound-narrowed"),
    Edit(f"{_C} size multipleOf", 3, "B> bound-narrowed", "B> bound-narrowed"),
    Edit(f"{_C} name pattern", "^[a-z0-9]+$", "B> bound-narrowed", "B> bound-narrowed"),
    Edit(f"{_C} name pattern", GONE, "C> bound-widened", "B> bound-narrowed"),
    Edit(f"{_C} size exclusiveMinimum", 0, "B> bound-narrowed", "C> bound-widened"),
    Edit(f"{_C} size not", {"const": 8}, "B> bound-narrowed", "C> bound-widened"),
    Edit(f"{_C} note default", "some", "B> default-changed", "B> default-changed"),
    Edit(f"{_C} name default", "x", "C> default-added", "C> default-removed"),
    Edit(f"{_C} note readOnly", True, "B> read-only", "C> not-read-only"),
    Edit(f"{_C} note writeOnly", True, "C> write-only", "C> not-write-only"),
    Edit(f"{_C} note deprecated", True, "C> deprecated", "C> restored"),
    Edit(f"{_C} note title", "Note", "D> prose-changed", "D> prose-changed"),
    Edit(f"{_C} meta additionalProperties", {}, "C> schema-type-widened", "B> schema-type-narrowed"),
    Edit(f"{_C} meta additionalProperties", False, "B> schema-type-narrowed", "C> schema-type-widened"),
    Edit(f"{_C} target", _ref("Owner"), "B> property-type-narrowed", "C> property-type-widened"),
    Edit(f"{_C} target oneOf 2", WHOLE, "C> property-type-widened", "B> property-type-narrowed"),
    Edit(f"{_C} target oneOf", [TEXT, _ref("Owner")], "", ""),
    Edit(f"{_C} target discriminator", {"propertyName": "name"}, "C> discriminator-changed",
         "C> discriminator-changed"),
    Edit("CreateThing additionalProperties", False, "C> detail-changed", "C> detail-changed"),
    Edit("CreateThing additionalProperties", TEXT, "C> other-keys-widened", "B> other-keys-narrowed"),
    Edit("CreateThing minProperties", 3, "B> bound-narrowed", "C> bound-widened"),
    Edit("CreateThing description", "To make one", "D> prose-changed", "D> prose-changed"),
    Edit("CreateThing x-plan", 1, "C> detail-changed", "C> detail-changed"),
    # -- properties that are read
    Edit("Thing properties size", GONE, "B< property-removed", "C< property-added"),
    Edit("Thing properties more", TEXT, "C< property-added", "B< property-removed"),
    Edit("Thing required", ["id", "state", "note", "score", "size"], "C< property-required", "B< property-optional"),
    Edit("Thing required", ["id", "state", "score"], "C< property-optional", "C< property-required"),
    Edit("Thing properties note type", "string", "C< property-type-narrowed", "B< property-type-widened"),
    Edit("Thing properties size type", ["integer", "null"], "C< property-type-widened", "C< property-type-narrowed"),
    Edit("Thing properties size type", "number", "B< property-type-widened", "C< property-type-narrowed"),
    Edit("Thing properties size type", "boolean", "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties made format", "date-time", "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties made format", GONE, "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties made format", "uuid", "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties id format", "uuid", "C< format-narrowed", "C< format-widened"),
    Edit("Thing properties state enum 2", "lost", "B< enum-value-added", "C< enum-value-removed"),
    Edit("Thing properties state", TEXT, "B< property-type-widened",
         "C< property-type-narrowed"),
    Edit("Thing properties either", TEXT, "C< property-type-narrowed", "B< property-type-widened"),
    Edit("Thing properties either anyOf 2", {"type": "boolean"}, "B< property-type-widened",
         "C< property-type-narrowed"),
    Edit("Thing properties either", {"type": ["integer", "string"]}, "", ""),
    Edit("Thing properties parts items", _ref("Owner"), "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties parts", _ref("Part"), "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties meta", _ref("Part"), "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties any", TEXT, "C< property-type-narrowed", "B< property-type-widened"),
    Edit("Thing properties any", _ref("Part"), "B< property-type-changed", "B< property-type-widened"),
    Edit("Thing properties inner properties deep", WHOLE, "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties inner properties new", WHOLE, "C< property-added", "B< property-removed"),
    Edit("Thing properties inner required", [], "B< property-optional", "C< property-required"),
    Edit("Thing properties inner", TEXT, "B< property-type-changed", "B< property-type-changed"),
    Edit("Thing properties score minimum", 1, "C< bound-narrowed", "C< bound-widened"),
    Edit("Thing properties score default", 2, "C< default-changed", "C< default-changed"),
    Edit("Thing properties score writeOnly", True, "B< write-only", "C< not-write-only"),
    Edit("Thing properties score readOnly", True, "C< read-only", "C< not-read-only"),
    Edit("Thing properties note description", "Text", "D< prose-changed", "D< prose-changed"),
    Edit("Thing additionalProperties", False, "C< detail-changed", "C< detail-changed"),
    Edit("Thing additionalProperties", TEXT, "C< other-keys-narrowed", "B< other-keys-widened"),
    Edit("Failure properties code", WHOLE, "C< property-added", "B< property-removed"),
    # -- classes and types, on both sides, and on none
    Edit("Owner properties mail", GONE, "B> property-removed; B< property-removed",
         "C> property-added; C< property-added"),
    Edit("Owner required", ["name", "mail"], "B> property-required; C< property-required",
         "C> property-optional; B< property-optional"),
    Edit("Owner properties mail maxLength", 9, "B> bound-narrowed; C< bound-narrowed",
         "C> bound-widened; C< bound-widened"),
    Edit("Owner properties mail description", "Where", "D= prose-changed", "D= prose-changed"),
    Edit("Owner", {"type": "object", "required": ["name", "age"], "properties": {"name": TEXT, "mail": TEXT,
         "age": WHOLE}},
         "B> property-added-required; C< property-added-required", "B> property-removed; B< property-removed"),
    Edit("Size oneOf 2", {"type": "boolean"}, "C> schema-type-widened; B< schema-type-widened",
         "B> schema-type-narrowed; C< schema-type-narrowed"),
    Edit("Size", TEXT, "B> schema-type-narrowed; C< schema-type-narrowed",
         "C> schema-type-widened; B< schema-type-widened"),
    Edit("Spare", GONE, "B= schema-removed", "C= schema-added"),
    Edit("schemas Novel", {"enum": ["x", "y"]}, "C= schema-added", "B= schema-removed"),
    Edit("Spare properties b", TEXT, "C= property-added", "B= property-removed"),
    Edit("Part properties of", GONE, "B< property-removed", "C< property-added"),
    # -- answers
    Edit(f"retrieve {ANSWER}", _ref("Part"), "B< return-type-changed", "B< return-type-changed"),
    Edit("retrieve responses 201", {"description": "made", **_json(_ref("Thing"))}, "C< status-added",
         "C< status-removed"),
    Edit("retrieve responses 202", {"description": "later"}, "C< status-added; B< return-type-widened",
         "C< status-removed; B< return-type-changed"),
    Edit("retrieve responses 404", {"description": "no", **_json(_ref("Failure"))}, "C< status-added",
         "C< status-removed"),
    Edit("list responses 4XX content application/json schema", _ref("Part"), "C< error-type-changed",
         "C< error-type-changed"),
    Edit("list responses 4XX description", "Refused", "D< prose-changed", "D< prose-changed"),
    Edit("list responses 200 content application/json example", {"data": []}, "D< prose-changed", "D< prose-changed"),
    Edit("list responses 200 headers X-Count example", 3, "D< prose-changed", "D< prose-changed"),
    Edit("list responses 200 headers X-Count", GONE, "C< answer-header-removed", "C< answer-header-added"),
    Edit("list responses 200 headers X-Count schema", TEXT, "C< answer-header-changed", "C< answer-header-changed"),
    Edit("list responses 200 headers X-Count description", "How many", "D< prose-changed", "D< prose-changed"),
    Edit("export responses 200 content", {"application/json": {"schema": TEXT}},
         "B< return-type-changed; C< answer-media-changed", "B< return-type-changed; C< answer-media-changed"),
    Edit("export responses 200 content", {"image/png": {}}, "C< answer-media-changed", "C< answer-media-changed"),
    Edit("delete responses", _answer(_ref("Thing")), "B< return-type-changed; C< status-removed; C< status-added",
         "B< return-type-changed; C< status-removed; C< status-added"),
    Edit("chat responses 200 content text/event-stream", GONE, "B< stream-removed", "C< stream-added"),
    Edit("retrieve responses 200 content text/plain", {"schema": TEXT},
         "B< return-type-widened; C< answer-media-changed", "C< return-type-narrowed; C< answer-media-changed"),
    Edit(f"update {ANSWER} properties done", GONE, "B< schema-type-changed", "B< schema-type-changed"),
    Edit(f"update {ANSWER} properties done type", "string", "B< property-type-changed", "B< property-type-changed"),
    Edit(f"sizes {ANSWER} items", TEXT, "C< return-type-narrowed", "B< return-type-widened"),
    Edit(f"sizes {ANSWER} maxItems", 3, "C< bound-narrowed", "C< bound-widened"),
    Edit("part responses 200 links", {"next": {}}, "C< detail-changed", "C< detail-changed"),
)  # fmt: skip


def _moved(document: Json, path: str, there: str, **names: str) -> None:
    """Move a path, and call its parameters otherwise."""
    item = document["paths"][there] = document["paths"].pop(path)
    for parameter in item.get("parameters", ()):
        parameter["name"] = names.get(parameter["name"], parameter["name"])


def _patch_to_put(document: Json) -> None:
    item = document["paths"]["/things/{thing_id}"]
    item["put"] = item.pop("patch")


def _rename_part(document: Json) -> None:
    text = json.dumps(document["paths"] | {"": document["components"]["schemas"]}).replace(
        "schemas/Part", "schemas/Piece"
    )
    document["paths"] = json.loads(text)
    schemas = document["components"]["schemas"] = document["paths"].pop("")
    schemas["Piece"] = schemas.pop("Part")


def _name_inner(document: Json) -> None:
    schemas = document["components"]["schemas"]
    schemas["Inside"] = schemas["Thing"]["properties"]["inner"]
    schemas["Thing"]["properties"]["inner"] = _ref("Inside")


def _limit_to_body(document: Json) -> None:
    item = document["paths"]["/things/{thing_id}"]
    item["patch"]["parameters"] = [{"name": "label", "in": "query", "schema": TEXT}]
    del item["patch"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["label"]


_EXPORT = "/things/{thing_id}/export"
_PART = "/things/{thing_id}/parts/{part_id}"

RECIPES: dict[str, tuple[Callable[[Json], object], str, str]] = {
    "another HTTP method, the same Python method": (_patch_to_put, "C= operation-moved", "C= operation-moved"),
    "another path, another Python method": (
        lambda it: _moved(it, _EXPORT, "/things/{thing_id}/download"), "B= operation-moved", "B= operation-moved"),
    "a path that is not like it": (lambda it: _moved(it, "/chat", "/talk"),
                                   "B= operation-removed; C= operation-added",
                                   "B= operation-removed; C= operation-added"),
    "a path parameter of another name": (
        lambda it: _moved(it, _EXPORT, "/things/{id}/export", thing_id="id"), "B> parameter-renamed",
        "B> parameter-renamed"),
    "a path parameter of another spelling": (
        lambda it: _moved(it, _EXPORT, "/things/{thingId}/export", thing_id="thingId"),
        "C> parameter-wire-name-changed", "C> parameter-wire-name-changed"),
    "path parameters in another order": (lambda it: _moved(it, _PART, "/things/{part_id}/parts/{thing_id}"),
                                         "B> parameter-reordered", "B> parameter-reordered"),
    "a component of another name": (_rename_part, "B= schema-renamed", "B= schema-renamed"),
    "an inner class that became a component": (_name_inner, "B= schema-renamed", "B= schema-renamed"),
    "a field of the body that became a parameter": (_limit_to_body, "C> parameter-moved", "C> parameter-moved"),
}  # fmt: skip
"""Edits of more than one place: name -> how, and the verdicts there and back."""


def _of(*schemas: Json, **more: Json) -> Json:
    """Return a document that answers one schema, beside components."""
    return {
        "openapi": "3.0.3",
        "paths": {"/a": {"get": {"responses": _answer(schemas[0])}}},
        "components": {"schemas": more},
    }


def _sent(schema: Json, **more: Json) -> Json:
    """Return a document that takes one schema as a body, beside components."""
    operation = {"requestBody": {"required": True, **_json(schema)}, "responses": {"204": {"description": "done"}}}
    return {"openapi": "3.0.3", "paths": {"/a": {"post": operation}}, "components": {"schemas": more}}


def _paths(*paths: str, limit: int = 0) -> Json:
    """Return a document of some paths, with a parameter that is JSON where it has a limit."""
    schema = {"type": "object", "maxProperties": limit}
    parameters = [{"name": "f", "in": "query", "content": {"application/json": {"schema": schema}}}] if limit else []
    return {"openapi": "3.0.3", "paths": {path: {"get": {"parameters": parameters}} for path in paths}}


def _object(*required: str, **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


_A, _B, _D = _object("a", a=TEXT), _object("b", b=TEXT), _object("d", d=TEXT)
_X, _Y = _object("t", t={"enum": ["x"]}), _object("t", t={"enum": ["y"]})
_OPEN = {**_A, "additionalProperties": TEXT}
_DATE = {"type": "string", "format": "date-time"}

PAIRS: dict[str, tuple[Json, Json, str, str]] = {
    "another name that leads elsewhere": (
        {**_of(_A), "x-aliases": {"a.b": {"of": "a.c"}}}, {**_of(_A), "x-aliases": {"a.b": {"of": "a.d"}}},
        "B= alias-changed", "B= alias-changed"),
    "another name that becomes a name of its own": (
        {**_paths("/a", limit=3), "x-aliases": {"b.list": {"of": "a.list"}}}, {**_paths("/a", "/b", limit=3)},
        "C= operation-added", "C= alias-added; B= operation-removed"),
    "branches in another order": (_of({"oneOf": [_A, _B]}), _of({"oneOf": [_B, _A]}), "", ""),
    "a branch before the others": (
        _of({"oneOf": [_A, _B]}), _of({"oneOf": [_D, _A, _B]}),
        "B< return-type-widened; B= schema-renamed; B= schema-renamed",
        "C< return-type-narrowed; B= schema-renamed; B= schema-renamed"),
    "a branch that tells itself apart": (
        _of({"oneOf": [_X, _A]}), _of({"oneOf": [_A, {**_X, "properties": {**_X["properties"], "u": TEXT}}]}),
        "C< property-added; B= schema-renamed", "B< property-removed; B= schema-renamed"),
    "a branch that tells itself apart by another value": (
        _of({"oneOf": [_X, _B]}), _of({"oneOf": [_Y, _B]}),
        "B= schema-renamed; B< property-type-changed", "B= schema-renamed; B< property-type-changed"),
    "two paths that differ in a name": (
        _paths("/a/{x}", "/a/{y}"), _paths("/a/{p}", "/a/{q}"),
        "B> parameter-renamed; B= operation-moved", "B> parameter-renamed; B= operation-moved"),
    "a parameter as JSON": (_paths("/a", limit=3), _paths("/a", limit=2), "B> bound-narrowed", "C> bound-widened"),
    "other keys that were refused": (
        _of({**_A, "additionalProperties": False}), _of(_OPEN), "C< other-keys-narrowed", "B< other-keys-widened"),
    "a class with one inside": (_of(_ref("Was"), Was=_object(i=_A)), _of(_ref("Now"), Now=_object(i=_A)),
                                "B= schema-renamed; B= schema-renamed", "B= schema-renamed; B= schema-renamed"),
    "other keys that hold something else": (
        _sent(_object(a=_OPEN)), _sent(_object(a={**_OPEN, "additionalProperties": WHOLE})),
        "B> other-keys-changed", "B> other-keys-changed"),
    "a class merged from another": (
        _of(_ref("Whole"), Whole={"allOf": [_ref("Base"), _object(b=TEXT)]}, Base=_object(a=TEXT)),
        _of(_ref("Whole"), Whole={"allOf": [_ref("Base"), _object(b=TEXT)]}, Base=_object(a=TEXT, c=TEXT)),
        "C< property-added", "B< property-removed"),
    "a check in what a class is merged from": (
        _sent(_ref("Whole"), Whole={"allOf": [_ref("Base"), _object(b=TEXT)]}, Base=_object(a=TEXT)),
        _sent(_ref("Whole"), Whole={"allOf": [_ref("Base"), _object(b=TEXT)]}, Base=_object(a={**TEXT,
        "maxLength": 3})),
        "B> bound-narrowed", "C> bound-widened"),
    "a property in a part": (
        _of({"allOf": [_object(a=TEXT), _object(b=TEXT)]}), _of({"allOf": [_object(a=TEXT), _object(b=WHOLE)]}),
        "B< property-type-changed", "B< property-type-changed"),
    "a schema written in parts": (_of({"allOf": [_object(a=TEXT), _object(b=TEXT)]}), _of(_object(a=TEXT, b=TEXT)),
                                  "C< detail-changed", "C< detail-changed"),
    "null, written otherwise": (_of(_object(a={"type": "string", "nullable": True})),
                                _of(_object(a={"type": ["string", "null"]})), "", ""),
    "a key spelled otherwise": (_of(_object(aB=TEXT)), _of(_object(a_b=TEXT)),
                                "B< property-wire-name-changed", "B< property-wire-name-changed"),
    "an argument spelled otherwise": (_sent(_object(aB=TEXT)), _sent(_object(a_b=TEXT)),
                                      "C> property-wire-name-changed", "C> property-wire-name-changed"),
    "two keys of one name": (_of(_object(aB=TEXT)), _of(_object("a_b", aB=TEXT, a_b=TEXT)),
                             "C< property-added-required; B< property-renamed",
                             "B< property-removed; B< property-renamed"),
    "a list of moments that were anything": (_of({"type": "array", "items": {}}), _of({"type": "array",
    "items": _DATE}),
                                             "C< return-type-narrowed", "B< return-type-widened"),
    "anything that is a list of moments": (_of(_object(a={})), _of(_object(a={"type": "array", "items": _DATE})),
                                           "B< property-type-changed", "B< property-type-widened"),
    "a number that is a literal": (_of(_object("a", a={"type": "number"})), _of(_object("a", a={"const": 3})),
                                   "C< property-type-narrowed", "B< property-type-widened"),
    "a flag that is a literal": (_of(_object("a", a={"type": "boolean"})), _of(_object("a", a={"const": True})),
                                 "C< property-type-narrowed", "B< property-type-widened"),
    "a list of fewer things": (_of({"type": "array", "items": {"type": "number"}}), _of({"type": "array",
    "items": WHOLE}),
                               "C< return-type-narrowed", "B< return-type-widened"),
    "positions of a list": (_of({"type": "array", "prefixItems": [TEXT, {**TEXT, "maxLength": 3}]}),
                            _of({"type": "array", "prefixItems": [TEXT, {**TEXT, "maxLength": 2}]}),
                            "C< bound-narrowed", "C< bound-widened"),
    "a branch with a check": (_sent(_object(a={"oneOf": [{**TEXT, "maxLength": 3}, WHOLE]})),
                              _sent(_object(a={"oneOf": [WHOLE, {**TEXT, "maxLength": 2}]})),
                              "B> bound-narrowed", "C> bound-widened"),
    "no answer stated": ({"openapi": "3.0.3", "paths": {"/a": {"get": {}}}}, _of(TEXT),
                         "C< status-added; C< return-type-narrowed", "C< status-removed; B< return-type-widened"),
    "a class that became a list": (_of(_ref("It"), It=_A), _of(_ref("It"), It={"type": "array", "items": TEXT}),
                                   "B< schema-type-changed", "B< schema-type-changed"),
    "another name of a class": (_of(_ref("It"), It=_ref("A"), A=_A, B=_B), _of(_ref("It"), It=_ref("B"), A=_A, B=_B),
                                "B< schema-type-changed", "B< schema-type-changed"),
    "a class of an answer that is a component's now": (_of(_A), _of(_ref("Named"), Named=_A),
                                                       "B= schema-renamed", "B= schema-renamed"),
    "another media type, and another check": (
        _sent({"type": "array", "items": TEXT, "maxItems": 3}),
        json.loads(json.dumps(_sent({"type": "array", "items": TEXT, "maxItems": 2})).replace("application/json",
        "x/y+json")),
        "C> body-media-changed; B> bound-narrowed", "C> body-media-changed; C> bound-widened"),
}  # fmt: skip
"""Whole documents: name -> before, after, and the verdicts there and back."""
