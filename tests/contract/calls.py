"""One call of one operation, in parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.contract.document import Operation

NOTHING: Final = object()
"""The body of a call that has none."""


class Lacking(Exception):
    """Something cannot be tried, and the message says what is needed and where to give it."""


@dataclass(frozen=True)
class Call:
    """What the wire and our client are both made to send.

    Attributes:
        body: JSON, or the fields of a form, files as bytes; `NOTHING` for no body.
    """

    operation: Operation
    ids: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
