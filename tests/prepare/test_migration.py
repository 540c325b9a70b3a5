"""The migration table: from the methods of Portkey's own SDK to those here."""

from __future__ import annotations

from pathlib import Path

import pytest

from prepare.errors import PrepareError
from prepare.load import Json
from prepare.migration import BEGIN, END, read_methods, written
from tests.prepare.tiny import document, resolved

PLACE = f"before\n{BEGIN}\nold\n{END}\nafter\n"
METHODS = {"a.list": ("GET", "/a"), "old.a.retrieve": ("GET", "/a/{}")}


def made(**aliases: Json) -> Json:
    """Return the resolved document of two operations."""
    paths: Json = {"/a": {"get": {}}, "/a/{x}": {"get": {}}}
    return {
        **resolved(document(paths))[0],
        "x-aliases": {name.replace("_", "."): each for name, each in aliases.items()},
    }


def test_the_table_names_what_stayed_and_what_moved() -> None:
    """Methods of the same path by resource, aliases with their notes; the rest of the text stays what it is."""
    text = written(PLACE, "portkey-ai", METHODS, made(old_a={"of": "a", "note": "no more"}))
    assert text.startswith(f"before\n{BEGIN}\n\n2 methods of portkey-ai call operations of the document. 1 have")
    assert "| `a` | `list` |\n" in text
    assert "| `old.a` | `a` | no more |\n" in text
    assert text.endswith(f"{END}\nafter\n")


def test_the_table_tells_what_the_document_lacks() -> None:
    """So that nobody looks for it in vain."""
    text = written(PLACE, "portkey-ai", {"a.list": ("GET", "/a"), "gone.by.get": ("GET", "/gone")}, made())
    assert "The document has no operation for what portkey-ai has under `gone.by`." in text
    assert "no operation" not in written(PLACE, "portkey-ai", {"a.list": ("GET", "/a")}, made())


def test_a_method_without_an_alias_is_refused() -> None:
    """The table must not promise what is not there."""
    with pytest.raises(PrepareError, match=r"aliases\.yaml: old\.a\.retrieve must lead to a\.retrieve; add an alias"):
        written(PLACE, "portkey-ai", METHODS, made())


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{PLACE}{PLACE}"])
def test_a_page_without_a_place_for_it_is_refused(text: str) -> None:
    """Nothing is overwritten by guess."""
    with pytest.raises(PrepareError, match="the page must have"):
        written(text, "portkey-ai", {}, made())


def test_the_list_of_methods_is_read(tmp_path: Path) -> None:
    """Parameters have other names in the SDK, so paths are compared by their shape."""
    path = tmp_path / "methods.csv"
    path.write_text("method,http_method,path\na.get,GET,/a/{a_id}/b\n", encoding="utf-8")
    assert read_methods(path) == {"a.get": ("GET", "/a/{}/b")}
