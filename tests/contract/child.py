"""A process of its own: started, waited for, and stopped whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import Final

import httpx

from tests.contract.profiles import ProfileError

_CLOSED: Final = "http://127.0.0.1:1"
"""Nothing listens there: whatever would leave this machine by a proxy ends there."""

_PORTS: Final = range(20_000, 32_000)
_STEP: Final = 0.1
_GRACE: Final = 10.0
_TAIL: Final = 12


@contextmanager
def running(
    name: str, command: Sequence[str | Path], address: str, folder: Path, environment: Mapping[str, str], limit: float
) -> Generator[None]:
    """A process for as long as this lasts, from when it answers at `address`; its log is `folder`/`name`.log.

    It is stopped with its group, so that nothing it started is left. It also ends by itself if its standard input does,
    which is how it learns that the suite was killed: the scripts in `gateways/` see to that.

    Raises:
        ProfileError: it ends, or it does not answer within `limit` seconds; the message has the end of its log.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(folder) | dict(environment),
            start_new_session=True,
        )
    try:
        _await(name, process, address, log, limit)
        yield
    finally:
        _stop(process)


def free_port() -> int:
    """A port of this machine that nobody listens on.

    It is none of those that systems hand out for connections, which somebody else could get before it is used.
    """
    for port in SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ProfileError(f"no port from {_PORTS.start} to {_PORTS.stop} is free; end what listens there")


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of our own environment but the path to programs: a gateway gets no credential by accident."""
    proxies = {f"{scheme}_proxy": _CLOSED for scheme in ("http", "https", "all")}
    upper = {name.upper(): value for name, value in proxies.items()}
    local = dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1,::1")
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"} | proxies | upper | local


def _await(name: str, process: subprocess.Popen[bytes], address: str, log: Path, limit: float) -> None:
    until = time.monotonic() + limit
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while time.monotonic() < until:
            if process.poll() is not None:
                raise ProfileError(f"{name} ended with status {process.returncode} before it answered\n{_told(log)}")
            with suppress(httpx.TransportError):
                client.get(address)
                return
            time.sleep(_STEP)
    raise ProfileError(f"{name} does not answer at {address} within {limit:g} seconds\n{_told(log)}")


def _told(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()[-_TAIL:]
    return "\n".join([f"the end of {log}:", *(f"    {line[:300]}" for line in lines)])


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdin is not None, process
        process.stdin.close()
