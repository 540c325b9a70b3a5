"""A server of much: files that it gives and takes without keeping them, and a long list: `python -m tests.bench.depot`.

It answers as fast as asyncio can, and never holds more than a piece.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

from tests.bench.calls import BATCH

SIZE = 200 * 1_000_000
"""Bytes of a file."""
ITEMS = 10_000
"""Entries of the list of batches."""
PIECE = b"x" * 250_000
FILE = {"id": "file-1", "object": "file", "bytes": SIZE, "created_at": 1, "filename": "f", "purpose": "batch"}


@contextmanager
def serving() -> Generator[str]:
    """Run the depot in another process and yield the base URL of its API."""
    with subprocess.Popen([sys.executable, "-m", "tests.bench.depot"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.terminate()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            left = int((re.search(r"content-length: (\d+)", head, re.IGNORECASE) or [0, 0])[1])
            if "transfer-encoding: chunked" in head.lower():
                left = 0
                await _chunked(reader)
            while left:
                left -= len(await _some(reader, left))
            target = head.split(" ", 2)[1]
            if target.endswith("/content"):
                await _file(writer)
            else:
                writer.write(_json(_page(target) if "/batches" in target else FILE))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _some(reader: asyncio.StreamReader, most: int) -> bytes:
    piece = await reader.read(min(most, 1 << 18))
    if not piece:
        raise ConnectionError
    return piece


async def _chunked(reader: asyncio.StreamReader) -> None:
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()


async def _file(writer: asyncio.StreamWriter) -> None:
    writer.write(
        f"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: {SIZE}\r\n\r\n".encode()
    )
    for _ in range(SIZE // len(PIECE)):
        writer.write(PIECE)
        await writer.drain()


def _page(target: str) -> object:
    """The page of the list that follows the cursor."""
    after = re.search(r"after=batch_(\d+)", target)
    limit = int((re.search(r"limit=(\d+)", target) or [0, 100])[1])
    start = int(after[1]) + 1 if after else 0
    end = min(start + limit, ITEMS)
    data = [{**BATCH, "id": f"batch_{number}"} for number in range(start, end)]
    return {"object": "list", "data": data, "last_id": f"batch_{end - 1}", "has_more": end < ITEMS}


def _json(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve() -> None:
    """Serve until the process is ended; the port is the first line of output."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
