from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest

from portkey_client import Portkey
from portkey_mock import Gateway, GatewayTransport, ManualClock

README = Path(__file__).parents[2] / "README.md"


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The README's examples do what they say, against the mock, with the clock moved instead of waited for."""
    clock = ManualClock()
    gateway = Gateway(clock=clock)
    monkeypatch.setattr(Portkey, "_open", lambda _: httpx.Client(transport=GatewayTransport(gateway)))
    monkeypatch.setattr(time, "sleep", clock.advance)
    namespace: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL):
        exec(compile(code, str(README), "exec"), namespace)  # noqa: S102  # our own text
    printed = capsys.readouterr().out.splitlines()
    assert "cancelled BatchRequestCounts(total=2" in printed[0]
    assert "409 batch_not_cancellable A batch that is cancelled cannot be cancelled." in printed
    assert printed[-2].startswith("200 1 ")
    assert printed[-1] == "batches.retrieve 404 1 False"
