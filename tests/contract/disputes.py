"""Requests of which the two documents, published and corrected, say different things.

A gateway may have been written from either. That it takes what only the corrected document forbids, or refuses what
only the corrected document allows, is noted and weighs little.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from email import message_from_bytes
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

from portkey_mock import Request
from tests.contract import published
from tests.contract.document import DOCUMENT, Operation
from tests.contract.walk import SIZES
from tests.mock import spec

TAKEN: Final = "negative_data_rejection"
REFUSED: Final = "positive_data_acceptance"
CORRECTED: Final = "as_corrected"
UNKNOWN: Final = "unknown_members"

_NUMBERS: Final = frozenset({*SIZES, "page", "offset", "current_page", "currentPage"})
"""Parameters that say which page of a list it is to be."""


def check_of(check: str, operation: Operation | None, request: Request) -> str:
    """The check that a finding of `check` belongs to: another one if the request can be read either way."""
    if operation is None or check not in (TAKEN, REFUSED):
        return check
    body = _fields(request)
    if check == TAKEN and _merely_more(operation, request, body):
        return UNKNOWN
    old = published.operation_at(operation.path, operation.method)
    if not old:
        return check
    disputed = _only_refused_now if check == TAKEN else _only_allowed_now
    return CORRECTED if disputed(operation, old, request, body) else check


def _merely_more(operation: Operation, request: Request, body: dict[str, Any] | None) -> bool:
    """Whether members that nobody declared are all that is wrong with a body."""
    schema = _schema(operation.raw, request)
    if body is None or schema is None:
        return False
    known = {name: value for name, value in body.items() if name in _members(schema, DOCUMENT)}
    return len(known) < len(body) and _fits(schema, DOCUMENT, request, known)


def _only_refused_now(operation: Operation, old: Any, request: Request, body: dict[str, Any] | None) -> bool:
    wrong = [name for name, schema, value in _sent(operation, request) if not _reads(schema, value)]
    if wrong:
        declared = {each["name"] for each in map(published.resolved, old.get("parameters", ()))}
        return declared.isdisjoint(wrong)
    schema, before = _schema(operation.raw, request), _schema(old, request)
    if body is None or schema is None or before is None or _fits(schema, DOCUMENT, request, body):
        return False
    now, then = _members(schema, DOCUMENT), _members(before, published.document())
    odd = [name for name in body if name in now and not _takes(now[name], DOCUMENT, body[name])]
    if odd:
        return all(name not in then or _takes(then[name], published.document(), body[name]) for name in odd)
    return _fits(before, published.document(), request, body)


def _takes(schemas: list[Any], document: Any, value: Any) -> bool:
    """Whether one of the schemas that a member has in the branches of a body takes a value."""
    return any(spec.validator(each, formats=False, document=document).is_valid(value) for each in schemas)


def _only_allowed_now(operation: Operation, old: Any, request: Request, body: dict[str, Any] | None) -> bool:
    if any(_is_no_size(name, value) or not _readable(old, name, value) for name, _, value in _sent(operation, request)):
        return True
    schema, before = _schema(operation.raw, request), _schema(old, request)
    if body is None or schema is None or before is None:
        return False
    document = published.document()
    if not body.keys() <= _members(before, document).keys():
        return True
    return _fits(schema, DOCUMENT, request, body) and not _fits(before, document, request, body)


def _fields(request: Request) -> dict[str, Any] | None:
    """The members of a body: of a JSON object, or of a form, files left out."""
    media = request.header("content-type") or ""
    if media.startswith("multipart/form-data"):
        parts = message_from_bytes(b"content-type: " + media.encode() + b"\r\n\r\n" + request.body)
        named = [(part, part.get_param("name", header="content-disposition")) for part in parts.walk()]
        texts = [(str(name), part.get_payload()) for part, name in named if name and not part.get_filename()]
        return {name.partition("[")[0]: text for name, text in texts}  # `expires_after[seconds]` is of that member
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _schema(operation: Any, request: Request) -> Any:
    """The schema of the body of an operation for the media type that was sent; None if there is none."""
    media = (request.header("content-type") or "").partition(";")[0].strip().lower()
    return published.resolved(operation.get("requestBody", {})).get("content", {}).get(media, {}).get("schema")


def _fits(schema: Any, document: Any, request: Request, value: dict[str, Any]) -> bool:
    """Whether a value is what a schema wants; files of a form, which are not among its members, are not asked for."""
    form = (request.header("content-type") or "").startswith("multipart/")
    errors = spec.validator(schema, formats=False, document=document).iter_errors(value)
    return all(form and each.validator == "required" and not each.absolute_path for each in errors)


def _members(schema: Any, document: Any) -> dict[str, list[Any]]:
    """The members that a schema declares, each with what its branches say of it."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for name, member in _named(schema, document):
        found[name].append(member)
    return found


def _named(schema: Any, document: Any) -> Iterator[tuple[str, Any]]:
    found = schema
    while "$ref" in found:
        found = document["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    yield from found.get("properties", {}).items()
    for word in ("allOf", "anyOf", "oneOf"):
        for each in found.get(word, ()):
            yield from _named(each, document)


def _sent(operation: Operation, request: Request) -> Iterator[tuple[str, Any, str]]:
    """The parameters of the query that are declared, each with its schema and what was sent."""
    declared = {each["name"]: each["schema"] for each in operation.raw.get("parameters", ()) if each["in"] == "query"}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        if name in declared:
            yield name, declared[name], value


def _readable(old: Any, name: str, value: str) -> bool:
    """Whether a parameter is published, and may be written so."""
    every = map(published.resolved, old.get("parameters", ()))
    schema = next((each["schema"] for each in every if (each["in"], each["name"]) == ("query", name)), None)
    return schema is not None and _reads(schema, value, published.document())


def _is_no_size(name: str, value: str) -> bool:
    """Whether a page of this size, or a place like this, is none, whatever a schema leaves open."""
    return name in _NUMBERS and isinstance(_number(value), (int, float)) and _number(value) < 1


@cache
def _number(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _reads(schema: Any, value: str, document: Any = DOCUMENT) -> bool:
    """Whether a parameter may be written so: as a text, as the number or flag that it is of, or as one of many."""
    fits = spec.validator(schema, formats=False, document=document).is_valid
    return any(map(fits, (value, _number(value), [value])))
