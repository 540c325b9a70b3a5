"""One operation as the templates write it: its arguments, its type, and the data it states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, NamedTuple

from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.union import UnionProperty

from . import render
from .errors import PrepareError
from .events import event_component
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


class Component(NamedTuple):
    """A component of the document, as the generator sees it."""

    name: str
    """Its class or alias."""
    prop: Any


@dataclass(frozen=True)
class Overload:
    """One way to call a method that can be called in several."""

    arguments: list[Argument]
    streams: bool | None
    """Whether the answer comes as a stream; ``None`` where only run time knows."""
    answer: str | None = None
    """The type of the answer that a field of the body asks for, where one does (``x-answer-by``)."""

    @property
    def signature(self) -> list[str]:
        """The declarations of its arguments."""
        return _signature(self.arguments)


@dataclass(frozen=True)
class Choice:
    """A field of the body that decides which of several answers comes (``x-answer-by``)."""

    argument: str
    answers: dict[str, Component]
    """Its value -> the answer; the first also where it is left out."""

    @property
    def codecs(self) -> dict[str | None, Any]:
        """Its value, ``None`` where it is left out, -> the codec of the answer."""
        found: dict[str | None, Any] = {value: render.codec(each.prop) for value, each in self.answers.items()}
        return {None: next(iter(found.values())), **found}


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
    overloads: list[Overload]
    """One for each kind of body, where the body is a union of objects, and for each kind of answer; else none."""
    whole_body: bool
    returns: str
    responses: dict[str, tuple[str, Any]]
    """Status -> (kind of body, codec)."""
    content_type: str | None
    styles: dict[str, str]
    event: str | None
    """The type of one server-sent event, where the operation can stream and an argument says whether it does."""
    events: Any
    """The codec of one server-sent event."""
    choice: Choice | None
    written: list[Any]
    """What its arguments hold."""
    props: list[Any]
    """The same, and what it answers, but for events."""

    def parts(self) -> Iterable[tuple[str, list[Argument]]]:
        """Yield each place that has arguments, with them."""
        for place in ("path", "query", "header", "cookie"):
            found = [argument for argument in self.arguments if argument.place == place]
            if found:
                yield place, found
        if self.body and not self.whole_body:
            yield "body", self.body

    def parameter(self, argument: Argument) -> Json | None:
        """Return what the document says of an argument that is no part of the body."""
        found = (
            each for each in self.facts["parameters"] if (each["in"], each["name"]) == (argument.place, argument.wire)
        )
        return next(found, None)

    @property
    def successes(self) -> dict[str, tuple[str, Any]]:
        """How the body of each documented status is read that is no error."""
        return {status: read for status, read in self.responses.items() if not is_error(status)}

    @property
    def errors(self) -> dict[str, tuple[str, Any]]:
        """How the body of each other one is read."""
        return {status: read for status, read in self.responses.items() if is_error(status)}

    @property
    def body(self) -> list[Argument]:
        """The arguments that make the request body."""
        return [argument for argument in self.arguments if argument.place == "body"]

    @property
    def signature(self) -> list[str]:
        """The declarations of all arguments, path parameters positional, the rest by keyword."""
        return _signature(self.arguments, "SocketOptions" if self.opens_socket else "CallOptions")

    @property
    def opens_socket(self) -> bool:
        """Whether its answer is no answer but a websocket (RFC 6455: 101)."""
        return "101" in self.responses

    def returned(self, prefix: str, way: Overload | None, raw: bool = False) -> str:
        """Return the type of the answer in one way to call it, or of the raw response.

        Args:
            prefix: What the classes of the client bear before their names.
            way: One of the overloads; ``None`` where it may be any.
            raw: Whether the raw response is meant.
        """
        if self.opens_socket:
            return f"{prefix}Socket"
        streams = way.streams if way else None
        wholes = [way.answer] if way and way.answer else [self.returns]
        if raw and self.choice and wholes == [self.returns]:
            wholes = list(dict.fromkeys(each.name for each in self.choice.answers.values()))
        found = [] if streams and self.event else wholes
        if self.event and streams is not False:
            found = [*found, f"{prefix}Stream[{self.event}, {self.returns}]"]
        return " | ".join(f"RawResponse[{each.replace('builtins.', '')}]" if raw else each for each in found)


def is_error(status: str) -> bool:
    """Tell whether a status, range (``4XX``) or ``default`` of the document is one that raises."""
    return not status.startswith(("1", "2"))


def in_order(arguments: Iterable[Argument]) -> list[Argument]:
    """Return arguments as a signature has them: those of the path first, in each part what is required first."""
    return sorted(arguments, key=lambda argument: (argument.place != "path", argument.default is not None))


def _signature(arguments: list[Argument], options: str = "CallOptions") -> list[str]:
    ordered = in_order(arguments)
    positional = [argument.declaration for argument in ordered if argument.place == "path"]
    keyword = [argument.declaration for argument in ordered if argument.place != "path"]
    return ["self", *positional, *(["*", *keyword] if keyword else []), f"**options: Unpack[{options}]"]


def make_call(
    endpoint: Any, where: tuple[str, str, Json], components: dict[str, Component], shadows: frozenset[str]
) -> Call:
    """Return the method of one endpoint.

    Args:
        endpoint: The generator's view of the operation.
        where: The (path, method, operation) of the resolved document.
        components: The components of the document by name.
        shadows: Names of the resource class that hide built-ins.
    """
    path, method, facts = where
    name = facts["operationId"].rsplit(".", 1)[1]
    parameters, styles = _parameters(endpoint, facts)
    body = endpoint.bodies[0].prop if endpoint.bodies else None
    fields, kinds = _body(body, facts, [argument.name for argument in parameters])
    whole = bool(fields) and not kinds
    responses = {response.status_code.pattern: response for response in endpoint.responses}
    returns, codecs = _responses(responses, facts)
    arguments = [*parameters, *fields]
    event = components.get(str(event_component(facts["responses"])))
    can_stream = event is not None and not whole and any(map(_is_stream_flag, fields))
    variants = [[*parameters, *kind] for kind in kinds] or [arguments]
    choice = _choice(facts, fields, components)
    ways = [each for variant in variants for each in _overloads(variant, can_stream=can_stream)]
    overloads = [each for way in ways for each in (_chosen(way, choice) if choice else [way])]
    written = [argument.prop for each in [arguments, *variants] for argument in each]
    return Call(
        name=name,
        constant=f"_{name.upper()}",
        facts=facts,
        method=method.upper(),
        path=path,
        arguments=arguments,
        overloads=overloads if len(overloads) > 1 else [],
        whole_body=whole,
        returns=render.unshadowed(returns, shadows),
        responses=codecs,
        content_type=choose_media(list(facts["requestBody"]["content"])) if body else None,
        styles=styles,
        event=event.name if event and can_stream else None,
        events=render.codec(event.prop) if event else None,
        choice=choice,
        written=written,
        props=[*written, *[response.prop for response in responses.values()]],
    )


def _parameters(endpoint: Any, facts: Json) -> tuple[list[Argument], dict[str, str]]:
    """Return the parameters as arguments, and how those travel that do not travel as plain text."""
    arguments: list[Argument] = []
    styles: dict[str, str] = {}
    for _, prop in endpoint.iter_all_parameters():
        known_as = prop.name.get_untrusted_value()
        parameter = facts["parameters"][parameter_position(known_as)]
        place, wire = parameter["in"], parameter["name"]
        name = argument_name(wire, place, [argument.name for argument in arguments])
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


def argument_name(wire: str, place: str, taken: Iterable[str]) -> str:
    """Return the name of an argument: that on the wire as an identifier, told apart from the names taken."""
    name = snake(wire)
    name = f"{name}_" if name in _RESERVED else name
    name = f"{name}_{place}" if name in taken else name
    numbered = (f"{name}_{number}" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _body(body: Any, facts: Json, taken: list[str]) -> tuple[list[Argument], list[list[Argument]]]:
    """Return the arguments that make the body, and those of each kind of body; no kinds where one argument is all."""
    if body is None:
        return [], []
    required = facts["requestBody"].get("required") is True
    kinds = [_fields(branch, taken, required) for branch in _branches(body)]
    fields = _merged(kinds)
    if fields and len({argument.name for argument in fields}) == len(fields):
        return fields, kinds
    # No object, or two branches spell two properties alike.
    default = None if required else "UNSET"
    return [
        Argument(argument_name("body", "body", taken), render.writing_type(body), default, "body", "body", body)
    ], []


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
        name = argument_name(wire, "body", [*taken, *[argument.name for argument in arguments]])
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


def _is_stream_flag(argument: Argument) -> bool:
    """Tell whether an argument asks for a stream: the name that OpenAI gave it, and all who followed."""
    return argument.wire == "stream" and "bool" in render.writing_type(argument.prop).split(" | ")


def _overloads(arguments: list[Argument], *, can_stream: bool) -> list[Overload]:
    """Return the ways to call a method with some arguments: not streaming, streaming, and as a variable says."""
    flag = next((each for each in arguments if can_stream and _is_stream_flag(each)), None)
    if flag is None:
        return [Overload(arguments, streams=False)]
    plain = replace(flag, kind=flag.kind.replace("bool", "Literal[False]"))
    kinds = {False: plain, True: replace(flag, kind="Literal[True]", default=None), None: replace(flag, default=None)}
    return [
        Overload([each if argument is flag else argument for argument in arguments], streams)
        for streams, each in kinds.items()
    ]


def _choice(facts: Json, arguments: list[Argument], components: dict[str, Component]) -> Choice | None:
    """Return the field of the body that decides what an operation answers, where the document names one.

    Raises:
        PrepareError: The document names what it does not have.
    """
    for wire, answers in facts.get("x-answer-by", {}).items():
        found = [each.name for each in arguments if (each.place, each.wire) == ("body", wire)]
        unknown = [name for name in answers.values() if name not in components]
        if unknown or not found:
            raise PrepareError(f"{facts['operationId']}: x-answer-by: it has no {' or '.join(unknown or [wire])}")
        return Choice(found[0], {value: components[name] for value, name in answers.items()})
    return None


def _chosen(way: Overload, choice: Choice) -> list[Overload]:
    """Return the ways to call a method by what is asked for: each known answer, and what only run time knows."""
    flag = next((each for each in way.arguments if each.name == choice.argument), None)
    if flag is None:
        return [way]
    kinds: list[tuple[Argument, str | None]] = [
        (replace(flag, kind=f"Literal[{value!r}]", default=None if index else flag.default), answer.name)
        for index, (value, answer) in enumerate(choice.answers.items())
    ]
    return [
        Overload([each if argument is flag else argument for argument in way.arguments], way.streams, answer)
        for each, answer in [*kinds, (replace(flag, default=None), None)]
    ]


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
