from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import json
from collections.abc import Callable
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_api.models import Batch, ListBatchesResponse
from portkey_client import AnswerError, PagingError, PortkeyError
from portkey_client.pages import items_of
from tests.client.wire import Wire

LINES = (Path(__file__).parent / "lists.txt").read_text("utf-8").splitlines()
LISTS = [line.split() for line in LINES if not line.startswith("#")]
DOCUMENT = Path(__file__).parents[2] / "generated" / "portkey_api" / "openapi.json"
PARAMETERS = {"after", "current_page", "currentPage", "page", "offset", "limit", "page_size", "pageSize"}
Tell = Callable[[int, int], Any]
"""Says something of a page, by where it ends and how many items there are."""


class Shelf:
    """A gateway with one list, which it gives page by page in one way; ``told`` is what its pages say besides."""

    def __init__(
        self, way: str, count: int, key: str = "data", size: int = 2, **told: Callable[[int, int], Any]
    ) -> None:
        self.way = way
        self.items = [{"id": f"i{number}"} for number in range(count)]
        self.key = key
        self.size = size
        self.told = told
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        query = dict(request.url.params)
        self.asked.append(query)
        size = int(query.get("limit") or query.get("page_size") or query.get("pageSize") or self.size)
        start = self.start(query, size)
        page = self.items if self.way == "-" else self.items[start : start + size]
        if self.key == "-":
            return httpx.Response(200, json=page)
        told = {name: tell(start + len(page), len(self.items)) for name, tell in self.told.items()}
        return httpx.Response(200, json={self.key: page, **told})

    def start(self, query: dict[str, str], size: int) -> int:
        """Return where the page begins that a query asks for."""
        if self.way == "after":
            return next((at for at, item in enumerate(self.items, 1) if item["id"] == query.get("after")), 0)
        name = "page" if self.way == "page_from_0" else self.way
        number = int(query.get(name) or (1 if self.way == "page" else 0))
        return number if self.way == "offset" else (number - (self.way == "page")) * size

    @property
    def ids(self) -> list[str]:
        """All there is."""
        return [item["id"] for item in self.items]


def claim(end: int, count: int) -> bool:
    return end < count


def total(end: int, count: int) -> int:  # as `claim` is called
    return count


SILENT_OR_NOT: list[dict[str, Tell]] = [{}, {"has_more": claim}, {"total": total}]


def ids(found: Any) -> list[Any]:
    return [each["id"] for each in found]


def batches(shelf: Callable[[httpx.Request], httpx.Response], **arguments: Any) -> list[Any]:
    """Return the ids of all batches a gateway gives."""
    client = Wire(shelf).client()
    return ids(client.items(client.batches.list, **arguments))


def method_of(client: Any, name: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return a method by its name, with what it cannot be called without."""
    method: Any = reduce(getattr, name.split("."), client)
    needed = [each for each in inspect.signature(method).parameters.values() if each.default is each.empty]
    given = {each.name: _given(str(each.annotation)) for each in needed if each.kind is not each.VAR_KEYWORD}
    placed = [each.name for each in needed if each.kind is each.POSITIONAL_OR_KEYWORD]
    return method, tuple(given.pop(each) for each in placed), given


def _given(annotation: str) -> Any:
    return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) if annotation.startswith("datetime.datetime") else "x"


# -- every operation


@pytest.mark.parametrize(("name", "way", "key"), LISTS)
@pytest.mark.parametrize("told", SILENT_OR_NOT, ids=["silent", "has_more", "total"])
def test_every_list_comes_to_its_end(name: str, way: str, key: str, told: dict[str, Any]) -> None:
    """Each operation that lists gives every item once, in order, page by page and item by item, with both clients."""
    shelf = Shelf(way, 5, key, **told)
    client = Wire(shelf).client()
    method, placed, given = method_of(client, name)
    assert ids(client.items(method, *placed, **given)) == shelf.ids
    pages = list(client.pages(method, *placed, **given))
    assert [item["id"] for page in pages for item in items_of(page)] == shelf.ids
    assert len(pages) == (1 if way == "-" else 3)

    async def read() -> tuple[list[Any], int]:
        other = Wire(shelf).async_client()
        method, placed, given = method_of(other, name)
        found = [each async for each in other.items(method, *placed, **given)]
        return ids(found), len([page async for page in other.pages(method, *placed, **given)])

    assert asyncio.run(read()) == (shelf.ids, len(pages))


def test_no_list_is_forgotten() -> None:
    """Every reading operation with a parameter for paging is in the list beside this test."""
    paths = json.loads(DOCUMENT.read_text("utf-8"))["paths"]
    reading = [path["get"] for path in paths.values() if "get" in path]
    paged = {each["operationId"] for each in reading for one in each.get("parameters", []) if one["name"] in PARAMETERS}
    assert paged <= {name for name, _, _ in LISTS}


@given(st.integers(0, 9), st.integers(1, 4), st.sampled_from(SILENT_OR_NOT), st.sampled_from(["asked", "not asked"]))
def test_any_length_and_size(count: int, size: int, told: dict[str, Any], asked: str) -> None:
    """Whatever the length of a list and the size of its pages, and whatever it tells, every item comes once."""
    for way, name in (("after", "batches.list"), ("current_page", "api_keys.list"), ("offset", "models.list")):
        shelf = Shelf(way, count, size=size, **told)
        client = Wire(shelf).client()
        limit = {"page_size" if way == "current_page" else "limit": size} if asked == "asked" else {}
        assert ids(client.items(method_of(client, name)[0], **limit)) == shelf.ids
        assert len(shelf.asked) <= count // size + 2


# -- what is asked for


def test_the_arguments_are_those_of_the_method() -> None:
    """Size, filters, options and the first page are the caller's; a page that the gateway ends is the last."""
    shelf = Shelf("after", 5, has_more=claim)
    assert batches(shelf, after="i0", limit=3, extra_headers={"x-team": "blue"}) == ["i1", "i2", "i3", "i4"]
    assert shelf.asked == [{"after": "i0", "limit": "3"}, {"after": "i3", "limit": "3"}]
    shelf = Shelf("current_page", 5, total=total)
    client = Wire(shelf).client()
    assert ids(client.items(client.api_keys.list, current_page=1, page_size=2)) == ["i2", "i3", "i4"]
    assert ids(client.items(client.api_keys.list, current_page=1)) == ["i2", "i3", "i4"]
    assert len(shelf.asked) == 4
    shelf = Shelf("offset", 5, total=total)
    client = Wire(shelf).client()
    assert ids(client.items(client.models.list, offset=3)) == ["i3", "i4"]
    assert len(shelf.asked) == 1


def test_a_cap_asks_for_no_page_too_many() -> None:
    """The first so many items come from as few pages as they need, and the rest can be had afterwards."""
    shelf = Shelf("after", 7, has_more=claim)
    client = Wire(shelf).client()
    items = client.items(client.batches.list)
    assert ids(items.first(4)) == ["i0", "i1", "i2", "i3"]
    assert len(shelf.asked) == 2
    assert ids(islice(items, 1)) == ["i4"]
    assert ids(items.first(100)) == ["i5", "i6"]

    async def read() -> list[list[str]]:
        other = Wire(shelf).async_client()
        items = other.items(other.batches.list)
        return [ids(await items.first(3)), ids(await items.first(100)), ids(await items.first(1))]

    assert asyncio.run(read()) == [["i0", "i1", "i2"], ["i3", "i4", "i5", "i6"], []]


def test_pages_are_the_answers_of_the_method() -> None:
    """Pages are what the method returns, items are its models, and nothing is asked for before it is wanted."""
    shelf = Shelf("after", 3, has_more=claim)
    client = Wire(shelf).client()
    pages = client.pages(client.batches.list)
    assert shelf.asked == []
    assert [type(page) for page in pages] == [ListBatchesResponse] * 2
    assert isinstance(next(client.items(client.batches.list)), Batch)
    assert [len(page.data) for page in client.pages(Wire(Shelf("after", 0)).client().batches.list)] == [0]


def test_a_call_goes_to_the_client_of_its_method() -> None:
    """A method of a client with other options keeps them."""
    wire = Wire(Shelf("after", 1))
    client = wire.client()
    labelled = client.with_options(headers={"x-team": "blue"})
    assert ids(client.items(labelled.batches.list)) == ["i0"]
    assert wire.last.headers["x-team"] == "blue"


def test_only_a_method_that_lists() -> None:
    """Anything but a method of a client, and a method that lists nothing, is refused."""
    client = Wire(httpx.Response(200, json={"id": "b", "ones": [1], "others": [2]})).client()
    wrong: Any = client.batches.list()
    with pytest.raises(TypeError, match=r"such as client\.batches\.list"):
        client.items(wrong)
    retrieve: Any = client.batches.retrieve
    for batch in ("b", "c"):
        with pytest.raises(TypeError, match="an operation that lists; got Batch"):
            list(client.items(retrieve, batch))


def test_where_the_items_are() -> None:
    """A list is a page itself; else they stand under the known name, or under the only name that has a list."""
    assert items_of([1]) == [1]
    assert items_of({"data": None}) == ()
    assert items_of({"object": "list", "data": [1], "models": [2]}) == [1]
    assert items_of({"success": True, "prompts": [1], "note": "x"}) == [1]
    with pytest.raises(TypeError, match="got NoneType"):
        items_of(None)


# -- gateways that do not keep to it


class Answers:
    """A gateway that gives some pages in turn, and the last one for ever."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages = pages
        self.asked = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked += 1
        assert self.asked < 20, "it asks for ever"
        return httpx.Response(200, json=self.pages[min(self.asked, len(self.pages)) - 1])


def read(name: str, *pages: dict[str, Any], **arguments: Any) -> tuple[list[Any], str, int]:
    """Return the items that came, how it ended, and how often it asked."""
    answers = Answers(*pages)
    client = Wire(answers).client()
    method: Any = reduce(getattr, name.split("."), client)
    items: Any = client.items(method, **arguments)
    found: list[Any] = []
    try:
        found.extend(item.to_dict().get("id") for item in items)
    except PagingError as error:
        return found, str(error).partition(": ")[2], answers.asked
    return found, "", answers.asked


def page(*names: str, **told: Any) -> dict[str, Any]:
    return {"data": [{"id": name} for name in names], **told}


STUCK = "the gateway claims to have more, and gives no new page; 2 items came before"


@pytest.mark.parametrize("name", ["batches.list", "api_keys.list", "models.list"])
@pytest.mark.parametrize(
    ("told", "ended"),
    [({"has_more": True}, STUCK), ({"total": 9}, STUCK), ({}, ""), ({"has_more": False}, ""), ({"total": 2}, "")],
)
def test_the_same_page_for_ever(name: str, told: dict[str, Any], ended: str) -> None:
    """A gateway that ignores what page it is asked for: an end, or an error where it claims more."""
    found, how, asked = read(name, page("a", "b", **told))
    assert (found, how) == (["a", "b"], ended)
    assert asked <= 3


def test_a_page_that_is_nothing() -> None:
    """A success without a body is no page: an error of the operation, and no end of the list."""
    client = Wire(httpx.Response(200)).client()
    with pytest.raises(AnswerError, match=r"batches\.list: answered with nothing") as caught:
        list(client.items(client.batches.list))
    assert caught.value.operation == "batches.list"


def test_an_empty_page_is_the_end() -> None:
    """Whatever an empty page claims, nothing follows it."""
    for name in ("batches.list", "api_keys.list", "models.list"):
        assert read(name, page("a", has_more=True), page(has_more=True)) == (["a"], "", 2)
        assert read(name, page(has_more=True, total=7)) == ([], "", 1)


def test_a_cursor_that_comes_again() -> None:
    """New items under an old cursor are handed out, and then it is over, with an error where more is claimed."""
    pages = page("a", last_id="x", has_more=True), page("b", last_id="x", has_more=True)
    assert read("batches.list", *pages) == (["a", "b"], STUCK, 2)
    assert read("batches.list", page("a", last_id="x"), page("b", last_id="x")) == (["a", "b"], "", 2)
    assert read("batches.list", {"data": [{"odd": 1}, {"odd": 2}], "has_more": True})[1:] == (STUCK, 1)


def test_a_cursor_that_is_ignored_while_the_list_grows() -> None:
    """A page that holds the item it was to begin after is the first one again, though a newer item stands in it."""
    assert read("batches.list", page("b", "a", has_more=True), page("c", "b", "a", has_more=True)) == (
        ["b", "a"],
        STUCK,
        2,
    )


def test_a_full_page_counts_as_a_claim() -> None:
    """Where only the size tells: a full page wants a next one, a shorter one is the last, a longer one is all."""
    assert read("models.list", page("a", "b"), limit=2) == (["a", "b"], STUCK, 2)
    assert read("models.list", page("a", "b"), limit=3) == (["a", "b"], "", 1)
    assert read("models.list", page("a", "b"), limit=1) == (["a", "b"], "", 2)


def test_pages_that_count_from_1_after_all() -> None:
    """Where the second page is the first again, the numbers may begin at 1: the next one is tried, once."""
    first, second = page("a", "b", total=3), page("c", total=3)
    assert read("admin.users.list", first, first, second) == (["a", "b", "c"], "", 3)
    assert read("admin.users.list", first, first, first) == (["a", "b"], STUCK, 3)
    assert read("admin.users.list", page("a"), page("b"), page("a")) == (["a", "b"], "", 3)


def test_items_without_an_id() -> None:
    """They are told apart by their slug, or by all they are."""
    one, two = {"data": [{"slug": "a"}], "total": 2}, {"data": [{"odd": {"b": [1]}}], "total": 2}
    client = Wire(Answers(one, two)).client()
    assert len(list(client.items(client.integrations.list))) == 2


def test_an_error_of_the_method_ends_the_iteration() -> None:
    """What the method raises is raised, after the items that came before."""
    answers = iter([httpx.Response(200, json=page("a", has_more=True)), httpx.Response(404)])
    client = Wire(lambda _: next(answers)).client()
    items = client.items(client.batches.list)
    assert next(items).id == "a"
    with pytest.raises(PortkeyError) as caught:
        next(items)
    assert caught.value.operation == "batches.list"
    assert next(items, None) is None
