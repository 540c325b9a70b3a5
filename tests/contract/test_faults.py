"""The suite sees: each seeded fault makes the check fail that is there for it."""

from __future__ import annotations

import pytest
from schemathesis.checks import CHECKS

from tests.contract import generated_checks as checks
from tests.contract.document import DOCUMENT, family, operations, part
from tests.contract.faults import FAULTS, Fault
from tests.contract.suite import Outcome, try_alone, try_sequences
from tests.contract.target import mock

OPERATIONS = {str(each): each for each in operations(DOCUMENT)}


def _try(fault: Fault) -> Outcome:
    if fault.operation is None:
        return try_sequences(mock("strict", fault.kind()), part(DOCUMENT, "files", "batches"))
    operation = OPERATIONS[fault.operation]
    return try_alone(mock("document", fault.kind()), family(DOCUMENT, operation.path), operation)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault_is_seen(fault: Fault) -> None:
    """A gateway with one fault fails, in the operation that has it and at the check that is there for it."""
    outcome = _try(fault)
    seen = {each.check for each in outcome.findings if fault.operation in (each.operation, None)}
    assert fault.check in seen, outcome.report() or outcome.answers


def test_missing_header_is_seen() -> None:
    """An answer that lacks a header it must have fails; the document requires none, so one is put into it."""
    operation = OPERATIONS["GET /batches"]
    response = {**operation.raw["responses"]["200"], "headers": {"x-count": {"required": True, "schema": {}}}}
    document = {**DOCUMENT, "paths": {operation.path: {"get": {**operation.raw, "responses": {"200": response}}}}}
    outcome = try_alone(mock("document"), document, operation)
    assert {finding.check for finding in outcome.findings} == {"response_headers_conformance"}, outcome.report()


def test_every_check_is_proven() -> None:
    """No check is made that no fault fails."""
    proven = {"response_headers_conformance"} | {fault.check for fault in FAULTS}
    assert proven == {*checks.EVERY_ANSWER, *checks.SEQUENCES, checks.CREDENTIALS, checks.EVENTS}


def test_every_check_is_decided() -> None:
    """Each check of schemathesis is made, or left out with a reason."""
    known = {*CHECKS.get_all_names(), "max_response_time"}
    assert known == {*checks.EVERY_ANSWER, *checks.SEQUENCES, *checks.LEFT_OUT}
