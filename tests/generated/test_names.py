"""Operations and methods: one method each, one operation each; aliases are beside, and lead to them."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from portkey_api.resources import AsyncResources, Resources
from portkey_api.types import AsyncResource, Resource

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "generated" / "portkey_api" / "openapi.json").read_text("utf-8"))
NAMES = {
    f"{method.upper()} {path}": operation["operationId"]
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if "operationId" in operation
}
CARRIED = ("call", "call_raw", "stream", "stream_raw", "call_or_stream", "socket")
"""Methods of the top of the tree itself."""


def members(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every method of the tree by its dotted name, aliases too."""
    names = [name for name in dir(type(node)) if not name.startswith("_") and name != "with_raw_response"]
    for name in [name for name in names if path or name not in CARRIED]:
        member = getattr(node, name)
        if isinstance(member, (Resource, AsyncResource)):
            yield from members(member, (*path, name))
        else:
            yield ".".join((*path, name)), member


@pytest.fixture(scope="module", params=[Resources(), AsyncResources()], ids=["sync", "async"])
def methods(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The methods of one flavour of the tree."""
    return dict(members(request.param))


def own(methods: dict[str, Any]) -> dict[str, Any]:
    """Return the methods that are reached by their own name, not by an alias."""
    aliases = tuple(DOCUMENT["x-aliases"])
    return {
        name: method for name, method in methods.items() if not f"{name}.".startswith(tuple(f"{a}." for a in aliases))
    }


def test_operations_and_methods_are_one_to_one(methods: dict[str, Any]) -> None:
    """Every operation has one method, every method one operation, and the operation knows the method's name."""
    assert len(set(NAMES.values())) == len(NAMES) == 267
    assert sorted(own(methods)) == sorted(NAMES.values())
    operations = Counter(operation_of(method) for method in own(methods).values())
    assert {f"{each.method} {each.path}": each.name for each in operations} == NAMES
    assert set(operations.values()) == {1}


def operation_of(method: Any) -> Any:
    """Return the operation that a method names."""
    constant = f"_{method.__name__.upper()}"
    assert constant in method.__func__.__code__.co_names
    return method.__func__.__globals__[constant]


def test_chosen_names_are_given() -> None:
    """What names.yaml asks for is what the operation is called."""
    chosen = yaml.safe_load((ROOT / "openapi" / "names.yaml").read_text("utf-8"))
    assert {key: NAMES.get(key) for key in chosen} == chosen


def test_aliases_lead_to_methods(methods: dict[str, Any]) -> None:
    """Whatever is reached by an alias is the function that is reached by the name it stands for."""
    functions = {inspect.unwrap(method.__func__) for method in own(methods).values()}
    others = methods.keys() - own(methods).keys()
    assert len(others) > 60
    assert {methods[name].__func__ for name in others} <= functions
