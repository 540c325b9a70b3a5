"""Answers that hold as many things as were asked for: ranked documents, findings of a moderation, pictures."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any, Final

from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object

_DOT: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+M8AAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
"""A picture of one pixel, as PNG in base64."""


def as_many(path: str, fields: JsonObject, sample: Json) -> Json:
    """`sample`, the answer to POST on `path`, with as many things as `fields` ask for; any other one as it is."""
    if not is_object(sample):
        return sample
    if path == "/rerank" and is_array(sample.get("results")):
        return {**sample, "results": _ranking(fields, sample["results"])}
    if path == "/moderations" and is_array(sample.get("results")):
        given = fields.get("input")
        return {**sample, "results": _repeated(sample["results"], len(given) if is_array(given) else 1)}
    if path.startswith("/images/") and is_array(sample.get("data")):
        count = fields.get("n")
        pictures = _repeated(sample["data"], count if isinstance(count, int) else len(sample["data"]))
        return {**sample, "data": [_picture(each, fields.get("response_format")) for each in pictures]}
    return sample


def _repeated(items: list[Json], count: int) -> list[Json]:
    return list(islice(cycle(items), count))


def _ranking(fields: JsonObject, shown: list[JsonObject]) -> list[JsonObject]:
    """The best first: as the document shows it, where that fits, else the documents backwards."""
    documents: list[Any] = fields["documents"]
    count = min(fields.get("top_n") or len(documents), len(documents))
    shown = [each for each in shown if each["index"] < len(documents)]
    rest = [number for number in reversed(range(len(documents))) if number not in [each["index"] for each in shown]]
    lowest = min((each["relevance_score"] for each in shown), default=0.9)
    found = [*shown, *({"index": each, "relevance_score": lowest / (place + 2)} for place, each in enumerate(rest))]
    return [_ranked(each, documents, told=fields.get("return_documents") is True) for each in found[:count]]


def _ranked(result: JsonObject, documents: list[Any], *, told: bool) -> JsonObject:
    plain: JsonObject = {name: value for name, value in result.items() if name != "document"}
    document = documents[result["index"]]
    return {**plain, "document": document if is_object(document) else {"text": document}} if told else plain


def _picture(picture: JsonObject, asked: Json) -> JsonObject:
    """A picture as a link or as data, as it was asked for."""
    if asked == "b64_json":
        return {**picture, "url": None, "b64_json": _DOT}
    return {**picture, "b64_json": None} if asked == "url" and picture.get("url") else picture
