"""The results of a batch, one for each of its requests, from the lines of its output and error files."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
from typing import Any, NamedTuple

from portkey_api.types import read

from .errors import error_details, error_message
from .narrow import is_list, is_mapping

ANSWERS: dict[str, Any] = {
    "/chat/completions": "CreateChatCompletionResponse",
    "/completions": "CreateCompletionResponse",
    "/embeddings": ("CreateEmbeddingResponse", "CreateEncodedEmbeddingResponse"),
    "/messages": "AnthropicMessage",
    "/moderations": "CreateModerationResponse",
    "/responses": "Response",
}
"""What the requests of a batch call -> the codec of its answer."""


class BatchFailure(NamedTuple):
    """Why a request of a batch has no answer."""

    message: str
    """What the provider or the gateway says of it."""
    code: str | None
    """The provider's code."""


class BatchResult(NamedTuple):
    """What became of one request of a batch."""

    custom_id: str | None
    """The request, by the id it was given; ``None`` where the gateway does not say."""
    status: int | None
    """The HTTP status of its answer, where there is one."""
    body: Any
    """Its answer as the endpoint's own method would return it; ``None`` where it failed."""
    failure: BatchFailure | None
    """Why it failed; ``None`` where it did not."""
    line: Any
    """What the gateway wrote, as it came: JSON data, or text where it is none."""

    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
        return self.failure is None


async def split(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """Yield the lines of a body, wherever its pieces end; blank ones left out."""
    rest: list[bytes] = []
    async for piece in pieces:
        first, *others = piece.split(b"\n")
        rest.append(first)
        for line in others:
            if whole := b"".join(rest).strip():
                yield whole
            rest = [line]
    if whole := b"".join(rest).strip():
        yield whole


def read_line(line: bytes, endpoint: str | None) -> Iterator[BatchResult]:
    """Yield the results that one line holds: one, or those of a list of errors that came instead of a file.

    Args:
        line: ``{custom_id, response: {status_code, body}, error}``, or Anthropic's ``{custom_id, result}``.
        endpoint: That of the batch.
    """
    try:
        wire: Any = json.loads(line)
    except (ValueError, RecursionError):
        yield BatchResult(None, None, None, BatchFailure("the line is not JSON", None), line.decode("utf-8", "replace"))
        return
    errors = wire.get("errors") if is_mapping(wire) and "custom_id" not in wire else wire
    listed = errors.get("data") if is_mapping(errors) and errors is not wire else errors
    if is_list(listed):
        yield from _failures(listed)
    else:
        yield _result(wire, endpoint)


def _failures(errors: Iterable[Any]) -> Iterator[BatchResult]:
    for each in errors:
        custom_id = _text(each.get("custom_id")) if is_mapping(each) else None
        yield BatchResult(custom_id, None, None, _failure(each), each)


def _result(wire: Any, endpoint: str | None) -> BatchResult:
    if not is_mapping(wire):
        return BatchResult(None, None, None, BatchFailure("the line is not a result", None), wire)
    status, body, error = _parts(wire)
    failed = bool(error) or body is None or (status is not None and not 200 <= status < 300)
    return BatchResult(
        custom_id=_text(wire.get("custom_id")),
        status=status,
        body=None if failed else read(ANSWERS.get((endpoint or "").removeprefix("/v1")), body),
        failure=_failure(error or body) if failed else None,
        line=wire,
    )


def _parts(wire: Any) -> tuple[int | None, Any, Any]:
    """Return status, body and error of a line."""
    result, response = wire.get("result"), wire.get("response")
    if is_mapping(result):
        return None, result.get("message"), result.get("error") or (result if "message" not in result else None)
    if is_mapping(response) and "body" in response:
        status = response.get("status_code")
        return status if isinstance(status, int) else None, response["body"], wire.get("error")
    return None, response, wire.get("error")


def _failure(error: Any) -> BatchFailure:
    code = error_details(error).get("code")
    return BatchFailure(error_message(error), str(code) if code is not None else None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
