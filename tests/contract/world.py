"""A gateway as directed checks use it: valid requests for any operation, and the things that their paths name.

Nothing here knows one gateway from another. The things come from the gateway itself: they are created, else found in a
list, else named by the profile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, Final
from urllib.parse import quote

from portkey_mock import Request, Response
from tests.contract import bodies
from tests.contract.calls import NOTHING, Call, Lacking
from tests.contract.document import Document, Operation
from tests.contract.profiles import Profile
from tests.contract.reproduce import Redaction
from tests.contract.wire import Exchange, Unanswered, Wire, Withheld
from tests.mock import spec

GENERATED_IN: Final = {
    "/api-keys": "POST /api-keys/{type}/{sub-type}",
    "/fine_tuning/checkpoints": None,
}
"""What makes the things of a collection, where that is not POST on the collection itself; None for nothing."""

_PORTKEY: Final = "x-portkey-"


class World:
    """One gateway, with what the profile says of it.

    Attributes:
        operations: those that the gateway is said to have, by `POST /batches`.
        random: for whatever may be chosen; it depends on the seed alone.
    """

    def __init__(
        self,
        wire: Wire,
        profile: Profile,
        document: Document,
        operations: Iterable[Operation],
        seed: int,
        wait: Callable[[float], object],
    ) -> None:
        self.wire = wire
        self.profile = profile
        self.document = document
        self.operations = {str(each): each for each in operations}
        self.random = Random(seed)
        self.seed = seed
        self.wait = wait
        self.secrets = profile.secrets()
        self.redaction = Redaction(profile.hidden(), profile.shown())
        self.absent: dict[str, str] = {}
        """Operations that turned out not to be there, each with what tells so."""
        self.speaks_portkey = any(name.lower().startswith(_PORTKEY) for name in {**self.secrets, **profile.headers})
        """Whether it reads Portkey's headers, as far as anyone can tell: it is sent some, or it answers with some."""
        self._made: dict[str, dict[str, str]] = {}
        wire.listeners.append(self._hear)

    def _hear(self, exchange: Exchange) -> None:
        headers = () if exchange.response is None else exchange.response.headers
        self.speaks_portkey |= any(name.startswith(_PORTKEY) for name, _ in headers)

    def has(self, *names: str) -> bool:
        """Whether the gateway has all of these operations, and they may be sent."""
        return all(
            name in self.operations and name not in self.absent and not self.wire.withholds(self.operations[name])
            for name in names
        )

    def tryable(self) -> list[Operation]:
        """The operations that are there and may be sent."""
        return [each for name, each in self.operations.items() if self.has(name)]

    def reads(self) -> list[tuple[Operation, dict[str, str]]]:
        """What can be read, with the ids of what there is: whatever names nothing, or all, where there is no such."""
        found = [each for each in self.tryable() if each.method == "GET" and each.succeeds]
        reads: list[tuple[Operation, dict[str, str]]] = []
        for each in [each for each in found if "{" not in each.path] or found:
            with suppress(Lacking):
                reads.append((each, self.things(each.path)))
        return reads

    def call(self, name: str, /, ids: Mapping[str, str] | None = None, body: Any = None, **query: Any) -> Call:
        """A valid call of an operation, about the things named by `ids`, or made for it.

        Raises:
            Lacking: it needs something that cannot be had.
        """
        operation = self.operations[name]
        placed = self.things(operation.path) if ids is None else dict(ids)
        required = {
            each["name"]: spec.smallest(each["schema"])
            for each in operation.raw.get("parameters", [])
            if each["in"] == "query" and each.get("required")
        }
        return Call(operation, placed, required | query, self.body(operation) if body is None else body)

    def body(self, operation: Operation) -> Any:
        """A valid body: of the profile, else of the suite, else the smallest that the document allows."""
        given = self.profile.bodies.get(str(operation))
        return bodies.valid(self, operation) if given is None else given

    def request(self, call: Call, *, credentials: bool = True, headers: Mapping[str, str] | None = None) -> Request:
        """A call as a request."""
        sent = {**(self.secrets if credentials else {}), **self.profile.headers}
        content = b""
        if call.body is not NOTHING:
            media, content = bodies.encoded(call.operation, call.body)
            sent["content-type"] = media
        fields = {name.lower(): value for name, value in {**sent, **(headers or {})}.items()}
        query = "&".join(f"{quote(name)}={quote(_text(value))}" for name, value in call.query.items())
        return Request(call.operation.method, self.path(call), query, tuple(fields.items()), content)

    def path(self, call: Call) -> str:
        """The path of a call, the one of the address included."""
        path = call.operation.path
        for name, value in call.ids.items():
            path = path.replace(f"{{{name}}}", quote(value, safe="%"))
        return self.base(call.operation) + path

    def base(self, operation: Operation) -> str:
        """The path that an operation lies below: the pricing of models lies beside `/v1`, as at the hosted gateway."""
        return self.wire.base.removesuffix("/v1") if operation.raw.get("x-server-group") == "public" else self.wire.base

    def send(
        self,
        name: str,
        /,
        ids: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        credentials: bool = True,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Response:
        """The answer to a valid call of an operation.

        Raises:
            Lacking: it needs something that cannot be had.
            Unanswered: no answer came.
        """
        call = self.call(name, ids, body, **query)
        return self.wire.handle(self.request(call, credentials=credentials, headers=headers))

    def things(self, path: str, *, fresh: bool = False) -> dict[str, str]:
        """Ids for everything that a path names, outermost first, each of them of a thing that exists.

        The last one is of a thing that nothing else uses, if it is to be `fresh`: one may end it.

        Raises:
            Lacking: one of them can neither be made nor found.
        """
        ids: dict[str, str] = {}
        for found in re.finditer(r"/\{([^}]*)\}", path):
            collection, parameter = path[: found.start()], found[1]
            ids[parameter] = self._thing(collection, parameter, ids, fresh=fresh and found.end() == path.rfind("}") + 1)
        return ids

    def _thing(self, collection: str, parameter: str, ids: dict[str, str], *, fresh: bool) -> str:
        key = f"{collection}/{{{parameter}}}"
        known = self._made.setdefault(key, {})
        where = json.dumps(ids, sort_keys=True)
        if where in known and not fresh:
            return known[where]
        found = self.profile.ids.get(key) or self.profile.ids.get(parameter) or self._made_up(collection, parameter)
        found = found or self._created(collection, parameter, ids)
        if found is None and (not fresh or self.profile.expendable):
            found = self._listed(collection, parameter, ids)
        if found is None:
            raise Lacking(f"nothing makes or lists a {parameter} in {collection}; give one in `ids` of the profile")
        return found if fresh else known.setdefault(where, found)

    def _made_up(self, collection: str, parameter: str) -> str | None:
        """A parameter that is no id of a thing has its values in the document."""
        inside = [each for each in self.operations.values() if each.path.startswith(f"{collection}/{{{parameter}}}")]
        for schema in (_schema(each, parameter) for each in inside):
            if "enum" in schema:
                return str(schema["enum"][0])
        return None

    def _created(self, collection: str, parameter: str, ids: dict[str, str]) -> str | None:
        create = GENERATED_IN.get(collection, f"POST {collection}")
        if create is None or collection.endswith("/versions") or not self.has(create):
            return None
        with suppress(Unanswered, Withheld):
            answer = self.send(create, ids if create == f"POST {collection}" else None)
            if 200 <= answer.status < 300:
                return identity(parsed(answer), parameter)
        return None

    def _listed(self, collection: str, parameter: str, ids: dict[str, str]) -> str | None:
        if not self.has(f"GET {collection}"):
            return None
        with suppress(Unanswered, Withheld):
            found = items(parsed(self.send(f"GET {collection}", ids)))
            return identity(found[0], parameter) if found else None
        return None

    def last(self) -> Exchange:
        """The latest exchange."""
        assert self.wire.last is not None, "Nothing was sent yet."
        return self.wire.last


def parsed(response: Response) -> Any:
    """The JSON of an answer; None if it is none."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def identity(value: Any, parameter: str = "id") -> str | None:
    """The id of a thing in an answer: under the name of the parameter, or as `id` or `slug`, perhaps below `data`."""
    if isinstance(value, list):
        return identity(value[0], parameter) if value else None
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return None
    for name in (parameter, "id", "slug"):
        if isinstance(value.get(name), (str, int)):
            return str(value[name])
    for name in ("data", "users", "feedback_ids"):
        if name in value:
            return identity(value[name], parameter)
    return None


def items(answer: Any) -> list[Any]:
    """The things in the answer of a list: the answer itself, or the first list in it."""
    if isinstance(answer, list):
        return answer
    if not isinstance(answer, dict):
        return []
    if isinstance(answer.get("data"), list):
        return list(answer["data"])
    inner = answer.get("data")
    lists = [*answer.values(), *(inner.values() if isinstance(inner, dict) else ())]
    return next((each for each in lists if isinstance(each, list)), [])


def _schema(operation: Operation, parameter: str) -> dict[str, Any]:
    declared = (each["schema"] for each in operation.raw.get("parameters", []) if each["name"] == parameter)
    return spec.flat(next(declared, {}))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
