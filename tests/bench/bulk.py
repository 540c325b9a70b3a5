"""What ten thousand calls cost: `client.map` beside `asyncio.gather` over a semaphore, each in a process of its own."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from tests.bench.contenders import BASE, installed
from tests.bench.stub import serving
from tests.bench.table import Row

CALLS = 10_000
AT_A_TIME = 100
ANSWER = {
    "id": "chatcmpl-123",
    "object": "chat.completion",
    "created": 1694268190,
    "model": "gpt-4o-mini",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Four."}, "logprobs": None, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}
KINDS = ("async", "threads", "journal")

Ask = Callable[[dict[str, Any]], Awaitable[str]]
"""Sends one question and returns the text of its answer."""


def measure(rounds: int) -> list[Row]:
    """Wall and processor time and peak memory of all calls; a run of each contender for every four rounds."""
    runs = [(name, kind) for kind in KINDS for name in installed(CLIENTS if kind == "async" else OURS)]
    found: dict[tuple[str, str], list[list[float]]] = {run: [] for run in runs}
    with serving(ANSWER) as base_url:
        for _ in range(max(1, rounds // 4)):
            for run in runs:
                found[run].append(_run(*run, base_url))
    middle = {run: [median(column) for column in zip(*figures, strict=True)] for run, figures in found.items()}
    labels = [("s", "time"), ("s", "processor time"), ("MiB", "peak memory above the imports")]
    rows = [
        Row(f"{CALLS} chat calls, {AT_A_TIME} at a time: {label}", unit, _column(middle, "async", at))
        for at, (unit, label) in enumerate(labels)
    ]
    base = {BASE: middle[BASE, "async"][0]}
    for kind, label in (("threads", "the same from threads, 32 at a time"), ("journal", "the same, with a journal")):
        rows.append(Row(f"{label}: time (httpx: async, without)", "s", base | _column(middle, kind, 0)))
    return rows


def _column(middle: dict[tuple[str, str], list[float]], kind: str, at: int) -> dict[str, float]:
    return {name: figures[at] for (name, each), figures in middle.items() if each == kind}


def _run(name: str, kind: str, base_url: str) -> list[float]:
    command = [sys.executable, "-m", "tests.bench.bulk", name, kind, base_url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(figure) for figure in done.stdout.split()]


def _questions() -> Iterator[dict[str, Any]]:
    for number in range(CALLS):
        yield {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"What is 2 + {number}?"}]}


async def _gathered(ask: Ask) -> int:
    """Ask all questions the way most programs do."""
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(question: dict[str, Any]) -> str:
        async with gate:
            return await ask(question)

    return len("".join(await asyncio.gather(*map(one, _questions()))))


async def _httpx(base_url: str) -> int:
    httpx = import_module("httpx")
    limits = httpx.Limits(max_connections=AT_A_TIME, max_keepalive_connections=AT_A_TIME)
    async with httpx.AsyncClient(base_url=base_url, limits=limits) as client:

        async def ask(question: dict[str, Any]) -> str:
            response = await client.post("/chat/completions", json=question)
            text: str = response.raise_for_status().json()["choices"][0]["message"]["content"]
            return text

        return await _gathered(ask)


async def _openai(base_url: str) -> int:
    client = import_module("openai").AsyncOpenAI(api_key="x", base_url=base_url)

    async def ask(question: dict[str, Any]) -> str:
        answer = await client.chat.completions.create(**question)
        text: str = answer.choices[0].message.content
        return text

    return await _gathered(ask)


async def _portkey_client(base_url: str) -> int:
    count = 0
    package = import_module("portkey_client")
    async with package.AsyncPortkey(api_key="x", virtual_key="y", base_url=base_url) as client:
        async for outcome in client.map(client.chat.completions.create, _questions(), concurrency=AT_A_TIME):
            count += len(outcome.unwrap().choices[0].message.content)
    return count


def _in_threads(base_url: str, **options: Any) -> int:
    with import_module("portkey_client").Portkey(api_key="x", virtual_key="y", base_url=base_url) as client:
        outcomes = client.map(client.chat.completions.create, _questions(), **options)
        return sum(len(outcome.unwrap().choices[0].message.content) for outcome in outcomes)


async def _threads(base_url: str) -> int:
    return _in_threads(base_url)


async def _journal(base_url: str) -> int:
    from tempfile import TemporaryDirectory  # noqa: PLC0415  # the others are not to pay for it

    with TemporaryDirectory() as folder:
        return _in_threads(base_url, journal=f"{folder}/journal.jsonl")


CLIENTS = {BASE: _httpx, "portkey_client": _portkey_client, "openai": _openai}
OURS = {"portkey_client": _threads}


def _main(name: str, kind: str, base_url: str) -> None:
    """Ask all questions once and print seconds, processor seconds and MiB."""
    work = {"async": CLIENTS[name], "threads": _threads, "journal": _journal}[kind]
    import_module(name)
    before, busy, start = _peak(), process_time(), perf_counter()
    length = asyncio.run(work(base_url))
    spent, busy = perf_counter() - start, process_time() - busy
    assert length == CALLS * len("Four."), length
    print(spent, busy, _peak() - before)


def _peak() -> float:
    """Peak MiB of this process alone; what getrusage() tells may be the peak of the parent. Linux only."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    _main(*sys.argv[1:])
