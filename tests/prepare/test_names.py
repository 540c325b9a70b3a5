"""The names of operations."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepare.arrange import METHODS
from prepare.errors import PrepareError
from prepare.names import Key, name_operations, placeholders, snake

segments = st.sampled_from(("a", "b", "list", "create", "{x}", "{y}", "n-m", "nM", "class", "call", "日本", "1"))
paths = st.lists(segments, max_size=4).map(lambda parts: "/" + "/".join(parts))
keys = st.lists(st.tuples(st.sampled_from(METHODS), paths), max_size=12, unique=True)


def names(*keys: str) -> list[str]:
    """Return the names of operations written as ``GET /a``."""
    split = [(key.split()[0].lower(), key.split()[1]) for key in keys]
    return list(name_operations(split, {}, []).values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("makeDefault", "make_default"), ("make-default", "make_default"), ("HTTPServer", "http_server"),
        ("APIKeys2", "api_keys2"), ("1st", "n1st"), ("class", "class_"), ("None", "none"), ("日本", "root"),
        ("", "root"), ("__x__", "x"), ("$ref", "ref"), ("a.b c", "a_b_c"),
    ],
)  # fmt: skip
def test_text_becomes_one_identifier(text: str, name: str) -> None:
    """Whatever a document calls a thing, Python gets a snake_case identifier."""
    assert snake(text) == name
    assert name.isidentifier()


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("GET /a", "a.list"), ("POST /a", "a.create"), ("DELETE /a", "a.delete"), ("PUT /a", "a.update"),
        ("GET /a/{x}", "a.retrieve"), ("POST /a/{x}", "a.update"), ("PATCH /a/{x}", "a.update"),
        ("HEAD /a/{x}", "a.head"), ("TRACE /a", "a.trace"), ("GET /", "root.get"), ("GET /{x}", "root.get"),
        ("POST /a/{x}/cancel", "a.cancel"), ("POST /a/{x}/b/{y}/makeDefault", "a.b.make_default"),
        ("GET /a/b/c", "a.b.c"), ("GET /a/b", "a.b.list"), ("POST /a/b/c", "a.b.c.create"),
        ("POST /{x}/act", "act.create"), ("POST /{x}/{y}/act", "act.create"), ("GET /a/{x}/b/{y}", "a.b.retrieve"),
        ("GET /call", "call_.list"), ("POST /close/{x}/request", "close_.request"), ("GET /a-b/cD", "a_b.c_d.list"),
    ],
)  # fmt: skip
def test_the_shape_of_a_path_gives_the_name(key: str, name: str) -> None:
    """A collection, an item, an action or a group: the path and the method tell which."""
    assert names(key) == [name]


def test_a_collection_is_no_action() -> None:
    """What has items, or two methods, is a resource, not an action of the item above it."""
    assert names("GET /a/{x}/b", "GET /a/{x}/b/{y}") == ["a.b.list", "a.b.retrieve"]
    assert names("GET /a/{x}/b", "POST /a/{x}/b") == ["a.b.list", "a.b.create"]
    assert names("GET /a/b/c", "POST /a/b/c") == ["a.b.c.list", "a.b.c.create"]
    assert names("GET /a/b/c", "GET /a/b/c/d") == ["a.b.c", "a.b.c_d"]


def test_a_chosen_name_wins() -> None:
    """Where the rule alone would not give the name people use, names.yaml does."""
    named = name_operations([("post", "/images/edits")], {"POST /images/edits": "images.edit"}, [])
    assert list(named.values()) == ["images.edit"]


@pytest.mark.parametrize(
    "name", ["edit", "images.Edit", "images.edit!", "images..edit", "call.it", "images.class", 1, None]
)
def test_a_malformed_choice_is_refused(name: object) -> None:
    """A name must be snake_case 'resource.method', and leave the client's own names alone."""
    with pytest.raises(PrepareError, match=r"names\.yaml: .* for GET /a must be snake_case 'resource\.method'"):
        name_operations([("get", "/a")], {"GET /a": name}, [])  # type: ignore[dict-item]  # as YAML may hold it


def test_one_name_cannot_be_chosen_twice() -> None:
    """Only the writer of names.yaml can say which operation should have it."""
    with pytest.raises(PrepareError, match=r"names\.yaml: 'a\.b' is given to GET /a and to GET /c; rename one"):
        name_operations([("get", "/a"), ("get", "/c")], {"GET /a": "a.b", "GET /c": "a.b"}, [])


def test_a_choice_for_no_operation_is_noted() -> None:
    """On our document the build stops there; on another one it is listed."""
    notes: list[str] = []
    name_operations([("get", "/a")], {"GET /gone": "a.gone"}, notes)
    assert notes == ["names.yaml: GET /gone: is no operation of this document"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["GET /a/{x}", "GET /a/{y}"], ["a.retrieve", "a.retrieve_by_y"]),
        (["PUT /a/{x}", "PATCH /a/{x}", "POST /a/{x}"], ["a.update", "a.update_patch", "a.update_by_x"]),
        (["GET /日", "GET /中"], ["root.list_get", "root.list"]),
        (["GET /日", "GET /中", "GET /国", "GET /人"], ["root.list_3", "root.list", "root.list_2", "root.list_get"]),
        (["GET /a", "GET /a/list/{x}"], ["a.list_get", "a.list.retrieve"]),
    ],
)
def test_operations_of_one_name_are_told_apart(keys: list[str], expected: list[str]) -> None:
    """By their parameters, their method, then a number; also where a method would hide a resource."""
    assert names(*keys) == expected


def test_a_choice_that_hides_a_resource_is_told_apart_and_noted() -> None:
    """A revision may add a resource of the name that was chosen for a method; the work goes on."""
    notes: list[str] = []
    named = name_operations([("get", "/a/{x}"), ("get", "/a/b/{y}")], {"GET /a/{x}": "a.b"}, notes)
    assert list(named.values()) == ["a.b_by_x", "a.b.retrieve"]
    assert notes == ["names.yaml: GET /a/{x}: 'a.b' is a resource here, so it became 'a.b_by_x'"]


@given(keys=keys)
@settings(max_examples=150, deadline=None)
def test_every_operation_has_a_name_of_its_own(keys: list[Key]) -> None:
    """Two parts at least, all identifiers, no two alike, none both a method and a resource; in any order the same."""
    named = name_operations(keys, {}, [])
    assert list(named) == keys
    assert len(set(named.values())) == len(keys)
    assert all(part.isidentifier() for name in named.values() for part in name.split("."))
    assert all("." in name for name in named.values())
    resources = {name.rsplit(".", 1)[0] for name in named.values()}
    assert not set(named.values()) & {".".join(each.split(".")[:depth]) for each in resources for depth in range(1, 9)}
    assert name_operations(keys[::-1], {}, []) == named


@given(keys=keys, key=st.tuples(st.sampled_from(METHODS), paths.map(lambda path: f"/unrelated{path}")))
@settings(max_examples=150, deadline=None)
def test_an_unrelated_operation_changes_no_name(keys: list[Key], key: Key) -> None:
    """A new revision of the document adds operations; the names people use stay."""
    named = name_operations(keys, {}, [])
    assert {each: name for each, name in name_operations([*keys, key], {}, []).items() if each != key} == named


def test_placeholders_come_once_and_in_order() -> None:
    """A path may use a parameter twice."""
    assert placeholders("/{b}/{a-b}.{ext}/{b}/{}") == ["b", "a-b", "ext"]
