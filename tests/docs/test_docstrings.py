"""What a person reads who hovers over a name. That each has a docstring at all is ruff's to see to (D1)."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import portkey_client
import portkey_mock

RESULTS = {
    "portkey_client.batch_results": ["BatchFailure", "BatchResult"],
    "portkey_client.batch_state": ["BatchState"],
    "portkey_client.bulk": ["MapOptions", "Outcome"],
    "portkey_client.config": ["Cache", "CircuitBreaker", "Condition", "Config", "Retry", "Strategy"],
    "portkey_client.exports": ["ExportState"],
    "portkey_client.files": ["Downloaded", "FileOptions"],
    "portkey_mock.mock": ["GatewayOptions", "State"],
    "portkey_mock.recording": ["Exchange"],
    "portkey_mock.validation": ["Call"],
}
"""What the exported names take and give, by the module it is in."""


def seen() -> list[type]:
    """Return the classes that a user of the two packages has in hand."""
    exported = (
        getattr(package, name)
        for package in (portkey_client, portkey_mock)
        for name in package.__all__
        if inspect.isclass(getattr(package, name))
    )
    others = (getattr(import_module(module), name) for module, names in RESULTS.items() for name in names)
    return sorted({*exported, *others}, key=lambda each: (each.__module__, each.__name__))


def unsaid(source: str, documented: str) -> Iterator[str]:
    """Yield the public fields of a class that neither a text below them nor its docstring explains."""
    (made,) = ast.parse(source).body
    assert isinstance(made, ast.ClassDef)
    for node, after in zip(made.body, [*made.body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        name = node.target.id
        text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        listed = re.search(rf"\b{name}\b(`|:)", documented)
        if not (name.startswith("_") or text or listed):
            yield name


@pytest.mark.parametrize("kind", seen(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_field_is_explained(kind: type) -> None:
    """A class says what it is, and what each of its fields holds."""
    documented = inspect.getdoc(kind) or ""
    assert documented
    assert list(unsaid(inspect.getsource(kind), documented)) == []


def test_a_field_that_is_not_explained_is_seen() -> None:
    """The check can fail."""
    source = "class A:\n    a: int\n    b: int\n    'It is.'\n    c: int\n    _d: int\n"
    assert list(unsaid(source, "Attributes:\n    c: it is.")) == ["a"]


def test_the_rule_is_on() -> None:
    """Nobody has switched the rule off for what people import, and its exceptions are two that say why."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    off = re.findall(r'"(D1\d*)"', text)
    assert sorted(off) == ["D1", "D1", "D105", "D107"]
