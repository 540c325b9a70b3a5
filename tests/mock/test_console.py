"""The page for people and what is under `/_mock/`: what it shows, what it changes, and whom it turns away."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from portkey_mock import Application, Fault, ManualClock, Mock, Request
from portkey_mock.console import Console
from portkey_mock.server import listen
from tests.mock import spec
from tests.mock.browser import CHROMIUM, Page, opened
from tests.mock.conftest import Caller

SECRET = "sk-very-secret"
HOST = ("host", "127.0.0.1:4010")
JSON = ("content-type", "application/json")


@pytest.fixture
def mock(clock: ManualClock) -> Mock:
    return Mock(spec.part("/files", "/assistants"), clock=clock)


@pytest.fixture
def console(mock: Mock) -> Console:
    return Console(mock)


def ask(console: Console, method: str, path: str, value: Any = None, *headers: tuple[str, str]) -> tuple[int, Any]:
    """The status and the JSON of what is under `/_mock/`."""
    body = b"" if value is None else json.dumps(value).encode()
    given = headers or (HOST, JSON)
    response = console.handle(Request(method, path, "", given, body))
    assert dict(response.headers)["cache-control"] == "no-store"
    return response.status, json.loads(response.body)


def test_the_mock_answers_everything_else(console: Console, mock: Mock) -> None:
    """Calls reach the mock; looking at the page leaves no trace in the journal."""
    assert Caller(console)("GET", "/v1/files").status == 200
    assert console.handle(Request("GET", "/", "", (HOST,))).status == 200
    assert ask(console, "GET", "/_mock/state")[0] == 200
    assert len(mock.journal) == 1


def test_the_journal_is_shown_without_secrets(console: Console) -> None:
    """The journal has every call, and no credential of any."""
    Caller(console)("GET", "/v1/files", authorization=f"Bearer {SECRET}", x_portkey_config=f'{{"api_key": "{SECRET}"}}')
    status, (call,) = ask(console, "GET", "/_mock/journal")
    assert (status, call["operation"], call["status"]) == (200, "files.list", 200)
    assert SECRET not in json.dumps(call)


def test_the_state_is_shown(console: Console) -> None:
    """The state has what was created, without its secrets."""
    body = {"model": "m", "metadata": {"api_key": SECRET}}
    assert Caller(console)("POST", "/v1/assistants", body).status == 200
    status, state = ask(console, "GET", "/_mock/state")
    (assistant,) = state["/assistants"].values()
    assert (status, assistant["model"]) == (200, "m")
    assert SECRET not in json.dumps(state)


def test_faults_are_added_and_cleared(console: Console, mock: Mock) -> None:
    """One fault or several are added to the plan; clearing takes them away."""
    assert ask(console, "POST", "/_mock/faults", {"status": 503}) == (200, [{"status": 503}])
    assert ask(console, "POST", "/_mock/faults", [{"delay": 1}, {"reset": True}])[0] == 200
    assert mock.faults.faults == (Fault(status=503), Fault(delay=1), Fault(reset=True))
    assert ask(console, "GET", "/_mock/faults")[1] == [{"status": 503}, {"delay": 1}, {"reset": True}]
    assert ask(console, "DELETE", "/_mock/faults") == (200, [])
    assert not mock.faults.faults


def test_reset(console: Console, mock: Mock) -> None:
    """Resetting empties state, journal and faults."""
    Caller(console).upload(b"x")
    assert ask(console, "POST", "/_mock/reset", {}) == (200, {})
    assert mock.gateway.state() == {}
    assert len(mock.journal) == 0


@pytest.mark.parametrize(
    ("method", "path", "value", "status", "code"),
    [
        ("POST", "/_mock/faults", {"statsu": 1}, 400, "invalid_fault"),
        ("POST", "/_mock/faults", None, 400, "invalid_json"),
        ("PUT", "/_mock/faults", [], 405, "method_not_allowed"),
        ("GET", "/_mock/reset", None, 405, "method_not_allowed"),
        ("POST", "/", {}, 405, "method_not_allowed"),
        ("GET", "/_mock/nothing", None, 404, "not_found"),
    ],
)
def test_what_cannot_be_done_is_refused(
    console: Console, method: str, path: str, value: Any, status: int, code: str
) -> None:
    """A refusal has a status, a code and a message."""
    got, body = ask(console, method, path, value)
    assert (got, body["error"]["code"]) == (status, code)
    assert body["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((HOST, JSON), 200),
        ((("host", "localhost"), JSON), 200),
        ((("host", "[::1]:4010"), JSON), 200),
        ((HOST, ("content-type", "application/json; charset=utf-8"), ("origin", "http://127.0.0.1:4010")), 200),
        ((HOST,), 415),
        ((HOST, ("content-type", "text/plain")), 415),
        ((HOST, ("content-type", "application/x-www-form-urlencoded")), 415),
        ((HOST, JSON, ("origin", "http://127.0.0.1:9999")), 403),
        ((HOST, JSON, ("origin", "https://elsewhere.example")), 403),
        ((HOST, JSON, ("origin", "null")), 403),
        ((("host", "elsewhere.example"), JSON, ("origin", "http://elsewhere.example")), 403),
        ((JSON,), 403),
    ],
)
def test_other_sites_are_turned_away(
    console: Console, mock: Mock, headers: tuple[tuple[str, str], ...], status: int
) -> None:
    """A change needs JSON, the same origin and a host that is this machine."""
    assert ask(console, "POST", "/_mock/faults", {"status": 503}, *headers)[0] == status
    assert bool(mock.faults.faults) is (status == 200)


def test_a_host_that_was_named(mock: Mock) -> None:
    """A mock that is served under a name can be looked at under it."""
    assert ask(Console(mock, hosts=frozenset({"mock"})), "GET", "/_mock/state", None, ("host", "mock:80"))[0] == 200


def test_the_page_loads_nothing_from_elsewhere(console: Console) -> None:
    """The page needs no other file, and its policy lets nothing run but its own style and script."""
    response = console.handle(Request("GET", "/", "", (HOST,)))
    html = response.body.decode()
    assert not re.findall(r"(?:https?:)?//[a-z]|url\(|@import|innerHTML|\son\w+=", html)
    policy = dict(response.headers)["content-security-policy"]
    for text in re.findall(r"<(?:style|script)>(.*?)</", html, re.DOTALL):
        assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


@pytest.fixture
def address(console: Console) -> Iterator[str]:
    """The console on a real port."""
    server = uvicorn.Server(uvicorn.Config(Application(console), log_level="critical", lifespan="off"))
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium or Chrome on this machine to look at the page with")
def test_the_page_in_a_browser(console: Console, mock: Mock, address: str, tmp_path: Path) -> None:
    """A real browser shows what happens as it happens, and its buttons add faults, clear them and reset the mock."""
    Caller(console)("GET", "/v1/files/<b>bold", authorization=f"Bearer {SECRET}")
    Caller(console).upload(b"x", filename="<script>document.title='changed'</script>")
    with opened(address, tmp_path) as page:
        _what_it_shows(page, console)
        _what_its_buttons_do(page, console, mock)
        for width, dark in ((390, False), (390, True), (1280, False), (1280, True)):
            page.size(width, 844, dark=dark)
            assert page.run("document.documentElement.scrollWidth") <= width
            assert page.run("getComputedStyle(document.body).backgroundColor") == (DARK if dark else LIGHT)


LIGHT, DARK = "rgb(246, 247, 249)", "rgb(20, 23, 28)"


def _what_it_shows(page: Page, console: Console) -> None:
    """Markup as text, no secret, what arrives later, and what is behind a line once it is clicked."""
    page.until("document.querySelector('#status').textContent === '2 calls'")
    shown = page.run("document.querySelector('#journal').textContent")
    assert "files.retrieve" in shown
    assert "<b>bold" in shown
    assert page.run("document.querySelector('#state').textContent").startswith("/files (1)")
    assert page.run("document.title") == "portkey-mock"
    assert SECRET not in page.run("document.body.textContent")
    page.click("#journal summary")
    page.until("document.querySelector('#journal details').open")
    Caller(console).json("POST", "/v1/assistants", {"model": "m"})
    page.until("document.querySelector('#journal').textContent.includes('assistants.create')")
    assert page.run("document.querySelectorAll('#journal details[open]').length") == 1
    page.until("document.querySelector('#state').textContent.includes('/assistants (1)')")


def _what_its_buttons_do(page: Page, console: Console, mock: Mock) -> None:
    """Add, Clear all and Reset all, clicked with the mouse; what cannot be added is said and not sent."""
    for name, value in (("operation", "files.*"), ("status", "503"), ("times", "1"), ("delay", "0.5")):
        page.write(f"[name={name}]", value)
    page.click("#fault button")
    page.until("document.querySelector('#faults').textContent.includes('files.*')")
    assert mock.faults.faults == (Fault(operation="files.*", status=503, times=1, delay=0.5),)
    assert Caller(console)("GET", "/v1/files").status == 503
    page.until("document.querySelector('#journal').textContent.includes('spoilt by a fault')")
    page.write("[name=status]", "999")
    page.click("#fault button")
    assert page.run("document.querySelector('[name=status]').validity.rangeOverflow")
    page.click("#clear")
    page.until("document.querySelector('#faults').textContent.startsWith('None')")
    assert list(mock.faults.faults) == []
    page.click("#reset")
    page.until("document.querySelector('#status').textContent === '0 calls'")
    assert page.run("document.querySelector('#state').textContent") == "Nothing is stored."
    assert mock.gateway.state() == {}
