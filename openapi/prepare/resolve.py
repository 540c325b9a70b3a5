"""Make every operation of a document stand on its own: the resolved document that readers of data use.

Nothing is taken away here but indirection: references to shared parameters, request bodies and responses are followed,
and what an operation inherits (parameters, credentials, servers) is written into it. Schemas keep their references, but
only to components: what a deeper reference points to becomes one.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from .arrange import METHODS
from .errors import Place, pointer, refuse
from .events import name_events
from .load import Json, is_array, is_object
from .names import name_operations, placeholders, snake
from .references import follow, refer_to_components, schemas_of, with_inner
from .report import Report

_INLINED = ("parameters", "requestBodies", "responses", "headers", "pathItems")
_BESIDE_METHODS = ("parameters", "servers", "summary", "description")
_NO_SERVERS: list[Json] = [{"url": "/"}]
"""What a document without servers means (OpenAPI Object, servers)."""


def resolve(document: Json, chosen_names: Mapping[str, str], report: Report) -> Json:
    """Return the resolved document: each operation complete in itself, named, and in the order of the document.

    Raises:
        PrepareError: The document is no OpenAPI 3.0 or 3.1, a node has not the shape OpenAPI gives it, or a reference
            leads nowhere; the message names the node by its JSON pointer.
    """
    _check_version(document)
    resolved = copy.deepcopy(document)
    components = resolved["components"] = _mapping(resolved.get("components"), ("components",))
    components["schemas"] = _mapping(components.get("schemas"), ("components", "schemas"))
    paths = _Paths(document, report)
    resolved["paths"] = paths.resolved()
    components["securitySchemes"] = paths.schemes
    _name(resolved, chosen_names, report)
    refer_to_components(document, resolved, _roots(resolved), report)
    _list_nulls(_roots(resolved), report)
    for path, method, operation in operations(resolved):
        name_events(operation, components["schemas"], ("paths", path, method), report)
    _drop_inlined(resolved)
    return resolved


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield (path, method, operation) of a resolved document, in its order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _roots(resolved: Json) -> list[tuple[Any, Place]]:
    """Return the outermost schemas of a resolved document, each with its place."""
    schemas: Json = resolved["components"]["schemas"]
    roots: list[tuple[Any, Place]] = [(schema, ("components", "schemas", name)) for name, schema in schemas.items()]
    for path, method, operation in operations(resolved):
        roots += schemas_of(operation, ("paths", path, method))
    return roots


def _list_nulls(roots: list[tuple[Any, Place]], report: Report) -> None:
    """List null among the members of a nullable enum, in place.

    OpenAPI 3.0.3 lets an enum refuse the null that ``nullable`` allows. Authors mean to allow it; written out, every
    reader takes it so.
    """
    for root in roots:
        for schema, place in with_inner(*root):
            if schema.get("nullable") is True and is_array(schema.get("enum")) and None not in schema["enum"]:
                schema["enum"] = [*schema["enum"], None]
                report.rule("list-null-of-enum", place)


def server_url(server: Json) -> str:
    """Return the address of a server, its variables at their defaults (OpenAPI, Server Variable Object)."""
    url = str(server["url"])
    variables: Json = server.get("variables") or {}
    for name, variable in variables.items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url


def _check_version(document: Json) -> None:
    version = str(document.get("openapi", ""))
    if not re.match(r"3\.[01](\.|$)", version):
        found = version or ("missing, and 'swagger' is there" if "swagger" in document else "missing")
        raise refuse(("openapi",), f"is {found}; this pipeline reads OpenAPI 3.0 and 3.1")
    if document.get("paths") is None:
        raise refuse(("paths",), "is missing; there is nothing to generate")


def _mapping(node: Any, place: Place) -> Json:
    """Return a node that must be a mapping; a key without a value, which YAML reads as null, says nothing."""
    if node is None:
        return {}
    if not is_object(node):
        raise refuse(place, f"must be a mapping, is {node!r:.60}")
    return node


def _list(node: Any, place: Place) -> list[Any]:
    """Return a node that must be a list; a key without a value says nothing."""
    if node is None:
        return []
    if not is_array(node):
        raise refuse(place, f"must be a list, is {node!r:.60}")
    return node


class _Paths:
    """The paths of one document on their way to being resolved."""

    def __init__(self, document: Json, report: Report) -> None:
        self.document = document
        self.report = report
        self.schemes = self._security_schemes()
        self.groups = {
            name: _servers(group, ("x-server-groups", name))
            for name, group in _mapping(document.get("x-server-groups"), ("x-server-groups",)).items()
        }
        self.servers = _servers(document.get("servers"), ("servers",)) or _NO_SERVERS
        self.other_groups: dict[str, str] = {server_url(self.servers[0]): "default"}
        """Address -> the group of the operations it serves, where the document names no group."""

    def resolved(self) -> Json:
        """Return all paths, resolved."""
        paths: Json = {}
        for path, item in _mapping(self.document["paths"], ("paths",)).items():
            if path.startswith("x-"):
                continue
            if not path.startswith("/") or re.search(r"[{}]", re.sub(r"{[^{}]+}", "", path)):
                raise refuse(("paths", path), "is no path: it must start with '/', and braces must hold a name")
            paths[path] = self._path_item(path, item, ("paths", path))
        if "webhooks" in self.document:
            self.report.note("/webhooks: a client has no method for them; openapi.json keeps them")
        return paths

    def _path_item(self, path: str, raw: Any, place: Place) -> Json:
        item = _mapping(raw, place)
        if "$ref" in item:  # unlike beside other references, fields beside this one count (OpenAPI, Path Item Object)
            target = follow(self.document, {"$ref": item["$ref"]}, place, self.report)
            item = {**target, **{key: value for key, value in item.items() if key != "$ref"}}
        item = copy.deepcopy(item)
        unknown = [key for key in item if key not in (*METHODS, *_BESIDE_METHODS) and not key.startswith("x-")]
        if unknown:
            raise refuse((*place, unknown[0]), f"is neither a method ({', '.join(METHODS)}) nor known beside them")
        shared = self._parameters(item.pop("parameters", None), place)
        servers = _servers(item.pop("servers", None), (*place, "servers")) or self.servers
        for method in METHODS:
            if method in item:
                item[method] = _mapping(item[method], (*place, method))
                self._complete(item[method], (*place, method), shared, servers)
                self._match_path(path, item[method], (*place, method))
        return item

    def _complete(self, operation: Json, place: Place, shared: list[Json], servers: list[Json]) -> None:
        """Write into one operation, in place, all that it refers to or inherits."""
        own = self._parameters(operation.pop("parameters", None), place)
        if shared:
            self.report.rule("inline-path-parameters", place)
        merged = {(each["in"], each["name"]): copy.deepcopy(each) for each in [*shared, *own]}
        operation["parameters"] = list(merged.values())
        if operation.get("requestBody") is None:
            operation.pop("requestBody", None)
        else:
            operation["requestBody"] = self._with_content(operation["requestBody"], (*place, "requestBody"))
        operation["responses"] = self._responses(operation.get("responses"), (*place, "responses"))
        self._security(operation, place)
        operation["servers"] = _servers(operation.get("servers"), (*place, "servers")) or copy.deepcopy(servers)
        operation["x-server-group"] = self._server_group(operation["servers"])
        if "callbacks" in operation:
            self.report.note(
                f"{pointer(*place, 'callbacks')}: a client has no method for them; openapi.json keeps them"
            )

    # -- parameters

    def _parameters(self, raw: Any, place: Place) -> list[Json]:
        """Return parameters, followed and checked; credentials are none (OpenAPI, Parameter Object)."""
        credentials = {(each.get("in"), each.get("name")) for each in self.schemes.values() if each["type"] == "apiKey"}
        headers = {str(name).lower() for where, name in credentials if where == "header"}
        headers |= {"authorization", "accept", "content-type"}
        kept: dict[tuple[str, str], Json] = {}
        for index, each in enumerate(_list(raw, (*place, "parameters"))):
            where = (*place, "parameters", index)
            parameter = self._with_content(each, where)
            name, location = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or location not in ("path", "query", "header", "cookie"):
                raise refuse(where, "a parameter needs a 'name' and an 'in' that is path, query, header or cookie")
            if (location, name) in credentials or (location == "header" and name.lower() in headers):
                self.report.rule("drop-credential-parameter", where)
                continue
            if (location, name) in kept:
                self.report.note(f"{pointer(*where)}: {name} ({location}) stands twice; the last counts")
            kept[location, name] = parameter
        return list(kept.values())

    def _match_path(self, path: str, operation: Json, place: Place) -> None:
        """Declare the parameters that only the path shows, and drop those that it does not show."""
        shown = placeholders(path)
        declared = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
        for name in shown:
            if name not in declared:
                self.report.rule("declare-path-parameter", (*place, "parameters", name))
                operation["parameters"].append(
                    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                )
        for name in declared:
            if name not in shown:
                self.report.rule("drop-unused-path-parameter", (*place, "parameters", name))
                self.report.note(f"{pointer(*place, 'parameters')}: {name} is not in the path, so it cannot be sent")
        operation["parameters"] = [
            each for each in operation["parameters"] if each["in"] != "path" or each["name"] in shown
        ]

    # -- bodies

    def _responses(self, raw: Any, place: Place) -> Json:
        """Return the responses by status, each with a description."""
        responses: Json = {}
        for key, each in _mapping(raw, place).items():
            status = key if key == "default" else key.upper()
            if key.startswith("x-"):
                continue
            if not re.fullmatch(r"[1-9](\d\d|XX)|default", status) or status in responses:
                raise refuse((*place, key), "must be a status (200), a range (2XX) or 'default', each once")
            response = responses[status] = self._with_content(each, (*place, key))
            if not isinstance(response.get("description"), str):
                response["description"] = _phrase(status)
                self.report.rule("describe-response", (*place, key))
            if "headers" in response:
                response["headers"] = self._headers(response["headers"], (*place, key, "headers"))
        return responses

    def _headers(self, raw: Any, place: Place) -> Json:
        return {name: self._with_content(each, (*place, name)) for name, each in _mapping(raw, place).items()}

    def _with_content(self, raw: Any, place: Place) -> Json:
        """Return a parameter, a body, a response or a header, followed, and its media types checked."""
        node = follow(self.document, raw, place, self.report)
        if "content" in node:
            where = (*place, "content")
            content = _mapping(node["content"], where)
            node["content"] = {media: _mapping(each, (*where, media)) for media, each in content.items()}
        return node

    # -- credentials and servers

    def _security_schemes(self) -> Json:
        place: Place = ("components", "securitySchemes")
        raw = _mapping(self.document.get("components"), ("components",)).get("securitySchemes")
        schemes: Json = {}
        for name, each in _mapping(raw, place).items():
            scheme = schemes[name] = follow(self.document, each, (*place, name), self.report)
            needed = ("type", "in", "name") if scheme.get("type") == "apiKey" else ("type",)
            if any(not isinstance(scheme.get(key), str) for key in needed):
                raise refuse((*place, name), f"a security scheme needs {' and '.join(needed)}")
        return schemes

    def _security(self, operation: Json, place: Place) -> None:
        where: Place = (*place, "security")
        if "security" not in operation:
            where = ("security",)
            operation["security"] = copy.deepcopy(self.document.get("security"))
            self.report.rule("inherit-security", place)
        alternatives = enumerate(_list(operation["security"], where))
        operation["security"] = [_mapping(each, (*where, index)) for index, each in alternatives]
        for name in sorted({name for each in operation["security"] for name in each} - self.schemes.keys()):
            self.report.note(f"{pointer(*where)}: {name} is no security scheme of this document")

    def _server_group(self, servers: list[Json]) -> str:
        """Name a server list: by the document's own groups (``x-server-groups``), else by its first address."""
        for name, group in self.groups.items():
            if [server["url"] for server in group] == [server["url"] for server in servers]:
                return snake(name.removesuffix("Servers"))
        url = server_url(servers[0])
        if url not in self.other_groups:
            name = base = snake(re.sub(r"^\w+://", "", url))
            number = 2
            while name in self.other_groups.values():
                name, number = f"{base}_{number}", number + 1
            self.other_groups[url] = name
        return self.other_groups[url]


def _servers(raw: Any, place: Place) -> list[Json]:
    servers = [_mapping(each, (*place, index)) for index, each in enumerate(_list(raw, place))]
    for index, server in enumerate(servers):
        variables = _mapping(server.get("variables", {}), (*place, index, "variables"))
        if not isinstance(server.get("url"), str):
            raise refuse((*place, index), "a server needs a url")
        for name, variable in variables.items():
            if "default" not in _mapping(variable, (*place, index, "variables", name)):
                raise refuse((*place, index, "variables", name), "a server variable needs a default")
    return servers


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return f"Answer with status {status}"


def _name(document: Json, chosen: Mapping[str, str], report: Report) -> None:
    keys = [(method, path) for path, method, _ in operations(document)]
    named = name_operations(keys, chosen, report.notes)
    for path, method, operation in operations(document):
        operation["operationId"] = named[method, path]


def _drop_inlined(resolved: Json) -> None:
    """Drop the shared parts that nothing refers to any more; callbacks and webhooks keep their references."""
    components = resolved["components"]
    shared = {kind: components.pop(kind) for kind in _INLINED if kind in components}
    rest = json.dumps(resolved)
    while needed := [kind for kind in shared if f'"#/components/{kind}/' in rest]:
        for kind in needed:
            rest += json.dumps(shared[kind])
            components[kind] = shared.pop(kind)
