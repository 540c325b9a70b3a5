"""A real browser, driven over the DevTools protocol: no more of it than the test of the page needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None
)
"""The browser; None where there is none."""

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
PATIENCE = 60.0
"""Seconds to wait before something that should have happened is called missing; long, for a busy machine."""


class Page:
    """One page of a browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._count = 0

    def ask(self, method: str, **parameters: Any) -> Any:
        """The result of one command of the protocol."""
        self._count += 1
        self._connection.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._connection.recv(timeout=PATIENCE))
            if said.get("id") == self._count:
                assert "error" not in said, said
                return said["result"]

    def go(self, address: str) -> None:
        """Opens an address, and is back when it has loaded."""
        self.ask("Page.enable")
        self.ask("Page.navigate", url=address)
        while json.loads(self._connection.recv(timeout=PATIENCE)).get("method") != "Page.loadEventFired":
            pass

    def run(self, script: str) -> Any:
        """What a script in the page comes to; a promise is waited for."""
        told = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def until(self, condition: str) -> None:
        """Waits until a condition holds in the page, which looks at itself whenever it is drawn or changes."""
        script = f"""new Promise((hold, fail) => {{
            const end = setTimeout(() => fail(new Error(document.body.innerText)), {PATIENCE * 1000 - 5000});
            const look = () => {{ if ({condition}) {{ clearTimeout(end); hold(true); }} else setTimeout(look, 20); }};
            look();
        }})"""
        assert self.run(script) is True

    def click(self, selector: str) -> None:
        """Clicks with the mouse in the middle of what a selector finds first."""
        script = f"""(() => {{ const found = document.querySelector({json.dumps(selector)});
            found.scrollIntoView({{block: "center"}}); const at = found.getBoundingClientRect();
            return [at.x + at.width / 2, at.y + at.height / 2]; }})()"""
        x, y = self.run(script)
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def write(self, selector: str, text: str) -> None:
        """Types into a field, in the place of what is there."""
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.ask("Input.insertText", text=text)

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        """Gives the window a size, and the reader a liking for the light or the dark."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=scheme)

    def picture(self, path: Path) -> None:
        """Writes down what the page looks like."""
        path.write_bytes(b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]))


@contextmanager
def opened(address: str, folder: Path) -> Generator[Page]:
    """The page at an address, in a browser of its own with nothing in it; `folder` is where it keeps its things."""
    command = [str(CHROMIUM), *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr is not None
            found = (re.search(r"listening on (ws://\S+)", line) for line in process.stderr)
            root = next(filter(None, found))[1]
            with connect(root, max_size=None) as browser:
                target = Page(browser).ask("Target.createTarget", url="about:blank")["targetId"]
                place = root.replace(re.sub(r".*/devtools", "/devtools", root), f"/devtools/page/{target}")
                with connect(place, max_size=None) as connection:
                    page = Page(connection)
                    page.go(address)
                    yield page
                Page(browser).ask("Browser.close")
        finally:
            process.kill()
