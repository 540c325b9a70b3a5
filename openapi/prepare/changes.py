"""Takes the changes in as they are found, and gives them back in one order, each once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .change import Change, Level, Side
from .errors import Place, pointer
from .kinds import default_level
from .load import Json, is_array, is_object
from .references import refer
from .rules import STRUCTURE
from .surface import Surface

_SAME = {"oneOf": "anyOf"}
"""Keyword of a place -> the one that may stand there instead."""


class Changes:
    """The differences between two documents."""

    def __init__(self, old: Surface, new: Surface) -> None:
        self.old = old
        self.new = new
        self.touched: set[Place] = set()
        """The places something was told about, and all above them."""
        self.broken: set[Place] = set()
        """The places something breaking was told about."""
        self.names = _references(old, new)
        """Reference to a component of the old document -> the reference to it in the new one, where it is another."""
        self._found: dict[Change, None] = {}

    def add(
        self,
        kind: str,
        side: Side,
        methods: tuple[str, ...],
        place: Place,
        text: str,
        *,
        python: str = "",
        before: str = "",
        after: str = "",
        level: Level | None = None,
        gone: bool = False,
    ) -> None:
        """Take one change in.

        Args:
            kind: A key of ``KINDS``.
            side: The half of the exchange.
            methods: The Python names of the methods concerned.
            place: Where, in the new document.
            text: What was and what is, to follow what the user types.
            python: What the user types; by default what stands at the place.
            before: The value that was.
            after: The value that is.
            level: What it means, where that is not what the kind says.
            gone: Whether the place is one of the old document.
        """
        surface = self.old if gone else self.new
        spoken = python or surface.speak(place, side)
        level = level or default_level(kind, side)
        where = pointer(*find(surface.document, place))
        self._found[Change(level, side, kind, methods, where, spoken, f"{spoken} {text}.", before, after)] = None
        self.touch(place)
        if level is Level.BREAKING:
            self.broken.add(place)

    def touch(self, place: Place) -> None:
        """Take it that what differs at a place is told."""
        self.touched.update(place[:end] for end in range(1, len(place) + 1))

    def in_order(self) -> list[Change]:
        """Return them by place, kind and side."""
        return sorted(
            _joined(list(self._found)),
            key=lambda each: (each.pointer, each.kind, each.side.value, each.python, each.text),
        )


def _joined(changes: list[Change]) -> list[Change]:
    """Return the changes, with an argument that went from the body to elsewhere, or the reverse, told as one."""
    kinds = ("parameter-removed", "property-removed")
    gone = {(each.operations, each.python): each for each in changes if each.kind in kinds}
    moved: list[Change] = []
    for each in changes:
        was = gone.get((each.operations, each.python)) if each.python.endswith("=)") else None
        subject, _, what = each.kind.partition("-")
        if was is None or not what.startswith("added") or was.kind.startswith(subject):
            continue
        places = ("the body", "elsewhere") if subject == "parameter" else ("elsewhere", "the body")
        text = f"{each.python} travelled in {places[0]}, travels in {places[1]}".replace("in elsewhere", "elsewhere")
        level = default_level("parameter-moved", Side.REQUEST) if what == "added" else Level.BREAKING
        text += "." if what == "added" else ", where it is required."
        moved.append(replace(each, kind="parameter-moved", level=level, text=text, before=places[0], after=places[1]))
        changes = [other for other in changes if other not in (was, each)]
    return [*changes, *moved]


def _references(old: Surface, new: Surface) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, place in old.place_of.items():
        there = new.place_of.get(name, place)
        if len(place) == len(there) == 3 and place != there:
            found[refer(str(place[2]))] = refer(str(there[2]))
    return found


def find(document: Json, place: Place) -> Place:
    """Return the tokens that lead to a place, or as near to it as the document goes.

    Places leave out that what they name was merged from the parts of an ``allOf``, and that a union is an ``anyOf``.
    """
    for end in range(len(place), 0, -1):
        found = _route(document, place[:end])
        if found is not None:
            return found
    return ()


def _route(node: Any, place: Place) -> Place | None:
    """Return the tokens that lead from a node to a place below it, or None where nothing stands there."""
    if not place or not is_object(node):
        return _route_in_list(node, place) if place else ()
    if place[0] == "oneOf" and _is_implied(node):
        return _route(node, place[2:])
    for token in (place[0], _SAME.get(str(place[0]))):
        rest = _route(node[token], place[1:]) if token in node else None
        if token is not None and rest is not None:
            return (token, *rest)
    parts = node.get("allOf")
    for index in range(len(parts) if is_array(parts) else 0):
        rest = _route(node["allOf"][index], place)
        if rest is not None:
            return ("allOf", index, *rest)
    return None


def _route_in_list(node: Any, place: Place) -> Place | None:
    index = int(place[0]) if is_array(node) else 0
    rest = _route(node[index], place[1:]) if is_array(node) and index < len(node) else None
    return None if rest is None else (index, *rest)


def _is_implied(schema: Json) -> bool:
    """Tell whether the union that a schema is in the normal form is made by null or by a list of types alone."""
    types = schema.get("type")
    nullable = schema.get("nullable") is True or (is_array(types) and "null" in types)
    unions = schema.keys() & {"oneOf", "anyOf", "allOf"}
    alone = unions == {"oneOf"} and not schema.keys() & STRUCTURE - {"oneOf", "type", "nullable"}
    return not unions or (nullable and not alone)


def node_at(document: Json, place: Place) -> Any:
    """Return what stands at a place, or None where nothing does."""
    route = _route(document, place)
    node: Any = document
    for token in route or ():
        node = node[token]
    return None if route is None else node
