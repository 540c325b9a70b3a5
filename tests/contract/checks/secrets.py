"""Secrets that are handed in stay in, and a secret that is replaced becomes another one."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

from tests.contract.calls import Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.collections import Collection, collections, made
from tests.contract.document import Operation
from tests.contract.world import World, identity, parsed
from tests.mock import spec

_SECRET: Final = re.compile(r"(.*_)?(api_?key|access_key|password|secret|token)|key|authorization", re.IGNORECASE)
_NO_SECRET: Final = re.compile(r"max_|min_|.*(virtual|cache)_key", re.IGNORECASE)


def _kept(world: World) -> Iterator[Problem]:
    """What a body hands in as a secret is in no answer, however the thing is looked at.

    A member that the document has in an answer, too, may come back: nothing says whether it does whole or masked.
    """
    secrets: list[str] = []
    for each in collections(world):
        for path, member in _secrets(world, each, world.operations[each.create]):
            try:
                yield from _looked_at(world, each, path, member, secrets)
            except Lacking:
                continue
    if not secrets:
        return
    for operation, ids in world.reads():
        world.send(str(operation), ids)
        yield from (problem for secret in secrets for problem in _shown(world, secret, "A secret"))


def _looked_at(
    world: World, each: Collection, path: tuple[str, ...], member: dict[str, Any], secrets: list[str]
) -> Iterator[Problem]:
    """The problems of one secret: the answers of whatever makes, changes and shows the thing."""
    called = f"The secret {'.'.join(path)}"
    secret = _new(world)
    parents, id_, sent, _ = made(world, each, _holding(member, path, secret))
    if not _has(sent, secret):
        return
    secrets.append(secret)
    yield from _shown(world, secret, called)
    yield from _read(world, each, parents, id_, secret, called)
    if each.update and path in [other for other, _ in _secrets(world, each, world.operations[each.update])]:
        body = world.body(world.operations[each.update])
        secret = _new(world)
        told = {**(body if isinstance(body, dict) else {}), **_holding(member, path, secret)}
        world.send(each.update, each.ids(parents, id_), told)
        yield from _shown(world, secret, called)
        yield from _read(world, each, parents, id_, secret, called)


def _read(
    world: World, each: Collection, parents: dict[str, str], id_: str, secret: str, called: str
) -> Iterator[Problem]:
    for name in filter(None, (each.read, each.listing)):
        world.send(name, each.ids(parents, id_) if name == each.read else parents)
        yield from _shown(world, secret, called)


def _shown(world: World, secret: str, called: str) -> Iterator[Problem]:
    """Most of a secret is as good as the whole, and so is what can be read backwards."""
    seen = world.last()
    if seen.response is None or seen.status >= 300:
        return
    much = len(secret) * 3 // 4
    forms = (secret[:much], secret[-much:], b64encode(secret.encode()).decode().rstrip("=")[:-2])
    if any(form.encode() in seen.response.body for form in forms):
        yield Problem(f"{called}, which was handed in, can be read in an answer.", seen)


def _refused(world: World) -> Iterator[Problem]:
    """A refusal does not repeat the secret of what it refuses."""
    for each in collections(world):
        for path, member in _secrets(world, each, world.operations[each.create]):
            secret = _new(world)
            body = world.body(world.operations[each.create])
            if not isinstance(body, dict):
                continue
            kept: dict[str, Any] = {name: [] for name in {*body, "name"} - {path[0]}}
            world.send(each.create, world.things(each.path), {**kept, **_holding(member, path, secret)})
            seen = world.last()
            if seen.status >= 400 and seen.response is not None and secret.encode() in seen.response.body:
                yield Problem(f"The secret {'.'.join(path)} is repeated in a refusal.", seen)


def _new(world: World) -> str:
    return f"sk-contract-{world.random.randbytes(16).hex()}"


def _holding(member: dict[str, Any], path: tuple[str, ...], secret: str) -> dict[str, Any]:
    """The member of a body that has the secret in it."""
    if len(path) == 1:
        return {path[0]: secret}
    inner = spec.smallest(member)
    return {path[0]: {**(inner if isinstance(inner, dict) else {}), path[1]: secret}}


def _has(value: Any, text: str) -> bool:
    if isinstance(value, dict):
        return any(_has(each, text) for each in value.values())
    return bool(value == text)


def _secrets(world: World, each: Collection, operation: Operation) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The members of a body that are secrets, at most two levels down, each with the schema of the outer one."""
    content = operation.raw.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    told = _told(world, each)
    for name, schema in _members(content["schema"]):
        if _is_secret(name, schema) and name not in told:
            yield (name,), schema
        for kind in _kinds(schema):
            for inner, below in _members(kind):
                if _is_secret(inner, below) and inner not in told:
                    yield (name, inner), kind


def _is_secret(name: str, schema: dict[str, Any]) -> bool:
    if schema.get("type") != "string" or "enum" in schema:
        return False
    marked = schema.get("writeOnly") is True or schema.get("format") == "password"
    return marked or bool(_SECRET.fullmatch(name) and not _NO_SECRET.match(name))


def _told(world: World, each: Collection) -> set[str]:
    """The members, at any depth, of what the document says is answered when such a thing is read or listed."""
    found: set[str] = set()
    for name in (f"GET {each.member}", f"GET {each.path}"):
        method, _, path = name.partition(" ")
        raw = world.document["paths"].get(path, {}).get(method.lower(), {})
        for status, answer in raw.get("responses", {}).items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            if status.startswith("2") and schema is not None:
                found |= set(_names(schema, 4))
    return found


def _names(schema: dict[str, Any], depth: int) -> Iterator[str]:
    for kind in _kinds(schema):
        for name, below in _members(kind) if depth else ():
            yield name
            yield from _names(below, depth - 1)
        if depth and "items" in kind:
            yield from _names(kind["items"], depth - 1)


def _kinds(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema with no choice in it, for each choice."""
    plain = spec.flat(schema)
    choices = [*plain.get("anyOf", ()), *plain.get("oneOf", ())]
    return [plain, *(kind for each in choices for kind in _kinds(each))]


def _members(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, below in spec.flat(schema).get("properties", {}).items():
        yield name, spec.flat(below)


def _rotated(world: World) -> Iterator[Problem]:
    """To replace a secret gives another one, and leaves the thing itself as it is."""
    for operation in world.tryable():
        if operation.method != "POST" or not operation.path.endswith("}/rotate"):
            continue
        try:
            ids = world.things(operation.path, fresh=True)
        except Lacking:
            continue
        maker = world.last()
        known = _key(parsed(maker.response)) if maker.response and maker.request.method == "POST" else None
        answer = world.send(str(operation), ids)
        if answer.status >= 300:
            continue
        if known is not None and _key(parsed(answer)) == known:
            yield Problem("A secret that was replaced is the one that it was.", world.last())
        if (identity(parsed(answer)) or ids[_last(operation)]) != ids[_last(operation)]:
            yield Problem("A thing whose secret was replaced has another id.", world.last())
        read = f"GET {operation.path.removesuffix('/rotate')}"
        if world.has(read) and world.send(read, ids).status >= 300:
            yield Problem("A thing whose secret was replaced is not there any more.", world.last())


def _last(operation: Operation) -> str:
    return operation.path.rpartition("{")[2].partition("}")[0]


def _key(answer: Any) -> str | None:
    """The secret in an answer, if it is there in full."""
    inner = answer.get("data", answer) if isinstance(answer, dict) else None
    key = inner.get("key") if isinstance(inner, dict) else None
    return key if isinstance(key, str) and not re.search(r"\*|\.\.\.|\u2022", key) else None


CHECKS: Final = (
    Check("secret_kept", "A secret that is handed in comes back in no answer.", "/responses", make=_kept),
    Check("secret_in_refusal", "A refusal does not repeat a secret.", "/responses", "non-strict", make=_refused),
    Check("secret_rotated", "A secret that is replaced is another one.", "/responses", make=_rotated),
)
