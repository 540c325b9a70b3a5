"""What a new revision leaves without use goes out of the inputs, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from prepare.correct import Action, Idle, read_actions
from prepare.errors import PrepareError
from prepare.retire import retire_aliases, retire_corrections, rewrite_names
from tests.prepare.tiny import write

ACTION = "- target: $.{0}\n  description: because {0}\n  x-evidence: seen\n  update:\n    {0}: 1\n"
HEAD = "# Above.\noverlay: 1.1.0\ninfo: {title: T, version: '1'}\nactions:\n"


def idle(*names: str) -> list[Idle]:
    return [Idle(Action(name, "$", "because", "seen", "update", 1), "changes nothing") for name in names]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of corrections, comments among them, and the table."""
    text = HEAD + ACTION.format("a") + "# About b.\n" + ACTION.format("b") + ACTION.format("c") + ACTION.format("d")
    write(tmp_path, text + "# Below.\n", "x.yaml")
    write(tmp_path, HEAD + ACTION.format("e"), "y.yaml")
    rows = "| 1 | m | corrected | `x.yaml#0,2-3` |\n| 2 | n | corrected | `x.yaml#1`, `y.yaml#0` |\n"
    write(tmp_path, f"# Table\n{rows}| 3 | o | left | as it is |\n", "README.md")
    return tmp_path


def test_actions_are_cut_out_by_lines_and_the_table_is_renumbered(folder: Path) -> None:
    """Comments stay, positions follow, a row without an action left says so."""
    retire_corrections(folder, idle("x.yaml#1", "y.yaml#0"), "2 | <0>")
    kept = HEAD + ACTION.format("a") + "# About b.\n" + ACTION.format("c") + ACTION.format("d") + "# Below.\n"
    assert (folder / "x.yaml").read_text("utf-8") == kept
    assert not (folder / "y.yaml").exists(), "nothing was left in it"
    assert (folder / "README.md").read_text("utf-8") == (
        "# Table\n| 1 | m | corrected | `x.yaml#0-2` |\n"
        "| 2 | n | dropped | taken out with version 20, taken out with version 20 |\n| 3 | o | left | as it is |\n"
    )


def test_the_first_and_the_last_go_as_well(folder: Path) -> None:
    """Wherever in the file they stand; what is said below the last one stays."""
    retire_corrections(folder, idle("x.yaml#0", "x.yaml#3"), "2")
    assert [action.target for action in read_actions(folder)] == ["$.b", "$.c", "$.e"]
    assert "# Below." in (folder / "x.yaml").read_text("utf-8")
    assert "`x.yaml#1` |\n| 2 | n | corrected | `x.yaml#0`" in (folder / "README.md").read_text("utf-8")


def test_without_idle_actions_or_a_table_nothing_is_touched(folder: Path) -> None:
    """No file is written again."""
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    retire_corrections(folder, [], "2")
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    (folder / "README.md").unlink()
    retire_corrections(folder, idle("x.yaml#0"), "2")
    assert [action.target for action in read_actions(folder)] == ["$.b", "$.c", "$.d", "$.e"]


def test_actions_on_one_line_are_left_to_a_person(tmp_path: Path) -> None:
    """Lines cannot be cut out of a line; the message says which actions."""
    flow = ", ".join(f"{{target: $.{each}, description: d, x-evidence: e, remove: true}}" for each in "ab")
    write(tmp_path, HEAD.replace("actions:\n", f"actions: [{flow}]\n"), "x.yaml")
    with pytest.raises(PrepareError, match=r"take out by hand, then run it again: x\.yaml#0"):
        retire_corrections(tmp_path, idle("x.yaml#0"), "2")


def test_names_go_and_come_by_their_path_and_comments_stay(tmp_path: Path) -> None:
    """The file stays sorted, and an odd path is quoted."""
    path = write(tmp_path, "# Head.\n\nGET /a: a.x  # why\nPOST /a: a.y\n# Of c.\nGET /c: c.z\n", "names.yaml")
    rewrite_names(path, {"GET /a": "a.x", "GET /c": "c.other", "GET /b: #": "b.b", "GET /d": "d.d"})
    assert path.read_text("utf-8") == (
        "# Head.\n\nGET /a: a.x  # why\n'GET /b: #': b.b\n# Of c.\nGET /c: c.other\nGET /d: d.d\n"
    )


def test_names_without_an_entry_are_an_empty_mapping_until_there_is_one(tmp_path: Path) -> None:
    """An empty file is no mapping, which the pipeline would refuse."""
    path = write(tmp_path, "# Head.\nGET /a: a.x\n", "names.yaml")
    rewrite_names(path, {})
    assert path.read_text("utf-8") == "# Head.\n{}\n"
    rewrite_names(path, {"GET /b": "b.b"})
    assert yaml.safe_load(path.read_text("utf-8")) == {"GET /b": "b.b"}


@pytest.mark.parametrize("text", ["GET /a:\n  a.x\n", "{GET /a: a.x, GET /b: b.y}\n", "GET /a: 'a\n  .x'\n"])
def test_an_entry_on_several_lines_is_refused(tmp_path: Path, text: str) -> None:
    """By the line, with the remedy."""
    with pytest.raises(PrepareError, match=r"names\.yaml: .*: write each entry on a line of its own"):
        rewrite_names(write(tmp_path, text, "names.yaml"), {"GET /b": "b.y"})


def test_aliases_that_lead_nowhere_are_taken_out_by_lines(tmp_path: Path) -> None:
    """What stays is as it was written, comments included; without any, the file says so."""
    path = write(tmp_path, "# Why.\na.b: a.c\n# More.\nx.y: {of: a.d, note: 'n: 1'}\n", "aliases.yaml")
    retire_aliases(path, {"x.y"})
    assert path.read_text("utf-8") == "# Why.\n# More.\nx.y: {of: a.d, note: 'n: 1'}\n"
    retire_aliases(path, set())
    assert path.read_text("utf-8") == "# Why.\n# More.\n{}\n"
    retire_aliases(path, set())
    assert path.read_text("utf-8") == "# Why.\n# More.\n{}\n"
    write(tmp_path, "x.y:\n  of: a.d\n", "aliases.yaml")
    with pytest.raises(PrepareError, match=r"aliases\.yaml: 'of: a\.d': write each entry on a line of its own"):
        retire_aliases(path, {"x.y"})
