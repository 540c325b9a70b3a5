"""Take out of the inputs what a new revision left without use: corrections without effect, names of no operation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from .correct import Idle, read_actions
from .errors import PrepareError
from .load import is_object
from .steady import by_path

_REFERENCE = re.compile(r"`([\w-]+\.yaml)#([\d,-]+)`")
"""How corrections/README.md names actions: a file, and their positions in it."""


def retire_corrections(folder: Path, idle: Sequence[Idle], version: str) -> None:
    """Take actions out of the files of a folder, a file without any left too, and renumber what README.md refers to.

    All other lines stay as they are, comments included. A row of README.md that has no action left is no longer
    ``corrected`` but ``dropped``.

    Raises:
        PrepareError: A file lists its actions in a way that lines cannot be taken out of; the message says the remedy.
    """
    out = {each.action.name for each in idle}
    before = [action.name for action in read_actions(folder)]
    kept = [(action.target, action.value) for action in read_actions(folder) if action.name not in out]
    for name in sorted({name.partition("#")[0] for name in out}):
        numbers = {int(each.partition("#")[2]) for each in out if each.startswith(f"{name}#")}
        _take_out(folder / name, numbers)
    if [(action.target, action.value) for action in read_actions(folder)] != kept:
        raise PrepareError(f"corrections: take out by hand, then run it again: {', '.join(sorted(out))}")
    readme = folder / "README.md"
    if out and readme.exists():
        lines = readme.read_text("utf-8").splitlines(keepends=True)
        moved = _positions(before, out)
        version = re.sub(r"[^\w.+-]", "", version)  # it comes from the published document, and goes into our table
        readme.write_text("".join(_renumbered(line, moved, version) for line in lines), encoding="utf-8")


def rewrite_names(path: Path, names: Mapping[str, str]) -> None:
    """Let names.yaml say what it is to say: entries that are no longer wanted go, new ones come in by their path.

    Raises:
        PrepareError: An entry does not stand on a line of its own.
    """
    kept: list[tuple[str, str]] = []
    for line in path.read_text("utf-8").splitlines():
        key, value = _entry_of(line, path)
        if key in names or (not key and line.strip() != "{}"):
            kept.append((key, line if names.get(key, "") == value else _written(key, names)))
    for key in sorted(names.keys() - {key for key, _ in kept}, key=by_path):
        place = next((at for at, (other, _) in enumerate(kept) if other and by_path(other) > by_path(key)), len(kept))
        while place and kept[place - 1][1].startswith("#") and place < len(kept):  # what is said above the next one
            place -= 1
        kept.insert(place, (key, _written(key, names)))
    if not names:
        kept.append(("", "{}"))
    path.write_text("".join(f"{line}\n" for _, line in kept), encoding="utf-8")


def retire_aliases(path: Path, kept: Container[str]) -> None:
    """Take the entries out of aliases.yaml that are not to be kept; all other lines stay as they are.

    Raises:
        PrepareError: An entry does not stand on a line of its own.
    """
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() != "{}"]
    entries = [str(_entry_of(line, path)[0]) for line in lines]
    left = [line for line, alias in zip(lines, entries, strict=True) if not alias or alias in kept]
    if not any(alias in kept for alias in entries):
        left.append("{}")
    path.write_text("".join(f"{line}\n" for line in left), encoding="utf-8")


def _written(key: str, names: Mapping[str, str]) -> str:
    return yaml.safe_dump({key: names[key]}, allow_unicode=True, width=float("inf")).rstrip()


def _entry_of(line: str, path: Path) -> tuple[str, Any]:
    """Return the key and the value of a line; two empty texts for one that has none."""
    try:
        entry: Any = yaml.safe_load(line) or {"": ""}
    except yaml.YAMLError:
        entry = None
    if not is_object(entry) or len(entry) != 1 or line[:1].isspace():
        raise PrepareError(f"{path.name}: {line.strip()!r:.60}: write each entry on a line of its own")
    return next(iter(entry.items()))


def _take_out(path: Path, numbers: set[int]) -> None:
    """Take the items at some positions of ``actions`` out of a file; the whole file where none is left."""
    text = path.read_text("utf-8")
    root: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
    items = next(value for key, value in root.value if key.value == "actions")
    starts: list[int] = [item.start_mark.line for item in items.value]
    if len(starts) == len(numbers):
        path.unlink()
        return
    lines = text.splitlines(keepends=True)
    ends: list[int] = [*starts[1:], items.end_mark.line]
    for number in sorted(numbers, reverse=True):
        end = ends[number]
        while lines[end - 1].lstrip().startswith("#"):  # what is said above the next one stays
            end -= 1
        del lines[starts[number] : end]
    path.write_text("".join(lines), encoding="utf-8")


def _positions(names: Sequence[str], out: Container[str]) -> dict[str, dict[int, int]]:
    """Return, by file, the new positions of the actions that stay."""
    positions: dict[str, dict[int, int]] = defaultdict(dict)
    for name in names:
        file, _, number = name.partition("#")
        if name not in out:
            positions[file][int(number)] = len(positions[file])
    return positions


def _renumbered(line: str, positions: Mapping[str, Mapping[int, int]], version: str) -> str:
    """Return a line of README.md with the new positions of the actions it refers to."""

    def renumbered(match: re.Match[str]) -> str:
        moved = positions.get(match[1], {})
        found = [moved[number] for number in _numbers(match[2]) if number in moved]
        return f"`{match[1]}#{_ranges(found)}`" if found else f"taken out with version {version}"

    new = _REFERENCE.sub(renumbered, line)
    return new if new == line or _REFERENCE.search(new) else new.replace("| corrected |", "| dropped |")


def _numbers(text: str) -> Iterator[int]:
    """Yield the numbers of ``0,3-5``."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers as ``0,3-5``."""
    runs = [list(run) for _, run in groupby(enumerate(numbers), lambda each: each[1] - each[0])]
    return ",".join(str(run[0][1]) if len(run) == 1 else f"{run[0][1]}-{run[-1][1]}" for run in runs)
