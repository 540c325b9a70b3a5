"""Every exception this client raises, in one tree.

::

    PortkeyError
    |-- ConfigurationError        the client was built, or credentials were given, so that no call can work
    |-- RequestRefusedError       the arguments of this call cannot be sent; nothing was sent
    |   `-- InvalidBatchError     the requests of a batch are not as they must be; tells the lines
    |-- ConnectionFailedError     no answer: the connection failed or broke
    |   |-- TimedOutError         no answer in time
    |   |-- StreamTruncatedError  a stream broke off; `partial` is what came
    |   `-- SocketClosedError     a websocket is closed; `code` and `reason` say why
    |-- AnswerError               a success that cannot be read
    |-- PagingError               a list that claims more and does not give it
    |-- TransferError             a body that ended early, changed meanwhile, or has another checksum
    |-- BatchUnfinishedError      a batch has not ended
    |-- JournalError              the journal of many calls cannot be used
    |-- OutcomeUnknownError       one of many calls was begun by an earlier run that did not see its end
    |-- ExportUnfinishedError     an export of logs has not ended
    |-- ExportFailedError         an export of logs failed, or was stopped
    `-- APIError                  an answer outside 200 to 299
        |-- BadRequestError       400
        |-- AuthenticationError   401
        |-- BudgetError           402, 412: the budget is used up
        |-- PermissionDeniedError 403: also for deleted or foreign ids of the control plane
        |-- NotFoundError         404
        |   `-- BatchGoneError    a batch that was waited for is no more
        |-- GatewayTimedOutError  408: the provider took longer than the gateway was told to wait
        |-- ConflictError         409
        |   `-- BatchEndedError   a batch cannot be cancelled any more, whatever the status that says so
        |-- UnprocessableError    422
        |-- RateLimitError        429
        |-- GuardrailError        446: a guardrail denied the request or its answer
        |-- StreamFailedError     an error inside a stream; `partial` is what came before it
        `-- ServerError           500 to 599, registered or not (529 is one)

All can be pickled and copied, and none holds a credential. 246 is no error: a guardrail failed, and the answer stands;
``with_raw_response`` tells of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from portkey_api.types import Facts

from .narrow import is_list, is_mapping

_Made = tuple[Any, ...]


class PortkeyError(Facts, Exception):
    """Anything this client raises about a call; misspelled arguments are a ``TypeError``, full disks an ``OSError``."""

    status: Any = None
    """The HTTP status; ``None`` where no answer came."""
    headers: Mapping[str, str] = MappingProxyType({})
    """The response headers, by lower-case name; none where no answer came."""
    body: Any = None
    """The body of the answer; ``None`` where none came."""
    operation: str | None = None
    """The operation that was called, as ``resource.method``; ``None`` where no call was under way."""
    attempts: int = 0
    """How often the request was sent, or tried to be."""
    elapsed: float = 0.0
    """Seconds from the beginning of the call, waits between its attempts included."""
    maybe_done: bool = False
    """Whether an attempt before the last may have been carried out although its answer was lost or was a 5xx.

    Then a 404 to a deletion may only say that it is done already. It is raised all the same, since the answer that
    would say so for certain was never received.
    """

    @property
    def status_code(self) -> Any:
        """The same as ``status``, by the name that other clients give it."""
        return self.status

    def __reduce__(self) -> _Made:
        return _restored, (type(self), self.args, dict(vars(self)))


def _restored(kind: type[PortkeyError], arguments: _Made, state: Mapping[str, Any]) -> PortkeyError:
    error = kind.__new__(kind, *arguments)
    vars(error).update(state)
    return error


class ConfigurationError(PortkeyError, ValueError):
    """The client cannot work as it was built; the message says which arguments would do."""


class RequestRefusedError(PortkeyError, ValueError):
    """The arguments of a call cannot be sent; the message names the one, and nothing was sent."""


class InvalidBatchError(RequestRefusedError):
    """The requests of a batch are not as they must be; nothing was sent."""

    problems: Sequence[tuple[int, str]] = ()
    """Each with its line, counted from 1; 0 for what concerns all of them."""


class ConnectionFailedError(PortkeyError):
    """No answer came: the connection failed or broke."""

    sent: bool = True
    """Whether the gateway may have received the request; ``False`` where no connection came about."""


class TimedOutError(ConnectionFailedError, TimeoutError):
    """No answer came in time (``timeout``, in seconds, for each phase of the exchange)."""


class StreamTruncatedError(ConnectionFailedError):
    """A stream ended without the mark of its end: the connection broke, the gateway cut it, or it was closed."""

    partial: Any = None
    """The answer as far as it came, as a model; ``None`` where nothing of it came."""


class SocketClosedError(ConnectionFailedError):
    """A websocket is closed, by the gateway, by this client, or because the connection broke."""

    code: int = 1006
    """The code of who closed it first (RFC 6455, section 7.4); 1006 where the connection broke without one."""
    reason: str = ""
    """What was said with it."""


class PagingError(PortkeyError):
    """A list claims to have more, and gives the same page again; what came before is all there is to get."""


class AnswerError(PortkeyError):
    """A success whose body is not what the operation promises, such as a login page of a proxy."""

    def __init__(self, message: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(message)
        self.status: int = status
        """The HTTP status, from 200 to 299; 101 for a message of a websocket."""
        self.headers: Mapping[str, str] = dict(headers)
        """The response headers, by lower-case name."""
        self.body: bytes = body
        """The body as it came, empty where it could not be decoded."""


class TransferError(PortkeyError):
    """A body that ended early, changed while it was received, or has another checksum than it should."""


class BatchUnfinishedError(PortkeyError, TimeoutError):
    """A batch has not ended: not by the deadline, or not yet when its results were asked for."""

    state: Any = None
    """Where it stands, a ``BatchState``; ``None`` where nobody could tell."""


class JournalError(PortkeyError):
    """A journal of ``map`` that cannot be used: damaged, of other calls, or in use; the message names file and line."""


class OutcomeUnknownError(PortkeyError):
    """A call was begun by an earlier run that did not see its end, and sending it again might do it twice."""


class ExportUnfinishedError(PortkeyError, TimeoutError):
    """An export of logs has not ended: not by the deadline, or not yet when its records were asked for."""

    state: Any = None
    """Where it stands, an ``ExportState``; ``None`` where nobody could tell."""


class ExportFailedError(PortkeyError):
    """An export of logs ended without a result: it failed, or it was stopped."""

    state: Any = None
    """Where it stands, an ``ExportState``."""


class APIError(PortkeyError):
    """The gateway answered with a status outside 200 to 299; the class tells the family of the status."""

    def __init__(self, message: str, status: int, headers: Mapping[str, str], body: Any) -> None:
        super().__init__(f"{status}: {message}")
        self.message = message
        """What the gateway says went wrong, without our credentials."""
        self.status: int = status
        """The HTTP status; any number from 300 on, also one no registry knows."""
        self.headers: Mapping[str, str] = dict(headers)
        """The response headers, by lower-case name."""
        self.body = body
        """The body: a model where the document has one for this status, else JSON data, else text."""
        details = error_details(body)
        self.type: str | None = _word(details.get("type"))
        """The kind of error, as the gateway or the provider names it."""
        self.param: str | None = _word(details.get("param"))
        """The parameter at fault, where it is named."""
        self.code: str | None = _word(details.get("code")) or _word(details.get("errorCode"))
        """The provider's code, or the control plane's (AB01 to AB09)."""


class BadRequestError(APIError):
    """400: the request is malformed, or a terminal batch cannot be cancelled."""


class AuthenticationError(APIError):
    """401: a credential is missing or wrong."""


class BudgetError(APIError):
    """402 or 412: the budget is used up."""


class PermissionDeniedError(APIError):
    """403: not allowed; the control plane also says so of deleted and foreign ids."""


class NotFoundError(APIError):
    """404: no such object, or no such route on this gateway."""


class BatchGoneError(NotFoundError):
    """A batch that was waited for is no more: a 404, a 410, or a success that holds an error and no batch."""


class GatewayTimedOutError(APIError):
    """408: the provider took longer than the gateway was told to wait (``x-portkey-request-timeout``)."""


class ConflictError(APIError):
    """409: the object is in a state that does not allow it."""


class BatchEndedError(ConflictError):
    """A batch cannot be cancelled any more; ``status`` and ``body`` are those of the refusal, each gateway's own."""

    state: Any = None
    """Where the batch stands, a ``BatchState``; ``None`` where it could not be asked for."""


class UnprocessableError(APIError):
    """422: well formed, but not acceptable."""


class RateLimitError(APIError):
    """429: a limit of the gateway or the provider was reached; see the ``retry-after`` header."""


class GuardrailError(APIError):
    """446: a guardrail denied the request or its answer."""

    @property
    def hook_results(self) -> Any:
        """What each guardrail found, as the gateway tells it (``hook_results``)."""
        return _plain(self.body).get("hook_results")


class ServerError(APIError):
    """500 to 599, registered or not."""


class StreamFailedError(APIError):
    """The gateway or the provider reported an error after the stream had begun; ``status`` is that of its beginning."""

    partial: Any = None
    """The answer as far as it came, as a model; ``None`` where nothing of it came."""

    def __str__(self) -> str:
        return f"in the stream: {self.message}"


E = TypeVar("E", bound=PortkeyError)


def of_call(operation: str | None, error: E) -> E:
    """Return an error that tells of which operation it is."""
    error.operation = operation
    return error


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: BudgetError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: GatewayTimedOutError,
    409: ConflictError,
    412: BudgetError,
    422: UnprocessableError,
    429: RateLimitError,
    446: GuardrailError,
}


def error_class(status: int) -> type[APIError]:
    """Return the class for a status."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else APIError)


def error_details(body: Any) -> Mapping[str, Any]:
    """Return the part of an error body that says what went wrong, whichever envelope it came in.

    Gateways, control plane and providers use these: ``{error: {...}}``, also alone in a list, ``{error: "text"}``,
    ``{status: "failure", message}``, ``{success: false, data: {...}}``, ``{message, ok: false}``, ``{detail}`` with
    text or a list of what was refused, ``{errors: [...]}``, ``{html-message}``, plain text and HTML.
    """
    if isinstance(body, str):
        return {"message": body}
    if is_list(body) and body:
        return error_details(body[0])
    data = _plain(body)
    for key in ("error", "data", "detail", "errors"):
        inner = data.get(key)
        if is_mapping(inner) and inner:
            return inner
        if isinstance(inner, str):
            return {**data, "message": inner}
        if is_list(inner) and inner and not data.get("message"):
            return _listed(data, inner[0])
    return data


def _listed(data: Mapping[str, Any], first: Any) -> Mapping[str, Any]:
    """Return the first of a list of errors; a web framework names its message ``msg`` and its parameter ``loc``."""
    if not is_mapping(first):
        return {**data, "message": str(first)}
    where = first.get("loc")
    return {
        **first,
        "message": first.get("message") or first.get("msg") or first.get("detail"),
        "param": ".".join(map(str, where)) if is_list(where) else first.get("param"),
    }


def error_message(body: Any) -> str:
    """Return what an error body says, in one line of at most 500 characters."""
    details = error_details(body)
    keys = ("message", "Message", "msg", "html-message", "title", "error_description")
    said = next((details[key] for key in keys if details.get(key)), None)
    text = _untagged(str(said if said is not None else dict(details) or ""))
    return " ".join(text.split())[:500] or "the gateway gave no reason"


def _untagged(text: str) -> str:
    """Return the title of an HTML page, else its text; other text as it is."""
    page = text[:20_000]
    if not re.match(r"\s*<(!doctype|html|head|body|title|h1|center|p|div)\b", page, re.IGNORECASE):
        return text
    title = re.search(r"<title[^>]*>([^<]+)", page, re.IGNORECASE)
    return title[1] if title else re.sub(r"<[^>]*>", " ", page)


def _plain(body: Any) -> Mapping[str, Any]:
    data = body.to_dict() if hasattr(body, "to_dict") else body
    return data if is_mapping(data) else {}


def _word(value: Any) -> str | None:
    """Return a text or number as text; some providers send their code as a number."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
