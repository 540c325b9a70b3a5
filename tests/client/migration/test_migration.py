"""A service written for portkey-ai moves here by its imports. `make peers` runs the first one, too, and compares."""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path

from tests.client.migration import after, story

HERE = Path(__file__).parent
DECLARED = HERE / "difference.diff"


def test_the_difference_is_what_is_declared() -> None:
    """The two services differ by their imports and by what docs/migration.md names; UPDATE=1 writes it down anew."""
    first, second = ((HERE / name).read_text("utf-8").splitlines(keepends=True) for name in ("before.py", "after.py"))
    made = "".join(unified_diff(first, second, "before.py", "after.py", n=0))
    if os.environ.get("UPDATE"):
        DECLARED.write_text(made, encoding="utf-8")
    assert made == DECLARED.read_text("utf-8")
    written = [line for line in made.splitlines() if line.startswith("+") and not line.startswith(("+++", "+from"))]
    assert len(written) == 2, "the docstring, and the bytes of a file"


def test_the_service_works_here() -> None:
    """Chat, tools, streams, vectors, a saved prompt, configs, feedback, a batch from file to results, and errors."""
    told = story.outcome(after)
    text, tokens = told["answer"]
    assert text
    assert tokens > 100
    assert "".join(told["stream"]) == "".join(told["asynchronous"]["stream"])
    assert len(told["stream"]) > 3
    assert [len(vector) for vector in told["vectors"]] == [8, 8]
    assert told["greeting"] not in ("", "Dear Ada")
    assert told["greeting of an unknown prompt"] == "Dear Ada (404)"
    assert told["routing"] == ("tickets", 1)
    assert told["feedback"]
    assert (told["at work"], told["too early"]) == (("validating", False), {})
    assert (told["unknown batch"], told["cancelled"]) == (("gone (404)", True), "cancelling")
    assert all(told["asynchronous"]["answers"])
    assert told["over"] == [("completed", True), ("cancelled", True), "refused (409)"]
    assert told["results"].keys() == {"1", "2"}
