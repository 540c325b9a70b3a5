"""Unique Python class and module names, by the generator's own rules of spelling."""

from __future__ import annotations

import re
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier

_PREFIX = "field_"
RESERVED = frozenset(
    {"Any", "ClassVar", "Literal", "Mapping", "Sequence", "TypeAlias", "WireModel", "FileInput", "Unset", "Aliases"}
    | {"Operation", "Resource", "AsyncResource", "CallOptions", "Unpack", "Portkey", "AsyncPortkey", "Resources"}
    | {"AsyncResources", "TYPE_CHECKING", "UNSET"}
)
"""Names the generated modules themselves use; a schema of such a name gets a suffix."""


def pascal(text: str) -> str:
    """Return text as a PascalCase fragment of a class name."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[0-9A-Za-z]+", text))


class ClassNames:
    """Hands out class names that clash neither as classes nor as modules, also on a disk that ignores case."""

    def __init__(self) -> None:
        self._taken: set[str] = {name.lower() for name in RESERVED}
        self._modules: set[str] = {"aliases", "__init__"}

    def take(self, wanted: str) -> str:
        """Return ``wanted`` as a class name, with a number where it is taken already."""
        base = str(ClassName(wanted, _PREFIX))
        base = f"{base}Schema" if base in RESERVED else base
        name, number = base, 2
        while self._is_taken(name):
            name, number = str(ClassName(f"{base}{number}", _PREFIX)), number + 1
        self._taken.add(name.lower())
        self._modules.add(module_name(name))
        return name

    def _is_taken(self, name: str) -> bool:
        return name.lower() in self._taken or module_name(name) in self._modules


def module_name(class_name: str) -> str:
    """Return the module the generator writes a class to."""
    return str(PythonIdentifier(class_name, _PREFIX))


def branch_name(schema: Any, index: int) -> str:
    """Name an unnamed branch of a union: by the constant that tells it apart, else by its number."""
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    for name in ("type", "object", "role", "kind", "mode", *properties):
        rule = properties.get(name)
        members = rule.get("enum", [rule.get("const")]) if isinstance(rule, dict) else []
        if len(members) == 1 and isinstance(members[0], str) and pascal(members[0]):
            return pascal(members[0])
    return f"Option{index + 1}"
