"""The reference: every request it shows is carried out against the mock, and every link of a site is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from docs.maker import document, examples, pages
from docs.maker.follow import broken
from portkey_client import Portkey
from portkey_mock import Gateway, GatewayTransport, ManualClock

DOCUMENT = document.load()
SHOWN = [(each, request) for each in DOCUMENT.operations for request in examples.requests_of(DOCUMENT, each)]


@pytest.fixture(scope="module")
def client() -> Iterator[Portkey]:
    """A client of a mock that makes up what an example refers to."""
    transport = GatewayTransport(Gateway(mode="document", clock=ManualClock()))
    with httpx.Client(transport=transport) as http:
        yield Portkey(api_key="pk-example", virtual_key="openai-main", http_client=http)


@pytest.mark.parametrize(("operation", "request_"), SHOWN, ids=lambda each: each.name)
def test_an_example_runs(operation: document.Operation, request_: examples.Request, client: Portkey) -> None:
    """The code of the reference can be pasted: its arguments are known, and the mock accepts what is sent."""
    answer: Any = eval(examples.in_python(operation, request_), {"client": client})  # noqa: S307  # our own text
    if hasattr(answer, "close"):
        answer.close()


def test_the_examples_are_counted(record_testsuite_property: Callable[[str, object], None]) -> None:
    """The report of the tests says how many there are, of how many operations."""
    operations = {operation.name for operation, _ in SHOWN}
    record_testsuite_property("reference: executed examples", len(SHOWN))
    record_testsuite_property("reference: operations with an executed example", len(operations))
    print(f"{len(SHOWN)} examples of {len(operations)} of {len(DOCUMENT.operations)} operations are executed")  # noqa: T201
    assert len(operations) >= 116


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
