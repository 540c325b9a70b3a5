"""Valid bodies for any operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tests.contract.calls import NOTHING, Lacking
from tests.contract.document import Operation
from tests.mock import spec

if TYPE_CHECKING:
    from tests.contract.world import World

LINE: Final = {
    "custom_id": "1",
    "method": "POST",
    "url": "/v1/embeddings",
    "body": {"model": "mock-model", "input": "x"},
}

NATURAL: Final[Mapping[str, Any]] = {
    "POST /admin/workspaces/{workspaceId}/users": {
        "users": [{"id": "5b6962dd-3f90-4c93-8f61-eabfa4a803e2", "role": "member"}]
    },
    "POST /chat/completions": {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Say hello."}],
        "store": True,
    },
    "POST /completions": {"model": "gpt-3.5-turbo-instruct", "prompt": "Say hello."},
    "POST /embeddings": {"model": "text-embedding-3-small", "input": "hello", "encoding_format": "float"},
    "POST /files": {"purpose": "batch", "file": json.dumps(LINE).encode()},
    "POST /batches": {"input_file_id": "file-unknown", "endpoint": "/v1/embeddings", "completion_window": "24h"},
    "POST /uploads": {"filename": "f.jsonl", "purpose": "batch", "bytes": 0, "mime_type": "application/jsonl"},
    "POST /responses": {"model": "gpt-4o", "input": "Say hello.", "background": True},
    "PUT /prompts/{promptId}/makeDefault": {"version": 1},
    "PUT /prompts/partials/{promptPartialId}/makeDefault": {"version": 1},
    "POST /threads/{thread_id}/runs": {
        "assistant_id": "asst_1",
        "tools": [{"type": "function", "function": {"name": "f"}}],
    },
}
"""What one would send, where the smallest valid body is odd or leads nowhere."""

REFERENCES: Final[Mapping[str, str]] = {
    "input_file_id": "/files/{file_id}",
    "training_file": "/files/{file_id}",
    "file_id": "/files/{file_id}",
    "assistant_id": "/assistants/{assistant_id}",
    "integration_id": "/integrations/{slug}",
    "mcp_integration_id": "/mcp-integrations/{mcpIntegrationId}",
    "collection_id": "/collections/{collectionId}",
    "workspace_id": "/admin/workspaces/{workspaceId}",
}
"""Members of a body that name a thing, each with the path of such things."""


UNSUITED: Final = frozenset({"stream", "stream_options", "encoding_format", "response_format", "background"})
"""Members that make an answer another kind of thing."""


def valid(world: World, operation: Operation) -> Any:
    """A valid body whose references are to things that exist; `NOTHING` where the operation takes none."""
    body = _plain(operation)
    return _referring(world, body) if isinstance(body, dict) else body


def guessed(world: World, operation: Operation) -> str | None:
    """The member of the valid body that names a thing which nobody made or gave; None if there is none."""
    body = NOTHING if str(operation) in world.profile.bodies else _plain(operation)
    named: dict[str, Any] = body if isinstance(body, dict) else {}
    for name in sorted(named.keys() & REFERENCES.keys() - world.profile.ids.keys()):
        try:
            world.things(REFERENCES[name])
        except Lacking:
            return name
    return None


def varied(world: World, operation: Operation, body: Any) -> Any:
    """A valid body with some more of the members that the document knows, chosen at random."""
    media, schema = _declared(operation)
    properties = spec.flat(schema).get("properties", {})
    if media != "application/json" or not isinstance(body, dict) or not properties:
        return body
    grown = dict(body)
    for name in sorted(properties.keys() - body.keys() - UNSUITED):
        if world.random.random() < 0.5:
            value = spec.smallest(properties[name])
            if spec.validator(properties[name]).is_valid(value):
                grown[name] = value
    return grown if spec.validator(schema).is_valid(grown) else body


def encoded(operation: Operation, body: Any) -> tuple[str, bytes]:
    """The content type and the bytes of a body; a member of a form that is bytes is a file."""
    media, schema = _declared(operation)
    if media != "multipart/form-data" or not isinstance(body, dict):
        return media, json.dumps(body).encode()
    properties = spec.flat(schema).get("properties", {})
    binary = {name for name in body if spec.resolve(properties.get(name, {})).get("format") == "binary"}
    files = {name: body[name] if isinstance(body[name], bytes) else b"content" for name in body if name in binary}
    suffix = "jsonl" if body.get("purpose") == "batch" else "bin"  # LiteLLM takes no other for batches
    return spec.multipart({name: value for name, value in body.items() if name not in files}, files, suffix)


def _plain(operation: Operation) -> Any:
    """A valid body whose references may be to nothing."""
    if "requestBody" not in operation.raw:
        return NOTHING
    natural = NATURAL.get(str(operation))
    return spec.smallest(_declared(operation)[1]) if natural is None else natural


def _declared(operation: Operation) -> tuple[str, Any]:
    content = operation.raw["requestBody"]["content"]
    media = next(iter(content))
    return media, content[media]["schema"]


def _referring(world: World, body: dict[str, Any]) -> dict[str, Any]:
    found = dict(body)
    for name, value in body.items():
        one = name.removesuffix("s") if isinstance(value, list) else name
        if one in world.profile.ids:
            thing = world.profile.ids[one]
        elif one in REFERENCES:
            try:
                thing = next(iter(world.things(REFERENCES[one]).values()))
            except Lacking:
                continue
        else:
            continue
        found[name] = [thing] if isinstance(value, list) else thing
    return found
