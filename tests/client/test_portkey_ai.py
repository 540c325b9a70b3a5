"""The method paths of Portkey's own SDK work here, and send what they send there."""

from __future__ import annotations

import asyncio
import csv
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from portkey_api.resources.files import FilesResource
from portkey_client import Portkey
from prepare.__main__ import migrate
from tests.client.test_every_operation import arguments, reached
from tests.client.wire import Wire
from tests.mock import spec

ROOT = Path(__file__).parents[2]
ROWS = list(csv.DictReader((ROOT / "openapi" / "portkey_ai.csv").read_text("utf-8").splitlines()))


def shape(path: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", path)


BY_SHAPE = {(each.method, shape(each.path)): each for each in spec.OPERATIONS}
KNOWN = {
    row["method"]: BY_SHAPE[row["http_method"], shape(row["path"])]
    for row in ROWS
    if (row["http_method"], shape(row["path"])) in BY_SHAPE
}
"""Method of the SDK -> the operation it calls."""


def test_most_of_the_sdk_is_in_the_document() -> None:
    """252 methods of the SDK call a path as the document spells it, ten more call one by another parameter's name."""
    assert len(KNOWN) == 262
    assert len(ROWS) == 331


@pytest.mark.parametrize("is_async", [False, True])
def test_a_path_of_the_sdk_sends_its_operation(is_async: bool) -> None:
    """On both clients every method is there, and sends the HTTP method and path that the SDK's sends."""
    wire = Wire(lambda _: httpx.Response(200, json={}))
    client = wire.async_client() if is_async else wire.client()

    async def send(name: str) -> None:
        method = reached(client, name.split("."))
        placed, keywords = arguments(KNOWN[name], method)
        done = method(*placed, **keywords)
        if is_async:
            await done

    async def send_all() -> None:
        for name in KNOWN:
            await send(name)

    asyncio.run(send_all())
    for (name, operation), request in zip(KNOWN.items(), wire.requests, strict=True):
        pattern = re.sub(r"\\{[^{}]*\\}", "[^/]+", re.escape(operation.path))
        path = request.url.raw_path.decode().partition("?")[0]
        assert (request.method, name) == (operation.method, name)
        assert re.fullmatch(f"(/v1)?{pattern}", path), f"{name} sends {path}"


def test_an_alias_is_no_second_implementation() -> None:
    """It is the same function, or the same resource, or the method of the resource it belongs to; and it says so."""
    client = Portkey(api_key="k")
    assert type(client.beta.threads) is type(client.threads)
    assert client.files.retrieve_content.__func__ is client.files.content.__func__  # type: ignore[attr-defined]
    upload: Any = client.vector_stores.files.upload
    assert upload.__func__ is FilesResource.create


def test_the_migration_table_is_current(tmp_path: Path) -> None:
    """The page says what the code does; `make migration` brings it up to date."""
    text = (ROOT / "docs" / "migration.md").read_text("utf-8")
    copy = tmp_path / "migration.md"
    copy.write_text(text, encoding="utf-8")
    migrate(copy, ROOT / "generated")
    assert copy.read_text("utf-8") == text
