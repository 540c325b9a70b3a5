"""One operation in two documents, and how what differs in it is told."""

from __future__ import annotations

from typing import Any

from .canonical import PROSE, as_text
from .change import Side
from .changes import Changes
from .compare_facts import short
from .errors import Place
from .load import Json
from .pytypes import Type, relate, text
from .surface import Method


class Pair:
    """One operation in both documents."""

    def __init__(self, changes: Changes, old: Method, new: Method) -> None:
        self.changes = changes
        self.old = old
        self.new = new

    def add(self, kind: str, side: Side, where: Place, said: str, **rest: Any) -> None:
        """Add a change; the place is one below the operation."""
        method = self.old if rest.get("gone") else self.new
        self.changes.add(kind, side, (self.new.name,), (*method.place, *where), said, **rest)

    def related(self, subject: str, side: Side, where: Place, types: tuple[Type, Type], python: str) -> None:
        """Add how a type became another one, if it did."""
        relation = relate(*types, self.changes.old.expand, self.changes.new.expand)
        if relation != "same":
            before, after = map(text, types)
            self.add(
                f"{subject}-{relation}",
                side,
                where,
                f"was {before}, is {after}",
                python=python,
                before=before,
                after=after,
            )

    def beside(self, old: Json, new: Json, told: tuple[str, ...], where: Place, side: Side, python: str) -> None:
        """Compare the keys of two nodes that are not compared by themselves."""
        keys = sorted(key for key in {*old, *new} - {*told} if _differ(key, old, new))
        prose = [key for key in keys if key in PROSE]
        if prose:
            self.add("prose-changed", side, where, f"is described differently ({', '.join(prose)})", python=python)
        for key in keys:
            if key not in PROSE:
                self.add(
                    "detail-changed",
                    side,
                    where,
                    f"`{key}` was {short(old.get(key))}, is {short(new.get(key))}",
                    python=python,
                    before=short(old.get(key)),
                    after=short(new.get(key)),
                )


def _differ(key: str, old: Json, new: Json) -> bool:
    first, second = old.get(key), new.get(key)
    if key == "tags":
        return sorted(map(str, first or [])) != sorted(map(str, second or []))
    return as_text(first) != as_text(second)
