"""What the body of a request refers to, known by the names that the document gives its members.

A member is a reference if it is called after a thing that an operation of its own creates: `assistant_id`, `file_ids`,
with a word before it that says what for, as in `training_file` or `previous_response_id`, or `id` in a list called
`workspaces`. Whatever else is named comes from elsewhere and is not looked for: models, users and kinds of providers,
which nothing creates; things below others, such as messages; what an earlier answer has said; whatever a document does
not declare; and addresses, such as `s3://bucket/key` or `@provider`, which no id of the gateway's own looks like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from portkey_mock.document import Document, Operation
from portkey_mock.errors import Refusal
from portkey_mock.families import Family
from portkey_mock.jsonvalue import Json, is_array, is_object, pointer
from portkey_mock.naming import noun
from portkey_mock.validation import Call

_ITEM: Final = "*"
"""Stands in a path for every item of a list."""

_OLDER: Final = frozenset({"training_file", "validation_file"})
"""References that are called after the thing itself."""

_CATALOGUES: Final = frozenset({"ai_provider_id"})
"""What is called like a thing, and chosen from a list of Portkey's own."""

_HISTORY: Final = frozenset({"annotations", "results"})
"""Members that repeat what an earlier answer has said."""

_OUTSIDE: Final = re.compile(r"[:/%@]")


@dataclass(frozen=True)
class _Place:
    """Where a body refers to what: the path from its root, the family's collection and noun."""

    path: tuple[str, ...]
    collection: str
    noun: str

    @cached_property
    def name(self) -> str:
        """The member that holds the reference, or the list of them."""
        return next(each for each in reversed(self.path) if each != _ITEM)

    @cached_property
    def written(self) -> str:
        """What a body that has such a member holds, as JSON."""
        return json.dumps(self.name)

    def refusal(self, at: str) -> Refusal:
        """What is answered where nothing has the id at a pointer."""
        word = self.noun if self.name == "id" else re.sub(r"_ids?$", "", self.name)
        message = f"There is no {self.noun.replace('_', ' ')} of the id at {at}."
        return Refusal(400, message, code=f"invalid_{word}", at=at)


class References:
    """The references in all bodies of one document."""

    def __init__(
        self,
        document: Document,
        families: Mapping[str, Family],
        exists: Callable[[str, str], bool],
    ) -> None:
        """`exists` tells whether a collection, by its path, has a thing of this id."""
        self._nouns = {
            noun(each.collection, each.parameter): each.collection
            for each in families.values()
            if each.creatable and "{" not in each.collection
        }
        self._resolve = document.generator.resolve
        self._exists = exists
        self._places: dict[str, tuple[_Place, ...]] = document.derived("references", dict)

    def check(self, call: Call) -> None:
        """Refuses a body that refers to what is not there.

        A body is bad then, 400, as OpenAI has it for the input of a batch; 404 is for what the path names.

        Raises:
            Refusal: 400.
        """
        for place in self._of(call.operation):
            if place.written not in call.text:
                continue
            for at, name in _values(call.body, place.path):
                if isinstance(name, str) and not _OUTSIDE.search(name) and not self._exists(place.collection, name):
                    raise place.refusal(pointer("body", *at))

    def _of(self, operation: Operation) -> tuple[_Place, ...]:
        known = self._places.get(operation.pointer)
        if known is None:
            sources = [each.schema.source for each in operation.body.values() if each.schema.validator is not None]
            paths = {path for source in sources for path in self._paths(source, frozenset())}
            known = self._places[operation.pointer] = tuple(filter(None, map(self._place, sorted(paths))))
        return known

    def _place(self, path: tuple[str, ...]) -> _Place | None:
        """What a member refers to; None if it does not."""
        name, many = path[-1], path[-1].endswith("_ids")
        if name == "id" and len(path) > 2 and path[-2] == _ITEM:
            name = path[-3].removesuffix("s") + "_id"
        word = re.sub(r"_ids?$", "", name)
        if name in _CATALOGUES or (word == name and name not in _OLDER) or not _HISTORY.isdisjoint(path):
            return None
        parts = word.split("_")
        words = ("_".join(parts[start:]) for start in range(len(parts)))
        found = next((each for each in words if each in self._nouns), None)
        return None if found is None else _Place((*path, _ITEM) if many else path, self._nouns[found], found)

    def _paths(self, source: Json, inside: frozenset[str]) -> Iterator[tuple[str, ...]]:
        """The paths of all members that a schema declares, as deep as it does not contain itself."""
        if not is_object(source):
            return
        reference = source.get("$ref")
        if reference is not None and reference not in inside:
            yield from self._paths(self._resolve(reference), inside | {reference})
        for branch in _branches(source):
            yield from self._paths(branch, inside)
        for name, child in source.get("properties", {}).items():
            yield (name,)
            yield from ((name, *path) for path in self._paths(child, inside))
        yield from ((_ITEM, *path) for path in self._paths(source.get("items"), inside))


def _branches(source: Mapping[str, Json]) -> Iterable[Json]:
    return (branch for key in ("allOf", "anyOf", "oneOf") for branch in source.get(key, ()))


def _values(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """What stands at a path, and where."""
    if not path:
        yield (), value
        return
    first, rest = path[0], path[1:]
    inner: Iterable[tuple[str | int, Json]] = ()
    if first == _ITEM:
        inner = enumerate(value) if is_array(value) else ()
    elif is_object(value) and first in value:
        inner = ((first, value[first]),)
    for key, child in inner:
        yield from (((key, *at), found) for at, found in _values(child, rest))
