"""Compare the classes and types of two documents, as Python has them."""

from __future__ import annotations

from .change import Level, Side
from .changes import Changes, node_at
from .load import Json
from .pytypes import ANY, NONE, Type, relate, text
from .surface import Surface, is_class

_SIDES = (Side.REQUEST, Side.RESPONSE)


def compare_schemas(changes: Changes, renamed: dict[str, str]) -> None:
    """Add what happened to the classes and types.

    Args:
        changes: Takes what is found.
        renamed: Old name -> new name; the old surface has the new ones already.
    """
    old, new = changes.old.shapes, changes.new.shapes
    for was, name in renamed.items():
        changes.touch(changes.old.place_of[name])
        changes.add(
            "schema-renamed",
            Side.NEITHER,
            _all_users(changes, name),
            changes.new.place_of[name],
            f"was called {was}",
            python=name,
            before=was,
            after=name,
        )
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            _Pair(changes, name).compare()
    for name in new.keys() - old.keys():
        if len(changes.new.place_of[name]) == 3:  # the inner ones come with what they stand in
            changes.add(
                "schema-added",
                Side.NEITHER,
                _all_users(changes, name),
                changes.new.place_of[name],
                "is new",
                python=name,
                after=name,
            )
    for name in old.keys() - new.keys():
        _removed(changes, name)


def _removed(changes: Changes, name: str) -> None:
    """Add that a name is gone, unless that is only how the loss of what held it shows."""
    place = changes.old.place_of[name]
    told = any(place[:end] in changes.broken for end in range(3, len(place) + 1))
    if len(place) > 3 and (told or node_at(changes.new.document, place) is None):
        return
    spoken = name.removesuffix(" (old)")
    users = sorted({user for side in _SIDES for user in changes.old.users(name, side)})
    changes.add(
        "schema-removed",
        Side.NEITHER,
        tuple(users),
        place,
        "is gone: it cannot be imported any more",
        python=spoken,
        before=spoken,
        gone=True,
    )


def _all_users(changes: Changes, name: str) -> tuple[str, ...]:
    return tuple(sorted({user for side in _SIDES for user in changes.new.users(name, side)}))


def sides_of(changes: Changes, name: str, *, merged: bool = False) -> dict[Side, tuple[str, ...]]:
    """Return the sides a class is on, in both documents, each with the methods that reach it there."""
    found = {
        side: changes.new.users(name, side, merged=merged)
        for side in _SIDES
        if changes.new.users(name, side, merged=merged) and changes.old.users(name, side, merged=merged)
    }
    return found or {Side.NEITHER: ()}


class _Pair:
    """One class or type in both documents."""

    def __init__(self, changes: Changes, name: str) -> None:
        self.changes = changes
        self.name = name
        self.old: Json = changes.old.shapes[name]
        self.new: Json = changes.new.shapes[name]
        self.place = changes.new.place_of[name]
        self.are_classes = is_class(self.old) and is_class(self.new)
        self.sides = sides_of(changes, name, merged=not self.are_classes)

    def compare(self) -> None:
        """Add what happened to it, once for each side."""
        if Side.NEITHER in self.sides and Side.NEITHER not in sides_of(self.changes, self.name, merged=True):
            self.changes.touch(self.place)
            return  # nobody meets it but merged into others, which tell it
        for side, methods in self.sides.items():
            if self.are_classes:
                _Class(self, side, methods).compare()
            else:
                self._types(side, methods)

    def _types(self, side: Side, methods: tuple[str, ...]) -> None:
        """Compare what the names stand for: enums, lists, maps and unions."""
        changes = self.changes
        old, new = changes.old.expand(self.name), changes.new.expand(self.name)
        if "enum" in self.old and "enum" in self.new:
            self._members(side, methods, old, new)
            return
        relation = relate(old, new, changes.old.expand, changes.new.expand)
        if relation != "same":
            before, after = text(old), text(new)
            changes.add(
                f"schema-type-{relation}",
                side,
                methods,
                self.place,
                f"was {before}, is {after}",
                before=before,
                after=after,
            )

    def _members(self, side: Side, methods: tuple[str, ...], old: Type, new: Type) -> None:
        place, python = (*self.place, "enum"), self.changes.new.speak(self.place, side)
        gone, fresh = (", ".join(sorted(value for _, value in members)) for members in (old - new, new - old))
        if gone:
            said = f"is one of several values; {gone} is none of them any more"
            self.changes.add("enum-value-removed", side, methods, place, said, python=python, before=gone)
        if fresh:
            said = f"is one of several values; {fresh} is one more"
            self.changes.add("enum-value-added", side, methods, place, said, python=python, after=fresh)


class _Class:
    """One model class in both documents, on one side."""

    def __init__(self, pair: _Pair, side: Side, methods: tuple[str, ...]) -> None:
        self.pair = pair
        self.side = side
        self.methods = methods
        self.changes = pair.changes
        self.old: Json = pair.old["properties"]
        self.new: Json = pair.new["properties"]
        self.was_required: set[str] = set(pair.old.get("required", []))
        self.is_required: set[str] = set(pair.new.get("required", []))

    def compare(self) -> None:
        """Add what happened to its properties."""
        gone, fresh = self.old.keys() - self.new.keys(), self.new.keys() - self.old.keys()
        for wire, now in self._respelled(sorted(gone), sorted(fresh)):
            gone, fresh = gone - {wire}, fresh - {now}
            self._add(
                "property-wire-name-changed",
                now,
                f"was {wire!r} on the wire, is {now!r}",
                before=wire,
                after=now,
                level=Level.COMPATIBLE if self._is_argument(now) else None,
            )
            self._property(wire, now)
        for wire in gone:
            self._add("property-removed", wire, "is gone", before=wire, gone=True)
        for wire in fresh:
            needed = wire in self.is_required
            self._add(
                "property-added-required" if needed else "property-added",
                wire,
                "is new, and required" if needed else "is new",
                after=wire,
            )
        for wire in self.old.keys() & self.new.keys():
            self._property(wire, wire)
        self._other_keys()

    def _add(self, kind: str, wire: str, said: str, **rest: object) -> None:
        gone = bool(rest.get("gone"))
        place = (self.changes.old if gone else self.changes.new).place_of[self.pair.name]
        self.changes.add(kind, self.side, self.methods, (*place, "properties", wire), said, **rest)  # type: ignore[arg-type]

    def _is_argument(self, wire: str) -> bool:
        return self.changes.new.speak_property(self.pair.name, wire, self.side).endswith("=)")

    def _respelled(self, gone: list[str], fresh: list[str]) -> list[tuple[str, str]]:
        """Pair the properties whose name is another on the wire, and the same in Python."""
        before = {self._python(self.changes.old, wire): wire for wire in gone}
        after = {self._python(self.changes.new, wire): wire for wire in fresh}
        return [(before[name], after[name]) for name in before if name in after]

    def _python(self, surface: Surface, wire: str) -> str:
        return surface.attributes(self.pair.name)[wire]

    def _property(self, wire: str, now: str) -> None:
        old, new = self.changes.old.type(self.old[wire]), self.changes.new.type(self.new[now])
        was_required, is_required = wire in self.was_required, now in self.is_required
        before, after = self._python(self.changes.old, wire), self._python(self.changes.new, now)
        if before != after:
            self._add("property-renamed", now, f"was called {before}", before=before, after=after)
        if is_required and not was_required:
            self._add("property-required", now, "was optional, is required")
        if was_required and not is_required:
            nullable = self.side is not Side.REQUEST and bool(old & NONE)
            self._add(
                "property-optional",
                now,
                "was required, is optional" + (" (it could be None already)" if nullable else ""),
                level=Level.COMPATIBLE if nullable else None,
            )
        as_read = old, new
        if not (was_required and is_required):
            as_read = (old | NONE, new | NONE)
        self._related("property-type", (*self.pair.place, "properties", now), (old, new), as_read)

    def _other_keys(self) -> None:
        """Compare what keys may hold that the document does not name; refused ones are read all the same."""
        surfaces = ((self.changes.old, self.pair.old), (self.changes.new, self.pair.new))
        old, new = (surface.type(shape.get("additionalProperties", True)) for surface, shape in surfaces)
        self._related("other-keys", (*self.pair.place, "additionalProperties"), (old, new), (old or ANY, new or ANY))

    def _related(
        self, subject: str, place: tuple[str | int, ...], types: tuple[Type, Type], as_read: tuple[Type, Type]
    ) -> None:
        expand = self.changes.old.expand, self.changes.new.expand
        relation, read = relate(*types, *expand), relate(*as_read, *expand)
        if relation == "same":
            return
        harmless = self.side is not Side.REQUEST and read == "same"
        if not harmless and self.side is not Side.REQUEST and relation != read:
            relation = read
        before, after = text(types[0]), text(types[1])
        said = f"was {before}, is {after}" + (", which is read alike" if harmless else "")
        python = self.changes.new.speak(place, self.side)
        if subject == "other-keys":
            python = f"{self.pair.name}.additional_properties"
        self.changes.add(
            f"{subject}-{relation}",
            self.side,
            self.methods,
            place,
            said,
            python=python,
            before=before,
            after=after,
            level=Level.COMPATIBLE if harmless else None,
        )
