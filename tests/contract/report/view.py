"""What all reports tell: the state of each operation at each gateway, and what changed since the run before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias

from tests.contract.book import GATEWAY
from tests.contract.results import Finding, OperationResult, Results, Verdict

State: TypeAlias = Literal["kept", "loosely", "known", "deviates", "absent", "unrun"]

WORDS: Final[dict[State, str]] = {
    "kept": "kept",
    "loosely": "kept loosely",
    "known": "deviates as known",
    "deviates": "deviates",
    "absent": "not there",
    "unrun": "not run",
}
"""The states, in the order in which they are counted, and what they are called."""

_STATES: Final[dict[Verdict, State]] = {
    "pass": "kept",
    "non-strict": "loosely",
    "fail": "deviates",
    "unimplemented": "absent",
    "not testable": "unrun",
}


@dataclass(frozen=True)
class Run:
    """One run; `label` tells it from others of the same gateway."""

    label: str
    results: Results

    @cached_property
    def operations(self) -> dict[str, OperationResult]:
        """What came of each operation, by its method and path."""
        return {each.operation: each for each in self.results.operations}

    @cached_property
    def findings(self) -> dict[str, list[Finding]]:
        """The findings by operation: first the failures, of these what the profile does not list, then the rest."""
        found: dict[str, list[Finding]] = {}
        for each in sorted(self.results.findings, key=lambda each: (each.weight, bool(each.expected), each.check)):
            found.setdefault(each.operation, []).append(each)
        return found

    @cached_property
    def states(self) -> dict[str, State]:
        """The state of each operation, and that of the gateway as a whole.

        Raises:
            KeyError: a verdict is none.
        """
        found: dict[str, State] = {each.operation: self._state(each) for each in self.results.operations}
        found[GATEWAY] = self._whole()
        return found

    @property
    def counts(self) -> dict[State, int]:
        """How many operations are in each state; together, all of them."""
        counted = Counter(state for operation, state in self.states.items() if operation != GATEWAY)
        return {state: counted[state] for state in WORDS}

    def checks(self, operation: str) -> set[str]:
        """The checks that found something at an operation."""
        return {each.check for each in self.findings.get(operation, ())}

    def _state(self, result: OperationResult) -> State:
        state = _STATES[result.verdict]
        return self._weighed(result.operation) if state == "deviates" else state

    def _whole(self) -> State:
        return "unrun" if self.results.missing else self._weighed(GATEWAY)

    def _weighed(self, operation: str) -> State:
        found = self.findings.get(operation, [])
        failed = [each for each in found if each.weight == "fail"]
        if any(not each.expected for each in failed):
            return "deviates"
        return "known" if failed else "loosely" if found else "kept"


@dataclass(frozen=True)
class Change:
    """What changed at one operation from one run to the next; the checks are those that found something."""

    operation: str
    before: State
    after: State
    appeared: tuple[str, ...]
    vanished: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One gateway, with its runs, the earliest first."""

    name: str
    runs: tuple[Run, ...]

    @property
    def latest(self) -> Run:
        """The run that the reports are about."""
        return self.runs[-1]

    @cached_property
    def changes(self) -> dict[str, Change]:
        """What changed from the last run but one to the last, by operation."""
        if len(self.runs) == 1:
            return {}
        before, after = self.runs[-2:]
        names = dict.fromkeys([GATEWAY, *before.operations, *after.operations])
        every = (_change(name, before, after) for name in names)
        return {each.operation: each for each in every if each is not None}

    @property
    def unlike(self) -> str:
        """Why the last two runs can hardly be compared; empty where they can."""
        if len(self.runs) == 1:
            return ""
        before, after = (run.results for run in self.runs[-2:])
        if before.document != after.document:
            return "The two runs were held to different documents."
        return "" if before.depth == after.depth else f"The depth was {before.depth}, and is {after.depth}."


def columns(runs: Iterable[Run]) -> list[Column]:
    """The gateways in the order in which they first come; runs of one are given with the earliest first."""
    by_name: dict[str, list[Run]] = {}
    for run in runs:
        by_name.setdefault(run.results.gateway, []).append(run)
    return [Column(name, tuple(found)) for name, found in by_name.items()]


def operations(every: Sequence[Column]) -> dict[str, str]:
    """Each operation of any of the last runs, with its name, in the order of the documents."""
    return {name: result.name for column in every for name, result in column.latest.operations.items()}


def document(results: Results) -> str:
    """What a run was held to, by title and version."""
    return " ".join(results.document[each] for each in ("title", "version") if each in results.document)


def resource(name: str) -> str:
    """What a method belongs to: `batches` of `batches.cancel`."""
    return name.partition(".")[0]


def verdict(results: Results) -> str:
    """In one sentence, whether the gateway keeps the contract, and what stands against it.

    It says the same as the exit status of the run.
    """
    if results.missing:
        return "Could not be tried."
    against = (
        (len({(each.operation, each.check) for each in results.unexpected}), "deviation", "not in the profile"),
        (len(results.gone), "expected deviation", "gone"),
        (len(results.untestable), "operation", "not tried"),
    )
    told = [f"{counted(count, thing)} {what}" for count, thing, what in against if count]
    return f"Breaks the contract: {', '.join(told)}." if told else "Keeps the contract as far as its profile expects."


def stated(state: State, count: int) -> str:
    """How many operations are in a state: `1 deviates`, `2 deviate`."""
    return f"{count} {WORDS[state] if count == 1 else WORDS[state].replace('deviates', 'deviate')}"


def counted(count: int, thing: str) -> str:
    """A number of things: `1 operation`, `2 operations`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _change(name: str, before: Run, after: Run) -> Change | None:
    states = before.states.get(name, "unrun"), after.states.get(name, "unrun")
    was, now = before.checks(name), after.checks(name)
    if states[0] == states[1] and was == now:
        return None
    return Change(name, *states, tuple(sorted(now - was)), tuple(sorted(was - now)))
