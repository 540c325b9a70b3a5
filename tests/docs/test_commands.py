"""The commands, plans and profiles in the README and the guides are ones that there are; the cheap ones are run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from portkey_client import GATEWAYS
from portkey_mock.__main__ import _parser
from portkey_mock.faults import fault_from
from tests.contract.profiles import read
from tests.docs.pages import PAGES, ROOT, Block, blocks, name
from tests.docs.test_examples import same

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def of(*languages: str) -> list[Any]:
    """Return the blocks of some languages, as the parameters of a test."""
    each = ((page, block) for page in PAGES for block in blocks(page) if block.language in languages)
    return [pytest.param(block, id=f"{name(page)}:{block.line}") for page, block in each]


def commands(block: Block) -> list[list[str]]:
    """Return the commands of a block, in words, without their comments."""
    return [words for line in block.code.splitlines() if (words := shlex.split(line, comments=True))]


def check_make(words: list[str]) -> None:
    """Fail if a target is none, or a variable is none that the Makefile reads."""
    variables = [word.partition("=")[0] for word in words if "=" in word]
    known = set(re.findall(r"^([A-Z_]+) *\?=", MAKEFILE, re.MULTILINE))
    assert set(variables) <= known, f"the Makefile reads {', '.join(sorted(known))}"
    targets = [word for word in words if "=" not in word]
    assert set(targets) <= set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE)), "make lists the targets"


def check_export(words: list[str]) -> None:
    """Fail if a variable is none that a client or the contract suite reads."""
    known = {variable for gateway in GATEWAYS.values() for variable in gateway.environment.values()}
    assert {word.partition("=")[0] for word in words} <= known | {"CONTRACT_API_KEY"}


def check_pip(words: list[str]) -> None:
    """Fail if it installs anything but this project, with extras it has."""
    found = re.fullmatch(r"portkey-client(?:\[([a-z,]+)\])?", words[-1])
    assert found
    assert set((found[1] or "mock").split(",")) <= PROJECT["optional-dependencies"].keys()


def check_mock(words: list[str]) -> None:
    """Fail if the command line of the mock does not take these arguments."""
    _parser().parse_args(words)


CHECKS = {"make": check_make, "export": check_export, "pip": check_pip, "portkey-mock": check_mock}


@pytest.mark.parametrize("block", of("sh"))
def test_a_command_is_there(block: Block) -> None:
    """Its target, variables and options are those of the Makefile, of the mock, of the clients."""
    for command, *words in commands(block):
        CHECKS[command](words)


@pytest.mark.parametrize("block", [each for each in of("sh") if each.values[0].printed])
def test_a_command_prints_what_stands_below_it(block: Block, tmp_path: Path) -> None:
    """Only those that cost little have their output in the page, and so are run."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    where = ROOT if block.code.startswith("make") else tmp_path
    environment = {**inherited, "PATH": path}
    done = subprocess.run(
        ["sh", "-c", block.code], cwd=where, env=environment, capture_output=True, text=True, check=False
    )
    assert same(block.printed or "", done.stdout), f"line {block.line} prints\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("block", of("yaml", "json"))
def test_a_file_can_be_used(block: Block) -> None:
    """A list is a plan of faults, an object with an address a profile; any other is well-formed."""
    value = json.loads(block.code) if block.language == "json" else yaml.safe_load(block.code)
    if isinstance(value, list):
        for each in value:
            fault_from(each)
    elif "address" in value:
        read(value, "mine")


def test_a_command_that_is_not_there_is_seen() -> None:
    """The checks can fail."""
    for command, words in (
        ("make", ["nothing"]),
        ("make", ["test", "NOTHING=1"]),
        ("export", ["PORTKEY_NOTHING=1"]),
        ("pip", ["install", "portkey-client[nothing]"]),
    ):
        with pytest.raises(AssertionError):
            CHECKS[command](words)
    with pytest.raises(SystemExit):
        check_mock(["serve", "--nothing"])
