"""What is known of real gateways: the items of `gateways/deviations.yaml`, and a page of them with what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.contract.results import Finding, Results

FILE: Final = Path(__file__).parent / "gateways" / "deviations.yaml"
_LONG: Final = 100


@dataclass(frozen=True)
class Shown:
    """Where a deviation is seen: a finding of this check on this operation, with these words in its message."""

    operation: str
    check: str
    words: str = ""

    def matches(self, found: Finding) -> bool:
        """Whether a finding is this one."""
        return (found.operation, found.check) == (self.operation, self.check) and self.words in found.message


@dataclass(frozen=True)
class Known:
    """One deviation.

    Attributes:
        what: what the gateway does, in a few words.
        new: whether the suite was the first to find it.
        shown: where it is seen, the plainest first; empty if it is not.
        why: why it is not.
        hidden: whether that is because a client cannot see it.
    """

    what: str
    new: bool
    shown: tuple[Shown, ...]
    why: str
    hidden: bool


def known(text: str = "") -> dict[str, list[Known]]:
    """The items of each gateway."""
    raw: Mapping[str, list[dict[str, Any]]] = yaml.safe_load(text or FILE.read_text(encoding="utf-8"))
    return {gateway: list(map(_item, items)) for gateway, items in raw.items()}


def _item(raw: Mapping[str, Any]) -> Known:
    reasons = raw.keys() & {"found", "kept", "hidden"}
    assert len(reasons) == 1, f"{raw['what']}: give one of found, kept and hidden"
    shown = [Shown(**each) for each in (raw.get("found"), *raw.get("also", ())) if each]
    why = raw.get("kept") or raw.get("hidden") or ""
    return Known(raw["what"], raw.get("new", False), tuple(shown), why, "hidden" in raw)


def page(samples: Mapping[str, Results]) -> str:
    """The items with what was seen, in Markdown, and how many there are."""
    every = known()
    lines = [
        "# What real gateways do, and what finds it", "",
        "Written by `UPDATE=1 pytest tests/contract/test_gateways.py` from `deviations.yaml` and the samples.", "",
        "| gateway | known before | found by the suite | kept after all | hidden from clients | new |",
        "|---|---:|---:|---:|---:|---:|",
        *(_counts(gateway, items) for gateway, items in every.items()),
    ]  # fmt: skip
    for gateway, items in every.items():
        lines += ["", f"## {gateway}", "", "| what it does | found by | what was seen |", "|---|---|---|"]
        lines += (_row(each, samples[gateway]) for each in items)
    return "\n".join(lines) + "\n"


def _counts(gateway: str, items: list[Known]) -> str:
    before = [each for each in items if not each.new]
    found, hidden = sum(bool(each.shown) for each in before), sum(each.hidden for each in before)
    kept = len(before) - found - hidden
    return f"| {gateway} | {len(before)} | {found} | {kept} | {hidden} | {len(items) - len(before)} |"


def _row(item: Known, sample: Results) -> str:
    if not item.shown:
        return f"| {item.what} | {'hidden' if item.hidden else 'kept'} | {item.why} |"
    first = item.shown[0]
    seen = next(_seen(each, first.words) for each in sample.findings if first.matches(each))
    return f"| {item.what} | `{first.check}` at `{first.operation}` | {seen} |"


def _seen(found: Finding, words: str) -> str:
    """The line of a message that holds the words."""
    text = next(line for line in found.message.splitlines() if words in line).strip("- ").replace("|", "\\|")
    return text if len(text) <= _LONG else f"{text[:_LONG]} ..."


def wanted(gateway: str) -> Iterator[Shown]:
    """All that has to be found of a gateway."""
    for each in known().get(gateway, []):
        yield from each.shown
