"""Models whose words, calls, vectors, rankings and pictures are not what was asked for, or not what they are called."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from portkey_mock import Response
from tests.contract.faults.fault import CHAT, MESSAGES, Alter, Fault, Visit, answers, json_of, rewritten, told

_CHAT: Final = "POST /chat/completions"
_TEXT: Final = ("POST /completions",)
_MESSAGES: Final = "POST /messages"
_RESPONSES: Final = ("POST /responses",)
_EMBEDDINGS: Final = ("POST /embeddings",)
_RERANK: Final = ("POST /rerank",)
_MODERATIONS: Final = ("POST /moderations",)
_IMAGES: Final = ("POST /images/generations",)
_SPEECH: Final = ("POST /audio/speech",)
_HEARD: Final = ("POST /audio/transcriptions",)
_KEEPING: Final = (*_RESPONSES, "GET /responses/{response_id}")


def _wishes(operation: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Alter:
    """Takes another request for the one that came."""

    def alter(visit: Visit) -> Response:
        asked = json_of(visit.request.body)
        if not visit.meets(operation) or not isinstance(asked, dict) or visit.answer().status >= 300:
            return visit.answer()
        return visit.answer(body=json.dumps(change(asked)).encode())

    return alter


def _without(operation: str, *names: str) -> Alter:
    """Does not pass members of a request on."""
    return _wishes(operation, lambda asked: {name: each for name, each in asked.items() if name not in names})


def _events(operation: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Alter:
    """Changes the JSON of the events of a stream."""

    def changed(response: Response) -> Response:
        if "event-stream" not in (response.header("content-type") or ""):
            return response
        lines = [line[6:] for line in response.body.decode().splitlines() if line.startswith("data: {")]
        found = change([json.loads(line) for line in lines])
        names = [f"event: {each['type']}\n" if "type" in each else "" for each in found]
        frames = [f"{name}data: {json.dumps(each)}\n\n" for name, each in zip(names, found, strict=True)]
        mark = "data: [DONE]\n\n" * response.body.endswith(b"data: [DONE]\n\n")
        return replace(response, body=("".join(frames) + mark).encode(), chunks=())

    return answers(operation, changed)


def _each_choice(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    return lambda found: found | {"choices": [change(each) for each in found["choices"]]}


def _renamed(choice: dict[str, Any]) -> dict[str, Any]:
    calls = choice["message"]["tool_calls"] or []
    renamed = [each | {"function": each["function"] | {"name": "functions.0"}} for each in calls]
    return choice | {"message": choice["message"] | {"tool_calls": renamed or None}}


def _without_calls(choice: dict[str, Any]) -> dict[str, Any]:
    return choice | {"message": choice["message"] | {"tool_calls": None, "content": "I called it."}}


def _is_call(event: dict[str, Any]) -> bool:
    return any("tool_calls" in each["delta"] for each in event["choices"])


def _call_cut(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last piece of the arguments gets lost."""
    last = max((number for number, each in enumerate(found) if _is_call(each)), default=-1)
    return [each for number, each in enumerate(found) if number != last]


def _one_choice(visit: Visit) -> Response:
    asked = json_of(visit.request.body)
    if isinstance(asked, dict) and asked.get("stream") is True and visit.answer().status < 300:
        return visit.answer(body=json.dumps(asked | {"n": 1}).encode())
    return visit.answer()


def _first_prompt(asked: dict[str, Any]) -> dict[str, Any]:
    prompt = asked.get("prompt")
    return asked | {"prompt": prompt[0]} if isinstance(prompt, list) and prompt else asked


def _stuck(visit: Visit) -> Response:
    """A moderation that was refused spoils the next one."""
    answer = visit.answer()
    if answer.status == 400:
        visit.memory["refused"] = answer
        return answer
    return visit.memory.pop("refused", answer) if answer.status < 300 else answer


def _only_texts(visit: Visit) -> Response:
    asked = json_of(visit.request.body)
    given = asked.get("input") if isinstance(asked, dict) else None
    if isinstance(given, list) and given and not isinstance(given[0], str):
        return visit.answer(body=b"{}")
    return visit.answer()


def _no_results(visit: Visit) -> Response:
    return visit.answer(body=b"{}") if b'"role": "tool"' in visit.request.body else visit.answer()


def _continuing(visit: Visit) -> Response:
    """What a response is to continue is not looked for, and told all the same."""
    asked = json_of(visit.request.body)
    if not visit.meets(_RESPONSES[0]) or not isinstance(asked, dict) or "previous_response_id" not in asked:
        return visit.answer()
    before = asked.pop("previous_response_id")
    answer = visit.answer(body=json.dumps(asked).encode())
    return rewritten(answer, lambda found: found | {"previous_response_id": before}) if answer.status < 300 else answer


def _always_json(visit: Visit) -> Response:
    return visit.answer(body=re.sub(rb"\r\n\r\n(srt|vtt)\r\n", b"\r\n\r\njson\r\n", visit.request.body))


def _turned(found: Any) -> Any:
    """The vectors come in the order in which they were ready."""
    vectors = [each["embedding"] for each in found["data"]][::-1]
    return found | {"data": [each | {"embedding": one} for each, one in zip(found["data"], vectors, strict=True)]}


def _doubles(found: Any) -> Any:
    """What is packed is packed in 64 bits."""

    def packed(vector: Any) -> Any:
        if not isinstance(vector, str):
            return vector
        content = base64.b64decode(vector)
        numbers = struct.unpack(f"<{len(content) // 4}f", content)
        return base64.b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()

    return found | {"data": [each | {"embedding": packed(each["embedding"])} for each in found["data"]]}


def _flagged(found: Any) -> Any:
    return found | {"results": [each | {"flagged": True} for each in found["results"]]}


def _growing(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each piece has the whole text so far."""
    text = ""
    for event in found:
        for choice in event["choices"]:
            if choice["delta"].get("content"):
                text += choice["delta"]["content"]
                choice["delta"]["content"] = text
    return found


def _late_text(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pieces of a text are left out, and their whole comes."""
    return [each for each in found if each["type"] != "response.output_text.delta"]


def _roles(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for event in found:
        for choice in event["choices"]:
            choice["delta"].pop("role", None)
    return found


def _ends_in_progress(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for event in found:
        if event["type"] == "response.completed":
            event["response"]["status"] = "in_progress"
    return found


def _unstopped(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in found if each["type"] != "content_block_stop"]


def _no_tokens_asked(found: Any) -> Any:
    """The input is not counted into the total."""
    usage = found.get("usage")
    return found | {"usage": usage | {"total_tokens": usage["output_tokens"]}} if usage else found


def _as_mp3(asked: dict[str, Any]) -> dict[str, Any]:
    return asked | {"response_format": "mp3"}


def _single(name: str) -> Callable[[Any], Any]:
    return lambda found: found | {name: found[name][:1]}


def _end_turn(found: Any) -> Any:
    return found | {"stop_reason": "end_turn"}


FAULTS: Final[Mapping[str, tuple[Fault, ...]]] = {
    "state": (
        Fault(
            "call-of-another-name",
            "A function is called by a name that was not given.",
            CHAT,
            ("tool_calls",),
            told(_CHAT, _each_choice(_renamed)),
        ),
        Fault(
            "calls-lost",
            "An answer finishes with calls of tools, and has none.",
            CHAT,
            ("calls_told",),
            told(_CHAT, _each_choice(_without_calls)),
        ),
        Fault(
            "limit-not-passed-on",
            "The limit of tokens is taken and not kept.",
            CHAT,
            ("token_limit",),
            _without(_CHAT, "max_tokens", "max_completion_tokens"),
        ),
        Fault(
            "continues-anything", "A response continues one that was never made.", _RESPONSES, ("continued",),
            _continuing,
        ),
        Fault(
            "instructions-forgotten", "A response does not tell its instructions when it is read.", _KEEPING,
            ("continued",), told(_KEEPING[1], lambda found: found | {"instructions": None}),
        ),
        Fault(
            "goes-on-after-a-stop", "What a model is to stop at is not passed on.", CHAT, ("stops",),
            _without(_CHAT, "stop"),
        ),
        Fault(
            "stopped-at-nothing", "A message does not say what it stopped at.", MESSAGES, ("stops",),
            told(_MESSAGES, lambda found: found | {"stop_sequence": None}),
        ),
        Fault(
            "text-for-subtitles", "Subtitles are asked for, and JSON comes.", _HEARD, ("transcript_format",),
            _always_json,
        ),
        Fault(
            "text-for-json",
            "JSON by a schema is asked for, and text comes.",
            CHAT,
            ("json_as_asked",),
            _without(_CHAT, "response_format"),
        ),
        Fault(
            "cut-message-is-done",
            "A message that was cut off says that it is complete.",
            MESSAGES,
            ("token_limit",),
            told(_MESSAGES, _end_turn),
        ),
        Fault(
            "first-prompt-only",
            "Of several prompts the first is answered.",
            _TEXT,
            ("choices",),
            _wishes(_TEXT[0], _first_prompt),
        ),
        Fault(
            "total-of-the-output",
            "The total of tokens leaves out those of the input.",
            _RESPONSES,
            ("tokens_add_up",),
            told(_RESPONSES[0], _no_tokens_asked),
        ),
        Fault(
            "kept-though-not-asked",
            "A response is kept that was not to be.",
            _KEEPING,
            ("kept_as_asked",),
            _without(_RESPONSES[0], "store"),
        ),
        Fault(
            "listed-though-not-asked",
            "Completions are kept and listed if nobody says that they are not to be.",
            (*CHAT, "GET /chat/completions"),
            ("listed_as_asked",),
            _wishes(_CHAT, lambda asked: {"store": True} | asked),
        ),
        Fault(
            "vectors-turned-round",
            "Vectors come in another order than their inputs.",
            _EMBEDDINGS,
            ("vectors",),
            told(_EMBEDDINGS[0], _turned),
        ),
        Fault(
            "vectors-of-doubles", "Packed vectors have 64 bits a number.", _EMBEDDINGS, ("vectors",),
            told(_EMBEDDINGS[0], _doubles),
        ),
        Fault(
            "vectors-of-full-length", "The length of vectors is not passed on.", _EMBEDDINGS, ("vectors",),
            _without(_EMBEDDINGS[0], "dimensions"),
        ),
        Fault(
            "one-vector", "Several inputs get one vector.", _EMBEDDINGS, ("vector_for_each",),
            told(_EMBEDDINGS[0], _single("data")),
        ),
        Fault("top-n-ignored", "All documents come back.", _RERANK, ("ranking",), _without(_RERANK[0], "top_n")),
        Fault(
            "ranking-counted-from-one", "The documents of a ranking are counted from 1.", _RERANK, ("ranking",),
            told(_RERANK[0], lambda found: found | {
                "results": [each | {"index": each["index"] + 1} for each in found["results"]]
            }),
        ),
        Fault(
            "flagged-for-nothing", "Texts are flagged that meet no category.", _MODERATIONS, ("moderation",),
            told(_MODERATIONS[0], _flagged),
        ),
        Fault(
            "one-judgement", "Of several texts one is judged.", _MODERATIONS, ("moderation",),
            told(_MODERATIONS[0], _single("results")),
        ),
        Fault("one-picture", "One picture comes, whatever n is.", _IMAGES, ("pictures",), _without(_IMAGES[0], "n")),
        Fault(
            "links-for-data", "Pictures come as links only.", _IMAGES, ("pictures",),
            _wishes(_IMAGES[0], lambda asked: asked | {"response_format": "url"}),
        ),
        Fault(
            "always-mp3", "Speech is MP3, whatever was asked for.", _SPEECH, ("speech_format",),
            _wishes(_SPEECH[0], _as_mp3),
        ),
    ),
    "schema": (
        Fault(
            "choices-from-one",
            "Choices are numbered from 1.",
            CHAT,
            ("choice_numbers",),
            told(_CHAT, _each_choice(lambda each: each | {"index": each["index"] + 1})),
        ),
    ),
    "validation": (
        Fault(
            "no-results-of-calls",
            "A chat with the result of a call is refused.",
            CHAT,
            ("inputs_of_all_kinds",),
            _no_results,
        ),
        Fault("texts-only", "Tokens are refused as input.", _EMBEDDINGS, ("inputs_of_all_kinds",), _only_texts),
    ),
    "streams": (
        Fault(
            "event-of-another-type",
            "The events of a message are all called by one name.",
            MESSAGES,
            ("event_states",),
            answers(_MESSAGES, lambda found: replace(
                found, body=found.body.replace(b"event: content_block_delta", b"event: message_delta"), chunks=()
            )),
        ),
        Fault(
            "streamed-call-cut", "The end of a streamed call gets lost.", CHAT, ("tool_calls",),
            _events(_CHAT, _call_cut),
        ),
        Fault(
            "stream-of-one-choice", "A stream has one choice, whatever n is.", CHAT, ("choices",), _one_choice
        ),
        Fault(
            "growing-pieces", "Each piece repeats those before it.", CHAT, ("stream_text",), _events(_CHAT, _growing)
        ),
        Fault(
            "text-at-the-end", "The text of a streamed response comes at its end only.", _RESPONSES, ("stream_text",),
            _events(_RESPONSES[0], _late_text),
        ),
        Fault(
            "open-block", "A block of a streamed message does not stop.", MESSAGES, ("stream_text",),
            _events(_MESSAGES, _unstopped),
        ),
        Fault(
            "no-role-in-stream", "No piece says who speaks.", CHAT, ("stream_pieces",), _events(_CHAT, _roles)
        ),
        Fault(
            "completed-in-progress", "A response is in progress in the event of its end.", _RESPONSES,
            ("event_states",), _events(_RESPONSES[0], _ends_in_progress),
        ),
    ),
    "robustness": (
        Fault(
            "refusal-sticks", "After a refusal the next good request is refused.", _MODERATIONS, ("after_refusal",),
            _stuck,
        ),
    ),
}  # fmt: skip
"""The faults, by their kind."""
