"""What a connection does to a response on its way: a plain value, carried out by whoever has the connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a response goes over.

    Attributes:
        delay: seconds before anything is sent.
        chunk: how many bytes go out at once, whatever pieces the body has; None leaves it in those.
        pace: seconds between two pieces.
        cut: how much of the body arrives before the connection ends: bytes, or a share of the body if below 1. None for
            all of it.
        reset: whether the connection is reset: before the answer, or after what `cut` lets through.
    """

    delay: float = 0.0
    chunk: int | None = None
    pace: float = 0.0
    cut: float | None = None
    reset: bool = False

    @property
    def unanswered(self) -> bool:
        """Whether not even the status arrives."""
        return self.reset and self.cut is None

    def pieces(self, chunks: Sequence[bytes]) -> Iterator[bytes]:
        """What arrives of a body that is to be sent in `chunks`, in the pieces in which it arrives."""
        total = sum(map(len, chunks))
        left = total if self.cut is None else int(self.cut * total if self.cut < 1 else self.cut)
        for piece in self._split(chunks):
            if left <= 0:
                return
            yield piece[:left]
            left -= len(piece)

    def _split(self, chunks: Sequence[bytes]) -> Iterator[bytes]:
        if self.chunk is None:
            yield from filter(None, chunks)
            return
        body = b"".join(chunks)
        yield from (body[start : start + self.chunk] for start in range(0, len(body), self.chunk))
