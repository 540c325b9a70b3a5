"""The mock gateway: a request in, a response out. No socket, no thread and no sleep in here."""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, Literal
from urllib.parse import urlsplit

from portkey_mock.answers import Answers, is_json
from portkey_mock.batches import Batch, Batches
from portkey_mock.clock import Clock
from portkey_mock.document import Defect, Operation, compile_document, load
from portkey_mock.errors import Refusal, envelope
from portkey_mock.files import Files, Shelf
from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.lifecycle import Pace
from portkey_mock.message import Request, Response, json_response
from portkey_mock.reading import read_json
from portkey_mock.resources import Resources, Store
from portkey_mock.routing import Router, shape
from portkey_mock.validation import Call, validate, validate_value

_log: Final = logging.getLogger("portkey_mock")

_PACE: Final = Pace()
_TRACE: Final = "x-portkey-trace-id"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a gateway at one moment: see `Gateway.snapshot`."""

    files: Shelf
    batches: Mapping[str, Batch]
    resources: Store


_NOTHING: Final = Snapshot(Shelf(), {}, Store())


class Gateway:
    """A Portkey gateway that lives in memory.

    Files and batches are kept and behave; everything else that can be created is remembered and comes back (see
    `resources`); what remains is answered with generated values. The same seed and the same requests at the same times
    give the same answers.

    Attributes:
        defects: what is wrong with the document, found at start-up and logged once.
    """

    def __init__(
        self,
        document: JsonObject | Path | None = None,
        *,
        mode: Literal["strict", "document"] = "strict",
        clock: Clock = time.time,
        seed: int = 0,
        pace: Pace = _PACE,
    ) -> None:
        """Compiles the document: the OpenAPI one given, or at the path given, or the one `portkey_api` carries.

        In the mode `strict` an unknown file or batch is refused with 404. In the mode `document`, for tests that know
        nothing but the document, it is made up, and a refusal that only the state calls for becomes a success.

        Raises:
            FileNotFoundError: there is no document.
            ValueError: it is no OpenAPI document.
        """
        source = document if isinstance(document, dict) else load(document)
        compiled = compile_document(source, seed)
        made_up = mode == "document"
        self.defects: Final[tuple[Defect, ...]] = compiled.defects
        self._clock = clock
        self._now = clock()
        self._lock = Lock()
        self._router: Router[Operation] = Router(compiled.operations, compiled.prefixes)
        self._answers = Answers(compiled.generator)
        self._resources = Resources(self._answers, compiled.operations, self._instant, pace, make_up_unknown=made_up)
        self._files = Files(self._answers, compiled.generator, self._instant, make_up_unknown=made_up)
        self._batches = Batches(
            self._answers, compiled.generator, self._instant, self._files, self._run, pace, make_up_unknown=made_up
        )
        self._actions = {**self._files.actions, **self._batches.actions}
        for defect in self.defects:
            _log.warning("%s: %s", defect.pointer, defect.reason)

    def handle(self, request: Request) -> Response:
        """Answers one request. Whatever is sent, there is an answer: nothing in a request makes this raise."""
        operation: Operation | None = None
        try:
            operation, path = self._router.find(request.method, request.path)
            response = self._act(validate(operation, path, request))
        except Refusal as refusal:
            response = _refused(refusal, operation)
        trace = request.header(_TRACE)
        if trace is None:
            return response
        return Response(response.status, (*response.headers, (_TRACE, trace)), response.body)

    def reset(self) -> None:
        """Forgets everything that was created: the gateway is as it was at first."""
        self.restore(_NOTHING)

    def snapshot(self) -> Snapshot:
        """All that was created, as it is now."""
        with self._lock:
            return Snapshot(*copy.deepcopy((self._files.store, self._batches.store, self._resources.store)))

    def restore(self, snapshot: Snapshot) -> None:
        """Brings back what `snapshot` holds, as often as it is wanted, and nothing else stays."""
        with self._lock:
            files, batches, resources = copy.deepcopy((snapshot.files, snapshot.batches, snapshot.resources))
            self._files.store, self._batches.store, self._resources.store = files, dict(batches), resources

    def _instant(self) -> float:
        """The time of the request being answered: one request sees one instant, however long it takes."""
        return self._now

    def _act(self, call: Call) -> Response:
        with self._lock:
            self._now = self._clock()
            self._batches.settle()
            action = self._actions.get((call.operation.method, shape(call.operation.path)))
            return action(call) if action else self._resources.answer(call)

    def _run(self, method: str, url: str, body: Json) -> tuple[int, Json]:
        """Answers one request of a batch, without credentials and without touching the state."""
        operation: Operation | None = None
        try:
            operation, path = self._router.find(method, urlsplit(url).path)
            call = Call(operation, path, body=validate_value(operation, body))
            response = self._answers.one(call, call.fields, method, url, json.dumps(body))
        except Refusal as refusal:
            response = _refused(refusal, operation)
        return response.status, read_json(response.body) if response.body else None


def _refused(refusal: Refusal, operation: Operation | None) -> Response:
    """The answer to a request that is refused; `operation` is None if no route was found."""
    contents = (operation.declared(refusal.status) if operation else None) or {}
    schemas = [content.schema for content in contents.values() if is_json(content)]
    plane = operation.plane if operation else ""
    body = envelope(refusal, plane, lambda shape: all(schema.accepts(shape) for schema in schemas))
    return json_response(refusal.status, body, refusal.headers)
