"""Single values that look like what a gateway sends: ids with their customary prefixes, times, strings of a format.

Every value follows from the schema, the property's name and a token, so the same request always gets the same answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import ceil, floor
from typing import Final
from uuid import UUID

import jsonschema_rs

from portkey_mock.jsonvalue import JsonObject

_EPOCH: Final = 1_750_000_000
"""Generated times lie in the day before this instant (15 June 2025), in seconds since 1970, so they are past for every
clock that goes right."""

_DAY: Final = 86_400
_TEN_YEARS: Final = 3652 * _DAY

_ID_PREFIXES: Final = {
    "assistant": "asst_",
    "batch": "batch_",
    "batch_req": "batch_req_",
    "call": "call_",
    "chat.completion": "chatcmpl-",
    "file": "file-",
    "function": "call_",
    "function_call": "fc_",
    "fine_tuning.job": "ftjob-",
    "fine_tuning.job.checkpoint": "ftckpt_",
    "fine_tuning.job.event": "ftevent-",
    "fine_tuning_job": "ftjob-",
    "message": "msg_",
    "response": "resp_",
    "run": "run_",
    "step": "step_",
    "text_completion": "cmpl-",
    "thread": "thread_",
    "thread.message": "msg_",
    "thread.run": "run_",
    "thread.run.step": "step_",
    "tool_call": "call_",
    "upload": "upload_",
    "upload.part": "part_",
    "vector_store": "vs_",
    "vector_store.file": "file-",
    "vector_store.file_batch": "vsfb_",
    "vector_store.files_batch": "vsfb_",
}
"""By the `object` of what is named, or by the noun in a name such as `batch_id`. Whatever is not here has a UUID."""

_FUTURE: Final = frozenset({"expires", "next_reset", "next_run", "next_rotation"})
_LATER: Final = {"started": 1, "queued": 1, "in_progress": 1, "finalizing": 2, "cancelling": 2}
_CREATED: Final = frozenset({"created", "timestamp", "time"})
"""By what is left of a name without its `_at`: what is to come, what happens on the way, and what comes first."""

_TRUE: Final = frozenset({"deleted", "success"})
"""Booleans that say a call went well. All others are false: a `has_more` that stayed true would page for ever."""

_FORMATS: Final = {
    "byte": "bW9jaw==",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/mock",
    "url": "https://example.com/mock",
}
_TIME_FORMATS: Final = {"date-time": "%Y-%m-%dT%H:%M:%SZ", "date": "%Y-%m-%d", "time": "%H:%M:%SZ"}

_FILLERS: Final = ("a", "A", "0", "a0", "A0a0", "2025-06-15", "https://example.com/a", "a@b.example", "/a", "0.0")
"""Tried in turn where a pattern refuses what one would expect."""


def timestamp(moment: float) -> str:
    """A moment, in seconds since 1970, in words (RFC 3339)."""
    return datetime.fromtimestamp(moment, UTC).strftime(_TIME_FORMATS["date-time"])


def token(*parts: object) -> str:
    """40 hexadecimal digits that depend on all `parts`."""
    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=20).hexdigest()


def identifier(kind: str, token: str) -> str:
    """An id for a thing of `kind` (its `object`, or a noun such as `batch`)."""
    prefix = _ID_PREFIXES.get(kind)
    return str(UUID(token[:32], version=4)) if prefix is None else prefix + token[:24]


def boolean(name: str) -> bool:
    """A boolean for the property `name`."""
    return name in _TRUE


def number(schema: JsonObject, name: str, token: str) -> float | int:
    """A number inside the bounds of `schema`; an integer where it may be one."""
    lowest, highest = _bounds(schema)
    wanted = _seconds(token, name) if is_time(name) else 1
    step: float | int = schema.get("multipleOf", 0)
    if step and (step >= 1 or schema["type"] == "integer"):
        return ceil(max(lowest, step) / step) * step
    if lowest <= wanted <= highest:
        return wanted
    nearest = lowest if wanted < lowest else highest
    if schema["type"] == "integer":
        return ceil(nearest) if nearest == lowest else floor(nearest)
    return nearest


def _bounds(schema: JsonObject) -> tuple[float, float]:
    """The lowest and the highest number allowed. An exclusive bound of a real number is kept clear of by a half."""
    lowest = schema.get("minimum", float("-inf"))
    highest = schema.get("maximum", float("inf"))
    margin = 1 if schema["type"] == "integer" else 0.5
    lowest = max(lowest, schema.get("exclusiveMinimum", float("-inf")) + margin)
    highest = min(highest, schema.get("exclusiveMaximum", float("inf")) - margin)
    return lowest, highest


def _seconds(token: str, name: str) -> int:
    """The times of one thing, which share a token, follow one another as their names say."""
    stem = name.removesuffix("_at")
    if stem in _FUTURE:
        return _EPOCH + _TEN_YEARS
    step = 0 if stem in _CREATED else _LATER.get(stem, 3)
    return _EPOCH - _DAY + int(token[:6], 16) % (_DAY - 60) + step


@lru_cache(maxsize=4096)
def is_own(name: str) -> bool:
    """Whether the property `name` holds what tells a thing from others: an id or a slug."""
    return name in ("id", "slug") or name.endswith("_id")


@lru_cache(maxsize=4096)
def is_time(name: str) -> bool:
    """Whether the property `name` holds a moment."""
    return name.endswith("_at") or name in {"created", "timestamp"}


def string(schema: JsonObject, name: str, kind: str, token: str) -> str:
    """A string that fits the format, pattern and length of `schema`.

    `name` is the property's name and `kind` the `object` of the thing it belongs to. If no string that fits can be
    found, one that does not is returned; the check of all generated values at start-up reports it.
    """
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    natural = _fit(_natural(schema, name, kind, token), shortest, longest)
    pattern = schema.get("pattern")
    if pattern is None or _matches(pattern, natural):
        return natural
    others = (_fit(candidate, shortest, longest) for candidate in (name, *_FILLERS))
    return next((text for text in others if _matches(pattern, text)), natural)


def _matches(pattern: str, text: str) -> bool:
    """Whether `text` matches, as the validators see it: Python's own expressions differ, and some run for ever."""
    try:
        return _pattern(pattern).is_valid(text)
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


def _natural(schema: JsonObject, name: str, kind: str, token: str) -> str:
    """What one would expect there, whatever the bounds."""
    stated = str(schema.get("format", "")).lower()
    if stated in _FORMATS:
        return _FORMATS[stated]
    if stated in _TIME_FORMATS:
        return datetime.fromtimestamp(_seconds(token, name), UTC).strftime(_TIME_FORMATS[stated])
    return str(UUID(token[:32], version=4)) if stated == "uuid" else _by_name(name, kind, token)


def _by_name(name: str, kind: str, token: str) -> str:
    if name == "id":
        return identifier(kind, token)
    if name.endswith("_id"):
        return identifier(name.removesuffix("_id"), token)
    if name == "slug":
        return f"mock-{token[:8]}"
    if is_time(name):
        return _natural({"format": "date-time"}, name, kind, token)
    return f"mock {name}".strip()


def _fit(text: str, shortest: int, longest: int | None) -> str:
    """`text` repeated or cut until its length is allowed."""
    if text and len(text) < shortest:
        text = (text * ceil(shortest / len(text)))[:shortest]
    return text[:longest]
