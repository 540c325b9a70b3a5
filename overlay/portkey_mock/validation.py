"""Does a request conform to its operation? Credentials, parameters, media type and body, in this order."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import parse_qsl

from portkey_mock.document import Content, Credential, Operation, Parameter
from portkey_mock.errors import Refusal
from portkey_mock.forms import Part, parse_multipart
from portkey_mock.jsonvalue import Json, JsonObject, is_object, pointer
from portkey_mock.message import Request
from portkey_mock.reading import read_json
from portkey_mock.schema import Problem

_NUMBER: Final = re.compile(r"-?[0-9]{1,100}(\.[0-9]{1,100})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_JSON: Final = "application/json"

_in_order: Final = json.JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True, eq=False)
class Call:
    """A request that conforms, taken apart. It is never changed, and equal to nothing but itself.

    Attributes:
        operation: what is called, as the document describes it.
        path: path parameters, decoded.
        query: query parameters; the declared ones with their declared types, the others as strings.
        body: the JSON body, or the fields of a form; None if there was none.
        files: the files of a form by field name.
        streamed: whether the answer goes out as a stream, so that whatever it tells of has ended with it.
    """

    operation: Operation
    path: Mapping[str, str]
    query: Mapping[str, Json] = field(default_factory=dict[str, Json])
    body: Json = None
    files: Mapping[str, Part] = field(default_factory=dict[str, Part])
    streamed: bool = False

    @cached_property
    def fields(self) -> JsonObject:
        """The members of the body if it is an object; nothing otherwise."""
        return self.body if is_object(self.body) else {}

    @cached_property
    def text(self) -> str:
        """The body as JSON; the order of its keys, which says nothing, does not show."""
        return _in_order(self.body)


def validate(operation: Operation, path: Mapping[str, str], request: Request) -> Call:
    """`request` taken apart, if it conforms to `operation`.

    Raises:
        Refusal: 401 if no alternative of the credentials is complete; 415 for a media type that the operation does not
            take; 400 for anything else.
    """
    return validate_body(operation, path, request, read_head(operation, path, request))


def read_head(operation: Operation, path: Mapping[str, str], request: Request) -> dict[str, Json]:
    """The query parameters of `request`, if all but its body conforms.

    Raises:
        Refusal: 401 or 400, as `validate`.
    """
    fields = _Fields(path, request)
    check_credentials(operation, fields)
    return {**fields.undeclared_query(operation), **dict(_parameters(operation, fields))}


def validate_body(operation: Operation, path: Mapping[str, str], request: Request, query: Mapping[str, Json]) -> Call:
    """`request` taken apart, if its body conforms; `query` is what `read_head` made of all the rest.

    Raises:
        Refusal: 415 or 400, as `validate`.
    """
    check_length(request)
    body, files = read_body(operation, request)
    return Call(operation, path, query, body, files)


class _Fields:
    """Every named string of a request, by where it stands."""

    def __init__(self, path: Mapping[str, str], request: Request) -> None:
        self._by_location: dict[str, Mapping[str, list[str]]] = {
            "path": {name: [value] for name, value in path.items()},
            "query": _grouped(_query(request.query)),
            "header": _grouped(request.headers),
            "cookie": _grouped(_cookies(request)),
        }

    def get(self, location: str, name: str) -> list[str]:
        """All values of one field, in order."""
        return self._by_location.get(location, {}).get(name, [])

    def undeclared_query(self, operation: Operation) -> dict[str, str]:
        """Query parameters that the document does not know; a gateway ignores them or understands them all the same."""
        sent = self._by_location["query"]
        return {name: values[-1] for name, values in sent.items() if name not in operation.query_names}


def _query(query: str) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise Refusal(400, "The query is not percent-encoded UTF-8.", code="invalid_query", at="/query") from None


def _cookies(request: Request) -> Iterator[tuple[str, str]]:
    sent = request.header("cookie")
    for pair in sent.split(";") if sent else ():
        name, _, value = pair.strip().partition("=")
        yield name, value


def _grouped(pairs: Iterator[tuple[str, str]] | Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        grouped[name].append(value)
    return grouped


def check_credentials(operation: Operation, fields: _Fields) -> None:
    """One alternative of the operation's credentials has to be complete; whether a key is genuine is not asked.

    Raises:
        Refusal: 401, naming what would do. What was sent is not repeated.
    """
    alternatives = operation.alternatives
    if not alternatives or any(all(_shown(each, fields) for each in alternative) for alternative in alternatives):
        return
    wanted = "; or ".join(" and ".join(map(_in_words, alternative)) for alternative in alternatives)
    message = f"Credentials are missing or incomplete. Send {wanted}."
    raise Refusal(401, message, code="invalid_credentials", headers=(("www-authenticate", "Bearer"),))


def _shown(credential: Credential, fields: _Fields) -> bool:
    value = " ".join(fields.get(credential.location, credential.name)[-1:]).strip()
    if not credential.scheme:
        return bool(value)
    scheme, _, secret = value.partition(" ")
    return scheme.lower() == credential.scheme and bool(secret.strip())


def _in_words(credential: Credential) -> str:
    return f"{credential.location} {credential.name}" + (f" ({credential.scheme})" if credential.scheme else "")


def check_length(request: Request) -> None:
    """The body has as many bytes as `content-length` says, if it says so.

    Raises:
        Refusal: 400.
    """
    declared = request.header("content-length")
    if declared is not None and declared.strip() != str(len(request.body)):
        message = f"The header content-length does not agree with the body, which has {len(request.body)} bytes."
        raise Refusal(400, message, code="invalid_content_length", at="/header/content-length")


def _parameters(operation: Operation, fields: _Fields) -> Iterator[tuple[str, Json]]:
    """Checks every parameter; yields those of the query."""
    for parameter in operation.parameters:
        given = fields.get(parameter.location, parameter.name)
        if not given:
            if parameter.required:
                where = f"{parameter.location} parameter {parameter.name}"
                at = pointer(parameter.location, parameter.name)
                raise Refusal(400, f"The {where} is missing.", code="missing_parameter", at=at)
            continue
        value = read_parameter(parameter, given)
        if parameter.location == "query":
            yield parameter.name, value


def read_parameter(parameter: Parameter, given: list[str]) -> Json:
    """The value of a parameter, given every string sent under its name: the first reading that its schema accepts.

    Raises:
        Refusal: 400 if no reading is accepted, with the problem of the one that came closest.
    """
    for value in _readings(given, parameter.explode):
        if parameter.schema.accepts(value):
            return value
    readings = list(_readings(given, parameter.explode))
    problems = [problem for value in reversed(readings) if (problem := parameter.schema.problem(value))]
    problem = max(problems, key=lambda each: len(each.at))
    root = "body" if parameter.location == "form" else parameter.location
    raise _invalid(problem, pointer(root, parameter.name), "invalid_parameter")


def _readings(given: list[str], explode: bool) -> Iterator[Json]:
    """What strings can mean, the plainest meaning first: text, a list, JSON, pairs of name and value, a number.

    What was given more than once can only be a list.
    """
    if len(given) > 1:
        yield list[Json](given)
        yield [_scalar(item) for item in given]
        return
    last = given[-1]
    yield last
    items = given if explode else last.split(",")
    yield items
    yield [_scalar(item) for item in items]
    if last[:1] in ("{", "["):
        with suppress(Refusal):  # If it is not JSON after all, the readings as text remain.
            yield read_json(last.encode("utf-8", "surrogateescape"))
    if not explode and len(items) % 2 == 0:
        yield dict(zip(items[::2], items[1::2], strict=True))
    yield _scalar(last)


def _scalar(text: str) -> Json:
    if text in ("true", "false"):
        return text == "true"
    if text == "null":
        return None
    if _NUMBER.fullmatch(text):
        number = int(text) if text.lstrip("-").isdigit() else float(text)
        return number if math.isfinite(number) else text
    return text


def read_body(operation: Operation, request: Request) -> tuple[Json, dict[str, Part]]:
    """The body of `request` and the files in it.

    A body that the operation does not ask for is ignored, as gateways do. A body without a content type is taken for
    JSON where JSON is taken at all.

    Raises:
        Refusal: 415 or 400.
    """
    if not operation.body:
        return None, {}
    content_type = request.header("content-type") or ""
    content = _content(operation, content_type or _JSON) if content_type or request.body else None
    if content is None or not request.body:
        if operation.body_required:
            raise Refusal(400, "A request body is required.", code="missing_body", at="/body")
        return None, {}
    if content.media.startswith("multipart/"):
        return _form(content, parse_multipart(content_type, request.body))
    if content.media != _JSON and not content.media.endswith("+json"):
        return None, {}
    value = read_json(request.body, "/body")
    _check(content, value)
    return value, {}


def validate_value(operation: Operation, value: Json) -> Json:
    """`value`, if it conforms as the JSON body of `operation`.

    Raises:
        Refusal: 400 if it does not; 415 if the operation takes no JSON.
    """
    _check(_content(operation, _JSON), value)
    return value


def _content(operation: Operation, content_type: str) -> Content:
    """What the operation takes that has this content type; a declared media type may hold wildcards."""
    media, foreign = _media(content_type)
    found = [content for declared, content in operation.body.items() if fnmatchcase(media, declared)]
    if not found or foreign:
        message = f"This operation takes {' or '.join(operation.body)}, in UTF-8."
        raise Refusal(415, message, code="unsupported_media_type", at="/header/content-type")
    return found[0]


@lru_cache(maxsize=256)
def _media(content_type: str) -> tuple[str, bool]:
    """The media type in lower case, and whether its text is in a charset that is not read."""
    media, _, options = content_type.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", options.lower())
    return media.strip().lower(), charset is not None and charset[1] not in ("utf-8", "utf8", "us-ascii")


def _check(content: Content, value: Json) -> None:
    problem = None if content.schema.accepts(value) else content.schema.problem(value)
    if problem is not None:
        raise _invalid(problem, "/body", "invalid_body")


def _form(content: Content, parts: list[Part]) -> tuple[JsonObject, dict[str, Part]]:
    """The fields of a form with their declared types, and its files. To the schema a file is an empty string."""
    files = {part.name: part for part in parts if part.name in content.binary}
    texts = _grouped([(part.name, _text(part)) for part in parts if part.name not in content.binary])
    fields: JsonObject = {
        name: read_parameter(content.fields[name], given) if name in content.fields else given[-1]
        for name, given in texts.items()
    }
    placeholders = {name: _placeholder(content.fields[name], parts) for name in files}
    _check(content, {**fields, **placeholders})
    return fields, files


def _text(part: Part) -> str:
    try:
        return part.content.decode("utf-8")
    except UnicodeDecodeError:
        message = f"The form field {part.name!r} is not UTF-8."
        raise Refusal(400, message, code="invalid_form", at=pointer("body", part.name)) from None


def _placeholder(parameter: Parameter, parts: list[Part]) -> Json:
    """Stands for a file, or for a list of files, where the form is checked against its schema."""
    several = ["" for part in parts if part.name == parameter.name]
    return several if parameter.schema.accepts(several) else ""


def _invalid(problem: Problem, root: str, code: str) -> Refusal:
    at = root + problem.at
    return Refusal(400, f"Invalid value at {at}: {problem.reason} (rule {problem.rule}).", code=code, at=at)
