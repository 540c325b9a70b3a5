"""The pipeline knows nothing of Portkey that is not data: another vendor's document gives another vendor's client."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prepare.build import PUBLISHED, Room, drift, generate
from prepare.errors import PrepareError
from tests.prepare.tiny import DOCUMENTS, OPENAPI

PAYMENTS = DOCUMENTS / "payments.yaml"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A room with the templates, no correction, no chosen name, and the name of another package."""
    folder = tmp_path_factory.mktemp("another")
    shutil.copytree(OPENAPI / "templates", folder / "templates")
    settings = (OPENAPI / "generator.yaml").read_text("utf-8").replace("portkey_api", "payments_api")
    (folder / "generator.yaml").write_text(settings, "utf-8")
    for name in ("names.yaml", "aliases.yaml"):
        (folder / name).write_text("{}\n", "utf-8")
    (folder / "corrections").mkdir()
    return Room(folder, PAYMENTS)


def test_another_vendor_s_document_gives_its_client(room: Room) -> None:
    """Every operation and schema is there, everything imports, nothing of it is Portkey's, and it does not drift."""
    target = room.folder / "out"
    outcome = generate(room, target)
    assert (outcome.counts["operations"], outcome.counts["warnings"], outcome.idle) == (7, 0, [])
    script = Path(__file__).parent / "import_all.py"
    command = [sys.executable, "-W", "error", str(script), str(target), "payments_api"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["operations"] == 7
    assert not [path for path in target.rglob("*") if path.is_file() and "portkey" in path.read_text("utf-8").lower()]
    assert drift(room, target) == []


def test_what_cannot_be_kept_is_refused_by_name(room: Room, tmp_path: Path) -> None:
    """A type that no rule can keep stops the build, and the refusal says where it stands."""
    spoilt = PAYMENTS.read_text("utf-8").replace("unevaluatedProperties: true", "$dynamicRef: '#meta'")
    document = tmp_path / "payments.yaml"
    document.write_text(spoilt, "utf-8")
    with pytest.raises(PrepareError, match=re.escape("/components/schemas/Problem/$dynamicRef")):
        generate(Room(room.folder, document), tmp_path / "out")


def test_the_pipeline_names_portkey_once() -> None:
    """Neither the pipeline nor a template mentions Portkey, but for the name of the document's file."""
    files = [*(OPENAPI / "prepare").glob("*.py"), *(OPENAPI / "templates").glob("*.jinja")]
    named = [line for path in files for line in path.read_text("utf-8").splitlines() if "portkey" in line.lower()]
    assert named == [f'PUBLISHED = "{PUBLISHED}"']
