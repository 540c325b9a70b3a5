"""The generated package holds everything its document says, and the audit that tells so would see a loss."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from prepare.build import Room, generate
from tests.generated.audit import ROOM, Auditor, Row, audit, main
from tests.generated.document import Document
from tests.generated.package import Package
from tests.generated.plants import PLANTS, Plant

OPENAPI = ROOM.parent / "openapi"
ODD = Path(__file__).with_name("odd.yaml")
_SAMPLES = 12
"""Random samples of each branch, beside those the audit takes itself."""


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a package generated for planting losses in it."""
    return generated(OPENAPI / "portkey.yaml", tmp_path_factory.mktemp("audited"))


def generated(document: Path, folder: Path) -> Path:
    """Generate the package of a document into an empty folder and return that."""
    generate(Room(OPENAPI, document), folder / "generated")
    return folder / "generated"


def test_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Every type, name, operation and answer of the document is in the generated package; the command says so."""
    assert main([str(ROOM)]) == 0
    assert capsys.readouterr().out == "0 losses\n"


def test_the_whole_document_is_looked_at() -> None:
    """The audit walks as many operations and components as the generator made, and as the document has."""
    document = Document.load(ROOM / "portkey_api" / "openapi.json")
    counts = json.loads((ROOM / "manifest.json").read_text("utf-8"))["counts"]
    assert len(list(document.operations())) == counts["operations"] > 231
    assert len(list(document.components())) == counts["schemas"] == len(document.root["components"]["schemas"])


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_loss_is_seen(plant: Plant, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss made on purpose is reported where it was made."""
    monkeypatch.setattr("sys.dont_write_bytecode", True)  # an edit within a second would leave a stale cache behind
    with plant.planted(fresh / "portkey_api"):
        assert (plant.at, plant.lost) in {(row.at, row.lost) for row in audit(fresh, (plant.part,))}


def test_names_of_plants_differ() -> None:
    """Every planted loss is of a kind of its own."""
    assert len({plant.name for plant in PLANTS}) == len(PLANTS) >= 25


def misread(folder: Path) -> list[Row]:
    """Return what is not read as the document says of random values that it allows."""
    document = Document.load(folder / "portkey_api" / "openapi.json")
    with Package(folder) as package:
        auditor = Auditor(document, package, random.Random(2024), _SAMPLES)
        return list(auditor.components(("",)))


def test_random_values_are_read_as_what_they_are() -> None:
    """Whatever branches random values fit, they are read as one of those branches."""
    assert misread(ROOM) == []


def test_nothing_is_lost_of_odd_shapes(tmp_path: Path) -> None:
    """Shapes that the published document does not have are kept as well, and read as what they are."""
    folder = generated(ODD, tmp_path)
    assert audit(folder) == []
    assert misread(folder) == []


def test_the_command_prints_losses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A loss is one line that tells place, loss, expectation and finding, and makes the command fail."""
    monkeypatch.setattr("tests.generated.audit.audit", lambda folder: [Row("/a", "type", "int", "str")])
    assert main([str(ROOM)]) == 1
    assert capsys.readouterr().out == "/a: type: expected int, found str\n1 losses\n"
