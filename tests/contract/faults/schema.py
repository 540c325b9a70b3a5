"""Answers that are not what their schema says."""

from __future__ import annotations

from typing import Any, Final

from tests.contract.faults.fault import BATCHES, CHAT, FILES, GUARDRAILS, INSIDE, STORES, Fault, body, drop, put, told
from tests.contract.faults.fault import answers as changed

_SEEN: Final = ("answer_schema", "response_schema_conformance")
_STORE: Final = "GET /vector_stores/{vector_store_id}"
_BATCH: Final = "GET /batches/{batch_id}"
_FILE: Final = "GET /files/{file_id}"


def _inner(name: str) -> Any:
    return lambda found: {key: value for key, value in found.items() if key != name}


def _of_a_robot(found: Any) -> Any:
    message = found["choices"][0]["message"] | {"role": "robot"}
    return found | {"choices": [found["choices"][0] | {"message": message}]}


FAULTS: Final = (
    Fault("missing-field", "A batch lacks input_file_id.", BATCHES, _SEEN, drop(_BATCH, "input_file_id")),
    Fault(
        "missing-inner-field",
        "The counts of a batch lack one of them.",
        BATCHES,
        _SEEN,
        told(_BATCH, lambda found: found | {"request_counts": _inner("completed")(found["request_counts"])}),
    ),
    Fault(
        "missing-usage-field",
        "The usage of a completion lacks its total.",
        CHAT,
        _SEEN,
        told("POST /chat/completions", lambda found: found | {"usage": _inner("total_tokens")(found["usage"])}),
    ),
    Fault(
        "null",
        "The status of a cancelled batch is null.",
        BATCHES,
        _SEEN,
        put("POST /batches/{batch_id}/cancel", status=None),
    ),
    Fault("null-list", "An empty list is null.", FILES, _SEEN, put("GET /files", data=None)),
    Fault(
        "number-as-text",
        "A time is text.",
        BATCHES,
        _SEEN,
        put("POST /batches/{batch_id}/cancel", created_at="1750000000"),
    ),
    Fault("text-as-number", "The name of a file is a number.", FILES, _SEEN, put(_FILE, filename=7)),
    Fault(
        "fraction",
        "A time in whole seconds has a fraction.",
        BATCHES,
        _SEEN,
        put("POST /batches", created_at=1750000000.5),
    ),
    Fault(
        "flag-as-text",
        "A deletion is told in words.",
        STORES,
        _SEEN,
        put("DELETE /vector_stores/{vector_store_id}", deleted="true"),
    ),
    Fault("object-for-list", "The files are an object.", FILES, _SEEN, put("GET /files", data={})),
    Fault("list-for-object", "A file comes in a list.", FILES, _SEEN, told(_FILE, lambda found: [found])),
    Fault(
        "wrong-enum",
        "A batch has a status that nobody declared.",
        BATCHES,
        _SEEN,
        put("POST /batches", status="stopped"),
    ),
    Fault("wrong-object", "A file says that it is a batch.", FILES, _SEEN, put(_FILE, object="batch")),
    Fault(
        "wrong-inner-enum",
        "The message of a completion has a role that nobody declared.",
        CHAT,
        _SEEN,
        told("POST /chat/completions", _of_a_robot),
    ),
    Fault(
        "extra-closed-field",
        "A closed object has one member more.",
        INSIDE,
        _SEEN,
        put("POST /vector_stores/{vector_store_id}/files", chunking_strategy={"type": "other", "internal": True}),
    ),
    Fault("id-as-number", "An id is a number.", STORES, _SEEN, put(_STORE, id=7)),
    Fault(
        "item-without-id",
        "What is in a list lacks its id.",
        FILES,
        _SEEN,
        told("GET /files", lambda found: found | {"data": [_inner("id")(each) for each in found["data"]]}),
    ),
    Fault("list-without-data", "A list lacks its things.", STORES, _SEEN, drop("GET /vector_stores", "data")),
    Fault(
        "bad-date",
        "A date is no date.",
        GUARDRAILS,
        _SEEN,
        told(
            "GET /guardrails",
            lambda found: found | {"data": [each | {"created_at": "yesterday"} for each in found["data"]]},
        ),
    ),
    Fault("no-json", "An answer that is called JSON is none.", BATCHES, _SEEN, changed(_BATCH, body(b"oops"))),
    Fault(
        "milliseconds",
        "A time is in milliseconds.",
        BATCHES,
        ("seconds", "batch_life"),
        told(_BATCH, lambda found: found | {"created_at": found["created_at"] * 1000}),
    ),
    Fault(
        "milliseconds-in-list",
        "The times in a list are in milliseconds.",
        STORES,
        ("seconds",),
        told(
            "GET /vector_stores",
            lambda found: (
                found | {"data": [each | {"created_at": each["created_at"] * 1000} for each in found["data"]]}
            ),
        ),
    ),
)
