"""Packing changes the layout of code and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from prepare.pack import pack

ROOT = Path(__file__).parents[2]
OURS = sorted((ROOT / "overlay" / "portkey_client").glob("*.py"))

FORMATTED = '''\
from a import (
    one,
    two,
)

NESTED = [
    {
        "a": 1,
        "b": 2,
    },
    "a long text that stands alone",
]
ALONE = (
    {
        "a": 1,
    },
)


class C:
    """Prose (

    stays,
    as it is,
    )
    """

    def says(
        self,
        a: str,
        b: int,
    ) -> None:
        self.call(
            a,
            b,
            body={
                "a": a,
                "b": b,
            },
        )

    def repeats(
        self,
        a: Any = None,
        b: Any = None,
    ) -> None: ...

    kind: (
        A
        | B
        | list[
            C
            | D
        ]
    )
    noted = [
        1,  # of a kind,
        2,
        # not this,
        3,
    ]
'''

PACKED = '''\
from a import (
    one, two,
)

NESTED = [
    {
        "a": 1, "b": 2,
    },
    "a long text that stands alone",
]
ALONE = (
    {
        "a": 1,
    },
)


class C:
    """Prose (

    stays,
    as it is,
    )
    """

    def says(
        self,
        a: str,
        b: int,
    ) -> None:
        self.call(a, b, body={
            "a": a, "b": b,
        })

    def repeats(
        self, a: Any = None, b: Any = None,
    ) -> None: ...

    kind: (
        A | B | list[
            C | D
        ]
    )
    noted = [
        1,  # of a kind,
        2,
        # not this,
        3,
    ]
'''


def test_what_is_packed_and_what_is_not() -> None:
    """Items stand side by side but where lines are read, prose stays, and a comment keeps its line."""
    assert pack(FORMATTED, 44) == PACKED
    assert pack(PACKED, 44) == PACKED


def test_a_line_is_filled_up_to_the_width() -> None:
    """The last column may be used, the next may not."""
    assert pack("f(\n    aa,\n    bb,\n    cc,\n)", 11) == "f(\n    aa, bb,\n    cc,\n)"
    assert pack("f(\n    aa,\n    bb,\n    cc,\n)", 10) == "f(\n    aa,\n    bb,\n    cc,\n)"
    assert pack("f(\n    a,\n    b={\n        c,\n    },\n)", 9) == "f(a, b={\n    c,\n})"
    assert pack("f(\n    a,\n    b={\n        c,\n    },\n)", 7) == "f(\n    a,\n    b={\n        c,\n    },\n)"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_code_means_the_same_afterwards(path: Path) -> None:
    """Our own code, which was not written for it, has the same syntax tree, no longer line, and packs no further."""
    source = path.read_text("utf-8")
    packed = pack(source, 120)
    assert ast.dump(ast.parse(packed)) == ast.dump(ast.parse(source))
    assert pack(packed, 120) == packed
    assert longest(packed) <= max(120, longest(source))


def longest(source: str) -> int:
    """Return the length of the longest line."""
    return max(map(len, source.splitlines()))
