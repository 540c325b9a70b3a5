from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_client.events import EventParser, ServerEvent


def parsed(stream: bytes, *cuts: int) -> list[ServerEvent]:
    """Return the events of a stream that arrives cut at some places."""
    parser = EventParser()
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [event for start, end in pairwise(places) for event in parser.feed(stream[start:end])]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\ndata: two\n\n", [("", "one"), ("", "two")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [("", "a"), ("", "b"), ("", "c")]),
        (b"data: a\ndata: b\ndata:\n\n", [("", "a\nb\n")]),
        (b"data:  two spaces\ndata:none\n\n", [("", " two spaces\nnone")]),
        (b"event: ping\ndata\n\n", [("ping", "")]),
        (b"event: x\n\ndata: the name is gone\n\n", [("", "the name is gone")]),
        (b"event: x\nevent:y\ndata: 1\n\n", [("y", "1")]),
        (b": comment\n:\nid: 7\nretry: 10\nodd\nodder: 1\ndata: 1\n\n", [("", "1")]),
        (b"\xef\xbb\xbfdata: 1\n\n", [("", "1")]),
        (b"data: \xef\xbb\xbf\n\n", [("", "\ufeff")]),
        ("data: a\u2028b\u2029c\u0085d\x0b\x0c\x1c\n\n".encode(), [("", "a\u2028b\u2029c\u0085d\x0b\x0c\x1c")]),
        (b"data: \xff\xfe\n\n", [("", "\ufffd\ufffd")]),
        (b"data: never ended\n", []),
        (b"data: never ended", []),
        (b"\n\n\r\n\r", []),
        (b"", []),
    ],
)
def test_what_a_stream_holds(stream: bytes, events: list[tuple[str, str]]) -> None:
    """Lines, fields, comments, marks and broken text are read as the standard says, in one piece and byte by byte."""
    assert parsed(stream) == events
    assert parsed(stream, *range(len(stream))) == events


ENDS = st.sampled_from(["\n", "\r\n", "\r"])
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
NAME = TEXT.filter(lambda text: not text.startswith(" "))


@given(
    st.lists(st.tuples(NAME, st.lists(NAME, min_size=1, max_size=3)), max_size=5),
    st.lists(st.tuples(ENDS, ENDS, TEXT), min_size=5, max_size=5),
    st.lists(st.integers(0, 300)),
)
def test_any_cutting_gives_the_same_events(
    events: list[tuple[str, list[str]]], style: list[tuple[str, str, str]], cuts: list[int]
) -> None:
    """What was written is read, whichever line ends, comments and spaces stand in it, and wherever it is cut."""
    stream = ""
    for (name, lines), (end, last, comment) in zip(events, style, strict=False):
        stream += f":{comment}{end}event: {name}{end}" + "".join(f"data: {line}{end}" for line in lines)
        stream += last if (end, last) != ("\r", "\n") else end  # CR and LF together would be one line end
    assert parsed(stream.encode(), *cuts) == [(name, "\n".join(lines)) for name, lines in events]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_any_bytes_do_no_harm(stream: bytes, cuts: list[int]) -> None:
    """Whatever comes, nothing raises, and the cuts make no difference."""
    assert parsed(stream, *cuts) == parsed(stream)
