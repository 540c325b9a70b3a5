"""Runs schemathesis against a target and reports what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import schemathesis
import schemathesis.engine
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events
from schemathesis.engine.recorder import Interaction, ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.schemas import BaseSchema

import portkey_mock as mock
from tests.contract import events as events_of
from tests.contract import generated_checks as checks
from tests.contract.document import Document, Operation, linked, prepared
from tests.contract.inprocess import answered_by
from tests.contract.target import Target
from tests.contract.voids import is_void
from tests.contract.wire import Exchange, Unanswered

ALONE: Final = ("examples", "coverage", "fuzzing")
"""The phases that try one operation by itself."""

_SHOWN: Final = 2000


@dataclass(frozen=True)
class Finding:
    """One request whose answer failed one check.

    Attributes:
        exchange: the two of them; None where nothing was sent.
    """

    operation: str
    check: str
    message: str
    curl: str
    answer: str
    exchange: Exchange | None = None

    def __str__(self) -> str:
        lines = f"{self.message}\n\n{self.curl}\n\n{self.answer}".splitlines()
        return "\n".join([f"{self.operation}: {self.check}", *(f"    {line}".rstrip() for line in lines)])


@dataclass
class Outcome:
    """What came of one run.

    Attributes:
        answers: how often an operation gave a status; a request with a method of no operation does not count.
        requests: all that was sent, in order: method, address and body.
    """

    answers: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    requests: list[tuple[str, str, bytes | None]] = field(default_factory=list[tuple[str, str, bytes | None]])
    findings: list[Finding] = field(default_factory=list[Finding])

    def operations(self, *classes: int) -> set[str]:
        """The operations that gave an answer of one of the `classes`, such as 2 for success."""
        return {operation for operation, status in self.answers if status // 100 in classes}

    def report(self) -> str:
        """For each check that failed on an operation how often it did, and the first request of each message."""
        counts = Counter((finding.operation, finding.check) for finding in self.findings)
        head = [f"{operation}: {check} failed {count} times" for (operation, check), count in counts.items()]
        first = {(each.operation, each.check, each.message): each for each in reversed(self.findings)}
        return "\n\n".join(["\n".join(head), *map(str, first.values())])


def try_alone(
    target: Target,
    document: Document,
    operation: Operation,
    *,
    examples: int = 5,
    ids: Mapping[str, str] | None = None,
) -> Outcome:
    """Tries `operation` by itself: what its schemas say, every limit of them, and `examples` requests at random.

    `ids` are path parameters that stay as they are, so that bodies meet a thing that exists.
    """
    schema = _load(target, document, ALONE, checks.EVERY_ANSWER, examples, ids or {})
    outcome = Outcome()
    succeeded: list[Case[Any]] = []
    with answered_by(target.serve(document)):
        for scenario in _scenarios(schema.include(method=operation.method, path=operation.path), outcome):
            succeeded += _record(scenario, outcome, target)
        if succeeded and operation.raw.get("security", document.get("security")):
            outcome.findings += _without_credentials(target, succeeded[0])
    return outcome


def try_sequences(target: Target, document: Document, *, examples: int = 60) -> Outcome:
    """Tries `examples` sequences of operations that hand each other what they made."""
    schema = _load(target, linked(document), ("stateful",), checks.SEQUENCES, examples, {})
    outcome = Outcome()
    with answered_by(target.serve(document)):
        for scenario in _scenarios(schema, outcome):
            _record(scenario, outcome, target)
    return outcome


def _load(
    target: Target,
    document: Document,
    phases: Iterable[str],
    names: tuple[str, ...],
    examples: int,
    ids: Mapping[str, str],
) -> BaseSchema:
    settings = _settings(target, phases, names, examples)
    settings |= {"parameters": {f"path.{name}": value for name, value in ids.items()}} if ids else {}
    return schemathesis.openapi.from_dict(prepared(document), config=SchemathesisConfig.from_dict(settings))


def _settings(target: Target, phases: Iterable[str], names: tuple[str, ...], examples: int) -> dict[str, Any]:
    """The same requests every time, nothing kept between runs, and nothing over the headers of the target."""
    secret = [name.lower() for name in target.headers]
    address = {"base-url": target.base_url} if target.base_url is not None else {}
    return address | {
        "seed": 1 if target.seed is None else target.seed,
        "headers": dict(target.headers),
        "continue-on-failure": True,  # an operation would stop at its first failure
        "cache": {"enabled": False},
        "analysis": {"constants": {"enabled": False}},  # it would send words from the source of this suite
        "checks": checks.settings(names, target.accepts),
        "output": {"sanitization": {"keys-to-sanitize": secret, "sensitive-markers": secret}},
        "generation": {
            "deterministic": target.seed is None,
            "database": "none",
            "no-shrink": True,  # a smaller example costs time, and what is reported is the first of its kind
            "max-examples": examples,
            "with-security-parameters": False,  # it would invent configurations and hosts to send the request on to
        },
        "phases": {
            "enabled": False,
            # Ids that an answer named would come back in most requests, and unknown ones would hardly be tried.
            **{phase: {"enabled": True, "extra-data-sources": {"responses": False}} for phase in phases},
            "stateful": {
                "enabled": "stateful" in phases,
                "generation": {"mode": "positive"},  # a refusal ends a sequence; each operation refuses by itself
                "max-steps": 12,  # the default of 6 rarely gets from a file to its batch and further
                "link-calibration": False,  # it gives up on links whose end is missing, which is what is looked for
            },
        },
    }


def _scenarios(schema: BaseSchema, outcome: Outcome) -> Iterator[ScenarioRecorder]:
    """Runs `schema`; what kept schemathesis from trying something is a finding, too."""
    for event in schemathesis.engine.from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                yield event.recorder
            case events.NonFatalError():
                outcome.findings.append(Finding(event.label, "could_not_be_tried", str(event.info), "", ""))
            case events.FatalError():
                raise event.exception
            case _:
                pass


def _record(scenario: ScenarioRecorder, outcome: Outcome, target: Target) -> list[Case[Any]]:
    """Adds `scenario` to `outcome`; the cases that succeeded."""
    succeeded: list[Case[Any]] = []
    for name, interaction in scenario.interactions.items():
        case, request, response = scenario.cases[name].value, interaction.request, interaction.response
        outcome.requests.append((request.method, request.uri, request.body))
        if response is None or case.method != case.operation.method.upper():
            continue
        outcome.answers[case.operation.label, response.status_code] += 1
        if 200 <= response.status_code < 300:
            succeeded.append(case)
        if response.headers.get("content-type") == [events_of.MEDIA]:
            found = events_of.problems(case.operation.path, response.content or b"")
            label, curl, seen = case.operation.label, case.as_curl_command(), _exchange(interaction)
            outcome.findings += (Finding(label, checks.EVENTS, each, curl, _shown(response), seen) for each in found)
    for name, made in scenario.checks.items():
        for check in made:
            if check.failure_info is None:
                continue
            case = scenario.cases[name].value
            failure, curl = check.failure_info.failure, check.failure_info.code_sample
            interaction = scenario.interactions[failure.case_id or name]
            answer, seen = _shown(interaction.response), _exchange(interaction)
            if not is_void(check.name, case, seen, target):
                outcome.findings.append(Finding(case.operation.label, check.name, str(failure), curl, answer, seen))
    return succeeded


def _without_credentials(target: Target, case: Case[Any]) -> Iterator[Finding]:
    names = target.headers if target.credentials is None else target.credentials
    for name in names:
        case.headers.pop(name, None)
    response = case.call()
    if response.status_code not in (401, 403):
        message = "A request without credentials was not refused."
        yield Finding(case.operation.label, checks.CREDENTIALS, message, case.as_curl_command(), _shown(response))


def _exchange(interaction: Interaction) -> Exchange:
    """What was sent and received, as the rest of the suite has it."""
    sent, response = interaction.request, interaction.response
    url = urlsplit(sent.uri)
    headers = tuple((name.lower(), value) for name, values in sent.headers.items() for value in values)
    request = mock.Request(sent.method, url.path, url.query, headers, sent.body or b"")
    if response is None:
        return Exchange(request, None, None, Unanswered("There was no answer."), "generated")
    pairs = tuple((name.lower(), value) for name, values in response.headers.items() for value in values)
    answer = mock.Response(response.status_code, pairs, response.content or b"")
    return Exchange(request, None, answer, None, "generated")


def _shown(response: Response | None) -> str:
    if response is None:
        return "no answer"
    media = ", ".join(response.headers.get("content-type", ["no content type"]))
    body = (response.content or b"").decode("utf-8", "replace")
    if len(body) > _SHOWN:
        body = f"{body[:_SHOWN]} ... {len(body)} characters"
    return f"{response.status_code}, {media}\n{body}"
