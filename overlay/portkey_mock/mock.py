"""A gateway as tests want it: with a journal of what arrived and a plan of what is to go wrong."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from time import perf_counter, time
from typing import Any, Final, Literal, TypedDict, Unpack

from portkey_mock import sse
from portkey_mock.clock import Clock
from portkey_mock.delivery import Delivery
from portkey_mock.document import Document
from portkey_mock.errors import Refusal
from portkey_mock.faults import Fault, FaultPlan, fault_from_header
from portkey_mock.fixtures import Answer
from portkey_mock.gateway import Gateway, Snapshot, compiled_from
from portkey_mock.journal import Journal
from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.lifecycle import Pace
from portkey_mock.message import Request, Response, json_response
from portkey_mock.realtime import Session

HEADER: Final = "x-mock-fault"
"""The request header that brings a fault of its own for this one call."""


class GatewayOptions(TypedDict, total=False):
    """What a `Gateway` is built with, beside the document."""

    mode: Literal["strict", "document"]
    """What an unknown id leads to: 404, as at a gateway, or something made up that the document allows."""
    clock: Clock
    """Returns the seconds since 1970; `time.time` where it is left out."""
    seed: int
    """Decides generated ids, times and words; 0 where it is left out."""
    pace: Pace
    """How long the stages of a life last."""
    dialect: str
    """The gateway it speaks like: `portkey`, `portkey-oss`, `openai` or `respan`."""
    fixtures: Mapping[str, Answer]
    """Answers of your own, by operation; see `Gateway.answer`."""


@dataclass(frozen=True, slots=True)
class State:
    """What a mock was like at one moment.

    Attributes:
        gateway: what was created.
        faults: what was to go wrong.
    """

    gateway: Snapshot
    faults: tuple[Fault, ...]


class Mock:
    """A `Gateway` with a journal and a plan of faults around it; it answers as the gateway does, faults aside.

    Attributes:
        gateway: the gateway at present; `reload` puts another one in its place.
        clock: what time it is for the mock, in seconds since 1970; a `ManualClock` has `advance`.
        faults: what goes wrong; `faults.add(Fault(operation="batches.cancel", status=503, times=2))`.
        journal: what arrived; `journal.calls_to("batches.cancel").last`.
    """

    def __init__(
        self,
        document: Document | JsonObject | Path | None = None,
        *,
        faults: FaultPlan | Iterable[Fault] = (),
        journal: Journal | None = None,
        **options: Unpack[GatewayOptions],
    ) -> None:
        """Builds the gateway of `document` with `options`; see `Gateway` for both and for what is raised.

        Raises:
            ValueError: this gateway has no such option.
        """
        self._seed = options.get("seed", 0)
        self.clock: Final[Clock] = options.get("clock", time)
        self._make = _gateways(options)
        self.gateway = self._make(document)
        self.faults: Final = faults if isinstance(faults, FaultPlan) else FaultPlan(faults, seed=self._seed)
        self.journal: Final = Journal() if journal is None else journal
        self._lock = Lock()

    def handle(self, request: Request) -> Response:
        """Answers one request, with the faults it meets. Whatever is sent, there is an answer."""
        began, arrived = perf_counter(), self.clock()
        operation = self.gateway.find(request)
        name = operation.name if operation else ""
        faults: list[Fault] = []
        try:
            faults = self._faults(request, name)
        except ValueError as error:
            response = json_response(400, _refusal(HEADER, str(error)))
        else:
            response = self._answer(request, faults) if faults else self.gateway.handle(request)
        unanswered = response.delivery is not None and response.delivery.unanswered
        self.journal.add(
            request,
            name,
            status=None if unanswered else response.status,
            time=arrived,
            seconds=perf_counter() - began,
            faults=tuple(fault.to_json() for fault in faults),
        )
        return response

    def connect(self, request: Request) -> Session | Response:
        """Opens a websocket as the gateway does: no fault meets it, and it is not in the journal."""
        return self.gateway.connect(request)

    def reset(self) -> None:
        """Forgets state, journal and faults: the mock is as it was built, with the latest document."""
        self.gateway.reset()
        self.journal.clear()
        self.faults.clear()

    def snapshot(self) -> State:
        """State and faults as they are, for `restore`; the journal goes on."""
        return State(self.gateway.snapshot(), self.faults.faults)

    def restore(self, state: State) -> None:
        """Goes back to `state`, which stays as it is and can be gone back to again; faults count from 1."""
        self.gateway.restore(state.gateway)
        self.faults.clear()
        self.faults.add(*state.faults)

    def reload(self, document: JsonObject | Path | None = None) -> None:
        """Serves another document, or what the file now says, and keeps the state and what `gateway.answer` was given.

        Raises:
            OSError: the document cannot be read; the old one stays.
            ValueError: it cannot be served; the message says why, and the old one stays.
        """
        gateway = self._make(_compiled(document, self._seed), fixtures={})
        with self._lock:
            gateway.take_over(self.gateway)
            self.gateway = gateway

    def _faults(self, request: Request, name: str) -> list[Fault]:
        planned = self.faults.take(name, f"{request.method} {request.path}") if self.faults.faults else []
        header = request.header(HEADER)
        return planned if header is None else [*planned, *FaultPlan([fault_from_header(header)]).take(name)]

    def _answer(self, request: Request, faults: list[Fault]) -> Response:
        hiding = [fault for fault in faults if fault.hides]
        carried_out = all(fault.carried_out for fault in hiding)
        response = self.gateway.handle(request) if carried_out else Response(503)
        for fault in faults:
            if fault.status is not None:
                response = self._spoilt(request, response, fault.status, fault.body)
            response = fault.applied(response)
        return self._relayed(request, response)

    def _relayed(self, request: Request, response: Response) -> Response:
        """What a gateway makes of a provider that takes longer than the caller waits, or that ends amid a stream."""
        delivery, dialect = response.delivery, self.gateway.dialect
        if delivery is None:
            return response
        patience = dialect.patience(request)
        if patience is not None and delivery.delay > patience:
            late = Refusal(408, "The provider took longer than the request allows.", code="timeout")
            return replace(self.gateway.refuse(request, late), delivery=Delivery(delay=patience))
        if dialect.ends_cleanly and delivery.cut is not None and response.header("content-type") == sse.MEDIA:
            arrived = b"".join(delivery.pieces(response.chunks))
            events = arrived[: arrived.rfind(b"\n\n") + 2]
            return replace(response, body=events, chunks=(events,), delivery=replace(delivery, cut=None, reset=False))
        return response

    def _spoilt(self, request: Request, response: Response, status: int, body: Json) -> Response:
        """What is answered in the place of `response`."""
        if isinstance(body, str):
            return Response(status, (("content-type", "text/plain; charset=utf-8"),), body.encode("utf-8"))
        if body is not None:
            return json_response(status, body)
        if status < 300:
            return replace(response, status=status)
        return self.gateway.refuse(
            request, Refusal(status, f"The mock was told to answer {status}.", code="mock_fault")
        )


def _gateways(options: GatewayOptions) -> partial[Gateway]:
    """How gateways with `options` are made.

    Raises:
        ValueError: a gateway has no such option; the message names those it has.
    """
    known = [name for name in inspect.signature(Gateway).parameters if name != "document"]
    if unknown := sorted(set(options) - set(known)):
        raise ValueError(f"a gateway has no option {', '.join(unknown)}; it has {', '.join(known)}")
    return partial(Gateway, **options)


def _compiled(document: Any, seed: int) -> Document:
    """The document compiled, if it is one that can be served.

    Raises:
        ValueError: it is not. A document that is malformed in whatever way must not end a server that runs.
    """
    try:
        compiled = compiled_from(document, seed)
    except (AttributeError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"it is no OpenAPI document: {type(error).__name__}: {error}") from error
    if not compiled.operations:
        raise ValueError("it has no operations")
    return compiled


def _refusal(at: str, message: str) -> JsonObject:
    return {"error": {"message": message, "type": "invalid_request_error", "param": at, "code": "invalid_fault"}}
