"""Page by page through a list, in whichever way the document says that it pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.contract.document import Operation
from tests.contract.wire import Exchange
from tests.contract.world import World, identity, items, parsed

_MOST: Final = 60
"""Pages after which a list is long enough."""

SIZES: Final = ("limit", "page_size", "pageSize")
_NUMBERS: Final = {"current_page": 0, "currentPage": 0, "page": 1, "offset": 0}


@dataclass(frozen=True)
class Page:
    """One page, with the exchange that brought it."""

    things: list[Any]
    answer: Any
    exchange: Exchange

    @property
    def more(self) -> bool | None:
        """Whether it says that another follows; None if it does not say."""
        told = self.answer.get("has_more") if isinstance(self.answer, dict) else None
        return told if isinstance(told, bool) else None

    @property
    def total(self) -> int | None:
        """How many it says there are in all; None if it does not say."""
        told = self.answer.get("total") if isinstance(self.answer, dict) else None
        return told if isinstance(told, int) and not isinstance(told, bool) else None


def queried(operation: Operation) -> set[str]:
    """The names of the query parameters."""
    return {each["name"] for each in operation.raw.get("parameters", []) if each["in"] == "query"}


def pages(world: World, name: str, ids: Mapping[str, str], size: int | None = None, /, **more: Any) -> Iterator[Page]:
    """The pages of a list up to the first that is empty, however much is said to follow."""
    names = queried(world.operations[name])
    sized = next((each for each in SIZES if each in names), None)
    query: dict[str, Any] = {**more, **({sized: size} if sized and size else {})}
    by = "after" if "after" in names else next((each for each in _NUMBERS if each in names), None)
    for number in range(_MOST):
        answer = world.send(name, ids, **query)
        page = Page(items(parsed(answer)), parsed(answer), world.last())
        yield page
        if not page.things or by is None or answer.status >= 300:
            return
        if by == "after":
            query["after"] = identity(page.things[-1])
        else:
            step = number + 1
            query[by] = _NUMBERS[by] + (step * (size or len(page.things)) if by == "offset" else step)


def everything(world: World, name: str, ids: Mapping[str, str]) -> tuple[list[Any], bool]:
    """The things of a list, and whether these are all of them."""
    found: list[Any] = []
    read = 0
    for page in pages(world, name, ids):
        read += 1
        known = {identity(each) for each in found}
        new = [each for each in page.things if identity(each) not in known]
        if not new:
            break
        found += new
        if page.more is False:
            break
    return found, read < _MOST
