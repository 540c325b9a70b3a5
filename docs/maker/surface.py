"""The real Python surface: the methods of a client, as they can be called."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from functools import cache, reduce
from typing import Any, NamedTuple, get_overloads

from portkey_client import Portkey

_WIDTH = 84


class Method(NamedTuple):
    """One generated method."""

    name: str
    """``batches.cancel``."""
    function: Callable[..., Any]

    @property
    def ways(self) -> list[inspect.Signature]:
        """The ways to call it: its overloads, or the one there is."""
        return [inspect.signature(each) for each in get_overloads(self.function) or [self.function]]

    @property
    def arguments(self) -> dict[tuple[str, str], str]:
        """Place and name on the wire -> argument, as the code of the method has it."""
        return _arguments(self.function)

    @property
    def takes_whole_body(self) -> bool:
        """Whether the body is one argument, and not its fields one each."""
        known = self.arguments
        return "body" in inspect.signature(self.function).parameters and not any(place == "body" for place, _ in known)

    @property
    def returns(self) -> list[str]:
        """The types of its answers."""
        return list(dict.fromkeys(_untwinned(str(way.return_annotation)) for way in self.ways))

    @property
    def text(self) -> str:
        """All the ways to call it, as Python."""
        return "\n\n".join(_written(self.name, way) for way in self.ways)


@cache
def _arguments(function: Callable[..., Any]) -> dict[tuple[str, str], str]:
    calls = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
    places = [each for call in calls if isinstance(call, ast.Call) for each in call.keywords]
    return {
        (place.arg or "", str(wire.value)): argument.id
        for place in places
        if isinstance(place.value, ast.Dict)
        for wire, argument in zip(place.value.keys, place.value.values, strict=True)
        if isinstance(wire, ast.Constant) and isinstance(argument, ast.Name)
    }


@cache
def _client() -> Portkey:
    return Portkey(api_key="any")


def method(name: str) -> Method:
    """Return the method that an operation is called by, as it is generated."""
    *path, last = name.split(".")
    for each in type(resource(".".join(path))).__mro__:
        if last in vars(each) and each.__module__.startswith("portkey_api."):
            return Method(name, vars(each)[last])
    raise LookupError(name)


def resource(path: str) -> Any:
    """Return a resource of a client."""
    return reduce(getattr, path.split("."), _client())


def by_hand(path: str) -> tuple[str, list[str]]:
    """Return the class that adds to a resource by hand, and the names of its methods; empty where there is none."""
    instance: object = resource(path)
    found = type(instance)
    if not found.__module__.startswith("portkey_client."):
        return "", []
    own = {name: value for name, value in vars(found).items() if not name.startswith("_") and inspect.isfunction(value)}
    base = found.__mro__[1]
    added = [name for name, value in own.items() if _parameters(value) != _parameters(getattr(base, name, None))]
    return f"{found.__module__}.{found.__qualname__}", added


def _parameters(function: Any) -> list[str]:
    return [*inspect.signature(function).parameters] if function else []


def _written(name: str, way: inspect.Signature) -> str:
    parts = [_declared(each) for each in [*way.parameters.values()][1:]]
    star = next((i for i, each in enumerate([*way.parameters.values()][1:]) if each.kind is each.KEYWORD_ONLY), None)
    if star is not None:
        parts.insert(star, "*")
    returns = _untwinned(str(way.return_annotation))
    line = f"client.{name}({', '.join(parts)}) -> {returns}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"client.{name}(", *(_broken(f"{part},") for part in parts), f") -> {returns}"])


def _declared(parameter: inspect.Parameter) -> str:
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{stars}{parameter.name}: {_untwinned(str(parameter.annotation))}{default}"


def _untwinned(annotation: str) -> str:
    """Return a type without the dicts that may stand for its models."""
    return re.sub(r"\b(\w+) \| \1Dict\b", r"\1", " ".join(annotation.split()))


def _broken(part: str) -> str:
    """Return a declaration in lines that are not too long, broken where its type has a bar."""
    lines = textwrap.wrap(
        part, _WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)


def anchor(name: str) -> str:
    """Return the anchor of an operation on its page."""
    return re.sub("[^a-z0-9]+", "-", name.lower())
