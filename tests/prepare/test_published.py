"""The published document: complete, the same every time, and quick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prepare.arrange import METHODS
from prepare.build import Room, prepare
from prepare.load import Json
from prepare.report import Report
from tests.prepare.test_build import contents
from tests.prepare.tiny import OPENAPI, ROOT, run


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What the command line makes of the published document, and what it says."""
    target = tmp_path_factory.mktemp("published") / "generated"
    done = run("generate", "--out", target, seed="1")
    assert done.returncode == 0, done.stderr
    return target, done.stdout


def test_every_operation_and_every_schema_is_there(generated: tuple[Path, str], published: Json) -> None:
    """231 of 231 and 517 of 517 as published on 2026-06-12, and what corrections add, without a warning."""
    target, said = generated
    operations = {(path, method) for path, item in published["paths"].items() for method in METHODS if method in item}
    schemas = published["components"]["schemas"].keys()
    assert (len(operations), len(schemas)) == (231, 517)
    made = json.loads((target / "portkey_api" / "openapi.json").read_text("utf-8"))
    found = {(path, method) for path, item in made["paths"].items() for method in METHODS if method in item}
    assert found >= operations
    assert made["components"]["schemas"].keys() >= schemas
    counts = json.loads((target / "manifest.json").read_text("utf-8"))["counts"]
    assert (counts["operations"], counts["schemas"], counts["warnings"]) == (
        len(found),
        len(made["components"]["schemas"]),
        0,
    )
    assert said.startswith(f"generated: {len(found)} operations, ")


def test_what_is_committed_is_what_the_document_makes(generated: tuple[Path, str]) -> None:
    """Byte for byte: the same as any other run, under another seed for the order of sets."""
    assert contents(generated[0]) == {
        name: text for name, text in contents(ROOT / "generated").items() if "__pycache__" not in name
    }


def test_another_seed_for_the_order_of_sets_makes_the_same_bytes(generated: tuple[Path, str], tmp_path: Path) -> None:
    """The generator keeps sets, whose order Python changes from run to run."""
    assert run("generate", "--out", tmp_path / "generated", seed="4242", covered=False).returncode == 0
    assert contents(tmp_path / "generated") == contents(generated[0])


def test_an_unchanged_document_regenerates_nothing(generated: tuple[Path, str]) -> None:
    """So that nobody thinks twice before running it: no file is written again, and the generator is not even loaded."""
    target, said = generated
    before = {path: path.stat() for path in target.rglob("*")}
    code = (
        "import sys; from prepare.__main__ import main; main(sys.argv[1:]); "
        "sys.exit('openapi_python_client' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "generate", "--out", str(target)],
        env=os.environ | {"PYTHONPATH": str(OPENAPI)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, said.replace("generated", "unchanged"))
    assert {path: path.stat().st_ino for path in target.rglob("*")} == {
        path: each.st_ino for path, each in before.items()
    }
    assert {path: path.stat().st_mtime_ns for path in before} == {
        path: each.st_mtime_ns for path, each in before.items()
    }


def test_no_operation_is_sent_to_a_server_it_does_not_name() -> None:
    """The first address of an operation's servers is that of its group."""
    resolved, _ = prepare(Room(OPENAPI, OPENAPI / "portkey.yaml"), Report())
    addresses: dict[str, set[str]] = {}
    for item in resolved["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            addresses.setdefault(operation["x-server-group"], set()).add(operation["servers"][0]["url"])
    assert all(len(found) == 1 for found in addresses.values()), addresses
