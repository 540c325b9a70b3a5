"""The suite is proved: it finds the faults that are there, and reports none where there is none. `make contract-proof`.

Each seeded fault is met by a whole run of the suite, as `make contract` makes it, on a gateway that has nothing but the
operations that the fault needs. A run without anything generated comes first: what it finds, the whole run finds as
well, since it begins with the same requests.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from portkey_mock import Gateway, ManualClock
from portkey_mock.document import Document
from portkey_mock.gateway import compiled_from
from tests.contract import plain, stranger
from tests.contract.faults import FAULTS, KINDS, unseen
from tests.contract.faults.fault import Fault
from tests.contract.faults.promises import PROMISES
from tests.contract.plain import Plainly
from tests.contract.profiles import load
from tests.contract.results import Results
from tests.contract.run import Depth, run
from tests.contract.stranger import Stranger
from tests.contract.wire import Answering

TABLE: Final = Path(__file__).parent / "faults" / "PROOF.md"
SEEDS: Final = (101, 202, 303, 404, 505)
HEALTHY: Final = 20
_PARTS: Final = 2
_HEAD: Final = """\
# The proof of the contract suite

Written by `make contract-proof`. Each fault is one small change of the mock gateway (`tests/contract/faults`), or of a
gateway that shares nothing with it (`tests/contract/stranger.py`). It was tried with {seeds} seeds; it is found where a
check that should find it did, with every seed. What has the depth `directed` is found by what is not generated.

The faults called `unseen` are in that other gateway, of which the suite knows no more than its operations and a key.
They were written down before anyone tried which check would see them, by somebody who knew the checks: the suite as it
was found {first} of {written} at the depth `quick`, with one seed. That is a hint at the rate for faults that nobody
thought of. The table has what it finds since.

`st run` is the command line of schemathesis as it comes, on the same faults, with the same document and credentials,
the operations that one needs to see the fault, and one seed (`--plain`, `tests/contract/plain.py`). It has found a
fault where it reports a failure that it does not report where there is no fault. Seconds are of processor time.
"""
_NAMES: Final = {each.name: each for each in FAULTS}
_DEPTHS: Final[tuple[Depth, ...]] = ("directed", "quick")


@dataclass(frozen=True)
class Tried:
    """What came of the suite on one fault with one seed.

    Attributes:
        found: those of the checks that should find it which did.
        others: the other checks that failed.
        depth: the depth of the run that found it.
        seconds: of processor time.
    """

    fault: str
    seed: int
    found: tuple[str, ...]
    others: tuple[str, ...]
    depth: str
    seconds: float


@cache
def _document() -> Document:
    return compiled_from(None)


def results(fault: Fault | None, seed: int, depth: Depth, share: tuple[int, int] = (0, 1)) -> Results:
    """A run of the suite on the mock, healthy if there is no fault."""
    clock = ManualClock()
    strange = fault is not None and fault.at == "stranger"
    healthy: Answering = Stranger() if strange else Gateway(_document(), clock=clock)
    profile = stranger.PROFILE if strange else load("mock")
    if fault is None:
        return run(healthy, profile, seed, depth, wait=clock.advance, share=share)
    profile = replace(profile, operations=fault.operations)
    return run(fault.on(healthy), profile, seed, depth, wait=clock.advance, share=share)


def tried(name: str, seed: int) -> Tried:
    """Runs the suite on one fault, at first without what is generated."""
    fault, began = _NAMES[name], time.process_time()
    seen: set[str] = set()
    depth: Depth = "directed"
    for depth in _DEPTHS:
        seen |= {each.check for each in results(fault, seed, depth).findings}
        if seen & set(fault.checks):
            break
    found = tuple(each for each in fault.checks if each in seen)
    others = tuple(sorted(seen - set(fault.checks)))
    return Tried(name, seed, found, others, depth, time.process_time() - began)


def alarms(seed: int, part: int) -> list[str]:
    """What the suite reports of a part of the healthy mock, where nothing is to be reported."""
    came = results(None, seed, "quick", (part, _PARTS))
    untestable = [f"{each.operation}: not testable: {each.why}" for each in came.untestable]
    return [f"{each.operation}: {each.check}: {each.message.splitlines()[0]}" for each in came.findings] + untestable


def main(arguments: Sequence[str] | None = None) -> int:
    """Proves the suite, and writes the table if all of it was tried; 0 if what is demanded holds, else 1."""
    options = _parser().parse_args(arguments)
    names = [each.name for each in FAULTS if not options.faults or each.name in options.faults]
    names = names[:: options.every]
    began = time.monotonic()
    with ProcessPoolExecutor(_PARTS, get_context("fork")) as pool:
        waiting = [pool.submit(tried, name, seed) for name in names for seed in SEEDS[: options.seeds]]
        healthy = [
            pool.submit(alarms, 1000 + number, part) for number in range(options.healthy) for part in range(_PARTS)
        ]
        came = [each.result() for each in waiting]
        raised = [alarm for each in healthy for alarm in each.result()]
    report = _Report(names, came, raised, options.healthy, options.seeds)
    print("\n".join(report.lines()))
    print(f"{time.monotonic() - began:.0f} s")
    if options.plain:
        plain.measure(names, told=print)
    whole = len(names) == len(FAULTS) and options.seeds == len(SEEDS) and options.healthy == HEALTHY
    if whole or options.write:
        TABLE.write_text("\n".join(report.table(plain.known())) + "\n", encoding="utf-8")
    return int(not report.holds)


class _Report:
    """What was found, counted."""

    def __init__(self, names: list[str], came: list[Tried], raised: list[str], healthy: int, seeds: int) -> None:
        self.raised, self.healthy, self.seeds = raised, healthy, seeds
        self.by_fault: defaultdict[str, list[Tried]] = defaultdict(list)
        for each in came:
            self.by_fault[each.fault].append(each)
        self.found = {name for name in names if all(each.found for each in self.by_fault[name])}
        self.kinds = {
            kind: [each.name for each in faults if each.name in self.by_fault] for kind, faults in KINDS.items()
        }

    @property
    def holds(self) -> bool:
        """At least 95 % found and 80 % of every kind, each time by the right check, and no false alarm."""
        shares = [len(self.found.intersection(names)) / len(names) for names in self.kinds.values() if names]
        return not self.raised and len(self.found) >= 0.95 * len(self.by_fault) and min(shares, default=1) >= 0.8

    def lines(self) -> Iterator[str]:
        """What a person reads at the end."""
        for kind, names in self.kinds.items():
            yield f"{kind}: {len(self.found.intersection(names))} of {len(names)}"
        yield f"all: {len(self.found)} of {len(self.by_fault)}, by the right check in each of {self.seeds} seeds"
        for name in self.by_fault.keys() - self.found:
            seen = {check for each in self.by_fault[name] for check in each.others}
            wanted, others = ", ".join(_NAMES[name].checks), ", ".join(seen) or "none"
            yield f"survives: {name}; should be found by {wanted}; others: {others}"
        yield f"false alarms in {self.healthy} runs on the healthy mock: {len(self.raised)}"
        yield from sorted(set(self.raised))

    def table(self, plainly: dict[str, Plainly]) -> Iterator[str]:
        """The table that is committed."""
        yield from _HEAD.format(seeds=self.seeds, first=unseen.FIRST[0], written=unseen.FIRST[1]).splitlines()
        yield ""
        yield "| kind | faults | found | `st run` |"
        yield "|---|---|---|---|"
        for kind, names in [*self.kinds.items(), ("all", list(self.by_fault))]:
            measured = [plainly[name] for name in names if name in plainly]
            told = f"{sum(bool(each.reported) for each in measured)} of {len(measured)}"
            yield f"| {kind} | {len(names)} | {len(self.found.intersection(names))} | {told} |"
        yield ""
        runs = f"{self.healthy} runs with other seeds on all operations" if self.healthy else "not tried"
        yield f"The healthy mock, {runs}: {len(self.raised)} false alarms."
        survivors = sorted(self.by_fault.keys() - self.found)
        yield ""
        yield f"Survivors: {', '.join(survivors) or 'none'}."
        yield ""
        yield from _promises()
        yield ""
        yield "| kind | fault | what is wrong | found by | seeds | depth | seconds | `st run` reports | seconds |"
        yield "|---|---|---|---|---|---|---|---|---|"
        for kind, names in self.kinds.items():
            yield from (f"| {kind} | {self._row(name)} | {_plain(plainly.get(name))} |" for name in names)

    def _row(self, name: str) -> str:
        came = self.by_fault[name]
        checks = [each for each in _NAMES[name].checks if any(each in one.found for one in came)]
        seeds = f"{sum(bool(each.found) for each in came)} of {len(came)}"
        depth = "/".join(sorted({each.depth for each in came}))
        seconds = sum(each.seconds for each in came) / len(came)
        says = _NAMES[name].says.replace("|", "\\|")
        by = ", ".join(checks) or "nothing"
        return f"{name} | {says} | {by} | {seeds} | {depth} | {seconds:.1f}"


def _plain(measured: Plainly | None) -> str:
    """What `st run` reports, each failure once, and how long it took."""
    if measured is None:
        return "not measured |"
    titles = sorted({title.partition(": ")[2] for title in measured.reported})
    return f"{'; '.join(titles) or 'nothing'} | {measured.seconds:.0f}"


def _promises() -> Iterator[str]:
    """What is looked at, the checks that do, and the faults that are there for them."""
    yield "| what is looked at | checks | faults |"
    yield "|---|---|---|"
    for item, checks in PROMISES.items():
        meant = [each.name for each in FAULTS if each.checks[0] in checks]
        yield f"| {item} | {', '.join(checks)} | {', '.join(meant) or 'none: see `test_proof.py`, or a real gateway'} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make contract-proof", description="Proves the contract suite by faults.")
    parser.add_argument("--faults", nargs="*", default=[], help="only these, by name")
    parser.add_argument("--every", type=int, default=1, help="only each nth fault")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help=f"how many seeds, at most {len(SEEDS)}")
    parser.add_argument("--healthy", type=int, default=HEALTHY, help="how many runs on the healthy mock")
    parser.add_argument(
        "--plain", action="store_true", help="measure `st run` on the same faults, too, for an hour or more"
    )
    parser.add_argument("--write", action="store_true", help="write the table even if only a share was tried")
    return parser


if __name__ == "__main__":
    sys.exit(main())
