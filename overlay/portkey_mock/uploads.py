"""Uploads in parts: what was sent is put together, in the order that is asked for, into a file like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import md5

from portkey_mock.answers import Answers
from portkey_mock.clock import Clock
from portkey_mock.errors import Refusal
from portkey_mock.files import Actions, Files
from portkey_mock.forms import Part
from portkey_mock.generate import Generator
from portkey_mock.jsonvalue import JsonObject, pointer
from portkey_mock.message import Response
from portkey_mock.resources import Resources
from portkey_mock.validation import Call


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an upload; `upload` is the upload's id."""

    id: str
    upload: str
    content: bytes


@dataclass(slots=True)
class Pieces:
    """All parts there ever were, by id."""

    pieces: dict[str, Piece] = field(default_factory=dict[str, Piece])


class Uploads:
    """The parts of uploads and what becomes of them; the uploads themselves are among `Resources`."""

    def __init__(
        self, answers: Answers, generator: Generator, clock: Clock, resources: Resources, files: Files
    ) -> None:
        self._answers = answers
        self._generator = generator
        self._clock = clock
        self._resources = resources
        self._files = files
        self.store = Pieces()

    @property
    def actions(self) -> Actions:
        """The operations on uploads that are about bytes."""
        return {
            ("POST", "/uploads/{}/parts"): self.add,
            ("POST", "/uploads/{}/complete"): self.complete,
        }

    def add(self, call: Call) -> Response:
        """POST /uploads/{upload_id}/parts.

        Raises:
            Refusal: 404 if there is no such upload, 409 if it takes no parts any more.
        """
        ((_, upload_id),) = call.path.items()
        status = self._resources.status(call)
        if status not in ("pending", None):
            raise Refusal(409, f"The upload is {status}: it takes no more parts.", code="invalid_status")
        piece_id = self._generator.identifier("upload.part", upload_id, len(self.store.pieces))
        content = next(iter(call.files.values()), Part()).content
        self.store.pieces[piece_id] = Piece(piece_id, upload_id, content)
        facts = {"id": piece_id, "upload_id": upload_id, "created_at": int(self._clock())}
        return self._answers.one(call, facts, piece_id)

    def complete(self, call: Call) -> Response:
        """POST /uploads/{upload_id}/complete.

        Raises:
            Refusal: 404 if there is no such upload, 409 if it has ended; 400 if a part is not one of its own, or if the
                parts are not what was announced.
        """
        ((_, upload_id),) = call.path.items()
        if self._resources.status(call) == "pending":
            upload = self._resources.facts(call)
            content = self._joined(upload_id, call.fields["part_ids"])
            _check(upload, call.fields, content)
            file = self._files.add(str(upload["filename"]), str(upload["purpose"]), content, self._clock())
            told = {name: value for name, value in file.facts().items() if value is not None}
            upload["file"] = {"object": "file", **told}
        return self._resources.answer(call)

    def _joined(self, upload_id: str, part_ids: Sequence[str]) -> bytes:
        """The parts in their order.

        Raises:
            Refusal: 400 if the upload has no such part.
        """
        mine = {piece.id: piece.content for piece in self.store.pieces.values() if piece.upload == upload_id}
        for index, part_id in enumerate(part_ids):
            if part_id not in mine:
                at = pointer("body", "part_ids", index)
                raise Refusal(400, "The upload has no part of this id.", code="part_not_found", at=at)
        return b"".join(mine[part_id] for part_id in part_ids)


def _check(upload: JsonObject, asked: JsonObject, content: bytes) -> None:
    """The bytes are as many as the upload was to have, and those that the caller has in mind.

    Raises:
        Refusal: 400.
    """
    if len(content) != upload["bytes"]:
        message = f"The parts have {len(content)} bytes in all, and the upload was to have {upload['bytes']}."
        raise Refusal(400, message, code="wrong_size", at="/body/part_ids")
    if "md5" in asked and asked["md5"].lower() != md5(content, usedforsecurity=False).hexdigest():
        raise Refusal(400, "The parts do not have this checksum.", code="wrong_checksum", at="/body/md5")
