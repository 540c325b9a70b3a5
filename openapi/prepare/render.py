"""What the templates ask of the generator's property objects: Python types, codecs and argument lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from keyword import iskeyword
from typing import Any

from openapi_python_client.parser.properties import AnyProperty, LiteralEnumProperty, ModelProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty

from .classnames import dict_class
from .errors import PrepareError
from .names import snake
from .normalise import property_wire

CALL_OPTIONS = ("extra_headers", "extra_query", "extra_body", "timeout", "retries")
"""Keyword arguments every method takes; a parameter of the document by such a name gets an underscore."""
_BUILTINS = ("list", "dict", "str", "int", "float", "bool", "bytes")
_DICT_NAMES = frozenset({"Any", "Literal", "Mapping", "NotRequired", "Sequence", "datetime", *_BUILTINS})
_MODEL_NAMES = frozenset({"from_dict", "to_dict", "keys", "additional_properties", "builtins", "datetime", "self"})
_PLAIN: dict[type, str] = {
    StringProperty: "str",
    IntProperty: "int",
    FloatProperty: "float",
    BooleanProperty: "bool",
    NoneProperty: "None",
    AnyProperty: "Any",
    DateTimeProperty: "datetime.datetime",
    DateProperty: "datetime.date",
}


_JSON_TYPES: dict[type, str] = {
    StringProperty: "str",
    IntProperty: "int",
    FloatProperty: "float",
    BooleanProperty: "bool",
    ModelProperty: "dict",
}
"""Property -> its type in JSON, where that tells anything."""


def wire_name(prop: Any) -> str:
    """Return the name of a property or parameter on the wire."""
    return property_wire(prop.name.get_untrusted_value())


def attribute_names(props: Iterable[Any]) -> dict[str, str]:
    """Return wire name -> attribute name: snake_case, unique, never a name the model itself needs."""
    return attributes([wire_name(prop) for prop in props])


def attributes(wires: Iterable[str]) -> dict[str, str]:
    """Return wire name -> attribute name for the properties of one model, in their order."""
    names: dict[str, str] = {}
    taken = set(_MODEL_NAMES)
    for wire in wires:
        name = snake(wire)
        while name in taken:
            name = f"{name}_"
        taken.add(name)
        names[wire] = name
    return names


def is_map(prop: Any) -> bool:
    """Tell whether an object has no named properties, so that a dict is all it is."""
    return isinstance(prop, ModelProperty) and not (prop.required_properties or prop.optional_properties)


def inner_properties(prop: Any) -> list[Any]:
    """Return what a property is made of: the fields of an object, the branches of a union, the item of a list."""
    if isinstance(prop, ModelProperty):
        fields = [*(prop.required_properties or []), *(prop.optional_properties or [])]
        return [*fields, *([prop.additional_properties] if prop.additional_properties else [])]
    if isinstance(prop, UnionProperty):
        return list(prop.inner_properties)
    return [prop.inner_property] if isinstance(prop, ListProperty) else []


def reading_type(prop: Any) -> str:
    """Return the type of a value as it is read."""
    return _type(prop, reading=True)


def writing_type(prop: Any) -> str:
    """Return the type of a value as it may be passed: models also as typed dicts, lists as any sequence."""
    return _type(prop, reading=False)


def _type(prop: Any, *, reading: bool) -> str:
    if isinstance(prop, UnionProperty):
        return joined([_type(inner, reading=reading) for inner in prop.inner_properties])
    if isinstance(prop, ListProperty):
        return f"{'list' if reading else 'Sequence'}[{_type(prop.inner_property, reading=reading)}]"
    if is_map(prop):
        inner = _type(prop.additional_properties, reading=reading) if prop.additional_properties else "Any"
        return f"{'dict' if reading else 'Mapping'}[str, {inner}]"
    if isinstance(prop, ModelProperty):
        return str(prop.class_info.name) if reading else joined(_writing_types(prop))
    return _plain_type(prop, reading=reading)


def _writing_types(model: Any) -> Iterator[str]:
    """Yield what may be passed for a model; a mapping only where the document invites keys it does not name."""
    yield from (str(model.class_info.name), dict_class(model.class_info.name))
    if model.additional_properties:
        yield f"Mapping[str, {writing_type(model.additional_properties)}]"


def _plain_type(prop: Any, *, reading: bool) -> str:
    if isinstance(prop, LiteralEnumProperty):
        return str(prop.class_info.name)
    if isinstance(prop, ConstProperty):
        return f"Literal[{prop.value.raw_value!r}]"
    if isinstance(prop, FileProperty):
        return "bytes" if reading else "FileInput"
    if type(prop) not in _PLAIN:
        raise PrepareError(f"{prop.name}: {type(prop).__name__} has no Python type here; add one to render.py")
    return _PLAIN[type(prop)]


def joined(parts: Iterable[str]) -> str:
    """Join types into one union: each once, None last, Any alone."""
    flat = list(dict.fromkeys(part for each in parts for part in _split_union(each)))
    if "Any" in flat:
        return "Any"
    return " | ".join(sorted(flat, key=lambda part: part == "None"))


def _split_union(text: str) -> Iterator[str]:
    """Split a union at its top level."""
    depth = start = 0
    for index, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if text[index : index + 3] == " | " and depth == 0:
            yield text[start:index]
            start = index + 3
    yield text[start:]


def optional(kind: str) -> str:
    """Return a type that may also be None."""
    return joined([kind, "None"])


def codec(prop: Any) -> Any:
    """Return how a JSON value is read, as data (the language is explained in templates/types.py.jinja)."""
    if isinstance(prop, UnionProperty):
        return _union_codec(prop)
    if isinstance(prop, ListProperty):
        inner = codec(prop.inner_property)
        return None if inner is None else [inner]
    if is_map(prop):
        inner = codec(prop.additional_properties) if prop.additional_properties else None
        return None if inner is None else {"*": inner}
    if isinstance(prop, ModelProperty):
        return str(prop.class_info.name)
    return {DateTimeProperty: "@datetime", DateProperty: "@date"}.get(prop.__class__)


def _union_codec(prop: UnionProperty) -> Any:
    """Return the codec of a union; text stays text where any text is allowed, as a date could not be told from it."""
    text = any(isinstance(inner, (StringProperty, AnyProperty)) for inner in prop.inner_properties)
    branches = [inner for inner in prop.inner_properties if not (text and str(codec(inner)).startswith("@"))]
    if all(codec(inner) is None for inner in branches):
        return None
    told = [each for inner in branches if (each := _branch_codec(inner)) is not None]
    unique = [each for index, each in enumerate(told) if each not in told[:index]]
    return unique[0] if len(unique) == 1 else tuple(unique)


def _branch_codec(prop: Any) -> Any:
    """Return the codec of a branch: a plain map has one here, so that it is not taken for the model beside it."""
    if is_map(prop):
        return codec(prop) or {"*": None}
    if isinstance(prop, ListProperty):
        inner = _branch_codec(prop.inner_property)
        return None if inner is None else [inner]
    return codec(prop)


def classes(props: Iterable[Any]) -> list[str]:
    """Return the names to import for the types of some properties, sorted."""
    return sorted({str(each.class_info.name) for prop in props for each in _named(prop)})


def dict_classes(props: Iterable[Any]) -> list[str]:
    """Return the typed dicts to import for what may be passed for some properties, sorted."""
    models = [each for prop in props for each in _named(prop) if isinstance(each, ModelProperty)]
    return sorted({dict_class(str(each.class_info.name)) for each in models})


def _named(prop: Any) -> Iterator[ModelProperty | LiteralEnumProperty]:
    """Yield the models and enums that the type of a property names."""
    if isinstance(prop, LiteralEnumProperty) or (isinstance(prop, ModelProperty) and not is_map(prop)):
        yield prop
    inner = prop.additional_properties if isinstance(prop, ModelProperty) else None
    for each in [inner] if inner else [] if isinstance(prop, ModelProperty) else inner_properties(prop):
        yield from _named(each)


def constructor(model: Any) -> list[str]:
    """Return the arguments of a model's constructor: what its typed dict takes, under the names of its attributes."""
    names = _renamed(model)
    if not names:
        return [f"**fields: Unpack[{dict_class(str(model.class_info.name))}]"]
    declared = ["*"]
    for prop in [*model.required_properties, *model.optional_properties]:
        kind = unshadowed(writing_type(prop), names.values())
        declared.append(f"{names[wire_name(prop)]}: {kind}" + ("" if prop.required else " = ..."))
    return declared


def constructor_dicts(model: Any) -> list[str]:
    """Return the typed dicts that the constructor of a model names."""
    return dict_classes(inner_properties(model) if _renamed(model) else [model])


def _renamed(model: Any) -> dict[str, str]:
    """Return wire name -> attribute name where any of the two differ, else nothing."""
    names = attribute_names([*model.required_properties, *model.optional_properties])
    return names if any(wire != name for wire, name in names.items()) else {}


def written_models(props: Iterable[Any]) -> list[ModelProperty]:
    """Return the models that bodies and arguments are or hold, at any depth, sorted by name."""
    found: dict[str, ModelProperty] = {}
    pending = list(props)
    while pending:
        prop = pending.pop()
        is_class = isinstance(prop, ModelProperty) and not is_map(prop)
        if is_class and found.setdefault(str(prop.class_info.name), prop) is not prop:
            continue
        pending += inner_properties(prop)
    return [found[name] for name in sorted(found)]


def written_aliases(aliases: Iterable[Any], models: Iterable[ModelProperty]) -> list[Any]:
    """Return the components that are types but no classes and that arguments may hold, told by their models."""
    known = {dict_class(str(model.class_info.name)) for model in models}
    return [prop for prop in aliases if (found := dict_classes([prop])) and known.issuperset(found)]


def is_plain_class(keys: Iterable[str]) -> bool:
    """Tell whether keys can be written as the names of a class body, none of which hides what its types name."""
    return all(
        key.isidentifier() and not iskeyword(key) and not key.startswith("__") and key not in _DICT_NAMES
        for key in keys
    )


def union_members(models: Iterable[Any], endpoints: Iterable[Any]) -> set[str]:
    """Return the classes that must be told apart when read: branches of unions, and all that is inside of them."""
    inside = {str(model.class_info.name): classes(inner_properties(model)) for model in models}
    props = [prop for model in models for prop in inner_properties(model)]
    props += [response.prop for endpoint in endpoints for response in endpoint.responses]
    found: set[str] = set()
    pending = [name for prop in props for union in _unions(prop) for name in classes([union])]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += inside.get(name, [])
    return found


def _unions(prop: Any) -> Iterator[UnionProperty]:
    """Yield the unions of structured types in a property, outside of its classes."""
    if isinstance(prop, UnionProperty) and isinstance(codec(prop), tuple):
        yield prop
    elif not isinstance(prop, ModelProperty):
        for inner in inner_properties(prop):
            yield from _unions(inner)


def tells(model: Any, members: set[str]) -> dict[str, Any]:
    """Return wire name -> what the field of a union's member holds, beside what its codec tells.

    The language is explained in templates/types.py.jinja.
    """
    if str(model.class_info.name) not in members:
        return {}
    props = [*model.required_properties, *model.optional_properties]
    return {wire_name(prop): tell for prop in props if (tell := _tell(prop)) is not None}


def _tell(prop: Any) -> Any:
    if isinstance(prop, UnionProperty):
        whole = codec(prop) is None
        plain = [inner for inner in prop.inner_properties if whole or _branch_codec(inner) is None]
        return _union_tell([_tell(inner) for inner in plain if not isinstance(inner, NoneProperty)])
    if codec(prop) is not None:
        return None
    if isinstance(prop, ConstProperty):
        return (prop.value.raw_value,)
    if isinstance(prop, LiteralEnumProperty):
        return tuple(sorted(prop.values, key=str))
    if isinstance(prop, ListProperty):
        inner = _tell(prop.inner_property)
        return "list" if inner is None else [inner]
    return _JSON_TYPES.get(prop.__class__)


def _union_tell(told: list[Any]) -> Any:
    """Return what all branches of a union say together: values where all list values, else the types."""
    if len(told) < 2:
        return told[0] if told else None
    if all(isinstance(tell, tuple) for tell in told):
        return tuple(value for tell in told for value in tell)
    if not all(isinstance(tell, (str, tuple)) for tell in told):
        return None
    types = [tell if isinstance(tell, str) else tell[0].__class__.__name__ for tell in told]
    return " ".join(dict.fromkeys(" ".join(types).split()))


def unshadowed(kind: str, names: Iterable[str]) -> str:
    """Return a type that still means the built-in where the class has an attribute or method of that name."""
    hidden = [name for name in _BUILTINS if name in names]
    return re.sub(rf"(?<![\w.'\"])({'|'.join(hidden)})\b(?!['\"])", r"builtins.\1", kind) if hidden else kind
