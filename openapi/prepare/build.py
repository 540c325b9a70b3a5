"""The pipeline as a whole: from the files of a room to the generated folder, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from .aliases import read_aliases
from .correct import Idle, apply, read_actions
from .errors import PrepareError
from .load import Json, is_object, load
from .report import Report
from .swap import folder_beside, swap

PUBLISHED = "portkey.yaml"
"""The document that the corrections and names are written for, in the folder of the inputs."""
MANIFEST = "manifest.json"
COMMAND = "make generate"
_TOOLS = ("openapi-python-client", "ruff")
_IGNORED = ("__pycache__",)
_CHOSEN = ("names.yaml", "aliases.yaml")


@dataclass(frozen=True)
class Room:
    """The inputs of the pipeline."""

    folder: Path
    """``openapi/``: corrections, names, aliases, settings, templates and the pipeline itself."""
    document: Path
    """The published document, ours or another one."""

    @property
    def is_ours(self) -> bool:
        """Whether the document is the one the corrections and names were written for."""
        return self.document.resolve() == (self.folder / PUBLISHED).resolve()

    def digest(self) -> str:
        """Return the SHA-256 of everything that decides the output."""
        parts = [self.document, *(self.folder / name for name in (*_CHOSEN, "generator.yaml"))]
        for folder, pattern in (("corrections", "*.yaml"), ("templates", "*.jinja"), ("prepare", "*.py")):
            parts += sorted((self.folder / folder).glob(pattern))
        digest = hashlib.sha256(" ".join(f"{tool} {version(tool)}" for tool in _TOOLS).encode())
        for path in parts:
            name = path.relative_to(self.folder).as_posix() if path != self.document else "document"
            digest.update(f"\n{name} {_sha256(path)}".encode())
        return digest.hexdigest()


@dataclass
class Outcome:
    """What a run did, and what is worth knowing about the document."""

    changed: bool
    counts: dict[str, int]
    notes: list[str]
    idle: list[str]
    """The corrections that had no effect on the document."""


def prepare(room: Room, report: Report) -> tuple[Json, list[Idle]]:
    """Return the resolved document of a room, and the corrections that had no effect on it.

    Raises:
        PrepareError: The document cannot be used; or it is ours, and a correction or a chosen name is stale.
    """
    # Imported here: the generator costs half a second, which an unchanged document does not pay.
    from .resolve import operations, resolve  # noqa: PLC0415

    document, notes = load(room.document)
    for note in notes:
        report.note(f"the document: {note}")
    corrected, idle = apply(document, read_actions(room.folder / "corrections"))
    resolved = resolve(corrected, _names(room, "names.yaml", report), report)
    named = [operation["operationId"] for _, _, operation in operations(resolved)]
    resolved["x-aliases"] = read_aliases(_names(room, "aliases.yaml", report), named, report.notes)
    stale = [str(each) for each in idle] + [note for note in report.notes if note.startswith(_CHOSEN)]
    if room.is_ours and stale:
        raise PrepareError("stale corrections or names; take them out:\n" + "\n".join(stale))
    return resolved, idle


def _names(room: Room, file: str, report: Report) -> Json:
    """Return the names that a file of the room chooses."""
    chosen, notes = load(room.folder / file)
    for note in notes:
        report.note(f"{file}: {note}")
    return chosen


def generate(room: Room, target: Path) -> Outcome:
    """Bring ``target`` up to date; do nothing where neither the inputs nor the files changed.

    Raises:
        PrepareError: Something cannot be kept; the target is then as it was before.
    """
    target = target.resolve()
    digest = room.digest()
    manifest = _read_manifest(target)
    if manifest.get("digest") == digest and _files(target) == manifest["files"]:
        return _outcome(manifest, changed=False)
    if not manifest and _is_in_use(target):
        raise PrepareError(f"{target}: is no folder of ours to overwrite; give an empty one, or none that exists")
    with folder_beside(target) as fresh:
        outcome = _build(room, digest, fresh)
        swap([(fresh, target)], fresh.with_name("old"))
    return outcome


def drift(room: Room, target: Path) -> list[str]:
    """Regenerate aside and return how ``target`` differs: hand edits, orphans, missing files; none where it agrees."""
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
    # Imported here for the same reason.
    from .emit import emit  # noqa: PLC0415
    from .normalise import Normaliser  # noqa: PLC0415

    report = Report()
    resolved, idle = prepare(room, report)
    normaliser = Normaliser(resolved, report)
    normal = normaliser.run()
    counts = emit(resolved, normal, normaliser.class_of, room.folder, fresh)
    manifest = {
        "command": COMMAND,
        "document": _info(resolved),
        "generator": f"openapi-python-client {version('openapi-python-client')}",
        "digest": digest,
        "counts": counts,
        "rules": report.counts(),
        "notes": report.notes,
        "idle": [str(each) for each in idle],
        "files": _files(fresh),
    }
    (fresh / MANIFEST).write_text(_sealed(manifest), encoding="utf-8")
    return _outcome(manifest, changed=True)


def _outcome(manifest: Json, *, changed: bool) -> Outcome:
    return Outcome(changed, manifest["counts"], manifest["notes"], manifest["idle"])


def _info(document: Json) -> Json:
    info = document.get("info")
    return {key: info.get(key) for key in ("title", "version")} if is_object(info) else {}


def _sealed(manifest: Json) -> str:
    """Return the text of a manifest with its own digest in it, so that a hand edit of it shows too."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    seal = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({**manifest, "seal": seal}, indent=1, ensure_ascii=False) + "\n"


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise PrepareError(f"{path}: cannot be read: {error.strerror}") from error


def _files(folder: Path) -> dict[str, str]:
    """Return the digest of every file but the manifest, by its path in the folder."""
    named = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    ours = {path.as_posix(): named[path] for path in named if not set(_IGNORED) & set(path.parts)}
    return {name: _sha256(ours[name]) for name in sorted(ours) if name != MANIFEST}


def _manifest_entry(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    return {MANIFEST: _sha256(path)} if path.is_file() else {}


def _read_manifest(target: Path) -> Json:
    """Return the manifest of a generated folder; nothing where there is none, or one that was edited."""
    try:
        text = (target / MANIFEST).read_text("utf-8")
        manifest = json.loads(text)
    except (OSError, ValueError):
        return {}
    if not is_object(manifest) or "seal" not in manifest:
        return {}
    del manifest["seal"]
    return manifest if _sealed(manifest) == text else {}


def _is_in_use(target: Path) -> bool:
    """Tell whether a target holds something that this pipeline did not write."""
    if not target.is_dir():
        return target.exists()
    manifest = target / MANIFEST
    ours = manifest.is_file() and f'"command": "{COMMAND}"' in manifest.read_text("utf-8", errors="replace")
    return not ours and any(target.iterdir())
