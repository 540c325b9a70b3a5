"""Which operation a path means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Final, Generic, TypeVar
from urllib.parse import unquote

from portkey_mock.errors import Refusal

T = TypeVar("T")

_KEPT: Final = 512
"""How many paths are remembered with what they mean."""


def segments(template: str) -> tuple[str, ...]:
    """The parts of a path or of a path template between the slashes."""
    return tuple(template.removeprefix("/").split("/"))


@cache
def shape(template: str) -> str:
    """`template` without the names of its parameters: `/files/{file_id}` and `/files/{id}` are the same place."""
    return "/" + "/".join("{}" if _is_parameter(segment) else segment for segment in segments(template))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


class _Node(Generic[T]):
    """What may follow one beginning of a path, and what a path that ends here means, by method."""

    def __init__(self) -> None:
        self.children: Final[dict[str, _Node[T]]] = {}
        self.methods: Final[dict[str, tuple[tuple[tuple[int, str], ...], T]]] = {}

    def add(self, method: str, template: str, operation: T) -> None:
        node = self
        for segment in segments(shape(template)):
            node = node.children.setdefault(segment, _Node())
        named = enumerate(segments(template))
        node.methods[method] = (tuple((at, name[1:-1]) for at, name in named if _is_parameter(name)), operation)

    def find(self, path: tuple[str, ...]) -> _Node[T] | None:
        """Where `path` ends. Each segment is itself, or a parameter unless it is empty; literals first."""
        if not path:
            return self if self.methods else None
        for segment in (path[0], "{}") if path[0] else ("",):
            child = self.children.get(segment)
            found = child.find(path[1:]) if child is not None else None
            if found is not None:
                return found
        return None


class Router(Generic[T]):
    """All routes of a document; a literal path wins over a templated one."""

    def __init__(self, operations: Mapping[tuple[str, str], T], prefixes: Iterable[str]) -> None:
        """`operations` by (method, path template); `prefixes` are the paths of the servers, such as `/v1`."""
        self._root: Final[_Node[T]] = _Node()
        for (method, template), operation in operations.items():
            self._root.add(method, template, operation)
        self._prefixes: Final = ((), *(segments(prefix) for prefix in sorted(prefixes) if prefix))
        self._remembered: Final = lru_cache(maxsize=_KEPT)(self._find)

    def find(self, method: str, path: str) -> tuple[T, Mapping[str, str]]:
        """The operation for a request and its path parameters, percent-decoded once.

        A slash inside a parameter has to arrive as `%2F`.

        Raises:
            Refusal: 404 if no route has this path; 405 if it has, but not with this method; 400 if it is not UTF-8.
        """
        return self._remembered(method, path)

    def _find(self, method: str, path: str) -> tuple[T, Mapping[str, str]]:
        whole = _decode(path)
        for prefix in self._prefixes:
            candidate = whole[len(prefix) :] if whole[: len(prefix)] == prefix else ()
            node = self._root.find(candidate)
            if node is not None:
                parameters, operation = _by_method(node.methods, method)
                return operation, {name: candidate[at] for at, name in parameters}
        raise Refusal(404, f"No operation has this path. Asked for: {method} {path}", code="unknown_url", at="/path")


def _decode(path: str) -> tuple[str, ...]:
    if "%" not in path:
        return segments(path)
    try:
        return tuple(unquote(segment, errors="strict") for segment in segments(path))
    except UnicodeDecodeError:
        raise Refusal(400, "The path is not percent-encoded UTF-8.", code="invalid_path", at="/path") from None


def _by_method(methods: Mapping[str, T], method: str) -> T:
    if method not in methods:
        allow = ", ".join(sorted(methods))
        message = f"This path does not take {method}; it takes {allow}."
        raise Refusal(405, message, code="method_not_allowed", headers=(("allow", allow),))
    return methods[method]
