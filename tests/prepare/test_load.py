"""Reading documents: YAML 1.2, JSON, and all that is odd in published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prepare.errors import PrepareError, refuse
from prepare.load import DEEPEST, blamed, load, same
from tests.prepare.tiny import write


def read(folder: Path, text: str, name: str = "document.yaml") -> Any:
    """Return the value under ``a`` of a document."""
    return load(write(folder, text, name))[0]["a"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("2024-01-01", "2024-01-01"), ("12:30", "12:30"), ("1_000", "1_000"),
        ("true", True), ("False", False), ("~", None), ("null", None), ("", None), ("=", "="),
        ("010", 10), ("0o17", 15), ("0x1F", 31), ("-3", -3), ("+3", 3), ("1e3", 1000.0), (".5", 0.5), ("'1'", "1"),
    ],
)  # fmt: skip
def test_plain_scalars_are_read_as_yaml_1_2_reads_them(tmp_path: Path, written: str, value: Any) -> None:
    """A country code stays text, a date stays text, and only JSON's own words are more than text."""
    assert same(read(tmp_path, f"a: {written}"), value)


def test_keys_become_text_as_they_are_written(tmp_path: Path) -> None:
    """Status codes and other scalars are often keys; JSON knows only text."""
    document, notes = load(write(tmp_path, "200: a\ntrue: b\n~: c\n1.0: d\n? e\n: f\n"))
    assert document == {"200": "a", "true": "b", "~": "c", "1.0": "d", "e": "f"}
    assert notes == []


def test_a_duplicated_key_is_noted_and_the_last_value_counts(tmp_path: Path) -> None:
    """Published revisions hold duplicated keys; the note says where, in YAML and in JSON."""
    document, notes = load(write(tmp_path, "a: 1\nb: 2\na: 3\n"))
    assert document == {"a": 3, "b": 2}
    assert notes == ["line 3, column 1: the key 'a' stands twice; the last counts"]
    document, notes = load(write(tmp_path, '{"a": 1, "a": {"b": 1, "b": 2}}', "document.json"))
    assert document == {"a": {"b": 2}}
    assert notes == ["the key 'b' stands twice; the last counts", "the key 'a' stands twice; the last counts"]


def test_a_merged_mapping_may_be_overridden_without_a_note(tmp_path: Path) -> None:
    """A key beside ``<<`` replaces the merged one, which is what it is there for."""
    document, notes = load(write(tmp_path, "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n"))
    assert document["b"] == {"x": 3, "y": 2}
    assert notes == []


def test_an_anchor_may_be_used_again(tmp_path: Path) -> None:
    """An anchor that is defined twice means the latest definition (YAML 1.2, section 3.2.2.2)."""
    document, _ = load(write(tmp_path, "a: &x [1]\nb: *x\nc: &x [2]\nd: *x\n"))
    assert document == {"a": [1], "b": [1], "c": [2], "d": [2]}
    assert document["a"] is not document["b"], "an alias must not tie two places of the document together"


@pytest.mark.parametrize(("written", "text"), [(".inf", "inf"), ("-.INF", "-inf"), (".nan", "nan"), ("1e999", "inf")])
def test_numbers_that_json_cannot_hold_become_text_with_a_note(tmp_path: Path, written: str, text: str) -> None:
    """An infinite default would make openapi.json unreadable; as text it still says what was meant."""
    document, notes = load(write(tmp_path, f"a: {{b: {written}}}"))
    assert document == {"a": {"b": text}}
    assert notes == [f"/a/b: {text} is no JSON number; kept as text"]


def test_json_is_read_as_json_and_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    """Some editors put a mark in front of every file."""
    assert read(tmp_path, '\ufeff{"a": NaN}', "document.json") == "nan"


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ("a: [1\nb: 2", "x.yaml", r"x\.yaml: line 2, column 2: did not find expected ',' or '\]'"),
        ("a: &a [*a]", "x.yaml", r"x\.yaml: line 1, column 4: /a/0: the anchor here contains itself"),
        ("a: *b", "x.yaml", r"x\.yaml: line 1, column 4: found undefined alias"),
        ("[a]: 1", "x.yaml", r"x\.yaml: line 1, column 1: a mapping key must be a plain scalar"),
        ("a: !!binary aGk=", "x.yaml", r"x\.yaml: line 1, column 4: /a: is a bytes, which JSON does not know"),
        ("a: !own 1", "x.yaml", r"x\.yaml: line 1, column 4: could not determine a constructor"),
        ("a: 1\n---\nb: 2", "x.yaml", r"x\.yaml: line 2, column 1: but found another document"),
        ("a: \x01", "x.yaml", r"x\.yaml: line 1, column 4: control characters are not allowed"),
        (f"a: {'9' * 5000}", "x.yaml", r"x\.yaml: line 1, column 4: an integer of 5000 digits; quote it"),
        (f'{{"a": {"9" * 5000}}}', "x.json", r"x\.json: Exceeds the limit"),
        ("", "x.yaml", r"x\.yaml: is empty; a mapping is needed here"),
        ("- a", "x.yaml", r"x\.yaml: is no mapping; a mapping is needed here"),
        ('{"a": 1,}', "x.json", r"x\.json: line 1, column 9: "),
        ('{"a": "\\ud800"}', "x.json", r"x\.json: /a: this text holds half of a surrogate pair"),
        ("[" * 400 + "]" * 400, "x.yaml", r"x\.yaml: is no mapping|x\.yaml: nests deeper than"),
        ("[" * 20000, "x.json", rf"x\.json: nests deeper than {DEEPEST} levels"),
        ("a: " + "[" * 200 + "]" * 200, "x.yaml", rf"x\.yaml: line 1, column 131: /a/0.*: nests deeper than {DEEPEST}"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, text: str, name: str, problem: str) -> None:
    """The message names the file and the line and column, or the JSON pointer."""
    with pytest.raises(PrepareError, match=problem):
        load(write(tmp_path, text, name))


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    """The command line can be given any path."""
    with pytest.raises(PrepareError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load(tmp_path / "nowhere.yaml")
    with pytest.raises(PrepareError, match="cannot be read"):
        load(tmp_path)
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: \xe9")
    with pytest.raises(PrepareError, match=r"latin\.yaml: line 1, column 4: is not UTF-8 text \(byte 3\)"):
        load(path)


@pytest.mark.parametrize(("first", "second"), [(1, True), (1, 1.0), ([0], [False]), ({"a": 1}, {"a": 1.0})])
def test_sameness_is_that_of_json(first: Any, second: Any) -> None:
    """Python takes numbers and booleans for equal; an enum of 1 and true has two members."""
    assert not same(first, second)
    assert same(first, first)


def test_anchors_that_multiply_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    """Ten lines can hold a billion laughs: as aliases, and as merged mappings, which add up to no more than one."""
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(PrepareError, match=r"line \d+, column \d+: /a\d.*its anchors multiply it beyond measure"):
        load(write(tmp_path, "\n".join(lines)))
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}], z{n}: 3}}" for n in range(1, 20)]
    document, notes = load(write(tmp_path, "\n".join(lines)))
    assert document["a19"] == {"x": 1, "y": 2} | {f"z{n}": 3 for n in range(1, 20)}
    assert notes == []


def test_a_document_that_repeats_itself_through_anchors_is_taken(tmp_path: Path) -> None:
    """As long as it stays of a size that a document may have."""
    text = "a: &a {type: object, properties: {b: {type: string}}}\nb: [" + "*a, " * 5000 + "]"
    assert load(write(tmp_path, text))[0]["b"][4999] == {"type": "object", "properties": {"b": {"type": "string"}}}


def test_an_error_is_told_the_file_and_the_place(tmp_path: Path) -> None:
    """As near as it is written: through lists, past what is not there; of duplicated keys the one that counts."""
    path = write(tmp_path, "a:\n- b: 1\n- b: 2\n  b: 3\n")
    for place, where in [
        ((), "line 1, column 1: "), (("a", 1, "b"), "line 4, column 6: "), (("a", 0, "c", "d"), "line 2, column 3: "),
        (("a", 7), "line 2, column 1: "), (("a", "x"), "line 2, column 1: "),
        (("a", 0, "b", "x"), "line 2, column 6: "),
    ]:  # fmt: skip
        assert str(blamed(refuse(place, "odd"), path)).startswith(f"{path}: {where}")
    assert str(blamed(PrepareError("odd"), path)) == f"{path}: odd"
