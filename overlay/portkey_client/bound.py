"""A method of the resource tree, called on behalf of someone else: to page through its answers, or to stream them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from portkey_api.types import AsyncCaller, AsyncResource, Caller, CallOptions, Operation, Resource

from .steps import complete


class Planned(NamedTuple):
    """A call as a method states it, and the client that it would be made with."""

    client: Any
    operation: Operation[Any]
    options: CallOptions
    parts: Mapping[str, Any]


class _Recorder(Caller):
    """Takes note of the call of a method instead of sending it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def call(self, operation: Operation[Any], options: CallOptions, **parts: Any) -> Any:
        return Planned(self._client, operation, options, parts)


class _AsyncRecorder(AsyncCaller):
    """The same, asynchronous."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def call(self, operation: Operation[Any], options: CallOptions, **parts: Any) -> Any:
        return Planned(self._client, operation, options, parts)


def planned(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Planned:
    """Return the call that a method of a resource would make with these arguments; nothing is sent.

    Raises:
        TypeError: It is no method of a client's resource, or these are not its arguments.
    """
    resource: Any = getattr(method, "__self__", None)
    client = vars(resource).get("_client") if isinstance(resource, (Resource, AsyncResource)) else None
    if not hasattr(client, "with_options"):
        raise TypeError(f"expected a method of a client, such as client.batches.list, not called yet; got {method!r}")
    recorder: Any = _AsyncRecorder if isinstance(resource, AsyncResource) else _Recorder
    generated = next(each for each in type(resource).__mro__ if each.__module__.startswith("portkey_api."))
    made: Any = getattr(generated(recorder(client)), method.__name__)(*args, **kwargs)
    call: Planned = complete(made) if isinstance(resource, AsyncResource) else made
    return call
