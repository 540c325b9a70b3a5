"""The summary that CI shows: a badge line and what stands against each gateway, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tests.contract.book import GATEWAY
from tests.contract.report.view import WORDS, Change, Column, Run, counted, stated, verdict
from tests.contract.results import Finding

_MOST: Final = 30
"""Lines of one list; the rest is counted."""
_LONG: Final = 300
"""Characters of one message."""


def badge(run: Run) -> str:
    """One line on one run, in text and Markdown alike."""
    parts = [stated(state, count) for state, count in run.counts.items() if count and state != "kept"]
    mark = "FAILED" if run.results.exit_status else "passed"
    there = counted(len(run.operations) - run.counts["absent"], "operation")
    kept = f"{run.counts['kept']} of {there} kept"
    return f"contract {mark}: {_text(run.results.gateway)}: {', '.join([kept, *parts])}"


def summary(every: Sequence[Column]) -> str:
    """All gateways in one table, then what stands against each, and what changed."""
    lines = [*(badge(column.latest) for column in every), "", "# Contract suite", "", *_table(every)]
    for column in every:
        lines += [
            "",
            f"## {_text(column.name)}",
            "",
            verdict(column.latest.results),
            *_against(column),
            *_changes(column),
        ]
    return "\n".join(lines) + "\n"


def _table(every: Sequence[Column]) -> Iterator[str]:
    yield f"| gateway | {' | '.join(WORDS.values())} |"
    yield f"|---|{'---:|' * len(WORDS)}"
    for column in every:
        yield f"| {_text(column.name)} | {' | '.join(str(count) for count in column.latest.counts.values())} |"


def _against(column: Column) -> Iterator[str]:
    results = column.latest.results
    untried = [] if results.missing else results.untestable
    yield from _list("Missing", [_text(each) for each in results.missing])
    yield from _list("Deviations", [_finding(each) for each in results.unexpected])
    gone = [f"{_code(each.operation)} {_code(each.check)}: {_text(each.reason)}" for each in results.gone]
    yield from _list("Expected, and gone", gone)
    yield from _list("Not run", [f"{_code(each.operation)}: {_text(each.why)}" for each in untried])


def _changes(column: Column) -> Iterator[str]:
    if len(column.runs) == 1:
        return
    changes = [_change(each) for each in column.changes.values()]
    yield from _list(f"Changed since {_text(column.runs[-2].label)}", changes or ["Nothing."])
    if column.unlike:
        yield from ("", column.unlike)


def _list(heading: str, items: list[str]) -> Iterator[str]:
    if items:
        yield from ("", f"### {heading}", "", *(f"- {each}" for each in items[:_MOST]))
    if len(items) > _MOST:
        yield f"- and {len(items) - _MOST} more"


def _finding(found: Finding) -> str:
    return f"{_where(found.operation)} {_code(found.check)}: {_text(found.message)} Rule: {_code(found.rule)}"


def _change(change: Change) -> str:
    after = f"{WORDS[change.before]} → {WORDS[change.after]}" if change.before != change.after else WORDS[change.after]
    new = [f"new: {', '.join(map(_code, change.appeared))}"] if change.appeared else []
    gone = [f"no longer: {', '.join(map(_code, change.vanished))}"] if change.vanished else []
    return "; ".join([f"{_where(change.operation)} {after}", *new, *gone])


def _where(operation: str) -> str:
    return "the gateway as a whole" if operation == GATEWAY else _code(operation)


def _line(text: str) -> str:
    flat = " ".join(text.split())
    plain = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in flat)
    return plain if len(plain) <= _LONG else f"{plain[:_LONG]} ..."


def _text(text: str) -> str:
    """Text from elsewhere, shown as it is: no markup, no HTML, nobody mentioned."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", _line(text)).replace("@", "@<!-- -->")


def _code(text: str) -> str:
    """Text from elsewhere as code, in which nothing is markup but the end; not for tables."""
    plain = _line(text)
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    pad = " " if "`" in plain else ""
    return f"{fence}{pad}{plain}{pad}{fence}"
