"""Read an OpenAPI document from YAML or JSON, as plain JSON data."""

# PyYAML's stubs leave nodes untyped:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.reader import ReaderError
from yaml.resolver import BaseResolver

from .errors import Place, PrepareError, pointer, refuse

Json: TypeAlias = dict[str, Any]
EXPANDED = 1_000_000
"""Nodes that aliases may add to a document."""
DEEPEST = 128
"""Levels a document may nest; published ones have up to 30."""


def is_object(node: Any) -> TypeGuard[Json]:
    """Tell whether a node is a JSON object; after ``load`` every key is text."""
    return isinstance(node, dict)


def is_array(node: Any) -> TypeGuard[list[Any]]:
    """Tell whether a node is a JSON array."""
    return isinstance(node, list)


def same(first: Any, second: Any) -> bool:
    """Tell whether two nodes are the same JSON; Python alone takes ``1``, ``1.0`` and ``True`` for equal."""
    return first == second and json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


CORE_SCALARS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "merge": (r"<<", "<"),
}
"""Tag -> the plain scalars that have it and their first characters, as YAML 1.2 core has them, and merge keys."""


def resolve_core_scalars(resolver: type[BaseResolver]) -> None:
    """Teach a YAML class that ``true``, ``12`` and ``null`` are no text, and that ``no`` and ``2024-01-01`` are."""
    for tag, (pattern, first) in CORE_SCALARS.items():
        resolver.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), list(first))


class _CoreResolver(BaseResolver):
    """Resolve plain scalars by the YAML 1.2 core schema, as OpenAPI asks."""


resolve_core_scalars(_CoreResolver)


class _Loader(Composer, CParser, SafeConstructor, _CoreResolver):
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
        """Forget an anchor of the name that is now defined again."""
        if not self.check_event(yaml.AliasEvent):
            self.anchors.pop(getattr(self.peek_event(), "anchor", None), None)
        return super().compose_node(parent, index)

    def flatten_mapping(self, node: Any) -> None:
        """Put the members of merged mappings (<<) into a mapping, each once however often it is merged."""
        own = node.value
        super().flatten_mapping(node)
        if node.value is not own:
            node.value = list({id(key_node): (key_node, value) for key_node, value in node.value}.values())

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Return a mapping with text as keys, and note the keys that stand twice."""
        own = {id(key_node) for key_node, _ in node.value}
        self.flatten_mapping(node)
        result: dict[Hashable, Any] = {}
        written: set[str] = set()
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in written:
                self.notes.append(f"{_at(key_node.start_mark)}the key {key!r} stands twice; the last counts")
            if id(key_node) in own:  # a key of a merged mapping (<<) may well stand here again
                written.add(key)
            result[key] = self.construct_object(value_node, deep=deep)
        return result

    def _key(self, node: Any) -> str:
        """Return a mapping key as text: JSON knows no other, and status codes are often written as numbers."""
        key: Any = self.construct_object(node, deep=True)
        if isinstance(key, str):
            return key
        if isinstance(key, (bool, int, float)) or key is None:
            return str(node.value)
        raise ConstructorError(None, None, "a mapping key must be a plain scalar", node.start_mark)

    def construct_yaml_int(self, node: Any) -> int:
        """Read an integer as YAML 1.2 does: ``010`` is ten."""
        text = self.construct_scalar(node)
        try:
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        except ValueError:  # Python reads at most 4300 digits
            raise ConstructorError(None, None, f"an integer of {len(text)} digits; quote it", node.start_mark) from None

    def construct_yaml_map(self, node: Any) -> Any:
        """Read a mapping, in two steps because it may be its own descendant."""
        data: dict[Hashable, Any] = {}
        yield data
        data.update(self.construct_mapping(node))


_CONSTRUCTORS: Any = _Loader  # the stubs of PyYAML let only its own loaders learn
_CONSTRUCTORS.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_CONSTRUCTORS.add_constructor("tag:yaml.org,2002:map", _Loader.construct_yaml_map)


def _line_and_column(before: str) -> str:
    """Return where a text ends, for a message about what comes next."""
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}: "


def _at(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


def load(path: Path) -> tuple[Json, list[str]]:
    """Read a YAML or JSON document.

    Returns:
        The document, free of shared nodes and of what JSON cannot write, and notes on what was odd in it.

    Raises:
        PrepareError: The file is missing, is no text, is no YAML or JSON (with line and column), is no mapping, refers
            to itself through an anchor, or holds what JSON cannot.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PrepareError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        where = _line_and_column(error.object[: error.start].decode("utf-8"))
        raise PrepareError(f"{path}: {where}is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    try:
        document, notes = _parse_json(text) if path.suffix == ".json" else _parse_yaml(text)
    except json.JSONDecodeError as error:
        raise PrepareError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except yaml.MarkedYAMLError as error:
        raise PrepareError(f"{path}: {_at(error.problem_mark or error.context_mark)}{error.problem}") from error
    except ReaderError as error:
        where = _line_and_column(text[: error.position])
        raise PrepareError(f"{path}: {where}{error.reason}") from error
    except RecursionError:
        raise PrepareError(f"{path}: nests deeper than {DEEPEST} levels; make components of the inner ones") from None
    except (yaml.YAMLError, ValueError) as error:
        raise PrepareError(f"{path}: {error}") from error
    if not is_object(document):
        raise PrepareError(f"{path}: is {'empty' if document is None else 'no mapping'}; a mapping is needed here")
    try:
        return _Plain(notes, len(text) + EXPANDED).node(document, (), ()), notes
    except PrepareError as error:
        raise blamed(error, path) from error


def blamed(error: PrepareError, path: Path) -> PrepareError:
    """Return an error with the document it is about, and the line and column there, in front."""
    where = "" if error.place is None else _position(path, error.place)
    return PrepareError(f"{path}: {where}{error}")


def _position(path: Path, place: Place) -> str:
    """Return the line and column of what stands at a place, or of what is around it where the place is not written."""
    loader = _Loader(path.read_text(encoding="utf-8-sig"))
    try:
        node: Any = loader.get_single_node()
    except (yaml.YAMLError, RecursionError):  # JSON that is no YAML, as with a tab in it
        return ""
    finally:
        loader.dispose()
    for token in place:
        inner = _inside(node, token)
        if inner is None:
            break
        node = inner
    return _at(node.start_mark)


def _inside(node: Any, token: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in reversed(node.value) if key.value == token), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(token, int) and token < len(node.value):
        return node.value[token]
    return None


def _parse_json(text: str) -> tuple[Any, list[str]]:
    notes: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> Json:
        repeated = [key for key, count in Counter(key for key, _ in items).items() if count > 1]
        notes.extend(f"the key {key!r} stands twice; the last counts" for key in repeated)
        return dict(items)

    return json.loads(text, object_pairs_hook=pairs), notes


def _parse_yaml(text: str) -> tuple[Any, list[str]]:
    loader = _Loader(text)
    try:
        return loader.get_single_data(), loader.notes
    finally:
        loader.dispose()


class _Plain:
    """Copies a parsed tree so that aliased nodes no longer share, and makes text of numbers JSON cannot hold."""

    def __init__(self, notes: list[str], most: int) -> None:
        self.notes = notes
        self.left = most
        """Nodes that may still be made; without aliases a text has no more nodes than characters."""

    def node(self, node: Any, place: Place, above: tuple[int, ...]) -> Any:
        """Return a copy of one node."""
        self.left -= 1
        if self.left < 0:
            raise refuse(place[:2], "its anchors multiply it beyond measure; write $refs instead")
        if isinstance(node, float) and not math.isfinite(node):
            self.notes.append(f"{pointer(*place)}: {node} is no JSON number; kept as text")
            return str(node)
        if isinstance(node, str) and not _is_writable(node):
            raise refuse(place, "this text holds half of a surrogate pair, which is no character")
        if node is None or isinstance(node, (str, bool, int, float)):
            return node
        if id(node) in above:
            raise refuse(place, "the anchor here contains itself; write a $ref instead")
        if len(place) >= DEEPEST:
            raise refuse(place, f"nests deeper than {DEEPEST} levels; make components of the inner ones")
        inside = (*above, id(node))
        if is_array(node):
            return [self.node(item, (*place, index), inside) for index, item in enumerate(node)]
        if is_object(node):
            return {self.node(key, place, ()): self.node(value, (*place, key), inside) for key, value in node.items()}
        raise refuse(place, f"is a {type(node).__name__}, which JSON does not know; quote it")


def _is_writable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
