"""What the mock costs beside Prism: time to the first answer, requests a second, and memory.

Each server runs in a process of its own and is asked by this one, in turns, over 16 connections that stay open. Prism
is measured where `prism` is on the PATH (`npm install -g @stoplight/prism-cli`), silent, and with every header it needs
to live. The mock checks every request and keeps its state.
"""

from __future__ import annotations

import os
import select
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
                    rates[call][name].append(_rate(port, request(servers[name][1])))
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


def _rate(port: int, request: bytes) -> float:
    """Answers a second; every answer has to be a success.

    Plain sockets and epoll: asking must cost less than answering, or this process would be measured.
    """
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    by_number = {each.fileno(): each for each in connections}
    received = dict.fromkeys(by_number, b"")
    count, start = 0, monotonic()
    with ExitStack() as stack, select.epoll() as poll:
        for number, connection in by_number.items():
            stack.enter_context(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            poll.register(number, select.EPOLLIN)
            connection.sendall(request)
        while (now := monotonic()) < start + SECONDS:
            for number, _ in poll.poll(PATIENCE):
                answer = received[number] + _read(by_number[number])
                done = _is_complete(answer)
                received[number] = b"" if done else answer
                if done:
                    count += 1
                    by_number[number].sendall(request)
    return count / (now - start)


def _read(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def _is_complete(answer: bytes) -> bool:
    """Whether `answer` is a whole one.

    Raises:
        RuntimeError: it is no success.
    """
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"answered {head[:80]!r}")
    length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n")


def _resident(pid: int) -> float:
    """MB of memory that a process and its children hold."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(_resident(int(child)) for child in children)
