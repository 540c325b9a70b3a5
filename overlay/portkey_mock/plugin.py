"""The fixtures `portkey_mock` and `portkey`, which pytest finds by itself where this package is installed.

Nothing of the mock is imported before a test asks for a fixture.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from portkey_client import Portkey
    from portkey_mock.document import Document
    from portkey_mock.mock import Mock

_BASE = "http://portkey-mock/v1"


@pytest.fixture
def portkey_mock() -> Mock:
    """A mock gateway of this test's own: empty, on a `ManualClock` (`portkey_mock.clock`), with journal and faults.

    Override it in a `conftest.py` for another document, mode or pace.
    """
    from portkey_mock.clock import ManualClock
    from portkey_mock.mock import Mock

    return Mock(_document(), clock=ManualClock())


@pytest.fixture
def portkey(portkey_mock: Mock) -> Iterator[Portkey]:
    """A client whose every call goes to the fixture `portkey_mock`, without a socket and without waiting.

    Faults take their time on the clock of the mock. The environment is not read for credentials.
    """
    import httpx

    from portkey_client import Portkey
    from portkey_client.steps import World
    from portkey_mock.clock import ManualClock
    from portkey_mock.transport import GatewayTransport

    clock = portkey_mock.clock
    sleep = clock.advance if isinstance(clock, ManualClock) else time.sleep
    transport = GatewayTransport(portkey_mock, sleep=sleep)
    with (
        httpx.Client(transport=transport) as http,
        Portkey(
            api_key="pk-test", virtual_key="vk-test", base_url=_BASE, control_plane_url=_BASE, http_client=http
        ) as client,
    ):
        # the waits between attempts, too, are taken on the clock of the mock
        client._world = World(clock, clock, sleep=sleep)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        yield client


@cache
def _document() -> Document:
    """The document, compiled once in a process."""
    from portkey_mock.gateway import compiled_from

    return compiled_from(None)
