"""The clients that are compared, as a program would build them, and the mocks they talk to."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from portkey_client import AsyncPortkey, Portkey
from portkey_mock import Gateway, ManualClock
from portkey_mock.document import Document
from portkey_mock.gateway import compiled_from
from tests.mock.serving import serving

PEERS = ("openai", "portkey-ai")
KEYS: dict[str, Any] = {"api_key": "pk-test", "virtual_key": "vk-test"}


@cache
def document() -> Document:
    """Return the document, compiled once for all mocks."""
    return compiled_from(None)


def built(name: str, address: str, kind: str = "sync") -> Any:
    """Return a client, ``sync`` or ``async``, that sends every request once, as it is given."""
    prefix = "Async" if kind == "async" else ""
    if name == "ours":
        return (AsyncPortkey if prefix else Portkey)(**KEYS, base_url=address, retries=0)
    if name == "openai":
        made = getattr(import_module("openai"), f"{prefix}OpenAI")
        headers = {f"x-portkey-{key.replace('_', '-')}": value for key, value in KEYS.items()}
        return made(api_key="sk-test", base_url=address, default_headers=headers, max_retries=0)
    made = getattr(import_module("portkey_ai"), f"{prefix}Portkey")
    peer = made(**KEYS, base_url=address, calculate_audio_duration=False)  # it would look for the file on the disk
    peer.max_retries = peer.openai_client.max_retries = 0  # it has no option for that
    return peer


@contextmanager
def served() -> Generator[tuple[str, Gateway, ManualClock]]:
    """Serve a mock; yields its address, its gateway, and the clock that both keep to."""
    clock = ManualClock()
    gateway = Gateway(document(), clock=clock)
    with serving(gateway) as address:
        yield address, gateway, clock
