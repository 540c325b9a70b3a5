"""The reference: every request it shows is carried out against the mock, and every link of a site is followed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from docs.maker import credentials, document, examples, pages
from docs.maker.follow import broken
from portkey_api.types import Socket
from portkey_client import Portkey
from portkey_mock import Gateway, GatewayTransport, ManualClock

DOCUMENT = document.load()
SHOWN = [(each, request) for each in DOCUMENT.operations for request in examples.requests_of(DOCUMENT, each)]


SENT: list[httpx.Request] = []
"""What the client sent, newest last."""


@pytest.fixture(scope="module")
def client() -> Iterator[Portkey]:
    """A client of a mock that makes up what an example refers to."""
    transport = GatewayTransport(Gateway(mode="document", clock=ManualClock()))
    with httpx.Client(transport=transport, event_hooks={"request": [SENT.append]}) as http:
        yield Portkey(api_key="pk-example", virtual_key="openai-main", http_client=http)


@pytest.mark.parametrize(("operation", "request_"), SHOWN, ids=lambda each: each.name)
def test_an_example_runs(operation: document.Operation, request_: examples.Request, client: Portkey) -> None:
    """The code of the reference can be pasted: the mock accepts what it sends, and curl sends the same."""
    answer: Any = eval(examples.in_python(operation, request_), {"client": client})  # noqa: S307  # our own text
    if hasattr(answer, "close"):
        answer.close()
    if not isinstance(answer, Socket):  # which sends nothing before it is entered
        assert told(curl(operation, request_)) == told(SENT[-1])


def curl(operation: document.Operation, request: examples.Request) -> httpx.Request:
    """Return the request that the curl command of the reference sends."""
    words = shlex.split(examples.in_curl(operation, request, credentials.address(operation), []))
    options = list(pairwise(words))
    (method,), (address,) = ([value for flag, value in options if flag == "-X"], [words[3]])
    data = [value for flag, value in options if flag == "-d"]
    forms = [value for flag, value in options if flag == "-F"]
    sent = httpx.Request(method, address, content=data[0] if data else None)
    sent.extensions["form"] = sorted(form.partition("=")[0] for form in forms)
    return sent


def told(request: httpx.Request) -> tuple[str, httpx.URL, Any]:
    """Return what has to be the same in both: method, address, the JSON of the body or the names in a form."""
    if "form" not in request.extensions and request.headers.get("content-type", "").startswith("multipart/"):
        names = re.findall(rb'form-data; name="([^"]+)"', request.content)
        return request.method, request.url, sorted(name.decode() for name in names)
    body: Any = request.extensions.get("form") or (json.loads(request.content) if request.content else None)
    if isinstance(body, dict):
        body.pop("encoding_format", None)  # which the client adds, as vectors travel faster in base64
    return request.method, request.url, body


def test_the_examples_are_counted(record_testsuite_property: Callable[[str, object], None]) -> None:
    """The report of the tests says how many there are; no operation is without one."""
    operations = {operation.name for operation, _ in SHOWN}
    record_testsuite_property("reference: executed examples", len(SHOWN))
    record_testsuite_property("reference: operations with an executed example", len(operations))
    print(f"{len(SHOWN)} examples of {len(operations)} of {len(DOCUMENT.operations)} operations are executed")  # noqa: T201
    assert len(operations) == len(DOCUMENT.operations)


def test_every_operation_and_schema_is_there_once() -> None:
    """Each has a heading of its own, and so an anchor, on exactly one page."""
    lines = [line for _, text in pages.every_page(DOCUMENT) for line in text.splitlines() if line.startswith("## ")]
    for name in [*(each.name for each in DOCUMENT.operations), *DOCUMENT.schemas]:
        assert lines.count(f"## {name}") == 1, name


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    """A page, an anchor or a script that is not there, and one that would be loaded from elsewhere, are each named."""
    (tmp_path / "a.html").write_text(
        '<h1 id="x"></h1><a href="#x"></a><a href="#y"></a><a href="b.html"></a><script src="c.js"></script>'
        '<a href="https://d.example"></a><img src="https://d.example/e.png"><img src="data:,">',
        encoding="utf-8",
    )
    count, wrong = broken(tmp_path)
    assert count == 7
    assert [line.removeprefix("a.html: ") for line in wrong] == [
        "there is no anchor #y",
        "there is no b.html",
        "there is no c.js",
        "loads https://d.example/e.png",
    ]
