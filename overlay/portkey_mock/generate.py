"""A valid value for any schema: full, realistic, and the same every time.

All properties are filled, optional ones too. Recursion ends where a schema would come up inside itself. Where a schema
leaves a choice (`anyOf`, `oneOf`), the branches are tried in order and the first value that the whole schema accepts
decides; the decision is remembered, so that answering a request validates nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from portkey_mock import values
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.schema import BASE, SchemaCompiler

_MOST_ALTERNATIVES: Final = 64
"""How many combinations of branches are tried before giving up."""

_MOST_VALUES: Final = 50_000
"""How many values one answer may consist of, and how long one may be. A request can bring a schema of its own."""

_LEAST: Final = frozenset({"minItems", "minLength", "minProperties"})

_NULL: Final = {"type": "null"}


class Impossible(Exception):
    """No value could be found for a schema; the message says why."""


class _Walk:
    """What one generation carries along: the token of the request, the schemas it is inside of, the values to go."""

    def __init__(self, salt: str) -> None:
        self.salt = salt
        self.inside: set[int] = set()
        self.left = _MOST_VALUES

    def token(self, place: str, name: str, schema: JsonObject) -> str:
        """What the text at `place` depends on: times on the whole answer, so that they agree; words on nothing."""
        if values.is_time(name):
            return self.salt
        return values.token(self.salt, place) if values.is_own(name) or "format" in schema else ""

    def count(self, schema: JsonObject) -> None:
        """Raises `Impossible` where a schema asks for more than anyone would want to read."""
        self.left -= 1
        least = 0 if _LEAST.isdisjoint(schema) else max(schema.get(name, 0) for name in _LEAST)
        if self.left < 0 or least > _MOST_VALUES:
            raise Impossible("the schema asks for a value too large to be made")


class Generator:
    """Makes values for the schemas of one document."""

    def __init__(self, compiler: SchemaCompiler, seed: int) -> None:
        self._compiler = compiler
        self._seed = seed
        # Keyed by the identity of a schema; holding the schema keeps its identity from being given away again.
        self._choices: dict[int, tuple[Json, JsonObject]] = {}
        self._alternatives_of: dict[int, tuple[Json, list[JsonObject]]] = {}
        self.ambiguous: list[str] = []
        """Where in generated values (JSON pointers) every natural value matches several branches of a `oneOf`."""
        self._validators: dict[int, tuple[Json, jsonschema_rs.Draft202012Validator]] = {}

    def value(self, source: Json, *salt: object) -> Json:
        """A value for the schema `source` (JSON Schema 2020-12).

        Ids and times in it depend on the seed and on `salt`, nothing else does.

        Raises:
            Impossible: no value exists, or none was found.
        """
        return self._value(source, _Walk(values.token(self._seed, *salt)), "", "", "")

    def identifier(self, kind: str, *salt: object) -> str:
        """An id for a thing of `kind`, different for every `salt`."""
        return values.identifier(kind, values.token(self._seed, *salt))

    def token(self, *salt: object) -> str:
        """40 hexadecimal digits that depend on the seed and on `salt`."""
        return values.token(self._seed, *salt)

    def alternatives(self, source: Json) -> Iterator[JsonObject]:
        """Every way to read `source` as one schema without `$ref`, `allOf`, `anyOf` and `oneOf`; null comes last.

        Raises:
            Impossible: a reference leads nowhere.
        """
        return self._alternatives(source, frozenset())

    def _value(self, source: Json, walk: _Walk, place: str, name: str, kind: str) -> Json:
        if id(source) in walk.inside:
            raise Impossible(f"the schema of {place or 'the value'} contains itself")
        walk.inside.add(id(source))
        try:
            return self._chosen(source, walk, place, name, kind)
        finally:
            walk.inside.discard(id(source))

    def _chosen(self, source: Json, walk: _Walk, place: str, name: str, kind: str) -> Json:
        known = self._choices.get(id(source))
        if known is not None:
            try:
                return self._plain(known[1], walk, place, name, kind)
            except Impossible:
                pass  # The choice made elsewhere would recurse here: choose afresh.
        return self._choose(source, walk, place, name, kind)

    def _choose(self, source: Json, walk: _Walk, place: str, name: str, kind: str) -> Json:
        """The value of the first alternative that the whole schema accepts; failing that, of the first one at all."""
        alternatives = self._few_alternatives(source)
        first: tuple[Json, JsonObject] | None = None
        reason = f"nothing can satisfy the schema of {place or 'the value'}"
        for alternative, contrived in _attempts(alternatives):
            try:
                candidate = self._plain(alternative, walk, place, name, kind)
            except Impossible as impossible:
                reason = str(impossible)
                continue
            if len(alternatives) == 1 or self._accepts(source, candidate):
                if contrived:
                    self.ambiguous.append(place)
                break
            first = first or (candidate, alternative)
        else:
            if first is None:
                raise Impossible(reason)
            candidate, alternative = first
        self._choices.setdefault(id(source), (source, alternative))
        return candidate

    def _few_alternatives(self, source: Json) -> list[JsonObject]:
        """The first alternatives, the same objects every time, so that what is remembered of their parts stays true."""
        if id(source) not in self._alternatives_of:
            alternatives = list(islice(self.alternatives(source), _MOST_ALTERNATIVES))
            self._alternatives_of[id(source)] = (source, alternatives)
        return self._alternatives_of[id(source)][1]

    def _accepts(self, source: Json, value: Json) -> bool:
        if id(source) not in self._validators:
            self._validators[id(source)] = (source, self._compiler.compile(source))
        return self._validators[id(source)][1].is_valid(value)

    def _alternatives(self, source: Json, behind: frozenset[str]) -> Iterator[JsonObject]:
        """See `alternatives`; `behind` holds the references already followed, so that a circle of them ends."""
        if not is_object(source):
            yield from () if source is False else ({},)
            return
        parts: list[list[Json]] = []
        reference = source.get("$ref")
        if reference is not None:
            if reference in behind:
                return
            behind = behind | {reference}
            parts.append([self.resolve(reference)])
        parts += [[part] for part in source.get("allOf", ())]
        parts += [sorted(source[key], key=_is_null) for key in ("anyOf", "oneOf") if key in source]
        own = {key: value for key, value in source.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
        yield from self._combinations(own, parts, behind)

    def resolve(self, reference: str) -> Json:
        """The component that `reference` names.

        Raises:
            Impossible: it leads nowhere.
        """
        try:
            return self._compiler.resolve(reference)
        except KeyError:
            raise Impossible(f"{reference.removeprefix(BASE)} leads to no component") from None

    def _combinations(self, base: JsonObject, parts: list[list[Json]], behind: frozenset[str]) -> Iterator[JsonObject]:
        if not parts:
            yield base
            return
        for branch in parts[0]:
            for alternative in self._alternatives(branch, behind):
                yield from self._combinations(_merge(base, alternative), parts[1:], behind)

    def _plain(self, schema: JsonObject, walk: _Walk, place: str, name: str, kind: str) -> Json:
        """A value for a schema that leaves no choice of branches."""
        walk.count(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return _first(schema["enum"], place)
        made: Json
        match _type(schema, place):
            case "object":
                made = self._object(schema, walk, place)
            case "array":
                made = self._array(schema, walk, place, name)
            case "null":
                made = None
            case "boolean":
                made = values.boolean(name)
            case "integer" | "number" as numeric:
                made = values.number({**schema, "type": numeric}, name, walk.salt)
            case _:
                made = values.string(schema, name, kind, walk.token(place, name, schema))
        return made

    def _object(self, schema: JsonObject, walk: _Walk, place: str) -> JsonObject:
        properties: JsonObject = schema.get("properties", {})
        required: list[str] = schema.get("required", [])
        kind = _kind(properties)
        made: JsonObject = {}
        for name, child in properties.items():
            try:
                made[name] = self._value(child, walk, f"{place}/{name}", name, kind)
            except Impossible:
                if name in required:
                    raise
        undeclared = [name for name in required if name not in properties]
        if not made and not undeclared and is_object(schema.get("additionalProperties")):
            undeclared = ["key"]
        while len(made) + len(undeclared) < schema.get("minProperties", 0):
            undeclared.append(f"key{len(undeclared)}")
        for name in undeclared:
            made[name] = self._undeclared(schema, walk, place, name)
        return dict(islice(made.items(), schema.get("maxProperties")))

    def _undeclared(self, schema: JsonObject, walk: _Walk, place: str, name: str) -> Json:
        additional = schema.get("additionalProperties", True)
        if additional is False:
            raise Impossible(f"{place}/{name} is required, but not declared and so forbidden by additionalProperties")
        return self._value(additional, walk, f"{place}/{name}", name, "")

    def _array(self, schema: JsonObject, walk: _Walk, place: str, name: str) -> list[Json]:
        first: list[Json] = schema.get("prefixItems", [])
        wanted = max(schema.get("minItems", 0), len(first), 1)
        wanted = min(wanted, schema.get("maxItems", wanted))
        made: list[Json] = []
        for index in range(wanted):
            item = first[index] if index < len(first) else schema.get("items", {})
            try:
                made.append(self._value(item, walk, f"{place}/{index}", name.removesuffix("s"), ""))
            except Impossible:
                if index < schema.get("minItems", 0):
                    raise
                break
        return made


def _attempts(alternatives: list[JsonObject]) -> Iterator[tuple[JsonObject, bool]]:
    """The alternatives, then variants of them that no other branch of a `oneOf` may accept; with True if contrived.

    Branches often overlap: they differ in optional properties only. Leaving one of these out is natural and may do. If
    not, a null for a property that only the other branches know makes them refuse, contrived as it looks.
    """
    yield from ((alternative, False) for alternative in alternatives)
    if len(alternatives) == 1:
        return
    known = {name for alternative in alternatives for name in alternative.get("properties", ())}
    for alternative in alternatives:
        properties: JsonObject = alternative.get("properties", {})
        for name in (each for each in properties if each not in alternative.get("required", ())):
            fewer = {other: child for other, child in properties.items() if other != name}
            yield {**alternative, "properties": fewer}, False
    for alternative in alternatives:
        properties = alternative.get("properties", {})
        foreign = dict.fromkeys(sorted(known - properties.keys()), _NULL)
        yield {**alternative, "properties": {**properties, **foreign}}, True


def _first(options: list[Json], place: str) -> Json:
    """The first option that is not null, if there is one."""
    if not options:
        raise Impossible(f"no value is allowed for {place or 'the value'}")
    return next((option for option in options if option is not None), None)


def _type(schema: JsonObject, place: str) -> str:
    """The type to make: the first one declared that is not null, or the one that the other keywords suggest."""
    declared = schema.get("type")
    if is_array(declared):
        return str(_first(declared, place) if declared != ["null"] else "null") if declared else _first(declared, place)
    if isinstance(declared, str):
        return declared
    if "properties" in schema or "required" in schema or "additionalProperties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _kind(properties: JsonObject) -> str:
    """What an object with these properties calls itself: the only value its `object` or `type` may have, or nothing."""
    for declared in (properties.get("object"), properties.get("type")):
        if is_object(declared):
            options = declared.get("enum", [declared.get("const", "")])
            return str(options[0]) if len(options) == 1 else ""
    return ""


def _is_null(schema: Json) -> bool:
    return is_object(schema) and schema.get("type") == "null"


def _merge(one: JsonObject, other: JsonObject) -> JsonObject:
    """A schema that asks for what `one` and `other` ask for."""
    merged = dict(one)
    for key, value in other.items():
        merged[key] = _JOINS.get(key, _keep)(merged[key], value) if key in merged else value
    return merged


def _keep(one: Json, _other: Json) -> Json:
    """For keywords that cannot be joined, the first one stands; the check at start-up shows whether that was right."""
    return one


def _both(one: Json, other: Json) -> Json:
    return False if one is False or other is False else {"allOf": [one, other]}


def _properties(one: JsonObject, other: JsonObject) -> JsonObject:
    return {**one, **{name: _both(one[name], child) if name in one else child for name, child in other.items()}}


def _types(one: Json, other: Json) -> list[str]:
    ones, others = _as_list(one), _as_list(other)
    common = [name for name in ones if name in others]
    if not common and "integer" in (*ones, *others) and "number" in (*ones, *others):
        return ["integer"]
    return common


def _as_list(declared: Json) -> list[str]:
    return declared if is_array(declared) else [str(declared)]


def _intersection(one: list[Json], other: list[Json]) -> list[Json]:
    return [value for value in one if value in other]


def _union(one: list[Json], other: list[Json]) -> list[Json]:
    return [*one, *(value for value in other if value not in one)]


_JOINS: Final[dict[str, Callable[[Any, Any], Json]]] = {
    "additionalProperties": _both,
    "enum": _intersection,
    "items": _both,
    "maxItems": min,
    "maxLength": min,
    "maximum": min,
    "minItems": max,
    "minLength": max,
    "minimum": max,
    "properties": _properties,
    "required": _union,
    "type": _types,
}
