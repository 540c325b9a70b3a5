"""The pipeline as a whole: all of the output or nothing, and only when something changed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from prepare import __main__ as command_line
from prepare import build
from prepare.build import Room, drift, generate, prepare
from prepare.errors import PrepareError
from prepare.report import Report
from tests.prepare.tiny import OPENAPI, document, operation, write

Files = dict[str, bytes]
CORRECTION = """\
overlay: 1.1.0
info: {title: Test, version: '1'}
actions:
- {target: $.info, description: better, x-evidence: seen, update: {title: Corrected}}
"""


def contents(folder: Path) -> Files:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def unformatted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Formatting is most of the time, and nothing is asked of it here."""
    monkeypatch.setattr("prepare.emit._format", lambda target: None)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A room of its own: a tiny document of ours, one correction, one chosen name."""
    folder = tmp_path / "openapi"
    shutil.copytree(OPENAPI / "templates", folder / "templates")
    shutil.copy(OPENAPI / "generator.yaml", folder)
    (folder / "corrections").mkdir()
    write(folder / "corrections", CORRECTION, "info.yaml")
    write(folder, "GET /a: things.all\n", "names.yaml")
    write(folder, "items: things\n", "aliases.yaml")
    write(folder, operation(), "portkey.yaml")
    return Room(folder, folder / "portkey.yaml")


@pytest.fixture
def target(room: Room) -> Path:
    """The folder generated from the room."""
    folder = room.folder.parent / "generated"
    generate(room, folder)
    return folder


def test_the_manifest_says_what_made_the_files(room: Room, target: Path) -> None:
    """Every file is listed with its digest; the document is the corrected one."""
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    assert manifest["document"] == {"title": "Corrected", "version": "1"}
    assert manifest["command"] == "make generate"
    assert {key: manifest["counts"][key] for key in ("operations", "schemas", "warnings")} == {
        "operations": 1, "schemas": 0, "warnings": 0,
    }  # fmt: skip
    assert manifest["files"].keys() == contents(target).keys() - {"manifest.json"}
    assert "portkey_api/resources/things.py" in manifest["files"]
    assert str(room.folder.parent) not in (target / "manifest.json").read_text("utf-8"), "no path of this machine"


def test_nothing_is_done_where_nothing_changed(room: Room, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one file is touched, and the generator is not even asked; what is worth knowing is told again."""
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    monkeypatch.setattr(build, "_build", None)
    outcome = generate(room, target)
    assert not outcome.changed
    assert outcome.counts["operations"] == 1
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before


@pytest.mark.parametrize(
    "name",
    [
        "names.yaml",
        "aliases.yaml",
        "generator.yaml",
        "portkey.yaml",
        "corrections/info.yaml",
        "templates/model.py.jinja",
    ],
)
def test_a_change_of_any_input_shows(room: Room, name: str) -> None:
    """The digest is of all that decides the output."""
    before = room.digest()
    path = room.folder / name
    path.write_text(path.read_text("utf-8") + "\n# more\n", encoding="utf-8")
    assert room.digest() != before


def test_a_missing_input_is_refused(room: Room) -> None:
    """By its path."""
    (room.folder / "names.yaml").unlink()
    with pytest.raises(PrepareError, match=r"names\.yaml: cannot be read: No such file"):
        room.digest()


def _edit(target: Path) -> None:
    (target / "portkey_api" / "types.py").write_text("edited\n", encoding="utf-8")


def _orphan(target: Path) -> None:
    (target / "portkey_api" / "old.py").write_text("", encoding="utf-8")


def _loss(target: Path) -> None:
    (target / "portkey_api" / "py.typed").unlink()


def _edit_of_the_manifest(target: Path) -> None:
    path = target / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"warnings": 0', '"warnings": 1'), encoding="utf-8")


def _loss_of_the_seal(target: Path) -> None:
    path = target / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["seal"]
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _loss_of_the_manifests_end(target: Path) -> None:
    path = target / "manifest.json"
    path.write_text(path.read_text("utf-8")[:-20], encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (_edit, "differs: portkey_api/types.py"),
        (_orphan, "orphan: portkey_api/old.py"),
        (_loss, "missing: portkey_api/py.typed"),
        (_edit_of_the_manifest, "differs: manifest.json"),
        (_loss_of_the_seal, "differs: manifest.json"),
        (_loss_of_the_manifests_end, "differs: manifest.json"),
    ],
)
def test_drift_is_seen_and_generating_cures_it(
    room: Room, target: Path, harm: Callable[[Path], None], line: str
) -> None:
    """A hand edit, an orphan and a missing file each have their line."""
    before = contents(target)
    assert drift(room, target) == []
    harm(target)
    assert drift(room, target) == [line]
    assert generate(room, target).changed
    assert contents(target) == before


def test_caches_are_no_drift_and_a_folder_that_is_not_there_is_all_missing(room: Room, target: Path) -> None:
    """Python writes caches wherever it imports from."""
    cache = target / "portkey_api" / "__pycache__"
    cache.mkdir()
    (cache / "types.pyc").write_bytes(b"")
    assert drift(room, target) == []
    shutil.rmtree(target)
    assert "missing: manifest.json" in drift(room, target)


@pytest.mark.parametrize("existed", [True, False])
def test_a_failure_leaves_the_target_as_it_was(room: Room, target: Path, existed: bool) -> None:
    """Nothing is half-written, and nothing is left behind, whether a refusal stops it or anything else."""
    if not existed:
        shutil.rmtree(target)
    before, around = contents(target), set(target.parent.iterdir())
    broken = operation(responses={"200": {"$ref": "#/components/responses/Gone"}})
    write(room.folder, broken, "portkey.yaml")
    with pytest.raises(PrepareError, match="leads nowhere"):
        generate(room, target)
    assert (contents(target), set(target.parent.iterdir())) == (before, around)


def test_a_failure_at_the_last_step_brings_the_target_back(
    room: Room, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even between the two renames that put the new folder in its place."""
    before = contents(target)
    write(room.folder, operation("/b"), "portkey.yaml")
    write(room.folder, "GET /b: things.all\n", "names.yaml")
    rename = Path.rename

    def fail(self: Path, other: Path) -> Path:
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, other)

    for existed in (True, False):
        monkeypatch.setattr(Path, "rename", fail)
        with pytest.raises(KeyboardInterrupt):
            generate(room, target)
        monkeypatch.undo()
        assert contents(target) == (before if existed else {})
        shutil.rmtree(target, ignore_errors=True)
    assert {path.name for path in target.parent.iterdir()} == {"openapi"}


def test_a_folder_that_is_not_ours_is_not_overwritten(room: Room, tmp_path: Path) -> None:
    """A mistyped OUT must not cost anybody their files; an empty folder may be filled."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PrepareError, match="home: is no folder of ours to overwrite"):
        generate(room, home)
    with pytest.raises(PrepareError, match=r"manifest\.json: is no folder of ours to overwrite"):
        generate(room, home / "manifest.json")
    assert contents(home) == {"manifest.json": b"{}"}
    (home / "manifest.json").unlink()
    assert generate(room, home).changed


def test_a_stale_correction_or_name_stops_the_build_on_our_document_only(room: Room, tmp_path: Path) -> None:
    """On another document both are listed for removal, and the work goes on."""
    write(room.folder, document({"/b": {"get": {}}}, info={"title": "Corrected"}), "portkey.yaml")
    with pytest.raises(PrepareError) as refused:
        prepare(room, Report())
    stale = [
        "info.yaml#0: $.info: changes nothing (it was there because: better)",
        "names.yaml: GET /a: is no operation of this document",
        "aliases.yaml: items: 'things' is neither an operation nor a resource of this document",
    ]
    assert str(refused.value).splitlines() == ["stale corrections or names; take them out:", *stale]
    other = Room(room.folder, write(tmp_path, (room.folder / "portkey.yaml").read_text("utf-8"), "other.yaml"))
    report = Report()
    assert [str(each) for each in prepare(other, report)[1]] == stale[:1]
    assert report.notes == stale[1:]


def test_what_is_odd_in_the_files_is_noted(room: Room) -> None:
    """A key that stands twice in the document is noted; in names.yaml it is stale, as one of them is not used."""
    room.document.write_text(room.document.read_text("utf-8") + "info: {title: Again}\n", encoding="utf-8")
    report = Report()
    prepare(room, report)
    assert any(note.endswith("the key 'info' stands twice; the last counts") for note in report.notes)
    write(room.folder, "GET /a: things.all\nGET /a: things.every\n", "names.yaml")
    with pytest.raises(PrepareError, match=r"names\.yaml: line 2, column 1: the key 'GET /a' stands twice"):
        prepare(room, Report())


def test_aliases_are_in_the_document_and_in_the_tree(room: Room, target: Path) -> None:
    """Readers of the document know them too; a resource reached by an alias is loaded when it is touched."""
    made = json.loads((target / "portkey_api" / "openapi.json").read_text("utf-8"))
    assert made["x-aliases"] == {"items": {"of": "things", "note": ""}}
    text = (target / "portkey_api" / "resources" / "__init__.py").read_text("utf-8")
    assert "def items(self) -> AsyncThingsResource:" in text
    assert '"""Alias of ``client.things``."""' in text


def test_the_command_line_writes_the_migration_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make migration` brings the page of the documentation up to date with generated/."""
    asked: list[tuple[Path, Path]] = []
    monkeypatch.setattr(command_line, "migrate", lambda page, generated: asked.append((page, generated)))
    assert command_line.main(["migration"]) == 0
    assert asked == [(OPENAPI.parent / "docs" / "migration.md", OPENAPI.parent / "generated")]


def test_a_document_without_information_about_itself_is_prepared(room: Room, target: Path) -> None:
    """OpenAPI asks for it, but nothing here depends on it."""
    source = {key: value for key, value in operation().items() if key != "info"}
    other = Room(room.folder, write(room.folder.parent, source, "other.yaml"))
    outcome = generate(other, target)
    assert outcome.idle == ["info.yaml#0: $.info: matches nothing (it was there because: better)"]
    assert json.loads((target / "manifest.json").read_text("utf-8"))["document"] == {}


def test_the_command_line_tells_what_it_did(room: Room, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts, notes and idle corrections; its status is 0 where all is well."""
    spec = write(room.folder.parent, document({"/b": {"get": {}}}, webhooks={}), "other.yaml")
    main = command_line.main
    assert main(["generate", "--spec", str(spec), "--out", str(target)]) == 0
    first = capsys.readouterr().out.splitlines()
    assert re.fullmatch("generated: 1 operations, 0 schemas, [0-9]+ models, 0 warnings", first[0])
    assert "note: /webhooks: a client has no method for them; openapi.json keeps them" in first
    assert any(line.startswith("correction without effect here: ") for line in first)
    assert main(["generate", "--spec", str(spec), "--out", str(target)]) == 0
    assert capsys.readouterr().out.splitlines() == [first[0].replace("generated", "unchanged"), *first[1:]]
    assert main(["drift", "--spec", str(spec), "--out", str(target)]) == 0
    assert capsys.readouterr().out == "no drift\n"


def test_the_command_line_fails_on_drift_and_on_a_refusal(
    room: Room, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines say what differs and what to do, the refusal is one line on stderr."""
    _edit(target)
    assert command_line.main(["drift", "--spec", str(room.document), "--out", str(target)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "differs: portkey_api/types.py" in lines
    assert lines[-1] == "generated/ is not what the document makes: run `make generate`"
    nowhere = room.folder / "nowhere.yaml"
    assert command_line.main(["generate", "--spec", str(nowhere), "--out", str(target)]) == 1
    assert capsys.readouterr().err == f"refused: {nowhere}: cannot be read: No such file or directory\n"
    assert command_line.main(["generate", "--out", str(room.document / "below")]) == 1
    assert capsys.readouterr().err.startswith("refused: ")
