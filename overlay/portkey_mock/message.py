"""One HTTP request and one HTTP response as plain values: all the core knows of HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from portkey_mock.delivery import Delivery
from portkey_mock.jsonvalue import Json

if TYPE_CHECKING:
    from portkey_mock.realtime import Session

_encode: Final = json.JSONEncoder(separators=(",", ":")).encode

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields in the order they were sent; names in lower case."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it stands on the wire.

    Attributes:
        method: in upper case.
        path: still percent-encoded, without the query.
        query: what follows the question mark, still percent-encoded.
        headers: see `Headers`.
        body: every byte, after any transfer coding was removed.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    _last: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_last", dict(self.headers))  # they are asked for a dozen times

    def header(self, name: str) -> str | None:
        """The value of the header `name` (in lower case), the last one if it was repeated; None if it was not sent."""
        return self._last.get(name)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response.

    Attributes:
        status: from 200 to 599, or 101 for a websocket.
        headers: all but `content-length`, by lower-case name.
        body: every byte of it.
        chunks: the same bytes in the pieces in which they are sent, one at a time and with no length announced; empty
            for a body that goes out at once.
        delivery: what the connection does to it; None if it goes over as it should.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    chunks: tuple[bytes, ...] = ()
    delivery: Delivery | None = None

    def header(self, name: str) -> str | None:
        """The value of the header `name` (in lower case), the last one if there are several; None if there is none."""
        return dict(self.headers).get(name)

    def with_headers(self, headers: Headers) -> Response:
        """The same response with `headers` after its own."""
        return Response(self.status, (*self.headers, *headers), self.body, self.chunks, self.delivery)


class Handler(Protocol):
    """What the adapters serve: a gateway, a mock around one, or a recording that is played back."""

    def handle(self, request: Request) -> Response:
        """The answer to one request."""
        ...

    def connect(self, request: Request) -> Session | Response:
        """The session behind a websocket that `request` wants to open, or the refusal."""
        ...


def json_response(status: int, value: Json, headers: Headers = ()) -> Response:
    """A response that carries `value` as JSON."""
    return Response(status, (("content-type", "application/json"), *headers), _encode(value).encode("ascii"))


def streamed(status: int, media: str, chunks: Iterable[bytes]) -> Response:
    """A response whose body comes in `chunks`."""
    pieces = tuple(chunks)
    return Response(status, (("content-type", media),), b"".join(pieces), pieces)
