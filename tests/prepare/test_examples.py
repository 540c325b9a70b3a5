"""The examples of the document: there for every operation, valid, realistic, and of one story."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from portkey_mock.document import compile_document
from portkey_mock.families import Role, roles, things
from portkey_mock.naming import names, snake
from tests.mock.spec import DOCUMENT, OPERATIONS, Op, validator
from tests.prepare.examples import (
    EXAMPLES,
    Example,
    events,
    leaves,
    misnamed,
    missing,
    moment,
    objects,
    of_answers,
    of_parameters,
    of_requests,
    values,
)

OPENING, CLOSING = 1_793_610_000, 1_793_664_000
"""Everything happened on 2 November 2026, from 09:00 on."""
FILLERS = frozenset({"string", "foo", "bar", "baz", "todo", "test", "example", "value", "name", "lorem ipsum"})
RESERVED = re.compile(r"(^|\.)(example|test|invalid|localhost|example\.(com|net|org))$")
"""Domains that belong to nobody (RFC 2606)."""
HOST = re.compile(r"(?:https?|wss?)://(?:[^\s/@]+@)?([\w.-]+)|[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
SECRET = re.compile(r"^(sk|pk|xox[bp]|ghp|AKIA)[-_]?\w{6}")
STEPS = ("created", "started", "in_progress", "finalizing", "completed")
"""What happens to a thing, in this order."""
FUTURE = ("expires_at", "next_reset_at", "next_usage_reset_at", "next_run_at", "next_rotation_at")


@pytest.mark.parametrize("control", [False, True], ids=["data plane", "control plane"])
def test_every_operation_has_its_examples(
    control: bool, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Each required parameter, each request body, each answer that is JSON or a stream: all, counted by kind."""
    planes = [op for op in OPERATIONS if (op.raw["x-server-group"] != "data_plane") is control]
    assert [f"{op}: {what}" for op in planes for what in missing(op)] == []
    for kind, count in Counter(each.kind for each in EXAMPLES if each.op in planes).items():
        record_testsuite_property(f"examples: {'control' if control else 'data'} plane: {kind}", count)


@pytest.mark.parametrize("op", OPERATIONS, ids=str)
def test_an_example_is_valid(op: Op) -> None:
    """Each conforms to the schema beside it, formats included, and so does each event of a stream."""
    wrong: list[str] = []
    for each in EXAMPLES:
        if each.op is op:
            schema = validator(each.schema)
            wrong += [f"{each}: {error.json_path} {error.message[:200]}"
                      for value in checked(each) for error in schema.iter_errors(value)]  # fmt: skip
    assert wrong == []


def checked(example: Example) -> list[Any]:
    """Return what has to conform to the schema: of some streams, an event is its data with its name."""
    if example.kind != "stream":
        return [example.value]
    named = example.op.path.startswith("/threads")
    found = list(events(example.value))
    return [{"event": name, "data": data} if named else data for name, data in found if named or data != "[DONE]"]


def test_requests_and_answers_are_pairs() -> None:
    """Each request has the answer of its name, whole or as a stream; an answer without a request is `example`."""
    for op in OPERATIONS:
        asked, answered = {each.name for each in of_requests(op)}, {each.name for each in of_answers(op)}
        if answered:
            assert answered == (asked or {"example"}), op


def test_a_summary_tells_the_examples_apart() -> None:
    """Each has one, short and without a full stop, and no two of a body share one."""
    for op in OPERATIONS:
        for content in (op.raw.get("requestBody", {}).get("content", {}), op.content(op.success or "")):
            for media in content.values():
                told = [each["summary"] for each in media.get("examples", {}).values()]
                assert len(told) == len(set(told)), op
                assert all(8 <= len(each) <= 100 and not each.endswith(".") for each in told), op


@pytest.mark.parametrize("kind", ["parameter", "request", "answer", "stream"])
def test_examples_are_realistic(kind: str) -> None:
    """No filler for a value, no domain of anybody's, no secret that could be one, and ids that begin as ids do."""
    wrong: list[str] = []
    for example in (each for each in EXAMPLES if each.kind == kind):
        for value in values(example):
            wrong += [f"{example}: {name} {leaf!r}" for name, leaf in leaves(value)
                      if name != "type" and is_unreal(leaf)]  # fmt: skip
            wrong += [f"{example}: {problem}" for problem in misnamed(value)]
    assert wrong == []


def is_unreal(leaf: Any) -> bool:
    """Tell whether a value is a filler, names a real host, or looks like a real secret."""
    if not isinstance(leaf, str):
        return False
    hosts = [one or other for one, other in HOST.findall(leaf)]
    secret = SECRET.match(leaf) and "example" not in leaf
    return leaf.strip().lower() in FILLERS or bool(secret) or not all(map(RESERVED.search, hosts))


def test_a_filler_a_host_and_a_secret_are_seen() -> None:
    """What the test above looks for is found where it stands."""
    seen = ["string", "See https://portkey.ai/docs", "ada@gmail.com", "sk-a1b2c3d4e5f6", "Lorem Ipsum"]
    fine = ["ada@cornerbooks.example", "https://cdn.cornerbooks.example/a.png", "sk-example-a1b2c3", "A string", 1]
    assert [is_unreal(each) for each in (*seen, *fine)] == [True] * len(seen) + [False] * len(fine)
    assert list(misnamed({"id": "b1", "object": "batch", "file_id": "f1", "user_id": "x"})) != []


@cache
def known_roles() -> dict[tuple[str, str], Role]:
    """What each operation does, as the mock finds out from the paths."""
    return roles(compile_document(DOCUMENT, 0).operations)


def givers(collection: str) -> Iterator[Op]:
    """Yield the operations that create in a collection, or list it."""
    for op in OPERATIONS:
        role = known_roles()[op.method, op.path]
        made = role.action in ("create", "list") and role.collection == collection
        if made or (op.path == collection and op.method in ("GET", "POST")):
            yield op


def told(ops: list[Op]) -> set[str]:
    """Return all texts, numbers and names that the answers of some operations hold."""
    found: set[str] = set()
    for example in (each for op in ops for each in of_answers(op)):
        for value in values(example):
            found |= {str(leaf) for _, leaf in leaves(value)} | {name for each in objects(value) for name in each}
    return found


PLACES = [(each, name) for op in OPERATIONS for each in of_parameters(op)
          for _, name in things(op.path) if name == each.name]  # fmt: skip


def test_every_id_in_a_path_was_given() -> None:
    """An answer that creates or lists gives it; where the document has no such answer, some answer or request does."""
    said = told(OPERATIONS) | {
        str(leaf) for op in OPERATIONS for each in of_requests(op) for _, leaf in leaves(each.value)
    }
    lost: list[str] = []
    for example, name in PLACES:
        collection = next(collection for collection, each in things(example.op.path) if each == name)
        known = told(list(givers(collection))) or said
        if str(example.value) not in known and "enum" not in example.schema:
            lost.append(f"{example.op}: nothing gives the {name} {example.value}")
    assert lost == []


IDS = re.compile(
    r"(batch_|file-|asst_|thread_|run_|step_|msg_|resp_|vs_|vsfb_|ftjob-|upload_|part_|chatcmpl-)\w+"
    r"|(pp|pl|pc|pg|ws)-[\w-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def test_every_id_in_a_request_was_given() -> None:
    """What a body refers to by an id of the usual kinds, some answer has named; Azure's own are given there."""
    known = told(OPERATIONS)
    sent = [(each, leaf) for op in OPERATIONS for each in of_requests(op) for name, leaf in leaves(each.value)
            if not name.startswith("azure_")]  # fmt: skip
    lost = [f"{each}: {leaf}" for each, leaf in sent if isinstance(leaf, str) and IDS.fullmatch(leaf)
            and leaf not in known]  # fmt: skip
    assert lost == []


def test_an_answer_is_about_what_the_path_names() -> None:
    """Where the answer to a path names the thing of the path, it is that thing, whatever was done to it."""
    lost: list[str] = []
    for example, name in PLACES:
        own = f"{{{name}}}" in example.op.path.rsplit("/", 2 if example.op.method == "POST" else 1)[-1]
        called = [*names(name), f"prompt_{snake(name)}"] if own else [name]
        for answer in of_answers(example.op):
            about = [each for each in (answer.value, data_of(answer.value)) if isinstance(each, dict)]
            ids = [str(each[key]) for each in about for key in called if each.get(key)]
            if ids and str(example.value) not in ids and "enum" not in example.schema:
                lost.append(f"{answer}: {ids} are not the {name} {example.value}")
    assert lost == []


def data_of(value: Any) -> Any:
    """Return what an envelope holds."""
    return value.get("data") if isinstance(value, dict) else None


def test_times_agree() -> None:
    """Created comes first, what follows follows, what is to come comes later, and all of it on the day of the story."""
    wrong: list[str] = []
    for example in (each for each in EXAMPLES if each.kind in ("answer", "stream")):
        for each in (each for value in values(example) for each in objects(value)):
            wrong += [f"{example}: {problem}" for problem in disordered(each)]
    assert wrong == []


def disordered(thing: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the times of one thing."""
    times = {name: at for name, value in thing.items() if (at := moment(name, value)) is not None}
    past = {name: at for name, at in times.items() if name not in FUTURE}
    yield from (f"{name} is after that day" for name, at in past.items() if at > CLOSING)
    if thing.get("object") != "model":
        yield from (f"{name} is before that day" for name, at in past.items() if at < OPENING)
    order = [at for step in STEPS for name, at in times.items() if name in (step, f"{step}_at")]
    if any(one > other for one, other in pairwise(order)) or any(order[0] > at for at in times.values() if order):
        yield f"the times are in no order: {times}"


def test_disorder_is_seen() -> None:
    """A thing that ended before it began, and one of another day."""
    assert list(disordered({"created_at": OPENING + 9, "completed_at": OPENING + 3})) != []
    assert list(disordered({"created_at": "2026-11-02T09:00:00Z", "expires_at": OPENING + 90_000})) == []
    assert list(disordered({"created_at": "2025-11-02T09:00:00Z"})) != []


def test_figures_add_up() -> None:
    """The tokens of a usage are as many as its parts, and the first and last id of a list are those of its items."""
    for example in (each for each in EXAMPLES if each.kind in ("answer", "stream")):
        for each in (each for value in values(example) for each in objects(value)):
            pairs = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))
            parts = next((pair for pair in pairs if set(pair) <= each.keys()), None)
            if parts and each.get("total_tokens") is not None:
                assert each["total_tokens"] == sum(each[part] for part in parts), example
            if each.get("first_id") and isinstance(each.get("data"), list):
                assert [each["first_id"], each["last_id"]] == [each["data"][0]["id"], each["data"][-1]["id"]], example
