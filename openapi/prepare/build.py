"""The pipeline as a whole: from the files of a room to the generated folder, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from .correct import Idle, apply, read_actions
from .errors import PrepareError
from .load import Json, load
from .report import Report
from .resolve import resolve

MANIFEST = "manifest.json"
_TOOLS = ("openapi-python-client", "ruff")
_IGNORED = ("__pycache__",)


@dataclass(frozen=True)
class Room:
    """The inputs of the pipeline."""

    folder: Path
    """``openapi/``: corrections, names, settings, templates and the pipeline itself."""
    document: Path
    """The published document, ours or another one."""

    @property
    def is_ours(self) -> bool:
        """Whether the document is the one the corrections and names were written for."""
        return self.document.resolve() == (self.folder / "portkey.yaml").resolve()

    def digest(self) -> str:
        """Return the SHA-256 of everything that decides the output."""
        parts = [self.document, self.folder / "names.yaml", self.folder / "generator.yaml"]
        for folder, pattern in (("corrections", "*.yaml"), ("templates", "*.jinja"), ("prepare", "*.py")):
            parts += sorted((self.folder / folder).glob(pattern))
        digest = hashlib.sha256(" ".join(f"{tool} {version(tool)}" for tool in _TOOLS).encode())
        for path in parts:
            name = path.relative_to(self.folder).as_posix() if path != self.document else "document"
            digest.update(f"\n{name} {_sha256(path)}".encode())
        return digest.hexdigest()


@dataclass
class Outcome:
    """What a run did."""

    changed: bool
    counts: dict[str, int] = field(default_factory=dict)
    idle: list[Idle] = field(default_factory=list)
    report: Report = field(default_factory=Report)


def prepare(room: Room, report: Report) -> tuple[Json, list[Idle]]:
    """Return the resolved document of a room, and the corrections that had no effect on it.

    Raises:
        PrepareError: The document cannot be used; or it is ours, and a correction or a chosen name is stale.
    """
    document, notes = load(room.document)
    for note in notes:
        report.note(f"{room.document.name}: {note}")
    corrected, idle = apply(document, read_actions(room.folder / "corrections"))
    chosen, _ = load(room.folder / "names.yaml")
    before = len(report.notes)
    resolved = resolve(corrected, chosen, report)
    stale = [str(each) for each in idle] + [note for note in report.notes[before:] if note.startswith("names.yaml")]
    if room.is_ours and stale:
        raise PrepareError("stale corrections or names; take them out:\n" + "\n".join(stale))
    return resolved, idle


def generate(room: Room, target: Path) -> Outcome:
    """Bring ``target`` up to date; do nothing where neither the inputs nor the files changed.

    Raises:
        PrepareError: Something cannot be kept; the target is then as it was before.
    """
    digest = room.digest()
    manifest = _read_manifest(target)
    if manifest.get("digest") == digest and _files(target) == manifest.get("files"):
        return Outcome(changed=False, counts=manifest["counts"])
    with _folder_beside(target) as fresh:
        outcome = _build(room, digest, fresh)
        _swap(fresh, target)
    return outcome


def drift(room: Room, target: Path) -> list[str]:
    """Regenerate aside and return how ``target`` differs: hand edits, orphans, missing files; nothing where it agrees."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "generated"
        fresh.mkdir()
        _build(room, room.digest(), fresh)
        wanted, found = _files(fresh) | _manifest_entry(fresh), _files(target) | _manifest_entry(target)
    lines = [f"missing: {name}" for name in sorted(wanted.keys() - found.keys())]
    lines += [f"orphan: {name}" for name in sorted(found.keys() - wanted.keys())]
    lines += [f"differs: {name}" for name in sorted(wanted.keys() & found.keys()) if wanted[name] != found[name]]
    return lines


def _build(room: Room, digest: str, fresh: Path) -> Outcome:
    from .emit import emit  # imported here: the generator costs half a second that an unchanged document does not pay
    from .normalise import Normaliser

    report = Report()
    resolved, idle = prepare(room, report)
    normaliser = Normaliser(resolved, report)
    normal = normaliser.run()
    counts = emit(resolved, normal, normaliser.class_of, room.folder, fresh)
    manifest = {
        "command": "make generate",
        "document": {"title": resolved["info"].get("title"), "version": resolved["info"].get("version")},
        "generator": f"openapi-python-client {version('openapi-python-client')}",
        "digest": digest,
        "counts": counts,
        "rules": report.counts(),
        "files": _files(fresh),
    }
    (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Outcome(changed=True, counts=counts, idle=idle, report=report)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise PrepareError(f"{path}: cannot be read: {error.strerror}") from error


def _files(folder: Path) -> dict[str, str]:
    """Return the digest of every file but the manifest, by its path in the folder."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not set(_IGNORED) & set(path.parts))
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: _sha256(named[name]) for name in sorted(named) if name != MANIFEST}


def _manifest_entry(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    return {MANIFEST: _sha256(path)} if path.is_file() else {}


def _read_manifest(target: Path) -> Json:
    try:
        manifest = json.loads((target / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """Yield an empty folder on the disk of the target, and leave nothing behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        (folder / "new").mkdir()
        yield folder / "new"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(fresh: Path, target: Path) -> None:
    """Put the fresh folder in the target's place; should that fail, the target comes back."""
    old = fresh.with_name("old")
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
