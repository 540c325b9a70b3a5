"""What models answer: what was asked for, in the shape that was asked for, with numbers that add up."""

from __future__ import annotations

import base64
import json
import struct
from math import isclose, sqrt
from typing import Any

import jsonschema
import pytest

from portkey_mock import Gateway, ManualClock
from portkey_mock.embeddings import vector
from portkey_mock.plurals import as_many
from portkey_mock.speech import Wish, fitting, pieces, say, tokens_of
from tests.mock import spec
from tests.mock.conftest import Caller
from tests.mock.test_streams import CHAT, CHAT_TOOLS, MESSAGE, MESSAGE_TOOLS, PARAMETERS, RESPONSE, RESPONSE_TOOLS

SCHEMA = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": {"$ref": "#/$defs/step"}}, "answer": {"type": "string"}},
    "required": ["steps", "answer"],
    "$defs": {"step": {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}},
}


@pytest.fixture(scope="module")
def ask(whole: Gateway) -> Caller:
    """Calls a gateway of the whole document."""
    return Caller(whole)


def chat(ask: Caller, **more: Any) -> Any:
    return ask.json("POST", "/chat/completions", CHAT | more)


def test_chat_is_made_now(ask: Caller) -> None:
    """A completion names the model that was asked for, has an id of its kind, and was made just now."""
    made = chat(ask)
    assert made["model"] == CHAT["model"]
    assert made["id"].startswith("chatcmpl-")
    assert made["created"] == ManualClock()()


def test_usage_adds_up(ask: Caller) -> None:
    """Prompt and completion make the total; more choices and longer prompts cost more."""
    short, several = chat(ask)["usage"], chat(ask, n=3)["usage"]
    for usage in (short, several):
        assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert several["completion_tokens"] > short["completion_tokens"]
    longer = chat(ask, messages=[{"role": "user", "content": "Hello " * 100}])["usage"]
    assert longer["prompt_tokens"] > short["prompt_tokens"] + 100


def test_the_order_of_keys_says_nothing(ask: Caller) -> None:
    """The same request written in another order gets the same words."""
    turned = dict(reversed([*CHAT.items(), ("n", 2)]))
    assert ask.json("POST", "/chat/completions", turned)["choices"] == chat(ask, n=2)["choices"]


def test_a_saved_prompt_can_be_cut_short() -> None:
    """What a prompt leads to is no envelope, and obeys what is overridden at the top of the body."""
    ask = Caller(Gateway(spec.part("/prompts"), mode="document", clock=ManualClock()))
    for template, kind in ((CHAT, "chat.completion"), ({"model": "m", "prompt": "p"}, "text_completion")):
        body = {"variables": {}, "max_tokens": 2, "hyperparameters": template}
        made = ask.json("POST", "/prompts/p1/completions", body)
        assert (made["object"], made["choices"][0]["finish_reason"]) == (kind, "length")
        assert made["usage"]["completion_tokens"] == 2


def test_choices(ask: Caller) -> None:
    """As many choices as `n` asks for, told apart by index and text; none asked for is one."""
    choices = chat(ask, n=4)["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2, 3]
    assert len({choice["message"]["content"] for choice in choices}) == 4
    assert len(chat(ask, n=None)["choices"]) == 1


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_chat_is_cut(ask: Caller, name: str) -> None:
    """A limit of tokens is kept, and named as the reason why the answer ended."""
    made = chat(ask, **{name: 3})
    assert made["choices"][0]["finish_reason"] == "length"
    assert made["usage"]["completion_tokens"] == 3


def test_json_object(ask: Caller) -> None:
    """With `json_object` the content is a JSON object; with `text` it is not."""
    content = chat(ask, response_format={"type": "json_object"})["choices"][0]["message"]["content"]
    assert isinstance(json.loads(content), dict)
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(chat(ask, response_format={"type": "text"})["choices"][0]["message"]["content"])


def test_json_schema(ask: Caller) -> None:
    """With `json_schema` the content conforms to the schema, definitions of its own included."""
    inner: dict[str, Any] = {"name": "reasoning", "schema": SCHEMA}
    wanted: dict[str, Any] = {"type": "json_schema", "json_schema": inner}
    content = chat(ask, response_format=wanted)["choices"][0]["message"]["content"]
    jsonschema.validate(json.loads(content), SCHEMA)
    response = ask.json("POST", "/responses", RESPONSE | {"text": {"format": wanted | inner}})
    jsonschema.validate(json.loads(response["output_text"]), SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": 5},
        {"not": {}},
        {"type": "string"},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/gone"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"minLength": 10**12, "type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"minItems": 10**12, "type": "array"}}, "required": ["a"]},
        {"type": "object", "minProperties": 10**12},
        {"type": "object", "properties": {str(number): {} for number in range(9000)}},
        {"type": "object", "properties": {"a": {"pattern": "^(x+x+)+y$", "minLength": 500}}, "required": ["a"]},
    ],
)
def test_impossible_schemas(schema: Any) -> None:
    """A schema in a request that nothing sensible conforms to is answered with an empty object, and at once."""
    assert fitting(schema, "salt") == {}


def test_forced_tool_of_chat(ask: Caller) -> None:
    """A tool that has to be called is called, with arguments that its schema accepts; one that may be is not."""
    (choice,) = chat(ask, **CHAT_TOOLS)["choices"]
    (call,) = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert call["id"].startswith("call_")
    jsonschema.validate(json.loads(call["function"]["arguments"]), PARAMETERS)
    named = CHAT_TOOLS | {"tool_choice": {"type": "function", "function": {"name": "weather"}}}
    assert chat(ask, **named)["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "weather"
    assert chat(ask, **CHAT_TOOLS | {"tool_choice": "auto"})["choices"][0]["finish_reason"] == "stop"
    unknown = CHAT_TOOLS | {"tool_choice": {"type": "function", "function": {"name": "other"}}}
    assert chat(ask, **unknown)["choices"][0]["finish_reason"] == "stop"


def test_forced_tool_of_others(ask: Caller) -> None:
    """Messages and responses call a tool where they have to."""
    message = ask.json("POST", "/messages", MESSAGE | MESSAGE_TOOLS)
    assert message["stop_reason"] == "tool_use"
    jsonschema.validate(message["content"][0]["input"], PARAMETERS)
    named = RESPONSE_TOOLS | {"tool_choice": {"type": "function", "name": "weather"}}
    for tools in (RESPONSE_TOOLS, named):
        (item,) = ask.json("POST", "/responses", RESPONSE | tools)["output"]
        assert item["type"] == "function_call"
        jsonschema.validate(json.loads(item["arguments"]), PARAMETERS)


def test_response_echoes(ask: Caller) -> None:
    """A response repeats what it was told, and has no error it does not have."""
    made = ask.json("POST", "/responses", RESPONSE | {"instructions": "Be brief.", "max_output_tokens": 2})
    assert (made["instructions"], made["error"], made["status"]) == ("Be brief.", None, "incomplete")
    assert made["incomplete_details"] == {"reason": "max_output_tokens"}
    assert made["usage"]["total_tokens"] == made["usage"]["input_tokens"] + made["usage"]["output_tokens"]


def test_answers_depend_on_the_request(ask: Caller) -> None:
    """The same request gets the same words, another one other words, another seed other words."""
    other = Caller(Gateway(spec.part("/chat"), clock=ManualClock(), seed=1))
    contents = [chat(ask), chat(ask), chat(ask, temperature=0.5), chat(other)]
    texts = [each["choices"][0]["message"]["content"] for each in contents]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3


def test_pieces() -> None:
    """The pieces of a text are the text, blanks at its ends and long words included."""
    for text in ("", " ", "a", " two words \n", "x" * 50, json.dumps({"a": [1, "b c"]})):
        assert "".join(pieces(text)) == text
    assert say(Wish(limit=0), "0" * 40).text == ""
    assert tokens_of("four") == 2


def embed(ask: Caller, given: Any, **more: Any) -> Any:
    return ask.json("POST", "/embeddings", {"model": "text-embedding-3-small", "input": given} | more)


@pytest.mark.parametrize(
    ("given", "count"), [("a", 1), (["a", "b", "c"], 3), ([1, 2, 3], 1), ([[1, 2], [3]], 2)], ids=str
)
def test_one_vector_for_each_input(ask: Caller, given: Any, count: int) -> None:
    """There are as many vectors as inputs, in order, each of length one; a list of tokens is one input."""
    made = embed(ask, given)
    assert [each["index"] for each in made["data"]] == list(range(count))
    for each in made["data"]:
        assert len(each["embedding"]) == 1536
        assert isclose(sqrt(sum(number**2 for number in each["embedding"])), 1, abs_tol=1e-4)
    assert made["usage"]["prompt_tokens"] == made["usage"]["total_tokens"] > 0


def test_dimensions(ask: Caller) -> None:
    """Vectors have the dimensions asked for, or those of the model; absurd ones are cut down."""
    assert len(embed(ask, "a", dimensions=8)["data"][0]["embedding"]) == 8
    assert len(embed(ask, "a", model="text-embedding-3-large")["data"][0]["embedding"]) == 3072
    assert len(embed(ask, "a", dimensions=10**12)["data"][0]["embedding"]) == 8192


def test_embeddings_in_base64(ask: Caller) -> None:
    """Packed vectors are those that come as numbers."""
    plain = embed(ask, ["a", "b"], dimensions=16)["data"]
    packed = embed(ask, ["a", "b"], dimensions=16, encoding_format="base64")["data"]
    for one, other in zip(plain, packed, strict=True):
        numbers = struct.unpack("<16f", base64.b64decode(other["embedding"]))
        assert all(isclose(*pair, abs_tol=1e-6) for pair in zip(one["embedding"], numbers, strict=True))


def test_same_input_same_vector() -> None:
    """A vector depends on its text alone; one that is all zero stays so and does not divide by it."""
    assert vector("a", 4) == vector("a", 4) != vector("b", 4)
    assert vector("a", 0) == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests, heads and answers are remembered up to a number and a size, and come out the same when forgotten."""
    for place in ("gateway._KEPT_CALLS", "answers._KEPT_ANSWERS"):
        monkeypatch.setattr(f"portkey_mock.{place}", 2)
    monkeypatch.setattr("portkey_mock.gateway._LARGEST_KEPT", 500)
    call = Caller(Gateway(spec.part("/chat"), clock=ManualClock()))
    asked = [{"messages": [{"role": "user", "content": "Hello" * size}]} for size in (1, 2, 3, 4, 200)]
    first = [chat(call, **each) for each in asked]
    assert [chat(call, **each) for each in asked] == first
    heads = [call.json("POST", "/chat/completions", CHAT, query=f"number={number}") for number in range(4)]
    assert heads == [heads[0]] * 4
    assert len({each["choices"][0]["message"]["content"] for each in first}) > 1


def test_a_response_that_is_cut_is_incomplete(ask: Caller) -> None:
    """A response that the limit ended says so, why, and that it was never completed, also when it is read."""
    made = ask.json("POST", "/responses", RESPONSE | {"max_output_tokens": 1, "store": True})
    for found in (made, ask.json("GET", f"/responses/{made['id']}")):
        assert (found["status"], found["completed_at"]) == ("incomplete", None)
        assert found["incomplete_details"] == {"reason": "max_output_tokens"}


RANKED = {"model": "m", "query": "q", "documents": ["a", {"text": "b", "page": 2}, "c", "d"]}


@pytest.mark.parametrize(("more", "count"), [({}, 4), ({"top_n": 1}, 1), ({"top_n": 9}, 4), ({"documents": ["a"]}, 1)])
def test_ranking(ask: Caller, more: dict[str, Any], count: int) -> None:
    """A ranking has each document once, as many as are asked for, the best first, and no document unless asked for."""
    results = ask.json("POST", "/rerank", RANKED | more)["results"]
    scores = [each["relevance_score"] for each in results]
    assert len({each["index"] for each in results}) == len(results) == count
    assert scores == sorted(scores, reverse=True)
    assert not any("document" in each for each in results)


def test_ranking_with_its_documents(ask: Caller) -> None:
    """Each result has the document that its index names, as an object."""
    results = ask.json("POST", "/rerank", RANKED | {"return_documents": True})["results"]
    documents = [each if isinstance(each, dict) else {"text": each} for each in RANKED["documents"]]
    assert [each["document"] for each in results] == [documents[each["index"]] for each in results]


@pytest.mark.parametrize(("given", "count"), [("a", 1), (["a", "b", "c"], 3)])
def test_one_judgement_for_each_text(ask: Caller, given: Any, count: int) -> None:
    """A moderation has a result for each text."""
    assert len(ask.json("POST", "/moderations", {"input": given})["results"]) == count


def test_pictures(ask: Caller) -> None:
    """There are as many pictures as asked for, one if no number is, as links or as data."""
    data = ask.json("POST", "/images/generations", {"prompt": "a", "n": 3, "response_format": "b64_json"})["data"]
    assert [each["url"] for each in data] == [None] * 3
    assert all(base64.b64decode(each["b64_json"]).startswith(b"\x89PNG") for each in data)
    for more in ({}, {"response_format": "url"}):
        (one,) = ask.json("POST", "/images/generations", {"prompt": "a", **more})["data"]
        assert one["url"]


def test_what_is_no_object_stays(ask: Caller) -> None:
    """Of another document, an answer that has nothing to be counted is left as it is."""
    for path, sample in (("/rerank", []), ("/rerank", {}), ("/moderations", {}), ("/images/edits", {})):
        assert as_many(path, {"documents": []}, sample) == sample


def test_where_to_stop(ask: Caller) -> None:
    """An answer ends before the first of the texts to stop at; a message says which that was."""
    for path, body, name in (("/chat/completions", CHAT, "stop"), ("/messages", MESSAGE, "stop_sequences")):
        made = ask.json("POST", path, body | {name: ["zebra", "t", "e"]})
        text = made["content"][0]["text"] if "content" in made else made["choices"][0]["message"]["content"]
        assert not set(text) & {"t", "e"}
        assert made.get("stop_sequence", "e") in ("t", "e")
        assert made.get("stop_reason", "stop_sequence") == "stop_sequence"
    assert "e" not in chat(ask, stop="e")["choices"][0]["message"]["content"]
    (choice,) = chat(ask, stop=["zebra", ""])["choices"]
    assert choice["message"]["content"].endswith(".")
