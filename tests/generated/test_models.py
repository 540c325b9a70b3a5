"""How models behave: read tolerantly and without loss, written strictly, and never tell a secret."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from typing import Any

import attrs
import pytest

from portkey_api import models
from portkey_api.models import (
    Batch,
    BatchErrors,
    BatchRequestCounts,
    ChatCompletionRequestUserMessage,
    CreateChatCompletionResponse,
    CustomLogMetadata,
    FileCitation,
    ListBatchesResponse,
    LogObject,
    LogRequest,
)
from portkey_api.models.aliases import CODECS
from portkey_api.types import UNSET, Unset, WireModel, read, to_wire

Json = dict[str, Any]

MOMENT = "2024-05-06T07:08:09.10+02:00"
OPEN_GATEWAY: Json = json.loads(
    '{"id":"batch_abc123","object":"batch","endpoint":"/v1/chat/completions","errors":null,'
    '"input_file_id":"file-abc123","completion_window":"24h","status":"cancelling","output_file_id":null,'
    '"error_file_id":null,"created_at":1713894800,"in_progress_at":1713894900,"cancelled_at":1713895200,'
    '"completed_at":null,"request_counts":{"total":100,"completed":45,"failed":0},'
    '"metadata":{"description":"Daily batch job"}}'
)
RESPAN: Json = json.loads(
    '{"id":"batch_abc123","object":"batch","endpoint":"/v1/chat/completions","errors":null,'
    '"input_file_id":"file-abc123","completion_window":"24h","status":"cancelling","output_file_id":null,'
    '"error_file_id":null,"created_at":1711471533,"in_progress_at":1711471538,"expires_at":1711557933,'
    '"finalizing_at":null,"completed_at":null,"failed_at":null,"expired_at":null,"cancelling_at":1711475163,'
    '"cancelled_at":null,"request_counts":{"total":100,"completed":23,"failed":1},"metadata":{}}'
)
BEDROCK: Json = {"id": "arn%3Aaws%3Abedrock", "object": "batch", "status": "partially_completed"}
COHERE: Json = {"status": "success", "object": "batch", "id": "b-1"}
VERTEX: Json = {
    "id": "projects%2Fp%2Fbatches%2F1",
    "object": "batch",
    "completion_window": None,
    "created_at": 1713894800123,
    "request_counts": {"total": "100", "completed": None},
    "hook_results": {"before": []},
}
BODIES = {"open gateway": OPEN_GATEWAY, "respan": RESPAN, "bedrock": BEDROCK, "cohere": COHERE, "vertex": VERTEX}
ERRORS: tuple[Json, ...] = (
    {"error": {"message": "No such batch: batch_abc123", "type": "invalid_request_error"}},
    {"error": {"message": "Batch is already completed and cannot be cancelled", "type": "invalid_request_error"}},
    {"error": "Authentication credentials were not provided."},
    {"status": "failure", "message": "no routing header"},
)


def written(value: Any) -> str:
    """Return a model or JSON value as text, in which the order of keys and the types of numbers count."""
    return json.dumps(to_wire(value))


# -- reading


@pytest.mark.parametrize("name", BODIES)
def test_answers_of_gateways_are_read(name: str) -> None:
    """The cancelled batch of every gateway is read, each field as it came, and given back unchanged."""
    body = BODIES[name]
    batch = Batch.from_dict(body)
    assert (batch.id, batch.object, batch.status) == (body["id"], "batch", body.get("status"))
    assert (batch.errors, batch.completed_at) == (None, None)
    assert written(batch) == json.dumps(body)


def test_counts_are_read_from_every_gateway() -> None:
    """Request counts are a model, also where a gateway sends them as text."""
    assert Batch.from_dict(OPEN_GATEWAY).request_counts == BatchRequestCounts(total=100, completed=45, failed=0)
    counts = Batch.from_dict(VERTEX).request_counts
    assert isinstance(counts, BatchRequestCounts)
    assert counts.to_dict() == {"total": "100", "completed": None}
    assert [str(counts.total), counts.completed, counts.failed] == ["100", None, None]


@pytest.mark.parametrize("body", ERRORS)
def test_error_bodies_of_gateways_are_read(body: Json) -> None:
    """An error body of another shape than the documented one is read and given back unchanged."""
    error = read("ErrorResponse", body)
    assert isinstance(error, models.ErrorResponse)
    assert written(error) == json.dumps(body)
    assert touched(error) == error


def attributes(model: Any) -> list[str]:
    """Return the names of a model's fields."""
    return [field.name for field in attrs.fields(model)]


def keys(model: Any) -> list[str]:
    """Return the names of a model's fields on the wire."""
    return [model._names.get(name, name) for name in attributes(model)]


def touched(value: Any) -> Any:
    """Return a value after reading every attribute in it."""
    if isinstance(value, WireModel):
        for name in attributes(type(value)):
            touched(getattr(value, name))
        for each in value.additional_properties.values():
            touched(each)
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            touched(each)
    return value


def test_null_and_absent_read_as_none_and_are_told_apart() -> None:
    """An absent field and a null one both read as None; ``in`` tells them apart, also after reading."""
    batch = Batch.from_dict({"id": "b", "errors": None})
    assert [batch.errors, batch.output_file_id, batch["errors"]] == [None, None, None]
    assert [getattr(batch, name) for name in ("completion_window", "status")] == [None, None]  # though required
    assert "errors" in batch
    assert "output_file_id" not in batch
    assert 1 not in batch
    assert batch.to_dict() == {"id": "b", "errors": None}


def test_unknown_values_are_kept() -> None:
    """A new enum value, an unknown field and a value of the wrong type are all readable as they came."""
    batch = Batch.from_dict({"status": "paused", "created_at": "soon", "errors": "none", "new": [1], "metadata": 3})
    assert [getattr(batch, name) for name in ("status", "created_at", "errors")] == ["paused", "soon", "none"]
    assert (batch["new"], batch.additional_properties) == ([1], {"new": [1]})


@pytest.mark.parametrize("junk", [None, 1, 1.5, True, "text", [], {}, [None, 1, {}], {"data": 7}], ids=repr)
def test_reading_never_raises(junk: Any) -> None:
    """Whatever stands in a field, reading every attribute of any model succeeds and changes nothing."""
    for name in models.__all__:
        model = getattr(models, name)
        if isinstance(model, type) and issubclass(model, WireModel):
            wire = dict.fromkeys(keys(model), junk)
            assert written(touched(model.from_dict(wire))) == json.dumps(wire)


def test_a_misspelled_attribute_is_an_error() -> None:
    """Only fields of the document read as None when absent; another name is a mistake."""
    batch: Any = Batch.from_dict({"new": 1})
    with pytest.raises(AttributeError, match="'Batch' object has no attribute 'new'"):
        _ = batch.new
    with pytest.raises(AttributeError):
        batch.stauts = "failed"


def test_dates_are_read_and_keep_their_spelling() -> None:
    """A date-time reads as a datetime and is written as it came; one that is none stays text."""
    entry = LogObject.from_dict({"created_at": MOMENT})
    zone = dt.timezone(dt.timedelta(hours=2))
    assert entry.created_at == dt.datetime(2024, 5, 6, 7, 8, 9, 100_000, tzinfo=zone)
    assert entry.to_dict() == {"created_at": MOMENT}
    for odd in ("yesterday", "", "9999-12-31T24:00:00", "2024-02-30", "\ud800"):
        assert LogObject.from_dict({"created_at": odd}).created_at == odd


def test_a_date_set_by_hand_is_written() -> None:
    """A changed date is written in ISO form, an equal one as it came."""
    entry = LogObject.from_dict({"created_at": MOMENT})
    entry.created_at = dt.datetime(2024, 5, 6, 5, 8, 9, 100_000, tzinfo=dt.UTC)
    assert entry.to_dict() == {"created_at": MOMENT}
    entry.created_at = dt.datetime(2025, 1, 2, tzinfo=dt.UTC)
    assert entry.to_dict() == {"created_at": "2025-01-02T00:00:00+00:00"}
    assert to_wire(dt.date(2025, 1, 2)) == "2025-01-02"
    assert read("@date", "2025-01-02") == dt.date(2025, 1, 2)
    assert read("@date", "2025-01-32") == "2025-01-32"


def test_objects_inside_are_models() -> None:
    """Nested objects, lists of them and maps of them read as models, and the same one every time."""
    page = ListBatchesResponse.from_dict({"data": [OPEN_GATEWAY, None, 3]})
    first = page.data[0]
    assert isinstance(first, Batch)
    assert page.data[0] is first
    assert page.data[1:] == [None, 3]
    assert first.request_counts is first["request_counts"]


def test_unnamed_properties_are_typed() -> None:
    """The properties a document does not name are reached by key and by ``additional_properties``."""
    metadata = CustomLogMetadata.from_dict({"trace_id": "t", "team": "blue"})
    assert metadata.additional_properties == {"team": "blue"}
    assert dict(metadata) == {"trace_id": "t", "team": "blue"}
    with pytest.raises(KeyError):
        metadata["absent"]


def test_an_alternative_is_chosen_by_what_tells_it_apart() -> None:
    """A constant decides between the branches of a union; where none fits, the nearest branch keeps the value."""
    codec = ("FileCitation", "UrlCitation", "FilePath")
    assert isinstance(read(codec, {"type": "file_citation", "index": 0, "file_id": "f"}), FileCitation)
    assert isinstance(read(codec, {"type": "file_path"}), models.FilePath)
    assert written(read(codec, {"type": "new", "x": 1})) == '{"type": "new", "x": 1}'
    assert read(codec, "text") == "text"
    assert read(codec, None) is None


def test_the_parameters_of_a_check_are_those_of_its_id() -> None:
    """Every id of a guardrail's check decides what its parameters are, also where they say nothing themselves."""
    checks = CODECS["GuardrailCheck"]
    ids = {value: name for name in checks for value in getattr(models, name)._tells["id"]}
    assert len(ids) == 47
    for value, name in ids.items():
        for parameters in ({}, {"timeout": 5000}, {"categories": ["pii"]}, {"not": True}, {"unheard": 1}):
            check = read(checks, {"id": value, "parameters": parameters})
            assert type(check).__name__ == name
            expected = name.removesuffix("Check") + "Parameters" if name != "BasicCheck" else "dict"
            assert type(check.parameters).__name__ == expected
            assert to_wire(check) == {"id": value, "parameters": parameters}


def test_a_check_of_an_unknown_id_is_readable() -> None:
    """A check that the document does not know keeps its id and its parameters, whatever it is read as."""
    wire: Json = {"id": "walledai.guard", "parameters": {"text_type": "prompt"}, "is_enabled": False}
    details = models.GuardrailDetails.from_dict({"checks": [wire]})
    check = details.checks[0] if details.checks else models.BasicCheck(id="portkey.gibberish")
    assert (check.id, check.is_enabled, to_wire(check.parameters)) == (wire["id"], False, wire["parameters"])


def test_a_plain_map_beside_a_model_stays_a_map() -> None:
    """An object that fits only the free-form branch of a union is a dict."""
    wire = {"type": "and", "filters": [{"type": "eq", "key": "k", "value": 1}, {"free": 1}]}
    first, second = models.CompoundFilter.from_dict(wire).filters
    assert isinstance(first, models.ComparisonFilter)
    assert second == {"free": 1}


# -- writing


def test_changes_are_written_in_place() -> None:
    """A changed field keeps its place, a new one goes to the end, a deleted one is gone."""
    batch = Batch.from_dict({"id": "b", "errors": None, "status": "failed", "new": 1})
    batch.status = "completed"
    batch.output_file_id = "file-1"
    batch["endpoint"] = "/v1/embeddings"
    batch["newer"] = 2
    del batch.id
    wanted = {"errors": None, "status": "completed", "new": 1, "newer": 2}
    assert written(batch) == json.dumps({**wanted, "endpoint": "/v1/embeddings", "output_file_id": "file-1"})
    assert batch.id is None


def test_changes_inside_are_written() -> None:
    """A change in a nested model, list or map reaches what is written, and not the JSON it came from."""
    source = copy.deepcopy(OPEN_GATEWAY)
    page = ListBatchesResponse.from_dict({"data": [source], "has_more": False})
    page.data[0].status = "cancelled"
    page.data.append(Batch.from_dict({"id": "second"}))
    assert [each["status"] for each in page.to_dict()["data"][:1]] == ["cancelled"]
    assert page.to_dict()["data"][1] == {"id": "second"}
    assert source == OPEN_GATEWAY


def test_unset_is_never_written() -> None:
    """``UNSET`` leaves a field out, wherever it stands; it is false and survives copying."""
    message = ChatCompletionRequestUserMessage(content="hi", role="user", name=UNSET)
    message["extra"] = UNSET
    assert message.to_dict() == {"content": "hi", "role": "user"}
    batch = Batch.from_dict({"id": "b", "errors": None})
    batch.errors = UNSET
    batch["id"] = UNSET
    assert batch.to_dict() == {}
    assert (batch.errors, "errors" in batch) == (None, False)
    assert to_wire({"a": UNSET, "b": [UNSET, {"c": UNSET}]}) == {"b": [{}]}
    assert not UNSET
    assert copy.deepcopy(UNSET) is UNSET is pickle.loads(pickle.dumps(UNSET))
    assert (repr(UNSET), isinstance(UNSET, Unset)) == ("UNSET", True)


def test_none_is_written_as_null() -> None:
    """``None`` given to a constructor or an attribute is a null on the wire."""
    make: Any = ChatCompletionRequestUserMessage  # a null that the document does not allow is a type error
    message = make(content="hi", role="user", name=None)
    assert message.to_dict() == {"content": "hi", "role": "user", "name": None}


def test_a_constructor_is_strict() -> None:
    """A constructor refuses unknown fields and asks for the required ones."""
    make: Any = ChatCompletionRequestUserMessage
    with pytest.raises(TypeError, match="nmae"):
        make(content="hi", role="user", nmae="x")
    with pytest.raises(TypeError, match="role"):
        make(content="hi")
    with pytest.raises(TypeError):
        make("hi", "user")


def test_a_name_that_is_no_python_name_is_written_as_documented() -> None:
    """An attribute whose name differs is written under its own key."""
    request = LogRequest(url="u", method="GET", portkey_headers={"a": "b"})
    assert request.to_dict() == {"url": "u", "method": "GET", "portkeyHeaders": {"a": "b"}}
    assert "portkeyHeaders" in request
    assert request["portkeyHeaders"] == {"a": "b"}


# -- as Python objects


@pytest.mark.parametrize("name", BODIES)
def test_copies_are_equal_and_independent(name: str) -> None:
    """A copy, a deep copy and an unpickled model equal the original, and changing one changes no other."""
    batch = touched(Batch.from_dict(BODIES[name]))
    twins = [copy.copy(batch), copy.deepcopy(batch), pickle.loads(pickle.dumps(batch))]
    for twin in twins:
        assert isinstance(twin, Batch)
        assert twin == batch
        twin.status = "failed"
        assert twin != batch
        assert batch.status == BODIES[name].get("status")


def test_equality_is_of_class_and_content() -> None:
    """Models are equal by class and content, however they were made, and cannot be hashed."""
    made = BatchRequestCounts(total=1, completed=0, failed=0)
    assert made == BatchRequestCounts.from_dict(made.to_dict())
    assert made != made.to_dict()
    assert made != BatchErrors.from_dict(made.to_dict())
    with pytest.raises(TypeError):
        hash(made)


def test_keys_are_those_on_the_wire() -> None:
    """A model can be walked like the mapping it came from."""
    batch = Batch.from_dict(OPEN_GATEWAY)
    assert list(batch) == batch.keys() == list(OPEN_GATEWAY)


def test_a_repr_shows_what_is_there() -> None:
    """The repr names the class and the fields that came, and those alone."""
    assert repr(Batch.from_dict({"id": "b", "errors": None})) == "Batch(id='b', errors=None)"


@pytest.mark.parametrize(
    "wire",
    [
        {"key": "abc-SECRET"},
        {"apiKey": "abc-SECRET"},
        {"client_secret": "abc-SECRET"},
        {"configurations": {"aws_secret_access_key": "abc-SECRET"}},
        {"headers": {"Authorization": "abc-SECRET", "X-Api-Key": "abc-SECRET", "Cookie": "abc-SECRET"}},
        {"keys": [{"value": "sk-abcdefghSECRET"}]},
        {"note": "use sk-proj-abcdSECRET for it"},
        {"value": "Bearer SECRET"},
        {"jwt": "eyJhbGciOiJIUzI1NiJ9.SECRET"},
        {"pem": "-----BEGIN PRIVATE KEY-----SECRET"},
    ],
    ids=lambda wire: next(iter(wire)),
)
def test_a_repr_shows_no_secret(wire: Json) -> None:
    """What is a credential by its name or by its looks stays hidden at any depth."""
    shown = repr(LogRequest.from_dict(wire))
    assert "SECRET" not in shown
    assert "***" in shown


def test_a_repr_hides_no_more_than_secrets() -> None:
    """Ids, counts and words that only resemble credentials are shown."""
    wire = {"id": "pk_batch_123", "max_tokens": 5, "total_tokens": "7", "keyword": "task-force", "model": "disk-9"}
    assert "***" not in repr(CreateChatCompletionResponse.from_dict(wire))
