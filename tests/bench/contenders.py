"""Who is measured: contenders, named by the package they import. The others are compared with the first."""

import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import TypeVar

BASE = "httpx"
DISTRIBUTIONS = {BASE: "httpx", "portkey_client": "portkey-client", "openai": "openai", "portkey_ai": "portkey-ai"}

T = TypeVar("T")


def installed(contenders: Mapping[str, T]) -> dict[str, T]:
    """The contenders that can be imported; the others are named on stderr."""
    return {name: contender for name, contender in contenders.items() if _importable(name)}


def title(name: str) -> str:
    """The distribution and version of a contender, as the table shows it."""
    return f"{DISTRIBUTIONS[name]} {version(DISTRIBUTIONS[name])}"


@cache
def _importable(name: str) -> bool:
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        print(f"skipped: {DISTRIBUTIONS[name]} is not installed", file=sys.stderr)
        return False
    return True
