"""The command line: what it serves, what it says, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import httpx
import pytest

from portkey_mock import ManualClock, Mock, Request, Response
from portkey_mock.__main__ import main
from portkey_mock.recording import Exchange
from portkey_mock.watch import Watch
from tests.mock import spec

SECRET = "sk-very-secret"
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command in a process of its own; gives the process and its address."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "portkey_mock", *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        assert process.stdout
        return process, process.stdout.readline().strip()

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str]) -> str:
    """What a process wrote to standard error, after it was told to stop."""
    process.send_signal(signal.SIGTERM)
    _, written = process.communicate(timeout=20)
    assert process.returncode == 0
    return written


def test_serve(start: Start, tmp_path: Path) -> None:
    """It serves with faults from a file, logs one line per request without secrets, and shows its page."""
    (tmp_path / "plan.yaml").write_text("- {operation: files.list, status: 503, times: 1}\n- {reset: true, nth: 3}\n")
    process, address = start("serve", "--port", "0", "--faults", str(tmp_path / "plan.yaml"))
    headers = {**spec.INFERENCE, "authorization": f"Bearer {SECRET}"}
    url = f"{address}/files?api_key={SECRET}"
    assert [httpx.get(url, headers=headers).status_code for _ in range(2)] == [503, 200]
    with pytest.raises(httpx.ReadError):
        httpx.get(url, headers=headers)
    assert httpx.get(f"{address}/x%1by").status_code == 404
    assert "portkey-mock" in httpx.get(address.removesuffix("v1")).text
    lines = [line.split(" ", 1)[1] for line in stop(process).splitlines() if not line.startswith("WARNING")]
    assert [line.rpartition(" ms ")[0].rpartition(" ")[0] for line in lines] == [
        "GET /v1/files?api_key=*** 503",
        "GET /v1/files?api_key=*** 200",
        "GET /v1/files?api_key=*** reset",
        "GET /v1/x%1by 404",
    ]
    assert [line.rpartition(" ms ")[2] for line in lines] == ["files.list"] * 3 + ["-"]


def test_dialect(start: Start) -> None:
    """It speaks like another gateway, and prints the address under which that gateway's paths begin."""
    process, address = start("serve", "--quiet", "--port", "0", "--dialect", "respan")
    assert address.endswith("/api/v1")
    assert httpx.get(f"{address}/files/", headers={"authorization": "Bearer key"}).status_code == 200
    stop(process)
    process, address = start("serve", "--quiet", "--port", "0", "--dialect", "openai")
    refused = httpx.get(f"{address}/files/file-none", headers={"authorization": "Bearer sk"})
    assert (refused.status_code, list(refused.json())) == (404, ["error"])
    assert refused.headers["x-request-id"].startswith("req_")
    assert httpx.get(f"{address}/configs", headers={"authorization": "Bearer sk"}).status_code == 404
    stop(process)


def test_replay(start: Start, tmp_path: Path) -> None:
    """It answers from a recording."""
    recording = tmp_path / "calls.jsonl"
    exchange = Exchange(Request("GET", "/v1/files"), Response(246, (), b"recorded"))
    recording.write_text(json.dumps(exchange.to_json()))
    process, address = start("serve", "--port", "0", "--replay", str(recording))
    answer = httpx.get(f"{address}/files", headers=spec.INFERENCE)
    assert (answer.status_code, answer.text) == (246, "recorded")
    assert httpx.get(f"{address}/batches").status_code == 501
    stop(process)


def test_without_a_command_it_is_quiet(start: Start) -> None:
    """Without a command it serves and writes nothing about requests."""
    process, address = start("--port", "0")
    assert httpx.get(f"{address}/files", headers=spec.INFERENCE).status_code == 200
    assert "GET" not in stop(process)


def test_watch(start: Start, tmp_path: Path) -> None:
    """A document that changes is served anew, a bad one is not, and the state is kept."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(spec.part("/files")))
    process, address = start("serve", "--quiet", "--port", "0", "--watch", "--document", str(document))
    assert process.stderr
    created = httpx.post(
        f"{address}/files", data={"purpose": "batch"}, files={"file": ("a", b"x")}, headers=spec.INFERENCE
    ).json()
    document.write_text(json.dumps(spec.part("/files", "/batches")))
    while "is served now" not in process.stderr.readline():
        pass
    assert httpx.get(f"{address}/batches", headers=spec.INFERENCE).status_code == 200
    document.write_text("{}")
    assert "it has no operations" in process.stderr.readline()
    assert httpx.get(f"{address}/files/{created['id']}", headers=spec.INFERENCE).status_code == 200
    stop(process)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["serve", "--watch"], "--watch needs --document"),
        (["serve", "--watch", "--replay", os.devnull], "--watch needs --document"),
        (["serve", "--document", "none.json"], "No such file"),
        (["serve", "--faults", "none.json"], "No such file"),
        (["serve", "--mode", "lenient"], "invalid choice"),
        (["serve", "--dialect", "klingon"], "klingon"),
        (["serve", "--host", "256.0.0.1"], "cannot listen on 256.0.0.1:4010"),
        (["serve", "--port", "99999"], "cannot listen on 127.0.0.1:99999"),
        (["sell"], "invalid choice"),
    ],
)
def test_what_cannot_be_served_is_refused(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake on the command line ends with status 2 and one line that says what it is."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err.splitlines()[-1]


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The help of the command names its commands."""
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "serve" in capsys.readouterr().out


def test_a_watch_sees_what_changes(tmp_path: Path) -> None:
    """Only a change leads to a reload; what cannot be read or served is told and does not end the watch."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(spec.part("/files")))
    mock = Mock(path, clock=ManualClock())
    said: list[str] = []
    watch = Watch(path, mock.reload, said.append)
    watch.check()
    assert said == []
    path.write_text(json.dumps(spec.part("/batches")))
    watch.check()
    path.write_text("{")
    watch.check()
    watch.check()
    path.unlink()
    watch.check()
    assert [text.split(": ")[0].removeprefix(f"{path} is ") for text in said] == [
        "served now; the state is kept",
        "not served, the document before it still is",
        "not served, the document before it still is",
    ]
    assert mock.handle(Request("GET", "/v1/batches")).status == 401


def test_a_watch_ends_when_told_to(tmp_path: Path) -> None:
    """A watch looks until it is told to stop."""
    stopped = Event()
    path = tmp_path / "openapi.json"

    def reload(_: Path) -> None:
        stopped.set()

    said: list[str] = []
    watch = Watch(path, reload, said.append)
    path.write_text("{}")
    watch.run(stopped, interval=0)
    assert said == [f"{path} is served now; the state is kept"]
