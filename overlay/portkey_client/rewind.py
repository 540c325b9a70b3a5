"""Sending a body again: files are read from where the first attempt began, or the call is not repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Bookmarks = Sequence[tuple[Any, int]]
"""Each file of a request, with its position before the first attempt."""


def bookmarks(arguments: Mapping[str, Any]) -> Bookmarks | None:
    """Return where the files of a request stand; ``None`` where one cannot be read twice, such as a pipe.

    Args:
        arguments: The arguments of ``httpx.Client.request``.
    """
    marks: list[tuple[Any, int]] = []
    for stream in _streams(arguments):
        try:
            if not stream.seekable():
                return None
            marks.append((stream, stream.tell()))
        except (AttributeError, OSError, ValueError):
            return None
    return marks


def rewind(marks: Bookmarks | None) -> None:
    """Put every file back to its mark."""
    for stream, position in marks or ():
        stream.seek(position)


def _streams(arguments: Mapping[str, Any]) -> Iterator[Any]:
    contents = [file[1] for _, file in arguments.get("files", ())]
    for content in (*contents, arguments.get("content", b"")):
        if not isinstance(content, (bytes, str)):
            yield content
