"""Templates of prompts: text with `{{tags}}` in the language Mustache, as far as prompts use it.

A tag holds the name of a variable, with dots for what is inside of one. `{{#name}}...{{/name}}` stands for each item of
a list, or once for anything that is there; `{{^name}}...{{/name}}` for what is not; `{{>name}}` for a partial; `{{! }}`
for nothing. A variable or a partial that nobody gave is empty text. Nothing is escaped: no prompt is HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object

_TAG: Final = re.compile(r"\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}")
_LARGEST: Final = 10_000_000
_PART: Final = 50
"""Characters that a template may become, where each part of it counts as some: lists within lists have no end."""

_DEEPEST: Final = 50
"""Sections and partials inside each other that are followed; what is deeper is left out."""

_ABSENT: Final[tuple[Json, ...]] = (None, False, "", [])
"""What a section takes for not there."""

_Scopes: TypeAlias = tuple[Json, ...]


@dataclass(slots=True)
class _Part:
    """A piece of a template: text where there is no `sign`, else a tag; `inner` is what a section holds."""

    sign: str
    name: str
    inner: list[_Part] = field(default_factory=list["_Part"])


class Template:
    """Fills templates in with the same variables and partials."""

    def __init__(self, variables: JsonObject, partial: Callable[[str], str]) -> None:
        """`partial` gives the text of a partial by its name; empty if there is none."""
        self._variables = variables
        self._partial = partial
        self._left = _LARGEST

    def filled(self, template: str) -> str:
        """The text that `template` becomes.

        Raises:
            ValueError: it becomes too large.
        """
        return "".join(self._parts(_read(template), (self._variables,), 0))

    def _parts(self, parts: list[_Part], scopes: _Scopes, depth: int) -> Iterator[str]:
        for part in parts if depth <= _DEEPEST else ():
            if part.sign in ("#", "^"):
                for inner in _inside(part, scopes):
                    yield from self._parts(part.inner, inner, depth + 1)
            elif part.sign == ">":
                yield from self._parts(_read(self._counted(self._partial(part.name))), scopes, depth + 1)
            else:
                yield self._counted(_text(_find(part.name, scopes)) if part.sign else part.name)
            self._counted("")

    def _counted(self, text: str) -> str:
        self._left -= len(text) + _PART
        if self._left < 0:
            raise ValueError("the prompt becomes too large")
        return text


def _read(template: str) -> list[_Part]:
    """The parts of a template. A section that is not closed goes on to the end; an end without a section is nothing."""
    whole: list[_Part] = []
    open_ones = [whole]
    position = 0
    for tag in _TAG.finditer(template):
        open_ones[-1].append(_Part("", template[position : tag.start()]))
        position = tag.end()
        text = (tag[1] or tag[2] or "").strip()
        sign, name = (text[0], text[1:].strip()) if text[:1] in tuple("#^/>!&") else ("&", text)
        if sign == "/":
            del open_ones[max(len(open_ones) - 1, 1) :]
        elif sign != "!":
            part = _Part(sign, name)
            open_ones[-1].append(part)
            if sign in ("#", "^"):
                open_ones.append(part.inner)
    open_ones[-1].append(_Part("", template[position:]))
    return whole


def _inside(section: _Part, scopes: _Scopes) -> Iterator[_Scopes]:
    """The scopes in which what a section holds is said, once for each."""
    value = _find(section.name, scopes)
    absent = value in _ABSENT
    if section.sign == "^":
        yield from [scopes] if absent else []
    elif is_array(value):
        yield from ((*scopes, item) for item in value)
    elif not absent:
        yield (*scopes, value)


def _find(name: str, scopes: _Scopes) -> Json:
    """The value of a variable, the innermost one of its name; None if there is none."""
    if name == ".":
        return scopes[-1]
    first, *rest = name.split(".")
    value: Json = next((scope[first] for scope in reversed(scopes) if is_object(scope) and first in scope), None)
    for each in rest:
        value = value.get(each) if is_object(value) else None
    return value


def _text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
