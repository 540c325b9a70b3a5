"""The docstrings of the generated methods, taken apart."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

import portkey_api
from portkey_api.resources import AsyncResources, Resources

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_SECTION = re.compile(r"(Args|Returns|Raises):\n((?:    .*\n)+)")
_ITEM = re.compile(r"^    ([\w*][\w*, ]*): ", re.MULTILINE)


@dataclass(frozen=True)
class Documented:
    """One method, of one of the two clients, and its operation."""

    http: str
    facts: dict[str, Any]
    is_async: bool

    def __str__(self) -> str:
        return f"{'async ' if self.is_async else ''}{self.facts['operationId']}"

    @cached_property
    def method(self) -> Any:
        """The function in its class, generated as it is, whatever the client makes of it."""
        tree: Any = AsyncResources() if self.is_async else Resources()
        return reduce(getattr, self.facts["operationId"].split("."), tree)

    @cached_property
    def text(self) -> str:
        """The docstring without its indentation."""
        return inspect.cleandoc(self.method.__doc__ or "") + "\n"

    @property
    def arguments(self) -> list[str]:
        """The names of what it takes, as they are told."""
        kinds = inspect.signature(self.method).parameters.values()
        return [f"**{each.name}" if each.kind is each.VAR_KEYWORD else each.name for each in kinds]

    @property
    def sections(self) -> dict[str, str]:
        """Title -> the lines of each section."""
        return dict(_SECTION.findall(self.text))

    def told(self, title: str) -> list[str]:
        """Return the names that a section explains."""
        return [name for each in _ITEM.findall(self.sections.get(title, "")) for name in each.split(", ")]

    @property
    def unexplained(self) -> set[str]:
        """The parameters that stand in the path and that the document neither lists nor describes."""
        return {each["name"] for each in self.facts.get("parameters", []) if "description" not in each}

    @property
    def example(self) -> str:
        """The code of its example; empty where there is none."""
        _, _, rest = self.text.partition("\nExample::\n\n")
        return textwrap.dedent(rest.rpartition("\n\n``")[0])

    @property
    def has_example(self) -> bool:
        """Whether the document says how to call it: by an example of the body, and of all parameters it needs."""
        needed = [each for each in self.facts.get("parameters", []) if each.get("required")]
        bodies = self.facts.get("requestBody", {}).get("content", {}).values()
        known = {"example", "examples"}
        return all(known & each.keys() for each in needed) and (
            not bodies or any(known & each.keys() for each in bodies)
        )


def documented() -> list[Documented]:
    """Return every method of both clients."""
    source = Path(portkey_api.__file__).with_name("openapi.json").read_text("utf-8")
    return [
        Documented(f"``{method.upper()} {path}``", facts, is_async)
        for path, item in json.loads(source)["paths"].items()
        for method, facts in item.items()
        if method in METHODS
        for is_async in (False, True)
    ]
