"""The links between the pages lead to something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, name

CHANGELOG = ROOT / "CHANGELOG.md"
MADE = ROOT / "docs" / "reference"
"""What `make docs` writes, which follows the links to it itself."""
_LINK = re.compile(r"\[[^\]]+\]\(([^()\s]+)\)")


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return what headings of a page can be linked by, as GitHub and MyST make it of their words."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """Return the links of a page to files and headings that are not there; addresses elsewhere are not looked at."""
    found: list[str] = []
    for link in _LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        if MADE in target.parents:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link that is relative leads to a file of the project, and to a heading in it."""
    assert broken(page) == []


def test_every_guide_is_listed() -> None:
    """The README names each page below docs/, so that nobody has to know it is there."""
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in _LINK.findall(prose(ROOT / "README.md"))}
    assert [page for page in PAGES[1:] if page not in linked and page.name != "index.md"] == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    """The check can fail, by file and by heading."""
    page = tmp_path / "page.md"
    page.write_text("# A heading, `too`\n[a](b.md) [c](#a-heading-too) [d](#e) [f](https://g.example)\n", "utf-8")
    assert broken(page) == ["b.md", "#e"]
