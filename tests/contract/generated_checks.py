"""Which checks the suite makes. Every check that schemathesis knows is either here or left out with a reason."""

from __future__ import annotations

from typing import Any, Final

EVERY_ANSWER: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
)
"""Made on every answer of an operation that is tried by itself."""

SEQUENCES: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "use_after_free",
    "ensure_resource_availability",
)
"""Made on every answer in a sequence of operations.

Those about good and bad input are not among them: the state may refuse what the document allows, and each operation was
tried for them by itself.
"""

CREDENTIALS: Final = "credentials_required"
"""Ours: a request that succeeded is refused with 401 or 403 when it is sent again without credentials."""

EVENTS: Final = "events_conformance"
"""Ours: every event of a stream is what the document says of it."""

LEFT_OUT: Final = {
    "ignored_auth": "it also tries a made-up key, and the mock takes every key; credentials_required is in its place",
    "missing_required_header": "the document requires no header; credentials are no parameters of it",
    "object_level_authorization": "needs the keys of two accounts",
    "max_response_time": "a limit would measure the machine",
}


def settings(names: tuple[str, ...], accepts: tuple[str, ...]) -> dict[str, Any]:
    """The configuration of schemathesis that makes the checks `names` and no others; `accepts` as in `Target`."""
    wanted: dict[str, Any] = {name: {"enabled": True} for name in names}
    wanted.get("positive_data_acceptance", {})["expected-statuses"] = list(accepts)
    return {"enabled": False, **wanted}
