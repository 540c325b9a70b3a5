"""Write a review down: for a terminal, as Markdown, and as one HTML page that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .change import Change, Level, Side
from .review import Review, Section, changelog, counts, next_version, printable, sections

SHOWN = 20
"""Changes that break nothing, per level, in the terminal's report; the others are in the files."""
SIDES = {Side.REQUEST: "what you send", Side.RESPONSE: "what you get", Side.NEITHER: "the whole"}


def verdict(review: Review) -> str:
    """Return in one sentence what the revision means."""
    if review.breaks:
        number = sum(change.level is Level.BREAKING for change in review.changes)
        return f"Code written against the old client may break: {number} breaking change{'s' * (number > 1)}."
    return "Nothing breaks." if review.changes else "Nothing changed."


def lists(review: Review) -> dict[str, list[str]]:
    """Return what there is to know beside the changes, by heading; no heading without a line."""
    found = {
        "Entries for names.yaml, so that names stay": [f"{key}: {name}" for key, name in review.names.items()],
        "Entries of names.yaml for operations that are gone": review.stale_names,
        "Entries of aliases.yaml that lead nowhere": review.stale_aliases,
        "Corrections without effect on the new document": [str(each) for each in review.idle],
        "Places that need a description of ours": review.lacking,
        "Descriptions to read again, as the type changed": review.doubtful,
        "Notes of the pipeline": review.notes,
    }
    return {heading: [printable(line) for line in lines] for heading, lines in found.items() if lines}


# -- terminal


def terminal(review: Review, current: str) -> str:
    """Return the report as plain text. ``current`` is the version of the client."""
    lines = [f"{printable(review.title)}: {printable(review.old)} -> {printable(review.new)}", verdict(review), ""]
    lines += [f"{'':14}{''.join(f'{SIDES[side]:>15}' for side in Side)}"]
    for level, sides in counts(review.changes).items():
        lines.append(f"{level.value:14}{''.join(f'{number:>15}' for number in sides.values())}")
    lines += ["", f"version of the client: {current} -> {next_version(current, review.changes)}"]
    for section in sections(review.changes):
        lines += ["", f"{section.level.value.upper()} ({section.size})", *_terminal_section(section)]
    for heading, each in lists(review).items():
        lines += ["", f"{heading} ({len(each)})", *(f"  {line}" for line in each)]
    return "\n".join(lines) + "\n"


def _terminal_section(section: Section) -> Iterator[str]:
    left = section.size if section.level is Level.BREAKING else SHOWN
    for resource, changes in section.groups.items():
        if left > 0:
            yield f"  {resource}"
        for change in changes[: max(left, 0)]:
            side = "" if change.side is Side.NEITHER else f", {change.side.value}"
            yield f"    {change.text} ({change.kind}{side})"
        left -= len(changes)
    if left < 0:
        yield f"  and {-left} more, in the files"


# -- Markdown


def markdown(review: Review, current: str) -> str:
    """Return the report as Markdown (CommonMark, with tables)."""
    head = f"# {_text(review.title)}: {_text(review.old)} to {_text(review.new)}"
    step = f"Version of the client: {current} to **{next_version(current, review.changes)}**."
    table = ["| | " + " | ".join(SIDES.values()) + " |", "|---" * (len(SIDES) + 1) + "|"]
    for level, sides in counts(review.changes).items():
        table.append(f"| {level.value} | {' | '.join(str(sides[side]) for side in SIDES)} |")
    blocks = [head, f"**{verdict(review)}** {step}", "\n".join(table)]
    for section in sections(review.changes):
        blocks += [f"## {section.level.value.capitalize()} ({section.size})", *_markdown_section(section)]
    for heading, each in lists(review).items():
        blocks += [f"## {heading} ({len(each)})", "\n".join(f"- {_code(line)}" for line in each)]
    blocks += ["## For the changelog", _fenced(fragment(review))]
    return "\n\n".join(blocks) + "\n"


def _markdown_section(section: Section) -> Iterator[str]:
    for resource, changes in section.groups.items():
        yield f"### {_text(resource)}"
        rows = ["| side | what | was | is |", "|---|---|---|---|"]
        for change in changes:
            cells = [change.side.value, _text(change.text), _code(change.before), _code(change.after)]
            rows.append("| " + " | ".join(cells) + " |")
        yield "\n".join(rows)


def fragment(review: Review) -> str:
    """Return the lines for CHANGELOG.md, for people who use the client."""
    blocks: list[str] = []
    for heading, changes in changelog(review).items():
        blocks += [f"### {heading}", "\n".join(map(_changelog_line, changes))]
    return "\n\n".join(blocks) or "Nothing for users."


def _changelog_line(change: Change) -> str:
    weight = "**Breaking:** " if change.level is Level.BREAKING else ""
    return f"- {weight}{_text(change.text)}"


def _text(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no end of a table's cell."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", printable(text))


def _code(text: str) -> str:
    """Return text as a code span, in which nothing is markup but the end, and, in a table, a bar."""
    if not text:
        return ""
    if "\\|" in text:  # a backslash cannot be escaped in code, and a bar in a table has to be
        return _text(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{printable(text).replace('|', chr(92) + '|')}{pad}{fence}"


def _fenced(text: str) -> str:
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence}markdown\n{text}\n{fence}"


# -- HTML


def page(review: Review, current: str) -> str:
    """Return the report as one HTML page, without scripts or anything to load."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.jinja").render(
        review=review,
        title=f"{printable(review.title)}: {printable(review.old)} to {printable(review.new)}",
        verdict=verdict(review),
        current=current,
        next=next_version(current, review.changes),
        counts=counts(review.changes),
        sides=SIDES,
        sections=sections(review.changes),
        lists=lists(review),
        fragment=fragment(review),
        on_side=_on_side,
    )


def _on_side(changes: Iterable[Change], side: Side) -> list[Change]:
    return [change for change in changes if change.side is side]
