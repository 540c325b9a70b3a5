"""Multipart form bodies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from portkey_mock.errors import Refusal

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_HEADERS: Final = 32
_LONGEST_HEADERS: Final = 16_384


@dataclass(slots=True)
class Part:
    """One part of a form.

    Attributes:
        name: the field's name.
        filename: None for an ordinary field.
        content: every byte.
    """

    name: str = ""
    filename: str | None = None
    content: bytes = b""


@dataclass(slots=True)
class _Collector:
    """Puts together what the parser hands out in pieces."""

    parts: list[Part] = field(default_factory=list[Part])
    header: bytes = b""
    value: bytes = b""
    content: list[bytes] = field(default_factory=list[bytes])
    complete: bool = False

    def begin(self) -> None:
        self.parts.append(Part())
        self.content = []

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            _, options = parse_options_header(self.value)
            self.parts[-1].name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                self.parts[-1].filename = options[b"filename"].decode("utf-8", "replace")
        self.header = self.value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self.content.append(data[start:end])

    def end(self) -> None:
        self.parts[-1].content = b"".join(self.content)

    def close(self) -> None:
        self.complete = True

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self.begin,
            "on_part_data": self.data,
            "on_part_end": self.end,
            "on_header_field": self.header_name,
            "on_header_value": self.header_value,
            "on_header_end": self.header_end,
            "on_end": self.close,
        }


def parse_multipart(content_type: str, body: bytes) -> list[Part]:
    """The parts of a multipart `body`, in order.

    Raises:
        Refusal: 400 if there is no boundary, or if the body is malformed or cut off.
    """
    # As bytes, since the parser reads text as latin-1 and would stumble over anything else.
    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise _malformed("the content type names no boundary")
    collector = _Collector()
    try:
        MultipartParser(
            boundary, collector.callbacks(), max_header_count=_MOST_HEADERS, max_header_size=_LONGEST_HEADERS
        ).write(body)
    except FormParserError as error:
        raise _malformed(str(error)) from None
    if not collector.complete:
        raise _malformed("the closing boundary is missing")
    return collector.parts


def _malformed(reason: str) -> Refusal:
    return Refusal(400, f"The form is malformed: {reason}.", code="invalid_form", at="/body")
