"""Every union of objects is read as the right branch; what cannot be is listed with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import pytest
import yaml

from tests.generated.audit import ROOM
from tests.generated.document import Document, Object
from tests.generated.package import Package
from tests.generated.unions import Reading, measure

LISTED: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("unions.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    return measure(ROOM)


def test_at_most_one_reading_in_a_hundred_is_of_another_branch(readings: list[Reading]) -> None:
    """The smallest and the full instances of each branch are read as that branch, but for what is listed."""
    wrong = {(each.union, each.branch, each.instance) for each in readings if not each.right}
    listed = {
        (union, branch, each["instance"]) for each in LISTED for union in each["unions"] for branch in each["branches"]
    }
    assert wrong == listed
    assert sum(not each.right for each in readings) <= len(readings) / 100
    assert all(len(each["why"]) > 20 for each in LISTED)


def test_every_union_is_measured(readings: list[Reading]) -> None:
    """Each component that is a union of objects is among the unions, with each of its branches."""
    document = Document.load(ROOM / "portkey_api" / "openapi.json")
    measured = {(each.union, each.branch) for each in readings}
    for _, site in document.components():
        objects = [kind.at for kind in document.kinds(site) if isinstance(kind, Object)]
        assert len(objects) < 2 or {(site.at, at) for at in objects} <= measured
    assert len({each.union for each in readings}) >= 95


class Blind(Package):
    """A package that does not look at the constants of branches."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.types._told = lambda _tell, _given: 0
        return self


def test_a_reading_of_another_branch_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the constants of branches not looked at, the measure would tell."""
    monkeypatch.setattr("tests.generated.unions.Package", Blind)
    assert sum(not each.right for each in measure(ROOM)) > 100
