"""The strict gateway refuses a body that refers to what is not there, wherever the document has a reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock
from tests.mock import spec, things
from tests.mock.conftest import Caller

UNKNOWN = "5b6962dd-3f90-4c93-8f61-000000000000"
"""An id that no format forbids and no thing has."""


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway(spec.DOCUMENT, clock=ManualClock())


@pytest.fixture
def call(gateway: Gateway) -> Caller:
    gateway.reset()
    return Caller(gateway)


def places(schema: Any, path: tuple[str, ...] = (), inside: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all members of a body that are called like a reference; an item of a list is `0`."""
    if "$ref" in schema:
        if schema["$ref"] in inside:
            return
        inside = (*inside, schema["$ref"])
        schema = spec.resolve(schema)
    for key in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(key, []):
            yield from places(branch, path, inside)
    for name, child in schema.get("properties", {}).items():
        if name in things.REFERS and (name != "id" or path[-2:-1] == ("workspaces",)):
            yield (*path, name, "0") if name.endswith("_ids") else (*path, name)
        yield from places(child, (*path, name), inside)
    if "items" in schema:
        yield from places(schema["items"], (*path, "0"), inside)


FOUND = sorted(
    {
        (str(op), path)
        for op in spec.OPERATIONS
        if op.body and op.body[0] == "application/json" and op.path != "/batches"
        for path in places(op.body[1])
        if not {"annotations", "results"} & set(path)
    }
)


def along(schema: Any, path: tuple[str, ...]) -> Any:
    """The smallest value of a schema that has an unknown id at the end of `path`; None if there is none by this way."""
    if not path:
        return UNKNOWN
    schema = spec.resolve(schema)
    for key in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(key, []):
            made = along(branch, path)
            if made is not None:
                rest = {name: value for name, value in schema.items() if name != key} if key != "allOf" else schema
                smallest = spec.smallest(rest) if "properties" in spec.flat(rest) else {}
                return {**smallest, **made} if isinstance(made, dict) else made
    if path[0] == "0":
        inner = along(schema["items"], path[1:]) if "items" in schema else None
        return None if inner is None else [inner]
    if path[0] not in schema.get("properties", {}):
        return None
    inner = along(schema["properties"][path[0]], path[1:])
    return None if inner is None else {**spec.smallest(schema), path[0]: inner}


def test_there_are_many_references() -> None:
    """The document has references all over, and most of the smallest bodies that hold one are valid."""
    assert len({name for name, _ in FOUND}) > 30
    valid = [each for each in FOUND if _body(*each) is not None]
    assert len(valid) >= 0.8 * len(FOUND), [each for each in FOUND if each not in valid]


def _body(name: str, path: tuple[str, ...]) -> Any:
    declared = things.BY_NAME[name].body
    assert declared is not None
    body = along(declared[1], path)
    return body if spec.validator(declared[1]).is_valid(body) else None


@pytest.mark.parametrize(("name", "path"), [each for each in FOUND if _body(*each) is not None])
def test_unknown_references(call: Caller, name: str, path: tuple[str, ...]) -> None:
    """A reference to what is not there is refused with 400, in the shape of its plane, and with its place."""
    op = things.BY_NAME[name]
    ids = things.make(call, op.path)
    known = things.refer(call, _body(name, path))
    bad = _unknown_at(known, path)
    response = call.gateway.handle(spec.request(op, bad, ids=ids))
    assert response.status == 400, response.body
    body = json.loads(response.body)
    at = "/body/" + "/".join(path)
    if op.raw["x-server-group"] == "control_plane":
        assert body["success"] is False
        assert body["data"]["message"].endswith(f"at {at}.")
    else:
        assert body["error"]["param"] == at
    assert UNKNOWN not in response.body.decode()


def _unknown_at(value: Any, path: tuple[str, ...]) -> Any:
    if not path:
        return UNKNOWN
    if isinstance(value, list):
        return [_unknown_at(value[0], path[1:]), *value[1:]]
    return {**value, path[0]: _unknown_at(value[path[0]], path[1:])}


def test_deleted_things_are_not_there(call: Caller) -> None:
    """What was deleted can be referred to no more, neither a file nor anything else."""
    file = call.upload(b"x")["id"]
    call.json("POST", "/vector_stores", {"file_ids": [file]})
    call.json("DELETE", f"/files/{file}")
    assert call.refusal("POST", "/vector_stores", {"file_ids": [file]}) == (400, "invalid_file")
    assistant = call.json("POST", "/assistants", {"model": "m"})["id"]
    call.json("DELETE", f"/assistants/{assistant}")
    assert call.refusal("POST", "/threads/runs", {"assistant_id": assistant}) == (400, "invalid_assistant")


def test_a_slug_is_a_reference_too(call: Caller) -> None:
    """A thing may be referred to by its slug, as its path names it."""
    call.json("POST", "/integrations", {"name": "n", "ai_provider_id": "openai", "slug": "mine"})
    body = {**things.smallest_body("POST /providers"), "integration_id": "mine"}
    assert call("POST", "/providers", body).status == 200


@pytest.mark.parametrize("outside", ["s3://bucket/key", "arn:aws:s3:::bucket", "s3%3A%2F%2Fbucket%2Fkey", "@provider"])
def test_addresses_lie_elsewhere(call: Caller, outside: str) -> None:
    """What looks like an address belongs to a provider, and is not looked for."""
    body = {**things.smallest_body("POST /fine_tuning/jobs"), "training_file": outside}
    assert call.json("POST", "/fine_tuning/jobs", body)["training_file"] == outside


def test_what_comes_from_elsewhere(call: Caller) -> None:
    """Models and kinds of providers are not looked for, and neither is what an earlier answer has said."""
    call.json("POST", "/assistants", {"model": "any-model"})
    call.json("POST", "/integrations", {"name": "n", "ai_provider_id": "any-provider"})
    annotations = [{"type": "file_citation", "index": 0, "file_id": UNKNOWN, "filename": "f"}]
    said = {"type": "output_text", "text": "t", "annotations": annotations}
    item = {"type": "message", "role": "assistant", "id": "m", "status": "completed", "content": [said]}
    response = call("POST", "/responses", {"model": "m", "input": [item]})
    assert response.status == 200, response.body


def test_document_mode_knows_everything() -> None:
    """Where only the document counts, any reference will do."""
    call = Caller(Gateway(spec.part("/assistants", "/threads"), clock=ManualClock(), mode="document"))
    assert call("POST", "/threads/runs", {"assistant_id": UNKNOWN}).status == 200


def test_a_fixture_wins() -> None:
    """An answer of the caller's own is given whatever the body refers to."""
    alone = Caller(Gateway(spec.part("/assistants", "/threads"), clock=ManualClock()))
    assert isinstance(alone.gateway, Gateway)
    name = things.BY_NAME["POST /threads/runs"].raw["operationId"]
    alone.gateway.answer(name, {"mine": True})
    assert alone.json("POST", "/threads/runs", {"assistant_id": UNKNOWN}) == {"mine": True}


def test_broken_references_of_a_document() -> None:
    """Schemas that lead nowhere have no references; those that lead in a circle, or into a component, have them."""
    circle = {
        "type": "object",
        "properties": {
            "thing_id": {"type": "string"},
            "next": {"$ref": "#/components/schemas/C"},
            "many": {"anyOf": [{"$ref": "#/components/schemas/C"}]},
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/C"}}}
    broken = {"application/json": {"schema": {"anyOf": [{"$ref": "#/components/schemas/None"}, {}]}}}
    inner = {"application/json": {"schema": {"$ref": "#/components/schemas/C/properties/many/anyOf/0"}}}
    made = {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    paths = {
        "/things": {"post": {"requestBody": {"content": broken}, "responses": made}},
        "/things/{thing_id}": {"get": {"responses": made}},
        "/others": {"post": {"requestBody": {"content": content}, "responses": made}},
        "/inner": {"post": {"requestBody": {"content": inner}, "responses": made}},
    }
    call = Caller(Gateway({"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"C": circle}}}))
    assert call("POST", "/others", {"next": {"thing_id": 5}}).status == 400
    assert call.refusal("POST", "/others", {"thing_id": "t"}) == (400, "invalid_thing")
    assert call("POST", "/things", {"thing_id": "t"}).status == 200
    assert call("POST", "/things", 5).status == 200
    assert call.refusal("POST", "/inner", {"thing_id": "another"}) == (400, "invalid_thing")
