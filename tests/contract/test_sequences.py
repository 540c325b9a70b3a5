"""Operations in sequence, against the mock that remembers."""

from __future__ import annotations

from tests.contract.document import DOCUMENT, part
from tests.contract.suite import try_sequences
from tests.contract.target import mock

MOCK = mock("strict")


def test_sequences_conform() -> None:
    """What was made is there, what was deleted is not, and every answer is one that the document declares."""
    outcome = try_sequences(MOCK, DOCUMENT)
    assert not outcome.findings, outcome.report()


def test_a_file_becomes_a_batch() -> None:
    """The sequences go all the way: a file is uploaded, made a batch that is found and cancelled, and deleted."""
    outcome = try_sequences(MOCK, part(DOCUMENT, "files", "batches"))
    assert not outcome.findings, outcome.report()
    assert outcome.operations(2) >= {
        "POST /files",
        "POST /batches",
        "GET /batches/{batch_id}",
        "POST /batches/{batch_id}/cancel",
        "DELETE /files/{file_id}",
    }
