"""The results of a run made small enough to be committed: `python -m tests.contract.sample RESULTS.json SAMPLE.json`.

Of the findings of one check on one operation the first is kept, and those that `gateways/deviations.yaml` names. What
is long is cut off. Verdicts and counts stay as they are.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from tests.contract.results import Finding, Received, Results, Sent

KNOWN: Final = Path(__file__).parent / "gateways" / "deviations.yaml"
_KEPT: Final = 1
_SHOWN: Final = 400


def small(results: Results) -> Results:
    """The same run with fewer and shorter findings."""
    known: list[dict[str, Any]] = yaml.safe_load(KNOWN.read_text(encoding="utf-8")).get(results.gateway, [])
    named = [each["found"] for each in known if "found" in each]
    return replace(results, findings=tuple(map(_cut, _chosen(results.findings, named))))


def _chosen(findings: tuple[Finding, ...], named: list[dict[str, str]]) -> Iterator[Finding]:
    kept: Counter[tuple[str, str]] = Counter()
    for each in findings:
        place = (each.operation, each.check)
        is_named = any((name["operation"], name["check"]) == place and name["words"] in each.message for name in named)
        if is_named or kept[place] < _KEPT:
            kept[place] += 1
            yield each


def _cut(found: Finding) -> Finding:
    sent, received = found.sent, found.received
    return replace(
        found,
        message=_short(found.message),
        curl=_short(found.curl),
        call=_short(found.call),
        sent=None if sent is None else Sent(sent.method, _short(sent.url), sent.headers, _short(sent.body)),
        received=None if received is None else Received(received.status, received.headers, _short(received.body)),
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ... ({len(text)} characters)"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    written = small(Results.from_json(source.read_text(encoding="utf-8"))).to_json()
    target.write_text(written, encoding="utf-8")
