"""Streams of events, held to what the document says of them.

schemathesis takes an event for an object of two strings, `event` and `data`. This document describes what the JSON in
`data` holds, as OpenAI's does; where it describes `event` and `data`, that `data` is JSON, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from jsonschema.protocols import Validator

from tests.contract.document import DOCUMENT
from tests.mock import spec

MEDIA: Final = "text/event-stream"


def problems(path: str, body: bytes) -> Iterator[str]:
    """What is wrong with the events that POST on `path` answered with."""
    pairs = path.startswith("/threads")
    for number, (name, data) in enumerate(frames(body)):
        if data == "[DONE]" or is_error(name, data):
            continue  # for the second there is a check of its own
        try:
            value: Any = json.loads(data)
        except ValueError:
            yield f"Event {number} is no JSON."
            continue
        error = next(iter(_validator(path).iter_errors({"event": name, "data": value} if pairs else value)), None)
        if error is not None:
            yield f"Event {number} does not conform: {error.message[:500]}"


def is_error(name: str | None, data: str) -> bool:
    """Whether an event says that the stream has failed: it is called so, or holds nothing but an error."""
    try:
        value: Any = json.loads(data)
    except ValueError:
        return False
    told = isinstance(value, dict) and (
        value.get("type") == "error" or (bool(value.get("error")) and "choices" not in value)
    )
    return name == "error" or told


def frames(body: bytes) -> Iterator[tuple[str | None, str]]:
    """The name and the data of each event (WHATWG HTML, section 9.2.6)."""
    for block in re.split(r"\r\n\r\n|\n\n|\r\r", body.decode("utf-8", "replace")):
        pairs = [line.partition(":") for line in block.splitlines()]
        fields = [(name, value.removeprefix(" ")) for name, _, value in pairs]
        data = [value for name, value in fields if name == "data"]
        if data:
            yield dict(fields).get("event"), "\n".join(data)


@cache
def _validator(path: str) -> Validator:
    return spec.validator(DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"][MEDIA]["schema"])
