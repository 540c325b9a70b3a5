"""What one call costs: `batches.cancel`, from method call to result, against a stub server in another process."""

from collections.abc import Callable
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


def measure(rounds: int) -> list[Row]:
    """One synchronous call of each contender over a connection that stays open."""
    with serving(BATCH) as base_url:
        calls = {name: make(base_url) for name, make in installed(CLIENTS).items()}
        seconds = race(calls, rounds)
    return [Row("one call, `batches.cancel`", "us", {name: value * 1e6 for name, value in seconds.items()})]


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
