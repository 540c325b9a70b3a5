"""Markdown as MyST reads it: the small pieces that the pages of the reference are made of."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

_CODE = re.compile(r"(`+.+?`+)")
_SPECIAL = re.compile(r"([\\*_\[\]<>{}$~^])")


def prose(text: str) -> str:
    """Return a sentence of the document in one line: its code spans stay, nothing else in it is markup."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if index % 2 else _SPECIAL.sub(r"\\\1", part) for index, part in enumerate(parts))


def code(text: object) -> str:
    """Return a code span."""
    shown = str(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def span(text: str, kind: str) -> str:
    """Return a piece of a line with a class of its own; what is in it is Markdown."""
    return f"[{text}]{{.{kind}}}"


def fenced(language: str, text: str) -> str:
    """Return a block of code."""
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def heading(text: str) -> str:
    """Return a heading inside an entry, which is in no table of contents."""
    return f"```{{rubric}} {text}\n:heading-level: 3\n```"


def folded(summary: str, inside: str) -> str:
    """Return something that is shown when its summary is clicked."""
    opening = f"<details>\n<summary>{html.escape(summary)}</summary>"
    return f"```{{raw}} html\n{opening}\n```\n\n{inside}\n\n```{{raw}} html\n</details>\n```"


def definition(term: str, paragraphs: Iterable[str]) -> str:
    """Return one entry of a definition list; a paragraph may have several lines."""
    first, *others = [*filter(None, paragraphs)] or ["\u00a0"]
    rest = "".join(f"\n\n{_indented(each)}" for each in others)
    return f"{term}\n: {_indented(first)[2:]}{rest}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.splitlines())


def page(title: str, blocks: Iterable[str]) -> str:
    """Return a whole page."""
    return "\n\n".join([f"# {title}", *filter(None, blocks)]) + "\n"
