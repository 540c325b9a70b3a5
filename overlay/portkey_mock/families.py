"""What belongs together, known by the shape of the paths of a document alone.

`/assistants` and `/assistants/{assistant_id}` make a family: POST on the first creates, GET lists; on the second GET
reads, DELETE deletes, PUT, PATCH and POST update. What lies below an item, such as `/versions` or `/cancel`, has a role
of its own where it does something to the item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from portkey_mock.answers import is_json
from portkey_mock.document import Operation
from portkey_mock.jsonvalue import is_object
from portkey_mock.lifecycle import LIVES
from portkey_mock.routing import shape

Operations = Mapping[tuple[str, str], Operation]
Action = Literal[
    "create",
    "list",
    "read",
    "update",
    "delete",
    "step",
    "fetch",
    "put",
    "show",
    "take",
    "versions",
    "version",
    "publish",
    "run",
    "render",
    "other",
]

_UPDATES: Final = ("PUT", "PATCH", "POST")
_PAGING: Final = frozenset({"after", "limit", "offset", "page", "page_size", "pageSize", "current_page", "currentPage"})

_CREATORS: Final = {
    ("POST", "/api-keys/{}/{}"): ("/api-keys", "id"),
    ("POST", "/threads/runs"): ("/threads/{thread_id}/runs", "run_id"),
}
"""Operations that create in another collection than their own path: which one, and how its items call their id."""

_RUNS: Final[Mapping[str, Action]] = {"/prompts/{}/completions": "run", "/prompts/{}/render": "render"}

_GIVEN: Final = frozenset({"capabilities", "user-access"})
"""Lists that can be changed by PUT, and whose items come from elsewhere all the same."""


@dataclass(frozen=True, slots=True)
class Family:
    """The things under one collection.

    Attributes:
        collection: the template of its path.
        parameter: the path parameter that names one of them.
        creatable: whether an operation makes them, so that one that was never made is not there.
        lister: the operation that lists them, if there is one.
    """

    collection: str
    parameter: str
    creatable: bool
    lister: Operation | None

    @property
    def closed(self) -> bool:
        """Whether it can be known that a thing is not there."""
        return self.creatable or self.lister is not None


@dataclass(frozen=True, slots=True)
class Role:
    """What an operation does.

    - `create`, `list`, `read`, `update`, `delete`: to a family or one of its things.
    - `step`: to a thing that it answers with or that has a life; `verb` says what.
    - `fetch`: what can be had of a thing once it has come far enough in its life.
    - `put`, `show`, `take`: to what a single path holds, such as the models of an integration.
    - `versions`, `version`, `publish`: to the versions of a thing.
    - `run`, `render`: to a prompt, whose path may name a version as well.
    - `other`: nothing that is remembered.
    """

    action: Action
    collection: str = ""
    parameter: str = ""
    verb: str = ""


def families(operations: Operations) -> dict[str, Family]:
    """All families by the template of an item's path."""
    found: dict[str, Family] = {}
    for method, path in operations:
        for collection, parameter in things(path) if (method, shape(path)) not in _CREATORS else ():
            item = f"{collection}/{{{parameter}}}"
            create, lister = operations.get(("POST", collection)), operations.get(("GET", collection))
            made_elsewhere = any(each == collection for each, _ in _CREATORS.values())
            creatable = made_elsewhere or (create is not None and _answers_json(create))
            if not collection.endswith("/versions"):
                found[item] = Family(collection, parameter, creatable, lister)
    return found


def roles(operations: Operations) -> dict[tuple[str, str], Role]:
    """The role of every operation."""
    items = {path for _, path in operations if path.endswith("}")}
    found = dict(_roles_of_families(operations, items))
    return {key: found.get(key) or _other_role(operation, operations) for key, operation in operations.items()}


def things(path: str) -> Iterator[tuple[str, str]]:
    """Every thing a path names, outermost first: the path of its collection, and its parameter."""
    for found in re.finditer(r"/\{([^}]*)\}", path):
        yield path[: found.start()], found[1]


def _roles_of_families(operations: Operations, items: set[str]) -> Iterator[tuple[tuple[str, str], Role]]:
    for item in items:
        collection, _, last = item.rpartition("/")
        parameter = last[1:-1]
        if collection.endswith("/versions"):
            yield from ((key, Role("version", collection, parameter)) for key in operations if key[1] == item)
            continue
        if any(path == collection for _, path in operations):
            yield ("POST", collection), Role("create", collection, parameter)
            yield ("GET", collection), Role("list", collection, parameter)
        yield ("GET", item), Role("read", collection, parameter)
        yield ("DELETE", item), Role("delete", collection, parameter)
        yield from (((method, item), Role("update", collection, parameter)) for method in _UPDATES)
    for method, path in operations:
        creator = _CREATORS.get((method, shape(path)))
        if creator is not None:
            yield (method, path), Role("create", *creator)


def _other_role(operation: Operation, operations: Operations) -> Role:
    """The role of an operation on a path that is neither a collection of items nor an item."""
    method, path = operation.method, operation.path
    head, _, last = path.rpartition("/")
    collection, _, parameter = head.rpartition("/")
    if parameter.startswith("{") and (role := _below_a_thing(operation, last, collection, parameter[1:-1], operations)):
        return role
    if method == "POST" and any(each.startswith(path + "/{") for _, each in operations):
        parameter = next(each for _, each in operations if each.startswith(path + "/{"))[len(path) + 2 :].split("}")[0]
        return Role("create", path, parameter)
    if ("PUT", path) in operations and method in ("GET", "PUT", "DELETE"):
        action: Action = "show" if method == "GET" else "put" if method == "PUT" else "take"
        return Role(action, path, verb="given" if last in _GIVEN else "")
    names = {parameter.name for parameter in operation.parameters if parameter.location == "query"}
    return Role("list", path) if method == "GET" and names & _PAGING else Role("other")


def _below_a_thing(
    operation: Operation, last: str, collection: str, parameter: str, operations: Operations
) -> Role | None:
    """The role of an operation whose path is that of a thing and one literal more."""
    if last == "versions" and operation.method == "GET":
        return Role("versions", collection, parameter)
    if last == "makeDefault":
        return Role("publish", collection, parameter)
    if operation.method == "POST" and (action := _RUNS.get(shape(operation.path))):
        return Role(action, collection, parameter)
    life = LIVES.get(shape(collection))
    if operation.method == "GET" and life and last in life.ready:
        return Role("fetch", collection, parameter, last)
    read = operations.get(("GET", f"{collection}/{{{parameter}}}"))
    if operation.method != "GET" and ((life and last in life.verbs) or _is_about(operation, read)):
        return Role("step", collection, parameter, last)
    return None


def _is_about(operation: Operation, read: Operation | None) -> bool:
    """Whether `operation` answers with the same component as `read` does: with the thing itself."""
    components = _component(operation)
    return read is not None and components is not None and components == _component(read)


def _component(operation: Operation) -> str | None:
    """The component that a successful answer consists of, if it is one."""
    contents = operation.responses.get(operation.success or "", {}).values()
    sources = [content.schema.source for content in contents]
    return next((source.get("$ref") for source in sources if is_object(source)), None)


def _answers_json(operation: Operation) -> bool:
    return any(map(is_json, operation.responses.get(operation.success or "", {}).values()))
