"""What is created can be listed, read, updated and deleted, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock, answers
from tests.mock import spec
from tests.mock.conftest import Caller


def _caller(mode: Any = "strict") -> Caller:
    paths = ("/assistants", "/threads", "/prompts", "/integrations", "/labels", "/fine_tuning", "/logs", "/models")
    return Caller(Gateway(spec.part(*paths), clock=ManualClock(), mode=mode))


@pytest.fixture
def resources() -> Caller:
    return _caller()


ASSISTANT = {"model": "gpt-4o", "name": "Ann", "metadata": {"team": "a"}}


def test_create_and_read(resources: Caller) -> None:
    """What was created repeats the request, has an id of its own, and can be read back."""
    first, second = (resources.json("POST", "/assistants", ASSISTANT) for _ in range(2))
    assert (first["name"], first["metadata"]) == ("Ann", {"team": "a"})
    assert first["id"] != second["id"]
    assert resources.json("GET", f"/assistants/{first['id']}") == first


def test_list(resources: Caller) -> None:
    """A list shows what was created, newest first, and nothing made up."""
    ids = [resources.json("POST", "/assistants", ASSISTANT)["id"] for _ in range(2)]
    page = resources.json("GET", "/assistants")
    assert [each["id"] for each in page["data"]] == ids[::-1]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[1], ids[0], False)


def test_untouched_list(resources: Caller) -> None:
    """A list that nobody wrote to is empty; where only the document counts it shows one made-up thing and then ends."""
    page = resources.json("GET", "/assistants")
    assert (page["data"], page["has_more"]) == ([], False)
    made_up = _caller("document")
    page = made_up.json("GET", "/assistants")
    (thing,) = page["data"]
    assert page["has_more"] is False
    assert made_up.json("GET", "/assistants", query=f"after={thing['id']}")["data"] == []


def test_update(resources: Caller) -> None:
    """An update shows when the thing is read again, and leaves the rest alone."""
    created = resources.json("POST", "/assistants", ASSISTANT)
    resources.json("POST", f"/assistants/{created['id']}", {"name": "Bob"})
    assert resources.json("GET", f"/assistants/{created['id']}") == {**created, "name": "Bob"}


def test_update_of_the_unknown(resources: Caller) -> None:
    """Updating what nobody created is refused; where only the document counts, it is made up and the update stays."""
    assert resources.refusal("POST", "/assistants/asst_x", {"name": "Bob"}) == (404, "not_found")
    made_up = _caller("document")
    made_up.json("POST", "/assistants/asst_x", {"name": "Bob"})
    thing = made_up.json("GET", "/assistants/asst_x")
    assert (thing["id"], thing["name"]) == ("asst_x", "Bob")


def test_delete(resources: Caller) -> None:
    """What was deleted is gone from its path and from the list."""
    created = resources.json("POST", "/assistants", ASSISTANT)
    assert resources.json("DELETE", f"/assistants/{created['id']}")["deleted"] is True
    assert resources.refusal("GET", f"/assistants/{created['id']}") == (404, "not_found")
    assert resources.json("GET", "/assistants")["data"] == []


def test_below_the_deleted(resources: Caller) -> None:
    """With a thing goes what is below it: its lists, and all that can be done with it."""
    created = resources.json("POST", "/threads", {})
    below = f"/threads/{created['id']}/messages"
    assert resources("GET", below).status == 200
    resources.json("DELETE", f"/threads/{created['id']}")
    assert resources("GET", below).status == 404
    assert resources("GET", f"{below}/msg_1").status == 404


def test_deleted_in_document_mode() -> None:
    """Where only the document counts, a deleted thing is made up again."""
    call = _caller("document")
    call.json("DELETE", "/assistants/asst_x")
    assert call.json("GET", "/assistants/asst_x")["id"] == "asst_x"


def test_nested_collections_are_apart(resources: Caller) -> None:
    """The messages of one thread are not those of another."""
    one, other = (resources.json("POST", "/threads", {})["id"] for _ in range(2))
    message = resources.json("POST", f"/threads/{one}/messages", {"role": "user", "content": "hi"})
    assert message["thread_id"] == one
    assert message["id"] != one
    assert [each["id"] for each in resources.json("GET", f"/threads/{one}/messages")["data"]] == [message["id"]]
    assert resources.json("GET", f"/threads/{other}/messages")["data"] == []
    assert resources.refusal("GET", f"/threads/{other}/messages/{message['id']}") == (404, "not_found")


def test_slugs(resources: Caller) -> None:
    """A thing that its path calls by a slug is found under the slug it was created with."""
    resources.json("POST", "/integrations", {"name": "n", "ai_provider_id": "openai", "slug": "mine"})
    thing = resources.json("GET", "/integrations/mine")
    assert (thing["slug"], thing["name"]) == ("mine", "n")
    assert [each["slug"] for each in resources.json("GET", "/integrations")["data"]] == ["mine"]


def test_steps() -> None:
    """An operation that answers with the thing itself, such as a cancel, answers about the thing in its path."""
    assert _caller("document").json("POST", "/fine_tuning/jobs/ftjob-1/cancel")["id"] == "ftjob-1"


def test_other_operations_keep_their_own_ids() -> None:
    """An operation below a thing that answers with something else does not take the thing's id for its own."""
    made_up = _caller("document")
    answer = made_up.json("POST", "/threads/t1/runs/r1/cancel")
    assert (answer["id"], answer["thread_id"]) == ("r1", "t1")
    assert made_up.json("POST", "/threads/t1/messages", {"role": "user", "content": "hi"})["id"] != "t1"


def test_created_without_an_answer(resources: Caller) -> None:
    """Where a creation answers nothing, there is nothing to remember, and the list or item is made up as before."""
    assert resources("POST", "/logs", {"request": {"url": "u", "body": {}}, "response": {"body": {}}}).status == 200
    assert resources("GET", "/logs/x").status == 200


def test_bare_lists(resources: Caller) -> None:
    """A list without an envelope is paged and filled like any other."""
    document = spec.part("/labels")
    label = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}, "required": ["id"]}
    answer = {"content": {"application/json": {"schema": {"type": "array", "items": label}}}}
    created = {"content": {"application/json": {"schema": {"type": "object", "properties": {"data": label}}}}}
    body = {"content": {"application/json": {"schema": label | {"required": ["name"]}}}}
    document["paths"] = {
        "/tags": {"get": {"responses": {"200": answer}}, "post": {"requestBody": body, "responses": {"200": created}}},
        "/tags/{tag}": {"get": {"responses": {"200": {"content": body["content"]}}}},
    }
    call = Caller(Gateway(document | {"security": []}, clock=ManualClock()))
    assert call.json("GET", "/tags") == []
    made = call.json("POST", "/tags", {"name": "blue"})["data"]
    assert call.json("GET", "/tags") == [made]
    assert call.json("GET", f"/tags/{made['id']}")["name"] == "blue"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "properties": {"count": {"type": "integer"}}},
        {"type": "string"},
    ],
)
def test_lists_without_objects(schema: Any) -> None:
    """What answers like a list in name only is generated as it is."""
    document = spec.tiny(schema)
    document["paths"] = {
        "/things": {"get": document["paths"]["/things"]["post"]},
        "/things/{id}": {"get": {"responses": {"204": {}}}},
    }
    call = Caller(Gateway(document, clock=ManualClock(), mode="document"))
    assert spec.validator(schema).is_valid(call.json("GET", "/things", _value(schema)))
    assert call("GET", "/things/1").status == 204


def _value(schema: Any) -> Any:
    return {"array": ["a"], "object": {}, "string": "a"}[schema["type"]]


def test_empty_and_binary_lists() -> None:
    """A list operation that declares no JSON answers what it declares."""
    for content, media in (({}, None), ({"text/csv": {"schema": {"type": "string"}}}, "text/csv")):
        paths = {
            "/things": {"get": {"responses": {"200": {"content": content}}}},
            "/things/{id}": {"get": {"responses": {"200": {}}}},
        }
        response = Caller(Gateway({"openapi": "3.1.0", "paths": paths}, clock=ManualClock()))("GET", "/things")
        assert dict(response.headers).get("content-type") == media


def test_forgotten_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the generated answers only the latest are kept, and those made again are the same."""
    monkeypatch.setattr(answers, "_KEPT_SAMPLES", 2)
    resources = _caller("document")
    first = [resources.json("GET", f"/assistants/{number}") for number in range(5)]
    assert [resources.json("GET", f"/assistants/{number}") for number in range(5)] == first


def test_facts_that_do_not_fit() -> None:
    """A path parameter that the answer's schema does not accept there is left out, and the answer stays valid."""
    thing = _caller("document").json("GET", "/prompts/not-a-uuid")
    declared = spec.at("#/paths/~1prompts~1{promptId}/get/responses/200/content/application~1json/schema")
    assert spec.validator(declared).is_valid(thing)


def test_what_is_not_to_be_stored_is_not_kept() -> None:
    """A chat completion is kept where the request asks for it, a response where the request does not forbid it."""
    call = Caller(Gateway(spec.part("/chat/completions", "/responses"), clock=ManualClock()))
    chat = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    call.json("POST", "/chat/completions", chat)
    kept = call.json("POST", "/chat/completions", {**chat, "store": True})
    assert [each["id"] for each in call.json("GET", "/chat/completions")["data"]] == [kept["id"]]
    before = call.json("POST", "/responses", {"model": "kept", "input": "hi"})
    assert call.json("GET", f"/responses/{before['id']}")["model"] == "kept"
    gone = call.json("POST", "/responses", {"model": "gone", "input": "hi", "store": False})
    assert call.refusal("GET", f"/responses/{gone['id']}") == (404, "not_found")
