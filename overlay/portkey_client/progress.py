"""Progress of an upload or a download on a bar of tqdm or rich, which the program makes itself; neither is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class TqdmBar(Protocol):
    """What is used of a ``tqdm.tqdm``."""

    n: Any
    total: Any

    def update(self, n: Any = ...) -> Any:
        """Move the bar on by ``n``."""
        ...


class RichProgress(Protocol):
    """What is used of a ``rich.progress.Progress``."""

    @property
    def update(self) -> Callable[..., Any]:
        """Set a task to ``completed`` of ``total``."""
        ...


def on_tqdm(bar: TqdmBar) -> Callable[[int, int | None], None]:
    """Return the ``on_progress`` that moves a bar of tqdm, as in ``on_progress=on_tqdm(tqdm(unit="B"))``."""

    def on_progress(done: int, total: int | None) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return on_progress


def on_rich(progress: RichProgress, task: Any) -> Callable[[int, int | None], None]:
    """Return the ``on_progress`` that moves a task of rich.

    Args:
        progress: The ``rich.progress.Progress``.
        task: What its ``add_task`` returned.
    """

    def on_progress(done: int, total: int | None) -> None:
        progress.update(task, completed=done, total=total)

    return on_progress
