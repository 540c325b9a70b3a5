"""Every operation refuses what is wrong, with the right status, a reason and a place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from portkey_mock import Gateway, Request, Response
from tests.mock import spec
from tests.mock.conftest import Caller

WRONG: list[Any] = [{"unexpected": [1]}, [[]], "wrong", 5, None]


def _with(request: Request, body: bytes | None = None, /, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(
        request,
        body=request.body if body is None else body,
        headers=tuple({**dict(request.headers), **named}.items()),
    )


def _check(op: spec.Op, response: Response, status: int) -> list[str]:
    """What is wrong with a refusal: its status, or a body that is neither declared nor customary."""
    if response.status != status:
        return [f"{op}: {response.status} instead of {status}"]
    body = json.loads(response.body)
    declared = op.content(str(status)).get("application/json")
    if declared:
        return [f"{op}: {error.message}" for error in spec.validator(declared["schema"]).iter_errors(body)]
    if op.raw["x-server-group"] == "control_plane":
        fine = body["success"] is False and set(body["data"]) == {"message", "errorCode"}
    else:
        fine = set(body["error"]) == {"message", "type", "param", "code"}
    return [] if fine else [f"{op}: {body}"]


def _json_bodies() -> Iterator[tuple[spec.Op, Any, Any]]:
    """Operations that take JSON, with the schema and the smallest body, where that is valid."""
    for op in spec.OPERATIONS:
        if op.body and op.body[0] == "application/json":
            body = spec.smallest(op.body[1])
            if spec.validator(op.body[1]).is_valid(body):
                yield op, op.body[1], body


def test_no_credentials(whole: Gateway) -> None:
    """Every operation that asks for credentials answers 401 without them, and none other does."""
    wrong: list[str] = []
    for op in spec.OPERATIONS:
        response = whole.handle(spec.request(op, credentials=False))
        if op.raw["security"]:
            wrong += _check(op, response, 401)
        elif response.status == 401:
            wrong.append(str(op))
    assert not wrong


def test_malformed_json(whole: Gateway) -> None:
    """Every operation that takes JSON answers 400 to half of it."""
    wrong: list[str] = []
    for op, _, _ in _json_bodies():
        wrong += _check(op, whole.handle(_with(spec.request(op), b'{"a": [')), 400)
    assert not wrong


def test_wrong_media_type(whole: Gateway) -> None:
    """Every operation that takes a body answers 415 to plain text."""
    wrong: list[str] = []
    for op in spec.OPERATIONS:
        if op.body:
            wrong += _check(op, whole.handle(_with(spec.request(op), content_type="text/plain")), 415)
    assert not wrong


def test_missing_body(whole: Gateway) -> None:
    """Every operation that requires a body answers 400 without one."""
    wrong: list[str] = []
    for op in spec.OPERATIONS:
        if op.raw.get("requestBody", {}).get("required"):
            wrong += _check(op, whole.handle(_with(spec.request(op), b"")), 400)
    assert not wrong


def test_missing_fields(whole: Gateway) -> None:
    """Every operation answers 400 when a required field is missing from its body."""
    wrong: list[str] = []
    tried = 0
    for op, schema, body in _json_bodies():
        for name in body if isinstance(body, dict) else ():
            less = {key: value for key, value in body.items() if key != name}
            if not spec.validator(schema).is_valid(less):
                tried += 1
                wrong += _check(op, whole.handle(spec.request(op, less)), 400)
    assert not wrong
    assert tried > 50


def test_wrong_types(whole: Gateway) -> None:
    """Every operation answers 400 when a field of its body has the wrong type, and says which one."""
    wrong: list[str] = []
    tried = 0
    for op, schema, body in _json_bodies():
        for name in spec.flat(schema).get("properties", {}) if isinstance(body, dict) else ():
            for value in WRONG:
                changed = {**body, name: value}
                if not spec.validator(schema).is_valid(changed):
                    tried += 1
                    response = whole.handle(spec.request(op, changed))
                    wrong += _check(op, response, 400)
                    break
            else:
                continue
            if not spec.resolve(schema).keys() & {"anyOf", "oneOf"} and f"/body/{name}" not in response.body.decode():
                wrong.append(f"{op}: {name} is not named in {response.body!r}")
    assert not wrong
    assert tried > 300


def test_wrong_forms(whole: Gateway) -> None:
    """Every operation that takes a form answers 400 to one that is empty, cut off or without a boundary."""
    wrong: list[str] = []
    tried = 0
    for op in spec.OPERATIONS:
        if op.body and op.body[0].startswith("multipart/"):
            tried += 1
            request = spec.request(op)
            boundless = _with(request, content_type="multipart/form-data")
            for bad in (_with(request, b"--limit--\r\n"), _with(request, request.body[:-12]), boundless):
                wrong += _check(op, whole.handle(bad), 400)
    assert not wrong
    assert tried


def test_wrong_query(whole: Gateway) -> None:
    """Every operation answers 400 to text where its query takes a number or a boolean, and says which parameter."""
    wrong: list[str] = []
    tried = 0
    for op in spec.OPERATIONS:
        for parameter in op.parameters("query"):
            if spec.resolve(parameter["schema"]).get("type") in ("integer", "number", "boolean"):
                tried += 1
                request = spec.request(op)
                query = "&".join(filter(None, [request.query, f"{parameter['name']}=abc"]))
                response = whole.handle(replace(request, query=query))
                wrong += _check(op, response, 400)
                assert f"/query/{parameter['name']}" in response.body.decode()
    assert not wrong
    assert tried > 50


def test_missing_query(whole: Gateway) -> None:
    """Every operation answers 400 when a required query parameter is missing."""
    wrong: list[str] = []
    for op in spec.OPERATIONS:
        if any(parameter.get("required") for parameter in op.parameters("query")):
            wrong += _check(op, whole.handle(replace(spec.request(op), query="")), 400)
    assert not wrong


def test_wrong_path_parameters(whole: Gateway) -> None:
    """Every operation answers 400 to a path parameter that its format or enumeration does not allow."""
    wrong: list[str] = []
    for op in spec.OPERATIONS:
        for parameter in op.parameters("path"):
            if not spec.validator(parameter["schema"]).is_valid("not this"):
                response = whole.handle(spec.request(op, ids={parameter["name"]: "not%20this"}))
                wrong += _check(op, response, 400)
    assert not wrong


def test_unknown_methods(whole: Gateway) -> None:
    """Every path answers 405 to a method it does not have, and lists those it has."""
    for path, item in spec.DOCUMENT["paths"].items():
        response = whole.handle(Request("TRACE", path.replace("{", "").replace("}", "")))
        assert response.status == 405
        allowed = dict(response.headers)["allow"].split(", ")
        assert {method.upper() for method in item} >= set(allowed)
        assert allowed


def test_unknown_path(whole: Gateway) -> None:
    """A path that is not in the document answers 404 and says which one was asked for."""
    response = whole.handle(Request("GET", "/v1/nowhere"))
    assert response.status == 404
    assert "/v1/nowhere" in json.loads(response.body)["error"]["message"]


@pytest.mark.parametrize("where", ["x-portkey-api-key", "authorization", "x-portkey-config", "body"])
def test_nothing_secret_is_repeated(whole: Gateway, where: str) -> None:
    """Whatever is wrong with a request, its credentials and the secrets in its body are not in the answer."""
    secret = "s3cr3t-value"
    for op in spec.OPERATIONS:
        request = spec.request(op, credentials=where == "body")
        if where == "body":
            request = _with(request, json.dumps({"key": secret, "token": [secret], "name": {"a": secret}}).encode())
        else:
            request = _with(request, **{where: f"Bearer {secret}"})
        response = whole.handle(request)
        shown = response.body.decode("latin-1") + repr(response.headers)
        assert secret not in shown, op


def test_created_secrets_are_not_repeated(whole: Gateway) -> None:
    """A key sent to be stored does not come back in the answer."""
    answer = Caller(whole)(
        "POST", "/virtual-keys", {"name": "n", "provider": "openai", "key": "s3cr3t", "note": "here"}
    )
    assert b"s3cr3t" not in answer.body
