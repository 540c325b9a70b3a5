"""Plain `st run` on a sample of the faults: the mock with the fault on a port of this machine, the command as it comes.

It takes half a minute for an operation. So it is not run on every fault, but on some of each kind that were drawn by
lot, and with no more operations than one needs to see the fault.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

import uvicorn

from portkey_mock import Gateway
from portkey_mock.asgi import Application
from portkey_mock.connection import Connection
from portkey_mock.message import Handler
from portkey_mock.server import listen
from tests.contract.document import DOCUMENT, Document, operations
from tests.contract.faults import FAULTS, KINDS
from tests.contract.faults.fault import STORES
from tests.contract.profiles import load

KNOWN: Final = Path(__file__).parent / "faults" / "plain.json"
_SEED: Final = "1"
_LIMIT: Final = 1200
_EACH: Final = 3
_ST: Final = Path(sys.executable).with_name("st")
_NAMES: Final = {each.name: each for each in FAULTS}

_LIST: Final = ("GET /vector_stores", "POST /vector_stores")
_STORE: Final = ("POST /vector_stores", "GET /vector_stores/{vector_store_id}")
_BATCH: Final = ("POST /files", "POST /batches", "GET /batches/{batch_id}")
_FEWER: Final[Mapping[str, tuple[str, ...]]] = {
    "wrong-object": ("POST /files", "GET /files/{file_id}"),
    "any-purpose": ("POST /files",),
    **dict.fromkeys(("list-without-data", "gap", "always-more", "order-ignored"), _LIST),
    **dict.fromkeys(("missing-field", "status-backwards"), _BATCH),
    "batch-not-listed": ("POST /files", "POST /batches", "GET /batches"),
    "content-stays": ("POST /files", "GET /files/{file_id}/content", "DELETE /files/{file_id}"),
    "no-key-for-control": ("GET /api-keys",),
}
"""The operations of a fault, where fewer do than a proof of the suite takes."""


def sample() -> list[str]:
    """The names of the faults that are measured: of each kind a few, by lot, and the first of every kind first."""
    drawn = [Random(f"7 {kind}").sample(faults, _EACH) for kind, faults in KINDS.items()]
    return [each.name for turn in zip(*drawn, strict=True) for each in turn]


def _operations(name: str) -> tuple[str, ...]:
    operations = _NAMES[name].operations
    return _FEWER.get(name, _STORE if operations == STORES else operations)


def known() -> dict[str, str]:
    """What was measured last: by fault, `found` or `not found`."""
    found: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.is_file() else {}
    return found


def measure(names: Sequence[str], told: Callable[[str], object]) -> None:
    """Runs `st run` on the faults, and keeps what it found beside what is known."""
    healthy: dict[tuple[str, ...], set[str]] = {}
    for name in names:
        wanted = _operations(name)
        if wanted not in healthy:
            healthy[wanted] = _failures(None, wanted)
            told(f"st run: healthy, {', '.join(wanted)}: {len(healthy[wanted])} reported")
        new = _failures(name, wanted) - healthy[wanted]
        told(f"st run: {name}: {', '.join(sorted(new)) or 'not found'}")
        everything = known() | {name: "found" if new else "not found"}
        KNOWN.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _failures(name: str | None, wanted: tuple[str, ...]) -> set[str]:
    """The failures that `st run` reports, each as operation and title."""
    healthy = Gateway()
    handler: Any = healthy if name is None else _NAMES[name].on(healthy)
    with _served(handler) as address, TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(_part(wanted)), encoding="utf-8")
        return _reported(_told(path, address, folder))


def _told(path: Path, address: str, folder: str) -> str:
    profile = load("mock")
    headers = [each for name, value in profile.secrets().items() for each in ("-H", f"{name}: {value}")]
    command = [
        str(_ST),
        "run",
        str(path),
        "-u",
        address,
        *headers,
        "--seed",
        _SEED,
        "--no-color",
        "--request-timeout",
        "10",
    ]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_LIMIT, check=False)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"st run has not ended after {_LIMIT} s; give it more time") from error
    if done.returncode not in (0, 1):
        raise RuntimeError(f"st run ended with {done.returncode}: {done.stderr[-300:]}")
    return done.stdout


def _reported(text: str) -> set[str]:
    """The operations and titles of the failures in the report."""
    found: set[str] = set()
    operation = ""
    for line in text.splitlines():
        heading = re.match(r"_{3,} (.+?) _{3,}$", line)
        title = re.match(r"\s*- (\S.*)$", line)
        if heading:
            operation = heading[1]
        elif title and operation:
            found.add(f"{operation}: {title[1].strip()}")
    return found


def _part(wanted: tuple[str, ...]) -> Document:
    """The document with nothing but what a profile with these operations has."""
    profile = replace(load("mock"), operations=wanted)
    paths: dict[str, Any] = {}
    for each in operations(DOCUMENT):
        if profile.has(str(each)):
            paths.setdefault(each.path, {})[each.method.lower()] = each.raw
    return {**DOCUMENT, "paths": paths}


@contextmanager
def _served(handler: Handler) -> Generator[str]:
    """The address of a gateway on a free port of this machine."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(Application(handler), http=Connection, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
