"""The pieces of a stream: joined they are the whole, in the order of their kinds, each of them what its name says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from tests.contract import events, models
from tests.contract.check import Check, Problem
from tests.contract.checks.streams import streaming
from tests.contract.models import CHAT, MESSAGES, RESPONSES, TEXT
from tests.contract.wire import Exchange
from tests.contract.world import World

_STATES: Final = frozenset(
    {"queued", "in_progress", "requires_action", "completed", "incomplete", "failed"}
    | {"cancelling", "cancelled", "expired"}
)
_THINGS: Final = ("thread.run", "thread.run.step", "thread.message", "response")
_JOINED: Final = {
    "response.output_text.delta": ("response.output_text.done", "text"),
    "response.function_call_arguments.delta": ("response.function_call_arguments.done", "arguments"),
    "response.refusal.delta": ("response.refusal.done", "refusal"),
}
"""The pieces of a response, with the event that has the whole, and the name of the whole in it."""


def _texts(world: World) -> Iterator[Problem]:
    """The pieces joined are the text, and no piece repeats the others."""
    for operation in streaming(world):
        name = str(operation)
        told = models.streamed(world, name)
        if told is None:
            continue
        shown = world.last()
        if _repeats([models.of_stream(name, [each]).text for each in told]):
            yield Problem("Each piece repeats those before it.", shown)
        if name in (CHAT, TEXT, MESSAGES) and not models.of_stream(name, told).text:
            answer = models.whole(world, name)
            if answer is not None and models.of_whole(name, answer).text:
                yield Problem("There is a text without a stream, and none in one.", shown)
        if name in _SHAPES:
            for message in _SHAPES[name](told):
                yield Problem(message, shown)
            for message in _SHAPES[name](models.streamed(world, name, **models.with_tools(name)) or []):
                yield Problem(message, world.last())


def _repeats(pieces: list[str]) -> bool:
    some = [each for each in pieces if each]
    return len(some) > 3 and all(len(one) < len(other) and other.startswith(one) for one, other in pairwise(some))


def _response(told: list[dict[str, Any]]) -> Iterator[str]:
    """A response begins with its creation, and tells each text piece by piece, then whole, then in the response."""
    if not told:
        return
    if told[0].get("type") != "response.created":
        yield f"A streamed response begins with {told[0].get('type')}, not with response.created."
    ids = {models.held(each, "response", "id") for each in told} - {None}
    if len(ids) > 1:
        yield "The events of one response have more than one id."
    last = told[-1].get("response")
    final = models.of_whole(RESPONSES, last) if isinstance(last, dict) else models.Told()
    joined, done = _joined(told)
    texts = "".join(value for (kind, *_), value in joined.items() if kind == "response.output_text.delta")
    if final.text and not texts:
        yield "The response has a text at its end, and no piece of it came before."
    elif final.text and texts != final.text:
        yield "The pieces joined are not the text of the response at its end."
    if any(key in joined and joined[key] != value for key, value in done.items()):
        yield "The pieces joined are not what the event of their end has."
    calls = [value for (kind, *_), value in joined.items() if "arguments" in kind]
    if calls and sorted(calls) != sorted(str(each.arguments) for each in final.calls):
        yield "The pieces joined are not the arguments of the calls at the end."
    added = {models.held(each, "item", "id") for each in told if each.get("type") == "response.output_item.added"}
    if added - {None} and {item for (_, item, _) in joined} - {None} - added:
        yield "Pieces belong to an item that was not added."


_Key = tuple[str, Any, Any]


def _joined(told: list[dict[str, Any]]) -> tuple[dict[_Key, str], dict[_Key, Any]]:
    """The pieces joined and the wholes that are told, by kind, item and part."""
    joined: defaultdict[_Key, str] = defaultdict(str)
    done: dict[_Key, Any] = {}
    ends = {end: (kind, name) for kind, (end, name) in _JOINED.items()}
    for each in told:
        kind = str(each.get("type"))
        if kind in _JOINED:
            joined[kind, each.get("item_id"), each.get("content_index")] += str(each.get("delta", ""))
        elif kind in ends:
            begun, name = ends[kind]
            done[begun, each.get("item_id"), each.get("content_index")] = each.get(name)
    return joined, done


def _message(told: list[dict[str, Any]]) -> Iterator[str]:
    """The blocks of a message begin, grow and stop, and then it says why it ended."""
    if not told:
        return
    kinds = [str(each.get("type")) for each in told]
    if "message_start" not in kinds:
        yield "A streamed message does not start."
    yield from _blocks(told)
    if not any(models.held(each, "delta", "stop_reason") for each in told if each.get("type") == "message_delta"):
        yield "A streamed message does not say why it stops."
    elif "message_stop" in kinds and kinds.index("message_stop") < kinds.index("message_delta"):
        yield "A message says why it stops after it has stopped."


def _blocks(told: list[dict[str, Any]]) -> Iterator[str]:
    started, growing = set[Any](), set[Any]()
    for each in told:
        kind, index = each.get("type"), each.get("index")
        if kind == "content_block_start":
            if index in started:
                yield "A block of a message starts twice."
            started.add(index)
            growing.add(index)
        elif kind == "content_block_delta" and index not in growing:
            yield "A block of a message goes on that has not started, or has stopped."
            return
        elif kind == "content_block_stop":
            growing.discard(index)
    if growing:
        yield "A block of a message does not stop."


_SHAPES: Final = {RESPONSES: _response, MESSAGES: _message}


def _pieces(world: World) -> Iterator[Problem]:
    """What a tolerant client makes good: who speaks comes first, the moment is one, tokens come by themselves, last."""
    for operation in streaming(world):
        for more in ({}, {"stream_options": {"include_usage": True}}):
            name = str(operation)
            if more and name not in (CHAT, TEXT):
                continue
            answer = models.asked(world, name, stream=True, **more)
            if answer is None or events.MEDIA not in (answer.header("content-type") or ""):
                continue
            for message in _alike(list(models.chunks(answer.body)), counted=bool(more)):
                yield Problem(message, world.last())
            numbers = [each.get("sequence_number") for each in models.values(answer.body)]
            whole = [each for each in numbers if isinstance(each, int)]
            if whole and len(whole) == len(numbers) and whole != list(range(whole[0], whole[0] + len(whole))):
                yield Problem("The numbers of the events have gaps.", world.last())


def _alike(chunks: list[dict[str, Any]], *, counted: bool) -> Iterator[str]:
    if len({each.get("created") for each in chunks}) > 1:
        yield "The pieces of one answer were created at different times."
    if len({each["model"] for each in chunks if each.get("model")}) > 1:
        yield "The pieces of one answer are of different models."
    first = models.objects(chunks[0].get("choices"))[:1] if chunks else []
    if first and "delta" in first[0] and not models.held(first[0], "delta", "role"):
        yield "The first piece does not say who speaks."
    told = [each for each in chunks if isinstance(each.get("usage"), dict)]
    if counted and told:
        if told[-1].get("choices"):
            yield "The piece with the tokens has choices."
        elif told[-1] is not chunks[-1]:
            yield "The piece with the tokens is not the last."


def _named(_: World, exchange: Exchange) -> Iterator[str]:
    """An event is called by its type, and one that is called by a state brings something in that state."""
    answer = exchange.response
    if answer is None or answer.status >= 300 or events.MEDIA not in (answer.header("content-type") or ""):
        return
    for name, data in events.frames(answer.body):
        value = next(models.values(f"data: {data}\n\n".encode()), {})
        thing, state = str(name or value.get("type")).rpartition(".")[::2]
        held = value.get("response") if thing == "response" else value
        status = models.held(held, "status")
        kind = value.get("type")
        if name and thing.partition(".")[0] != "thread" and isinstance(kind, str) and kind != name:
            yield f"An event is called {name}, and is of the type {kind}."
        if thing in _THINGS and state in _STATES and isinstance(status, str) and status != state:
            yield f"The event {thing}.{state} brings something that is {status}."


_PLACE: Final = "/responses/content"

CHECKS: Final = (
    Check("stream_text", "The pieces of a stream are the text, each once.", _PLACE, make=_texts),
    Check("stream_pieces", "The pieces of a stream are of one answer.", _PLACE, "non-strict", make=_pieces),
    Check("event_states", "An event brings what its name says.", _PLACE, look=_named),
)
