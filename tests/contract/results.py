"""What came of a run of the suite, as data: written as JSON, read by whatever makes reports of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["pass", "non-strict", "fail", "unimplemented", "not testable"]
Weight: TypeAlias = Literal["fail", "non-strict"]

VERDICTS: Final[tuple[Verdict, ...]] = ("pass", "non-strict", "fail", "unimplemented", "not testable")
_WORST: Final[tuple[Verdict, ...]] = ("unimplemented", "pass", "non-strict", "not testable", "fail")
FORMAT: Final = 1
"""The number of this shape; it grows when a reader of the old one would misread the new one."""


@dataclass(frozen=True)
class Sent:
    """A request with its secrets taken out: each reads as the variable that holds it, `$PORTKEY_API_KEY`."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass(frozen=True)
class Received:
    """An answer with its secrets taken out. The body is cut off at some thousand characters, and says so."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass(frozen=True)
class Finding:
    """One way in which one operation breaks the contract, with the smallest exchange that shows it.

    Attributes:
        operation: `POST /batches`; `*` for the gateway as a whole.
        check: the name of the check, stable over time: see `checks`.
        weight: `non-strict` for what a tolerant client does not notice.
        rule: a JSON pointer into the document (`#/paths/...`), or the RFC and section, that is violated.
        received: None if there was no answer.
        curl: the request again from a shell, credentials as variables.
        call: the request again with our client; empty where it cannot send such a request.
        times: how often it was seen.
        expected: the reason, where the profile lists it.
    """

    operation: str
    check: str
    weight: Weight
    message: str
    rule: str
    sent: Sent | None = None
    received: Received | None = None
    curl: str = ""
    call: str = ""
    times: int = 1
    expected: str = ""

    def __str__(self) -> str:
        got = "no answer" if self.received is None else f"{self.received.status} {self.received.body}"
        lines = [self.message, f"rule: {self.rule}", *([self.curl, got] if self.sent is not None else [])]
        return "\n".join(
            [f"{self.operation}: {self.check}", *(f"    {each}" for each in "\n".join(lines).splitlines())]
        )


@dataclass(frozen=True)
class OperationResult:
    """What is known of one operation after the run.

    Attributes:
        name: `batches.cancel`.
        why: the reason of a verdict that no finding gives: why it is unimplemented or not testable.
        answers: how often each status came.
    """

    operation: str
    name: str
    verdict: Verdict
    why: str = ""
    answers: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Deviation:
    """What a profile expects: at which operations, as a pattern such as `GET *`, which check fails, and why.

    Where one thing may come to light in several ways, `check` names them all, with commas between them.
    """

    operation: str
    check: str
    reason: str

    def covers(self, operation: str, check: str) -> bool:
        """Whether this is about the failure of `check` at `operation`."""
        return check in self.checks and fnmatchcase(operation, self.operation)

    @property
    def checks(self) -> list[str]:
        """The names of the checks."""
        return self.check.split(", ")


@dataclass(frozen=True)
class Results:
    """One run.

    Attributes:
        document: the title and version of the document, and a digest of it.
        requests: how many were sent.
        missing: prerequisites that were not there; any of them fails the run.
        gone: deviations that the profile expects and that no longer occur; any of them fails the run.
        checks: the checks that sent requests of their own, each with how many requests that took.
        unmade: the checks that could not be made, each with what was lacking.
    """

    gateway: str
    address: str
    seed: int
    depth: str
    document: dict[str, str]
    requests: int
    seconds: float
    operations: tuple[OperationResult, ...]
    findings: tuple[Finding, ...]
    missing: tuple[str, ...] = ()
    gone: tuple[Deviation, ...] = ()
    checks: dict[str, int] = field(default_factory=dict[str, int])
    unmade: dict[str, str] = field(default_factory=dict[str, str])
    format: int = FORMAT

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many operations have each verdict; together, all of them."""
        counted = Counter(each.verdict for each in self.operations)
        return {verdict: counted[verdict] for verdict in VERDICTS}

    @property
    def unexpected(self) -> tuple[Finding, ...]:
        """The failures that the profile does not list."""
        return tuple(each for each in self.findings if each.weight == "fail" and not each.expected)

    @property
    def untestable(self) -> tuple[OperationResult, ...]:
        """The operations that could not be tried."""
        return tuple(each for each in self.operations if each.verdict == "not testable")

    @property
    def exit_status(self) -> int:
        """0 where every failure is expected, every expected one occurred, and everything could be tried; else 1."""
        return int(bool(self.unexpected or self.gone or self.missing or self.untestable))

    def to_json(self) -> str:
        """This as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Results:
        """What `to_json` has written.

        Raises:
            ValueError: it is of another format.
        """
        raw: dict[str, Any] = json.loads(text)
        if raw.get("format") != FORMAT:
            raise ValueError(f"format is {raw.get('format')}, and this reads {FORMAT}: run the suite again")
        raw |= {
            "operations": tuple(OperationResult(**each) for each in raw["operations"]),
            "findings": tuple(map(_finding, raw["findings"])),
            "missing": tuple(raw["missing"]),
            "gone": tuple(Deviation(**each) for each in raw["gone"]),
        }
        return cls(**raw)


def merged(parts: Sequence[Results]) -> Results:
    """The parts of one run as a whole: of two verdicts the worse, of two equal findings the shorter.

    What one part expected and did not meet is gone only if none of the others met it.
    """
    first = parts[0]
    found: dict[tuple[str, str, str], Finding] = {}
    for each in (finding for part in parts for finding in part.findings):
        key = (each.operation, each.check, each.message)
        known = found.get(key, each)
        found[key] = known if len(known.curl) <= len(each.curl) else each
    seen = {(each.operation, each.check) for each in found.values()}
    gone = dict.fromkeys(each for part in parts for each in part.gone if not any(each.covers(*pair) for pair in seen))
    return replace(
        first,
        requests=sum(part.requests for part in parts),
        seconds=max(part.seconds for part in parts),
        operations=tuple(map(_together, zip(*(part.operations for part in parts), strict=True))),
        findings=tuple(found.values()),
        missing=tuple(dict.fromkeys(each for part in parts for each in part.missing)),
        gone=tuple(gone),
        checks=dict(sum((Counter(part.checks) for part in parts), Counter[str]())),
        unmade={name: why for part in reversed(parts) for name, why in part.unmade.items()},
    )


def _together(results: tuple[OperationResult, ...]) -> OperationResult:
    worst = max(results, key=lambda each: _WORST.index(each.verdict))
    answers: Counter[str] = Counter()
    for each in results:
        answers.update(each.answers)
    return replace(worst, answers=dict(sorted(answers.items())))


def _finding(raw: dict[str, Any]) -> Finding:
    for name, kind in (("sent", Sent), ("received", Received)):
        held: dict[str, Any] | None = raw[name]
        if held is not None:
            held["headers"] = _pairs(held["headers"])
            raw[name] = kind(**held)
    return Finding(**raw)


def _pairs(raw: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in raw)
