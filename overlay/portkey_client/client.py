"""The clients: the resource tree over one transport, synchronous and asynchronous."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from portkey_api.resources import SERVERS, AsyncResources, Resources
from portkey_api.types import CallOptions, Operation, RawResponse

from .credentials import ARGUMENTS, Credentials
from .errors import ConfigurationError
from .observe import Hook
from .request import Request, build_request
from .retry import Retry, checked
from .transport import Lanes, arguments
from .version import __version__

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import httpx

    from .steps import World

T = TypeVar("T")
H = TypeVar("H")
TIMEOUT = 600.0
"""Seconds a gateway may take for one phase of an exchange; a long completion takes minutes."""
_HOME = "data_plane" if "data_plane" in SERVERS else next(iter(SERVERS))
"""The server group whose address ``base_url`` is; another document may call it otherwise."""


class Settings:
    """What both clients share: addresses, credentials, headers, and how a call becomes a request."""

    retries: Retry = Retry()
    """When a failed call is sent again."""
    hooks: Sequence[Hook] = ()
    """Who is told of each attempt."""

    def __init__(
        self,
        base_url: str | None,
        control_plane_url: str | None,
        timeout: float | None,
        headers: Mapping[str, str] | None,
        credentials: Mapping[str, str | None],
    ) -> None:
        given = base_url or os.environ.get("PORTKEY_BASE_URL") or None
        self.strict = given is None
        self.servers = _servers(given, control_plane_url)
        key = credentials.get("api_key") or os.environ.get("PORTKEY_API_KEY") or None
        named = {**credentials, "api_key": key}
        self.credentials = Credentials({scheme: named.get(argument) for scheme, argument in ARGUMENTS.items()})
        self.timeout = timeout
        self.headers = {"User-Agent": f"portkey-client/{__version__}", **(headers or {})}

    def request(self, operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]) -> Request:
        """Return the request of one call."""
        headers = {**self.headers, **self.credentials.headers(operation, strict=self.strict)}
        return build_request(operation, options, parts, self.servers[operation.server], headers)

    def __repr__(self) -> str:
        return f"{self.servers[_HOME]}, {self.credentials!r}"


def _servers(base_url: str | None, control_plane_url: str | None) -> dict[str, str]:
    """Return server group -> address.

    One base address serves every group, each below it as the document has them below the hosted one: the pricing
    call's server is the address without its ``/v1``.
    """
    servers = dict(SERVERS)
    if base_url is not None:
        home = SERVERS[_HOME]
        for group, address in SERVERS.items():
            missing = home.removeprefix(address) if home.startswith(address) else ""
            servers[group] = _checked("base_url", base_url).rstrip("/").removesuffix(missing)
    if control_plane_url is not None:
        servers["control_plane"] = _checked("control_plane_url", control_plane_url)
    return servers


def _checked(name: str, address: str) -> str:
    if not address.startswith(("http://", "https://")) or not address.isprintable() or " " in address:
        raise ConfigurationError(f"{name} must be an address like https://api.portkey.ai/v1, is {address[:80]!r}")
    return address


class _Client(Generic[H]):
    """What both clients are built from.

    Args:
        api_key: The Portkey API key; the environment's ``PORTKEY_API_KEY`` where it is left out.
        virtual_key: The slug of a virtual key.
        provider: The provider to route to, with ``authorization``.
        authorization: The provider's own key, with or without ``Bearer``; ``Authorization`` is the same argument.
        config: The id of a saved config.
        custom_host: The provider's address, with ``provider`` and ``authorization``.
        base_url: The gateway's address with its ``/v1``; the environment's ``PORTKEY_BASE_URL`` where it is left out.
        control_plane_url: The control plane's address, where it is another one than the gateway's.
        timeout: Seconds for each phase of an exchange; ``None`` waits for ever.
        headers: Headers for every request.
        http_client: An ``httpx`` client to use; it stays the caller's to close.
        retries: How often a failed call is sent again, as a number or as a whole policy; never if that could create
            or charge twice.
        hooks: Called with an ``Event`` before and after each attempt and before each wait.

    Raises:
        ConfigurationError: An argument cannot be used; the message names it.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        virtual_key: str | None = None,
        provider: str | None = None,
        authorization: str | None = None,
        config: str | None = None,
        custom_host: str | None = None,
        base_url: str | None = None,
        control_plane_url: str | None = None,
        timeout: float | None = TIMEOUT,
        headers: Mapping[str, str] | None = None,
        http_client: H | None = None,
        Authorization: str | None = None,  # noqa: N803  # the header's own spelling, as other clients have it
        retries: Retry | int = Settings.retries,
        hooks: Sequence[Hook] = (),
    ) -> None:
        credentials = {
            "api_key": api_key,
            "virtual_key": virtual_key,
            "provider": provider,
            "authorization": authorization or Authorization,
            "config": config,
            "custom_host": custom_host,
        }
        self._settings = Settings(base_url, control_plane_url, timeout, headers, credentials)
        self._settings.retries, self._settings.hooks = checked(retries), tuple(hooks)
        self._lanes: Lanes[H] = Lanes(self._open, http_client)
        self._world: World | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings!r})"

    def _open(self) -> H:
        """Return a new transport."""
        raise NotImplementedError


class Portkey(_Client["httpx.Client"], Resources):
    """A client of the Portkey AI gateway; one serves all threads. Close it, or use it in a ``with`` statement."""

    def call(self, operation: Operation[T], options: CallOptions, **parts: Any) -> T:
        """Send one operation and return its parsed answer; every method of the resource tree ends here.

        Raises:
            ConfigurationError: The operation needs credentials that were not given, or the client is closed.
            RequestRefusedError: An argument cannot be sent.
            ConnectionFailedError: No answer came.
            AnswerError: The answer cannot be read.
            APIError: The gateway answered with an error.
        """
        return self.call_raw(operation, options, **parts).parsed

    def call_raw(self, operation: Operation[T], options: CallOptions, **parts: Any) -> RawResponse[T]:
        """Send one operation and return its answer with all that came with it; it raises what ``call`` raises."""
        from .exchange import Call, exchange
        from .steps import SYNC, complete

        call = Call(self._settings, self._world, operation, options, parts)
        return complete(exchange(call, self._lanes, SYNC))

    def close(self) -> None:
        """Close the connections this client opened; it cannot be used any more."""
        for http in self._lanes.end():
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> httpx.Client:
        import httpx

        return httpx.Client(**arguments(self._settings.timeout))


class AsyncPortkey(_Client["httpx.AsyncClient"], AsyncResources):
    """An asynchronous client of the Portkey AI gateway. Close it, or use it in an ``async with`` statement."""

    async def call(self, operation: Operation[T], options: CallOptions, **parts: Any) -> T:
        """Send one operation and return its parsed answer; it raises what ``Portkey.call`` raises."""
        return (await self.call_raw(operation, options, **parts)).parsed

    async def call_raw(self, operation: Operation[T], options: CallOptions, **parts: Any) -> RawResponse[T]:
        """Send one operation and return its answer with all that came with it; it raises what ``call`` raises."""
        from .exchange import Call, exchange
        from .steps import ASYNC

        call = Call(self._settings, self._world, operation, options, parts)
        return await exchange(call, self._lanes, ASYNC)

    async def aclose(self) -> None:
        """Close the connections this client opened; it cannot be used any more."""
        for http in self._lanes.end():
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _open(self) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(**arguments(self._settings.timeout))
