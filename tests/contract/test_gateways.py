"""What is known of real gateways, and how they are started: none of these tests needs one of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from portkey_mock import Request, Response
from tests.contract import starters
from tests.contract.child import free_port, running
from tests.contract.gateways.provider import Provider
from tests.contract.known import Known, known, page
from tests.contract.profiles import ProfileError, load
from tests.contract.registry import CHECKS
from tests.contract.results import Results
from tests.contract.starters import started

HERE = Path(__file__).parent
LOOPBACK = HERE / "gateways" / "loopback.py"
KNOWN = known()
ITEMS = [(gateway, each) for gateway, items in KNOWN.items() for each in items]
PAGE = HERE / "gateways" / "DEVIATIONS.md"


@cache
def sample(gateway: str) -> Results:
    return Results.from_json((HERE / "samples" / f"{gateway}.json").read_text("utf-8"))


@cache
def seen(gateway: str) -> Results:
    """The sample, with what a later run without anything generated has found besides."""
    later = HERE / "samples" / f"{gateway}-directed.json"
    more = Results.from_json(later.read_text("utf-8")).findings if later.is_file() else ()
    return replace(sample(gateway), findings=(*sample(gateway).findings, *more))


@pytest.mark.parametrize(("gateway", "item"), ITEMS, ids=lambda each: each if isinstance(each, str) else each.what)
def test_what_is_known_is_found(gateway: str, item: Known) -> None:
    """Each known deviation that a client can see is a finding in the sample, with all that comes of it."""
    for shown in item.shown:
        assert any(map(shown.matches, seen(gateway).findings)), shown


@pytest.mark.parametrize("gateway", list(KNOWN))
def test_what_a_profile_expects_is_known(gateway: str) -> None:
    """Nothing is only expected: each entry of a profile is about something known, and a finding shows it."""
    shown = [each for item in KNOWN[gateway] for each in item.shown]
    unknown = [
        each
        for each in load(gateway).deviations
        if not any(each.covers(place.operation, place.check) for place in shown)
    ]
    assert not unknown


def test_the_page_of_what_is_known() -> None:
    """The page that counts what is known and found is up to date; `UPDATE=1` writes it anew."""
    text = page({gateway: seen(gateway) for gateway in KNOWN})
    if os.environ.get("UPDATE"):
        PAGE.write_text(text, encoding="utf-8")
    assert text == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("gateway", ["mock", *KNOWN])
def test_the_samples_are_green(gateway: str) -> None:
    """The samples are of runs that passed: each failure is expected with its reason, none is gone, none unknown."""
    results = sample(gateway)
    assert results.exit_status == 0
    assert {each.check for each in results.findings} <= CHECKS.keys()
    assert results.depth == ("directed" if gateway == "mock" else "quick")


def test_no_machine_is_in_the_samples() -> None:
    """The samples hold no path of the machine that made them."""
    for path in (HERE / "samples").glob("*.json"):
        assert not [word for word in ("/tmp/", "/home/", "/root/") if word in path.read_text("utf-8")], path  # noqa: S108


def test_the_provider_has_nulls_and_troubles() -> None:
    """The provider behind a gateway leaves out what OpenAI leaves out, and does what a word of the request asks for."""
    provider = Provider()

    def chat(model: str, **more: Any) -> Response:
        body = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], **more}
        headers = (("authorization", "Bearer sk-x"), ("content-type", "application/json"))
        return provider.handle(Request("POST", "/v1/chat/completions", "", headers, json.dumps(body).encode()))

    assert json.loads(chat("gpt-4o").body)["system_fingerprint"] is None
    assert b'"system_fingerprint":"fp_' in chat("gpt-4o", stream=True).body
    assert chat("gpt-4o", stream="true").status == 400
    assert chat("upstream-stream", stream="true").body == b"data: [DONE]\n\n"
    assert chat("upstream-text").body == b'{"error": "Authentication credentials were not provided."}'


def test_a_free_port_is_none_that_connections_get() -> None:
    """Nobody who connects to somewhere can take the port before the gateway listens on it."""
    assert all(20_000 <= free_port() < 32_000 for _ in range(20))


def script(folder: Path, text: str) -> list[str | Path]:
    (folder / "child.py").write_text(text, encoding="utf-8")
    return [sys.executable, LOOPBACK, "child"]


SERVING = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", {port}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def test_a_process_is_stopped_also_on_failure(tmp_path: Path) -> None:
    """What was started is gone when whoever needed it is through, whatever happened."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = script(tmp_path, SERVING.format(port=port))
    with pytest.raises(KeyboardInterrupt), running("it", command, address, tmp_path, {}, 60.0):
        raise KeyboardInterrupt
    with pytest.raises(ProfileError, match=r"it ended with status 0 before it answered"):
        gone(tmp_path, address)


def gone(folder: Path, address: str) -> None:
    """Fails as `running` does if nobody answers at `address` any more."""
    with running("it", [sys.executable, "-c", "pass"], address, folder, {}, 60.0):
        pass


def test_a_process_that_ends_says_why(tmp_path: Path) -> None:
    """The end of the log of what did not start is in the message, with the place of the log."""
    command = script(tmp_path, "raise SystemExit('no licence')")
    with pytest.raises(ProfileError, match=r"ended with status 1 before it answered\n.*it\.log:\n +no licence"):
        gone_with(tmp_path, command)


def gone_with(folder: Path, command: list[str | Path]) -> None:
    with running("it", command, f"http://127.0.0.1:{free_port()}/", folder, {}, 60.0):
        pass


def test_a_process_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """There is a time limit, and its message names address and log."""
    command = script(tmp_path, "import signal; signal.pause()")
    with (
        pytest.raises(ProfileError, match=r"it does not answer at http://127\.0\.0\.1:\d+/ within 0.2 seconds"),
        running("it", command, f"http://127.0.0.1:{free_port()}/", tmp_path, {}, 0.2),
    ):
        pass


REACHING = """
import asyncio, socket
for reach in (
    lambda: socket.create_connection(("192.0.2.1", 80)),
    lambda: socket.getaddrinfo("gateway.example", 80),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.socket().bind(("0.0.0.0", 0)),
    lambda: asyncio.run(asyncio.open_connection("192.0.2.1", 80)),
):
    try:
        reach()
    except ConnectionRefusedError as error:
        print(error)
    else:
        print("it got out")
socket.getaddrinfo("localhost", 80)
"""


def test_nothing_leaves_the_machine(tmp_path: Path) -> None:
    """What runs behind the guard reaches no address but those of this machine, by no way that Python has."""
    command = script(tmp_path, REACHING)
    reader, writer = os.pipe()  # it ends with its standard input
    done = subprocess.run(command, cwd=tmp_path, stdin=reader, capture_output=True, text=True, check=True)
    os.close(reader)
    os.close(writer)
    hosts = ["192.0.2.1", "gateway.example", "192.0.2.1", "0.0.0.0", "192.0.2.1"]  # noqa: S104
    assert done.stdout.splitlines() == [f"the contract suite lets nothing reach {each}" for each in hosts]


def test_what_was_started_ends_with_the_suite(tmp_path: Path) -> None:
    """A process whose standard input ends, as it does when the suite is killed, ends by itself."""
    command = script(tmp_path, "import signal; signal.pause()")
    done = subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.returncode == 0


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(starters, "NODE", tmp_path / "node")
    monkeypatch.setattr(starters, "LITELLM", tmp_path / "litellm")
    monkeypatch.setattr(shutil, "which", lambda _: "node")
    return iter(())


@pytest.mark.parametrize("gateway", list(KNOWN))
@pytest.mark.usefixtures("nowhere")
def test_a_gateway_that_is_not_installed_says_how(gateway: str) -> None:
    """Without `make gateways` the message names it."""
    with pytest.raises(ProfileError, match=f"{gateway} is not installed; run make gateways"), started(load(gateway)):
        pass


@pytest.mark.usefixtures("nowhere")
def test_without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without node the message says that it is needed."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ProfileError, match="portkey-oss needs node; install it"), started(load("portkey-oss")):
        pass


def test_a_gateway_gets_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential of whoever runs the suite gets into a gateway, and what would use a proxy ends nowhere."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody")
    command = script(tmp_path, "import os; print(*sorted(os.environ), os.environ['HTTPS_PROXY']); raise SystemExit(1)")
    with pytest.raises(ProfileError, match=r"HTTPS_PROXY.*http://127\.0\.0\.1:1") as told:
        gone_with(tmp_path, command)
    assert "OPENAI_API_KEY" not in str(told.value)
    assert os.environ["OPENAI_API_KEY"] == "sk-of-somebody"
