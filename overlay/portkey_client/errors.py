"""Every exception this client raises, in one tree.

::

    PortkeyError
    |-- ConfigurationError        the client was built, or credentials were given, so that no call can work
    |-- RequestRefusedError       the arguments of this call cannot be sent; nothing was sent
    |-- ConnectionFailedError     no answer: the connection failed or broke
    |   `-- TimedOutError         no answer in time
    |-- AnswerError               a success that cannot be read
    `-- APIError                  an answer outside 200 to 299
        |-- BadRequestError       400
        |-- AuthenticationError   401
        |-- BudgetError           402, 412: the budget is used up
        |-- PermissionDeniedError 403: also for deleted or foreign ids of the control plane
        |-- NotFoundError         404
        |-- ConflictError         409
        |-- UnprocessableError    422
        |-- RateLimitError        429
        |-- GuardrailError        446: a guardrail denied the request or its answer
        `-- ServerError           500 to 599, registered or not (529 is one)

All can be pickled, and none holds a credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .narrow import is_mapping

_Made = tuple[Any, ...]


class PortkeyError(Exception):
    """Anything this client raises."""


class ConfigurationError(PortkeyError, ValueError):
    """The client cannot work as it was built; the message says which arguments would do."""


class RequestRefusedError(PortkeyError, ValueError):
    """The arguments of a call cannot be sent; the message names the one, and nothing was sent."""


class ConnectionFailedError(PortkeyError):
    """No answer came. Whether the gateway received the request is not known."""


class TimedOutError(ConnectionFailedError, TimeoutError):
    """No answer came in time (``timeout``, in seconds, for each phase of the exchange)."""


class AnswerError(PortkeyError):
    """A success whose body is not what the operation promises, such as a login page of a proxy."""

    def __init__(self, message: str, status: int, headers: Mapping[str, str], content: bytes) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.headers = dict(headers)
        """The response headers, by lower-case name."""
        self.content = content
        """The body as it came."""

    def __reduce__(self) -> _Made:
        return type(self), (self.args[0], self.status, self.headers, self.content)


class APIError(PortkeyError):
    """The gateway answered with a status outside 200 to 299."""

    def __init__(self, message: str, status: int, headers: Mapping[str, str], body: Any) -> None:
        super().__init__(f"{status}: {message}")
        self.message = message
        """What the gateway says went wrong, without our credentials."""
        self.status = status
        """The HTTP status; any number from 300 on, also one no registry knows."""
        self.headers = dict(headers)
        """The response headers, by lower-case name."""
        self.body = body
        """The body: a model where the document has one for this status, else JSON data, else text."""
        details = error_details(body)
        self.type: str | None = details.get("type")
        """The kind of error, as the gateway or the provider names it."""
        self.param: str | None = details.get("param")
        """The parameter at fault, where it is named."""
        self.code: str | None = details.get("code") or details.get("errorCode")
        """The provider's code, or the control plane's (AB01 to AB09)."""

    @property
    def trace_id(self) -> str | None:
        """The trace this call belongs to (``x-portkey-trace-id``)."""
        return self.headers.get("x-portkey-trace-id") or None

    def __reduce__(self) -> _Made:
        return type(self), (self.message, self.status, self.headers, self.body)


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


class ConflictError(APIError):
    """409: the object is in a state that does not allow it."""


class UnprocessableError(APIError):
    """422: well formed, but not acceptable."""


class RateLimitError(APIError):
    """429: a limit of the gateway or the provider was reached; see the ``retry-after`` header."""


class GuardrailError(APIError):
    """446: a guardrail denied the request or its answer; ``body`` holds the ``hook_results``."""


class ServerError(APIError):
    """500 to 599, registered or not."""


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: BudgetError,
    403: PermissionDeniedError,
    404: NotFoundError,
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

    Gateways, control plane and providers use seven: ``{error: {...}}``, ``{error: "text"}``, ``{status: "failure",
    message}``, ``{success: false, data: {...}}``, ``{message, ok: false}``, ``{detail}`` and plain text.
    """
    data = body.to_dict() if hasattr(body, "to_dict") else body
    if not is_mapping(data):
        return {"message": data} if isinstance(data, str) else {}
    for key in ("error", "data", "detail"):
        inner = data.get(key)
        if is_mapping(inner):
            return inner
        if isinstance(inner, str):
            return {**data, "message": inner}
    return data


def error_message(body: Any) -> str:
    """Return what an error body says, in one line of at most 500 characters."""
    details = error_details(body)
    said = next((details[key] for key in ("message", "html-message", "title") if details.get(key)), None)
    text = " ".join(str(said if said is not None else dict(details) or "").split())
    return text[:500] or "the gateway gave no reason"
