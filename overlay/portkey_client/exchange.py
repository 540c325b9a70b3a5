"""One call, from its request to its answer: attempts, waits, events and the span. Both clients run this code."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpx

from portkey_api.types import CallOptions, Facts, Operation, RawResponse

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
E = TypeVar("E", bound=PortkeyError)
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
        return call.result(await _outcome(call, lanes, steps))


async def begin(call: Call[Any], lanes: Lanes[H], steps: Steps[H], media: str) -> tuple[Begun, Held[H]]:
    """Carry one call out up to the beginning of its answer; return what is known of that, and the rest to be read.

    Args:
        call: What to carry out.
        lanes: The connections.
        steps: Those of the client.
        media: What the media type of the answer begins with; any other success is refused.

    Raises:
        PortkeyError: The answer is an error, or no such stream; see ``Portkey.stream``.
    """
    held = Held(lanes, steps, media)
    try:
        with call:
            outcome = await _outcome(call, lanes, steps, held)
            return call.begun(outcome, held), held
    except BaseException:
        await held.close()
        raise


async def _outcome(call: Call[Any], lanes: Lanes[H], steps: Steps[H], held: Held[H] | None = None) -> _Outcome:
    while True:
        lane = lanes.take()
        try:
            outcome = await attempt(call, lane, steps, held)
        finally:
            lanes.give_back(lane)
        wait = call.wait_after(outcome)
        if wait is None:
            return outcome
        await steps.sleep(call.world, wait)


async def attempt(call: Call[Any], lane: Lane[H], steps: Steps[H], held: Held[H] | None = None) -> _Outcome:
    """Send the request of a call once and return what came of it."""
    try:
        response = await steps.send(lane.http, call.request(lane))
    except (httpx.RequestError, httpx.InvalidURL, httpx.StreamError) as error:
        return error
    if held is not None and held.wants(response):
        held.keep(lane, response)
        return response
    try:
        await steps.read(response)
    except httpx.DecodingError:
        return _Undecodable(response)
    except (httpx.RequestError, httpx.StreamError) as error:
        return error
    finally:
        await steps.close(response)
    return response


class Begun(Facts):
    """What is known of an answer when it begins."""

    def __init__(self, call: Call[Any], response: httpx.Response) -> None:
        self.operation: str = call.operation.name
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = read_headers(response)
        self.attempts: int = call.attempts
        took, attempt_took = call.took()
        self.elapsed: float = took
        self.attempt_elapsed: float = attempt_took


class Held(Generic[H]):
    """An answer that is read after its call: the response, and the lane it keeps busy until it is closed."""

    def __init__(self, lanes: Lanes[H], steps: Steps[H], media: str) -> None:
        self.steps: Steps[H] = steps
        self.response: httpx.Response | None = None
        """The response, while it is open."""
        self._lanes: Lanes[H] = lanes
        self._lane: Lane[H] | None = None
        self._media = media

    def wants(self, response: httpx.Response) -> bool:
        """Tell whether a response is a stream of the kind that is wanted; without a media type it may be any."""
        media: str = response.headers.get("content-type", "")
        return response.is_success and (not media or media.lower().startswith(self._media))

    def keep(self, lane: Lane[H], response: httpx.Response) -> None:
        """Keep a response open."""
        self._lanes.keep(lane)
        self._lane, self.response = lane, response

    async def close(self) -> None:
        """Close the response, once, and give its lane back."""
        response, self.response = self.response, None
        if response is not None and self._lane is not None:
            try:
                await self.steps.close(response)
            finally:
                self._lanes.give_back(self._lane)

    def __del__(self) -> None:
        if self.response is not None:
            message = "a stream was not closed; loop over it, use it in a `with` statement, or call its close()"
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self)


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
        self.operation: Operation[T] = operation
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

    @property
    def attempts(self) -> int:
        """How often it was sent so far, or tried to be."""
        return self._number

    @property
    def secrets(self) -> list[str]:
        """The credentials of the request, which no error may repeat."""
        return secrets(self._headers)

    def took(self) -> tuple[float, float]:
        """Return how many seconds the call took so far, and its last attempt."""
        now = self.world.clock()
        return now - self._began, now - self._attempt_began

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
        return None if status < 300 else self._wait(Outcome(status, headers))

    def _wait_after_failure(self, failure: Exception) -> float | None:
        name = type(failure).__name__
        self._tell("failure", error=name)
        if isinstance(failure, _HOPELESS) or not isinstance(failure, httpx.TransportError):
            return None
        return self._wait(Outcome(None, sent=not isinstance(failure, _UNSENT)), error=name)

    def _wait(self, failed: Outcome, error: str | None = None) -> float | None:
        if self._marks is None:
            return None
        repeatable = may_repeat(self.operation, self._headers)
        attempt = Attempt(self._number, self._elapsed(), repeatable, cancels(self.operation))
        wait = decide(self._retry, attempt, failed, now=self.world.now(), jitter=self.world.jitter())
        if wait is not None:
            self._maybe_done |= self.operation.method != "GET" and _may_be_done(failed)
            self._tell("retry", status=failed.status, error=error, wait=wait)
        return wait

    def result(self, outcome: _Outcome) -> RawResponse[T]:
        """Return the answer, or raise what is wrong with it."""
        try:
            if isinstance(outcome, Exception):
                raise self.unanswered(outcome)
            if isinstance(outcome, _Undecodable):
                return self._undecodable(outcome.response)
            return self._answer(outcome, outcome.content)
        except PortkeyError as error:
            self.placed(error)
            raise

    def placed(self, error: E) -> E:
        """Return an error that tells of which call it is."""
        error.operation, error.attempts, error.elapsed = self.operation.name, self._number, self._elapsed()
        error.maybe_done = self._maybe_done
        return error

    def begun(self, outcome: _Outcome, held: Held[Any]) -> Begun:
        """Return what is known of an answer that is to be read after the call, or raise why there is none.

        ``ended`` must follow.
        """
        if held.response is None:
            answer = self.result(outcome)
            media = answer.headers.get("content-type")
            message = f"{self.operation.name}: answered {answer.status} with {media}, which is no stream of events"
            raise self.placed(AnswerError(message, answer.status, answer.headers, answer.content))
        begun = Begun(self, held.response)
        self._span.lasting = True
        self._span.answered(begun, begun.status, None)
        return begun

    def ended(self, begun: Begun, error: BaseException | None, answer: Callable[[], Any]) -> None:
        """Note that an answer was read, left, or broke off.

        Args:
            begun: What was known of it.
            error: Why it broke off.
            answer: Returns what came of it.
        """
        if error is not None:
            self._tell("failure", error=type(error).__name__)
        if self._span.watched:
            self._span.answered(begun, begun.status, answer())
            self._span.end(error)

    def _answer(self, response: httpx.Response, content: bytes) -> RawResponse[T]:
        status = response.status_code
        headers = read_headers(response)
        hidden = () if 200 <= status < 300 else self.secrets
        elapsed, attempt_elapsed = self.took()
        answer = RawResponse(
            operation=self.operation.name,
            status=status,
            headers=headers,
            content=content,
            parsed=read_answer(self.operation, status, headers, content, hidden),
            attempts=self._number,
            elapsed=elapsed,
            attempt_elapsed=attempt_elapsed,
        )
        self._span.answered(answer, answer.status, answer.parsed)
        return answer

    def _undecodable(self, response: httpx.Response) -> RawResponse[T]:
        status, headers = response.status_code, read_headers(response)
        if not 200 <= status < 300:
            return self._answer(response, b"")
        encoding = headers.get("content-encoding")
        message = f"{self.operation.name}: answered {status}, but not in the encoding {encoding!r} it names"
        raise AnswerError(message, status, headers, b"")

    def unanswered(self, failure: Exception) -> ConnectionFailedError:
        """Return the error for an exchange that failed without an answer, or in the middle of it."""
        name, kind = self.operation.name, type(failure).__name__
        error: ConnectionFailedError = TimedOutError(f"{name}: no answer in time ({kind})")
        if not isinstance(failure, httpx.TimeoutException):
            said = f"{kind}: {failure}"
            if isinstance(failure, _UNSENT):
                where = urlsplit(str(self._sent.arguments["url"]))
                said = f"no connection to {where.scheme}://{where.netloc} ({said})"
            error = ConnectionFailedError(without(f"{name}: {said}", self.secrets))
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
            operation=self.operation.name,
            attempt=self._number,
            method=self.operation.method,
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


def read_headers(response: httpx.Response) -> dict[str, str]:
    """Return the headers by lower-case name; the values of a repeated one in one line (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("ascii", "replace").lower(), raw_value.decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _may_be_done(failed: Outcome) -> bool:
    """Tell whether the gateway may have carried out what it gave no answer to, or only an excuse."""
    return failed.sent if failed.status is None else failed.status == 408 or failed.status >= 500
