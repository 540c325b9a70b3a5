"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as bytes."""

from __future__ import annotations

import json
from typing import Final

from portkey_mock.jsonvalue import Json

MEDIA: Final = "text/event-stream"


def event(data: Json, name: str | None = None) -> bytes:
    """One event that carries `data` as JSON; `name` only where an API names its events."""
    return _event(json.dumps(data, separators=(",", ":")), name)


def done(name: str | None = None) -> bytes:
    """The end of a stream, where an API marks it."""
    return _event("[DONE]", name)


def _event(data: str, name: str | None) -> bytes:
    head = "" if name is None else f"event: {name}\n"
    return f"{head}data: {data}\n\n".encode("ascii")
