"""How often a branch of a union is read as another one, over every union of objects in the document.

Each branch has its smallest instance and its full ones, made by the audit's reader of the document. What reading gives
must be the class of the very branch the instance was made for, also where another branch would take it as well.
``python -m tests.generated.unions`` prints what is read as something else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from tests.generated.audit import ROOM, Auditor, Row
from tests.generated.document import Document, Kind, Many, Object, Site
from tests.generated.package import Package


class Reading(NamedTuple):
    """One instance of one branch, and what it was read as."""

    union: str
    """The JSON pointer of the union."""
    branch: str
    """The JSON pointer of the branch; ``map`` for an object without named properties."""
    instance: str
    """``smallest``, or ``full``."""
    found: str
    right: bool

    def __str__(self) -> str:
        return f"{self.union}: {self.branch}: {self.instance}: {self.found}"


@dataclass
class Meter(Auditor):
    """An auditor that takes the readings of unions and looks at nothing else."""

    readings: dict[str, list[Reading]] = field(default_factory=dict)
    """Pointer of a union -> its readings."""

    def _readings(self, site: Site, read: Callable[[Any], Any]) -> Iterator[Row]:
        kinds = self.document.kinds(site)
        objects = [kind for kind in kinds if _is_object(kind)]
        if len(objects) > 1 and site.at not in self.readings:
            self.readings[site.at] = [each for kind in objects for each in self._branch(site, kind, read)]
        for kind in kinds:
            if isinstance(kind, Many) and kind.name == "list":
                yield from self._readings(kind.item, lambda raw: read([raw])[0])
            elif isinstance(kind, Many):
                yield from self._readings(kind.item, lambda raw: read({"key": raw})["key"])

    def _branch(self, site: Site, kind: Many | Object, read: Callable[[Any], Any]) -> Iterator[Reading]:
        for index, raw in enumerate(self.document.samples(kind)):
            value = read(raw)
            right = isinstance(value, dict) if isinstance(kind, Many) else self._is_model(kind, value)
            branch = kind.at if isinstance(kind, Object) else "map"
            yield Reading(site.at, branch, "full" if index else "smallest", type(value).__name__, right)

    def _is_model(self, kind: Object, value: Any) -> bool:
        return self.package.is_model(type(value)) and self._stands_for(kind, type(value))


def _is_object(kind: Kind) -> TypeGuard[Many | Object]:
    return isinstance(kind, Object) or (isinstance(kind, Many) and kind.name == "map")


def measure(folder: Path) -> list[Reading]:
    """Return the readings of every union of objects that the package in a folder reads."""
    with Package(folder) as package:
        meter = Meter(Document.load(folder / "portkey_api" / "openapi.json"), package)
        for _ in (*meter.components(("",)), *meter.operations(("",))):
            pass
        return [reading for readings in meter.readings.values() for reading in readings]


if __name__ == "__main__":
    taken = measure(ROOM)
    wrong = [each for each in taken if not each.right]
    sys.stdout.write("".join(f"{each}\n" for each in wrong))
    sys.stdout.write(f"{len({each.union for each in taken})} unions, {len(taken)} readings, {len(wrong)} wrong\n")
