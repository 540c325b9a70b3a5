"""Plain `st run` on the faults: the gateway with the fault on a port of this machine, the command as it comes.

It takes a third of a minute for an operation, so that it gets no more operations than one needs to see the fault.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import uvicorn

from portkey_mock import Gateway
from portkey_mock.asgi import Application
from portkey_mock.connection import Connection
from portkey_mock.message import Handler
from portkey_mock.server import listen
from tests.contract import stranger
from tests.contract.document import DOCUMENT, Document, operations
from tests.contract.faults import FAULTS
from tests.contract.faults.fault import STORES
from tests.contract.profiles import Profile, load
from tests.contract.stranger import Stranger

KNOWN: Final = Path(__file__).parent / "faults" / "plain.json"
_SEED: Final = "1"
_LIMIT: Final = 1800
_PARTS: Final = 2
_ST: Final = Path(sys.executable).with_name("st")
_NAMES: Final = {each.name: each for each in FAULTS}

_STORE: Final = ("POST /vector_stores", "GET /vector_stores/{vector_store_id}")
_LIST: Final = ("GET /vector_stores", "POST /vector_stores")
_FILE: Final = ("POST /files", "GET /files/{file_id}")
_CONTENT: Final = (*_FILE, "GET /files/{file_id}/content")
_FILES: Final = ("POST /files", "GET /files")
_BATCH: Final = ("POST /files", "POST /batches", "GET /batches/{batch_id}")
_BATCHES: Final = ("POST /files", "POST /batches", "GET /batches")
_CANCEL: Final = (*_BATCH, "POST /batches/{batch_id}/cancel")
_CHAT: Final = ("POST /chat/completions",)

_GROUPS: Final[Mapping[tuple[str, ...], str]] = {
    _LIST: """
        list-without-data milliseconds-in-list redirect refuses-query other-tenant name-in-list not-listed list-changes
        cursor-ignored repeat gap one-page limit-ignored limit-off-by-one always-more never-more wrong-last-id
        order-ignored crash-on-list hang reset unseen-full-means-more unseen-crash-after unseen-crash-on-nothing
    """,
    (*_STORE, "DELETE /vector_stores/{vector_store_id}"): """
        flag-as-text no-content no-key-to-delete not-deleted resurrected deletes-unknown unseen-others-delete
    """,
    (*_LIST, "DELETE /vector_stores/{vector_store_id}"): "deleted-in-list",
    (*_STORE, "POST /vector_stores/{vector_store_id}"): "lost-update updates-all update-wipes",
    (
        *_STORE,
        "POST /vector_stores/{vector_store_id}",
        "DELETE /vector_stores/{vector_store_id}",
    ): "unseen-update-revives",
    _STORE: "unseen-any-scheme unseen-late unseen-crash-on-percent unseen-panic",
    ("POST /files",): "empty-body any-purpose any-form refuses-good-form unseen-file-without-name unseen-no-user-data",
    _FILES: """
        null-list object-for-list item-without-id unordered unseen-others-list unseen-after-includes
        unseen-any-purpose-listed
    """,
    _FILE: "text-as-number list-for-object wrong-object unseen-file-moved unseen-others-file",
    (*_FILE, "DELETE /files/{file_id}"): "unseen-deletes-all",
    _CONTENT: "no-key-for-content byte-less line-ends wrong-size unseen-content-as-html",
    ("POST /files", "GET /files/{file_id}/content", "DELETE /files/{file_id}"): "content-stays",
    _BATCH: """
        missing-field missing-inner-field fraction wrong-enum no-json milliseconds any-batch status-backwards
        counts-backwards times-out-of-order never-ends no-output batch-metadata stalls unseen-created
        unseen-any-file unseen-metadata-of-the-last made-twice made-once-for-all
    """,
    _BATCHES: "any-query batch-not-listed unseen-counts-as-text",
    _CANCEL: """
        null number-as-text cancel-ended cancel-completed cancel-forgotten cancel-ignored cancelled-completes
        crash-on-conflict crash-in-a-state unseen-empty-cancel unseen-open-cancel unseen-never-cancelled
    """,
    (*_BATCH, "GET /batches/{batch_id}/output", "GET /files/{file_id}/content"): """
        early-output file-as-json half-the-output
    """,
    _CHAT: """
        unseen-created-in-milliseconds unseen-any-role unseen-no-done-with-usage unseen-one-line-end
        unseen-second-never-ends unseen-chunk-as-whole unseen-hang-on-many
    """,
    ("GET /models",): "unseen-key-in-models unseen-offset-ignored",
    ("GET /guardrails", "POST /guardrails"): "bad-date",
    ("GET /api-keys",): "no-key-for-control",
}
"""Where fewer operations show a fault than a proof of the suite takes: those, and the names of the faults."""

_FEWER: Final = {name: wanted for wanted, names in _GROUPS.items() for name in names.split()}


@dataclass(frozen=True)
class Plainly:
    """What came of `st run` on one fault.

    Attributes:
        reported: operation and title of each failure that it does not report where there is no fault.
        seconds: of processor time, with those of the gateway.
    """

    reported: tuple[str, ...]
    seconds: float


def fewer(name: str) -> tuple[str, ...]:
    """The operations that one needs to see a fault."""
    operations = _NAMES[name].operations
    return _FEWER.get(name, _STORE if operations == STORES else operations)


def known() -> dict[str, Plainly]:
    """What was measured last, by the name of the fault."""
    if not KNOWN.is_file():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return {name: Plainly(tuple(each["reported"]), each["seconds"]) for name, each in found.items()}


def measure(names: Sequence[str], told: Callable[[str], object]) -> None:
    """Runs `st run` on the faults, and keeps what it found beside what is known."""
    wanted = sorted({(_NAMES[name].at == "stranger", fewer(name)) for name in names})
    with ProcessPoolExecutor(_PARTS, get_context("spawn")) as pool:
        healthy = {each: pool.submit(_failures, None, *each) for each in wanted}
        faulty = {pool.submit(_failures, name, _NAMES[name].at == "stranger", fewer(name)): name for name in names}
        for done in as_completed(faulty):
            name, (reported, seconds) = faulty[done], done.result()
            usual, _ = healthy[_NAMES[name].at == "stranger", fewer(name)].result()
            plainly = Plainly(tuple(sorted(reported - usual)), round(seconds, 1))
            told(f"st run: {name}: {', '.join(plainly.reported) or 'nothing'}, {seconds:.0f} s")
            _keep(known() | {name: plainly})


def _keep(found: Mapping[str, Plainly]) -> None:
    written = {name: asdict(each) for name, each in found.items() if name in _NAMES}
    KNOWN.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _failures(name: str | None, strange: bool, wanted: tuple[str, ...]) -> tuple[set[str], float]:
    """The failures that `st run` reports, each as operation and title, and the seconds of processor time."""
    began = sum(os.times()[:4])
    healthy: Gateway | Stranger = Stranger() if strange else Gateway()
    handler: Any = healthy if name is None else _NAMES[name].on(healthy)
    profile = replace(stranger.PROFILE if strange else load("mock"), operations=wanted)
    with _served(handler) as address, TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(_part(profile)), encoding="utf-8")
        reported = _reported(_told(path, profile, address))
    return reported, sum(os.times()[:4]) - began


def _told(path: Path, profile: Profile, address: str) -> str:
    headers = [each for name, value in profile.secrets().items() for each in ("-H", f"{name}: {value}")]
    command = [str(_ST), "run", str(path), "-u", address, *headers, "--seed", _SEED, "--no-color"]
    limits = ["--request-timeout", "1"]
    try:
        done = subprocess.run(
            command + limits, cwd=path.parent, capture_output=True, text=True, timeout=_LIMIT, check=False
        )
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


def _part(profile: Profile) -> Document:
    """The document with nothing but the operations of a profile."""
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
