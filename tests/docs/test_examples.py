"""The blocks of Python in the README and the guides run as they stand, against the mock, and print what they say."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import httpx
import pytest

from portkey_client import AsyncPortkey, Portkey, exchange, runner, steps
from portkey_mock import GatewayTransport, ManualClock, Mock
from portkey_mock.gateway import compiled_from
from tests.docs.pages import PAGES, Block, blocks, name
from tests.mock.serving import serving

pytest_plugins = "pytester"

ADDRESS = "http://127.0.0.1:4010/v1"
ENVIRONMENT = {"PORTKEY_BASE_URL": ADDRESS, "PORTKEY_API_KEY": "pk-example", "PORTKEY_VIRTUAL_KEY": "openai-main"}
"""What docs/quickstart.md has its readers export."""
DOCUMENT = compiled_from(None)
WITH_PYTHON = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]


def is_test(block: Block) -> bool:
    return "def test_" in block.code


WITH_TESTS = [page for page in PAGES if any(map(is_test, blocks(page)))]


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put a mock under every client, on a clock that goes by where something waits; yields its address.

    A websocket needs a real one.
    """
    clock = ManualClock()
    mock = Mock(DOCUMENT, clock=clock)
    transport = GatewayTransport(mock, sleep=clock.advance)

    async def advance(seconds: float) -> None:
        clock.advance(seconds)

    world = steps.World(clock, clock, lambda: 0.5, clock.advance, advance)
    for module in (steps, exchange, runner):
        monkeypatch.setattr(module, "WORLD", world)
    monkeypatch.setattr(time, "sleep", clock.advance)
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=transport))
    monkeypatch.setattr(AsyncPortkey, "_open", lambda _: httpx.AsyncClient(transport=transport))
    monkeypatch.chdir(tmp_path)
    page: Path = request.node.callspec.params["page"]
    speaks = any(".realtime.connect(" in block.code for block in blocks(page))
    with serving(mock) if speaks else contextlib.nullcontext(ADDRESS) as served:
        yield served


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name)
def test_a_page_does_what_it_says(
    page: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its blocks run one after the other, as a reader would paste them, and each prints what stands below it."""
    for variable, value in {**ENVIRONMENT, "PORTKEY_BASE_URL": address}.items():
        monkeypatch.setenv(variable, value)
    names: dict[str, object] = {"__name__": "__main__"}
    try:
        for block in blocks(page):
            if block.language == "python" and not is_test(block):
                lines = "\n" * (block.line - 1)  # a traceback then names the line of the page
                exec(compile(lines + block.code, str(page), "exec"), names)  # noqa: S102  # our own text
                got = capsys.readouterr().out
                assert same(block.printed or "", got), f"{page}:{block.line} prints\n{got}"
    finally:
        for client in names.values():
            if isinstance(client, Portkey):
                client.close()


def same(wanted: str, got: str) -> bool:
    """Tell whether a text is what was wanted, in which ``...`` stands for anything."""
    return OutputChecker().check_output(wanted, got, ELLIPSIS)


@pytest.mark.parametrize("page", WITH_TESTS, ids=name)
def test_the_tests_of_a_page_pass(page: Path, pytester: pytest.Pytester) -> None:
    """Whoever copies them into files of their own has tests that pass."""
    codes = [block.code for block in blocks(page) if is_test(block)]
    pytester.makepyfile(**{f"test_{number}": code for number, code in enumerate(codes)})
    outcomes = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "--no-cov", "-W", "error").parseoutcomes()
    assert outcomes == {"passed": sum(code.count("def test_") for code in codes)}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    """A block in another language, or in none, would be one that nobody runs."""
    assert {block.language for block in blocks(page)} <= {"python", "sh", "text", "yaml", "json", "{toctree}"}


def test_the_blocks_are_counted(record_testsuite_property: Callable[[str, object], None]) -> None:
    """The report of the tests says how many blocks of Python are run, and each page but an overview has some block."""
    count = sum(block.language == "python" for page in PAGES for block in blocks(page))
    record_testsuite_property("documentation: executed blocks of Python", count)
    print(f"{count} blocks of Python on {len(WITH_PYTHON)} pages are executed")  # noqa: T201
    overviews = {"index.md", "migration.md"}
    assert [page.name for page in PAGES if not blocks(page) and page.name not in overviews] == []
