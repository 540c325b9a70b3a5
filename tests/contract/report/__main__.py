"""Several results in one report: `make contract-report`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.contract.report.view import Run
from tests.contract.report.write import write
from tests.contract.results import Results


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the reports and says where the page is; 2 if a file does not hold results."""
    options = _parser().parse_args(arguments)
    try:
        runs = [_read(Path(each)) for each in options.files]
    except ValueError as error:
        print(f"contract-report: {error}", file=sys.stderr)
        return 2
    write(options.report, runs)
    print(options.report / "report.html")
    return 0


def _read(path: Path) -> Run:
    try:
        run = Run(str(path), Results.from_json(path.read_text(encoding="utf-8")))
        assert run.states
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no file written by OUT= or REPORT=: {error!r}; give one of these") from error
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make contract-report", description="Several results in one report.")
    parser.add_argument("files", nargs="+", help="results in JSON; of one gateway the earliest first")
    parser.add_argument("--report", type=Path, default=Path("reports"), help="the folder to write to (reports)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
