"""What the docstrings of a method say, and that no text of a document can break one."""

from __future__ import annotations

import ast
import inspect
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_client.errors import APIError, error_class
from prepare import emit
from prepare.docstrings import ERRORS
from prepare.errors import PrepareError
from prepare.load import Json
from prepare.normalise import Normaliser
from prepare.prose import docstring, printable, sentences, text_of
from prepare.report import Report
from prepare.usage import usages
from tests.prepare.test_update import SNAPSHOTS, WRITE
from tests.prepare.tiny import OPENAPI, document, operation, resolved

TEXT: Json = {"type": "string"}
RULED = {"type": "string", "format": "date-time", "description": "When it opens."}
ROOM: Json = {
    "type": "object",
    "required": ["plan", "opens"],
    "properties": {
        "plan": {"type": "string", "format": "binary", "description": "The plan, as a picture."},
        "opens": {**RULED, "type": ["string", "null"]},
        "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "integer"}], "description": "Its first day."},
        "days": {"oneOf": [{"type": "array", "items": RULED}, {"$ref": "#/components/schemas/Span"}]},
        "span": {"oneOf": [{"type": "array", "items": RULED}, {"$ref": "#/components/schemas/Span"}]},
        "kinds": {"type": "array", "items": TEXT, "description": "What it is for. " + "It may be much. " * 20},
        "labels": {"type": "object", "properties": {"when": RULED}, "description": "Labels of your own."},
        "hours": {"type": "array", "items": RULED},
        "any": {"description": "Anything."},
    },
}
BODY: Json = {
    "plan": 'a "picture"\\ """',
    "opens": "2026-11-02T09:00:00Z",
    "day": "2026-11-03",
    "days": ["2026-11-02T09:00:00Z"],
    "span": {"since": "2026-11-02T09:00:00Z"},
    "kinds": ["a", "b", "c", "d"],
    "labels": {"when": "2026-11-02T09:00:00Z", "other": None},
    "hours": ["2026-11-02T09:00:00Z"],
    "any": {"it": [True, 1.5, "a long text, of which an example shows no more than what stands in one line of it"]},
    "unknown": 1,
}


SPAN: Json = {"type": "object", "required": ["since"], "properties": {"since": RULED}}


def methods(source: Any, folder: Path) -> dict[str, str]:
    """Generate a document and return the docstring of each method, with those of the classes and modules."""
    normaliser = Normaliser(resolved(source)[0], Report())
    emit.emit(normaliser.document, normaliser.run(), normaliser.class_of, OPENAPI, folder)
    found: dict[str, str] = {}
    for path in sorted((folder / "portkey_api" / "resources").glob("[!_]*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found[path.stem] = ast.get_docstring(tree) or ""
        for each in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
            found[each.name] = ast.get_docstring(each) or ""
            for method in each.body:
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[f"{each.name}.{method.name}"] = ast.get_docstring(method) or found.get(method.name, "")
    return found


def rooms() -> Json:
    """Return a document in which an operation has all that a docstring can tell."""
    parameters: list[Json] = [
        {"in": "path", "name": "house", "required": True, "schema": TEXT, "example": "h-1", "description": "Which."},
        {"in": "query", "name": "after", "schema": TEXT, "example": "r-1", "description": "The one before."},
        {"in": "query", "name": "since", "schema": RULED, "examples": {"a": {"value": "2026-11-02T09:00:00Z"}}},
        {"in": "query", "name": "size", "schema": {"type": "integer"}, "example": 3, "description": "In `m2`."},
        {"in": "query", "name": "more", "schema": TEXT, "example": "no"},
        {"in": "header", "name": "x-mark", "schema": TEXT, "example": "no"},
    ]
    made: Json = {"filename": "plan.png", "id": "r-1"}
    facts: Json = {
        "tags": ["Rooms"],
        "summary": "Make a room",
        "description": "It is empty at first. A house that is full refuses with `409`; see `200`.",
        "deprecated": True,
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "description": "The room.",
            "content": {"multipart/form-data": {"schema": ROOM, "examples": {"first": {"value": BODY}, "x": {}}}},
        },
        "responses": {
            "201": {
                "description": "The new room. It has no door.",
                "content": {"application/json": {"schema": {}, "examples": {"first": {"value": made}}}},
            },
            "401": {"description": "No."},
            "423": {"description": "The house is locked, which no error is known for."},
            "503": {"description": "The builders are away.\nAsk again."},
            "4XX": {"description": "No."},
        },
    }
    return document(
        {"/houses/{house}/rooms": {"post": facts}},
        {"Span": SPAN},
        tags=[{"name": "Rooms", "description": "Where one is."}],
    )


def test_a_whole_docstring(tmp_path: Path) -> None:
    """Summary, description, arguments, answer, errors, an example and the operation, as in the snapshot."""
    found = methods(rooms(), tmp_path)
    names = ["HousesResource.rooms", "AsyncHousesResource.rooms"]
    text = "".join(f"{'-' * 40} {name}\n{found[name]}\n" for name in names)
    path = SNAPSHOTS / "docstring.txt"
    if os.environ.get(WRITE):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text("utf-8")
    assert found["HousesResource"] == "Where one is.\n\nThe operations under ``client.houses``."
    assert found["AsyncHousesResource"] == "Where one is.\n\nThe operations under ``client.houses``, asynchronous."


def test_a_document_without_a_word_has_docstrings_too(tmp_path: Path) -> None:
    """No description, no summary, no example, no parameter with one: each part says what can be said."""
    facts = {
        "parameters": [{"in": "path", "name": "id", "required": True, "schema": TEXT}],
        "requestBody": {"content": {"application/json": {"schema": {"type": "array", "items": TEXT}}}},
    }
    found = methods(operation("/a/{id}", "post", **facts), tmp_path)
    (text,) = [text for name, text in found.items() if name == "AResource.update"]
    assert text.startswith(
        "Call ``a.update``.\n\nArgs:\n    id: ``id`` of the path.\n    body: ``body`` of the body.\n"
    )
    assert "Returns:\n    ok\n" in text
    assert "Example" not in text


def test_what_answers_nothing_returns_nothing(tmp_path: Path) -> None:
    """A method that returns None has no section for it."""
    found = methods(operation("/a", "delete", responses={"204": {"description": "Gone."}}), tmp_path)
    (text,) = [text for name, text in found.items() if name.startswith("AResource.")]
    assert "Returns" not in text
    assert "Raises:\n    APIError: Any refusal, such as" in text


def test_a_call_without_arguments_needs_no_example(tmp_path: Path) -> None:
    """It can be called in one way only."""
    found = methods(operation("/a", "get"), tmp_path)
    assert "Example::\n\n    await client.a.list()\n" in found["AsyncAResource.list"]


def test_a_body_of_one_argument_is_shown_whole(tmp_path: Path) -> None:
    """A list, or a map, is one argument, whose example is its value."""
    content = {"application/json": {"schema": {"type": "array", "items": TEXT}, "example": ["a", "b"]}}
    found = methods(operation("/a", "post", requestBody={"content": content}), tmp_path)
    assert 'client.a.create(body=["a", "b"])' in found["AResource.create"]


def test_the_examples_of_a_websocket_open_it(tmp_path: Path) -> None:
    """Its method makes a session, which a ``with`` statement opens."""
    answers = {"101": {"description": "Switched."}}
    found = methods(document({"/live": {"get": {"responses": answers}}}), tmp_path)
    assert "    with client.live.list() as session:\n        session.recv()\n" in found["LiveResource.list"]
    awaited = "    async with client.live.list() as session:\n        await session.recv()\n"
    assert awaited in found["AsyncLiveResource.list"]


def test_an_example_that_is_no_code_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """The formatter is asked, before anybody reads it."""
    monkeypatch.setattr("prepare.usage._usage", lambda call: call)
    calls: list[Any] = ["client.(", None]
    with pytest.raises(PrepareError, match="ruff cannot format the examples"):
        usages(calls)


def test_each_status_has_the_error_that_the_client_raises() -> None:
    """The table is the client's own; what it lacks is an APIError and no more."""
    assert {status: error_class(status).__name__ for status in ERRORS} == ERRORS
    assert all(error_class(status) is APIError for status in range(300, 500) if status not in ERRORS)


WORDS = st.lists(st.text(st.sampled_from("ab:*\\\"'"), min_size=1, max_size=250), max_size=30).map(" ".join)


@given(text=st.text() | WORDS | WORDS.map("    name: {}".format), indent=st.sampled_from([0, 4, 8]))
def test_any_text_is_a_docstring(text: str, indent: int) -> None:
    """It compiles where it stands, says word for word what the text says, and keeps within the line."""
    margin = " " * indent
    inside = docstring(text, indent)
    assert spoken(ast.literal_eval(f'"""{inside}"""')) == spoken(text)
    assert all(len(line) <= 120 for line in f'{margin}"""{inside}"""'.splitlines())


@pytest.mark.parametrize("length", range(105, 130))
def test_a_line_is_as_long_as_it_may_be(length: int) -> None:
    """The quotes before and after it count; text that leaves no room for them takes two lines."""
    text = "a" * 60 + " " + "b" * (length - 61)
    lines = f'    """{docstring(text, 4)}"""'.splitlines()
    assert len(lines) == (1 if length <= 110 else 3)
    assert max(map(len, lines)) <= 120


def test_a_word_that_no_line_holds_is_broken() -> None:
    """An address may be longer than a line; no escape is torn apart."""
    assert docstring("\\" * 120).split() == ["\\" * 100, "\\" * 100, "\\" * 40]


def test_the_first_kind_of_body_that_explains_a_field_is_asked(tmp_path: Path) -> None:
    """A branch that lacks the field says nothing of it."""
    kinds = [{"type": "object", "properties": {"a": TEXT}}, {"type": "object", "properties": {"b": RULED}}]
    content = {"application/json": {"schema": {"oneOf": kinds}}}
    found = methods(operation("/a", "post", requestBody={"content": content}), tmp_path)
    assert "    a: ``a`` of the body.\n    b: When it opens.\n" in found["AResource.create"]


def spoken(text: str) -> str:
    """Return what a text says, without what may be laid out in another way."""
    return "".join(printable(text).split())


@given(texts=st.lists(st.text(st.sampled_from("ab \\\"'`{}\n\t\0é\ud800"), max_size=200), min_size=5, max_size=5))
def test_any_text_of_a_document_can_be_told(texts: list[str]) -> None:
    """Backslashes, quotes, braces and control characters change no line of the code around them."""
    body = "\n\n".join(docstring(text, 8) or "-" for text in texts)
    module = ast.parse(f'class A:\n    def f(self):\n        """Told.\n\n        {body}"""\n        return 1\n')
    (made,) = module.body
    assert isinstance(made, ast.ClassDef)
    (method,) = made.body
    assert isinstance(method, ast.FunctionDef)
    assert len(method.body) == 2
    assert inspect.cleandoc(ast.get_docstring(method) or "").startswith("Told.")


def test_as_many_sentences_as_there_is_room_for() -> None:
    """The first always, others while they fit; an abbreviation, or a number, ends none."""
    assert (
        sentences("One is here, e.g. this 1.5 of it. Two. Three follows.", 40)
        == "One is here, e.g. this 1.5 of it. Two."
    )
    assert sentences("A very long first sentence. Two.", 5) == "A very long first sentence."
    assert sentences("", 5) == ""
    assert text_of(None) == ""
