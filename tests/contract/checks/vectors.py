"""Vectors, rankings, findings and pictures: one for each input, in the order and the form that was asked for."""

from __future__ import annotations

import base64
import json
import re
from array import array
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from math import dist, hypot
from sys import byteorder
from typing import Any, Final

from jsonschema.protocols import Validator

from tests.contract import models
from tests.contract.check import Check, Problem
from tests.contract.document import DOCUMENT
from tests.contract.wire import Exchange
from tests.contract.world import World, parsed
from tests.mock import spec

_EMBEDDINGS: Final = "POST /embeddings"
_RERANK: Final = "POST /rerank"
_MODERATIONS: Final = "POST /moderations"
_IMAGES: Final = "POST /images/generations"
_SPEECH: Final = "POST /audio/speech"
_HEARD: Final = "POST /audio/transcriptions"
_DOCUMENTS: Final = ["Bread and butter.", "Paris is the capital of France.", "A red bicycle.", "France is in Europe."]
_SHORT: Final = 256
"""A length that every model takes that can shorten its vectors."""

_SAME: Final = 1e-6


def _done(exchange: Exchange, name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """What was asked of an operation and what it answered, both as JSON; None of a refusal or another operation."""
    answer = exchange.response
    if answer is None or str(exchange.operation) != name or not 200 <= answer.status < 300:
        return None
    try:
        asked = json.loads(exchange.request.body)
    except (ValueError, RecursionError):
        return None
    told = parsed(answer)
    if not isinstance(asked, dict) or not isinstance(told, dict) or not _schema(name).is_valid(asked):
        return None  # what is wrong and taken all the same is found elsewhere
    return asked, told


@cache
def _schema(name: str) -> Validator:
    """What the document wants of a body."""
    method, _, path = name.partition(" ")
    content = DOCUMENT["paths"][path][method.lower()]["requestBody"]["content"]
    return spec.validator(content["application/json"]["schema"], formats=False)


def _count(value: Any) -> int | None:
    """A number of things; None if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _inputs(given: Any) -> int | None:
    """How many inputs there are: a list of numbers is one, that is tokens; None if it cannot be told."""
    if isinstance(given, str):
        return 1
    if not isinstance(given, list) or not given:
        return None
    kinds = {type(each) for each in given}
    return 1 if kinds == {int} else len(given) if kinds in ({str}, {list}) else None


def _one_for_each(_: World, exchange: Exchange) -> Iterator[str]:
    """A vector for each input, with its place in the list of inputs."""
    done = _done(exchange, _EMBEDDINGS)
    inputs = None if done is None else _inputs(done[0].get("input"))
    if done is None or inputs is None:
        return
    numbers = [each.get("index") for each in models.objects(done[1].get("data"))]
    if len(numbers) != inputs:
        yield f"There were {inputs} inputs, and {len(numbers)} vectors came."
    elif numbers != list(range(inputs)):
        yield f"The vectors of {inputs} inputs have the indices {numbers}."


def _vectors(world: World, **more: Any) -> list[Any]:
    answer = models.whole(world, _EMBEDDINGS, **more)
    return [each.get("embedding") for each in models.objects(models.held(answer, "data"))]


def _embeddings(world: World) -> Iterator[Problem]:
    """Vectors in the order of the inputs, of the same numbers in either form, and as long as asked for."""
    texts = ["A red bicycle.", "A red bicycle.", "Paris is the capital of France."]
    plain = _vectors(world, input=texts, encoding_format="float")
    if len(plain) == 3 and all(map(_numbers, plain)) and len(set(map(len, plain))) == 1:
        far = dist(plain[0], plain[2])
        if far > _SAME and dist(plain[0], plain[1]) >= dist(plain[1], plain[2]):
            yield Problem("The vectors are not in the order of their inputs.", world.last())
    yield from _packed(world, plain, texts)
    for form in ({}, {"encoding_format": "base64"}):
        short = [_unpacked(each) for each in _vectors(world, input=texts, dimensions=_SHORT, **form)]
        lengths = {len(each) for each in short if each is not None}
        if lengths - {_SHORT}:
            yield Problem(f"Vectors of {_SHORT} numbers were asked for, and some of {max(lengths)} came.", world.last())


def _packed(world: World, plain: list[Any], texts: list[str]) -> Iterator[Problem]:
    packed = _vectors(world, input=texts, encoding_format="base64")
    if any(isinstance(each, list) for each in packed):
        yield Problem("Vectors were asked for in base64, and come as lists.", world.last())
        return
    unpacked = [_unpacked(each) for each in packed]
    if any(each is None for each in unpacked):
        yield Problem("A vector is not the base64 of 32-bit floats.", world.last())
        return
    for one, other in zip(plain, unpacked, strict=False):
        if _numbers(one) and other is not None and not _alike(one, other):
            yield Problem("A vector in base64 is not the one of the same text in numbers.", world.last())
            return


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, (int, float)) for each in value)


def _unpacked(value: Any) -> list[float] | None:
    """The numbers of a vector in either form; None if it has neither."""
    if _numbers(value):
        return list(value)
    try:
        content = base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        return None
    if not content or len(content) % 4:
        return None
    numbers = array("f", content)
    if byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _alike(one: list[float], other: list[float]) -> bool:
    """Whether two vectors are the same, but for what a model that computes twice may differ in."""
    return len(one) == len(other) and dist(one, other) <= 0.1 * hypot(*one)


def _ranked(_: World, exchange: Exchange) -> Iterator[str]:
    """A ranking begins with the best, and names each document once."""
    done = _done(exchange, _RERANK)
    if done is None or not isinstance(documents := done[0].get("documents"), list):
        return
    results = models.objects(done[1].get("results"))
    numbers = [each.get("index") for each in results]
    if any(not isinstance(each, int) or not 0 <= each < len(documents) for each in numbers):
        yield f"There are {len(documents)} documents, and the results have the indices {numbers}."
    elif len(set(numbers)) < len(numbers):
        yield "A document is in the ranking more than once."
    scores: list[Any] = [each.get("relevance_score") for each in results]
    if all(isinstance(each, (int, float)) for each in scores) and any(one < other for one, other in pairwise(scores)):
        yield "The ranking does not begin with the best."
    top = _count(done[0].get("top_n"))
    wanted = min(top or len(documents), len(documents))
    if len(results) > wanted or (len(results) < wanted and "top_n" not in done[0]):
        yield f"{wanted} results were asked for, and {len(results)} came."


def _rankings(world: World) -> Iterator[Problem]:
    """Whole and cut, with the documents that it ranked."""
    query = {"query": "Where is Paris?", "documents": _DOCUMENTS}
    models.whole(world, _RERANK, **query)
    models.whole(world, _RERANK, **query, top_n=2)
    answer = models.whole(world, _RERANK, **query, return_documents=True)
    for result in models.objects(models.held(answer, "results")):
        text, number = models.held(result, "document", "text"), result.get("index")
        known = _DOCUMENTS[number] if isinstance(number, int) and 0 <= number < len(_DOCUMENTS) else text
        if isinstance(text, str) and text.strip() != known:
            yield Problem("A result has the text of another document.", world.last())
            return


def _judged(_: World, exchange: Exchange) -> Iterator[str]:
    """A result for each text, that is flagged if one of its categories is met."""
    done = _done(exchange, _MODERATIONS)
    if done is None:
        return
    given, results = done[0].get("input"), models.objects(done[1].get("results"))
    texts: list[Any] = given if isinstance(given, list) else [given]
    if texts and all(isinstance(each, str) for each in texts) and len(results) != len(texts):
        yield f"There were {len(texts)} texts, and {len(results)} results came."
    for result in results:
        categories = result.get("categories")
        met = isinstance(categories, dict) and any(each is True for each in categories.values())
        if isinstance(categories, dict) and isinstance(result.get("flagged"), bool) and result["flagged"] != met:
            yield f"A text is {'' if result['flagged'] else 'not '}flagged, and {'a' if met else 'no'} category is met."


def _moderations(world: World) -> Iterator[Problem]:
    """One text, and several."""
    for given in ("Good morning.", ["Good morning.", "I will hit you with a hammer.", "Good night."]):
        models.asked(world, _MODERATIONS, input=given)
    yield from ()


def _drawn(_: World, exchange: Exchange) -> Iterator[str]:
    """As many pictures as asked for, as links or as data."""
    done = _done(exchange, _IMAGES)
    if done is None:
        return
    pictures, form = models.objects(done[1].get("data")), done[0].get("response_format")
    wanted = _count(done[0].get("n"))
    if wanted and len(pictures) != wanted:
        yield f"n was {wanted}, and {len(pictures)} pictures came."
    if form in ("url", "b64_json") and any(not each.get(form) for each in pictures):
        yield f"The pictures were asked for as {form}, and do not come so."
    if any(isinstance(each.get("b64_json"), str) and not _is_base64(each["b64_json"]) for each in pictures):
        yield "The data of a picture is no base64."


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def _pictures(world: World) -> Iterator[Problem]:
    """Two at once as data, and one as a link."""
    models.asked(world, _IMAGES, n=2, response_format="b64_json")
    models.asked(world, _IMAGES, n=1, response_format="url")
    yield from ()


_STARTS: Final = {
    "mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"),
    "wav": (b"RIFF",),
    "flac": (b"fLaC",),
}
_MEDIA: Final = {
    "mp3": {"audio/mpeg", "audio/mp3", "audio/mpeg3", "audio/x-mpeg", "audio/x-mp3"},
    "wav": {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"},
}


def _speech(world: World) -> Iterator[Problem]:
    """Audio is of the format that was asked for, and called so."""
    for form, known in _MEDIA.items():
        answer = models.asked(world, _SPEECH, response_format=form)
        if answer is None:
            continue
        media = (answer.header("content-type") or "").partition(";")[0].strip().lower()
        others = {each for name, names in _MEDIA.items() if name != form for each in names}
        started = [name for name, starts in _STARTS.items() if answer.body.startswith(starts)]
        if media in others:
            yield Problem(f"Speech was asked for as {form}, and {media} came.", world.last())
        elif started and started != [form]:
            yield Problem(f"Speech was asked for as {form}, and the bytes are {started[0]}.", world.last())
        elif media in known and answer.body[:1] in (b"{", b"<"):
            yield Problem(f"Speech is called {media}, and is text.", world.last())


def _transcripts(world: World) -> Iterator[Problem]:
    """What was heard comes as subtitles, perhaps in an object; of translations the document does not say so."""
    for form in ("srt", "vtt"):
        answer = models.asked(world, _HEARD, response_format=form)
        if answer is None:
            continue
        value = parsed(answer)
        text = models.held(value, "text") if isinstance(value, dict) else answer.body.decode("utf-8", "replace")
        if isinstance(text, str) and text.strip() and not _SUBTITLES[form].match(text.lstrip("\ufeff \r\n")):
            yield Problem(f"Subtitles were asked for as {form}, and something else came.", world.last())


_SUBTITLES: Final = {"srt": re.compile(r"\d+\r?\n\d+:\d\d:\d\d,\d+ -->"), "vtt": re.compile("WEBVTT")}
_PLACE: Final = "/responses/content"

CHECKS: Final = (
    Check("vector_for_each", "There is a vector for each input, by its place.", _PLACE, look=_one_for_each),
    Check("vectors", "Vectors have the order, form and length asked for.", "/requestBody", make=_embeddings),
    Check("ranking", "A ranking begins with the best, each document once.", _PLACE, make=_rankings, look=_ranked),
    Check("moderation", "Each text is judged as its categories are.", _PLACE, make=_moderations, look=_judged),
    Check("pictures", "There are as many pictures as asked for, as asked for.", _PLACE, make=_pictures, look=_drawn),
    Check("transcript_format", "Subtitles are of the format asked for.", "/requestBody", make=_transcripts),
    Check("speech_format", "Speech is of the format asked for.", "/requestBody", make=_speech),
)
