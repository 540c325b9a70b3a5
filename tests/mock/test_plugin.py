"""The pytest plugin, as somebody else's tests see it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = "pytester"

OPTIONS = ("-q", "-p", "no:cacheprovider", "--no-cov", "-W", "error")

ISOLATED = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_each_starts_empty(portkey, portkey_mock, number):
    assert portkey.batches.list().data == []
    file = portkey.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    portkey.batches.create(input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h")
    assert len(portkey_mock.journal) == 3
"""

RETRIED = """
import time
from portkey_mock import Fault

def test_retries(portkey, portkey_mock, monkeypatch):
    monkeypatch.setattr(time, "sleep", None)
    portkey_mock.faults.add(Fault(operation="batches.list", status=503, retry_after=3, delay=4, times=2))
    began = portkey_mock.clock()
    assert portkey.batches.list().data == []
    assert portkey_mock.clock() - began >= 2 * (3 + 4)
    portkey_mock.journal.calls_to("batches.list").assert_called(times=3)
"""

OWN = """
import time
import pytest
from portkey_mock import Mock

@pytest.fixture
def portkey_mock():
    return Mock(mode="document", clock=time.time)

def test_unknown_ids_are_made_up(portkey):
    assert portkey.batches.retrieve("batch_x").id == "batch_x"
"""


def run(pytester: pytest.Pytester, code: str, *options: str) -> dict[str, int]:
    """How the tests in `code` end, in a process of their own."""
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess(*OPTIONS, *options).parseoutcomes()


def test_each_test_has_a_mock_of_its_own(pytester: pytest.Pytester) -> None:
    """No test sees what another one did, in the same process or beside it."""
    assert run(pytester, ISOLATED, "-n", "2")["passed"] == 6


def test_nothing_waits(pytester: pytest.Pytester) -> None:
    """Delays of faults and waits between attempts go by on the clock of the mock."""
    assert run(pytester, RETRIED) == {"passed": 1}


def test_the_mock_can_be_another(pytester: pytest.Pytester) -> None:
    """A fixture of the same name gives the client another mock."""
    assert run(pytester, OWN) == {"passed": 1}


def test_the_plugin_is_light() -> None:
    """Where nobody asks for a fixture, pytest imports neither the mock nor httpx nor a schema compiler."""
    heavy = "{'httpx', 'uvicorn', 'jsonschema_rs', 'portkey_client', 'portkey_mock.gateway'}"
    code = f"import sys, portkey_mock.plugin; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
