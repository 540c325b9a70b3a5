"""The one way in which the pipeline refuses its input."""

from __future__ import annotations


class PrepareError(Exception):
    """The document, a correction or the output cannot be used; the message names the place and the remedy."""


def pointer(*tokens: str | int) -> str:
    """Join tokens into a JSON pointer (RFC 6901)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def tokens(reference: str) -> list[str]:
    """Split a JSON pointer (RFC 6901), with or without its leading ``#``, into unescaped tokens."""
    parts = reference.removeprefix("#").split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]
