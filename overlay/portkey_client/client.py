"""The clients: the resource tree over one transport, synchronous and asynchronous."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from portkey_api.resources import AsyncResources, Resources
from portkey_api.types import (
    AsyncResource,
    AsyncStream,
    CallOptions,
    Operation,
    RawResponse,
    Resource,
    SocketOptions,
    Stream,
)

from .credentials import CREDENTIALS, Credentials, completed
from .errors import ConfigurationError, RequestRefusedError
from .gateways import Gateway, absence, addresses, chosen, home
from .headers import merged
from .observe import Hook
from .options import PREFIX, ClientOptions, check_headers, option_headers
from .request import Request, build_request
from .retry import Retry, checked
from .transport import Lanes, arguments
from .version import __version__

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, Unpack

    import httpx

    from .batches import AsyncBatches, Batches
    from .bulk import AsyncOutcomes, MapOptions, Outcomes
    from .embeddings import AsyncEmbeddings, Embeddings
    from .exports import AsyncLogs, Logs
    from .files import AsyncFiles, Files
    from .pages import AsyncItems, Items, Listing
    from .runner import Runner
    from .sockets import AsyncWebSocket, WebSocket
    from .steps import World
    from .streams import AsyncByteStream, AsyncEventStream, ByteStream, EventReader, EventStream, Flow

P = ParamSpec("P")
T = TypeVar("T")
H = TypeVar("H")
TIMEOUT = 600.0
"""Seconds a gateway may take for one phase of an exchange; a long completion takes minutes."""
_OPTIONS = ClientOptions.__optional_keys__
_CALL_OPTIONS = CallOptions.__optional_keys__


class Settings:
    """What a client is set to, never changed in place, and how it makes a request of a call.

    Raises:
        ConfigurationError: An option cannot be used, or the credentials do not go together; the message names it.
    """

    def __init__(
        self,
        gateway: str | Gateway | None,
        base_url: str | None,
        control_plane_url: str | None,
        options: Mapping[str, Any],
    ) -> None:
        self.gateway: Gateway = chosen(gateway or _implied(base_url, options))
        variable = self.gateway.environment.get("base_url", "")
        address = base_url or os.environ.get(variable) or None
        self._agent = f"portkey-client/{__version__}"
        self.servers: dict[str, str] = addresses(self.gateway, address, control_plane_url)
        given = {name: options[name] for name in CREDENTIALS if name in options}
        self.credentials: Credentials = Credentials(self.gateway, completed(self.gateway, given, os.environ))
        self.headers: dict[str, str] = {}
        self._routed: dict[str, str] = {}
        self.timeout: float | None = TIMEOUT
        self.retries: Retry = Retry()
        self.hooks: Sequence[Hook] = ()
        self.call: CallOptions = {}
        first = {"User-Agent": self._agent, **self.gateway.headers}
        self._set({**options, "headers": {**first, **(options.get("headers") or {})}})
        self.timeout = self.call.pop("timeout", TIMEOUT)

    def changed(self, options: Mapping[str, Any]) -> Settings:
        """Return these settings with some options changed."""
        new = object.__new__(Settings)
        new.__dict__.update(self.__dict__)
        given = {name: options[name] for name in CREDENTIALS if name in options}
        if given:
            new.credentials = self.credentials.changed(given)
        new._set(options)
        return new

    def bare(self, address: str) -> Settings:
        """Return settings for an address that is no gateway's: without credentials, and without headers given."""
        new = object.__new__(Settings)
        new.__dict__.update(self.__dict__)
        new.gateway = self.gateway._replace(only=(), without=(), trailing_slash=False)
        new.servers, new.headers, new._routed = {"elsewhere": address}, {"User-Agent": self._agent}, {}
        return new

    def _set(self, options: Mapping[str, Any]) -> None:
        unknown = options.keys() - _OPTIONS
        if unknown:
            raise TypeError(f"{', '.join(sorted(unknown))} is no option of a client")
        if headers := options.get("headers"):
            check_headers(headers)
            self.headers = merged(self.headers, headers)
        if routed := option_headers(options):
            self._routed = merged(self._routed, routed)
        refused = self._refused([*self.headers, *self._routed])
        if refused:
            raise ConfigurationError(f"{refused} is a header of Portkey's; {self.gateway.name} is never sent one")
        self.retries = checked(options.get("retries", self.retries))
        self.hooks = tuple(options.get("hooks", self.hooks))
        if "timeout" in options:
            seconds = options["timeout"]
            if seconds is not None and not seconds > 0:
                raise ConfigurationError("timeout must be more than 0 seconds; None waits for ever")
            self.call = {**self.call, "timeout": seconds}

    def _refused(self, names: list[str]) -> str | None:
        """Return the first header that the gateway is not to be sent."""
        if self.gateway.portkey_headers:
            return None
        return next((name for name in names if str(name).lower().startswith(PREFIX)), None)

    def request(self, operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]) -> Request:
        """Return the request of one call.

        Raises:
            ConfigurationError: The gateway does not have the operation, or its credentials were not given.
            RequestRefusedError: An argument cannot be sent.
            TypeError: The operation has no such argument.
        """
        if unknown := options.keys() - _CALL_OPTIONS:
            raise TypeError(
                f"{operation.name} has no argument {', '.join(sorted(unknown))};"
                " what the document does not know goes into extra_body"
            )
        address = self.servers.get(operation.server)
        if address is None or self.gateway.lacks(operation):
            raise ConfigurationError(absence(self.gateway, operation))
        given = {**parts.get("header", {}), **options.get("extra_headers", {})}
        refused = self._refused([name for name, value in given.items() if value is not None])
        if refused:
            raise RequestRefusedError(
                f"{operation.name}: {refused} is a header of Portkey's; {self.gateway.name} is never sent one"
            )
        routed = {} if operation.server in ("control_plane", "public") else self._routed
        headers = (self.headers, routed, self.credentials.headers(operation))
        slash = self.gateway.trailing_slash
        return build_request(operation, {**self.call, **options}, parts, address, *headers, trailing_slash=slash)

    def __repr__(self) -> str:
        return f"{self.gateway.name}, {home(self.servers)}, {self.credentials!r}"


def _implied(base_url: str | None, options: Mapping[str, Any]) -> str:
    """Return the gateway that is meant where none is named: at an address of one's own, without a key, the open one.

    That one would forward a call of the control plane, which ``portkey-oss`` never sends.
    """
    keyless = not options.get("api_key") and not os.environ.get("PORTKEY_API_KEY")
    return "portkey-oss" if keyless and (base_url or os.environ.get("PORTKEY_BASE_URL")) else "portkey"


class _Client(Generic[H]):
    """What both clients are built from."""

    def __init__(
        self,
        *,
        gateway: str | Gateway | None = None,
        base_url: str | None = None,
        control_plane_url: str | None = None,
        http_client: H | None = None,
        Authorization: str | None = None,  # noqa: N803  # the header's own spelling, as other clients have it
        **options: Unpack[ClientOptions],
    ) -> None:
        """Build a client; nothing is sent, and no connection is opened.

        Args:
            gateway: ``portkey``, ``portkey-oss``, ``openai``, ``respan``, or a ``Gateway`` of your own. Where it is
                left out, ``portkey``; but ``portkey-oss`` for a ``base_url`` without a Portkey key.
            base_url: The gateway's address with its ``/v1``; ``PORTKEY_BASE_URL`` of the environment, or that of its
                like for the gateway, where it is left out.
            control_plane_url: The control plane's address, where it is not the one that ``base_url`` leads to.
            http_client: An ``httpx`` client to use; it stays the caller's to close.
            Authorization: The same as ``authorization``.
            **options: See ``ClientOptions``. Credentials that are left out are read from the environment:
                ``PORTKEY_API_KEY`` and its like.

        Raises:
            ConfigurationError: An argument cannot be used, or the credentials do not go together; the message names
                those that do.
        """
        if options.get("authorization") is None:
            options["authorization"] = Authorization
        self._settings = Settings(gateway, base_url, control_plane_url, options)
        self._lanes: Lanes[H] = Lanes(self._open, http_client)
        self._owner = True
        self._world: World | None = None

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """Return a client with some options changed; this one stays as it is, and both use the same connections.

        The connections belong to the client that was built: closing it closes them, closing the other leaves them open.
        Credentials that do not go with this client's take the place of its way to a provider.

        Raises:
            ConfigurationError: An option cannot be used; the message names it.
        """
        other = object.__new__(type(self))
        kept = {
            name: value for name, value in self.__dict__.items() if not isinstance(value, (Resource, AsyncResource))
        }
        other.__dict__.update(kept, _settings=self._settings.changed(options), _owner=False)
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings!r})"

    def _open(self) -> H:
        """Return a new transport."""
        raise NotImplementedError

    def _leaving(self) -> list[H]:
        """Return the ``httpx`` clients that are to be closed with this client."""
        return self._lanes.end() if self._owner else []


class Portkey(_Client["httpx.Client"], Resources):
    """A client of the Portkey AI gateway. Close it, or use it in a ``with`` statement.

    ::

        with Portkey(api_key="PORTKEY_API_KEY", virtual_key="VIRTUAL_KEY") as client:
            batch = client.batches.retrieve("batch_abc123")

    One client serves all threads. Each operation is a method of a resource, loaded when it is first touched; what it
    raises is a ``PortkeyError``.
    """

    def call(self, operation: Operation[T], options: CallOptions, **parts: Any) -> T:
        """Send one operation and return its parsed answer; every method of the resource tree ends here.

        Raises:
            ConfigurationError: The gateway lacks the operation, its credentials were not given, or the client is
                closed.
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

    @cached_property
    def batches(self) -> Batches:
        """The operations under ``client.batches``, and the life of a batch."""
        from .batches import Batches

        return Batches(self, self._runner)

    @cached_property
    def files(self) -> Files:
        """The operations under ``client.files``, with uploads and downloads of any size."""
        from .files import Files

        return Files(self, self._runner)

    @cached_property
    def logs(self) -> Logs:
        """The operations under ``client.logs``, with exports in one call."""
        from .exports import Logs

        return Logs(self, self._runner)

    def _runner(self) -> Runner[httpx.Client]:
        from .runner import Runner
        from .steps import SYNC

        return Runner(self._settings, self._world, self._lanes, SYNC)

    @cached_property
    def embeddings(self) -> Embeddings:
        """The operations under ``client.embeddings``, which travel as base64."""
        from .embeddings import Embeddings

        return Embeddings(self)

    def stream(self, operation: Operation[T], options: CallOptions, **parts: Any) -> EventStream[Any, T]:
        """Send one operation and return its answer as a stream of events; methods with ``stream=True`` end here.

        It is sent again as ``call`` does, until an answer begins; never after that.

        Raises:
            AnswerError: The answer is a success, but no stream of events.
            PortkeyError: What ``call`` raises. Reading the stream raises ``StreamTruncatedError`` when it breaks off,
                ``StreamFailedError`` for an error inside it, and ``AnswerError`` for an event that is not JSON.
        """
        from .streams import EventStream

        return EventStream(self._events(operation, options, parts))

    def stream_raw(self, operation: Operation[T], options: CallOptions, **parts: Any) -> RawResponse[Stream[Any, T]]:
        """Send one operation and return its answer as a stream, with all that came before its events.

        It raises what ``stream`` raises. The time it tells is that until the answer began.
        """
        from .streams import EventStream, opened

        flow = self._events(operation, options, parts)
        return opened(EventStream(flow), flow.begun)

    def _events(
        self, operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]
    ) -> Flow[httpx.Client, EventReader]:
        from .exchange import Call
        from .steps import SYNC, complete
        from .streams import asking, event_flow

        call = Call(self._settings, self._world, operation, asking(options), parts)
        return complete(event_flow(call, self._lanes, SYNC))

    def socket(self, operation: Operation[Any], options: SocketOptions, **parts: Any) -> WebSocket:
        """Return the websocket of one operation, to be opened by a ``with`` statement; it needs the ``realtime`` extra.

        Opening takes 30 seconds at most, unless ``timeout`` says otherwise, and is tried again as ``call`` does.

        Raises:
            ConfigurationError: The extra is missing.
            PortkeyError: What ``call`` raises, when it is opened.
        """
        from .sockets import Opening, WebSocket

        return WebSocket(Opening(self._settings, self._world, self._lanes, operation, options, parts))

    def stream_bytes(self, method: Callable[P, bytes], /, *args: P.args, **kwargs: P.kwargs) -> ByteStream:
        """Call a method whose answer is bytes, and return them as they come.

        ``client.stream_bytes(client.audio.speech.create, model=..., input=..., voice=...)``; the arguments are those
        of the method.

        Raises:
            PortkeyError: What the method raises. Reading raises ``StreamTruncatedError`` when the answer breaks off.
        """
        from .bound import planned

        client, operation, options, parts = planned(method, *args, **kwargs)
        stream: ByteStream = client.call_bytes(operation, options, **parts)
        return stream

    def call_bytes(self, operation: Operation[bytes], options: CallOptions, **parts: Any) -> ByteStream:
        """Send one operation and return its bytes as they come; it raises what ``stream_bytes`` raises."""
        from .exchange import Call
        from .steps import SYNC, complete
        from .streams import ByteStream, byte_flow

        call = Call(self._settings, self._world, operation, options, parts)
        return ByteStream(complete(byte_flow(call, self._lanes, SYNC)))

    def pages(self, method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        """Yield the answers of a method that lists, page by page, to the end of the list.

        ``client.pages(client.batches.list, limit=100)``; the arguments are those of the method, for the first page.

        Raises:
            TypeError: It is no such method.
            PagingError: The gateway claims to have more, and gives no new page. What came before was handed out.
            PortkeyError: What the method raises.
        """
        from .bound import planned
        from .pages import pages

        return pages(planned(method, *args, **kwargs))

    def items(self, method: Callable[P, Listing[T]], /, *args: P.args, **kwargs: P.kwargs) -> Items[T]:
        """Return the items of a method that lists, to the end of the list; it raises what ``pages`` raises.

        ``for batch in client.items(client.batches.list)``, or ``client.items(client.batches.list).first(500)``.
        """
        from .bound import planned
        from .pages import Items

        return Items(planned(method, *args, **kwargs))

    def map(
        self, method: Callable[..., T], items: Iterable[Mapping[str, Any]], **options: Unpack[MapOptions]
    ) -> Outcomes[T]:
        """Call a method once for each item, many at a time, and return what became of each.

        ``client.map(client.embeddings.create, ({"model": "m", "input": text} for text in texts))``; no stream. Items
        are taken as they are needed. An error is the outcome of its item; the calls are sent again as any call is, and
        all of them slow down where the gateway asks for it. Each is carried out in a thread.

        Args:
            method: A method of a client, not called.
            items: The arguments of each call, by name; ``portkey_client.bulk.arguments`` has them type-checked.
            **options: See ``MapOptions``: ``concurrency``, ``ordered``, ``on_progress``, ``journal``, ``key``,
                ``resend``, ``idempotency_keys``.

        Raises:
            TypeError: It is no such method. Reading raises it where an item has not the arguments of the method.
            ConfigurationError: An option cannot be used. Reading raises it where no call can work.
            JournalError: While reading: the journal is damaged, of other calls, or in use.
        """
        from .bound import owner
        from .bulk import outcomes

        return outcomes(method, owner(method, Resource)._runner(), items, options)  # noqa: SLF001  # a client like this

    def close(self) -> None:
        """Close the connections this client opened; it, and those made from it, cannot be used any more."""
        for http in self._leaving():
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
    """An asynchronous client of the Portkey AI gateway: ``Portkey`` with ``await``. Close it, or use ``async with``.

    ::

        async with AsyncPortkey(api_key="PORTKEY_API_KEY", virtual_key="VIRTUAL_KEY") as client:
            batch = await client.batches.retrieve("batch_abc123")

    It works under every event loop that ``httpx`` works under; ``map`` and ``realtime`` need asyncio.
    """

    async def call(self, operation: Operation[T], options: CallOptions, **parts: Any) -> T:
        """Send one operation and return its parsed answer; it raises what ``Portkey.call`` raises."""
        return (await self.call_raw(operation, options, **parts)).parsed

    async def call_raw(self, operation: Operation[T], options: CallOptions, **parts: Any) -> RawResponse[T]:
        """Send one operation and return its answer with all that came with it; it raises what ``call`` raises."""
        from .exchange import Call, exchange
        from .steps import ASYNC

        call = Call(self._settings, self._world, operation, options, parts)
        return await exchange(call, self._lanes, ASYNC)

    @cached_property
    def batches(self) -> AsyncBatches:
        """The operations under ``client.batches``, and the life of a batch."""
        from .batches import AsyncBatches

        return AsyncBatches(self, self._runner)

    @cached_property
    def files(self) -> AsyncFiles:
        """The operations under ``client.files``, with uploads and downloads of any size."""
        from .files import AsyncFiles

        return AsyncFiles(self, self._runner)

    @cached_property
    def logs(self) -> AsyncLogs:
        """The operations under ``client.logs``, with exports in one call."""
        from .exports import AsyncLogs

        return AsyncLogs(self, self._runner)

    def _runner(self) -> Runner[httpx.AsyncClient]:
        from .runner import Runner
        from .steps import ASYNC

        return Runner(self._settings, self._world, self._lanes, ASYNC)

    @cached_property
    def embeddings(self) -> AsyncEmbeddings:
        """The operations under ``client.embeddings``, which travel as base64."""
        from .embeddings import AsyncEmbeddings

        return AsyncEmbeddings(self)

    async def stream(self, operation: Operation[T], options: CallOptions, **parts: Any) -> AsyncEventStream[Any, T]:
        """Send one operation and return its answer as a stream of events; it raises what ``Portkey.stream`` raises."""
        from .streams import AsyncEventStream

        return AsyncEventStream(await self._events(operation, options, parts))

    async def stream_raw(
        self, operation: Operation[T], options: CallOptions, **parts: Any
    ) -> RawResponse[AsyncStream[Any, T]]:
        """Send one operation and return its answer as a stream with what came before; see ``Portkey.stream_raw``."""
        from .streams import AsyncEventStream, opened

        flow = await self._events(operation, options, parts)
        return opened(AsyncEventStream(flow), flow.begun)

    async def _events(
        self, operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]
    ) -> Flow[httpx.AsyncClient, EventReader]:
        from .exchange import Call
        from .steps import ASYNC
        from .streams import asking, event_flow

        call = Call(self._settings, self._world, operation, asking(options), parts)
        return await event_flow(call, self._lanes, ASYNC)

    def socket(self, operation: Operation[Any], options: SocketOptions, **parts: Any) -> AsyncWebSocket:
        """Return the websocket of one operation, to be opened by ``async with``; see ``Portkey.socket``."""
        from .sockets import AsyncWebSocket, Opening

        return AsyncWebSocket(Opening(self._settings, self._world, self._lanes, operation, options, parts))

    async def stream_bytes(
        self, method: Callable[P, Awaitable[bytes]], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncByteStream:
        """Call a method whose answer is bytes, and return them as they come; see ``Portkey.stream_bytes``."""
        from .bound import planned

        client, operation, options, parts = planned(method, *args, **kwargs)
        stream: AsyncByteStream = await client.call_bytes(operation, options, **parts)
        return stream

    async def call_bytes(self, operation: Operation[bytes], options: CallOptions, **parts: Any) -> AsyncByteStream:
        """Send one operation and return its bytes as they come; it raises what ``stream_bytes`` raises."""
        from .exchange import Call
        from .steps import ASYNC
        from .streams import AsyncByteStream, byte_flow

        call = Call(self._settings, self._world, operation, options, parts)
        return AsyncByteStream(await byte_flow(call, self._lanes, ASYNC))

    def pages(self, method: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        """Yield the answers of a method that lists, page by page; see ``Portkey.pages``."""
        from .bound import planned
        from .pages import pages_async

        return pages_async(planned(method, *args, **kwargs))

    def items(self, method: Callable[P, Awaitable[Listing[T]]], /, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[T]:
        """Return the items of a method that lists, to the end of the list; see ``Portkey.items``."""
        from .bound import planned
        from .pages import AsyncItems

        return AsyncItems(planned(method, *args, **kwargs))

    def map(
        self,
        method: Callable[..., Awaitable[T]],
        items: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        **options: Unpack[MapOptions],
    ) -> AsyncOutcomes[T]:
        """Call a method once for each item, many at a time, each in a task of asyncio; see ``Portkey.map``."""
        from .bound import owner
        from .bulk import outcomes_async

        return outcomes_async(method, owner(method, AsyncResource)._runner(), items, options)  # noqa: SLF001  # likewise

    async def aclose(self) -> None:
        """Close the connections this client opened; it, and those made from it, cannot be used any more."""
        for http in self._leaving():
            await http.aclose()

    close = aclose  # as asynchronous clients elsewhere call it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _open(self) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(**arguments(self._settings.timeout))
