"""A mock of the Portkey AI gateway, made from its OpenAPI document.

`Gateway` is the whole of it, without a socket, and `Mock` puts a journal and faults around it. `GatewayTransport` puts
either under an httpx client in the same process, `Application` under any ASGI server, `portkey-mock serve` starts it on
a port of its own, and `pytest` finds the fixtures `portkey_mock` and `portkey` by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from portkey_mock.asgi import Application
    from portkey_mock.clock import ManualClock
    from portkey_mock.delivery import Delivery
    from portkey_mock.document import Defect
    from portkey_mock.faults import Fault, FaultPlan
    from portkey_mock.gateway import Gateway, Snapshot
    from portkey_mock.journal import Calls, Entry, Journal
    from portkey_mock.lifecycle import Pace
    from portkey_mock.message import Handler, Request, Response
    from portkey_mock.mock import Mock
    from portkey_mock.record import RecordingTransport
    from portkey_mock.recording import Replay, load_recording
    from portkey_mock.transport import GatewayTransport

__all__ = [
    "Application",
    "Calls",
    "Defect",
    "Delivery",
    "Entry",
    "Fault",
    "FaultPlan",
    "Gateway",
    "GatewayTransport",
    "Handler",
    "Journal",
    "ManualClock",
    "Mock",
    "Pace",
    "RecordingTransport",
    "Replay",
    "Request",
    "Response",
    "Snapshot",
    "load_recording",
]

_HOMES: Final = {
    "Application": "asgi",
    "Calls": "journal",
    "Defect": "document",
    "Delivery": "delivery",
    "Entry": "journal",
    "Fault": "faults",
    "FaultPlan": "faults",
    "Gateway": "gateway",
    "GatewayTransport": "transport",
    "Handler": "message",
    "Journal": "journal",
    "ManualClock": "clock",
    "Mock": "mock",
    "Pace": "lifecycle",
    "RecordingTransport": "record",
    "Replay": "recording",
    "Request": "message",
    "Response": "message",
    "Snapshot": "gateway",
    "load_recording": "recording",
}


def __getattr__(name: str) -> object:
    """Imports a module when something of it is asked for: pytest imports this package in every run, for fixtures."""
    if name in _HOMES:
        return getattr(import_module(f"portkey_mock.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
