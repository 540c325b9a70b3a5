"""Name every operation ``resource.method`` from its path and method, never from its operationId, tag or title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from keyword import iskeyword

from .errors import PrepareError

Key = tuple[str, str]
"""An operation: its HTTP method in lower case, and its path."""

_ON_ITEM = {"get": "retrieve", "put": "update", "patch": "update", "post": "update", "delete": "delete"}
_ON_COLLECTION = {"get": "list", "post": "create", "put": "update", "patch": "update", "delete": "delete"}
_OWN_NAMES = frozenset({"request", "close", "aclose", "with_options"})
"""Names the client itself has at the top of the tree."""


def snake(text: str) -> str:
    """Return text as one snake_case identifier: ``makeDefault`` and ``make-default`` both give ``make_default``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text))
    name = re.sub(r"[^0-9A-Za-z]+", "_", spaced).strip("_").lower() or "root"
    if name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if iskeyword(name) else name


def name_operations(keys: Iterable[Key], chosen: Mapping[str, str]) -> dict[Key, str]:
    """Return a unique dotted name for every operation.

    Args:
        keys: All operations of the document, in its order.
        chosen: ``"METHOD /path"`` to the name we want where the rule gives another (names.yaml).

    Raises:
        PrepareError: A chosen name is malformed, or two operations were given the same one.
    """
    operations = list(keys)
    methods: dict[str, set[str]] = {}
    for method, path in operations:
        methods.setdefault(path, set()).add(method)
    named: dict[Key, str] = {}
    taken: dict[str, Key] = {}
    for key in sorted(operations, key=lambda key: f"{key[0].upper()} {key[1]}" not in chosen):
        wanted = chosen.get(f"{key[0].upper()} {key[1]}")
        name = _checked(wanted, key) if wanted else _by_rule(key, methods)
        if wanted and name in taken:
            raise PrepareError(f"names.yaml: {name!r} is given to {_text(key)} and to {_text(taken[name])}; rename one")
        named[key] = name if name not in taken else _told_apart(name, key, taken)
        taken[named[key]] = key
    _refuse_shadows(named)
    return {key: named[key] for key in operations}


def _text(key: Key) -> str:
    return f"{key[0].upper()} {key[1]}"


def _checked(name: str, key: Key) -> str:
    parts = name.split(".")
    if len(parts) < 2 or any(not part.isidentifier() or part != snake(part) for part in parts):
        raise PrepareError(f"names.yaml: {name!r} for {_text(key)} must be snake_case 'resource.method'")
    return name


def _by_rule(key: Key, methods: Mapping[str, set[str]]) -> str:
    """Name one operation from the shape of its path alone."""
    method, path = key
    segments = [segment for segment in path.split("/") if segment]
    words = [snake(segment) for segment in segments if not _is_parameter(segment)]
    if not words:
        return f"root.{method}"
    if _is_parameter(segments[-1]):
        return ".".join([*words, _ON_ITEM.get(method, method)])
    group = _action_group(segments, methods)
    if group is None:
        return ".".join([*words, _ON_COLLECTION.get(method, method)])
    head = [snake(segment) for segment in segments[:group] if not _is_parameter(segment)]
    tail = [snake(segment) for segment in segments[group:] if not _is_parameter(segment)]
    return ".".join([*head, "_".join(tail)])


def _action_group(segments: list[str], methods: Mapping[str, set[str]]) -> int | None:
    """Return where the action part of a path starts, or None where the path is a collection.

    A path is an action when it is a leaf with one method: after a parameter (``/batches/{id}/cancel``), or a GET below
    a group that is no collection itself (``/analytics/graphs/errors/rate``).
    """
    path = "/" + "/".join(segments)
    if len(methods.get(path, ())) != 1 or any(other.startswith(path + "/{") for other in methods):
        return None
    if len(segments) >= 2 and _is_parameter(segments[-2]):
        return len(segments) - 1
    if methods[path] != {"get"} or len(segments) < 3 or any(map(_is_parameter, segments)):
        return None
    start = len(segments) - 1
    while start > 2 and methods.get("/" + "/".join(segments[:start])) == {"get"}:
        start -= 1
    return start


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _told_apart(name: str, key: Key, taken: Mapping[str, Key]) -> str:
    """Give a second operation of one name a name of its own: by its parameters, its method, then a number."""
    parameters = [snake(part) for part in re.findall(r"{([^}]+)}", key[1])]
    candidates = [f"{name}_by_{'_and_'.join(parameters)}"] if parameters else []
    candidates += [f"{candidate}_{key[0]}" for candidate in (name, *candidates)]
    candidates += [f"{name}_{number}" for number in range(2, len(taken) + 3)]
    return next(candidate for candidate in candidates if candidate not in taken)


def _refuse_shadows(named: Mapping[Key, str]) -> None:
    """Refuse a name that is both a method and a resource, or that hides a name of the client itself."""
    resources = {name.rsplit(".", 1)[0] for name in named.values()}
    resources |= {".".join(resource.split(".")[:depth]) for resource in resources for depth in range(1, 9)}
    for key, name in named.items():
        if name in resources or name.split(".")[0] in _OWN_NAMES:
            raise PrepareError(f"{_text(key)}: the name {name!r} is taken; give it another one in names.yaml")
