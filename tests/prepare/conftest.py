"""What is made once: the published document, and what the pipeline generates from it and from documents of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from prepare.build import Room, generate
from prepare.load import Json, load
from tests.prepare.tiny import DOCUMENTS, OPENAPI

OWN = ("harbour", "observatory", "babel")


@pytest.fixture(scope="session")
def published() -> Json:
    """The published document, as it was written."""
    return load(OPENAPI / "portkey.yaml")[0]


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> the folder generated from a document of our own making."""
    folder = tmp_path_factory.mktemp("own")
    for name in OWN:
        generate(Room(OPENAPI, DOCUMENTS / f"{name}.yaml"), folder / name)
    return {name: folder / name for name in OWN}
