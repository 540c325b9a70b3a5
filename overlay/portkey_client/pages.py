"""Lists to their end: page by page, or item by item, whatever way of paging an operation has.

The parameters that an operation takes tell its way of paging:

=================================  ==================================================================
``after``                          a cursor: the ``last_id`` of a page, else the id of its last item
``current_page``, ``currentPage``  pages numbered from 0
``page``                           pages numbered from 1
``offset``                         how many items to leave out
none of them                       one page is all
=================================  ==================================================================

Nothing here asks for ever. An empty page is the end. So is a page that came before; where the gateway claims to have
more, that raises.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from portkey_api.types import WireModel, to_wire

from .errors import AnswerError, PagingError, of_call
from .narrow import is_list, is_mapping

if TYPE_CHECKING:
    from typing import Self

    from .bound import Planned

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class _Data(Protocol[T_co]):
    @property
    def data(self) -> Sequence[T_co] | None: ...


class _DataPoints(Protocol[T_co]):
    @property
    def data_points(self) -> Sequence[T_co] | None: ...


class _Mappings(Protocol[T_co]):
    @property
    def mappings(self) -> Sequence[T_co] | None: ...


class _Models(Protocol[T_co]):
    @property
    def models(self) -> Sequence[T_co] | None: ...


class _Records(Protocol[T_co]):
    @property
    def records(self) -> Sequence[T_co] | None: ...


class _Workspaces(Protocol[T_co]):
    @property
    def workspaces(self) -> Sequence[T_co] | None: ...


Listing = _Data[T] | _DataPoints[T] | _Mappings[T] | _Models[T] | _Records[T] | _Workspaces[T] | Sequence[T]
"""The answer of an operation that lists: a list, or an object with a list under one of these names."""
_KEYS = ("data", "records", "models", "workspaces", "mappings", "data_points")
_CURSOR, _OFFSET = "after", "offset"
_NUMBERS = {"current_page": 0, "currentPage": 0, "page": 1}
"""Parameter -> the number of the first page."""
_FROM_0 = {"scim.workspaces.list"}
"""Operations whose ``page`` counts from 0 all the same."""
_SIZES = ("limit", "page_size", "pageSize")
_TOTALS = ("total", "total_count")


def items_of(answer: Any) -> Sequence[Any]:
    """Return the items of one page.

    Raises:
        TypeError: The answer is no list and holds none, or several under names that are not known.
    """
    if is_list(answer):
        return answer
    fields: Any = answer if isinstance(answer, WireModel) or is_mapping(answer) else {}
    known = [fields[key] for key in _KEYS if key in fields]
    lists = [each for each in known or [fields[key] for key in fields] if is_list(each)]
    if len(lists) == 1 or (known and lists):
        return lists[0]
    if known:
        return ()
    raise TypeError(f"expected the answer of an operation that lists; got {type(answer).__name__}")


class Walk:
    """Where the way through a list stands. It does no I/O.

    Args:
        plan: The call of the first page.
    """

    def __init__(self, plan: Planned) -> None:
        self._name = plan.operation.name
        self._first: Mapping[str, Any] = plan.parts.get("query") or {}
        self._way = next((key for key in (_CURSOR, *_NUMBERS, _OFFSET) if key in self._first), None)
        self._size = next((self._first[key] for key in _SIZES if self._first.get(key)), None)
        self._start = 0 if self._name in _FROM_0 else _NUMBERS.get(str(self._way), 0)
        """The number of the first page of all."""
        self._place: Any = self._first.get(str(self._way))
        """The cursor, number or offset of the page that was asked for last; ``None``: as the gateway has it."""
        self._cursors: set[Any] = {self._place}
        self._pages: set[int] = set()
        self._length = 0
        """How many items the first page has."""
        self._count = 0
        self._skipped = False
        self._stuck = False
        self._query: Mapping[str, Any] | None = self._first

    @property
    def query(self) -> Mapping[str, Any] | None:
        """The query of the next page; ``None``: there is none.

        Raises:
            PagingError: There should be one, but the gateway does not give it.
        """
        if self._stuck:
            claim = "the gateway claims to have more, and gives no new page"
            raise of_call(self._name, PagingError(f"{self._name}: {claim}; {self._count} items came before"))
        return self._query

    def take(self, answer: Any) -> bool:
        """Take a page in; tell whether it is a new one, to be handed out.

        Raises:
            AnswerError: The page is no answer at all.
        """
        if answer is None:
            message = f"{self._name}: answered with nothing, which is no page"
            raise of_call(self._name, AnswerError(message, 200, {}, b""))
        items = items_of(answer)
        page = hash(tuple(map(_identity, items)))
        first, known = not self._pages, page in self._pages or self._is_ignored(items)
        self._pages.add(page)
        self._length = self._length or len(items)
        self._count += 0 if known else len(items)
        self._query = None
        more = self._more(answer, len(items))
        if known:
            self._again(more=more)
        elif items and more is not False and self._way is not None:
            self._move(answer, items, more=more)
        return first or (bool(items) and not known)

    def _is_ignored(self, items: Sequence[Any]) -> bool:
        """Tell whether a page holds the item that it was to begin after."""
        return self._way == _CURSOR and self._place is not None and self._place in map(_id, items)

    def _more(self, answer: Any, length: int) -> bool | None:
        """Tell whether the gateway claims to have more after a page; ``None``: it does not tell."""
        told = _told(answer, "has_more")
        if isinstance(told, bool):
            return told
        total = next((each for key in _TOTALS if isinstance(each := _told(answer, key), int)), None)
        if total is not None:
            return self._skipped_items() + self._count < total
        if self._size is None or length > self._size:
            return None
        full: bool = length == self._size
        return full

    def _skipped_items(self) -> int:
        """Return how many items stand before the first page that was asked for, where that can be told."""
        place: int | None = None if self._way in (None, _CURSOR) else self._first.get(str(self._way))
        if place is None:
            return 0
        return place if self._way == _OFFSET else (place - self._start) * (self._size or self._length)

    def _move(self, answer: Any, items: Sequence[Any], *, more: bool | None) -> None:
        """Go on to the next page."""
        if self._way == _CURSOR:
            self._place = _told(answer, "last_id") or _id(items[-1])
            if self._place is None or self._place in self._cursors:
                self._stuck = more is True
                return
            self._cursors.add(self._place)
        elif self._way == _OFFSET:
            self._place = (self._place or 0) + len(items)
        else:
            self._place = (self._start if self._place is None else self._place) + 1
        self._query = {**self._first, str(self._way): self._place}

    def _again(self, *, more: bool | None) -> None:
        """Settle what a page means that came before.

        The second page being the first may say that the pages count from 1: then the third is the second.
        """
        if more is not False and self._way in _NUMBERS and len(self._pages) == 1 and not self._skipped:
            self._skipped = True
            self._place += 1
            self._query = {**self._first, self._way: self._place}
        else:
            self._stuck = more is True


def _told(answer: Any, key: str) -> Any:
    """Return a field of a page, ``None`` where it has none."""
    return answer[key] if (isinstance(answer, WireModel) or is_mapping(answer)) and key in answer else None


def _id(item: Any) -> Any:
    return _told(item, "id")


def _identity(item: Any) -> str:
    """Return what tells an item from the others: its id, else all of it."""
    name = _id(item) or _told(item, "slug")
    return str(name) if name else json.dumps(to_wire(item), sort_keys=True, default=str)


def pages(plan: Planned) -> Iterator[Any]:
    """Yield the answers of a call, page by page."""
    walk = Walk(plan)
    while (query := walk.query) is not None:
        answer = plan.client.call(plan.operation, plan.options, **{**plan.parts, "query": query})
        if walk.take(answer):
            yield answer


async def pages_async(plan: Planned) -> AsyncIterator[Any]:
    """Yield the answers of a call, page by page."""
    walk = Walk(plan)
    while (query := walk.query) is not None:
        answer = await plan.client.call(plan.operation, plan.options, **{**plan.parts, "query": query})
        if walk.take(answer):
            yield answer


class Items(Generic[T]):
    """The items of a list, one after another; a page is asked for when the items before it are used up."""

    def __init__(self, plan: Planned) -> None:
        self._items: Iterator[T] = (item for page in pages(plan) for item in items_of(page))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return next(self._items)

    def first(self, count: int) -> list[T]:
        """Return the next items, as many as that at most; no further page is asked for."""
        return list(islice(self._items, count))


class AsyncItems(Generic[T]):
    """The items of a list, one after another, asynchronously."""

    def __init__(self, plan: Planned) -> None:
        self._items: AsyncIterator[T] = (item async for page in pages_async(plan) for item in items_of(page))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await anext(self._items)

    async def first(self, count: int) -> list[T]:
        """Return the next items, as many as that at most; no further page is asked for."""
        found: list[T] = []
        while len(found) < count:
            try:
                found.append(await anext(self._items))
            except StopAsyncIteration:
                break
        return found
