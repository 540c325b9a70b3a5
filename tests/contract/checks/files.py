"""Files come back byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tests.contract.bodies import LINE
from tests.contract.check import Check, Problem
from tests.contract.world import World, parsed

_UPLOAD: Final = "POST /files"
_READ: Final = "GET /files/{file_id}"
_CONTENT: Final = "GET /files/{file_id}/content"
_DELETE: Final = "DELETE /files/{file_id}"


def _bytes(world: World) -> Iterator[Problem]:
    for purpose, content in _contents(world):
        answer = world.send(_UPLOAD, {}, {"purpose": purpose, "file": content})
        file = parsed(answer)
        if answer.status >= 300 or not isinstance(file, dict) or "id" not in file:
            continue
        ids = {"file_id": str(file["id"])}
        if isinstance(file.get("bytes"), int) and file["bytes"] != len(content):
            yield Problem(f"A file of {len(content)} bytes is said to have {file['bytes']}.", world.last())
        if file.get("purpose", purpose) != purpose:
            yield Problem(f"A file for {purpose} is said to be for {file['purpose']}.", world.last())
        came = world.send(_CONTENT, ids)
        if came.status < 300 and came.body != content:
            yield Problem(f"A file of {len(content)} bytes comes back as other {len(came.body)}.", world.last())
        if world.has(_DELETE) and world.send(_DELETE, ids).status < 300 and world.send(_CONTENT, ids).status < 300:
            yield Problem("The content of a file that was deleted is still there.", world.last())


def _contents(world: World) -> Iterator[tuple[str, bytes]]:
    rows = "\r\n".join(
        json.dumps({**LINE, "custom_id": each}, ensure_ascii=False) for each in ("ü", "\u2028", "x" * 99)
    )
    yield "batch", rows.encode() + b"\n"
    yield "user_data", bytes(range(256)) * 3 + b"--limit\n\r\r\n"
    yield "user_data", world.random.randbytes(150_000)


CHECKS: Final = (
    Check("file_bytes", "Files come back byte for byte.", "/responses", needs=(_UPLOAD, _CONTENT), make=_bytes),
)
