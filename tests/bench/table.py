"""The result as one Markdown table: a row per measurement, a column per contender, each cell `ratio (value)`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.bench.contenders import BASE, DISTRIBUTIONS, title


class Row(NamedTuple):
    """One measurement: a value in `unit` for each contender that took part."""

    label: str
    unit: str
    values: Mapping[str, float]


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table; ratios are to the first column."""
    names = [name for name in DISTRIBUTIONS if any(name in row.values for row in rows)]
    lines = [["", *map(title, names)], ["---"] * (len(names) + 1)]
    lines += [[row.label, *(_cell(row, name) for name in names)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row: Row, name: str) -> str:
    if name not in row.values:
        return ""
    value = row.values[name]
    shown = f"{value:.3g}" if value < 100 else f"{value:.0f}"
    return f"{value / row.values[BASE]:.2f} ({shown} {row.unit})"
