"""A mock of the Portkey AI gateway, made from its OpenAPI document.

`Gateway` is the whole of it, without a socket. `GatewayTransport` puts it under an httpx client in the same process,
`Application` under any ASGI server, and `python -m portkey_mock` starts it on a port of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portkey_mock.asgi import Application
from portkey_mock.clock import ManualClock
from portkey_mock.document import Defect
from portkey_mock.gateway import Gateway, Snapshot
from portkey_mock.lifecycle import Pace
from portkey_mock.message import Request, Response

if TYPE_CHECKING:
    from portkey_mock.transport import GatewayTransport

__all__ = [
    "Application",
    "Defect",
    "Gateway",
    "GatewayTransport",
    "ManualClock",
    "Pace",
    "Request",
    "Response",
    "Snapshot",
]


def __getattr__(name: str) -> object:
    """Imports the httpx transport only when it is asked for: httpx takes longer to import than the mock to start."""
    if name == "GatewayTransport":
        from portkey_mock.transport import GatewayTransport  # noqa: PLC0415 - late on purpose

        return GatewayTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
