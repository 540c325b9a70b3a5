"""What the suite looks at, each with the checks that do; the proof says which faults show that they see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROMISES: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("answer_schema", "status_code_conformance", "redirect"),
    "media type": ("answer_schema", "content_type_conformance", "answer_headers"),
    "headers": ("answer_headers", "response_headers_conformance", "trace_id", "unknown_headers"),
    "schema": ("answer_schema", "response_schema_conformance", "seconds", "as_published"),
    "server errors": ("server_error", "not_a_server_error", "could_not_be_tried"),
    "credentials ignored": (
        "credentials_required", "credential_alternatives", "wrong_key", "credentials_status", "credentials_first",
        "credentials_harmless", "scheme_case", "credentials_before_body", "credentials_paths",
    ),
    "secrets that are handed in": ("secret_kept", "secret_in_refusal", "secret_rotated"),
    "data of another account": ("other_account",),
    "use after delete": ("deleted_is_gone", "use_after_free"),
    "wrong data accepted": (
        "negative_data_rejection", "missing_members", "media_types", "malformed_form", "batch_input",
        "unknown_members", "as_corrected",
    ),
    "good data refused": ("positive_data_acceptance", "succeeds"),
    "unsupported methods": ("unsupported_method", "allow_header_conformance", "head"),
    "batch: each status that may follow each, times in order": ("batch_life", "batch_ends"),
    "batch: cancel, also of a finished one": ("batch_cancel", "batch_cancel_late"),
    "batch: results, whole and partial": ("batch_results", "batch_failed_output"),
    "read your write, in every collection": (
        "read_your_write", "values_kept", "listed", "batch_listed", "list_agrees", "update_kept", "unknown_id",
        "ensure_resource_availability",
    ),
    "what belongs to what": (
        "nested_apart", "nested_lists", "nested_gone", "taken_out", "unknown_parent", "left_behind",
        "unknown_reference",
    ),
    "what an update means": ("replaced_whole", "unnamed_kept", "versions_grow", "taken_away"),
    "saved prompts: versions, labels, variables": (
        "prompt_version", "prompt_unknown_version", "prompt_read", "prompt_filled",
    ),
    "uploads in parts": ("upload_joined", "upload_given_up", "upload_whole"),
    "paging": ("paging", "filters"),
    "streams: each event valid, in order": ("stream_events", "events_conformance", "stream_order"),
    "streams: end mark": ("stream_end",),
    "streams: usage": ("usage",),
    "streams: the pieces joined are the whole": ("stream_text", "stream_pieces", "event_states"),
    "streams: error frame": ("stream_error", "stream_fails", "stream_refusal"),
    "streams: content type": ("stream_type",),
    "models: calls of functions": ("tool_calls", "calls_told"),
    "models: tokens, limited and counted": ("token_limit", "tokens_add_up", "stops"),
    "models: as many answers as asked for": ("choices", "choice_numbers"),
    "models: kept as asked": ("kept_as_asked", "listed_as_asked", "continued"),
    "models: a refusal is over with its answer": ("after_refusal",),
    "vectors, rankings, findings": (
        "vectors", "vector_for_each", "ranking", "moderation",
    ),
    "models: asked and answered in each form": ("inputs_of_all_kinds", "json_as_asked"),
    "pictures and speech": ("pictures", "speech_format", "transcript_format"),
    "files byte for byte": ("file_bytes",),
    "idempotency": ("idempotency", "idempotency_apart", "safe_reading", "upstream_once"),
    "ids of any shape": ("id_shapes", "query_paths"),
    "trailing slash": ("trailing_slash", "slash_ending"),
    "error shape on every refusal": ("error_shape", "error_alike", "error_words", "refuses"),
    "no key in an answer": ("secret_in_answer",),
    "no stack trace in an answer": ("stack_trace",),
    "connections": ("connection_kept", "chunked_body", "stream_broken_off", "nowhere"),
    "malformed bytes": ("malformed_bytes", "malformed_json"),
    "time limits": ("in_time", "answered", "alive", "request_timeout"),
    "what a provider says": (
        "upstream_error", "upstream_error_text", "upstream_failure", "upstream_text", "upstream_cut",
        "upstream_members", "upstream_stream", "other_providers",
    ),
    "the client as a second witness": ("client_agrees",),
}  # fmt: skip
