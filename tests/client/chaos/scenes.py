"""What a client does while everything fails, and what must be true afterwards. Each scene serves both clients."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from math import inf
from typing import Any

from portkey_client import (
    AnswerError,
    BatchEndedError,
    BatchUnfinishedError,
    ConnectionFailedError,
    GatewayTimedOutError,
    PortkeyError,
    ServerError,
    StreamTruncatedError,
)
from tests.client.chaos.plan import CALLS, NOW
from tests.client.chaos.stage import Stage

TRIES = CALLS + 2
"""How often a call is made again at most: by then nothing is left of the plan."""
SENT = [{"role": "user", "content": "Tell me of the weather at sea, at some length, please."}]
Scene = Callable[[Stage], Awaitable[None]]


def requests(count: int) -> list[dict[str, Any]]:
    """The requests of a batch."""
    return [{"custom_id": f"q{n}", "body": {"model": "m", "messages": SENT}} for n in range(count)]


def unknown(error: PortkeyError | None) -> bool:
    """Whether a call that creates may have worked although it failed, as the error tells it."""
    if isinstance(error, ConnectionFailedError):
        return error.sent
    return error is not None and (
        error.maybe_done or isinstance(error, (AnswerError, ServerError, GatewayTimedOutError))
    )


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    """The content in pieces."""
    return (content[start : start + size] for start in range(0, len(content), size))


async def upload(stage: Stage) -> None:
    """A file is there once and as it was, or the error says whether it may be there."""
    content = stage.random.randbytes(stage.random.randrange(3_000))
    path = stage.folder / "given"
    path.write_bytes(content)
    how = stage.random.choice(("path", "bytes", "file", "iterator"))
    with path.open("rb") as file:
        source: Any = {"path": path, "bytes": content, "file": file, "iterator": pieces(content, 500)}[how]
        made, error = await stage.tried(lambda: stage.client.files.upload(source, purpose="batch"))
    path.unlink()
    kept = stage.kept("/files")
    assert stage.done("POST /v1/files") <= 1, "it was uploaded twice"
    assert len(kept) == 1 if error is None else len(kept) == 0 or unknown(error), f"{len(kept)} files after {error!r}"
    assert made is None or made.id in kept
    for file_id in kept:
        assert stage.front._files.store.files[file_id].content == content


async def download(stage: Stage) -> None:
    """The same call, made until it works: until then what was there is there, and then the file is whole."""
    content = stage.random.randbytes(stage.random.choice((0, 1, stage.random.randrange(4_000))))
    file_id = stage.front._files.add("f", "batch", content, stage.clock()).id
    path = stage.folder / "out"
    before = stage.random.choice((None, b"what was there"))
    if before is not None:
        path.write_bytes(before)
    checksum = hashlib.sha256(content).hexdigest() if stage.plan.checksum else None
    made: Any = None
    error: PortkeyError | None = None
    for _ in range(TRIES):
        made, error = await stage.tried(lambda: stage.client.files.download(file_id, path, sha256=checksum))
        if error is None:
            break
        assert (path.read_bytes() if path.exists() else None) == before, "half a file stands in its place"
        assert error.status != 416, "what is whole was asked for again"
        assert {each.name for each in stage.folder.iterdir()} <= {"out", "out.part", "out.part.etag"}
    assert made is not None, f"it never came: {error!r}"
    assert path.read_bytes() == content, "another file came"
    assert (made.size, made.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert [each.name for each in stage.folder.iterdir()] == ["out"], "something was left"
    path.unlink()


async def submitted(stage: Stage, count: int, key: str | None) -> str | None:
    """The id of a batch that is there once, with its file; None where nobody can tell."""
    made: Any = None
    error: PortkeyError | None = None
    for _ in range(TRIES if key else 1):
        # ten calls at most, each with a deadline of its own, and three waits before looks
        limit = 10 * (stage.plan.deadline or inf) + 7
        made, error = await stage.tried(lambda: stage.client.batches.submit(requests(count), key=key), within=limit)
        batches = stage.kept("/batches")
        files = {name: file for name, file in stage.kept("/files").items() if file["purpose"] == "batch"}
        assert stage.done("POST /v1/files") == len(files) <= 1, "it was uploaded twice"
        assert stage.done("POST /v1/batches") == len(batches) <= 1, "it was created twice"
        assert len(batches) == 0 or error is None or unknown(error) or key, f"there is a batch after {error!r}"
        if error is None:
            assert made.id in batches
            assert made.input_file_id in files
            assert stage.front._files.store.files[made.input_file_id].content.count(b"\n") == count
            break
    if error is None:
        if key:
            stage.line.calm = True
            again = await stage.do(lambda: stage.client.batches.submit(requests(count), key=key))
            assert (again.id, len(stage.kept("/batches"))) == (made.id, 1), "it was created twice"
            stage.line.calm = False
        return str(made.id)
    assert key is None, f"it was never submitted: {error!r}"
    return None


async def ended(stage: Stage, work: Callable[[float], Any]) -> Any:
    """The state of a batch, waited for until it has ended, or the error that says that it had before."""
    error: PortkeyError | None = None
    for _ in range(TRIES):
        limit = stage.random.choice((3.0, 40.0, 4_000.0))
        # a poll that begins at the last moment may take a second
        state, error = await stage.tried(partial(work, limit), within=limit + 1.0)
        if error is None:
            return state
        if isinstance(error, BatchEndedError):
            return error
        if isinstance(error, BatchUnfinishedError):
            assert stage.clock() > NOW
    raise AssertionError(f"it never ended: {error!r}")


async def results(stage: Stage, batch_id: str) -> list[str]:
    """The custom ids of all results, asked for until they came; what came before a break is the beginning of it."""
    error: PortkeyError | None = None
    for _ in range(TRIES):
        came: list[Any] = []
        read = partial(stage.client.batches.results, batch_id)
        _, error = await stage.tried(partial(stage.taken, read, came), within=inf)
        if error is not None and '"flip"' in str(stage.plan):  # the end alone tells of it
            continue
        found = [each.custom_id if each.ok and each.body.choices[0].message.content else "" for each in came]
        assert found == [f"q{n}" for n in range(len(found))], f"lost or repeated: {found}"
        if error is None:
            return found
    raise AssertionError(f"they never came: {error!r}")


async def life(stage: Stage) -> None:
    """Submit, wait, results: one file, one batch, and one result for each request."""
    count = stage.random.randrange(1, 9)
    batch_id = await submitted(stage, count, stage.random.choice((None, "daily", "daily")))
    if batch_id is None:
        return
    state = await ended(stage, lambda limit: stage.client.batches.wait(batch_id, deadline=limit))
    assert (state.stage, state.completed) == ("completed", count)
    assert len(await results(stage, batch_id)) == count


async def reading(stage: Stage) -> None:
    """Only the end of a batch under faults: its results, whole, whatever happens to their file."""
    stage.line.calm = True
    batch_id = await submitted(stage, 6, None)
    assert batch_id is not None
    stage.clock.advance(60)
    stage.line.calm = False
    assert len(await results(stage, batch_id)) == 6


async def cancelling(stage: Stage) -> None:
    """A batch is cancelled once, followed to its end, and what was saved can be read."""
    stage.line.calm = True
    batch_id = await submitted(stage, 6, None)
    assert batch_id is not None
    stage.clock.advance(stage.random.choice((0.0, 2.0, 5.5, 20.0)))
    stage.line.calm = False
    state = await ended(stage, lambda limit: stage.client.batches.cancel(batch_id, wait=True, deadline=limit))
    batch = stage.kept("/batches")[batch_id]
    if isinstance(state, BatchEndedError):
        assert batch["status"] == "completed", "nobody may say so"
        return
    assert (state.stage, state.completed) == ("cancelled", batch["request_counts"]["completed"])
    assert len(await results(stage, batch_id)) == state.completed


async def paging(stage: Stage) -> None:
    """Every item once and in order, or an error after the first of them."""
    count, size = stage.random.randrange(12), stage.random.randrange(1, 6)
    client, call = stage.client, stage.random.choice(("batches", "labels"))
    stage.line.calm = True
    for number in range(count):
        if call == "labels":
            await stage.do(lambda: client.labels.create(name=f"l{number}"))  # noqa: B023  # awaited at once
    made: list[str] = []
    if call == "batches":
        file_id = stage.front._files.add("f", "batch", b"{}", stage.clock()).id
        fields: dict[str, Any] = {"input_file_id": file_id, "endpoint": "/v1/embeddings", "completion_window": "24h"}
        made = [stage.front._batches._start(fields).id for _ in range(count)][::-1]
    method, named = (
        (client.batches.list, {"limit": size}) if call == "batches" else (client.labels.list, {"page_size": size})
    )
    want = made or [each.id async for each in stage.each(client.items(method, **named))]
    assert len(want) == count
    stage.line.calm = False
    error: PortkeyError | None = None
    for _ in range(TRIES):
        came: list[Any] = []
        _, error = await stage.tried(partial(stage.taken, partial(client.items, method, **named), came), within=inf)
        found = [each.id for each in came]
        assert found == want[: len(found)], "lost or repeated"
        if error is None:
            assert found == want, "a part is missing"
            return
    raise AssertionError(f"it never came to its end: {error!r}")


async def chat(stage: Stage) -> None:
    """A stream is whole, or breaks off with what came; what was begun is asked for and paid once."""
    create, asked = stage.client.chat.completions.create, {"model": "m", "messages": SENT}
    stage.line.calm = True
    whole = (await stage.do(lambda: create(**asked))).choices[0].message.content
    stage.line.calm = False
    stage.front.done.clear()
    said: list[str] = []
    kept: list[Any] = []

    async def read() -> str:
        stream = await stage.do(lambda: create(**asked, stream=True))
        kept.append(stream)
        async for chunk in stage.each(stream):
            said.extend(choice.delta.content or "" for choice in chunk.choices or ())
        return str((await stage.do(stream.final)).choices[0].message.content)

    made, error = await stage.tried(read, within=inf)
    assert whole.startswith("".join(said)), "another text came"
    assert stage.done("POST /v1/chat/completions") <= 1, "it was paid twice"
    if error is None:
        assert made == whole == "".join(said), "a part is missing"
    elif kept:
        assert isinstance(error, StreamTruncatedError), repr(error)
        assert "".join(said) == (error.partial.choices[0].message.content or "" if said and error.partial else "")


async def calls(stage: Stage) -> None:
    """Calls that create are carried out once, with a key and without; one that reads says what there is."""
    key = stage.random.choice((None, "key-1"))
    named: dict[str, Any] = {"extra_headers": {"Idempotency-Key": key}} if key else {}
    create = stage.client.chat.completions.create
    error: PortkeyError | None = None
    for _ in range(TRIES if key else 1):
        made, error = await stage.tried(lambda: create(model="m", messages=SENT, **named))
        done = stage.done("POST /v1/chat/completions")
        assert done <= 1, "it was paid twice"
        assert done == 1 if error is None else done == 0 or unknown(error) or key, f"done {done} times after {error!r}"
        if error is None:
            assert made.choices[0].message.content
            break
    assert error is None or not key, f"it never worked: {error!r}"
    file_id = stage.front._files.add("f", "batch", b"x", stage.clock()).id
    for _ in range(TRIES):
        made, error = await stage.tried(lambda: stage.client.files.delete(file_id))
        there = file_id in stage.kept("/files")
        assert not there if error is None else True
        if error is None or error.status == 404:
            assert not there
            break


SCENES: dict[str, tuple[Scene, int]] = {
    "upload": (upload, 300),
    "download": (download, 500),
    "life": (life, 200),
    "reading": (reading, 200),
    "cancelling": (cancelling, 150),
    "paging": (paging, 150),
    "chat": (chat, 250),
    "calls": (calls, 250),
}
"""Each scene, and how many plans of it a test run plays."""
