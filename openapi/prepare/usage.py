"""How a generated method is called: code from the examples of the document, for its docstring."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty

from . import render
from .calls import Call, in_order, is_error
from .errors import PrepareError
from .load import Json, is_array, is_object
from .normalise import choose_media
from .pack import pack
from .prose import WIDTH

_CURSORS = ("after", "before", "cursor", "starting_after")
"""Optional parameters that only make sense once a page was read; in other families they say what they are of."""
_FEW, _MANY = 2, 8
"""Optional parameters, and fields of a body, that an example has at most; what is required comes on top."""
_ITEMS, _LETTERS, _BYTES = 3, 72, 40
"""What is left of a list, a text and a file."""
_MARK = "# ---- the next one"


def usages(calls: list[Call]) -> list[str | None]:
    """Return for each method the code of one call, in several lines where it needs them, or nothing to show.

    Raises:
        PrepareError: The formatter refuses the code.
    """
    written = [_usage(call) for call in calls]
    if not any(written):
        return [None] * len(written)
    source = f"\n{_MARK}\n".join(each or "" for each in written)
    width = WIDTH - len(" " * 12 + "await ")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--line-length", str(width)]
    command += ["--config", "format.skip-magic-trailing-comma=true", "--stdin-filename", "usage.py", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PrepareError(f"ruff cannot format the examples of the document: {done.stderr[:2000]}")
    shown = [pack(each.strip("\n"), width) for each in done.stdout.split(_MARK)]
    return [text if code else None for code, text in zip(written, shown, strict=True)]


def awaited(usage: str) -> str:
    """Return the code of a call as an asynchronous client takes it."""
    if usage.startswith("with "):
        return f"async {usage.replace('session.recv()', 'await session.recv()')}"
    return f"await {usage}"


def _usage(call: Call) -> str | None:
    """Return the code of one call; nothing where the document has no example for what it must be given."""
    given = dict(_parameters(call))
    fields = _fields(call)
    needed = {each.name for each in call.arguments if each.default is None and each.place != "body"}
    if fields is None or needed - given.keys():
        return None
    path = [argument.name for argument in call.arguments if argument.place == "path"]
    rest = [f"{name}={code}" for name, code in {**given, **fields}.items() if name not in path]
    written = f"client.{call.facts['operationId']}({', '.join([*(given[name] for name in path), *rest])})"
    return f"with {written} as session:\n    session.recv()" if call.opens_socket else written


def _parameters(call: Call) -> Iterator[tuple[str, str]]:
    """Yield name and code of the parameters to give: what is required, and a few of the others."""
    left = _FEW
    for argument in in_order(call.arguments):
        facts = call.parameter(argument)
        if facts is None:
            continue
        found = [facts["example"]] if "example" in facts else _values(facts)
        if argument.default is not None:
            if not found or not left or argument.place != "query" or argument.wire in _CURSORS:
                continue
            left -= 1
        if found:
            yield argument.name, literal(found[0], argument.prop)


def _fields(call: Call) -> dict[str, str] | None:
    """Return name and code of the arguments that make the body; nothing where there is no example of it."""
    if not call.body:
        return {}
    body = call.facts["requestBody"]
    media = body["content"][choose_media(list(body["content"]))]
    found = [media["example"]] if "example" in media else _values(media)
    if found and call.whole_body:
        return {call.body[0].name: literal(found[0], call.body[0].prop)}
    return _keywords(call, found[0]) if found and is_object(found[0]) else None


def _keywords(call: Call, value: Json) -> dict[str, str]:
    known = {argument.wire: argument for argument in call.body}
    needed = [key for key in value if key in known and known[key].prop.required]
    shown = [key for key in value if key in known and key not in needed][: max(0, _MANY - len(needed))]
    name = _file_name(call)
    return {
        known[key].name: literal(each, known[key].prop, name)
        for key, each in value.items()
        if key in needed or key in shown
    }


def _values(node: Json) -> list[Any]:
    """Return the values of the named examples of a parameter or of a body."""
    named: Json = node.get("examples") or {}
    return [each["value"] for each in named.values() if is_object(each) and "value" in each]


def _file_name(call: Call) -> str:
    """Return what a file is called that is uploaded: as the answer has it, if it does."""
    answers: list[Json] = [each for status, each in call.facts["responses"].items() if not is_error(status)]
    contents: list[Json] = [each.get("content") or {} for each in answers]
    values = [value for content in contents for media in content.values() for value in _values(media)]
    return next((str(each["filename"]) for each in values if is_object(each) and "filename" in each), "")


def literal(value: Any, prop: Any = None, file: str = "") -> str:
    """Return a JSON value as source code for what takes it, cut to what an example needs.

    Args:
        value: The value.
        prop: The property that it is a value of, which knows moments, days and files; any where it is left out.
        file: What a file is called.
    """
    if isinstance(prop, UnionProperty):
        return literal(value, _branch(value, prop.inner_properties), file)
    if isinstance(prop, FileProperty):
        content = str(value).encode()
        return repr((file or render.wire_name(prop), content if len(content) <= _BYTES else b"..."))
    if isinstance(value, str):
        return _text(value, prop)
    if is_array(value):
        inner = prop.inner_property if isinstance(prop, ListProperty) else None
        return f"[{', '.join(literal(each, inner, file) for each in value[:_ITEMS])}]"
    if is_object(value):
        fields = _known(prop)
        pairs = [f"{key!r}: {literal(each, fields.get(key), file)}" for key, each in value.items()]
        return f"{{{', '.join(pairs)}}}"
    return repr(value)


def _text(value: str, prop: Any) -> str:
    if isinstance(prop, DateTimeProperty):
        return repr(dt.datetime.fromisoformat(value))
    if isinstance(prop, DateProperty):
        return repr(dt.date.fromisoformat(value))
    return repr(value if len(value) <= _LETTERS else f"{value[: _LETTERS - 3]}...")


def _known(prop: Any) -> Mapping[str, Any]:
    """Return the properties of an object by their names on the wire."""
    if not isinstance(prop, ModelProperty):
        return {}
    fields = [*(prop.required_properties or []), *(prop.optional_properties or [])]
    return {render.wire_name(each): each for each in fields}


def _branch(value: Any, branches: list[Any]) -> Any:
    """Return the branch of a union that a value is most likely of."""
    if isinstance(value, str):
        kinds = (StringProperty, FileProperty, DateTimeProperty, DateProperty)
        return next((each for kind in kinds for each in branches if isinstance(each, kind)), None)
    if is_array(value):
        return next((each for each in branches if isinstance(each, ListProperty)), None)
    fits = [each for each in branches if is_object(value) and value.keys() <= _known(each).keys()]
    return fits[0] if fits else None
