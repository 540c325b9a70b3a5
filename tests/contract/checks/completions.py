"""What models say: calls of functions, no more than the limit, as many choices as asked for, kept if that was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.contract import events, models
from tests.contract.check import Check, Problem
from tests.contract.models import CHAT, FUNCTIONS, MESSAGES, RESPONSES, TEXT, Called, Told
from tests.contract.wire import Exchange
from tests.contract.world import World, identity, items, parsed

_CALLING: Final = {CHAT: "tool_calls", RESPONSES: "completed", MESSAGES: "tool_use"}
"""Why an answer ends that calls functions, where the request does not name the one to be called."""

_CUT: Final = {CHAT: "length", TEXT: "length", RESPONSES: "incomplete", MESSAGES: "max_tokens"}
_DONE: Final = {CHAT: "stop", TEXT: "stop", RESPONSES: "completed", MESSAGES: "end_turn"}
_LIMITS: Final = (
    (CHAT, "max_tokens"),
    (CHAT, "max_completion_tokens"),
    (TEXT, "max_tokens"),
    (RESPONSES, "max_output_tokens"),
    (MESSAGES, "max_tokens"),
)
_FEW: Final = {RESPONSES: 16}
"""The limit that is asked for, where 3 is too low: OpenAI's responses take none below 16."""


def _calls(world: World) -> Iterator[Problem]:
    """A call that a model makes can be followed, streamed or not."""
    for name, reason in _CALLING.items():
        more = models.with_tools(name)
        answer = models.whole(world, name, **more)
        told = Told() if answer is None else models.of_whole(name, answer)
        for message in _unlike_a_call(told, reason):
            yield Problem(message, world.last())
        chunks = models.streamed(world, name, **more)
        if chunks is not None:
            for message in _unlike_a_call(models.of_stream(name, chunks), reason):
                yield Problem(f"In a stream: {message}", world.last())


def _unlike_a_call(told: Told, reason: str) -> Iterator[str]:
    if not told.calls or set(told.ends) & {"length", "max_tokens", "incomplete", "content_filter"}:
        return  # a model may not call anything, and is cut off in the midst of it
    ids = [each.id for each in told.calls]
    if not all(isinstance(each, str) and each for each in ids) or len(set(map(str, ids))) < len(ids):
        yield "The calls of functions do not have an id each."
    for call in told.calls:
        if call.name not in FUNCTIONS:
            yield "A function is called that was not given."
        if not isinstance(_arguments(call), dict):
            yield "The arguments of a call are not the JSON of an object."
    if [each for each in told.ends if each != reason]:
        yield f"A function is called, and the reason to end is {told.ends[0]!r}, not {reason!r}."


def _arguments(call: Called) -> Any:
    if not isinstance(call.arguments, str):
        return None
    try:
        return json.loads(call.arguments or "{}")
    except ValueError:
        return None


def _called_nothing(_: World, exchange: Exchange) -> Iterator[str]:
    """Whoever goes by the reason to finish finds the calls that it tells of, and arguments that are text."""
    for choice in _choices_in(exchange):
        message = choice.get("message")
        if choice.get("finish_reason") != "tool_calls" or not isinstance(message, dict):
            continue
        calls = message.get("tool_calls")
        if not calls:
            yield "A choice finishes with calls of tools, and has none."
        for call in models.objects(calls):
            arguments = models.held(call, "function", "arguments")
            if "function" in call and not isinstance(arguments, str):
                yield "The arguments of a call are no text."


def _choices_in(exchange: Exchange) -> list[dict[str, Any]]:
    answer, operation = exchange.response, exchange.operation
    if answer is None or operation is None or operation.method != "POST" or not 200 <= answer.status < 300:
        return []
    return models.objects(models.held(parsed(answer), "choices")) if b'"choices"' in answer.body else []


def _limited(world: World) -> Iterator[Problem]:
    """A limit of tokens is kept, and what it cut off says so."""
    for name, limit in _LIMITS:
        most = _FEW.get(name, 3)
        more = {**models.question(name, "Count from one to two hundred in words."), limit: most}
        answer = models.whole(world, name, **more)
        if answer is None:
            continue
        shown, told, used = world.last(), models.of_whole(name, answer), models.spent(name, answer)
        if used is not None and used > most:
            if not _always_the_same(world, name, told.text, {limit: most}):
                yield Problem(f"{limit} is {most}, and the answer takes {used} tokens.", shown)
        elif used == most and set(told.ends) == {_DONE[name]}:
            yield Problem(f"{limit} cut the answer off, and the reason to end is {_DONE[name]!r}.", shown)
        yield from _reason(world, name, answer, told)
        if told.ends == [_CUT[name]]:
            chunks = models.streamed(world, name, **more)
            if chunks is not None and models.of_stream(name, chunks).ends == [_DONE[name]]:
                yield Problem(f"{limit} cut the answer off, and the stream ends with {_DONE[name]!r}.", world.last())


def _reason(world: World, name: str, answer: dict[str, Any], told: Told) -> Iterator[Problem]:
    reason = models.held(answer, "incomplete_details", "reason")
    if name == RESPONSES and told.ends == ["incomplete"] and reason not in ("max_output_tokens", "content_filter"):
        yield Problem("A response is incomplete, and does not say why.", world.last())


def _always_the_same(world: World, name: str, text: str, more: dict[str, Any]) -> bool:
    """Whether whatever is asked gets this answer, so that there is no model that could keep to anything."""
    answer = models.whole(world, name, **more, **models.question(name, "Who wrote Middlemarch, and when?"))
    return answer is None or models.of_whole(name, answer).text == text


def _stopped(world: World) -> Iterator[Problem]:
    """What a model is to stop at is not in its answer, streamed or not."""
    for name, more in _STOPS.items():
        asked = models.question(name, "Count from one to twenty in words.")
        answer = models.whole(world, name, **asked, **more)
        if answer is None:
            continue
        shown, told = world.last(), models.of_whole(name, answer)
        if "e" in told.text and not _always_the_same(world, name, told.text, more):
            yield Problem("The answer goes on after what it was to stop at.", shown)
            continue
        if answer.get("stop_reason") == "stop_sequence" and answer.get("stop_sequence") != "e":
            yield Problem("A message does not say what it stopped at.", shown)
        chunks = [] if "e" in told.text else models.streamed(world, name, **asked, **more)
        if "e" in models.of_stream(name, chunks or []).text:
            yield Problem("A streamed answer goes on after what it was to stop at.", world.last())


_STOPS: Final[dict[str, dict[str, Any]]] = {
    CHAT: {"stop": ["e"]},
    TEXT: {"stop": ["e"]},
    MESSAGES: {"stop_sequences": ["e"], "max_tokens": 64},
}


def _numbered(_: World, exchange: Exchange) -> Iterator[str]:
    """The choices of an answer are numbered from 0, each number once."""
    numbers = [each.get("index") for each in _choices_in(exchange) if "delta" not in each]
    if numbers and sorted(numbers, key=str) != sorted(range(len(numbers)), key=str):
        yield f"The choices have the indices {numbers}."


def _choices(world: World) -> Iterator[Problem]:
    """There are as many choices as were asked for, streamed or not."""
    for name in (CHAT, TEXT):
        answer = models.whole(world, name, n=2)
        asked = 0 if answer is None else len(models.objects(answer.get("choices")))
        if asked > 2 or (asked == 1 and name == TEXT):
            yield Problem(f"n was 2, and {asked} choices came.", world.last())
        yield from _in_stream(world, name, asked, n=2)
    answer = models.whole(world, TEXT, prompt=["Say hello.", "Say goodbye."])
    if answer is not None:
        asked = len(models.objects(answer.get("choices")))
        if asked != 2:
            yield Problem(f"There were two prompts, and {asked} choices came.", world.last())
        yield from _in_stream(world, TEXT, asked, prompt=["Say hello.", "Say goodbye."])


def _in_stream(world: World, name: str, asked: int, **more: Any) -> Iterator[Problem]:
    """The same number as without a stream, numbered alike."""
    chunks = models.streamed(world, name, **more) if asked > 1 else None
    if chunks is None:
        return
    numbers = {choice.get("index") for each in chunks for choice in models.objects(each.get("choices"))}
    if numbers != set(range(asked)):
        found = sorted(map(str, numbers))
        yield Problem(
            f"{asked} choices are asked for, and the stream has those of index {', '.join(found)}.", world.last()
        )


def _added_up(_: World, exchange: Exchange) -> Iterator[str]:
    """The tokens of question and answer are the total, whatever API counts them, also in the events of a stream."""
    answer, operation = exchange.response, exchange.operation
    if answer is None or operation is None or not 200 <= answer.status < 300 or b'"usage"' not in answer.body:
        return
    if operation.path.split("/")[1] not in _COUNTED:
        return
    is_stream = events.MEDIA in (answer.header("content-type") or "")
    told = list(models.values(answer.body)) if is_stream else [parsed(answer)]
    for usage in (usage for each in told for usage in _usages(each)):
        yield from _unlike_a_sum({name: each for name, each in usage.items() if _whole(each)})


def _unlike_a_sum(usage: dict[str, int]) -> Iterator[str]:
    total = usage.get("total_tokens", 0)
    for names in (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")):
        if {*names, "total_tokens"} <= usage.keys() and sum(usage[each] for each in names) != total:
            yield f"total_tokens is not the sum of {' and '.join(names)}."
    if "total_tokens" in usage and usage.get("prompt_tokens", 0) > total:
        yield "The tokens of the input are more than those of all."
    if any(each < 0 for each in usage.values()):
        yield "A number of tokens is below 0."


_COUNTED: Final = frozenset(
    {"chat", "completions", "prompts", "responses", "messages", "embeddings", "images", "threads"}
)


def _usages(value: Any) -> list[dict[str, Any]]:
    found = [models.held(value, *names) for names in (("usage",), ("response", "usage"), ("message", "usage"))]
    return models.objects(found)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kept(world: World) -> Iterator[Problem]:
    """What was to be kept can be read, and what was not, cannot."""
    for name, read, usual in (
        (CHAT, "GET /chat/completions/{completion_id}", False),
        (RESPONSES, "GET /responses/{response_id}", True),
    ):
        if not world.has(name, read):
            continue
        parameter = read.partition("{")[2].rstrip("}")
        for more, kept in (({"store": True}, True), ({"store": False}, False), ({}, usual)):
            answer = models.whole(world, name, **more)
            made = identity(answer)
            if made is None:
                continue
            status = _read(world, read, {parameter: made}, patience=5 if kept else 0)
            how = f"`store` {str(more['store']).lower()}" if more else "no `store`"
            if not kept and status < 300:
                yield Problem(f"What was made with {how} can be read.", world.last())
            if kept and status == 404:
                yield Problem(f"What was made with {how} is not found.", world.last())


def _read(world: World, read: str, ids: dict[str, str], *, patience: int) -> int:
    """The status of what is read: it may take some seconds until it is there."""
    status = world.send(read, ids).status
    while status == 404 and patience > 0:
        world.wait(1.0)
        patience -= 1
        status = world.send(read, ids).status
    return status


def _continued(world: World) -> Iterator[Problem]:
    """A response has what was sent with it, also when it is read, and continues none that is not there."""
    made = identity(models.whole(world, RESPONSES, store=True))
    sent = {"previous_response_id": made, "metadata": {"job": "contract"}, "instructions": "Be brief.", "store": True}
    answer = None if made is None else models.whole(world, RESPONSES, **sent)
    if made is None or answer is None:
        return
    read = "GET /responses/{response_id}"
    found = [(answer, world.last())]
    if world.has(read) and isinstance(answer.get("id"), str):
        kept = world.send(read, {"response_id": answer["id"]})
        if kept.status < 300:
            found.append((parsed(kept), world.last()))
    for told, shown in found:
        for name in ("previous_response_id", "metadata", "instructions"):
            value = models.held(told, name)
            if value != sent[name] and not (value and name == "previous_response_id"):  # LiteLLM has ids of its own
                yield Problem(f"{name} of a response is not what was sent.", shown)
    gone = ["resp_that_was_never_made"]
    delete = "DELETE /responses/{response_id}"
    if world.has(delete) and world.send(delete, {"response_id": made}).status < 300:
        gone.append(made)
    for each in gone:
        if answer.get("previous_response_id") and models.whole(world, RESPONSES, previous_response_id=each):
            yield Problem("A response is continued that is not there.", world.last())


def _unlisted(world: World) -> Iterator[Problem]:
    """What was not to be kept is not in the list."""
    for more in ({"store": False}, {}):
        made = identity(models.whole(world, CHAT, **more))
        if made is not None:
            listed = world.send("GET /chat/completions", {})
            if made in [identity(each) for each in items(parsed(listed))]:
                yield Problem("A completion is listed that was not to be kept.", world.last())


_CALL: Final = {"id": "call_1", "type": "function", "function": {"name": FUNCTIONS[0], "arguments": '{"city": "Rome"}'}}
_ITEM: Final = {"type": "function_call", "call_id": "call_1", "name": FUNCTIONS[0], "arguments": '{"city": "Rome"}'}
_USE: Final = {"type": "tool_use", "id": "toolu_1", "name": FUNCTIONS[0], "input": {"city": "Rome"}}
_ASK: Final = {"role": "user", "content": "What is the weather in Rome?"}
_KINDS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (CHAT, "messages in parts", {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello."}]}]}),
    (
        CHAT,
        "the result of a call",
        {
            "messages": [
                _ASK,
                {"role": "assistant", "content": None, "tool_calls": [_CALL]},
                {"role": "tool", "tool_call_id": "call_1", "content": "Sunny."},
            ],
            "tools": models.with_tools(CHAT)["tools"],
        },
    ),
    (TEXT, "several prompts", {"prompt": ["Hello.", "Bye."]}),
    (TEXT, "tokens", {"prompt": [9906, 13]}),
    (RESPONSES, "a list of messages", {"input": [_ASK]}),
    (
        RESPONSES,
        "the result of a call",
        {
            "input": [_ASK, _ITEM, {"type": "function_call_output", "call_id": "call_1", "output": "Sunny."}],
            "tools": models.with_tools(RESPONSES)["tools"],
        },
    ),
    (MESSAGES, "messages in blocks", {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello."}]}]}),
    (
        MESSAGES,
        "the result of a call",
        {
            "messages": [
                _ASK,
                {"role": "assistant", "content": [_USE]},
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny."}],
                },
            ],
            "tools": models.with_tools(MESSAGES)["tools"],
        },
    ),
    ("POST /embeddings", "several texts", {"input": ["Hello.", "Bye."]}),
    ("POST /embeddings", "tokens", {"input": [9906, 13]}),
    ("POST /embeddings", "tokens of several texts", {"input": [[9906], [13]]}),
    ("POST /moderations", "several texts", {"input": ["Hello.", "Bye."]}),
    ("POST /rerank", "documents as objects", {"query": "q", "documents": [{"text": "Hello."}, {"text": "Bye."}]}),
)
"""What a model may be asked with, beside the one text of the usual body: the operation, the kind, and its members."""


def _all_kinds(world: World) -> Iterator[Problem]:
    """Whatever the document lets one ask with is taken, where a text is."""
    for name, kind, members in _KINDS:
        if models.asked(world, name) is None:
            continue
        if models.asked(world, name, **members) is None and world.last().status in (400, 415, 422):
            yield Problem(f"A request with {kind} is refused.", world.last())


def _json(world: World) -> Iterator[Problem]:
    """Where JSON by a schema is asked for, it comes, streamed or not."""
    text = "Name a city, and its country. Answer in JSON."
    for name, (member, form) in _FORMS.items():
        more = {**models.question(name, text), member: form}
        answer = models.whole(world, name, **more)
        if answer is None:
            continue
        shown, told = world.last(), models.of_whole(name, answer)
        if told.ends != [_DONE[name]] or told.calls or _is_city(told.text):
            continue
        if not _always_the_same(world, name, told.text, {member: form}):
            yield Problem("JSON by a schema was asked for, and something else came.", shown)


def _is_city(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and {"city", "country"} <= value.keys()


_CITY: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
    "required": ["city", "country"],
    "additionalProperties": False,
}
_FORMS: Final = {
    CHAT: (
        "response_format",
        {"type": "json_schema", "json_schema": {"name": "place", "schema": _CITY, "strict": True}},
    ),
    RESPONSES: ("text", {"format": {"type": "json_schema", "name": "place", "schema": _CITY, "strict": True}}),
}


def _after_refusal(world: World) -> Iterator[Problem]:
    """What is wrong with one request is no matter for the next."""
    for operation in world.tryable():
        name = str(operation)
        if name not in _ASKED or models.asked(world, name) is None:
            continue
        refused = world.send(name, world.things(operation.path), {"model": 7})
        if 400 <= refused.status < 500 and refused.status != 429:
            answer = world.send(name)
            if answer.status in (400, 404, 405, 409, 413, 415, 422):
                yield Problem(f"After a refusal a good request is answered with {answer.status}.", world.last())


_ASKED: Final = frozenset(
    {CHAT, TEXT, RESPONSES, MESSAGES, "POST /embeddings", "POST /rerank", "POST /moderations"}
    | {"POST /images/generations", "POST /audio/speech"}
)
_PLACE: Final = "/responses/content"

CHECKS: Final = (
    Check("tool_calls", "A call of a function can be followed.", _PLACE, make=_calls),
    Check("calls_told", "Who finishes with calls of tools has some.", _PLACE, look=_called_nothing),
    Check("token_limit", "A limit of tokens is kept, and told where it cut off.", "/requestBody", make=_limited),
    Check("stops", "What an answer is to stop at is not in it.", "/requestBody", make=_stopped),
    Check("choice_numbers", "Choices are numbered from 0.", _PLACE, look=_numbered),
    Check("tokens_add_up", "The total of tokens is the sum.", _PLACE, look=_added_up),
    Check("choices", "There are as many choices as asked for.", "/requestBody", make=_choices),
    Check("kept_as_asked", "What is to be kept can be read, and nothing else.", "/requestBody", make=_kept),
    Check(
        "continued",
        "A response has what was sent, and continues none that is not there.",
        "/requestBody",
        make=_continued,
    ),
    Check(
        "listed_as_asked", "No completion is listed that was not to be kept.", "/requestBody",
        needs=(CHAT, "GET /chat/completions"), make=_unlisted,
    ),
    Check("inputs_of_all_kinds", "Whatever one may ask with is taken.", "/requestBody", "non-strict", make=_all_kinds),
    Check("json_as_asked", "JSON comes where it was asked for.", "/requestBody", make=_json),
    Check("after_refusal", "A refusal is no matter for the next request.", "/responses", make=_after_refusal),
)  # fmt: skip
