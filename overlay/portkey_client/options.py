"""The options of a client, which are never changed in place, and the headers that some of them become."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from .config import Config
from .errors import ConfigurationError
from .headers import header_problem
from .narrow import is_list, is_mapping
from .observe import Hook
from .retry import Retry

PREFIX = "x-portkey-"
_JSON = json.JSONEncoder(separators=(",", ":"))


class ClientOptions(TypedDict, total=False):
    """What a client is built with, and what ``with_options`` changes; ``None`` takes an option away.

    The credentials say who pays and where a request goes; which of them go together depends on the gateway. From
    ``metadata`` on, options travel as ``x-portkey-*`` headers, and never to the control plane.
    """

    api_key: str | None
    """The gateway's key: Portkey's, OpenAI's or Respan's."""
    virtual_key: str | None
    """The slug of a virtual key."""
    provider: str | None
    """The provider to route to, with ``authorization``; or the slug of a stored one, with ``@`` in front."""
    authorization: str | None
    """The provider's own key, with or without ``Bearer``."""
    config: str | Config | Mapping[str, Any] | None
    """The id of a saved config, or a config: checked before it is sent."""
    custom_host: str | None
    """The provider's address."""
    timeout: float | None
    """Seconds for each phase of an exchange; ``None`` waits for ever."""
    retries: Retry | int
    """How often a call that failed is sent again, or the whole policy. What creates or charges is never done twice."""
    hooks: Sequence[Hook]
    """Functions that are called with an ``Event`` before and after each attempt and before each wait."""
    headers: Mapping[str, str | None] | None
    """Headers for every request; ``with_options`` adds to them, and a ``None`` among them takes one away."""
    metadata: Mapping[str, str] | None
    """Labels for logs and routing: text of at most 128 characters each; ``_user`` names the user."""
    trace_id: str | None
    """The trace that requests belong to."""
    span_id: str | None
    """The span within the trace."""
    parent_span_id: str | None
    """The span above it."""
    span_name: str | None
    """What the span is called."""
    cache_namespace: str | None
    """The part of the cache to use."""
    cache_force_refresh: bool | None
    """Whether to ask the provider even where the cache knows the answer."""
    request_timeout: int | None
    """Milliseconds the gateway gives the provider for each attempt."""
    strict_open_ai_compliance: bool | None
    """``False`` lets a provider's own fields and values through."""
    forward_headers: Sequence[str] | None
    """The names of headers that reach the provider as they are."""
    debug: bool | None
    """Whether the hosted gateway keeps bodies in its logs."""
    provider_options: Mapping[str, Any] | None
    """Further ``x-portkey-*`` headers, such as a provider's own credentials: ``{"aws_region": "eu-west-1"}``.

    Underscores become hyphens, objects travel as JSON.
    """


def option_headers(options: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the headers of those options that travel as such; ``None`` where one is taken away.

    Raises:
        ConfigurationError: An option has a value that its header cannot hold; the message names it.
    """
    result: dict[str, str | None] = {}
    for name, value in options.items():
        if name in _WRITERS:
            header, write = _WRITERS[name]
            result[header] = None if value is None else write(name, value)
    more: Mapping[str, Any] = options.get("provider_options") or {}
    return result | {_header(name): None if value is None else _further(name, value) for name, value in more.items()}


def check_headers(headers: Mapping[str, str | None]) -> None:
    """Refuse headers that HTTP cannot carry.

    Raises:
        ConfigurationError: The message names the header and shows no value.
    """
    problems = (header_problem(name, "" if value is None else value) for name, value in headers.items())
    problem = next((each for each in problems if each is not None), None)
    if problem is not None:
        raise ConfigurationError(problem)


def _header(option: str) -> str:
    return PREFIX + option.lower().removeprefix(PREFIX).replace("_", "-")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name} must be text that is not empty; leave it out where there is none")
    problem = header_problem(_header(name), value)
    if problem is not None:
        raise ConfigurationError(f"{name}: {problem}")
    return value


def _flag(name: str, value: Any) -> str:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False")
    return "true" if value else "false"


def _refresh(name: str, value: Any) -> str | None:
    """Leave out what is false: the open gateway takes the mere presence of this header for true."""
    return _flag(name, value) if value is not False else None


def _milliseconds(name: str, value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ConfigurationError(f"{name} must be a whole number of milliseconds, of at least 1")
    return str(value)


def _metadata(name: str, value: Any) -> str:
    """Write metadata as JSON text (``x-portkey-metadata``: an object of strings of at most 128 characters)."""
    if not is_mapping(value):
        raise ConfigurationError(f"{name} must be a dict of text, such as {{'_user': 'u-1'}}")
    for key, each in value.items():
        if not isinstance(each, str):
            raise ConfigurationError(f"{name}[{key!r}] is a {type(each).__name__}; write it as text")
        if len(each) > 128:
            raise ConfigurationError(f"{name}[{key!r}] has {len(each)} characters; 128 are allowed")
    return _JSON.encode(dict(value))


def _names(name: str, value: Any) -> str:
    """Write names of headers with commas between them (``x-portkey-forward-headers``), which must not name itself."""
    if not is_list(value) or not value:
        raise ConfigurationError(f"{name} must be a list of names of headers")
    for each in value:
        problem = header_problem(each, "")
        if problem is not None:
            raise ConfigurationError(f"{name}: {problem}")
        if each.lower() == _header(name):
            raise ConfigurationError(f"{name} must not name {each}; the gateway refuses that")
    return ",".join(value)


def _further(name: str, value: Any) -> str:
    if is_mapping(value) or isinstance(value, bool):
        return json.dumps(value, default=dict)
    return _text(name, str(value))


_WRITERS: dict[str, tuple[str, Callable[[str, Any], str | None]]] = {
    name: (_header(name), write)
    for name, write in {
        "metadata": _metadata,
        "trace_id": _text,
        "span_id": _text,
        "parent_span_id": _text,
        "span_name": _text,
        "cache_namespace": _text,
        "cache_force_refresh": _refresh,
        "request_timeout": _milliseconds,
        "strict_open_ai_compliance": _flag,
        "forward_headers": _names,
        "debug": _flag,
    }.items()
}
"""Option -> its header, the option's name with hyphens after ``x-portkey-``, and how that is written."""
