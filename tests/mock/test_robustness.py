"""Whatever is sent, there is an answer."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portkey_mock import Gateway, ManualClock, Request
from tests.mock import spec

GATEWAYS = [Gateway(spec.DOCUMENT, clock=ManualClock(), mode=mode) for mode in ("strict", "document")]
TEXT = st.text(st.characters(max_codepoint=255), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
HEADERS = st.sampled_from(["content-type", "cookie", "x-portkey-metadata", "x-portkey-trace-id", "content-length", "x"])
MEDIA = st.sampled_from(["application/json", "multipart/form-data; boundary=limit", "multipart/form-data", "*/*", ""])


def answer(request: Request) -> None:
    """Sends to both gateways and looks at the answers."""
    for gateway in GATEWAYS:
        response = gateway.handle(request)
        assert 200 <= response.status < 500
        if response.status >= 400:
            assert json.loads(response.body)
        for name, value in response.headers:
            assert name == name.lower()
            assert name == "x-portkey-trace-id" or value.isprintable()


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "", "get"]),
    path=TEXT,
    query=TEXT,
    headers=st.lists(st.tuples(HEADERS, TEXT), max_size=4),
    body=st.binary(max_size=50),
)
def test_nonsense(method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes) -> None:
    """Arbitrary requests are answered with a status below 500."""
    answer(Request(method, path, query, tuple(headers), body))


@given(
    op=st.sampled_from(spec.OPERATIONS),
    ids=st.text(st.characters(codec="ascii", exclude_characters="/?#%"), min_size=1, max_size=10),
    query=TEXT,
    headers=st.lists(st.tuples(HEADERS, TEXT), max_size=4),
    media=MEDIA,
    body=st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_nonsense_to_real_operations(
    op: spec.Op, ids: str, query: str, headers: list[tuple[str, str]], media: str, body: bytes
) -> None:
    """Real operations with arbitrary parameters and bodies are answered with a status below 500."""
    path = "/".join(ids if part.startswith("{") else part for part in op.path.split("/"))
    sent = (*spec.INFERENCE.items(), ("content-type", media), *headers)
    answer(Request(op.method, path, query, sent, body))


@given(
    op=st.sampled_from([op for op in spec.OPERATIONS if op.body]),
    changes=st.dictionaries(TEXT, JSON, max_size=2),
    data=st.data(),
)
def test_nearly_right_bodies(op: spec.Op, changes: dict[str, Any], data: st.DataObject) -> None:
    """Bodies that are right but for a field or two are answered with a status below 500."""
    assert op.body
    body = spec.smallest(op.body[1])
    names = list(spec.flat(op.body[1]).get("properties", {})) or ["x"]
    changed = {data.draw(st.sampled_from(names)): value for value in changes.values()}
    if isinstance(body, dict) and not op.body[0].startswith("multipart/"):
        answer(spec.request(op, {**body, **changed}))
    elif op.body[0].startswith("multipart/"):
        answer(
            spec.request(
                op,
                {**body, **{name: str(value).encode("ascii", "replace").decode() for name, value in changed.items()}},
            )
        )
