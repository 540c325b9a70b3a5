"""JSON as a stranger sends it: read strictly, and refused with a reason instead of an exception."""

from __future__ import annotations

import json
from typing import Final, NoReturn

from portkey_mock.errors import Refusal
from portkey_mock.jsonvalue import Json, depth

_DEEPEST: Final = 100
"""Levels of nesting that are read; beyond that, validation could exhaust the stack."""


def read_json(body: bytes, at: str | None = None) -> Json:
    """The JSON value that `body` holds; `at` says which part of the request it is (JSON pointer).

    Stricter than Python's reader: UTF-8 only, no `NaN` or `Infinity`, no number that becomes infinite, no half of a
    surrogate pair, and no more levels than can be handled.

    Raises:
        Refusal: 400, with the reason and the position.
    """
    try:
        text = body.decode("utf-8")
        value: Json = _decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _malformed("it is not UTF-8", at) from None
    except RecursionError:
        raise _malformed("it is nested too deeply", at) from None
    except ValueError as error:
        raise _malformed(str(error), at) from None
    if text.count("[") + text.count("{") >= _DEEPEST and depth(value) > _DEEPEST:
        raise _malformed(f"it is nested more than {_DEEPEST} levels deep", at)
    return value


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_decode: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode


def _malformed(reason: str, at: str | None) -> Refusal:
    return Refusal(400, f"Malformed JSON: {reason}.", code="invalid_json", at=at)
