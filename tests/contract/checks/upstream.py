"""What a gateway makes of a provider that is in trouble.

These need a provider that does what it is asked for, and are made on the gateways that the suite itself starts: see
`gateways/provider.py` for the words that lead to a trouble.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from portkey_mock import Response
from tests.contract import events
from tests.contract.check import Check, Problem
from tests.contract.sight import known
from tests.contract.wire import Unanswered
from tests.contract.world import World, parsed

_OURS: Final = ("portkey-oss", "litellm")
"""The starters that put the provider of the suite behind a gateway."""

_CHAT: Final = "POST /chat/completions"
_TRANSCRIBE: Final = "POST /audio/transcriptions"
_CANCEL: Final = "POST /batches/{batch_id}/cancel"
_ASKED: Final = (
    "GET /files/{file_id}",
    "GET /batches/{batch_id}",
    "GET /vector_stores/{vector_store_id}",
    "GET /files/{file_id}/content",
    _CHAT,
)
"""One operation of each way that a gateway may have to its provider."""

_REFUSAL: Final = {
    "message": "No such thing: it was never here.",
    "type": "invalid_request_error",
    "code": "gone",
}
_PROVIDER: Final = "x-portkey-provider"
_OTHERS: Final = (
    "anthropic", "cohere", "fireworks-ai", "groq", "mistral-ai", "ollama", "together-ai",
)  # fmt: skip
_STATUSES: Final = (502, 503, 504)
_FAILURES: Final = ("down", "empty", "broken", "same", "moved")


def _ours(world: World) -> bool:
    """Whether the provider behind the gateway is the one of the suite."""
    return world.profile.start in _OURS


def _asked(world: World, name: str, trouble: str, headers: dict[str, str] | None = None) -> Response | None:
    """The answer to a call that meets a trouble of the provider; None if there is none."""
    word = f"upstream-{trouble}"
    operation = world.operations[name]
    call = known(world, operation)
    ids = dict.fromkeys(call.ids, word)
    body = {**call.body, "model": word} if isinstance(call.body, dict) and "model" in call.body else None
    try:
        with world.wire.sending("upstream"):
            return world.send(name, ids, body, headers=headers)
    except Unanswered:
        return None


def _relayed(world: World) -> Iterator[Problem]:
    """What the provider says of a refusal is what the caller reads, and nothing is added."""
    for name in _there(world):
        answer = _asked(world, name, "refusal")
        if answer is None:
            continue
        body = parsed(answer)
        error = body.get("error") if isinstance(body, dict) else None
        if answer.status != 404:
            yield Problem(f"The provider's 404 is answered with {answer.status}.", world.last())
        if not isinstance(body, dict) or not isinstance(error, dict):
            yield Problem("The provider's error is not in the answer.", world.last())
            continue
        if more := sorted(body.keys() - {"error"}):
            yield Problem(f"The provider's error has got more members: {', '.join(more)}.", world.last())
        for member, value in _REFUSAL.items():
            if error.get(member) != value:
                message = f"{member} of the provider's error is {value!r} and comes as {error.get(member)!r}."
                yield Problem(message, world.last())


def _worded(world: World) -> Iterator[Problem]:
    """An error that is only a text is still that text."""
    for name in _there(world):
        answer = _asked(world, name, "text")
        if answer is not None and b"Authentication credentials were not provided." not in answer.body:
            yield Problem("The text of the provider's error does not arrive.", world.last())


def _failing(world: World) -> Iterator[Problem]:
    """A provider that fails is a bad gateway, no success and no fault of the gateway itself."""
    for name in _there(world):
        for trouble in _FAILURES:
            if trouble in ("empty", "broken") and name.endswith("/content"):
                continue  # any bytes are a file
            answer = _asked(world, name, trouble)
            if answer is None:
                yield Problem(f"With its provider {trouble} it does not answer.", world.last())
            elif answer.status not in _STATUSES:
                yield Problem(f"With its provider's answer {trouble} it answers {answer.status}.", world.last())


def _plain(world: World) -> Iterator[Problem]:
    """A transcription that was asked for as text is text."""
    if not _ours(world):
        return
    with world.wire.sending("upstream"):
        body = {"file": b"RIFF", "model": "upstream-plain", "response_format": "text"}
        answer = world.send(_TRANSCRIBE, {}, body)
    if answer.status < 300 and answer.body.strip() != b"a text, and no JSON":
        yield Problem("A text was asked for and sent by the provider, and something else came.", world.last())


def _cut(world: World) -> Iterator[Problem]:
    """A stream that the provider cuts off does not look like a whole one."""
    if not _ours(world):
        return
    body = world.body(world.operations[_CHAT])
    try:
        with world.wire.sending("upstream"):
            answer = world.send(_CHAT, {}, {**body, "model": "upstream-cut", "stream": True})
    except Unanswered:
        return
    frames = [data for _, data in events.frames(answer.body)]
    if answer.status < 300 and "[DONE]" in frames:
        yield Problem("A stream that its provider cut off has the mark of its end.", world.last())
    elif answer.status < 300 and not any('"error"' in data for data in frames):
        yield Problem(
            "A stream that its provider cut off ends as if nothing were missing, without a mark.", world.last()
        )


def _streamed(world: World) -> Iterator[Problem]:
    """A provider that takes the text "true" for true, and streams, is no crash."""
    if not _ours(world) or _PROVIDER not in world.profile.headers:
        return
    body = world.body(world.operations[_CHAT])
    with suppress(Unanswered), world.wire.sending("upstream"):
        answer = world.send(_CHAT, {}, {**body, "model": "upstream-stream", "stream": "true"})
        if answer.status == 500:
            yield Problem('A stream that its provider sends for `"stream": "true"` leads to 500.', world.last())


def _once(world: World) -> Iterator[Problem]:
    """A conflict is the last word: asking again changes nothing, and cancelling is no reading."""
    if not _ours(world):
        return
    with world.wire.sending("upstream"):
        answer = world.send(_CANCEL, {"batch_id": f"upstream-conflict-{world.seed}"})
    if b"Asked 1 times" not in answer.body:
        yield Problem("A refused cancel was sent to the provider more than once.", world.last())


def _members(world: World) -> Iterator[Problem]:
    """What a body has beside what the gateway knows reaches the provider, who may know more of it."""
    for name in (_CHAT, "POST /embeddings", "POST /batches"):
        if not _ours(world) or not world.has(name):
            continue
        body: Any = world.body(world.operations[name])
        with world.wire.sending("upstream"):
            answer = world.send(name, {}, {**body, "x_contract": "upstream-refusal"})
        if answer.status < 300:
            yield Problem(
                "A member of the body that the gateway does not know never reaches the provider.", world.last()
            )


def _timed(world: World) -> Iterator[Problem]:
    """A provider that takes longer than the caller wants to wait is answered for with 408."""
    if not _ours(world) or _PROVIDER not in world.profile.headers:
        return
    answer = _asked(world, _CHAT, "slow", {"x-portkey-request-timeout": "200"})
    body = None if answer is None else parsed(answer)
    if answer is None or answer.status != 408:
        yield Problem(f"A time limit of 200 ms leads to {answer.status if answer else 'nothing'}.", world.last())
    elif not isinstance(body, dict) or not isinstance(body.get("error"), dict):
        yield Problem("The refusal for a time limit has no error.", world.last())


def _others(world: World) -> Iterator[Problem]:
    """An unknown batch is unknown whoever the provider is; one without batches is no crash."""
    if not _ours(world) or _PROVIDER not in world.profile.headers:
        return
    for provider in _OTHERS:
        with world.wire.sending("upstream"):
            answer = world.send(_CANCEL, {"batch_id": "unknown"}, headers={_PROVIDER: provider})
        if answer.status < 400 or answer.status == 500:
            message = f"With the provider {provider}, cancelling an unknown batch is answered with {answer.status}."
            yield Problem(message, world.last())
        elif b"error" not in answer.body.lower() or b"success" in answer.body:
            yield Problem(f"With the provider {provider}, the refusal of a cancel reads like a success.", world.last())


def _there(world: World) -> list[str]:
    return [name for name in _ASKED if world.has(name)] if _ours(world) else []


_PLACE: Final = "RFC 9110, section 15.6.3"

CHECKS: Final = (
    Check("upstream_error", "A provider's refusal comes through as it was.", "/responses", make=_relayed),
    Check("upstream_error_text", "A provider's error that is a text comes through.", "/responses", make=_worded),
    Check("upstream_failure", "A failing provider is a bad gateway.", _PLACE, make=_failing),
    Check("upstream_text", "A text stays a text.", "/responses/content", needs=(_TRANSCRIBE,), make=_plain),
    Check("upstream_cut", "A stream cut off by the provider is seen to be.", _PLACE, needs=(_CHAT,), make=_cut),
    Check("upstream_stream", "A stream is handed on.", _PLACE, needs=(_CHAT,), make=_streamed),
    Check(
        "upstream_once", "A refusal is not asked for again.", "RFC 9110, section 9.2.2", needs=(_CANCEL,), make=_once
    ),
    Check("upstream_members", "What a body has beside reaches the provider.", "/requestBody", make=_members),
    Check(
        "request_timeout", "A time limit is kept, with 408.", "RFC 9110, section 15.5.9", needs=(_CHAT,), make=_timed
    ),
    Check("other_providers", "A cancel fails with any provider.", "/responses", needs=(_CANCEL,), make=_others),
)
