from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, blocks
from tests.generated.docstrings import documented

CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).parents[2]


def marked(case: str) -> set[int]:
    lines = (CASES / case).read_text("utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if "# REFUSED" in line}


def mypy(folder: Path) -> set[tuple[str, int]]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--output", "json", "--config-file="]
    command += ["--enable-error-code", "redundant-expr", "--cache-dir", str(folder / "cache")]
    command += [str(CASES), str(folder / "pages")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {(Path(each["file"]).name, each["line"]) for each in found if each["severity"] == "error"}


def pyright(folder: Path) -> set[tuple[str, int]]:
    (folder / "pyrightconfig.json").write_text(
        json.dumps(
            {
                "include": [os.path.relpath(CASES, folder), "pages"],
                "typeCheckingMode": "strict",
                "pythonVersion": "3.11",
                "extraPaths": [str(ROOT / "generated"), str(ROOT / "overlay")],
                "reportUnusedExpression": False,  # the cases are expressions on purpose
                "reportUnusedCoroutine": False,
            }
        )
    )
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--outputjson",
        "--pythonpath",
        sys.executable,
        "--project",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in found if each["severity"] == "error"
    }


def write_pages(folder: Path) -> None:
    """Write the code of each page that people read as one module."""
    folder.mkdir()
    for page in PAGES:
        codes = [block.code for block in blocks(page) if block.language == "python" and "def test_" not in block.code]
        module = page.stem.replace("-", "_").lower()
        (folder / f"page_{module}.py").write_text("\n\n".join(codes), encoding="utf-8")


def write_examples(folder: Path) -> None:
    """Write a module of functions, each of which is the example of a docstring."""
    lines = ["import datetime", "from portkey_client import AsyncPortkey, Portkey", "NOW: datetime.datetime"]
    for number, each in enumerate(shown for shown in documented() if shown.example):
        before, kind = ("async ", "AsyncPortkey") if each.is_async else ("", "Portkey")
        lines += [f"{before}def call_{number}(client: {kind}) -> None:", textwrap.indent(each.example, "    ")]
    (folder / "examples.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_types_are_part_of_the_product(checker: object, tmp_path: Path) -> None:
    """Both checkers, strict, accept what users write, the guides and the docstrings show, and refuse what is wrong."""
    assert callable(checker)
    write_pages(tmp_path / "pages")
    write_examples(tmp_path / "pages")
    assert checker(tmp_path) == {("refused.py", line) for line in marked("refused.py")}


@pytest.mark.parametrize("package", ["portkey_client", "portkey_api"])
def test_every_public_type_is_known(package: str, tmp_path: Path) -> None:
    """Pyright finds a complete type for all that is exported, ours and generated."""
    command = [sys.executable, "-m", "pyright", "--outputjson", "--ignoreexternal", "--verifytypes", package]
    folders = os.pathsep.join(str(ROOT / room) for room in ("generated", "overlay"))
    command += ["--pythonpath", sys.executable]
    environment = {**os.environ, "PYTHONPATH": folders}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    found = json.loads(done.stdout)["typeCompleteness"]
    unknown = [each["name"] for each in found["symbols"] if each["isExported"] and not each["isTypeKnown"]]
    assert unknown == []
    assert found["completenessScore"] == 1
    assert found["exportedSymbolCounts"]["withKnownType"] > 50
