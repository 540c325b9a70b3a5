"""The differences between two documents."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from prepare.build import Room, generate
from prepare.change import Change, Level, Side
from prepare.compare import compare
from prepare.errors import PrepareError
from prepare.kinds import KINDS
from prepare.load import Json
from prepare.reach import reach
from prepare.references import lookup, schemas_of, with_inner
from prepare.resolve import operations
from prepare.surface import Surface
from tests.prepare.edits import ANSWER, BASE, EDITS, GONE, PAIRS, RECIPES, Edit
from tests.prepare.random_documents import documents
from tests.prepare.reality import CASES, interface, module
from tests.prepare.tiny import OPENAPI, ROOT, operation, resolved, write

_SIGNS = {Side.REQUEST: ">", Side.RESPONSE: "<", Side.NEITHER: "="}


def verdicts(changes: list[Change]) -> Counter[str]:
    """Return changes as the data writes them."""
    return Counter(f"{each.level.name[0]}{_SIGNS[each.side]} {each.kind}" for each in changes)


def compared(old: Json, new: Json) -> list[Change]:
    """Compare two documents, resolved first."""
    return compare(resolved(old)[0], resolved(new)[0])


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.where.replace(" ", "."))
def test_an_edit_is_told_both_ways(edit: Edit) -> None:
    """Every change has the kind, level and side that its meaning gives it, and its place; nothing else is told."""
    before, after = resolved(BASE)[0], resolved(edit.apply())[0]
    for old, new, expected in ((before, after, edit.there), (after, before, edit.back)):
        changes = compare(old, new)
        assert verdicts(changes) == Counter(filter(None, expected.split("; ")))
        assert all(_exists(old if each.kind.endswith("removed") else new, each.pointer) for each in changes)


@pytest.mark.parametrize("name", RECIPES)
def test_an_edit_of_several_places_is_told_both_ways(name: str) -> None:
    """What is one change to a user is told as one."""
    apply, *expected = RECIPES[name]
    after = copy.deepcopy(BASE)
    apply(after)
    told = [verdicts(compared(BASE, after)), verdicts(compared(after, BASE))]
    assert told == [Counter(filter(None, text.split("; "))) for text in expected]


def _refused(folder: Path, code: Path) -> set[int]:
    """Return the cases whose code mypy refuses with the client in a folder."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--output", "json", "--config-file="]
    command += ["--cache-dir", str(folder / "cache"), str(code)]
    environment = {**os.environ, "MYPYPATH": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=code, env=environment)
    assert done.stderr == ""
    errors = [json.loads(line) for line in done.stdout.splitlines()]
    return {int(Path(each["file"]).stem.removeprefix("case")) for each in errors if each["severity"] == "error"}


def test_the_type_checker_agrees(tmp_path: Path) -> None:
    """Code for the old client passes with the new one exactly where nothing is called breaking."""
    documents = interface(now=False), interface(now=True)
    code = tmp_path / "code"
    code.mkdir()
    for index, case in enumerate(CASES.values()):
        (code / f"case{index}.py").write_text(module(index, case))
    found: list[set[int]] = []
    for name, source in zip(("old", "new"), documents, strict=True):
        generate(Room(OPENAPI, write(tmp_path, source, f"{name}.yaml")), tmp_path / name)
        found.append(_refused(tmp_path / name, code))
    told = [each for each in compared(*documents) if each.level is Level.BREAKING]
    named = {int(name.split(".")[0].removeprefix("case")) for each in told for name in each.operations}
    assert found == [set(), {index for index, case in enumerate(CASES.values()) if case.breaking}]
    assert named == found[1]


# -- what every comparison keeps to


def _shuffled(node: Any, random: Random, key: str = "") -> Any:
    """Return a document with everything in another order whose order means nothing."""
    if isinstance(node, list):
        items = [_shuffled(each, random) for each in node]
        if key in {"oneOf", "anyOf", "required", "enum", "type"}:
            random.shuffle(items)
        return items
    if not isinstance(node, dict) or key in {"default", "example", "examples", "const"}:
        return node
    keys = list(node)
    random.shuffle(keys)
    return {each: _shuffled(node[each], random, each) for each in keys}


@given(seed=st.integers(0, 1_000_000))
@settings(max_examples=20, deadline=None)
def test_an_order_that_means_nothing_is_no_change(seed: int) -> None:
    """Keys, members of an enum, required names and branches of a union may stand in any order."""
    document = resolved(BASE)[0]
    assert compare(document, _shuffled(document, Random(seed))) == []


def test_our_own_document_does_not_differ_from_itself() -> None:
    """Neither from a copy, nor from one in another order."""
    document = json.loads((ROOT / "generated" / "portkey_api" / "openapi.json").read_text("utf-8"))
    assert compare(document, copy.deepcopy(document)) == []
    assert compare(document, _shuffled(document, Random(7))) == []


@given(source=documents)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_no_document_differs_from_itself(source: Json) -> None:
    """Whatever a document holds, a copy of it is no other one."""
    try:
        document = resolved(source)[0]
        Surface(document)
    except PrepareError:
        reject()
    assert compare(document, copy.deepcopy(document)) == []


def _mutate(schema: Json, how: str) -> None:
    """Change a schema in a way that means something."""
    if how == "type":
        kind = schema.pop("type", None)
        for key in ("enum", "const", "oneOf", "anyOf", "allOf", "$ref", "properties", "items", "nullable", "format"):
            schema.pop(key, None)
        schema["type"] = "boolean" if kind != "boolean" else "string"
    else:
        schema[how] = {"description": "another", "maxLength": 7777, "deprecated": schema.get("deprecated") is not True,
                       "default": "another", "x-note": "another", "not": {"const": "another"}}[how]  # fmt: skip


@given(
    data=st.data(), how=st.sampled_from(("type", "description", "maxLength", "deprecated", "default", "x-note", "not"))
)
@settings(max_examples=100, deadline=None)
def test_every_edit_is_told(data: st.DataObject, how: str) -> None:
    """Whichever schema of a document is changed, and whatever in it, something is told, there and back."""
    before = resolved(BASE)[0]
    after = copy.deepcopy(before)
    roots: list[Any] = [*after["components"]["schemas"].values()]
    roots += [schema for _, _, each in operations(after) for schema, _ in schemas_of(each, ())]
    schemas = [schema for root in roots for schema, _ in with_inner(root, ()) if "$ref" not in schema or how == "type"]
    _mutate(data.draw(st.sampled_from(schemas)), how)
    for old, new in ((before, after), (after, before)):
        told = compare(old, new)
        assert told
        assert len(told) == len(set(told))
        assert [each for each in told if (each.level is Level.DOCUMENTATION) != (how == "description")] == []


@given(seed=st.integers(0, 1_000_000), first=st.sampled_from(EDITS), second=st.sampled_from(EDITS))
@settings(max_examples=40, deadline=None)
def test_what_is_told_does_not_depend_on_the_order(seed: int, first: Edit, second: Edit) -> None:
    """Two documents differ in the same things, in the same order, however their keys are ordered."""
    old, new = resolved(first.apply())[0], resolved(second.apply())[0]
    told = [dataclasses.replace(each, pointer="") for each in compare(old, new)]
    again = compare(_shuffled(old, Random(seed)), _shuffled(new, Random(seed + 1)))
    assert sorted(map(str, told)) == sorted(str(dataclasses.replace(each, pointer="")) for each in again)


def _exists(document: Json, reference: str) -> bool:
    try:
        lookup(document, f"#{reference}", ())
    except PrepareError:
        return False
    return True


@pytest.mark.parametrize("name", PAIRS)
def test_two_documents_are_told_apart_both_ways(name: str) -> None:
    """What is merged, mixed, or spelled otherwise is told by what it is in Python."""
    old, new, *expected = PAIRS[name]
    told = [verdicts(compared(old, new)), verdicts(compared(new, old))]
    assert told == [Counter(filter(None, text.split("; "))) for text in expected]


def test_a_chosen_name_that_changed_is_another_method() -> None:
    """The method is called otherwise, and so are the types named after it."""
    old, new = resolved(BASE)[0], resolved(BASE, {"GET /things": "things.search"})[0]
    told = compare(old, new)
    assert verdicts(told) == Counter({"B= operation-renamed": 1, "B= schema-renamed": 1})
    assert [(each.python, each.before, each.after) for each in told] == [
        ("things.search", "things.list", "things.search"),
        ("ThingsSearchOrder", "ThingsListOrder", "ThingsSearchOrder"),
    ]


def test_a_chosen_name_keeps_a_moved_operation() -> None:
    """With its old name, an operation that moved is compared as a whole: its new argument is told."""
    after = copy.deepcopy(BASE)
    item = after["paths"]["/v2/{tenant}/chat"] = after["paths"].pop("/chat")
    item["post"]["parameters"] = [{"name": "tenant", "in": "path", "required": True, "schema": {"type": "string"}}]
    told = compare(resolved(BASE)[0], resolved(after, {"POST /v2/{tenant}/chat": "chat.create"})[0])
    assert verdicts(told) == Counter({"C= operation-moved": 1, "B> parameter-added-required": 1})


def test_a_move_from_the_path_breaks_who_passed_by_position() -> None:
    """An argument of the path is positional; one of the query is not."""
    paths = "/a/{x}/b", "/a/b"
    places = "path", "query"
    sources = [
        operation(path, parameters=[{"name": "x", "in": place, "required": True, "schema": {"type": "string"}}])
        for path, place in zip(paths, places, strict=True)
    ]
    old, new = (resolved(each, {f"GET {path}": "a.b"})[0] for each, path in zip(sources, paths, strict=True))
    assert verdicts(compare(old, new)) == Counter({"C= operation-moved": 1, "B> parameter-moved": 1})
    assert verdicts(compare(new, old)) == Counter({"C= operation-moved": 1, "C> parameter-moved": 1})


@pytest.mark.parametrize(
    ("where", "value", "expected"),
    [
        ("CreateThing properties note", GONE, ("things.create(note=)", ("things.create",),
         "/components/schemas/CreateThing/properties/note", "things.create(note=) is gone.")),
        ("CreateThing properties mood enum 2", "sad", ("things.create(mood=)", ("things.create",),
         "/components/schemas/CreateThing/properties/mood/enum",
         "things.create(mood=) is one of several values; 'sad' is one more.")),
        ("Thing properties note type", "string", ("Thing.note", ("things.create", "things.list", "things.retrieve"),
         "/components/schemas/Thing/properties/note", "Thing.note was str | None, is str.")),
        ("Thing properties inner properties deep type", "integer",
         ("ThingInner.deep", ("things.create", "things.list", "things.retrieve"),
          "/components/schemas/Thing/properties/inner/properties/deep", "ThingInner.deep was str, is int.")),
        ("list parameters 0 schema default", 50, ("things.list(limit=)", ("things.list",),
         "/paths/~1things/get/parameters/0/schema", "things.list(limit=) had the default 20, has 50.")),
        ("delete", GONE, ("things.delete", ("things.delete",), "/paths/~1things~1{thing_id}/delete",
         "things.delete is gone (DELETE /things/{thing_id}).")),
        (f"retrieve {ANSWER}", {"$ref": "#/components/schemas/Part"}, ("things.retrieve()", ("things.retrieve",),
         "/paths/~1things~1{thing_id}/get/responses", "things.retrieve() was Thing, is Part.")),
    ],
)  # fmt: skip
def test_a_change_says_what_a_user_types(where: str, value: Any, expected: tuple[Any, ...]) -> None:
    """The Python spelling, the methods concerned, the place, and one sentence with what was and what is."""
    (told,) = compared(BASE, Edit(where, value, "", "").apply())
    assert (told.python, told.operations, told.pointer, told.text) == expected


def test_every_kind_is_in_the_table_and_every_kind_of_the_table_occurs() -> None:
    """The table can be listed: it holds what is told, and nothing that never is."""
    told = {
        part.split()[1] for edit in EDITS for text in (edit.there, edit.back) for part in filter(None, text.split("; "))
    }
    for _, *texts in RECIPES.values():
        told |= {part.split()[1] for text in texts for part in text.split("; ")}
    for _, _, *texts in PAIRS.values():
        told |= {part.split()[1] for text in texts for part in filter(None, text.split("; "))}
    assert told | {"operation-renamed"} == KINDS.keys()


def test_a_circle_of_classes_is_reached_as_a_whole() -> None:
    """Who reaches one of a circle reaches all of it, and what it leads to; other roots stay apart."""
    edges = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": [], "e": ["d"]}
    assert reach(edges, {"b": 1, "e": 2}) == {"a": 1, "b": 1, "c": 1, "d": 3, "e": 2}
