"""The output of a batch that failed: there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.contract.check import Check, Problem
from tests.contract.world import World, parsed

_UPLOAD: Final = "POST /files"
_CREATE: Final = "POST /batches"
_READ: Final = "GET /batches/{batch_id}"
_OUTPUT: Final = "GET /batches/{batch_id}/output"
_ENDED: Final = ("completed", "failed", "expired", "cancelled")


def _failed(world: World) -> Iterator[Problem]:
    """A batch whose file holds nothing that can be done fails, unless it is refused at once."""
    file = parsed(world.send(_UPLOAD, {}, {"purpose": "batch", "file": b"no JSON, and nothing to do\n"}))
    if not isinstance(file, dict) or "id" not in file:
        return
    body = {**world.body(world.operations[_CREATE]), "input_file_id": file["id"]}
    made = parsed(world.send(_CREATE, {}, body))
    if not isinstance(made, dict) or "id" not in made:
        return
    ids = {"batch_id": str(made["id"])}
    left = world.profile.patience
    while left > 0 and _status(world, ids) not in _ENDED:
        world.wait(1.0)
        left -= 1.0
    if _status(world, ids) == "failed" and world.send(_OUTPUT, ids).status < 300:
        yield Problem("A batch that failed and has no output file has an output.", world.last())


def _status(world: World, ids: dict[str, str]) -> str:
    batch = parsed(world.send(_READ, ids))
    return str(batch.get("status")) if isinstance(batch, dict) else ""


CHECKS: Final = (
    Check(
        "batch_failed_output",
        "A failed batch has no output.",
        "/responses",
        needs=(_UPLOAD, _CREATE, _READ, _OUTPUT),
        make=_failed,
    ),
)
