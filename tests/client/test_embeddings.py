from __future__ import annotations

import asyncio
import base64
import json
import struct
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_api.models import CreateEmbeddingResponse, CreateEncodedEmbeddingResponse
from portkey_client.embeddings import floats
from tests.client.wire import Wire

VECTOR = [0.5, -0.25, 1.0]


def encoded(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def answer(embedding: Any) -> httpx.Response:
    item = {"object": "embedding", "index": 0, "embedding": embedding}
    return httpx.Response(200, json={"object": "list", "model": "m", "data": [item], "usage": {}})


def asked(wire: Wire) -> Any:
    return json.loads(wire.last.content).get("encoding_format")


@pytest.mark.parametrize("sent", [encoded(VECTOR), VECTOR])
def test_vectors_are_asked_for_as_base64_and_read_as_floats(sent: Any) -> None:
    """Whether the gateway sends base64 or numbers, sync and async, with the raw answer or without."""
    wire = Wire(lambda _: answer(sent))
    plain = wire.client().embeddings.create(model="m", input="hi")
    raw = wire.client().embeddings.with_raw_response.create(model="m", input="hi")
    later = asyncio.run(wire.async_client().embeddings.create(model="m", input="hi"))
    assert [each.data[0].embedding for each in (plain, raw.parsed, later)] == [VECTOR] * 3
    assert asked(wire) == "base64"


@pytest.mark.parametrize("wanted", ["float", "base64"])
def test_who_names_a_format_gets_it_as_it_comes(wanted: Any) -> None:
    """The caller's own choice is sent, and nothing is decoded."""
    wire = Wire(lambda _: answer("AAAAPw=="))
    given = wire.client().embeddings.create(model="m", input="hi", encoding_format=wanted)
    later = asyncio.run(wire.async_client().embeddings.create(model="m", input="hi", encoding_format=wanted))
    known = CreateEncodedEmbeddingResponse if wanted == "base64" else CreateEmbeddingResponse
    assert [type(given), type(later)] == [known, known]
    assert [given.to_dict()["data"][0]["embedding"], later.to_dict()["data"][0]["embedding"]] == ["AAAAPw=="] * 2
    assert asked(wire) == wanted


def test_a_format_only_the_gateway_knows_is_read_by_what_comes() -> None:
    """The document's answers are told apart by what is in them, where the format is none of the document's."""
    for sent, known in ((VECTOR, CreateEmbeddingResponse), ("AAAAPw==", CreateEncodedEmbeddingResponse)):
        wire, new = Wire(answer(sent)), cast("Any", "int8")
        assert type(wire.client().embeddings.create(model="m", input="hi", encoding_format=new)) is known
        assert asked(wire) == "int8"


def test_the_body_can_be_added_to() -> None:
    """What a call adds to its body is sent as well, and what it says of the format counts."""
    wire = Wire(lambda _: answer(VECTOR))
    wire.client().embeddings.create(model="m", input="hi", extra_body={"task": "query"})
    assert (asked(wire), json.loads(wire.last.content)["task"]) == ("base64", "query")
    wire.client().embeddings.create(model="m", input="hi", extra_body={"encoding_format": "float"})
    assert asked(wire) == "float"


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}])
def test_an_answer_without_vectors_is_left_alone(body: Any) -> None:
    """Whatever else a gateway sends with 200 is read as it comes."""
    assert Wire(httpx.Response(200, json=body)).client().embeddings.create(model="m", input="hi").to_dict() == body


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_any_vector_survives_the_way(vector: list[float]) -> None:
    """Decoding is the reverse of encoding."""
    assert floats(encoded(vector)) == vector


@pytest.mark.parametrize("text", ["not base64!", "AAA=", "AAAA", "é"])
def test_text_that_is_no_vector_stays(text: str) -> None:
    """Reading never raises."""
    assert floats(text) == text
