"""Compare one operation of two documents: its name, who may call it, what it takes and gives."""

from __future__ import annotations

from .canonical import as_text, canonical
from .change import Level, Side
from .changes import Changes
from .compare_arguments import Arguments
from .compare_bodies import Bodies
from .errors import Place
from .load import Json
from .pair import Pair
from .surface import Method

_TOLD = ("operationId", "parameters", "requestBody", "responses", "security", "servers", "x-server-group", "deprecated")
UNSAID = "is written differently, in a way that neither types nor checks show"


def compare_methods(changes: Changes, old: Method, new: Method) -> None:
    """Add what happened to an operation."""
    for part in (_Operation, Arguments, Bodies):
        part(changes, old, new).compare()


def compare_wording(changes: Changes, old: Method, new: Method) -> None:
    """Say at least that a part of an operation differs, where nothing else was said: to be called last."""
    before, after = (
        {(each.facts["in"], each.facts["name"]): each for each in method.arguments} for method in (old, new)
    )
    parts: list[tuple[Json, Json, Place]] = [
        (before[mark].facts, now.facts, now.place[3:]) for mark, now in after.items() if mark in before
    ]
    parts += [(old.facts.get(key, {}), new.facts.get(key, {}), (key,)) for key in ("requestBody", "responses")]
    for was, now, where in parts:
        place = (*new.place, *where)
        if place not in changes.touched and canonical(was, names=changes.names) != canonical(now):
            side = Side.RESPONSE if where == ("responses",) else Side.REQUEST
            changes.add("detail-changed", side, (new.name,), place, UNSAID)


class _Operation(Pair):
    """One operation itself."""

    def compare(self) -> None:
        """Add what happened to it."""
        self._names()
        self._access()
        self._rest()

    def _names(self) -> None:
        """Compare where the operation is, and what it is called."""
        if self.old.name != self.new.name:
            self.add(
                "operation-renamed",
                Side.NEITHER,
                (),
                f"was called {self.old.name}",
                python=self.new.name,
                before=self.old.name,
                after=self.new.name,
            )
        before, after = spelled(self.old), spelled(self.new)
        if _unnamed(before) != _unnamed(after):
            self.add(
                "operation-moved",
                Side.NEITHER,
                (),
                f"was {before}, is {after}",
                python=self.new.name,
                before=before,
                after=after,
            )

    def _access(self) -> None:
        """Compare what is needed to be let in, and which servers answer."""
        before = {frozenset(each): each for each in self.old.facts["security"]} or {frozenset[str](): {}}
        after = {frozenset(each): each for each in self.new.facts["security"]} or {frozenset[str](): {}}
        for needed in before.keys() - after.keys():
            less = any(each <= needed for each in after)
            self.add(
                "credentials-removed",
                Side.NEITHER,
                ("security",),
                f"cannot be called with {_together(needed)} any more"
                if not less
                else f"needs less than {_together(needed)} now",
                python=self.new.name,
                before=_together(needed),
                level=Level.COMPATIBLE if less else None,
            )
        for needed in after.keys() - before.keys():
            self.add(
                "credentials-added",
                Side.NEITHER,
                ("security",),
                f"can be called with {_together(needed)} now",
                python=self.new.name,
                after=_together(needed),
            )
        scopes = [{as_text(each) for each in alternatives.values()} for alternatives in (before, after)]
        if before.keys() == after.keys() and scopes[0] != scopes[1]:
            self.add("detail-changed", Side.NEITHER, ("security",), "needs other scopes", python=self.new.name)
        groups = [method.facts["x-server-group"] for method in (self.old, self.new)]
        if groups[0] != groups[1]:
            self.add(
                "server-group-changed",
                Side.NEITHER,
                ("x-server-group",),
                f"was answered by the servers {groups[0]}, is by {groups[1]}",
                python=self.new.name,
                before=groups[0],
                after=groups[1],
            )

    def _rest(self) -> None:
        """Compare the flags, the prose, and what stands beside."""
        before, after = self.old.facts, self.new.facts
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            is_now = bool(after.get("deprecated"))
            self.add(
                "operation-deprecated" if is_now else "operation-restored",
                Side.NEITHER,
                (),
                "is deprecated now" if is_now else "is deprecated no longer",
                python=self.new.name,
            )
        self.beside(before, after, _TOLD, (), Side.NEITHER, self.new.name)


def spelled(method: Method) -> str:
    """Return an operation as ``POST /batches``."""
    path, verb = method.key
    return f"{verb.upper()} {path}"


def _unnamed(spelling: str) -> str:
    """Return a spelling without the names of its parameters: those are compared as arguments."""
    return "".join(part.partition("}")[2] if index else part for index, part in enumerate(spelling.split("{")))


def _together(schemes: frozenset[str]) -> str:
    return " and ".join(sorted(schemes)) or "no credentials"
