"""Submitting a batch once: what may be there already is looked for, and never sent again."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from portkey_api.resources.batches import AsyncBatchesResource
from portkey_api.resources.files import AsyncFilesResource
from portkey_api.types import WireModel

from .batch_input import Lines
from .errors import (
    AnswerError,
    ConnectionFailedError,
    GatewayTimedOutError,
    PortkeyError,
    RequestRefusedError,
    ServerError,
    of_call,
)
from .files import FileOptions, watched, with_file_headers
from .files import Opened as OpenedFile
from .narrow import is_mapping
from .transfer import Progress

if TYPE_CHECKING:
    from portkey_api.models import Batch

    from .runner import Runner

_PAGES = 10
"""How many pages of a list are searched, newest first, 100 entries each."""
_LOOKS = (1.0, 2.0, 4.0)
"""Seconds before each look for what may have been created."""
_KEY, _DIGEST = "portkey_client_submission", "portkey_client_sha256"
"""In the metadata of a batch that was submitted with a key."""


async def submit(
    runner: Runner[Any],
    checked: Lines,
    key: str | None,
    fields: Mapping[str, Any],
    on_progress: Progress | None,
    options: FileOptions,
) -> Batch:
    """Upload and create, once; see ``Batches.submit``."""
    given: Any = with_file_headers(options, "batch", checked.size)
    extra = given.pop("extra_body", {})
    known = await _by_key(runner, key, checked.sha256, given) if key is not None else None
    if known is not None:
        return known
    name = f"{key or uuid.uuid4().hex}-{checked.sha256[:16]}.jsonl"
    file_id = await _file_by_name(runner, name, given) if key is not None else None
    if file_id is None:
        file_id = await _uploaded(runner, checked, name, on_progress, given)
    marks: dict[str, Any] = (
        {} if key is None else {"metadata": {**(fields["metadata"] or {}), _KEY: key, _DIGEST: checked.sha256}}
    )
    body: dict[str, Any] = {name: value for name, value in {**fields, **marks}.items() if value is not None}
    return await _created(runner, file_id, {**given, "extra_body": {**body, **extra}})


async def _by_key(runner: Runner[Any], key: str, digest: str, options: Any) -> Batch | None:
    """Return the batch that was submitted with a key.

    Raises:
        RequestRefusedError: The key was used for other requests.
    """

    def has_key(batch: Batch) -> bool:
        return _metadata(batch).get(_KEY) == key

    found: Batch | None = await _search("batches.list", AsyncBatchesResource(runner).list, has_key, options)
    if found is not None and _metadata(found).get(_DIGEST) != digest:
        raise RequestRefusedError(f"key: {key!r} was used for other requests, by the batch {found.id}")
    return found


def _metadata(batch: Batch) -> Mapping[str, Any]:
    metadata: Any = batch.metadata
    return metadata if is_mapping(metadata) else {}


async def _file_by_name(runner: Runner[Any], name: str, options: Any) -> str | None:
    def has_name(file: Any) -> bool:
        return bool(file.filename == name)

    found = await _search("files.list", AsyncFilesResource(runner).list, has_name, options)
    return None if found is None else found.id


async def _uploaded(runner: Runner[Any], checked: Lines, name: str, on_progress: Progress | None, options: Any) -> str:
    checked.stream.seek(0)
    source = OpenedFile(checked.stream, name, checked.size)
    part = (name, watched(source, on_progress), "application/jsonl")

    async def create() -> Any:
        made = await AsyncFilesResource(runner).create(file=part, purpose="batch", **options)
        return _identified(made, "files.create")

    async def find() -> Any:
        return await _search("files.list", AsyncFilesResource(runner).list, lambda file: file.filename == name, options)

    return cast("str", (await _once(runner, create, find)).id)


async def _created(runner: Runner[Any], file_id: str, options: Any) -> Batch:
    batches = AsyncBatchesResource(runner)
    plain = {name: value for name, value in options.items() if name != "extra_body"}

    async def create() -> Any:
        make: Any = batches.create
        return _identified(await make(input_file_id=file_id, **options), "batches.create")

    async def find() -> Any:
        return await _search("batches.list", batches.list, lambda batch: batch.input_file_id == file_id, plain)

    return cast("Batch", await _once(runner, create, find))


async def _once(runner: Runner[Any], create: Callable[[], Awaitable[Any]], find: Callable[[], Awaitable[Any]]) -> Any:
    """Create something; where it may have been created although the answer was lost, look for it.

    Raises:
        PortkeyError: It was not created, or nobody can tell: then ``maybe_done`` is set.
    """
    try:
        return await create()
    except PortkeyError as error:
        if not _uncertain(error):
            raise
        lost = error
    for seconds in _LOOKS:
        await runner.sleep(seconds)
        try:
            found = await find()
        except PortkeyError:
            continue
        if found is not None:
            return found
    lost.maybe_done = True
    raise lost


def _identified(made: Any, operation: str) -> Any:
    if not (isinstance(made, WireModel) and cast("Any", made).id):
        raise of_call(operation, AnswerError("what was created has no id", 200, {}, b""))
    return made


def _uncertain(error: PortkeyError) -> bool:
    """Tell whether a call that creates may have been carried out although it failed."""
    if isinstance(error, ConnectionFailedError):
        return error.sent
    return error.maybe_done or isinstance(error, (AnswerError, ServerError, GatewayTimedOutError))


async def _search(
    operation: str, page: Callable[..., Awaitable[Any]], wanted: Callable[[Any], bool], options: Any
) -> Any:
    """Return the first entry of a list that is wanted, within the newest; ``None`` where there is none."""
    after: str | None = None
    seen: set[Any] = set()
    for _ in range(_PAGES):
        answer: Any = await page(after=after, limit=100, **options)
        if not isinstance(answer, WireModel):
            raise of_call(operation, AnswerError(f"{operation}: the list is not an object", 200, {}, b""))
        entries = [each for each in cast("Any", answer).data or () if isinstance(each, WireModel)]
        found = next(filter(wanted, entries), None)
        if found is not None:
            return found
        after = cast("Any", entries[-1]).id if entries else None
        if after is None or after in seen or ("has_more" in answer and answer["has_more"] is False):
            return None
        seen.add(after)
    return None
