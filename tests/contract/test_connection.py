"""What a server does wrong below a gateway that is in order is seen, each by the check for it, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.profiles import at
from tests.contract.results import Results
from tests.contract.run import run
from tests.contract.served import ServerFault, served
from tests.contract.stranger import PROFILE, Stranger

OPERATIONS = ("GET /models", "POST /chat/completions", "GET /vector_stores", "POST /vector_stores")
CHECKS = ("connection_kept", "chunked_body", "stream_broken_off", "nowhere")


def tried(fault: ServerFault) -> Results:
    with served(Stranger(), fault) as address:
        profile = replace(at(address, OPERATIONS), credentials=PROFILE.credentials)
        return run(address, profile, 1, "directed", only=lambda check: check.name in CHECKS)


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("closes", "connection_kept"),
        ("chunks", "chunked_body"),
        ("broken-off", "stream_broken_off"),
        ("nowhere", "nowhere"),
    ],
)
def test_a_fault_of_the_server_is_seen(fault: ServerFault, check: str) -> None:
    """A server with one fault fails at the check that is there for it, and at no other of them."""
    assert {each.check for each in tried(fault).findings} & set(CHECKS) == {check}


def test_a_server_in_order() -> None:
    """The same server without a fault has no finding, and every one of the checks was made."""
    results = tried("")
    assert not {each.check for each in results.findings} & set(CHECKS), list(map(str, results.findings))
    assert results.checks.keys() >= {*CHECKS}
