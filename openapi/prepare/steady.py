"""Keep the Python names of operations from one revision of the document to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, count

from .names import Key, name_operations


def steady_names(
    old: Mapping[Key, str], new: Iterable[Key], chosen: Mapping[str, str], moved: Mapping[Key, Key]
) -> dict[str, str]:
    """Return what names.yaml has to say so that every operation that is still there keeps its name.

    The rule names an operation after the shape of its path, and whether that is a collection depends on the other
    paths; so a new path can give an old operation another name. Where a new operation would need, as a resource, what
    is the name of an old one, the new one gives way: ``jobs.events.retrieve`` becomes ``jobs.events_retrieve`` beside
    an old ``jobs.events``.

    Args:
        old: Operation -> name, so far.
        new: The operations of the new revision.
        chosen: What names.yaml says so far; entries for operations that are gone are left out of the result.
        moved: Operations of the old revision -> where they are now.
    """
    keys = list(new)
    kept = {key: old[key] for key in keys if key in old} | {moved[key]: old[key] for key in old if key in moved}
    entries = {entry(key): chosen[entry(key)] for key in keys if entry(key) in chosen}
    pinned = entries | {entry(key): name for key, name in kept.items()}
    entries |= _giving_way(name_operations(keys, pinned, []), kept)
    while changed := _changed(name_operations(keys, entries, []), kept, entries):
        entries |= changed
    return dict(sorted(entries.items(), key=lambda each: by_path(each[0])))


def entry(key: Key) -> str:
    """Return the key of an operation in names.yaml, as ``POST /batches``."""
    return f"{key[0].upper()} {key[1]}"


def by_path(text: str) -> tuple[str, ...]:
    """Return what sorts the keys of names.yaml."""
    return text.partition(" ")[::-1]


def _giving_way(named: Mapping[Key, str], kept: Mapping[Key, str]) -> dict[str, str]:
    """Name the new operations that stand below the name of an old one, as if it were a resource."""
    old, taken = set(kept.values()), {*named.values(), *kept.values()}
    entries: dict[str, str] = {}
    for key in sorted(named.keys() - kept.keys()):
        parts = named[key].split(".")
        depth = next((depth for depth in range(1, len(parts)) if ".".join(parts[:depth]) in old), None)
        if depth is not None:
            name = ".".join([*parts[: depth - 1], "_".join(parts[depth - 1 :])])
            free = next(
                each for each in chain([name], (f"{name}_{number}" for number in count(2))) if each not in taken
            )
            entries[entry(key)] = free
            taken.add(free)
    return entries


def _changed(named: Mapping[Key, str], kept: Mapping[Key, str], entries: Mapping[str, str]) -> dict[str, str]:
    """Return the entries that are still missing."""
    return {entry(key): name for key, name in kept.items() if named[key] != name and entry(key) not in entries}
