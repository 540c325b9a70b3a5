"""Requests that are wrong in one place, and requests that are right in an unusual way, for every operation."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

from tests.contract.bodies import REFERENCES, UNSUITED
from tests.contract.calls import NOTHING, Call, Lacking
from tests.contract.check import Problem
from tests.contract.document import DOCUMENT, Operation
from tests.contract.world import World
from tests.mock import spec

_SOME: Final = 12
_JSON: Final = "application/json"
_FORM: Final = "multipart/form-data"
_ODD: Final[tuple[Any, ...]] = ("contract-unknown", -1, 10**9, 0.5, [1], {"a": 1}, True, None)
_WORDS: Final = ("ü", "\u2028 \U0001f600", "x" * 200)
_LARGE: Final = (2**63, -(2**63) - 1, 10**30)
_TEXTS: Final = frozenset({"name", "description", "title"})
_REFUSED: Final = (400, 401, 415, 422)


def wrong(world: World) -> Iterator[Problem]:
    """What breaks the schema in one place is refused, in the body as in the query."""
    for call in _calls(world):
        for what, changed in (*_wrong_bodies(call), *_wrong_queries(call), *_wrong_paths(call)):
            status = world.wire.handle(world.request(changed)).status
            if 200 <= status < 300:
                rule = f"#/paths/{call.operation.path.replace('/', '~1')}/{call.operation.method.lower()}"
                yield Problem(f"{what} is answered with {status}.", world.last(), rule=rule)


def right(world: World) -> Iterator[Problem]:
    """What the schema allows is not refused where the plain request is not."""
    for call in _calls(world):
        changes = [*_right_bodies(call), *_right_queries(call)]
        if not changes or world.wire.handle(world.request(call)).status >= 300:
            continue
        for what, changed in changes:
            if world.wire.handle(world.request(changed)).status in _REFUSED:
                yield Problem(f"{what} is refused with {world.last().status}.", world.last())
        for changed in _large_numbers(call):
            world.wire.handle(world.request(changed))  # it may be refused; a crash is seen by whoever looks


def _calls(world: World) -> Iterator[Call]:
    """A valid call of each operation that takes JSON, or a query, and ends nothing."""
    for operation in world.tryable():
        content = operation.raw.get("requestBody", {}).get("content", {})
        if operation.method == "DELETE" or not operation.succeeds or (content and not {_JSON, _FORM} & content.keys()):
            continue
        try:
            yield world.call(str(operation))
        except Lacking:
            continue


def _schema(operation: Operation) -> Any:
    content = operation.raw.get("requestBody", {}).get("content", {})
    return next((content[media].get("schema", {}) for media in (_JSON, _FORM) if media in content), {})


def _is_form(operation: Operation) -> bool:
    return _JSON not in operation.raw.get("requestBody", {}).get("content", {_JSON: {}})


def _members(call: Call) -> dict[str, Any]:
    """The members that the document knows for a body of this kind."""
    return spec.properties_of(_schema(call.operation), call.body)


def _wrong_bodies(call: Call) -> Iterator[tuple[str, Call]]:
    if not isinstance(call.body, dict):
        return
    if _is_form(call.operation):
        yield from _wrong_forms(call, call.body)
        return
    fits = spec.validator(_schema(call.operation), formats=False).is_valid
    for name in call.body:
        less = {key: value for key, value in call.body.items() if key != name}
        if not fits(less):
            yield f"A body without {name}", replace(call, body=less)
    for name, schema in sorted(_members(call).items()):
        odd = [value for value in _ODD if not fits({**call.body, name: value})][:3]
        near = [value for value in _near(name, schema) if value not in odd and not fits({**call.body, name: value})]
        for value in odd + near:
            yield f"{name} of {json.dumps(value)[:40]}", replace(call, body={**call.body, name: value})
    for place, value, body in _inside(call.body):
        if not fits(body):
            yield f"{place} of {json.dumps(value)}", replace(call, body=body)
    if not fits({**call.body, "contract_unknown": 1}):
        yield "An unknown member", replace(call, body={**call.body, "contract_unknown": 1})


def _inside(value: Any, place: str = "", depth: int = 4) -> Iterator[tuple[str, Any, Any]]:
    """A value with something odd in one place below its top: the place, what is odd, and the whole."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in list(members):
        there = f"{place}/{key}"
        odd = [(there, each, each) for each in _ODD[:2] if depth < 4]
        for where, what, inner in [*odd, *(_inside(member, there, depth - 1) if depth > 1 else ())]:
            yield where, what, _put(value, key, inner)


def _put(value: Any, key: Any, inner: Any) -> Any:
    return {**value, key: inner} if isinstance(value, dict) else [*value[:key], inner, *value[key + 1 :]]


def _wrong_forms(call: Call, form: dict[str, Any]) -> Iterator[tuple[str, Call]]:
    """A form without a field that it has to have, or with a word that is none of those declared."""
    for name in sorted(form.keys() & set(spec.flat(_schema(call.operation)).get("required", ()))):
        yield f"A form without {name}", replace(call, body={key: form[key] for key in form if key != name})
    for name, schema in sorted(_members(call).items()):
        if not spec.validator(schema, formats=False).is_valid(_ODD[0]) and spec.flat(schema).get("type") in (
            "string",
            "integer",
        ):
            yield f"{name} of {_ODD[0]}", replace(call, body={**form, name: _ODD[0]})


def _right_bodies(call: Call) -> Iterator[tuple[str, Call]]:
    if not isinstance(call.body, dict):
        return
    if _is_form(call.operation):
        yield from _right_forms(call, call.body)
        return
    fits = spec.validator(_schema(call.operation)).is_valid
    for name, schema in sorted(_members(call).items()):
        if name in UNSUITED or _refers(name):
            continue
        values = _WORDS if name in _TEXTS else _kinds(schema) if name in call.body else _plain(schema)
        for value in values:
            if fits({**call.body, name: value}):
                yield f"{name} of {json.dumps(value)[:40]}", replace(call, body={**call.body, name: value})


def _right_forms(call: Call, form: dict[str, Any]) -> Iterator[tuple[str, Call]]:
    """Each of the words that a field may be, where the form has it already: what it needs besides is there, too."""
    for name in sorted(form.keys() & _members(call).keys()):
        for word in spec.flat(_members(call)[name]).get("enum", ()):
            yield f"{name} of {word}", replace(call, body={**form, name: word})


def _plain(schema: Any) -> tuple[Any, ...]:
    """Simple values of a schema; none for what could mean something elsewhere."""
    flat = spec.flat(schema)
    nothing = (None,) if flat.get("nullable") is True else ()
    if flat.get("type") == "boolean":
        return (False, *nothing)
    if "enum" in flat:
        return (*(each for each in flat["enum"] if each is not None), *nothing)
    return (*(({"contract": "ü"},) if flat.get("type") == "object" and "properties" not in flat else ()), *nothing)


def _kinds(schema: Any) -> tuple[Any, ...]:
    """A value of each kind that a member may be of: a text, a list of texts, a list of numbers, a list of these."""
    flat = spec.flat(schema)
    branches = [spec.flat(each) for each in flat.get("anyOf", flat.get("oneOf", ()))]
    return tuple(each for each in map(_kind, branches) if each is not None)


def _kind(schema: Any) -> Any:
    """A short value of texts and numbers; None for anything else."""
    if schema.get("type") == "array":
        inner = _kind(spec.flat(schema.get("items", {})))
        return None if inner is None else [inner] * schema.get("minItems", 1)
    if schema.get("type") in ("string", "integer") and "enum" not in schema:
        return {"string": "hello", "integer": 7}[schema["type"]]
    return None


def _near(name: str, schema: Any) -> Iterator[Any]:
    """What is of the right type and wrong all the same: too long, of another form, or a word from another list."""
    flat = spec.flat(schema)
    if flat.get("type") in ("integer", "number"):
        yield from (flat[bound] + step for bound, step in (("minimum", -1), ("maximum", 1)) if bound in flat)
    if flat.get("type") == "array" and "maxItems" in flat and "items" in flat:
        yield [spec.smallest(flat["items"])] * (flat["maxItems"] + 1)
    if flat.get("type") != "string":
        return
    if "enum" in flat:
        yield from sorted(_words().get(name, frozenset()) - set(flat["enum"]))[:_SOME]
    if "pattern" in flat or "minLength" in flat:
        yield from ("", "7", "latest", " ", "a/b?c")
    if "maxLength" in flat:
        yield "x" * (flat["maxLength"] + 1)


@cache
def _words() -> dict[str, frozenset[str]]:
    """What members of a name may be, anywhere in the document: `owner` is a role, but not of everybody."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    waiting: list[Any] = [DOCUMENT]
    while waiting:
        here = waiting.pop()
        members = here.get("properties", {}) if isinstance(here, dict) else {}
        for name, member in members.items() if isinstance(members, dict) else ():
            if isinstance(member, dict) and "enum" in member:
                found[name].update(each for each in member["enum"] if isinstance(each, str))
        waiting += here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()
    return {name: frozenset(words) for name, words in found.items()}


def _refers(name: str) -> bool:
    return name in REFERENCES or name.endswith(("_id", "_ids", "Id", "Ids", "_slug"))


def _large_numbers(call: Call) -> Iterator[Call]:
    if not isinstance(call.body, dict) or _is_form(call.operation):
        return
    for name, schema in sorted(_members(call).items()):
        if spec.flat(schema).get("type") == "integer":
            yield from (replace(call, body={**call.body, name: number}) for number in _LARGE)


def _queries(call: Call) -> Iterator[tuple[str, Any]]:
    if call.body is NOTHING:
        for each in call.operation.raw.get("parameters", []):
            if each["in"] == "query":
                yield each["name"], spec.flat(each["schema"])


def _wrong_queries(call: Call) -> Iterator[tuple[str, Call]]:
    for name, schema in _queries(call):
        fits = spec.validator(schema, formats=False).is_valid
        if schema.get("type") in ("integer", "number"):
            odd = [each for each in ("contract", -1, 10**9) if not fits(each)]
        elif "enum" in schema:
            odd = ["contract-unknown"] if not fits("contract-unknown") else []
        else:
            odd = []
        for value in odd:
            yield f"{name}={value}", replace(call, query={**call.query, name: value})


def _wrong_paths(call: Call) -> Iterator[tuple[str, Call]]:
    """A word in the path that is none of those declared."""
    for each in call.operation.raw.get("parameters", []):
        if each["in"] == "path" and not spec.validator(each["schema"]).is_valid("contract-unknown"):
            ids = {**call.ids, each["name"]: "contract-unknown"}
            yield f"{each['name']} of contract-unknown in the path", replace(call, ids=ids)


def _right_queries(call: Call) -> Iterator[tuple[str, Call]]:
    for name, schema in _queries(call):
        if "enum" in schema:
            values = schema["enum"]
        elif schema.get("type") == "integer" and name in ("limit", "page_size", "pageSize"):
            values = [each for each in (1, 3, 10, 20) if spec.validator(schema).is_valid(each)]
        else:
            values = []
        for value in values:
            yield f"{name}={value}", replace(call, query={**call.query, name: value})
