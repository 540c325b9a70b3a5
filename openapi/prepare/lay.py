"""Lay a newly published document over ours: its facts, our prose.

Names, types and limits are facts and are taken as published. Sentences, titles and examples are not: the published ones
are dropped, ours stay where the place they describe is still there.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .arrange import METHODS
from .errors import Place, pointer, tokens
from .load import Json, is_array, is_object
from .names import Key

PROSE = (
    *("title", "summary", "description", "externalDocs", "example", "examples", "$comment"),
    "x-enum-descriptions",
)
"""Keywords whose value an author made up."""
_DATA = ("default", "enum", "const", "required", "security", "mapping", "dependentRequired")
"""Keywords whose value is data, in which no keyword is looked for."""
_NAMING = ("$ref", "in", "name", "url")
"""Keywords that tell a member of a list from the others."""
_MEMBERS = {
    **dict.fromkeys(("properties", "patternProperties"), "property"),
    **dict.fromkeys(("schemas", "$defs", "definitions", "dependentSchemas"), "schema"),
    **dict.fromkeys(("paths", "webhooks", "pathItems"), "path item"),
    "parameters": "parameter",
    "responses": "response",
    "headers": "header",
    "requestBodies": "request body",
    "securitySchemes": "security scheme",
    "variables": "server variable",
    "callbacks": "callback",
    **dict.fromkeys(("content", "encoding", "links"), "part"),
}
"""Keywords whose value is a mapping of names (or, for parameters, also a list), and what its members are."""
_TELLING = {
    "operation": "summary",
    **dict.fromkeys(("parameter", "property", "schema", "response", "header"), "description"),
}
"""What is described -> the keyword that does it."""


@dataclass
class Laid:
    """A document with the facts of the published one and our prose."""

    document: Json
    lacking: list[str] = field(default_factory=list[str])
    """Places without prose, as JSON pointers, of the kinds that our document describes."""
    doubtful: list[str] = field(default_factory=list[str])
    """Places whose prose was kept although the type changed, each with what it was and is."""
    extensions: Counter[str] = field(default_factory=Counter[str])
    """Extensions that were dropped because our document has none such, and how often."""


def lay(
    ours: Json, published: Json, moved: Mapping[Key, Key] | None = None, renamed: Mapping[str, str] | None = None
) -> Laid:
    """Lay a published document over ours, neither of which is changed.

    Args:
        ours: The document whose prose is kept.
        published: The document whose facts are taken.
        moved: Operations of ours -> where they are now; their prose goes with them.
        renamed: Schemas of ours -> what they are called now, likewise.
    """
    layer = _Layer(ours)
    layer.referred = {token for each, _ in _nodes(published, "document") for token in _extensions_in(each.get("$ref"))}
    layer.laid.document = layer.node(published, _followed(ours, moved or {}, renamed or {}), "document", ())
    return layer.laid


def _followed(ours: Json, moved: Mapping[Key, Key], renamed: Mapping[str, str]) -> Json:
    """Return our document with what moved and what was renamed also at its new place."""
    paths = dict(ours.get("paths") or {})
    for (method, path), (new_method, new_path) in moved.items():
        if path not in paths:  # a correction added it
            continue
        shared = {key: each for key, each in paths[path].items() if key not in METHODS}
        paths[new_path] = {**shared, **paths.get(new_path, {}), new_method: paths[path][method]}
    components = dict(ours.get("components") or {})
    schemas = dict(components.get("schemas") or {})
    schemas |= {new: schemas[old] for old, new in renamed.items() if old in schemas}
    return {**ours, "paths": paths, "components": {**components, "schemas": schemas}}


class _Layer:
    """One walk over two documents."""

    def __init__(self, ours: Json) -> None:
        self.laid = Laid({})
        self.extensions: set[str] = set()
        """The extensions our document knows."""
        self.described: set[str] = set()
        """The kinds of place our document describes."""
        self.referred: set[str] = set()
        """Extensions that references lead into: they hold more than a remark."""
        for node, kind in _nodes(ours, "document"):
            self.extensions.update(key for key in node if key.startswith("x-"))
            if _TELLING.get(kind) in node:
                self.described.add(kind)

    def node(self, new: Any, old: Any, kind: str, place: Place) -> Any:
        """Return one node of the published document with our prose; ``old`` is what we have there, if anything."""
        if is_array(new):
            partners = self._partners(new, old)
            return [
                self.node(each, partner, kind, (*place, index))
                for index, (each, partner) in enumerate(zip(new, partners, strict=True))
            ]
        if not is_object(new):
            return new
        if kind == "names":
            return self._names(new, old, place)
        said = old if is_object(old) else {}
        self._note(new, said, kind, place)
        kept = {key: value for key, value in new.items() if key not in PROSE and not self._is_strange(key)}
        order = [key for key in said if key in kept or key in PROSE] + [key for key in kept if key not in said]
        return {key: self._child(key, kept, said, kind, place) for key in order}

    def _names(self, new: Json, old: Any, place: Place) -> Json:
        """Return a mapping of names, whose keys are no keywords."""
        said = old if is_object(old) else {}
        kind = _MEMBERS[str(place[-1])]
        return {name: self.node(each, said.get(name), kind, (*place, name)) for name, each in new.items()}

    def _child(self, key: str, kept: Json, said: Json, kind: str, place: Place) -> Any:
        if key not in kept or key in _DATA or (key.startswith("x-") and key not in self.referred):
            return kept.get(key, said.get(key))
        if (kind, key) == ("document", "info"):  # who publishes it is not ours to repeat
            ours: Json = said.get(key) or {}
            return {**ours, "version": kept[key].get("version")} if is_object(kept[key]) else ours
        if key == "scopes" and is_object(kept[key]):  # name -> sentence
            sentences: Json = said.get(key) or {}
            return {name: sentences.get(name, "") for name in kept[key]}
        return self.node(kept[key], said.get(key), _kind(key, kept[key], kind), (*place, key))

    def _partners(self, new: list[Any], old: Any) -> list[Any]:
        """Return what we have for each member of a list: by name, by facts, or, in lists of one length, by place."""
        if not is_array(old):
            return [None] * len(new)
        known: dict[str, list[Any]] = defaultdict(list)
        for each in reversed(old):
            known[self._identity(each)].append(each)
        partners = [_next(known[self._identity(each)]) for each in new]
        if len(new) == len(old):
            partners = [
                other if partner is None and not _is_named(each) and not _is_named(other) else partner
                for partner, each, other in zip(partners, new, old, strict=True)
            ]
        return partners

    def _identity(self, member: Any) -> str:
        """Return what tells a member of a list from the others: a reference, a name, an address, or all its facts."""
        naming = [member.get(key) for key in _NAMING] if _is_named(member) else facts(member, self.extensions)
        return json.dumps(naming, sort_keys=True)

    def _is_strange(self, key: str) -> bool:
        if not key.startswith("x-") or key in self.extensions or key in self.referred:
            return False
        self.laid.extensions[key] += 1
        return True

    def _note(self, new: Json, said: Json, kind: str, place: Place) -> None:
        """Note what is to be written, and what is to be read again."""
        telling = _TELLING.get(kind)
        bare = kind == "response" and not new.keys() - set(PROSE)  # it says no more than its status does
        if kind in self.described and telling not in said and "$ref" not in new and not bare:
            self.laid.lacking.append(pointer(*place))
        was, now = _type(said), _type(new)
        if was != now and any(key in said for key in PROSE):
            self.laid.doubtful.append(f"{pointer(*place)}: was {was}, is {now}")


def _next(alike: list[Any]) -> Any:
    """Take the next of some that nothing tells apart, so that each has its own partner; the last serves any more."""
    return alike.pop() if len(alike) > 1 else next(iter(alike), None)


def _nodes(node: Any, kind: str) -> Iterator[tuple[Json, str]]:
    """Yield every object of a document in which keywords stand, and its kind."""
    pending = [(node, kind)]
    while pending:
        node, kind = pending.pop()
        if is_array(node):
            pending += [(each, kind) for each in node]
        elif is_object(node) and kind.startswith("names of "):
            pending += [(each, kind.removeprefix("names of ")) for each in node.values()]
        elif is_object(node):
            yield node, kind
            for key, each in node.items():
                inner = _kind(key, each, kind)
                inner = f"names of {_MEMBERS[key]}" if inner == "names" else inner
                if key not in (*_DATA, *PROSE) and not key.startswith("x-"):
                    pending.append((each, inner))


def _extensions_in(reference: Any) -> list[str]:
    return [token for token in tokens(str(reference)) if token.startswith("x-")]


def _kind(key: str, value: Any, above: str) -> str:
    """Return what stands under a keyword."""
    if key in _MEMBERS:
        return _MEMBERS[key] if is_array(value) else "names"
    if above == "path item" and key in METHODS:
        return "operation"
    return "part"


def _is_named(member: Any) -> bool:
    return is_object(member) and any(key in member for key in _NAMING)


def facts(node: Any, extensions: set[str] | None = None) -> Any:
    """Return a node, of whatever kind, without its prose, and of its extensions only some, if that is asked for."""
    layer = _Layer({})
    known = {key for each, _ in _nodes(node, "part") for key in each if key.startswith("x-")}
    layer.extensions = known if extensions is None else extensions
    return layer.node(node, None, "part", ())


def _type(node: Json) -> str:
    """Return in a word what a schema, or the schema of a parameter, is."""
    schema = node.get("schema", node)
    if not is_object(schema):
        return "anything"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    union = next((key for key in ("oneOf", "anyOf", "allOf") if key in schema), "")
    return str(schema.get("type", union or "untyped"))
