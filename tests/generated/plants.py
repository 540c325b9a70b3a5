"""Losses planted in a generated package, one at a time; ``plants.yaml`` lists them."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Plant:
    """One loss, as ``plants.yaml`` explains it."""

    name: str
    lost: str
    at: str
    under: str = ""
    file: str = "openapi.json"
    old: str = ""
    new: str = ""
    added: dict[str, Any] | None = None

    @property
    def part(self) -> str:
        """The component or operation to audit."""
        return self.under or "/".join(self.at.split("/")[:4])

    @contextmanager
    def planted(self, package: Path) -> Generator[None]:
        """Make the loss in a package, and mend it afterwards."""
        path = package / self.file
        before = path.read_text("utf-8")
        after = self._spoilt(before)
        if after == before:
            raise ValueError(f"{self.name}: {self.file} does not hold {self.old!r}; write this plant anew")
        path.write_text(after, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    def _spoilt(self, text: str) -> str:
        if self.added is None:
            return text.replace(self.old, self.new)
        return json.dumps(_merged(json.loads(text), self.added))


def _merged(node: Any, added: Any) -> Any:
    """Return a JSON value with another merged in; lists grow."""
    if isinstance(node, dict) and isinstance(added, dict):
        return {**node, **{key: _merged(node[key], each) if key in node else each for key, each in added.items()}}
    return [*node, *added] if isinstance(node, list) and isinstance(added, list) else added


PLANTS = [Plant(**each) for each in yaml.safe_load(Path(__file__).with_name("plants.yaml").read_text("utf-8"))]
