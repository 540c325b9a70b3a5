"""Where a model belongs, a dict literal may be given: to a constructor, an attribute, or a key."""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
import pytest

import portkey_api
from portkey_api import dicts, models
from portkey_api.models import (
    ChatCompletionRequestAssistantMessage,
    ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest,
    CreateVectorStoreRequest,
    RegexMatchCheck,
    RegexMatchParameters,
    StaticChunkingStrategyRequestParam,
    VectorStoreExpirationAfter,
)
from portkey_api.types import UNSET, WireModel, to_wire
from tests.generated.document import Document, Many, Object

DOCUMENT = Document.load(Path(portkey_api.__file__).parent / "openapi.json")
SCHEMAS = dict(DOCUMENT.components())
CLASSES: dict[str, Any] = {name: getattr(models, models.COMPONENTS.get(name, name), None) for name in SCHEMAS}
WRITTEN = sorted(
    name for name, made in CLASSES.items() if isinstance(made, type) and hasattr(dicts, f"{made.__name__}Dict")
)
SAMPLES = 8
"""Random samples of each model, beside the smallest and the full ones."""


def same(made: Any, read: Any) -> bool:
    """Tell whether two values are of the same classes, at any depth."""
    if isinstance(made, WireModel):
        names = [field.name for field in attrs.fields(type(made))]
        return type(made) is type(read) and all(same(getattr(made, name), getattr(read, name)) for name in names)
    if isinstance(made, list):
        return type(read) is list and all(same(*pair) for pair in zip(made, read, strict=True))
    if isinstance(made, dict):
        return type(read) is dict and all(same(made[key], read[key]) for key in made | read)
    return bool(made == read)


@pytest.mark.parametrize("component", WRITTEN)
def test_a_literal_is_read_as_what_came_would_be(component: str) -> None:
    """Every model of request bodies, made of literals, holds the models that reading the same JSON gives."""
    model = CLASSES[component]
    names = {model._names.get(field.name, field.name): field.name for field in attrs.fields(model)}
    chance = random.Random(component)
    for kind in [kind for kind in DOCUMENT.kinds(SCHEMAS[component]) if isinstance(kind, (Object, Many))]:
        for wire in [*DOCUMENT.samples(kind), *(DOCUMENT.random_sample(kind, chance) for _ in range(SAMPLES))]:
            known = {key: value for key, value in wire.items() if key in names}
            made, read = model(**{names[key]: value for key, value in known.items()}), model.from_dict(known)
            assert made == read
            for key, value in known.items():
                if isinstance(value, (dict, list)):
                    assert same(made[key], read[key]), key


def test_most_models_of_requests_are_looked_at() -> None:
    """The test above sees the bodies as well as what they hold."""
    assert len(WRITTEN) > 150
    assert {"CreateChatCompletionRequest", "ChatCompletionTool"} <= set(WRITTEN)


def test_models_and_literals_mix() -> None:
    """A model among literals stays the object it is, also where a class must be chosen and inside a literal."""
    message = ChatCompletionRequestUserMessage(role="user", content="hi")
    expiry = VectorStoreExpirationAfter(anchor="last_active_at", days=3)
    request = CreateChatCompletionRequest(model="m", messages=[message, {"role": "assistant", "content": "ho"}])
    assert request.messages[0] is message
    assert isinstance(request.messages[1], ChatCompletionRequestAssistantMessage)
    store = CreateVectorStoreRequest.from_dict({})
    store["expires_after"] = expiry
    assert store.expires_after is expiry
    check: Any = {"id": "default.regexMatch", "parameters": {"rule": "^a"}}
    details = models.GuardrailDetails.from_dict({"checks": []})
    details["checks"] = (
        RegexMatchCheck(**check),
        check,
        {**check, "parameters": RegexMatchParameters(rule="b")},
    )
    assert [type(each) for each in details.checks or []] == [RegexMatchCheck] * 3
    assert to_wire(details)["checks"] == [check, check, {**check, "parameters": {"rule": "b"}}]


def test_what_is_left_out_of_a_literal_is_not_written() -> None:
    """``UNSET`` counts as absent at any depth."""
    chunking: Any = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": UNSET}}
    store = CreateVectorStoreRequest(chunking_strategy=chunking, file_ids=UNSET)
    assert isinstance(store.chunking_strategy, StaticChunkingStrategyRequestParam)
    assert store.to_dict() == {"chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 800}}}


def test_any_mapping_and_any_list_will_do() -> None:
    """A read-only mapping reads as a dict or a model, a tuple as a list; a plain dict or list is kept, not copied."""
    request = CreateVectorStoreRequest(
        expires_after=MappingProxyType({"anchor": "last_active_at", "days": 3}),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        metadata=MappingProxyType({"team": "blue"}),
        file_ids=("a", "b"),
    )
    assert isinstance(request.expires_after, VectorStoreExpirationAfter)
    assert (request.metadata, request.file_ids) == ({"team": "blue"}, ["a", "b"])
    kept: dict[str, str] = {}
    request.metadata = kept
    assert request.metadata is kept


def test_what_fits_no_model_is_kept() -> None:
    """A literal of the wrong kind stays what it is, and is sent; the gateway may know it."""
    odd: Any = [1, "text", {"unheard": 1}]
    request = CreateChatCompletionRequest(model="m", messages=odd)
    assert json.loads(json.dumps(request.to_dict())) == {"model": "m", "messages": odd}
