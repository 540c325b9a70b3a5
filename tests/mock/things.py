"""Things for the tests to ask for: whatever the path of an operation names is made first, by the API itself."""

from __future__ import annotations

import json
import re
from typing import Any

from portkey_mock import Response
from tests.mock import spec
from tests.mock.conftest import Caller

BY_NAME = {str(op): op for op in spec.OPERATIONS}
ELSEWHERE = {
    "/api-keys": "POST /api-keys/{type}/{sub-type}",
    "/fine_tuning/checkpoints": None,
    "/admin/workspaces/{workspaceId}/users": "POST /admin/workspaces/{workspaceId}/users",
}
"""What makes the things of a collection, where that is not POST on the collection itself."""

MEMBER = "5b6962dd-3f90-4c93-8f61-eabfa4a803e2"

BODIES: dict[str, Any] = {
    "POST /admin/workspaces/{workspaceId}/users": {"users": [{"id": MEMBER, "role": "member"}]},
    "POST /chat/completions": {"model": "m", "messages": [{"role": "user", "content": "hi"}], "store": True},
    "POST /responses": {"model": "m", "input": "hi", "background": True},
    "POST /uploads": {"filename": "f", "purpose": "batch", "bytes": 0, "mime_type": "text/plain"},
    "POST /uploads/{upload_id}/complete": {"part_ids": []},
    "PUT /prompts/{promptId}/makeDefault": {"version": 1},
    "PUT /prompts/partials/{promptPartialId}/makeDefault": {"version": 1},
    "POST /threads/{thread_id}/runs": {
        "assistant_id": "asst_1",
        "tools": [{"type": "function", "function": {"name": "f"}}],
    },
}
BEFORE = {
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/resume": "pause",
    "GET /logs/exports/{exportId}/download": "start",
}
"""What has to be done to a thing before an operation can be."""


REFERS = {
    "assistant_id": "/assistants/{assistant_id}",
    "collection_id": "/collections/{collectionId}",
    "config_id": "/configs/{slug}",
    "file_id": "/files/{file_id}",
    "file_ids": "/files/{file_id}",
    "id": "/admin/workspaces/{workspaceId}",
    "integration_id": "/integrations/{slug}",
    "label_id": "/labels/{labelId}",
    "mcp_integration_id": "/mcp-integrations/{mcpIntegrationId}",
    "parent_collection_id": "/collections/{collectionId}",
    "previous_response_id": "/responses/{response_id}",
    "secret_reference_id": "/secret-references/{secretReferenceId}",
    "training_file": "/files/{file_id}",
    "validation_file": "/files/{file_id}",
    "vector_store_ids": "/vector_stores/{vector_store_id}",
    "workspace_id": "/admin/workspaces/{workspaceId}",
}
"""What the members of a body refer to, by their names; `id` only in a list called `workspaces`."""


def refer(call: Caller, value: Any, name: str = "", within: str = "") -> Any:
    """`value` with references to things that were made for it."""
    if isinstance(value, dict):
        return {key: refer(call, child, key, name) for key, child in value.items()}
    if isinstance(value, list):
        return [refer(call, child, name, within) for child in value]
    if not isinstance(value, str) or name not in REFERS or (name == "id" and within != "workspaces"):
        return value
    return next(reversed(make(call, REFERS[name]).values()))


def smallest_body(name: str) -> Any:
    """The smallest body of an operation that takes one."""
    body = BY_NAME[name].body
    assert body is not None
    return spec.smallest(body[1])


def call_operation(call: Caller, op: spec.Op, ids: dict[str, str], body: Any = None) -> Response:
    """The answer to the smallest request for `op` about the things named by `ids`."""
    sent = BODIES.get(str(op)) if body is None else body
    if op.path == "/batches" and body is None and op.method == "POST":
        line = {"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "i"}}
        file = call.upload(json.dumps(line).encode())
        sent = {"input_file_id": file["id"], "endpoint": "/v1/embeddings", "completion_window": "24h"}
    if op.body is not None and op.body[0] == "application/json" and not (op.path == "/batches" and sent):
        sent = refer(call, smallest_body(str(op)) if sent is None else sent)
    return call.gateway.handle(spec.request(op, sent, ids=ids))


def make(call: Caller, path: str) -> dict[str, str]:
    """Makes everything that `path` names, outermost first; the ids by the names of the path parameters."""
    ids: dict[str, str] = {}
    for found in re.finditer(r"/\{([^}]*)\}", path):
        collection, parameter = path[: found.start()], found[1]
        ids[parameter] = _made(call, collection, parameter, ids)
    return ids


def _made(call: Caller, collection: str, parameter: str, ids: dict[str, str]) -> str:
    create = BY_NAME.get(ELSEWHERE.get(collection, f"POST {collection}") or "")
    listing = BY_NAME.get(f"GET {collection}")
    if collection.endswith("/versions"):
        create = None
    if collection == "/api-keys" and parameter != "id":
        create = listing = None
    if create is not None and create.success and create.content(create.success):
        answer = call_operation(call, create, ids)
        assert answer.status == 200, (create, answer.body)
        members = json.loads(answer.body)
        members = members | (members["data"] if isinstance(members.get("data"), dict) else {})
        if parameter == "userId":
            return MEMBER
        if isinstance(members.get("data"), list):
            return str(members["data"][0]["id"])
        return str(members.get("feedback_ids", [members.get(parameter, members.get("id", members.get("slug")))])[0])
    if listing is not None:
        items = next(
            each for each in json.loads(call_operation(call, listing, ids).body).values() if isinstance(each, list)
        )
        return str(items[0].get(parameter) or items[0].get("id"))
    declared = next(op for op in spec.OPERATIONS if op.path.startswith(f"{collection}/{{{parameter}}}"))
    schema = next(each["schema"] for each in declared.parameters("path") if each["name"] == parameter)
    return str(spec.smallest(schema))
