"""The checks that schemathesis makes on what it generates, and ours beside them."""

from __future__ import annotations

from typing import Final

from tests.contract import generated_checks as ours
from tests.contract import inputs, methods
from tests.contract.check import Check

CHECKS: Final = (
    Check("not_a_server_error", "Nothing that is sent leads to a status from 500 on.", "RFC 9110, section 15.6"),
    Check("status_code_conformance", "The status is one that the operation declares.", "/responses"),
    Check("content_type_conformance", "The media type is one that the answer declares.", "/responses/content"),
    Check("response_headers_conformance", "Declared headers are there, and as declared.", "/responses/headers"),
    Check("response_schema_conformance", "The body is what the schema says.", "/responses/content"),
    Check("negative_data_rejection", "A request that does not conform is refused.", "/requestBody", make=inputs.wrong),
    Check(
        "positive_data_acceptance",
        "A request that conforms is not refused for its form.",
        "/requestBody",
        make=inputs.right,
    ),
    Check(
        "unknown_members",
        "A body that may have no other members has none.",
        "/requestBody",
        "non-strict",
    ),
    Check(
        "as_corrected",
        "What only the corrected document allows is not refused, and what only it forbids is.",
        "/requestBody",
        "non-strict",
    ),
    Check(
        "unsupported_method",
        "Another method is answered with 405 and `Allow`.",
        "RFC 9110, section 15.5.6",
        "non-strict",
        make=methods.unsupported,
    ),
    Check(
        "allow_header_conformance",
        "`Allow` names the methods there are.",
        "RFC 9110, section 10.2.1",
        "non-strict",
        make=methods.allowed,
    ),
    Check("use_after_free", "What was deleted is not found any more.", "RFC 9110, section 9.3.5"),
    Check("ensure_resource_availability", "What was created is found.", "RFC 9110, section 9.3.3"),
    Check(ours.EVENTS, "Every event of a stream is what the document says of it.", "/responses/content"),
    Check("could_not_be_tried", "The operation can be tried at all.", "/"),
)
