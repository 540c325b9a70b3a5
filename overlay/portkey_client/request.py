"""From an operation and its arguments to one HTTP request, as data; nothing here does I/O but opening a file."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import quote, unquote

from portkey_api.types import UNSET, CallOptions, Operation, WireModel, to_wire

from .errors import RequestRefusedError
from .headers import header_problem, merged
from .narrow import is_list, is_mapping, is_named_file, is_path

_STRUCTURED = ("application/json", "+json")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
"""An id as most are: there is nothing to encode and nothing to refuse."""


class Request(NamedTuple):
    """One request, as the arguments of ``httpx.Client.request``; its repr shows neither headers nor content."""

    arguments: dict[str, Any]
    opened: list[IO[bytes]]
    """Files this request opened, to be closed after it."""

    def __repr__(self) -> str:
        return f"Request({self.arguments['method']} {self.arguments['url']})"

    def close(self) -> None:
        """Close the files that were opened for it."""
        for file in self.opened:
            file.close()


def build_request(
    operation: Operation[Any],
    options: CallOptions,
    parts: Mapping[str, Any],
    address: str,
    *headers: Mapping[str, str],
    trailing_slash: bool = False,
) -> Request:
    """Return the request for one call.

    Args:
        operation: What is called.
        options: The options of this call.
        parts: The arguments by place: ``path``, ``query``, ``header``, ``cookie``, ``body``, each by wire name.
        address: Where the operation's server is.
        *headers: Credentials and other headers of the client, checked when they were given.
        trailing_slash: Whether the gateway wants a slash after every path.

    Raises:
        RequestRefusedError: An argument cannot be sent; the message names it.
    """
    path = _path(operation, parts.get("path", {}))
    arguments: dict[str, Any] = {
        "method": operation.method,
        "url": address.rstrip("/") + (f"{path.rstrip('/')}/" if trailing_slash else path),
    }
    query = _with_extra(_query(operation, parts.get("query", {})), options.get("extra_query", {}))
    if query:
        arguments["params"] = query
    if "timeout" in options:
        arguments["timeout"] = _timeout(operation, options["timeout"])
    own = {"Accept": "application/json" if _answers_json(operation) else "*/*"}
    request = Request(arguments, [])
    try:
        body = _body(operation, options, parts.get("body", UNSET))
        arguments |= _content(operation, body, own, request.opened)
        arguments["headers"] = merged(own, *headers, _headers(operation, options, parts))
    except BaseException:
        request.close()
        raise
    return request


def _path(operation: Operation[Any], values: Mapping[str, Any]) -> str:
    path = operation.path
    for name, value in values.items():
        path = path.replace("{" + name + "}", _segment(operation, name, value))
    return path


def _segment(operation: Operation[Any], name: str, value: Any) -> str:
    """Return one path parameter, percent-encoded (RFC 3986, section 2.1).

    An id that arrives percent-encoded, as those of some providers do, is sent as it is, not encoded twice. A part
    of it that is a dot segment, however written, is refused: servers remove those (section 5.2.4), slashes decoded.
    """
    text = _text(value)
    if _PLAIN.fullmatch(text):
        return text
    if not _encodes(text):
        raise RequestRefusedError(f"{operation.name}: {name} holds half of a surrogate pair, which is no text")
    if not text or any(part in (".", "..") for part in re.split(r"[/\\]", _decoded(text))):
        raise RequestRefusedError(f"{operation.name}: {name} is {text[:80]!r}, which would call another operation")
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(text, safe="%"))


def _decoded(text: str) -> str:
    """Return a text without its percent-encoding, also where it was encoded more than once."""
    while (plain := unquote(text)) != text:
        text = plain
    return text


def _query(operation: Operation[Any], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the query as name and value, by the document's style of each parameter (OpenAPI, Parameter Object)."""
    for name, value in values.items():
        style = operation.styles.get(f"query {name}")
        if value is None or value is UNSET:
            continue
        if style == "deepObject" and is_mapping(value):
            yield from ((f"{name}[{key}]", _text(each)) for key, each in value.items())
        elif style is None and is_list(value):
            yield from ((name, _text(each)) for each in value)
        else:
            yield name, _styled(value, style)


def _with_extra(query: Iterator[tuple[str, str]], extra: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the query with the parameters a call adds or replaces; ``None`` takes one away."""
    kept = [(name, value) for name, value in query if name not in extra]
    added = {name: value if is_list(value) else [value] for name, value in extra.items() if value is not None}
    return kept + [(name, _text(each)) for name, values in added.items() for each in values]


def _timeout(operation: Operation[Any], seconds: float | None) -> float | None:
    if seconds is not None and not seconds > 0:
        raise RequestRefusedError(f"{operation.name}: timeout must be more than 0 seconds; None waits for ever")
    return seconds


def _headers(operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the headers of one call: of its arguments, and what it adds, replaces or, by ``None``, takes away."""
    given: dict[str, str | None] = {
        name: _styled(value, operation.styles.get(f"header {name}"))
        for name, value in parts.get("header", {}).items()
        if value is not None
    }
    cookies = {name: _text(value) for name, value in parts.get("cookie", {}).items() if value is not None}
    if cookies:
        given["Cookie"] = "; ".join(f"{name}={quote(value)}" for name, value in cookies.items())
    given |= options.get("extra_headers", {})
    for name, value in given.items():
        problem = header_problem(name, "" if value is None else value)
        if problem is not None:
            raise RequestRefusedError(f"{operation.name}: {problem}")
    return given


def _styled(value: Any, style: str | None) -> str:
    if style == "json" and not isinstance(value, str):
        return json.dumps(to_wire(value), separators=(",", ":"))
    delimiter = {"ssv": " ", "pipes": "|"}.get(style or "", ",")
    return delimiter.join(_text(each) for each in value) if is_list(value) else _text(value)


def _text(value: Any) -> str:
    """Return a plain value as text, the way JSON spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _answers_json(operation: Operation[Any]) -> bool:
    return all(kind in ("json", "none") for status, (kind, _) in operation.responses.items() if status[0] == "2")


# -- bodies


def _body(operation: Operation[Any], options: CallOptions, given: Any) -> Any:
    """Return the body with the fields this call adds, without those that are unset; ``UNSET`` where there is none.

    The fields of ``extra_body`` are those at the top: each is added, replaces the body's, or, being ``UNSET``, takes it
    away.
    """
    fields: Any = given.to_dict() if isinstance(given, WireModel) else given
    extra = options.get("extra_body")
    if fields is UNSET and extra is not None:
        fields = {}
    if is_mapping(fields):
        return {name: value for name, value in {**fields, **(extra or {})}.items() if value is not UNSET}
    if extra:
        raise RequestRefusedError(f"{operation.name}: extra_body adds fields to an object, and this body is none")
    return fields


def _content(operation: Operation[Any], body: Any, headers: dict[str, str], opened: list[IO[bytes]]) -> dict[str, Any]:
    """Return the body as arguments of httpx; a call without a body has no content type either."""
    if body is UNSET:
        return {}
    media = operation.content_type or "application/json"
    if media.startswith("multipart/"):
        return {"files": [part for name, value in body.items() for part in _form_parts(name, value, opened)]}
    if media == "application/x-www-form-urlencoded":
        return {"data": {name: _field_text(value) for name, value in body.items() if value is not None}}
    headers["Content-Type"] = media
    if media.endswith(_STRUCTURED):
        return {"content": write_json(operation, body)}
    return {"content": body if isinstance(body, (bytes, str)) else _file("body", body, opened)[1]}


def write_json(operation: Operation[Any], body: Any) -> bytes:
    """Return a body as JSON (RFC 8259).

    Raises:
        RequestRefusedError: JSON cannot hold it; the message names the place.
    """
    wire = to_wire(body)
    try:
        return json.dumps(wire, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        place, reason = next(_unwritable(wire, ""), ("body", str(error)))
        raise RequestRefusedError(f"{operation.name}: {place or 'the body'} {reason}") from None


def _unwritable(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield the places JSON cannot hold, and why."""
    if is_mapping(value):
        for key, each in value.items():
            yield from _unwritable(each, f"{place}.{key}" if place else str(key))
    elif is_list(value):
        for index, each in enumerate(value):
            yield from _unwritable(each, f"{place}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield place, f"is {value}, which JSON has no number for"
    elif isinstance(value, str) and not _encodes(value):
        yield place, "holds half of a surrogate pair, which is no text"
    elif value is not None and not isinstance(value, (str, int, float)):
        yield place, f"is a {type(value).__name__}, which JSON cannot hold"


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _form_parts(name: str, value: Any, opened: list[IO[bytes]]) -> Iterator[tuple[str, Any]]:
    """Yield the parts of one form field (RFC 7578): files with a name, a part for each member of a list."""
    if value is None:
        return
    if isinstance(value, bytes) or is_path(value) or hasattr(value, "read") or is_named_file(value):
        yield name, _file(name, value, opened)
    elif is_list(value):
        for each in value:
            yield from _form_parts(name, each, opened)
    else:
        yield name, (None, _field_text(value).encode())


def _field_text(value: Any) -> str:
    return json.dumps(to_wire(value)) if isinstance(value, (Mapping, WireModel)) else _text(value)


def _file(name: str, value: Any, opened: list[IO[bytes]]) -> tuple[Any, ...]:
    """Return a file as (name, content[, media type])."""
    if is_named_file(value):
        return value
    if isinstance(value, bytes):
        return name, value
    if not is_path(value):
        return Path(str(getattr(value, "name", name))).name, value
    path = Path(value)
    try:
        opened.append(path.open("rb"))
    except OSError as error:
        raise RequestRefusedError(f"{name}: the file {path} cannot be read: {error.strerror}") from None
    return path.name, opened[-1]
