"""Embeddings: vectors of length one that depend on the input alone, as numbers or packed in base64."""

from __future__ import annotations

import base64
from array import array
from hashlib import shake_128
from math import sqrt
from sys import byteorder
from typing import Final

from portkey_mock.jsonvalue import Json, JsonObject, is_array
from portkey_mock.speech import Asked, tokens_of

_DIMENSIONS: Final = {"text-embedding-3-large": 3072}
_USUAL: Final = 1536
_MOST_DIMENSIONS: Final = 8192
"""More than any model has; a request for more gets this many."""


def embeddings(asked: Asked) -> JsonObject:
    """POST /embeddings: one vector for each input, the same for the same model and input."""
    fields = asked.fields
    model = str(fields.get("model"))
    dimensions = min(fields.get("dimensions") or _DIMENSIONS.get(model, _USUAL), _MOST_DIMENSIONS)
    packed = fields.get("encoding_format") == "base64"
    texts = inputs(fields.get("input"))
    vectors = [vector(f"{model} {text}", dimensions) for text in texts]
    used = sum(map(tokens_of, texts))
    return {
        "data": [
            {"object": "embedding", "index": index, "embedding": pack(numbers) if packed else numbers}
            for index, numbers in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": used, "total_tokens": used},
        "hook_results": None,
    }


def inputs(given: Json) -> list[Json]:
    """What there is to embed. A list of numbers is one input: a text that is tokens already."""
    return given if is_array(given) and given and not isinstance(given[0], int) else [given]


def vector(text: str, dimensions: int) -> list[float]:
    """A unit vector for `text`; rounded, so that it survives being packed in 32 bits."""
    numbers = array("h", shake_128(text.encode("utf-8")).digest(2 * dimensions))
    if byteorder == "big":  # pragma: no cover - the machines that test this are little-endian
        numbers.byteswap()
    length = sqrt(sum(number * number for number in numbers)) or 1.0
    return [round(number / length, 7) for number in numbers]


def pack(numbers: list[float]) -> str:
    """`numbers` as 32-bit floats, lowest byte first, in base64."""
    packed = array("f", numbers)
    if byteorder == "big":  # pragma: no cover  # only a big-endian machine gets here
        packed.byteswap()
    return base64.b64encode(packed.tobytes()).decode("ascii")
