"""One operation as the templates write it: its arguments, its type, and the data it states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.union import UnionProperty

from . import render
from .load import Json
from .names import snake
from .normalise import choose_media, is_json_parameter, media_kind, parameter_position

_RESERVED = ("self", "options", *render.CALL_OPTIONS)


@dataclass(frozen=True)
class Argument:
    """One argument of a generated method."""

    name: str
    kind: str
    """Its Python type, as source text."""
    default: str | None
    """``None`` for a required argument, else ``"None"`` (not sent) or ``"UNSET"`` (null may be sent)."""
    place: str
    """``path``, ``query``, ``header``, ``cookie`` or ``body``."""
    wire: str
    """Its name on the wire."""
    prop: Any = field(repr=False)

    @property
    def declaration(self) -> str:
        """The argument as it stands in a signature."""
        return f"{self.name}: {self.kind}" + ("" if self.default is None else f" = {self.default}")


@dataclass(frozen=True)
class Call:
    """One generated method, sync or async."""

    name: str
    constant: str
    facts: Json
    """The operation of the resolved document."""
    method: str
    path: str
    arguments: list[Argument]
    overloads: list[list[Argument]]
    """One argument list for each kind of body, where the body is a union of objects."""
    whole_body: bool
    returns: str
    responses: dict[str, tuple[str, Any]]
    """Status -> (kind of body, codec)."""
    content_type: str | None
    styles: dict[str, str]
    events: Any
    """The codec of one server-sent event, where the operation can stream."""
    props: list[Any]

    def parts(self) -> Iterable[tuple[str, list[Argument]]]:
        """Yield each place that has arguments, with them."""
        for place in ("path", "query", "header", "cookie"):
            found = [argument for argument in self.arguments if argument.place == place]
            if found:
                yield place, found
        if self.body and not self.whole_body:
            yield "body", self.body

    @property
    def body(self) -> list[Argument]:
        """The arguments that make the request body."""
        return [argument for argument in self.arguments if argument.place == "body"]

    @property
    def signature(self) -> list[str]:
        """The declarations of all arguments, path parameters positional, the rest by keyword."""
        return _signature(self.arguments)

    @property
    def overload_signatures(self) -> list[list[str]]:
        """The declarations of each overload."""
        return [_signature(arguments) for arguments in self.overloads]


def _signature(arguments: list[Argument]) -> list[str]:
    ordered = sorted(arguments, key=lambda argument: argument.default is not None)
    positional = [argument.declaration for argument in ordered if argument.place == "path"]
    keyword = [argument.declaration for argument in ordered if argument.place != "path"]
    return ["self", *positional, *(["*", *keyword] if keyword else []), "**options: Unpack[CallOptions]"]


def make_call(
    endpoint: Any, where: tuple[str, str, Json], component_codecs: dict[str, Any], shadows: frozenset[str]
) -> Call:
    """Return the method of one endpoint.

    Args:
        endpoint: The generator's view of the operation.
        where: The (path, method, operation) of the resolved document.
        component_codecs: Component name -> how it is read.
        shadows: Names of the resource class that hide built-ins.
    """
    path, method, facts = where
    name = facts["operationId"].rsplit(".", 1)[1]
    parameters, styles = _parameters(endpoint, facts)
    body = endpoint.bodies[0].prop if endpoint.bodies else None
    taken = [argument.name for argument in parameters]
    required = body is not None and facts["requestBody"].get("required") is True
    branches = _branches(body)
    fields = _merged([_fields(branch, taken, required) for branch in branches])
    if len({argument.name for argument in fields}) < len(fields):  # two branches spell two properties alike
        branches, fields = [], []
    whole = body is not None and not fields
    if whole:
        kind = render.writing_type(body)
        name_of_body = _free_name("body", "body", taken)
        fields = [Argument(name_of_body, kind, None if required else "UNSET", "body", "body", body)]
    overloads = [[*parameters, *_fields(branch, taken, required)] for branch in branches] if len(branches) > 1 else []
    responses = {response.status_code.pattern: response for response in endpoint.responses}
    returns, codecs = _responses(responses, facts)
    arguments = [*parameters, *fields]
    return Call(
        name=name,
        constant=f"_{name.upper()}",
        facts=facts,
        method=method.upper(),
        path=path,
        arguments=arguments,
        overloads=overloads,
        whole_body=whole,
        returns=render.unshadowed(returns, shadows),
        responses=codecs,
        content_type=choose_media(list(facts["requestBody"]["content"])) if body else None,
        styles=styles,
        events=_events(facts, component_codecs),
        props=[
            *[argument.prop for argument in [*arguments, *[each for overload in overloads for each in overload]]],
            *[response.prop for response in responses.values()],
        ],
    )


def _parameters(endpoint: Any, facts: Json) -> tuple[list[Argument], dict[str, str]]:
    """Return the parameters as arguments, and how those travel that do not travel as plain text."""
    arguments: list[Argument] = []
    styles: dict[str, str] = {}
    for _, prop in endpoint.iter_all_parameters():
        known_as = prop.name.get_untrusted_value()
        parameter = facts["parameters"][parameter_position(known_as)]
        place, wire = parameter["in"], parameter["name"]
        name = _free_name(wire, place, [argument.name for argument in arguments])
        is_list = "Sequence[" in render.writing_type(prop)
        style = _style(parameter, is_object=is_json_parameter(known_as), is_list=is_list)
        written = {"json": "Mapping[str, Any] | str", "deepObject": "Mapping[str, Any]"}.get(str(style))
        kind = written or render.writing_type(prop)
        if style:
            styles[f"{place} {wire}"] = style
        if style == "csv":
            kind = "Sequence[str] | str" if kind == "str" else kind
        default = None if prop.required else "None"
        arguments.append(Argument(name, kind if prop.required else render.optional(kind), default, place, wire, prop))
    return arguments, styles


def _style(parameter: Json, *, is_object: bool, is_list: bool) -> str | None:
    """Tell how a parameter is written (OpenAPI, style and explode): json, csv, deepObject, or plain."""
    style = parameter.get("style")
    if is_object:
        return "deepObject" if style == "deepObject" else "json"
    if is_list:
        delimiters = {"spaceDelimited": "ssv", "pipeDelimited": "pipes"}
        exploded = parameter.get("explode", parameter["in"] == "query" and style in (None, "form"))
        return None if exploded else delimiters.get(str(style), "csv")
    return None


def _free_name(wire: str, place: str, taken: Iterable[str]) -> str:
    name = snake(wire)
    name = f"{name}_" if name in _RESERVED else name
    name = f"{name}_{place}" if name in taken else name
    numbered = (f"{name}_{number}" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _branches(prop: Any) -> list[Any]:
    """Return the object or objects whose properties become arguments; none where the body is anything else."""
    if isinstance(prop, ModelProperty):
        return [] if render.is_map(prop) else [prop]
    if isinstance(prop, UnionProperty):
        branches = prop.inner_properties
        if all(isinstance(branch, ModelProperty) and not render.is_map(branch) for branch in branches):
            return list(branches)
    return []


def _fields(model: Any, taken: list[str], required: bool) -> list[Argument]:
    """Return the properties of a body as arguments."""
    arguments: list[Argument] = []
    for prop in [*model.required_properties, *model.optional_properties]:
        wire = render.wire_name(prop)
        name = _free_name(wire, "body", [*taken, *[argument.name for argument in arguments]])
        default = None if prop.required and required else "UNSET"
        arguments.append(Argument(name, render.writing_type(prop), default, "body", wire, prop))
    return arguments


def _merged(branches: list[list[Argument]]) -> list[Argument]:
    """Return the arguments of all branches together: required where every branch requires them."""
    if len(branches) <= 1:
        return branches[0] if branches else []
    merged: dict[str, Argument] = {}
    for argument in [argument for branch in branches for argument in branch]:
        same = [each for branch in branches for each in branch if each.wire == argument.wire]
        default = None if len(same) == len(branches) and all(each.default is None for each in same) else "UNSET"
        merged.setdefault(argument.wire, Argument(argument.name, "Any", default, "body", argument.wire, argument.prop))
    return list(merged.values())


def _responses(responses: dict[str, Any], facts: Json) -> tuple[str, dict[str, tuple[str, Any]]]:
    """Return the type of a successful answer, and how the body of each documented status is read."""
    kinds: list[str] = []
    codecs: dict[str, tuple[str, Any]] = {}
    for status, response in responses.items():
        content: Json = facts["responses"].get(status, {}).get("content") or {}
        kind = media_kind(choose_media(list(content))) if content else "none"
        codec = render.codec(response.prop) if kind == "json" else None
        if status.startswith(("1", "2")) or (status == "default" and len(responses) == 1):
            kinds.append(_answer_type(status, kind, response.prop))
            if kind == "json" and any(map(_is_plain_text, content)):
                kind = "json or text"
                kinds.append("str")
        codecs[status] = (kind, codec)
    return render.joined(kinds) if kinds else "Any", codecs


def _is_plain_text(media: str) -> bool:
    """Tell whether a body of a media type is one text; a stream of events is many."""
    return media_kind(media) == "text" and not media.startswith("text/event-stream")


def _answer_type(status: str, kind: str, prop: Any) -> str:
    """Return the type of one answer: text is text whatever its schema, and 204 and 205 have no body (RFC 9110)."""
    if status in ("204", "205"):
        return "None"
    return "str" if kind == "text" else render.reading_type(prop)


def _events(facts: Json, component_codecs: dict[str, Any]) -> Any:
    for status, response in facts["responses"].items():
        content: Json = response.get("content") or {}
        schema: Json = content.get("text/event-stream", {}).get("schema", {})
        if status.startswith("2") and "$ref" in schema:
            return component_codecs.get(schema["$ref"].rsplit("/", 1)[1])
    return None
