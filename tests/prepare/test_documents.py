"""Three documents of our own, generated end to end: faults, all of OpenAPI 3.1, and names that break things."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from prepare.arrange import METHODS
from prepare.load import Json, load
from tests.prepare.conftest import OWN
from tests.prepare.tiny import DOCUMENTS

Own = dict[str, Path]


def manifest(folder: Path) -> Json:
    """Return the manifest of a generated folder."""
    found: Json = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def resolved(folder: Path) -> Json:
    """Return the resolved document of a generated folder."""
    found: Json = json.loads((folder / "portkey_api" / "openapi.json").read_text("utf-8"))
    return found


def code(folder: Path, name: str) -> str:
    """Return a generated module."""
    return (folder / "portkey_api" / f"{name}.py").read_text("utf-8")


@pytest.mark.parametrize("name", OWN)
def test_everything_is_there_and_can_be_imported(own: Own, name: str) -> None:
    """Every operation, every schema, no warning; every module imports with warnings as errors."""
    source, _ = load(DOCUMENTS / f"{name}.yaml")
    paths = resolved(own[name])["paths"]
    counts = manifest(own[name])["counts"]
    here = {(path, method) for path, item in source["paths"].items() for method in METHODS if method in item}
    there = {(path, method) for path, item in paths.items() for method in METHODS if method in item}
    assert there - here == ({("/ships/{ship-id}/log", "get")} if name == "harbour" else set()), "one is behind a $ref"
    assert here - there == set()
    assert counts["operations"] == len(there)
    assert resolved(own[name])["components"]["schemas"].keys() >= source["components"]["schemas"].keys()
    assert counts["warnings"] == 0
    script = Path(__file__).parent / "import_all.py"
    command = [sys.executable, "-W", "error", str(script), str(own[name])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["operations"] == len(there)


def test_the_components_of_every_document_are_exported(own: Own) -> None:
    """As a class, an enum or an alias, under their own name or the one COMPONENTS tells."""
    for name in OWN:
        text = code(own[name], "models/__init__")
        scope: Json = {"__name__": "models"}
        exec(compile(text, name, "exec"), scope)  # noqa: S102  # the tables of a generated package
        for component in resolved(own[name])["components"]["schemas"]:
            assert scope["COMPONENTS"].get(component, component) in scope["__all__"]


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        (
            "harbour",
            {
                "component-of-deep-reference": 3,
                "describe-response": 1,
                "drop-boolean-required": 1,
                "drop-credential-parameter": 1,
                "drop-discriminator": 1,
                "drop-title": 3,
                "drop-unused-path-parameter": 5,
                "enum-of-kind": 2,
                "format-spelling": 1,
                "missing-items": 2,
                "missing-responses": 1,
                "null-in-enum": 4,
                "nullable-reference": 1,
                "object-parameter": 3,
                "one-request-media-type": 1,
                "one-response-media-type": 2,
            },
        ),
        (
            "observatory",
            {
                "binary-content": 2,
                "boolean-schema": 3,
                "component-of-deep-reference": 2,
                "constant-of-structure": 2,
                "declare-required": 1,
                "empty-combiner": 1,
                "missing-responses": 1,
                "object-parameter": 2,
                "pattern-properties": 2,
                "reference-with-siblings": 1,
                "tuple-items": 2,
                "type-list": 10,
            },
        ),
        ("babel", {"declare-path-parameter": 14, "drop-default": 1, "drop-title": 1}),
    ],
)
def test_the_rules_that_were_needed(own: Own, name: str, rules: dict[str, int]) -> None:
    """Each fault of a document meets the rule that keeps its type, once."""
    applied = manifest(own[name])["rules"]
    assert {rule: applied.get(rule) for rule in rules} == rules


def test_the_notes_name_what_is_kept_in_openapi_json_alone(own: Own) -> None:
    """Nothing is left out in silence."""
    notes = {
        name: [note for note in manifest(own[name])["notes"] if not note.startswith(("names.yaml", "aliases.yaml"))]
        for name in OWN
    }
    assert (
        notes["harbour"][-1] == "/paths/~1radio/get/callbacks: a client has no method for them; openapi.json keeps them"
    )
    assert notes["observatory"] == ["/webhooks: a client has no method for them; openapi.json keeps them"]
    assert notes["babel"] == []


@pytest.mark.parametrize(
    ("module", "lines"),
    [
        (
            "models/ship",
            [
                "id: str",
                "flag: Any",
                "name: str | None = UNSET",
                "kind: ShipKind | None = UNSET",
                "captain: Captain | None = UNSET",
                "mate: Captain | None = UNSET",
                "owner: str | Captain | None = UNSET",
                "built: datetime.date | None = UNSET",
                "seen: datetime.datetime | None = UNSET",
                "convoy: list[Ship] | None = UNSET",
                "cargo: dict[str, Crate] | None = UNSET",
            ],
        ),
        ("models/aliases", ['Language: TypeAlias = Literal["A", "C", "C#", "C++", "a", "azure-openai"]']),
        ("models/crate", ["weight: float | None = UNSET", "label: str | None = UNSET"]),
        (
            "models/aliases",
            [
                "Mixed: TypeAlias = \"Literal['1'] | MixedOption2 | Literal[True] | None\"",
                'Fractions: TypeAlias = "float"',
                'Switch: TypeAlias = "bool"',
                'On: TypeAlias = "Literal[True]"',
                'Nothing: TypeAlias = "None"',
                'Loose: TypeAlias = "list[Any]"',
                'Free: TypeAlias = "dict[str, Any]"',
                'Anything: TypeAlias = "Any"',
                'SameAsShip: TypeAlias = "Ship"',
                'ParameterType: TypeAlias = "int"',
            ],
        ),
        (
            "resources/ships",
            [
                "kind: Language | None = None",
                "tags: Sequence[str] | None = None",
                "x_codes: Sequence[int] | None = None",
                "x_since: datetime.datetime | None = None",
                "session: Sequence[str] | None = None",
                "page: int | None = None",
                '"query tags": "csv"',
                '"query filter": "deepObject"',
                '"header filter": "csv"',
                '"query where": "json"',
                '"header x-trace": "json"',
                '"header x-codes": "csv"',
                '"246": ("json", "Ship")',
                '"446": ("none", None)',
                '"529": ("none", None)',
                '"4XX": ("json", "Problem")',
                'content_type="application/json"',
            ],
        ),
        (
            "resources/ships__cargo",
            [
                "ship_id: str",
                "crate: str",
                "crate_query: int | None = None",
                "file: FileInput",
                '"cargo_harbour_example_v2", _security',
                '"pilot", _security1',
                "pictures: Sequence[FileInput] = UNSET",
                'model: str | Literal["pilot-1"] = UNSET',
                'content_type="multipart/form-data"',
                'content_type="application/json"',
                '"ships.cargo.head", "HEAD", "/ships/{ship-id}/cargo/{crate}"',
                '"ships.cargo.options", "OPTIONS", "/ships/{ship-id}/cargo/{crate}"',
                '"ships.cargo.trace", "TRACE", "/ships/{ship-id}/cargo/{crate}"',
                "Deprecated.",
            ],
        ),
        ("resources/watch", ['events="Event"', '_security = ((), ("Harbour-Key", "Pilot"))']),
        (
            "resources/__init__",
            ['"default": "https://north.harbour.example/v1"', '"pilot": "https://pilots.harbour.example"'],
        ),
    ],
)
def test_the_harbour_keeps_its_types(own: Own, module: str, lines: list[str]) -> None:
    """What the generator alone would stop at, lose or get wrong."""
    text = " ".join(code(own["harbour"], module).split())
    assert [line for line in lines if line not in text] == []


@pytest.mark.parametrize(
    ("module", "lines"),
    [
        (
            "models/star",
            [
                'kind: Literal["star"]',
                "undeclared: Any",
                "number: Literal[1] | None = UNSET",
                "real: float | None = UNSET",
                "flag: Literal[True] | None = UNSET",
                "gone: None = UNSET",
                "shape: dict[str, Any] | None = UNSET",
                "either: str | int | None = UNSET",
                "unquoted: str | None = UNSET",
                "colour: StarColour | None = UNSET",
                "pair: list[str | int] | None = UNSET",
                "rest: list[str | float] | None = UNSET",
                "nested: list[list[list[str]]] | None = UNSET",
                "seen: datetime.datetime | None = UNSET",
                "place: Position | None = UNSET",
                "limited: StarLimited | None = UNSET",
                "labels: dict[str, str | int | bool] | None = UNSET",
                "never: Any = UNSET",
                "always: Any = UNSET",
                "link: str | datetime.datetime | None = UNSET",
                "maybe: Position | None = UNSET",
                "both: str | None = UNSET",
            ],
        ),
        (
            "models/nullables",
            [
                "a: NullablesA | None = UNSET",
                "b: NullablesB | None = UNSET",
                "c: int | None = UNSET",
                "d: datetime.datetime | None = UNSET",
                "e: int | None = UNSET",
                "f: list[NullablesFItem] | None = UNSET",
                "g: dict[str, str] | None = UNSET",
                "h: Any = UNSET",
                "i: Position | None = UNSET",
            ],
        ),
        ("models/tree", ["children: list[TreePropertiesNode] | None = UNSET", "node: TreeNode | None = UNSET"]),
        (
            "resources/stars",
            [
                '"query band": "pipes"',
                '"query box": "json"',
                '"query near": "json"',
                "plate: FileInput = UNSET",
                "plates: Sequence[FileInput] = UNSET",
                "note: str = UNSET",
                '"2XX": ("json", None)',
            ],
        ),
    ],
)
def test_the_observatory_keeps_its_types(own: Own, module: str, lines: list[str]) -> None:
    """Constants, type lists, tuples, references with siblings, allOf in every company."""
    text = " ".join(code(own["observatory"], module).split())
    assert [line for line in lines if line not in text] == []


def test_babel_has_a_name_for_everything(own: Own) -> None:
    """Every path, however spelled, is one method; every component one class, every property one attribute."""
    named = {
        operation["operationId"]
        for item in resolved(own["babel"])["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    }
    assert named >= {
        "root.get",
        "class_.list",
        "call_.list",
        "close_.retrieve",
        "things.list_get",
        "things.create",
        "things.list.retrieve",
        "things.retrieve",
        "things.retrieve_by_id",
        "twice.retrieve",
        "act.create",
        "same.update",
        "same.body.create",
    }
    words = code(own["babel"], "models/words")
    for line in ('"class_": "class"', '"n1__": "+1"', '"root": ""', '"quote": \'quote"\'', '"new_line": "new\\nline"'):
        assert line in words
    client = code(own["babel"], "models/client")
    assert "a: UnsetSchema | None = UNSET" in client


def test_babel_keeps_its_prose(own: Own) -> None:
    """Quotes, backslashes, braces and letters of all kinds, in docstrings that Python reads back."""
    folder = own["babel"] / "portkey_api"
    scope: Json = {}
    for path in sorted((folder / "resources").glob("*.py")):
        compile(path.read_text("utf-8"), str(path), "exec")
    exec(compile((folder / "models" / "aliases.py").read_text("utf-8"), "aliases", "exec"), scope)  # noqa: S102  # the generated package again
    text = code(own["babel"], "resources/call_")
    assert "and {{ braces }} {% raw %}" in text
    assert "Ünïcode 日本語 🚢." in code(own["babel"], "resources/close_")
    assert 'Ends in a quote "' in code(own["babel"], "models/words")
