"""What a call lets others see: events for hooks, lines for the log, and no credential in either.

The log is the standard library's, under the name ``portkey_client``: DEBUG has each request and answer, INFO each
failed attempt and each retry, WARNING an answer that a guardrail found wanting. Bodies are never logged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from .narrow import is_list, is_mapping

Kind = Literal["request", "answer", "failure", "retry"]
HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"authorization|(^|[-_])auth($|[-_])|cookie|secret|token$|password|passphrase|credential|virtual[-_]?key|subscription"
    r"|(^|[-_])(api[-_]?)?key$|access[-_]?key|private[-_]?key|encryption[-_]?key|service[-_]?account|^x-portkey-config$",
    re.IGNORECASE,
)
_CAMEL_NAME = re.compile(r"[a-z](Key|Token)$")


class Event(NamedTuple):
    """One thing that happened in a call. It holds no credential and no body."""

    kind: Kind
    """``request`` before each attempt; ``answer`` or ``failure`` after it; ``retry`` before the wait for the next."""
    operation: str
    """``resource.method``."""
    attempt: int
    """1 for the first."""
    method: str
    """The HTTP method."""
    url: str
    """The address, without query and credentials."""
    headers: Mapping[str, str]
    """The headers that were sent, or those of the answer, credentials hidden."""
    status: int | None = None
    """The status of an answer."""
    error: str | None = None
    """What became of a request without an answer, such as ``ReadTimeout``."""
    elapsed: float = 0.0
    """Seconds since the call began."""
    wait: float = 0.0
    """Seconds until the next attempt."""


Hook = Callable[[Event], object]
"""Is called with each event, in the thread of the call; what it raises ends the call."""


class Observer:
    """Tells the events of one call to the hooks and the log."""

    __slots__ = ("_hooks", "_logger")

    def __init__(self, hooks: Sequence[Hook]) -> None:
        import logging

        self._hooks = hooks
        self._logger = logging.getLogger("portkey_client")

    def wants(self, kind: Kind, status: int | None) -> bool:
        """Tell whether anyone looks at an event, so that nobody makes it in vain."""
        return bool(self._hooks) or self._logger.isEnabledFor(_level(kind, status))

    def tell(self, event: Event) -> None:
        """Tell one event."""
        self._logger.log(_level(event.kind, event.status), "%s", _Line(event))
        for hook in self._hooks:
            hook(event)


def _level(kind: Kind, status: int | None) -> int:
    if status == 246:
        return 30
    return 20 if kind in ("failure", "retry") else 10


class _Line:
    """An event as a line of the log, written when a handler wants it."""

    __slots__ = ("_event",)

    def __init__(self, event: Event) -> None:
        self._event = event

    def __str__(self) -> str:
        event = self._event
        start = f"{event.operation}, attempt {event.attempt}: "
        if event.kind == "request":
            return f"{start}{event.method} {event.url} {dict(event.headers)}"
        if event.kind == "retry":
            return f"{start}{event.error or event.status}; again in {event.wait:.2f} s"
        if event.kind == "failure":
            return f"{start}{event.error} after {event.elapsed:.2f} s"
        found = ", a guardrail failed" if event.status == 246 else ""
        return f"{start}{event.status}{found} after {event.elapsed:.2f} s {dict(event.headers)}"


def shown(url: str) -> str:
    """Return an address without the credentials some put in front of the host."""
    return re.sub("//[^/@]*@", "//", url)


def is_secret(name: str) -> bool:
    """Tell by the name of a header, or of a field of a config, whether it holds a credential."""
    return bool(_SECRET_NAME.search(name) or _CAMEL_NAME.search(name)) and name.lower() != "idempotency-key"


def redacted(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with every credential hidden; of a config in JSON only the credentials inside."""
    return {name: _redacted(name, value) for name, value in headers.items()}


def _redacted(name: str, value: str) -> str:
    if not is_secret(name):
        return value
    config = _config(value) if name.lower() == "x-portkey-config" else None
    return HIDDEN if config is None else json.dumps(_hidden(config))


def _config(value: str) -> Any:
    """Return a config that came as JSON; ``None`` for a saved one's id, and for what is neither."""
    try:
        config = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return config if is_mapping(config) else None


def _hidden(value: Any) -> Any:
    if is_mapping(value):
        return {key: HIDDEN if is_secret(key) else _hidden(each) for key, each in value.items()}
    return [_hidden(each) for each in value] if is_list(value) else value


def secrets(headers: Mapping[str, str]) -> list[str]:
    """Return the credentials among the headers of a request, longest first, so that no message repeats one."""
    found = {secret for name, value in headers.items() if is_secret(name) for secret in _found(name, value)}
    return sorted((secret for secret in found if len(secret) > 3), key=len, reverse=True)


def _found(name: str, value: str) -> Iterator[str]:
    config = _config(value) if name.lower() == "x-portkey-config" else None
    yield value
    yield value.rpartition(" ")[2]
    if config is not None:
        yield from _inside(config)


def _inside(value: Any, *, secret: bool = False) -> Iterator[str]:
    if is_mapping(value):
        for key, each in value.items():
            yield from _inside(each, secret=secret or is_secret(key))
    elif is_list(value):
        for each in value:
            yield from _inside(each, secret=secret)
    elif secret and isinstance(value, str):
        yield value
        yield value.rpartition(" ")[2]


def without(data: Any, hidden: Sequence[str]) -> Any:
    """Return JSON data with every occurrence of some credentials hidden, should a gateway repeat one."""
    if isinstance(data, str):
        for secret in hidden:
            data = data.replace(secret, HIDDEN)
        return data
    if is_mapping(data):
        return {key: without(each, hidden) for key, each in data.items()}
    return [without(each, hidden) for each in data] if is_list(data) else data
