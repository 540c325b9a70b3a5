"""Successful answers: a generated body, with what is known laid over it."""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from portkey_mock import audio, completions, examples, values
from portkey_mock.clock import Clock
from portkey_mock.document import Content, Operation
from portkey_mock.embeddings import embeddings
from portkey_mock.errors import Refusal
from portkey_mock.generate import Generator, Impossible
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.message import Response, json_response
from portkey_mock.paging import Page, matches, page
from portkey_mock.plurals import as_many
from portkey_mock.routing import shape
from portkey_mock.schema import Schema
from portkey_mock.speech import Asked
from portkey_mock.validation import Call

_JSON: Final = "application/json"
_TEXT: Final = "text/plain"
_OCTETS: Final = "application/octet-stream"
_MODELS: Final[Mapping[str, Callable[[Asked], JsonObject]]] = {
    "/chat/completions": completions.chat,
    "/completions": completions.text,
    "/prompts/{}/completions": completions.prompt,
    "/messages": completions.message,
    "/responses": completions.response,
    "/embeddings": embeddings,
}
"""Where a model answers, by the shape of the path that is posted to."""

_KEPT_SAMPLES: Final = 1024
_KEPT_ANSWERS: Final = 256
_LARGEST_KEPT: Final = 65_536
"""How many answers are remembered, and the most bytes one of them may have."""

_SECRET: Final = re.compile(
    r"((?<!virtual_)key|secret|password|passphrase|token|credentials?|authorization)$", re.IGNORECASE
)
"""What is kept to itself. Of a virtual key only the slug is ever told, and a config or prompt has to name it."""

_SCHEMAS: Final = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Where a JSON Schema holds others by name."""


class Answers:
    """Makes the answers of one document."""

    def __init__(self, generator: Generator, clock: Clock) -> None:
        """`clock` tells when models say what they say."""
        self._generator = generator
        self._clock = clock
        self._given: dict[Call, tuple[int, bytes, Response]] = {}
        self._samples: OrderedDict[tuple[object, ...], Json] = OrderedDict()

    def one(self, call: Call, facts: JsonObject, *salt: object) -> Response:
        """The answer to `call` with `facts` in it; ids and times that are no facts depend on `salt`.

        Raises:
            Refusal: 426 if the operation only exists as a websocket; 500 if its answer has no possible value.
        """
        asked = call.fields.get("response_format")
        status, content = success(call.operation, asked)
        if content is None:
            return Response(status)
        if call.operation.path == "/audio/speech":
            return audio.speech(status, asked)
        if content.media == _TEXT:
            return audio.transcript(status, asked, str(self.sample(content, *salt)))
        if not is_json(content):
            return Response(status, (("content-type", content.media),), values.token(*salt).encode("ascii"))
        speak = _MODELS.get(shape(call.operation.path)) if call.operation.method == "POST" else None
        if speak is not None:
            return self._kept(call, b"", self._said(call, status, content, speak, facts, salt))
        return self._remembered(call, (facts, salt), lambda: self._laid(call, status, content, facts, salt))

    def again(self, call: Call) -> Response | None:
        """What this very call was answered with in the same second; for one whose answer depends on nothing else."""
        known = self._given.get(call)
        return known[2] if known is not None and known[0] == int(self._clock()) else None

    def _remembered(self, call: Call, told: tuple[object, ...], make: Callable[[], Response]) -> Response:
        """What was answered to this very call when the same was `told`, or else what `make` makes.

        Clients repeat themselves, above all while they wait for something to change. In bytes, what was told can
        neither be changed later nor be mistaken for another type, as 1 for true.
        """
        told_now = pickle.dumps(told, 5)
        known = self._given.get(call)
        return self._kept(call, told_now, known[2] if known is not None and known[1] == told_now else make())

    def _kept(self, call: Call, told: bytes, response: Response) -> Response:
        if len(self._given) >= _KEPT_ANSWERS:
            self._given.clear()
        if len(response.body) + len(told) <= _LARGEST_KEPT:
            self._given[call] = (int(self._clock()), told, response)
        return response

    def _laid(self, call: Call, status: int, content: Content, facts: JsonObject, salt: tuple[object, ...]) -> Response:
        sample = as_many(call.operation.path, call.fields, self.sample(content, *salt))
        return json_response(status, lay(content.schema.accepts, sample, facts) if is_object(sample) else sample)

    def _said(
        self,
        call: Call,
        status: int,
        content: Content,
        speak: Callable[[Asked], JsonObject],
        facts: JsonObject,
        salt: tuple[object, ...],
    ) -> Response:
        """What a model answers."""
        asked = Asked(call.fields, self._generator.token(call.operation.path, call.text), int(self._clock()))
        sample = self.sample(content)
        kind = str(sample.get("object", sample.get("type")))
        said = {"id": self._generator.identifier(kind, *salt), **speak(asked), **facts}
        return json_response(status, lay(content.schema.accepts, sample, said))

    def many(
        self, call: Call, items: Mapping[str, JsonObject] | None, *salt: object, more: JsonObject | None = None
    ) -> Response:
        """The page that `call` asks for out of `items` (the facts of each one by its id, newest first).

        None means that nothing is known of the list: then it holds what the document shows, or one generated item. An
        answer that has no list in it is generated as it is. `more` is known of the list itself.

        Raises:
            Refusal: as `one`.
        """
        status, content = success(call.operation)
        if content is None or not is_json(content):
            return self.one(call, {}, *salt)
        sample = self.sample(content, *salt)
        place = _place_of_items(sample)
        if place is None:
            return self.one(call, {}, *salt)
        listed = self._items(call, sample, place) if items is None else items
        known = {name: facts for name, facts in listed.items() if matches(facts, call.query)}
        chosen = page(known, call.query, call.operation.parameters)
        told = (chosen.items, chosen.has_more, len(known), more, salt)
        return self._remembered(call, told, lambda: _listed(status, content, sample, place, chosen, len(known), more))

    def items(self, call: Call, *salt: object) -> dict[str, JsonObject]:
        """The items of a list of which nothing is known, by id; none if the answer lists nothing."""
        _, content = success(call.operation)
        sample: Json = self.sample(content, *salt) if content is not None and is_json(content) else None
        place = _place_of_items(sample)
        return {} if place is None else self._items(call, sample, place)

    def _items(self, call: Call, sample: Json, place: str) -> dict[str, JsonObject]:
        """The items that the document shows, or else those of a generated list; they belong to what has to be named."""
        shown = self.shown(call)
        items = _at(shown, place) if _place_of_items(shown) == place else _at(sample, place)
        required = {each.name for each in call.operation.parameters if each.location == "query" and each.required}
        named = {name: value for name, value in call.query.items() if name in required}
        return _by_id([{name: named.get(name, value) for name, value in item.items()} for item in items])

    def shown(self, call: Call) -> Json:
        """What the document shows as the answer to `call`, if the path names what its examples name; None if not."""
        _, content = success(call.operation)
        given = {each.name: each.example for each in call.operation.parameters if each.location == "path"}
        same = all(str(given.get(name)) == value for name, value in call.path.items())
        return content.example if same and content is not None and content.schema.accepts(content.example) else None

    def octets(self, call: Call, content: bytes) -> Response:
        """The bytes of a file. A document that promises JSON for them is wrong: it would not be true byte for byte."""
        status, declared = success(call.operation)
        media = _OCTETS if declared is None or is_json(declared) else declared.media
        return Response(status, (("content-type", media),), content)

    def sample(self, content: Content, *salt: object) -> Json:
        """A body in the words of the example, not to be changed; the latest are kept, as clients repeat themselves.

        Raises:
            Refusal: 500 if there is none; that was reported at start-up, too.
        """
        if content.schema.validator is None:
            raise Refusal(500, "The schema of the answer does not compile.", code="impossible_answer")
        key = (content.schema.pointer, *salt)
        if key not in self._samples:
            try:
                made = self._generator.value(content.schema.source, *salt)
                self._samples[key] = examples.worded(made, content.example, content.schema.accepts)
            except Impossible as impossible:
                raise Refusal(500, f"The document allows no answer: {impossible}.", code="impossible_answer") from None
            if len(self._samples) > _KEPT_SAMPLES:
                self._samples.popitem(last=False)
        return self._samples[key]


def _listed(
    status: int,
    content: Content,
    sample: Json,
    place: str,
    chosen: Page[JsonObject],
    total: int,
    more: JsonObject | None,
) -> Response:
    """A page of a list, every item of it valid where it stands."""
    laid = [_item(content.schema, sample, place, facts) for facts in chosen.items]
    if place == "":
        return json_response(status, laid)
    ids = [item.get("id") for item in laid] or [None]
    facts = {
        **(more or {}),
        place: laid,
        "object": "list",
        "first_id": ids[0],
        "last_id": ids[-1],
        "has_more": chosen.has_more,
        "total": total,
        "total_count": total,
    }
    return json_response(status, lay(content.schema.accepts, sample, facts))


def success(operation: Operation, asked: Json = None) -> tuple[int, Content | None]:
    """The status of a successful answer and what it carries; if there is a choice JSON, or text where that is `asked`.

    Raises:
        Refusal: 426 if the operation declares nothing but a change of protocol.
    """
    if "101" in operation.responses and not (operation.success or "").startswith("2"):
        headers = (("upgrade", "websocket"), ("connection", "upgrade"))
        raise Refusal(
            426, "This operation is a websocket; ask for an upgrade.", code="upgrade_required", headers=headers
        )
    status = operation.success or ""
    contents = operation.responses.get(status, {})
    wanted = _TEXT if asked in audio.TEXTS else _JSON
    content = contents.get(wanted) or contents.get(_JSON) or next(iter(contents.values()), None)
    return int(status) if status.isdigit() else 200, content


def is_json(content: Content) -> bool:
    """Whether a body of this kind is JSON."""
    return content.media == _JSON or content.media.endswith("+json")


def lay(accepts: Callable[[Json], bool], body: JsonObject, facts: JsonObject) -> JsonObject:
    """`body` with `facts` in place of the members of the same name, as far as `accepts` lets them.

    The members may be those of `body` itself or of its `data`. A fact that is None is null where that is accepted, and
    left out where it is not.
    """
    whole = _laid(body, facts)
    if accepts(whole):
        return whole
    for name, fact in facts.items():
        attempts = [_laid(body, {name: fact})] + ([_without(body, name)] if fact is None else [])
        body = next((attempt for attempt in attempts if accepts(attempt)), body)
    return body


def _laid(body: JsonObject, facts: JsonObject) -> JsonObject:
    laid = {name: facts.get(name, value) for name, value in body.items()}
    data: Json = laid.get("data")
    if is_object(data) and "data" not in facts:
        laid["data"] = {name: facts.get(name, value) for name, value in data.items()}
    return laid


def _without(body: JsonObject, name: str) -> JsonObject:
    return {other: value for other, value in body.items() if other != name}


def echoable(fields: JsonObject) -> JsonObject:
    """`fields` without anything whose name says that it is a secret, at any depth.

    A JSON Schema, such as that of a tool, keeps all its properties: they are names of values, and no values.
    """
    return {
        name: _schemas(value) if name in _SCHEMAS and is_object(value) else _echoable(value)
        for name, value in fields.items()
        if not _is_secret(name)
    }


def _schemas(named: JsonObject) -> JsonObject:
    """Schemas by name, whatever they are called; what is no schema is as anywhere else."""
    return {
        name: _echoable(value)
        for name, value in named.items()
        if is_object(value) or isinstance(value, bool) or not _is_secret(name)
    }


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def _echoable(value: Json) -> Json:
    if is_object(value):
        return echoable(value)
    return [_echoable(item) for item in value] if is_array(value) else value


def _place_of_items(sample: Json) -> str | None:
    """Under which name an answer lists objects; an empty string if it is a list itself, None if it lists nothing."""
    if is_array(sample):
        return "" if _is_list_of_objects(sample) else None
    if not is_object(sample):
        return None
    lists = [name for name, value in sample.items() if _is_list_of_objects(value)]
    return "data" if "data" in lists else next(iter(lists), None)


def _is_list_of_objects(value: Json) -> bool:
    return is_array(value) and bool(value) and is_object(value[0])


def _at(body: Json, place: str) -> list[JsonObject]:
    """The items at a place that `_place_of_items` has found."""
    items: list[JsonObject] = body if place == "" else body[place]
    return items


def _by_id(items: list[JsonObject]) -> dict[str, JsonObject]:
    """Items by their ids; those that have none, or that of another one, as versions of one thing do, by number."""
    found: dict[str, JsonObject] = {}
    for number, item in enumerate(items):
        name = str(item.get("id", number))
        found[f"{name}/{number}" if name in found else name] = item
    return found


def _item(schema: Schema, sample: Json, place: str, facts: JsonObject) -> JsonObject:
    """One item of a list with `facts` in it, valid where it stands."""
    if place == "":
        return lay(lambda item: schema.accepts([item]), sample[0], facts)
    return lay(lambda item: schema.accepts({**sample, place: [item]}), sample[place][0], facts)
