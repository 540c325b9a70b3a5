"""The one way in which the pipeline refuses its input."""

from __future__ import annotations

from typing import TypeAlias
from urllib.parse import unquote

Place: TypeAlias = tuple[str | int, ...]
"""Where a node stands in the document: the tokens of its JSON pointer."""


class PrepareError(Exception):
    """The document, a correction or the output cannot be used; the message names the place and the remedy."""

    place: Place | None = None
    """Where in the document, if that is known."""


def refuse(place: Place, problem: str) -> PrepareError:
    """Return the refusal of what stands at a place, to be raised."""
    refusal = PrepareError(f"{pointer(*place) or 'the document'}: {problem}")
    refusal.place = place
    return refusal


def pointer(*tokens: str | int) -> str:
    """Join tokens into a JSON pointer (RFC 6901)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def tokens(reference: str) -> list[str]:
    """Split a reference, ``#`` and a JSON pointer in the spelling of a URI (RFC 6901, section 6), into its tokens."""
    parts = unquote(reference.removeprefix("#")).split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]
