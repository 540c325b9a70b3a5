from __future__ import annotations

from rich.progress import Progress

from portkey_client.progress import on_rich, on_tqdm


class Bar:
    """Counts as a bar of tqdm does."""

    def __init__(self) -> None:
        self.n: float = 0
        self.total: float | None = None

    def update(self, n: float | None = 1) -> None:
        self.n += n or 0


def test_a_bar_of_tqdm() -> None:
    """The bar stands where the transfer does, also after it has begun again."""
    bar = Bar()
    told = on_tqdm(bar)
    for done in (10, 30, 5):
        told(done, 40)
        assert (bar.n, bar.total) == (done, 40)


def test_a_task_of_rich() -> None:
    """The task stands where the transfer does, with the total as soon as it is known."""
    progress = Progress()
    task = progress.add_task("download", total=None)
    told = on_rich(progress, task)
    told(10, None)
    assert (progress.tasks[0].completed, progress.tasks[0].total) == (10, None)
    told(30, 40)
    assert (progress.tasks[0].completed, progress.tasks[0].total) == (30, 40)
