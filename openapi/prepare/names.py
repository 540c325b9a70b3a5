"""Name every operation ``resource.method`` from its path and method, never from its operationId, tag or title."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain, count
from keyword import iskeyword

from .arrange import METHODS
from .errors import PrepareError

Key = tuple[str, str]
"""An operation: its HTTP method in lower case, and its path."""

_ON_ITEM = {"get": "retrieve", "put": "update", "patch": "update", "post": "update", "delete": "delete"}
_ON_COLLECTION = {"get": "list", "post": "create", "put": "update", "patch": "update", "delete": "delete"}
OWN_NAMES = frozenset({"call", "stream", "call_or_stream", "socket", "request", "close", "aclose", "with_options"})
"""Names the client itself has at the top of the tree; a resource of such a name gets an underscore."""


def snake(text: str) -> str:
    """Return text as one snake_case identifier: ``makeDefault`` and ``make-default`` both give ``make_default``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text))
    name = re.sub(r"[^0-9A-Za-z]+", "_", spaced).strip("_").lower() or "root"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if iskeyword(name) else name


def placeholders(path: str) -> list[str]:
    """Return the names of the parameters in a path template, each once, in their order."""
    return list(dict.fromkeys(re.findall(r"{([^{}]+)}", path)))


def name_operations(keys: Iterable[Key], chosen: Mapping[str, str], notes: list[str]) -> dict[Key, str]:
    """Return a unique dotted name for every operation; the order of the document does not matter.

    Args:
        keys: All operations of the document.
        chosen: ``"METHOD /path"`` to the name we want where the rule gives another (names.yaml).
        notes: Takes what is stale in ``chosen``: keys of no operation, and names that cannot be given here.

    Raises:
        PrepareError: A chosen name is malformed, or two operations were given the same one.
    """
    operations = list(keys)
    shapes = _Shapes(operations)
    wanted = {key: _checked(chosen[_text(key)], key) for key in operations if _text(key) in chosen}
    for name, number in Counter(wanted.values()).items():
        if number > 1:
            rivals = " and to ".join(_text(key) for key in wanted if wanted[key] == name)
            raise PrepareError(f"names.yaml: {name!r} is given to {rivals}; rename one")
    proposed = {key: wanted.get(key) or shapes.name(key) for key in operations}
    taken = {resource for name in proposed.values() for resource in resources_of(name)}
    named: dict[Key, str] = {}
    for key in sorted(operations, key=lambda key: (key not in wanted, key[1], METHODS.index(key[0]))):
        name = proposed[key]
        named[key] = name if name not in taken else _told_apart(name, key, taken)
        taken.add(named[key])
        if key in wanted and named[key] != name:
            notes.append(f"names.yaml: {_text(key)}: {name!r} is a resource here, so it became {named[key]!r}")
    known = {_text(key) for key in operations}
    notes += [f"names.yaml: {key}: is no operation of this document" for key in sorted(chosen.keys() - known)]
    return {key: named[key] for key in operations}


def _text(key: Key) -> str:
    return f"{key[0].upper()} {key[1]}"


def _checked(name: object, key: Key) -> str:
    parts = str(name).split(".")
    if len(parts) < 2 or parts[0] in OWN_NAMES or any(part != snake(part) for part in parts):
        raise PrepareError(f"names.yaml: {name!r} for {_text(key)} must be snake_case 'resource.method'")
    return str(name)


def resources_of(name: str) -> Iterator[str]:
    """Yield the resource of a name and those above it: of ``a.b.c.list``, ``a``, ``a.b`` and ``a.b.c``."""
    parts = name.split(".")
    for depth in range(1, len(parts)):
        yield ".".join(parts[:depth])


class _Shapes:
    """The paths of a document, and the names that follow from their shape alone."""

    def __init__(self, operations: Iterable[Key]) -> None:
        self.methods: dict[str, set[str]] = defaultdict(set)
        for method, path in operations:
            self.methods[path].add(method)
        self.collections = {path[: match.start()] for path in self.methods for match in re.finditer("/{", path)}
        """Paths that a parameter follows somewhere."""

    def name(self, key: Key) -> str:
        """Name one operation."""
        method, path = key
        segments = [segment for segment in path.split("/") if segment]
        words = _words(segments)
        if not words:
            return f"root.{snake(method)}"
        if _is_parameter(segments[-1]):
            return ".".join([*words, _ON_ITEM.get(method, method)])
        group = self._action_group(segments)
        if group is None:
            return ".".join([*words, _ON_COLLECTION.get(method, method)])
        return ".".join([*_words(segments[:group]), "_".join(map(snake, segments[group:]))])

    def _action_group(self, segments: list[str]) -> int | None:
        """Return where the action part of a path starts, or None where the path is a collection.

        A path below a resource is an action when it is a leaf with one method: after a parameter
        (``/batches/{id}/cancel``), or a GET below a group that is no collection itself (``/analytics/graphs/errors``).
        """
        path = "/" + "/".join(segments)
        methods = self.methods.get(path, set())
        if len(methods) != 1 or path in self.collections:
            return None
        if len(segments) >= 2 and _is_parameter(segments[-2]):
            return len(segments) - 1 if _words(segments[:-1]) else None
        if methods != {"get"} or len(segments) < 3 or any(map(_is_parameter, segments)):
            return None
        start = len(segments) - 1
        while start > 2 and self.methods.get("/" + "/".join(segments[:start])) == {"get"}:
            start -= 1
        return start


def _words(segments: Iterable[str]) -> list[str]:
    words = [snake(segment) for segment in segments if not _is_parameter(segment)]
    return [f"{words[0]}_", *words[1:]] if words and words[0] in OWN_NAMES else words


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _told_apart(name: str, key: Key, taken: AbstractSet[str]) -> str:
    """Give a second operation of one name a name of its own: by its parameters, its method, then a number."""
    parameters = [snake(part) for part in placeholders(key[1])]
    candidates = [f"{name}_by_{'_and_'.join(parameters)}"] if parameters else []
    candidates += [f"{candidate}_{key[0]}" for candidate in (name, *candidates)]
    numbered = (f"{name}_{number}" for number in count(2))
    return next(candidate for candidate in chain(candidates, numbered) if candidate not in taken)
