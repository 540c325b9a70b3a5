"""Files that are sent in parts: joined in the order that is asked for, once, and not after they were given up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.contract.check import Check, Problem
from tests.contract.world import World, identity, parsed

_BEGIN: Final = "POST /uploads"
_PART: Final = "POST /uploads/{upload_id}/parts"
_COMPLETE: Final = "POST /uploads/{upload_id}/complete"
_CANCEL: Final = "POST /uploads/{upload_id}/cancel"
_READ: Final = "GET /files/{file_id}"
_CONTENT: Final = "GET /files/{file_id}/content"
_PIECES: Final = (b'{"a":', b' "\xc3\xbc"}\n', b'{"a": 1}\r\n')


def _joined(world: World) -> Iterator[Problem]:
    """The parts, sent in another order than that of the file, are the file, and the upload takes no more of them."""
    ids, parts = _sent(world, (2, 0, 1))
    if ids is None:
        return
    whole = b"".join(_PIECES)
    answer = world.send(_COMPLETE, ids, {"part_ids": [parts[each] for each in range(len(_PIECES))]})
    done = parsed(answer)
    if answer.status >= 300 or not isinstance(done, dict):
        return
    file = done.get("file")
    if not isinstance(file, dict) or identity(file) is None:
        yield Problem("An upload that is complete has no file.", world.last())
        return
    if file.get("bytes", len(whole)) != len(whole):
        yield Problem(f"A file of {len(whole)} bytes is said to have {file['bytes']}.", world.last())
    yield from _there(world, str(identity(file)), whole)
    late = world.send(_PART, ids, {"data": _PIECES[0]})
    if late.status < 300:
        yield Problem("An upload that is complete takes one more part.", world.last())


def _there(world: World, id_: str, whole: bytes) -> Iterator[Problem]:
    """The file is one like any other."""
    if world.has(_READ) and world.send(_READ, {"file_id": id_}).status >= 300:
        yield Problem("The file that an upload became cannot be read.", world.last())
    if world.has(_CONTENT):
        came = world.send(_CONTENT, {"file_id": id_})
        if came.status >= 300:
            yield Problem(f"The file that an upload became is answered with {came.status}.", world.last())
        elif came.body != whole:
            order = "in another order" if sorted(came.body) == sorted(whole) else "as something else"
            yield Problem(f"The parts of an upload come back {order}.", world.last())


def _given_up(world: World) -> Iterator[Problem]:
    """What was given up takes no part and cannot be completed."""
    ids, parts = _sent(world, (0, 1, 2))
    if ids is None or world.send(_CANCEL, ids).status >= 300:
        return
    if world.send(_PART, ids, {"data": _PIECES[0]}).status < 300:
        yield Problem("An upload that was given up takes a part.", world.last())
    if world.send(_COMPLETE, ids, {"part_ids": [parts[each] for each in sorted(parts)]}).status < 300:
        yield Problem("An upload that was given up is completed.", world.last())


def _short(world: World) -> Iterator[Problem]:
    """What is less than was announced is no file, nor is a part that nobody sent."""
    for wrong in ([0, 1], [0, 1, "part_that_nobody_sent"]):
        ids, parts = _sent(world, (0, 1, 2))
        if ids is None:
            return
        chosen = [parts[each] if isinstance(each, int) else each for each in wrong]
        if world.send(_COMPLETE, ids, {"part_ids": chosen}).status < 300:
            yield Problem("An upload is completed without all that was announced.", world.last())
    (ids, parts), (_, others) = _sent(world, (0, 1, 2)), _sent(world, (0, 1, 2))
    if ids is None or others.keys() != parts.keys():
        return
    if world.send(_COMPLETE, ids, {"part_ids": [parts[0], parts[1], others[2]]}).status < 300:
        yield Problem("An upload is completed with a part of another.", world.last())


def _sent(world: World, order: tuple[int, ...]) -> tuple[dict[str, str] | None, dict[int, str]]:
    """An upload and the ids of its parts, sent in this order; no upload where that is refused."""
    plain = {"filename": "contract.txt", "purpose": "user_data", "mime_type": "text/plain"}
    body: dict[str, Any] = {**world.body(world.operations[_BEGIN]), **plain, "bytes": len(b"".join(_PIECES))}
    begun = world.send(_BEGIN, {}, body)
    id_ = identity(parsed(begun)) if begun.status < 300 else None
    if id_ is None:
        return None, {}
    parts: dict[int, str] = {}
    for each in order:
        answer = world.send(_PART, {"upload_id": id_}, {"data": _PIECES[each]})
        part = identity(parsed(answer)) if answer.status < 300 else None
        if part is None:
            return None, {}
        parts[each] = part
    return {"upload_id": id_}, parts


_ALL: Final = (_BEGIN, _PART, _COMPLETE)

CHECKS: Final = (
    Check("upload_joined", "The parts of an upload become the file.", "/description", needs=_ALL, make=_joined),
    Check(
        "upload_given_up", "What was given up is not completed.", "/description", needs=(*_ALL, _CANCEL), make=_given_up
    ),
    Check("upload_whole", "An upload is completed by all its parts.", "/description", needs=_ALL, make=_short),
)
