"""From an HTTP response to the parsed answer, or to the exception that says why there is none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from portkey_api.types import Operation, read

from .errors import AnswerError, error_class, error_message
from .observe import without

T = TypeVar("T")


def read_answer(
    operation: Operation[T], status: int, headers: Mapping[str, str], content: bytes, secrets: Iterable[str] = ()
) -> T:
    """Return what an operation answered.

    Statuses from 200 to 299 are successes, also unregistered ones (246: a guardrail failed, the body is whole).

    Args:
        operation: What was called.
        status: The HTTP status.
        headers: The response headers, by lower-case name.
        content: The body.
        secrets: Credentials that an error must not repeat, should the gateway do so.

    Raises:
        APIError: The status is another one; the class tells its family.
        AnswerError: The body is not JSON where the operation promises JSON.
    """
    kind, codec = documented(operation, status)
    if 200 <= status < 300:
        answer: T = _success(operation, kind, codec, status, headers, content)
        return answer
    hidden = tuple(secrets)
    data = without(_lenient(content), hidden)
    raise error_class(status)(error_message(data), status, without(headers, hidden), read(codec, data))


def documented(operation: Operation[Any], status: int) -> tuple[str, Any]:
    """Return how the body of a status is read: as the document says, else as another success is, else as it comes."""
    responses = operation.responses
    for key in (str(status), f"{str(status)[0]}XX", "default"):
        if key in responses:
            return responses[key]
    alike = [each for key, each in responses.items() if key[0] == "2" and 200 <= status < 300]
    return alike[0] if alike else ("none", None)


def _success(
    operation: Operation[Any], kind: str, codec: Any, status: int, headers: Mapping[str, str], content: bytes
) -> Any:
    if kind == "binary":
        return content
    media = headers.get("content-type", "no content type")
    if kind == "text" or (kind == "json or text" and media.startswith("text/")):
        return content.decode("utf-8", "replace")
    if kind == "none":
        return _lenient(content)
    if not content:
        return None
    try:
        return read(codec, json.loads(content))
    except (ValueError, RecursionError):
        message = f"{operation.name}: answered {status} with {media}, which is not the JSON it promises"
        raise AnswerError(message, status, headers, content) from None


def _lenient(content: bytes) -> Any:
    """Return a body as JSON data where it is JSON, else as text, ``None`` where it is empty."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace") or None
