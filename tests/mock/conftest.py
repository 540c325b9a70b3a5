"""What the tests of the mock share: a gateway on a clock that stands still, and a way to call it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from portkey_mock import Gateway, Handler, ManualClock, Request, Response
from tests.mock import spec


@dataclass
class Caller:
    """Calls a gateway, or a mock around one, with credentials."""

    gateway: Handler

    def __call__(self, method: str, path: str, body: Any = None, *, query: str = "", **headers: str) -> Response:
        """Sends `body` as JSON; underscores in the names of `headers` stand for hyphens."""
        sent = {**spec.INFERENCE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        content = b""
        if body is not None:
            sent.setdefault("content-type", "application/json")
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.gateway.handle(Request(method, path, query, tuple(sent.items()), content))

    def json(self, method: str, path: str, body: Any = None, *, query: str = "") -> Any:
        """The JSON of an answer that has to be a success."""
        response = self(method, path, body, query=query)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def upload(self, content: bytes, purpose: str = "batch", filename: str = "input.jsonl") -> Any:
        """The file that an upload made."""
        head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'.encode()
        form = b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n' + purpose.encode() + b"\r\n"
        form += b"--x\r\n" + head + content + b"\r\n--x--\r\n"
        response = self("POST", "/v1/files", form, content_type="multipart/form-data; boundary=x")
        assert response.status == 200, response.body
        return json.loads(response.body)

    def refusal(self, method: str, path: str, body: Any = None, *, query: str = "", **headers: str) -> tuple[int, str]:
        """The status of an answer and the code of its error."""
        response = self(method, path, body, query=query, **headers)
        return response.status, json.loads(response.body)["error"]["code"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def whole() -> Gateway:
    """A gateway of the whole document, for calls that leave nothing behind."""
    return Gateway(spec.DOCUMENT, clock=ManualClock())


@pytest.fixture
def call(clock: ManualClock) -> Caller:
    """Calls a fresh gateway that knows files, batches and what these need."""
    return Caller(Gateway(spec.part("/files", "/batches", "/embeddings", "/messages"), clock=clock))


@pytest.fixture
def lenient(clock: ManualClock) -> Caller:
    """The same in the mode `document`."""
    return Caller(Gateway(spec.part("/files", "/batches", "/embeddings"), clock=clock, mode="document"))
