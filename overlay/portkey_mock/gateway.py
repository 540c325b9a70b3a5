"""The mock gateway: a request in, a response out. No socket, no thread and no sleep in here."""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from portkey_mock import streams, variants
from portkey_mock.answers import Answers, is_json
from portkey_mock.batches import Batch, Batches
from portkey_mock.clock import Clock
from portkey_mock.configs import CONFIG, config_of, provider_of
from portkey_mock.dialects import Dialect, chosen
from portkey_mock.document import Defect, Document, Operation, compile_document, load
from portkey_mock.errors import Refusal, envelope
from portkey_mock.exports import PLACE, Storage
from portkey_mock.files import Files, Shelf
from portkey_mock.fixtures import Answer, Fixtures
from portkey_mock.hooks import STRICT, guarding
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.lifecycle import Pace
from portkey_mock.message import Headers, Request, Response, json_response
from portkey_mock.reading import read_json
from portkey_mock.realtime import Session
from portkey_mock.resources import Resources
from portkey_mock.routing import Router, shape
from portkey_mock.store import Store
from portkey_mock.uploads import Pieces, Uploads
from portkey_mock.validation import Call, read_head, validate, validate_body, validate_value
from portkey_mock.values import timestamp, token

_log: Final = logging.getLogger("portkey_mock")

_PACE: Final = Pace()
_KEPT_CALLS: Final = 512
_LARGEST_KEPT: Final = 16_384
"""How many requests that were found to conform are remembered, and the most bytes one of them may have."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a gateway at one moment, as `Gateway.snapshot` gives it and `Gateway.restore` takes it.

    It holds all that was created: `files` with their bytes, `batches`, the `pieces` of uploads, and everything else as
    `resources`. Their shape may change.
    """

    files: Shelf
    batches: Mapping[str, Batch]
    resources: Store
    pieces: Pieces


_NOTHING: Final = Snapshot(Shelf(), {}, Store(), Pieces())


def compiled_from(document: JsonObject | Path | None, seed: int = 0) -> Document:
    """The document compiled, or the one at the path, or the one `portkey_api` carries; it raises as `Gateway` does."""
    return compile_document(document if isinstance(document, dict) else load(document), seed)


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
        document: Document | JsonObject | Path | None = None,
        *,
        mode: Literal["strict", "document"] = "strict",
        clock: Clock = time.time,
        seed: int = 0,
        pace: Pace = _PACE,
        dialect: str = "portkey",
        fixtures: Mapping[str, Answer] = MappingProxyType({}),
    ) -> None:
        """Compiles the document: the OpenAPI one given, or at the path given, or the one `portkey_api` carries.

        A `Document` is compiled already, with a seed of its own; several gateways may share it.

        In the mode `strict` an unknown file or batch is refused with 404. In the mode `document`, for tests that know
        nothing but the document, it is made up, and a refusal that only the state calls for becomes a success.
        For `fixtures` see `answer`.

        `dialect` names the gateway that it is: portkey, portkey-oss, openai or respan (see `dialects`).

        Raises:
            FileNotFoundError: there is no document.
            ValueError: it is no OpenAPI document, there is no such dialect, or no operation has the name of a fixture.
        """
        self.dialect: Final = chosen(dialect)
        compiled = document if isinstance(document, Document) else compiled_from(document, seed)
        made_up = mode == "document"
        self.defects: Final[tuple[Defect, ...]] = compiled.defects
        self._clock = clock
        self._now = clock()
        self._lock = Lock()
        self._router: Final = _router(compiled, self.dialect)
        self._lines: Final = _router(compiled, chosen("portkey"), self.dialect.base)
        self._seed = seed
        self._requests = 0
        self._calls: dict[Request, Call] = {}
        self._heads: dict[tuple[Operation, str, str, Headers], Mapping[str, Json]] = {}
        self._generator = compiled.generator
        self._answers = Answers(compiled.generator, self._instant)
        names = compiled.derived("names", lambda: frozenset(each.name for each in compiled.operations.values()))
        self._fixtures = Fixtures(names, fixtures)
        elsewhere: Mapping[str, Callable[[str], bool]] = {
            "/files": lambda name: name in self._files.store.files,
            "/batches": lambda name: name in self._batches.store,
        }
        self._resources = Resources(self._answers, compiled, self._instant, pace, elsewhere, make_up_unknown=made_up)
        self._files = Files(self._answers, compiled.generator, self._instant, make_up_unknown=made_up)
        self._batches = Batches(
            self._answers, compiled.generator, self._instant, self._files, self._run, pace, make_up_unknown=made_up
        )
        self._uploads = Uploads(self._answers, compiled.generator, self._instant, self._resources, self._files)
        self._storage = Storage(seed, self._log_exports)
        self._actions = {**self._files.actions, **self._batches.actions, **self._uploads.actions}
        for defect in self.defects:
            _log.warning("%s: %s", defect.pointer, defect.reason)

    def answer(self, name: str, answer: Answer, status: int = 200) -> None:
        """Answers the operation `name`, such as `chat.completions.create`, with `answer` from now on.

        `answer` is JSON, or a function that is given the valid call and returns JSON or a whole `Response`. A request
        is checked as ever before, and where it asks for a stream the answer comes in pieces.

        Raises:
            ValueError: no operation has this name.
        """
        self._fixtures.add(name, answer, status)

    def handle(self, request: Request) -> Response:
        """Answers one request. Whatever is sent, there is an answer: nothing in a request makes this raise."""
        operation: Operation | None = None
        refused: Refusal | None = None
        stored = self._storage.fetch(request)
        if stored is not None:
            return stored
        try:
            call = self._calls.get(request)
            if call is None:
                entered = self.dialect.enter(request)
                operation, path = self._router.find(entered.method, self.dialect.path(entered))
                call = self._validated(operation, path, entered)
                self._keep(request, call)
            operation = call.operation
            response = self._guarded(request, operation, streams.answer(call, lambda call: self._shown(request, call)))
        except Refusal as refusal:
            refused = refusal
            response = self._refused(refusal, request, operation)
        return self._headed(request, refused, response)

    def find(self, request: Request) -> Operation | None:
        """The operation that `request` means; None if there is none."""
        call = self._calls.get(request)
        if call is not None:
            return call.operation
        entered = request
        with suppress(Refusal):
            entered = self.dialect.enter(request)
        with suppress(Refusal):
            return self._router.find(entered.method, self.dialect.path(entered))[0]
        return None

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        """The answer to `request` that `refusal` leads to, in the shape that its operation has for errors."""
        response = self._refused(refusal, request, self.find(request))
        return replace(self._headed(request, refusal, response), status=refusal.status)

    def state(self) -> dict[str, dict[str, JsonObject]]:
        """What is kept now, for people to look at: the things of each collection by id, secrets left out."""
        with self._lock:
            self._settle()
            kept = {"/files": self._files.kept(), "/batches": self._batches.kept(), **self._resources.kept()}
            return {path: things for path, things in kept.items() if things}

    def _log_exports(self) -> Mapping[str, JsonObject]:
        with self._lock:
            return self._resources.kept().get("/logs/exports", {})

    def _headed(self, request: Request, refused: Refusal | None, response: Response) -> Response:
        return response.with_headers(self.dialect.headers(request, refused, self._request_id))

    def _request_id(self) -> str:
        with self._lock:
            self._requests += 1
            return f"req_{token(self._seed, self._requests)[:24]}"

    def _guarded(self, request: Request, operation: Operation, response: Response) -> Response:
        """`response` with what the guardrails found that the config of the request asks for."""
        named = request.header(CONFIG) if self.dialect.portkey_headers and operation.method == "POST" else None
        if not named:
            return response
        with self._lock:
            config = config_of(request) or (self._resources.config(named) if self.dialect.hosted else {})
        found = guarding(config, request.header(STRICT), timestamp(self._clock()), hosted=self.dialect.hosted)
        return found.told(operation.path, response)

    def _shown(self, request: Request, call: Call) -> Response:
        try:
            response = self._translated(request, call)
        except Refusal as refusal:
            return self.dialect.rescue(refusal, shape(call.operation.path))
        return self.dialect.shown(call, response)

    def _translated(self, request: Request, call: Call) -> Response:
        """The answer to a call about batches or files in the words of the dialect and of the provider."""
        place = shape(call.operation.path)
        if place == PLACE:
            response = self._act(call)
            return self._storage.signed(request, response, *call.path.values())
        if not place.startswith(("/batches", "/files")):
            return self._act(call)
        provider = provider_of(request) if self.dialect.portkey_headers else "openai"
        if provider not in variants.PROVIDERS and not self.dialect.omits:
            return self._act(call)
        variants.refuse(provider, call.operation.method, place)
        try:
            response = self._act(_inward(call, provider))
        except Refusal as refusal:
            if variants.forgives(provider, place, refusal.status):
                name = next(iter(call.path.values()))
                return json_response(refusal.status, {"status": "success", "object": "batch", "id": name})
            raise
        if dict(response.headers).get("content-type") != "application/json":
            return response
        body = json.loads(response.body)
        if place.startswith("/batches"):
            body = _each(body, self.dialect.batch)
        return json_response(response.status, variants.outward(provider, call.operation.method, place, body))

    def reset(self) -> None:
        """Forgets everything that was created: the gateway is as it was at first."""
        self.restore(_NOTHING)
        self._requests = 0

    def snapshot(self) -> Snapshot:
        """All that was created, as it is now."""
        with self._lock:
            stores = self._files.store, self._batches.store, self._resources.store, self._uploads.store
            return Snapshot(*copy.deepcopy(stores))

    def restore(self, snapshot: Snapshot) -> None:
        """Brings back what `snapshot` holds, as often as it is wanted, and nothing else stays."""
        with self._lock:
            files, batches = copy.deepcopy((snapshot.files, snapshot.batches))
            self._files.store = files
            self._batches.restore(dict(batches))
            self._resources.store, self._uploads.store = copy.deepcopy((snapshot.resources, snapshot.pieces))

    def take_over(self, other: Gateway) -> None:
        """Goes on where `other`, of another document, stands: with its state and the answers that were given to it."""
        self.restore(other.snapshot())
        self._fixtures.take_over(other._fixtures)
        self._requests = other._requests

    def _validated(self, operation: Operation, path: Mapping[str, str], request: Request) -> Call:
        """Requests that differ in their bodies have the same head, which is then read but once."""
        head = operation, request.path, request.query, request.headers
        query = self._heads.get(head)
        if query is None:
            query = read_head(operation, path, request)
            if len(self._heads) >= _KEPT_CALLS:
                self._heads.clear()
            self._heads[head] = query
        return validate_body(operation, path, request, query)

    def _keep(self, request: Request, call: Call) -> None:
        """Clients repeat themselves, and whether a request conforms depends on nothing but the request."""
        if len(self._calls) >= _KEPT_CALLS:
            self._calls.clear()
        if len(request.body) <= _LARGEST_KEPT:
            self._calls[request] = call

    def connect(self, request: Request) -> Session | Response:
        """The session behind a websocket that `request` wants to open, or the refusal."""
        operation: Operation | None = None
        try:
            entered = self.dialect.enter(request)
            operation, path = self._router.find(entered.method, self.dialect.path(entered))
            call = validate(operation, path, entered)
        except Refusal as refusal:
            return self._refused(refusal, request, operation)
        if "101" not in operation.responses:
            plain = Refusal(400, "This operation is no websocket.", code="no_websocket", at="/path")
            return self._refused(plain, request, operation)
        salt = self._generator.token(operation.path, request.query)
        return Session(salt, str(call.query.get("model", "mock-model")))

    def _instant(self) -> float:
        """The time of the request being answered: one request sees one instant, however long it takes."""
        return self._now

    def _settle(self) -> None:
        self._now = self._clock()
        self._batches.settle()

    def _act(self, call: Call) -> Response:
        with self._lock:
            self._settle()
            fixture = self._fixtures.find(call)
            if fixture is not None:
                return fixture
            action = self._actions.get((call.operation.method, shape(call.operation.path)))
            return action(call) if action else self._resources.answer(call)

    def _run(self, method: str, url: str, body: Json) -> tuple[int, Json]:
        """Answers one request of a batch, without credentials and without touching the state."""
        operation: Operation | None = None
        try:
            operation, path = self._lines.find(method, urlsplit(url).path)
            call = Call(operation, path, body=validate_value(operation, body))
            response = self._answers.one(call, call.fields, method, url, json.dumps(body))
        except Refusal as refusal:
            response = _refused(refusal, operation)
        return response.status, read_json(response.body) if response.body else None

    def _refused(self, refusal: Refusal, request: Request, operation: Operation | None) -> Response:
        if self.dialect.error is None:
            return _refused(refusal, operation)
        status = self.dialect.statuses.get(refusal.status, refusal.status)
        return json_response(status, self.dialect.error(refusal, request), refusal.headers)


def _router(document: Document, dialect: Dialect, base: str | None = None) -> Router[Operation]:
    """The routes of what `dialect` has of `document`, below the paths of all its servers and below `base`."""
    base = base or dialect.base

    def make() -> Router[Operation]:
        return Router(dialect.operations(document.operations), {*document.prefixes, base})

    return document.derived(f"router {dialect.name} {base}", make)


def _inward(call: Call, provider: str) -> Call:
    """`call` with the ids of the core in place of the provider's; in a body they are percent-encoded as well."""
    if provider not in variants.PROVIDERS:
        return call
    path = {name: variants.inward(provider, value) for name, value in call.path.items()}
    file_id = call.fields.get("input_file_id")
    if not isinstance(file_id, str):
        return replace(call, path=path)
    return replace(call, path=path, body={**call.fields, "input_file_id": variants.inward(provider, unquote(file_id))})


def _each(body: Json, change: Callable[[JsonObject], JsonObject]) -> Json:
    """`body` with the batch in it, or each of the batches, changed."""
    if not is_object(body):
        return body
    batches: Json = body.get("data")
    return {**body, "data": [change(each) for each in batches]} if is_array(batches) else change(body)


def _refused(refusal: Refusal, operation: Operation | None) -> Response:
    """The answer to a request that is refused; `operation` is None if no route was found."""
    contents = (operation.declared(refusal.status) if operation else None) or {}
    schemas = [content.schema for content in contents.values() if is_json(content)]
    plane = operation.plane if operation else ""
    body = envelope(refusal, plane, lambda shape: all(schema.accepts(shape) for schema in schemas))
    return json_response(refusal.status, body, refusal.headers)
