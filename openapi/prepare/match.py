"""Which class of one document is which of another, where their names differ."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache, partial
from typing import Any

from .canonical import canonical
from .changes import node_at
from .errors import Place
from .load import Json, is_array, is_object
from .references import component_of
from .surface import Surface


class Match:
    """The classes and types of two documents, matched."""

    def __init__(self, old: Surface, new: Surface) -> None:
        self.old = old
        self.new = new
        self.names: dict[str, str] = {}
        """Old name -> new name, where it is another one."""
        self._silent: set[str] = set()
        self._known = old.shapes.keys() & new.shapes.keys()
        self._old_print = cache(partial(self._fingerprint, old))
        self._new_print = cache(partial(self._fingerprint, new))
        self._near: dict[Place, list[str]] = defaultdict(list)
        for place, name in old.name_at.items():
            self._near[place[:3]].append(name)
        self._unions()
        for place, name in old.name_at.items():
            if name not in self.names and new.name_at.get(place, name) != name:
                self._pair(name, new.name_at[place])
        self._alike()
        self.told = {was: name for was, name in self.names.items() if was != name and was not in self._silent}
        """Those a user has to write differently; the branches of a union that only stand in another order are not."""
        self.names = {was: name for was, name in self.names.items() if was != name}
        for name in old.shapes.keys() & set(self.names.values()) - self.names.keys():
            self.names[name] = f"{name} (old)"

    def _pair(self, was: str, name: str) -> None:
        """Take two for one, and with them the classes inside of them."""
        self.names[was] = name
        here, there = self.old.place_of[was], self.new.place_of[name]
        for inner in self._inside(was):
            match = self.new.name_at.get((*there, *self.old.place_of[inner][len(here) :]))
            if match is not None and inner not in self.names:
                self.names[inner] = match

    def _inside(self, name: str) -> list[str]:
        """Return the old classes that stand inside of one."""
        place = self.old.place_of[name]
        return [
            each for each in self._near[place[:3]] if self.old.place_of[each][: len(place)] == place and each != name
        ]

    def _unions(self) -> None:
        """Match the branches of a union by what they are, not by their position."""
        before, after = _families(self.old), _families(self.new)
        for place in before.keys() & after.keys():
            prints = [
                {name: self._old_print(name) for name in before[place]},
                {name: self._new_print(name) for name in after[place]},
            ]
            pairs = _unique_pairs(*prints)
            matched = {name for pair in pairs for name in pair}
            pairs += [(name, name) for name in before[place] if name in after[place] and name not in matched]
            for was, name in pairs:
                self._pair(was, name)
            unions = [node_at(surface.document, place[:-1]) for surface in (self.old, self.new)]
            if canonical(unions[0]) == canonical(unions[1]):
                self._silent.update(before[place], *map(self._inside, before[place]))

    def _alike(self) -> None:
        """Match what is gone with what is new, where the structure is the same and no other has it."""
        taken = set(self.names.values())
        gone = sorted(self.old.shapes.keys() - self._known - self.names.keys(), key=self._depth)
        fresh = [name for name in self.new.shapes.keys() - self._known if name not in taken]
        pairs = _unique_pairs(
            {name: self._old_print(name) for name in gone}, {name: self._new_print(name) for name in fresh}
        )
        for was, name in pairs:
            if was not in self.names:
                self._pair(was, name)

    def _depth(self, name: str) -> tuple[int, str]:
        return len(self.old.place_of[name]), name

    def _fingerprint(self, surface: Surface, name: str) -> str:
        """Return the structure of a class as text, with that of the classes inside of it, but no name of its own."""
        place = surface.place_of[name]

        def told(node: Any) -> Any:
            if is_array(node):
                return [told(each) for each in node]
            if not is_object(node):
                return node
            if isinstance(node.get("$ref"), str):
                return self._reference(surface, place, str(component_of(node["$ref"])))
            parts = {key: told(value) for key, value in node.items() if key != "description"}
            for key in ("oneOf", "enum", "required"):
                if is_array(parts.get(key)):
                    parts[key] = sorted(parts[key], key=lambda each: json.dumps(each, sort_keys=True))
            return parts

        shape: Json = surface.shapes[name]
        properties = {wire: told(each) for wire, each in shape.get("properties", {}).items()}
        rest = {key: value for key, value in shape.items() if key != "properties"}
        return json.dumps([told(rest), properties], sort_keys=True)

    def _reference(self, surface: Surface, place: Place, name: str) -> Any:
        there = surface.place_of[name]
        if there == place:
            return "itself"
        if there[: len(place)] == place:
            return {"inside": (self._old_print if surface is self.old else self._new_print)(name)}
        return name if name in self._known else "another"


def _families(surface: Surface) -> dict[Place, list[str]]:
    families: dict[Place, list[str]] = defaultdict(list)
    for place, name in surface.name_at.items():
        if place[-2] == "oneOf":
            families[place[:-1]].append(name)
    return families


def _unique_pairs(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    """Pair the names whose text no other name on their side has."""
    by_text: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, names in enumerate((before, after)):
        for name, text in names.items():
            by_text[text][side].append(name)
    return [(was[0], now[0]) for was, now in by_text.values() if len(was) == len(now) == 1]
