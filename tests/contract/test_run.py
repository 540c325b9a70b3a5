"""One command on any gateway: verdicts that add up, the rules of the exit status, nothing sent that must not be."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock, Request, Response
from tests.contract.document import DOCUMENT, operations, part
from tests.contract.partial import Changed, Partial
from tests.contract.profiles import Profile, at, load
from tests.contract.results import Deviation, OperationResult, Results, merged
from tests.contract.run import run
from tests.contract.served import served

IDS = {"fine_tuned_model_checkpoint": "ftckpt_1"}
"""What the mock has, and no operation makes or lists."""

FILES = ("GET /files", "POST /files", "GET /files/{file_id}", "DELETE /files/{file_id}")
KEY = "sk-of-the-contract-tests"
PARTIAL = Profile(
    "partial",
    credentials={"authorization": "Bearer ${PARTIAL_KEY}"},
    operations=FILES,
    deviations=(
        Deviation("GET /files", "paging", "it knows no pages"),
        Deviation("* /files", "as_corrected", "it reads no query, and takes any field of a form"),
    ),
)
VERDICTS = dict.fromkeys(FILES, "pass") | {"GET /files": "fail"}
"""Without what is generated."""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTIAL_KEY", KEY)


def checked(gateway: Any, profile: Profile = PARTIAL, **options: Any) -> Results:
    given: dict[str, Any] = {"depth": "directed", "wait": lambda _: None, **options}
    return run(gateway, profile, **given)


def told(results: Results) -> str:
    return "\n".join([str(results.counts), *map(str, results.findings), *map(str, results.untestable)])


def verdicts(results: Results) -> dict[str, str]:
    return {each.operation: each.verdict for each in results.operations if each.verdict != "unimplemented"}


def test_the_mock_keeps_the_contract() -> None:
    """Every operation of the document passes on the healthy mock, and nothing is left untried."""
    clock = ManualClock()
    results = run(Gateway(clock=clock), load("mock"), 5, "directed", wait=clock.advance)
    assert results.exit_status == 0, told(results)
    assert results.counts["pass"] == len(operations(DOCUMENT)), told(results)
    assert not results.unmade


BEHIND = {
    "answer_schema",
    "error_shape",
    "other_providers",
    "positive_data_acceptance",
}
"""What is found on the open gateway with a provider behind it that misbehaves."""

AS_THE_REAL_ONE = {
    "batch_failed_output",
    "error_words",
    "id_shapes",
    "malformed_json",
    "media_types",
    "missing_members",
    "query_paths",
    "server_error",
    "slash_ending",
}
"""What is found on the open gateway and on its dialect alike."""


@pytest.mark.parametrize("dialect", ["portkey-oss", "openai", "respan"])
def test_other_dialects_keep_it_too(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a gateway with other paths, credentials, errors and operations nothing is reported that is not so.

    The dialect of the open gateway has the faults of the real one, so its profile is the real one's, as it stands; what
    is left over takes a provider that misbehaves, or requests that are generated.
    """
    for name in ("OPENAI_API_KEY", "RESPAN_API_KEY"):
        monkeypatch.setenv(name, "sk-of-this-test")
    clock = ManualClock()
    known = load(dialect)
    profile = replace(known, start="", expendable=True, ids={**known.ids, **IDS}, patience=30.0)
    results = run(Gateway(clock=clock, dialect=dialect), profile, 1, "directed", wait=clock.advance)
    assert not results.unexpected, told(results)
    assert {each.check for each in results.gone} <= (BEHIND if dialect == "portkey-oss" else set())
    assert ({each.check for each in results.findings} >= AS_THE_REAL_ONE) is (dialect == "portkey-oss")
    assert sum(results.counts.values()) == len(operations(DOCUMENT))


def test_a_gateway_that_has_only_a_part() -> None:
    """Of a gateway by somebody else exactly what it does wrong is found; what it does not have is no failure."""
    results = checked(Partial(), depth="quick")
    assert {(each.operation, each.check) for each in results.findings} == {
        ("GET /files", "paging"),
        ("GET /files", "as_corrected"),
        ("POST /files", "unknown_members"),
    }, told(results)
    assert verdicts(results) == VERDICTS | {"POST /files": "non-strict"}
    assert results.exit_status == 0
    assert sum(results.counts.values()) == len(operations(DOCUMENT))
    assert results.unmade["batch_life"] == "needs POST /batches, GET /batches/{batch_id}"


def test_what_a_gateway_has_is_found_out() -> None:
    """Where no operations are given, those that are not there are found and are no failures."""
    results = checked(Partial(), replace(PARTIAL, operations=(), discover=True))
    assert verdicts(results) == VERDICTS, told(results)
    assert not results.unexpected, told(results)


def test_an_operation_that_is_not_there_fails() -> None:
    """An operation that a profile says is there, and is not, is a failure and not a gap."""
    results = checked(Partial(), replace(PARTIAL, operations=(*FILES, "GET /models")))
    assert verdicts(results)["GET /models"] == "fail"
    assert results.exit_status == 1


def test_the_same_seed_sends_the_same_requests() -> None:
    """A run is repeated by its seed, request by request."""

    def sent(seed: int) -> list[tuple[str, ...]]:
        requests: list[tuple[str, ...]] = []

        def note(request: Request, response: Response) -> Response:
            requests.append((request.method, request.path, request.query))
            return response

        profile = replace(PARTIAL, operations=("GET /files",))  # the limits of forms are drawn elsewhere, at random
        checked(Changed(Partial(), note), profile, seed=seed, depth="quick")
        return requests

    assert sent(3) == sent(3)
    assert sent(3) != sent(4)


def crash(request: Request, response: Response) -> Response:
    return replace(response, status=500) if request.method == "GET" and "/files/" in request.path else response


READ = "GET /files/{file_id}"


def test_a_failure_that_is_not_listed_fails_the_run() -> None:
    """The first rule of the exit status, and each finding can be reproduced from what it says."""
    results = checked(Changed(Partial(), crash))
    assert results.exit_status == 1
    found = next(each for each in results.findings if each.check == "server_error")
    assert found.operation == READ
    assert found.curl.startswith("curl -i ")
    assert found.call.startswith("client.files.retrieve(")
    assert found.received is not None
    assert found.received.status == 500


def test_a_failure_that_is_listed_passes() -> None:
    """The second rule: what is expected is kept as a finding with its reason, and fails nothing."""
    seen = {each.check for each in checked(Changed(Partial(), crash)).findings}
    expected = tuple(Deviation("*", check, "known") for check in seen)
    results = checked(Changed(Partial(), crash), replace(PARTIAL, deviations=expected))
    assert results.exit_status == 0, told(results)
    assert {each.expected for each in results.findings} == {"known"}
    assert verdicts(results)[READ] == "fail"


def test_an_expected_failure_that_is_gone_fails_and_is_named() -> None:
    """The third rule: a deviation that no longer occurs has to leave the profile."""
    gone = Deviation(READ, "server_error", "it crashed")
    results = checked(Partial(), replace(PARTIAL, deviations=(*PARTIAL.deviations, gone)))
    assert results.gone == (gone,)
    assert results.exit_status == 1


def test_what_only_generated_requests_show_is_not_gone_without_them() -> None:
    """A check that is made on generated requests, too, tells that something is gone only if there were any."""
    wrong = Deviation("GET *", "as_corrected", "it reads no query")
    right = Deviation("GET *", "positive_data_acceptance", "it wants pages")
    profile = replace(PARTIAL, operations=("GET /files",), deviations=(wrong, right))
    assert checked(Partial(), profile).gone == ()
    assert checked(Partial(), profile, depth="quick").gone == (right,)


def test_what_needs_the_provider_of_the_suite_is_not_gone_elsewhere() -> None:
    """A check that sent nothing, as the suite has not started the gateway, does not say that anything is gone."""
    behind = Deviation("*", "upstream_error", "it has words of its own")
    results = checked(Partial(), replace(PARTIAL, deviations=(*PARTIAL.deviations, behind)))
    assert results.checks["upstream_error"] == 0
    assert not results.gone


def test_a_missing_prerequisite_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fourth rule: without its key a gateway is not testable, nothing is sent, and that fails."""
    monkeypatch.delenv("PARTIAL_KEY")
    results = checked(Partial())
    assert results.requests == 0
    assert set(verdicts(results).values()) == {"not testable"}
    assert "PARTIAL_KEY is not set" in results.missing[0]
    assert results.exit_status == 1


def test_what_names_a_thing_that_cannot_be_had_is_not_testable() -> None:
    """Where nothing makes files, a batch refused for its file is no failure; the reason names the id to give."""
    gateway = Gateway(part(DOCUMENT, "batches", "files"), dialect="openai", clock=ManualClock())
    profile = replace(PARTIAL, operations=("POST /batches",), deviations=())
    results = checked(gateway, profile)
    assert verdicts(results) == {"POST /batches": "not testable"}, told(results)
    assert "input_file_id" in results.untestable[0].why
    assert results.exit_status == 1


def test_a_gateway_that_dies_fails() -> None:
    """A gateway that stops answering in the middle of a run fails it as a whole."""
    count = Counter[str]()

    def die(request: Request, response: Response) -> Response:
        count["requests"] += 1
        if count["requests"] > 40:
            raise ConnectionResetError
        return response

    results = checked(Changed(Partial(), die))
    assert {"alive", "answered"} <= {each.check for each in results.findings}
    assert results.exit_status == 1


def test_a_gateway_that_always_crashes_fails() -> None:
    """A gateway that answers everything with 500 does not pass for refusing everything."""
    results = checked(Changed(Partial(), lambda _, response: replace(response, status=500)))
    assert any(each.check == "alive" for each in results.findings), told(results)
    assert set(verdicts(results).values()) == {"fail"}


def test_nothing_destructive_goes_to_a_public_host() -> None:
    """At a public address nothing but reading is sent, and what is asked for by name; the rest is not testable."""
    methods = Counter[str]()

    def note(request: Request, response: Response) -> Response:
        methods[f"{request.method} {request.path}"] += 1
        return response

    public = replace(PARTIAL, address="https://gateway.example.com/v1")
    results = checked(Changed(Partial(), note), public, depth="quick", stands_for="https://gateway.example.com/v1")
    assert {each.partition(" ")[0] for each in methods} <= {"GET", "HEAD", "OPTIONS"}, methods
    assert verdicts(results)["POST /files"] == "not testable"
    assert results.exit_status == 1
    named = replace(public, allow=("POST /files",))
    checked(Changed(Partial(), note), named, stands_for="https://gateway.example.com/v1")
    assert methods["POST /v1/files"] > 0
    assert not any(each.startswith("DELETE") for each in methods)


def test_no_credential_gets_into_the_results() -> None:
    """A gateway that echoes the key is found out, and the key is in no report."""

    def echo(request: Request, response: Response) -> Response:
        return replace(response, headers=(*response.headers, ("x-echo", request.header("authorization") or "")))

    results = checked(Changed(Partial(), echo))
    assert any(each.check == "secret_in_answer" for each in results.findings)
    assert KEY not in results.to_json()
    assert "Bearer $PARTIAL_KEY" in results.to_json()


def test_a_failing_case_is_minimal() -> None:
    """What is generated at random is shown without all that has nothing to do with the fault."""

    def change(request: Request, response: Response) -> Response:
        crashes = _is_completion(request) and b'"temperature"' in request.body
        return replace(response, status=500, body=b'{"status":"failure","message":"oops"}') if crashes else response

    clock = ManualClock()
    profile = replace(load("mock"), operations=("POST /completions",))
    results = run(Changed(Gateway(clock=clock), change), profile, 1, "quick", wait=clock.advance)
    found = next(each for each in results.findings if each.check == "not_a_server_error")
    assert found.sent is not None
    assert set(json.loads(found.sent.body)) <= {"temperature"}
    assert found.call.startswith("client.completions.create(")


def _is_completion(request: Request) -> bool:
    return request.method == "POST" and request.path == "/v1/completions"


SAMPLE = Path(__file__).parent / "samples" / "results.json"


def test_the_sample_is_what_a_run_writes() -> None:
    """The sample that reports are built on is up to date; `UPDATE=1` writes it anew."""
    results = checked(Changed(Partial(), crash), document=part(DOCUMENT, "files"))
    written = replace(results, seconds=0.0).to_json()
    if os.environ.get("UPDATE"):
        SAMPLE.parent.mkdir(exist_ok=True)
        SAMPLE.write_text(written, encoding="utf-8")
    assert written == SAMPLE.read_text(encoding="utf-8")


def test_results_are_read_as_they_were_written() -> None:
    """The JSON of a run holds all of it."""
    results = checked(Changed(Partial(), crash))
    assert Results.from_json(results.to_json()) == results
    with pytest.raises(ValueError, match="format is 0, and this reads 1: run the suite again"):
        Results.from_json(json.dumps({"format": 0}))


def test_the_parts_of_a_run_are_put_together() -> None:
    """Of two parts the worse verdict holds, answers are added, and a finding of both is one."""
    whole = checked(Changed(Partial(), crash))
    fine = replace(
        whole,
        findings=(),
        operations=tuple(OperationResult(each.operation, each.name, "pass") for each in whole.operations),
    )
    together = merged([whole, fine])
    assert together.findings == whole.findings
    assert verdicts(together)[READ] == "fail"
    assert together.requests == 2 * whole.requests


def test_each_part_of_a_run_tells_of_its_own_checks() -> None:
    """What any part made or could not make is told of the whole, and nothing is gone that one of them met."""
    whole = checked(Changed(Partial(), crash))
    met, gone = Deviation(READ, "server_error", "it crashes"), Deviation(READ, "paging", "it had no pages")
    one = replace(whole, findings=(), gone=(met, gone), checks={"listed": 2}, unmade={"batch_life": "needs batches"})
    other = replace(whole, checks={"listed": 3, "paging": 1}, unmade={"batch_listed": "needs batches"})
    for parts in ([one, other], [other, one]):
        together = merged(parts)
        assert together.gone == (gone,)
        assert together.checks == {"listed": 5, "paging": 1}
        assert together.unmade == {"batch_life": "needs batches", "batch_listed": "needs batches"}


def test_an_address_and_a_list_of_operations_are_enough() -> None:
    """A gateway behind a real socket gives the same verdicts as in this process."""
    with served(Partial()) as address:
        profile = replace(at(address, FILES), credentials=PARTIAL.credentials)
        results = checked(address, profile)
    assert verdicts(results) == VERDICTS, told(results)
    assert results.checks["malformed_bytes"] > 0


def test_nobody_there() -> None:
    """Where nothing answers, that is a missing prerequisite, and the message names the address."""
    with served(Partial()) as address:
        pass
    results = checked(address, at(address, FILES))
    assert results.missing == (f"nothing answers at {address}; start it first",)
