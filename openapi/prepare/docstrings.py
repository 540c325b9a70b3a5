"""The docstrings of the generated methods, from what the document says of an operation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .calls import Argument, Call, in_order, is_error
from .load import Json, is_object
from .normalise import choose_media
from .prose import docstring, escaped, sentences, text_of, wrapped
from .references import component_of

ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "BudgetError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    408: "GatewayTimedOutError",
    409: "ConflictError",
    412: "BudgetError",
    422: "UnprocessableError",
    429: "RateLimitError",
    446: "GuardrailError",
    **dict.fromkeys(range(500, 600), "ServerError"),
}
"""Status -> the error that the client raises for it; a test compares it with the client."""
_ANY_ERROR = "Any {}refusal, such as ``RateLimitError`` (429) or ``ServerError`` (5xx)."
_OPTIONS = "{} for this one call, such as ``timeout`` in seconds."
_STATUS = re.compile(r"`([45]\d\d)`")
_ENOUGH = 200
"""Characters that an argument, an answer or an error is told in, if its first sentence is no longer."""


def method_doc(call: Call, usage: str | None, schemas: Json) -> str:
    """Return the docstring of a method, indented for one, from the summary to the HTTP operation.

    Args:
        call: The method.
        usage: Code that calls it, if there is an example.
        schemas: The components of the resolved document.
    """
    head, *others = [*_told(call), *_sections(call, schemas)]
    sections = [docstring(head, 8).rstrip(), *(wrapped(each, 8) for each in others)]
    if usage:
        code = "\n".join(f"{' ' * 12}{line}" if line else "" for line in escaped(usage).splitlines())
        sections.append(f"Example::\n\n{code}")
    sections.append(wrapped(f"``{call.method} {call.path}``", 8))
    return f"\n\n{' ' * 8}".join(sections) + f"\n{' ' * 8}"


def _told(call: Call) -> Iterator[str]:
    """Yield what an operation does: a line, and what else the document says."""
    summary, description = (text_of(call.facts.get(key)) for key in ("summary", "description"))
    head = (summary or description or f"Call ``{call.facts['operationId']}``").splitlines()[0]
    yield head.rstrip(".") + "."
    if summary and description:
        yield description
    if call.facts.get("deprecated"):
        yield "Deprecated."


def _sections(call: Call, schemas: Json) -> Iterator[str]:
    """Yield the sections that name something in each line."""
    options = _OPTIONS.format("``SocketOptions``" if call.opens_socket else "``CallOptions``")
    told = [f"{argument.name}: {_meaning(call, argument, schemas)}" for argument in in_order(call.arguments)]
    yield _section("Args", [*told, f"**options: {options}"])
    if answer := _answer(call):
        yield f"Returns:\n    {answer}"
    yield _section("Raises", [f"{name}: {reason}" for name, reason in _raises(call)])


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([f"{title}:", *(f"    {line}" for line in lines)])


def _meaning(call: Call, argument: Argument, schemas: Json) -> str:
    """Return what the document says of an argument."""
    facts = call.parameter(argument)
    if facts:
        said = facts.get("description")
    elif call.whole_body:
        said = call.facts["requestBody"].get("description")
    else:
        content = call.facts["requestBody"]["content"]
        said = _said_of(argument.wire, content[choose_media(list(content))].get("schema"), schemas)
    return sentences(text_of(said), _ENOUGH) or f"``{argument.wire}`` of the {argument.place}."


def _said_of(wire: str, body: Any, schemas: Json) -> str:
    """Return what the first kind of body that explains a property says of it, or of the component it refers to."""
    for schema in _with_branches(body, schemas):
        fields: Json = schema.get("properties") or {}
        for each in _with_branches(fields.get(wire), schemas):
            if said := text_of(each.get("description")):
                return said
    return ""


def _with_branches(schema: Any, schemas: Json) -> Iterator[Json]:
    """Yield a schema, what it refers to, and the branches of both."""
    pending, seen = [schema], set[str]()
    while pending:
        each = pending.pop(0)
        if not is_object(each):
            continue
        yield each
        target = component_of(str(each["$ref"])) if "$ref" in each else None
        if target and target not in seen:
            seen.add(target)
            pending.append(schemas.get(target))
        for key in ("allOf", "oneOf", "anyOf"):
            branches: list[Any] = each.get(key) or []
            pending += branches


def _answer(call: Call) -> str:
    """Return what a method returns, unless that is nothing."""
    if call.returns == "None":
        return ""
    statuses = [status for status in call.facts["responses"] if not is_error(status)]
    said = text_of(call.facts["responses"][statuses[0]].get("description")) if statuses else ""
    streamed = " With ``stream=True``, its events as they come." if call.event else ""
    return (sentences(said, _ENOUGH) or "What the gateway answers.") + streamed


def _raises(call: Call) -> Iterator[tuple[str, str]]:
    """Yield the errors of an operation: those of its own, those that are only named, and the rest."""
    responses = call.facts["responses"]
    common = {text_of(each.get("description")) for status, each in responses.items() if status.endswith(("XX", "lt"))}
    named = {int(status) for status in _STATUS.findall(text_of(call.facts.get("description")))}
    if any(argument.place == "path" for argument in call.arguments):
        named.add(404)
    documented = {int(status) for status in responses if status.isdecimal() and is_error(status)}
    known = [status for status in sorted(named | documented) if status in ERRORS]
    own = {status: text_of(responses.get(str(status), {}).get("description")) for status in known}
    own = {status: said for status, said in own.items() if said and said not in common}
    for status, said in own.items():
        yield ERRORS[status], sentences(said, _ENOUGH)
    if bare := [status for status in known if status not in own]:
        names = ", ".join(dict.fromkeys(ERRORS[status] for status in bare))
        yield names, f"The answer is {' or '.join(', '.join(map(str, bare)).rsplit(', ', 1))}."
    yield "APIError", _ANY_ERROR.format("other " if known else "")
