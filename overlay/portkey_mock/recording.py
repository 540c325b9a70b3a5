"""Recorded traffic: one exchange per line of JSON, without secrets, and a gateway that answers from it.

A line is `{"request": {method, path, query, headers, body}, "response": {status, headers, body}}`. A body is text, or
`{"base64": ...}` where it is none.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from portkey_mock.hiding import hide_headers, hide_json, hide_query, hide_values, secrets_of
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.message import Headers, Request, Response, json_response

_DROPPED: Final = frozenset(
    {"connection", "content-encoding", "content-length", "date", "keep-alive", "transfer-encoding"}
)
"""Headers that belong to a connection or to a coding, not to what was said."""

_Key: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], bytes]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response; after `without_secrets` neither has a credential.

    Attributes:
        request: what was asked.
        response: what was answered.
    """

    request: Request
    response: Response

    def without_secrets(self) -> Exchange:
        """The same with every secret hidden: by its name, and the request's credentials wherever else they stand."""
        secrets = secrets_of(self.request.headers)
        request, response = self.request, self.response
        return Exchange(
            Request(
                request.method,
                hide_values(request.path, secrets),
                hide_values(hide_query(request.query), secrets),
                _plain(request.headers, secrets),
                _hidden(request.body, secrets),
            ),
            Response(response.status, _plain(response.headers, secrets), _hidden(response.body, secrets)),
        )

    def to_json(self) -> JsonObject:
        """The exchange as a line of a recording has it."""
        request, response = self.request, self.response
        return {
            "request": {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "headers": [list(pair) for pair in request.headers],
                "body": _written(request.body),
            },
            "response": {
                "status": response.status,
                "headers": [list(pair) for pair in response.headers],
                "body": _written(response.body),
            },
        }


def exchange_from(value: Json) -> Exchange:
    """The exchange that `to_json` wrote.

    Raises:
        ValueError: it is none.
    """
    try:
        asked, answered = value["request"], value["response"]
        request = Request(
            asked["method"], asked["path"], asked["query"], _headers(asked["headers"]), _read(asked["body"])
        )
        return Exchange(
            request, Response(int(answered["status"]), _headers(answered["headers"]), _read(answered["body"]))
        )
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no recorded exchange: {type(error).__name__}: {error}") from None


class Recorder:
    """Writes exchanges to a file as they come; what is in the file stays."""

    def __init__(self, path: Path) -> None:
        """Appends to the file at `path`."""
        self._path = path
        self._lock = Lock()

    def add(self, exchange: Exchange) -> None:
        """Writes one exchange, without its secrets.

        Raises:
            OSError: the file cannot be written.
        """
        line = json.dumps(exchange.without_secrets().to_json(), ensure_ascii=False)
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def load_recording(path: Path) -> list[Exchange]:
    """The exchanges in a file.

    Raises:
        OSError: the file cannot be read.
        ValueError: a line is no exchange; the message tells which one.
    """
    return list(_exchanges(path))


class Replay:
    """A gateway that answers what was recorded.

    A request is answered as the recorded one with the same method, path, query and body; if it was recorded several
    times, with each answer in turn, and then with the last one again.
    """

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        """Answers from `exchanges`, which `load_recording` reads from a file."""
        self._answers: defaultdict[_Key, list[Response]] = defaultdict(list)
        self._given: Counter[_Key] = Counter()
        self._lock = Lock()
        for exchange in exchanges:
            self._answers[_key(exchange.request)].append(exchange.response)

    def handle(self, request: Request) -> Response:
        """The recorded answer; 501 with what there is, if this request was not recorded."""
        key = _key(Exchange(request, Response(200)).without_secrets().request)
        with self._lock:
            answers = self._answers.get(key)
            if answers is None:
                return self._unknown(request)
            number = min(self._given[key], len(answers) - 1)
            self._given[key] += 1
        return answers[number]

    def connect(self, request: Request) -> Response:
        """Refuses a websocket: what is said there is not recorded."""
        return self.handle(request)

    def _unknown(self, request: Request) -> Response:
        known = sorted({f"{method} {path}" for method, path, _, _ in self._answers})
        same = f"{request.method} {request.path}" in known
        why = "with this query and body" if same else f"; recorded are: {', '.join(known) or 'none'}"
        message = f"{request.method} {request.path} was not recorded{' ' if same else ''}{why}."
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": "not_recorded"}
        return json_response(501, {"error": error})


def _exchanges(path: Path) -> Iterator[Exchange]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield exchange_from(json.loads(line))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None


def _key(request: Request) -> _Key:
    query = tuple(sorted(parse_qsl(request.query, keep_blank_values=True, errors="replace")))
    return request.method, request.path, query, _comparable(request)


def _comparable(request: Request) -> bytes:
    """The body as it is compared: JSON whatever its spaces and order, a form whatever its boundary."""
    _, multipart, boundary = (request.header("content-type") or "").partition("boundary=")
    if multipart:
        return request.body.replace(boundary.strip('"').encode("latin-1"), b"boundary")
    value = _json(request.body)
    return request.body if value is None else json.dumps(value, sort_keys=True).encode("ascii")


def _plain(headers: Headers, secrets: list[str]) -> Headers:
    shown = hide_headers(headers)
    return tuple((name, hide_values(value, secrets)) for name, value in shown if name not in _DROPPED)


def _hidden(body: bytes, secrets: list[str]) -> bytes:
    """`body` without secrets; one that is no text is left as it is."""
    value = _json(body)
    if is_object(value) or is_array(value):
        hidden = hide_json(value)
        body = body if hidden == value else json.dumps(hidden, ensure_ascii=False).encode("utf-8")
    try:
        return hide_values(body.decode("utf-8"), secrets).encode("utf-8")
    except UnicodeDecodeError:
        return body


def _json(body: bytes) -> Json:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _written(body: bytes) -> str | dict[str, str]:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode("ascii")}


def _read(body: Json) -> bytes:
    return b64decode(body["base64"]) if is_object(body) else str(body).encode("utf-8")


def _headers(pairs: Json) -> Headers:
    return tuple((str(name), str(value)) for name, value in pairs)
