"""Corrections: OpenAPI Overlay 1.1 documents, applied."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from prepare.correct import Action, apply, read_actions
from prepare.errors import PrepareError
from prepare.load import Json
from tests.prepare.tiny import OPENAPI, write

HEAD = "overlay: 1.1.0\ninfo: {title: Test, version: '1'}\n"
WHY = "description: because, x-evidence: seen"


def act(target: str, kind: str, value: Any) -> Action:
    """Return an action."""
    return Action("test.yaml#0", target, "because", "seen", kind, value)


def corrected(document: Json, target: str, kind: str, value: Any) -> Json:
    """Return a document after one action that must have an effect; the document itself must stay as it was."""
    before = copy.deepcopy(document)
    after, idle = apply(document, [act(target, kind, value)])
    assert idle == []
    assert document == before
    return after


def problem(document: Json, target: str, kind: str, value: Any) -> str:
    """Return why one action had no effect; nothing may have changed."""
    after, idle = apply(document, [act(target, kind, value)])
    assert after == document
    return idle[0].problem


@pytest.mark.parametrize(
    ("document", "target", "value", "after"),
    [
        ({"a": {"b": 1, "c": {"d": [1], "e": 1}}}, "$.a", {"b": 2, "c": {"d": [2], "f": 3}},
         {"a": {"b": 2, "c": {"d": [1, 2], "e": 1, "f": 3}}}),
        ({"a": [1]}, "$.a", 2, {"a": [1, 2]}),
        ({"a": [1]}, "$.a", [2, 1, 3], {"a": [1, 2, 3]}),
        ({"a": [1]}, "$.a", [True], {"a": [1, True]}),
        ({"a": [{"b": 1}]}, "$.a", {"c": 1}, {"a": [{"b": 1}, {"c": 1}]}),
        ({"a": [{"b": 1}, {"b": 2}]}, "$.a[?@.b == 2]", {"c": 1}, {"a": [{"b": 1}, {"b": 2, "c": 1}]}),
        ({"a": 1}, "$.a", True, {"a": True}),
        ({"a": 1}, "$.a", None, {"a": None}),
        ({"a": {"b": 0}}, "$.a", {"b": False}, {"a": {"b": False}}),
        ({"a": 1}, "$", {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": {"x": {}}}}, "$..x", {"y": 1}, {"a": {"x": {"x": {"y": 1}, "y": 1}}}),
    ],
)  # fmt: skip
def test_update(document: Json, target: str, value: Any, after: Json) -> None:
    """Objects merge, arrays are concatenated, plain values are replaced, wherever the target says."""
    assert corrected(document, target, "update", value) == after


@pytest.mark.parametrize(
    ("document", "target", "after"),
    [
        ({"a": 1, "b": 2}, "$.a", {"b": 2}),
        ({"a": [0, 1, 2, 3]}, "$.a[1, 0, 1, -1]", {"a": [2]}),
        ({"a": {"x": {"x": 1}}, "x": 2}, "$..x", {"a": {}}),
        ({"a": [{"n": [1, 2]}, {"n": [1]}]}, "$.a[*].n[?@ == 1]", {"a": [{"n": [2]}, {"n": []}]}),
    ],
)
def test_remove(document: Json, target: str, after: Json) -> None:
    """All that is selected goes, once, whatever order and however nested it was selected in."""
    assert corrected(document, target, "remove", True) == after


def test_copy_merges_a_copy_of_one_node() -> None:
    """What is copied is no longer tied to where it came from."""
    document = {"from": {"a": [1]}, "to": {"b": 2}}
    after = corrected(document, "$.to", "copy", "$.from")
    assert after == {"from": {"a": [1]}, "to": {"a": [1], "b": 2}}
    assert after["to"]["a"] is not after["from"]["a"]


@pytest.mark.parametrize(
    ("document", "target", "kind", "value", "why"),
    [
        ({"a": 1}, "$.b", "update", 2, "matches nothing"),
        ({"a": 1}, "$.b", "remove", True, "matches nothing"),
        ({"a": {"b": [1]}}, "$.a", "update", {"b": [1]}, "changes nothing"),
        ({"a": 1}, "$.a", "update", 1, "changes nothing"),
        ({"a": 1}, "$.a", "copy", "$.b", "'copy' must select one node, $.b selects 0"),
        ({"a": {"b": 1}}, "$.a", "update", 1, "the update does not fit /a; remove that first"),
        ({"a": {"b": 1}}, "$.a", "update", {"b": []}, "the update does not fit /a; remove that first"),
        ({"a": [{}, 1]}, "$.a[*]", "update", {"b": 1}, "the update does not fit /a/1; remove that first"),
    ],
)
def test_an_action_without_effect_says_why(document: Json, target: str, kind: str, value: Any, why: str) -> None:
    """It leaves the document as it was, also where only one of its targets does not fit."""
    assert problem(document, target, kind, value) == why


def test_a_later_action_sees_what_an_earlier_one_did() -> None:
    """Actions are applied in order, so that one can remove what stands in the way of the next."""
    actions = [act("$.a", "remove", True), act("$", "update", {"a": [1]}), act("$.b", "remove", True)]
    after, idle = apply({"a": {}}, actions)
    assert after == {"a": [1]}
    assert [str(each) for each in idle] == ["test.yaml#0: $.b: matches nothing (it was there because: because)"]


@pytest.mark.parametrize(("target", "kind", "value"), [("$.[", "update", 1), ("$", "copy", "a b")])
def test_a_target_that_is_no_jsonpath_is_refused(target: str, kind: str, value: Any) -> None:
    """A typing error must not pass for a correction that is no longer needed."""
    with pytest.raises(PrepareError, match=r"test\.yaml#0: .* is no JSONPath \(RFC 9535\)"):
        apply({"a": 1}, [act(target, kind, value)])


def test_the_whole_document_cannot_be_removed() -> None:
    """There would be nothing left to correct."""
    with pytest.raises(PrepareError, match="'remove' must not target the whole document"):
        apply({"a": 1}, [act("$", "remove", True)])


def test_actions_are_read_by_file_and_in_order(tmp_path: Path) -> None:
    """Their names say where they stand; extensions and hidden files are left alone."""
    write(tmp_path, f"{HEAD}actions:\n- {{target: $.b, {WHY}, remove: true, x-note: 1}}\n", "b.yaml")
    write(
        tmp_path,
        f"{HEAD}actions:\n- {{target: $.a, {WHY}, update: 1}}\n- {{target: $.c, {WHY}, copy: $.d}}\n",
        "a.yaml",
    )
    write(tmp_path, "no overlay", ".hidden")
    actions = list(read_actions(tmp_path))
    assert [(each.name, each.kind, each.value) for each in actions] == [
        ("a.yaml#0", "update", 1), ("a.yaml#1", "copy", "$.d"), ("b.yaml#0", "remove", True),
    ]  # fmt: skip
    assert (actions[0].reason, actions[0].evidence) == ("because", "seen")
    assert list(read_actions(tmp_path / "nowhere")) == []


def test_examples_come_last(tmp_path: Path) -> None:
    """They are of what all other corrections have made, whatever those are called."""
    for name in ("examples-b.yaml", "missing.yaml", "examples-a.yaml", "a.yaml"):
        write(tmp_path, f"{HEAD}actions:\n- {{target: $.b, {WHY}, remove: true}}\n", name)
    names = [each.name for each in read_actions(tmp_path)]
    assert names == ["a.yaml#0", "missing.yaml#0", "examples-a.yaml#0", "examples-b.yaml#0"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("overlay: 1.0.0", "'overlay' must be 1.1.x"),
        ("overlay: 1.1.0", "'info' must give a title and a version"),
        (HEAD, "'actions' must list at least one action"),
        (f"{HEAD}actions: []", "'actions' must list at least one action"),
        (f"{HEAD}actions: [1]", "x.yaml#0: must be a mapping"),
        (f"{HEAD}actions: [{{{WHY}, update: 1}}]", "x.yaml#0: 'target' is missing"),
        (f"{HEAD}actions: [{{target: $, x-evidence: seen, update: 1}}]", "x.yaml#0: 'description' is missing"),
        (f"{HEAD}actions: [{{target: $, description: ' ', x-evidence: a}}]", "x.yaml#0: 'description' is missing"),
        (f"{HEAD}actions: [{{target: $, description: why, update: 1}}]", "x.yaml#0: 'x-evidence' is missing"),
        (f"{HEAD}actions: [{{target: $, {WHY}}}]", "x.yaml#0: needs exactly one of update, copy and remove, has []"),
        (f"{HEAD}actions: [{{target: $, {WHY}, update: 1, remove: true}}]", "has ['update', 'remove']"),
        (f"{HEAD}actions: [{{target: $, {WHY}, updated: 1}}]", "has ['updated']"),
        (f"{HEAD}actions: [{{target: $, {WHY}, remove: false}}]", "x.yaml#0: 'remove' must be true"),
        (f"{HEAD}actions: [{{target: $, target: $, {WHY}, update: 1}}]", "the key 'target' stands twice"),
    ],
)
def test_a_malformed_correction_is_refused_by_name(tmp_path: Path, text: str, why: str) -> None:
    """Every action needs a target, a reason, its evidence, and one thing to do."""
    write(tmp_path, text, "x.yaml")
    with pytest.raises(PrepareError) as refused:
        list(read_actions(tmp_path))
    assert str(refused.value).startswith("x.yaml")
    assert why in str(refused.value)


def test_a_file_that_would_not_be_read_is_refused(tmp_path: Path) -> None:
    """A correction in a file of another ending would be ignored in silence."""
    write(tmp_path, "{}", "x.yml")
    with pytest.raises(PrepareError, match=r"x\.yml: is not read; a correction is a \.yaml file"):
        list(read_actions(tmp_path))


def test_our_corrections_all_have_an_effect_on_the_published_document(published: Json) -> None:
    """A correction dies when the document is fixed."""
    _, idle = apply(published, read_actions(OPENAPI / "corrections"))
    assert [str(each) for each in idle] == []
