"""Other names of operations and resources."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepare.aliases import read_aliases, target_of
from prepare.errors import PrepareError

NAMES = ("a.b.list", "a.b.create", "c.get")


def read(chosen: Any) -> tuple[dict[str, str], list[str]]:
    """Return the aliases that can be had, and what is stale."""
    notes: list[str] = []
    return {alias: entry["of"] for alias, entry in read_aliases(chosen, NAMES, notes).items()}, notes


def test_operations_and_resources_have_other_names() -> None:
    """An alias may stand anywhere in the tree, also where there was no resource; a note goes with it."""
    chosen = {"x.y": "a.b", "z": "a", "c.fetch": "c.get", "v.w.make": {"of": "a.b.create", "note": "once"}}
    assert read(chosen) == ({"x.y": "a.b", "z": "a", "c.fetch": "c.get", "v.w.make": "a.b.create"}, [])
    assert read_aliases(chosen, NAMES, [])["v.w.make"]["note"] == "once"


@pytest.mark.parametrize("alias", ["a", "a.b", "a.b.list", "c.get.it"])
def test_an_alias_that_is_a_name_is_noted(alias: str) -> None:
    """A revision may bring an operation by that name; its own name wins."""
    assert read({alias: "c"}) == ({}, [f"aliases.yaml: {alias}: is a name of this document already"])


def test_an_alias_of_nothing_is_noted() -> None:
    """On our document the build stops there; on another one it is listed."""
    note = "aliases.yaml: x.y: 'a.d' is neither an operation nor a resource of this document"
    assert read({"x.y": "a.d"}) == ({}, [note])


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"x": 1}, "x: must be a name, or 'of', a name, and 'note', a text"),
        ({"x": {"of": "a", "nte": ""}}, "x: must be a name, or 'of', a name, and 'note', a text"),
        ({"x": {"of": "a", "note": 1}}, "x: must be a name, or 'of', a name, and 'note', a text"),
        ({"xY": "a"}, "'xY' must be snake_case, with a dot between resources"),
        ({"x..y": "a"}, "'x..y' must be snake_case, with a dot between resources"),
        ({"call": "a"}, "'call' must be snake_case, with a dot between resources"),
        ({"x": "a.b.list"}, "x: a method belongs to a resource; write 'resource.x'"),
        ({"x": "a", "x.b.all": "a.b.list"}, "x.b.all: x is an alias itself; write 'a.b.all'"),
    ],
)
def test_a_malformed_alias_is_refused(chosen: Any, message: str) -> None:
    """By its name, with what to write instead."""
    with pytest.raises(PrepareError) as caught:
        read(chosen)
    assert str(caught.value) == f"aliases.yaml: {message}"


ALIASES = read_aliases({"x.y": "a.b", "z": "a", "a.b.all": "a.b.list"}, NAMES, [])


@pytest.mark.parametrize(
    ("dotted", "name"),
    [
        ("a.b.list", "a.b.list"), ("a.b.all", "a.b.list"), ("x.y.create", "a.b.create"), ("z.b.all", "a.b.list"),
        ("a.b", None), ("x.y", None), ("x.y.nothing", None), ("nothing", None),
    ],
)  # fmt: skip
def test_a_path_leads_to_an_operation_or_nowhere(dotted: str, name: str | None) -> None:
    """Through aliases of resources, then of methods."""
    assert target_of(dotted, NAMES, ALIASES) == name


@given(st.lists(st.sampled_from(["a", "b", "x", "y", "z", "all", "list"]), min_size=1, max_size=5).map(".".join))
def test_every_path_leads_to_a_known_operation_or_nowhere(dotted: str) -> None:
    """Whatever is asked, it ends."""
    assert target_of(dotted, NAMES, ALIASES) in {None, *NAMES}
