"""Random documents: each is prepared in full or refused by name; nothing else may happen, and nothing is dropped."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings

from prepare import emit
from prepare.arrange import METHODS
from prepare.errors import PrepareError
from prepare.load import Json, is_array
from prepare.normalise import Normaliser, property_wire
from prepare.report import Report
from prepare.resolve import operations, resolve
from tests.prepare.random_documents import documents
from tests.prepare.tiny import OPENAPI

COMBINED = {"oneOf", "anyOf", "allOf", "enum", "const", "$ref", "nullable"}


def prepared(source: Json, folder: Path) -> tuple[Normaliser, Json] | None:
    """Generate a document, unformatted; return its normal form, or None where it is refused by name."""
    try:
        normaliser = Normaliser(resolve(source, {}, Report()), Report())
        normal = normaliser.run()
        with mock.patch.object(emit, "_format"):
            counts = emit.emit(normaliser.document, normal, normaliser.class_of, OPENAPI, folder)
    except PrepareError as refused:
        if not str(refused).startswith("/"):
            raise  # every refusal names its place
        return None
    assert counts["warnings"] == 0
    return normaliser, normal


@given(source=documents)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
def test_a_random_document_is_prepared_in_full_or_refused(source: Json) -> None:
    """Every operation, parameter, response, component and property comes out, and the code compiles."""
    with tempfile.TemporaryDirectory() as folder:
        made = prepared(source, Path(folder))
        for path in Path(folder).rglob("*.py"):
            compile(path.read_text("utf-8"), str(path), "exec")
    if made is None:
        return
    normaliser, normal = made
    _nothing_of_the_operations_is_lost(source, normaliser.document, normal)
    shapes = normal["components"]["schemas"]
    for name, raw in source["components"]["schemas"].items():
        shape = shapes.get(normaliser.class_of[name], {})
        wires = {property_wire(each) for each in shape.get("properties", {})}
        if raw.get("type") == "object" and not raw.keys() & COMBINED:
            required = raw.get("required", [])
            assert wires >= {*raw.get("properties", {}), *(required if is_array(required) else [])}


def _nothing_of_the_operations_is_lost(source: Json, resolved: Json, normal: Json) -> None:
    raw = [item[method] for item in source["paths"].values() for method in METHODS if method in item]
    found = [operation for item in normal["paths"].values() for operation in item.values()]
    assert len(found) == len(raw)
    for operation, (path, _, facts) in zip(found, operations(resolved), strict=True):
        assert len(operation["parameters"]) == len(facts["parameters"])
        assert {each["name"] for each in facts["parameters"] if each["in"] == "path"} == set(_names(path))
        assert operation["responses"].keys() == (facts["responses"] or {"default": None}).keys()
        assert ("requestBody" in operation) == bool(facts.get("requestBody", {}).get("content"))


def _names(path: str) -> list[str]:
    return [part.split("}")[0] for part in path.split("{")[1:]]


@pytest.mark.parametrize("depth", [40, 400])
def test_a_deep_document_is_prepared_or_refused(tmp_path: Path, depth: int) -> None:
    """The limit is a refusal with a pointer, not Python's."""
    schema: Json = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    source = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"A": schema}}}
    assert (prepared(source, tmp_path) is not None) == (depth == 40)
