"""One call, from its request to its answer: attempts, waits, events and the span. Both clients run this code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import httpx

from portkey_api.types import CallOptions, Operation, RawResponse

from .answer import read_answer
from .errors import AnswerError, ConnectionFailedError, PortkeyError, TimedOutError
from .observe import Event, Kind, Observer, redacted, secrets, shown, without
from .retry import Attempt, Outcome, cancels, checked, decide, may_repeat
from .rewind import bookmarks, rewind
from .spans import Span
from .steps import WORLD, H, Steps, World
from .transport import Lane, build

if TYPE_CHECKING:
    from .client import Settings
    from .transport import Lanes

T = TypeVar("T")
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""No connection came about, so nothing was sent."""
_HOPELESS = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.TooManyRedirects)
"""The request itself is at fault: it would fail again."""


class _Undecodable(NamedTuple):
    """An answer whose body is not encoded as its headers say."""

    response: httpx.Response


_Outcome = httpx.Response | _Undecodable | Exception


async def exchange(call: Call[T], lanes: Lanes[H], steps: Steps[H]) -> RawResponse[T]:
    """Carry one call out and return its answer.

    Raises:
        PortkeyError: There is none; see ``Portkey.call``.
    """
    with call:
        while True:
            lane = lanes.take()
            try:
                outcome = await _attempt(call, lane, steps)
            finally:
                lanes.give_back(lane)
            wait = call.wait_after(outcome)
            if wait is None:
                return call.result(outcome)
            await steps.sleep(call.world, wait)


async def _attempt(call: Call[Any], lane: Lane[H], steps: Steps[H]) -> _Outcome:
    try:
        response = await steps.send(lane.http, call.request(lane))
    except (httpx.RequestError, httpx.InvalidURL, httpx.StreamError) as error:
        return error
    try:
        await steps.read(response)
    except httpx.DecodingError:
        return _Undecodable(response)
    except (httpx.RequestError, httpx.StreamError) as error:
        return error
    finally:
        await steps.close(response)
    return response


class Call(Generic[T]):
    """One call under way: what was sent, how often, and what came of it."""

    def __init__(
        self,
        settings: Settings,
        world: World | None,
        operation: Operation[T],
        options: CallOptions,
        parts: Mapping[str, Any],
    ) -> None:
        given: Mapping[str, Any] = {**options}
        self.world: World = world or WORLD
        self._operation = operation
        self._retry = checked(given["retries"]) if "retries" in given else settings.retries
        self._observer = Observer(settings.hooks)
        self._began = self._attempt_began = self.world.clock()
        self._number = 0
        self._maybe_done = False
        self._sent = settings.request(operation, options, parts)
        self._headers: Mapping[str, str] = self._sent.arguments["headers"]
        self._marks = bookmarks(self._sent.arguments)
        self._span = Span(operation, self._sent.arguments["url"], parts, self._headers)

    def __enter__(self) -> None:
        self._span.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._sent.close()
        self._span.__exit__(kind, error, trace)

    def request(self, lane: Lane[Any]) -> httpx.Request:
        """Return the request of the next attempt, with no more time for it than is left."""
        self._number += 1
        self._attempt_began = self.world.clock()
        if self._number > 1:
            rewind(self._marks)
        request = build(lane, self._sent.arguments)
        if self._retry.deadline is not None:
            left = max(self._retry.deadline - self._elapsed(), 0.001)
            phases: Mapping[str, float | None] = request.extensions["timeout"]
            limits = {phase: left if limit is None else min(limit, left) for phase, limit in phases.items()}
            request.extensions = {**request.extensions, "timeout": limits}
        self._tell("request", headers=self._headers)
        return request

    def wait_after(self, outcome: _Outcome) -> float | None:
        """Return how many seconds to wait before the next attempt; ``None``: this was the last."""
        if isinstance(outcome, Exception):
            return self._wait_after_failure(outcome)
        response = outcome.response if isinstance(outcome, _Undecodable) else outcome
        status, headers = response.status_code, response.headers
        self._tell("answer", status=status, headers=headers)
        return None if 200 <= status < 300 else self._wait(Outcome(status, headers))

    def _wait_after_failure(self, failure: Exception) -> float | None:
        name = type(failure).__name__
        self._tell("failure", error=name)
        if isinstance(failure, _HOPELESS) or not isinstance(failure, httpx.TransportError):
            return None
        return self._wait(Outcome(None, sent=not isinstance(failure, _UNSENT)), error=name)

    def _wait(self, failed: Outcome, error: str | None = None) -> float | None:
        if self._marks is None:
            return None
        repeatable = may_repeat(self._operation, self._headers)
        attempt = Attempt(self._number, self._elapsed(), repeatable, cancels(self._operation))
        wait = decide(self._retry, attempt, failed, now=self.world.now(), jitter=self.world.jitter())
        if wait is not None:
            self._maybe_done |= self._operation.method != "GET" and _may_be_done(failed)
            self._tell("retry", status=failed.status, error=error, wait=wait)
        return wait

    def result(self, outcome: _Outcome) -> RawResponse[T]:
        """Return the answer, or raise what is wrong with it."""
        try:
            if isinstance(outcome, Exception):
                raise self._unanswered(outcome)
            if isinstance(outcome, _Undecodable):
                return self._undecodable(outcome.response)
            return self._answer(outcome, outcome.content)
        except PortkeyError as error:
            error.operation, error.attempts, error.elapsed = self._operation.name, self._number, self._elapsed()
            error.maybe_done = self._maybe_done
            raise

    def _answer(self, response: httpx.Response, content: bytes) -> RawResponse[T]:
        status = response.status_code
        headers = _read_headers(response)
        hidden = () if 200 <= status < 300 else secrets(self._headers)
        now = self.world.clock()
        answer = RawResponse(
            operation=self._operation.name,
            status=status,
            headers=headers,
            content=content,
            parsed=read_answer(self._operation, status, headers, content, hidden),
            attempts=self._number,
            elapsed=now - self._began,
            attempt_elapsed=now - self._attempt_began,
        )
        self._span.answered(answer)
        return answer

    def _undecodable(self, response: httpx.Response) -> RawResponse[T]:
        status, headers = response.status_code, _read_headers(response)
        if not 200 <= status < 300:
            return self._answer(response, b"")
        encoding = headers.get("content-encoding")
        message = f"{self._operation.name}: answered {status}, but not in the encoding {encoding!r} it names"
        raise AnswerError(message, status, headers, b"")

    def _unanswered(self, failure: Exception) -> ConnectionFailedError:
        name, kind = self._operation.name, type(failure).__name__
        error: ConnectionFailedError = TimedOutError(f"{name}: no answer in time ({kind})")
        if not isinstance(failure, httpx.TimeoutException):
            error = ConnectionFailedError(without(f"{name}: {kind}: {failure}", secrets(self._headers)))
        error.sent = not isinstance(failure, (*_UNSENT, *_HOPELESS, httpx.InvalidURL))
        return error

    def _elapsed(self) -> float:
        return self.world.clock() - self._began

    def _tell(
        self,
        kind: Kind,
        *,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
        error: str | None = None,
        wait: float = 0.0,
    ) -> None:
        if kind != "retry" and not self._observer.wants(kind, status):
            return
        event = Event(
            kind=kind,
            operation=self._operation.name,
            attempt=self._number,
            method=self._operation.method,
            url=shown(self._sent.arguments["url"]),
            headers=redacted(headers or {}),
            status=status,
            error=error,
            elapsed=self._elapsed(),
            wait=wait,
        )
        if kind == "retry":
            self._span.retried(event)
        self._observer.tell(event)


def _read_headers(response: httpx.Response) -> dict[str, str]:
    """Return the headers by lower-case name; the values of a repeated one in one line (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("ascii", "replace").lower(), raw_value.decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _may_be_done(failed: Outcome) -> bool:
    """Tell whether the gateway may have carried out what it gave no answer to, or only an excuse."""
    return failed.sent if failed.status is None else failed.status == 408 or failed.status >= 500
