"""The audit: a second reader of the document, which looks in the generated package for everything the document says.

It walks the resolved document (``openapi.json``, before any normalisation) and the imported code, and gives a row for
each loss: JSON pointer, what was lost, what was expected, what was found. ``python -m tests.generated.audit [DIR]``
prints them; DIR is the folder that holds ``portkey_api``.

What follows is no loss, because Python's types cannot say it or must not:

- Bounds, lengths, patterns, counts, uniqueness and ``not``: they narrow values, not types. The mock checks them.
- ``format: uuid``, ``uri``, ``email``, ``int32`` and the like: an id stays text, as gateways send ids of any shape.
- Fractions in enums are plain numbers: Python has no literal for them. Both booleans in one enum are ``bool``.
- Branches that only list ``required``: which properties are needed together is a validation.
- ``additionalProperties: false``: answers are read tolerantly, so an unknown field is kept, not refused.
- An answer without a documented body is ``Any``: gateways send one nevertheless. One that may have none is ``None``.
- Which position of a list holds which type: its items have all of them.
- Of several media types for one body the client uses one, JSON first.
- An object or a list in a path, header or cookie is passed as a mapping or a sequence, or as text written already.
- Defaults and the unions' ``discriminator``: the first are never sent, the second only repeats the branches.
- The class of a union's branch, where the sample fits another branch of the union as well.
"""

from __future__ import annotations

import argparse
import datetime as dt
import inspect
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args, get_origin, is_typeddict

import attrs

from tests.generated.document import ANY, NULL, Const, Document, Json, Kind, Leaf, Many, Object, Site, pointer
from tests.generated.package import Call, Package, branches, container, overloads

ROOM = Path(__file__).parents[2] / "generated"
_LEAVES = {
    Any: "any",
    type(None): "null",
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    bytes: "bytes",
    dt.datetime: "datetime",
    dt.date: "date",
}
_DELIMITERS = {"spaceDelimited": "ssv", "pipeDelimited": "pipes"}
_MEDIA = ("json", "multipart", "form", "text", "binary")


class Row(NamedTuple):
    """One loss."""

    at: str
    lost: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.at}: {self.lost}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class Structure:
    """A list, map, typed dict or model class in an annotation."""

    name: str
    inner: Any


Shape: TypeAlias = Leaf | Const | Structure


def audit(folder: Path, under: tuple[str, ...] = ("",)) -> list[Row]:
    """Return every loss of the package in a folder, each once.

    Args:
        folder: The folder that holds ``portkey_api``.
        under: JSON pointers of the components and operations to look at; all of them when left out.
    """
    document = Document.load(folder / "portkey_api" / "openapi.json")
    with Package(folder) as package:
        auditor = Auditor(document, package)
        return list(dict.fromkeys([*auditor.components(under), *auditor.operations(under), *auditor.rest()]))


@dataclass
class Auditor:
    """Holds a document against a package; ask it for rows."""

    document: Document
    package: Package
    chance: random.Random | None = None
    """Where random samples come from; none are taken without."""
    count: int = 0
    """How many random samples to take of each kind of value."""
    _pairs: dict[tuple[int, Any], list[Row]] = field(default_factory=dict)
    _classes: dict[int, set[Any]] = field(default_factory=dict)
    """An object of the document -> the classes that stand for it where it is used."""

    def components(self, under: tuple[str, ...]) -> Iterator[Row]:
        for name, site in self.document.components():
            if site.at.startswith(under):
                yield from self._component(name, site)

    def operations(self, under: tuple[str, ...]) -> Iterator[Row]:
        for path, method, site in self.document.operations():
            if site.at.startswith(under):
                yield from self._operation(path, method, site)

    def rest(self) -> Iterator[Row]:
        yield from self._schemes()
        yield from self._aliases()

    def _aliases(self) -> Iterator[Row]:
        """Yield where an alias is not the very method or resource it is an alias of."""
        for alias, entry in self.document.root.get("x-aliases", {}).items():
            for is_async in (False, True):
                meant, found = (self.package.reached(name, is_async=is_async) for name in (entry["of"], alias))
                yield from _unequal(pointer("x-aliases", alias), "alias", meant, found)

    def _schemes(self) -> Iterator[Row]:
        for name, scheme in self.document.root["components"].get("securitySchemes", {}).items():
            is_key = scheme["type"] == "apiKey"
            expected = (scheme["in"], scheme["name"]) if is_key else ("header", "Authorization")
            found = self.package.resources.SECURITY_SCHEMES.get(name)
            yield from _unequal(pointer("components", "securitySchemes", name), "security scheme", expected, found)

    def _component(self, name: str, site: Site) -> Iterator[Row]:
        annotation = self.package.component(name)
        if annotation is None:
            yield Row(site.at, "component", name, "nothing")
            return
        yield from self._types(site, annotation)
        codec = self.package.codec(name)
        yield from self._readings(site, lambda raw: self.package.types.read(codec, raw))

    # -- types

    def _types(
        self, site: Site, annotation: Any, also: Iterable[Shape] = (), *, writing: bool = False
    ) -> Iterator[Row]:
        """Yield where an annotation is not what a schema says.

        Args:
            site: The schema.
            annotation: The type found for it.
            also: What the type may be besides.
            writing: Whether the type is one of an argument, which takes a typed dict for a model, and any mapping
                where the document invites keys it does not name.
        """
        expected, found = self.document.kinds(site), self._shapes(annotation)
        if ANY in expected or ANY in found:
            yield from _unequal(site.at, "type", ANY in expected, ANY in found, _told(expected), _told(found))
            return
        plain = [kind for kind in expected if isinstance(kind, (Leaf, Const))]
        for kind in [kind for kind in plain if kind not in found]:
            yield Row(site.at, _word(kind), _told([kind]), _told(found))
        used: list[Shape] = [*plain, *also]
        if writing and any(isinstance(kind, Object) and kind.is_open for kind in expected):
            used += [shape for shape in found if isinstance(shape, Structure) and shape.name == "map"]
        yield from self._structures(site, found, used, writing=writing)
        for shape in [shape for shape in found if shape not in used]:
            yield Row(site.at, "only what is documented", _told(expected), _told([shape]))

    def _structures(self, site: Site, found: list[Shape], used: list[Shape], *, writing: bool) -> Iterator[Row]:
        """Pair structured kinds with structured types: exact pairs first, then each that is left with the nearest."""
        kinds = [kind for kind in self.document.kinds(site) if isinstance(kind, (Many, Object))]
        shapes = [shape for shape in found if isinstance(shape, Structure)]
        left: list[Many | Object] = []
        for kind in kinds:
            meant = sorted((shape for shape in shapes if self._means(kind, shape)), key=lambda shape: shape in used)
            exact = next((shape for shape in meant if not self._pair(kind, shape, writing=writing)), None)
            if exact is None:
                left.append(kind)
            else:
                yield from self._taken(site, kind, exact, found, used, writing=writing)
        for kind in left:
            meant = [shape for shape in shapes if shape not in used and self._means(kind, shape)]
            if not meant:
                yield Row(site.at, "branch" if len(kinds) > 1 else "type", _told([kind]), _told(found))
                continue
            nearest = min(meant, key=lambda shape: len(self._pair(kind, shape, writing=writing)))
            yield from self._taken(site, kind, nearest, found, used, writing=writing)
            yield from self._pair(kind, nearest, writing=writing)

    def _shapes(self, annotation: Any) -> list[Shape]:
        """Return the members of an annotation in the words of the document."""
        shapes: list[Shape] = []
        for each in branches(annotation):
            inner = container(each)
            if get_origin(each) is Literal:
                shapes += [Const(value, type(value).__name__) for value in get_args(each)]
            elif inner:
                shapes.append(Structure(*inner))
            elif is_typeddict(each):
                shapes.append(Structure("dict", each))
            elif self.package.is_model(each):
                shapes.append(Structure("object", each))
            else:
                shapes.append(Leaf(_LEAVES.get(each, str(each))))
        return shapes

    def _taken(
        self, site: Site, kind: Many | Object, shape: Structure, found: list[Shape], used: list[Shape], *, writing: bool
    ) -> Iterator[Row]:
        """Count a type as used for a kind; yield what is lost of the typed dict that may be passed for a model."""
        used.append(shape)
        if isinstance(kind, Many):
            return
        self._classes.setdefault(id(kind), set()).add(shape.inner)
        if writing:
            literal = Structure("dict", self.package.dict_of(shape.inner))
            if literal in found:
                used.append(literal)
                yield from self._dict(kind, literal.inner)
            else:
                yield Row(site.at, "dict", f"{shape.inner.__name__}Dict", _told(found))

    def _means(self, kind: Many | Object, shape: Structure) -> bool:
        """Tell whether a type can stand for a kind: the same container, or the class of the component it is."""
        if isinstance(kind, Many):
            return kind.name == shape.name
        named = self._class_of(kind)
        return shape.name == "object" and (named is None or shape.inner is named)

    def _class_of(self, kind: Object) -> Any:
        """Return the class of an object that is a component; None where it is none, or the component is an alias."""
        prefix, _, name = kind.at.rpartition("/")
        named = self.package.component(name) if prefix == "/components/schemas" else None
        return named if self.package.is_model(named) else None

    def _pair(self, kind: Many | Object, shape: Structure, *, writing: bool) -> list[Row]:
        if isinstance(kind, Many):
            return list(self._types(kind.item, shape.inner, writing=writing))
        key = (id(kind), shape.inner)
        if key not in self._pairs:
            self._pairs[key] = []  # a pair that is still being looked at counts as lossless
            self._pairs[key] = list(self._object(kind, shape.inner))
        return self._pairs[key]

    def _dict(self, kind: Object, literal: Any) -> list[Row]:
        key = (id(kind), literal)
        if key not in self._pairs:
            self._pairs[key] = []
            self._pairs[key] = list(self._keys(kind, literal))
        return self._pairs[key]

    def _keys(self, kind: Object, literal: Any) -> Iterator[Row]:
        """Yield what a typed dict lacks of an object, key by key."""
        hints = self.package.hints(literal)
        for wire, site in kind.properties.items():
            if wire in hints:
                yield from _unequal(site.at, "required key", wire in kind.required, wire in literal.__required_keys__)
                yield from self._types(site, hints[wire], writing=True)
            else:
                yield Row(site.at, "key", wire, f"{literal.__name__} without it")
        for wire in hints.keys() - kind.properties.keys():
            yield Row(kind.at, "only what is documented", _told([kind]), f"{literal.__name__}[{wire!r}]")

    # -- objects

    def _object(self, kind: Object, model: Any) -> Iterator[Row]:
        fields = self.package.fields(model)
        for wire, site in kind.properties.items():
            if wire in fields:
                yield from self._property(kind, wire, model, fields[wire])
            else:
                yield Row(site.at, "property", wire, f"{model.__name__} without it")
        for wire in fields.keys() - kind.properties.keys():
            yield Row(kind.at, "only what is documented", _told([kind]), f"{model.__name__}.{wire}")
        if kind.other:
            yield from self._types(kind.other, self.package.other(model))
            yield from self._readings(kind.other, lambda raw: model.from_dict({"new key": raw})["new key"])

    def _property(self, kind: Object, wire: str, model: Any, found: attrs.Attribute[Any]) -> Iterator[Row]:
        site, required = kind.properties[wire], wire in kind.required
        yield from _unequal(site.at, "required", required, found.default is attrs.NOTHING)
        yield from self._types(site, self.package.hints(model)[found.name], [] if required else [NULL])
        yield from self._readings(site, lambda raw: getattr(model.from_dict({wire: raw}), found.name))

    def _readings(self, site: Site, read: Callable[[Any], Any]) -> Iterator[Row]:
        """Yield where a sample is not read as the schema says."""
        for kind in self.document.kinds(site):
            for raw in self._samples(kind):
                try:
                    value = read(raw)
                except Exception as error:  # noqa: BLE001  # whatever it is, reading may not raise it
                    value = error
                if not self._is_read(site, raw, value):
                    yield Row(site.at, "reading", _told([kind]), f"{type(value).__name__} from {raw!r:.200}")

    def _samples(self, kind: Kind) -> Iterator[Any]:
        yield from self.document.samples(kind)
        if self.chance is not None:
            yield from (self.document.random_sample(kind, self.chance) for _ in range(self.count))

    def _is_read(self, site: Site, raw: Any, value: Any) -> bool:
        """Tell whether a value is what reading a JSON value should give, by one of the kinds it fits."""
        return any(
            self.document.fits_kind(kind, raw) and self._is_of(kind, raw, value) for kind in self.document.kinds(site)
        )

    def _is_of(self, kind: Kind, raw: Any, value: Any) -> bool:
        if isinstance(kind, Object):
            return self.package.is_model(type(value)) and self._stands_for(kind, type(value))
        if isinstance(kind, Many) and isinstance(raw, (list, dict)):
            keys = range(len(raw)) if isinstance(raw, list) else raw.keys()
            return type(value) is type(raw) and all(self._is_read(kind.item, raw[key], value[key]) for key in keys)
        moment = {"datetime": dt.datetime, "date": dt.date}.get(kind.name)
        return kind == ANY or (type(value) is moment if moment else type(value) is type(raw) and value == raw)

    def _stands_for(self, kind: Object, model: Any) -> bool:
        known = self._class_of(kind)
        if known is None and id(kind) not in self._classes:
            return not self._pair(kind, Structure("object", model), writing=False)
        return model is known or model in self._classes.get(id(kind), ())

    # -- operations

    def _operation(self, path: str, method: str, site: Site) -> Iterator[Row]:
        dotted = site.schema["operationId"]
        call, twin = (self.package.call(dotted, is_async=is_async) for is_async in (False, True))
        if call is None or twin is None:
            yield Row(site.at, "operation", dotted, "nothing" if call is None else "no asynchronous one")
            return
        yield from _unequal(site.at, "asynchronous twin", _face(call), _face(twin))
        yield from self._facts(path, method, site, call)
        yield from self._parameters(site, call)
        yield from self._body(site, call)
        yield from self._answers(site, call)

    def _facts(self, path: str, method: str, site: Site, call: Call) -> Iterator[Row]:
        said, operation = site.schema, call.operation
        yield from _unequal(site.at, "name", said["operationId"], operation.name)
        yield from _unequal(site.at, "method and path", (method.upper(), path), (operation.method, operation.path))
        yield from _unequal(f"{site.at}/x-server-group", "server group", said["x-server-group"], operation.server)
        address = self.package.resources.SERVERS.get(operation.server)
        yield from _unequal(f"{site.at}/servers", "server", said["servers"][0]["url"], address)
        needed = {frozenset(alternative) for alternative in said["security"]}
        yield from _unequal(f"{site.at}/security", "security", needed, {frozenset(each) for each in operation.security})

    def _parameters(self, site: Site, call: Call) -> Iterator[Row]:
        for index, said in enumerate(site.schema["parameters"]):
            at, wire, place = f"{site.at}/parameters/{index}", said["name"], said["in"]
            argument = call.arguments.get(call.parts.get(place, {}).get(wire))
            if argument is None:
                elsewhere = [other for other, part in call.parts.items() if wire in part]
                yield Row(at, "parameter", f"{wire} in {place}", f"in {elsewhere[0]}" if elsewhere else "nothing")
                continue
            required = said.get("required") is True or place == "path"
            yield from _unequal(at, "required", required, argument.default is argument.empty)
            yield from self._parameter(said, Site(said.get("schema", {}), f"{at}/schema"), call, argument.name)

    def _parameter(self, said: Json, site: Site, call: Call, name: str) -> Iterator[Row]:
        annotation = self.package.hints(call.method)[name]
        kinds = self.document.kinds(site)
        style = _style(said, kinds)
        yield from _unequal(site.at, "style", style, call.operation.styles.get(f"{said['in']} {said['name']}"))
        if style in ("json", "deepObject"):
            shapes = self._shapes(annotation)
            yield from _unequal(site.at, "type", True, Structure("map", Any) in shapes, "a mapping", _told(shapes))
            return
        optional = [] if said.get("required") else [NULL]
        text = [Leaf("str")] if _is_list(kinds) else []
        yield from self._types(site, annotation, [*optional, *text], writing=True)

    def _body(self, site: Site, call: Call) -> Iterator[Row]:
        said = site.schema.get("requestBody", {})
        content, media = said.get("content", {}), call.operation.content_type
        if not content:
            return
        if media not in content or "body" not in call.parts:
            yield Row(f"{site.at}/requestBody/content", "content type", ", ".join(content), str(media))
            return
        body = Site(content[media].get("schema", {}), f"{site.at}/requestBody/content{pointer(media)}/schema")
        required = said.get("required") is True
        part = call.parts["body"]
        if isinstance(part, dict):
            deciding = {call.arguments[part[wire]].name for wire in site.schema.get("x-answer-by", {}) if wire in part}
            yield from self._keywords(body, call, part, deciding, required=required)
            return
        argument = call.arguments[part]
        yield from _unequal(body.at, "required", required, argument.default is argument.empty)
        yield from self._types(body, self.package.hints(call.method)[argument.name], writing=True)

    def _keywords(self, body: Site, call: Call, part: Json, deciding: set[str], *, required: bool) -> Iterator[Row]:
        """Yield where keyword arguments are not the properties of the body; each kind of body has an overload."""
        left = _groups(call.method, {"stream", *deciding})
        names = {wire: call.arguments[marker].name for wire, marker in part.items()}
        for kind in self.document.kinds(body):
            if not isinstance(kind, Object) or not left:
                yield Row(body.at, "branch", _told([kind]), "no arguments for it")
                continue
            losses = {each: list(self._overload(kind, each, names, required=required)) for each in left}
            nearest = min(left, key=lambda each: len(losses[each]))
            left.remove(nearest)
            yield from losses[nearest]

    def _overload(
        self, kind: Object, group: tuple[Any, ...], names: dict[str, str], *, required: bool
    ) -> Iterator[Row]:
        """Yield where some overloads, of which the last takes what any of them takes, have not the properties."""
        signatures = [inspect.signature(each).parameters for each in group]
        arguments, hints = signatures[-1], self.package.hints(group[-1])
        for wire, site in kind.properties.items():
            argument = arguments.get(names.get(wire, ""))
            if argument is None:
                yield Row(site.at, "argument", wire, "nothing")
                continue
            needed = required and wire in kind.required
            found = all(each[argument.name].default is argument.empty for each in signatures)
            yield from _unequal(site.at, "required argument", needed, found)
            yield from self._types(site, hints[argument.name], writing=True)
        for wire in [wire for wire, name in names.items() if name in arguments and wire not in kind.properties]:
            yield Row(kind.at, "only what is documented", _told([kind]), f"argument {wire}")

    # -- answers

    def _answers(self, site: Site, call: Call) -> Iterator[Row]:
        responses = {
            status: (said, f"{site.at}/responses/{status}") for status, said in site.schema["responses"].items()
        }
        good: list[Json] = []
        for status, (said, at) in responses.items():
            kind, answer = _answer(said, at)
            if status[0] in "12" or list(responses) == ["default"]:
                good.append(answer.schema)
                if kind == "json" and any(map(_is_text, said["content"])):
                    kind = "json or text"
                    good.append({"type": "string"})
            found = call.operation.responses.get(status)
            if found is None:
                yield Row(at, "answer", status, "nothing")
                continue
            yield from _unequal(at, "kind of body", kind, found[0])
            yield from self._read_by(found[1], answer) if kind.startswith("json") else ()
            yield from self._events(said, at, call)
        if "101" in responses:  # a websocket, whatever is said there
            found = self.package.hints(call.method)["return"]
            yield from _unequal(f"{site.at}/responses", "type", self.package.types.Socket, found)
            return
        whole = Site(good[0] if len(good) == 1 else {"oneOf": good}, f"{site.at}/responses")
        decided = list(self._decided(site, call))
        for function in {call.method, *overloads(call.method)} - {each for each, _ in decided}:
            yield from self._answer_type(whole, self.package.hints(function)["return"])
        for function, answer in decided:
            yield from self._answer_type(answer, self.package.hints(function)["return"])
        yield from self._decided_readings(site, call)
        yield from self._stream_types(site, whole, call)

    def _decided(self, site: Site, call: Call) -> Iterator[tuple[Any, Site]]:
        """Yield the overloads for one value of the field that decides what the answer is, with that answer."""
        for wire, answers in site.schema.get("x-answer-by", {}).items():
            name = call.arguments[call.parts["body"][wire]].name
            for function in overloads(call.method):
                asked = get_args(self.package.hints(function).get(name))
                if len(asked) == 1:
                    yield function, self._answer_by(site, wire, answers[asked[0]])

    def _decided_readings(self, site: Site, call: Call) -> Iterator[Row]:
        """Yield where an answer that a field decides has no overload, or is not read as what it is."""
        for wire, answers in site.schema.get("x-answer-by", {}).items():
            at = f"{site.at}/x-answer-by/{wire}"
            yield from _unequal(at, "overloads", len(answers), len(list(self._decided(site, call))))
            for value, component in [(self.package.types.UNSET, next(iter(answers.values()))), *answers.items()]:
                codec = call.operation.answering(value).responses["200"][1]
                yield from self._read_by(codec, self._answer_by(site, wire, component))

    def _answer_by(self, site: Site, wire: str, component: str) -> Site:
        return Site({"$ref": f"#/components/schemas/{component}"}, f"{site.at}/x-answer-by/{wire}")

    def _answer_type(self, whole: Site, annotation: Any) -> Iterator[Row]:
        """Yield where the part of an annotation that is no stream is not what an operation answers."""
        plain, _ = self.package.streams(annotation)
        if plain:
            yield from self._types(whole, reduce(or_, plain))

    def _stream_types(self, site: Site, whole: Site, call: Call) -> Iterator[Row]:
        """Yield where streams of an operation, which an argument asks for, have not the type of its events."""
        said = site.schema["responses"].items()
        known = [_event_site(each, f"{site.at}/responses/{status}") for status, each in said if status[0] == "2"]
        events = next((each for each in known if each), None)
        if events is None or "stream" not in {argument.name for argument in call.arguments.values()}:
            return
        functions = overloads(call.method)
        found = [self.package.streams(self.package.hints(each)["return"]) for each in functions]
        kinds = sorted({(bool(plain), bool(streams)) for plain, streams in found})
        yield from _unequal(events.at, "overloads", [(False, True), (True, False), (True, True)], kinds)
        for event, answer in [each for _, streams in found for each in streams]:
            yield from self._types(events, event)
            yield from self._types(whole, answer)

    def _read_by(self, codec: Any, site: Site) -> Iterator[Row]:
        return self._readings(site, lambda raw: self.package.types.read(codec, raw))

    def _events(self, said: Json, at: str, call: Call) -> Iterator[Row]:
        events = _event_site(said, at)
        if events is not None:
            yield from self._read_by(call.operation.events, events)


def _groups(function: Any, flags: set[str]) -> list[tuple[Any, ...]]:
    """Return the overloads of a function, those together that differ only in what decides how it answers."""
    groups: dict[str, list[Any]] = {}
    for each in overloads(function):
        arguments = inspect.signature(each).parameters.values()
        groups.setdefault(", ".join(str(one) for one in arguments if one.name not in flags), []).append(each)
    return [tuple(group) for group in groups.values()]


def _event_site(said: Json, at: str) -> Site | None:
    """Return the schema of one event of an answer; None where it is no stream."""
    for media, each in (said.get("content") or {}).items():
        if media.startswith("text/event-stream") and "schema" in each:
            return Site(each["schema"], f"{at}/content{pointer(media)}/schema")
    return None


def _unequal(at: str, lost: str, expected: Any, found: Any, *told: str) -> Iterator[Row]:
    if expected != found:
        yield Row(at, lost, *(told or (str(expected), str(found))))


def _word(kind: Leaf | Const) -> str:
    return "value" if isinstance(kind, Const) else "null" if kind == NULL else "type"


def _told(kinds: Iterable[Kind | Shape]) -> str:
    """Return kinds or types as text for a reader."""
    words: list[str] = []
    for kind in kinds:
        if isinstance(kind, Object):
            words.append(f"object({', '.join(list(kind.properties)[:8])})")
        elif isinstance(kind, Structure):
            is_class = kind.name in ("object", "dict")
            words.append(kind.inner.__name__ if is_class else f"{kind.name} of {kind.inner}")
        else:
            words.append(repr(kind.value) if isinstance(kind, Const) else kind.name)
    return " | ".join(words) or "nothing"


def _face(call: Call) -> tuple[Any, ...]:
    """Return what must be the same of a method and its asynchronous twin."""
    parts = {
        place: {wire: call.arguments[marker].name for wire, marker in part.items()} if isinstance(part, dict) else None
        for place, part in call.parts.items()
    }
    signatures = [str(inspect.signature(each)) for each in overloads(call.method)]
    signatures = [re.sub(r"Async(Stream\[|Socket)", r"\1", each) for each in signatures]
    return call.operation, signatures, parts


def _is_list(kinds: Iterable[Kind]) -> bool:
    return any(isinstance(kind, Many) and kind.name == "list" for kind in kinds)


def _style(said: Json, kinds: Iterable[Kind]) -> str | None:
    """Return how a parameter travels that is no plain text (OpenAPI, style and explode)."""
    place, style = said["in"], said.get("style")
    if "content" in said:
        return "json"
    if style == "deepObject":
        return "deepObject"
    if any(isinstance(kind, Object) or (isinstance(kind, Many) and kind.name == "map") for kind in kinds):
        return "json"
    exploded = said.get("explode", place == "query" and style in (None, "form"))
    return _DELIMITERS.get(str(style), "csv") if _is_list(kinds) and not exploded else None


def _answer(said: Json, at: str) -> tuple[str, Site]:
    """Return how the body of an answer travels, and its schema."""
    content = said.get("content") or {}
    if not content:
        return "none", Site({"type": "null"} if at.endswith(("/204", "/205")) else {}, at)
    media = min(content, key=lambda each: _MEDIA.index(_media_kind(each)))
    kind, place = _media_kind(media), f"{at}/content{pointer(media)}/schema"
    if kind == "json":
        return kind, Site(content[media].get("schema", {}), place)
    schema = {"type": "string"} if kind == "text" else {"type": "string", "format": "binary"}
    return kind, Site(schema, place)


def _is_text(media: str) -> bool:
    return media.startswith("text/") and not media.startswith("text/event-stream")


def _media_kind(media: str) -> str:
    essence = media.partition(";")[0].strip().lower()
    if essence == "*/*" or essence.endswith(("/json", "+json")):
        return "json"
    family = {"multipart": "multipart", "text": "text"}.get(essence.partition("/")[0], "binary")
    return "form" if essence.endswith("x-www-form-urlencoded") else family


def main(arguments: list[str]) -> int:
    """Print the rows of one package and return the exit status: 0 for none."""
    parser = argparse.ArgumentParser(description="Look in a generated package for everything its document says.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOM, help="the folder that holds portkey_api")
    rows = audit(parser.parse_args(arguments).folder)
    sys.stdout.write("".join(f"{row}\n" for row in rows) + f"{len(rows)} losses\n")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
