"""Refusals: what the mock answers when it does not do what it was asked.

Two shapes are spoken. The inference side answers as OpenAI does, `{"error": {"message", "type", "param", "code"}}`; the
control plane answers `{"success": false, "data": {"message", "errorCode"}}`. Where the document declares a schema for
the status, a shape that conforms to it is preferred to the customary one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.message import Headers

# Public sources show AB03 with 403 and AB07 with 409; the others are put in the gaps of the series AB01 to AB09.
_CONTROL_PLANE_CODES: Final = {400: "AB01", 401: "AB02", 403: "AB03", 404: "AB04", 409: "AB07"}
_OPENAI_TYPES: Final = {
    401: "authentication_error",
    408: "timeout_error",
    404: "not_found_error",
    409: "conflict_error",
}


class Refusal(Exception):
    """A request is refused.

    Attributes:
        status: the HTTP status code.
        message: what is wrong and where, in words; never a credential, never a value from the request.
        code: a stable word for the kind of refusal.
        at: JSON pointer into the request (`/path`, `/query`, `/header` or `/body` first), or None if the whole request.
        headers: headers that the status requires, such as `allow`.
        state: the status of the thing that does not allow it, or None if it is not that.
        about: what else is known of that thing; it is not told, but for a dialect that does.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str,
        at: str | None = None,
        headers: Headers = (),
        state: str | None = None,
        about: Json = None,
    ) -> None:
        super().__init__(message)
        self.status: Final = status
        self.message: Final = message
        self.code: Final = code
        self.at: Final = at
        self.headers: Final = headers
        self.state: Final = state
        self.about: Final = about


def envelope(refusal: Refusal, plane: str, conforms: Callable[[Json], bool]) -> Json:
    """The body of `refusal` in the customary shape of `plane`, or in the first other shape that conforms.

    If no shape conforms, the customary one it is: a refusal that says why is worth more than one that says nothing.
    """
    shapes = list(_shapes(refusal, plane))
    return next((shape for shape in shapes if conforms(shape)), shapes[0])


def customary(refusal: Refusal) -> JsonObject:
    """The body of `refusal` as OpenAI has it."""
    error = {
        "message": refusal.message,
        "type": _OPENAI_TYPES.get(refusal.status, "invalid_request_error"),
        "param": refusal.at,
        "code": refusal.code,
    }
    return {"error": error}


def _shapes(refusal: Refusal, plane: str) -> Iterator[Json]:
    openai = customary(refusal)
    error = openai["error"]
    control_plane = {
        "success": False,
        "data": {"message": refusal.message, "errorCode": _CONTROL_PLANE_CODES.get(refusal.status, "AB01")},
    }
    if plane == "control_plane":
        yield control_plane
    yield openai
    yield {"error": refusal.message}
    yield error
    yield {"message": refusal.message}
    yield control_plane
