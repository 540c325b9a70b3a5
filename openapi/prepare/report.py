"""What the pipeline did to a document: which rule was applied where, and what is worth knowing."""

from __future__ import annotations

from collections import Counter

from .errors import pointer


class Report:
    """Collects the applications of rules and notes, in the order they happen."""

    def __init__(self) -> None:
        self.applied: list[tuple[str, str]] = []
        """(rule, JSON pointer) of every change a rule made."""
        self.notes: list[str] = []

    def rule(self, name: str, place: tuple[str | int, ...]) -> None:
        """Record that a rule changed the document at a place."""
        self.applied.append((name, pointer(*place)))

    def note(self, text: str) -> None:
        """Record something a reader of the report should know."""
        self.notes.append(text)

    def counts(self) -> dict[str, int]:
        """Return how often each rule was applied, by name."""
        return dict(sorted(Counter(name for name, _ in self.applied).items()))
