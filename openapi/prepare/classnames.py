"""Unique Python class and module names, by the generator's own rules of spelling."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from unicodedata import normalize

from openapi_python_client.strings import ClassName, PythonIdentifier

from .load import Json, is_array, is_object

_PREFIX = "field_"
_ROUNDS = 8
"""Spellings of one name; all but those that never end need at most four."""
RESERVED = frozenset(
    {"Any", "ClassVar", "Literal", "Mapping", "Sequence", "TypeAlias", "WireModel", "FileInput", "Unset", "Aliases"}
    | {"Operation", "Resource", "AsyncResource", "CallOptions", "Unpack", "Resources"}
    | {"AsyncResources", "TYPE_CHECKING", "UNSET", "File", "TypedDict", "NotRequired", "Stream", "AsyncStream"}
)
"""Names the generated modules, or the generator, use themselves; a schema of such a name gets a suffix."""


def pascal(text: str) -> str:
    """Return text as a PascalCase fragment of a class name."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[0-9A-Za-z]+", text))


def resource_class(path: tuple[str, ...]) -> str:
    """Return the class of a resource: of ``("chat", "completions")``, ``ChatCompletionsResource``."""
    return "".join(pascal(part.title()) for part in path) + "Resource"


def dict_class(class_name: str) -> str:
    """Return the name of the typed dict that may be passed for a class."""
    return f"{class_name}Dict"


class ClassNames:
    """Hands out class names that clash neither as classes nor as modules, also on a disk that ignores case."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = RESERVED | set(reserved)
        self._taken = {name.lower() for name in self._reserved}
        self._modules = {"aliases", "__init__"}
        self._numbers: Counter[str] = Counter()
        """Name -> how often it was wanted, so that the thousandth of a name is as quick as the second."""

    def take(self, wanted: str) -> str:
        """Return ``wanted`` as a class name, with a number where it is taken already."""
        base = _spelled(wanted)
        base = _spelled(f"{base}Schema") if base in self._reserved else base
        name = base
        while self._is_taken(name):
            self._numbers[base] += 1
            name = _spelled(f"{base}{self._numbers[base] + 1}")
        self._taken |= {name.lower(), dict_class(name).lower()}
        self._modules.add(module_name(name))
        return name

    def _is_taken(self, name: str) -> bool:
        return (
            not self._taken.isdisjoint({name.lower(), dict_class(name).lower()}) or module_name(name) in self._modules
        )


def _spelled(text: str) -> str:
    """Return a class name that neither the generator nor Python (which normalises identifiers) spells differently.

    Some letters have no capitals, and the generator goes back and forth between two spellings; they are left out.
    """
    name = text
    for _ in range(_ROUNDS):
        spelled = normalize("NFKC", ClassName(name, _PREFIX))
        if spelled == name:
            return name
        name = spelled
    return _spelled("".join(character for character in text if character.isascii()))


def module_name(class_name: str) -> str:
    """Return the module the generator writes a class to."""
    return str(PythonIdentifier(class_name, _PREFIX))


def branch_name(schema: Json, index: int) -> str:
    """Name an unnamed branch of a union: by the constant that tells it apart, else by its number."""
    properties: Json = schema.get("properties", {})
    for name in ("type", "object", "role", "kind", "mode", *properties):
        constant = _only_value(properties.get(name))
        if isinstance(constant, str) and pascal(constant):
            return pascal(constant)
    return f"Option{index + 1}"


def _only_value(rule: Any) -> Any:
    """Return the one value a property can have, or None."""
    if not is_object(rule):
        return None
    members = rule["enum"] if is_array(rule.get("enum")) else [rule.get("const")]
    return members[0] if len(members) == 1 else None


def module_of(name: str) -> str:
    """Return the module where the generated package looks for a class, as its ``models/__init__.py`` says it."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)).lower()
