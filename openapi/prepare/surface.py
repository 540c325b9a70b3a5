"""What a user of the Python client meets in one document: methods with arguments and answers, classes and types.

It is read off the normal form, which is what the generator gets, so that names and types are those of the client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from .calls import argument_name
from .change import Side
from .errors import Place
from .load import Json, is_array, is_object
from .normalise import (
    ALIASES,
    Normaliser,
    choose_media,
    endpoint_name,
    is_json_parameter,
    media_kind,
    parameter_position,
    property_wire,
    renamed,
)
from .pytypes import ANY, NONE, NOTHING, TEXT, Type, union
from .reach import reach
from .references import component_of, schemas_of, with_inner
from .render import attributes
from .report import Report
from .resolve import operations

Key = tuple[str, str]
"""An operation: its path and its HTTP method."""
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {"date-time": "datetime.datetime", "date": "datetime.date", "binary": "bytes"}


@dataclass(frozen=True)
class Argument:
    """One argument that is no part of a body."""

    name: str
    facts: Json
    """The parameter of the resolved document."""
    place: Place
    required: bool
    kind: Type


@dataclass(frozen=True)
class Method:
    """One operation."""

    key: Key
    facts: Json
    arguments: list[Argument]
    """Those of the path first, in its order."""
    body: Json | None
    """The normal form of the body."""
    fields: list[str]
    """The classes whose properties are keyword arguments; none where the body is one argument, or there is none."""
    answers: dict[str, Type]
    """Status -> the type of the body."""
    returns: Type
    """What the method returns."""

    @property
    def name(self) -> str:
        """The name in Python, ``resource.method``."""
        return str(self.facts["operationId"])

    @property
    def place(self) -> Place:
        """Where it stands in the resolved document."""
        return ("paths", *self.key)


class Surface:
    """One document."""

    def __init__(self, document: Json) -> None:
        normaliser = Normaliser(document, Report())
        self.document = document
        self._normal = normaliser.run()
        shapes: Json = self._normal["components"]["schemas"]
        others: Json = shapes.pop(ALIASES).get("properties", {})
        self.shapes: Json = {property_wire(name): target for name, target in others.items()}
        self.shapes |= {name: _spoken(shape) for name, shape in shapes.items()}
        self.place_of = {name: normaliser.places[name] for name in self.shapes}
        self._read()

    def rename(self, names: dict[str, str]) -> None:
        """Call classes as the other document calls them."""
        self._normal = {**self._normal, "paths": renamed(self._normal["paths"], names)}
        self.shapes = {names.get(name, name): renamed(shape, names) for name, shape in self.shapes.items()}
        self.place_of = {names.get(name, name): place for name, place in self.place_of.items()}
        self._read()

    def _read(self) -> None:
        """Work out all that follows from the shapes."""
        self.name_at = {place: name for name, place in self.place_of.items()}
        self.expand = cache(self._expand)
        self.attributes = cache(self._attributes)
        self.methods: dict[Key, Method] = {}
        self.arguments_of: dict[str, dict[str, dict[str, str]]] = {}
        """Class -> method that spreads it -> wire name -> argument."""
        for index, (path, method, facts) in enumerate(operations(self.document)):
            normal = self._normal["paths"][f"/{endpoint_name(index)}"][method]
            self.methods[path, method] = self._method((path, method), facts, normal)
        self.names = [method.name for method in self.methods.values()]
        self._find_users()

    # -- methods

    def _method(self, key: Key, facts: Json, normal: Json) -> Method:
        arguments: list[Argument] = []
        for each in normal["parameters"]:
            position = parameter_position(each["name"])
            parameter = facts["parameters"][position]
            name = argument_name(parameter["name"], parameter["in"], [argument.name for argument in arguments])
            kind = _json_parameter(parameter) if is_json_parameter(each["name"]) else self.type(each["schema"])
            place = ("paths", *key, "parameters", position)
            arguments.append(Argument(name, parameter, place, each["required"], kind))
        body = normal["requestBody"]["content"]["application/json"]["schema"] if "requestBody" in normal else None
        fields = [] if body is None else self._objects(body)
        for name in fields:
            taken = [argument.name for argument in arguments]
            self.arguments_of.setdefault(name, {})[facts["operationId"]] = self._field_names(name, taken)
        answers = {
            status: self._answer(status, facts["responses"].get(status, {}), each)
            for status, each in normal["responses"].items()
        }
        done = [status for status in answers if status.startswith(("1", "2")) or [*answers] == ["default"]]
        also = [TEXT for status in done if _is_also_text(facts["responses"].get(status, {}))]
        returns = union([*(answers[status] for status in done), *also]) if done else ANY
        return Method(key, facts, arguments, body, fields, answers, returns)

    def _answer(self, status: str, response: Json, normal: Json) -> Type:
        """Return the type of one answer: 204 and 205 have no body, and text is text whatever its schema."""
        if status in ("204", "205"):
            return NONE
        content: Json = response.get("content") or {}
        if content and media_kind(choose_media(list(content))) == "text":
            return TEXT
        return self.type(normal.get("content", {}).get("application/json", {}).get("schema", {}))

    def _objects(self, body: Json) -> list[str]:
        """Return the classes a body is one of, if it is nothing else."""
        if "$ref" in body:
            name = _referred(body)
            shape = self.shapes[name]
            return [name] if is_class(shape) else self._objects(shape)
        found = [self._objects(each) for each in body.get("oneOf", [])]
        return [name for names in found for name in names] if all(found) else []

    def _field_names(self, name: str, taken: list[str]) -> dict[str, str]:
        names: dict[str, str] = {}
        for wire in self._in_order(name):
            names[wire] = argument_name(wire, "body", [*taken, *names.values()])
        return names

    # -- types

    def type(self, shape: Any) -> Type:
        """Return the Python type of a schema in the normal form; a component or a class is but a name in it."""
        if isinstance(shape, bool):
            return ANY if shape else NOTHING
        if "$ref" in shape:
            return frozenset({("named", _referred(shape))})
        if "oneOf" in shape:
            return union(self.type(each) for each in shape["oneOf"])
        if "const" in shape or "enum" in shape:
            return frozenset(("literal", repr(value)) for value in shape.get("enum", [shape.get("const")]))
        kind = shape.get("type")
        if kind in ("array", "object"):
            inner = shape["items"] if kind == "array" else shape["additionalProperties"]
            return frozenset({("list" if kind == "array" else "dict", self.type(inner))})
        return frozenset({("plain", _FORMATS.get(shape.get("format", ""), _PLAIN.get(kind, "Any")))})

    def _expand(self, name: str) -> Type:
        shape = self.shapes[name]
        return frozenset({("class", name)}) if is_class(shape) else self.type(shape)

    def _attributes(self, name: str) -> dict[str, str]:
        return attributes(self._in_order(name))

    def _in_order(self, name: str) -> list[str]:
        """Return the properties of a class as the generator orders them: the required ones first."""
        shape = self.shapes[name]
        required = set(shape.get("required", []))
        return sorted(shape["properties"], key=lambda wire: wire not in required)

    # -- names

    def speak(self, place: Place, side: Side) -> str:
        """Return what a user types or reads for what stands at a place."""
        for end in range(len(place), 2, -1):
            here = place[:end]
            if here[-2] == "properties" and here[:-2] in self.name_at:
                return self.speak_property(self.name_at[here[:-2]], str(here[-1]), side)
            if here in self.name_at and (end == 3 or is_class(self.shapes[self.name_at[here]])):
                return self.name_at[here]
        method = self.methods[str(place[1]), str(place[2])]
        if place[3:4] == ("parameters",):
            return next(f"{method.name}({each.name}=)" for each in method.arguments if each.place == place[:5])
        return f"{method.name}(body=)" if place[3:4] == ("requestBody",) else f"{method.name}()"

    def speak_property(self, name: str, wire: str, side: Side) -> str:
        """Return a property as an argument where it is one of one method, else as an attribute."""
        spread = self.arguments_of.get(name, {})
        if side is Side.REQUEST and len(spread) == 1:
            ((method, names),) = spread.items()
            return f"{method}({names.get(wire, wire)}=)"
        shape = self.shapes[name]
        return f"{name}.{self.attributes(name).get(wire, wire)}" if is_class(shape) else name

    # -- who uses what

    def _find_users(self) -> None:
        """Find out which methods reach which names: through types, and also through what types were merged from."""
        typed = {name: sorted(set(_references(shape))) for name, shape in self.shapes.items()}
        whole: dict[str, set[str]] = {name: set(others) for name, others in typed.items()}
        for component, schema in self.document["components"]["schemas"].items():
            whole[self.name_at["components", "schemas", component]] |= self._mentions(schema)
        typed_roots: dict[str, int] = {}
        whole_roots: dict[str, int] = {}
        for index, method in enumerate(self.methods.values()):
            normal = self._normal["paths"][f"/{endpoint_name(index)}"][method.key[1]]
            raw = [(schema, _side(place)) for schema, place in schemas_of(method.facts, ())]
            for side, bit in ((Side.REQUEST, 1 << index), (Side.RESPONSE, 1 << index + len(self.names))):
                parts = (
                    [normal["parameters"], normal.get("requestBody")] if side is Side.REQUEST else normal["responses"]
                )
                types = set(_references(parts))
                mentions = {name for schema, there in raw if there is side for name in self._mentions(schema)}
                for roots, names in ((typed_roots, types), (whole_roots, types | mentions)):
                    for name in names:
                        roots[name] = roots.get(name, 0) | bit
        self._typed, self._whole = reach(typed, typed_roots), reach(whole, whole_roots)
        self.methods_in = cache(self._methods_in)

    def _mentions(self, schema: Any) -> set[str]:
        references = [each["$ref"] for each, _ in with_inner(schema, ()) if "$ref" in each]
        return {self.name_at["components", "schemas", str(component_of(each))] for each in references}

    def _methods_in(self, bits: int) -> tuple[str, ...]:
        digits = enumerate(reversed(f"{bits:b}"))
        return tuple(sorted(self.names[index] for index, digit in digits if digit == "1"))

    def users(self, name: str, side: Side, *, merged: bool = False) -> tuple[str, ...]:
        """Return the methods that reach a name on a side.

        Args:
            name: A class or type.
            side: The request or the response.
            merged: Whether to count those that only reach what it was merged into.
        """
        bits = (self._whole if merged else self._typed)[name]
        count = len(self.names)
        return self.methods_in(bits >> count if side is Side.RESPONSE else bits & (1 << count) - 1)


def is_class(shape: Json) -> bool:
    """Tell whether a schema in the normal form is a model class."""
    return bool(shape.get("properties"))


def _side(place: Place) -> Side:
    return Side.RESPONSE if place[0] == "responses" else Side.REQUEST


def _spoken(shape: Json) -> Json:
    """Return a component of the normal form with the property names of the wire."""
    spoken = dict(shape)
    if "properties" in shape:
        spoken["properties"] = {property_wire(name): each for name, each in shape["properties"].items()}
    if "required" in shape:
        spoken["required"] = [property_wire(name) for name in shape["required"]]
    return spoken


def _json_parameter(parameter: Json) -> Type:
    """Return the type of a parameter that is an object: a mapping, or its JSON text."""
    mapping: Type = frozenset({("dict", ANY)})
    return mapping if parameter.get("style") == "deepObject" else mapping | {("plain", "str")}


def _is_also_text(response: Json) -> bool:
    """Tell whether an answer may also be plain text, where the client looks for JSON."""
    content: Json = response.get("content") or {}
    json = bool(content) and media_kind(choose_media(list(content))) == "json"
    return json and any(media_kind(each) == "text" and not each.startswith("text/event-stream") for each in content)


def _referred(shape: Json) -> str:
    return str(component_of(shape["$ref"]))


def _references(node: Any) -> Iterator[str]:
    """Yield the names a node of the normal form refers to."""
    pending = [node]
    while pending:
        each = pending.pop()
        if is_array(each):
            pending += each
        elif is_object(each):
            if isinstance(each.get("$ref"), str):
                yield _referred(each)
            pending += each.values()
