"""`make contract` as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from portkey_mock import Request, Response
from tests.contract import starters
from tests.contract.__main__ import main
from tests.contract.partial import Partial
from tests.contract.profiles import Profile
from tests.contract.results import Results
from tests.contract.served import served
from tests.contract.test_run import FILES

MINE = """\
credentials: {authorization: "Bearer ${PARTIAL_KEY:-sk-of-this-test}"}
start: mine
deviations:
  - {operation: "GET /files", check: paging, reason: it knows no pages}
  - {operation: "GET /files", check: as_corrected, reason: it reads no query}
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return str(path)


def test_a_run_at_an_address(mine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The seed is printed first, the verdicts last, and the results are written where they are wanted."""
    out = tmp_path / "results.json"
    with served(Partial()) as address:
        given = ["--gateway", mine, "--base-url", address, "--operations", ", ".join(FILES), "--depth", "directed"]
        status = main([*given, "--seed", "7", "--out", str(out)])
    lines = capsys.readouterr().out.splitlines()
    assert (status, lines[0]) == (0, "seed 7")
    assert "3 pass, 0 non-strict, 1 fail" in lines[-2]
    assert json.loads(out.read_text())["seed"] == 7


def test_a_run_on_the_mock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an address the mock is tried, in processes of their own, and their results are those of one run."""
    out = tmp_path / "results.json"
    given = ["--operations", "GET /models", "--depth", "directed", "--seed", "7", "--out", str(out)]
    assert main(given) == 0, capsys.readouterr().out
    results = Results.from_json(out.read_text())
    assert results.counts["pass"] == 1
    assert results.checks["unsupported_method"] > 0
    assert "batch_life" in results.unmade


def test_an_address_and_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A gateway without a profile is sent the key of the environment, and what it lacks is no failure."""
    monkeypatch.setenv("CONTRACT_API_KEY", "sk-of-this-test")
    with served(Partial()) as address:
        assert (
            main(["--base-url", address, "--operations", "GET /files/{file_id}, POST /files", "--depth", "directed"])
            == 0
        )
    said = capsys.readouterr().out
    assert "2 pass" in said
    assert "sk-of-this-test" not in said


def test_a_gateway_that_asks_for_any_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A gateway of this machine that refuses to be read without a key is sent one where none is given."""
    monkeypatch.delenv("CONTRACT_API_KEY", raising=False)
    with served(Partial()) as address:
        assert (
            main(["--base-url", address, "--operations", "GET /files/{file_id}, POST /files", "--depth", "directed"])
            == 0
        )
    assert "2 pass" in capsys.readouterr().out


class _Closed:
    """Refuses whatever key it is sent."""

    def handle(self, _: Request) -> Response:
        """The refusal."""
        return Response(401, (("content-type", "application/json"),), b'{"error":{"message":"Wrong key."}}')


def test_a_gateway_that_takes_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    """Where every operation refuses the credentials, the end of the run says what to set."""
    with served(_Closed()) as address:
        assert main(["--base-url", address, "--operations", "GET /files, POST /files", "--depth", "directed"]) == 1
    assert "every operation refuses the credentials: set CONTRACT_API_KEY" in capsys.readouterr().out


def test_a_gateway_is_started(mine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A profile without an address is started by its starter, which says where, and is stopped."""
    ended: list[str] = []

    @contextmanager
    def start(profile: Profile) -> Generator[Profile]:
        with served(Partial()) as address:
            yield replace(profile, address=address)
        ended.append(address)

    monkeypatch.setattr(starters, "STARTERS", {"mine": start})
    status = main(["--gateway", mine, "--operations", ",".join(FILES), "--depth", "directed", "--seed", "7"])
    assert status == 0, capsys.readouterr().out
    assert len(ended) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--gateway", "nobody"], "gateway 'nobody' is none of"),
        (["--base-url", "nowhere"], "address must be an address"),
        (["--operations", "GET /nothing"], "'GET /nothing' is no operation"),
        (["--gateway", "portkey-oss"], "give its address as BASE_URL"),
    ],
)
def test_bad_usage(
    given: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be used is said with the remedy, and ends with 2."""
    monkeypatch.setattr(starters, "STARTERS", {})
    assert main([*given, "--depth", "directed"]) == 2
    assert message in capsys.readouterr().err
