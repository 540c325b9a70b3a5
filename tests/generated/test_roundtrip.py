"""Any JSON object goes through any model unchanged."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portkey_api import models
from portkey_api.types import WireModel
from tests.generated.audit import ROOM
from tests.generated.document import Document, Object
from tests.generated.test_models import attributes, keys, touched, written

DOCUMENT = Document.load(ROOM / "portkey_api" / "openapi.json")
OBJECTS: list[tuple[type[WireModel], Object]] = [
    (getattr(models, models.COMPONENTS.get(name, name)), kind)
    for name, site in DOCUMENT.components()
    for kind in DOCUMENT.kinds(site)
    if isinstance(kind, Object) and isinstance(getattr(models, models.COMPONENTS.get(name, name)), type)
]

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
junk = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@st.composite
def answers(draw: st.DrawFn) -> tuple[type[WireModel], dict[str, Any]]:
    """Draw a model and an answer for it: one the document allows, with some of it spoilt and some added."""
    model, kind = draw(st.sampled_from(OBJECTS))
    wire: dict[str, Any] = DOCUMENT.random_sample(kind, random.Random(draw(st.integers(0, 999))))
    for key in draw(st.lists(st.sampled_from([*kind.properties]), max_size=3)):
        wire[key] = draw(junk)
    return model, {**wire, **draw(st.dictionaries(st.text(), junk, max_size=2))}


@settings(max_examples=400, deadline=None)
@given(answers())
def test_what_came_is_given_back(answer: tuple[type[WireModel], dict[str, Any]]) -> None:
    """A model writes what it was read from, key for key and in order, also after every attribute was read."""
    model, wire = answer
    before = json.dumps(wire)
    read = model.from_dict(wire)
    assert written(read) == before
    assert written(touched(read)) == before
    assert written(model.from_dict(read.to_dict())) == before
    assert repr(read).startswith(model.__name__)


@settings(max_examples=100, deadline=None)
@given(answers())
def test_models_are_made_and_read_alike(answer: tuple[type[WireModel], dict[str, Any]]) -> None:
    """A model built from the attributes of another reads like it, and writes every one of its fields."""
    model, wire = answer
    read = model.from_dict(wire)
    values = {name: getattr(read, name) for name in attributes(model)}
    made = model(**values)
    assert {name: getattr(made, name) for name in values} == values
    assert list(made) == keys(model)
