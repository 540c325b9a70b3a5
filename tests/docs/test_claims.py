"""What the pages say in figures is so."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import PAGES, ROOT, blocks, name

GUIDE = ROOT / "docs" / "guides" / "gateways-and-credentials.md"
LISTED = (ROOT / "tests" / "client" / "operations_of_gateways.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("gateway", ["portkey-oss", "openai", "respan"])
def test_the_table_of_gateways_counts_right(gateway: str) -> None:
    """The guide says of each gateway how many operations it has, as the list that the clients' tests keep does."""
    (row,) = (row for row in GUIDE.read_text("utf-8").splitlines() if row.startswith(f"| `{gateway}` |"))
    assert row.endswith(f": {sum(line.startswith(f'{gateway}: ') for line in LISTED)} |")


def test_the_proof_is_quoted_right() -> None:
    """Where a page says how many seeded faults are found, it says what the table of the proof says."""
    proof = (ROOT / "tests" / "contract" / "faults" / "PROOF.md").read_text("utf-8")
    row = re.search(r"^\| all \| (\d+) \| (\d+) \|", proof, re.MULTILINE)
    assert row
    said = [
        found
        for page in PAGES
        for found in re.findall(r"\b(\d+) of (\d+)(?: seeded faults|, *\nwith)", page.read_text("utf-8"))
    ]
    assert said
    assert {(found, faults) for found, faults in said} == {(row[2], row[1])}


def test_the_readme_is_read_in_five_minutes() -> None:
    """What is longer belongs into the guides; a guide of more than a few screens into two."""
    lengths = {name(page): page.read_text("utf-8").count("\n") for page in PAGES if page.name != "migration.md"}
    assert {page: lines for page, lines in lengths.items() if lines > 250} == {}


def test_every_guide_begins_with_an_example() -> None:
    """Somebody with a task sees how it is done before anything is explained."""
    for page in PAGES:
        if page.parent.name == "guides":
            assert blocks(page)[0].line <= 8, page
