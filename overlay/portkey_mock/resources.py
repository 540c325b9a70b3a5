"""Everything that can be created, listed, read, updated and deleted, known by the shape of its paths alone.

`/assistants` and `/assistants/{assistant_id}` make a family: POST on the first creates, GET lists; on the second GET
reads, DELETE deletes, PUT, PATCH and POST update. What was created or updated is remembered and comes back; what nobody
created is made up. What is not to be stored, by the body's `store` or its default, is not remembered. A deleted thing
stays deleted. A list that nobody has written to shows one made-up thing.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from portkey_mock.answers import Answers, echoable
from portkey_mock.document import Operation
from portkey_mock.errors import Refusal
from portkey_mock.jsonvalue import JsonObject, is_object, pointer
from portkey_mock.message import Response
from portkey_mock.validation import Call
from portkey_mock.values import token

_UPDATES: Final = ("PUT", "PATCH", "POST")


@dataclass(frozen=True, slots=True)
class _Role:
    """What an operation does to a family: `create`, `list`, `read`, `update` or `delete`."""

    action: str
    collection: str
    parameter: str


@dataclass(slots=True)
class _Collection:
    """The things under one concrete path, oldest first; None in place of a deleted one."""

    things: dict[str, JsonObject | None] = field(default_factory=dict[str, JsonObject | None])
    created: int = 0


class Resources:
    """All families of one document, and everything in them."""

    def __init__(
        self, answers: Answers, operations: Mapping[tuple[str, str], Operation], *, make_up_deleted: bool
    ) -> None:
        """`make_up_deleted` decides whether asking for a deleted thing is refused or makes it up again."""
        self._answers = answers
        self._make_up_deleted = make_up_deleted
        self._roles = dict(_roles(operations))
        self._collections: defaultdict[str, _Collection] = defaultdict(_Collection)

    def answer(self, call: Call) -> Response:
        """The answer to a call of any operation.

        Raises:
            Refusal: 404 if it is about something that was deleted; else as `Answers.one`.
        """
        if not self._make_up_deleted:
            self._refuse_deleted(call)
        role = self._roles.get((call.operation.method, call.operation.path))
        if role is None or (role.action == "create" and not _is_kept(call)):
            return self._answers.one(call, _echo(call), *_salt(call), token(json.dumps(call.body)))
        collection = self._collections[_concrete(role.collection, call.path)]
        if role.action == "create":
            return self._create(call, role, collection)
        if role.action == "list":
            return self._list(call, collection)
        return self._item(call, role, collection)

    def _create(self, call: Call, role: _Role, collection: _Collection) -> Response:
        collection.created += 1
        response = self._answers.one(call, _echo(call), *_salt(call), collection.created)
        facts = {**_echo(call), **_members(response)}
        thing_id = next((facts[name] for name in _names(role.parameter) if isinstance(facts.get(name), str)), None)
        if thing_id is not None:
            collection.things[thing_id] = facts
        return response

    def _list(self, call: Call, collection: _Collection) -> Response:
        newest_first = reversed(collection.things.items())
        things = {name: thing for name, thing in newest_first if thing is not None}
        return self._answers.many(call, things if collection.things else None, *_salt(call))

    def _refuse_deleted(self, call: Call) -> None:
        """Refuses a call about something that was deleted, or about what was below it."""
        for path, parameter in _things(call.operation.path):
            collection = self._collections.get(_concrete(path, call.path))
            if collection is not None and collection.things.get(call.path[parameter], {}) is None:
                at = pointer("path", parameter)
                raise Refusal(404, f"It was deleted: {call.operation.path}", code="not_found", at=at)

    def _item(self, call: Call, role: _Role, collection: _Collection) -> Response:
        thing_id = call.path[role.parameter]
        known = collection.things.get(thing_id) or {}
        facts = {**known, **_echo(call), **_identity(role.parameter, thing_id)}
        response = self._answers.one(call, facts, role.collection, thing_id)
        if role.action == "update":
            collection.things[thing_id] = facts
        if role.action == "delete":
            collection.things[thing_id] = None
        return response


def _roles(operations: Mapping[tuple[str, str], Operation]) -> Iterable[tuple[tuple[str, str], _Role]]:
    """The role of every operation that has one."""
    paths = {path for _, path in operations}
    for item in paths:
        collection, _, last = item.rpartition("/")
        if not last.startswith("{"):
            continue
        parameter = last[1:-1]
        if collection in paths:
            yield ("POST", collection), _Role("create", collection, parameter)
            yield ("GET", collection), _Role("list", collection, parameter)
        yield ("GET", item), _Role("read", collection, parameter)
        yield ("DELETE", item), _Role("delete", collection, parameter)
        yield from (((method, item), _Role("update", collection, parameter)) for method in _UPDATES)
        yield from (
            (key, _Role("update", collection, parameter))
            for key, operation in operations.items()
            if _is_step(operation, item) and _is_about(operation, operations.get(("GET", item)))
        )


def _things(path: str) -> Iterable[tuple[str, str]]:
    """Every thing a path names, outermost first: the path of its collection, and its parameter."""
    for found in re.finditer(r"/\{([^}]*)\}", path):
        yield path[: found.start()], found[1]


def _is_step(operation: Operation, item: str) -> bool:
    """Whether `operation` is `item` and one literal more, such as `/cancel`."""
    head, _, last = operation.path.rpartition("/")
    return head == item and not last.startswith("{") and operation.method != "GET"


def _is_about(operation: Operation, read: Operation | None) -> bool:
    """Whether `operation` answers with the same component as `read` does: with the thing itself."""
    components = _component(operation)
    return read is not None and components is not None and components == _component(read)


def _component(operation: Operation) -> str | None:
    """The component that a successful answer consists of, if it is one."""
    contents = operation.responses.get(operation.success or "", {}).values()
    sources = [content.schema.source for content in contents]
    return next((source.get("$ref") for source in sources if is_object(source)), None)


def _is_kept(call: Call) -> bool:
    """Whether what a call creates is to stay, as the body says or else the document."""
    asked = call.fields.get("store")
    return call.operation.stores if asked is None else asked is not False


def _concrete(template: str, path: Mapping[str, str]) -> str:
    return re.sub(r"\{([^}]*)\}", lambda match: repr(path[match[1]]), template)


def _salt(call: Call) -> tuple[object, ...]:
    return call.operation.method, call.operation.path, *sorted(call.path.items())


def _echo(call: Call) -> JsonObject:
    """What an answer repeats of a request: path parameters, also in snake case, and members of the body."""
    path = {name: value for key, value in call.path.items() for name in (key, _snake(key))}
    return {**path, **echoable(call.fields)}


def _identity(parameter: str, thing_id: str) -> JsonObject:
    """How a thing that `parameter` names in a path calls itself: `slug` if it is a slug, else by its `id`."""
    return {name: thing_id for name in _names(parameter) if name != "slug" or parameter == "slug"}


def _names(parameter: str) -> list[str]:
    """Under which names the id may stand in an answer, the most telling one first."""
    return [parameter, _snake(parameter), *(() if parameter == "slug" else ("id",)), "slug"]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _members(response: Response) -> JsonObject:
    """The members of a JSON answer, those of its `data` too."""
    is_json = dict(response.headers).get("content-type") == "application/json"
    body = json.loads(response.body) if is_json else None
    if not is_object(body):
        return {}
    data = body.get("data")
    return {**body, **data} if is_object(data) else body
