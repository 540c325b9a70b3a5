"""Compare two resolved documents: every difference, as a user of the Python client meets it."""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher
from typing import Any

from .canonical import PROSE, as_text, canonical
from .change import Change, Level, Side
from .changes import Changes, node_at
from .compare_facts import Facts, short
from .compare_methods import UNSAID, compare_methods, compare_wording, spelled
from .compare_schemas import compare_schemas, sides_of
from .errors import Place
from .load import Json
from .match import Match
from .names import resources_of
from .surface import Key, Method, Surface

_TOLD = ("paths", "components", "servers", "security", "x-server-groups", "x-aliases", "openapi")
_ALIKE = 0.5
"""How much of two paths must agree for one operation to be taken for the other, whose shape is the same."""
_MOST_ALIKE = 32
"""Operations of one shape among which a move is looked for; of more, none tells more than the others."""


def compare(old: Json, new: Json) -> list[Change]:
    """Return every difference between two resolved documents, by place and kind, each once.

    Args:
        old: A resolved document, as ``prepare.build.prepare`` returns it.
        new: Another one.

    Raises:
        PrepareError: A schema of either document cannot be kept, so that there is no client of it to compare.
    """
    before, after = Surface(old), Surface(new)
    match = Match(before, after)
    if match.names:
        before.rename(match.names)
    changes = Changes(before, after)
    pairs = [pair for pair in _pairs(changes) if _differ(*pair)]
    for was, now in pairs:
        compare_methods(changes, was, now)
    _components(changes)
    compare_schemas(changes, match.told)
    for was, now in pairs:
        compare_wording(changes, was, now)
    _component_wording(changes)
    _document(changes, old, new)
    return changes.in_order()


def _differ(old: Method, new: Method) -> bool:
    return old.key != new.key or old.facts != new.facts or as_text(old.facts) != as_text(new.facts)


# -- which operation is which


def _pairs(changes: Changes) -> list[tuple[Method, Method]]:
    """Return the operations that are in both documents, and add those that are not."""
    old, new = dict(changes.old.methods), dict(changes.new.methods)
    pairs: list[tuple[Method, Method]] = []
    for mark in (_key, _key_without_names, _name):
        before, after = _by(mark, old), _by(mark, new)
        for each in before.keys() & after.keys():
            if len(before[each]) == len(after[each]) == 1:
                was, now = before[each][0], after[each][0]
                pairs.append((was, now))
                del old[was.key], new[now.key]
    for was, now in _moved(list(old.values()), list(new.values())):
        del old[was.key], new[now.key]
        changes.add(
            "operation-moved",
            Side.NEITHER,
            (now.name,),
            now.place,
            f"was {spelled(was)} and client.{was.name}(), is {spelled(now)}; "
            f"to keep its name, give it to the new path in names.yaml",
            python=now.name,
            before=spelled(was),
            after=spelled(now),
            level=Level.BREAKING,
        )
    for was in old.values():
        changes.add(
            "operation-removed",
            Side.NEITHER,
            (was.name,),
            was.place,
            f"is gone ({spelled(was)})",
            python=was.name,
            before=spelled(was),
            gone=True,
        )
    for now in new.values():
        changes.add(
            "operation-added",
            Side.NEITHER,
            (now.name,),
            now.place,
            f"is new ({spelled(now)})",
            python=now.name,
            after=spelled(now),
        )
    return pairs


def _by(mark: Any, methods: dict[Key, Method]) -> dict[Any, list[Method]]:
    found: dict[Any, list[Method]] = defaultdict(list)
    for method in methods.values():
        found[mark(method)].append(method)
    return found


def _key(method: Method) -> Any:
    return method.key


def _key_without_names(method: Method) -> Any:
    return method.key[1], _segments(method)


def _name(method: Method) -> Any:
    return method.name


def _segments(method: Method) -> tuple[str, ...]:
    return tuple("{}" if "{" in part else part for part in method.key[0].split("/") if part)


def _moved(old: list[Method], new: list[Method]) -> list[tuple[Method, Method]]:
    """Pair operations that differ in their path alone: of one shape, with like paths; the most alike first."""
    before, after = (
        {
            shape: some
            for shape, some in _by(_shape, {each.key: each for each in methods}).items()
            if len(some) <= _MOST_ALIKE
        }
        for methods in (old, new)
    )
    pairs: list[tuple[Method, Method]] = []
    for shape in before.keys() & after.keys():
        ranked = [(_likeness(was, now), was, now) for was in before[shape] for now in after[shape]]
        gone, fresh = set[Key](), set[Key]()
        for likeness, was, now in sorted(ranked, key=lambda each: (-each[0], each[1].key, each[2].key)):
            if likeness >= _ALIKE and was.key not in gone and now.key not in fresh:
                gone.add(was.key)
                fresh.add(now.key)
                pairs.append((was, now))
    return pairs


def _likeness(old: Method, new: Method) -> float:
    return SequenceMatcher(None, _segments(old), _segments(new), autojunk=False).ratio()


def _shape(method: Method) -> str:
    """Return what an operation takes and gives, apart from its path, as text."""
    facts = method.facts
    parameters = sorted(canonical(each) for each in facts["parameters"] if each["in"] != "path")
    return canonical([parameters, facts.get("requestBody"), facts["responses"]]) + str(method.key[1] == "get")


# -- components and the document


def _components(changes: Changes) -> None:
    """Compare what the components say beside the types."""
    for name, place in changes.new.place_of.items():
        before = changes.old.place_of.get(name)
        if before is not None and 3 in (len(before), len(place)):
            was, now = node_at(changes.old.document, before), node_at(changes.new.document, place)
            if was != now or as_text(was) != as_text(now):
                Facts(changes, sides_of(changes, name, merged=True), optional=False).compare(was, now, place)


def _component_wording(changes: Changes) -> None:
    """Say at least that a component differs, where all that was compared is alike."""
    for component, now in changes.new.document["components"]["schemas"].items():
        place: Place = ("components", "schemas", component)
        name = changes.new.name_at[place]
        was = node_at(changes.old.document, changes.old.place_of.get(name, ("",)))
        if (
            was is not None
            and place not in changes.touched
            and was != now
            and canonical(was, names=changes.names) != canonical(now)
        ):
            for side, methods in sides_of(changes, name, merged=True).items():
                changes.add("detail-changed", side, methods, place, UNSAID)


def _document(changes: Changes, old: Json, new: Json) -> None:
    """Compare what belongs to no operation: servers, credentials, and what the document says of itself."""
    servers = [
        {method.facts["x-server-group"]: method.facts["servers"] for method in surface.methods.values()}
        for surface in (changes.old, changes.new)
    ]
    for group in sorted(servers[0].keys() & servers[1].keys()):
        was, now = servers[0][group], servers[1][group]
        if as_text(was) != as_text(now):
            said = f"had the servers {short(was)} for {group}, has {short(now)}"
            _add(changes, "server-address-changed", ("servers",), said, was, now)
    _credentials(changes, old["components"].get("securitySchemes", {}), new["components"].get("securitySchemes", {}))
    _aliases(changes, old.get("x-aliases", {}), new.get("x-aliases", {}))
    for key in sorted((old.keys() | new.keys()) - {*_TOLD}):
        was, now = old.get(key), new.get(key)
        if canonical({key: was}, prose=True) != canonical({key: now}, prose=True):
            kind = "prose-changed" if key in (*PROSE, "info") else "detail-changed"
            _add(changes, kind, (key,), f"says something else under `{key}`", was, now)


def _aliases(changes: Changes, before: Json, after: Json) -> None:
    """Compare the other names of methods and resources; one that became a name of its own is still there."""
    names = {*changes.new.names, *(resource for name in changes.new.names for resource in resources_of(name))}
    for alias in sorted(before.keys() | after.keys() - before.keys()):
        was, now = before.get(alias, {}).get("of", ""), after.get(alias, {}).get("of", "")
        kind = "alias-added" if not was else "alias-changed" if now else "alias-removed"
        if was == now or (kind == "alias-removed" and alias in names):
            continue
        said = (
            f"is another name of {now}"
            if not was
            else f"was another name of {was}, is {f'one of {now}' if now else 'none'}"
        )
        place: Place = ("x-aliases", alias)
        changes.add(kind, Side.NEITHER, (), place, said, python=alias, before=was, after=now, gone=not now)


def _credentials(changes: Changes, before: Json, after: Json) -> None:
    for name in sorted(before.keys() | after.keys()):
        place: Place = ("components", "securitySchemes", name)
        was, now = before.get(name), after.get(name)
        if now is None:
            _add(changes, "security-scheme-removed", place, f"no longer knows the credential {name}", was, gone=True)
        elif was is None:
            _add(changes, "security-scheme-added", place, f"knows the credential {name}", None, now)
        elif canonical(was) != canonical(now):
            said = f"sends the credential {name} in another way"
            _add(changes, "security-scheme-changed", place, said, was, now)
        elif canonical(was, prose=True) != canonical(now, prose=True):
            _add(changes, "prose-changed", place, f"describes the credential {name} differently")


def _add(
    changes: Changes, kind: str, place: Place, said: str, was: Any = None, now: Any = None, *, gone: bool = False
) -> None:
    before, after = short(was), short(now)
    changes.add(kind, Side.NEITHER, (), place, said, python="the document", before=before, after=after, gone=gone)
