"""The directed checks see: each fault makes the check fail that is there for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portkey_api.types import WireModel
from portkey_mock import Gateway, ManualClock
from tests.contract import registry
from tests.contract.directed_faults import FAULTS, Fault
from tests.contract.profiles import load
from tests.contract.run import run

UNPROVEN = {
    "alive": "proved by `test_run`, where a gateway dies",
    "could_not_be_tried": "says that schemathesis gave up, which no gateway makes it do",
    "malformed_bytes": "takes a server that answers bytes which are no HTTP with 500",
    "client_agrees": "proved by `test_a_client_that_misreads`, since the fault has to be in the client",
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault_is_seen(fault: Fault) -> None:
    """A gateway with one fault fails at the check that is there for it; without it, it does not."""
    clock = ManualClock()
    profile = replace(load("mock"), operations=fault.operations, without=("GET /batches/*/output",))
    results = run(
        fault.kind()(clock=clock),
        profile,
        1,
        "directed",
        wait=clock.advance,
        only=lambda check: check.name == fault.check,
    )
    assert fault.check in {each.check for each in results.findings}, [str(each) for each in results.findings]


def test_every_check_is_proven() -> None:
    """No check is made that no fault fails, but for those that say why."""
    proven = {fault.check for fault in FAULTS} | UNPROVEN.keys()
    made = {name for name, check in registry.CHECKS.items() if check.make or check.look}
    assert made | {"succeeds", "refuses", "alive", "could_not_be_tried"} == proven


def test_a_client_that_misreads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that loses a member of an answer is found out by what came over the wire."""
    whole = WireModel.to_dict
    monkeypatch.setattr(WireModel, "to_dict", lambda self: {k: v for k, v in whole(self).items() if k != "object"})
    clock = ManualClock()
    profile = replace(load("mock"), operations=("* /batches", "* /files"))
    results = run(
        Gateway(clock=clock),
        profile,
        1,
        "directed",
        wait=clock.advance,
        only=lambda check: check.name == "client_agrees",
    )
    assert "client_agrees" in {each.check for each in results.findings}
