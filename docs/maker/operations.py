"""The entry of one operation: signature, arguments, answer, errors, example, who has it and what it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from portkey_client.errors import error_class

from . import credentials, examples, markup, surface
from .describe import Describer
from .document import Document, Json, Operation, name_of
from .examples import Answer, Request

_LONG = 14
"""A signature of more lines than this is folded."""


def entry(describer: Describer, document: Document, operation: Operation) -> str:
    """Return the entry of one operation."""
    facts = operation.facts
    call = f"{markup.span(operation.method, 'verb')} {markup.code(operation.path)}"
    blocks = [
        f"```{{index}} ! single: {operation.method} {operation.path}\n```",
        f"## {operation.name}",
        markup.prose(facts["summary"]) + ".",
        f"{{.call}}\n{call}",
        _signature(operation),
        markup.prose(facts["description"]),
        *_arguments(describer, document, operation),
        *_returns(describer, operation),
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
    """Yield the arguments: what has to be given comes first, what travels in a header last."""
    method = surface.method(operation.name)
    parameters = operation.facts["parameters"]
    told = [
        (each.get("required", False), each["in"] == "header", _parameter(describer, method, each))
        for each in parameters
    ]
    bodies = dict(_bodies(describer, document, method, operation.facts.get("requestBody")))
    told += [(needed, False, text) for needed, text in bodies.pop("", [])]
    if told:
        yield markup.heading("Arguments")
        yield "\n\n".join(text for *_, text in sorted(told, key=lambda each: (not each[0], each[1])))
    for kind, fields in bodies.items():
        yield markup.heading(f"Arguments for {kind}")
        yield "\n\n".join(text for _, text in fields)


def _parameter(describer: Describer, method: surface.Method, parameter: Json) -> str:
    schema = parameter.get("schema") or {"type": "object"}
    schema = {**schema, **{key: parameter[key] for key in ("x-enum-descriptions",) if key in parameter}}
    name = method.arguments[parameter["in"], parameter["name"]]
    wire = "" if name == parameter["name"] else f" {markup.code(parameter['name'])}"
    notes = [markup.span(f"{parameter['in']}{wire}", "place")]
    notes += [markup.span("required", "required")] if parameter.get("required") else []
    return describer.entry(markup.code(name), schema, " ".join(notes), parameter.get("description"))


def _bodies(
    describer: Describer, document: Document, method: surface.Method, body: Json | None
) -> Iterator[tuple[str, list[tuple[bool, str]]]]:
    """Yield each kind of object that the body may be, with its fields: whether one is required, and its entry."""
    if not body:
        return
    schema = next(iter(body["content"].values()))["schema"]
    kinds = _kinds(document, schema)
    if method.takes_whole_body:
        said = body.get("description")
        yield "", [(True, describer.entry("`body`", schema, markup.span("required", "required"), said))]
        return
    names = method.arguments
    for kind, shape in kinds.items():
        fields = sorted(describer.properties(shape).items(), key=lambda each: not each[1][1])
        yield kind, [(each[1], describer.field(names["body", name], *each)) for name, each in fields]


def _kinds(document: Document, schema: Json) -> dict[str, Json]:
    """Return the kinds of object that a body may be: name -> schema. An only one has no name."""
    shape = document.resolved(schema)
    several: list[Json] = shape.get("oneOf") or shape.get("anyOf") or []
    if shape.get("properties") or shape.get("allOf") or not several:
        return {"": shape} if shape.get("properties") or shape.get("allOf") else {}
    found: dict[str, Json] = {}
    for index, each in enumerate(several):
        inner = _kinds(document, each)
        name = name_of(each["$ref"]) if "$ref" in each else f"kind {index + 1}"
        found |= {(key or name): value for key, value in inner.items()}
    return found


def _returns(describer: Describer, operation: Operation) -> Iterator[str]:
    yield markup.heading("Returns")
    for status, response in operation.facts["responses"].items():
        if status.startswith(("1", "2")):
            kinds = [
                describer.kind(content["schema"])
                for content in response.get("content", {}).values()
                if "schema" in content
            ]
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
        yield "\n".join(f"- {_error(int(status))} ({status}): {markup.prose(said)}" for status, said in told.items())


def _error(status: int) -> str:
    return f"{{py:class}}`~portkey_client.errors.{error_class(status).__name__}`"


def _example(document: Document, operation: Operation) -> Iterator[str]:
    answers = {each.name: each for each in examples.answers_of(operation)}
    requests = examples.requests_of(document, operation)
    for index, request in enumerate(requests):
        answer = answers.get(request.name)
        if index == 0:
            yield markup.heading(f"Example: {request.summary}" if len(requests) > 1 else "Example")
            yield _shown(operation, request, answer)
        else:
            yield markup.folded(f"Example: {request.summary}", _shown(operation, request, answer))


def _shown(operation: Operation, request: Request, answer: Answer | None) -> str:
    curl = examples.in_curl(operation, request, credentials.address(operation), credentials.headers(operation))
    blocks = [
        markup.fenced("python", examples.in_python(operation, request)),
        markup.folded("The same with curl", markup.fenced("sh", curl)),
    ]
    if answer:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body, indent=2, ensure_ascii=False)
        block = markup.fenced("json" if "json" in answer.media else "text", text)
        blocks.append(markup.folded(f"The answer, {answer.status}: {answer.summary}", block))
    return "\n\n".join(blocks)


def _access(operation: Operation) -> Iterator[str]:
    ways = [" + ".join(map(markup.code, way)) for way in credentials.combinations(operation)]
    has = ", ".join(map(markup.code, credentials.gateways(operation)))
    yield markup.heading("Access")
    yield f"Gateways: {has}.\nCredentials: {', or '.join(ways) if ways else 'none'}."
