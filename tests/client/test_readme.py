from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest

from portkey_client import Portkey, runner, steps
from portkey_mock import Gateway, GatewayTransport, ManualClock
from tests.client.frames import AFTER, CHAT, DONE, HEADERS, frames
from tests.mock.test_transports import serve

README = Path(__file__).parents[2] / "README.md"


def example(heading: str) -> str:
    """Return the first example below a heading."""
    _, _, section = README.read_text("utf-8").partition(f"\n## {heading}\n")
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def run(code: str) -> None:
    """Run one example, and close the clients that a short program may leave open."""
    names: dict[str, object] = {}
    exec(compile(code, str(README), "exec"), names)  # noqa: S102  # our own text
    for client in names.values():
        if isinstance(client, Portkey):
            client.close()


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The quickstart does what it says, against the mock, with the clock moved instead of waited for."""
    clock = ManualClock()
    gateway = Gateway(clock=clock)
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway)))
    monkeypatch.setattr(time, "sleep", clock.advance)
    run(example("Quickstart"))
    printed = capsys.readouterr().out.splitlines()
    assert "cancelled BatchRequestCounts(total=2" in printed[0]
    assert printed[-1] == "409 batch_not_cancellable A batch that is cancelled cannot be cancelled."


def test_the_example_of_gateways_and_options_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's example of options sends what it says, against the mock, and prints what its comment says."""
    gateway = Gateway()
    sent: list[httpx.Request] = []
    hooks = {"request": [sent.append]}
    monkeypatch.setattr(
        Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway), event_hooks=hooks)
    )
    code = example("Gateways and options")
    run(code)
    assert capsys.readouterr().out.splitlines() == ["[]", code.splitlines()[-1].partition("  # ")[2]]
    (request,) = sent
    assert request.headers["x-portkey-trace-id"] == "trace-1"
    assert request.headers["x-team"] == "blue"


def test_the_example_of_failures_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The README's example of failures does what it says, against the mock."""
    gateway = Gateway()
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway)))
    run(example("When things go wrong"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("200 1 ")
    assert second == "batches.retrieve 404 1 False"


def test_the_example_of_own_answers_runs() -> None:
    """The README's fourth example puts in answers that come back."""
    code = example("The mock's models")
    names: dict[str, Gateway] = {}
    exec(compile(code, str(README), "exec"), names)  # noqa: S102  # our own text
    headers = {"x-portkey-api-key": "pk-test", "x-portkey-virtual-key": "vk-test"}
    transport = GatewayTransport(names["gateway"])
    with httpx.Client(transport=transport, base_url="http://mock/v1", headers=headers) as client:
        assert client.get("/models").json() == {"object": "list", "data": []}
        chat = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
        assert client.post("/chat/completions", json=chat).status_code == 429
        assert client.post("/embeddings", json={"model": "m", "input": "a"}).json() == {"model": "m"}


def test_the_batch_recipe_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's recipe takes a batch from its requests to its results, against the mock, without a wait."""
    clock = ManualClock()
    gateway = Gateway(clock=clock)
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway)))
    monkeypatch.setattr(steps, "WORLD", steps.WORLD._replace(clock=clock, sleep=clock.advance))
    monkeypatch.setattr(runner, "WORLD", steps.WORLD)
    monkeypatch.chdir(tmp_path)
    code = example("Batches and files")
    run(code)
    printed = capsys.readouterr().out.splitlines()
    assert printed[-3:-1] == ["q-1 gpt-4o", "q-2 gpt-4o"]
    assert printed[-1] == "cancelled, saved: 0"
    assert (tmp_path / "results.jsonl").read_text("utf-8").count("\n") == 2


def test_the_example_of_many_calls_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's example of many calls has an answer to each question, against the mock, and a journal of them."""
    gateway = Gateway()
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway)))
    monkeypatch.chdir(tmp_path)
    run(example("Many calls"))
    *answers, replayed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in answers] == [str(number) for number in range(100)]
    assert "failed" not in {line.split()[1] for line in answers}
    assert replayed == "True"
    assert (tmp_path / "questions.jsonl").read_text("utf-8").count("\n") == 201


def test_the_example_of_streams_and_lists_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's example of streams and lists does what it says, against answers as gateways send them."""
    names = [f"batch_{number}" for number in range(5)]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/chat/completions"):
            return httpx.Response(200, headers=HEADERS, content=frames(*CHAT) + DONE + frames(AFTER))
        if request.url.path.endswith("/audio/speech"):
            return httpx.Response(200, headers={"content-type": "audio/mpeg"}, content=b"sound")
        after = request.url.params.get("after")
        start = names.index(after) + 1 if after else 0
        page = [{"id": name} for name in names[start : start + 2]]
        return httpx.Response(200, json={"data": page, "has_more": start + 2 < len(names)})

    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=httpx.MockTransport(answer)))
    run(example("Streams and lists"))
    said, ended, *listed = capsys.readouterr().out.split("\n")
    assert said == "Hello\u2028you"
    assert ended.startswith("stop ")
    assert ended.endswith(str(AFTER["hook_results"]))
    assert listed == [*names, "3", "5", ""]


def test_the_example_of_log_exports_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's example exports logs to a file, against the mock, without a wait."""
    clock = ManualClock()
    gateway = Gateway(clock=clock)
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway)))
    monkeypatch.setattr(steps, "WORLD", steps.WORLD._replace(clock=clock, sleep=clock.advance))
    monkeypatch.setattr(runner, "WORLD", steps.WORLD)
    monkeypatch.chdir(tmp_path)
    run(example("Log exports"))
    first, *_, last, saved = capsys.readouterr().out.splitlines()
    assert (first.split()[1], last.split()[1]) == ("draft", "success")
    assert saved == f"logs.jsonl {(tmp_path / 'logs.jsonl').stat().st_size}"


def test_the_example_of_realtime_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The README's example of realtime talks with the mock over a real websocket until the answer is done."""
    with serve() as process:
        assert process.stdout
        code = example("Realtime").replace("http://127.0.0.1:4010/v1", process.stdout.readline().strip())
        run(code)
        process.terminate()
        process.wait(timeout=20)
    created, said = capsys.readouterr().out.splitlines()
    assert created == "session.created"
    assert len(said.split()) > 3


def test_the_table_of_gateways_counts_right() -> None:
    """The README says of each gateway how many operations it has, as the list beside this test does."""
    listed = (Path(__file__).parent / "operations_of_gateways.txt").read_text("utf-8").splitlines()
    for gateway in ("portkey-oss", "openai", "respan"):
        (row,) = (row for row in README.read_text("utf-8").splitlines() if row.startswith(f"| `{gateway}` |"))
        assert row.endswith(f": {sum(line.startswith(f'{gateway}: ') for line in listed)} |")
