"""Every operation of the document is answered, and the answer is one that the document allows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from portkey_mock import Gateway, ManualClock, Response
from portkey_mock.document import compile_document
from portkey_mock.schema import to_json_schema
from tests.mock import spec, things
from tests.mock.conftest import Caller

ENOUGH = 0.95


def _defective(gateway: Gateway, op: spec.Op) -> bool:
    """Whether the mock itself has reported that nobody can call `op`."""
    at = "#/paths/" + op.path.replace("/", "~1") + "/" + op.method.lower()
    return any(each.pointer.startswith(at) and "No request body" in each.reason for each in gateway.defects)


def _answers(gateway: Gateway, clock: ManualClock) -> list[tuple[spec.Op, Response]]:
    """What every operation answers to the smallest request about things that are there."""
    call = Caller(gateway)
    answers: list[tuple[spec.Op, Response]] = []
    for op in spec.OPERATIONS:
        ids = things.make(call, op.path)
        if op.path.endswith("/output"):
            clock.advance(3600)
        if str(op) in things.BEFORE:
            head = op.path.rpartition("/")[0]
            things.call_operation(call, things.BY_NAME[f"POST {head}/{things.BEFORE[str(op)]}"], ids)
        if op.path.endswith(("/submit_tool_outputs", "/download")):
            clock.advance(60)
        answers.append((op, things.call_operation(call, op, ids)))
    return answers


@pytest.fixture(scope="module")
def answers() -> list[tuple[spec.Op, Response]]:
    """What every operation answers that can be called at all."""
    clock = ManualClock()
    gateway = Gateway(spec.DOCUMENT, clock=clock)
    return [(op, response) for op, response in _answers(gateway, clock) if not _defective(gateway, op)]


def _json(response: Response) -> bool:
    return dict(response.headers).get("content-type") == "application/json"


def test_all_statuses(answers: list[tuple[spec.Op, Response]], whole: Gateway) -> None:
    """Every operation answers the smallest valid request with the status that the document declares for success."""
    wrong = [
        f"{op}: {response.status} {response.body!r}"
        for op, response in answers
        if str(response.status) != (op.success or "426")
    ]
    assert not wrong
    print(f"{len(answers)} of {len(spec.OPERATIONS)} operations can be called, and answer validly")  # noqa: T201
    assert len(answers) == len(spec.OPERATIONS) - len([op for op in spec.OPERATIONS if _defective(whole, op)])
    assert len(answers) >= 0.99 * len(spec.OPERATIONS)


def test_all_answers_are_valid(answers: list[tuple[spec.Op, Response]]) -> None:
    """Every JSON answer conforms to the schema that the document declares for it, as `jsonschema` reads it."""
    wrong: list[str] = []
    for op, response in answers:
        declared = op.content(op.success or "default").get("application/json")
        if declared and _json(response):
            errors = spec.validator(declared["schema"]).iter_errors(json.loads(response.body))
            wrong += [f"{op}: {error.message[:200]}" for error in errors]
    assert not wrong


def test_all_answers_are_declared(answers: list[tuple[spec.Op, Response]]) -> None:
    """Every answer has a declared media type; only the bytes of a file are no JSON, even where JSON is declared."""
    for op, response in answers:
        declared = op.content(op.success or "default")
        media = str(dict(response.headers).get("content-type"))
        if declared and not any(fnmatchcase(media, each) for each in declared):
            assert declared["application/json"]["schema"] == {"type": "string"}, op
        assert declared or not response.body or op.success is None, op


def test_answers_are_full(answers: list[tuple[spec.Op, Response]]) -> None:
    """The answers carry nearly every property that their schemas declare."""
    declared = carried = 0
    for op, response in answers:
        content = op.content(op.success or "default").get("application/json")
        if content and _json(response):
            more_declared, more_carried = spec.fill(content["schema"], json.loads(response.body))
            declared, carried = declared + more_declared, carried + more_carried
    print(f"{carried} of {declared} declared properties are there")  # noqa: T201
    assert carried / declared >= ENOUGH


def test_full_requests_are_accepted() -> None:
    """Every operation takes a body with all declared properties, as the mock's own generator makes it."""
    gateway = Gateway(spec.DOCUMENT, clock=ManualClock(), mode="document")
    compiled = compile_document(spec.DOCUMENT, seed=0)
    for op in spec.OPERATIONS:
        if op.body and not _defective(gateway, op):
            _, schema = op.body
            body = compiled.generator.value(to_json_schema(schema, ref_siblings=False))
            assert spec.validator(schema).is_valid(body), op
            assert gateway.handle(spec.request(op, body)).status == 200, op


def test_answers_repeat_themselves() -> None:
    """Two gateways with one seed give the same answers to the same requests; another seed gives other ids."""
    outcomes: list[list[bytes]] = []
    for seed in (1, 1, 2):
        gateway = Gateway(spec.DOCUMENT, clock=ManualClock(), seed=seed, mode="document")
        outcomes.append([gateway.handle(spec.request(op)).body for op in spec.OPERATIONS])
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] != outcomes[2]


SAID = """
import hashlib
from portkey_mock import Gateway, ManualClock
from tests.mock import spec

said = hashlib.sha256()
for mode in ("strict", "document"):
    gateway = Gateway(spec.DOCUMENT, clock=ManualClock(), seed=7, mode=mode)
    for op in spec.OPERATIONS:
        response = gateway.handle(spec.request(op))
        said.update(repr((response.status, response.headers, response.body, response.chunks)).encode())
print(said.hexdigest())
"""


def test_answers_repeat_themselves_in_other_processes() -> None:
    """One seed gives the same bytes in any process, however it hashes."""
    root = Path(__file__).parents[2]
    said: set[str] = set()
    for hashes in ("0", "1", "4294967295"):
        environment = {**os.environ, "PYTHONHASHSEED": hashes, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", SAID]
        said.add(subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True).stdout)
    assert len(said) == 1


def test_document_mode_declares_its_statuses() -> None:
    """In the mode `document` every valid request gets a status that its operation declares, made-up ids included."""
    gateway = Gateway(spec.DOCUMENT, clock=ManualClock(), mode="document")
    for op in spec.OPERATIONS:
        status = str(gateway.handle(spec.request(op)).status)
        assert status in op.raw["responses"] or "default" in op.raw["responses"] or _defective(gateway, op), op


def test_realtime_needs_an_upgrade(whole: Gateway) -> None:
    """An operation that only changes the protocol answers a plain request with 426 and says what to ask for."""
    for op in spec.OPERATIONS:
        if "101" in op.raw["responses"] and op.success is None:
            response = whole.handle(spec.request(op))
            assert (response.status, dict(response.headers)["upgrade"]) == (426, "websocket")
