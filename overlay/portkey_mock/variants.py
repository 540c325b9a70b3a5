"""Batches and files as Bedrock, Cohere and Vertex have them behind Portkey: not quite as OpenAI's.

The core keeps one kind of batch and file. Here its bodies are put into a provider's words, and a provider's ids back
into those of the core. Sources: the code of the open gateway, and runs of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import quote

from portkey_mock.errors import Refusal
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object

Change: TypeAlias = Callable[[JsonObject], JsonObject]

_ARN: Final = "arn:aws:bedrock:us-east-1:000000000000:model-invocation-job/"
_BUCKETS: Final = {"bedrock": "s3://mock-bucket/", "vertex-ai": "gs://mock-bucket/"}
_JOBS: Final = {"bedrock": _ARN, "vertex-ai": "projects/mock/locations/us-central1/batchPredictionJobs/"}
PROVIDERS: Final = frozenset({"bedrock", "cohere", "vertex-ai"})
"""The providers whose batches and files look otherwise."""

_AWS: Final = {
    "validating": "Submitted",
    "in_progress": "InProgress",
    "finalizing": "InProgress",
    "completed": "Completed",
    "failed": "Failed",
    "expired": "Expired",
    "cancelling": "Stopping",
    "cancelled": "Stopped",
}
_COHERE: Final = {
    "validating": "processing",
    "in_progress": "processing",
    "finalizing": "processing",
    "completed": "complete",
    "cancelling": "cancelling",
}
_FILE_IDS: Final = ("input_file_id", "output_file_id", "error_file_id")


def inward(provider: str, name: str) -> str:
    """The id in the core of what a provider's id, decoded, names."""
    return name.rpartition("/")[2] if provider in _JOBS else name


def refuse(provider: str, method: str, shape: str) -> None:
    """Refuses what a provider does not have.

    Raises:
        Refusal: 500, as the gateway has it.
    """
    if (method, shape) == ("GET", "/files") and provider in _BUCKETS:
        raise Refusal(500, f"listFiles is not supported by {provider}", code="gateway_failure")


def forgives(provider: str, shape: str, status: int) -> bool:
    """Whether a refused cancel reads like a success: the gateway does not look at what two providers answer."""
    return provider in ("bedrock", "cohere") and shape == "/batches/{}/cancel" and status == 404


def outward(provider: str, method: str, shape: str, body: Json) -> Json:
    """The body of a successful answer in the provider's words."""
    if provider not in PROVIDERS or not is_object(body):
        return body
    if shape.endswith("/cancel") and provider != "vertex-ai":
        return {"status": "success", "object": "batch", "id": _job(provider, body["id"])}
    if (method, shape) == ("POST", "/batches") and provider == "bedrock":
        return {"id": _job(provider, body["id"]), "object": "batch"}
    if (method, shape) == ("GET", "/batches"):
        return _page(provider, body)
    kind = "batches" if shape.startswith("/batches") else "files"
    return _one(provider, method, kind, body)


def _page(provider: str, body: JsonObject) -> JsonObject:
    """A page of batches. Bedrock and Cohere do not tell whether more follow, and give their own words for a status."""
    batches: list[JsonObject] = body["data"] if is_array(body.get("data")) else []
    data = [_BATCH[provider](each) for each in batches]
    if provider == "vertex-ai":
        return {**body, "data": data}
    if provider == "bedrock":
        data = [{**each, "status": _AWS[batch["status"]]} for each, batch in zip(data, batches, strict=True)]
    return {"object": "list", "data": data}


def _one(provider: str, method: str, kind: str, body: JsonObject) -> JsonObject:
    if kind == "batches":
        return _BATCH[provider](body)
    if provider not in _BUCKETS or body.get("deleted"):
        return body
    facts = {"id": _file(provider, body["id"]), "filename": body.get("filename"), "status": body.get("status")}
    size, created = str(body.get("bytes")), _milliseconds(body.get("created_at"))
    if provider == "bedrock":
        return {**facts, "object": "file", "bytes": size, "createdAt": created, "purpose": ""}
    stamp = "create_at" if method == "POST" else "createdAt"
    return {**facts, "bytes": size, stamp: created, "purpose": None}


def _job(provider: str, name: str) -> str:
    return quote(_JOBS[provider] + name, safe="") if provider in _JOBS else name


def _file(provider: str, name: Json) -> Json:
    return quote(_BUCKETS[provider] + name, safe="") if provider in _BUCKETS and isinstance(name, str) else name


def _milliseconds(seconds: Json) -> Json:
    return seconds * 1000 if isinstance(seconds, int) else seconds


def _moved(provider: str, body: JsonObject) -> JsonObject:
    """A batch with the provider's ids, and its times in milliseconds."""
    times = {name: _milliseconds(value) for name, value in body.items() if name.endswith("_at")}
    files = {
        name: _file(provider, inward(provider, body[name])) for name in _FILE_IDS if isinstance(body.get(name), str)
    }
    return {**body, **times, **files, "id": _job(provider, body["id"])}


def _bedrock(body: JsonObject) -> JsonObject:
    """The state of a job in AWS's words, in snake case, and neither endpoint nor completion window."""
    moved = _moved("bedrock", body)
    status = "".join(f"_{each.lower()}" if each.isupper() else each for each in _AWS[body["status"]]).lstrip("_")
    kept = {name: value for name, value in moved.items() if name not in ("endpoint", "completion_window")}
    return {**kept, "status": status}


def _cohere(body: JsonObject) -> JsonObject:
    return {**_moved("cohere", body), "status": _COHERE.get(body["status"], body["status"])}


def _vertex(body: JsonObject) -> JsonObject:
    """No completion window, and counts in strings."""
    counts: JsonObject = body.get("request_counts") or {}
    words = {name: str(value) for name, value in counts.items()}
    return {**_moved("vertex-ai", body), "completion_window": None, "request_counts": words}


_BATCH: Final[Mapping[str, Change]] = {"bedrock": _bedrock, "cohere": _cohere, "vertex-ai": _vertex}
