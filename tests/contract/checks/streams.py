"""Streams of events: declared as such, each event valid, ended by their mark, with usage, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from portkey_mock import Response
from tests.contract import events, models
from tests.contract.check import Check, Problem
from tests.contract.checks.answers import says
from tests.contract.document import Operation
from tests.contract.wire import Exchange
from tests.contract.world import World
from tests.mock import spec

_ENDS: Final = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "message_stop", "done", "error"}
)
_USAGE: Final = frozenset({"POST /chat/completions", "POST /completions"})


def streaming(world: World) -> list[Operation]:
    """The operations that can answer with a stream where the body asks for it."""
    return [each for each in world.tryable() if each.method == "POST" and _declared(each)]


def _declared(operation: Operation) -> bool:
    return any(events.MEDIA in response.get("content", {}) for response in operation.raw["responses"].values())


def _asked(world: World, operation: Operation, **more: Any) -> Response | None:
    return models.asked(world, str(operation), stream=True, **more)


def _streams(world: World, operation: Operation) -> Iterator[Response]:
    """The streams that one can ask for: a plain one, one with usage, one with two choices, one with a call."""
    schema = operation.raw["requestBody"]["content"]["application/json"]["schema"]
    known = spec.flat(schema).get("properties", {})
    several: list[dict[str, Any]] = [{"stream_options": {"include_usage": True}}, {"n": 2}]
    wanted = [each for each in several if each.keys() <= known.keys()]
    if operation.path.startswith("/threads"):
        wanted.append({"tools": []})  # a run with functions waits for what they answer
    elif calling := models.with_tools(str(operation)):
        wanted.append(calling)
    for more in ({}, *wanted):
        answer = _asked(world, operation, **more)
        if answer is not None and events.MEDIA in (answer.header("content-type") or ""):
            yield answer


def _media(world: World) -> Iterator[Problem]:
    for operation in streaming(world):
        answer = _asked(world, operation)
        if answer is None:
            continue
        media = (answer.header("content-type") or "").partition(";")[0].strip()
        if media != events.MEDIA:
            yield Problem(f"A stream was asked for, and {media or 'something without a type'} came.", world.last())
        plain = models.asked(world, str(operation), stream=False)
        if plain is not None and events.MEDIA in (plain.header("content-type") or ""):
            yield Problem("No stream was asked for, and one came.", world.last())


def _conforming(world: World) -> Iterator[Problem]:
    for operation in streaming(world):
        for answer in _streams(world, operation):
            for message in events.problems(operation.path, answer.body):
                yield Problem(message, world.last())


def _ended(world: World) -> Iterator[Problem]:
    for operation in streaming(world):
        for answer in _streams(world, operation):
            for message in _without_end(answer):
                yield Problem(message, world.last())


def _without_end(answer: Response) -> Iterator[str]:
    frames = list(events.frames(answer.body))
    if not frames:
        yield "The stream has no events."
        return
    name, data = frames[-1]
    if data != "[DONE]" and name not in _ENDS and _type(data) not in _ENDS and not events.is_error(name, data):
        yield "The stream ends without a mark of its end."
    if not answer.body.endswith((b"\n\n", b"\r\n\r\n")):
        yield "The last event of the stream is cut off."
    if sum(data == "[DONE]" for _, data in frames) > 1:
        yield "The mark of the end comes more than once."


def _type(data: str) -> str:
    try:
        value = json.loads(data)
    except ValueError:
        return ""
    return str(value.get("type", "")) if isinstance(value, dict) else ""


def _usage(world: World) -> Iterator[Problem]:
    """Tokens are counted if that is asked for, and the pieces of a stream are of one answer."""
    for operation in streaming(world):
        if str(operation) in _USAGE:
            answer = _asked(world, operation, stream_options={"include_usage": True})
            chunks = [] if answer is None else list(models.values(answer.body))
            if answer is not None and not any(isinstance(each.get("usage"), dict) for each in chunks):
                yield Problem("Usage was asked for, and no event of the stream has it.", world.last())
        for each in _streams(world, operation):
            yield from _whole(world, list(models.chunks(each.body)))


def _value(frame: tuple[str | None, str]) -> Any:
    try:
        return json.loads(frame[1])
    except ValueError:
        return None


def _whole(world: World, chunks: list[dict[str, Any]]) -> Iterator[Problem]:
    """The pieces belong together: one id, and one reason to finish for each choice."""
    if len({each.get("id") for each in chunks if "id" in each}) > 1:
        yield Problem("The events of one stream have more than one id.", world.last())
    choices = [choice for each in chunks for choice in each.get("choices") or [] if isinstance(choice, dict)]
    ended = [choice.get("index") for choice in choices if choice.get("finish_reason")]
    if sorted(ended, key=str) != sorted({choice.get("index") for choice in choices}, key=str):
        yield Problem("Not every choice finishes exactly once.", world.last())


def _in_order(world: World) -> Iterator[Problem]:
    """What belongs before something else comes before it."""
    for operation in streaming(world):
        answer = _asked(world, operation)
        if answer is None:
            continue
        values = list(models.values(answer.body))
        numbers = [each["sequence_number"] for each in values if isinstance(each.get("sequence_number"), int)]
        if numbers != sorted(set(numbers)):
            yield Problem("The events are not in the order of their numbers.", world.last())
        if _after_the_end(values):
            yield Problem("A choice goes on after it has finished.", world.last())
        names = [str(each.get("type")) for each in values]
        if "message_start" in names and names.index("message_start") > 0:
            yield Problem("Something comes before the start of a message.", world.last())
        if "message_stop" in names and names[-1] != "message_stop":
            yield Problem("Something comes after the stop of a message.", world.last())


def _after_the_end(chunks: list[dict[str, Any]]) -> bool:
    """Whether a choice has text after the reason why it finished."""
    finished: set[Any] = set()
    for choice in (each for chunk in chunks for each in chunk.get("choices") or [] if isinstance(each, dict)):
        delta = choice.get("delta")
        text = choice.get("text") or (delta.get("content") if isinstance(delta, dict) else None)
        if choice.get("index") in finished and text:
            return True
        if choice.get("finish_reason"):
            finished.add(choice.get("index"))
    return False


def _failed(world: World) -> Iterator[Problem]:
    """A valid request does not fail inside its stream."""
    for operation in streaming(world):
        for answer in _streams(world, operation):
            if any(events.is_error(name, data) for name, data in events.frames(answer.body)):
                yield Problem("A valid request for a stream fails inside it.", world.last())


def _error_frames(_: World, exchange: Exchange) -> Iterator[str]:
    """Where a stream fails, it says what is wrong, and that is its end, but for the mark of it."""
    answer = exchange.response
    if answer is None or events.MEDIA not in (answer.header("content-type") or "") or answer.status >= 300:
        return
    frames = list(events.frames(answer.body))
    for number, (name, data) in enumerate(frames):
        if events.is_error(name, data):
            if not says(_value((name, data))):
                yield "An error in a stream does not say what is wrong."
            if any(later != "[DONE]" for _, later in frames[number + 1 :]):
                yield "A stream goes on after an error."
            return


def _refusal(world: World) -> Iterator[Problem]:
    """What is wrong is refused as without a stream: by status and in JSON."""
    for operation in streaming(world):
        ids = world.things(operation.path)
        answer = world.send(str(operation), ids, {"stream": True, "model": 7, "messages": 7, "input": 7, "prompt": {}})
        media = answer.header("content-type") or ""
        if 200 <= answer.status < 300:
            how = f"with status {answer.status} and an error inside" if b'"error"' in answer.body else "not"
            yield Problem(f"A wrong request for a stream is refused {how}.", world.last(), rule=_body(operation))
        elif answer.status >= 400 and events.MEDIA in media:
            yield Problem("A refusal comes as a stream.", world.last())
        if isinstance(body := world.body(operation), dict):
            world.send(str(operation), ids, {**body, "stream": "true"})  # every answer is looked at for a crash


def _body(operation: Operation) -> str:
    return f"#/paths/{operation.path.replace('/', '~1')}/post/requestBody"


_PLACE: Final = "/responses/content"

CHECKS: Final = (
    Check("stream_type", "A stream is declared as text/event-stream.", _PLACE, make=_media),
    Check("stream_events", "Each event of a stream is valid.", _PLACE, make=_conforming),
    Check("stream_end", "A stream ends with its mark.", _PLACE, make=_ended),
    Check("usage", "Tokens of a stream are counted, and its pieces are of one answer.", _PLACE, make=_usage),
    Check("stream_order", "The events of a stream come in their order.", _PLACE, make=_in_order),
    Check("stream_fails", "What is valid does not fail in a stream.", _PLACE, make=_failed),
    Check("stream_error", "An error in a stream says what is wrong, and ends it.", _PLACE, look=_error_frames),
    Check("stream_refusal", "What is wrong is refused before the stream begins.", "/responses", make=_refusal),
)
