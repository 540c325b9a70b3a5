"""Where the reports go."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.contract.report.junit import junit
from tests.contract.report.markdown import summary
from tests.contract.report.page import page
from tests.contract.report.view import Run, columns
from tests.contract.results import Results


def write(folder: Path, runs: Iterable[Run]) -> None:
    """Writes `report.html`, `summary.md` and `junit.xml` about these runs, of each gateway the earliest first."""
    every = columns(runs)
    texts = {"report.html": page(every), "summary.md": summary(every), "junit.xml": junit(every)}
    for name, text in texts.items():
        _put(folder / name, text)


def write_run(folder: Path, results: Results) -> None:
    """Writes the reports about one run, and `results.json`."""
    _put(folder / "results.json", results.to_json())
    write(folder, [Run("results.json", results)])


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
