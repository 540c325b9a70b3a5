"""The pages people read, the README first, and what their blocks of code say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "guides").glob("*.md")))
_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One block of code."""

    language: str
    code: str
    line: int
    """Where its code begins in the page, from 1 on."""
    printed: str | None = None
    """The block of text that follows it at once: what it prints, ``...`` for what differs from run to run."""


def name(page: Path) -> str:
    """Return the path of a page in the project, which tests are called by."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order; a block of text that belongs to the one before it is part of that."""
    text = page.read_text("utf-8")
    found: list[Block] = []
    end = 0
    for match in _FENCE.finditer(text):
        language, code = match[2].strip(), match[3]
        if language.startswith("{"):
            continue  # a directive, which `make docs` carries out and complains of
        follows = bool(found) and language == "text" and not text[end : match.start()].strip()
        if follows and found[-1].language in ("python", "sh"):
            found[-1] = found[-1]._replace(printed=code)
        else:
            found.append(Block(language, code, text.count("\n", 0, match.start(3)) + 1))
        end = match.end()
    return found
