"""What a model says to a request, before any API puts it in its words: text, JSON to a schema, or a call of a tool.

Everything follows from a token, so that the same request always gets the same answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from portkey_mock.generate import Generator, Impossible
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.schema import BASE, SchemaCompiler
from portkey_mock.values import token

_TALK: Final = (
    "a mock gateway answers as a model would and says little of use but every word of it comes in good order "
    "so that tests see text split into pieces counted in tokens and put together again without any loss"
)
_WORDS: Final = tuple(_TALK.split())

_LONGEST_SCHEMA: Final = 50_000
"""Characters of a schema in a request that is still followed; beyond that, it is answered with an empty object."""

_PIECE: Final = re.compile(r"\s*\S{1,12}|\s+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a model.

    Attributes:
        fields: the members of its body.
        salt: the token that decides the answer.
        now: seconds since 1970.
    """

    fields: JsonObject
    salt: str
    now: int


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a request offers; `parameters` is the JSON Schema of its arguments."""

    name: str
    parameters: Json


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request wants to hear.

    Attributes:
        tool: the tool that has to be called.
        schema: what the text has to conform to, as JSON; True stands for any object; None for plain text.
        limit: the most tokens to answer with; None if there is no limit.
        stops: texts at the first of which the answer ends, without it.
    """

    tool: Tool | None = None
    schema: Json = None
    limit: int | None = None
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speech:
    """An answer.

    Attributes:
        text: what is said, or the arguments of the called tool as JSON.
        cut: whether the limit of tokens cut it short.
        met: the text at which it was to stop and did; None if none came.
    """

    text: str
    cut: bool
    met: str | None = None

    @property
    def tokens(self) -> int:
        """How many tokens it takes."""
        return len(pieces(self.text))


def pieces(text: str) -> list[str]:
    """`text` cut into what counts as its tokens; joined, they are `text` again."""
    return _PIECE.findall(text)


def tokens_of(value: Json) -> int:
    """About how many tokens a prompt takes: four characters make one."""
    return len(value if isinstance(value, str) else json.dumps(value)) // 4 + 1


def say(wish: Wish, salt: str) -> Speech:
    """The answer to `wish`, decided by `salt`."""
    if wish.tool is not None:
        # A call that was cut short could not be made, so the limit does not apply.
        return Speech(json.dumps(fitting(wish.tool.parameters, salt)), cut=False)
    text = _sentences(salt) if wish.schema is None else json.dumps(fitting(wish.schema, salt))
    met = min((each for each in wish.stops if each in text), key=text.index, default=None)
    text = text if met is None else text[: text.index(met)]
    if wish.limit is None or len(pieces(text)) <= wish.limit:
        return Speech(text, cut=False, met=met)
    return Speech("".join(pieces(text)[: max(wish.limit, 0)]), cut=True)


def _sentences(salt: str) -> str:
    """Two sentences of six to thirteen words."""
    start, first, second = int(salt[:4], 16), 6 + int(salt[4], 16) // 2, 6 + int(salt[5], 16) // 2
    words = [_WORDS[(start + number) % len(_WORDS)] for number in range(first + second)]
    return " ".join(words[:first]).capitalize() + ". " + " ".join(words[first:]).capitalize() + "."


def fitting(schema: Json, salt: str) -> JsonObject:
    """An object that conforms to a schema from a request; an empty one if the schema is broken or nothing conforms."""
    if not is_object(schema) or len(json.dumps(schema)) > _LONGEST_SCHEMA:
        return {"answer": "mock"} if schema is True else {}
    definitions = {
        **_members(schema, "definitions"),
        **_members(schema, "$defs"),
    }
    compiler = SchemaCompiler({name: _relocated(child) for name, child in definitions.items()})
    source = _relocated({name: value for name, value in schema.items() if name not in ("$defs", "definitions")})
    try:
        validator = compiler.compile(source)
        value = Generator(compiler, 0).value(source, salt)
    except (Impossible, ValueError):
        return {}
    return value if is_object(value) and validator.is_valid(value) else {}


def _members(schema: JsonObject, name: str) -> JsonObject:
    found: Json = schema.get(name)
    return found if is_object(found) else {}


def _relocated(value: Json) -> Json:
    """`value` with references into the schema's own definitions turned into references to components."""
    if is_array(value):
        return [_relocated(item) for item in value]
    if not is_object(value):
        return value
    return {
        name: re.sub(r"^#/(\$defs|definitions)/", BASE + "#/components/schemas/", child)
        if name == "$ref" and isinstance(child, str)
        else _relocated(child)
        for name, child in value.items()
    }


def salted(salt: str, index: int) -> str:
    """The token of one of several answers to the same request."""
    return token(salt, index)
