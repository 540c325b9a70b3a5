"""What a gateway keeps of everything but files and batches: things, in collections, under concrete paths."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.lifecycle import Step
from portkey_mock.versions import Version

_KEYS: Final = ("slug", "id", "user_id", "workspace_id", "name")
"""By what the members of a list that is put as a whole are told apart."""


@dataclass(slots=True)
class Thing:
    """One thing.

    Attributes:
        facts: what is known of it.
        created: seconds since 1970.
        steps: its life, if it has one.
        polls: how often it was read by its id.
        versions: its versions, oldest first, if it has any; `default` is the number of the one that is shown.
    """

    facts: JsonObject
    created: float
    steps: list[Step] = field(default_factory=list[Step])
    polls: int = 0
    versions: list[Version] = field(default_factory=list[Version])
    default: int = 1


@dataclass(slots=True)
class Collection:
    """The things under one concrete path, oldest first; None in place of a deleted one."""

    things: dict[str, Thing | None] = field(default_factory=dict[str, "Thing | None"])
    facts: JsonObject = field(default_factory=dict[str, Json])
    populated: bool = False

    def key(self, name: str) -> str:
        """The id of the thing that `name` names, by its id or its slug; `name` itself if there is none."""
        if name in self.things:
            return name
        known = ((key, thing.facts) for key, thing in self.things.items() if thing)
        return next((key for key, facts in known if name in (facts.get("slug"), facts.get("id"))), name)

    def find(self, name: str) -> Thing | None:
        """The thing that `name` names; None if there is none, or none any more."""
        return self.things.get(self.key(name))


@dataclass(slots=True)
class Store:
    """All collections by their concrete paths, and how often each path was created in."""

    collections: defaultdict[str, Collection] = field(default_factory=lambda: defaultdict(Collection))
    created: Counter[str] = field(default_factory=Counter[str])

    def at(self, template: str, path: Mapping[str, Json]) -> Collection:
        """The collection under a template whose parameters have the values in `path`."""
        return self.collections[concrete(template, path)]


def concrete(template: str, path: Mapping[str, Json]) -> str:
    """`template` with its parameters filled in, told apart whatever they hold."""
    return re.sub(r"\{([^}]*)\}", lambda match: repr(path.get(match[1])), template)


def key_of(item: JsonObject) -> str | None:
    """By what an item of a list is known; None if it is not."""
    return next((item[name] for name in _KEYS if isinstance(item.get(name), str)), None)
