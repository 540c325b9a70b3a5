"""The journal: what it shows of a call, what its assertions say, and what it never shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Entry, Journal, Request
from portkey_mock.hiding import HIDDEN, hide_headers, hide_json, hide_query, hide_values, secrets_of
from portkey_mock.server import log

SECRET = "sk-very-secret"
HEADERS = (
    ("authorization", f"Bearer {SECRET}"),
    ("x-portkey-api-key", SECRET),
    ("x-portkey-config", json.dumps({"api_key": SECRET, "retry": {"attempts": 2}})),
    ("x-portkey-trace-id", "t-1"),
)


def journal(*operations: str, **request: Any) -> Journal:
    """A journal of one call to each of `operations`."""
    made = Journal(size=3)
    given: dict[str, Any] = {"path": "/v1/x", "headers": HEADERS, "query": f"limit=2&api_key={SECRET}", **request}
    for operation in operations:
        made.add(Request("POST", **given), operation, status=200, time=1.0, seconds=0.0)
    return made


def test_a_call_is_read_back() -> None:
    """A call has its query, headers and body, with secrets hidden in all three."""
    call = journal("a", body=json.dumps({"model": "m", "key": SECRET}).encode()).calls_to("a").last
    assert call.query == {"limit": "2", "api_key": HIDDEN}
    assert call.headers["authorization"] == f"Bearer {HIDDEN}"
    assert call.headers["x-portkey-trace-id"] == "t-1"
    assert json.loads(call.headers["x-portkey-config"]) == {"api_key": HIDDEN, "retry": {"attempts": 2}}
    assert call.json == {"model": "m", "key": HIDDEN}
    assert call.size > 0


def test_no_secret_is_shown() -> None:
    """Neither the text of a call nor its repr nor its JSON holds a credential."""
    (call,) = journal("a", body=json.dumps({"token": SECRET}).encode())
    for shown in (str(call), repr(call), json.dumps(call.to_json())):
        assert SECRET not in shown
    assert str(call) == "POST /v1/x?limit=2&api_key=*** -> 200 (a)"


def test_a_call_without_a_name_or_an_answer() -> None:
    """A call that meant no operation, and one that was reset, are told so."""
    made = Journal()
    made.add(Request("GET", "/x"), "", status=None, time=1.0, seconds=0.0)
    assert str(made.calls.last) == "GET /x -> reset (no operation)"


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b'"' + b"x" * (1 << 16) + b'"'])
def test_bodies_that_are_not_shown(body: bytes) -> None:
    """A body that is no JSON, or too long to be kept, reads as None; its size is told."""
    call = journal("a", body=body).calls.last
    assert call.json is None
    assert call.size == len(body)


def test_the_journal_is_bounded() -> None:
    """The oldest calls are forgotten, and the numbers go on."""
    made = journal("a", "b", "c", "d")
    assert [(call.number, call.operation) for call in made] == [(2, "b"), (3, "c"), (4, "d")]
    assert len(made) == 3
    made.clear()
    assert list(made) == []


def test_a_listener_is_told() -> None:
    """Whoever listens is told of each call as it is written down."""
    heard: list[Entry] = []
    made = Journal(listen=heard.append)
    made.add(Request("GET", "/x"), "a", status=200, time=1.0, seconds=0.0)
    assert heard == list(made)


def test_calls_are_a_sequence() -> None:
    """Calls can be counted, indexed and sliced; patterns name several operations."""
    made = journal("batches.create", "files.list", "batches.cancel")
    calls = made.calls_to("batches.*")
    assert len(calls) == 2
    assert calls[0].operation == "batches.create"
    assert [call.operation for call in calls[1:]] == ["batches.cancel"]
    assert calls.last is calls[-1]


def test_assertions_that_hold() -> None:
    """What was called passes."""
    made = journal("a", "b", "b", body=b'{"n": 1}')
    made.calls_to("a").assert_called()
    made.calls_to("b").assert_called(times=2)
    made.calls_to("c").assert_not_called()
    made.calls_to("a").assert_called_once_with()
    made.calls_to("a").assert_called_once_with(
        path="/v1/x", query={"limit": "2"}, headers={"x-portkey-trace-id": "t-1"}, json={"n": 1}, status=200
    )


def test_no_body_can_be_asserted() -> None:
    """`json=None` asks for a call without a body."""
    journal("a").calls_to("a").assert_called_once_with(json=None)


@pytest.mark.parametrize(
    ("operation", "wanted", "reason"),
    [
        ("c", {}, "c should have been called once, and was called 0 times; what arrived:\n  POST"),
        ("b", {}, "b should have been called once, and was called 2 times"),
        ("a", {"path": "/y"}, "a was called with path = '/v1/x', not with '/y'"),
        ("a", {"query": {"limit": "3", "x": "1"}}, "a was called with query = {'limit': '2'}, not with"),
        ("a", {"headers": {"no": "no"}}, "a was called with headers = {}, not with"),
        ("a", {"json": {"n": 2}}, r"a was called with json = {'n': 1}, not with {'n': 2}"),
        ("a", {"status": 404}, "a was called with status = 200, not with 404"),
    ],
)
def test_assertions_that_fail(operation: str, wanted: dict[str, Any], reason: str) -> None:
    """What was called otherwise fails, and the message says how."""
    with pytest.raises(AssertionError) as failure:
        journal("a", "b", "b", body=b'{"n": 1}').calls_to(operation).assert_called_once_with(**wanted)
    assert reason in str(failure.value)
    assert SECRET not in str(failure.value)


def test_assertions_about_nothing() -> None:
    """Without any call, the message says that nothing arrived."""
    with pytest.raises(AssertionError, match="arrived: nothing"):
        _ = Journal().calls_to("a").last
    with pytest.raises(AssertionError, match="never, and was called 1"):
        journal("a").calls_to("a").assert_not_called()
    with pytest.raises(AssertionError, match="3 times, and was called 1"):
        journal("a").calls_to("a").assert_called(times=3)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "sk-bare", HIDDEN),
        ("authorization", "Basic abc", f"Basic {HIDDEN}"),
        ("cookie", "a=b", HIDDEN),
        ("x-portkey-virtual-key", "vk", HIDDEN),
        ("x-portkey-aws-access-key-id", "id", HIDDEN),
        ("x-portkey-azure-ad-token", "t", HIDDEN),
        ("x-portkey-config", "pc-saved", "pc-saved"),
        ("x-portkey-config", "{broken", HIDDEN),
        ("x-portkey-provider", "openai", "openai"),
    ],
)
def test_headers_are_hidden_by_name(name: str, value: str, shown: str) -> None:
    """A header that is a credential by its name is hidden, no other one is."""
    assert hide_headers(((name, value),)) == ((name, shown),)


def test_json_is_hidden_by_name() -> None:
    """Texts of secret members are hidden at any depth; numbers and the tokens of logprobs are not."""
    value = {
        "key": "k",
        "max_tokens": 5,
        "total_token": 7,
        "monkey": "m",
        "list": [{"clientSecret": "s", "aws_access_key_id": "i"}],
        "logprobs": [{"token": "Hel", "logprob": -1}],
    }
    assert hide_json(value) == {
        "key": HIDDEN,
        "max_tokens": 5,
        "total_token": 7,
        "monkey": "m",
        "list": [{"clientSecret": HIDDEN, "aws_access_key_id": HIDDEN}],
        "logprobs": [{"token": "Hel", "logprob": -1}],
    }


def test_queries_without_secrets_stay_as_they_are() -> None:
    """A query that holds no secret is not even written anew."""
    assert hide_query("a=%20&b") == "a=%20&b"


def test_secrets_are_hidden_wherever_they_stand() -> None:
    """A secret that turns up in a text is hidden; one that is too short to be told from the text is left."""
    nested = ("x-portkey-config", json.dumps({"targets": [{"api_key": "sk-nested"}]}))
    secrets = secrets_of((*HEADERS, nested, ("x-api-key", "ab"), ("x-portkey-config", "{broken")))
    assert secrets == [SECRET, "sk-nested"]
    assert hide_values(f"bad key: {SECRET}!", secrets) == f"bad key: {HIDDEN}!"


def test_a_log_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What a client puts into its path cannot write to the terminal, or begin a line of its own."""
    journal = Journal(listen=log)
    journal.add(Request("GET", "/v1/a\x1b[2J\nb"), "files.list", status=None, time=0.0, seconds=0.0012)
    (line,) = capsys.readouterr().err.splitlines()
    assert line[8:] == " GET /v1/a?[2J?b reset 1.2 ms files.list"
