"""A generated package as the audit reads it: imported under a name of its own, and asked what it says about itself."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import itertools
import pkgutil
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import attrs

_numbers = itertools.count(1)


class Call(NamedTuple):
    """What one generated method did when it was called with a marker for every argument."""

    method: Any
    operation: Any
    parts: dict[str, Any]
    """Place -> (name on the wire -> marker), or one marker where the whole body is one argument."""
    arguments: dict[Any, inspect.Parameter]
    """Marker -> the argument it was given for."""


class _Names(dict[str, Any]):
    """The names an annotation may use; models are looked up when needed."""

    def __init__(self, package: Package) -> None:
        super().__init__(FileInput=bytes, Unpack=typing.Unpack, CallOptions=package.types.CallOptions)
        self._package = package
        self.unknown: set[str] = set()
        """Names an annotation uses and the package does not have; each is a type of its own then."""

    def __missing__(self, name: str) -> Any:
        try:
            value = self._package.looked_up(name)
        except AttributeError:
            raise KeyError(name) from None
        self[name] = self._package.evaluated(value) if isinstance(value, str) else value
        return self[name]


@dataclass
class Package:
    """One generated package; use it as a context, which forgets its modules at the end."""

    folder: Path
    """The folder that holds ``portkey_api``."""
    name: str = field(default_factory=lambda: f"audited_{next(_numbers)}")
    _hints: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        home = self.folder / "portkey_api"
        importlib.invalidate_caches()
        spec = importlib.util.spec_from_file_location(
            self.name, home / "__init__.py", submodule_search_locations=[str(home)]
        )
        if spec is None or spec.loader is None:
            raise FileNotFoundError(home)
        module = sys.modules[self.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.types: Any = self.module("types")
        self.models: Any = self.module("models")
        self.resources: Any = self.module("resources")
        self.aliases: Any = self.module("models.aliases")
        self.dicts: Any = self.module("dicts")
        self._names = _Names(self)
        self._callers = {False: _recorder(self.resources.Resources), True: _recorder(self.resources.AsyncResources)}
        return self

    def __exit__(self, *_: object) -> None:
        for name in [name for name in sys.modules if name == self.name or name.startswith(f"{self.name}.")]:
            del sys.modules[name]

    def module(self, name: str) -> Any:
        """Import one module of the package."""
        return importlib.import_module(f"{self.name}.{name}")

    def module_names(self) -> list[str]:
        """Return the names of all its modules, below the package."""
        home = str(self.folder / "portkey_api")
        return [each.name for each in pkgutil.walk_packages([home])] + [
            f"{parent}.{each.name}"
            for parent in ("models", "resources")
            for each in pkgutil.iter_modules([f"{home}/{parent}"])
        ]

    def looked_up(self, name: str) -> Any:
        """Return what an annotation means by a name: a typed dict, or a model, enum or alias."""
        return vars(self.dicts).get(name) or getattr(self.models, name)

    # -- types

    def is_model(self, kind: Any) -> bool:
        """Tell whether a type is a model class of this package."""
        return isinstance(kind, type) and issubclass(kind, self.types.WireModel)

    def evaluated(self, text: str) -> Any:
        """Return the type an alias stands for."""
        holder = types.ModuleType(self.aliases.__name__)
        holder.__annotations__ = {"value": text}
        return typing.get_type_hints(holder, vars(self.aliases), self._names)["value"]

    def component(self, name: str) -> Any:
        """Return the class or type of a component; None where there is none."""
        written = self.models.COMPONENTS.get(name, name)
        known = hasattr(self.models, written) and written not in self._names.unknown
        return self._names[written] if known else None

    def codec(self, name: str) -> Any:
        """Return how a component is read: by its class, or as the aliases say."""
        written = self.models.COMPONENTS.get(name, name)
        return written if self.is_model(self.component(name)) else self.aliases.CODECS.get(written)

    def hints(self, thing: Any) -> dict[str, Any]:
        """Return the evaluated annotations of a model class or a function."""
        while thing not in self._hints:
            try:
                self._hints[thing] = typing.get_type_hints(thing, localns=self._names)
            except NameError as error:
                name = str(error.name)
                self._names.unknown.add(name)
                self._names[name] = type(name, (), {})
        return self._hints[thing]

    def dict_of(self, model: Any) -> Any:
        """Return the typed dict of a model class; None where there is none."""
        return getattr(self.dicts, f"{model.__name__}Dict", None)

    def streams(self, kind: Any) -> tuple[list[Any], list[tuple[Any, Any]]]:
        """Return the members of an answer's type that are no streams, and (event, whole answer) of those that are."""
        known = (self.types.Stream, self.types.AsyncStream)
        plain = [each for each in branches(kind) if typing.get_origin(each) not in known]
        return plain, [typing.get_args(each) for each in branches(kind) if typing.get_origin(each) in known]

    def fields(self, model: Any) -> dict[str, attrs.Attribute[Any]]:
        """Return wire name -> field of a model class."""
        return {model._names.get(each.name, each.name): each for each in attrs.fields(model)}

    def other(self, model: Any) -> Any:
        """Return the type of a model's unnamed properties, which only its source tells: the checkers alone read it."""
        for node in ast.walk(ast.parse(inspect.getsource(model))):
            if isinstance(node, ast.FunctionDef) and node.name == "additional_properties" and node.returns:
                namespace = {**vars(sys.modules[model.__module__])}
                annotation = eval(ast.unparse(node.returns), namespace, self._names)  # noqa: S307  # our own code
                return typing.get_args(annotation)[1]
        return Any

    # -- calls

    def reached(self, dotted: str, *, is_async: bool) -> Any:
        """Return what a path of the tree leads to: the class of a resource, the function of a method, or None."""
        node = self._node(dotted, is_async=is_async)
        return getattr(node, "__func__", None if node is None else type(node))

    def _node(self, dotted: str, *, is_async: bool) -> Any:
        node: Any = self._callers[is_async]
        for name in dotted.split("."):
            node = getattr(node, name, None)
        return node

    def call(self, dotted: str, *, is_async: bool) -> Call | None:
        """Call a method of the resource tree with markers and return what it asked for; None where it is missing."""
        node = self._node(dotted, is_async=is_async)
        if not callable(node):
            return None
        wanted = [each for each in inspect.signature(node).parameters.values() if each.kind is not each.VAR_KEYWORD]
        markers = {each.name: object() for each in wanted}
        positional = [markers[each.name] for each in wanted if each.kind is not each.KEYWORD_ONLY]
        keywords = {each.name: markers[each.name] for each in wanted if each.kind is each.KEYWORD_ONLY}
        done: Any = node(*positional, **keywords)
        operation, parts = _awaited(done) if inspect.iscoroutine(done) else done
        method: Any = node
        return Call(method.__func__, operation, parts, {markers[each.name]: each for each in wanted})


def _recorder(base: Any) -> Any:
    """Return a top of the resource tree that only tells what it was asked to do."""

    def call(_self: Any, operation: Any, _options: Any, **parts: Any) -> Any:
        return operation, parts

    async def call_async(_self: Any, operation: Any, _options: Any, **parts: Any) -> Any:
        return operation, parts

    is_async = base.__name__.startswith("Async")
    record = call_async if is_async else call
    return type("Recorder", (base,), {"call": record, "stream": record, "socket": call})()


def _awaited(coroutine: typing.Coroutine[Any, Any, Any]) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a generated method waited for something")


def branches(kind: Any) -> Iterator[Any]:
    """Yield the members of a union, or the type itself; ``None`` stands for its own type."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        for each in typing.get_args(kind):
            yield from branches(each)
    else:
        yield type(None) if kind is None else kind


def container(kind: Any) -> tuple[str, Any] | None:
    """Return (list or map, type of its items) of a generic type; None for any other."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (list, Sequence):
        return "list", arguments[0]
    return ("map", arguments[1]) if origin in (dict, Mapping) else None


def overloads(function: Callable[..., Any]) -> Sequence[Callable[..., Any]]:
    """Return the overloads of a function, or the function itself where it has none."""
    return typing.get_overloads(function) or [function]
