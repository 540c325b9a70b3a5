"""What is known of real gateways, and how they are started: none of these tests needs one of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract import starters
from tests.contract.child import free_port, running
from tests.contract.profiles import ProfileError, load
from tests.contract.registry import CHECKS
from tests.contract.results import Results
from tests.contract.starters import started

HERE = Path(__file__).parent
LOOPBACK = HERE / "gateways" / "loopback.py"
KNOWN: dict[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "gateways" / "deviations.yaml").read_text("utf-8"))
ITEMS = [(gateway, each) for gateway, items in KNOWN.items() for each in items]


def sample(gateway: str) -> Results:
    return Results.from_json((HERE / "samples" / f"{gateway}.json").read_text("utf-8"))


@pytest.mark.parametrize(("gateway", "item"), ITEMS, ids=lambda each: each if isinstance(each, str) else each["what"])
def test_what_is_known_is_found(gateway: str, item: dict[str, Any]) -> None:
    """Each known deviation that a client can see is a finding in the sample; of the others it is said why."""
    assert len(item.keys() & {"found", "kept", "hidden"}) == 1
    if "found" not in item:
        return
    wanted = item["found"]
    found = [each for each in sample(gateway).findings if each.operation == wanted["operation"]]
    assert any(each.check == wanted["check"] and wanted["words"] in each.message for each in found), wanted


@pytest.mark.parametrize("gateway", list(KNOWN))
def test_the_samples_are_green(gateway: str) -> None:
    """The samples are of runs that passed: each failure is expected with its reason, none is gone, none unknown."""
    results = sample(gateway)
    assert results.exit_status == 0
    assert {each.check for each in results.findings} <= CHECKS.keys()


def test_no_machine_is_in_the_samples() -> None:
    """The samples hold no path of the machine that made them."""
    for path in (HERE / "samples").glob("*.json"):
        assert not [word for word in ("/tmp/", "/home/", "/root/") if word in path.read_text("utf-8")], path  # noqa: S108


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
