"""Which operation a path means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Final, Generic, TypeVar
from urllib.parse import unquote

from portkey_mock.errors import Refusal

T = TypeVar("T")


def segments(template: str) -> tuple[str, ...]:
    """The parts of a path or of a path template between the slashes."""
    return tuple(template.removeprefix("/").split("/"))


@cache
def shape(template: str) -> str:
    """`template` without the names of its parameters: `/files/{file_id}` and `/files/{id}` are the same place."""
    return "/" + "/".join("{}" if _is_parameter(segment) else segment for segment in segments(template))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


class Router(Generic[T]):
    """All routes of a document; a literal path wins over a templated one."""

    def __init__(self, operations: Mapping[tuple[str, str], T], prefixes: Iterable[str]) -> None:
        """`operations` by (method, path template); `prefixes` are the paths of the servers, such as `/v1`."""
        self._routes: Final[defaultdict[tuple[str, ...], dict[str, tuple[str, T]]]] = defaultdict(dict)
        for (method, template), operation in operations.items():
            self._routes[segments(shape(template))][method] = (template, operation)
        self._longest: Final = max(map(len, self._routes), default=0)
        self._prefixes: Final = [segments(prefix) for prefix in sorted(prefixes) if prefix]

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """The operation for a request and its path parameters, percent-decoded once.

        A slash inside a parameter has to arrive as `%2F`.

        Raises:
            Refusal: 404 if no route has this path; 405 if it has, but not with this method; 400 if it is not UTF-8.
        """
        for candidate in self._without_prefix(_decode(path)):
            for key in _keys(candidate):
                if key in self._routes:
                    template, operation = _by_method(self._routes[key], method)
                    named = zip(segments(template), candidate, strict=True)
                    return operation, {name[1:-1]: value for name, value in named if _is_parameter(name)}
        raise Refusal(404, f"No operation has this path. Asked for: {method} {path}", code="unknown_url", at="/path")

    def _without_prefix(self, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for prefix in ((), *self._prefixes):
            if path[: len(prefix)] == prefix and len(path) - len(prefix) <= self._longest:
                yield path[len(prefix) :]


def _keys(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every shape that `path` may have: each segment is itself, or a parameter unless it is empty; literals first."""
    return product(*((segment, "{}") if segment else ("",) for segment in path))


def _decode(path: str) -> tuple[str, ...]:
    try:
        return tuple(unquote(segment, errors="strict") for segment in segments(path))
    except UnicodeDecodeError:
        raise Refusal(400, "The path is not percent-encoded UTF-8.", code="invalid_path", at="/path") from None


def _by_method(methods: Mapping[str, tuple[str, T]], method: str) -> tuple[str, T]:
    if method not in methods:
        allow = ", ".join(sorted(methods))
        message = f"This path does not take {method}; it takes {allow}."
        raise Refusal(405, message, code="method_not_allowed", headers=(("allow", allow),))
    return methods[method]
