"""The one stable order in which a document is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from prepare.arrange import arrange, to_yaml
from prepare.load import Json, load, same
from tests.prepare.random_documents import documents
from tests.prepare.tiny import OPENAPI, write

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ("no", "0o17", "1e3", "1_0", "12:30", "2024-01-01", "", " ", "~", "<<", "=", "- a", "#", "\ufeff", "\x00", "\x85")
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def test_the_published_document_is_in_this_order(published: Json) -> None:
    """A new revision, put in the same order, differs only where its content does."""
    text = (OPENAPI / "portkey.yaml").read_text("utf-8")
    assert to_yaml(published) == "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def test_names_are_sorted_keywords_ordered_and_the_rest_left_alone() -> None:
    """Properties keep their order, which readers rely on, and so do examples and extensions, which are data."""
    data = {"z": {"type": 1, "in": 2}, "a": 1}
    document: Json = {
        "components": {"schemas": {"B": {"properties": {"z": {"items": {}, "type": "array"}, "a": {}}}, "A": data}},
        "paths": {"/b": {}, "/a": {"post": {}, "get": {"responses": {"404": {}, "200": {"x-a": data}}}}},
        "openapi": "3.0.0",
    }
    document["components"]["schemas"]["B"] |= {"example": data, "examples": [data], "default": data, "type": "object"}
    assert to_yaml(document) == (
        "openapi: 3.0.0\n"
        "paths:\n  /a:\n    get:\n      responses:\n        '200':\n          x-a:\n            z:\n"
        "              type: 1\n              in: 2\n            a: 1\n        '404': {}\n    post: {}\n  /b: {}\n"
        "components:\n  schemas:\n    A:\n      z:\n        in: 2\n        type: 1\n      a: 1\n    B:\n"
        "      type: object\n      default:\n        z:\n          type: 1\n          in: 2\n        a: 1\n"
        "      properties:\n        z:\n          type: array\n          items: {}\n        a: {}\n"
        "      example:\n        z:\n          type: 1\n          in: 2\n        a: 1\n"
        "      examples:\n      - z:\n          type: 1\n          in: 2\n        a: 1\n"
    )


def test_nothing_is_written_as_an_alias() -> None:
    """An alias would tie two places together, so that a change of one changes both."""
    shared = {"type": "string"}
    assert to_yaml({"a": shared, "b": shared}) == "a:\n  type: string\nb:\n  type: string\n"


@given(value=values)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back(tmp_path_factory: Any, value: Any) -> None:
    """Text that either version of YAML would read as something else is quoted."""
    path = write(_folder(tmp_path_factory), to_yaml({"properties": {"a": {"default": value}}}))
    assert same(load(path)[0]["properties"]["a"]["default"], value)


@given(document=documents)
@settings(max_examples=40, deadline=None)
def test_arranging_keeps_the_content_and_arranging_again_changes_nothing(document: Json) -> None:
    """The order is one: it does not depend on the order before."""
    assert arrange(document) == document
    assert to_yaml(arrange(document)) == to_yaml(document)


def _folder(factory: Any) -> Path:
    base: Path = factory.getbasetemp()
    return base
