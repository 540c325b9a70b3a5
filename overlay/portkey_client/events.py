"""Server-sent events out of bytes, as WHATWG's HTML standard reads them ("Interpreting an event stream").

Nothing here knows what an event means, and nothing does I/O.
"""

from __future__ import annotations

from typing import NamedTuple

_MARK = b"\xef\xbb\xbf"
"""A byte order mark, which may stand at the very start."""


class ServerEvent(NamedTuple):
    """One event."""

    name: str
    """What ``event:`` said, or nothing."""
    data: str
    """The lines that ``data:`` said, a line feed between any two."""


class EventParser:
    """Reads a stream piece by piece, wherever it is cut. An event that its empty line does not end is none.

    A line ends with CRLF, LF or CR and nothing else: U+2028 is part of a text. ``id`` and ``retry`` serve to take a
    stream up again, which no gateway can; they are left out, as comments and unknown fields are.
    """

    __slots__ = ("_after_return", "_data", "_first", "_name", "_rest")

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._data: list[bytes] = []
        self._name = b""
        self._first = True
        self._after_return = False

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """Take the next bytes, and return the events that are complete with them."""
        if self._after_return and piece:
            piece = piece.removeprefix(b"\n")  # the other half of a CRLF
            self._after_return = False
        if b"\n" not in piece and b"\r" not in piece:
            self._rest.append(piece)
            return []
        self._after_return = piece.endswith(b"\r")
        text = b"".join((*self._rest, piece))
        lines = text.splitlines()
        self._rest = [] if text.endswith((b"\n", b"\r")) else [lines.pop()]
        return self._events(lines)

    def _events(self, lines: list[bytes]) -> list[ServerEvent]:
        if self._first:
            self._first = False
            lines[0] = lines[0].removeprefix(_MARK)
        events: list[ServerEvent] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif not line:
                if self._data:
                    data = b"\n".join(self._data).decode("utf-8", "replace")
                    events.append(ServerEvent(self._name.decode("utf-8", "replace"), data))
                self._data, self._name = [], b""
            else:
                self._field(line)
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._name = value.removeprefix(b" ")
        elif name == b"data":  # without a colon: an empty line of data
            self._data.append(b"")
