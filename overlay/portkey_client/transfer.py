"""A long body, received once and whole however often the connection breaks: what is missing is asked for again.

Where the gateway gives the body a strong ``ETag``, only the rest is asked for (``Range`` with ``If-Range``, RFC 9110,
sections 13.1.5 and 14.2). Elsewhere it comes from its beginning again, and the part that is known must be the same.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from portkey_api.types import CallOptions

from .errors import APIError, ConnectionFailedError, TransferError, of_call

if TYPE_CHECKING:
    from .runner import Body, Runner

Progress: TypeAlias = Callable[[int, int | None], object]
"""Is told how many bytes are done, and of how many, where that is known."""
Open: TypeAlias = "Callable[[Mapping[str, str | None], CallOptions], Awaitable[Body[Any]]]"
"""Sends the request with these headers."""
Size: TypeAlias = Callable[[CallOptions], Awaitable[int | None]]
"""Asks how many bytes there are, for a body that came without a length."""


class Transfer:
    """Where a transfer stands; it does no I/O.

    Args:
        known: What an earlier call received already.
        validator: The entity tag of what ``known`` is a part of.
    """

    def __init__(self, known: Any = None, validator: str | None = None) -> None:
        self.position: int = 0
        """How many bytes there are."""
        self.total: int | None = None
        """How many there will be, where it is known."""
        self.validator: str | None = validator
        """The strong entity tag (RFC 9110, section 8.8.3), where there is one."""
        self.promised: bytes | None = None
        """The SHA-256 that the gateway gives (RFC 9530)."""
        self.operation: str | None = None
        """The operation that was called, once an answer has begun."""
        self._digest = sha256()
        self._inherited = False
        self._skip = 0
        self._again = sha256()
        for chunk in iter(lambda: known.read(65_536), b"") if known is not None else ():
            self._digest.update(chunk)
            self.position += len(chunk)
            self._inherited = True

    @property
    def sha256(self) -> str:
        """The SHA-256 of what there is, in hexadecimal."""
        return self._digest.hexdigest()

    def asked(self) -> dict[str, str | None]:
        """Return the headers that ask for what is missing."""
        plain: dict[str, str | None] = {"Accept-Encoding": "identity"}
        if not (self.position and self.validator):
            return plain
        return {**plain, "Range": f"bytes={self.position}-", "If-Range": self.validator}

    def forget(self) -> bool:
        """Start from nothing, if all there is came from an earlier call; tell whether it did."""
        inherited = self._inherited
        if inherited:
            self.position, self._digest, self._inherited, self.validator = 0, sha256(), False, None
        return inherited

    def is_answered_by(self, error: APIError) -> bool:
        """Tell whether an error says that nothing is missing; if not, all there was of an earlier call is forgotten.

        A 416 to a range that begins at the end has the length (RFC 9110, section 15.5.17). What an earlier call kept is
        not trusted then: its checksum was told to that call.

        Raises:
            APIError: The error is another one.
        """
        if error.status == 416 and self.forget():
            return False
        if error.status == 416 and self.position and error.headers.get("content-range") == f"bytes */{self.position}":
            return True
        raise error

    def begin(self, body: Body[Any]) -> None:
        """Take note of the beginning of an answer.

        Raises:
            TransferError: It is another part than the one that was asked for.
        """
        headers, self.operation = body.headers, body.operation
        length = _number(headers.get("content-length"))
        self.promised = _promised(headers.get("repr-digest", "")) or self.promised
        if body.status == 206:
            found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("content-range", ""))
            if found is None or int(found[1]) != self.position:
                raise self.failed(f"asked for the bytes from {self.position} on, got another part")
            self._skip, self.total = 0, _number(found[2])
            return
        self.forget()
        encoded = headers.get("content-encoding", "identity") != "identity"
        self.total = None if encoded else length
        tag = headers.get("etag", "")
        self.validator = tag if tag.startswith('"') and not encoded else None
        self._skip, self._again = self.position, sha256()

    def take(self, chunk: bytes) -> bytes:
        """Return what of a chunk is new.

        Raises:
            TransferError: What came before was another body.
        """
        new = chunk
        if self._skip:
            known, new = chunk[: self._skip], chunk[self._skip :]
            self._again.update(known)
            self._skip -= len(known)
            if not self._skip and self._again.digest() != self._digest.digest():
                raise self.failed("the content changed while it was being received; nothing of it can be used")
        self._digest.update(new)
        self.position += len(new)
        self._inherited = self._inherited and not new
        return new

    def lacks(self, body: Body[Any]) -> str | None:
        """Return what is missing at the end of an answer, ``None`` where nothing is."""
        length, received = _number(body.headers.get("content-length")), body.received
        if None not in (length, received) and length != received:
            return f"{received} of {length} bytes came"
        if self._skip or (self.total is not None and self.total != self.position):
            return f"{self.position - self._skip} of {self.total or self.position} bytes came"
        return None

    def check(self, expected: str | None) -> None:
        """Compare the checksum with the caller's and the gateway's.

        Raises:
            TransferError: It is another one.
        """
        for digest in (expected and expected.lower(), self.promised and self.promised.hex()):
            if digest and digest != self.sha256:
                raise self.failed(f"the SHA-256 is {self.sha256}, should be {digest}")

    def failed(self, message: str) -> TransferError:
        """Return an error that tells of which call it is."""
        return of_call(self.operation, TransferError(message))


async def receive(
    runner: Runner[Any], transfer: Transfer, open_: Open, size: Size, options: CallOptions
) -> AsyncGenerator[bytes]:
    """Yield a body once and whole, from where the transfer stands.

    As many faults in a row are survived as a call is sent again; a byte that is new starts the count again.

    Raises:
        TransferError: It ended early too often, or changed meanwhile.
        PortkeyError: The call failed.
    """
    since, faults = runner.world.clock(), 0
    while True:
        before = transfer.position
        try:
            body = await open_(transfer.asked(), runner.within(options, since))
        except APIError as error:
            if transfer.is_answered_by(error):
                return
            continue
        fault: ConnectionFailedError | TransferError
        try:
            transfer.begin(body)
            async for chunk in body.chunks():
                if new := transfer.take(chunk):
                    yield new
            missing = transfer.lacks(body) or await _short(transfer, size, runner.within(options, since))
            if missing is None:
                return
            fault = transfer.failed(f"the body ended early: {missing}")
        except ConnectionFailedError as error:
            fault = error
        finally:
            await body.close()
        faults = 1 if transfer.position > before else faults + 1
        wait = runner.pause(options, faults, since)
        if wait is None:
            raise fault
        await runner.sleep(wait)


async def _short(transfer: Transfer, size: Size, options: CallOptions) -> str | None:
    """Ask for the size where the answer named none: a gateway ends a body cleanly that was cut behind it."""
    total = transfer.total if transfer.total is not None else await size(options)
    return None if total in (None, transfer.position) else f"{transfer.position} of {total} bytes came"


async def unknown_size(_: CallOptions) -> None:
    """Return no size, for a body whose size nobody can be asked for."""


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _promised(text: str) -> bytes | None:
    """Return the SHA-256 of a ``Repr-Digest`` (RFC 9530, section 3), ``None`` where it has none."""
    found = re.search(r"\bsha-256=:([A-Za-z0-9+/=]+):", text)
    try:
        return base64.b64decode(found[1], validate=True) if found else None
    except binascii.Error:
        return None
