"""Taking a new revision: three years of one document, what fails on the way, and a tree that is never half-updated."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from prepare import __main__ as command_line
from prepare import update
from prepare.build import Room, drift
from prepare.errors import PrepareError
from prepare.load import Json, load
from prepare.show import markdown, page, terminal
from prepare.steady import entry
from prepare.update import CHECKS, client_version, take, weigh, write_reports
from tests.prepare import orchard
from tests.prepare.tiny import OPENAPI, ROOT, operation, write

SNAPSHOTS = Path(__file__).parent / "snapshots"
WRITE = "WRITE_SNAPSHOTS"
"""Set this variable, and the snapshots are written instead of compared; then read what git says of them."""
IMPORTS = (sys.executable, str(ROOT / "tests" / "prepare" / "import_all.py"), "generated")
YEARS = (orchard.second, orchard.third, orchard.fourth)


def state(tree: Path) -> dict[str, str]:
    """Return the digest of every file, its time, and every folder."""
    found = {path: path.stat() for path in tree.rglob("*")}
    return {
        str(path.relative_to(tree)): f"{stat.st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        if path.is_file()
        else "folder"
        for path, stat in found.items()
    }


def revision(folder: Path, document: Json, name: str = "revision.yaml") -> Path:
    """Write a document as a publisher does: in their own order, long lines and all."""
    return write(folder, yaml.dump(document, sort_keys=False, width=1000, allow_unicode=True), name)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of our own, in the state of the first year."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return orchard.tree(folder)


def updated(tree: Path, spec: Path) -> update.Revision:
    """Weigh a document and take it, with one check that is quick."""
    weighed = weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", spec)
    assert take(tree, weighed, spec, [IMPORTS])
    return weighed


def test_three_years(tree: Path, tmp_path: Path) -> None:
    """Each revision is taken, leaves a tree without drift, and is reported as in the snapshots."""
    theirs, names = orchard.ours(), {}
    for number, edit in enumerate(YEARS, start=2):
        theirs = orchard.published(theirs, edit)
        weighed = updated(tree, revision(tmp_path, theirs))
        assert drift(Room(tree / "openapi", tree / "openapi" / "portkey.yaml"), tree / "generated") == []
        text = (tree / "openapi" / "portkey.yaml").read_text("utf-8")
        assert text.startswith(orchard.HEAD + "openapi: 3.0.3\n")
        assert "THEIRS" not in text
        for render, ending in ((terminal, "txt"), (markdown, "md"), (page, "html")):
            compare_snapshot(f"year-{number}.{ending}", render(weighed.review, "0.3.1"))
        inputs = [*(tree / "openapi" / f"{name}.yaml" for name in ("names", "aliases"))]
        inputs += sorted((tree / "openapi" / "corrections").iterdir())
        compare_snapshot(f"year-{number}-inputs.txt", "".join(f"== {e.name}\n{e.read_text('utf-8')}" for e in inputs))
        names = load(tree / "openapi" / "names.yaml")[0]
    assert names["POST /trees/{tree_id}/cut"] == "trees.prune", "a path that moved keeps its name"


def compare_snapshot(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if WRITE in os.environ:
        path.write_text(text, encoding="utf-8")
    assert path.read_text("utf-8") == text, f"if it is meant to be so: {WRITE}=1 pytest {Path(__file__).name}"


def test_the_same_revision_again_is_nothing_to_do(tree: Path, tmp_path: Path) -> None:
    """Not one file is touched."""
    spec = revision(tmp_path, orchard.published(orchard.ours(), orchard.second))
    updated(tree, spec)
    before = state(tree)
    again = weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", spec)
    assert not again.review.changes
    assert not again.review.breaks
    assert not take(tree, again, spec, [("false",)])
    assert state(tree) == before


def test_an_operation_keeps_its_name_whatever_it_is_called(tree: Path, tmp_path: Path) -> None:
    """Another operationId, tag or title changes nothing for a user."""

    def edit(document: Json) -> None:
        for item in document["paths"].values():
            for method in item.keys() - {"parameters"}:
                item[method] |= {"operationId": f"other{id(item)}{method}", "tags": ["Other"], "title": "Other"}

    weighed = updated(tree, revision(tmp_path, orchard.published(orchard.ours(), edit)))
    assert {change.level.value for change in weighed.review.changes} <= {"documentation"}


def test_a_path_whose_parameter_is_called_otherwise_is_the_same_path(tree: Path, tmp_path: Path) -> None:
    """Its operations keep their names and their prose."""

    def edit(document: Json) -> None:
        item = document["paths"]["/trees/{tree}/prune"] = document["paths"].pop("/trees/{tree_id}/prune")
        item["post"]["parameters"][0]["name"] = "tree"

    weighed = updated(tree, revision(tmp_path, orchard.published(orchard.ours(), edit)))
    assert {change.python.partition("(")[0] for change in weighed.review.changes} == {"trees.prune"}
    assert weighed.document["paths"]["/trees/{tree}/prune"]["post"]["summary"] == "Cut a tree back"


def test_a_move_of_an_operation_that_a_correction_added_is_followed(tree: Path, tmp_path: Path) -> None:
    """Its prose is in the correction; the new place gets the name, and is listed as lacking prose."""
    path = tree / "openapi" / "corrections" / "trees.yaml"
    action = {"target": "$.paths", "description": "there is one more", "x-evidence": "seen"}
    worms = {"/worms/all": {"get": {"summary": "OURS", "responses": {"200": {"description": "x"}}}}}
    added = yaml.safe_load(path.read_text("utf-8"))
    added["actions"].append({**action, "update": worms})
    write(path.parent, added, path.name)

    def edit(document: Json) -> None:
        document["paths"]["/worms/all"] = {"get": {"responses": {"200": {"description": "x"}}}}

    spec = revision(tmp_path, orchard.published(orchard.ours(), edit))
    assert entry(("get", "/worms/all")) not in weigh(path.parents[1], path.parents[1] / "portkey.yaml", spec).names


BROKEN: dict[str, tuple[str, str]] = {
    "yaml": ("openapi: 3.0.3\npaths: [\n", r"line 3, column 1: "),
    "two": ("swagger: '2.0'\npaths: {}\n", r"line 1, column 1: /openapi: is missing, and 'swagger' is there"),
    "version": ("info: {}\nopenapi: 4.0.0\npaths: {}\n", r"line 2, column 10: /openapi: is 4\.0\.0"),
    "reference": (
        "openapi: 3.0.3\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n          $ref: '#/components/x'\n",
        r"line 7, column 11: /paths/~1a/get/responses/200: the reference #/components/x leads nowhere",
    ),
    "schema": (
        """\
openapi: 3.0.3
paths: {}
components:
  schemas:
    A:
      properties:
        b:
          items: {$ref: '#/components/schemas/Gone'}
          type: array
""",
        r"line 8, column 18: /components/schemas/A/properties/b/items: the reference .*Gone leads nowhere",
    ),
    "paths": ("openapi: 3.0.3\npaths: []\n", r"line 2, column 8: /paths: must be a mapping"),
    "item": ("openapi: 3.0.3\npaths: {/a: 1}\n", r"line 2, column 13: /paths/~1a: must be a mapping"),
    "anchor": (
        "openapi: 3.0.3\npaths: &a {/a: *a}\n",
        r"line 2, column 8: /paths/~1a: the anchor here contains itself",
    ),
    "empty": ("", "is empty"),
    "utf-16": ("\ufeffopenapi: 3.0.3\n", r"line 1, column 1: is not UTF-8 text \(byte 0\)"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_revision_leaves_the_tree_untouched(
    tree: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command line: refused with file, line and column; no file has another content or another time."""
    text, problem = BROKEN[name]
    spec = tmp_path / "revision.yaml"
    spec.write_bytes(text.encode("utf-16-le" if name == "utf-16" else "utf-8"))
    monkeypatch.setattr(command_line, "HERE", tree / "openapi")
    before = state(tree)
    assert command_line.main(["update", "--spec", str(spec), "--out", str(tmp_path / "reports")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"refused: {spec}: ")
    assert re.search(problem, said)
    assert state(tree) == before
    assert not (tmp_path / "reports").exists()


PATHS = "paths: {/a: {get: {responses: {'200': {description: THEIRS}}}}}\n"
ODD = {
    "anchors": f"info: {{title: &a T, version: &a '2'}}\n{PATHS}x-a: *a\n",
    "duplicates": f"info: {{title: T, version: '1'}}\n{PATHS}info: {{title: T, version: '2'}}\n",
    "unicode": "info: {title: Ünï, version: '2'}\npaths: {/ä/日本: {get: {responses: {'200': {description: ü}}}}}\n",
    "infinity": f"info: {{version: '2'}}\n{PATHS}components: {{schemas: {{A: {{type: number, default: .inf}}}}}}\n",
    "byte order mark": f"\ufeffinfo: {{title: T, version: '2'}}\n{PATHS}",
}


@pytest.mark.parametrize("version", ["openapi: 3.0.3\n", "openapi: 3.1.0\n"])
@pytest.mark.parametrize("name", ODD)
def test_an_odd_revision_is_taken(tree: Path, tmp_path: Path, name: str, version: str) -> None:
    """What published revisions really hold; the result is green."""
    weighed = updated(tree, write(tmp_path, ODD[name] + version, "revision.yaml"))
    assert weighed.review.new == "2"
    assert drift(Room(tree / "openapi", tree / "openapi" / "portkey.yaml"), tree / "generated") == []


def test_json_is_a_revision_too(tree: Path, tmp_path: Path) -> None:
    """Published as either."""
    spec = write(
        tmp_path, '{"openapi": "3.1.0", "info": null,\n\t"paths": {"/a": {"get": {"responses": {}}}}}', "revision.json"
    )
    assert updated(tree, spec).review.new == "1.0.0"
    for title, where in (("T", "line 2, column 11: "), ("\\ud83d\\ude00", "")):  # libyaml reads no pairs
        broken = write(tmp_path, f'{{"openapi": "3.1.0", "x-a": "{title}",\n\t"paths": 1}}', "broken.json")
        with pytest.raises(PrepareError, match=rf"broken\.json: {where}/paths: must be a mapping"):
            weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", broken)


def test_a_check_that_fails_changes_nothing_and_says_what_it_said(tree: Path, tmp_path: Path) -> None:
    """The end of its output, and the command, for a person to run."""
    spec = revision(tmp_path, orchard.published(orchard.ours(), orchard.second))
    weighed = weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", spec)
    before = state(tree)
    check = (sys.executable, "-c", "import os; print('MAKEFLAGS' in os.environ); raise SystemExit('no good')")
    os.environ["MAKEFLAGS"] = "SPEC=x"
    try:
        with pytest.raises(PrepareError, match=r"nothing was changed: python -c (.|\n)*False\nno good"):
            take(tree, weighed, spec, [IMPORTS, check])
    finally:
        del os.environ["MAKEFLAGS"]
    assert state(tree) == before


def test_what_only_the_generator_refuses_names_the_revision(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After weighing, the pipeline may still find something it cannot keep."""
    spec = revision(tmp_path, orchard.published(orchard.ours(), orchard.second))
    weighed = weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", spec)
    before = state(tree)

    def refused(*_: object) -> None:
        raise PrepareError("cannot be kept")

    monkeypatch.setattr(update, "generate", refused)
    with pytest.raises(PrepareError, match=r"revision\.yaml: cannot be kept"):
        take(tree, weighed, spec, [])
    assert state(tree) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("step", ["_mirror", "_write", "generate", "_pass", "swap"])
def test_whatever_stops_it_the_tree_is_as_it_was(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    """An interrupt or a full disk, after any of the steps was begun; nothing is left behind."""
    spec = revision(tmp_path, orchard.published(orchard.ours(), orchard.second))
    weighed = weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", spec)
    before = state(tree)

    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(update, step, failing)
    with pytest.raises(type(error)):
        take(tree, weighed, spec, [("true",)])
    assert state(tree) == before


def test_a_tree_that_is_not_in_order_is_said_to_be(tree: Path, tmp_path: Path) -> None:
    """What is wrong with ours is not blamed on the new document."""
    spec = revision(tmp_path, orchard.published(orchard.ours(), orchard.second))
    ours = tree / "openapi" / "portkey.yaml"
    write(tree / "openapi", "GET /gone: a.b\n", "names.yaml")
    with pytest.raises(PrepareError, match=r"^stale corrections or names"):
        weigh(tree / "openapi", ours, spec)
    write(tree / "openapi", "openapi: 3.0.3\npaths: []\n", "portkey.yaml")
    with pytest.raises(PrepareError, match=r"portkey\.yaml: line 2, column 8: /paths: must be a mapping"):
        weigh(tree / "openapi", ours, spec)


def test_two_other_documents_are_compared_with_their_own_words(tree: Path, tmp_path: Path) -> None:
    """Prose counts there, and corrections that had no effect on the old one either are no news."""
    old = write(tmp_path, operation(summary="One"), "old.yaml")
    new = write(tmp_path, {**operation(summary="Two"), "info": []}, "new.yaml")
    review = weigh(tree / "openapi", old, new).review
    assert {change.level.value for change in review.changes} == {"documentation"}
    assert (review.idle, review.old, review.new, review.lacking) == ([], "1", "?", [])


def test_a_table_of_three_exit_statuses(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing breaks, something does, it is refused, it is interrupted; diff writes nothing but reports."""
    monkeypatch.setattr(command_line, "HERE", tree / "openapi")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(take, "__defaults__", ((),))
    calm = revision(tmp_path, orchard.published(orchard.ours(), orchard.second, _without_quince), "calm.yaml")
    harsh = revision(tmp_path, orchard.published(load(calm)[0], orchard.third), "harsh.yaml")

    def run(*arguments: str | Path) -> tuple[int, str]:
        status = command_line.main([str(each) for each in arguments])
        return status, capsys.readouterr().out.splitlines()[-1]

    before = state(tree)
    status, said = run("diff", "--new", harsh, "--out", tmp_path)
    assert status == 2
    assert re.fullmatch(r"exit status 2: Code written against the old client may break: \d+ breaking changes\.", said)
    assert run("diff", "--new", calm, "--out", tmp_path) == (0, "exit status 0: Nothing breaks.")
    assert run("diff", "--old", calm, "--new", calm, "--out", tmp_path) == (0, "exit status 0: Nothing changed.")
    assert state(tree) == before
    assert run("update", "--spec", calm, "--out", tmp_path) == (0, "exit status 0: Nothing breaks.")
    assert run("update", "--spec", harsh, "--out", tmp_path)[0] == 2
    assert run("update", "--spec", harsh, "--out", tmp_path) == (0, "exit status 0: Nothing changed.")
    assert (tmp_path / "report.md").read_text("utf-8").startswith("# Orchard: 2.0.0 to 2.0.0\n")
    monkeypatch.setattr(update, "weigh", _interrupted)
    assert command_line.main(["diff", "--new", str(calm)]) == 1
    assert capsys.readouterr().err == "interrupted; nothing was changed\n"


def _without_quince(document: Json) -> None:
    """Take back the one thing of the second year that breaks: a value more in an answer."""
    document["components"]["schemas"]["Fruit"]["enum"].remove("quince")


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_copy_has_what_the_checks_need_and_nothing_that_is_made(tree: Path, tmp_path: Path) -> None:
    """The environment is linked, not copied; times stay, so that nothing looks newer than what was made from it."""
    for name in (".venv", ".git", ".mypy_cache", "build", "tests/__pycache__", ".update-left"):
        (tree / name).mkdir(parents=True)
    spec = revision(tmp_path, orchard.published(orchard.ours(), orchard.second))
    weighed = weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", spec)
    look = "import os, pathlib; p = pathlib.Path(); print(sorted(map(str, p.iterdir())), (p / '.venv').is_symlink()"
    look += ", os.stat('pyproject.toml').st_mtime_ns == os.stat('../../pyproject.toml').st_mtime_ns); exit(1)"
    found = r"\['\.mypy_cache', '\.venv', 'generated', 'openapi', 'pyproject\.toml', 'tests'\] True True"
    with pytest.raises(PrepareError, match=found):
        take(tree, weighed, spec, [(sys.executable, "-c", look)])


def test_reports_are_written_where_they_are_wanted(tree: Path, tmp_path: Path) -> None:
    """Into a folder that need not exist."""
    ours = tree / "openapi" / "portkey.yaml"
    review = weigh(tree / "openapi", ours, ours).review
    paths = write_reports(review, client_version(tree), tmp_path / "a" / "b")
    assert [path.name for path in paths] == ["report.md", "report.html"]
    assert "Nothing changed." in paths[0].read_text("utf-8")


def test_the_real_document_takes_a_revision(tmp_path: Path) -> None:
    """On a copy of this very tree: with the audit, an import of every module, and the tests of the tables."""
    tree = tmp_path / "tree"
    ignored = shutil.ignore_patterns(".git", ".venv*", ".*_cache", "__pycache__", "build", ".hypothesis", ".update-*")
    shutil.copytree(ROOT, tree, ignore=ignored)
    spec = revision(tmp_path, _real_revision(load(OPENAPI / "portkey.yaml")[0]))
    weighed = weigh(tree / "openapi", tree / "openapi" / "portkey.yaml", spec)
    assert take(tree, weighed, spec, CHECKS[1:])
    review = weighed.review
    assert review.names["POST /batches/{batch_id}/cancellation"] == "batches.cancel"
    examples = ["examples-batches.yaml#4", "examples-models.yaml#5"]  # of the call that moved, of the one that is gone
    assert [each.action.name for each in review.idle] == ["batches.yaml#1", *examples]
    assert review.lacking == ["/paths/~1bees/get"]
    assert review.breaks
    assert "`batches.yaml#0`" in (tree / "openapi" / "corrections" / "README.md").read_text("utf-8")


def _real_revision(document: Json) -> Json:
    paths, batch = document["paths"], document["components"]["schemas"]["Batch"]["properties"]
    paths["/batches/{batch_id}/cancellation"] = paths.pop("/batches/{batch_id}/cancel")
    paths["/bees"] = {"get": {"description": "THEIRS", "responses": {"200": {"description": "THEIRS"}}}}
    del paths["/moderations"]
    for name in ("completion_window", "created_at"):
        batch[name]["nullable"] = True
    batch["input_file_id"] = {"type": "integer", "description": "THEIRS"}
    return {**document, "info": {"title": "THEIRS", "version": "2.1.0"}}
