"""Which operation of the document a request means."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from tests.contract.document import Operation


class Routes:
    """The operations by method and number of segments; where several fit, the one with the most fixed segments."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._by_shape: defaultdict[tuple[str, int], list[tuple[re.Pattern[str], Operation]]] = defaultdict(list)
        for each in sorted(operations, key=lambda operation: operation.path.count("{")):
            pattern = "".join(
                "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"({[^}]*})", each.path)
            )
            self._by_shape[each.method, each.path.count("/")].append((re.compile(pattern), each))

    def find(self, method: str, path: str) -> Operation | None:
        """The operation for a path below the address of the gateway, with or without a slash at its end."""
        plain = path.rstrip("/")
        for pattern, operation in self._by_shape[method, plain.count("/")]:
            if pattern.fullmatch(plain):
                return operation
        return None
