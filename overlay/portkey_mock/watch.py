"""A document that is served anew when its file changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event


class Watch:
    """Looks at a file from time to time, and reloads it when it has changed."""

    def __init__(self, path: Path, reload: Callable[[Path], None], say: Callable[[str], None]) -> None:
        """`reload` may raise OSError and ValueError: the old document then goes on, and `say` is told why."""
        self._path = path
        self._reload = reload
        self._say = say
        self._seen = self._stamp()

    def check(self) -> None:
        """Reloads the file if it is another one than the last time."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._reload(self._path)
        except (OSError, ValueError) as error:
            self._say(f"{self._path} is not served, the document before it still is: {error}")
        else:
            self._say(f"{self._path} is served now; the state is kept")

    def run(self, stop: Event, interval: float = 0.5) -> None:
        """Checks every `interval` seconds until `stop` is set."""
        while not stop.wait(interval):
            self.check()

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
