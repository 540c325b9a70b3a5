"""The document as the audit reads it: the kinds of value a schema allows, samples of them, and whether a value fits.

Written against the OpenAPI and JSON Schema texts alone. Nothing here is shared with the pipeline that generates the
package, so that no mistake can hide by being made twice.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MOMENT = "2024-05-06T07:08:09Z"
_SHAPES = ("properties", "additionalProperties", "required", "items", "prefixItems")
_TYPING = frozenset({"type", "format", "enum", "const", *_SHAPES})
_UNIONS = ("oneOf", "anyOf")
_DEEP = 3


class Site(NamedTuple):
    """A schema and its JSON pointer."""

    schema: Any
    at: str


@dataclass(frozen=True)
class Leaf:
    """A value without parts: any, null, str, int, float, bool, datetime, date or bytes."""

    name: str


@dataclass(frozen=True)
class Const:
    """One value a constant or an enum allows."""

    value: str | int
    name: str
    """The name of its type: in Python ``True`` equals 1."""


@dataclass(frozen=True)
class Many:
    """A list, or an object used as a map."""

    name: str
    item: Site


@dataclass(frozen=True, eq=False)
class Object:
    """An object with named properties."""

    at: str
    properties: dict[str, Site]
    required: frozenset[str]
    other: Site | None
    """The schema of unnamed properties; None where there may be none."""
    is_open: bool = False
    """Whether the document says itself that there may be some."""


Kind: TypeAlias = Leaf | Const | Many | Object

ANY, NULL = Leaf("any"), Leaf("null")
_LEAVES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_FORMATS = {"date-time": "datetime", "datetime": "datetime", "date": "date", "binary": "bytes"}
_SAMPLES: Json = {"str": MOMENT, "int": 7, "float": 1.5, "bool": True, "datetime": MOMENT, "date": "2024-05-06"}
_SAMPLES["bytes"] = "bytes"
_FREE: tuple[Any, ...] = ("free", 1, None, {"a": 1}, [1])
_PYTHON = {"str": (str,), "bytes": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


@dataclass(frozen=True)
class _Plain:
    """One alternative of a schema, free of references and of combinations."""

    keywords: Json
    at: str


@dataclass
class Document:
    """A resolved OpenAPI document."""

    root: Json
    _kinds: dict[int, tuple[Any, tuple[Kind, ...]]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Document:
        """Read a document from its file."""
        return cls(json.loads(path.read_text("utf-8")))

    def components(self) -> Iterator[tuple[str, Site]]:
        """Yield every component with its schema."""
        for name, schema in self.root["components"]["schemas"].items():
            yield name, Site(schema, pointer("components", "schemas", name))

    def operations(self) -> Iterator[tuple[str, str, Site]]:
        """Yield (path, method, operation)."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, Site(item[method], pointer("paths", path, method))

    def kinds(self, site: Site) -> tuple[Kind, ...]:
        """Return the kinds of value a schema allows, in its order, each once."""
        known = self._kinds.get(id(site.schema))
        if known is None:
            found = [kind for plain in self._alternatives(site) for kind in _kinds(plain)]
            unique = [kind for index, kind in enumerate(found) if kind not in found[:index]]
            known = self._kinds[id(site.schema)] = (site.schema, tuple(unique))  # the schema is kept, so its id is too
        return known[1]

    # -- combinations

    def _alternatives(self, site: Site) -> list[_Plain]:
        schema = site.schema if isinstance(site.schema, dict) else {}
        own = {key: value for key, value in schema.items() if key in _TYPING}
        groups = [self._alternatives(Site(part, pointed)) for part, pointed in _parts(schema, site.at)]
        if "$ref" in schema:
            own.pop("type", None)
            groups.append(self._alternatives(self._follow(schema["$ref"])))
        for key in _UNIONS:
            branches = schema.get(key) or []
            if branches and not all(_narrows(branch) for branch in branches):
                sites = [Site(branch, f"{site.at}/{key}/{index}") for index, branch in enumerate(branches)]
                groups.append([each for branch in sites for each in self._alternatives(branch)])
        if own or not groups:
            groups.append([_Plain(_sited(own, site.at), site.at)])
        found = functools.reduce(lambda left, right: list(_both(left, right, site.at)), groups)
        return [*found, _Plain({"type": "null"}, site.at)] if schema.get("nullable") is True else found

    def _follow(self, reference: str) -> Site:
        node: Any = self.root
        for token in reference.removeprefix("#/").split("/"):
            key = token.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
        return Site(node, reference.removeprefix("#"))

    # -- values

    def fits(self, site: Site, value: Any) -> bool:
        """Tell whether a JSON value is one the schema allows, bounds and patterns aside."""
        return any(self.fits_kind(kind, value) for kind in self.kinds(site))

    def fits_kind(self, kind: Kind, value: Any) -> bool:
        """Tell whether a JSON value is of one kind."""
        if isinstance(kind, Leaf):
            return _fits_leaf(kind.name, value)
        if isinstance(kind, Const):
            return bool(kind.value == value) and kind.name == type(value).__name__
        if isinstance(kind, Many):
            wanted: type = list if kind.name == "list" else dict
            parts = value.values() if isinstance(value, dict) else value
            return isinstance(value, wanted) and all(self.fits(kind.item, each) for each in parts)
        return isinstance(value, dict) and self._fits_object(kind, value)

    def _fits_object(self, kind: Object, value: Json) -> bool:
        if not kind.required <= value.keys():
            return False
        sites = {key: kind.properties.get(key, kind.other) for key in value}
        return all(site is not None and self.fits(site, value[key]) for key, site in sites.items())

    def samples(self, kind: Kind) -> list[Any]:
        """Return JSON values of one kind: the smallest, and full ones that choose the first or the last everywhere."""
        found: list[Any] = []
        for full, last in ((False, False), (True, False), (True, True)):
            sample = self._sample(kind, full=full, last=last, depth=0)
            if sample not in found:
                found.append(sample)
        return found

    def _sample(self, kind: Kind, *, full: bool, last: bool, depth: int) -> Any:
        def inner(site: Site) -> Any:
            kinds: Sequence[Kind] = [each for each in self.kinds(site) if each != NULL] or [NULL]
            if depth >= _DEEP and NULL in self.kinds(site):
                kinds = [NULL]
            return self._sample(kinds[-1 if last else 0], full=full, last=last, depth=depth + 1)

        if isinstance(kind, Many):
            return _filled(kind, [] if depth > _DEEP else [inner(kind.item)])
        if not isinstance(kind, Object):
            return _leaf(kind)
        wanted = kind.properties if full and depth < _DEEP else [key for key in kind.properties if key in kind.required]
        return {key: inner(kind.properties[key]) for key in wanted}

    def random_sample(self, kind: Kind, chance: random.Random, depth: int = 0) -> Any:
        """Return some JSON value of a kind."""

        def inner(site: Site) -> Any:
            return self.random_sample(chance.choice(self.kinds(site)), chance, depth + 1)

        if isinstance(kind, Many):
            return _filled(kind, [inner(kind.item) for _ in range(chance.choice((0, 1, 2)) if depth <= _DEEP else 0)])
        if not isinstance(kind, Object):
            return chance.choice(_FREE) if kind == ANY else _leaf(kind)
        often = 0.4 if depth < _DEEP else 0.0
        wanted = [key for key in kind.properties if key in kind.required or chance.random() < often]
        return {key: inner(kind.properties[key]) for key in wanted}


def pointer(*tokens: str) -> str:
    """Join tokens into a JSON pointer (RFC 6901)."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def _leaf(kind: Leaf | Const) -> Any:
    if isinstance(kind, Const):
        return kind.value
    return "free" if kind == ANY else _SAMPLES.get(kind.name)


def _filled(kind: Many, items: list[Any]) -> Any:
    return items if kind.name == "list" else {f"key{index}": each for index, each in enumerate(items)}


def _parts(schema: Json, at: str) -> Iterator[tuple[Any, str]]:
    for index, part in enumerate(schema.get("allOf") or []):
        yield part, f"{at}/allOf/{index}"


def _narrows(branch: Json) -> bool:
    """Tell whether a branch only says which properties are needed together."""
    return "required" in branch and not branch.keys() - {"required", "type", "not", "description", "title"}


def _sited(own: Json, at: str) -> Json:
    """Give every schema inside its place, so that it is still known after a merge."""
    placed = dict(own)
    if isinstance(own.get("properties"), dict):
        placed["properties"] = {
            key: Site(schema, f"{at}/properties{pointer(key)}") for key, schema in own["properties"].items()
        }
    if "prefixItems" in own:
        items = [*own["prefixItems"], *([own["items"]] if isinstance(own.get("items"), dict) else [])]
        own = {**own, "items": {"oneOf": items}}
    for key in ("items", "additionalProperties"):
        if isinstance(own.get(key), dict):
            placed[key] = Site(own[key], f"{at}/{key}")
    return placed


def _both(lefts: Iterable[_Plain], rights: Iterable[_Plain], at: str) -> Iterator[_Plain]:
    """Yield what satisfies a left and a right alternative at once; a contradiction yields nothing."""
    for left, right in itertools.product(lefts, rights):
        if left.keywords.items() <= right.keywords.items():
            yield right
        elif right.keywords.items() <= left.keywords.items():
            yield left
        else:
            merged = _merged(left.keywords, right.keywords, at)
            if merged is not None:
                yield _Plain(merged, at)


def _merged(left: Json, right: Json, at: str) -> Json | None:
    merged = {**left, **right}
    types = {keywords["type"] for keywords in (left, right) if "type" in keywords}
    if len(types) > 1 and types != {"integer", "number"}:
        return None
    if len(types) > 1:
        merged["type"] = "integer"
    if "enum" in left and "enum" in right:
        merged["enum"] = [member for member in left["enum"] if member in right["enum"]]
    merged["required"] = [*left.get("required", []), *right.get("required", [])]
    merged["properties"] = dict(left.get("properties", {}))
    for key, site in right.get("properties", {}).items():
        known = merged["properties"].get(key, site)
        merged["properties"][key] = site if known == site else Site({"allOf": [known.schema, site.schema]}, site.at)
    return {key: value for key, value in merged.items() if value or key not in ("required", "properties")}


def _kinds(plain: _Plain) -> Iterator[Kind]:
    """Yield the kinds of one alternative."""
    keywords = plain.keywords
    members = [keywords["const"]] if "const" in keywords else keywords.get("enum")
    types = keywords.get("type", _implied(keywords))
    if members is not None:
        yield from _members(members)
        return
    for name in types if isinstance(types, list) else [types]:
        if name == "object":
            yield _object(plain)
        elif name == "array":
            items = keywords.get("items")
            yield Many("list", items if isinstance(items, Site) else Site({}, f"{plain.at}/items"))
        elif name == "string":
            yield Leaf(_FORMATS.get(str(keywords.get("format")).lower(), "str"))
        else:
            yield Leaf(_LEAVES.get(str(name), str(name)))


def _implied(keywords: Json) -> str:
    if keywords.keys() & {"properties", "additionalProperties"}:
        return "object"
    return "array" if "items" in keywords else "any"


def _members(members: list[Any]) -> Iterator[Kind]:
    """Yield the kinds of an enum; Python has no literal for a fraction, and both booleans are all booleans."""
    if {True, False} <= {member for member in members if isinstance(member, bool)}:
        yield Leaf("bool")
        members = [member for member in members if not isinstance(member, bool)]
    fractions = any(isinstance(member, float) for member in members)
    for member in members:
        if member is None:
            yield NULL
        elif fractions and isinstance(member, (int, float)):
            yield Leaf("float")
        else:
            yield Const(member, type(member).__name__) if isinstance(member, (str, int)) else ANY


def _object(plain: _Plain) -> Kind:
    keywords = plain.keywords
    properties: dict[str, Site] = dict(keywords.get("properties", {}))
    required = keywords.get("required", [])
    for key in required if isinstance(required, list) else []:
        properties.setdefault(key, Site({}, f"{plain.at}/required"))
    other = keywords.get("additionalProperties", True)
    free = other if isinstance(other, Site) else Site({}, f"{plain.at}/additionalProperties")
    if not properties:
        return Many("map", free)
    said = "additionalProperties" in keywords and other is not False
    return Object(plain.at, properties, frozenset(required), None if other is False else free, said)


def _fits_leaf(name: str, value: Any) -> bool:
    if name in ("any", "null"):
        return name == "any" or value is None
    if name in ("datetime", "date"):
        return isinstance(value, str) and _is_moment(name, value)
    return isinstance(value, _PYTHON[name]) and (name == "bool") is isinstance(value, bool)


def _is_moment(name: str, value: str) -> bool:
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return False
    return name == "datetime" or "T" not in value
