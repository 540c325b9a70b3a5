"""The command line of the pipeline; ``make generate``, ``make drift`` and ``make migration`` call it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .build import PUBLISHED, Outcome, Room, drift, generate
from .errors import PrepareError

HERE = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or drifted."""
    parser = argparse.ArgumentParser(prog="prepare", description=__doc__)
    parser.add_argument("command", choices=("generate", "drift", "migration"))
    parser.add_argument("--spec", type=Path, default=HERE / PUBLISHED, help="another OpenAPI document")
    parser.add_argument("--out", type=Path, default=HERE.parent / "generated", help="the folder to generate into")
    options = parser.parse_args(arguments)
    room = Room(HERE, options.spec)
    try:
        if options.command == "generate":
            print(_told(generate(room, options.out)))
            return 0
        if options.command == "migration":
            migrate(HERE.parent / "README.md", options.out)
            return 0
        lines = drift(room, options.out)
    except PrepareError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"refused: {error.filename or options.out}: {error.strerror}", file=sys.stderr)
        return 1
    lines.append(f"{options.out.name}/ is not what the document makes: run `make generate`" if lines else "no drift")
    print("\n".join(lines))
    return 1 if len(lines) > 1 else 0


def migrate(readme: Path, generated: Path) -> None:
    """Bring the migration table of a README up to date with a generated folder."""
    # Imported here: it loads the generator's spelling rules, which an unchanged document does not pay.
    from .migration import read_methods, written  # noqa: PLC0415

    document = json.loads((generated / "portkey_api" / "openapi.json").read_text("utf-8"))
    text = written(readme.read_text("utf-8"), read_methods(HERE / "portkey_ai.csv"), document)
    readme.write_text(text, encoding="utf-8")


def _told(outcome: Outcome) -> str:
    counts = ", ".join(f"{count} {what}" for what, count in outcome.counts.items())
    lines = [f"{'generated' if outcome.changed else 'unchanged'}: {counts}"]
    lines += [f"note: {note}" for note in outcome.notes]
    lines += [f"correction without effect here: {each}" for each in outcome.idle]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
