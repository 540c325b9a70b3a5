"""Answers in the words of the document's examples.

The generator knows everything that an answer may hold, and an example what it reads like: together they are full and
realistic. Ids and moments stay those that were generated, as they depend on the request and are laid over in any case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from portkey_mock import values
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object

_KINDS: Final = ("type", "object", "role")
"""Members that tell one kind of object from another."""


def first(media: JsonObject) -> Json:
    """The main example beside a schema (OpenAPI, Media Type Object); None if there is none."""
    named: Json = media.get("examples")
    each: Json = next(iter(named.values()), None) if is_object(named) else None
    return each.get("value") if is_object(each) else media.get("example")


def worded(made: Json, shown: Json, accepts: Callable[[Json], bool]) -> Json:
    """A generated body with what an example says in it, as far as `accepts` lets it; as it is if there is none."""
    if shown is None:
        return made
    if not (is_object(made) and is_object(shown)):
        said = _worded(made, shown)
        return said if accepts(said) else made
    whole = _members(made, shown)
    if accepts(whole):
        return whole
    body = made
    for name, value in whole.items():
        attempt = {**body, name: value}
        body = attempt if accepts(attempt) else body
    return body


def _worded(made: Json, shown: Json) -> Json:
    """A part of a body. What is of another kind, or a map, is only what the example says."""
    if is_object(made) and is_object(shown):
        return shown if made.keys().isdisjoint(shown) or _other_kind(made, shown) else _members(made, shown)
    if is_array(made) and is_array(shown) and made:
        # What has an id or slug of its own has the generated one, and only one thing can have that.
        is_thing = is_object(made[0]) and any(isinstance(made[0].get(name), str) for name in ("id", "slug"))
        return [_worded(made[0], item) for item in (shown[:1] if is_thing else shown)]
    return shown


def _other_kind(made: JsonObject, shown: JsonObject) -> bool:
    return any(made[name] != shown[name] for name in _KINDS if name in made and name in shown)


def _members(made: JsonObject, shown: JsonObject) -> JsonObject:
    return {**shown, **{name: _member(name, value, shown) for name, value in made.items()}}


def _member(name: str, made: Json, shown: JsonObject) -> Json:
    """A member as the example has it, if it does; an id and a moment as they were generated."""
    if name not in shown:
        return made
    said: Json = shown[name]
    own = name in ("id", "slug") or name.endswith("_id") or values.is_time(name)
    return made if own and type(said) is type(made) else _worded(made, said)
