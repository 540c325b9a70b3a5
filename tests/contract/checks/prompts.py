"""Saved prompts and partials: which version is meant, by none, by its number, by a label and by a word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.contract.check import Check, Problem
from tests.contract.world import World, identity, items, parsed

_MAKE: Final = "POST /prompts"
_CHANGE: Final = "PUT /prompts/{promptId}"
_READ: Final = "GET /prompts/{promptId}"
_RENDER: Final = "POST /prompts/{promptId}/render"
_RUN: Final = "POST /prompts/{promptId}/completions"
_PUBLISH: Final = "PUT /prompts/{promptId}/makeDefault"
_VERSIONS: Final = "GET /prompts/{promptId}/versions"
_LABEL: Final = "PUT /prompts/{promptId}/versions/{versionId}"
_MAKE_LABEL: Final = "POST /labels"
_PARTIAL: Final = "/prompts/partials/{promptPartialId}"
_FIRST: Final = "The text of the first version."
_SECOND: Final = "The text of the second version."
_SAVED: Final = {"temperature": 0.25}
_NONE: Final = ("@4711", "@nobody-made-this-label")


def _versions(world: World) -> Iterator[Problem]:
    """Without a version it is the published one that is filled in, with a version that one."""
    slug = _two_versions(world)
    if slug is None:
        return
    wanted = {"": _FIRST, "@1": _FIRST, "@2": _SECOND, "@latest": _SECOND}
    for name, text in wanted.items():
        yield from _rendered(world, slug + name, text, name or "no version")
    if world.has(_PUBLISH) and world.send(_PUBLISH, {"promptId": slug}, {"version": 2}).status < 300:
        yield from _rendered(world, slug, _SECOND, "no version after another was published")
        yield from _rendered(world, f"{slug}@1", _FIRST, "@1 after another was published")
    yield from _labelled(world, slug)


def _labelled(world: World, slug: str) -> Iterator[Problem]:
    """A label names the version that it was put on."""
    if not world.has(_VERSIONS, _LABEL, _MAKE_LABEL):
        return
    label = f"contract-{world.random.randrange(10**9)}"
    id_ = identity(parsed(world.send(_MAKE_LABEL, {}, {**world.body(world.operations[_MAKE_LABEL]), "name": label})))
    listed = items(parsed(world.send(_VERSIONS, {"promptId": slug})))
    version = next((each for each in listed if isinstance(each, dict) and each.get("prompt_version") == 1), None)
    if id_ is None or version is None or identity(version) is None:
        return
    ids = {"promptId": slug, "versionId": str(identity(version))}
    if world.send(_LABEL, ids, {"label_id": id_}).status < 300:
        yield from _rendered(world, f"{slug}@{label}", _FIRST, "a label")


def _two_versions(world: World) -> str | None:
    """The slug of a prompt with two versions, the first of which is published; None if there is none to be had."""
    body = {**world.body(world.operations[_MAKE]), "string": _FIRST}
    made = world.send(_MAKE, {}, body)
    slug = identity(parsed(made), "slug") if made.status < 300 else None
    if slug is None or world.send(_CHANGE, {"promptId": slug}, {**body, "string": _SECOND}).status >= 300:
        return None
    return slug


def _rendered(world: World, name: str, text: str, how: str) -> Iterator[Problem]:
    """The text of the other version is where that of this one should be."""
    answer = world.send(_RENDER, {"promptId": name}, {"variables": {}})
    other = {_FIRST: _SECOND, _SECOND: _FIRST}[text]
    told = json.dumps(parsed(answer)) if answer.status < 300 else ""
    if other in told and text not in told:
        yield Problem(f"Named with {how}, it is another version that is filled in.", world.last())


def _unknown(world: World) -> Iterator[Problem]:
    """A version that nobody made is refused, to be filled in and to be run."""
    answer = world.send(_MAKE, {})
    slug = identity(parsed(answer), "slug") if answer.status < 300 else None
    for name in filter(world.has, (_RENDER, _RUN)):
        if slug is None or world.send(name, {"promptId": slug}, {"variables": {}}).status >= 300:
            continue
        for version in _NONE:
            status = world.send(name, {"promptId": slug + version}, {"variables": {}}).status
            if status < 300:
                yield Problem(f"A version that nobody made, {version}, is answered with {status}.", world.last())
    if slug is None or not world.has(_PUBLISH):
        return
    if world.send(_PUBLISH, {"promptId": slug}, {"version": 4711}).status < 300:
        yield Problem("A version that nobody made is published.", world.last())


def _filled(world: World) -> Iterator[Problem]:
    """Variables stand in the text as they were given, and what the request asks for goes before what was saved."""
    body = {**world.body(world.operations[_MAKE]), "string": "Say {{word}} to {{name}}.", "parameters": _SAVED}
    made = world.send(_MAKE, {}, body)
    slug = identity(parsed(made), "slug") if made.status < 300 else None
    if slug is None:
        return
    for word in ("hello", 'gr\u00fc\u00df "Gott"'):
        answer = world.send(_RENDER, {"promptId": slug}, {"variables": {"word": word, "name": "Ada"}})
        if answer.status >= 300:
            return
        if not any(f"Say {word} to Ada." in each for each in _texts(parsed(answer))):
            yield Problem(f"The variables are not in the text as they were given: {word!r} and 'Ada'.", world.last())
    for more, expected in (({}, 0.25), ({"temperature": 0.75}, 0.75)):
        answer = world.send(_RENDER, {"promptId": slug}, {"variables": {}, **more})
        found = parsed(answer)
        data = found.get("data") if answer.status < 300 and isinstance(found, dict) else None
        if isinstance(data, dict) and "temperature" in data and data["temperature"] != expected:
            message = (
                f"The temperature is {data['temperature']}, and {expected} was {'asked for' if more else 'saved'}."
            )
            yield Problem(message, world.last())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _read(world: World) -> Iterator[Problem]:
    """What is read is the version that requests get, until another is published; with a prompt and a partial."""
    for path in (_READ.partition(" ")[2], _PARTIAL):
        collection, _, parameter = path.rpartition("/")
        make, read, change = f"POST {collection}", f"GET {path}", f"PUT {path}"
        if not world.has(make, read, change):
            continue
        body: Any = {**world.body(world.operations[make]), "string": _FIRST}
        made = world.send(make, {}, body)
        id_ = identity(parsed(made), parameter[1:-1]) if made.status < 300 else None
        if id_ is None:
            continue
        ids = {parameter[1:-1]: id_}
        if world.send(change, ids, {**body, "string": _SECOND}).status >= 300:
            continue
        yield from _string(world, read, ids, _FIRST, "Before another version was published")
        publish = f"PUT {path}/makeDefault"
        if world.has(publish) and world.send(publish, ids, {"version": 2}).status < 300:
            yield from _string(world, read, ids, _SECOND, "After another version was published")


def _string(world: World, read: str, ids: dict[str, str], text: str, when: str) -> Iterator[Problem]:
    found = parsed(world.send(read, ids))
    told = found.get("string") if isinstance(found, dict) else None
    if told in (_FIRST, _SECOND) and told != text:
        yield Problem(f"{when}, what is read is not the version that requests get.", world.last())


CHECKS: Final = (
    Check(
        "prompt_filled",
        "A prompt is filled in with what is given.",
        "/description",
        needs=(_MAKE, _RENDER),
        make=_filled,
    ),
    Check(
        "prompt_version",
        "A prompt is filled in as its version says.",
        "/description",
        needs=(_MAKE, _CHANGE, _RENDER),
        make=_versions,
    ),
    Check(
        "prompt_unknown_version", "A version that nobody made is refused.", "/responses", needs=(_MAKE,), make=_unknown
    ),
    Check("prompt_read", "What is read is the version that requests get.", "/description", make=_read),
)
