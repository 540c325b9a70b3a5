"""The client and the mock read one document without sharing a line; here they meet on every operation."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from functools import reduce
from typing import Any

import httpx
import pytest

from portkey_api.resources.realtime import _CONNECT  # pyright: ignore[reportPrivateUsage]  # no public name leads to it
from portkey_api.types import Socket, WireModel
from portkey_client import APIError, AsyncPortkey, Portkey
from portkey_mock import Gateway, GatewayTransport, ManualClock
from tests.client.wire import KEYS
from tests.mock import spec

WEBSOCKET = {"GET /realtime"}
"""Answered by a protocol upgrade, which is no call: the gateway must refuse it in so many words."""


class Recorder(GatewayTransport):
    """The mock as a transport that keeps the last exchange."""

    last: httpx.Response

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.last = super().handle_request(request)
        return self.last

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.last = await super().handle_async_request(request)
        return self.last


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway(mode="document", clock=ManualClock())


def letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def arguments(operation: spec.Op, method: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return natural arguments for a method, found by name alone: required parameters, and the smallest body."""
    names = {letters(name): name for name in inspect.signature(method).parameters}
    required = [each for each in operation.raw["parameters"] if each.get("required") and each["in"] != "path"]
    keywords = {names[letters(each["name"])]: spec.smallest(each["schema"]) for each in required}
    if operation.body is not None:
        body = spec.smallest(operation.body[1])
        whole = "body" in names and not (isinstance(body, dict) and "body" in body)
        keywords |= {"body": body} if whole else {names[letters(key)]: value for key, value in body.items()}
    if "encoding_format" in names.values():  # else vectors would travel as base64, and the client would read them
        keywords["encoding_format"] = "float"
    placed = re.findall(r"{([^}]+)}", operation.path)
    schemas = {each["name"]: each["schema"] for each in operation.parameters("path")}
    return [spec.smallest(schemas[name]) for name in placed], with_files(operation, keywords)


def with_files(operation: spec.Op, keywords: dict[str, Any]) -> dict[str, Any]:
    if operation.body is None or not operation.body[0].startswith("multipart/"):
        return keywords
    properties = spec.flat(operation.body[1])["properties"]
    files = {letters(name) for name, schema in properties.items() if spec.resolve(schema).get("format") == "binary"}
    return {name: b"bytes" if letters(name) in files else value for name, value in keywords.items()}


def reached(client: object, path: list[str]) -> Any:
    return reduce(getattr, path, client)


def told(answer: Any) -> Any:
    """Return an answer as the JSON data it came from."""
    if isinstance(answer, WireModel):
        return answer.to_dict()
    return [told(each) for each in answer] if isinstance(answer, list) else answer


def agree(operation: spec.Op, answer: Any, sent: httpx.Response) -> None:
    content = operation.content(str(sent.status_code))
    if "application/json" in content:
        assert told(answer) == json.loads(sent.content)
        schema = spec.flat(content["application/json"]["schema"])
        if schema.get("properties") and "oneOf" not in schema and "anyOf" not in schema:
            assert isinstance(answer, WireModel)
    elif content:
        assert answer == sent.content
    else:
        assert answer is None or answer == json.loads(sent.content)


@pytest.mark.parametrize("operation", [each for each in spec.OPERATIONS if str(each) not in WEBSOCKET], ids=str)
def test_the_mock_understands_the_client_and_the_client_the_mock(operation: spec.Op, gateway: Gateway) -> None:
    """Every operation can be called by name on both clients, is accepted by the mock, and loses nothing on the way."""
    recorder = Recorder(gateway)
    path = operation.raw["operationId"].split(".")
    with httpx.Client(transport=recorder) as http:
        method = reached(Portkey(**KEYS, http_client=http), path)
        placed, keywords = arguments(operation, method)
        agree(operation, method(*placed, **keywords), recorder.last)

    async def call() -> Any:
        async with httpx.AsyncClient(transport=recorder) as http:
            return await reached(AsyncPortkey(**KEYS, http_client=http), path)(*placed, **keywords)

    agree(operation, asyncio.run(call()), recorder.last)


def test_the_websocket_is_not_a_call(gateway: Gateway) -> None:
    """The realtime session needs a websocket: the method makes one, which an ordinary call cannot."""
    with httpx.Client(transport=GatewayTransport(gateway)) as http:
        portkey = Portkey(**KEYS, http_client=http)
        made = portkey.realtime.connect()
        assert isinstance(made, Socket)
        with pytest.raises(NotImplementedError, match="cannot open a websocket"):
            portkey.realtime.with_raw_response.connect()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(APIError) as caught:
            portkey.call(_CONNECT, {})
    assert caught.value.status == 426
