"""Every operation refuses what is wrong, with the right status, a reason and a place."""

from __future__ import annotations

import json

import pytest

from portkey_mock import Gateway, Request, Response
from tests.mock import spec
from tests.mock.bad_requests import Bad, all_of_them, headed
from tests.mock.conftest import Caller


def _check(op: spec.Op, response: Response, status: int) -> list[str]:
    """What is wrong with a refusal: its status, or a body that is neither declared nor customary."""
    if response.status != status:
        return [f"{op}: {response.status} instead of {status}"]
    body = json.loads(response.body)
    declared = op.content(str(status)).get("application/json")
    if declared:
        return [f"{op}: {error.message}" for error in spec.validator(declared["schema"]).iter_errors(body)]
    if op.raw["x-server-group"] == "control_plane" and status != 405:  # which refuses before there is an operation
        fine = body["success"] is False and set(body["data"]) == {"message", "errorCode"}
    else:
        fine = set(body["error"]) == {"message", "type", "param", "code"}
    return [] if fine else [f"{op}: {body}"]


KINDS = {
    "malformed JSON": 900,
    "missing body": 80,
    "missing field": 250,
    "missing parameter": 70,
    "missing part": 10,
    "no credentials": 260,
    "null where none may be": 700,
    "other credentials": 1300,
    "out of bounds": 500,
    "undeclared member of a closed object": 40,
    "unknown method": 1300,
    "wrong enum, pattern or format": 150,
    "wrong form": 20,
    "wrong length": 290,
    "wrong media type": 390,
    "wrong parameter": 370,
    "wrong part": 10,
    "wrong type": 1500,
}
"""The classes of bad requests, and how many of each the document gives rise to, at the least."""


@pytest.fixture(scope="module")
def tried(whole: Gateway) -> dict[str, list[tuple[Bad, Response]]]:
    """Every bad request and what it was answered with, by class."""
    found: dict[str, list[tuple[Bad, Response]]] = {}
    for bad in all_of_them():
        found.setdefault(bad.kind, []).append((bad, whole.handle(bad.request)))
    return found


def test_all_classes_are_tried(tried: dict[str, list[tuple[Bad, Response]]]) -> None:
    """No class of bad requests is left out, and none is tried less often than the document lets it be."""
    for kind, sent in sorted(tried.items()):
        print(f"{kind}: {len(sent)} requests to {len({str(bad.op) for bad, _ in sent})} operations")  # noqa: T201
    assert tried.keys() == KINDS.keys()
    assert not {kind: len(sent) for kind, sent in tried.items() if len(sent) < KINDS[kind]}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_bad_request_is_refused(tried: dict[str, list[tuple[Bad, Response]]], kind: str) -> None:
    """Each bad request is refused wherever it can be sent to: with its status, a body as declared, and its place."""
    wrong = [fault for bad, response in tried[kind] for fault in _check(bad.op, response, bad.status)]
    unnamed = [str(bad.op) for bad, response in tried[kind] if bad.at not in response.body.decode()]
    assert not wrong[:10]
    assert not unnamed


def test_what_asks_for_no_credentials(whole: Gateway) -> None:
    """An operation without security answers whoever asks."""
    for op in spec.OPERATIONS:
        if not op.raw["security"]:
            assert whole.handle(spec.request(op, credentials=False)).status != 401


def test_a_method_that_is_not_there(whole: Gateway) -> None:
    """The refusal of a method lists those that the path has."""
    response = whole.handle(Request("TRACE", "/v1/files"))
    assert (response.status, response.header("allow")) == (405, "GET, POST")


def test_unknown_path(whole: Gateway) -> None:
    """A path that is not in the document answers 404 and says which one was asked for."""
    response = whole.handle(Request("GET", "/v1/nowhere"))
    assert response.status == 404
    assert "/v1/nowhere" in json.loads(response.body)["error"]["message"]


@pytest.mark.parametrize("where", ["x-portkey-api-key", "authorization", "x-portkey-config", "body"])
def test_nothing_secret_is_repeated(whole: Gateway, where: str) -> None:
    """Whatever is wrong with a request, its credentials and the secrets in its body are not in the answer."""
    secret = "s3cr3t-value"
    for op in spec.OPERATIONS:
        request = spec.request(op, credentials=where == "body")
        if where == "body":
            request = headed(request, json.dumps({"key": secret, "token": [secret], "name": {"a": secret}}).encode())
        else:
            request = headed(request, **{where: f"Bearer {secret}"})
        response = whole.handle(request)
        shown = response.body.decode("latin-1") + repr(response.headers)
        assert secret not in shown, op


def test_created_secrets_are_not_repeated(whole: Gateway) -> None:
    """A key sent to be stored does not come back in the answer."""
    answer = Caller(whole)(
        "POST", "/virtual-keys", {"name": "n", "provider": "openai", "key": "s3cr3t", "note": "here"}
    )
    assert b"s3cr3t" not in answer.body
