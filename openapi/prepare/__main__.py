"""The command line of the pipeline; ``make generate``, ``migration``, ``drift``, ``diff`` and ``update`` call it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from .build import PUBLISHED, Outcome, Room, drift, generate
from .errors import PrepareError

HERE = Path(__file__).resolve().parent.parent
DONE, REFUSED, BREAKS = 0, 1, 2
"""The exit statuses: done; refused, drifted or interrupted, and nothing was changed; done, and something breaks."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: DONE, REFUSED or BREAKS."""
    options = _options(arguments)
    try:
        return int(_COMMANDS[options.command](options))
    except PrepareError as error:
        print(f"refused: {error}", file=sys.stderr)
    except OSError as error:
        print(f"refused: {error.filename or options.command}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; nothing was changed", file=sys.stderr)
    return REFUSED


def _options(arguments: list[str] | None) -> argparse.Namespace:
    ours = HERE / PUBLISHED
    parser = argparse.ArgumentParser(prog="prepare", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="generate|migration|drift|diff|update")
    for name in ("generate", "migration", "drift"):
        command = commands.add_parser(name)
        command.add_argument("--spec", type=Path, default=ours, help="another OpenAPI document")
        command.add_argument("--out", type=Path, default=HERE.parent / "generated", help="the generated folder")
    diff = commands.add_parser("diff")
    diff.add_argument("--old", type=Path, default=ours, help="the document to compare with; ours by default")
    diff.add_argument("--new", type=Path, required=True, help="the new document")
    update = commands.add_parser("update")
    update.add_argument("--spec", type=Path, required=True, help="the new document")
    for command in (diff, update):
        command.add_argument("--out", type=Path, default=HERE.parent / "build" / "revision", help="for the reports")
    return parser.parse_args(arguments)


def _generate(options: argparse.Namespace) -> int:
    print(_told(generate(Room(HERE, options.spec), options.out)))
    return DONE


def _drift(options: argparse.Namespace) -> int:
    lines = drift(Room(HERE, options.spec), options.out)
    lines.append(f"{options.out.name}/ is not what the document makes: run `make generate`" if lines else "no drift")
    print("\n".join(lines))
    return REFUSED if len(lines) > 1 else DONE


def _migration(options: argparse.Namespace) -> int:
    migrate(HERE.parent / "docs" / "migration.md", options.out)
    return DONE


def migrate(page: Path, generated: Path) -> None:
    """Bring the migration table of a page up to date with a generated folder."""
    # Imported here: it loads the generator's spelling rules, which an unchanged document does not pay.
    from .migration import read_methods, written  # noqa: PLC0415

    (document,) = (json.loads(path.read_text("utf-8")) for path in generated.glob("*/openapi.json"))
    (methods,) = HERE.glob("*.csv")
    peer = methods.stem.replace("_", "-")
    text = written(page.read_text("utf-8"), peer, read_methods(methods), document)
    page.write_text(text, encoding="utf-8")


def _told(outcome: Outcome) -> str:
    counts = ", ".join(f"{count} {what}" for what, count in outcome.counts.items())
    lines = [f"{'generated' if outcome.changed else 'unchanged'}: {counts}"]
    lines += [f"note: {note}" for note in outcome.notes]
    lines += [f"correction without effect here: {each}" for each in outcome.idle]
    return "\n".join(lines)


def _revision(options: argparse.Namespace) -> int:
    """Weigh a new document, write the reports, and, for an update, take it."""
    # Imported here: the other commands need neither the comparison nor the templates of its report.
    from .show import terminal, verdict  # noqa: PLC0415
    from .update import client_version, take, weigh, write_reports  # noqa: PLC0415

    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: what was begun is undone first
        signal.signal(number, signal.default_int_handler)
    is_update = options.command == "update"
    new = options.spec if is_update else options.new
    revision = weigh(HERE, HERE / PUBLISHED if is_update else options.old, new)
    current = client_version(HERE.parent)
    paths = write_reports(revision.review, current, options.out)
    print(terminal(revision.review, current), *(f"report: {path}" for path in paths), sep="\n", flush=True)
    if is_update:
        print("checking the new revision aside; this takes a minute or two", flush=True)
        taken = take(HERE.parent, revision, new)
        print("openapi/ and generated/ are those of the new revision" if taken else "nothing to do: it is what we have")
    status = BREAKS if revision.review.breaks else DONE
    print(f"exit status {status}: {verdict(revision.review)}")
    return status


_COMMANDS = {"generate": _generate, "migration": _migration, "drift": _drift, "diff": _revision, "update": _revision}

if __name__ == "__main__":
    sys.exit(main())
