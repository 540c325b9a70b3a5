"""A server that answers every request alike, as fast as asyncio can: `python -m tests.bench.stub JSON TIMES`.

The answer is the JSON, or a stream of that many events with it, where that is more than none.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def serving(answer: object, times: int = 0) -> Generator[str]:
    """Run the stub in another process and yield the base URL of its API."""
    command = [sys.executable, "-m", "tests.bench.stub", json.dumps(answer), str(times)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.terminate()


class Stub(asyncio.Protocol):
    """One connection: for each request that is complete, the answer."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection to answer on."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer once the request is whole."""
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if end and len(body) >= _content_length(head):
            self.received = b""
            self.transport.write(self.answer)


def plain(body: str) -> bytes:
    """An answer of JSON."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def streamed(body: str, times: int) -> bytes:
    """An answer of events, each in a chunk of its own."""
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    events = [*[f"data: {body}\n\n"] * times, "data: [DONE]\n\n", ""]
    return (head + "".join(f"{len(event):x}\r\n{event}\r\n" for event in events)).encode()


def _content_length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)


async def serve(answer: bytes) -> None:
    """Serve until the process is ended; the port is the first line of output."""
    server = await asyncio.get_running_loop().create_server(lambda: Stub(answer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(streamed(sys.argv[1], int(sys.argv[2])) if int(sys.argv[2]) else plain(sys.argv[1])))
