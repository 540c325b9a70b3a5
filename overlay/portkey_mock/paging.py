"""What a request asks for out of a list: things by what they say, and one page, in whichever style.

Known styles: a cursor (`after`, `before`, `limit`, `order`), page numbers from 0 (`current_page` and `page_size`, also
in camel case) or from 1 (`page`), and `offset` with `limit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from portkey_mock.document import Parameter
from portkey_mock.jsonvalue import Json, JsonObject, is_object

T = TypeVar("T")

_SIZES: Final = ("limit", "page_size", "pageSize")
_NUMBERS_FROM_0: Final = ("current_page", "currentPage")
_DIGITS: Final = 18
"""More of them are no size or place that anything has, and thousands no number to Python."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The items of one page, and whether more follow."""

    items: Sequence[T]
    has_more: bool


def matches(facts: JsonObject, query: Mapping[str, Json]) -> bool:
    """Whether a thing is what the query asks for: a parameter that is called like a text among its members filters."""
    return all(facts[name] == value for name, value in query.items() if isinstance(facts.get(name), str))


def page(items: Mapping[str, T], query: Mapping[str, Json], parameters: Iterable[Parameter]) -> Page[T]:
    """The page of `items` (by id, newest first) that `query` asks for.

    Without a size in the query the default of the document holds; a size below 1 counts as 1, so that paging always
    gets on. An unknown cursor leads to an empty page.
    """
    ids = list(items)
    if query.get("order") == "asc":
        ids.reverse()
    ids = _between(ids, query.get("after"), query.get("before"))
    size = _size(query, parameters, len(ids))
    start = _start(query, size)
    chosen = ids[start : start + size]
    return Page([items[each] for each in chosen], start + size < len(ids))


def _between(ids: list[str], after: Json, before: Json) -> list[str]:
    if after:
        ids = ids[ids.index(after) + 1 :] if after in ids else []
    if before:
        ids = ids[: ids.index(before)] if before in ids else []
    return ids


def _size(query: Mapping[str, Json], parameters: Iterable[Parameter], everything: int) -> int:
    asked = _integer(query, _SIZES)
    if asked is not None:
        return max(asked, 1)
    sources = [each.schema.source for each in parameters if each.name in _SIZES]
    defaults = [source["default"] for source in sources if is_object(source) and source.get("default")]
    return defaults[0] if defaults else max(everything, 1)


def _start(query: Mapping[str, Json], size: int) -> int:
    number = _integer(query, _NUMBERS_FROM_0)
    if number is None:
        number = (_integer(query, ("page",)) or 1) - 1
    offset = _integer(query, ("offset",)) or 0
    return max(number * size + offset, 0)


def _integer(query: Mapping[str, Json], names: Iterable[str]) -> int | None:
    """The first of the parameters `names` that holds a whole number; undeclared ones arrive as strings."""
    for name in names:
        value = query.get(name)
        if isinstance(value, str) and len(value) > _DIGITS:
            continue
        if isinstance(value, (int, float)) or (isinstance(value, str) and value.isascii() and value.isdigit()):
            return int(value)
    return None
