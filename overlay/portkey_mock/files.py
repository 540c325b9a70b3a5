"""Files that stay: what is uploaded can be listed, read back byte for byte, and deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from portkey_mock.answers import Answers
from portkey_mock.clock import Clock
from portkey_mock.errors import Refusal
from portkey_mock.forms import Part
from portkey_mock.generate import Generator
from portkey_mock.jsonvalue import JsonObject
from portkey_mock.message import Response
from portkey_mock.validation import Call

Actions: TypeAlias = Mapping[tuple[str, str], Callable[[Call], Response]]
"""What to do for a method and the shape of a path (see `routing.shape`)."""

SAMPLE = b'{"custom_id":"request-1","method":"POST","url":"/v1/embeddings","body":{"model":"mock","input":"mock"}}\n'
"""What an unknown file holds where unknown ids are made up: a batch of one request."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file and what is known of it; `created` in seconds since 1970."""

    id: str
    filename: str
    purpose: str
    created: float
    content: bytes

    def facts(self) -> JsonObject:
        """What an answer says about the file."""
        return {
            "id": self.id,
            "bytes": len(self.content),
            "created_at": int(self.created),
            "expires_at": None,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }


@dataclass(slots=True)
class Shelf:
    """The files by id, oldest first, and how many there ever were."""

    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    count: int = 0


class Files:
    """All files of one gateway."""

    def __init__(self, answers: Answers, generator: Generator, clock: Clock, *, make_up_unknown: bool) -> None:
        """`make_up_unknown` decides whether an unknown id means a made-up file or a refusal."""
        self._answers = answers
        self._generator = generator
        self._clock = clock
        self._make_up_unknown = make_up_unknown
        self.store = Shelf()

    @property
    def actions(self) -> Actions:
        """The operations on files."""
        return {
            ("GET", "/files"): self.list_page,
            ("POST", "/files"): self.upload,
            ("GET", "/files/{}"): self.retrieve,
            ("DELETE", "/files/{}"): self.delete,
            ("GET", "/files/{}/content"): self.content,
        }

    def kept(self) -> dict[str, JsonObject]:
        """The files there are, by id."""
        return {file.id: file.facts() for file in self.store.files.values()}

    def add(
        self, filename: str, purpose: str, content: bytes, created: float, file_id: str | None = None
    ) -> StoredFile:
        """Keeps a file; without `file_id` it gets a new one."""
        self.store.count += 1
        file_id = file_id or self._generator.identifier("file", "file", self.store.count)
        self.store.files[file_id] = StoredFile(file_id, filename, purpose, created, content)
        return self.store.files[file_id]

    def find(self, file_id: str) -> StoredFile | None:
        """The file, made up if need be and allowed; None if there is none."""
        if file_id not in self.store.files and self._make_up_unknown:
            return self.add("mock.jsonl", "batch", SAMPLE, self._clock(), file_id)
        return self.store.files.get(file_id)

    def upload(self, call: Call) -> Response:
        """POST /files."""
        part = next(iter(call.files.values()), Part())
        file = self.add(part.filename or "upload", str(call.fields.get("purpose", "")), part.content, self._clock())
        return self._answers.one(call, file.facts(), file.id)

    def list_page(self, call: Call) -> Response:
        """GET /files, newest first, of one purpose if the query names one."""
        purpose = call.query.get("purpose")
        newest_first = reversed(self.store.files.values())
        files = {file.id: file.facts() for file in newest_first if purpose in (None, file.purpose)}
        return self._answers.many(call, files, "files")

    def retrieve(self, call: Call) -> Response:
        """GET /files/{file_id}."""
        shown = self._answers.shown(call) if self._make_up_unknown else None
        if shown is not None and shown["id"] not in self.store.files:
            return self._answers.one(call, shown, shown["id"])
        file = self._named(call)
        return self._answers.one(call, file.facts(), file.id)

    def delete(self, call: Call) -> Response:
        """DELETE /files/{file_id}."""
        file = self._named(call)
        del self.store.files[file.id]
        return self._answers.one(call, {"id": file.id, "deleted": True}, file.id)

    def content(self, call: Call) -> Response:
        """GET /files/{file_id}/content."""
        return self._answers.octets(call, self._named(call).content)

    def _named(self, call: Call) -> StoredFile:
        """The file that the path names.

        Raises:
            Refusal: 404.
        """
        ((name, file_id),) = call.path.items()
        file = self.find(file_id)
        if file is None:
            raise Refusal(404, f"No such file: {file_id}", code="file_not_found", at=f"/path/{name}")
        return file
