"""The entry of one operation: signature, arguments, answer, errors, example, who has it and what it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from portkey_client.errors import error_class

from . import credentials, examples, markup, surface
from .describe import Describer
from .document import Document, Json, Operation, name_of

_LONG = 14
"""A signature of more lines than this is folded."""


def entry(describer: Describer, document: Document, operation: Operation) -> str:
    """Return the entry of one operation."""
    facts = operation.facts
    call = f"{markup.span(operation.method, 'verb')} {markup.code(operation.path)}"
    blocks = [
        f"```{{index}} single: {operation.method} {operation.path}\n```",
        f"## {operation.name}",
        markup.prose(facts["summary"]) + ".",
        f"{{.call}}\n{call}",
        _signature(operation),
        markup.prose(facts["description"]),
        *_arguments(describer, document, operation),
        *_returns(describer, document, operation),
        *_errors(operation),
        *_example(document, operation),
        *_access(operation),
    ]
    return "\n\n".join(filter(None, blocks))


def _signature(operation: Operation) -> str:
    method = surface.method(operation.name)
    block = markup.fenced("python", method.text)
    lines, ways = method.text.count("\n") + 1, len(method.ways)
    if lines <= _LONG:
        return block
    several = f", {ways} ways to call it" if ways > 1 else ""
    return markup.folded(f"Signature: {lines} lines{several}", block)


def _arguments(describer: Describer, document: Document, operation: Operation) -> Iterator[str]:
    names = surface.method(operation.name).arguments
    entries = [_parameter(describer, names, each) for each in operation.facts["parameters"]]
    entries += _body(describer, document, names, operation.facts.get("requestBody"))
    if entries:
        yield markup.heading("Arguments")
        yield "\n\n".join(entries)


def _parameter(describer: Describer, names: dict[str, str], parameter: Json) -> str:
    schema = parameter.get("schema") or {"type": "object"}
    schema = {**schema, **{key: parameter[key] for key in ("x-enum-descriptions",) if key in parameter}}
    name = names[surface.letters(parameter["name"])]
    wire = "" if name == parameter["name"] else f" {markup.code(parameter['name'])}"
    notes = [markup.span(f"{parameter['in']}{wire}", "place")]
    notes += [markup.span("required", "required")] if parameter.get("required") else []
    return describer.entry(markup.code(name), schema, " ".join(notes), parameter.get("description"))


def _body(describer: Describer, document: Document, names: dict[str, str], body: Json | None) -> Iterator[str]:
    """Yield the fields of the body, each as the argument it is; what may be one of several kinds is told of each."""
    if not body:
        return
    schema = next(iter(body["content"].values()))["schema"]
    kinds = _kinds(document, schema)
    if "body" in names and not any("body" in describer.properties(shape) for shape in kinds.values()):
        yield describer.entry("`body`", schema, markup.span("required", "required"), body.get("description"))
        return
    fields: dict[str, list[tuple[str, Json, bool]]] = {}
    for kind, shape in kinds.items():
        for name, (inner, needed) in describer.properties(shape).items():
            fields.setdefault(name, []).append((kind, inner, needed))
    for name, found in fields.items():
        yield describer.entry(markup.code(names[surface.letters(name)]), found[0][1], _need(describer, found, len(kinds)))


def _kinds(document: Document, schema: Json) -> dict[str, Json]:
    """Return the kinds of object that a body may be: name -> schema. An only one has no name."""
    shape = document.resolved(schema)
    several = shape.get("oneOf") or shape.get("anyOf") or []
    if shape.get("properties") or shape.get("allOf") or not several:
        return {"": shape} if shape.get("properties") or shape.get("allOf") else {}
    found: dict[str, Json] = {}
    for index, each in enumerate(several):
        inner = _kinds(document, each)
        name = name_of(each["$ref"]) if "$ref" in each else f"kind {index + 1}"
        found |= {(key or name): value for key, value in inner.items()}
    return found


def _need(describer: Describer, found: list[tuple[str, Json, bool]], kinds: int) -> str:
    """Return whether a field is required, of which kinds of body it is one."""
    needing = [kind for kind, _, needed in found if needed]
    if len(needing) == kinds:
        return markup.span("required", "required")
    notes = [markup.span(f"required in {_named(describer, needing)}", "required")] if needing else []
    if len(found) < kinds:
        notes.append(markup.span(f"only in {_named(describer, [kind for kind, _, _ in found])}", "place"))
    return " ".join(notes)


def _named(describer: Describer, kinds: list[str]) -> str:
    return ", ".join(describer.link(kind) if kind in describer.known else kind for kind in kinds)


def _returns(describer: Describer, document: Document, operation: Operation) -> Iterator[str]:
    yield markup.heading("Returns")
    for status, response in operation.facts["responses"].items():
        if status.startswith(("1", "2")):
            kinds = [describer.kind(content["schema"]) for content in response.get("content", {}).values() if "schema" in content]
            kind = markup.span(" | ".join(dict.fromkeys(kinds)), "type") if kinds else ""
            yield " ".join(filter(None, [markup.code(status), kind, markup.prose(response.get("description", ""))]))
    streams = [each for each in surface.method(operation.name).returns if "Stream[" in each]
    if streams:
        yield f"With `stream=True`: {', '.join(map(markup.code, streams))}."


def _errors(operation: Operation) -> Iterator[str]:
    told = {
        status: response["description"]
        for status, response in operation.facts["responses"].items()
        if status.isdigit() and int(status) >= 400
    }
    if told:
        yield markup.heading("Raises")
        rows = [f"- {{py:class}}`~portkey_client.errors.{error_class(int(status)).__name__}` ({status}): {markup.prose(said)}" for status, said in told.items()]
        yield "\n".join(rows)


def _example(document: Document, operation: Operation) -> Iterator[str]:
    requests, answers = examples.requests_of(document, operation), examples.answers_of(operation)
    if not any(request.body is not None or any(request.places.values()) for request in requests) and not answers:
        return
    yield markup.heading("Example")
    for request in requests:
        if len(requests) > 1:
            yield f"{markup.prose(request.summary)}:"
        yield markup.fenced("python", examples.in_python(operation, request))
        curl = examples.in_curl(operation, request, credentials.address(operation), credentials.headers(operation))
        yield markup.folded("The same with curl", markup.fenced("sh", curl))
    for answer in answers:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body, indent=2, ensure_ascii=False)
        language = "json" if "json" in answer.media else "text"
        yield markup.folded(f"The answer, {answer.status}: {answer.summary}", markup.fenced(language, text))


def _access(operation: Operation) -> Iterator[str]:
    yield markup.heading("Access")
    ways = [" and ".join(map(markup.code, way)) for way in credentials.ways(operation)]
    takes = "; or ".join(ways) if ways else "nothing"
    yield f"{{.access}}\nCredentials: {takes}. Gateways: {', '.join(map(markup.code, credentials.gateways(operation)))}."
