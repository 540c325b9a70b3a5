"""What the pipeline did to a document: which rule was applied where, and what is worth knowing."""

from __future__ import annotations

from collections import Counter

from .errors import Place, pointer


class Report:
    """Collects the applications of rules and notes, in the order they happen."""

    def __init__(self) -> None:
        self.applied: dict[tuple[str, str], None] = {}
        """(rule, JSON pointer) of every change a rule made, each once: some schemas are looked at more than once."""
        self.notes: list[str] = []

    def rule(self, name: str, place: Place) -> None:
        """Record that a rule changed the document at a place."""
        self.applied[name, pointer(*place)] = None

    def note(self, text: str) -> None:
        """Record, once, something a reader of the report should know."""
        if text not in self.notes:
            self.notes.append(text)

    def counts(self) -> dict[str, int]:
        """Return how often each rule was applied, by name."""
        return dict(sorted(Counter(name for name, _ in self.applied).items()))
