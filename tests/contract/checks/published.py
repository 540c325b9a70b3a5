"""Answers beside the document as it is published: what its corrections allow, and it does not.

The document of this project has been corrected where gateways answer otherwise. A gateway that is held to the corrected
one alone would look as if it kept what is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Final

from tests.contract.check import Check
from tests.contract.published import operation_at, resolved
from tests.contract.wire import Exchange
from tests.contract.world import World, parsed


def _published(world: World, exchange: Exchange) -> Iterator[str]:
    """Null where the published document has no null, required members that are not there, and other media types.

    The mock in this process answers as the corrected document says; it is left out.
    """
    answer, operation = exchange.response, exchange.operation
    skipped = not world.wire.networked or exchange.source in ("generated", "upstream")
    if skipped or answer is None or operation is None or not 200 <= answer.status < 300:
        return
    responses = operation_at(operation.path, operation.method).get("responses", {})
    content = resolved(responses.get(str(answer.status), {})).get("content", {})
    media = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    declared = next((content[each] for each in content if fnmatchcase(media, each)), None)
    if declared is not None:
        yield from sorted({*_beside(parsed(answer), declared.get("schema", {}), "")})
    elif content and answer.body:
        yield f"The media type is {media or 'missing'}; published is {', '.join(content)}."


def _beside(value: Any, schema: Any, place: str) -> Iterator[str]:
    """The places of nulls that no branch of a schema allows, and of members that are missing."""
    branches = list(_branches(schema))
    if value is None:
        if place and branches and not any(map(_nullable, branches)):
            yield f"{place} is null; as published it is not."
    elif isinstance(value, dict):
        for name in sorted(_required(schema) - value.keys()):
            yield f"{place}.{name} is missing; as published it is required.".lstrip(".")
        for name, member in value.items():
            inner = [each["properties"][name] for each in branches if name in each.get("properties", {})]
            if inner:
                yield from _beside(member, {"anyOf": inner}, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        inner = [each["items"] for each in branches if "items" in each]
        for each in value if inner else []:
            yield from _beside(each, {"anyOf": inner}, f"{place}[]")
    if value is not None and place and not any(_is(value, each) for each in branches):
        declared = sorted({str(each["type"]) for each in branches if "type" in each})
        yield f"{place} is of another type; published is {', '.join(declared)}."


def _is(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value has the type of a schema, as far as that names one."""
    combined = schema.keys() & {"allOf", "anyOf", "oneOf"}
    kinds: Any = {"string": str, "boolean": bool, "number": (int, float), "object": dict, "array": list, "integer": int}
    kind = schema.get("type")
    if kind is None:
        return not combined
    whole = kind == "integer" and isinstance(value, float) and value.is_integer()
    return whole or (isinstance(value, kinds.get(kind, object)) and (kind == "boolean") >= isinstance(value, bool))


def _branches(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all that it is put together from."""
    found = resolved(schema)
    yield found
    for word in ("allOf", "anyOf", "oneOf"):
        for each in found.get(word, ()):
            yield from _branches(each)


def _required(schema: Any) -> set[str]:
    """The members that every branch asks for."""
    found = resolved(schema)
    words = {word: [_required(each) for each in found.get(word, ())] for word in ("allOf", "anyOf", "oneOf")}
    either = [set.intersection(*words[word]) for word in ("anyOf", "oneOf") if words[word]]
    return set(found.get("required", ())).union(*words["allOf"], *either)


def _nullable(schema: dict[str, Any]) -> bool:
    says_something = schema.keys() & {"type", "enum", "properties", "allOf", "anyOf", "oneOf"}
    return bool(schema.get("nullable")) or not says_something


CHECKS: Final = (
    Check(
        "as_published",
        "Answers are what the document says as it is published, its corrections left aside.",
        "/responses/content",
        "non-strict",
        look=_published,
    ),
)
