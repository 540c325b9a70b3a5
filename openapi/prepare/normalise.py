"""Bring a resolved document into the form openapi-python-client 0.29.1 keeps in full.

In that form every object and enum is a component with a unique name, a schema is one of: reference, constant, plain
type, array, map, union, or anything. The generator knows operations, parameters and properties by their position, so
that no spelling of a name can trouble it, and takes every parameter for a query and every body for JSON: where and how
they travel is in the resolved document. What is dropped on the way is either no type (annotations and validations,
which openapi.json keeps) or is refused by its JSON pointer.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .canonical import canonical
from .classnames import ClassNames, branch_name, pascal, resource_class
from .errors import Place, refuse
from .load import DEEPEST, Json, is_array, is_object
from .merge import Algebra
from .names import placeholders
from .references import component_of, lookup
from .report import Report
from .resolve import operations
from .rules import NULL

_BINARY: Json = {"type": "string", "format": "binary"}
_TEXT: Json = {"type": "string"}
_PLACES = ("path", "query", "header", "cookie")
ALIASES = "Aliases"
"""The carrier component: one required property for each component that is a type but no class."""


class Normaliser:
    """Holds the components as they come to be; one instance normalises one document."""

    def __init__(self, document: Json, report: Report) -> None:
        self.document = document
        self.report = report
        self.algebra = Algebra(document, report)
        self.names = ClassNames(_resource_classes(document))
        self.components: Json = {}
        self.places: dict[str, Place] = {}
        """Class name -> where its schema stands."""
        self.class_of = {name: self.names.take(name) for name in document["components"]["schemas"]}
        """Component name of the document -> class name."""

    def run(self) -> Json:
        """Return the document for the generator.

        Raises:
            PrepareError: A schema or an operation cannot be kept, by its JSON pointer.
        """
        for name, schema in self.document["components"]["schemas"].items():
            place: Place = ("components", "schemas", name)
            self._add(self.class_of[name], self._shape(schema, self.class_of[name], place), place)
        others = self._other_names()
        paths = {
            f"/{endpoint_name(index)}": {method: self._operation(index, path, method, operation)}
            for index, (path, method, operation) in enumerate(operations(self.document))
        }
        schemas = {**self._sorted(), ALIASES: _carrier(self.components, others)}
        info = {"title": "API", "version": "0"}
        return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}

    def _add(self, class_name: str, shape: Json, place: Place) -> None:
        self.components[class_name] = shape
        self.places[class_name] = place

    def _other_names(self) -> dict[str, str]:
        """Take out the components that only name another one, which the generator would write as a second class.

        Returns:
            Class name -> the class it is another name of.
        """
        other = {name: _referred(schema) for name, schema in self.components.items() if "$ref" in schema}
        for name in other:
            seen = [name]
            while (target := other[seen[-1]]) in other:
                if target in seen:
                    raise refuse(self.places[name], f"is another name of itself ({' -> '.join(seen)}); give it a type")
                seen.append(target)
            other[name] = target
            del self.components[name]
        self.components = renamed(self.components, other)
        self.class_of = {name: other.get(class_name, class_name) for name, class_name in self.class_of.items()}
        return other

    def _sorted(self) -> Json:
        """Return the components, each behind those it is made of, so that the generator needs to read each once.

        Raises:
            PrepareError: A type contains itself without a class in between, which the generator cannot hold.
        """
        order = TopologicalSorter({name: _alias_references(schema) for name, schema in self.components.items()})
        try:
            return {name: self.components[name] for name in order.static_order()}
        except CycleError as error:
            circle: list[str] = error.args[1]
            problem = f"contains itself ({' -> '.join(circle)}); put an object with properties between"
            raise refuse(self.places[circle[0]], problem) from None

    # -- schemas

    def schema(self, raw: Any, name: str, place: Place) -> Json:
        """Return the normal form of a schema as it stands inside another: objects, maps and enums become references."""
        shape = self._shape(raw, name, place)
        if "enum" not in shape and shape.get("type") != "object":
            return shape
        class_name = self.names.take(name)
        self._add(class_name, shape, place)
        return _class(class_name)

    def _shape(self, raw: Any, name: str, place: Place) -> Json:
        if len(place) > DEEPEST:
            raise refuse(place, "nests without end, or too deeply; make components of the inner schemas")
        schema = self.algebra.settle(raw, place)
        if "$ref" in schema:
            return self._reference(schema["$ref"])
        if "oneOf" in schema:
            return self._union(schema, name, place)
        if schema.get("type") == "array":
            return {**schema, "items": self.schema(schema["items"], f"{name}Item", (*place, "items"))}
        if schema.get("type") == "object":
            return self._object(schema, name, place)
        return {key: value for key, value in schema.items() if key != "required"}

    def _reference(self, reference: str) -> Json:
        return _class(self.class_of[str(component_of(reference))])

    def _union(self, schema: Json, name: str, place: Place) -> Json:
        branches: dict[str, Json] = {}
        nothing = canonical(NULL)
        several = len([each for each in schema["oneOf"] if canonical(each) != nothing]) > 1
        for index, raw in enumerate(schema["oneOf"]):
            where = (*place, "oneOf", index)
            settled = self.algebra.settle(raw, where)
            branch = self.schema(settled, name + branch_name(settled, index) if several else name, where)
            for each in branch.get("oneOf", [branch]):
                branches.setdefault(canonical(each), each)
        if len(branches) == 1:
            self.report.rule("union-of-one", place)
            return next(iter(branches.values()))
        return {**{key: schema[key] for key in ("description",) if key in schema}, "oneOf": list(branches.values())}

    def _object(self, schema: Json, name: str, place: Place) -> Json:
        properties = {
            key: self.schema(value, name + pascal(key), (*place, "properties", key))
            for key, value in schema.get("properties", {}).items()
        }
        additional = self._additional(schema, name, place)
        required = list(dict.fromkeys(schema.get("required", [])))
        for key in required:
            if key not in properties:
                self.report.rule("declare-required", (*place, "required"))
                properties[key] = additional if is_object(additional) else {}
        result: Json = {key: schema[key] for key in ("type", "description") if key in schema}
        coded = {key: property_name(index, key) for index, key in enumerate(properties)}
        if properties:
            result["properties"] = {coded[key]: value for key, value in properties.items()}
        if required:
            result["required"] = [coded[key] for key in required]
        result["additionalProperties"] = additional if _speaks_of_others(schema) or not properties else False
        return result

    def _additional(self, schema: Json, name: str, place: Place) -> Json | bool:
        """Return the schema of unnamed properties; patterns of names become a union, as Python has no such type."""
        additional = schema.get("additionalProperties", True)
        patterns = list(schema.get("patternProperties", {}).values())
        if patterns:
            self.report.rule("pattern-properties", place)
            branches = [*patterns, *([additional] if is_object(additional) else [])]
            additional = {"oneOf": branches} if len(branches) > 1 else branches[0]
        if isinstance(additional, bool):
            return additional
        return self.schema(additional, f"{name}Value", (*place, "additionalProperties"))

    # -- operations

    def _operation(self, index: int, path: str, method: str, operation: Json) -> Json:
        name = pascal(operation["operationId"].replace("_", " ").title())
        place: Place = ("paths", path, method)
        result: Json = {"operationId": endpoint_name(index), "tags": ["all"]}
        shown = placeholders(path)
        parameters = enumerate(operation["parameters"])
        result["parameters"] = [
            self._parameter(position, parameter, name, (*place, "parameters", position))
            for position, parameter in sorted(parameters, key=lambda each: _travels(each[1], shown))
        ]
        if operation.get("requestBody", {}).get("content"):
            result["requestBody"] = self._body(operation["requestBody"], f"{name}Body", (*place, "requestBody"))
        responses: Json = operation["responses"] or {"default": {}}
        if not operation["responses"]:
            self.report.rule("missing-responses", place)
        result["responses"] = {
            status: self._response(response, _response_name(name, status, responses), (*place, "responses", status))
            for status, response in responses.items()
        }
        return result

    def _parameter(self, position: int, parameter: Json, name: str, place: Place) -> Json:
        """Return a parameter; an object travels as JSON text, as gateways read it."""
        as_json = self._is_object(parameter, place)
        if as_json:
            self.report.rule("object-parameter", place)
            normal: Json = _TEXT
        else:
            normal = self.schema(parameter.get("schema", {}), name + pascal(parameter["name"]), (*place, "schema"))
        required = parameter.get("required") is True or parameter["in"] == "path"
        return {
            "name": _parameter_name(position, as_json=as_json),
            "in": "query",
            "required": required,
            "schema": normal,
        }

    def _is_object(self, parameter: Json, place: Place) -> bool:
        """Tell whether a parameter may be an object, also behind references and beside null."""
        if "content" in parameter:
            return True
        pending = [parameter.get("schema", {})]
        seen: list[str] = []
        while pending:
            shape = self.algebra.settle(pending.pop(), (*place, "schema"))
            if "$ref" in shape and shape["$ref"] not in seen:
                seen.append(shape["$ref"])
                pending.append(lookup(self.document, shape["$ref"], place))
            if shape.get("type") == "object":
                return True
            pending += shape.get("oneOf", [])
        return False

    def _body(self, body: Json, name: str, place: Place) -> Json:
        media = choose_media(list(body["content"]))
        if len(body["content"]) > 1:
            self.report.rule("one-request-media-type", place)
        kind = media_kind(media)
        schema: Json = {"text": _TEXT, "binary": _BINARY}.get(kind, {})
        if kind not in ("text", "binary"):
            raw = body["content"][media].get("schema", {})
            schema = self.schema(raw, name, (*place, "content", media, "schema"))
        return {"required": body.get("required") is True, "content": {"application/json": {"schema": schema}}}

    def _response(self, response: Json, name: str, place: Place) -> Json:
        result: Json = {"description": str(response.get("description", ""))}
        content = response.get("content")
        if not content:
            return result
        media = choose_media(list(content))
        if len(content) > 1:
            self.report.rule("one-response-media-type", place)
        raw = content[media].get("schema")
        kind = media_kind(media)
        schema: Json | None = _BINARY if kind not in ("json", "text") else None
        if schema is None and raw is not None:
            schema = self.schema(raw, name, (*place, "content", media, "schema"))
        if schema is not None:
            result["content"] = {"application/json": {"schema": schema}}
        return result


def endpoint_name(index: int) -> str:
    """Return the name under which the generator knows the operation at a position of the document."""
    return f"operation_{index}"


def _parameter_name(position: int, *, as_json: bool) -> str:
    """Return the name under which the generator knows the parameter at a position of its operation."""
    return f"{'json' if as_json else 'parameter'}_{position}"


def parameter_position(name: str) -> int:
    """Return the position of the parameter that the generator knows by a name."""
    return int(name.rsplit("_", 1)[1])


def is_json_parameter(name: str) -> bool:
    """Tell whether the parameter that the generator knows by a name is an object."""
    return name.startswith("json_")


def property_name(position: int, wire: str) -> str:
    """Return the name under which the generator knows a property: no two make the same Python name."""
    return f"p{position} {wire}"


def property_wire(name: str) -> str:
    """Return the name on the wire that ``property_name`` made the name of."""
    return name.split(" ", 1)[1]


def media_kind(media: str) -> str:
    """Tell how the body of a media type is written: json, multipart, form, text or binary (RFC 6838, RFC 6839)."""
    essence = media.split(";", 1)[0].strip().lower()
    if essence in ("application/json", "*/*") or essence.endswith("+json"):
        return "json"
    if essence.startswith("multipart/"):
        return "multipart"
    if essence == "application/x-www-form-urlencoded":
        return "form"
    return "text" if essence.startswith("text/") else "binary"


def choose_media(content: list[str]) -> str:
    """Return the media type a client uses of several: JSON before a form, a form before text, text before bytes."""
    order = ("json", "multipart", "form", "text", "binary")
    return min(content, key=lambda media: (order.index(media_kind(media)), content.index(media)))


def _resource_classes(document: Json) -> Iterator[str]:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    for parts in [name.split(".") for name in (*names, *document.get("x-aliases", {}))]:
        for depth in range(1, len(parts)):
            name = resource_class(tuple(parts[:depth]))
            yield from (name, f"Async{name}")


def _travels(parameter: Json, shown: list[str]) -> tuple[int, int]:
    """Return where a parameter stands among the arguments: those of the path first, in its order."""
    place = _PLACES.index(parameter["in"])
    return place, shown.index(parameter["name"]) if place == 0 else 0


def _response_name(name: str, status: str, responses: Json) -> str:
    first = next((each for each in responses if each.startswith("2")), None)
    return f"{name}Response" if status == first else f"{name}Response{status.title()}"


def _speaks_of_others(schema: Json) -> bool:
    """Tell whether a schema invites properties it does not name; where it says nothing, one is likely a misspelling."""
    return bool(schema.keys() & {"additionalProperties", "patternProperties"})


def _class(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _referred(schema: Json) -> str:
    return str(component_of(schema["$ref"]))


def renamed(node: Any, other: dict[str, str]) -> Any:
    """Return a schema in the normal form with its references to some classes replaced."""
    if is_array(node):
        return [renamed(item, other) for item in node]
    if not is_object(node):
        return node
    if isinstance(node.get("$ref"), str):
        name = _referred(node)
        return _class(other.get(name, name))
    return {key: renamed(value, other) for key, value in node.items()}


def _carrier(components: Json, renamed: dict[str, str]) -> Json:
    """Return a component that names every alias once, so that the generator works its type out."""
    targets = {name: name for name, schema in components.items() if not _is_class(schema) and "enum" not in schema}
    aliases = enumerate((targets | renamed).items())
    properties = {property_name(index, name): _class(target) for index, (name, target) in aliases}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _is_class(schema: Json) -> bool:
    return schema.get("type") == "object" and bool(schema.get("properties"))


def _alias_references(schema: Any) -> list[str]:
    if not is_object(schema) or _is_class(schema):
        return []
    if "$ref" in schema:
        return [_referred(schema)]
    inner = [*schema.get("oneOf", []), schema.get("items"), schema.get("additionalProperties")]
    return [name for each in inner for name in _alias_references(each)]
