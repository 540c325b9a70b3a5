"""The whole life of a batch on every gateway and every provider whose batches look different."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from portkey_client import Portkey
from portkey_client.steps import World
from portkey_mock import GatewayTransport, ManualClock, Mock
from portkey_mock.variants import PROVIDERS

OPEN = {"provider": "openai", "authorization": "Bearer sk-test"}
LIVES: list[tuple[str, dict[str, Any]]] = [
    ("portkey", {"api_key": "pk-test", "virtual_key": "vk-test"}),
    ("portkey-oss", OPEN),
    ("openai", {"api_key": "sk-test"}),
    ("respan", {"api_key": "rk-test"}),
    *(("portkey-oss", {**OPEN, "provider": provider}) for provider in sorted(PROVIDERS)),
]
REQUESTS = [
    {"custom_id": name, "body": {"model": "m", "messages": [{"role": "user", "content": "Hello."}]}} for name in "abc"
]


@pytest.mark.parametrize(("gateway", "keys"), LIVES)
def test_a_batch_lives_and_another_is_cancelled(gateway: str, keys: dict[str, Any]) -> None:
    """Submitted, waited for and read in full; and cancelled up to its end, on one clock that nobody waits for."""
    clock = ManualClock()
    with httpx.Client(transport=GatewayTransport(Mock(clock=clock, dialect=gateway))) as http:
        client = Portkey(gateway=gateway, http_client=http, **keys)
        client._world = World(clock=clock, now=clock, sleep=clock.advance, jitter=lambda: 0.5)
        batch = client.batches.submit(REQUESTS, endpoint="/v1/chat/completions")
        assert client.batches.wait(batch.id).stage == "completed"
        assert sorted(str(each.custom_id) for each in client.batches.results(batch.id)) == ["a", "b", "c"]
        other = client.batches.submit(REQUESTS, endpoint="/v1/chat/completions")
        assert client.batches.cancel(other.id, wait=True).stage == "cancelled"
