"""Bring a resolved document into the form openapi-python-client 0.29.1 keeps in full.

In that form every object and enum is a component with a unique name, a schema is one of: reference, constant, plain
type, array, map, union, or anything; every operation has one request and one media type a status. What is dropped on
the way is either no type (annotations and validations, which openapi.json keeps) or is refused by its JSON pointer.
"""

from __future__ import annotations

from typing import Any

from .classnames import ClassNames, branch_name, pascal
from .errors import PrepareError, pointer, tokens
from .load import Json
from .merge import flatten
from .report import Report
from .resolve import lookup, operations
from .rules import Place, apply_rules

_ROUNDS = 32
"""Rewrites of one schema before it is refused as endless; published documents need at most five."""
_BINARY: Json = {"type": "string", "format": "binary"}
ALIASES = "Aliases"
"""The carrier component: one required property for each component that is a type but no class."""


class Normaliser:
    """Holds the components as they come to be; one instance normalises one document."""

    def __init__(self, document: Json, report: Report) -> None:
        self.document = document
        self.report = report
        self.names = ClassNames()
        self.components: Json = {}
        self.class_of = {name: self.names.take(name) for name in document["components"]["schemas"]}
        """Component name of the document -> class name."""

    def run(self) -> Json:
        """Return the document for the generator.

        Raises:
            PrepareError: A schema or an operation cannot be kept, by its JSON pointer.
        """
        for name, schema in self.document["components"]["schemas"].items():
            class_name = self.class_of[name]
            self.components[class_name] = self._shape(schema, class_name, ("components", "schemas", name))
        renamed = self._other_names()
        _refuse_circles(self.components)
        paths: Json = {}
        for index, (path, method, operation) in enumerate(operations(self.document)):
            normal = self._operation(operation, ("paths", path, method))
            paths.setdefault(path, {})[method] = {"operationId": endpoint_name(index), **normal}
        info = {"title": "API", "version": str(self.document.get("info", {}).get("version", "0"))}
        self.components[ALIASES] = _carrier(self.components, renamed)
        return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": self.components}}

    def _other_names(self) -> dict[str, str]:
        """Take out the components that only name another one, which the generator would write as a second class.

        Returns:
            Class name -> the class it is another name of.
        """
        other = {name: tokens(schema["$ref"])[2] for name, schema in self.components.items() if "$ref" in schema}
        for name in other:
            seen = {name}
            while other[name] in other:
                other[name] = other[other[name]]
                if other[name] in seen:
                    raise PrepareError(f"/components/schemas: {name} is another name of itself; give it a type")
                seen.add(other[name])
            del self.components[name]
        self.components = _renamed(self.components, other)
        self.class_of = {name: other.get(class_name, class_name) for name, class_name in self.class_of.items()}
        return other

    # -- schemas

    def schema(self, raw: Any, name: str, place: Place) -> Json:
        """Return the normal form of a schema as it stands inside another: objects, maps and enums become references."""
        shape = self._shape(raw, name, place)
        if "enum" not in shape and shape.get("type") != "object":
            return shape
        class_name = self.names.take(name)
        self.components[class_name] = shape
        return {"$ref": f"#/components/schemas/{class_name}"}

    def _shape(self, raw: Any, name: str, place: Place) -> Json:
        schema = self._settled(raw, place)
        if "$ref" in schema:
            return self._reference(schema["$ref"], name, place)
        if "oneOf" in schema:
            return self._union(schema, name, place)
        if schema.get("type") == "array":
            return {**schema, "items": self.schema(schema["items"], f"{name}Item", (*place, "items"))}
        if schema.get("type") == "object":
            return self._object(schema, name, place)
        return schema

    def _settled(self, raw: Any, place: Place) -> Json:
        """Apply the rules and the algebra of allOf until nothing changes any more."""
        schema = apply_rules(raw, place, self.report)
        for _ in range(_ROUNDS):
            flat = flatten(schema, self.document, place, self.report)
            if flat == schema:
                return schema
            schema = apply_rules(flat, place, self.report)
        raise PrepareError(f"{pointer(*place)}: the unions here nest too deeply to be written out")

    def _reference(self, reference: str, name: str, place: Place) -> Json:
        """Point to the class of a component; write out what a reference to any other place means."""
        target = lookup(self.document, reference, place)
        path = tokens(reference)
        if path[:2] == ["components", "schemas"] and len(path) == 3:
            return {"$ref": f"#/components/schemas/{self.class_of[path[2]]}"}
        if tuple(path) == tuple(map(str, place))[: len(path)]:
            raise PrepareError(f"{pointer(*place)}: {reference} contains this place; make it a component")
        self.report.rule("inline-deep-reference", place)
        return self._shape(target, name, place)

    def _union(self, schema: Json, name: str, place: Place) -> Json:
        branches: list[Json] = []
        for index, raw in enumerate(schema["oneOf"]):
            settled = self._settled(raw, (*place, "oneOf", index))
            branch_place = (*place, "oneOf", index)
            alone = len([each for each in schema["oneOf"] if each != {"type": "null"}]) == 1
            branch = self.schema(settled, name if alone else name + branch_name(settled, index), branch_place)
            branches += [each for each in branch.get("oneOf", [branch]) if each not in branches]
        if len(branches) == 1:
            self.report.rule("union-of-one", place)
            return branches[0]
        return {**{key: schema[key] for key in ("description",) if key in schema}, "oneOf": branches}

    def _object(self, schema: Json, name: str, place: Place) -> Json:
        properties = {
            key: self.schema(value, name + pascal(key), (*place, "properties", key))
            for key, value in schema.get("properties", {}).items()
        }
        required = list(dict.fromkeys(schema.get("required", [])))
        for key in required:
            if key not in properties:
                self.report.rule("declare-required", (*place, "required", key))
                properties[key] = {}
        result: Json = {key: schema[key] for key in ("type", "description") if key in schema}
        if properties:
            result["properties"] = properties
        if required:
            result["required"] = required
        result["additionalProperties"] = self._additional(schema, name, place)
        return result

    def _additional(self, schema: Json, name: str, place: Place) -> Json | bool:
        """Return the schema of unnamed properties; patterns of names become a union, as Python has no such type."""
        additional = schema.get("additionalProperties", True)
        patterns = list(schema.get("patternProperties", {}).values())
        if patterns:
            self.report.rule("pattern-properties", place)
            branches = [*patterns, *([additional] if isinstance(additional, dict) else [])]
            additional = {"oneOf": branches} if len(branches) > 1 else branches[0]
        if isinstance(additional, bool):
            return additional
        return self.schema(additional, f"{name}Value", (*place, "additionalProperties"))

    # -- operations

    def _operation(self, operation: Json, place: Place) -> Json:
        name = pascal(operation["operationId"].replace("_", " ").title())
        result: Json = {"tags": ["all"]}
        result["parameters"] = [
            self._parameter(parameter, name, (*place, "parameters", parameter["name"]))
            for parameter in operation["parameters"]
        ]
        if operation.get("requestBody", {}).get("content"):
            result["requestBody"] = self._body(operation["requestBody"], f"{name}Body", (*place, "requestBody"))
        responses = operation["responses"]
        if not responses:
            self.report.rule("missing-responses", place)
        result["responses"] = {
            status: self._response(response, _response_name(name, status, responses), (*place, "responses", status))
            for status, response in (responses or {"default": {"description": ""}}).items()
        }
        return result

    def _parameter(self, parameter: Json, name: str, place: Place) -> Json:
        """Return a parameter the generator accepts; an object travels as JSON text, as gateways read it."""
        raw = parameter.get("schema", {})
        shape = self._settled(raw, place) if "content" not in parameter else {"type": "object"}
        if "content" in parameter or shape.get("type") == "object" or _is_object(self.document, shape, place):
            self.report.rule("object-parameter", place)
            normal: Json = {"type": "string"}
        elif shape.get("type") == "array" and parameter["in"] != "query":
            self.report.rule("list-parameter", place)
            normal = {"type": "string"}
        else:
            normal = self.schema(raw, name + pascal(parameter["name"]), place)
        required = parameter.get("required") is True or parameter["in"] == "path"
        return {"name": parameter["name"], "in": parameter["in"], "required": required, "schema": normal}

    def _body(self, body: Json, name: str, place: Place) -> Json:
        media = choose_media(list(body["content"]))
        schema = body["content"][media].get("schema", {})
        if len(body["content"]) > 1:
            self.report.rule("one-request-media-type", place)
        kind = media_kind(media)
        if kind == "binary":
            content = {"application/octet-stream": {"schema": _BINARY}}
        else:
            written = {"json": "application/json", "multipart": "multipart/form-data"}.get(kind, media)
            content = {written: {"schema": self.schema(schema, name, (*place, "content", media, "schema"))}}
        return {"required": body.get("required") is True, "content": content}

    def _response(self, response: Json, name: str, place: Place) -> Json:
        result: Json = {"description": str(response.get("description", ""))}
        content = response.get("content") or {}
        if not content:
            return result
        media = choose_media(list(content))
        if len(content) > 1:
            self.report.rule("one-response-media-type", place)
        schema = content[media].get("schema")
        kind = media_kind(media)
        if kind in ("json", "text") and schema is not None:
            written = "application/json" if kind == "json" else "text/plain"
            result["content"] = {
                written: {"schema": self.schema(schema, name, (*place, "content", media, "schema"))}
            }
        elif kind not in ("json", "text"):
            result["content"] = {"application/octet-stream": {"schema": _BINARY}}
        return result


def endpoint_name(index: int) -> str:
    """Return the name under which the generator knows the operation at a position of the document."""
    return f"operation_{index}"


def media_kind(media: str) -> str:
    """Tell how the body of a media type is written: json, multipart, form, text or binary (RFC 6838, RFC 6839)."""
    essence = media.split(";")[0].strip().lower()
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


def _response_name(name: str, status: str, responses: Json) -> str:
    first = next((each for each in responses if each.startswith("2")), None)
    return f"{name}Response" if status == first else f"{name}Response{status.title()}"


def _is_object(document: Json, shape: Json, place: Place) -> bool:
    """Tell whether a parameter's type is an object behind references and null."""
    seen: set[str] = set()
    while "$ref" in shape and shape["$ref"] not in seen:
        seen.add(shape["$ref"])
        shape = lookup(document, shape["$ref"], place)
    branches = shape.get("oneOf") or shape.get("anyOf") or [shape]
    return any("properties" in branch or branch.get("type") == "object" for branch in branches)


def _renamed(node: Any, other: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_renamed(item, other) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and isinstance(node["$ref"], str):
        name = tokens(node["$ref"])[2]
        return {"$ref": f"#/components/schemas/{other.get(name, name)}"}
    return {key: _renamed(value, other) for key, value in node.items()}


def _carrier(components: Json, renamed: dict[str, str]) -> Json:
    """Return a component that names every alias once, so that the generator works its type out."""
    targets = {name: name for name, schema in components.items() if not _is_class(schema) and "enum" not in schema}
    properties = {name: {"$ref": f"#/components/schemas/{target}"} for name, target in (targets | renamed).items()}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _is_class(schema: Json) -> bool:
    return schema.get("type") == "object" and bool(schema.get("properties"))


def _refuse_circles(components: Json) -> None:
    """Refuse a type that contains itself without a class in between: neither JSON nor the generator can hold it."""

    def walk(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise PrepareError(f"/components/schemas: {' -> '.join((*above, name))} is endless; put an object between")
        if name not in done:
            for inner in _alias_references(components[name]):
                walk(inner, (*above, name))
            done.add(name)

    done: set[str] = set()
    for each in list(components):
        walk(each, ())


def _alias_references(schema: Any) -> list[str]:
    if not isinstance(schema, dict) or _is_class(schema):
        return []
    if "$ref" in schema:
        return [tokens(schema["$ref"])[2]]
    inner = [*schema.get("oneOf", []), schema.get("items"), schema.get("additionalProperties")]
    return [name for each in inner for name in _alias_references(each)]
