"""How things are called: the ids in a path, in a body and in an answer, and the words for them in a message."""

from __future__ import annotations

import json
import re

from portkey_mock.answers import echoable
from portkey_mock.families import Role
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.message import Response
from portkey_mock.validation import Call


def salt_of(call: Call) -> tuple[object, ...]:
    """What the ids in an answer depend on, if nothing else tells calls apart."""
    return call.operation.method, call.operation.path, *sorted(call.path.items())


def echo(call: Call) -> JsonObject:
    """What an answer repeats of a request: path parameters, also in snake case, and members of the body."""
    path = {name: value for key, value in call.path.items() for name in (key, snake(key))}
    return {**path, **echoable(call.fields)}


def names(parameter: str) -> list[str]:
    """Under which names the id may stand in an answer, the most telling one first."""
    return [parameter, snake(parameter), *(() if parameter == "slug" else ("id",)), "slug"]


def identity(parameter: str, thing_id: str, known: JsonObject) -> JsonObject:
    """How a thing that `parameter` names in a path calls itself: as it does already, `slug` if it is one, or `id`."""
    telling = [name for name in names(parameter) if name != "slug" or parameter == "slug"]
    return {name: known.get(name, thing_id) if name in ("id", "slug") else thing_id for name in telling}


def given_id(call: Call, role: Role) -> JsonObject:
    """How a new thing is called if the body decides it: a file in a vector store has the id of the file."""
    given = call.fields.get(role.parameter)
    return identity(role.parameter, given, {}) if isinstance(given, str) and role.parameter != "slug" else {}


def created(parameter: str, facts: JsonObject) -> dict[str, JsonObject]:
    """The things that a creation made, by id: one, or several where the answer or the body lists them."""
    found = next((facts[name] for name in names(parameter) if isinstance(facts.get(name), str)), None)
    if found is not None:
        return {found: {}}
    for items in (facts.get("data"), facts.get("users"), [{"id": each} for each in facts.get("feedback_ids") or ()]):
        if is_array(items) and items and all(is_object(each) and isinstance(each.get("id"), str) for each in items):
            return {each["id"]: each for each in items}
    return {}


def noun(collection: str, parameter: str) -> str:
    """What a thing is called, in snake case: `vector_store` for `vector_store_id`."""
    word = snake(parameter).removesuffix("_id")
    return collection.rpartition("/")[2].removesuffix("s").replace("-", "_") if word in ("slug", "id") else word


def spoken(collection: str, parameter: str) -> str:
    """What a thing is called in a message: `vector store` for `vector_store_id`."""
    return noun(collection, parameter).replace("_", " ")


def snake(name: str) -> str:
    """`name` in snake case: `workspace_id` for `workspaceId`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def members(response: Response) -> JsonObject:
    """The members of a JSON answer, with those of its `data` among them."""
    is_json = response.header("content-type") == "application/json"
    return spread(json.loads(response.body) if is_json else None)


def spread(body: Json) -> JsonObject:
    """The members of an object, with those of its `data` among them; none of anything else."""
    if not is_object(body):
        return {}
    data: Json = body.get("data")
    if not is_object(data):
        return body
    return {**{name: value for name, value in body.items() if name != "data"}, **data}
