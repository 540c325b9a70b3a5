"""Set out formatted code in fewer lines: what a formatter writes one to a line stands side by side.

Only what nobody reads line by line is packed: imports, tables, the bodies of requests, the branches of a union,
signatures that repeat another.
The signature of a method that says something keeps one argument a line, and prose is not touched.
"""

from __future__ import annotations

_STEP = 4
"""Columns of one indentation."""


def pack(source: str, width: int) -> str:
    """Return the same code with the items of each bracket, where each has a line of its own, side by side.

    Args:
        source: Code as ruff formats it: a bracket that is broken ends its line, and its partner begins one.
        width: How many columns a line may have.
    """
    lines: list[str] = []
    opened: list[int] = []
    prose = False
    for line in source.split("\n"):
        words = line.strip()
        if prose or words.startswith(('"""', 'r"""')):
            prose = not words.removeprefix("r").removeprefix("" if prose else '"""').endswith('"""')
            lines.append(line)
            continue
        if words.startswith("| ") and _indent(lines[-1]) == _indent(line) and len(lines[-1]) + 1 + len(words) <= width:
            lines[-1] += f" {words}"
        elif words and words[0] in ")]}" and opened:
            start = opened.pop()
            lines[start:] = _packed(lines[start], lines[start + 1 :], line, width)
        else:
            lines.append(line)
        if words and words[-1] in "([{":
            opened.append(len(lines) - 1)
    return "\n".join(lines)


def _packed(opening: str, items: list[str], closing: str, width: int) -> list[str]:
    """Return the lines of one bracket, whose inner ones are packed already."""
    if _indent(opening) == _STEP and "def " in opening and any(map(_says_something, items)):
        return [opening, *items, closing]
    level = _indent(closing) + _STEP
    lines: list[str] = []
    for item in items:
        fits = bool(lines) and len(lines[-1]) + 1 + len(item.strip()) <= width
        if fits and _is_whole(lines[-1], level) and _is_whole(item, level):
            lines[-1] += f" {item.strip()}"
        else:
            lines.append(item)
    return _hugged(opening, lines, closing, width) or [opening, *lines, closing]


def _hugged(opening: str, lines: list[str], closing: str, width: int) -> list[str]:
    """Return a bracket whose last item is a broken one with both opened, and closed, in one line; else nothing."""
    level = _indent(closing) + _STEP
    own = [number for number, line in enumerate(lines) if _indent(line) == level]
    head = opening + " ".join(lines[number].strip() for number in own[:-1])
    is_last = len(own) > 1 and own[-1] == len(lines) - 1 and lines[-1].strip() in ("},", "],")
    is_tuple = len(own) == 2 and opening.endswith(("= (", " ("))  # of one item: the comma makes it one
    if not is_last or is_tuple or len(head) > width or not all(_is_whole(lines[number], level) for number in own[:-2]):
        return []
    return [head, *(line[_STEP:] for line in lines[own[-2] + 1 : -1]), lines[-1][_STEP:-1] + closing.strip()]


def _is_whole(line: str, level: int) -> bool:
    """Tell whether a line is an item by itself."""
    return _indent(line) == level and line.endswith(",") and line.strip()[0] not in ")]}#" and "  # " not in line


def _says_something(argument: str) -> bool:
    """Tell whether an argument of a signature has a type; where there are overloads, that behind them has none."""
    return ": " in argument and ": Any" not in argument and "**" not in argument


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
