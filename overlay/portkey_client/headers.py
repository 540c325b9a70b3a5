"""Headers: what RFC 9110 lets them hold, and how several sets of them become one."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def header_problem(name: object, value: object) -> str | None:
    """Return what is wrong with a header (RFC 9110, section 5), without its value; ``None`` where nothing is."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{str(name)[:40]!r} is no name of a header"
    if not isinstance(value, str):
        return f"the header {name} is a {type(value).__name__}, which must be text"
    if not value.isascii():
        return f"the header {name} holds a character outside ASCII; encode it first"
    if not value.isprintable():
        return f"the header {name} holds a line break or control character"
    if value != value.strip():
        return f"the header {name} starts or ends with a blank"
    return None


def merged(*sets: Mapping[str, str | None]) -> dict[str, str]:
    """Return several sets of headers as one: names in any case, the later wins, ``None`` removes."""
    result: dict[str, tuple[str, str]] = {}
    for headers in sets:
        for name, value in headers.items():
            key = str(name).lower()
            if value is None:
                result.pop(key, None)
            else:
                result[key] = (name, value)
    return dict(result.values())
