"""Compare the arguments of an operation that are no part of its body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .change import Level, Side
from .compare_facts import Facts
from .errors import Place
from .load import Json
from .pair import Pair
from .pytypes import NONE
from .surface import Argument

_PARAMETER_TOLD = ("name", "in", "required", "schema", "content", "style", "explode", "deprecated")


class Arguments(Pair):
    """The arguments of one operation in both documents."""

    def compare(self) -> None:
        """Compare the arguments that are no part of a body."""
        pairs, gone, fresh = _matched(self.old.arguments, self.new.arguments)
        for was in gone:
            self.add(
                "parameter-removed",
                Side.REQUEST,
                was.place[3:],
                f"is gone ({_where(was)})",
                python=f"{self.new.name}({was.name}=)",
                before=was.name,
                gone=True,
            )
        for now in fresh:
            kind = "parameter-added-required" if now.required else "parameter-added"
            said = "is new, and required" if now.required else "is new"
            self.add(kind, Side.REQUEST, now.place[3:], f"{said} ({_where(now)})", after=now.name)
        for was, now in pairs:
            self._argument(was, now)
        self._order([now for was in self.old.arguments for old, now in pairs if old is was and _is_positional(was)])

    def _order(self, before: list[Argument]) -> None:
        """Compare the order of the positional arguments; what is new may only follow the others."""
        kept = [each for each in before if _is_positional(each)]
        now = [each for each in self.new.arguments if _is_positional(each)]
        if [id(each) for each in now[: len(kept)]] == [id(each) for each in kept]:
            return
        orders = [
            ", ".join(each.name for each in method.arguments if _is_positional(each)) for method in (self.old, self.new)
        ]
        self.add(
            "parameter-reordered",
            Side.REQUEST,
            ("parameters",),
            f"took ({orders[0]}), takes ({orders[1]})",
            python=f"{self.new.name}()",
            before=orders[0],
            after=orders[1],
        )

    def _argument(self, old: Argument, new: Argument) -> None:
        where = new.place[3:]
        python = f"{self.new.name}({new.name}=)"
        if old.name != new.name:
            self.add(
                "parameter-renamed", Side.REQUEST, where, f"was called {old.name}", before=old.name, after=new.name
            )
        elif old.facts["name"] != new.facts["name"]:
            self.add(
                "parameter-wire-name-changed",
                Side.REQUEST,
                where,
                f"was {old.facts['name']!r} on the wire, is {new.facts['name']!r}",
                before=old.facts["name"],
                after=new.facts["name"],
            )
        if old.facts["in"] != new.facts["in"]:
            positional = _is_positional(old)
            said = f"was {_where(old)}, is {_where(new)}" + (", so it is no positional argument any more" * positional)
            self.add(
                "parameter-moved",
                Side.REQUEST,
                where,
                said,
                before=old.facts["in"],
                after=new.facts["in"],
                level=Level.BREAKING if positional else None,
            )
        if old.required != new.required:
            self.add(
                "parameter-required" if new.required else "parameter-optional",
                Side.REQUEST,
                where,
                f"was {'optional' if new.required else 'required'}, is not any more",
            )
        either_optional = not (old.required and new.required)
        types = (old.kind | NONE, new.kind | NONE) if either_optional else (old.kind, new.kind)
        self.related("parameter-type", Side.REQUEST, (*where, "schema"), types, python)
        styles = [_style(each.facts) for each in (old, new)]
        if styles[0] != styles[1] and old.facts["in"] == new.facts["in"]:
            self.add(
                "parameter-style-changed",
                Side.REQUEST,
                where,
                f"was written as {styles[0]}, is as {styles[1]}",
                before=styles[0],
                after=styles[1],
            )
        self._parameter_facts(old, new)

    def _parameter_facts(self, old: Argument, new: Argument) -> None:
        where, python = new.place[3:], f"{self.new.name}({new.name}=)"
        flags = [bool(each.facts.get("deprecated")) for each in (old, new)]
        if flags[0] != flags[1]:
            self.add(
                "deprecated" if flags[1] else "restored",
                Side.REQUEST,
                where,
                "is deprecated now" if flags[1] else "is deprecated no longer",
            )
        self.beside(old.facts, new.facts, _PARAMETER_TOLD, where, Side.REQUEST, python)
        facts = Facts(self.changes, {Side.REQUEST: (self.new.name,)}, optional=not new.required)
        for inside in ((), *((("content", media)) for media in old.facts.get("content", {}))):
            first, second = _inside(old.facts, inside), _inside(new.facts, inside)
            facts.compare(first.get("schema"), second.get("schema"), (*new.place, *inside, "schema"))


def _where(argument: Argument) -> str:
    return f"in {argument.facts['in']}"


def _is_positional(argument: Argument) -> bool:
    return bool(argument.facts["in"] == "path")


def _style(parameter: Json) -> str:
    """Return how a parameter is written, the defaults spelled out (OpenAPI, style and explode)."""
    style = parameter.get("style", "form" if parameter["in"] in ("query", "cookie") else "simple")
    return f"{style}{', exploded' if parameter.get('explode', style == 'form') else ''}"


def _inside(parameter: Json, where: Place) -> Json:
    """Return what holds the schema of a parameter."""
    node: Any = parameter
    for key in where:
        node = node.get(key, {})
    found: Json = node
    return found


def _matched(
    old: list[Argument], new: list[Argument]
) -> tuple[list[tuple[Argument, Argument]], list[Argument], list[Argument]]:
    """Pair the arguments: by name and place on the wire, by Python name, and those of the path by their position."""
    pairs: list[tuple[Argument, Argument]] = []
    gone, fresh = list(old), list(new)
    marks: tuple[Callable[[Argument, list[Argument]], object], ...] = (_mark_of_wire, _mark_of_name, _mark_of_position)
    for mark in marks:
        for was in list(gone):
            now = next((each for each in fresh if mark(each, new) == mark(was, old)), None)
            if now is not None:
                pairs.append((was, now))
                gone.remove(was)
                fresh.remove(now)
    return pairs, gone, fresh


def _mark_of_wire(argument: Argument, _: list[Argument]) -> object:
    return argument.facts["in"], argument.facts["name"]


def _mark_of_name(argument: Argument, _: list[Argument]) -> object:
    return argument.name


def _mark_of_position(argument: Argument, arguments: list[Argument]) -> object:
    return arguments.index(argument) if _is_positional(argument) else id(argument)
