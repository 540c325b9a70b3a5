"""Everything at once against a mock on a port: schemathesis in all its phases, and bytes that are nearly requests.

`make test` takes a sample. For all of it: `.venv/bin/python -m tests.mock.fuzz --every 1 --examples 50 --steps 500
--requests 20000`, with `PYTHONPATH=.`; the exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from portkey_mock.message import Request, Response
from tests.contract.document import DOCUMENT, operations
from tests.contract.suite import Outcome, try_alone, try_sequences
from tests.contract.target import CREDENTIALS, Target
from tests.contract.wire import Send, over_http
from tests.mock import spec
from tests.mock.test_robustness import alive, exchange, post, statuses
from tests.mock.test_transports import serve

WEBSOCKET = (
    b"GET /v1/realtime?model=m HTTP/1.1\r\nhost: mock\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nx-portkey-api-key: k\r\n"
    b"x-portkey-virtual-key: v\r\n\r\n\x81\x82\x00\x00\x00\x00{}"
)
GOOD = (
    post("/chat/completions", b'{"model":"m","messages":[{"role":"user","content":"Hello"}],"stream":true}'),
    post(
        "/files", spec.multipart({"purpose": "batch"}, {"file": b"{}"})[1], media="multipart/form-data; boundary=limit"
    ),
    post("/threads/runs", b'{"assistant_id":"a"}').replace(b"content-length: 20", b"transfer-encoding: chunked"),
    b"GET /v1/files?limit=2&after=x HTTP/1.1\r\nhost: mock\r\nx-portkey-api-key: k\r\nconnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    WEBSOCKET,
)
"""Requests to be spoilt."""

WRONG = frozenset({"could_not_be_tried", "not_a_server_error"})
"""What schemathesis calls an answer that did not come, or one that should not have."""


@dataclass(frozen=True)
class Door:
    """The way to a gateway on a port."""

    send: Send

    def handle(self, request: Request) -> Response:
        """What the gateway answers."""
        return self.send(request)


@dataclass
class Told:
    """What came of it: how many answers of each status, and what was wrong."""

    answers: Counter[int] = field(default_factory=Counter[int])
    wrong: list[str] = field(default_factory=list[str])

    def add(self, outcome: Outcome) -> None:
        """Takes note of what schemathesis found."""
        for (operation, status), count in outcome.answers.items():
            self.answers[status] += count
            self.wrong += [f"{operation}: {status}"] if status >= 500 else []
        self.wrong += [str(each) for each in outcome.findings if each.check in WRONG]


_LOGGED = re.compile(
    r"\d\d:\d\d:\d\d \S+ .* (\d\d\d|reset) [\d.]+ ms \S+$|WARNING:  (Invalid HTTP|Unsupported upgrade) request"
)
"""A line of the log (see `portkey_mock.server.log`), or what uvicorn says of bytes that are no request."""


@contextmanager
def served() -> Generator[str]:
    """The address of a mock in a process of its own, which has to be the same one at the end, and to end well.

    Raises:
        AssertionError: it is not, or it wrote something else to standard error than a line for each request.
    """
    with TemporaryFile("w+") as log, serve(stderr=log) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
            assert process.poll() is None, "the mock has ended"
        finally:
            process.terminate()
        assert process.wait(timeout=60) == 0
        log.seek(0)
        strange = [line for line in log if not _LOGGED.match(line)]
        assert not strange, "".join(strange[:20])


def fuzz(address: str, *, every: int, examples: int, steps: int, requests: int) -> Told:
    """Tries every `every`-th operation alone, `steps` sequences of operations, and spoilt bytes `requests` times."""
    told = Told()
    with over_http(address, 60) as send:
        door = Door(send)
        target = Target("the served mock", CREDENTIALS, ("2xx", "426"), lambda _: door, base_url=address)
        for operation in list(operations(DOCUMENT))[::every]:
            told.add(try_alone(target, DOCUMENT, operation, examples=examples))
        told.add(try_sequences(target, DOCUMENT, examples=steps))
    split = urlsplit(address)
    place = (str(split.hostname), int(split.port or 0))
    random = Random(1)
    for number in range(requests):
        sent = spoilt(random, GOOD[number % len(GOOD)])
        for status in statuses(exchange(place, sent)):
            told.answers[status] += 1
            told.wrong += [f"{status} to {sent!r}"] if status >= 500 else []
    alive(place)
    return told


def spoilt(random: Random, sent: bytes) -> bytes:
    """A request with some bytes lost, doubled or replaced by others."""
    for _ in range(random.randint(1, 4)):
        start, length = random.randrange(len(sent) + 1), random.choice((0, 1, 1, 2, 20))
        kept = sent[start : start + length]
        instead = random.choice((b"", kept * 2, random.randbytes(length), b"\r\n", b"\x00", b"%", b"9" * 40))
        sent = sent[:start] + instead + sent[start + length :]
    return sent


def main() -> None:
    """Says what came of it."""
    parser = argparse.ArgumentParser()
    for name, usual in (("every", 1), ("examples", 20), ("steps", 100), ("requests", 2000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    options = vars(parser.parse_args())
    with served() as address:
        told = fuzz(address, **options)
        print(f"{sum(told.answers.values())} answers: {dict(sorted(told.answers.items()))}; {len(told.wrong)} wrong")  # noqa: T201
        print("\n\n".join(told.wrong[:20]))  # noqa: T201
    sys.exit(1 if told.wrong else 0)


if __name__ == "__main__":
    main()
