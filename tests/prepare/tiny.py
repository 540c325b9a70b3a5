"""Tiny documents, and what the pipeline makes of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from prepare.load import Json
from prepare.normalise import Normaliser, property_wire
from prepare.report import Report
from prepare.resolve import resolve

ROOT = Path(__file__).parents[2]
OPENAPI = ROOT / "openapi"
DOCUMENTS = Path(__file__).parent / "documents"
OK: Json = {"200": {"description": "ok"}}


def document(paths: Json | None = None, schemas: Json | None = None, **rest: Any) -> Json:
    """Return a document with the given paths and components."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tiny", "version": "1"},
        "paths": {} if paths is None else paths,
        "components": {"schemas": schemas or {}},
        **rest,
    }


def operation(path: str = "/a", method: str = "get", **parts: Any) -> Json:
    """Return a document of one operation."""
    return document({path: {method: {"responses": OK, **parts}}})


def resolved(source: Json, chosen: dict[str, str] | None = None) -> tuple[Json, Report]:
    """Return the resolved form of a document, and what was reported on the way."""
    report = Report()
    return resolve(source, chosen or {}, report), report


def resolved_operation(source: Json, path: str = "/a", method: str = "get") -> Json:
    """Return one resolved operation of a document."""
    found: Json = resolved(source)[0]["paths"][path][method]
    return found


def normal(source: Json) -> tuple[Json, Report]:
    """Return the normal form of a document, and what was reported on the way."""
    report = Report()
    return Normaliser(resolve(source, {}, report), report).run(), report


def components(schemas: Json) -> tuple[Json, Report]:
    """Return the normal form of components, property names as on the wire, without the carrier."""
    made, report = normal(document(schemas=schemas))
    shapes = made["components"]["schemas"]
    del shapes["Aliases"]
    return {name: _spoken(shape) for name, shape in shapes.items()}, report


def shape(schema: Any, **others: Any) -> tuple[Json, Report]:
    """Return the normal form of one component beside others, and what was reported on the way."""
    made, report = components({"It": schema, **others})
    found: Json = made["It"]
    return found, report


def _spoken(schema: Json) -> Json:
    spoken = dict(schema)
    if "properties" in schema:
        spoken["properties"] = {property_wire(name): each for name, each in schema["properties"].items()}
    if "required" in schema:
        spoken["required"] = [property_wire(name) for name in schema["required"]]
    return spoken


def write(folder: Path, source: Any, name: str = "document.yaml") -> Path:
    """Write a document, or any text, to a file and return its path."""
    path = folder / name
    path.write_text(source if isinstance(source, str) else yaml.safe_dump(source, allow_unicode=True), encoding="utf-8")
    return path


def run(*arguments: str | Path, seed: str = "0", covered: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command line as the Makefile does, under a seed for the order of sets; measuring coverage costs time."""
    environment = {name: value for name, value in os.environ.items() if covered or not name.startswith("COVERAGE")}
    environment |= {"PYTHONPATH": str(OPENAPI), "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "prepare", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
