"""The mock speaks in the words of the document's examples, and knows the things that they show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock
from portkey_mock.examples import first, worded
from portkey_mock.gateway import compiled_from
from tests.mock import spec
from tests.mock.conftest import Caller

ANY = lambda _: True  # noqa: E731
MADE = {"id": "x_1", "object": "thing", "name": "mock name", "created_at": 5, "ended_at": 6, "note": "mock note"}


WHOLE = compiled_from(spec.DOCUMENT)


@pytest.fixture
def ask() -> Caller:
    """Calls a gateway of the whole document that makes up what it is asked for."""
    return Caller(Gateway(WHOLE, clock=ManualClock(), mode="document"))


def shown(op: spec.Op) -> Any:
    """The main example of an answer in JSON; None if there is none."""
    return first(op.content("200").get("application/json", {}))


def named(op: spec.Op) -> str:
    """The path of an operation with the example of each parameter in it."""
    path = op.path
    for each in op.parameters("path"):
        path = path.replace(f"{{{each['name']}}}", str(each.get("example")))
    return path


READS = [
    op for op in spec.OPERATIONS
    if op.method == "GET" and op.path.endswith("}") and isinstance(shown(op), dict)
]  # fmt: skip
LISTS = [op for op in spec.OPERATIONS if op.method == "GET" and op not in READS and "data" in (shown(op) or {})
         and not op.path.startswith(("/files", "/batches"))]  # fmt: skip


def carries(answer: Any, example: Any) -> bool:
    """Whether an answer says all that an example says."""
    if isinstance(example, dict) and isinstance(answer, dict):
        return all(name in answer and carries(answer[name], value) for name, value in example.items())
    return bool(answer == example)


@pytest.mark.parametrize("op", READS, ids=str)
def test_the_thing_of_an_example_is_there(ask: Caller, op: spec.Op) -> None:
    """In the mode `document` reading the id of an example gives the thing that the document shows, times included."""
    query = "&".join(f"{each['name']}={each['example']}" for each in op.parameters("query") if each.get("required"))
    assert carries(ask.json("GET", named(op), query=query), shown(op))


@pytest.mark.parametrize("op", LISTS, ids=str)
def test_a_list_nobody_wrote_to_holds_the_examples(ask: Caller, op: spec.Op) -> None:
    """In the mode `document` the items are those that the document shows."""
    query = "&".join(f"{each['name']}={each['example']}" for each in op.parameters("query") if each.get("required"))
    listed, example = ask.json("GET", named(op), query=query), shown(op)
    items = [listed["data"]] if isinstance(listed["data"], dict) else listed["data"]
    wanted = [example["data"]] if isinstance(example["data"], dict) else example["data"]
    assert len(items) == len(wanted)
    assert all(carries(*pair) for pair in zip(items, wanted, strict=True))


def test_another_id_is_another_thing(ask: Caller) -> None:
    """Its words are those of the example, its id and its times are its own."""
    thing, example = ask.json("GET", "/assistants/asst_other"), ask.json("GET", "/assistants/asst_68a1c87f02d5")
    assert (thing["id"], thing["name"]) == ("asst_other", example["name"])
    assert thing["created_at"] != example["created_at"]


def test_what_is_made_has_an_id_of_its_own() -> None:
    """Whatever an example says, two things have two ids, and so have two seeds; what is asked for is not overruled."""
    ids: list[str] = []
    for seed in (1, 2):
        call = Caller(Gateway(spec.part("/assistants"), clock=ManualClock(), seed=seed))
        made = [call.json("POST", "/assistants", {"model": "m", "name": name}) for name in ("one", "other")]
        assert [each["name"] for each in made] == ["one", "other"]
        assert {each["description"] for each in made} == {"Answers questions about orders and returns."}
        assert call.json("GET", f"/assistants/{made[0]['id']}") == made[0]
        ids += [each["id"] for each in made]
    assert len(set(ids)) == 4


def test_files_and_batches_of_the_examples(ask: Caller) -> None:
    """They are shown as the document has them until something is done to them."""
    batch = ask.json("GET", "/batches/batch_68a1c2f4e0d8")
    assert (batch["status"], batch["input_file_id"]) == ("completed", "file-68a1c1b07d3e")
    assert ask.json("GET", "/files/file-68a1c1b07d3e")["filename"] == "blurbs.jsonl"
    ask.json("POST", "/batches/batch_68a1c2f4e0d8/cancel")
    assert ask.json("GET", "/batches/batch_68a1c2f4e0d8")["status"] == "cancelling"
    assert ask("GET", "/files/file-68a1c1b07d3e/content").status == 200
    assert ask.json("GET", "/files/file-68a1c1b07d3e")["filename"] == "mock.jsonl"


def test_nothing_of_an_example_is_there_where_the_state_counts() -> None:
    """In the mode `strict` nobody made it, so it is unknown."""
    call = Caller(Gateway(spec.part("/batches"), clock=ManualClock()))
    assert call.refusal("GET", "/batches/batch_68a1c2f4e0d8")[0] == 404


@pytest.mark.parametrize(
    ("media", "value"),
    [
        ({"examples": {"one": {"value": 1}, "other": {"value": 2}}}, 1),
        ({"example": {"a": 1}}, {"a": 1}),
        ({"examples": {"one": {"$ref": "#/components/examples/One"}}}, None),
        ({"examples": {}}, None),
        ({"examples": [1]}, None),
        ({}, None),
    ],
)
def test_the_first_example_counts(media: Any, value: Any) -> None:
    """Of several the first; the short form as well; what is kept elsewhere is no example."""
    assert first(media) == value


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ({"name": "Ada"}, {"name": "Ada"}),
        ({"id": "x_9", "created_at": 9}, {}),
        ({"ended_at": None, "note": None}, {"ended_at": None, "note": None}),
        ({"object": "other", "more": 1}, {"object": "other", "more": 1}),
        ([1], {}),
        (None, {}),
    ],
)
def test_a_body_in_the_words_of_an_example(example: Any, said: Any) -> None:
    """It says what the example says; ids and moments stay, but where there are none."""
    accepts = (lambda body: isinstance(body, dict)) if isinstance(example, list) else ANY
    assert worded(MADE, example, accepts) == {**MADE, **said}


@pytest.mark.parametrize(
    ("made", "example", "said"),
    [
        ({"key": "mock"}, {"job": "catalogue"}, {"job": "catalogue"}),
        ({"type": "a", "a": 1}, {"type": "b", "b": 2}, {"type": "b", "b": 2}),
        ({"type": "a", "a": 1, "c": 3}, {"type": "a", "a": 2}, {"type": "a", "a": 2, "c": 3}),
        ([{"id": "x_1", "a": 1}], [{"id": "x_8", "a": 8}, {"id": "x_9", "a": 9}], [{"id": "x_1", "a": 8}]),
        ([{"slug": "x-1", "a": 1}], [{"slug": "x-8", "a": 8}, {"slug": "x-9"}], [{"slug": "x-1", "a": 8}]),
        ([{"a": 1, "c": 3}], [{"a": 8}, {"a": 9}], [{"a": 8, "c": 3}, {"a": 9, "c": 3}]),
        ([], [1], [1]),
        ("mock", "said", "said"),
    ],
)
def test_a_part_in_the_words_of_an_example(made: Any, example: Any, said: Any) -> None:
    """A map and another kind of object are the example's; things in a list are as many as there were."""
    assert worded({"part": made}, {"part": example}, ANY) == {"part": said}
    if not isinstance(made, dict):
        assert worded(made, example, ANY) == said


def test_what_does_not_fit_is_left_out() -> None:
    """An example that the schema refuses, as a whole or in part, spoils no answer."""
    op = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a", "b"]}
    document = spec.tiny(op)
    content = document["paths"]["/things"]["post"]["responses"]["200"]["content"]["application/json"]
    for example, b in (({"a": "one", "b": "said"}, "said"), (["no"], "mock b")):
        content["example"] = example
        response = Caller(Gateway(document))("POST", "/things", {"a": 1, "b": "asked"})
        assert response.status == 200
        made = json.loads(response.body)
        assert made["a"] == 1
        assert made["b"] in (b, "asked")
