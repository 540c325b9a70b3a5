"""Pairs of small interfaces with code that was written against the first: what the type checker makes of both."""

from __future__ import annotations

from textwrap import indent
from typing import Any, NamedTuple

from prepare.load import Json
from tests.prepare.tiny import document

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
MOOD: Json = {"type": "string", "enum": ["calm", "wild"]}
MOODS: Json = {"type": "string", "enum": ["calm", "wild", "sad"]}


class Case(NamedTuple):
    """One change: what was, what is, and code for what was; ``it`` is the resource."""

    was: Json
    now: Json
    code: str
    breaking: bool


def _thing(required: tuple[str, ...] = (), **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


def sent(schema: Json) -> Json:
    """Return an operation that takes a body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {"204": {"description": ""}}}  # fmt: skip


def read(schema: Json, media: str = "application/json") -> Json:
    """Return an operation that answers."""
    return {"responses": {"200": {"description": "", "content": {media: {"schema": schema}}}}}


def asked(*parameters: Json) -> Json:
    """Return an operation with parameters."""
    return {"parameters": list(parameters), "responses": {"204": {"description": ""}}}


def _query(name: str, schema: Json = TEXT, **rest: Any) -> Json:
    return {"name": name, "in": "query", "schema": schema, **rest}


CASES: dict[str, Case] = {
    "argument new and required": Case(sent(_thing(a=TEXT)), sent(_thing(("b",), a=TEXT, b=TEXT)),
        "it.create(a='x')", True),
    "argument new": Case(sent(_thing(a=TEXT)), sent(_thing(a=TEXT, b=TEXT)), "it.create(a='x')", False),
    "argument gone": Case(sent(_thing(a=TEXT, b=TEXT)), sent(_thing(a=TEXT)), "it.create(b='x')", True),
    "argument required": Case(sent(_thing(a=TEXT)), sent(_thing(("a",), a=TEXT)), "it.create()", True),
    "argument optional": Case(sent(_thing(("a",), a=TEXT)), sent(_thing(a=TEXT)), "it.create(a='x')", False),
    "argument with one value less": Case(sent(_thing(a=MOODS)), sent(_thing(a=MOOD)), "it.create(a='sad')", True),
    "argument with one value more": Case(sent(_thing(a=MOOD)), sent(_thing(a=MOODS)), "it.create(a='calm')", False),
    "argument that takes more": Case(sent(_thing(a=WHOLE)), sent(_thing(a={"type": "number"})), "it.create(a=1)",
        False),
    "argument that takes less": Case(sent(_thing(a={"type": "number"})), sent(_thing(a=WHOLE)), "it.create(a=.5)",
        True),
    "argument not null": Case(sent(_thing(a={"type": ["string", "null"]})), sent(_thing(a=TEXT)),
        "it.create(a=None)", True),
    "body is a list": Case(sent(_thing(a=TEXT)), sent({"type": "array", "items": TEXT}), "it.create(a='x')", True),
    "parameter gone": Case(asked(_query("a"), _query("b")), asked(_query("a")), "it.create(b='x')", True),
    "parameter in a header": Case(asked(_query("a")), asked({**_query("a"), "in": "header"}), "it.create(a='x')",
        False),
    "parameter required": Case(asked(_query("a")), asked(_query("a", required=True)), "it.create()", True),
    "parameter spelled otherwise": Case(asked(_query("aB")), asked(_query("a_b")), "it.create(a_b='x')", False),
    "property gone": Case(read(_thing(a=TEXT, b=TEXT)), read(_thing(a=TEXT)), "print(it.create().b)", True),
    "property new": Case(read(_thing(a=TEXT)), read(_thing(a=TEXT, b=TEXT)), "print(it.create().a)", False),
    "property that may be null": Case(read(_thing(("a",), a=TEXT)), read(_thing(("a",), a={"type": ["string",
        "null"]})),
                                      "print(it.create().a.upper())", True),
    "property that may be missing": Case(read(_thing(("a",), a=TEXT)), read(_thing(a=TEXT)),
                                         "print(it.create().a.upper())", True),
    "optional property that may be null": Case(read(_thing(a=TEXT)), read(_thing(a={"type": ["string", "null"]})),
                                               "a: str | None = it.create().a", False),
    "property always there": Case(read(_thing(a=TEXT)), read(_thing(("a",), a=TEXT)),
        "a: str | None = it.create().a", False),
    "property that is a date": Case(read(_thing(("a",), a=TEXT)),
                                    read(_thing(("a",), a={"type": "string", "format": "date-time"})),
                                    "print(it.create().a.upper())", True),
    "property with a format": Case(read(_thing(("a",), a=TEXT)),
                                   read(_thing(("a",), a={"type": "string", "format": "uuid"})),
                                   "print(it.create().a.upper())", False),
    "property with one value more": Case(read(_thing(("a",), a=MOOD)), read(_thing(("a",), a=MOODS)),
                                         "a: Literal['calm', 'wild'] = it.create().a", True),
    "property with one value less": Case(read(_thing(("a",), a=MOODS)), read(_thing(("a",), a=MOOD)),
                                         "a: Literal['calm', 'wild', 'sad'] = it.create().a", False),
    "property that is less": Case(read(_thing(("a",), a={"type": ["string", "integer"]})), read(_thing(("a",), a=TEXT)),
                                  "a: str | int = it.create().a", False),
    "property that is a class": Case(read(_thing(("a",), a={"type": "object"})), read(_thing(("a",), a=_thing(b=TEXT))),
                                     "a: dict[str, object] = it.create().a", True),
    "answer in bytes": Case(read(_thing(a=TEXT)), read({}, "image/png"), "print(it.create().a)", True),
    "answer of less": Case(read({"type": ["string", "integer"]}), read(TEXT), "a: str | int = it.create()", False),
    "answer of more": Case(read(TEXT), read({"type": ["string", "integer"]}), "print(it.create().upper())", True),
}  # fmt: skip


def interface(*, now: bool) -> Json:
    """Return one document of all cases, each with a resource of its own."""
    cases = enumerate(CASES.values())
    return document({f"/case{index}": {"post": case.now if now else case.was} for index, case in cases})


def module(index: int, case: Case) -> str:
    """Return the code of one case as a module."""
    head = "from typing import Literal\n\nfrom portkey_api.resources import Resources\n\n\n"
    head += "def use(client: Resources) -> None:\n"
    return head + indent(f"it = client.case{index}\n{case.code}\nprint(Literal)\n", "    ")
