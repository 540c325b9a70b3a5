"""A gateway that somebody else might have written: files, batches, models, vector stores and chat, for many accounts.

It has nothing of the mock: ids are numbers or words, a batch gets further each time it is read, what is wrong is
refused with 422, each key has an account of its own, and what is sent again with its `Idempotency-Key` is answered as
the first time. The faults of `faults.unseen` are put into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from itertools import count
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, unquote

from portkey_mock import Request, Response
from tests.contract.document import DOCUMENT
from tests.contract.profiles import Profile
from tests.mock import spec

Route: TypeAlias = Callable[["Account", Request, str], Response]

OPERATIONS: Final = (
    "GET /models",
    "* /files*",
    "GET /batches",
    "POST /batches",
    "GET /batches/{batch_id}",
    "POST /batches/{batch_id}/cancel",
    "* /vector_stores",
    "* /vector_stores/{vector_store_id}",
    "POST /chat/completions",
)
"""What it has, as a profile says it."""

PROFILE: Final = Profile(
    "stranger",
    credentials={"authorization": "Bearer ${STRANGER_KEY:-sk-of-the-first-account}"},
    operations=OPERATIONS,
    idempotent=("POST /files", "POST /batches", "POST /vector_stores", "POST /chat/completions"),
)
"""What an address and a list of operations tell of it, and that it keeps the keys of what it made."""

_START: Final = 1_700_000_000
_LIFE: Final = ("validating", "validating", "in_progress", "in_progress", "finalizing", "completed")
_END: Final = ("cancelling", "cancelling", "cancelled")
_WORDS: Final = ("One", " after", " the", " other", ".")
_PURPOSES: Final = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


class Stranger:
    """The gateway: a key opens an account, and a table says who answers."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.clock = count(_START)

    def handle(self, request: Request) -> Response:
        """The answer to one request."""
        scheme, _, key = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return _refused(401, "Who are you?")
        account = self.accounts.setdefault(key, Account(self.clock))
        path = request.path.removeprefix("/v1").rstrip("/")
        found = {
            method: (route, match)
            for method, pattern, route in _ROUTES
            if (match := re.fullmatch(pattern.replace("{}", "([^/]+)"), path)) is not None
        }
        if not found:
            return _refused(404, "Nothing lives here.")
        if request.method not in found:
            return _refused(405, "Not in this way.", allow=", ".join(found))
        route, match = found[request.method]
        again = (path, request.header("idempotency-key") or "")
        if not again[1] or again not in account.answered:
            account.answered[again] = route(account, request, unquote(match[1]) if match.groups() else "")
        return account.answered[again]


class Account:
    """What belongs to one key."""

    def __init__(self, clock: Iterator[int]) -> None:
        self.clock = clock
        self.numbers = count(1)
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.plans: dict[str, list[str]] = {}
        self.stores: dict[str, dict[str, Any]] = {}
        self.answered: dict[tuple[str, str], Response] = {}

    def keep(self, name: str, content: bytes, purpose: str) -> dict[str, Any]:
        """A new file."""
        file: dict[str, Any] = {
            "id": str(100 + next(self.numbers)), "object": "file", "bytes": len(content),
            "created_at": next(self.clock), "filename": name, "purpose": purpose, "status": "processed",
        }  # fmt: skip
        self.files[file["id"]] = file
        self.contents[file["id"]] = content
        return file

    def step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A batch, a step further."""
        plan = self.plans[batch["id"]]
        if len(plan) > 1:
            plan.pop(0)
        if batch["status"] != plan[0]:
            batch["status"] = plan[0]
            batch[f"{plan[0]}_at"] = next(self.clock)
            if plan[0] in ("completed", "cancelled"):
                self.finish(batch)
        return batch

    def finish(self, batch: dict[str, Any]) -> None:
        """The results of a batch that has ended: all of them, or those that were there when it was cancelled."""
        lines = [json.loads(line) for line in self.contents[batch["input_file_id"]].splitlines() if line.strip()]
        done = lines if batch["status"] == "completed" else lines[:1]
        answers = [{"custom_id": each["custom_id"], "response": {"status_code": 200, "body": {}}} for each in done]
        text = "".join(json.dumps(each) + "\n" for each in answers).encode()
        batch["output_file_id"] = self.keep("output.jsonl", text, "batch_output")["id"]
        batch["request_counts"] = {"total": len(lines), "completed": len(done), "failed": 0}


def _models(account: Account, request: Request, _: str) -> Response:
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if wrong := _wrong_query("/models", query):
        return _refused(422, wrong)
    names = sorted(("large", "small", "tiny"), reverse=query.get("order") == "desc")
    start = max(int(query.get("offset", 0)), 0)
    names = names[start : start + int(query.get("limit", 3))]
    models = [{"id": name, "object": "model", "created": _START, "owned_by": "us"} for name in names]
    return _answer({"object": "list", "data": models})


def _upload(account: Account, request: Request, _: str) -> Response:
    fields = _form(request)
    if fields is None:
        return _refused(400, "This is no form.")
    purpose = fields.get("purpose", b"").decode("utf-8", "replace")
    if "file" not in fields or purpose not in _PURPOSES:
        return _refused(422, "A form needs a file and a purpose that we know.")
    rest = {name: value.decode("utf-8", "replace") for name, value in fields.items() if name not in ("file", "purpose")}
    seconds = rest.pop("expires_after[seconds]", "3600")
    if rest.pop("expires_after[anchor]", "created_at") != "created_at" or rest:
        return _refused(422, "There is no such field.")
    if not re.fullmatch(r"\d+", seconds) or not 3600 <= int(seconds) <= 2_592_000:
        return _refused(422, "That is no lifetime.")
    return _answer(account.keep("upload", fields["file"], purpose))


def _create_batch(account: Account, request: Request, _: str) -> Response:
    body = _body("POST /batches", request)
    if isinstance(body, Response):
        return body
    if body.get("input_file_id") not in account.files:
        return _refused(400, "There is no such input file.")
    batch: dict[str, Any] = {
        "id": f"job.{next(account.numbers)}", "object": "batch", "endpoint": body.get("endpoint", "/v1/embeddings"),
        "input_file_id": body["input_file_id"], "completion_window": body.get("completion_window", "24h"),
        "status": "validating", "created_at": next(account.clock), "metadata": body.get("metadata"),
        "output_file_id": None, "error_file_id": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
    }  # fmt: skip
    account.batches[batch["id"]] = batch
    account.plans[batch["id"]] = list(_LIFE)
    return _answer(batch)


def _read_batch(account: Account, request: Request, id_: str) -> Response:
    batch = account.batches.get(id_)
    return _refused(404, "There is no such batch.") if batch is None else _answer(account.step(batch))


def _cancel(account: Account, request: Request, id_: str) -> Response:
    batch = account.batches.get(id_)
    if batch is None:
        return _refused(404, "There is no such batch.")
    if batch["status"] in ("completed", "cancelled"):
        return _refused(409, f"It is {batch['status']} already.")
    if batch["status"] != "cancelling":
        account.plans[id_] = list(_END)
        batch |= {"status": "cancelling", "cancelling_at": next(account.clock)}
    return _answer(batch)


def _create_store(account: Account, request: Request, _: str) -> Response:
    body = _body("POST /vector_stores", request)
    if isinstance(body, Response):
        return body
    now = next(account.clock)
    store: dict[str, Any] = {
        "id": f"Store_{next(account.numbers):05}", "object": "vector_store", "created_at": now, "status": "completed",
        "name": body.get("name"), "usage_bytes": 0, "last_active_at": now, "metadata": body.get("metadata"),
        "file_counts": dict.fromkeys(("in_progress", "completed", "failed", "cancelled", "total"), 0),
    }  # fmt: skip
    account.stores[store["id"]] = store
    return _answer(store)


def _update_store(account: Account, request: Request, id_: str) -> Response:
    if id_ not in account.stores:
        return _refused(404, "There is no such store.")
    body = _body("POST /vector_stores/{vector_store_id}", request)
    if isinstance(body, Response):
        return body
    account.stores[id_] |= {name: body[name] for name in ("name", "metadata") if name in body}
    return _answer(account.stores[id_])


def _chat(account: Account, request: Request, _: str) -> Response:
    body = _body("POST /chat/completions", request)
    if isinstance(body, Response):
        return body
    head = {"id": f"talk-{next(account.numbers)}", "created": next(account.clock), "model": body["model"]}
    choices = range(body.get("n") or 1)
    usage = {"prompt_tokens": 7, "completion_tokens": len(_WORDS) * len(choices)}
    usage["total_tokens"] = sum(usage.values())
    if body.get("stream"):
        wanted = (body.get("stream_options") or {}).get("include_usage")
        return _streamed(head, choices, usage if wanted else None)
    message = {"role": "assistant", "content": "".join(_WORDS)}
    told = [{"index": each, "message": message, "finish_reason": "stop", "logprobs": None} for each in choices]
    return _answer({**head, "object": "chat.completion", "choices": told, "usage": usage})


def _streamed(head: dict[str, Any], choices: range, usage: dict[str, int] | None) -> Response:
    chunks: list[dict[str, Any]] = []
    for each in choices:
        pieces = [({"role": "assistant", "content": ""}, None), *(({"content": word}, None) for word in _WORDS)]
        for delta, reason in [*pieces, ({}, "stop")]:
            chunks.append({"choices": [{"index": each, "delta": delta, "finish_reason": reason, "logprobs": None}]})
    if usage is not None:
        chunks.append({"choices": [], "usage": usage})
    lines = [json.dumps({**head, "object": "chat.completion.chunk", **chunk}) for chunk in chunks]
    body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()
    return Response(200, (("content-type", "text/event-stream; charset=utf-8"),), body)


def _kept(name: str, noun: str) -> tuple[Route, Route]:
    """How a kind of thing is listed, newest first, and read."""

    def listed(account: Account, request: Request, _: str) -> Response:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        if wrong := _wrong_query(f"/{name}", query):
            return _refused(422, wrong)
        things = list(getattr(account, name.removeprefix("vector_")).values())
        things = [each for each in things if query.get("purpose", each.get("purpose")) == each.get("purpose")]
        if query.get("order", "desc") == "desc":
            things.reverse()
        ids = [each["id"] for each in things]
        if "after" in query:
            things = things[ids.index(query["after"]) + 1 :] if query["after"] in ids else []
        if query.get("before") in ids:
            things = things[: ids.index(query["before"])]
        page = things[: int(query.get("limit", 20))]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": "", "last_id": ""}
        return _answer({"object": "list", "data": page, "has_more": len(page) < len(things), **ends})

    def read(account: Account, request: Request, id_: str) -> Response:
        thing = getattr(account, name.removeprefix("vector_")).get(id_)
        return _refused(404, f"There is no such {noun}.") if thing is None else _answer(thing)

    return listed, read


def _content(account: Account, request: Request, id_: str) -> Response:
    if id_ not in account.files:
        return _refused(404, "There is no such file.")
    return Response(200, (("content-type", "application/octet-stream"),), account.contents[id_])


def _remove(name: str, noun: str) -> Route:
    def removed(account: Account, request: Request, id_: str) -> Response:
        if getattr(account, name).pop(id_, None) is None:
            return _refused(404, f"There is no such {noun}.")
        return _answer({"id": id_, "object": noun, "deleted": True})

    return removed


def _answer(value: Any, status: int = 200, **headers: str) -> Response:
    fields = {"content-type": "application/json", **headers}
    return Response(status, tuple(fields.items()), json.dumps(value).encode())


def _refused(status: int, message: str, **headers: str) -> Response:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return _answer({"error": {"message": message, "type": kind, "code": str(status), "param": None}}, status, **headers)


def _body(operation: str, request: Request) -> Any:
    """The JSON object of a request, or the refusal of what is none."""
    media = (request.header("content-type") or "").lower().replace(" ", "")
    if media.partition(";")[0] != "application/json" or "charset=" in media.replace("charset=utf-8", ""):
        return _refused(415, "JSON, please.")
    try:
        body = json.loads(request.body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return _refused(400, "This is no JSON.")
    method, _, path = operation.partition(" ")
    declared = DOCUMENT["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    error = next(iter(spec.validator(declared).iter_errors(body)), None)
    return body if error is None and isinstance(body, dict) else _refused(422, "The body is not as it has to be.")


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _wrong_query(path: str, query: dict[str, str]) -> str:
    for each in DOCUMENT["paths"][path]["get"]["parameters"]:
        text = query.get(each["name"])
        if text is None:
            continue
        whole = re.fullmatch(r"-?\d{1,18}", text) if each["schema"].get("type") == "integer" else None
        if not spec.validator(each["schema"]).is_valid(int(text) if whole else text) or (whole and int(text) < 0):
            return f"{each['name']} cannot be {text[:50]}."
    return ""


def _form(request: Request) -> dict[str, bytes] | None:
    media = request.header("content-type") or ""
    if not media.lower().startswith("multipart/form-data") or "boundary=" not in media:
        return None
    closed = request.body.rstrip().endswith(b"--")
    found = message_from_bytes(b"Content-Type: " + media.encode() + b"\r\n\r\n" + request.body)
    if not found.is_multipart() or not closed:
        return None
    fields: dict[str, bytes] = {}
    boundary = b"\r\n--" + str(found.get_boundary()).encode()
    for part in (b"\r\n" + request.body).split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            fields[name[1].decode("utf-8", "replace")] = content
    return fields


_LIST_FILES, _READ_FILE = _kept("files", "file")
_LIST_BATCHES, _ = _kept("batches", "batch")
_LIST_STORES, _READ_STORE = _kept("vector_stores", "vector store")

_ROUTES: Final[tuple[tuple[str, str, Route], ...]] = (
    ("GET", "/models", _models),
    ("GET", "/files", _LIST_FILES),
    ("POST", "/files", _upload),
    ("GET", "/files/{}", _READ_FILE),
    ("DELETE", "/files/{}", _remove("files", "file")),
    ("GET", "/files/{}/content", _content),
    ("GET", "/batches", _LIST_BATCHES),
    ("POST", "/batches", _create_batch),
    ("GET", "/batches/{}", _read_batch),
    ("POST", "/batches/{}/cancel", _cancel),
    ("GET", "/vector_stores", _LIST_STORES),
    ("POST", "/vector_stores", _create_store),
    ("GET", "/vector_stores/{}", _READ_STORE),
    ("POST", "/vector_stores/{}", _update_store),
    ("DELETE", "/vector_stores/{}", _remove("stores", "vector_store.deleted")),
    ("POST", "/chat/completions", _chat),
)
