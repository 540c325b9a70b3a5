"""What the suite promises of itself."""

from __future__ import annotations

import json

from tests.contract.document import DOCUMENT, family, operations, part
from tests.contract.suite import Finding, Outcome, try_alone, try_sequences
from tests.contract.target import mock

EMBED = next(each for each in operations(DOCUMENT) if str(each) == "POST /embeddings")


def test_the_same_requests_every_time() -> None:
    """Two runs send the same requests in the same order, alone and in sequence, and leave the document as it was."""
    before = json.dumps(DOCUMENT)
    alone = [try_alone(mock("document"), family(DOCUMENT, EMBED.path), EMBED) for _ in range(2)]
    sequences = [try_sequences(mock("strict"), part(DOCUMENT, "batches"), examples=5) for _ in range(2)]
    assert alone[0].requests == alone[1].requests
    assert sequences[0].requests == sequences[1].requests
    assert json.dumps(DOCUMENT) == before


def test_report() -> None:
    """A report counts, and shows the first request of each kind of failure with its answer."""
    finding = Finding(
        "GET /files", "not_a_server_error", "Server error", "curl -X GET https://a", "500, text/plain\noops"
    )
    assert Outcome(findings=[finding, finding]).report() == (
        "GET /files: not_a_server_error failed 2 times\n\n"
        "GET /files: not_a_server_error\n"
        "    Server error\n\n"
        "    curl -X GET https://a\n\n"
        "    500, text/plain\n"
        "    oops"
    )
