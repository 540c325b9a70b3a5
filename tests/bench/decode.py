"""What an answer costs once it is here: from its bytes to a value, alone and with every field read once."""

import base64
import json
import struct
from collections.abc import Callable
from importlib import import_module
from operator import attrgetter, itemgetter
from typing import Any

from tests.bench.contenders import BASE, installed
from tests.bench.race import race
from tests.bench.table import Row

Decode = Callable[[bytes], Any]

CHAT = {
    "id": "chatcmpl-123",
    "object": "chat.completion",
    "created": 1677652288,
    "model": "gpt-4o-mini",
    "system_fingerprint": "fp_44709d6fcb",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello! How may I help you today? " * 8},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 64, "total_tokens": 73},
}
FILES = {
    "object": "list",
    "data": [
        {
            "id": f"file-{number:06}",
            "object": "file",
            "bytes": 120000 + number,
            "created_at": 1677610602 + number,
            "filename": f"requests-{number}.jsonl",
            "purpose": "batch",
            "status": "processed",
        }
        for number in range(1000)
    ],
}


VECTORS = [[(number * 31 + place) % 2000 / 1000 - 1 for place in range(1536)] for number in range(256)]


def measure(rounds: int) -> list[Row]:
    """A chat completion and a list of 1000 files, each decoded, and decoded and read; and 256 embeddings."""
    return [
        *_decoding("a chat completion", CHAT, installed(CHAT_DECODERS), rounds),
        *_decoding("a list of 1000 files", FILES, installed(FILES_DECODERS), rounds),
        _embeddings(rounds),
    ]


def _embeddings(rounds: int) -> Row:
    """256 vectors of 1536 numbers to lists of floats, each from the form its client asks for by itself."""
    numbers = json.dumps(_embedded(VECTORS)).encode()
    text = json.dumps(_embedded([base64.b64encode(struct.pack("<1536f", *each)).decode() for each in VECTORS])).encode()
    decoders = {name: make() for name, make in installed(EMBEDDING_DECODERS).items()}
    calls = {
        name: _call(decode, numbers if name in (BASE, "portkey_ai") else text) for name, decode in decoders.items()
    }
    label = "decode 256 embeddings of 1536 numbers; httpx: `json.loads` of numbers"
    return Row(label, "ms", {name: value * 1e3 for name, value in race(calls, rounds).items()})


def _embedded(vectors: list[Any]) -> dict[str, Any]:
    data = [{"object": "embedding", "index": index, "embedding": each} for index, each in enumerate(vectors)]
    return {"object": "list", "model": "m", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def _decoding(label: str, answer: object, makers: dict[str, Callable[[], Decode]], rounds: int) -> list[Row]:
    body = json.dumps(answer).encode()
    decoders = {name: make() for name, make in makers.items()}
    readers = {name: reader(answer, decode(body)) for name, decode in decoders.items()}
    parse = {name: _call(decode, body) for name, decode in decoders.items()}
    both = {name: _call(decode, body, readers[name]) for name, decode in decoders.items()}
    return [
        Row(
            f"decode {label}; httpx: `json.loads`",
            "us",
            {name: value * 1e6 for name, value in race(parse, rounds).items()},
        ),
        Row("the same, and read every field", "us", {name: value * 1e6 for name, value in race(both, rounds).items()}),
    ]


def _call(decode: Decode, body: bytes, read: Callable[[Any], None] | None = None) -> Callable[[], object]:
    return (lambda: read(decode(body))) if read else (lambda: decode(body))


def reader(shape: object, sample: Any) -> Callable[[Any], None]:
    """A function that reads every field of a value like `sample`, which was decoded from `shape`.

    A field is a key of a dictionary or an attribute of a model, which may bear an underscore where Python has the name.
    """
    if isinstance(shape, list):
        return _each(reader(shape[0], sample[0]))
    if isinstance(shape, dict):
        return _fields([_field(key, value, sample) for key, value in shape.items()])
    return lambda _: None


def _each(read: Callable[[Any], None]) -> Callable[[Any], None]:
    def read_items(items: Any) -> None:
        for item in items:
            read(item)

    return read_items


def _fields(fields: list[tuple[Callable[[Any], Any], Callable[[Any], None]]]) -> Callable[[Any], None]:
    def read_fields(value: Any) -> None:
        for get, read in fields:
            read(get(value))

    return read_fields


def _field(key: str, shape: object, sample: Any) -> tuple[Callable[[Any], Any], Callable[[Any], None]]:
    get: Callable[[Any], Any]
    get = itemgetter(key) if isinstance(sample, dict) else attrgetter(key if hasattr(sample, key) else f"{key}_")
    return get, reader(shape, get(sample))


def _json() -> Decode:
    return json.loads


def _portkey_client(model: str) -> Callable[[], Decode]:
    def make() -> Decode:
        from_dict = getattr(import_module("portkey_api.models"), model).from_dict
        return lambda body: from_dict(json.loads(body))

    return make


def _openai(module: str, model: str) -> Callable[[], Decode]:
    """What openai's client does with an answer: it builds the model without validating it."""

    def make() -> Decode:
        construct = import_module("openai._models").construct_type
        type_ = getattr(import_module(module), model)
        return lambda body: construct(value=json.loads(body), type_=type_)

    return make


def _openai_page() -> Decode:
    construct = import_module("openai._models").construct_type
    page = import_module("openai.pagination").SyncCursorPage[import_module("openai.types").FileObject]
    return lambda body: construct(value=json.loads(body), type_=page)


def _portkey_ai(module: str, model: str) -> Callable[[], Decode]:
    """What portkey-ai's client does with an answer: it calls the model with the answer's keys."""

    def make() -> Decode:
        type_ = getattr(import_module(f"portkey_ai.api_resources.types.{module}"), model)
        return lambda body: type_(**json.loads(body))

    return make


def _portkey_client_embeddings() -> Decode:
    read = import_module("portkey_api.models").CreateEmbeddingResponse.from_dict
    in_floats = import_module("portkey_client.embeddings").in_floats
    return lambda body: in_floats(read(json.loads(body)))


def _openai_embeddings() -> Decode:
    """What openai's client does: it builds the models, then decodes each vector with the array module."""
    construct = import_module("openai._models").construct_type
    type_ = import_module("openai.types").CreateEmbeddingResponse
    array = import_module("array").array

    def decode(body: bytes) -> Any:
        answer = construct(value=json.loads(body), type_=type_)
        for each in answer.data:
            each.embedding = array("f", base64.b64decode(each.embedding)).tolist()
        return answer

    return decode


CHAT_DECODERS = {
    BASE: _json,
    "portkey_client": _portkey_client("CreateChatCompletionResponse"),
    "openai": _openai("openai.types.chat", "ChatCompletion"),
    "portkey_ai": _portkey_ai("chat_complete_type", "ChatCompletions"),
}
FILES_DECODERS = {
    BASE: _json,
    "portkey_client": _portkey_client("ListFilesResponse"),
    "openai": _openai_page,
    "portkey_ai": _portkey_ai("main_file_type", "FileList"),
}
EMBEDDING_DECODERS = {
    BASE: _json,
    "portkey_client": _portkey_client_embeddings,
    "openai": _openai_embeddings,
    "portkey_ai": _portkey_ai("embeddings_type", "CreateEmbeddingResponse"),
}
