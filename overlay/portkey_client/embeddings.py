"""Embeddings: asked for as base64, which is a quarter of the bytes of decimal numbers and needs no parsing."""

from __future__ import annotations

import binascii
import struct
from functools import wraps
from typing import TYPE_CHECKING, Any

from portkey_api.resources.embeddings import AsyncEmbeddingsResource, EmbeddingsResource
from portkey_api.types import UNSET

from .narrow import is_list, is_raw


class Embeddings(EmbeddingsResource):
    """The operations under ``client.embeddings``; vectors are lists of floats, however they travel."""

    if not TYPE_CHECKING:  # pragma: no branch  # the signature is the generated one

        @wraps(EmbeddingsResource.create)
        def create(self, *, encoding_format: Any = UNSET, **arguments: Any) -> Any:
            """See the generated method."""
            if encoding_format is UNSET:
                return in_floats(super().create(**packed(arguments)))
            return super().create(encoding_format=encoding_format, **arguments)


class AsyncEmbeddings(AsyncEmbeddingsResource):
    """The operations under ``client.embeddings``, asynchronous."""

    if not TYPE_CHECKING:  # pragma: no branch

        @wraps(AsyncEmbeddingsResource.create)
        async def create(self, *, encoding_format: Any = UNSET, **arguments: Any) -> Any:
            """See the generated method."""
            if encoding_format is UNSET:
                return in_floats(await super().create(**packed(arguments)))
            return await super().create(encoding_format=encoding_format, **arguments)


def packed(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments that ask for base64, of an answer that is to be typed as one of numbers."""
    return {**arguments, "extra_body": {"encoding_format": "base64", **arguments.get("extra_body", {})}}


def in_floats(answer: Any) -> Any:
    """Decode the vectors of an answer in place; a gateway that sent numbers all the same needs nothing."""
    items: Any = getattr(answer.parsed if is_raw(answer) else answer, "data", None)
    for item in items if is_list(items) else ():
        if isinstance(item.embedding, str):
            item.embedding = floats(item.embedding)
    return answer


def floats(text: str) -> Any:
    """Return a vector that came as base64: 32-bit floats, the lowest byte first; what is none stays as it came."""
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
        return list(struct.unpack(f"<{len(content) // 4}f", content))
    except (ValueError, struct.error):
        return text
