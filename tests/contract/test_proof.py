"""The suite sees: of the seeded faults a share, each found by the check for it; `make contract-proof` tries all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from schemathesis.checks import CHECKS, load_all_checks

from portkey_api.types import WireModel
from portkey_mock import Gateway, ManualClock
from tests.contract import generated_checks as generated
from tests.contract import registry
from tests.contract.document import DOCUMENT, operations
from tests.contract.faults import FAULTS, KINDS
from tests.contract.faults.fault import FILES, STORES, Fault, put
from tests.contract.faults.promises import PROMISES
from tests.contract.plain import known
from tests.contract.profiles import at, load
from tests.contract.proof import SEEDS, TABLE, results, tried
from tests.contract.results import Results
from tests.contract.run import run
from tests.contract.stranger import PROFILE, Stranger
from tests.contract.suite import try_alone
from tests.contract.target import mock

_NAMES = {each.name: each for each in FAULTS}
SAMPLES = Path(__file__).parent / "samples"
_SAMPLE = [faults[number] for faults in KINDS.values() for number in range(0, len(faults), 4)]

UNPROVEN = {
    **dict.fromkeys(
        ("connection_kept", "chunked_body", "stream_broken_off", "nowhere"),
        "proved by `test_connection.py`: the fault has to be in the server",
    ),
    "request_timeout": "no seeded fault is about it yet: the mock takes no time",
    "could_not_be_tried": "says that schemathesis gave up, which no gateway makes it do",
    "malformed_bytes": "proved by `test_a_server_that_chokes_on_bytes`, since it takes a socket",
    "client_agrees": "proved by `test_a_client_that_misreads`, since the fault has to be in the client",
    "response_headers_conformance": "proved by `test_missing_header_is_seen`: the document requires no header",
    "ensure_resource_availability": "made in sequences; `read_your_write` is there before it",
}


@pytest.mark.parametrize("fault", _SAMPLE, ids=str)
def test_fault_is_seen(fault: Fault) -> None:
    """A gateway with one fault fails at a check that is there for it."""
    came = tried(fault.name, SEEDS[0])
    assert came.found, came.others


def test_every_check_is_there_for_a_fault() -> None:
    """No check is made that no fault is meant for and that found nothing on a real gateway, unless it is said why."""
    meant = {name for fault in FAULTS for name in fault.checks}
    samples = [Results.from_json(path.read_text(encoding="utf-8")) for path in SAMPLES.glob("*.json")]
    found = {each.check for sample in samples for each in sample.findings}
    assert registry.CHECKS.keys() - meant - found <= UNPROVEN.keys()
    assert not meant & UNPROVEN.keys()


def test_there_are_faults_of_every_kind() -> None:
    """Sixty faults at least, five of every kind, and no two of one name."""
    assert len(_NAMES) == len(FAULTS) >= 60
    assert min(map(len, KINDS.values())) >= 5


def test_the_table_is_of_these_faults() -> None:
    """The committed table has a row for each fault and for no other, and what was measured beside it is of them."""
    rows = [line.split(" | ")[1] for line in TABLE.read_text(encoding="utf-8").splitlines() if line.count(" | ") == 8]
    assert sorted(rows[1:]) == sorted(_NAMES)
    assert known().keys() == _NAMES.keys()


def test_every_check_is_promised() -> None:
    """Each check looks at something that is promised, and nothing is promised without one."""
    assert {name for checks in PROMISES.values() for name in checks} == registry.CHECKS.keys()


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """A fault that changes nothing is not found: it is the change that is seen."""
    harmless = Fault("none", "", (*FILES, *STORES), (), put("GET /nowhere"))
    assert not results(harmless, SEEDS[1], "directed").findings


def test_nothing_is_found_in_a_gateway_by_somebody_else() -> None:
    """A gateway that shares nothing with the mock, known by its operations and a key, is in order, for two accounts."""
    others = {"authorization": "Bearer ${STRANGER_OTHER_KEY:-sk-of-the-second-account}"}
    for profile in (PROFILE, replace(PROFILE, others=others)):
        came = run(Stranger(), profile, SEEDS[0], "directed", wait=lambda _: None)
        assert came.exit_status == 0, list(map(str, came.findings))
        assert came.checks["other_account"] > 0


def test_nothing_generated_is_held_against_it_either() -> None:
    """It may refuse a batch of another provider's kind, and allow no more methods than it has."""
    profile = replace(PROFILE, operations=("POST /batches", "POST /files"))
    came = run(Stranger(), profile, SEEDS[0], "quick", wait=lambda _: None, share=(0, 2))
    assert not came.findings, list(map(str, came.findings))


def test_the_key_of_another_account_is_not_shown() -> None:
    """What a gateway does with the key of the second account is reported without that key."""
    others = {"authorization": "Bearer ${STRANGER_OTHER_KEY:-sk-of-the-second-account}"}
    fault = _NAMES["unseen-others-file"]
    came = run(
        fault.on(Stranger()), replace(PROFILE, others=others), 1, "directed",
        wait=lambda _: None, only=lambda check: check.name == "other_account",
    )  # fmt: skip
    assert {each.check for each in came.findings} == {"other_account"}
    assert "sk-of-the-second-account" not in came.to_json()


class _Choking(StreamRequestHandler):
    """Knows one request, and takes all else for a crash."""

    def handle(self) -> None:
        """Answers, and closes the connection."""
        known = self.rfile.readline(100).startswith(b"GET /v1/")
        body = b'{"object":"list","data":[]}' if known else b""
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json" if known else b"HTTP/1.1 500 Oh"
        self.wfile.write(head + b"\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)


def test_a_server_that_chokes_on_bytes() -> None:
    """Bytes that are no HTTP and are answered with 500 are a finding."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Choking) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/v1"
        came = run(
            address, at(address, ["GET /files"]), 1, "directed", only=lambda check: check.name == "malformed_bytes"
        )
        server.shutdown()
        thread.join()
    assert "malformed_bytes" in {each.check for each in came.findings}


def test_missing_header_is_seen() -> None:
    """An answer that lacks a header it must have fails; the document requires none, so one is put into it."""
    operation = next(each for each in operations(DOCUMENT) if str(each) == "GET /batches")
    response = {**operation.raw["responses"]["200"], "headers": {"x-count": {"required": True, "schema": {}}}}
    document = {**DOCUMENT, "paths": {operation.path: {"get": {**operation.raw, "responses": {"200": response}}}}}
    outcome = try_alone(mock("document"), document, operation)
    assert {finding.check for finding in outcome.findings} == {"response_headers_conformance"}, outcome.report()


def test_every_check_is_decided() -> None:
    """Each check of schemathesis is made, or left out with a reason."""
    load_all_checks()
    listed = {*CHECKS.get_all_names(), "max_response_time"}
    assert listed == {*generated.EVERY_ANSWER, *generated.SEQUENCES, *generated.LEFT_OUT}


def test_a_client_that_misreads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that loses a member of an answer is found out by what came over the wire."""
    whole = WireModel.to_dict
    monkeypatch.setattr(WireModel, "to_dict", lambda self: {k: v for k, v in whole(self).items() if k != "object"})
    clock = ManualClock()
    profile = replace(load("mock"), operations=("* /batches", "* /files"))
    came = run(
        Gateway(clock=clock),
        profile,
        1,
        "directed",
        wait=clock.advance,
        only=lambda check: check.name == "client_agrees",
    )
    assert "client_agrees" in {each.check for each in came.findings}
