from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest

from portkey_client import Portkey
from portkey_mock import Gateway, GatewayTransport, ManualClock

README = Path(__file__).parents[2] / "README.md"


def test_the_quickstart_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The README's first example does what it says, against the mock, with the clock moved instead of waited for."""
    clock = ManualClock()
    gateway = Gateway(clock=clock)
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway)))
    monkeypatch.setattr(time, "sleep", clock.advance)
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    exec(compile(code, str(README), "exec"), {})  # noqa: S102  # our own text
    printed = capsys.readouterr().out.splitlines()
    assert "cancelled BatchRequestCounts(total=2" in printed[0]
    assert printed[-1] == "409 batch_not_cancellable A batch that is cancelled cannot be cancelled."
