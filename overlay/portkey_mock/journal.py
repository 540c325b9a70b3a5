"""What arrived: a bounded list of calls, with the assertions that tests make about them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Final, TypeAlias, overload
from urllib.parse import parse_qsl

from portkey_mock.hiding import hide_headers, hide_json, hide_query
from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.message import Headers, Request

_KEPT_BODY: Final = 1 << 16
_ANYTHING: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Entry:
    """One call that arrived. What it shows holds no credential: a secret is read as `***`.

    Attributes:
        number: counted from 1 over everything that ever arrived.
        time: when it arrived, in seconds since 1970 by the clock of the mock.
        operation: its name, such as `batches.cancel`; empty if the request means none.
        method: in upper case.
        path: as sent, percent-encoded.
        size: bytes of the body.
        status: of the answer; None if the connection was reset before one.
        seconds: how long the mock took, its faults left out.
        faults: the faults it met, as a plan file has them.
    """

    number: int
    time: float
    operation: str
    method: str
    path: str
    size: int
    status: int | None
    seconds: float
    faults: tuple[JsonObject, ...]
    _query: str = field(repr=False)
    _headers: Headers = field(repr=False)
    _body: bytes = field(repr=False)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the query, decoded; the last one of those that were repeated."""
        return dict(parse_qsl(hide_query(self._query), keep_blank_values=True, errors="replace"))

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name in lower case; the last one of those that were repeated."""
        return dict(hide_headers(self._headers))

    @property
    def json(self) -> Json:
        """The body, if it is JSON and not longer than 64 KiB; None if it is not."""
        try:
            return hide_json(json.loads(self._body)) if len(self._body) == self.size else None
        except (ValueError, RecursionError):
            return None

    def to_json(self) -> JsonObject:
        """All of it, for a page or a file."""
        shown = ("number", "time", "operation", "method", "path", "query", "headers", "json", "size", "status")
        return {name: getattr(self, name) for name in (*shown, "seconds", "faults")}

    @property
    def target(self) -> str:
        """Path and query, as sent."""
        query = hide_query(self._query)
        return f"{self.path}?{query}" if query else self.path

    def __str__(self) -> str:
        return f"{self.method} {self.target} -> {self.status or 'reset'} ({self.operation or 'no operation'})"


_Row: TypeAlias = tuple[int, float, str, Request, int, int | None, float, tuple[JsonObject, ...]]
"""What is written down of a call; it becomes an `Entry` when somebody reads it."""


def _entry(row: _Row) -> Entry:
    number, time, operation, request, size, status, seconds, faults = row
    return Entry(
        number,
        time,
        operation,
        request.method,
        request.path,
        size,
        status,
        seconds,
        faults,
        request.query,
        request.headers,
        request.body,
    )


class Calls(Sequence[Entry]):
    """Some of the calls in a journal, oldest first."""

    def __init__(self, what: str, found: Sequence[Entry], others: Sequence[Entry]) -> None:
        """`found` are the calls to `what`; `others` arrived as well, and are named when an assertion fails."""
        self._what = what
        self._found = found
        self._others = others

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    @property
    def last(self) -> Entry:
        """The latest one.

        Raises:
            AssertionError: there was none.
        """
        self._check(len(self._found) > 0, "at least once")
        return self._found[-1]

    def assert_called(self, times: int | None = None) -> None:
        """Passes if there was a call, or exactly so many.

        Raises:
            AssertionError: it says what arrived instead.
        """
        wanted = "at least once" if times is None else f"{times} times"
        self._check(bool(self._found) if times is None else len(self._found) == times, wanted)

    def assert_not_called(self) -> None:
        """Passes if there was no call; it raises as `assert_called` does."""
        self._check(not self._found, "never")

    def assert_called_once_with(
        self,
        *,
        path: str | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Json = _ANYTHING,  # the name that httpx has for it
        status: int | None = None,
    ) -> None:
        """Passes if there was one call, and it was like this; what is left out may be anything.

        `query` and `headers` name those that have to be there, among others; secrets are `***`.

        Raises:
            AssertionError: it says what arrived instead, and where it differs.
        """
        self._check(len(self._found) == 1, "once")
        call = self._found[0]
        parts: dict[str, Json] = {"path": path, "query": query, "headers": headers, "json": json, "status": status}
        for name, wanted in parts.items():
            if wanted is _ANYTHING or (wanted is None and name != "json"):
                continue
            got: Json = getattr(call, name)
            if name in ("query", "headers"):
                got = {key: value for key, value in got.items() if key in dict(wanted or {})}
            if got != wanted:
                raise AssertionError(f"{self._what} was called with {name} = {got!r}, not with {wanted!r}")

    def _check(self, holds: bool, wanted: str) -> None:
        if not holds:
            listed = "".join(f"\n  {call}" for call in self._others) or " nothing"
            raise AssertionError(
                f"{self._what} should have been called {wanted}, and was called {len(self._found)} times; "
                f"what arrived:{listed}"
            )


class Journal:
    """The latest calls, oldest first; the oldest ones are forgotten."""

    def __init__(self, size: int = 1000, *, listen: Callable[[Entry], None] | None = None) -> None:
        """Keeps `size` calls, and of each no more than 64 KiB of the body; `listen` is told of each call."""
        self._rows: deque[_Row] = deque(maxlen=size)
        self._count = 0
        self._lock = Lock()
        self.listen = listen

    def add(
        self,
        request: Request,
        operation: str,
        *,
        status: int | None,
        time: float,
        seconds: float,
        faults: tuple[JsonObject, ...] = (),
    ) -> None:
        """Writes down a call and what was answered."""
        size = len(request.body)
        kept = request if size <= _KEPT_BODY else replace(request, body=b"")
        with self._lock:
            self._count += 1
            row = (self._count, time, operation, kept, size, status, seconds, faults)
            self._rows.append(row)
        if self.listen is not None:
            self.listen(_entry(row))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def calls(self) -> Calls:
        """Every call."""
        entries = self.snapshot()
        return Calls("the mock", entries, entries)

    def calls_to(self, operation: str) -> Calls:
        """The calls to an operation, by its name or a pattern such as `batches.*`."""
        entries = self.snapshot()
        return Calls(operation, [each for each in entries if fnmatchcase(each.operation, operation)], entries)

    def snapshot(self) -> tuple[Entry, ...]:
        """The calls as they are now."""
        with self._lock:
            rows = tuple(self._rows)
        return tuple(map(_entry, rows))

    def clear(self) -> None:
        """Forgets all calls; the next one is number 1."""
        with self._lock:
            self._rows.clear()
            self._count = 0
