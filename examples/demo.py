"""Cancel a batch: upload, create, cancel, wait, read the partial results, and show what went over the wire.

``make demo`` runs it against a mock gateway that it starts itself; ``python examples/demo.py ADDRESS`` against any.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx

from portkey_api.models import Batch
from portkey_client import BatchEndedError, Portkey

SECRETS = {"x-portkey-api-key", "x-portkey-virtual-key", "authorization"}
FINAL = {"completed", "failed", "expired", "cancelled"}
DEADLINE = 30.0
"""Seconds the demo waits for a batch to end."""


def main() -> None:
    """Run the demo against the address in the arguments, or against a mock of its own."""
    if len(sys.argv) > 1:
        cancel_a_batch(sys.argv[1])
        return
    with mock_gateway() as address:
        cancel_a_batch(address)


def cancel_a_batch(address: str) -> None:
    """Take one batch from its input file to its partial results."""
    http = httpx.Client(event_hooks={"request": [show_request], "response": [show_response]})
    with http, Portkey(api_key="demo-key", virtual_key="demo-openai", base_url=address, http_client=http) as client:
        say("1. Upload a file of twenty requests")
        file = client.files.create(file=("requests.jsonl", requests(20)), purpose="batch")

        say("2. Create a batch from it")
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"demo": "yes"}
        )
        say("3. Let it work until some requests are done")
        batch = poll(client, batch, lambda now: now.request_counts is not None and now.request_counts.completed >= 3)

        say("4. Cancel it, and wait until it has stopped")
        state = client.batches.cancel(batch.id, wait=True, deadline=DEADLINE)

        say(f"5. It is {state.stage}; its partial results, {state.completed} of {state.total}")
        for result in client.batches.results(batch.id):
            line = json.dumps(result.line)
            print("  ", line if len(line) <= 160 else line[:157] + "...")

        say("6. Cancel it again: a batch that has ended is refused, with a reason")
        try:
            client.batches.cancel(batch.id)
        except BatchEndedError as error:
            print("  ", repr(error))


def poll(client: Portkey, batch: Batch, done: Callable[[Batch], bool]) -> Batch:
    """Retrieve a batch until it is as wished, or the deadline has passed."""
    started = time.monotonic()
    while not done(batch) and batch.status not in FINAL and time.monotonic() - started < DEADLINE:
        time.sleep(0.7)
        batch = client.batches.retrieve(batch.id)
    return batch


def requests(count: int) -> bytes:
    """Return a batch input file: one chat completion a line (JSONL)."""
    return b"".join(
        json.dumps(
            {
                "custom_id": f"question-{number}",
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {
                    "model": "gpt-4o-mini",
                    "messages": [{"role": "user", "content": f"What is {number} squared?"}],
                },
            }
        ).encode()
        + b"\n"
        for number in range(1, count + 1)
    )


@contextmanager
def mock_gateway() -> Generator[str, None, None]:
    """Start a mock gateway on a free port of this machine, yield its address, and stop it."""
    command = [sys.executable, "-m", "portkey_mock", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


def say(text: str) -> None:
    """Print one step."""
    print(f"\n{text}", flush=True)


def show_request(request: httpx.Request) -> None:
    """Print what is sent, without the credentials."""
    print(f"   > {request.method} {request.url}")
    for name, value in request.headers.items():
        if name.startswith("x-portkey") or name in ("authorization", "content-type"):
            print(f"   > {name}: {'***' if name in SECRETS else value}")
    if request.headers.get("content-type") == "application/json":
        print(f"   > {request.content.decode()}")


def show_response(response: httpx.Response) -> None:
    """Print what came back."""
    body = response.read().decode(errors="replace")
    print(f"   < {response.status_code} {response.headers.get('content-type', '')}")
    print(f"   < {body if len(body) <= 400 else body[:400] + '...'}".rstrip())


if __name__ == "__main__":
    main()
