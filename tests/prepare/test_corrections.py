"""The tables of the corrections are complete: every known disagreement, every action, every test they name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from prepare.correct import apply, read_actions
from prepare.load import load

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "openapi" / "corrections"
TEXT = (FOLDER / "README.md").read_text("utf-8")
ACTIONS = {action.name for action in read_actions(FOLDER)}
KNOWN = [*map(str, range(1, 41)), *(f"G{n}" for n in range(1, 16)), *(f"L{n}" for n in range(1, 6)),
         *(f"C{n}" for n in range(1, 6))]  # fmt: skip
"""The rows there have to be: reality, the open gateway, LiteLLM, and the four systems."""
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if line.startswith("| ")]
SETTLED = [row for row in ROWS if len(row) == 4 and row[0] != "#"]


def named_actions(text: str) -> Iterator[str]:
    """Yield the actions that a text names, as ``file.yaml#0,3-5`` or the like."""
    for name, numbers in re.findall(r"`([\w-]+\.yaml)#([\d,-]+)`", text):
        yield from (f"{name}#{number}" for number in numbered(numbers))
    for names in re.findall(r"`([\w-]+\.yaml#[\d,-]+)`", text):
        assert re.fullmatch(r"[\w-]+\.yaml#\d+(-\d+)?(,\d+(-\d+)?)*", names), names


def numbered(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def named_tests(text: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)


def test_every_known_disagreement_is_settled_once() -> None:
    """Each row of what is known stands in the table, and stands there once."""
    assert Counter(row[0] for row in SETTLED) == Counter(KNOWN)


@pytest.mark.parametrize("row", SETTLED, ids=lambda row: f"{row[0]} {row[1]}"[:60])
def test_a_row_says_how_it_is_settled(row: list[str]) -> None:
    """What is corrected names its actions, what is absorbed names its test, what is left says why."""
    _, what, how, where = row
    assert what
    assert how in ("corrected", "absorbed", "left", "dropped")
    if how == "corrected":
        assert list(named_actions(where))
    if how == "absorbed":
        assert named_tests(where)
    if how == "left":
        assert len(where) > 20
        assert not list(named_actions(where))
    if how == "dropped":
        assert "taken out with version " in where
        assert not list(named_actions(where))


def test_every_action_is_named() -> None:
    """Each action of each overlay is named in the tables, and each one that they name exists."""
    named = set(named_actions(TEXT))
    assert named - ACTIONS == set()
    assert ACTIONS - named == set()


def test_every_named_test_exists() -> None:
    """The tables name tests that are there."""
    for file, name in named_tests(TEXT):
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{name}"


@pytest.mark.parametrize(
    "document", sorted((Path(__file__).parent / "documents").glob("*.yaml")), ids=lambda path: path.stem
)
def test_another_document_stays_what_it_is(document: Path) -> None:
    """Corrections are written for one document; one that has nothing of Portkey's is not changed by any of them."""
    published, _ = load(document)
    corrected, idle = apply(published, read_actions(FOLDER))
    assert corrected == published
    assert {each.action.name for each in idle} == ACTIONS
