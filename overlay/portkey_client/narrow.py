"""What a value is, told so that the type checkers know it too: ``isinstance`` leaves the members of a dict unknown."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from portkey_api.types import RawResponse


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is a mapping, such as a JSON object."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Tell whether a value is a list of any kind; text and bytes are none."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


def is_path(value: object) -> TypeGuard[os.PathLike[str]]:
    """Tell whether a value is a path to a file; text is none."""
    return isinstance(value, os.PathLike)


def is_named_file(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Tell a file with its name, ``(name, content[, media type])``, from a sequence of plain values."""
    if not (is_list(value) and isinstance(value, tuple)):
        return False
    return len(value) in (2, 3) and isinstance(value[0], str) and not isinstance(value[1], str)


def is_raw(value: object) -> TypeGuard[RawResponse[Any]]:
    """Tell whether a value is an answer with what came with it."""
    return isinstance(value, RawResponse)


def is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a value is a dict, which can be added to."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is a list that can be added to."""
    return isinstance(value, list)
