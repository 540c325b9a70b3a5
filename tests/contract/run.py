"""One run of the suite on one gateway, from its first request to the verdicts."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from portkey_mock import Request
from tests.contract import registry, sight
from tests.contract.book import GATEWAY, Book
from tests.contract.calls import Lacking
from tests.contract.check import Check
from tests.contract.document import DOCUMENT, Document, Operation, family, operations
from tests.contract.generated_checks import EVERY_ANSWER, SEQUENCES
from tests.contract.minimal import smaller
from tests.contract.profiles import Profile, ProfileError
from tests.contract.repeatable import repeatable
from tests.contract.results import Deviation, Finding, OperationResult, Results, Verdict
from tests.contract.routes import Routes
from tests.contract.suite import Outcome, try_alone, try_sequences
from tests.contract.target import Target
from tests.contract.wire import Answering, Exchange, Send, Unanswered, Wire, Withheld, in_process, over_http
from tests.contract.world import World

Depth: TypeAlias = Literal["directed", "quick", "deep"]

ADDRESS: Final = "http://gateway.test/v1"
"""The address of a gateway in this process; nothing listens there."""


@dataclass(frozen=True)
class Effort:
    """How much is generated: requests at random for each operation, and sequences of operations."""

    examples: int
    sequences: int


EFFORTS: Final[dict[Depth, Effort | None]] = {"directed": None, "quick": Effort(3, 40), "deep": Effort(50, 1000)}


def run(
    gateway: Answering | str,
    profile: Profile,
    seed: int = 1,
    depth: Depth = "quick",
    *,
    wait: Callable[[float], object] = time.sleep,
    document: Document = DOCUMENT,
    only: Callable[[Check], bool] = lambda _: True,
    share: tuple[int, int] = (0, 1),
    stands_for: str = "",
    tell: Callable[[str], object] = lambda _: None,
) -> Results:
    """Tries a gateway, in this process or at an address, and says what it found.

    Args:
        gateway: an address, or anything with `handle`, such as `portkey_mock.Gateway` or what is put around one.
        profile: what is known of it.
        seed: decides everything that is chosen at random; the same seed sends the same requests.
        depth: how much is generated; `directed` generates nothing.
        wait: lets seconds go by, for what takes time; a clock's `advance` for a gateway on a clock of its own.
        document: what it is held to.
        only: which of the checks that have requests of their own are made.
        share: which part of the work this is, of how many; `results.merged` puts them together. The directed checks are
            in the first, the sequences in the last.
        stands_for: the address that a gateway in this process is to be taken for; a local one if it is left out.
        tell: told what is going on.
    """
    if isinstance(gateway, str):
        with over_http(gateway, profile.limit) as send:
            return _tried(send, gateway, profile, seed, depth, wait, document, only, share, tell, networked=True)
    local = stands_for or f"http://gateway.test{urlsplit(profile.address or ADDRESS).path}"
    send = in_process(gateway, profile.limit)
    return _tried(send, local, profile, seed, depth, wait, document, only, share, tell, networked=False)


def _tried(
    send: Send,
    address: str,
    profile: Profile,
    seed: int,
    depth: Depth,
    wait: Callable[[float], object],
    document: Document,
    only: Callable[[Check], bool],
    share: tuple[int, int],
    tell: Callable[[str], object],
    *,
    networked: bool,
) -> Results:
    began = time.monotonic()
    try:
        hidden = profile.hidden()
    except ProfileError as error:
        return _untried(address, profile, seed, depth, document, str(error))
    every = operations(document)
    wire = Wire(send, profile, address, Routes(every), networked=networked)
    had = [each for each in every if profile.has(str(each))]
    world = World(wire, profile, document, had, seed, wait)
    this = _Run(world, Book(profile, hidden, address, wire.base), EFFORTS[depth], only, share, tell)
    if not this.alive():
        return _untried(address, profile, seed, depth, document, f"nothing answers at {address}; start it first")
    this.go()
    return _results(this, every, depth, time.monotonic() - began)


class _Run:
    """What a run knows while it goes on."""

    def __init__(
        self,
        world: World,
        book: Book,
        effort: Effort | None,
        only: Callable[[Check], bool],
        share: tuple[int, int],
        tell: Callable[[str], object],
    ) -> None:
        self.world, self.book, self.effort = world, book, effort
        self.only, self.tell = only, tell
        self.part, self.parts = share
        self.shrunk: set[tuple[str, str]] = set()
        self.lacking: dict[str, str] = {}
        self.made: Counter[str] = Counter()
        self.unmade: dict[str, str] = {}
        world.wire.listeners.append(self._look)

    def alive(self) -> bool:
        """Whether anything answers."""
        wanted = next((each for each in self.world.operations.values() if each.method == "GET"), None)
        probe = wanted or next(iter(self.world.operations.values()), None)
        if probe is None:
            return False
        path = self.world.base(probe) + probe.path.replace("{", "").replace("}", "")
        request = Request("GET", path, "", tuple(self.world.profile.headers.items()))
        listeners, self.world.wire.listeners = self.world.wire.listeners, []
        try:
            self.world.wire.raw(request, None)
        except Unanswered:
            return False
        finally:
            self.world.wire.listeners = listeners
        return True

    def go(self) -> None:
        """Everything that is tried, in its order."""
        self.tell("a first look")
        self.lacking, failed = sight.look(self.world)
        if self.part == 0:
            self._directed()
        sight.again(self.world, failed)
        if self.effort is not None:
            self._generated(self.effort)
        for problem in sight.problems(self.world, failed):
            self.book.add("succeeds", problem.message, operation=problem.operation, exchange=problem.exchange)
        self._refusals()
        self._whole()

    def _look(self, exchange: Exchange) -> None:
        for check in _LOOKING:
            assert check.look is not None, check
            for message in check.look(self.world, exchange):
                self.book.add(check.name, message, exchange=exchange)

    def _directed(self) -> None:
        for check in registry.CHECKS.values():
            if check.make is None or not self.only(check):
                continue
            if not self.world.has(*check.needs):
                self.unmade[check.name] = f"needs {', '.join(check.needs)}"
                continue
            self.tell(check.name)
            self.world.random = Random(f"{self.world.seed} {check.name}")
            self._make(check)

    def _make(self, check: Check) -> None:
        assert check.make is not None, check
        before = self.world.wire.requests
        try:
            for problem in check.make(self.world):
                self.book.add(
                    check.name,
                    problem.message,
                    operation=problem.operation,
                    exchange=problem.exchange,
                    rule=problem.rule,
                )
        except Lacking as error:
            self.unmade[check.name] = str(error)
        except (Unanswered, Withheld):
            return  # whoever listens to the wire has noted the first, and the second is no fault of the gateway
        except Exception as error:  # noqa: BLE001  # an answer may be anything
            message = f"What came makes no sense to this check: {type(error).__name__}: {error}"
            self.book.add(check.name, message, exchange=self.world.wire.last)
        self.made[check.name] = self.world.wire.requests - before

    def _generated(self, effort: Effort) -> None:
        with self.world.wire.sending("generated"), repeatable():
            for operation in self.world.tryable()[self.part :: self.parts]:
                self.tell(str(operation))
                self._alone(operation, effort)
            if self.world.tryable() and self.part == self.parts - 1:
                self.tell("sequences")
                self._note(try_sequences(self._target(None), self._there(), examples=effort.sequences))

    def _alone(self, operation: Operation, effort: Effort) -> None:
        ids: dict[str, str] = {}
        if operation.takes_body and "{" in operation.path and operation.method != "DELETE":
            try:
                with self.world.wire.sending("directed"):
                    ids = self.world.things(operation.path)
            except Lacking:
                ids = {}
        document = family(self.world.document, operation.path)
        self._note(
            try_alone(self._target(operation), document, operation, examples=effort.examples, ids=ids), operation
        )

    def _note(self, outcome: Outcome, operation: Operation | None = None) -> None:
        known = {str(each): each for each in operations(self.world.document)}
        for found in outcome.findings:
            about = known.get(found.operation, operation)
            exchange = None if found.exchange is None else replace(found.exchange, operation=about)
            if exchange is not None and (found.operation, found.check) not in self.shrunk:
                self.shrunk.add((found.operation, found.check))
                exchange = smaller(self.world, found.check, exchange)
            self.book.add(found.check, found.message, operation=about, exchange=exchange, code=found.curl)

    def _there(self) -> Document:
        """The document without what the gateway does not have."""
        names = {str(each) for each in self.world.tryable()}
        paths: dict[str, Any] = {}
        for each in operations(self.world.document):
            if str(each) in names:
                paths.setdefault(each.path, {})[each.method.lower()] = each.raw
        return {**self.world.document, "paths": paths}

    def _target(self, operation: Operation | None) -> Target:
        world = self.world
        base = world.wire.base if operation is None else world.base(operation)
        origin = world.wire.address.removesuffix(world.wire.base)
        headers = {**world.secrets, **world.profile.headers}
        return Target(
            world.profile.name,
            headers,
            world.profile.accepts,
            lambda _: world.wire,
            f"{origin}{base}",
            remembers=True,
            seed=world.seed,
            credentials=tuple(world.secrets),
            reads_headers=world.speaks_portkey,
            has=world.has,
        )

    def _refusals(self) -> None:
        """Each operation that can refuse is seen to do so."""
        for operation in self.world.tryable():
            if not sight.can_fail(self.world, operation) or self._refused(operation):
                continue
            try:
                for _ in sight.refusals(self.world, operation):
                    pass
            except (Unanswered, Withheld):
                continue
            if not self._refused(operation):
                last = self.world.last()
                self.book.add("refuses", "No wrong request was refused.", operation=operation, exchange=last)

    def _refused(self, operation: Operation) -> bool:
        answers = self.world.wire.answers
        return any(400 <= status < 500 for (label, status) in answers if label == str(operation))

    def _whole(self) -> None:
        """A gateway that died, or that answers everything with 500, fails as a whole."""
        if not self.alive():
            self.book.add("alive", "The gateway does not answer any more.")
        statuses = {status for _, status in self.world.wire.answers}
        if statuses and all(status >= 500 or status == 0 for status in statuses):
            self.book.add("alive", "Every answer was a server error.")


_LOOKING: Final = tuple(each for each in registry.CHECKS.values() if each.look is not None)


def _results(this: _Run, every: list[Operation], depth: str, seconds: float) -> Results:
    world, findings = this.world, this.book.findings()
    profile = world.profile
    answers: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (label, status), count in sorted(world.wire.answers.items()):
        answers[label][str(status)] = count
    verdicts = tuple(_verdict(this, each, findings, answers[str(each)]) for each in every)
    return Results(
        gateway=profile.name,
        address=world.wire.address,
        seed=world.seed,
        depth=depth,
        document=_called(world.document),
        requests=world.wire.requests,
        seconds=round(seconds, 1),
        operations=verdicts,
        findings=findings,
        gone=_gone(this, profile, findings, verdicts),
        checks=dict(this.made),
        unmade=this.unmade,
    )


def _verdict(
    this: _Run, operation: Operation, findings: tuple[Finding, ...], answers: dict[str, int]
) -> OperationResult:
    world, label = this.world, str(operation)
    weights = {each.weight for each in findings if each.operation == label}
    verdict: Verdict = "fail" if "fail" in weights else "non-strict" if weights else "pass"
    why = ""
    if label not in world.operations:
        verdict, why = "unimplemented", "the profile says so"
    elif label in world.absent:
        verdict, why = "unimplemented", world.absent[label]
    elif world.wire.withholds(operation):
        verdict, why = "not testable", "it may destroy or cost something at a public host; name it in OPERATIONS"
    elif label in this.lacking and verdict != "fail" and not any(status.startswith("2") for status in answers):
        verdict, why = "not testable", this.lacking[label]
    return OperationResult(label, str(operation.raw["operationId"]), verdict, why, answers)


def _gone(
    this: _Run, profile: Profile, findings: tuple[Finding, ...], verdicts: tuple[OperationResult, ...]
) -> tuple[Deviation, ...]:
    """The expected deviations that did not occur, of operations that were tried with a check that was made."""
    tried = [each.operation for each in verdicts if each.verdict in ("pass", "non-strict", "fail")] + [GATEWAY]
    seen = {(each.operation, each.check) for each in findings}
    return tuple(
        each
        for each in profile.deviations
        if any(fnmatchcase(operation, each.operation) for operation in tried)
        and all(_was_made(this, check) for check in each.checks)
        and not any(each.covers(*pair) for pair in seen)
    )


def _was_made(this: _Run, name: str) -> bool:
    """Whether a check was made, and all of it: some are made on what is generated, too, as the depth allows."""
    check = registry.CHECKS.get(name)
    if check is None:
        return True  # nothing is called so, which has to be said, too
    is_generated = name in (*EVERY_ANSWER, *SEQUENCES) or (check.make is None and check.look is None)
    if is_generated and this.effort is None:
        return False
    return check.make is None or this.made[name] > 0


def _untried(address: str, profile: Profile, seed: int, depth: str, document: Document, why: str) -> Results:
    every = operations(document)
    results = tuple(
        OperationResult(str(each), each.raw["operationId"], "not testable", why)
        if profile.has(str(each))
        else OperationResult(str(each), each.raw["operationId"], "unimplemented", "the profile says so")
        for each in every
    )
    return Results(profile.name, address, seed, depth, _called(document), 0, 0.0, results, (), missing=(why,))


def _called(document: Document) -> dict[str, str]:
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
    return {"title": document["info"]["title"], "version": document["info"]["version"], "digest": digest}
