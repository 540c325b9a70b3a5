"""What a seeded fault is: a healthy mock with one small change, by a name that stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from portkey_mock import Gateway, Request, Response
from portkey_mock.realtime import Session
from tests.contract.wire import Answering

FILES: Final = ("* /files*",)
BATCHES: Final = ("* /batches*", "* /files*")
CHAT: Final = ("POST /chat/completions",)
MESSAGES: Final = ("POST /messages",)
STORES: Final = ("* /vector_stores", "* /vector_stores/{vector_store_id}")
INSIDE: Final = ("POST /files", *STORES, "* /vector_stores/{vector_store_id}/files*")
KEYS: Final = ("* /api-keys*",)
GUARDRAILS: Final = ("* /guardrails*",)


@dataclass
class Visit:
    """One request at a faulty gateway.

    Attributes:
        gateway: the healthy one behind it.
        memory: what the fault remembers between requests; each gateway has its own.
    """

    request: Request
    gateway: Answering
    memory: dict[str, Any]

    def answer(self, **changes: Any) -> Response:
        """What the healthy gateway answers, to the request or to a changed one."""
        return self.gateway.handle(replace(self.request, **changes) if changes else self.request)

    def meets(self, operation: str) -> bool:
        """Whether the request is for an operation, given as `GET /files/{file_id}`; `*` is any method."""
        method, _, path = operation.partition(" ")
        pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"({[^}]*})", path))
        return method in ("*", self.request.method) and re.fullmatch(f"/v1{pattern}", self.request.path) is not None


Alter: TypeAlias = Callable[[Visit], Response]
Change: TypeAlias = Callable[[Response], Response]


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: stable; the table of the proof uses it.
        says: what is wrong, in one sentence.
        operations: what the gateway has, as a profile says it: all that is needed to see the fault.
        checks: the checks any of which should find it, the one that is there for it first.
        alter: answers a request, with the help of a gateway without faults.
        at: which gateway that is.
    """

    name: str
    says: str
    operations: tuple[str, ...]
    checks: tuple[str, ...]
    alter: Alter
    at: Literal["mock", "stranger"] = "mock"

    def __str__(self) -> str:
        return self.name

    def on(self, gateway: Answering) -> Faulty:
        """A gateway with this fault, around a healthy one that nothing else uses."""
        return Faulty(gateway, self.alter)


@dataclass
class Faulty:
    """A gateway with one fault."""

    gateway: Answering
    alter: Alter
    memory: dict[str, Any] = field(default_factory=dict[str, Any])

    def handle(self, request: Request) -> Response:
        """The answer to one request."""
        return self.alter(Visit(request, self.gateway, self.memory))

    def connect(self, request: Request) -> Session | Response:
        """A websocket is opened as ever."""
        return self.gateway.connect(request) if isinstance(self.gateway, Gateway) else self.handle(request)


def answers(operation: str, change: Change) -> Alter:
    """Changes every success of an operation."""

    def alter(visit: Visit) -> Response:
        response = visit.answer()
        return change(response) if response.status < 300 and visit.meets(operation) else response

    return alter


def refusals(change: Change, *statuses: int) -> Alter:
    """Changes every refusal, or those of some statuses."""

    def alter(visit: Visit) -> Response:
        response = visit.answer()
        refused = response.status in statuses if statuses else response.status >= 400
        return change(response) if refused else response

    return alter


def told(operation: str, change: Callable[[Any], Any]) -> Alter:
    """Changes the JSON of every success of an operation."""
    return answers(operation, lambda response: rewritten(response, change))


def rewritten(response: Response, change: Callable[[Any], Any]) -> Response:
    """An answer with other JSON; one that is no JSON stays as it is."""
    if "json" not in (response.header("content-type") or "") or not response.body:
        return response
    return replace(response, body=json.dumps(change(json.loads(response.body))).encode(), chunks=())


def put(operation: str, **members: Any) -> Alter:
    """Puts members into every success of an operation."""
    return told(operation, lambda body: {**body, **members})


def drop(operation: str, *names: str) -> Alter:
    """Leaves members out of every success of an operation."""
    return told(operation, lambda body: {name: value for name, value in body.items() if name not in names})


def swap(operation: str, old: bytes, new: bytes) -> Alter:
    """Replaces bytes in every success of an operation."""
    return answers(operation, lambda response: replace(response, body=response.body.replace(old, new), chunks=()))


def header(**fields: str | None) -> Change:
    """An answer with other header fields; None leaves one out."""
    changed: Mapping[str, str | None] = {name.replace("_", "-"): value for name, value in fields.items()}

    def change(response: Response) -> Response:
        kept = [each for each in response.headers if each[0] not in changed]
        new = [(name, value) for name, value in changed.items() if value is not None]
        return replace(response, headers=(*kept, *new))

    return change


def status(number: int) -> Change:
    """An answer with another status."""
    return lambda response: replace(response, status=number)


def body(content: bytes) -> Change:
    """An answer with another body."""
    return lambda response: replace(response, body=content, chunks=())


def json_of(content: bytes) -> Any:
    """The JSON in bytes; None if there is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def with_header(request: Request, **fields: str) -> tuple[tuple[str, str], ...]:
    """The header fields of a request with some of them replaced."""
    return tuple({**dict(request.headers), **{name.replace("_", "-"): value for name, value in fields.items()}}.items())
