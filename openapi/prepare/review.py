"""What a new revision means, in the order in which a person wants to know it: the one source of all reports."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .change import Change, Level, Side
from .correct import Idle

SEVERAL, WHOLE = "several resources", "shared types and the document"
_ORDER = (Level.BREAKING, Level.COMPATIBLE, Level.DOCUMENTATION)


@dataclass(frozen=True)
class Review:
    """A revision, weighed."""

    title: str
    old: str
    """The version of the old document, as it says itself."""
    new: str
    changes: list[Change]
    names: dict[str, str] = field(default_factory=dict[str, str])
    """What names.yaml needs more than it says, so that names stay."""
    stale_names: list[str] = field(default_factory=list[str])
    """What names.yaml says of operations that are gone."""
    stale_aliases: list[str] = field(default_factory=list[str])
    """What aliases.yaml says of names that are gone, or that are names of their own now."""
    idle: list[Idle] = field(default_factory=list[Idle])
    """Corrections that had an effect on the old document and have none on the new one."""
    lacking: list[str] = field(default_factory=list[str])
    """Places that need prose of ours, as JSON pointers."""
    doubtful: list[str] = field(default_factory=list[str])
    """Places whose prose should be read again."""
    notes: list[str] = field(default_factory=list[str])
    """What the pipeline says about the new document."""

    @property
    def breaks(self) -> bool:
        """Whether code written against the old client may stop working."""
        return any(change.level is Level.BREAKING for change in self.changes)


@dataclass(frozen=True)
class Section:
    """The changes of one level, by resource."""

    level: Level
    groups: dict[str, list[Change]]
    """Resource, as in ``batches`` -> its changes."""

    @property
    def size(self) -> int:
        """How many changes there are."""
        return sum(map(len, self.groups.values()))


def sections(changes: Iterable[Change]) -> list[Section]:
    """Return the changes, breaking ones first, then by resource, then in their order; none that is empty."""
    found: dict[Level, dict[str, list[Change]]] = {level: {} for level in _ORDER}
    for change in changes:
        found[change.level].setdefault(resource_of(change), []).append(_clean(change))
    last = (SEVERAL, WHOLE)
    return [
        Section(
            level, {name: found[level][name] for name in sorted(found[level], key=lambda name: (name in last, name))}
        )
        for level in _ORDER
        if found[level]
    ]


def resource_of(change: Change) -> str:
    """Return the resource a change concerns, or a word for several and for none."""
    names = {name.rpartition(".")[0] for name in change.operations}
    return WHOLE if not names else names.pop() if len(names) == 1 else SEVERAL


def counts(changes: Iterable[Change]) -> dict[Level, dict[Side, int]]:
    """Return how many changes there are of each level on each side."""
    found = Counter((change.level, change.side) for change in changes)
    return {level: {side: found[level, side] for side in Side} for level in _ORDER}


def next_version(current: str, changes: Iterable[Change]) -> str:
    """Return the version of the client that a revision asks for.

    Semantic Versioning 2.0.0: what breaks is a major step, what adds a minor one, anything else a patch. Below 1.0.0,
    where its section 4 promises nothing, we promise one thing: only a minor step may break, everything else is a patch.
    """
    levels = {change.level for change in changes}
    if not levels:
        return current
    major, minor, patch = map(int, current.split("."))
    if major == 0:
        return f"0.{minor + 1}.0" if Level.BREAKING in levels else f"0.{minor}.{patch + 1}"
    if Level.BREAKING in levels:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if Level.COMPATIBLE in levels else f"{major}.{minor}.{patch + 1}"


def changelog(review: Review) -> dict[str, list[Change]]:
    """Return the changes a user of the client reads about, under the headings of Keep a Changelog 1.1.0."""
    found: dict[str, list[Change]] = {"Added": [], "Changed": [], "Removed": []}
    for change in map(_clean, review.changes):
        if change.level is not Level.DOCUMENTATION:
            heading = {"added": "Added", "removed": "Removed"}.get(change.kind.rpartition("-")[2], "Changed")
            found[heading].append(change)
    by_weight = {
        heading: sorted(each, key=lambda change: _ORDER.index(change.level)) for heading, each in found.items()
    }
    return {heading: each for heading, each in by_weight.items() if each}


def _clean(change: Change) -> Change:
    """Return a change whose texts are all printable."""
    return replace(
        change,
        pointer=printable(change.pointer),
        python=printable(change.python),
        text=printable(change.text),
        before=printable(change.before),
        after=printable(change.after),
    )


def printable(text: str) -> str:
    """Return text on one line, without what a terminal would obey or what turns the direction of reading."""
    return "".join(
        " " if character in "\n\t\r" else f"\\u{{{ord(character):x}}}" if _commands(character) else character
        for character in text
    )


def _commands(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
