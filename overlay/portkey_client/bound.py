"""A method of the resource tree, called on behalf of someone else: to page through its answers, to stream or map it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple, NoReturn

from portkey_api.types import AsyncCaller, AsyncResource, Caller, CallOptions, Operation, Resource

from .errors import RequestRefusedError
from .steps import complete

Answer = Callable[[Operation[Any], CallOptions, Mapping[str, Any]], Coroutine[Any, Any, Any]]
"""Answers a call in the place of a client."""


class Planned(NamedTuple):
    """A call as a method states it, and the client that it would be made with."""

    client: Any
    operation: Operation[Any]
    options: CallOptions
    parts: Mapping[str, Any]


class _Tap(Caller):
    """Takes the call of a method and has it answered by someone else, who never waits for a loop."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def call(self, operation: Operation[Any], options: CallOptions, **parts: Any) -> Any:
        return complete(self._answer(operation, options, parts))

    def stream(self, operation: Operation[Any], *_: Any, **__: Any) -> NoReturn:
        raise _no_stream(operation)


class _AsyncTap(AsyncCaller):
    """The same, asynchronous."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def call(self, operation: Operation[Any], options: CallOptions, **parts: Any) -> Any:
        return await self._answer(operation, options, parts)

    async def stream(self, operation: Operation[Any], *_: Any, **__: Any) -> NoReturn:
        raise _no_stream(operation)


def _no_stream(operation: Operation[Any]) -> RequestRefusedError:
    return RequestRefusedError(f"{operation.name}: an answer is wanted here and no stream; leave out `stream`")


def owner(method: Callable[..., Any], *kinds: type[Resource[Any] | AsyncResource[Any]]) -> Any:
    """Return the client that a method would be called with.

    Args:
        method: The method.
        *kinds: What its resource may be: synchronous, asynchronous, or both.

    Raises:
        TypeError: It is no method of such a client's resource.
    """
    resource: Any = getattr(method, "__self__", None)
    client = vars(resource).get("_client") if isinstance(resource, kinds) else None
    if not hasattr(client, "with_options"):
        kind = "an asynchronous client" if kinds == (AsyncResource,) else "a client"
        raise TypeError(f"expected a method of {kind}, such as client.batches.list, not called yet; got {method!r}")
    return client


def tapped(method: Callable[..., Any], answer: Answer) -> Callable[..., Any]:
    """Return a method of a resource whose one call is answered by someone else.

    What a hand-written resource makes of its arguments and its answer stays, but where it does more than one call: then
    it is the generated method.

    Raises:
        TypeError: It is no method of an operation.
    """
    resource: Any = getattr(method, "__self__", None)
    own = resource.__class__
    bases: tuple[Any, ...] = (Resource, AsyncResource)
    plain = own.__init__ in [base.__init__ for base in bases]
    kind = own if plain else _generated(resource)
    tap: Any = _AsyncTap if isinstance(resource, AsyncResource) else _Tap
    bound: Any = getattr(kind(tap(answer)), method.__name__, None)
    if bound is None:
        raise TypeError(f"expected a method that is one operation, such as client.batches.list; got {method!r}")
    tapped: Callable[..., Any] = bound
    return tapped


def _generated(resource: Any) -> Any:
    """Return the generated class of a resource."""
    return next(each for each in type(resource).__mro__ if each.__module__.startswith("portkey_api."))


def planned(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Planned:
    """Return the call that a method of a resource would make with these arguments; nothing is sent.

    Raises:
        TypeError: It is no method of a client's resource, or these are not its arguments.
    """
    client = owner(method, Resource, AsyncResource)

    async def answer(operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]) -> Planned:
        return Planned(client, operation, options, parts)

    resource: Any = getattr(method, "__self__", None)
    tap: Any = _AsyncTap if isinstance(resource, AsyncResource) else _Tap
    made: Any = getattr(_generated(resource)(tap(answer)), method.__name__)(*args, **kwargs)
    call: Planned = complete(made) if isinstance(resource, AsyncResource) else made
    return call
