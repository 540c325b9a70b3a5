"""One difference between two documents, as a user of the Python client meets it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """What a change means for code that was written against the old client."""

    BREAKING = "breaking"
    """Code that worked, or passed the type checkers, no longer does."""
    COMPATIBLE = "compatible"
    """All such code goes on working; there is something new to use, or less to give."""
    DOCUMENTATION = "documentation"
    """Only prose changed."""


class Side(Enum):
    """Which half of an exchange a change is in."""

    REQUEST = "request"
    RESPONSE = "response"
    NEITHER = "neither"
    """It concerns a whole operation, or the document."""


@dataclass(frozen=True)
class Change:
    """One difference."""

    level: Level
    side: Side
    kind: str
    """What happened, as a stable slug such as ``parameter-removed``."""
    operations: tuple[str, ...]
    """The Python names of the operations concerned, such as ``batches.cancel``, sorted."""
    pointer: str
    """Where, as a JSON pointer into the new document; into the old one for what was removed."""
    python: str
    """What a user types or reads, such as ``batches.create(endpoint=)`` or ``Batch.errors``."""
    text: str
    """One sentence that says what was, and what is."""
    before: str = ""
    """What was there, in short, where it is one value: a type, a name, a path."""
    after: str = ""
    """What is there now, likewise."""
