"""Text of a document as the inside of a docstring: wrapped, indented, and escaped so that no text can end it."""

from __future__ import annotations

import re
import textwrap
from typing import Any

WIDTH = 120
"""Columns a line of generated code may have."""
_QUOTES = '"""'
_LONGEST = 50
"""Letters a part of an overlong word gets; escaped it has twice as many at most."""
_NAMED = re.compile(r"[\w*, ]+: ")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])")


def text_of(value: Any) -> str:
    """Return a text of the document; the generator hands some of them out in a wrapper of its own."""
    unwrapped = value.get_untrusted_value() if hasattr(value, "get_untrusted_value") else value
    return str(unwrapped or "").strip()


def docstring(text: str, indent: int = 0) -> str:
    """Return text as the inside of a docstring: escaped, wrapped, indented, and never ending in a quote.

    Args:
        text: What to say; a line that is indented keeps its indentation where it is wrapped, and gets more if it
            begins with a name and a colon.
        indent: Columns before the docstring.
    """
    first, _, rest = text.strip().partition("\n")
    quotes = len(_QUOTES) * (1 if rest else 2)  # in one line, the last ones need room, too
    lines = _wrapped(first, WIDTH - indent - quotes)
    body = f"\n{' ' * indent}".join(lines) + (f"\n{wrapped(rest, indent, ' ' * indent)}" if rest else "")
    if "\n" in body:
        return f"{body}\n{' ' * indent}"
    return body + " " if body.endswith('"') else body


def wrapped(text: str, indent: int, before: str = "") -> str:
    """Return text that stands inside of a docstring, likewise escaped, wrapped and indented.

    Args:
        text: What to say.
        indent: Columns before it.
        before: What stands before its first line, if nothing does yet.
    """
    lines = [line for paragraph in text.splitlines() for line in _wrapped(paragraph, WIDTH - indent)]
    return "\n".join((" " * indent if number else before) + line if line else "" for number, line in enumerate(lines))


def _wrapped(paragraph: str, width: int) -> list[str]:
    before = " " * (len(paragraph) - len(paragraph.lstrip()))
    words = " ".join(_broken(word, width - len(before) - 7) for word in printable(paragraph).split())
    after = before + ("    " if _NAMED.match(words) else "") if before else ""
    return textwrap.wrap(
        words, width, initial_indent=before, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
    ) or [""]


def _broken(word: str, width: int) -> str:
    """Return a word escaped; where no line can hold it, in parts, none of which ends inside of an escape."""
    if len(escaped(word)) <= width:
        return escaped(word)
    return " ".join(escaped(word[start : start + _LONGEST]) for start in range(0, len(word), _LONGEST))


def escaped(text: str) -> str:
    """Return text as it stands between triple quotes."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def printable(text: str) -> str:
    """Return text with a space for whatever could not stand in source code, or would not be seen there."""
    return "".join(character if character.isprintable() else " " for character in text)


def sentences(text: str, limit: int) -> str:
    """Return as many whole sentences from the beginning of a text as fit a limit, and one at least.

    Args:
        text: Any text; its line breaks become spaces.
        limit: The characters that the sentences may have together.
    """
    first, *rest = _SENTENCE.split(" ".join(text.split()))
    for sentence in rest:
        if len(first) + 1 + len(sentence) > limit:
            break
        first = f"{first} {sentence}"
    return first
