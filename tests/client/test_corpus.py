"""Bodies as gateways really send them: each is read without raising, given back unchanged, and held to the document.

``corpus/`` has one file a family. An entry names its operation, where the body comes from, its status and media type
where they are not 200 and JSON, and the body, or the ``text`` that is no JSON. The sources are of four kinds: RUN, the
answer of a gateway that was run, in front of a stub that answers as the provider's documentation says; DOC, values of
our own in the shape of public documentation; GW, in the shape that a gateway's source builds; OWN, values and shape of
our own where no body of the service is known: it proves the reading, not the service. ``violates`` lists what
the resolved document does not allow of a body: JSON path of the violation -> why the document stays as it is.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from portkey_api import resources
from portkey_api.types import Operation, WireModel
from portkey_client import APIError
from portkey_client.answer import read_answer
from tests.mock import spec

Entry = dict[str, Any]
FOLDER = Path(__file__).with_name("corpus")
CORPUS: dict[str, list[Entry]] = {
    path.stem: yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    for path in sorted(FOLDER.glob("*.yaml"))
}
ENTRIES = [entry for entries in CORPUS.values() for entry in entries]
FAMILIES = {
    *("assistants", "batches", "chat", "control-plane", "errors", "files", "fine-tuning", "guardrails", "inference"),
    *("litellm", "mcp", "observability", "policies", "prompts", "providers", "responses", "vector-stores"),
}
DOCUMENTED = {each.raw["operationId"]: each for each in spec.OPERATIONS}
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry['operation']}: {entry['source']}")


@cache
def operations() -> dict[str, Operation[Any]]:
    """Return every operation of the client by its name."""
    names = [each.name for each in pkgutil.iter_modules(resources.__path__)]
    modules = [importlib.import_module(f"portkey_api.resources.{name}") for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Operation)]
    return {operation.name: operation for operation in found}


def answered(entry: Entry) -> Any:
    """Return what the client makes of an entry: the answer, or the body of the exception."""
    content = entry["text"] if "text" in entry else json.dumps(entry["body"])
    headers = {"content-type": entry.get("type", "application/json")}
    status = entry.get("status", 200)
    if 200 <= status < 300:
        return read_answer(operations()[entry["operation"]], status, headers, content.encode())
    with pytest.raises(APIError) as caught:
        read_answer(operations()[entry["operation"]], status, headers, content.encode())
    assert caught.value.status == status
    return caught.value.body


def walked(found: Any) -> int:
    """Read every attribute and every item of an answer, at any depth, and return how many there are."""
    if isinstance(found, WireModel):
        assert repr(found)
        values = [getattr(found, name) for name in type(found).__slots__ if name not in ("_wire", "__weakref__")]
        return len(values) + sum(map(walked, [*values, *(found[key] for key in found)]))
    if isinstance(found, dict):
        return sum(map(walked, found.values()))
    return sum(map(walked, found)) if isinstance(found, list) else 0


def told(found: Any) -> Any:
    """Return an answer as JSON data."""
    if isinstance(found, WireModel):
        return found.to_dict()
    return [told(each) for each in found] if isinstance(found, list) else found


def violations(entry: Entry) -> set[str]:
    """Return the JSON paths at which a body is not what the document says."""
    operation, status = DOCUMENTED[entry["operation"]], str(entry.get("status", 200))
    keys = [status, f"{status[0]}XX", *(key for key in operation.raw["responses"] if key[0] == status[0])]
    content = next((found for key in keys if (found := operation.content(key))), {})
    schema = content.get("application/json", {}).get("schema", {})
    return {error.json_path for error in spec.validator(schema).iter_errors(entry.get("body"))}


@every_entry
def test_a_body_is_read_and_given_back(entry: Entry) -> None:
    """Every field can be read, nothing raises, and what came is given back key for key, in its order."""
    found = answered(entry)
    walked(found)
    expected = entry["text"] if "text" in entry else entry["body"]
    assert json.dumps(told(found)) == json.dumps(expected)


@every_entry
def test_a_body_is_what_the_document_says(entry: Entry) -> None:
    """The resolved document allows the body, but for what the entry lists; what is listed still occurs."""
    listed: dict[str, str] = entry.get("violates", {})
    assert "text" in entry or violations(entry) == set(listed)
    assert all(len(reason) > 20 for reason in listed.values())


def test_the_corpus_is_whole() -> None:
    """There are at least 200 bodies, of every family, each with its source, none twice; half come from gateways."""
    assert CORPUS.keys() == FAMILIES
    assert len(ENTRIES) >= 200
    kinds = Counter(entry["source"].split(":")[0] for entry in ENTRIES)
    assert kinds.keys() == {"RUN", "DOC", "GW", "OWN"}
    assert len(ENTRIES) - kinds["OWN"] >= 200
    assert kinds["RUN"] >= len(ENTRIES) / 2
    assert max(Counter(json.dumps(entry, sort_keys=True) for entry in ENTRIES).values()) == 1
    assert len({entry["operation"] for entry in ENTRIES}) >= 150


def test_a_change_of_the_body_is_seen() -> None:
    """A body that is not what it was would not be taken for it; a field of another type is a violation."""
    entry = next(entry for entry in CORPUS["batches"] if entry["operation"] == "batches.cancel")
    spoilt = {**entry, "body": {**entry["body"], "status": 7}}
    assert violations(spoilt) == {"$.status"}
    assert json.dumps(told(answered(spoilt))) != json.dumps(entry["body"])
    assert walked(answered(entry)) > 20
