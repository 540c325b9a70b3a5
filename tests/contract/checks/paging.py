"""Lists in pages: complete, without repeats, as large as asked for, and honest about what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from tests.contract.calls import Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.collections import Collection, collections, made
from tests.contract.document import Operation
from tests.contract.walk import SIZES, Page, everything, pages, queried
from tests.contract.world import World, identity, items, parsed
from tests.mock import spec

_SIZE: Final = 2
_MADE: Final = 5
_MOST: Final = 100
_SURE: Final = 20
"""A limit that any list knows."""

_HOW: Final = frozenset(
    {*SIZES, "after", "before", "order", "sort", "search", "page", "offset", "current_page", "currentPage"}
)
"""Parameters that say how a list comes, and not of what."""


def _pages(world: World) -> Iterator[Problem]:
    for each in collections(world):
        if each.listing and not queried(world.operations[each.listing]).isdisjoint(SIZES):
            try:
                yield from _paged(world, each)
            except Lacking:
                continue
    makers = {each.listing for each in collections(world)}
    for operation in world.tryable():
        sized = operation.method == "GET" and "{" not in operation.path and not queried(operation).isdisjoint(SIZES)
        if sized and str(operation) not in makers:
            yield from _found(world, operation)


def _found(world: World, operation: Operation) -> Iterator[Problem]:
    """What is only listed, such as models, is the same page by page as at once."""
    name = str(operation)
    whole, all_of_it = everything(world, name, {})
    ids = [identity(each) for each in whole]
    if not all_of_it or not _SIZE < len(ids) <= _MOST or None in ids or len(set(ids)) < len(ids):
        return
    found = list(pages(world, name, {}, _SIZE))
    seen = [identity(thing) for page in found for thing in page.things]
    if any(len(page.things) > _SIZE for page in found):
        yield Problem(f"A page of {_SIZE} has more things.", found[0].exchange)
    if len(set(seen)) < len(seen):
        yield Problem("A thing is on more than one page.", found[-1].exchange)
    if not found[-1].things and not set(ids) <= set(seen):
        yield Problem("The pages together do not have all that is in the list.", found[-1].exchange)
    yield from _honest(found)


def _paged(world: World, each: Collection) -> Iterator[Problem]:
    parents = made(world, each)[0]
    wanted = [made(world, each)[1] for _ in range(_MADE - 1)]
    found = list(pages(world, each.listing, parents, _SIZE))
    seen = [_id(each, thing) for page in found for thing in page.things]
    for page in found:
        if len(page.things) > _SIZE:
            yield Problem(f"A page of {_SIZE} has {len(page.things)} things.", page.exchange)
    for page, following in pairwise(found):
        if following.things and len(page.things) < _SIZE:
            yield Problem(f"A page of {_SIZE} has {len(page.things)}, and more follow.", page.exchange)
    if len(set(seen)) < len(seen):
        yield Problem("A thing is on more than one page.", found[-1].exchange)
    if not found[-1].things and not set(wanted) <= set(seen):
        yield Problem("The pages together do not have all that was made.", found[-1].exchange)
    yield from _honest(found)
    if not found[-1].things:
        yield from _at_once(world, each, parents, len(seen))
    names = queried(world.operations[each.listing])
    if "before" in names:
        yield from _before(world, each.listing, parents)
    if "order" in names:
        yield from _ordered(world, each, parents)
    yield from _by_default(world, world.operations[each.listing], parents)


def _before(world: World, name: str, ids: Mapping[str, str]) -> Iterator[Problem]:
    """What comes before a thing does not hold it, nor what comes after it."""
    there = [identity(thing) for thing in next(iter(pages(world, name, ids, _SURE))).things]
    if len(there) <= _SIZE or None in there:
        return
    page = next(iter(pages(world, name, ids, _SURE, before=there[_SIZE])))
    if page.exchange.status < 300 and not {identity(thing) for thing in page.things} <= set(there[:_SIZE]):
        yield Problem("The page before a thing has that thing, or what comes after it.", page.exchange)


def _by_default(world: World, operation: Operation, ids: Mapping[str, str]) -> Iterator[Problem]:
    """A page is as large as the document says where nobody says how large."""
    for each in operation.raw.get("parameters", []):
        size = spec.flat(each["schema"]).get("default")
        if each["in"] != "query" or each["name"] not in SIZES or not isinstance(size, int):
            continue
        told, plain = (next(iter(pages(world, str(operation), ids, wanted))) for wanted in (size, None))
        if told.exchange.status < 300 and plain.exchange.status < 300 and len(told.things) != len(plain.things):
            message = (
                f"A page of {size} has {len(told.things)} things, and one by default, also {size}, {len(plain.things)}."
            )
            yield Problem(message, plain.exchange)


def _at_once(world: World, each: Collection, parents: dict[str, str], count: int) -> Iterator[Problem]:
    """A page that holds just all of it has nothing after it, and one that holds one thing less has."""
    for size, more in ((count, False), (count - 1, True)):
        if not 0 < size <= _MOST:
            continue
        page = next(iter(pages(world, each.listing, parents, size)))
        if len(page.things) == size and page.more is not None and page.more is not more:
            message = f"has_more is {str(page.more).lower()} on a page of {size} of {count} things."
            yield Problem(message, page.exchange)


def _honest(found: list[Page]) -> Iterator[Problem]:
    for page, following in pairwise(found):
        if page.more is True and not following.things:
            yield Problem("has_more is true, and nothing follows.", page.exchange)
        if page.more is False and following.things:
            yield Problem("has_more is false, and more follows.", page.exchange)
    for page in found:
        if isinstance(page.answer, dict) and page.things:
            for name, thing in (("first_id", page.things[0]), ("last_id", page.things[-1])):
                told = page.answer.get(name)
                if isinstance(told, str) and told != identity(thing):
                    yield Problem(f"{name} is not the id of that thing.", page.exchange)
        if page.total is not None and page.total < sum(len(each.things) for each in found if not found[-1].things):
            yield Problem("total is less than what there is.", page.exchange)


def _ordered(world: World, each: Collection, parents: dict[str, str]) -> Iterator[Problem]:
    """Of two things the one that was made a second later comes first downwards, and last upwards."""
    older = made(world, each)[1]
    world.wait(1.5)
    latest = made(world, each)[1], older
    down = next(iter(pages(world, each.listing, parents, order="desc")))
    up = next(iter(pages(world, each.listing, parents, order="asc")))
    for page, sign in ((down, -1), (up, 1)):
        times = [thing["created_at"] for thing in page.things if isinstance(thing, dict) and "created_at" in thing]
        numbers = [time for time in times if isinstance(time, (int, float))]
        if any(sign * other < sign * one for one, other in pairwise(numbers)):
            yield Problem("The list is not in the order that was asked for.", page.exchange)
    newer, older = latest
    for page, first, second in ((down, newer, older), (up, older, newer)):
        ids = [_id(each, thing) for thing in page.things]
        if first in ids and second in ids and ids.index(first) > ids.index(second):
            yield Problem("The list is not in the order that was asked for.", page.exchange)


def _filters(world: World) -> Iterator[Problem]:
    """A list that is asked for by a member of its things has those that it is true of, and no others."""
    for operation in world.tryable():
        if operation.method != "GET" or "{" in operation.path:
            continue
        members = list(_members(operation))
        for name, _ in members:
            _make_two(world, operation.path, name)
        listed = items(parsed(world.send(str(operation), {}))) if members else []
        for name, schema in members:
            words = [each[name] for each in listed if isinstance(each, dict) and isinstance(each.get(name), str)]
            for word in [each for each in dict.fromkeys(words) if spec.validator(schema).is_valid(each)][:_SIZE]:
                yield from _filtered(world, operation, name, word)


def _members(operation: Operation) -> Iterator[tuple[str, Any]]:
    """The parameters of a list that may be members of its things."""
    for each in operation.raw.get("parameters", []):
        if each["in"] == "query" and each["name"] not in _HOW and spec.flat(each["schema"]).get("type") == "string":
            yield each["name"], each["schema"]


def _make_two(world: World, path: str, member: str) -> None:
    """Things that differ in a member, where the body that makes them knows a few words for it."""
    if not world.has(f"POST {path}"):
        return
    body = world.body(world.operations[f"POST {path}"])
    for content in world.operations[f"POST {path}"].raw.get("requestBody", {}).get("content", {}).values():
        words = spec.flat(spec.flat(content["schema"]).get("properties", {}).get(member, {})).get("enum", ())
        for word in words[:_SIZE] if isinstance(body, dict) and member in body else ():
            world.send(f"POST {path}", {}, {**body, member: word})


def _filtered(world: World, operation: Operation, member: str, word: str) -> Iterator[Problem]:
    call = world.call(str(operation), {})
    answer = world.wire.handle(world.request(replace(call, query={**call.query, member: word})))
    found = [each[member] for each in items(parsed(answer)) if isinstance(each, dict) and member in each]
    if answer.status < 300 and any(each != word for each in found):
        yield Problem(f"Things of {member} {word} are asked for, and others are listed.", world.last())
    if queried(operation).isdisjoint(SIZES) or answer.status >= 300:
        return
    page = next(iter(pages(world, str(operation), {}, _SIZE, **{member: word})))
    if len(page.things) < _SIZE <= len(found):
        yield Problem(
            f"There are {len(found)} things of {member} {word}, and a page of {_SIZE} has fewer.", page.exchange
        )


def _id(each: Collection, thing: object) -> str | None:
    return identity(thing, each.parameter)


CHECKS: Final = (
    Check("paging", "Pages are complete, without repeats, in order and honest.", "/parameters", make=_pages),
    Check("filters", "A list has only what was asked for.", "/parameters", make=_filters),
)
