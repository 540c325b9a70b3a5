"""The docstrings of the generated methods: every one is whole, and its example is a call that works."""

from __future__ import annotations

import ast
import asyncio
import datetime as dt
import inspect
import re
import types
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

import portkey_api
import portkey_client
from portkey_client import AsyncPortkey, Portkey
from portkey_mock import Gateway, GatewayTransport, ManualClock
from tests.client.wire import KEYS
from tests.generated.docstrings import Documented, documented
from tests.mock.serving import serving

ALL = documented()
SHOWN = [each for each in ALL if each.example]
ROOM = Path(portkey_api.__file__).parents[1]
ANNOTATION = re.compile(r'(: |= |^ *)"[^"]+"[\])]?,?$')
MARGIN = 1_500
"""Lines to be left of what the generated package may have: the document grows."""


def test_every_method_is_told_in_all_its_parts() -> None:
    """Summary, operation, arguments, answer and errors: 100 % by kind, of both clients."""
    assert len(ALL) == 2 * 267
    wrong = {
        "summary": [each for each in ALL if not each.text.startswith(f"{each.facts['summary'].rstrip('.')}.\n\n")],
        "description": [each for each in ALL if len(each.text.split("\n\n")[1]) < 15],
        "operation": [each for each in ALL if not each.text.endswith(f"\n\n{each.http}\n")],
        "arguments": [each for each in ALL if each.told("Args") != each.arguments],
        "answer": [each for each in ALL if ("Returns" in each.sections) == (returned(each) == "None")],
        "errors": [each for each in ALL if each.told("Raises")[-1:] != ["APIError"]],
    }
    assert {kind: [str(each) for each in found] for kind, found in wrong.items() if found} == {}


def returned(each: Documented) -> str:
    """Return the type a method is said to return."""
    return str(inspect.signature(each.method).return_annotation)


def test_what_is_raised_exists() -> None:
    """Every error a docstring names is one of the client's, and each that an id can lead to is a NotFoundError."""
    for each in ALL:
        for name in each.told("Raises"):
            assert issubclass(getattr(portkey_client, name), portkey_client.APIError), str(each)
        assert ("{" not in each.http) or "NotFoundError" in each.told("Raises"), str(each)


def test_an_argument_is_told_by_its_name_alone_only_where_the_document_does_no_better() -> None:
    """What the document explains is in the docstring; a phrase made from the name shows that it got lost."""
    for each in ALL:
        bare = set(re.findall(r"^    \w+: ``(.+)`` of the \w+\.$", each.text, re.MULTILINE))
        assert bare == each.unexplained, str(each)


def test_the_resources_say_what_they_are_for() -> None:
    """Each class with operations has the sentence of its tag, and says where it is."""
    for each in ALL:
        text = inspect.cleandoc(type(each.method.__self__).__doc__ or "")
        purpose, place = text.split("\n\n")
        assert len(purpose) > 15, str(each)
        assert place.startswith(f"The operations under ``client.{each.facts['operationId'].rpartition('.')[0]}``")


def test_no_line_is_too_long() -> None:
    """A line of the generated package has 120 columns at most, but for annotations in quotes, which nothing breaks."""
    lines = [line for path in (ROOM / "portkey_api").rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert [line for line in lines if len(line) > 120 and not ANNOTATION.search(line)] == []


def test_the_package_stays_slim() -> None:
    """At most 70,000 lines of Python in at most 1,300 files, with a margin."""
    files = [path for path in ROOM.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert len(files) <= 1_300
    assert sum(len(path.read_bytes().splitlines()) for path in files if path.suffix == ".py") <= 70_000 - MARGIN


# -- examples


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway(mode="document", clock=ManualClock())


@pytest.fixture(scope="module")
def address(gateway: Gateway) -> Generator[str]:
    """Where the mock listens for the one operation that needs a socket."""
    with serving(gateway) as url:
        yield url


def test_what_the_document_has_an_example_of_is_shown() -> None:
    """A method has an example where the document has one for its body and for each parameter it needs."""
    assert [str(each) for each in ALL if bool(each.example) != each.has_example] == []


@pytest.mark.parametrize("each", SHOWN, ids=str)
def test_an_example_works(each: Documented, gateway: Gateway, request: pytest.FixtureRequest) -> None:
    """The code of a docstring, as it stands there, is a call that the mock accepts."""
    options: dict[str, Any] = {**KEYS}
    if "101" in each.facts["responses"]:
        options |= {"base_url": request.getfixturevalue("address")}
    asyncio.run(tried(each, options, GatewayTransport(gateway)))


async def tried(each: Documented, options: dict[str, Any], transport: GatewayTransport) -> None:
    """Run an example of either client."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code: types.CodeType = compile(each.example, str(each), "exec", flags=flags)
    async with httpx.AsyncClient(transport=transport) as web:
        with httpx.Client(transport=transport) as http:
            client = AsyncPortkey(**options, http_client=web) if each.is_async else Portkey(**options, http_client=http)
            done = eval(code, {"client": client, "datetime": dt})  # noqa: S307  # our own code
            if each.is_async:
                await done
