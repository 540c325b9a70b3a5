"""Pages, in every style."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock.document import Parameter
from portkey_mock.paging import page
from portkey_mock.schema import Schema

ITEMS = {str(number): number for number in range(10)}


def _parameter(name: str, schema: Any) -> Parameter:
    return Parameter(name, "query", required=False, explode=True, schema=Schema("#", schema, None))


@pytest.mark.parametrize(
    ("query", "items", "has_more"),
    [
        ({}, list(range(10)), False),
        ({"limit": 3}, [0, 1, 2], True),
        ({"limit": "3", "after": "2"}, [3, 4, 5], True),
        ({"limit": 3, "after": "7"}, [8, 9], False),
        ({"after": "none"}, [], False),
        ({"before": "2"}, [0, 1], False),
        ({"before": "none"}, [], False),
        ({"order": "asc", "limit": 2}, [9, 8], True),
        ({"page_size": 4, "current_page": 0}, [0, 1, 2, 3], True),
        ({"pageSize": 4.0, "currentPage": 2.0}, [8, 9], False),
        ({"page_size": 4, "page": 1}, [0, 1, 2, 3], True),
        ({"page_size": 4, "page": 3}, [8, 9], False),
        ({"limit": 4, "offset": 8}, [8, 9], False),
        ({"limit": 0}, [0], True),
        ({"limit": "many"}, list(range(10)), False),
        ({"limit": "9" * 5000}, list(range(10)), False),
        ({"current_page": 5}, [], False),
        ({"offset": -5, "limit": 1}, [0], True),
    ],
)
def test_styles(query: dict[str, Any], items: list[int], has_more: bool) -> None:
    """Each style of paging gives the items it asks for and says whether more follow."""
    found = page(ITEMS, query, [])
    assert (list(found.items), found.has_more) == (items, has_more)


def test_declared_default() -> None:
    """Without a size in the query the size is the document's default, if it has one that makes sense."""
    parameters = [_parameter("limit", {"type": "integer", "default": 2})]
    assert len(page(ITEMS, {}, parameters).items) == 2
    for schema in (True, {"type": "integer"}, {"default": 0}):
        assert len(page(ITEMS, {}, [_parameter("limit", schema), _parameter("other", {"default": 1})]).items) == 10


def test_nothing_to_page() -> None:
    """An empty list is one empty page."""
    found = page(dict[str, int](), {}, [])
    assert (list(found.items), found.has_more) == ([], False)


@given(size=st.integers(1, 12), count=st.integers(0, 30))
def test_following_the_cursor_sees_everything_once(size: int, count: int) -> None:
    """Whoever follows the cursor until no more follow has seen every item exactly once, in order."""
    items = {str(number): str(number) for number in range(count)}
    seen: list[str] = []
    query: dict[str, Any] = {"limit": size}
    while True:
        found = page(items, query, [])
        seen += found.items
        if not found.has_more:
            break
        query["after"] = found.items[-1]
    assert seen == list(items)
