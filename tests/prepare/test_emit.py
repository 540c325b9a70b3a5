"""The guards around the generator: what it warns of, leaves out or cannot write stops the build."""

# The guards are private: nothing else calls them.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openapi_python_client.parser.errors import GeneratorError, ParseError

from prepare import emit, render
from prepare.errors import PrepareError
from prepare.load import Json
from prepare.normalise import Normaliser
from prepare.report import Report
from tests.prepare.tiny import OPENAPI, document, operation, resolved

TEXT = {"type": "string"}


def emitted(source: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Generate a document, unformatted, and return the package."""
    monkeypatch.setattr(emit, "_format", lambda target: None)
    normaliser = Normaliser(resolved(source)[0], Report())
    emit.emit(normaliser.document, normaliser.run(), normaliser.class_of, OPENAPI, folder)
    return folder / "portkey_api"


def test_a_warning_is_an_error() -> None:
    """The generator only prints its warnings, and goes on without what it warned of."""
    with pytest.raises(PrepareError, match="a warning is an error here:\nodd: why\nplain"):
        emit._refuse([GeneratorError(header="odd", detail="why"), ParseError(header="plain"), "text"])
    emit._refuse([])


def test_a_document_the_generator_refuses_stops_the_build(tmp_path: Path) -> None:
    """It says what it says."""
    with pytest.raises(PrepareError, match="openapi-python-client refused the document: Failed to parse"):
        emit._project({"openapi": "2.0"}, OPENAPI, tmp_path)


def test_a_silent_loss_stops_the_build() -> None:
    """Classes and operations are counted, whatever the generator says."""
    model = SimpleNamespace(class_info=SimpleNamespace(name="Other"))
    data: Any = SimpleNamespace(models=[model], enums=[], endpoint_collections_by_tag={})
    normal = {"components": {"schemas": {"A": {"type": "object"}, "B": {"enum": ["a", "b"]}, "C": TEXT}}}
    with pytest.raises(PrepareError, match=r"made 0 of 1 operations, left out \['A', 'B'\] and added \['Other'\]"):
        emit._refuse_losses(data, normal, resolved(operation())[0])


def test_code_that_cannot_be_formatted_stops_the_build(tmp_path: Path) -> None:
    """It would not import either."""
    (tmp_path / "broken.py").write_text("def f(:\n", encoding="utf-8")
    with pytest.raises(PrepareError, match="ruff cannot format the generated code"):
        emit._format(tmp_path)


def test_a_property_of_a_new_kind_stops_the_build() -> None:
    """A newer generator may bring one."""
    with pytest.raises(PrepareError, match=r"a: SimpleNamespace has no Python type here; add one to render\.py"):
        render.reading_type(SimpleNamespace(name="a"))


def test_unions_of_lists_and_closed_maps_have_their_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be told of a branch is told, and nothing else."""
    lists = {"oneOf": [{"type": "array", "items": {"enum": ["a", "b"]}}, {"type": "integer"}]}
    mixed = {"enum": ["a", "b", 1, 2]}
    closed = {"type": "object", "additionalProperties": False}
    branches = [
        {"properties": {"type": {"const": kind}, "of": lists, "no": closed, "mix": mixed}} for kind in ("x", "y")
    ]
    package = emitted(document(schemas={"It": {"oneOf": branches}}), tmp_path, monkeypatch)
    text = (package / "models" / "it_x.py").read_text("utf-8")
    assert "of: list[ItXOfOption1Item] | int | None = UNSET" in text
    assert "no: dict[str, Any] | None = UNSET" in text
    assert "mix: ItXMixOption1 | ItXMixOption2 | None = UNSET" in text
    assert "'mix': ('a', 'b', 1, 2)" in text
    assert "_tells: ClassVar[dict[str, Any]] = {'type': ('x',)" in text


def deciding(answers: Any) -> Any:
    """Return a document whose operation answers as a field of its body says; one kind of body lacks the field."""
    fields: list[Json] = [{"properties": {"how": {"enum": ["a", "b"]}, "x": TEXT}}, {"properties": {"y": TEXT}}]
    bodies = [{"type": "object", "additionalProperties": False, **each} for each in fields]
    schemas = {name: {"type": "object", "properties": {name: TEXT}} for name in ("One", "Two")}
    either = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}
    facts = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": bodies}}}},
        "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": either}}}},
        "x-answer-by": answers,
    }
    return document({"/a": {"post": facts}}, schemas=schemas)


def test_a_field_may_decide_what_the_answer_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its values has an overload, the first also where it is left out; run time may know more."""
    package = emitted(deciding({"how": {"a": "One", "b": "Two"}}), tmp_path, monkeypatch)
    (module,) = [path for path in (package / "resources").glob("*.py") if path.name != "__init__.py"]
    text = " ".join(module.read_text("utf-8").split())
    assert "answers={None: 'One', 'a': 'One', 'b': 'Two'}" in text
    for how, returns in {"Literal['a'] = UNSET": "One", "Literal['b']": "Two"}.items():
        assert re.search(rf"how: {re.escape(how)}, [^)]*\) -> {returns}: \.\.\.", text), how
        assert re.search(rf"how: {re.escape(how)}, [^)]*\) -> RawResponse\[{returns}\]: \.\.\.", text), how
    assert ") -> RawResponse[One] | RawResponse[Two]: ..." in text
    assert ".answering(how), options" in text


@pytest.mark.parametrize(
    ("answers", "missing"),
    [({"how": {"a": "One", "b": "Three"}}, "Three"), ({"why": {"a": "One", "b": "Two"}}, "why")],
)
def test_a_decision_that_cannot_be_made_stops_the_build(
    answers: Any, missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The field and the answers have to be there."""
    with pytest.raises(PrepareError, match=f"x-answer-by: it has no {missing}"):
        emitted(deciding(answers), tmp_path, monkeypatch)


def test_a_constructor_takes_what_its_typed_dict_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of request bodies names the typed dict, or its own arguments where attributes have other names."""
    inner = {"type": "object", "properties": {"x": TEXT}}
    reference = {"$ref": "#/components/schemas/Inner"}
    plain = {"type": "object", "required": ["it"], "properties": {"it": reference}}
    other = {"type": "object", "required": ["theIt"], "properties": {"theIt": reference, "theX": TEXT}}
    schemas = {"Inner": inner, "Plain": plain, "Other": other, "Answer": inner}
    paths = {
        f"/{name}": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}},
                "responses": {"200": {"description": "ok"}},
            }
        }
        for name in ("Plain", "Other")
    }
    package = emitted(document(paths, schemas=schemas), tmp_path, monkeypatch)
    texts = {path.stem: path.read_text("utf-8") for path in (package / "models").glob("*.py")}
    assert "def __init__(self, **fields: Unpack[PlainDict]) -> None: ..." in texts["plain"]
    assert "def __init__(self, *, the_it: Inner | InnerDict, the_x: str = ...) -> None: ..." in texts["other"]
    assert "__init__" not in texts["answer"]
