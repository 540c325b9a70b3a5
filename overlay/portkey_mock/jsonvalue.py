"""JSON values: the types they have in Python, and the pointers (RFC 6901) that name a place in one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeGuard

Json: TypeAlias = Any
"""A parsed JSON value. `Any` on purpose: its shape is what the schemas are there to say."""

JsonObject: TypeAlias = dict[str, Any]


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Json]]:
    """Whether `value` is a JSON array."""
    return isinstance(value, list)


def pointer(*tokens: str | int) -> str:
    """The JSON pointer made of `tokens`, each one escaped: `pointer("paths", "/files")` is `/paths/~1files`."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def depth(value: Json) -> int:
    """How many levels of values lie within one another: 1 for a scalar, 2 for a flat array or object.

    Walks level by level instead of recursing, since the value may be deeper than Python's own stack.
    """
    levels, level = 0, [value]
    while level:
        levels, level = levels + 1, [child for item in level for child in _children(item)]
    return levels


def _children(value: Json) -> Iterable[Json]:
    if is_object(value):
        return value.values()
    return value if is_array(value) else ()
