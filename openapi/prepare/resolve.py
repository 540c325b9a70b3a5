"""Make every operation of a document stand on its own: the resolved document that readers of data use.

Nothing is taken away here but indirection: references to shared parameters, request bodies and responses are followed,
and what an operation inherits (parameters, credentials, servers) is written into it. Schemas keep their references.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from .arrange import METHODS
from .errors import PrepareError, pointer, tokens
from .load import Json
from .names import name_operations, snake
from .report import Report

_INLINED = ("parameters", "requestBodies", "responses", "headers", "pathItems")


def resolve(document: Json, chosen_names: Mapping[str, str], report: Report) -> Json:
    """Return the resolved document: each operation complete in itself, named, and in the order of the document.

    Raises:
        PrepareError: The document is no OpenAPI 3.0 or 3.1, or a reference leads nowhere, by its JSON pointer.
    """
    _check_version(document)
    resolved = copy.deepcopy(document)
    for path, item in resolved["paths"].items():
        place = ("paths", path)
        item = resolved["paths"][path] = _follow(document, item, place)
        shared = [_follow(document, each, (*place, "parameters")) for each in item.pop("parameters", [])]
        servers = item.pop("servers", document.get("servers", []))
        for method in [method for method in METHODS if method in item]:
            _complete(document, item[method], (*place, method), shared, servers, report)
    _name(resolved, chosen_names, report)
    components = resolved.setdefault("components", {})
    for kind in _INLINED:
        components.pop(kind, None)
    components.setdefault("schemas", {})
    return resolved


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield (path, method, operation) in the order of the document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _check_version(document: Json) -> None:
    version = str(document.get("openapi", ""))
    if not version.startswith(("3.0", "3.1")):
        raise PrepareError(f"/openapi: is {version or 'missing'}; this pipeline reads OpenAPI 3.0 and 3.1")
    if not isinstance(document.get("paths"), dict):
        raise PrepareError("/paths: is missing or no mapping; there is nothing to generate")


def _follow(document: Json, node: Any, place: tuple[str | int, ...]) -> Any:
    """Return a copy of a node with its own ``$ref`` followed; schemas inside keep theirs."""
    seen: list[str] = []
    while isinstance(node, dict) and "$ref" in node:
        reference = node["$ref"]
        if reference in seen:
            raise PrepareError(f"{pointer(*place)}: the reference {reference} leads back to itself")
        seen.append(reference)
        node = lookup(document, reference, place)
    if not isinstance(node, dict):
        raise PrepareError(f"{pointer(*place)}: must be an object, is {type(node).__name__}")
    return copy.deepcopy(node)


def lookup(document: Json, reference: Any, place: tuple[str | int, ...]) -> Any:
    """Return what a local reference points to.

    Raises:
        PrepareError: The reference is remote or leads nowhere; the message names the place that holds it.
    """
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise PrepareError(f"{pointer(*place)}: the reference {reference!r} leaves the document; bundle it into one file")
    node: Any = document
    for token in tokens(reference):
        try:
            node = node[int(token)] if isinstance(node, list) else node[token]
        except (KeyError, IndexError, TypeError, ValueError):
            raise PrepareError(f"{pointer(*place)}: the reference {reference} leads nowhere; define it") from None
    return node


def _complete(
    document: Json, operation: Json, place: tuple[str | int, ...], shared: list[Json], servers: Any, report: Report
) -> None:
    """Write into one operation, in place, all that it refers to or inherits."""
    own = [_follow(document, each, (*place, "parameters")) for each in operation.pop("parameters", [])]
    operation["parameters"] = _parameters(document, own, shared, place, report)
    if "requestBody" in operation:
        operation["requestBody"] = _follow(document, operation["requestBody"], (*place, "requestBody"))
    for status, response in operation.setdefault("responses", {}).items():
        response = operation["responses"][status] = _follow(document, response, (*place, "responses", status))
        if "description" not in response:
            response["description"] = _phrase(status)
            report.rule("describe-response", (*place, "responses", status))
        headers = response.get("headers", {})
        for name in headers:
            headers[name] = _follow(document, headers[name], (*place, "responses", status, "headers", name))
    if "security" not in operation:
        operation["security"] = copy.deepcopy(document.get("security", []))
        report.rule("inherit-security", place)
    operation.setdefault("servers", copy.deepcopy(servers))
    operation["x-server-group"] = _server_group(document, operation["servers"])


def _parameters(
    document: Json, own: list[Json], shared: list[Json], place: tuple[str | int, ...], report: Report
) -> list[Json]:
    """Merge the parameters of path and operation; credentials are no parameters (OpenAPI 3.0, Parameter Object)."""
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    credentials = {
        (scheme["in"], scheme["name"].lower()) for scheme in schemes if scheme.get("type") == "apiKey"
    } | {("header", name) for name in ("authorization", "accept", "content-type")}
    merged: dict[tuple[str, str], Json] = {}
    for parameter in [*shared, *own]:
        if not {"name", "in"} <= parameter.keys():
            raise PrepareError(f"{pointer(*place, 'parameters')}: a parameter lacks its 'name' or 'in'")
        key = (parameter["in"], parameter["name"])
        if (key[0], key[1].lower()) in credentials:
            report.rule("drop-credential-parameter", (*place, "parameters", key[1]))
            continue
        merged[key] = copy.deepcopy(parameter)
    if shared:
        report.rule("inline-path-parameters", place)
    return list(merged.values())


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return f"Answer with status {status}"


def _server_group(document: Json, servers: list[Json]) -> str:
    """Name a server list by the document's own groups (``x-server-groups``); an unlisted one is the default."""
    urls = [server["url"] for server in servers]
    for name, group in document.get("x-server-groups", {}).items():
        if [server["url"] for server in group] == urls:
            return snake(name.removesuffix("Servers"))
    return "default"


def _name(document: Json, chosen: Mapping[str, str], report: Report) -> None:
    keys = [(method, path) for path, method, _ in operations(document)]
    named = name_operations(keys, chosen)
    for path, method, operation in operations(document):
        operation["operationId"] = named[method, path]
    for key in chosen.keys() - {f"{method.upper()} {path}" for method, path in keys}:
        report.note(f"names.yaml: {key}: is no operation of this document")
