"""Read an OpenAPI document from YAML or JSON and write YAML in one stable form."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser
from yaml.resolver import BaseResolver

from .errors import PrepareError, pointer

Json: TypeAlias = dict[str, Any]


class _CoreResolver(BaseResolver):
    """Resolve plain scalars by the YAML 1.2 core schema, as OpenAPI asks: ``no`` and ``2024-01-01`` are strings."""


_CORE_SCALARS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "merge": (r"<<", "<"),
}
for _tag, (_pattern, _first) in _CORE_SCALARS.items():
    _CoreResolver.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


class _Loader(Composer, CParser, SafeConstructor, _CoreResolver):  # type: ignore[misc]  # PyYAML is untyped here
    """A safe loader that accepts re-used anchors and duplicated keys, as published revisions contain both.

    An anchor that is defined again replaces the earlier one (YAML 1.2, section 3.2.2.2). Of a duplicated key the last
    value counts; its place is kept in ``notes``, for the report.
    """

    def __init__(self, stream: str) -> None:
        CParser.__init__(self, stream)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        _CoreResolver.__init__(self)
        self.notes: list[str] = []

    def compose_node(self, parent: Any, index: Any) -> Any:
        if not self.check_event(yaml.AliasEvent):
            self.anchors.pop(self.peek_event().anchor, None)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Json:
        self.flatten_mapping(node)
        result: Json = {}
        for key_node, value_node in node.value:
            key = _key(self.construct_object(key_node, deep=True), key_node)
            if key in result:
                mark = key_node.start_mark
                self.notes.append(
                    f"line {mark.line + 1}, column {mark.column + 1}: the key {key!r} stands twice; the last counts"
                )
            result[key] = self.construct_object(value_node, deep=deep)
        return result

    def construct_yaml_int(self, node: Any) -> int:
        text = self.construct_scalar(node)
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)

    def construct_yaml_map(self, node: Any) -> Any:
        data: Json = {}
        yield data
        data.update(self.construct_mapping(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_yaml_map)


def _key(key: Any, node: Any) -> str:
    """Return a mapping key as text: JSON knows no other, and status codes are often written as numbers."""
    if isinstance(key, str):
        return key
    if isinstance(key, (bool, int, float)) or key is None:
        return str(node.value)
    mark = node.start_mark
    raise PrepareError(f"line {mark.line + 1}, column {mark.column + 1}: a mapping key must be a plain scalar")


def load(path: Path) -> tuple[Json, list[str]]:
    """Read a YAML or JSON document.

    Returns:
        The document, free of shared nodes and of numbers JSON cannot write, and notes on what was odd in it.

    Raises:
        PrepareError: The file is missing, is no text, is no YAML or JSON (with line and column), is no mapping, or
            refers to itself through an anchor.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PrepareError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PrepareError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    document, notes = _parse(text, path)
    if not isinstance(document, dict):
        raise PrepareError(f"{path}: is a {type(document).__name__}, not a mapping with 'openapi' and 'paths'")
    return _plain(document, notes, (), ()), notes


def _parse(text: str, path: Path) -> tuple[Any, list[str]]:
    if path.suffix == ".json":
        try:
            return json.loads(text), []
        except json.JSONDecodeError as error:
            raise PrepareError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    loader = _Loader(text)
    try:
        return loader.get_single_data(), loader.notes
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise PrepareError(f"{path}: {place}{error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise PrepareError(f"{path}: is not valid YAML: {error}") from error
    finally:
        loader.dispose()


def _plain(node: Any, notes: list[str], place: tuple[str | int, ...], above: tuple[int, ...]) -> Any:
    """Copy a parsed tree so that aliased nodes no longer share, and make text of numbers JSON cannot hold."""
    if isinstance(node, float) and not math.isfinite(node):
        notes.append(f"{pointer(*place)}: {node} is no JSON number; kept as text")
        return str(node)
    if not isinstance(node, (dict, list)):
        return node
    if id(node) in above:
        raise PrepareError(f"{pointer(*place)}: the anchor here contains itself; write a $ref instead")
    inside = (*above, id(node))
    if isinstance(node, list):
        return [_plain(item, notes, (*place, index), inside) for index, item in enumerate(node)]
    return {key: _plain(value, notes, (*place, key), inside) for key, value in node.items()}
