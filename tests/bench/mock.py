"""What the mock costs beside Prism: time to the first answer, requests a second, and memory.

Each server runs in a process of its own and is asked by this one, in turns, over 16 connections that stay open. Prism
is measured where `prism` is on the PATH (`npm install -g @stoplight/prism-cli`), silent, and with every header it needs
to live. The mock checks every request and keeps its state.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, sleep

from tests.bench.table import PRISM, Row

DOCUMENT = Path(__file__).parents[2] / "generated" / "portkey_api" / "openapi.json"
CONNECTIONS = 16
SECONDS = 1.0
"""How long one round of requests goes on."""
ROUNDS = 5
PATIENCE = 60.0
"""Seconds that a server has to start."""

CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'
HEADERS = (
    "host: 127.0.0.1\r\nx-portkey-api-key: pk\r\nx-portkey-virtual-key: vk\r\nx-portkey-metadata: {}\r\n"
    "content-type: application/json\r\n"
)


def _request(method: str, path: str, body: bytes = b"") -> bytes:
    return f"{method} {path} HTTP/1.1\r\n{HEADERS}content-length: {len(body)}\r\n\r\n".encode() + body


CALLS: Mapping[str, Callable[[str], bytes]] = {
    "cancel a batch": lambda prefix: _request("POST", f"{prefix}/batches/batch_abc123/cancel"),
    "chat completion": lambda prefix: _request("POST", f"{prefix}/chat/completions", CHAT),
    "list of files": lambda prefix: _request("GET", f"{prefix}/files"),
}


def _ours(port: int) -> list[str]:
    return [sys.executable, "-m", "portkey_mock", "--port", str(port), "--mode", "document"]


def _prism(port: int) -> list[str]:
    return ["prism", "mock", "-h", "127.0.0.1", "-p", str(port), "-v", "silent", str(DOCUMENT)]


SERVERS = {PRISM: (_prism, ""), "portkey_client": (_ours, "/v1")}


def measure(rounds: int) -> list[Row]:
    """Start-up, speed and memory of the mock, and of Prism where there is one."""
    servers = {name: server for name, server in SERVERS.items() if name != PRISM or _has_prism()}
    rates: dict[str, dict[str, list[float]]] = {call: {name: [] for name in servers} for call in CALLS}
    with ExitStack() as stack:
        running = {name: stack.enter_context(_serving(*server)) for name, server in servers.items()}
        for _ in range(min(rounds, ROUNDS)):
            for call, request in CALLS.items():
                for name, (port, _, _) in running.items():
                    rates[call][name].append(asyncio.run(_rate(port, request(servers[name][1]))))
        memory = {name: _resident(process.pid) for name, (_, process, _) in running.items()}
    return [
        Row("start to first answer", "s", {name: seconds for name, (_, _, seconds) in running.items()}),
        *(Row(call, "req/s", {name: median(each) for name, each in rates[call].items()}) for call in CALLS),
        Row("memory afterwards", "MB", memory),
    ]


def _has_prism() -> bool:
    found = shutil.which("prism") is not None
    if not found:
        print("skipped: prism is not on the PATH", file=sys.stderr)
    return found


@contextmanager
def _serving(command: Callable[[int], list[str]], prefix: str) -> Generator[tuple[int, subprocess.Popen[bytes], float]]:
    """Runs a server in another process; yields its port, the process, and the seconds until its first answer."""
    port = _free_port()
    start = perf_counter()
    with tempfile.TemporaryFile() as log, subprocess.Popen(command(port), stdout=log, stderr=log) as process:
        try:
            _wait(port, CALLS["list of files"](prefix))
            yield port, process, perf_counter() - start
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(port: int, request: bytes) -> None:
    deadline = monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
                connection.sendall(request)
                if connection.recv(1):
                    return
        except OSError:
            if monotonic() > deadline:
                raise
            sleep(0.005)


async def _rate(port: int, request: bytes) -> float:
    """Answers a second; every answer has to be a success."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SECONDS
    connections = [
        await loop.create_connection(lambda: _Connection(request, end), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    start = loop.time()
    counts = await asyncio.gather(*(connection.finished for _, connection in connections))
    return sum(counts) / (loop.time() - start)


class _Connection(asyncio.Protocol):
    """Sends one request after the other and counts the answers, as cheaply as can be."""

    def __init__(self, request: bytes, end: float) -> None:
        self._request = request
        self._end = end
        self._count = 0
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[int] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or not _is_complete(bytes(head).lower(), body):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.finished.set_exception(RuntimeError(f"answered {bytes(head[:80])!r}"))
            self._transport.close()
            return
        self._received.clear()
        self._count += 1
        if self._loop.time() < self._end:
            self._transport.write(self._request)
        else:
            self.finished.set_result(self._count)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(exc or ConnectionError("the server closed the connection"))


def _is_complete(head: bytes, body: bytes | bytearray) -> bool:
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n")


def _resident(pid: int) -> float:
    """MB of memory that a process and its children hold."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(_resident(int(child)) for child in children)
