"""The requests of a batch as JSON lines, checked before anything is sent: every complaint names its line."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias, cast

from portkey_api.types import WireModel, to_wire

from .errors import InvalidBatchError, RequestRefusedError
from .files import temporary
from .narrow import is_mapping, is_path

Requests: TypeAlias = "Iterable[Mapping[str, Any]] | bytes | str | os.PathLike[str]"
"""The requests of a batch: objects, JSON lines as bytes, or the path of a file of JSON lines."""
MAX_REQUESTS = 50_000
"""How many requests OpenAI takes in one batch."""
MAX_BYTES = 200_000_000
"""How many bytes OpenAI takes in one batch."""
_COMPLAINTS = 100
"""After so many complaints the rest is not read."""


class Lines(NamedTuple):
    """The requests of a batch, ready to be sent."""

    stream: IO[bytes]
    requests: int
    size: int
    """In bytes."""
    sha256: str
    """In hexadecimal."""


@contextmanager
def lines(requests: Requests, endpoint: str, max_requests: int, max_bytes: int) -> Generator[Lines]:
    """Lend the requests as a file of JSON lines, one object a line, blank lines left out.

    Args:
        requests: Objects get the ``method`` and ``url`` they lack.
        endpoint: Where all of them go.
        max_requests: How many there may be.
        max_bytes: How many bytes the file may have.

    Raises:
        InvalidBatchError: A line is not as it must be; it names all of them.
    """
    checker = Checker(endpoint, max_requests, max_bytes)
    digest = sha256()
    with temporary() as file:
        for number, line in _numbered(requests, endpoint, checker):
            checker.check(number, line)
            if checker.full:
                break
            written = line + b"\n"
            digest.update(written)
            file.write(written)
        checker.conclude()
        yield Lines(cast("IO[bytes]", file), checker.count, file.seek(0, os.SEEK_END), digest.hexdigest())


class Checker:
    """Reads one line after the other, and collects what is wrong."""

    def __init__(self, endpoint: str, max_requests: int = MAX_REQUESTS, max_bytes: int = MAX_BYTES) -> None:
        self.problems: list[tuple[int, str]] = []
        self.count: int = 0
        self.size: int = 0
        self._endpoint = endpoint
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self._seen: dict[str, int] = {}

    @property
    def full(self) -> bool:
        """Whether there is no point in reading on."""
        return len(self.problems) >= _COMPLAINTS or self.count > self._max_requests or self.size > self._max_bytes

    def check(self, number: int, line: bytes) -> None:
        """Check the line with this number."""
        self.count += 1
        self.size += len(line) + 1
        if self.count > self._max_requests:
            self.complain(number, f"there are more than {self._max_requests} requests")
        elif self.size > self._max_bytes:
            self.complain(number, f"there are more than {self._max_bytes} bytes")
        else:
            for problem in self._problems(number, line):
                self.complain(number, problem)

    def complain(self, number: int, problem: str) -> None:
        """Note what is wrong with a line."""
        self.problems.append((number, problem))

    def conclude(self) -> None:
        """Raise what was found.

        Raises:
            InvalidBatchError: Something was, or there is no request.
        """
        if not self.count and not self.problems:
            self.complain(0, "there is no request")
        if self.problems:
            error = InvalidBatchError(self._summary())
            error.problems = self.problems[:_COMPLAINTS]
            raise error

    def _summary(self) -> str:
        shown = [f"line {line}: {text}" if line else text for line, text in self.problems[:5]]
        left = len(self.problems) - len(shown)
        more = ["and more" if self.full else f"and {left} more"] if left else []
        return "; ".join([*shown, *more])

    def _problems(self, number: int, line: bytes) -> Iterator[str]:
        try:
            request: Any = json.loads(line.decode(), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            yield f"it is not JSON: {_reason(error)}"
            return
        if not is_mapping(request):
            yield "it is not a JSON object"
            return
        yield from self._identity(number, request.get("custom_id"))
        if request.get("method") != "POST":
            yield f"method must be 'POST', is {_short(request.get('method'))}"
        if request.get("url") != self._endpoint:
            yield f"url must be the batch's endpoint {self._endpoint!r}, is {_short(request.get('url'))}"
        body = request.get("body")
        if not is_mapping(body):
            yield f"body must be an object, is {_short(body)}"
        elif body.get("stream"):
            yield "body.stream cannot be true: a batch has no one to stream to"

    def _identity(self, number: int, custom_id: Any) -> Iterator[str]:
        if not isinstance(custom_id, str) or not custom_id:
            yield f"custom_id must be text and not empty, is {_short(custom_id)}"
        elif (first := self._seen.setdefault(custom_id, number)) != number:
            yield f"custom_id {_short(custom_id)} is that of line {first}"


def _numbered(requests: Any, endpoint: str, checker: Checker) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank, with its number, without its end."""
    if isinstance(requests, bytes):
        yield from _split(requests.split(b"\n"))
    elif isinstance(requests, str) or is_path(requests):
        try:
            file = Path(requests).open("rb")  # noqa: SIM115  # closed below; only its opening is caught
        except OSError as error:
            raise RequestRefusedError(f"requests: {os.fspath(requests)} cannot be read: {error.strerror}") from None
        with file:
            yield from _split(file)
    else:
        for number, each in enumerate(requests, 1):
            line = _dumped(number, each, endpoint, checker)
            if line is not None:
                yield number, line


def _split(raw: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(raw, 1):
        if line.strip():
            yield number, line.rstrip(b"\r\n")


def _dumped(number: int, request: Any, endpoint: str, checker: Checker) -> bytes | None:
    """Return one request as a line; ``None``, and a complaint, where it cannot be one."""
    wire = request.to_dict() if isinstance(request, WireModel) else request
    if not is_mapping(wire):
        checker.complain(number, f"it is a {type(request).__name__}; a request is an object")
        return None
    try:
        whole = to_wire({"method": "POST", "url": endpoint, **wire})
        return json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        checker.complain(number, f"it cannot be written as JSON: {_reason(error)}")
        return None


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _short(value: Any) -> str:
    if value is None:
        return "missing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
