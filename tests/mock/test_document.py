"""The document is found, compiled, and judged."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock
from portkey_mock.document import compile_document, load
from tests.mock import spec
from tests.mock.conftest import Caller


def defects(document: dict[str, Any]) -> list[tuple[str, str]]:
    """The defects of a document: where, and the first words of why."""
    return [(each.pointer, each.reason) for each in Gateway(document, clock=ManualClock()).defects]


def test_the_installed_document_is_found_but_its_package_is_not_imported() -> None:
    """By default the mock reads the document that `portkey_api` carries, without importing the package."""
    before = "portkey_api" in sys.modules
    assert load() == spec.DOCUMENT
    assert ("portkey_api" in sys.modules) == before


def test_a_document_can_be_named(tmp_path: Path) -> None:
    """A gateway can be made from a file, which has to hold a JSON object."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(spec.tiny({})))
    assert Caller(Gateway(path)).json("POST", "/things", {}) is not None
    path.write_text("[]")
    with pytest.raises(ValueError, match="JSON object"):
        Gateway(path)


@pytest.mark.parametrize("package", [None, "an empty one"])
def test_no_document(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str | None) -> None:
    """Without an installed document there is an error that says so."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "portkey_api", raising=False)
    sys.path_importer_cache.clear()
    if package:
        (tmp_path / "portkey_api").mkdir()
    with pytest.raises(FileNotFoundError, match="not installed"):
        load()


def test_defects_of_the_real_document(whole: Gateway) -> None:
    """Every defect reported of the real document stands at a place that exists; every schema compiles."""
    for defect in whole.defects:
        assert spec.at(defect.pointer) is not None
        assert "does not compile" not in defect.reason


def test_defects_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """What is wrong with a document is said once, at start-up."""
    with caplog.at_level(logging.WARNING, "portkey_mock"):
        gateway = Gateway(spec.tiny(False), clock=ManualClock())
        Caller(gateway)("POST", "/things", {})
    assert len(caplog.messages) == len(gateway.defects) == 2


BODY = "#/paths/~1things/post/requestBody/content/application~1json/schema"
ANSWER = "#/paths/~1things/post/responses/200/content/application~1json/schema"


def _cut(reason: str) -> str:
    """What kind of defect this is."""
    return re.sub(r" (compile|the schema|was found).*", "", reason)


@pytest.mark.parametrize(
    ("schema", "reasons"),
    [
        ({"type": "string"}, []),
        ({"type": "strin"}, ["The schema does not"]),
        ({"type": "string", "pattern": "("}, ["The schema does not"]),
        ({"$ref": "#/components/schemas/None"}, ["The schema does not"]),
        (5, ["The schema does not"]),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, ["No {} can satisfy"]),
        ({"type": "string", "pattern": "^z{9}$"}, ["No valid {}"]),
    ],
)
def test_defects(schema: Any, reasons: list[str]) -> None:
    """A schema that does not compile, and one that nothing satisfies, are reported for requests and answers."""
    found = defects(spec.tiny(schema))
    for pointer, what in ((BODY, "request body"), (ANSWER, "answer")):
        assert [_cut(reason) for at, reason in found if at == pointer] == [reason.format(what) for reason in reasons]


def test_ambiguous_branches() -> None:
    """A oneOf that every natural value matches twice is reported, and answered with a valid value all the same."""
    schema = {"oneOf": [{"properties": {each: {"type": "string"}}, "type": "object"} for each in "ab"]}
    document = spec.tiny(schema)
    place = "matches several branches of the oneOf at its root."
    assert defects(document) == [
        (BODY, f"Every natural request body {place}"),
        (ANSWER, f"Every natural answer {place}"),
    ]
    answer = Caller(Gateway(document, clock=ManualClock())).json("POST", "/things", {"a": "x", "b": None})
    assert spec.validator(schema).is_valid(answer)


def test_uncompiled_schemas_are_not_enforced() -> None:
    """Where a schema does not compile every body is taken, and where no answer is possible the status is 500."""
    broken = {"application/json": {"schema": {"type": "strin", "properties": 5}}}
    for answer, status in (({}, 200), ({"content": broken}, 500)):
        document = spec.tiny({}, requestBody={"content": broken}, responses={"200": answer})
        assert Caller(Gateway(document, clock=ManualClock()))("POST", "/things", 5).status == status
    document = spec.tiny({}, responses={"200": {"content": {"application/json": {"schema": False}}}})
    call = Caller(Gateway(document, clock=ManualClock()))
    assert call.refusal("POST", "/things", {}) == (500, "impossible_answer")


def test_components_and_shared_parameters() -> None:
    """Parameters, bodies and answers may be references, and parameters may belong to the path."""
    document: dict[str, Any] = {
        "openapi": "3.0.3",
        "servers": [{"url": "https://example.com/api/"}, {"url": "https://{host}/{base}"}, {"url": "SELF_HOSTED"}, {}],
        "paths": {
            "/things/{a~b}": {
                "summary": "Things",
                "parameters": [
                    {"$ref": "#/components/parameters/Limit"},
                    {"name": "q", "in": "query", "schema": False},
                ],
                "get": {
                    "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                    "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                    "responses": {"2XX": {"$ref": "#/components/responses/Thing"}},
                },
            }
        },
        "components": {
            "parameters": {"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}},
            "requestBodies": {"Thing": {"content": {"application/json": {"schema": {"type": "integer"}}}}},
            "responses": {"Thing": {"content": {"application/json": {"schema": {"type": "integer"}}}}},
        },
    }
    call = Caller(Gateway(document, clock=ManualClock()))
    assert call.json("GET", "/api/things/1", 5, query="q=x&limit=1") == 1
    assert call.refusal("GET", "/things/1", 5, query="limit=x") == (400, "invalid_parameter")
    assert call.refusal("GET", "/things/1", "5") == (400, "invalid_body")
    document["components"]["parameters"] = {}
    with pytest.raises(ValueError, match="#/components/parameters/Limit leads nowhere"):
        Gateway(document)
    with pytest.raises(ValueError, match="Nobody leads nowhere"):
        Gateway(spec.tiny({}, security=[{"Nobody": []}]))


def test_openapi_31() -> None:
    """A document of OpenAPI 3.1 is read as such: null is a type, and what stands beside a reference counts."""
    document = spec.tiny({"$ref": "#/components/schemas/Name", "maxLength": 3})
    document |= {"openapi": "3.1.0", "components": {"schemas": {"Name": {"type": ["string", "null"]}}}}
    call = Caller(Gateway(document, clock=ManualClock()))
    assert call("POST", "/things", "abc").status == 200
    assert call("POST", "/things", b"null").status == 200
    assert call("POST", "/things", "abcd").status == 400


@pytest.mark.parametrize(
    ("declared", "status"),
    [({"201": {}}, 201), ({"default": {}}, 200), ({"204": {}, "200": {}}, 200), ({"404": {}}, 200)],
)
def test_status_of_success(declared: Any, status: int) -> None:
    """The first declared status of the 200s is answered, or 200 where only a default or nothing fitting is declared."""
    call = Caller(Gateway(spec.tiny({}, responses=declared), clock=ManualClock()))
    assert call("POST", "/things", {}).status == status


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"type": "object", "properties": {"error": {"type": "string"}}}, {"error"}),
        (
            {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}},
            {"message", "code"},
        ),
        ({"required": ["success"]}, {"success", "data"}),
        ({"type": "object", "additionalProperties": False, "properties": {"message": {}}}, {"message"}),
        ({"type": "integer"}, {"error"}),
    ],
)
def test_shape_of_refusals(schema: Any, body: set[str]) -> None:
    """A refusal has the shape that the document declares for its status, if any customary shape fits."""
    responses = {"4XX": {"content": {"application/json": {"schema": schema}, "text/plain": {}}}}
    call = Caller(Gateway(spec.tiny({}, responses=responses), clock=ManualClock()))
    assert body <= json.loads(call("POST", "/things").body).keys()


def test_forms_with_broken_schemas() -> None:
    """A form whose schema leads nowhere is reported, and taken as it comes."""
    content = {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/None"}}}
    gateway = Gateway(spec.tiny({}, requestBody={"content": content}), clock=ManualClock())
    assert gateway.defects
    media, form = spec.multipart({"a": "b"}, {})
    assert Caller(gateway)("POST", "/things", form, content_type=media).status == 200


def test_operations_are_found_by_shape_alone() -> None:
    """Other names for operations and parameters change nothing."""
    text = json.dumps(spec.part("/files", "/batches", "/embeddings"))
    document = json.loads(text.replace("batch_id", "b").replace("file_id}", "f}").replace('"file_id"', '"f"'))
    for item in document["paths"].values():
        for operation in item.values():
            operation.pop("operationId")
            operation.pop("tags", None)
    call = Caller(Gateway(document, clock=ManualClock()))
    assert call.json("GET", f"/files/{call.upload(b'1')['id']}")["bytes"] == 1
    assert call.refusal("POST", "/batches/none/cancel") == (404, "batch_not_found")


def test_compiling_twice_is_the_same() -> None:
    """A document is compiled, not changed."""
    before = json.dumps(spec.DOCUMENT)
    compile_document(spec.DOCUMENT, seed=0)
    assert json.dumps(spec.DOCUMENT) == before
