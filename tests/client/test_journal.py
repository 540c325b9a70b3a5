from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_api.models import Batch
from portkey_client import (
    AnswerError,
    APIError,
    ConnectionFailedError,
    JournalError,
    OutcomeUnknownError,
    RequestRefusedError,
    TimedOutError,
    journal,
)
from portkey_client.bulk import Outcome
from tests.client.wire import KEYS, Wire

ITEMS = [{"model": "m", "input": name} for name in "ab"]
HEAD = '{"journal":"portkey-client","version":1,"operation":"POST https://api.portkey.ai/v1/embeddings"}\n'
BEGUN = '{"begun":"0","digest":"d"}\n'


def run(path: Path, answer: Any = None, items: Any = ITEMS, **options: Any) -> tuple[list[Outcome[Any]], Wire]:
    """Run many calls with a journal, each answered alike."""
    wire = Wire(answer or httpx.Response(200, json={"model": "said"}))
    client = wire.client()
    method = options.pop("method", "embeddings.create")
    call: Any = client
    for part in method.split("."):
        call = getattr(call, part)
    given: Any = {"journal": path, "concurrency": 1, **options}
    return list(client.map(call, items, **given)), wire


def test_another_run_sends_nothing_that_is_done(tmp_path: Path) -> None:
    """What an earlier run has is given back as it was, and only what is new is sent."""
    path = tmp_path / "journal"
    run(path, items=ITEMS[:1])
    outcomes, wire = run(path)
    assert [(o.replayed, o.unwrap().model, o.attempts, o.state) for o in outcomes] == [
        (True, "said", 1, "done"),
        (False, "said", 1, "done"),
    ]
    assert [json.loads(request.content)["input"] for request in wire.requests] == ["b"]


def test_the_file_is_its_owner_s_and_holds_no_secret(tmp_path: Path) -> None:
    """No argument and no credential is in the journal, also where the gateway repeats one; only its owner reads it."""
    path = tmp_path / "journal"
    items = [{"model": "m", "input": "a prompt", "extra_headers": {"x-api-key": "extra-secret"}}]
    repeated = {"model": "said", "told": [*KEYS.values(), "extra-secret"]}
    cookies = {"set-cookie": "session-secret", "content-type": "application/json"}
    run(path, httpx.Response(200, json=repeated, headers=cookies), items)
    run(tmp_path / "other", httpx.Response(400, json={"error": {"message": repeated}}, headers=cookies), items)
    for each in (path, tmp_path / "other"):
        text = each.read_text("utf-8")
        assert "ended" in text
        assert "said" in text
        assert not [word for word in (*KEYS.values(), "extra-secret", "session-secret", "prompt") if word in text]
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    outcomes, _ = run(path, items=items)
    assert outcomes[0].unwrap()["told"] == ["***"] * 3


@given(st.binary(max_size=40))
def test_bytes_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever bytes an answer is made of, the journal gives them back."""
    path = tmp_path_factory.mktemp("journal") / "journal"
    for _ in range(2):
        answer = httpx.Response(200, content=content)
        outcomes, _ = run(path, answer, [{"file_id": "f"}], method="files.content")
        assert outcomes[0].unwrap() == content


def _raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "kind", "state"),
    [
        (httpx.Response(404, json={"error": {"message": "gone", "code": 7}}, headers={"x-a": "b"}), APIError, "failed"),
        (httpx.Response(446, json={"hook_results": {"a": 1}}), APIError, "failed"),
        (httpx.Response(500, text="Message: no"), APIError, "unknown"),
        (httpx.Response(408, json={}), APIError, "unknown"),
        (httpx.Response(302, headers={"location": "/"}), APIError, "failed"),
        (httpx.Response(200, content=b"<html>\xff"), AnswerError, "unknown"),
        (httpx.Response(200, content=b"<html>"), AnswerError, "unknown"),
        (_raising(httpx.ReadTimeout("late")), TimedOutError, "unknown"),
        (_raising(httpx.ReadError("broken")), ConnectionFailedError, "unknown"),
        (_raising(httpx.ConnectError("down")), ConnectionFailedError, "failed"),
    ],
)
def test_errors_come_back_as_they_were(tmp_path: Path, answer: Any, kind: type[Exception], state: str) -> None:
    """An error from the journal has the class, message, answer and facts of the one that was raised."""
    path = tmp_path / "journal"
    first, _ = run(path, answer, ITEMS[:1])
    again, wire = run(path, items=ITEMS[:1])
    assert wire.requests == []
    raised, kept = first[0].error, again[0].error
    assert isinstance(kept, kind)
    assert type(kept) is type(raised)
    assert (first[0].state, again[0].state, again[0].replayed) == (state, state, True)
    assert first[0].attempts == again[0].attempts
    assert (str(kept), vars(kept)) == (str(raised), vars(raised))


def test_what_cannot_be_sent_fails_its_item(tmp_path: Path) -> None:
    """An argument that cannot be sent, or that a journal could not tell again, fails its item alone."""
    path = tmp_path / "journal"
    items = [{"model": "m", "input": float("nan")}, {"model": "m", "input": io.BytesIO()}, ITEMS[0]]
    outcomes, wire = run(path, items=items)
    assert [outcome.state for outcome in outcomes] == ["failed", "failed", "done"]
    assert all(isinstance(outcome.error, RequestRefusedError) for outcome in outcomes[:2])
    assert "no BytesIO" in str(outcomes[1].error)
    assert len(wire.requests) == 1


def test_files_are_told_by_their_bytes_or_their_path(tmp_path: Path) -> None:
    """Uploads can be journaled: bytes are known by what they are, a file by where it is."""
    path, file = tmp_path / "journal", tmp_path / "file"
    file.write_bytes(b"one")
    items: list[dict[str, Any]] = [{"file": ("a", b"one"), "purpose": "batch"}, {"file": file, "purpose": "batch"}]
    run(path, items=items, method="files.create")
    outcomes, _ = run(path, items=items, method="files.create")
    assert all(outcome.replayed for outcome in outcomes)
    items[0]["file"] = ("a", b"two")
    with pytest.raises(JournalError, match="the key '0' was used for other arguments"):
        run(path, items=items, method="files.create")


def test_how_a_call_is_sent_is_not_what_it_is(tmp_path: Path) -> None:
    """Headers and time limits may differ from run to run; what the gateway is asked may not."""
    path = tmp_path / "journal"
    run(path, items=[{**ITEMS[0], "extra_headers": {"x-a": "1"}}])
    assert run(path, items=[{**ITEMS[0], "timeout": 3.0, "retries": 0}])[0][0].replayed
    with pytest.raises(JournalError, match="other arguments"):
        run(path, items=[{**ITEMS[0], "extra_body": {"user": "u"}}])


def test_what_was_begun_is_unknown(tmp_path: Path) -> None:
    """A call that creates and was begun is reported, not sent; the error says what to do."""
    path = tmp_path / "journal"
    run(path, items=ITEMS[:1])
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:2]), "utf-8")
    for _ in range(2):
        (outcome,), wire = run(path, items=ITEMS[:1], idempotency_keys=True)
        assert wire.requests == []
        assert (outcome.state, outcome.attempts) == ("unknown", 0)
        assert isinstance(outcome.error, OutcomeUnknownError)
        assert 'resend={"unknown"}' in str(outcome.error)
    (outcome,), _ = run(path, items=ITEMS[:1], resend={"unknown"})
    assert outcome.ok
    assert run(path, items=ITEMS[:1])[0][0].replayed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello\n", "line 1: no journal of this version"),
        ('{"journal":"portkey-client","version":2,"operation":"x"}\n', "line 1: no journal of this version"),
        (BEGUN, "line 1: no journal of this version"),
        (HEAD + "{}\n", "line 2: damaged"),
        (HEAD + BEGUN + "[]\n" + BEGUN, "line 3: damaged"),
        (HEAD + '{"begun":0,"digest":"d"}\n', "line 2: damaged"),
        (HEAD + BEGUN + '{"begun": "1", "dig\n' + BEGUN, "line 3: damaged"),
        (HEAD + HEAD, "line 2: damaged"),
        (HEAD.replace("embeddings", "completions"), r"is the journal of POST .*completions, not of POST .*embeddings"),
    ],
)
def test_a_file_that_is_damaged_or_of_other_calls(tmp_path: Path, text: str, problem: str) -> None:
    """What is no journal of these calls is refused, with its line, and neither changed nor sent by."""
    path = tmp_path / "journal"
    path.write_text(text, "utf-8")
    with pytest.raises(JournalError, match=problem) as caught:
        run(path)
    assert str(path) in str(caught.value)
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize(
    "told",
    [
        {"state": "done"},
        {"attempts": 1},
        {"state": "done", "attempts": 1, "status": 200, "media": "", "body": {"base64": "%"}},
        {"state": "done", "attempts": 1, "status": 200, "media": "", "body": 3},
        {"state": "failed", "attempts": 1, "error": {"kind": "Nobody"}},
        {"state": "failed", "attempts": 1, "error": {"kind": "Facts", "message": "no error"}},
        {"state": "failed", "attempts": 1, "error": {"kind": "re", "message": "a module"}},
        {"state": "failed", "attempts": 1, "error": {"kind": "APIError", "message": "m", "status": 400}},
        {"state": "failed", "attempts": 1, "error": "text"},
    ],
)
def test_an_outcome_that_cannot_be_read(tmp_path: Path, told: Any) -> None:
    """A line that says less than an outcome is, or something else, is refused by the name of its call."""
    path = tmp_path / "journal"
    run(path, items=ITEMS[:1])
    digest = json.loads(path.read_text("utf-8").splitlines()[1])["digest"]
    path.write_text(HEAD + json.dumps({"ended": "0", "digest": digest, **told}) + "\n", "utf-8")
    with pytest.raises(JournalError, match="damaged"):
        run(path, items=ITEMS[:1])


@given(st.integers(0, 2), st.data())
def test_a_last_line_that_was_cut_is_no_harm(
    tmp_path_factory: pytest.TempPathFactory, line: int, data: st.DataObject
) -> None:
    """Cut anywhere in its last line, a journal is read on, and grows to a whole one again."""
    path = tmp_path_factory.mktemp("journal") / "journal"
    run(path, items=ITEMS[:1])
    lines = path.read_bytes().splitlines(keepends=True)
    cut = data.draw(st.integers(0, len(lines[line])))
    path.write_bytes(b"".join(lines[:line]) + lines[line][:cut])
    (outcome,), _ = run(path, items=ITEMS[:1], resend={"unknown"})
    assert outcome.ok
    kinds = [next(iter(json.loads(each))) for each in path.read_bytes().splitlines()]
    assert kinds[0] == "journal"
    assert kinds[-1] == "ended"
    assert run(path, items=ITEMS[:1])[0][0].replayed


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    """While one run has the journal open another is refused; once it is over, or was left, none is."""
    path = tmp_path / "journal"
    wire = Wire(httpx.Response(200, json={}))
    client = wire.client()
    with client.map(client.embeddings.create, ITEMS, journal=path) as outcomes:
        next(outcomes)
        with pytest.raises(JournalError, match="in use by another run"):
            run(path)
    assert run(path)[0]


def test_a_disk_that_is_full_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a line cannot be written nothing is sent after it, and another run goes on from what is there."""
    path = tmp_path / "journal"
    run(path, items=ITEMS[:1])
    write_line = journal.write_line

    def full(fd: int, line: bytes) -> None:
        write_line(fd, line[:5])
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(journal, "write_line", full)
    wire = Wire(httpx.Response(200, json={}))
    client = wire.client()
    with pytest.raises(OSError, match="no space"):
        list(client.map(client.embeddings.create, ITEMS, journal=path, concurrency=1))
    assert wire.requests == []
    opened = journal.Journal(path)
    for problem in (OSError, JournalError):
        with pytest.raises(problem, match="no space left"):
            opened.begin("1", journal.Entry("d"))
    opened.close()
    monkeypatch.undo()
    outcomes, wire = run(path)
    assert [outcome.replayed for outcome in outcomes] == [True, False]


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that writes a line piece by piece gets all of it."""
    path = tmp_path / "journal"
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
    run(path)
    monkeypatch.undo()
    assert all(outcome.replayed for outcome in run(path)[0])


def test_models_and_odd_names(tmp_path: Path) -> None:
    """Arguments may be models, keys any text, half a surrogate pair included."""
    path = tmp_path / "journal"
    items = [{"model": "m", "input": "a", "extra_body": {"batch": Batch.from_dict({"id": "b"})}}]
    run(path, items=items, key=lambda _: "\ud800 \u2028\n")
    assert run(path, items=items, key=lambda _: "\ud800 \u2028\n")[0][0].replayed
