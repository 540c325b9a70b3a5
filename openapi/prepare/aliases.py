"""Other names of operations and resources, for people who come from another client (aliases.yaml).

An alias of a resource is the same resource, reached by another attribute; an alias of a method is the same method under
another name. Neither has an implementation of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import PrepareError
from .load import Json, is_object
from .names import OWN_NAMES, resources_of, snake


def read_aliases(chosen: Mapping[str, Any], names: Iterable[str], notes: list[str]) -> dict[str, Json]:
    """Return the aliases that a document can have: dotted alias -> ``of``, the name it is another one of, and ``note``.

    Args:
        chosen: What aliases.yaml says: alias -> name, or ``{of: name, note: what the caller should know}``.
        names: The names of all operations.
        notes: Takes what is stale: aliases of nothing, and aliases that are names already.

    Raises:
        PrepareError: An alias is malformed.
    """
    operations = set(names)
    taken = operations | {resource for name in operations for resource in resources_of(name)}
    found: dict[str, Json] = {}
    for alias, said in chosen.items():
        entry = said if is_object(said) else {"of": said, "note": ""}
        _check(alias, entry)
        if entry["of"] in operations and "." not in alias:
            raise PrepareError(f"aliases.yaml: {alias}: a method belongs to a resource; write 'resource.{alias}'")
        if entry["of"] not in taken:
            notes.append(
                f"aliases.yaml: {alias}: {entry['of']!r} is neither an operation nor a resource of this document"
            )
        elif alias in taken or operations.intersection(resources_of(alias)):
            notes.append(f"aliases.yaml: {alias}: is a name of this document already")
        else:
            found[alias] = {"of": entry["of"], "note": entry.get("note", "")}
    for alias in found:
        if above := next((each for each in resources_of(alias) if each in found), None):
            whole = alias.replace(above, found[above]["of"], 1)
            raise PrepareError(f"aliases.yaml: {alias}: {above} is an alias itself; write {whole!r}")
    return found


def _check(alias: str, entry: Json) -> None:
    """Refuse an alias that is no path of the resource tree, and an entry that is none."""
    parts = str(alias).split(".")
    if (
        not isinstance(entry.get("of"), str)
        or not isinstance(entry.get("note", ""), str)
        or entry.keys() - {"of", "note"}
    ):
        raise PrepareError(f"aliases.yaml: {alias}: must be a name, or 'of', a name, and 'note', a text")
    if parts[0] in OWN_NAMES or any(part != snake(part) for part in parts):
        raise PrepareError(f"aliases.yaml: {alias!r} must be snake_case, with a dot between resources")


def target_of(dotted: str, operations: Iterable[str], aliases: Mapping[str, Json]) -> str | None:
    """Return the operation that a path of the resource tree leads to; None where it leads nowhere.

    Args:
        dotted: The path, such as ``beta.threads.create``.
        operations: The names of all operations.
        aliases: What ``read_aliases`` returned.
    """
    name = dotted
    for above in (*resources_of(dotted), dotted):
        if above in aliases:
            name = dotted.replace(above, aliases[above]["of"], 1)
            break
    if name == dotted:
        return dotted if dotted in set(operations) else None
    return target_of(name, operations, aliases)
