"""Parameters and form fields arrive as text; what they mean is what their schema accepts."""

from __future__ import annotations

from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock, Request
from tests.mock import spec


def status(schema: Any, query: str) -> int:
    """What a gateway answers whose only operation has the query parameter `q`."""
    parameters = [{"name": "q", "in": "query", "schema": schema}]
    document = spec.tiny({}, parameters=parameters, requestBody={"content": {}})
    return Gateway(document, clock=ManualClock()).handle(Request("POST", "/things", query, (), b"")).status


@pytest.mark.parametrize(
    ("schema", "query", "expected"),
    [
        ({"type": "number"}, "q=5e-324", 200),
        ({"type": "number"}, "q=1e999", 400),
        ({"type": "integer"}, "q=12", 200),
        ({"type": "integer"}, "q=null", 400),
        ({"type": "integer", "nullable": True}, "q=null", 200),
        ({"type": "string"}, "q=null", 200),
        ({"type": "integer"}, "q=1&q=2", 400),
        ({"type": "string"}, "q=a&q=b", 400),
        ({"type": "array", "items": {"type": "integer"}}, "q=1&q=2", 200),
        ({"type": "array", "items": {"type": "string"}}, "q=1&q=2", 200),
    ],
)
def test_what_a_text_means(schema: Any, query: str, expected: int) -> None:
    """Numbers of any size, null where it is allowed, and lists where something is given twice; all else is refused."""
    assert status(schema, query) == expected
