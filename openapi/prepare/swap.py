"""Put new files and folders in the place of others: all of them or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder_beside(target: Path) -> Generator[Path, None, None]:
    """Yield an empty folder on the disk of the target, and leave nothing behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        (folder / "new").mkdir()
        yield folder / "new"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def swap(pairs: Iterable[tuple[Path, Path]], aside: Path) -> None:
    """Put each fresh file or folder in its target's place; should anything fail or interrupt it, all come back.

    Args:
        pairs: (fresh, target), on one disk.
        aside: A folder on that disk where the old ones are put.
    """
    moves = [(fresh, target, aside / str(number)) for number, (fresh, target) in enumerate(pairs)]
    aside.mkdir(exist_ok=True)
    try:
        for fresh, target, old in moves:
            if target.exists():
                target.rename(old)
            fresh.rename(target)
    except BaseException:
        for fresh, target, old in reversed(moves):
            if not fresh.exists():
                target.rename(fresh)
            if old.exists():
                old.rename(target)
        raise
