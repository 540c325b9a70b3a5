"""One HTTP request and one HTTP response as plain values: all the core knows of HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from portkey_mock.jsonvalue import Json

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

    def header(self, name: str) -> str | None:
        """The value of the header `name` (in lower case), the last one if it was repeated; None if it was not sent."""
        return dict(self.headers).get(name)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response.

    Attributes:
        headers: all but `content-length`.
        body: every byte of it.
        chunks: the same bytes in the pieces in which they are sent, one at a time and with no length announced; empty
            for a body that goes out at once.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    chunks: tuple[bytes, ...] = ()


def json_response(status: int, value: Json, headers: Headers = ()) -> Response:
    """A response that carries `value` as JSON."""
    return Response(status, (("content-type", "application/json"), *headers), _encode(value).encode("ascii"))


def streamed(status: int, media: str, chunks: Iterable[bytes]) -> Response:
    """A response whose body comes in `chunks`."""
    pieces = tuple(chunks)
    return Response(status, (("content-type", media),), b"".join(pieces), pieces)
