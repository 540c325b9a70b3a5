"""What a call costs: `batches.cancel`, from method call to result, against a stub server in another process."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module

from tests.bench.contenders import BASE, installed
from tests.bench.race import race
from tests.bench.stub import serving
from tests.bench.table import Row

BATCH = {
    "id": "batch_abc123",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "errors": None,
    "input_file_id": "file-abc123",
    "completion_window": "24h",
    "status": "cancelling",
    "output_file_id": None,
    "error_file_id": None,
    "created_at": 1711471533,
    "in_progress_at": 1711471538,
    "expires_at": 1711557933,
    "cancelling_at": 1711475133,
    "cancelled_at": None,
    "request_counts": {"total": 100, "completed": 23, "failed": 1},
    "metadata": {"customer_id": "user_123456789", "batch_description": "Nightly eval job"},
}


CROWD = 100
"""How many calls are under way at once."""
TURNS = 5
"""How many calls each of the crowd makes, one after another."""

AsyncCall = Callable[[], Awaitable[object]]


def measure(rounds: int) -> list[Row]:
    """One synchronous call, one asynchronous call, and a crowd of these, over connections that stay open."""
    with serving(BATCH) as base_url, asyncio.Runner() as loop:
        calls = {name: make(base_url) for name, make in installed(CLIENTS).items()}
        seconds = race(calls, rounds)
        made = {name: make(base_url) for name, make in installed(ASYNC_CLIENTS).items()}
        alone = race({name: _run(loop, _in_turn(call)) for name, call in made.items()}, rounds)
        crowd = race({name: _run(loop, _at_once(call)) for name, call in made.items()}, rounds)
    return [
        Row("one call, `batches.cancel`", "us", {name: value * 1e6 for name, value in seconds.items()}),
        Row("one async call", "us", {name: value * 1e6 / CROWD for name, value in alone.items()}),
        Row(f"{CROWD} async calls in flight", "ms", {name: value * 1e3 / TURNS for name, value in crowd.items()}),
    ]


def _run(loop: asyncio.Runner, work: AsyncCall) -> Callable[[], object]:
    return lambda: loop.run(work())  # type: ignore[arg-type]


def _in_turn(call: AsyncCall) -> AsyncCall:
    async def work() -> None:
        for _ in range(CROWD):
            await call()

    return work


def _at_once(call: AsyncCall) -> AsyncCall:
    async def turns() -> None:
        for _ in range(TURNS):
            await call()

    async def work() -> None:
        await asyncio.gather(*(turns() for _ in range(CROWD)))

    return work


def _httpx(base_url: str) -> Callable[[], object]:
    client = import_module("httpx").Client(base_url=base_url, headers={"x-portkey-api-key": "x"})

    def call() -> object:
        return client.post("/batches/batch_abc123/cancel").raise_for_status().json()

    return call


def _portkey_client(base_url: str) -> Callable[[], object]:
    client = import_module("portkey_client").Portkey(api_key="x", virtual_key="y", base_url=base_url)
    return lambda: client.batches.cancel("batch_abc123")


def _openai(base_url: str) -> Callable[[], object]:
    client = import_module("openai").OpenAI(api_key="x", base_url=base_url)
    return lambda: client.batches.cancel("batch_abc123")


def _portkey_ai(base_url: str) -> Callable[[], object]:
    client = import_module("portkey_ai").Portkey(api_key="x", virtual_key="y", base_url=base_url)
    return lambda: client.batches.cancel("batch_abc123")


CLIENTS = {BASE: _httpx, "portkey_client": _portkey_client, "openai": _openai, "portkey_ai": _portkey_ai}


def _async_httpx(base_url: str) -> AsyncCall:
    client = import_module("httpx").AsyncClient(base_url=base_url, headers={"x-portkey-api-key": "x"})

    async def call() -> object:
        return (await client.post("/batches/batch_abc123/cancel")).raise_for_status().json()

    return call


def _async_portkey_client(base_url: str) -> AsyncCall:
    client = import_module("portkey_client").AsyncPortkey(api_key="x", virtual_key="y", base_url=base_url)
    return lambda: client.batches.cancel("batch_abc123")


def _async_openai(base_url: str) -> AsyncCall:
    client = import_module("openai").AsyncOpenAI(api_key="x", base_url=base_url)
    return lambda: client.batches.cancel("batch_abc123")


def _async_portkey_ai(base_url: str) -> AsyncCall:
    client = import_module("portkey_ai").AsyncPortkey(api_key="x", virtual_key="y", base_url=base_url)
    return lambda: client.batches.cancel("batch_abc123")


ASYNC_CLIENTS = {
    BASE: _async_httpx,
    "portkey_client": _async_portkey_client,
    "openai": _async_openai,
    "portkey_ai": _async_portkey_ai,
}
