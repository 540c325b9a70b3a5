"""The strict gateway keeps the state of every family of the document, and knows what is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock
from portkey_mock.gateway import compiled_from
from tests.mock import spec, things
from tests.mock.conftest import Caller

ITEMS = sorted({op.path for op in spec.OPERATIONS if op.path.endswith("}")})
OPEN = {
    "/analytics/groups/metadata/{metadataKey}": "a name that metadata may have",
    "/model-configs/pricing/{provider}/{model}": "a catalogue",
    "/api-keys/{type}/{sub-type}": "kinds of keys",
    "/logs/{logId}": "writing a log does not tell its id",
    "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions": "no operation lists or makes checkpoints",
}
"""Paths whose parameters name nothing that an operation could have made, and why."""


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway(spec.DOCUMENT, clock=ManualClock())


@pytest.fixture
def call(gateway: Gateway) -> Caller:
    gateway.reset()
    return Caller(gateway)


def a(call: Caller, name: str) -> str:
    """The id of a new thing that a member called `name` may refer to."""
    return str(things.refer(call, "", name))


UUID = "5b6962dd-3f90-4c93-8f61-eabfa4a803e2"


def _op(method: str, path: str) -> spec.Op | None:
    return things.BY_NAME.get(f"{method} {path}")


def _items(answer: Any) -> list[Any]:
    return next(value for value in answer.values() if isinstance(value, list))


def test_there_are_many_families() -> None:
    """The document has about forty families, and all of them are tried here."""
    assert len(ITEMS) >= 35


@pytest.mark.parametrize("path", ITEMS)
def test_family(call: Caller, path: str) -> None:
    """What was made can be read, shows in its list, and is gone from both, with what is below, once deleted."""
    ids = things.make(call, path)
    read, listing, delete = _op("GET", path), _op("GET", path.rpartition("/")[0]), _op("DELETE", path)
    if read:
        assert things.call_operation(call, read, ids).status == 200
    before = len(_items(json.loads(things.call_operation(call, listing, ids).body))) if listing else 0
    assert before or not listing
    if delete is None:
        return
    assert things.call_operation(call, delete, ids).status == 200
    assert things.call_operation(call, delete, ids).status in (403, 404) or path in OPEN
    if read:
        assert things.call_operation(call, read, ids).status in (403, 404)
    if listing:
        assert len(_items(json.loads(things.call_operation(call, listing, ids).body))) == before - 1


def _takes_a_name(path: str) -> bool:
    update = _op("PUT", path)
    return update is not None and update.body is not None and "name" in spec.flat(update.body[1])["properties"]


NAMED = [path for path in ITEMS if _takes_a_name(path)]


@pytest.mark.parametrize("path", NAMED)
def test_updates_stay(call: Caller, path: str) -> None:
    """A new name shows when the thing is read, and in the list."""
    ids = things.make(call, path)
    update, read, listing = _op("PUT", path), _op("GET", path), _op("GET", path.rpartition("/")[0])
    assert update is not None
    assert update.body is not None
    assert read is not None
    assert listing is not None
    body = spec.smallest(update.body[1]) | {"name": "renamed"}
    assert things.call_operation(call, update, ids, body).status == 200
    assert json.loads(things.call_operation(call, read, ids).body)["name"] == "renamed"
    assert [item["name"] for item in _items(json.loads(things.call_operation(call, listing, ids).body))] == ["renamed"]


NAMING = [op for op in spec.OPERATIONS if "{" in op.path and not op.path.startswith(tuple(OPEN))]


@pytest.mark.parametrize("op", NAMING, ids=str)
def test_unknown_ids(call: Caller, op: spec.Op) -> None:
    """Each operation refuses an id that nobody made, of the thing itself or of the one above it, and says which."""
    response = call.gateway.handle(spec.request(op))
    assert response.status == 404, response.body
    assert json.loads(response.body)


LISTS = [
    op
    for op in spec.OPERATIONS
    if op.method == "GET" and "{" not in op.path and (_op("POST", op.path) or op.path == "/api-keys")
]


@pytest.mark.parametrize("op", LISTS, ids=str)
def test_lists_are_empty(call: Caller, op: spec.Op) -> None:
    """A list of what can be made and was not is empty, and ends there."""
    answer = json.loads(things.call_operation(call, op, {}).body)
    assert _items(answer) == []
    assert answer.get("has_more", False) is False
    assert answer.get("total", 0) == 0


def test_what_cannot_be_made_is_there(call: Caller) -> None:
    """The models of the document's example are listed and can be read; any other is unknown, and a deleted one gone."""
    first, *others = call.json("GET", "/models")["data"]
    assert call.json("GET", f"/models/{first['id']}") == first
    assert call.refusal("GET", "/models/other") == (404, "not_found")
    call.json("DELETE", f"/models/{first['id']}")
    assert call.json("GET", "/models")["data"] == others


def test_deleted_on_the_control_plane(call: Caller) -> None:
    """The control plane answers 403 with AB03 about what it knew once, and 404 about what it never knew."""
    made = call.json("POST", "/collections", {"name": "c", "workspace_id": a(call, "workspace_id")})
    call.json("DELETE", f"/collections/{made['id']}")
    for name, expected in ((made["id"], (403, "AB03")), ("other", (404, "AB04"))):
        response = call("GET", f"/collections/{name}")
        assert (response.status, json.loads(response.body)["data"]["errorCode"]) == expected


def test_ids_and_slugs(call: Caller) -> None:
    """A thing is found by its id and by its slug alike, and is the same thing."""
    made = call.json("POST", "/collections", {"name": "c", "workspace_id": a(call, "workspace_id")})
    one, other = (call.json("GET", f"/collections/{made[name]}") for name in ("id", "slug"))
    assert one == other
    assert (one["id"], one["slug"]) == (made["id"], made["slug"])


def test_taken_slugs(call: Caller) -> None:
    """A slug that is taken is refused with 409 until its thing is deleted."""
    body = {"name": "n", "ai_provider_id": "openai", "slug": "mine"}
    call.json("POST", "/integrations", body)
    response = call("POST", "/integrations", body)
    assert (response.status, json.loads(response.body)["data"]["errorCode"]) == (409, "AB07")
    call("DELETE", "/integrations/mine")
    call.json("POST", "/integrations", body)


def test_filters(call: Caller) -> None:
    """A query parameter that is called like a member of the items chooses among them."""
    one, other = a(call, "workspace_id"), a(call, "workspace_id")
    for workspace in (one, other):
        call.json("POST", "/collections", {"name": workspace, "workspace_id": workspace})
    page = call.json("GET", "/collections", query=f"workspace_id={other}")
    assert [each["name"] for each in page["data"]] == [other]


@pytest.mark.parametrize("mode", ["strict", "document"])
def test_lists_that_the_document_shows_are_filtered(mode: Any) -> None:
    """A list of which only the document knows has those of its items that the query asks for, or none."""
    call = Caller(Gateway(spec.part("/audit-logs"), mode=mode, clock=ManualClock()))
    window = f"start_time=2026-11-02&end_time=2026-11-03&organisation_id={UUID}"
    logs = call.json("GET", "/audit-logs", query=window)["records"]
    assert [(each["organisation_id"], each["resource_type"]) for each in logs] == [(UUID, "config"), (UUID, "prompt")]
    wanted = call.json("GET", "/audit-logs", query=f"{window}&resource_type=prompt")
    assert (wanted["records"], wanted["total"]) == ([each for each in logs if each["resource_type"] == "prompt"], 1)
    assert call.json("GET", "/audit-logs", query=f"{window}&resource_type=user")["records"] == []


def test_page_numbers(call: Caller) -> None:
    """Collections are paged from page 0, and tell how many there are in all."""
    workspace = a(call, "workspace_id")
    for number in range(3):
        call.json("POST", "/collections", {"name": str(number), "workspace_id": workspace})
    pages = [
        call.json("GET", "/collections", query=f"workspace_id={workspace}&current_page={number}&page_size=2")
        for number in range(3)
    ]
    assert [[each["name"] for each in page["data"]] for page in pages] == [["2", "1"], ["0"], []]
    assert {page["total"] for page in pages} == {3}


def test_camel_case_pages(call: Caller) -> None:
    """Invites are paged by `currentPage` and `pageSize`."""
    for number in range(3):
        call.json(
            "POST", "/admin/users/invites", {"email": f"a{number}@example.com", "role": "member", "workspaces": []}
        )
    page = call.json("GET", "/admin/users/invites", query="currentPage=1&pageSize=2")
    assert [each["email"] for each in page["data"]] == ["a0@example.com"]


def test_times(call: Caller) -> None:
    """What is made now says so: in seconds on the data plane, in words on the control plane."""
    assert call.json("POST", "/threads", {})["created_at"] == 1_750_000_000
    made = call.json("POST", "/collections", {"name": "c", "workspace_id": a(call, "workspace_id")})
    assert call.json("GET", f"/collections/{made['id']}")["created_at"] == "2025-06-15T15:06:40Z"


def test_members_of_a_workspace(call: Caller) -> None:
    """Adding users to a workspace makes them its members, one by one."""
    workspace = call.json("POST", "/admin/workspaces", {"name": "w"})["id"]
    users = [{"id": f"5b6962dd-3f90-4c93-8f61-eabfa4a803e{digit}", "role": "member"} for digit in (1, 2)]
    call.json("POST", f"/admin/workspaces/{workspace}/users", {"users": users})
    members = call.json("GET", f"/admin/workspaces/{workspace}/users")["data"]
    assert sorted(each["id"] for each in members) == [each["id"] for each in users]
    call("PUT", f"/admin/workspaces/{workspace}/users/{users[0]['id']}", {"role": "manager"})
    assert call.json("GET", f"/admin/workspaces/{workspace}/users/{users[0]['id']}")["role"] == "manager"


def test_a_run_brings_its_thread(call: Caller) -> None:
    """A run made together with its thread is found under that thread, and the thread by itself."""
    run = call.json("POST", "/threads/runs", {"assistant_id": a(call, "assistant_id")})
    assert call.json("GET", f"/threads/{run['thread_id']}")["id"] == run["thread_id"]
    assert call.json("GET", f"/threads/{run['thread_id']}/runs/{run['id']}")["id"] == run["id"]


def test_models_of_an_integration(call: Caller) -> None:
    """The models put into an integration are those it has, changed one by one, until they are taken out."""
    call.json("POST", "/integrations", {"name": "n", "ai_provider_id": "openai", "slug": "mine"})
    path = "/integrations/mine/models"
    assert call.json("GET", path)["models"] == []
    call.json(
        "PUT",
        path,
        {"models": [{"slug": "a", "enabled": True}, {"slug": "b", "enabled": True}], "allow_all_models": False},
    )
    call.json("PUT", path, {"models": [{"slug": "a", "enabled": False}]})
    answer = call.json("GET", path)
    assert {each["slug"]: each["enabled"] for each in answer["models"]} == {"a": False, "b": True}
    assert (answer["total"], answer["allow_all_models"]) == (2, False)
    call.json("DELETE", path, query="slugs=a")
    assert [each["slug"] for each in call.json("GET", path)["models"]] == ["b"]


SERVER = {"workspace_id": UUID, "name": "n", "mcp_integration_id": UUID}


def _server(call: Caller) -> str:
    """The id of a new MCP server."""
    return str(call.json("POST", "/mcp-servers", things.refer(call, SERVER))["id"])


def test_tokens(call: Caller) -> None:
    """What a single path holds is what was put there; nothing secret comes back, and it can be taken away."""
    server = _server(call)
    path = f"/mcp-servers/{server}/tokens"
    call.json("PUT", path, {"access_token": "s3cr3t", "scope": "read"})
    held = call.json("GET", path)
    assert held["scope"] == "read"
    assert held["access_token"] != "s3cr3t"
    call.json("DELETE", path)
    assert call.json("GET", path)["scope"] != "read"


def test_capabilities(call: Caller) -> None:
    """A server has capabilities of its own, which can be switched off by name."""
    server = _server(call)
    path = f"/mcp-servers/{server}/capabilities"
    before = {each["name"]: each["enabled"] for each in call.json("GET", path)["data"]}
    first = call.json("GET", path)["data"][0]
    switched = {**first, "enabled": not first["enabled"]}
    call.json("PUT", path, {"capabilities": [{name: switched[name] for name in ("name", "type", "enabled")}]})
    after = {each["name"]: each["enabled"] for each in call.json("GET", path)["data"]}
    assert after == {**before, first["name"]: switched["enabled"]}


def test_files_of_a_vector_store(call: Caller) -> None:
    """The files of a batch of files, and those a store was made with, are files of the store under their own ids."""
    one, two, three, four = (a(call, "file_id") for _ in range(4))
    store = call.json("POST", "/vector_stores", {"name": "s", "file_ids": [one]})["id"]
    batch = call.json("POST", f"/vector_stores/{store}/file_batches", {"file_ids": [two, three]})
    assert batch["file_counts"]["total"] == 2
    below = call.json("GET", f"/vector_stores/{store}/file_batches/{batch['id']}/files")["data"]
    assert {each["id"] for each in below} == {two, three}
    added = call.json("POST", f"/vector_stores/{store}/files", {"file_id": four})
    assert added["id"] == four
    files = call.json("GET", f"/vector_stores/{store}/files")["data"]
    assert {each["id"] for each in files} == {one, two, three, four}
    assert call.json("GET", f"/vector_stores/{store}/files/{two}")["id"] == two


PROMPT = {"name": "p", "collection_id": "c", "string": "one", "parameters": {}, "virtual_key": "v"}


def test_versions_of_a_prompt(call: Caller) -> None:
    """An update writes a new version, which is shown by itself, and as the prompt once it is the default."""
    made = call.json("POST", "/prompts", things.refer(call, PROMPT))
    path = f"/prompts/{made['id']}"
    assert call.json("GET", path)["prompt_version_id"] == made["version_id"]
    second = call.json("PUT", path, {"string": "two", "version_description": "better"})["prompt_version_id"]
    assert second != made["version_id"]
    assert (call.json("GET", path)["string"], call.json("GET", path)["prompt_version"]) == ("one", 1)
    listed = call.json("GET", f"{path}/versions")
    assert [(each["id"], each["prompt_version"], each["status"]) for each in listed["data"]] == [
        (second, 2, "archived"),
        (made["version_id"], 1, "active"),
    ]
    assert listed["total"] == 2
    assert call.json("GET", f"{path}/versions/{second}")["string"] == "two"
    call.json("PUT", f"{path}/makeDefault", {"version": 2})
    shown = call.json("GET", path)
    assert (shown["string"], shown["prompt_version"], shown["prompt_version_description"]) == ("two", 2, "better")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"name": "q"}, {"name": "q"}),
        ({"patch": True, "version_description": "good"}, {"prompt_version_description": "good"}),
        ({}, {"name": "p"}),
    ],
)
def test_updates_of_a_prompt_without_a_version(call: Caller, said: Any, shown: Any) -> None:
    """A new title or note makes no version: it holds at once, and the answer names the version there was."""
    made = call.json("POST", "/prompts", things.refer(call, PROMPT))
    path = f"/prompts/{made['id']}"
    assert call.json("PUT", path, said)["prompt_version_id"] == made["version_id"]
    assert call.json("GET", path).items() >= {**shown, "string": "one", "prompt_version": 1}.items()
    assert call.json("GET", f"{path}/versions")["total"] == 1


@pytest.mark.parametrize("said", [{"name": "q"}, {"status": "archived", "description": "good"}])
def test_updates_of_a_partial_without_a_version(call: Caller, said: Any) -> None:
    """A partial gets a new version for a new text only; a title is that of all versions, a note the latest's."""
    made = call.json("POST", "/prompts/partials", {"name": "p", "string": "one"})
    path = f"/prompts/partials/{made['id']}"
    second = call.json("PUT", path, {"string": "two"})["prompt_partial_version_id"]
    assert call.json("PUT", path, said)["prompt_partial_version_id"] == second != made["version_id"]
    shown = call.json("GET", path)
    assert (shown["string"], shown["name"]) == ("one", said.get("name", "p"))
    versions = call.json("GET", f"{path}/versions")["data"]
    assert [each.get("description") for each in versions] == [said.get("description"), None]


def test_labels_of_versions(call: Caller) -> None:
    """A version carries the label it was given, and the other versions do not."""
    made = call.json("POST", "/prompts", things.refer(call, PROMPT))
    path = f"/prompts/{made['id']}"
    second = call.json("PUT", path, {"string": "two"})["prompt_version_id"]
    label = a(call, "label_id")
    call.json("PUT", f"{path}/versions/{made['version_id']}", {"label_id": label})
    assert call.json("GET", f"{path}/versions/{made['version_id']}")["prompt_version_label_id"] == label
    assert call.json("GET", f"{path}/versions/{second}").get("prompt_version_label_id") != label


def test_unknown_versions(call: Caller) -> None:
    """A version that does not exist can be neither read nor made the default."""
    path = f"/prompts/{call.json('POST', '/prompts', things.refer(call, PROMPT))['id']}"
    assert call("GET", f"{path}/versions/{UUID}").status == 404
    for body in ({"version": 7}, {}):
        assert call("PUT", f"{path}/makeDefault", body).status == 400


def test_versions_of_a_partial(call: Caller) -> None:
    """A partial has versions of the same kind, whose numbers are strings in the list."""
    made = call.json("POST", "/prompts/partials", {"name": "p", "string": "one"})
    path = f"/prompts/partials/{made['id']}"
    call.json("PUT", path, {"string": "two", "description": "better"})
    versions = call.json("GET", f"{path}/versions")["data"]
    assert [(each["version"], each["string"], each["prompt_version_status"]) for each in versions] == [
        ("2", "two", "archived"),
        ("1", "one", "active"),
    ]
    call.json("PUT", f"{path}/makeDefault", {"version": 2})
    assert (call.json("GET", path)["string"], call.json("GET", path)["version"]) == ("two", 2)


def test_versions_of_a_config(call: Caller) -> None:
    """A config shows its newest version at once, and keeps the older ones."""
    made = call.json("POST", "/configs", {"name": "c", "config": {"retry": {"attempts": 1}}})
    path = f"/configs/{made['slug']}"
    second = call.json("PUT", path, {"config": {"retry": {"attempts": 2}}})
    assert call.json("GET", path)["config"] == {"retry": {"attempts": 2}}
    assert call.json("GET", path)["version_id"] == second["version_id"] != made["version_id"]
    versions = call.json("GET", f"{path}/versions")["data"]
    assert [each["config"]["retry"]["attempts"] for each in versions] == [2, 1]


def test_a_config_names_its_virtual_key(call: Caller) -> None:
    """The slug of a virtual key is no secret, as a config could not be read without it; a key that it holds is one."""
    targets: list[dict[str, Any]] = [{"virtual_key": "openai-main", "weight": 1}, {"provider": "openai"}]
    kept = {"strategy": {"mode": "fallback"}, "targets": targets}
    leaky = {**kept, "targets": [targets[0], {**targets[1], "api_key": "sk-1", "token": "t"}]}
    made = call.json("POST", "/configs", {"name": "c", "config": leaky})
    assert call.json("GET", f"/configs/{made['slug']}")["config"] == kept


def test_versions_in_document_mode() -> None:
    """Where only the document counts, the versions of a made-up prompt are made up, too."""
    call = Caller(Gateway(spec.part("/prompts"), clock=ManualClock(), mode="document"))
    assert len(call.json("GET", "/prompts/p/versions")["data"]) == 1
    assert call("GET", f"/prompts/p/versions/{UUID}").status == 200
    assert call("PUT", "/prompts/p/makeDefault", {"version": 3}).status == 200
    call.json("PUT", "/prompts/p", {"name": "q"})
    assert call("PUT", "/prompts/p/makeDefault", {"version": 3}).status == 200
    assert call.json("GET", "/prompts/p")["name"] == "q"


def test_single_paths_in_document_mode() -> None:
    """Where only the document counts, what a single path lists is made up until something is put there."""
    call = Caller(Gateway(spec.part("/integrations", "/mcp-servers"), clock=ManualClock(), mode="document"))
    assert len(call.json("GET", "/integrations/i/models")["models"]) == 1
    call.json(
        "PUT", "/mcp-servers/s/capabilities", {"capabilities": [{"name": "mine", "type": "tool", "enabled": True}]}
    )
    assert [each["name"] for each in call.json("GET", "/mcp-servers/s/capabilities")["data"]] == ["mine"]
    call.json("POST", "/integrations", {"name": "n", "ai_provider_id": "openai", "slug": "a"})
    call.json("POST", "/integrations", {"name": "n", "ai_provider_id": "openai", "slug": "a"})


def test_snapshot(call: Caller, gateway: Gateway) -> None:
    """A snapshot brings back files, batches and everything else, as often as it is wanted; a reset leaves nothing."""
    file = call.upload(b"one")
    thread = call.json("POST", "/threads", {})["id"]
    order = {"input_file_id": file["id"], "endpoint": "/v1/embeddings", "completion_window": "24h"}
    batch = call.json("POST", "/batches", order)["id"]
    kept = gateway.snapshot()
    for _ in range(2):
        call.json("DELETE", f"/threads/{thread}")
        call.json("DELETE", f"/files/{file['id']}")
        call.json("POST", f"/batches/{batch}/cancel")
        gateway.restore(kept)
        assert call.json("GET", f"/threads/{thread}")["id"] == thread
        assert call("GET", f"/files/{file['id']}/content").body == b"one"
        assert call.json("GET", f"/batches/{batch}")["status"] == "validating"
    gateway.reset()
    for path in (f"/threads/{thread}", f"/files/{file['id']}", f"/batches/{batch}"):
        assert call("GET", path).status == 404
    assert call.upload(b"two")["id"] == file["id"]


def test_state_is_shown_as_it_is_now(clock: ManualClock) -> None:
    """What is kept is shown with its status of the moment, by collection and id, without secrets."""
    gateway = Gateway(spec.part("/fine_tuning", "/integrations", "/files", "/batches"), clock=clock)
    call = Caller(gateway)
    file = call.upload(b"{}")["id"]
    order = {**things.smallest_body("POST /fine_tuning/jobs"), "training_file": file}
    job = call.json("POST", "/fine_tuning/jobs", order)["id"]
    order = {"input_file_id": file, "endpoint": "/v1/embeddings", "completion_window": "24h"}
    batch = call.json("POST", "/batches", order)["id"]
    call.json("POST", "/integrations", {"name": "n", "ai_provider_id": "openai", "key": "sk-hidden"})
    before = gateway.state()
    clock.advance(3600)
    after = gateway.state()
    moved = [(told["/fine_tuning/jobs"][job]["status"], told["/batches"][batch]["status"]) for told in (before, after)]
    assert moved == [("validating_files", "validating"), ("succeeded", "failed")]
    assert after["/files"][file]["filename"] == "input.jsonl"
    (integration,) = after["/integrations"].values()
    assert integration["name"] == "n"
    assert "sk-hidden" not in json.dumps(after)
    call.json("DELETE", f"/files/{file}")
    assert "/files" not in gateway.state()


def test_gateways_share_a_compiled_document(clock: ManualClock) -> None:
    """Gateways of one compiled document, whatever their dialect, answer alike and keep their things apart."""
    document = compiled_from(spec.part("/files"), seed=7)
    one, two = (Caller(Gateway(document, clock=clock, dialect=each)) for each in ("portkey", "openai"))
    fresh = Caller(Gateway(spec.part("/files"), clock=clock, seed=7))
    assert one.upload(b"x") == fresh.upload(b"x")
    listed = two("GET", "/v1/files", authorization="Bearer sk")
    assert json.loads(listed.body)["data"] == []


def test_what_is_done_to_a_thing_without_a_life() -> None:
    """An operation that answers with a thing that does not move by itself answers about it, and changes nothing."""
    thing = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}, "required": ["id"]}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    answers = {"responses": {"200": {"content": content}}}
    paths = {
        "/things": {"post": {"requestBody": {"content": content}, **answers}},
        "/things/{id}": {"get": answers},
        "/things/{id}/touch": {"post": answers},
    }
    call = Caller(Gateway({"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"Thing": thing}}}))
    made = call.json("POST", "/things", {"id": "t", "name": "n"})
    assert call.json("POST", f"/things/{made['id']}/touch") == call.json("GET", f"/things/{made['id']}")


def test_one_is_not_true(call: Caller) -> None:
    """An answer that is asked for again says what is known now, also where Python holds the change for none."""
    config: dict[str, Any] = {"config": {"retry": {"attempts": 1}, "n": 1}, "name": "c"}
    slug = call.json("POST", "/v1/configs", config)["data"]["id"]
    told: list[Any] = []
    for value in (1, True, 1.0):
        call.json("PUT", f"/v1/configs/{slug}", {"config": {**config["config"], "n": value}})
        told += [json.dumps(call.json("GET", f"/v1/configs/{slug}")) for _ in range(2)]
    assert told[::2] == told[1::2]
    assert len(set(told)) == 3
