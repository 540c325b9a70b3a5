"""The result as one Markdown table: a row per measurement, a column per contender, each cell `ratio (value)`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.bench.contenders import DISTRIBUTIONS, title

PRISM = "prism"
"""A mock server and no package of Python."""


class Row(NamedTuple):
    """One measurement: a value in `unit` for each contender that took part."""

    label: str
    unit: str
    values: Mapping[str, float]


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table; ratios are to the first column."""
    names = [name for name in (PRISM, *DISTRIBUTIONS) if any(name in row.values for row in rows)]
    titles = ["Prism, silent" if name == PRISM else title(name) for name in names]
    lines = [["", *titles], ["---"] * (len(names) + 1)]
    lines += [[row.label, *(_cell(row, name, names[0]) for name in names)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: Row, name: str, base: str) -> str:
    if name not in row.values:
        return ""
    value = row.values[name]
    shown = f"{value:.3g}" if value < 100 else f"{value:.0f}"
    return f"{value / row.values[base]:.2f} ({shown} {row.unit})"
