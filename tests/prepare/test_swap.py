"""All change places, or none does."""

from __future__ import annotations

from pathlib import Path

import pytest

from prepare.swap import folder_beside, swap
from tests.prepare.tiny import write


def state(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def pairs(tmp_path: Path) -> list[tuple[Path, Path]]:
    """A folder and a file that replace others, and a file that replaces none."""
    for name in ("fresh/folder", "tree/folder"):
        (tmp_path / name).mkdir(parents=True)
        write(tmp_path / name, name, "a")
    for name in ("fresh/file", "fresh/new", "tree/file"):
        write(tmp_path, name, name)
    return [(tmp_path / "fresh" / name, tmp_path / "tree" / name) for name in ("folder", "file", "new")]


def test_all_change_places(pairs: list[tuple[Path, Path]], tmp_path: Path) -> None:
    """Folders as well as files, also where there was none."""
    swap(pairs, tmp_path / "old")
    assert state(tmp_path / "tree") == {"folder/a": "fresh/folder", "file": "fresh/file", "new": "fresh/new"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(5))
def test_whatever_stops_it_all_come_back(
    pairs: list[tuple[Path, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    late: bool,
    error: type[BaseException],
) -> None:
    """Before or right after each of the five renames, whether the disk fails or a person interrupts."""
    before, rename, steps = state(tmp_path), Path.rename, iter(range(100))

    def failing(path: Path, target: Path) -> Path:
        if (now := next(steps)) == step and not late:
            raise error
        result = rename(path, target)
        if now == step:
            raise error
        return result

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(error):
        swap(pairs, tmp_path / "old")
    assert state(tmp_path) == before


def test_a_folder_beside_leaves_nothing_behind(tmp_path: Path) -> None:
    """Also when what was done in it failed."""

    def fail() -> None:
        with folder_beside(tmp_path / "a" / "target") as folder:
            write(folder, "text", "file")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list((tmp_path / "a").iterdir()) == []
