"""Things that are lost, come back, change by themselves, or are somebody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from portkey_mock import Response
from tests.contract.faults.fault import BATCHES, STORES, Fault, Visit, answers, json_of, rewritten, told, with_header
from tests.contract.stranger import OPERATIONS

_STORE: Final = "GET /vector_stores/{vector_store_id}"
_STORES: Final = "GET /vector_stores"
_MAKE: Final = "POST /vector_stores"
_UPDATE: Final = "POST /vector_stores/{vector_store_id}"
_REMOVE: Final = "DELETE /vector_stores/{vector_store_id}"
_BATCH: Final = "GET /batches/{batch_id}"
_CANCEL: Final = "POST /batches/{batch_id}/cancel"
_ONCE: Final = ("idempotency",)
_PROMPT: Final = "GET /prompts/{promptId}"


def _look(visit: Visit) -> Response:
    """What the thing of the request looks like."""
    path = visit.request.path.removesuffix("/cancel")
    return visit.answer(method="GET", path=path, query="", body=b"")


def _as_told(response: Response, **members: Any) -> Response:
    return rewritten(response, lambda found: {**found, **members})


def _cancels_ended(visit: Visit) -> Response:
    response = visit.answer()
    return _look(visit) if visit.meets(_CANCEL) and response.status == 409 else response


def _cancels_completed(visit: Visit) -> Response:
    """What is completed becomes cancelled."""
    batch = visit.request.path.removesuffix("/cancel").rpartition("/")[2]
    response = visit.answer()
    if visit.meets(_CANCEL) and response.status == 409:
        visit.memory[batch] = True
        response = _look(visit)
    return _as_told(response, status="cancelled") if batch in visit.memory and response.status == 200 else response


def _pretends_to_cancel(visit: Visit) -> Response:
    if not visit.meets(_CANCEL):
        return visit.answer()
    found = _look(visit)
    return _as_told(found, status="cancelling") if b'"in_progress"' in found.body else visit.answer()


def _ignores_cancel(visit: Visit) -> Response:
    return _look(visit) if visit.meets(_CANCEL) else visit.answer()


def _cancelled_completes(visit: Visit) -> Response:
    return told(_BATCH, lambda found: found | {"status": "completed"} if found["status"] == "cancelled" else found)(
        visit
    )


def _goes_back(visit: Visit) -> Response:
    return told(_BATCH, lambda found: found | {"status": "validating"} if found["status"] == "finalizing" else found)(
        visit
    )


def _counts_back(visit: Visit) -> Response:
    def change(found: Any) -> Any:
        counts = found["request_counts"]
        return found | {"request_counts": counts | {"completed": 0}} if found["status"] == "completed" else found

    return told(_BATCH, change)(visit)


def _half_the_output(visit: Visit) -> Response:
    """Half of the lines of each file that a batch made are lost."""
    response = visit.answer()
    if visit.meets("GET /files/{file_id}/content") and b'"response"' in response.body:
        lines = response.body.splitlines(keepends=True)
        return replace(response, body=b"".join(lines[::2]), chunks=())
    return response


def _early_output(visit: Visit) -> Response:
    response = visit.answer()
    early = visit.meets("GET /batches/{batch_id}/output") and response.status >= 400
    headers = (("content-type", "application/octet-stream"),)
    known = early and visit.answer(path=visit.request.path.removesuffix("/output")).status == 200
    return replace(response, status=200, headers=headers, body=b"{}\n") if known else response


def _deletes_nothing(visit: Visit) -> Response:
    if not visit.meets(_REMOVE):
        return visit.answer()
    found = _look(visit)
    gone = {"id": visit.request.path.rpartition("/")[2], "object": "vector_store.deleted", "deleted": True}
    return replace(found, body=json.dumps(gone).encode()) if found.status < 300 else found


def _comes_back(visit: Visit) -> Response:
    """What was deleted is gone once, and back when it is asked for again."""
    if visit.meets(_REMOVE):
        found = _look(visit)
        response = visit.answer()
        if response.status < 300:
            visit.memory[visit.request.path] = [found, 0]
        return response
    kept = visit.memory.get(visit.request.path)
    if kept is None or visit.request.method != "GET":
        return visit.answer()
    kept[1] += 1
    return kept[0] if kept[1] > 1 else visit.answer()


def _stays_in_list(visit: Visit) -> Response:
    if visit.meets(_REMOVE):
        found = _look(visit)
        if found.status < 300:
            visit.memory.setdefault("gone", []).append(json.loads(found.body))
    gone = visit.memory.get("gone", [])
    return told(_STORES, lambda found: found | {"data": [*found["data"], *gone]})(visit)


def _content_stays(visit: Visit) -> Response:
    path = visit.request.path
    if visit.request.method == "DELETE" and path.startswith("/v1/files/"):
        visit.memory[f"{path}/content"] = visit.answer(method="GET", path=f"{path}/content")
    response = visit.answer()
    kept = visit.memory.get(path) if visit.request.method == "GET" else None
    return kept if response.status == 404 and kept is not None and kept.status == 200 else response


def _deletes_again(visit: Visit) -> Response:
    response = visit.answer()
    if visit.meets(_REMOVE) and response.status == 404:
        gone = {"id": visit.request.path.rpartition("/")[2], "object": "vector_store.deleted", "deleted": True}
        return Response(200, (("content-type", "application/json"),), json.dumps(gone).encode())
    return response


def _lost_update(visit: Visit) -> Response:
    if not visit.meets(_UPDATE):
        return visit.answer()
    response, sent = _look(visit), json_of(visit.request.body)
    return _as_told(response, **sent) if response.status < 300 and isinstance(sent, dict) else visit.answer()


def _updates_all(visit: Visit) -> Response:
    """A new name goes to every other thing as well."""
    response, sent = visit.answer(), json_of(visit.request.body)
    if visit.meets(_UPDATE) and response.status < 300 and isinstance(sent, dict) and sent.get("name"):
        for each in json.loads(visit.answer(method="GET", path="/v1/vector_stores", query="limit=100", body=b"").body)[
            "data"
        ]:
            visit.answer(path=f"/v1/vector_stores/{each['id']}", body=json.dumps({"name": sent["name"]}).encode())
    return response


def _wipes(visit: Visit) -> Response:
    """An update of the name forgets the metadata."""
    response, sent = visit.answer(), json_of(visit.request.body)
    if visit.meets(_UPDATE) and response.status < 300 and isinstance(sent, dict) and "metadata" not in sent:
        return visit.answer(body=json.dumps({**sent, "metadata": {}}).encode())
    return response


def _not_created(visit: Visit) -> Response:
    """Every other thing that is made is not kept."""
    response = visit.answer()
    if visit.meets(_MAKE) and response.status < 300:
        visit.memory["count"] = visit.memory.get("count", 0) + 1
        if visit.memory["count"] % 2 == 0:
            visit.answer(method="DELETE", path=f"/v1/vector_stores/{json.loads(response.body)['id']}", body=b"")
    return response


def _makes_up(visit: Visit) -> Response:
    response = visit.answer()
    if visit.meets(_STORE) and response.status == 404:
        made = visit.answer(path="/v1/vector_stores", query="limit=1")
        things = json.loads(made.body)["data"]
        return replace(made, body=json.dumps(things[0]).encode()) if things else response
    return response


def _of_others(visit: Visit) -> Response:
    """What is read is the thing that was made before it."""
    response = visit.answer()
    if visit.meets(_MAKE) and response.status < 300:
        visit.memory.setdefault("ids", []).append(json.loads(response.body)["id"])
    ids, id_ = visit.memory.get("ids", []), visit.request.path.rpartition("/")[2]
    if visit.meets(_STORE) and id_ in ids[1:]:
        before = [visit.answer(path=f"/v1/vector_stores/{each}") for each in ids[: ids.index(id_)]]
        return next((each for each in reversed(before) if each.status == 200), response)
    return response


def _lists_others(visit: Visit) -> Response:
    """The list has a thing of another account, which cannot be read."""
    response = visit.answer()
    if not visit.meets(_STORES) or response.status != 200:
        return response
    body = json.loads(response.body)
    others = [each | {"id": "vs_of_another_account", "name": "secret"} for each in body["data"][:1]]
    return replace(response, body=json.dumps(body | {"data": [*body["data"], *others]}).encode())


def _list_changes(visit: Visit) -> Response:
    visit.memory["count"] = visit.memory.get("count", 0) + 1
    return told(_STORES, lambda found: found | {"data": found["data"][visit.memory["count"] % 2 :]})(visit)


def _same_id(visit: Visit) -> Response:
    """Everything that is made has the id of the first."""
    if not visit.meets(_MAKE):
        return visit.answer()
    response = visit.answer()
    if response.status >= 300:
        return response
    first: str = visit.memory.setdefault("first", json.loads(response.body)["id"])
    return _as_told(response, id=first)


def _name_in_list(visit: Visit) -> Response:
    return told(_STORES, lambda found: found | {"data": [each | {"name": "untitled"} for each in found["data"]]})(visit)


def _stalls(visit: Visit) -> Response:
    """A batch goes on for ever: none of its later moments comes."""

    def change(found: Any) -> Any:
        if found["status"] not in ("finalizing", "completed"):
            return found
        return found | {"status": "in_progress", "output_file_id": None, "completed_at": None, "finalizing_at": None}

    return told(_BATCH, change)(visit)


def _forgets_keys(visit: Visit) -> Response:
    """What is sent again with its Idempotency-Key is made again."""
    return visit.answer(headers=tuple(each for each in visit.request.headers if each[0] != "idempotency-key"))


def _one_key(visit: Visit) -> Response:
    """Any Idempotency-Key is the first one."""
    keyed = visit.request.header("idempotency-key") is not None
    return visit.answer(headers=with_header(visit.request, idempotency_key="1")) if keyed else visit.answer()


def _nought_is_none(visit: Visit) -> Response:
    """A temperature of 0 is taken for none."""
    sent = json_of(visit.request.body)
    if visit.meets("POST /assistants") and isinstance(sent, dict) and sent.get("temperature") == 0:
        return visit.answer(body=json.dumps({**sent, "temperature": 1}).encode())
    return visit.answer()


def _other_letters(visit: Visit) -> Response:
    """What is sent in UTF-8 is read as Latin-1."""
    if visit.meets("POST /collections"):
        sent = json_of(visit.request.body)
        text = json.dumps(sent, ensure_ascii=False).encode("utf-8", "replace").decode("latin-1")
        return visit.answer(body=text.encode()) if isinstance(sent, dict) else visit.answer()
    return visit.answer()


def _prompt_of_nothing(visit: Visit) -> Response:
    """What is not there is told with status 200."""
    response = visit.answer()
    return replace(response, status=200) if visit.meets(_PROMPT) and response.status == 404 else response


def _as_at_first(found: Any) -> Any:
    """The batches of a list as they looked when they were made."""
    return found | {"data": [each | {"status": "validating", "output_file_id": None} for each in found["data"]]}


FAULTS: Final = (
    Fault(
        "cancel-ended",
        "Cancelling an ended batch is answered with 200.",
        BATCHES,
        ("batch_cancel_late",),
        _cancels_ended,
    ),
    Fault(
        "cancel-completed", "A completed batch can be cancelled.", BATCHES, ("batch_cancel_late",), _cancels_completed
    ),
    Fault(
        "cancel-forgotten", "A cancellation is answered and not kept.", BATCHES, ("batch_cancel",), _pretends_to_cancel
    ),
    Fault("cancel-ignored", "A cancellation does nothing.", BATCHES, ("batch_cancel",), _ignores_cancel),
    Fault(
        "cancelled-completes", "A cancelled batch ends as completed.", BATCHES, ("batch_cancel",), _cancelled_completes
    ),
    Fault("status-backwards", "A batch goes back to its first status.", BATCHES, ("batch_life",), _goes_back),
    Fault("counts-backwards", "The counts of a batch fall.", BATCHES, ("batch_life", "batch_results"), _counts_back),
    Fault(
        "times-out-of-order",
        "A batch is completed before it was made.",
        BATCHES,
        ("batch_life",),
        told(_BATCH, lambda found: found | {"completed_at": 1} if found["completed_at"] else found),
    ),
    Fault(
        "never-ends",
        "A batch never ends.",
        BATCHES,
        ("batch_life",),
        told(_BATCH, lambda found: found | {"status": "in_progress"} if found["status"] == "completed" else found),
    ),
    Fault(
        "no-output",
        "A completed batch names no output.",
        BATCHES,
        ("batch_results",),
        told(_BATCH, lambda found: found | {"output_file_id": None}),
    ),
    Fault("half-the-output", "Results of a batch are missing.", BATCHES, ("batch_results",), _half_the_output),
    Fault("early-output", "There is an output before the batch has ended.", BATCHES, ("batch_results",), _early_output),
    Fault(
        "batch-metadata",
        "The metadata of a batch are lost.",
        BATCHES,
        ("batch_life",),
        told(_BATCH, lambda found: found | {"metadata": None}),
    ),
    Fault(
        "batch-not-listed",
        "Batches are not in their list.",
        BATCHES,
        ("batch_listed", "listed"),
        told("GET /batches", lambda found: found | {"data": []}),
    ),
    Fault(
        "byte-less",
        "A file comes back without its last byte.",
        BATCHES,
        ("file_bytes",),
        answers("GET /files/{file_id}/content", lambda found: replace(found, body=found.body[:-1], chunks=())),
    ),
    Fault(
        "line-ends",
        "The line ends of a file are changed.",
        BATCHES,
        ("file_bytes",),
        answers(
            "GET /files/{file_id}/content",
            lambda found: replace(found, body=found.body.replace(b"\r\n", b"\n"), chunks=()),
        ),
    ),
    Fault(
        "wrong-size",
        "The size of a file is not its own.",
        BATCHES,
        ("file_bytes",),
        told("POST /files", lambda found: found | {"bytes": found["bytes"] + 1}),
    ),
    Fault(
        "content-stays",
        "The content of a deleted file is still there.",
        BATCHES,
        ("file_bytes", "deleted_is_gone"),
        _content_stays,
    ),
    Fault(
        "not-deleted",
        "What was deleted is still there.",
        STORES,
        ("deleted_is_gone", "use_after_free"),
        _deletes_nothing,
    ),
    Fault("resurrected", "What was deleted comes back.", STORES, ("deleted_is_gone",), _comes_back),
    Fault("deleted-in-list", "What was deleted is still in the list.", STORES, ("deleted_is_gone",), _stays_in_list),
    Fault("deletes-unknown", "Deleting what is not there succeeds.", STORES, ("unknown_id",), _deletes_again),
    Fault("lost-update", "An update is answered and not kept.", STORES, ("update_kept",), _lost_update),
    Fault("updates-all", "An update changes other things, too.", STORES, ("update_kept",), _updates_all),
    Fault("update-wipes", "An update forgets what it does not name.", STORES, ("update_kept",), _wipes),
    Fault(
        "not-created",
        "Every other thing that was made is not there.",
        STORES,
        ("read_your_write", "listed"),
        _not_created,
    ),
    Fault("made-up", "An unknown id is answered with some other thing.", STORES, ("unknown_id",), _makes_up),
    Fault("other-thing", "What is read is another thing.", STORES, ("read_your_write",), _of_others),
    Fault("other-tenant", "The list has things of another account.", STORES, ("list_agrees", "paging"), _lists_others),
    Fault("name-in-list", "In the list a thing has another name.", STORES, ("list_agrees",), _name_in_list),
    Fault("same-id", "Everything that is made has one id.", STORES, ("read_your_write", "paging"), _same_id),
    Fault(
        "other-name",
        "A thing is not called what it was called.",
        STORES,
        ("read_your_write",),
        told(_STORE, lambda found: found | {"name": "another"}),
    ),
    Fault(
        "not-listed",
        "What was made last is not in the list.",
        STORES,
        ("listed",),
        told(_STORES, lambda found: found | {"data": found["data"][1:]}),
    ),
    Fault("list-changes", "A list is another one each time.", STORES, ("safe_reading",), _list_changes),
    Fault(
        "nought-is-none",
        "A number that is nought is taken for none.",
        ("POST /assistants", "GET /assistants/{assistant_id}"),
        ("values_kept",),
        _nought_is_none,
    ),
    Fault(
        "other-letters",
        "A name that is not English comes back in other letters.",
        ("POST /collections", "GET /collections/{collectionId}"),
        ("read_your_write",),
        _other_letters,
    ),
    Fault("prompt-of-nothing", "What is not there is told with 200.", (_PROMPT,), ("unknown_id",), _prompt_of_nothing),
    Fault(
        "list-of-old",
        "In the list a batch looks as it did at first.",
        BATCHES,
        ("batch_listed",),
        told("GET /batches", _as_at_first),
    ),
    Fault(
        "counts-nothing",
        "The counts of a batch are nought to the end.",
        BATCHES,
        ("batch_results",),
        told(_BATCH, lambda found: found | {"request_counts": dict.fromkeys(("total", "completed", "failed"), 0)}),
    ),
    Fault("stalls", "A batch never gets any further.", BATCHES, ("batch_ends",), _stalls),
    Fault("made-twice", "An Idempotency-Key is forgotten.", OPERATIONS, _ONCE, _forgets_keys, "stranger"),
    Fault("made-once-for-all", "Any Idempotency-Key is the first one.", OPERATIONS, _ONCE, _one_key, "stranger"),
)
