"""The official SDKs, as they are installed, over sockets against the mock: `make peers`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from math import isclose
from time import time
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock
from tests.mock.serving import serving

HELLO = [{"role": "user", "content": "Hello"}]

CLOCK = ManualClock(time())


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the mock listens, with a clock that the tests turn."""
    with serving(Gateway(clock=CLOCK)) as listening:
        yield listening


def _openai(address: str) -> Any:
    headers = {"x-portkey-provider": "openai"}
    return import_module("openai").OpenAI(api_key="sk-test", base_url=address, default_headers=headers)


def _portkey_ai(address: str) -> Any:
    return import_module("portkey_ai").Portkey(api_key="pk-test", virtual_key="vk-test", base_url=address)


@pytest.fixture(params=[_openai, _portkey_ai], ids=["openai", "portkey-ai"])
def client(request: pytest.FixtureRequest, address: str) -> Any:
    """A client of either SDK."""
    return request.param(address)


def test_chat(client: Any) -> None:
    """A chat completion comes whole, and in pieces that add up to it."""
    whole = client.chat.completions.create(model="gpt-4o", messages=HELLO)
    text = whole.choices[0].message.content
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    chunks = list(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == text
    assert len(chunks) > 3
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_embeddings(client: Any) -> None:
    """Embeddings are as many as the inputs, in the dimensions asked for, whichever way they are packed."""
    made = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], dimensions=8)
    plain = client.embeddings.create(
        model="text-embedding-3-small", input=["a", "b"], dimensions=8, encoding_format="float"
    )
    for one, other in zip(made.data, plain.data, strict=True):
        numbers = one.embedding
        if not isinstance(numbers, str):  # portkey-ai leaves base64 undecoded
            assert all(isclose(*pair, abs_tol=1e-6) for pair in zip(numbers, other.embedding, strict=True))
        assert len(other.embedding) == 8


def _text(content: Any) -> str:
    return str(content.text if isinstance(content.text, str) else content.text())


def test_files_and_a_whole_batch(client: Any) -> None:
    """A file is uploaded, listed and read; a batch of it completes; its output has an answer for each request."""
    rows = [
        {
            "custom_id": f"row-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "gpt-4o", "messages": HELLO},
        }
        for number in range(3)
    ]
    content = "\n".join(map(json.dumps, rows)).encode()
    file = client.files.create(file=("batch.jsonl", content), purpose="batch")
    assert file.id in [each.id for each in client.files.list().data]
    assert _text(client.files.content(file.id)).encode() == content
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert batch.status == "validating"
    CLOCK.advance(3600)
    batch = client.batches.retrieve(batch.id)
    assert (batch.status, batch.request_counts.completed) == ("completed", 3)
    lines = [json.loads(line) for line in _text(client.files.content(batch.output_file_id)).splitlines()]
    assert [line["custom_id"] for line in lines] == ["row-0", "row-1", "row-2"]
    assert all(line["response"]["body"]["choices"][0]["message"]["content"] for line in lines)
    assert client.files.delete(file.id).deleted
