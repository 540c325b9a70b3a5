"""The life of a batch in four calls: ``client.batches.submit``, ``wait``, ``cancel`` and ``results``.

Each may be interrupted anywhere and called again: it picks up where it was.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from portkey_api.resources.batches import AsyncBatchesResource, BatchesResource
from portkey_api.types import CallOptions

from .batch_cancel import CANCELLING, cancel, cancel_and_wait
from .batch_input import MAX_BYTES, MAX_REQUESTS, Requests, lines
from .batch_output import results
from .batch_results import BatchResult
from .batch_state import BatchState
from .batch_submit import submit
from .batch_wait import DEADLINE, OnState, wait
from .files import FileOptions
from .transfer import Progress

if TYPE_CHECKING:
    from typing import Unpack

    from portkey_api.models import Batch
    from portkey_api.resources.batches import AsyncRawBatchesResource, RawBatchesResource

    from .client import AsyncPortkey, Portkey
    from .runner import Runner


class Batches(BatchesResource):
    """The operations under ``client.batches``, and the life of a batch."""

    def __init__(self, client: Portkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @cached_property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> RawBatchesResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return BatchesResource(self._client).with_raw_response

    def submit(
        self,
        requests: Requests,
        *,
        endpoint: str = "/v1/chat/completions",
        completion_window: str = "24h",
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
        on_progress: Progress | None = None,
        **options: Unpack[FileOptions],
    ) -> Batch:
        """Check the requests, upload them and create a batch, once (``POST /files``, ``POST /batches``).

        What may have been carried out although its answer was lost is looked for, never sent again.

        Args:
            requests: Objects with ``custom_id`` and ``body`` (``method`` and ``url`` may be left out), or JSON lines as
                bytes or as the path of a file.
            endpoint: What all of them call.
            completion_window: How long the batch may take.
            metadata: Texts to keep with the batch.
            key: A name of your own for this batch. The same call with the same key, also from another process, finds
                the upload and the batch that are there and creates what is missing, as far as the gateway's lists tell.
            max_requests: How many the provider takes; OpenAI's number.
            max_bytes: How many bytes the provider takes; OpenAI's number.
            on_progress: Is told the bytes uploaded, and of how many.
            **options: The gateway's file headers, and what every method takes; ``extra_body`` is for the batch.

        Raises:
            InvalidBatchError: A request is not as it must be; nothing was sent. It names the lines.
            RequestRefusedError: The key was used for other requests.
            PortkeyError: A call failed; with ``maybe_done``, nobody can tell whether it worked.
        """
        fields = {"endpoint": endpoint, "completion_window": completion_window, "metadata": metadata}
        with lines(requests, endpoint, max_requests, max_bytes) as checked:
            return self._runner.complete(submit(self._runner, checked, key, fields, on_progress, options))

    def wait(
        self,
        batch_id: str,
        *,
        deadline: float | None = DEADLINE,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> BatchState:
        """Wait until a batch has ended, however (``GET /batches/{batch_id}``).

        It is asked for after a second, then less and less often, at last every minute; a wait that the gateway asks for
        is kept. Up to nine polls in a row may fail.

        Args:
            batch_id: The batch.
            deadline: Seconds after which to stop; ``None`` waits for ever.
            on_progress: Is told where the batch stands, at each poll.
            **options: What every method takes.

        Raises:
            BatchUnfinishedError: It has not ended by the deadline; ``state`` is where it stands.
            BatchGoneError: It is no more.
            PortkeyError: It cannot be asked for.
        """
        return self._runner.complete(wait(self._runner, batch_id, deadline, on_progress, options))

    @overload
    def cancel(self, batch_id: str, **options: Unpack[CallOptions]) -> Batch: ...

    @overload
    def cancel(
        self,
        batch_id: str,
        *,
        wait: Literal[True],
        deadline: float | None = ...,
        on_progress: OnState | None = ...,
        **options: Unpack[CallOptions],
    ) -> BatchState: ...

    def cancel(
        self,
        batch_id: str,
        *,
        wait: bool = False,
        deadline: float | None = CANCELLING,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> Batch | BatchState:
        """Cancel a batch that is still running; finished requests keep their results.

        ``POST /batches/{batch_id}/cancel``, one request. Only where it is refused is the batch asked for, since each
        gateway refuses in its own way.

        Args:
            batch_id: The batch.
            wait: Whether to wait until it has stopped. The result then tells what was saved: ``completed`` and
                ``output_file_id``. A batch that was cancelled before is no error.
            deadline: Seconds to wait at most; ``None`` waits for ever.
            on_progress: Is told where the batch stands, at each poll.
            **options: What every method takes.

        Raises:
            BatchEndedError: It has ended and cannot be cancelled.
            BatchUnfinishedError: It has not stopped by the deadline.
            BatchGoneError: It is no more.
            PortkeyError: The call failed.
        """
        if not wait:
            return self._runner.complete(cancel(self._runner, batch_id, options))
        return self._runner.complete(cancel_and_wait(self._runner, batch_id, deadline, on_progress, options))

    def results(self, batch_id: str, **options: Unpack[CallOptions]) -> Iterator[BatchResult]:
        """Yield the results of a batch that has ended: the answers in the order of the output file, then the failures.

        So it does with what was saved when the batch was cancelled or expired. The files are read as they come, and a
        broken connection is taken up again.

        Args:
            batch_id: The batch.
            **options: What every method takes.

        Raises:
            BatchUnfinishedError: The batch has not ended; see ``wait``.
            TransferError: A file ended early too often.
            PortkeyError: A call failed.
        """
        return self._runner.iterate(results(self._runner, batch_id, options))


class AsyncBatches(AsyncBatchesResource):
    """The operations under ``client.batches``, and the life of a batch, asynchronous."""

    def __init__(self, client: AsyncPortkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @cached_property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> AsyncRawBatchesResource:
        """The operations, each one request that returns its ``RawResponse``."""
        return AsyncBatchesResource(self._client).with_raw_response

    async def submit(
        self,
        requests: Requests,
        *,
        endpoint: str = "/v1/chat/completions",
        completion_window: str = "24h",
        metadata: Mapping[str, Any] | None = None,
        key: str | None = None,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
        on_progress: Progress | None = None,
        **options: Unpack[FileOptions],
    ) -> Batch:
        """Check the requests, upload them and create a batch, once; see ``Batches.submit``."""
        fields = {"endpoint": endpoint, "completion_window": completion_window, "metadata": metadata}
        with lines(requests, endpoint, max_requests, max_bytes) as checked:
            return await submit(self._runner, checked, key, fields, on_progress, options)

    async def wait(
        self,
        batch_id: str,
        *,
        deadline: float | None = DEADLINE,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> BatchState:
        """Wait until a batch has ended, however; see ``Batches.wait``."""
        return await wait(self._runner, batch_id, deadline, on_progress, options)

    @overload
    async def cancel(self, batch_id: str, **options: Unpack[CallOptions]) -> Batch: ...

    @overload
    async def cancel(
        self,
        batch_id: str,
        *,
        wait: Literal[True],
        deadline: float | None = ...,
        on_progress: OnState | None = ...,
        **options: Unpack[CallOptions],
    ) -> BatchState: ...

    async def cancel(
        self,
        batch_id: str,
        *,
        wait: bool = False,
        deadline: float | None = CANCELLING,
        on_progress: OnState | None = None,
        **options: Unpack[CallOptions],
    ) -> Batch | BatchState:
        """Cancel a batch that is still running; see ``Batches.cancel``."""
        if not wait:
            return await cancel(self._runner, batch_id, options)
        return await cancel_and_wait(self._runner, batch_id, deadline, on_progress, options)

    def results(self, batch_id: str, **options: Unpack[CallOptions]) -> AsyncGenerator[BatchResult]:
        """Yield the results of a batch that has ended; see ``Batches.results``.

        Leave the loop early only under ``contextlib.aclosing``, which gives the connection back at once.
        """
        return results(self._runner, batch_id, options)
