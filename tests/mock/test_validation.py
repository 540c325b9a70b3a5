"""Requests are checked against their operation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portkey_mock import Gateway, ManualClock, Request, Response
from portkey_mock.forms import Part, parse_multipart
from tests.mock import spec


def gateway(**operation: Any) -> Gateway:
    """A gateway of one operation: GET /things/{id} or, with a body, POST /things/{id}."""
    responses = {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    method = "post" if "requestBody" in operation else "get"
    document = {
        "openapi": "3.0.0",
        "paths": {"/things/{id}": {method: {"responses": responses} | operation}},
        "components": {
            "securitySchemes": {
                "Query": {"type": "apiKey", "in": "query", "name": "key"},
                "Cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
                "Basic": {"type": "http", "scheme": "Basic"},
                "Login": {"type": "oauth2", "flows": {}},
                "Header": {"type": "apiKey", "in": "header", "name": "X-Key"},
            }
        },
    }
    return Gateway(document, clock=ManualClock())


def get(made: Gateway, query: str = "", path: str = "/things/1", **headers: str) -> Response:
    """The answer to a GET."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return made.handle(Request("GET", path, query, named))


def post(made: Gateway, body: bytes, **headers: str) -> Response:
    """The answer to a POST."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return made.handle(Request("POST", "/things/1", "", named, body))


def param(response: Response) -> tuple[int, str | None]:
    """The status of a refusal and the place it names."""
    return response.status, json.loads(response.body)["error"]["param"] if response.status >= 400 else None


# --- credentials ---


@pytest.mark.parametrize(
    ("security", "request_", "status"),
    [
        ([{"Query": []}], {"query": "key=k"}, 200),
        ([{"Query": []}], {"query": "key="}, 401),
        ([{"Cookie": []}], {"cookie": "a=b; session=s"}, 200),
        ([{"Cookie": []}], {"cookie": "a=b"}, 401),
        ([{"Basic": []}], {"authorization": "basic abc"}, 200),
        ([{"Basic": []}], {"authorization": "Bearer abc"}, 401),
        ([{"Login": []}], {"authorization": "Bearer abc"}, 200),
        ([{"Login": []}], {"authorization": "Bearer "}, 401),
        ([{"Login": []}], {"authorization": "abc"}, 401),
        ([{"Header": [], "Query": []}], {"x_key": "k"}, 401),
        ([{"Header": [], "Query": []}], {"x_key": "k", "query": "key=k"}, 200),
        ([{"Header": []}, {"Query": []}], {"query": "key=k"}, 200),
        ([{"Header": []}], {"x_key": "  "}, 401),
        ([{"Header": []}, {}], {}, 200),
        ([], {}, 200),
    ],
)
def test_credentials(security: list[Any], request_: dict[str, str], status: int) -> None:
    """One alternative has to be complete, each of its parts present, not empty, and of the right scheme."""
    response = get(gateway(security=security), **request_)
    assert response.status == status
    assert ("www-authenticate" in dict(response.headers)) == (status == 401)


# --- parameters ---


def parameter(schema: Any, location: str = "query", name: str = "p", **more: Any) -> Gateway:
    """A gateway of one operation with one parameter."""
    return gateway(parameters=[{"name": name, "in": location, "schema": schema} | more])


INTEGER = {"type": "integer", "minimum": 1}
STRINGS = {"type": "array", "items": {"type": "string"}}
INTEGERS = {"type": "array", "items": {"type": "integer"}}
POINT = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}


@pytest.mark.parametrize(
    ("schema", "query", "fine"),
    [
        (INTEGER, "p=5", True),
        (INTEGER, "p=0", False),
        (INTEGER, "p=five", False),
        (INTEGER, "p=5.5", False),
        (INTEGER, "p=", False),
        (INTEGER, "p=%D9%A5", False),
        (INTEGER, "p=" + "9" * 5000, False),
        (INTEGER, "q=0", True),
        ({"type": "number"}, "p=-1.5e3", True),
        ({"type": "boolean"}, "p=true", True),
        ({"type": "boolean"}, "p=yes", False),
        ({"type": "string"}, "p=5", True),
        ({"type": "string", "enum": ["5"]}, "p=5", True),
        ({"anyOf": [INTEGER, {"type": "boolean"}]}, "p=false", True),
        (STRINGS, "p=a&p=b", True),
        (INTEGERS, "p=1&p=2", True),
        (INTEGERS, "p=1&p=b", False),
        ({**INTEGERS, "maxItems": 1}, "p=1&p=2", False),
        (POINT, 'p={"x":"a"}', True),
        (POINT, 'p={"x":1}', False),
        (POINT, "p={x", False),
    ],
)
def test_query_parameters(schema: Any, query: str, fine: bool) -> None:
    """A query parameter is read as what its schema asks for, and refused by name if it cannot be."""
    expected = (200, None) if fine else (400, "/query/p")
    status, at = param(get(parameter(schema), query))
    assert (status, at and at[:8]) == expected


@pytest.mark.parametrize(
    ("schema", "value", "fine"),
    [
        (INTEGERS, "1,2", True),
        (INTEGERS, "1,b", False),
        (POINT, "x,a", True),
        (POINT, "x,a,y", False),
        (POINT, '{"x": "a"}', True),
        (POINT, "[]", False),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "1", False),
    ],
)
def test_header_parameters(schema: Any, value: str, fine: bool) -> None:
    """A header parameter may be a comma-separated list, pairs of name and value, or JSON."""
    status, at = param(get(parameter(schema, "header", "X-P"), x_p=value))
    assert (status, at and at[:11]) == ((200, None) if fine else (400, "/header/x-p"))


def test_cookie_and_path_parameters() -> None:
    """Parameters in cookies and paths are checked like any other."""
    assert param(get(parameter(INTEGER, "cookie"), cookie="p=0")) == (400, "/cookie/p")
    assert param(get(parameter(INTEGER, "path", "id"), path="/things/a")) == (400, "/path/id")


def test_required_parameters() -> None:
    """A required parameter has to be there."""
    assert param(get(parameter(INTEGER, required=True))) == (400, "/query/p")


def test_lists_without_explode() -> None:
    """A list that does not explode is one comma-separated string."""
    assert get(parameter(INTEGERS, explode=False), "p=1,2").status == 200
    assert get(parameter(INTEGERS), "p=1,2").status == 400


def test_parameters_with_content() -> None:
    """A parameter may declare a media type in place of a schema, or nothing at all."""
    declared = [{"name": "p", "in": "query", "content": {"application/json": {"schema": POINT}}}]
    assert get(gateway(parameters=declared), 'p={"x":"a"}').status == 200
    assert get(gateway(parameters=declared), "p=5").status == 400
    assert get(gateway(parameters=[{"name": "p", "in": "query"}]), "p=5").status == 200


def test_headers_that_are_no_parameters() -> None:
    """What a document says of Accept, Content-Type and Authorization as parameters does not count."""
    assert get(parameter({"type": "integer"}, "header", "Accept", required=True), accept="*/*").status == 200


def test_bad_query() -> None:
    """A query that is not UTF-8, or has a thousand parameters and one, is refused."""
    assert param(get(gateway(), "p=%FF")) == (400, "/query")
    assert param(get(gateway(), "&".join("p=1" for _ in range(1001)))) == (400, "/query")


# --- bodies ---


def body(schema: Any, media: str = "application/json", *, required: bool = True) -> Gateway:
    """A gateway of one operation with a body."""
    return gateway(requestBody={"required": required, "content": {media: {"schema": schema}}})


JSON = "application/json"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (JSON, 200),
        ("Application/JSON; charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("application/vnd.x+json", 415),
        ("text/json", 415),
        (";", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_content_types(content_type: str, status: int) -> None:
    """Only the declared media type is taken, in UTF-8."""
    assert post(body(POINT), b'{"x":"a"}', content_type=content_type).status == status


def test_no_content_type() -> None:
    """A body without a content type is taken for JSON, where JSON is taken."""
    assert post(body(POINT), b'{"x":"a"}').status == 200
    assert post(body(POINT, "multipart/form-data"), b'{"x":"a"}').status == 415


def test_declared_wildcards() -> None:
    """A declared media type may hold a wildcard or a suffix, and what is no JSON is taken as it is."""
    assert post(body(POINT, "audio/*"), b"\xff", content_type="audio/mpeg").status == 200
    assert post(body(POINT, "application/*+json"), b"5", content_type="application/a+json").status == 400


def test_missing_bodies() -> None:
    """A required body has to be there; one that is not required may be missing or present."""
    assert param(post(body(POINT), b"")) == (400, "/body")
    assert param(post(body(POINT), b"", content_type=JSON)) == (400, "/body")
    optional = body(POINT, required=False)
    assert post(optional, b"").status == 200
    assert post(optional, b"", content_type=JSON).status == 200
    assert param(post(optional, b"{}", content_type=JSON)) == (400, "/body")


def test_unasked_bodies() -> None:
    """A body that an operation does not ask for is ignored, whatever it is."""
    assert gateway().handle(Request("GET", "/things/1", body=b"{")).status == 200


def test_content_length() -> None:
    """A content length that does not fit the body is refused."""
    assert param(post(body(POINT), b'{"x":"a"}', content_length="5")) == (400, "/header/content-length")
    assert post(body(POINT), b'{"x":"a"}', content_length="9").status == 200


def test_places_in_bodies() -> None:
    """A refusal names the place in the body and the rule in the document."""
    response = post(body({"type": "array", "items": POINT}), b'[{"x":"a"},{"x":5}]')
    assert param(response) == (400, "/body/1/x")
    assert "/paths/~1things~1{id}/post/requestBody/content/application~1json/schema/items" in response.body.decode()


# --- forms ---

FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "media": {"type": "string", "contentMediaType": "image/png"},
        "count": {"type": "integer"},
        "tags[]": STRINGS,
        "options": POINT,
    },
}


def form(fields: dict[str, Any], files: dict[str, bytes] | None = None, schema: Any = FORM) -> Response:
    """The answer to a form."""
    content_type, content = spec.multipart(fields, {"file": b"\xff"} if files is None else files)
    return post(body(schema, "multipart/form-data"), content, content_type=content_type)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({}, None),
        ({"count": 5}, None),
        ({"count": "five"}, "/body/count"),
        ({"tags[]": ["a", "b"]}, None),
        ({"options": '{"x": "a"}'}, None),
        ({"options": "{}"}, "/body/options"),
        ({"other": "a"}, "/body"),
    ],
)
def test_form_fields(fields: dict[str, Any], at: str | None) -> None:
    """The fields of a form have the types that the document declares."""
    assert param(form(fields)) == (200 if at is None else 400, at)


def test_form_files() -> None:
    """Files are taken where they are declared, one or several; a file in a text field has to be text."""
    assert form({}, {"file": b"", "files": b"\xff", "media": b"\xff"}).status == 200
    assert param(form({}, {"count": b"\xff", "file": b""})) == (400, "/body/count")
    assert form({}, {"count": b"5", "file": b""}).status == 200
    assert param(form({"count": 5}, {})) == (400, "/body")
    assert form({"anything": "a"}, {}, {"type": "object"}).status == 200


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=", b"--x--"),
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nabc'),
        ("multipart/form-data; boundary=x", b"--x\r\n: \r\n\r\n--x--"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x--"),
        ("multipart/form-data; boundary=\u2603", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"a: b\r\n" * 100 + b"\r\n--x--"),
    ],
)
def test_bad_forms(content_type: str, content: bytes) -> None:
    """A form that cannot be read is refused."""
    assert param(post(body(FORM, "multipart/form-data"), content or b"-", content_type=content_type)) == (400, "/body")


def test_parts() -> None:
    """The parts of a form keep their order, names, file names and bytes; other headers do not matter."""
    content = (
        b'--x\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="a"; filename="\xc3\xa4.txt"\r\n\r\n'
        b"\xff\r\n"
        b'--x\r\nContent-Disposition: form-data; name="b"\r\n\r\n\r\n--x\r\n\r\nno name\r\n--x--\r\n'
    )
    assert parse_multipart("multipart/form-data; boundary=x", content) == [
        Part("a", "\u00e4.txt", b"\xff"),
        Part("b", None, b""),
        Part("", None, b"no name"),
    ]
