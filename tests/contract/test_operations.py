"""Every operation of the document, tried by itself against the mock."""

from __future__ import annotations

import pytest
import schemathesis
from schemathesis.core.result import Ok

from tests.contract.document import DOCUMENT, Operation, family, operations
from tests.contract.suite import try_alone
from tests.contract.target import mock

OPERATIONS = operations(DOCUMENT)
MOCK = mock("document")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_operation_conforms(operation: Operation) -> None:
    """Whatever an operation is asked, its answer is one that the document declares; it can succeed, and refuse."""
    outcome = try_alone(MOCK, family(DOCUMENT, operation.path), operation)
    assert not outcome.findings, outcome.report()
    assert outcome.operations(1, 2, 3, 4, 5) == {str(operation)}
    assert outcome.operations(2) or not operation.succeeds, outcome.answers
    assert outcome.operations(4) or not operation.takes_body, outcome.answers


def test_every_operation_is_tried() -> None:
    """The operations tried here are all that schemathesis finds in the document, which it reads by itself."""
    found = schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
    assert sorted(map(str, OPERATIONS)) == sorted(each.ok().label for each in found if isinstance(each, Ok))


def test_only_the_websocket_has_no_success() -> None:
    """No operation is excused from succeeding but the one that only exists as a change of protocol."""
    assert [str(each) for each in OPERATIONS if not each.succeeds] == ["GET /realtime"]
