"""Puts a client through the rows of ``operations.yaml`` and tells what came of each, as plain data."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from functools import reduce
from inspect import isawaitable
from io import BytesIO
from typing import Any, NamedTuple

import httpx

from portkey_mock import ManualClock

Json = Any


class Row(NamedTuple):
    """One row of the table; its name tells it from the others."""

    name: str
    method: str
    arguments: Any


def rows_of(family: str, table: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """Yield the rows of a family, in their order."""
    for number, row in enumerate(table, 1):
        for method, arguments in row.items():
            yield Row(f"{family} {number}: {method}", method, arguments)


async def played(client: Any, rows: Iterable[Row], clock: ManualClock) -> dict[str, Json]:
    """Return what a client of either kind makes of the rows of one family: row -> answer or error."""
    results: dict[str, Json] = {}
    last: dict[str, Json] = {}
    for row in rows:
        if row.method == "advance":
            clock.advance(row.arguments)
        else:
            results[row.name] = last[row.method] = await told(client, row.method, filled(row.arguments, last))
    return results


async def told(client: Any, method: str, arguments: dict[str, Any]) -> Json:
    """Return the answer of one call, or what is raised instead."""
    placed = arguments.pop("_", [])
    try:
        made = reduce(getattr, method.split("."), client)(*placed, **arguments)
        return await as_data(await made if isawaitable(made) else made)
    except Exception as error:  # noqa: BLE001  # whatever a client raises is a result to be compared
        status = getattr(error, "status_code", None)
        if status is None:
            return {"raises": type(error).__name__}
        return {"error": type(error).__name__, "status": status, "message": message_of(error)}


def is_failure(result: Json) -> bool:
    """Tell whether a result is what was raised."""
    return isinstance(result, dict) and (result.keys() == {"raises"} or result.keys() == {"error", "status", "message"})


def message_of(error: Any) -> str:
    """Return what the gateway said; the SDKs give the JSON of the error as ``body``, or a sentence around it."""
    said = error.body.get("message") if isinstance(error.body, dict) else None
    return str(said or error.message).removeprefix(f"Error code: {error.status_code} - ")


async def as_data(answer: Any) -> Json:  # noqa: PLR0911  # one line for each kind of answer
    """Return an answer as JSON data, whichever client it comes from; bytes as base64, a stream as its events."""
    if answer is None or isinstance(answer, (str, int, float, bool)):
        return answer
    if isinstance(answer, bytes):
        return {"base64": base64.b64encode(answer).decode()}
    if isinstance(answer, dict):
        return {key: await as_data(value) for key, value in answer.items()}
    if hasattr(answer, "model_dump"):  # the models of both SDKs; what did not come is left out
        return answer.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    if hasattr(answer, "to_dict"):
        return answer.to_dict()
    if isinstance(answer, httpx.Response) or hasattr(answer, "read"):
        return await as_data(answer.read())
    if hasattr(answer, "__aiter__"):
        return [await as_data(each) async for each in answer]
    return [await as_data(each) for each in answer]


def filled(value: Any, last: dict[str, Json]) -> Any:
    """Return arguments with files, and with what earlier answers said, in their places."""
    if isinstance(value, dict):
        if value.keys() == {"upload", "text"}:
            file = BytesIO(value["text"].encode())
            file.name = value["upload"]
            return file
        return {key: filled(each, last) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, last) for each in value]
    if isinstance(value, str) and value.startswith("$"):
        method = max((each for each in last if value.startswith(f"${each}.")), key=len)
        return said(last[method], value.removeprefix(f"${method}.").split("."))
    return value


def said(result: Json, keys: Iterable[str]) -> Json:
    """Return what is at a place of a result; some text where it is not there, so that no other row fails."""
    try:
        return reduce(lambda found, key: found[int(key) if key.isdigit() else key], keys, result)
    except (KeyError, TypeError, IndexError):
        return "nothing"


def differences(ours: Json, theirs: Json, place: str = "") -> Iterator[str]:
    """Yield where two results differ; 1 and 1.0 are one number, as in JSON."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and bool(ours.keys() & theirs.keys()) == bool(ours):
        yield from (f"lacks {place}/{key}" for key in ours.keys() - theirs.keys())
        yield from (f"adds {place}/{key}" for key in theirs.keys() - ours.keys())
        for key in ours.keys() & theirs.keys():
            yield from differences(ours[key], theirs[key], f"{place}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{place}/{number}")
    elif ours != theirs or isinstance(ours, bool) != isinstance(theirs, bool):
        raised = theirs.get("raises") if isinstance(theirs, dict) else None
        yield f"raises {raised}" if raised else f"differs {place or '/'}"
