"""Every class of bad request, made from the document for every operation that it can be sent to.

Nothing here knows the mock. A body counts as bad if `jsonschema`, an independent reader, refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from portkey_mock import Request
from portkey_mock.document import Document, compile_document
from portkey_mock.schema import to_json_schema
from tests.mock import spec

DEEPEST = 3
"""How many levels of a body are spoilt."""

MOST = 40
"""How many spoilt bodies of one class are made for one operation; spread evenly over all there could be."""


@dataclass(frozen=True)
class Bad:
    """A bad request.

    Attributes:
        kind: its class.
        op: what it is sent to.
        status: what it has to be answered with.
        at: what the refusal has to name, where that is certain: a parameter, a header or a part.
    """

    kind: str
    op: spec.Op
    request: Request
    status: int
    at: str = ""


def all_of_them() -> Iterator[Bad]:
    """Every bad request."""
    for op in spec.OPERATIONS:
        yield from _credentials(op)
        yield from _methods(op)
        yield from _parameters(op)
        if op.body is not None:
            yield from _any_body(op)
            yield from _forms(op) if op.body[0].startswith("multipart/") else _json(op)


def headed(request: Request, body: bytes | None = None, /, **headers: str) -> Request:
    """`request` with other headers, whose underscores stand for hyphens, and perhaps another body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = request.body if body is None else body
    return replace(request, body=content, headers=tuple({**dict(request.headers), **named}.items()))


def _credentials(op: spec.Op) -> Iterator[Bad]:
    """None at all, and others than are asked for: an empty key, another scheme, a key of nobody's, half of a pair."""
    if not op.raw["security"]:
        return
    request = spec.request(op, credentials=False)
    yield Bad("no credentials", op, request, 401)
    for name, value in (
        ("x_portkey_api_key", " "),
        ("authorization", "Basic a2V5"),
        ("authorization", "Bearer"),
        ("x_api_key", "key"),
        ("x_portkey_virtual_key", "vk"),
    ):
        yield Bad("other credentials", op, headed(request, **{name: value}), 401)


def _methods(op: spec.Op) -> Iterator[Bad]:
    known = {method.upper() for method in spec.DOCUMENT["paths"][op.path]}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - known:
        yield Bad("unknown method", op, replace(spec.request(op), method=method), 405)


def _parameters(op: spec.Op) -> Iterator[Bad]:
    """Required ones left out, and values that their schemas refuse as text and as what the text may mean."""
    request = spec.request(op)
    for parameter in op.parameters("query"):
        name, pairs = parameter["name"], [each for each in request.query.split("&") if each]
        others = [each for each in pairs if not each.startswith(f"{name}=")]
        if parameter.get("required"):
            yield Bad("missing parameter", op, replace(request, query="&".join(others)), 400, name)
        if not any(spec.validator(parameter["schema"]).is_valid(each) for each in ("not this", ["not this"])):
            spoilt = replace(request, query="&".join([*others, f"{name}=not%20this"]))
            yield Bad("wrong parameter", op, spoilt, 400, name)
    for parameter in op.parameters("header"):
        schema = next(
            each["schema"] for each in (parameter, *parameter.get("content", {}).values()) if "schema" in each
        )
        if not spec.validator(schema).is_valid("not this"):
            spoilt = headed(request, **{parameter["name"].replace("-", "_"): "not this"})
            yield Bad("wrong parameter", op, spoilt, 400, parameter["name"].lower())
    for parameter in op.parameters("path"):
        if not spec.validator(parameter["schema"]).is_valid("not this"):
            spoilt = spec.request(op, ids={parameter["name"]: "not%20this"})
            yield Bad("wrong parameter", op, spoilt, 400, parameter["name"])


def _any_body(op: spec.Op) -> Iterator[Bad]:
    """What is wrong with any body: it is not there, of another media type, or of another length."""
    request = spec.request(op)
    if op.raw["requestBody"].get("required"):
        yield Bad("missing body", op, headed(request, b""), 400)
    for media in ("text/plain", "application/xml", "application/json; charset=utf-16"):
        yield Bad("wrong media type", op, headed(request, content_type=media), 415)
    assert op.body is not None
    other = "application/json" if op.body[0].startswith("multipart/") else "multipart/form-data; boundary=limit"
    yield Bad("wrong media type", op, headed(request, content_type=other), 415)
    for length in ("-1", "0x2", str(len(request.body) + 1)):
        yield Bad("wrong length", op, headed(request, content_length=length), 400, "content-length")


def _forms(op: spec.Op) -> Iterator[Bad]:
    """Forms that are cut off, without their boundary or a required part, or with a value of another type."""
    request = spec.request(op)
    assert op.body is not None
    schema = spec.flat(op.body[1])
    body = spec.smallest(schema)
    yield Bad("wrong form", op, headed(request, request.body[:-12]), 400)
    yield Bad("wrong form", op, headed(request, content_type="multipart/form-data"), 400)
    yield Bad("wrong form", op, headed(request, content_type="multipart/form-data; boundary=other"), 400)
    yield Bad(
        "wrong form", op, headed(request, request.body.replace(b"Content-Disposition", b"Content Disposition")), 400
    )
    for name in schema.get("required", ()):
        less = {key: value for key, value in body.items() if key != name}
        yield Bad("missing part", op, spec.request(op, less), 400)
    for name, child in schema.get("properties", {}).items():
        if not spec.validator(child).is_valid("not this") and spec.resolve(child).get("type") != "array":
            yield Bad("wrong part", op, spec.request(op, {**body, name: "not this"}), 400, name)


MALFORMED = (
    b"{",
    b'{"a": [',
    b"{}}",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": 1e999}',
    b'"\xff"',
    b'"\\ud800"',
    b"[" * 5000,
    b"\xef\xbb\xbf{}",
)


def _json(op: spec.Op) -> Iterator[Bad]:
    """Malformed JSON, and bodies that are right but for one place."""
    request = spec.request(op)
    for content in MALFORMED:
        yield Bad("malformed JSON", op, headed(request, content), 400)
    full = _full(op)
    if full is None:
        return
    assert op.body is not None
    validator = spec.validator(op.body[1])
    for kind, spoil in SPOILERS.items():
        bodies = [each for at in _places(full) for each in spoil(full, at)]
        wanted = bodies[:: -(-len(bodies) // MOST)] if bodies else []
        yield from (Bad(kind, op, spec.request(op, body), 400) for body in wanted if not validator.is_valid(body))


@cache
def _compiled() -> Document:
    return compile_document(spec.DOCUMENT, seed=0)


def _full(op: spec.Op) -> Any:
    """A body with every property; None if nobody can send one."""
    assert op.body is not None
    body = _compiled().generator.value(to_json_schema(op.body[1], ref_siblings=False))
    return body if spec.validator(op.body[1]).is_valid(body) else None


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a body."""
    yield path
    if len(path) == DEEPEST:
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from _places(child, (*path, key))


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """`value` with `new` at a place."""
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = _put(value[path[0]], path[1:], new)
    return copied


def _missing(body: Any, at: tuple[str | int, ...]) -> Iterator[Any]:
    held = _at(body, at)
    for name in held if isinstance(held, dict) else ():
        yield _put(body, at, {key: value for key, value in held.items() if key != name})


def _wrong_type(body: Any, at: tuple[str | int, ...]) -> Iterator[Any]:
    held = _at(body, at)
    wrong = [[5], "five", 5] if isinstance(held, dict) else [{"a": [5]}]
    yield from (_put(body, at, each) for each in wrong)


def _wrong_choice(body: Any, at: tuple[str | int, ...]) -> Iterator[Any]:
    if isinstance(_at(body, at), str):
        yield _put(body, at, "none of these")


def _undeclared(body: Any, at: tuple[str | int, ...]) -> Iterator[Any]:
    held = _at(body, at)
    if isinstance(held, dict):
        yield _put(body, at, {**held, "undeclared_member": 1})


def _out_of_bounds(body: Any, at: tuple[str | int, ...]) -> Iterator[Any]:
    held = _at(body, at)
    if isinstance(held, (int, float)) and not isinstance(held, bool):
        yield from (_put(body, at, each) for each in (-(10**20), 10**20, 0.5))
    elif isinstance(held, (str, list)):
        yield _put(body, at, type(held)())
        yield _put(body, at, "x" * 2000 if isinstance(held, str) else held * 500)


def _null(body: Any, at: tuple[str | int, ...]) -> Iterator[Any]:
    if at:
        yield _put(body, at, None)


SPOILERS = {
    "missing field": _missing,
    "wrong type": _wrong_type,
    "wrong enum, pattern or format": _wrong_choice,
    "undeclared member of a closed object": _undeclared,
    "out of bounds": _out_of_bounds,
    "null where none may be": _null,
}
