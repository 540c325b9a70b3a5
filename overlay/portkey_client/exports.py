"""An export of logs in one call: ``client.logs.exports.run`` creates, starts, waits and downloads.

It may be interrupted anywhere and called again with the id of the export: it picks up where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast
from urllib.parse import parse_qs, urlsplit

from portkey_api.resources.logs import AsyncLogsResource, LogsResource
from portkey_api.resources.logs__exports import AsyncLogsExportsResource, LogsExportsResource
from portkey_api.types import UNSET, CallOptions, Operation, WireModel

from .batch_results import split
from .errors import AnswerError, ExportFailedError, ExportUnfinishedError, PortkeyError, RequestRefusedError
from .files import Downloaded, save
from .narrow import is_dict
from .polling import poll
from .transfer import Progress, Transfer, receive, unknown_size

if TYPE_CHECKING:
    from typing import Unpack

    from portkey_api.dicts import GenerationsFilterSchemaDict
    from portkey_api.models import ExportItem, GenerationsFilterSchema, LogExportsRequestedDataItem
    from portkey_api.resources.logs import AsyncRawLogsResource, RawLogsResource
    from portkey_api.resources.logs__exports import AsyncRawLogsExportsResource, RawLogsExportsResource

    from .client import AsyncPortkey, Portkey
    from .runner import Body, Runner

    Filters: TypeAlias = GenerationsFilterSchema | GenerationsFilterSchemaDict

DEADLINE = 3_600.0
"""Seconds to wait for an export where the call does not say."""
_NAME = "logs.exports.download"


class ExportState(NamedTuple):
    """Where an export stands. ``export`` is what the gateway sent, word for word."""

    id: str
    """The export, as ``run(export_id=...)`` takes it."""
    status: str
    """``draft``, ``in_progress``, or an end: ``success``, ``failed``, ``stopped``."""
    export: ExportItem
    """What the gateway sent, as ``client.logs.exports.retrieve`` returns it."""

    @property
    def ended(self) -> bool:
        """Whether it has come to an end, whichever."""
        return self.status in ("success", "failed", "stopped")


OnExport: TypeAlias = Callable[[ExportState], object]
"""Is told where an export stands, each time it was asked for."""


class LogExports(LogsExportsResource):
    """The operations under ``client.logs.exports``, and all of them in one call."""

    def __init__(self, client: Portkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> RawLogsExportsResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return LogsExportsResource(self._client).with_raw_response

    def run(
        self,
        path: str | os.PathLike[str],
        *,
        filters: Filters = UNSET,
        requested_data: Sequence[LogExportsRequestedDataItem] = UNSET,
        workspace_id: str = UNSET,
        export_id: str | None = None,
        deadline: float | None = DEADLINE,
        on_progress: OnExport | None = None,
        on_bytes: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Downloaded:
        """Export logs to a file of JSON lines: create, start, wait, download; one export has 50,000 at most.

        ``POST /logs/exports``, ``POST .../start``, ``GET .../{exportId}``, ``GET .../download``, and the address that
        this one gives, to which no credential and no header of the client's is sent. Where an ``http_client`` of your
        own has headers or an ``auth``, it sends them there, too.

        Args:
            path: Where to; it is received as ``<path>.part`` and renamed when it is whole, see ``Files.download``.
            filters: Which logs.
            requested_data: Which fields of them.
            workspace_id: Whose logs.
            export_id: An export that is there, to go on with instead of making one; ``on_progress`` tells the id first.
            deadline: Seconds to wait for its end; ``None`` waits for ever.
            on_progress: Is told where the export stands, from its draft on.
            on_bytes: Is told the bytes received, and the size where it is known.
            **options: What every method takes.

        Raises:
            RequestRefusedError: There is neither an id, nor filters and fields.
            ExportFailedError: It failed, or was stopped.
            ExportUnfinishedError: It has not ended by the deadline.
            TransferError: The file ended early too often, or changed meanwhile.
            PortkeyError: A call failed.
            OSError: The file cannot be written.
        """
        fields = {"filters": filters, "requested_data": requested_data, "workspace_id": workspace_id}
        work = run(self._runner, Path(path), export_id, fields, (deadline, on_progress, on_bytes), options)
        return self._runner.complete(work)

    def wait(
        self,
        export_id: str,
        *,
        deadline: float | None = DEADLINE,
        on_progress: OnExport | None = None,
        **options: Unpack[CallOptions],
    ) -> ExportState:
        """Wait until an export has ended, however; polls and faults are those of ``client.batches.wait``.

        Raises:
            ExportUnfinishedError: It has not ended by the deadline; ``state`` is where it stands.
            PortkeyError: It cannot be asked for.
        """
        return self._runner.complete(wait(self._runner, export_id, deadline, on_progress, options))

    def records(self, export_id: str, **options: Unpack[CallOptions]) -> Iterator[dict[str, Any]]:
        """Yield the logs of an export that has succeeded, as they come; a broken connection is taken up again.

        Each has the fields that were requested; the document has no type for it.

        Raises:
            ExportUnfinishedError: It has not ended; see ``wait``.
            ExportFailedError: It failed, or was stopped.
            AnswerError: A line is no JSON object.
            PortkeyError: A call failed.
        """
        return self._runner.iterate(records(self._runner, export_id, options))


class AsyncLogExports(AsyncLogsExportsResource):
    """The operations under ``client.logs.exports``, and all of them in one call, asynchronous."""

    def __init__(self, client: AsyncPortkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> AsyncRawLogsExportsResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return AsyncLogsExportsResource(self._client).with_raw_response

    async def run(
        self,
        path: str | os.PathLike[str],
        *,
        filters: Filters = UNSET,
        requested_data: Sequence[LogExportsRequestedDataItem] = UNSET,
        workspace_id: str = UNSET,
        export_id: str | None = None,
        deadline: float | None = DEADLINE,
        on_progress: OnExport | None = None,
        on_bytes: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Downloaded:
        """Export logs to a file of JSON lines: create, start, wait, download; see ``LogExports.run``."""
        fields = {"filters": filters, "requested_data": requested_data, "workspace_id": workspace_id}
        return await run(self._runner, Path(path), export_id, fields, (deadline, on_progress, on_bytes), options)

    async def wait(
        self,
        export_id: str,
        *,
        deadline: float | None = DEADLINE,
        on_progress: OnExport | None = None,
        **options: Unpack[CallOptions],
    ) -> ExportState:
        """Wait until an export has ended, however; see ``LogExports.wait``."""
        return await wait(self._runner, export_id, deadline, on_progress, options)

    def records(self, export_id: str, **options: Unpack[CallOptions]) -> AsyncGenerator[dict[str, Any]]:
        """Yield the logs of an export that has succeeded; see ``LogExports.records``.

        Leave the loop early only under ``contextlib.aclosing``, which gives the connection back at once.
        """
        return records(self._runner, export_id, options)


class Logs(LogsResource):
    """The operations under ``client.logs``, with exports in one call."""

    def __init__(self, client: Portkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._owner, self._new_runner = client, runner

    @property
    def with_raw_response(self) -> RawLogsResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return LogsResource(self._client).with_raw_response

    @cached_property
    def exports(self) -> LogExports:
        """The operations under ``client.logs.exports``, and all of them in one call."""
        return LogExports(self._owner, self._new_runner)


class AsyncLogs(AsyncLogsResource):
    """The operations under ``client.logs``, with exports in one call, asynchronous."""

    def __init__(self, client: AsyncPortkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._owner, self._new_runner = client, runner

    @property
    def with_raw_response(self) -> AsyncRawLogsResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return AsyncLogsResource(self._client).with_raw_response

    @cached_property
    def exports(self) -> AsyncLogExports:
        """The operations under ``client.logs.exports``, and all of them in one call."""
        return AsyncLogExports(self._owner, self._new_runner)


# -- the life of an export


async def run(
    runner: Runner[Any],
    path: Path,
    export_id: str | None,
    fields: Mapping[str, Any],
    watching: tuple[float | None, OnExport | None, Progress | None],
    options: CallOptions,
) -> Downloaded:
    """Create, start, wait, download; see ``LogExports.run``."""
    deadline, on_progress, on_bytes = watching
    if export_id is None:
        export_id = await _created(runner, fields, options)
    state = await look(runner, export_id, options)
    if state.status == "draft":
        if on_progress is not None:
            on_progress(state)
        await _started(runner, export_id, options)
    state = await wait(runner, export_id, deadline, on_progress, options)
    _check(state)
    return await save(lambda transfer: _pieces(runner, state.id, transfer, options), path, None, on_bytes)


async def _created(runner: Runner[Any], fields: Mapping[str, Any], options: CallOptions) -> str:
    if UNSET in (fields["filters"], fields["requested_data"]):
        raise RequestRefusedError("filters and requested_data say what to export, or export_id what to go on with")
    made: Any = await AsyncLogsExportsResource(runner).create(**fields, **options)
    if not (isinstance(made, WireModel) and isinstance(cast("Any", made).id, str)):
        raise AnswerError("the export that was created has no id", 200, {}, b"")
    return cast("str", cast("Any", made).id)


async def _started(runner: Runner[Any], export_id: str, options: CallOptions) -> None:
    """Start a draft; that it was started already, with its answer lost, is no error."""
    try:
        await AsyncLogsExportsResource(runner).start(export_id, **options)
    except PortkeyError as error:
        if (await look(runner, export_id, options)).status == "draft":
            raise error from None


async def wait(
    runner: Runner[Any], export_id: str, deadline: float | None, on_progress: OnExport | None, options: CallOptions
) -> ExportState:
    """Ask for an export until it has ended; see ``LogExports.wait``."""

    async def ask(options: CallOptions) -> ExportState:
        return await look(runner, export_id, options)

    def unfinished(state: ExportState | None, what: str) -> ExportUnfinishedError:
        return _unfinished(export_id, state, what)

    return await poll(runner, ask, unfinished, deadline, on_progress, options)


async def look(runner: Runner[Any], export_id: str, options: CallOptions) -> ExportState:
    """Return where an export stands.

    Raises:
        PortkeyError: It cannot be asked for.
    """
    export: Any = await AsyncLogsExportsResource(runner).retrieve(export_id, **options)
    if not isinstance(export, WireModel):
        raise AnswerError(f"the export {export_id} is not an object", 200, {}, b"")
    return ExportState(export_id, str(cast("Any", export).status).lower(), cast("ExportItem", export))


def _unfinished(export_id: str, state: ExportState | None, what: str) -> ExportUnfinishedError:
    error = ExportUnfinishedError(f"the export {export_id} {what}{f'; it is {state.status}' if state else ''}")
    error.state = state
    return error


def _check(state: ExportState) -> None:
    """Refuse an export that has no result.

    Raises:
        ExportFailedError: It has none.
    """
    if state.status != "success":
        error = ExportFailedError(f"the export {state.id} is {state.status}; there is nothing to download")
        error.state = state
        raise error


# -- what was exported


async def records(runner: Runner[Any], export_id: str, options: CallOptions) -> AsyncGenerator[dict[str, Any]]:
    """Yield the logs of an export; see ``LogExports.records``."""
    state = await look(runner, export_id, options)
    if not state.ended:
        raise _unfinished(export_id, state, "has no records yet")
    _check(state)
    pieces = _pieces(runner, export_id, Transfer(), options)
    async with aclosing(pieces), aclosing(split(pieces)) as lines:
        async for line in lines:
            yield _record(export_id, line)


def _record(export_id: str, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if is_dict(record):
        return record
    raise AnswerError(f"the export {export_id} has a line that is no JSON object", 200, {}, line)


def _pieces(runner: Runner[Any], export_id: str, transfer: Transfer, options: CallOptions) -> AsyncGenerator[bytes]:
    """Yield the file of an export once and whole; its address is asked for anew each time, since it expires."""

    async def open_(headers: Mapping[str, str | None], options: CallOptions) -> Body[Any]:
        answer = await AsyncLogsExportsResource(runner).download(export_id, **options)
        address, path, query = _address(export_id, answer)
        given: dict[str, Any] = {name: each for name, each in options.items() if name in ("timeout", "retries")}
        given |= {"extra_headers": headers, "extra_query": query}
        return await runner.elsewhere(address).open(_operation(path), cast("CallOptions", given))

    return receive(runner, transfer, open_, unknown_size, options)


def _address(export_id: str, answer: Any) -> tuple[str, str, dict[str, list[str]]]:
    """Return host, path and query of the address that an answer gives; the query is its credential, never shown.

    Raises:
        AnswerError: It gives none.
    """
    url: Any = cast("Any", answer).signed_url if isinstance(answer, WireModel) else None
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise AnswerError(f"the export {export_id} is to be had from no http(s) address", 200, {}, b"")
    return f"{parts.scheme}://{parts.netloc}", parts.path, parse_qs(parts.query, keep_blank_values=True)


def _operation(path: str) -> Operation[bytes]:
    """Return the fetching of a path that is no gateway's: not of the document, and without credentials."""
    return Operation(
        name=_NAME,
        method="GET",
        path=path,
        server="elsewhere",
        security=(),
        responses={"200": ("binary", None)},
    )
