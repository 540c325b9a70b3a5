"""Gateway configs written out: their types, and a check that says what is wrong before anything is sent.

The keys are those of Portkey's config objects (its documentation, "Config object") and of the open gateway's schema.
Keys that neither knows are passed on, unless they look like a misspelling of one that is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from .errors import ConfigurationError
from .narrow import is_list, is_mapping


class Condition(TypedDict, total=False):
    """One rule of a conditional strategy."""

    query: Mapping[str, Any]
    """What must hold, as in ``{"metadata.plan": {"$eq": "paid"}}``."""
    then: str
    """The name of the target to use."""


class Strategy(TypedDict, total=False):
    """How a target is chosen."""

    mode: Literal["single", "loadbalance", "fallback", "conditional"]
    """``single`` uses the first, ``loadbalance`` goes by weight, ``fallback`` takes the next where one fails."""
    on_status_codes: Sequence[int]
    """The statuses that make a fallback; every status outside 200 to 299 where it is left out."""
    conditions: Sequence[Condition]
    """The rules of ``conditional``, in order."""
    default: str
    """The name of the target where no condition holds."""


class Retry(TypedDict, total=False):
    """How often the gateway itself tries again; it multiplies with the retries of this client."""

    attempts: int
    """From 0 to 5."""
    on_status_codes: Sequence[int]
    """The gateway's default is 429, 500, 502, 503 and 504."""
    use_retry_after_header: bool
    """Whether the provider says how long to wait."""
    use_retry_after_headers: bool
    """The same as Portkey's documentation spells it; the open gateway ignores this spelling."""


class Cache(TypedDict, total=False):
    """Whether answers are reused."""

    mode: Literal["simple", "semantic"]
    """The same request, or one that means the same."""
    max_age: int
    """Seconds."""


class CircuitBreaker(TypedDict, total=False):
    """When a failing target is left alone for a while."""

    failure_threshold: int
    """How many failures."""
    failure_threshold_percentage: float
    """What share of failures, in percent."""
    minimum_requests: int
    """How many requests before the share counts."""
    cooldown_interval: int
    """Milliseconds, 30000 at least."""
    failure_status_codes: Sequence[int]
    """The statuses that count as failures."""


class Config(TypedDict, total=False):
    """A gateway config. A target is one as well; what it leaves out, it inherits."""

    strategy: Strategy
    """How one of the targets is chosen."""
    targets: Sequence[Config | Mapping[str, Any]]
    """Where a request may go, each a config of its own."""
    name: str
    """What conditions call this target."""
    provider: str
    """A provider, or the slug of a stored one, with ``@`` in front."""
    api_key: str
    """The provider's key; a secret."""
    virtual_key: str
    """The slug of a provider's key that is stored in the account; hosted gateways only."""
    weight: float
    """Its share of the load; 1 where it is left out."""
    override_params: Mapping[str, Any]
    """Parameters that replace those of the request."""
    default_params: Mapping[str, Any]
    """Parameters for requests that lack them."""
    drop_params: Sequence[str]
    """The names of parameters that are taken out of the request."""
    passthrough: bool
    """Whether the request reaches the provider as it came, unchanged."""
    cache: Cache
    """Whether answers are reused, and for how long."""
    retry: Retry
    """How often the gateway itself tries again."""
    request_timeout: int
    """Milliseconds for each attempt."""
    custom_host: str
    """The provider's address."""
    forward_headers: Sequence[str]
    """The names of headers that reach the provider."""
    input_guardrails: Sequence[str | Mapping[str, Any]]
    """Ids of guardrails, or guardrails written out, that look at the request."""
    output_guardrails: Sequence[str | Mapping[str, Any]]
    """Ids of guardrails, or guardrails written out, that look at the answer."""
    before_request_hooks: Sequence[Mapping[str, Any]]
    """Hooks with their checks, which run before the provider is asked; the long form of ``input_guardrails``."""
    after_request_hooks: Sequence[Mapping[str, Any]]
    """The same, which run when the answer is there; the long form of ``output_guardrails``."""
    cb_config: CircuitBreaker
    """When a target that fails is left alone for a while."""
    strict_open_ai_compliance: bool
    """``False`` lets a provider's own fields and values through."""


Check: TypeAlias = Callable[[Any, str], Iterator[str]]
"""Yields what is wrong with the value at a place, never the value itself: it may be a key. Only the first is asked for,
so that what follows may rely on it."""


def checked_config(config: object, *, saved: bool) -> str:
    """Return a config as its header holds it: a saved id, or JSON text.

    Args:
        config: A saved id, JSON text, or the config itself.
        saved: Whether the gateway has saved configs.

    Raises:
        ConfigurationError: The config cannot work; the message names the place, as in ``config.targets[0].weight``.
    """
    written: Any = _from_text(config, saved=saved) if isinstance(config, str) else config
    if isinstance(written, str):
        return written
    try:
        problem = next(_config(written, "config"), None)
        text = "" if problem else json.dumps(written, default=_plain, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        problem, text = "config holds a value that JSON cannot; use text, numbers, lists and dicts", ""
    if problem is not None:
        raise ConfigurationError(problem)
    return text


def _from_text(text: str, *, saved: bool) -> Any:
    if not text.lstrip().startswith("{"):
        if not saved:
            raise ConfigurationError("this gateway saves no configs: config must be a dict or JSON text, not an id")
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigurationError("config starts like JSON but is none; give a dict, or the id of a saved one") from None


def _plain(value: Any) -> Any:
    if is_mapping(value):
        return dict(value)
    if is_list(value):
        return list(value)
    raise TypeError


# -- the checks


def _text(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield f"{at} must be text that is not empty"


def _flag(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{at} must be True or False"


def _object(value: Any, at: str) -> Iterator[str]:
    if not is_mapping(value):
        yield f"{at} must be an object (a dict)"


def _address(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        yield f"{at} must be an address that starts with http:// or https://"


def _reference(value: Any, at: str) -> Iterator[str]:
    if not is_mapping(value) and not isinstance(value, str):
        yield f"{at} must be the id of a guardrail, or one written out (a dict)"


def _number(low: int, high: int | None = None, *, whole: bool = True) -> Check:
    limits = f"from {low} to {high}" if high is not None else f"of at least {low}"
    kind = "a whole number" if whole else "a number"

    def check(value: Any, at: str) -> Iterator[str]:
        fits = isinstance(value, (int,) if whole else (int, float)) and not isinstance(value, bool)
        if not fits or value < low or (high is not None and value > high):
            yield f"{at} must be {kind} {limits}"

    return check


def _one_of(*values: str) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in values:
            yield f"{at} must be one of {', '.join(values)}"

    return check


def _list(item: Check) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if is_list(value) and value:
            for index, each in enumerate(value):
                yield from item(each, f"{at}[{index}]")
        else:
            yield f"{at} must be a list that is not empty"

    return check


def _fields(known: Mapping[str, Check], *required: str) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if is_mapping(value):
            yield from (f"{at}.{key} is missing" for key in required if key not in value)
            yield from (problem for key, each in value.items() for problem in _field(known, key, each, at))
        else:
            yield f"{at} must be an object (a dict)"

    return check


def _field(known: Mapping[str, Check], key: Any, value: Any, at: str) -> Iterator[str]:
    if key in known:
        yield from known[key](value, f"{at}.{key}")
    elif (meant := _meant(key, known)) is not None:
        yield f"{at}.{key} is not known; is {meant} meant?"


def _meant(key: object, known: Mapping[str, Check]) -> str | None:
    """Return the known key that an unknown one may be a misspelling of, ``apiKey`` included."""
    from difflib import get_close_matches

    close = get_close_matches(str(key).lower().replace("-", "_"), known, n=1, cutoff=0.84)
    return close[0] if close else None


_STATUSES = _list(_number(100, 999))
_STRATEGY = _fields(
    {
        "mode": _one_of("single", "loadbalance", "fallback", "conditional"),
        "on_status_codes": _STATUSES,
        "conditions": _list(_fields({"query": _object, "then": _text}, "query", "then")),
        "default": _text,
    },
    "mode",
)
_RETRY = _fields(
    {
        "attempts": _number(0, 5),
        "on_status_codes": _STATUSES,
        "use_retry_after_header": _flag,
        "use_retry_after_headers": _flag,
    },
    "attempts",
)
_BREAKER = _fields(
    {
        "failure_threshold": _number(1),
        "failure_threshold_percentage": _number(0, 100, whole=False),
        "minimum_requests": _number(1),
        "cooldown_interval": _number(30_000),
        "failure_status_codes": _STATUSES,
    }
)


def _config(value: Any, at: str) -> Iterator[str]:
    """Yield what is wrong with a config or target: its fields first, then what they say together."""
    yield from _CONFIG(value, at)
    if not any(key in value for key in _SUFFICIENT):
        yield f"{at} says nothing a gateway can use; it needs one of {', '.join(_SUFFICIENT)}"
    if ("strategy" in value) != ("targets" in value):
        there, absent = ("strategy", "targets") if "strategy" in value else ("targets", "strategy")
        yield f"{at}.{absent} is missing: {there} needs it"
    if "strategy" in value:
        yield from _named_targets(value["strategy"], value["targets"], at)


def _named_targets(strategy: Mapping[str, Any], targets: Sequence[Mapping[str, Any]], at: str) -> Iterator[str]:
    """Yield the names a strategy uses that no target has."""
    if strategy["mode"] == "conditional" and "conditions" not in strategy:
        yield f"{at}.strategy.conditions is missing: the mode conditional needs it"
    names = {target.get("name") for target in targets}
    conditions = strategy.get("conditions", [])
    used = [(each["then"], f"conditions[{index}].then") for index, each in enumerate(conditions)]
    used += [(strategy["default"], "default")] if "default" in strategy else []
    yield from (f"{at}.strategy.{place} names no target; give a target that name" for name, place in used
                if name not in names)  # fmt: skip


_SUFFICIENT = (
    "provider", "virtual_key", "targets", "cache", "retry", "request_timeout", "override_params", "custom_host",
    "input_guardrails", "output_guardrails", "before_request_hooks", "after_request_hooks", "aws_access_key_id",
)  # fmt: skip
_CONFIG = _fields(
    {
        "strategy": _STRATEGY,
        "targets": _list(_config),
        "name": _text,
        "provider": _text,
        "api_key": _text,
        "virtual_key": _text,
        "weight": _number(0, whole=False),
        "override_params": _object,
        "default_params": _object,
        "drop_params": _list(_text),
        "passthrough": _flag,
        "cache": _fields({"mode": _one_of("simple", "semantic"), "max_age": _number(0)}, "mode"),
        "retry": _RETRY,
        "request_timeout": _number(1),
        "custom_host": _address,
        "forward_headers": _list(_text),
        "input_guardrails": _list(_reference),
        "output_guardrails": _list(_reference),
        "before_request_hooks": _list(_object),
        "after_request_hooks": _list(_object),
        "cb_config": _BREAKER,
        "strict_open_ai_compliance": _flag,
    }
)
