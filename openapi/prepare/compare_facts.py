"""Compare what schemas say beside the Python type: checks, formats, defaults, flags and prose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .canonical import PROSE, as_text
from .change import Level, Side
from .changes import Changes
from .classnames import branch_name
from .errors import Place
from .load import Json, is_array, is_object
from .rules import STRUCTURE, VALIDATIONS

Sides = dict[Side, tuple[str, ...]]
"""The sides a schema is on, each with the methods that reach it there."""
_LEAST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"})
_MOST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"})
_PYTHON_FORMATS = frozenset({"date-time", "datetime", "date", "binary"})
"""Formats that are types; what happens to them is told with the types."""
_FREE_FORMATS = frozenset({"int64", "double", "float", "password", "byte"})
"""Formats that refuse nothing a plain value of the type could be."""
_WIDER = frozenset({("int32", "int64"), ("float", "double")})
_FLAGS = {
    "deprecated": ("deprecated", "restored"),
    "readOnly": ("read-only", "not-read-only"),
    "writeOnly": ("write-only", "not-write-only"),
}


class Facts:
    """Compares schemas that stand at the same place of two documents, and all that stand in them."""

    def __init__(self, changes: Changes, sides: Sides, *, optional: bool = True) -> None:
        self.changes = changes
        self.sides = sides
        self.optional = optional
        """Whether the outermost value may be left out."""

    def compare(self, old: Any, new: Any, place: Place) -> None:
        """Add what differs; references are not followed, as what they lead to is compared for itself."""
        pending = [(old, new, place, self.optional)]
        while pending:
            first, second, where, optional = pending.pop()
            if is_object(first) and is_object(second):
                self._own(first, second, where, optional=optional)
                pending += _children(first, second, where)

    def _own(self, old: Json, new: Json, place: Place, *, optional: bool) -> None:
        before, after = _facts(old), _facts(new)
        differing = [
            key for key in sorted(before.keys() | after.keys()) if as_text(before.get(key)) != as_text(after.get(key))
        ]
        self._prose([key for key in differing if key in PROSE], place)
        alike = _types(old) == _types(new)
        for key in differing:
            was, now = before.get(key), after.get(key)
            if key in VALIDATIONS or key in ("format", "enum"):
                if alike:
                    self._check(key, was, now, place)
            elif key == "default":
                self._default(key in before, key in after, (was, now), place, optional=optional)
            elif key in _FLAGS:
                self._add(_FLAGS[key][0 if now else 1], place, f"`{key}` was {bool(was)}, is {bool(now)}", was, now)
            elif key == "discriminator":
                self._add("discriminator-changed", place, "tells its branches apart in another way", was, now)
            elif key not in PROSE:
                self._add("detail-changed", place, f"`{key}` was {short(was)}, is {short(now)}", was, now)

    def _add(
        self, kind: str, place: Place, said: str, was: Any = None, now: Any = None, level: Level | None = None
    ) -> None:
        for side, methods in self.sides.items():
            self.changes.add(kind, side, methods, place, said, before=short(was), after=short(now), level=level)

    def _prose(self, keys: list[str], place: Place) -> None:
        """Tell once that prose changed, whatever sides it is on."""
        if keys:
            methods = tuple(sorted({each for some in self.sides.values() for each in some}))
            side = next(iter(self.sides)) if len(self.sides) == 1 else Side.NEITHER
            self.changes.add("prose-changed", side, methods, place, f"is described differently ({', '.join(keys)})")

    def _check(self, key: str, was: Any, now: Any, place: Place) -> None:
        if key == "format":
            if {str(was).lower(), str(now).lower()} & _PYTHON_FORMATS:
                return
            free = now is None or now in _FREE_FORMATS or (was, now) in _WIDER
            self._add(
                "format-widened" if free and (now, was) not in _WIDER else "format-narrowed",
                place,
                f"had the format {was or 'of any text or number'}, has {now or 'none'}",
                was,
                now,
            )
            return
        kind = "bound-widened" if _is_wider(key, was, now) else "bound-narrowed"
        self._add(kind, place, f"`{key}` was {short(was)}, is {short(now)}", was, now)

    def _default(self, had: bool, has: bool, values: tuple[Any, Any], place: Place, *, optional: bool) -> None:
        was, now = values
        if had and has:
            said = f"had the default {short(was)}, has {short(now)}"
            self._add("default-changed", place, said, was, now, None if optional else Level.COMPATIBLE)
        else:
            said = f"has the default {short(now)} now" if has else f"had the default {short(was)}, and has none"
            self._add("default-added" if has else "default-removed", place, said, was, now)


def short(value: Any) -> str:
    """Return a value in at most 80 characters; nothing where there is none."""
    text = "" if value is None else as_text(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_wider(key: str, was: Any, now: Any) -> bool:
    """Tell whether a check became laxer; what cannot be told is taken for stricter."""
    if now is None or now is False:
        return True
    if key == "enum" and is_array(was) and is_array(now):
        return not {as_text(each) for each in was} - {as_text(each) for each in now}
    if was is None or was is False or not _are_numbers(was, now):
        return False
    if key == "multipleOf":
        return bool(now) and was % now == 0
    return bool(now < was) if key in _LEAST else bool(now > was) if key in _MOST else False


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, (int, float)) for value in values)


def _types(schema: Json) -> set[str]:
    """Return the types a schema states, null apart."""
    types = schema.get("type", [])
    return set(types if is_array(types) else [types]) - {"null"}


def _parts(schema: Json) -> Iterator[Json]:
    """Yield a schema and the parts it is merged from, but for those that are components of their own."""
    yield schema
    for part in schema.get("allOf", ()):
        if is_object(part) and "$ref" not in part:
            yield from _parts(part)


def _facts(schema: Json) -> Json:
    """Return the keywords of a schema that do not decide its Python type."""
    found: Json = {}
    for part in _parts(schema):
        found |= {key: value for key, value in part.items() if key not in STRUCTURE or key == "format"}
        if any(isinstance(member, (float, list, dict)) for member in part.get("enum", ())):
            found["enum"] = sorted(part["enum"], key=as_text)  # no literals of Python, so their type does not show them
    return found


def _inner(schema: Json) -> dict[Place, Any]:
    """Return the schemas in a schema by their place in it; branches of unions are told apart later."""
    found: dict[Place, Any] = {}
    for part in _parts(schema):
        for key in ("properties", "patternProperties"):
            found |= {(key, name): each for name, each in part.get(key, {}).items()}
        found |= {(key,): part[key] for key in ("items", "additionalProperties") if is_object(part.get(key))}
        for key in ("prefixItems", "items"):
            if is_array(part.get(key)):
                found |= {(key, index): each for index, each in enumerate(part[key])}
    return found


def _children(old: Json, new: Json, place: Place) -> Iterator[tuple[Any, Any, Place, bool]]:
    """Yield the schemas in two schemas that belong together, with their place and whether they may be left out."""
    before, after = _inner(old), _inner(new)
    required = {name for part in _parts(new) for name in part.get("required", ())}
    for inside in before.keys() & after.keys():
        optional = inside[0] == "properties" and inside[-1] not in required
        yield before[inside], after[inside], (*place, *inside), optional
    branches = [_branches(schema) for schema in (old, new)]
    for mark in branches[0].keys() & branches[1].keys():
        (_, was), (index, now) = branches[0][mark], branches[1][mark]
        yield was, now, (*place, "oneOf", index), True


def _branches(schema: Json) -> dict[Any, tuple[int, Json]]:
    """Return the branches of a union, each by what tells it from the others."""
    found: dict[Any, list[tuple[int, Json]]] = defaultdict(list)
    for part in _parts(schema):
        for key in ("oneOf", "anyOf"):
            for index, each in enumerate(part.get(key, ())):
                if is_object(each) and "$ref" not in each:
                    name = branch_name(each, 0)
                    found[tuple(sorted(_types(each))), name, tuple(sorted(each.get("properties", {})))].append(
                        (index, each)
                    )
    return {mark: some[0] for mark, some in found.items() if len(some) == 1}
