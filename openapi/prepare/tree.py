"""The resource tree: the modules of ``resources/``, their methods, and the aliases that hang in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.parser import GeneratorData

from . import render
from .calls import Call, Component, make_call
from .classnames import resource_class
from .load import Json
from .normalise import endpoint_name
from .prose import sentences, text_of
from .resolve import operations

_ENOUGH = 110
"""Characters that the purpose of a resource is told in, if its first sentence is no longer."""


@dataclass(frozen=True)
class MethodAlias:
    """Another name of a method, in the resource that holds it or in another one."""

    name: str
    target: str
    """The dotted name of the operation."""
    call: Call
    home: ResourceModule
    """The resource that has the method."""
    note: str

    @property
    def title(self) -> str:
        """One line that says what it is."""
        return f"Alias of ``{self.target}``{': ' if self.note else ''}{self.note.replace('`', '``')}."


@dataclass(frozen=True)
class ResourceAlias:
    """Another attribute that leads to a resource; templates take it for a child."""

    name: str
    target: ResourceModule

    @property
    def module(self) -> str:
        """The module of the resource."""
        return self.target.module

    @property
    def class_name(self) -> str:
        """The class of the resource."""
        return self.target.class_name

    @property
    def title(self) -> str:
        """One line that says what it is."""
        return f"Alias of ``client.{'.'.join(self.target.path)}``"

    @property
    def purpose(self) -> str:
        """Nothing: what it is for, the resource says."""
        return ""


@dataclass
class ResourceModule:
    """One module of ``resources/``: a node of the resource tree."""

    path: tuple[str, ...]
    calls: list[Call] = field(default_factory=list[Call])
    children: list[ResourceModule | ResourceAlias] = field(default_factory=list)  # pyright: ignore[reportUnknownVariableType]  # the class is not there yet
    aliases: list[MethodAlias] = field(default_factory=list[MethodAlias])
    purpose: str = ""
    """What its operations are for, as the document says it of their tag; nothing where it does not."""

    @property
    def name(self) -> str:
        """The attribute of its parent that holds it."""
        return self.path[-1]

    @property
    def module(self) -> str:
        """The module's name; two underscores separate levels, so that no two paths share one."""
        return "__".join(self.path)

    @property
    def class_name(self) -> str:
        """The name of its class; the suffix keeps it apart from every model."""
        return resource_class(self.path)

    @property
    def title(self) -> str:
        """One line that says what the class is."""
        return f"The operations under ``client.{'.'.join(self.path)}``"

    @property
    def about(self) -> str:
        """What it is for, and where it is."""
        return f"{self.purpose}\n\n{self.title}." if self.purpose else f"{self.title}."

    @property
    def models(self) -> list[str]:
        """The classes its signatures name."""
        events = [call.event for call in self._shown if call.event]
        return sorted({*render.classes([prop for call in self._shown for prop in call.props]), *events})

    @property
    def dicts(self) -> list[str]:
        """The typed dicts its signatures name."""
        return render.dict_classes([prop for call in self._shown for prop in call.written])

    @property
    def _shown(self) -> list[Call]:
        """The methods whose signatures stand here: its own, and those it has from other resources."""
        return [*self.calls, *[alias.call for alias in self.aliases if alias.home is not self]]

    @property
    def security(self) -> dict[Any, str]:
        """The distinct credential alternatives of its operations -> the constant that holds them."""
        distinct = list(dict.fromkeys(security_of(call.facts) for call in self.calls))
        return {each: f"_security{index or ''}" for index, each in enumerate(distinct)}

    @property
    def errors(self) -> dict[str, str]:
        """What is distinct in how its operations' errors are read, as source text -> the constant that holds it."""
        distinct = list(dict.fromkeys(repr(call.errors) for call in self.calls if call.errors))
        return {each: f"_errors{index or ''}" for index, each in enumerate(distinct)}


def security_of(operation: Json) -> tuple[tuple[str, ...], ...]:
    """Return the credential alternatives of an operation, each the names of schemes needed together."""
    return tuple(tuple(alternative) for alternative in operation["security"])


def resource_modules(
    data: GeneratorData, resolved: Json, components: dict[str, Component]
) -> dict[tuple[str, ...], ResourceModule]:
    """Return every node of the resource tree by its path, the root under ``()``."""
    facts = {endpoint_name(index): each for index, each in enumerate(operations(resolved))}
    tree: dict[tuple[str, ...], ResourceModule] = {(): ResourceModule(())}
    grouped: dict[tuple[str, ...], list[tuple[Any, tuple[str, str, Json]]]] = {}
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            operation = facts[str(endpoint.name)]
            grouped.setdefault(tuple(operation[2]["operationId"].split(".")[:-1]), []).append((endpoint, operation))
    for path, members in sorted(grouped.items(), key=lambda item: item[0]):
        names = [operation["operationId"] for _, (_, _, operation) in members] + list(resolved.get("x-aliases", {}))
        shadows = frozenset(name.rsplit(".", 1)[-1] for name in names)
        calls = [make_call(endpoint, where, components, shadows) for endpoint, where in members]
        _node(tree, path).calls = sorted(calls, key=lambda call: call.name)
        _node(tree, path).purpose = _purpose(calls, resolved)
    for alias, entry in sorted(resolved.get("x-aliases", {}).items()):
        _hang(tree, tuple(alias.split(".")), entry)
    return tree


def _purpose(calls: list[Call], resolved: Json) -> str:
    """Return what the document says of the tag that most of some operations have."""
    listed: list[Json] = resolved.get("tags") or []
    told = {str(each.get("name")): text_of(each.get("description")) for each in listed}
    tags = Counter(str(tag) for call in calls for tag in call.facts.get("tags", [])[:1])
    return sentences(told.get(tags.most_common(1)[0][0], ""), _ENOUGH) if tags else ""


def _node(tree: dict[tuple[str, ...], ResourceModule], path: tuple[str, ...]) -> ResourceModule:
    """Return a node of the tree, made with those above it where it is not there yet."""
    if path not in tree:
        tree[path] = ResourceModule(path)
        _node(tree, path[:-1]).children.append(tree[path])
    return tree[path]


def _hang(tree: dict[tuple[str, ...], ResourceModule], alias: tuple[str, ...], entry: Json) -> None:
    """Put an alias into the tree: of a resource as one more child, of an operation as one more method."""
    node, target = _node(tree, alias[:-1]), tuple(entry["of"].split("."))
    if target in tree:
        node.children.append(ResourceAlias(alias[-1], tree[target]))
    else:
        home = tree[target[:-1]]
        call = next(call for call in home.calls if call.name == target[-1])
        node.aliases.append(MethodAlias(alias[-1], entry["of"], call, home, entry["note"]))
