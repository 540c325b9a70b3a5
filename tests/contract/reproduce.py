"""How to send a request again, from a shell and with our client, without a secret in either."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from functools import reduce
from inspect import signature
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from portkey_client import Portkey
from tests.contract.document import Operation

_SHOWN: Final = 4000
_PLAIN: Final = {
    "host",
    "content-length",
    "accept-encoding",
    "connection",
    "user-agent",
    "accept",
    "x-schemathesis-testcaseid",
}


class Redaction:
    """Takes the secrets out of text: each reads as the variable it came from."""

    def __init__(self, secrets: Mapping[str, str], shown: Mapping[str, str]) -> None:
        """`secrets` are header fields, `shown` the same ones as they are to read."""
        pairs = [(value, shown[name]) for name, value in secrets.items() if value]
        bare = [(value.rpartition(" ")[2], text.rpartition(" ")[2]) for value, text in pairs]
        self.words: list[tuple[str, str]] = sorted({*pairs, *bare}, key=lambda pair: -len(pair[0]))

    def __call__(self, text: str) -> str:
        """`text` without any of the secrets."""
        for secret, shown in self.words:
            text = text.replace(secret, shown)
        return text

    def found_in(self, text: str) -> bool:
        """Whether `text` holds a secret."""
        return any(secret in text for secret, _ in self.words)


def shown(body: bytes) -> str:
    """A body as text; what is no text is escaped, and what is long is cut off."""
    text = body[:_SHOWN].decode("utf-8", "backslashreplace")
    return text if len(body) <= _SHOWN else f"{text} ... ({len(body)} bytes)"


def own_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The fields that make a difference; the others any client adds."""
    return tuple(each for each in headers if each[0] not in _PLAIN)


def curl(method: str, url: str, headers: tuple[tuple[str, str], ...], body: str) -> str:
    """A request as a line for a shell, in which the variables of the credentials are filled in."""
    parts = ["curl", "-i", *([] if method == "GET" else ["-X", method])]
    for name, value in headers:
        field = f"{name}: {value}"
        parts += ["-H", f'"{field}"' if re.search(r"\$[A-Z]", value) else shlex.quote(field)]
    if body:
        parts += ["--data-binary", shlex.quote(body)]
    return " ".join([*parts, shlex.quote(url)])


def client_line(operation: Operation | None, below: str, query: str, body: str) -> str:
    """The call of our client that sends the same; empty where its arguments cannot."""
    if operation is None:
        return ""
    name = str(operation.raw["operationId"])
    ids = _ids(operation.path, below)
    keywords: dict[str, Any] = dict(parse_qsl(query))
    if body:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        if not isinstance(value, dict):
            return ""
        keywords |= value
    told = [repr(each) for each in ids]
    told += [f"{key}={value!r}" for key, value in arguments(method(_CLIENT, name), keywords).items()]
    return f"client.{name}({', '.join(told)})"


def method(client: Portkey, name: str) -> Any:
    """The method of our client that has this name, such as `batches.cancel`."""
    return reduce(getattr, name.split("."), client)


def arguments(method: Any, members: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments by which a method of our client is given the members of a body or query.

    What it has no argument for, or more than one, goes as it is into `extra_body`.
    """
    names = {_letters(each): each for each in signature(method).parameters}
    known: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in members.items():
        argument = names.get(_letters(name))
        if argument is None or _letters(f"{argument}_body") in names:
            rest[name] = value
        else:
            known[argument] = value
    return known | ({"extra_body": rest} if rest else {})


def _ids(template: str, path: str) -> list[str]:
    pairs = zip(template.split("/"), path.split("/"), strict=False)
    return [unquote(value) for part, value in pairs if part.startswith("{")]


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


_CLIENT: Final[Any] = Portkey(api_key="unused", virtual_key="unused")


def below(url: str, base: str) -> tuple[str, str]:
    """The path below the address of the gateway, and the query."""
    split = urlsplit(url)
    return split.path.removeprefix(base), split.query
