"""The document as it is published, its corrections left aside."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_PATH: Final = Path(__file__).parents[2] / "openapi" / "portkey.yaml"


@cache
def document() -> Any:
    """All of it."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(_PATH.read_text(encoding="utf-8"), loader)  # noqa: S506  # it is a safe one


def operation_at(path: str, method: str) -> dict[str, Any]:
    """One operation; empty if it is not published."""
    found: dict[str, Any] = document()["paths"].get(path, {}).get(method.lower(), {})
    return found


def resolved(value: Any) -> dict[str, Any]:
    """What stands behind a reference; empty if it is no object."""
    while isinstance(value, dict) and "$ref" in value:
        found: Any = document()
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    return value if isinstance(value, dict) else {}
