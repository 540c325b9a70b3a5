"""The journal of many calls: which were begun, and what came of those that ended, so that another run can go on.

A file of JSON lines that is only ever added to::

    {"journal": "portkey-client", "version": 1, "operation": "POST https://api.portkey.ai/v1/embeddings"}
    {"begun": "0", "digest": "6f1d..."}
    {"ended": "0", "digest": "6f1d...", "state": "done", "attempts": 1, "status": 200, "media": "...", "body": "{...}"}

``begun`` is handed to the operating system before the request is sent, ``ended`` when its answer is there: what was
begun and not ended may have been carried out. A crash of the program loses nothing; one of the machine may lose the
last lines. The file holds the answers as they came and a digest of the arguments, no argument and none of the headers
that were sent but the ``Idempotency-Key``; a credential of the call that an answer repeats is hidden. Only its owner
may read it, since answers may be private.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Literal, NamedTuple, TypeAlias

from portkey_api.types import CallOptions, Operation, RawResponse, read, to_wire

from . import errors
from .answer import documented
from .errors import AnswerError, APIError, JournalError, PortkeyError, RequestRefusedError
from .narrow import is_mapping, is_path
from .observe import redacted, shown, without

State: TypeAlias = Literal["done", "failed", "unknown"]
"""What became of a call: ``unknown`` where it has no result and may have been carried out all the same."""
_HEAD = {"journal": "portkey-client", "version": 1}
_KEPT = ("operation", "attempts", "elapsed", "maybe_done", "sent")
"""What an error remembers besides its message and its answer."""


class Entry(NamedTuple):
    """What a journal knows of one call."""

    digest: str
    """That of its arguments."""
    idempotency_key: str | None = None
    """What it was sent with."""
    state: State | None = None
    """What became of it; ``None``: it was begun, and nobody knows."""
    attempts: int = 0
    status: int = 0
    media: str = ""
    """The content type of its answer."""
    body: bytes = b""
    """Its answer, as it came."""
    error: PortkeyError | None = None
    """Why it has no answer."""


def write_line(fd: int, line: bytes) -> None:
    """Hand one line to the operating system, all of it."""
    while line:
        line = line[os.write(fd, line) :]


class Journal:
    """An open journal, locked against any other run.

    Args:
        path: Where it is, or is to be.

    Raises:
        JournalError: It is damaged, or in use.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._lock = Lock()
        self._known: dict[str, int | Entry] = {}
        """Each key, and where its last ``ended`` line is, or what its ``begun`` line says."""
        self._head: Mapping[str, Any] = {}
        self._failure: BaseException | None = None
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
        try:
            self._claim()
            self._reader = Path(self._path).open("rb")  # noqa: SIM115  # `close` closes it
        except BaseException:
            os.close(self._fd)
            raise
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file, for another run to use."""
        self._reader.close()
        os.close(self._fd)

    def belongs_to(self, operation: Operation[Any], address: str) -> None:
        """Write into a new journal what it is of, and compare with it what another one is of.

        Args:
            operation: What all its calls call.
            address: The gateway's.

        Raises:
            JournalError: It is of another operation, or of another gateway.
        """
        called = f"{operation.method} {shown(address)}{operation.path}"
        with self._lock:
            if not self._head:
                self._append(head := {**_HEAD, "operation": called})
                self._head = head
        if self._head["operation"] != called:
            raise JournalError(f"{self._path} is the journal of {self._head['operation']}, not of {called}")

    def find(self, key: str, digest: str, operation: Operation[Any]) -> Entry | None:
        """Return what is known of a call, ``None`` where nothing is.

        Raises:
            JournalError: Its key was used for other arguments, or its line cannot be read any more.
        """
        with self._lock:
            known = self._known.get(key)
            if isinstance(known, int):
                self._reader.seek(known)
                known = self._entry(self._reader.readline(), operation)
        if known is not None and known.digest != digest:
            raise JournalError(
                f"{self._path}: the key {key!r} was used for other arguments; give this run its own journal"
            )
        return known

    def begin(self, key: str, entry: Entry) -> None:
        """Note that a call is about to be sent."""
        noted = {"idempotency_key": entry.idempotency_key} if entry.idempotency_key else {}
        with self._lock:
            self._append({"begun": key, "digest": entry.digest, **noted})

    def end(self, key: str, entry: Entry, came: RawResponse[Any] | PortkeyError, secrets: Sequence[str]) -> None:
        """Note what became of a call.

        Args:
            key: That of the call.
            entry: Its digest, key and state.
            came: Its answer, or why there is none.
            secrets: The credentials it was sent with.
        """
        noted = {"idempotency_key": entry.idempotency_key} if entry.idempotency_key else {}
        line = {"ended": key, "digest": entry.digest, "state": entry.state, **noted, "attempts": came.attempts}
        line |= _error(came, secrets) if isinstance(came, PortkeyError) else _answer(came, secrets)
        with self._lock:
            self._append(line)

    def _append(self, line: Mapping[str, Any]) -> None:
        if self._failure is not None:  # after half a line nothing may follow
            message = f"{self._path} could not be written to ({self._failure!r}); run again to go on from what it holds"
            raise JournalError(message)
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        try:
            write_line(self._fd, text.encode("utf-8", "surrogatepass"))
        except BaseException as failure:
            self._failure = failure
            raise

    def _claim(self) -> None:
        try:
            _lock(self._fd)
        except OSError:
            raise JournalError(f"{self._path} is in use by another run") from None

    def _load(self) -> None:
        """Read what is there, and take away a last line that a crash cut off."""
        offset = 0
        for number, line in enumerate(self._reader, 1):
            data = _object(line)
            if line.endswith(b"\n") or data is not None:
                self._learn(number, offset, data)
            if not line.endswith(b"\n"):
                self._mend(offset, whole=data is not None)
                return
            offset += len(line)

    def _mend(self, offset: int, *, whole: bool) -> None:
        """End a last line that lacks nothing but its end, and take any other away."""
        if whole:
            write_line(self._fd, b"\n")
        else:
            os.ftruncate(self._fd, offset)

    def _learn(self, number: int, offset: int, line: Mapping[str, Any] | None) -> None:
        """Take one line in.

        Raises:
            JournalError: It is none of a journal.
        """
        line = line or {}
        if number == 1 and {**line, **_HEAD} == line and isinstance(line.get("operation"), str):
            self._head = line
        elif number > 1 and (key := _key(line, "begun")) is not None:
            self._known[key] = Entry(line["digest"], line.get("idempotency_key"))
        elif number > 1 and (key := _key(line, "ended")) is not None:
            self._known[key] = offset
        else:
            kind = "no journal of this version of portkey-client" if number == 1 else "damaged"
            raise JournalError(f"{self._path}, line {number}: {kind}; mend or remove it, or give another path")

    def _entry(self, text: bytes, operation: Operation[Any]) -> Entry:
        """Return what an ``ended`` line says."""
        line = _object(text) or {}
        try:
            kept = {name: line[name] for name in ("digest", "state", "attempts")}
            kept["idempotency_key"] = line.get("idempotency_key")
            if "error" in line:
                return Entry(**kept, error=_read_error(line["error"], operation))
            return Entry(**kept, status=line["status"], media=line["media"], body=_bytes(line["body"]))
        except (LookupError, TypeError, ValueError, AttributeError):
            name = line.get("ended")
            raise JournalError(
                f"{self._path}: the line of what became of {name!r} is damaged; remove that line"
            ) from None


def digest(parts: Mapping[str, Any], options: CallOptions) -> str:
    """Return the digest of the arguments of a call: of what makes it this call, not of how it is sent.

    Raises:
        RequestRefusedError: An argument is neither JSON data nor bytes nor a path.
    """
    extra = [options.get("extra_query", {}), options.get("extra_body", {})]
    text = json.dumps(to_wire([dict(parts), *extra]), sort_keys=True, default=_plain)
    return sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return sha256(value).hexdigest()
    if is_path(value):
        return str(os.fspath(value))
    message = f"a journal can tell JSON data, bytes and paths again, no {type(value).__name__}; give one of them"
    raise RequestRefusedError(message)


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return data if is_mapping(data) else None


def _key(line: Mapping[str, Any], kind: str) -> str | None:
    """Return the key of a line of that kind, ``None`` for any other line."""
    if not isinstance(line.get("digest"), str) or not isinstance(line.get(kind), str):
        return None
    key: str = line[kind]
    return key


def _answer(raw: RawResponse[Any], secrets: Sequence[str]) -> dict[str, Any]:
    media = raw.headers.get("content-type", "")
    return {"status": raw.status, "media": media, "body": _text(raw.content, secrets)}


def _text(content: bytes, secrets: Sequence[str]) -> Any:
    """Return a body as text, or as base64 where it is none."""
    try:
        return without(content.decode(), secrets)
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else base64.b64decode(body["base64"], validate=True)


def _error(error: PortkeyError, secrets: Sequence[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": type(error).__name__, "message": without(str(error), secrets)}
    told |= {name: getattr(error, name) for name in _KEPT if hasattr(error, name)}
    if error.status is not None:
        body = _text(error.body, secrets) if isinstance(error.body, bytes) else without(to_wire(error.body), secrets)
        told |= {"status": error.status, "headers": redacted(error.headers), "body": body}
    if isinstance(error, APIError):
        told["message"] = error.message
    return {"error": told}


def _read_error(told: Mapping[str, Any], operation: Operation[Any]) -> PortkeyError:
    kind: Any = getattr(errors, told["kind"])
    if not issubclass(kind, PortkeyError):
        raise TypeError
    error: PortkeyError
    if issubclass(kind, APIError):
        body = read(documented(operation, told["status"])[1], told["body"])
        error = kind(told["message"], told["status"], told["headers"], body)
    elif issubclass(kind, AnswerError):
        error = kind(told["message"], told["status"], told["headers"], _bytes(told["body"]))
    else:
        error = kind(told["message"])
    vars(error).update({name: told[name] for name in _KEPT if name in told})
    return error


if sys.platform == "win32":  # pragma: no cover  # the tests run elsewhere
    import msvcrt

    def _lock(fd: int) -> None:
        """Lock a byte far behind the end: what Windows locks, nobody else can read."""
        os.lseek(fd, 1 << 40, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(fd: int) -> None:
        """Lock the file for as long as it is open."""
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
