"""What a chunk of a streamed chat completion costs, its text read, from a stub server in another process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from tests.bench.contenders import BASE, installed
from tests.bench.race import race
from tests.bench.stub import serving
from tests.bench.table import Row

CHUNK = {
    "id": "chatcmpl-123",
    "object": "chat.completion.chunk",
    "created": 1694268190,
    "model": "gpt-4o-mini",
    "system_fingerprint": "fp_44709d6fcb",
    "choices": [{"index": 0, "delta": {"content": " Hello"}, "logprobs": None, "finish_reason": None}],
}
CHUNKS = 1000
"""How many chunks a stream has."""
ASKED: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}], "stream": True}


def measure(rounds: int) -> list[Row]:
    """A stream read to its end, by the synchronous and by the asynchronous client; time for each chunk."""
    with serving(CHUNK, CHUNKS) as base_url, asyncio.Runner() as loop:
        seconds = race({name: make(base_url) for name, make in installed(CLIENTS).items()}, rounds)
        made = {name: make(base_url) for name, make in installed(ASYNC_CLIENTS).items()}
        alone = race({name: _run(loop, read) for name, read in made.items()}, rounds)
    return [
        Row(
            "a chunk of a chat stream, its text read",
            "us",
            {name: each * 1e6 / CHUNKS for name, each in seconds.items()},
        ),
        Row("the same, async", "us", {name: each * 1e6 / CHUNKS for name, each in alone.items()}),
    ]


def _run(loop: asyncio.Runner, read: Callable[[], Awaitable[int]]) -> Callable[[], object]:
    return lambda: _complete(loop.run(read()))  # type: ignore[arg-type]


def _complete(count: int) -> None:
    """Refuse a result that skipped something."""
    assert count == CHUNKS * len(" Hello"), count


def _httpx(base_url: str) -> Callable[[], object]:
    client = import_module("httpx").Client(base_url=base_url)

    def read() -> None:
        count = 0
        with client.stream("POST", "/chat/completions", json=ASKED) as response:
            for line in response.iter_lines():
                if line.startswith("data: {"):
                    count += len(json.loads(line[6:])["choices"][0]["delta"]["content"])
        _complete(count)

    return read


def _reading(client: Any) -> Callable[[], object]:
    def read() -> None:
        stream = client.chat.completions.create(**ASKED)
        _complete(sum(len(chunk.choices[0].delta.content) for chunk in stream))

    return read


def _portkey_client(base_url: str) -> Callable[[], object]:
    return _reading(import_module("portkey_client").Portkey(api_key="x", virtual_key="y", base_url=base_url))


def _openai(base_url: str) -> Callable[[], object]:
    return _reading(import_module("openai").OpenAI(api_key="x", base_url=base_url))


def _portkey_ai(base_url: str) -> Callable[[], object]:
    return _reading(import_module("portkey_ai").Portkey(api_key="x", virtual_key="y", base_url=base_url))


CLIENTS = {BASE: _httpx, "portkey_client": _portkey_client, "openai": _openai, "portkey_ai": _portkey_ai}


def _async_httpx(base_url: str) -> Callable[[], Awaitable[int]]:
    client = import_module("httpx").AsyncClient(base_url=base_url)

    async def read() -> int:
        count = 0
        async with client.stream("POST", "/chat/completions", json=ASKED) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    count += len(json.loads(line[6:])["choices"][0]["delta"]["content"])
        return count

    return read


def _reading_async(client: Any) -> Callable[[], Awaitable[int]]:
    async def read() -> int:
        stream = await client.chat.completions.create(**ASKED)
        return sum([len(chunk.choices[0].delta.content) async for chunk in stream])

    return read


def _async_portkey_client(base_url: str) -> Callable[[], Awaitable[int]]:
    return _reading_async(import_module("portkey_client").AsyncPortkey(api_key="x", virtual_key="y", base_url=base_url))


def _async_openai(base_url: str) -> Callable[[], Awaitable[int]]:
    return _reading_async(import_module("openai").AsyncOpenAI(api_key="x", base_url=base_url))


def _async_portkey_ai(base_url: str) -> Callable[[], Awaitable[int]]:
    return _reading_async(import_module("portkey_ai").AsyncPortkey(api_key="x", virtual_key="y", base_url=base_url))


ASYNC_CLIENTS = {
    BASE: _async_httpx,
    "portkey_client": _async_portkey_client,
    "openai": _async_openai,
    "portkey_ai": _async_portkey_ai,
}
