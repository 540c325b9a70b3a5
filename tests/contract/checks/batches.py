"""The life of a batch: made from a file, followed to its end, cancelled on the way, cancelled too late."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from tests.contract.bodies import LINE
from tests.contract.check import Check, Problem
from tests.contract.world import World, items, parsed

_UPLOAD: Final = "POST /files"
_CONTENT: Final = "GET /files/{file_id}/content"
_CREATE: Final = "POST /batches"
_READ: Final = "GET /batches/{batch_id}"
_CANCEL: Final = "POST /batches/{batch_id}/cancel"
_OUTPUT: Final = "GET /batches/{batch_id}/output"
_LIST: Final = "GET /batches"

_RANKS: Final = {
    "validating": 0,
    "in_progress": 1,
    "finalizing": 2,
    "cancelling": 2,
    "completed": 3,
    "failed": 3,
    "expired": 3,
    "cancelled": 3,
}
"""How far a batch is. It never gets back to a lower number, and from the highest it goes nowhere."""

_TIMES: Final = (
    ("created_at", "in_progress_at", "finalizing_at", "completed_at"),
    ("created_at", "in_progress_at", "cancelling_at", "cancelled_at"),
    ("created_at", "failed_at"),
    ("created_at", "expires_at"),
)
_MOMENT_OF: Final = {"completed": "completed_at", "failed": "failed_at", "cancelled": "cancelled_at"}
_LATEST: Final = 100_000_000_000
"""Seconds since 1970 in the year 5138; anything above it is milliseconds."""


def _made(world: World, lines: int = 4, team: str = "blue") -> dict[str, Any] | None:
    """A batch of its own, just made; None if the gateway refuses, which `succeeds` says."""
    rows = [{**LINE, "custom_id": f"row-{number}"} for number in range(lines)]
    jsonl = "\n".join(map(json.dumps, rows)).encode()
    body = dict(world.body(world.operations[_CREATE]))
    if world.has(_UPLOAD) and _CREATE not in world.profile.bodies:
        file = parsed(world.send(_UPLOAD, {}, {"purpose": "batch", "file": jsonl}))
        body["input_file_id"] = file.get("id") if isinstance(file, dict) else None
    answer = world.send(_CREATE, {}, body | {"metadata": {"team": team}})
    made = parsed(answer)
    return made if 200 <= answer.status < 300 and isinstance(made, dict) and "id" in made else None


def _read(world: World, batch: dict[str, Any]) -> dict[str, Any]:
    found = parsed(world.send(_READ, {"batch_id": str(batch["id"])}))
    return found if isinstance(found, dict) else {}


def _followed(world: World, batch: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The batch as it looks from now on, until it has ended or patience has."""
    left = world.profile.patience
    while left > 0:
        seen = _read(world, batch)
        yield seen
        if _RANKS.get(str(seen.get("status"))) == 3:
            return
        world.wait(1.0)
        left -= 1.0


def _life(world: World) -> Iterator[Problem]:
    """Followed without a hand on it, a batch only goes forward, and ends."""
    batch = _made(world)
    if batch is None:
        return
    _made(world, team="red")
    yield from _kept(world, batch, _read(world, batch))
    seen = batch
    for now in _followed(world, batch):
        yield from _step(world, seen, now)
        yield from _sound(world, now)
        seen = now
    if seen.get("status") in ("cancelling", "cancelled"):
        yield Problem("A batch that nobody cancelled is cancelled.", world.last())


def _kept(world: World, batch: dict[str, Any], found: dict[str, Any]) -> Iterator[Problem]:
    for name in ("id", "input_file_id", "endpoint", "completion_window", "created_at", "metadata"):
        if name in batch and found.get(name) != batch[name]:
            yield Problem(f"{name} of a batch that was just made is another one when it is read.", world.last())


def _step(world: World, before: dict[str, Any], now: dict[str, Any]) -> Iterator[Problem]:
    one, other = str(before.get("status")), str(now.get("status"))
    if one not in _RANKS or other not in _RANKS:
        return  # what is no status is found by the schema
    if _RANKS[other] < _RANKS[one] or (_RANKS[one] == 3 and other != one):
        yield Problem(f"The batch was {one} and is {other}.", world.last())
    old, new = _counts(before), _counts(now)
    if old and new and (new["completed"] < old["completed"] or new["failed"] < old["failed"]):
        yield Problem("The counts of a batch go backwards.", world.last())


def _sound(world: World, batch: dict[str, Any]) -> Iterator[Problem]:
    """What holds for a batch at any time."""
    counts = _counts(batch)
    if counts and counts["completed"] + counts["failed"] > counts["total"]:
        yield Problem("More requests of the batch are done than there are.", world.last())
    for names in _TIMES:
        known = [(name, batch[name]) for name in names if isinstance(batch.get(name), (int, float))]
        for (first, one), (second, other) in pairwise(known):
            if other < one:
                yield Problem(f"{second} is before {first}.", world.last())
        yield from (
            Problem(f"{name} is in milliseconds, and seconds are declared.", world.last())
            for name, at in known
            if at > _LATEST
        )
    moment = _MOMENT_OF.get(str(batch.get("status")))
    for name in _MOMENT_OF.values():
        if name != moment and batch.get(name) is not None and _RANKS.get(str(batch.get("status")), 0) < 2:
            yield Problem(f"{name} is set although the batch is {batch.get('status')}.", world.last())


def _counts(batch: dict[str, Any]) -> dict[str, int] | None:
    counts = batch.get("request_counts")
    names = ("total", "completed", "failed")
    whole = isinstance(counts, dict) and all(isinstance(counts.get(name), int) for name in names)
    return {name: counts[name] for name in names} if whole and isinstance(counts, dict) else None


def _results(world: World) -> Iterator[Problem]:
    """The output has a line for each request that was completed, each request once, and not before it is completed."""
    batch = _made(world)
    if batch is None:
        return
    if world.has(_OUTPUT):
        early = world.send(_OUTPUT, {"batch_id": str(batch["id"])})
        if early.status < 300 and _read(world, batch).get("status") in ("validating", "in_progress"):
            yield Problem("A batch that is not completed has an output.", world.last())
    for now in _followed(world, batch):
        batch = now
        yield from _too_early(world, batch)
    if batch.get("status") == "completed":
        yield from _rows(world, batch, 4)
        counts = _counts(batch)
        if counts and counts["total"] != 4 and world.has(_UPLOAD) and _CREATE not in world.profile.bodies:
            yield Problem(f"A batch of 4 requests counts {counts['total']} of them when it is done.", world.last())


def _too_early(world: World, batch: dict[str, Any]) -> Iterator[Problem]:
    """A batch under way may have some output already; what it names as its output is there."""
    file = batch.get("output_file_id")
    if not file or batch.get("status") not in ("validating", "in_progress"):
        return
    if world.has(_CONTENT) and world.send(_CONTENT, {"file_id": str(file)}).status >= 300:
        yield Problem(f"A batch that is {batch['status']} names an output file that is not there.", world.last())
    elif batch["status"] == "validating":
        yield Problem("A batch that has not begun names an output file.", world.last())


def _rows(world: World, batch: dict[str, Any], lines: int) -> Iterator[Problem]:
    counts = _counts(batch)
    files = [batch.get("output_file_id"), batch.get("error_file_id")]
    rows: list[str] = []
    if world.has(_CONTENT):
        for file in filter(None, files):
            answer = world.send(_CONTENT, {"file_id": str(file)})
            if answer.status >= 300:
                yield Problem("A file that the batch names cannot be read.", world.last())
                return
            rows += [line for line in answer.body.decode("utf-8", "replace").splitlines() if line.strip()]
        yield from _each_once(world, rows, counts, lines)
    elif batch.get("status") == "completed" and counts and counts["completed"] and not any(files):
        yield Problem("A batch that is completed names no file with what came of it.", world.last())
    if world.has(_OUTPUT) and batch.get("output_file_id") and batch.get("status") == "completed":
        answer = world.send(_OUTPUT, {"batch_id": str(batch["id"])})
        if answer.status >= 300:
            yield Problem("The output of a completed batch cannot be read.", world.last())


def _each_once(world: World, rows: list[str], counts: dict[str, int] | None, lines: int) -> Iterator[Problem]:
    try:
        names = [json.loads(row)["custom_id"] for row in rows]
    except (ValueError, KeyError, TypeError):
        yield Problem("A line of the results is no JSON object with a custom_id.", world.last())
        return
    if not set(names) <= {f"row-{number}" for number in range(lines)}:
        yield Problem("The results have a custom_id that nobody sent.", world.last())
    if len(set(names)) < len(names):
        yield Problem("The results have a request twice.", world.last())
    if counts and len(names) != counts["completed"] + counts["failed"]:
        yield Problem(
            f"{counts['completed'] + counts['failed']} requests are done, {len(names)} have results.", world.last()
        )


def _cancelled(world: World) -> Iterator[Problem]:
    """A running batch that is cancelled says so at once, stays so, ends as cancelled, and keeps what was done."""
    batch = _made(world)
    if batch is None:
        return
    world.wait(2.0)
    before = _read(world, batch)
    answer = world.send(_CANCEL, {"batch_id": str(batch["id"])})
    if _RANKS.get(str(before.get("status"))) == 3:
        return  # it was too quick for this
    now = parsed(answer)
    if answer.status >= 300 or not isinstance(now, dict):
        yield Problem(f"A running batch cannot be cancelled: {answer.status}.", world.last())
        return
    if now.get("status") not in ("cancelling", "cancelled"):
        yield Problem(f"A batch that was cancelled is {now.get('status')}.", world.last())
    world.send(_CANCEL, {"batch_id": str(batch["id"])})  # once more changes nothing, which what follows would show
    for seen in _followed(world, batch):
        yield from _step(world, now, seen)
        yield from _sound(world, seen)
        now = seen
    if _RANKS.get(str(now.get("status"))) != 3:
        return  # `batch_ends` says so
    if now.get("status") != "cancelled":
        yield Problem(f"A batch that was cancelled ended as {now.get('status')}.", world.last())
    yield from _rows(world, now, 4)
    yield from _refused(world, now)


def _ends(world: World) -> Iterator[Problem]:
    """Left alone or cancelled, a batch ends within patience: a provider may take a day, and most are quicker."""
    for cancelled in (False, True):
        batch = _made(world) if not cancelled or world.has(_CANCEL) else None
        if batch is None:
            continue
        if cancelled:
            world.send(_CANCEL, {"batch_id": str(batch["id"])})
        for now in _followed(world, batch):
            batch = now
        if _RANKS.get(str(batch.get("status"))) != 3:
            how = "that was cancelled " if cancelled else ""
            yield Problem(f"A batch {how}has not ended after {world.profile.patience:g} seconds.", world.last())


def _unfounded(world: World) -> Iterator[Problem]:
    """Of a file that is not there no batch is made, or one that fails."""
    answer = world.send(_CREATE, {}, {**world.body(world.operations[_CREATE]), "input_file_id": "file-nobody-made"})
    batch = parsed(answer)
    if answer.status >= 300 or not isinstance(batch, dict) or "id" not in batch or "input_file_id" in world.profile.ids:
        return
    seen = world.last()
    for now in _followed(world, batch):
        batch = now
    if batch.get("status") == "completed":
        yield Problem("A batch is made of a file that is not there, and completed.", seen)


def _too_late(world: World) -> Iterator[Problem]:
    """A batch that has ended cannot be cancelled, and trying to changes nothing."""
    batch = _made(world)
    if batch is None:
        return
    for now in _followed(world, batch):
        batch = now
    if _RANKS.get(str(batch.get("status"))) == 3:
        yield from _refused(world, batch)


def _refused(world: World, batch: dict[str, Any]) -> Iterator[Problem]:
    answer = world.send(_CANCEL, {"batch_id": str(batch["id"])})
    if not 400 <= answer.status < 500:
        yield Problem(f"Cancelling a {batch.get('status')} batch is answered with {answer.status}.", world.last())
    after = _read(world, batch)
    if after.get("status") != batch.get("status"):
        yield Problem(f"Cancelling a {batch.get('status')} batch makes it {after.get('status')}.", world.last())


def _listed(world: World) -> Iterator[Problem]:
    """A batch is in the list, as it is by itself."""
    batch = _made(world)
    if batch is None:
        return
    found = items(parsed(world.send(_LIST, {})))
    same = next((each for each in found if isinstance(each, dict) and each.get("id") == batch["id"]), None)
    seen = world.last()
    if same is None:
        yield Problem("A batch that was just made is not on the first page of the list.", seen)
        return
    alone = _read(world, batch) if world.has(_READ) else batch
    for name in ("input_file_id", "endpoint", "created_at", "metadata"):
        if name in alone and same.get(name) != alone[name]:
            yield Problem(f"{name} of a batch is another one in the list.", seen)
    if world.has(_READ):
        yield from _listed_later(world, batch)


def _listed_later(world: World, batch: dict[str, Any]) -> Iterator[Problem]:
    """When it has ended, the list says so, too."""
    for now in _followed(world, batch):
        batch = now
    if _RANKS.get(str(batch.get("status"))) != 3:
        return  # `batch_ends` says so
    found = items(parsed(world.send(_LIST, {})))
    same = next((each for each in found if isinstance(each, dict) and each.get("id") == batch["id"]), batch)
    for name in ("status", "output_file_id", "request_counts"):
        if name in batch and name in same and same[name] != batch[name]:
            yield Problem(f"{name} of a batch that has ended is another one in the list.", world.last())


_PLACE: Final = "/responses"
_ALL: Final = (_CREATE, _READ)

CHECKS: Final = (
    Check("batch_life", "A batch goes forward, with times in order, and ends.", _PLACE, needs=_ALL, make=_life),
    Check("batch_results", "Each request has one result, once it is done.", _PLACE, needs=_ALL, make=_results),
    Check("batch_cancel", "A cancelled batch ends cancelled.", _PLACE, needs=(*_ALL, _CANCEL), make=_cancelled),
    Check("batch_cancel_late", "What has ended stays as it is.", _PLACE, needs=(*_ALL, _CANCEL), make=_too_late),
    Check("batch_ends", "A batch ends.", _PLACE, "non-strict", needs=_ALL, make=_ends),
    Check("batch_input", "A batch has a file to work on.", "/requestBody", needs=(*_ALL, _UPLOAD), make=_unfounded),
    Check("batch_listed", "A batch is in the list.", _PLACE, needs=(_CREATE, _LIST), make=_listed),
)
