"""What both services are put through, and what comes of it as data."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

import httpx

from portkey_mock import Gateway, ManualClock
from tests.mock.serving import serving

KEYS = {"api_key": "pk-test", "virtual_key": "vk-test"}
TEMPLATE = [{"role": "user", "content": "Write a greeting for {{customer}}."}]
PROMPT = {"name": "greet", "string": json.dumps(TEMPLATE), "parameters": {}, "virtual_key": "vk"}


def outcome(module: Any) -> dict[str, Any]:
    """Return all that a service gives, called as its callers would, on a mock gateway of its own."""
    clock = ManualClock()
    with serving(Gateway(clock=clock)) as address:
        made = partial(httpx.post, headers={"x-portkey-api-key": "pk-test"})
        collection = made(f"{address}/collections", json={"name": "greetings"}).json()["id"]
        prompt = made(f"{address}/prompts", json={**PROMPT, "collection_id": collection}).json()["slug"]
        return _told(module, address, prompt, clock)


def _told(module: Any, address: str, prompt: str, clock: ManualClock) -> dict[str, Any]:
    service = module.Triage(**KEYS, base_url=address)
    kept = service.start({"1": "Where is order 7?", "2": "Refund me."})
    other = service.start({"3": "Never mind."})
    result: dict[str, Any] = {
        "answer": service.answer("1", "blue", "Where is order 7?"),
        "stream": list(service.stream("Tell me a story.")),
        "vectors": service.vectors(["late parcel", "wrong size"]),
        "greeting": service.greeting(prompt, "Ada"),
        "greeting of an unknown prompt": service.greeting("nobody-made-it", "Ada"),
        "routing": service.save_routing("tickets"),
        "feedback": service.rate("1", 1),
        "at work": service.poll(kept),
        "too early": service.results(kept),
        "unknown batch": service.poll("batch_unknown"),
        "cancelled": service.cancel(other),
        "asynchronous": asyncio.run(_asynchronous(module, address)),
    }
    clock.advance(3600)
    result["over"] = [service.poll(kept), service.poll(other), service.cancel(kept)]
    result["results"] = service.results(kept)
    service.client.close()
    return result


async def _asynchronous(module: Any, address: str) -> dict[str, Any]:
    service = module.AsyncTriage(**KEYS, base_url=address)
    answers = await service.classify_all(["Where is order 7?", "Refund me."])
    pieces = [piece async for piece in service.stream("Tell me a story.")]
    await service.client.close()
    return {"answers": list(answers), "stream": pieces}
