"""JSON from strangers."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock.errors import Refusal
from portkey_mock.jsonvalue import depth, pointer
from portkey_mock.reading import read_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_good_json_is_read(value: Any) -> None:
    """Whatever is JSON is read as what it is."""
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary())
def test_anything_is_read_or_refused(body: bytes) -> None:
    """Any bytes are read or refused; there is no third way."""
    with suppress(Refusal):
        read_json(body, "/body")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1,]",
        b"{'a': 1}",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e999",
        b"-1e999",
        b"1" * 5000,
        b"\xff",
        b"\xfe\xff\x00{\x00}",
        b"\xef\xbb\xbf{}",
        rb'"\ud800"',
        rb'{"\udfff": 1}',
        b"[" * 200 + b"]" * 200,
        b"[" * 200_000,
        b'{"a":' * 100_000,
    ],
)
def test_bad_json_is_refused(body: bytes) -> None:
    """What is no JSON, or more than can be handled, is refused with a reason."""
    with pytest.raises(Refusal, match="Malformed JSON") as caught:
        read_json(body, "/body")
    assert (caught.value.status, caught.value.at) == (400, "/body")


def test_escapes_are_fine() -> None:
    """A whole surrogate pair is a character like any other."""
    assert read_json(rb'"\ud83d\ude00"') == "\U0001f600"


def test_depth() -> None:
    """Depth counts the levels, a scalar being one."""
    values: list[Any] = [1, [], [1], {"a": [{}]}]
    assert [depth(value) for value in values] == [1, 1, 2, 3]


def test_pointer() -> None:
    """A pointer escapes what would be mistaken for its own signs."""
    assert pointer("a/b", "c~d", 0) == "/a~1b/c~0d/0"
