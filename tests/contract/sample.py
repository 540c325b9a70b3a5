"""The results of a run made small enough to be committed: `python -m tests.contract.sample RESULTS.json SAMPLE.json`.

Of the findings of one check on one operation the first is kept, and those that `gateways/deviations.yaml` names. What
is long is cut off, and headers that say nothing of the contract are left out. Verdicts and counts stay as they are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tests.contract.known import Shown, wanted
from tests.contract.results import Finding, Received, Results, Sent

_SHOWN: Final = 240
_WHOLE: Final = 1000
"""The characters of what is to be copied, which is worth nothing if its end is missing."""
_TELLING: Final = frozenset({"allow", "content-type", "location"})
"""The headers that answers are judged by."""


def small(results: Results) -> Results:
    """The same run with fewer and shorter findings."""
    return replace(results, findings=tuple(map(_cut, _chosen(results.findings, tuple(wanted(results.gateway))))))


def _chosen(findings: tuple[Finding, ...], named: tuple[Shown, ...]) -> Iterator[Finding]:
    """The first finding of each check on each operation, and the first of each that is known."""
    kept: set[object] = set()
    for each in findings:
        meant = {(each.operation, each.check), *(name for name in named if name.matches(each))}
        if meant - kept:
            kept |= meant
            yield each


def _cut(found: Finding) -> Finding:
    sent, received = found.sent, found.received
    return replace(
        found,
        message=_short(found.message),
        curl=_short(found.curl, _WHOLE),
        call=_short(found.call, _WHOLE),
        sent=None if sent is None else Sent(sent.method, _short(sent.url), sent.headers, _short(sent.body)),
        received=None if received is None else Received(received.status, _telling(received), _short(received.body)),
    )


def _telling(received: Received) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in received.headers if name in _TELLING)


def _short(text: str, most: int = _SHOWN) -> str:
    return text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters)"


def written(results: Results) -> str:
    """JSON with a line for each operation and each finding, so that a change of one is a change of a line."""
    raw: dict[str, Any] = json.loads(results.to_json())
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {_lines(value)}" for name, value in raw.items()) + "\n}\n"


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in value) + "\n]"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(written(small(Results.from_json(source.read_text("utf-8")))), encoding="utf-8")
