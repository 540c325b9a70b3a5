"""Names stay from one revision to the next, whatever happens around an operation."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from prepare.names import Key, name_operations
from prepare.steady import steady_names

segments = st.sampled_from(("a", "b", "{id}", "{x}", "a_b"))
paths = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
keys = st.sets(st.tuples(st.sampled_from(("get", "post", "delete")), paths), max_size=8)


def names(operations: list[Key]) -> dict[Key, str]:
    return name_operations(operations, {}, [])


@given(old=keys, new=keys)
@settings(max_examples=300, deadline=None)
def test_an_operation_that_is_still_there_keeps_its_name(old: set[Key], new: set[Key]) -> None:
    """Whatever comes and goes beside it; the entries are of this document and raise no complaint."""
    before = names(sorted(old))
    entries = steady_names(before, sorted(new), {}, {})
    notes: list[str] = []
    after = name_operations(sorted(new), entries, notes)
    assert {key: after[key] for key in old & new} == {key: before[key] for key in old & new}
    assert notes == []


def test_nothing_is_said_where_the_rule_gives_the_same_name() -> None:
    """names.yaml holds what has to be there, and what was there."""
    old: list[Key] = [("get", "/a"), ("post", "/a")]
    assert steady_names(names(old), [*old, ("get", "/b")], {}, {}) == {}
    assert steady_names(names(old), old, {"GET /a": "a.list", "GET /gone": "x.y"}, {}) == {"GET /a": "a.list"}


def test_a_new_operation_gives_way_to_an_old_name() -> None:
    """What was a method cannot be a resource as well."""
    old: list[Key] = [("get", "/jobs/{id}/events"), ("get", "/jobs/{id}/events_retrieve")]
    below: list[Key] = [("get", "/jobs/{id}/events/{n}"), ("post", "/jobs/{id}/events/{n}/mark")]
    assert steady_names(names(old), old + below, {}, {}) == {
        "GET /jobs/{id}/events": "jobs.events",
        "GET /jobs/{id}/events/{n}": "jobs.events_retrieve_2",
        "POST /jobs/{id}/events/{n}/mark": "jobs.events_mark",
    }


def test_a_move_takes_the_name_with_it() -> None:
    """Also a chosen one, whose entry goes to the new path."""
    old: list[Key] = [("post", "/things/{id}/stop"), ("get", "/things")]
    new: list[Key] = [("post", "/things/{id}/halt"), ("get", "/all/things")]
    moved = dict(zip(old, new, strict=True))
    before = {old[0]: "things.stop", old[1]: "things.everything"}
    assert steady_names(before, new, {"GET /things": "things.everything"}, moved) == {
        "GET /all/things": "things.everything",
        "POST /things/{id}/halt": "things.stop",
    }
