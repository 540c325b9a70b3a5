from __future__ import annotations

import pytest

from portkey_client import GATEWAYS


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the clients would read from the environment out of every test."""
    for name in (variable for gateway in GATEWAYS.values() for variable in gateway.environment.values()):
        monkeypatch.delenv(name, raising=False)
