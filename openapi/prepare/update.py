"""Take a new published revision: weigh it against a document, and put it in the place of ours, all of it or nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .aliases import read_aliases
from .arrange import to_yaml
from .build import PUBLISHED, Room, generate, prepare
from .change import Change
from .compare import compare
from .correct import Action, Idle, apply, read_actions
from .errors import PrepareError
from .lay import Laid, lay
from .load import Json, blamed, is_object, load
from .names import Key, name_operations
from .report import Report
from .resolve import operations, resolve
from .retire import retire_aliases, retire_corrections, rewrite_names
from .review import Review
from .show import markdown, page
from .steady import steady_names
from .swap import folder_beside, swap

CHECKS = (
    ("make", "--no-print-directory", "--keep-going", "--old-file=.venv/.installed", "check"),
    (sys.executable, "-m", "tests.generated.audit", "generated"),
    (sys.executable, "tests/prepare/import_all.py", "generated"),
    (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--no-cov",
        "tests/prepare/test_corrections.py",
        "tests/prepare/test_arrange.py",
    ),
)
"""What a tree with the new revision must pass before it takes the place of the old one."""
_LEFT_OUT = (".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", ".update-*", ".generated-*", "build", "dist")
_LINKED = (".venv", ".mypy_cache")


@dataclass(frozen=True)
class Revision:
    """A new document, weighed; nothing is written yet."""

    review: Review
    document: Json
    """What our document is to hold: the facts of the new document, our prose."""
    names: dict[str, str]
    """What openapi/names.yaml is to say."""
    aliases: Json
    """The aliases that still lead somewhere."""
    idle: list[Idle]


@dataclass(frozen=True)
class _Hand:
    """What was written by hand for the old document."""

    actions: Sequence[Action]
    names: dict[str, str]
    aliases: Json


@dataclass(frozen=True)
class _Made:
    """The new document on its way."""

    laid: Laid
    resolved: Json
    names: dict[str, str]
    idle: list[Idle]
    changes: list[Change]


def weigh(folder: Path, old: Path, new: Path) -> Revision:
    """Compare two documents as users of the client meet them: corrected, resolved and named.

    Against ours (``PUBLISHED`` in the folder), only the facts of the new document count, as it is laid over ours.

    Args:
        folder: ``openapi/``: corrections, names and our document.
        old: The document to compare with.
        new: The new document.

    Raises:
        PrepareError: One of them cannot be used; the message names it, the line and the column.
    """
    room = Room(folder, old)
    try:
        before, idle_before = prepare(room, Report())
    except PrepareError as error:
        raise blamed(error, old) if error.place is not None else error from error
    ours = load(old)[0] if room.is_ours else None
    actions, chosen = list(read_actions(folder / "corrections")), load(folder / "names.yaml")[0]
    aliases = load(folder / "aliases.yaml")[0]
    published, notes = load(new)
    report = Report()
    try:
        made = _made(ours, published, before, _Hand(actions, chosen, aliases), report)
    except PrepareError as error:
        raise blamed(error, new) from error
    known = {each.action.name for each in idle_before}
    review = Review(
        title=_info(before, "title"),
        old=_info(before, "version"),
        new=_info(made.resolved, "version"),
        changes=made.changes,
        names={key: name for key, name in made.names.items() if chosen.get(key) != name},
        stale_names=sorted(f"{key}: {chosen[key]}" for key in chosen.keys() - made.names.keys()),
        stale_aliases=sorted(alias for alias in aliases if alias not in made.resolved["x-aliases"]),
        idle=[each for each in made.idle if each.action.name not in known],
        lacking=made.laid.lacking,
        doubtful=made.laid.doubtful,
        notes=notes + report.notes + _dropped(made.laid),
    )
    return Revision(review, made.laid.document, made.names, made.resolved["x-aliases"], made.idle)


def _made(ours: Json | None, published: Json, before: Json, hand: _Hand, report: Report) -> _Made:
    """Make the new document; a second time where something moved, so that names and prose go with it."""
    respelled = _respelled(before, published)
    first = _attempt(ours, published, before, hand, (respelled, {}), report)
    moved, renamed = {**_moved(first.changes), **respelled}, _renamed(first.changes)
    if moved == respelled and not renamed:
        return first
    return _attempt(ours, published, before, hand, (moved, renamed), Report())


def _attempt(
    ours: Json | None,
    published: Json,
    before: Json,
    hand: _Hand,
    followed: tuple[dict[Key, Key], dict[str, str]],
    report: Report,
) -> _Made:
    laid = Laid(published) if ours is None else lay(ours, published, *followed)
    corrected, idle = apply(laid.document, hand.actions)
    resolved = resolve(corrected, {}, report)
    old = {(method, path): str(operation["operationId"]) for path, method, operation in operations(before)}
    keys = [(method, path) for path, method, _ in operations(resolved)]
    names = steady_names(old, keys, hand.names, followed[0])
    named = name_operations(keys, names, report.notes)
    for path, method, operation in operations(resolved):
        operation["operationId"] = named[method, path]
    resolved["x-aliases"] = read_aliases(hand.aliases, named.values(), [])
    return _Made(laid, resolved, names, idle, compare(before, resolved))


def _respelled(before: Json, published: Json) -> dict[Key, Key]:
    """Return the operations in whose path only a parameter is called otherwise: ``/a/{id}`` and ``/a/{a_id}``."""
    paths: Json = published["paths"] if is_object(published.get("paths")) else {}
    found = {_nameless(path): path for path in paths}
    old = {(method, path): found.get(_nameless(path)) for path, method, _ in operations(before) if path not in paths}
    return {key: (key[0], path) for key, path in old.items() if path and key[0] in (paths[path] or {})}


def _nameless(path: str) -> str:
    return re.sub("{[^{}]*}", "{}", path)


def _moved(changes: Iterable[Change]) -> dict[Key, Key]:
    """Return the operations that moved: where they were -> where they are."""
    pairs = [(each.before, each.after) for each in changes if each.kind == "operation-moved"]
    return {_key(before): _key(after) for before, after in pairs}


def _key(text: str) -> Key:
    method, _, path = text.partition(" ")
    return method.lower(), path


def _renamed(changes: Iterable[Change]) -> dict[str, str]:
    return {each.before: each.after for each in changes if each.kind == "schema-renamed"}


def _info(document: Json, key: str) -> str:
    info = document.get("info")
    return str(info.get(key, "?")) if is_object(info) else "?"


def _dropped(laid: Laid) -> list[str]:
    return [
        f"{key}: left out, as our document has no such extension ({n})" for key, n in sorted(laid.extensions.items())
    ]


def client_version(tree: Path) -> str:
    """Return the version of the client, as pyproject.toml has it."""
    project = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def write_reports(review: Review, current: str, folder: Path) -> list[Path]:
    """Write report.md and report.html into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"report.md": markdown(review, current), "report.html": page(review, current)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def take(tree: Path, revision: Revision, spec: Path, checks: Iterable[Sequence[str]] = CHECKS) -> bool:
    """Put a revision in the place of our document, with all that follows from it; tell whether anything was to do.

    The whole tree is copied aside, changed and checked there; only then do the document, the names, the corrections and
    the generated package change places, together.

    Raises:
        PrepareError: The pipeline refuses the revision or a check fails; the tree is as it was.
    """
    folder = tree / "openapi"
    ours = folder / PUBLISHED
    text = _head(ours) + to_yaml(revision.document)
    review = revision.review
    if text == ours.read_text("utf-8") and not (revision.idle or review.stale_names or review.stale_aliases):
        return False
    with folder_beside(tree / "update") as aside:
        _mirror(tree, aside)
        _write(aside / "openapi", text, revision)
        try:
            generate(Room(aside / "openapi", aside / "openapi" / PUBLISHED), aside / "generated")
        except PrepareError as error:
            raise blamed(error, spec) from error
        for check in checks:
            _pass(check, aside)
        names = (*(f"openapi/{name}" for name in (PUBLISHED, "names.yaml", "aliases.yaml", "corrections")), "generated")
        swap([(aside / name, tree / name) for name in names], aside.with_name("old"))
    return True


def _head(path: Path) -> str:
    """Return the comments at the head of our document."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    end = next((index for index, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:end])


def _mirror(tree: Path, aside: Path) -> None:
    """Copy a tree, times of files included, so that nothing in it looks newer than what was made from it."""
    shutil.copytree(tree, aside, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True, dirs_exist_ok=True)
    for name in _LINKED:
        if (tree / name).exists():
            (aside / name).symlink_to(tree / name)


def _write(folder: Path, text: str, revision: Revision) -> None:
    (folder / PUBLISHED).write_text(text, encoding="utf-8")
    rewrite_names(folder / "names.yaml", revision.names)
    if revision.review.stale_aliases:
        retire_aliases(folder / "aliases.yaml", revision.aliases)
    retire_corrections(folder / "corrections", revision.idle, revision.review.new)


def _pass(check: Sequence[str], tree: Path) -> None:
    """Run a check in a tree.

    Raises:
        PrepareError: It fails; with the end of what it said.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(check, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        command = " ".join(check).replace(sys.executable, "python")
        raise PrepareError(f"with the new revision this check fails, so nothing was changed: {command}\n{said}")
