"""Random small OpenAPI documents: every keyword, reference and oddity that the pipeline knows, in any company."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

NAMES = ("Model", "model", "Response", "Any", "Unset", "a.b", "a-b", "a b", "日本", "ﬁle", "C++", "1", "class", "File")
"""Components, among them names of runtime classes, names that make one class name, and names that make none."""
WORDS = (
    *("id", "ID", "i_d", "class", "self", "None", "1st", "$ref", "-", "+1", "-1", "a b", "aB", "a_b", "日本", "type"),
    *("keys", "options", "body", "list", "from_dict", '"', "'", "\\", "\n", "", " ", "p0", "datetime", "é", "\u2028"),
)
"""Properties, parameters and enum members."""
PROSE = (
    '"""',
    'ends in "',
    '"starts',
    "back\\slash",
    "ünïcode 日本",
    "two\n\nlines",
    "\\",
    "{{ x }}",
    "{% raw %}",
    "",
    "\x00",
)

words = st.sampled_from(WORDS)
prose = st.sampled_from(PROSE)
scalars = st.one_of(words, st.integers(-3, 3), st.booleans(), st.sampled_from((0.5, 1.0, -2.5)), st.none())
references = st.sampled_from(
    (
        *(f"#/components/schemas/{name}" for name in NAMES for _ in range(4)),
        *("#/components/schemas/Model/properties/id", "#/components/schemas/a.b", "#/components/schemas/a%20b"),
        *("#/components/parameters/q/schema", "#/components/responses/r/content/application~1json/schema"),
        "#/components/schemas/Nowhere",
    )
).map(lambda reference: {"$ref": reference})


def _keywords(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """Return every keyword of a schema with values that are well formed, more or less."""
    types = st.sampled_from(("string", "integer", "number", "boolean", "array", "object", "null"))
    schemas = st.lists(inner, max_size=3)
    named = st.dictionaries(words, inner, max_size=3)
    annotations = {"title": words, "description": prose, "default": scalars, "example": scalars, "x-note": scalars}
    return {
        **annotations,
        "type": st.one_of(types, st.lists(types, min_size=1, max_size=3)),
        "format": st.sampled_from(("date-time", "date", "datetime", "binary", "uuid", "int64")),
        "nullable": st.booleans(),
        "const": st.one_of(scalars, st.just([1]), st.just({"a": 1})),
        "enum": st.lists(st.one_of(scalars, st.just([1]), st.just({"a": 1})), min_size=1, max_size=4),
        "items": st.one_of(inner, st.booleans(), schemas),
        "prefixItems": schemas,
        "properties": named,
        "patternProperties": st.dictionaries(st.just("^x"), inner, max_size=1),
        "additionalProperties": st.one_of(st.booleans(), inner),
        "required": st.one_of(st.lists(words, max_size=2), st.booleans()),
        "oneOf": schemas,
        "anyOf": schemas,
        "allOf": schemas,
        "not": inner,
        "discriminator": st.just({"propertyName": "type"}),
        "contentMediaType": st.just("application/octet-stream"),
        "minimum": st.integers(0, 2),
        "unknown": scalars,
    }


def _some(keywords: dict[str, st.SearchStrategy[Any]], most: int) -> st.SearchStrategy[Json]:
    """Return mappings with a few of many keywords."""
    chosen = st.lists(st.sampled_from(sorted(keywords)), max_size=most, unique=True)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: keywords[key] for key in keys}))


leaves = st.one_of(
    references,
    st.sampled_from(({"type": "string"}, {"type": "integer"}, {"type": "object"}, {}, {"enum": ["a", "b"]})),
)
schemas = st.recursive(leaves, lambda inner: _some(_keywords(inner), 4), max_leaves=6)
plain = {name: {"type": "object", "properties": {"id": {"type": "string"}}} for name in NAMES}
components = st.dictionaries(st.sampled_from(NAMES), schemas, min_size=1, max_size=5).map(
    lambda some: {**plain, **some}
)
media = st.sampled_from(
    (
        *(
            "application/json",
            "application/vnd.api+json",
            "text/plain",
            "text/event-stream",
            "application/octet-stream",
        ),
        *(
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "image/png",
            "*/*",
            "application/json; charset=utf-8",
        ),
    )
)
content = st.dictionaries(media, st.one_of(schemas.map(lambda schema: {"schema": schema}), st.just({})), max_size=2)
parameters = st.fixed_dictionaries(
    {"name": st.one_of(words, st.just("x")), "in": st.sampled_from(("path", "query", "header", "cookie"))},
    optional={
        "required": st.booleans(),
        "schema": schemas,
        "content": content,
        "style": st.sampled_from(("form", "deepObject", "spaceDelimited", "pipeDelimited", "simple")),
        "explode": st.booleans(),
    },
)
responses = st.dictionaries(
    st.sampled_from(("200", "201", "204", "4XX", "default", "246", "529", "600", "x-note")),
    st.fixed_dictionaries(
        {"description": prose},
        optional={
            "content": content,
            "headers": st.dictionaries(words, st.fixed_dictionaries({"schema": schemas}), max_size=1),
        },
    ),
    max_size=3,
)
operations = st.fixed_dictionaries(
    {},
    optional={
        "operationId": words,
        "summary": prose,
        "description": prose,
        "tags": st.lists(words, max_size=2),
        "deprecated": st.booleans(),
        "parameters": st.lists(st.one_of(parameters, st.just({"$ref": "#/components/parameters/p"})), max_size=4),
        "requestBody": st.fixed_dictionaries({"content": content}, optional={"required": st.booleans()}),
        "responses": responses,
        "security": st.sampled_from(([], [{}], [{"key": []}], [{"other": []}, {}])),
        "servers": st.sampled_from(
            ([], [{"url": "/v2"}], [{"url": "https://{r}.x", "variables": {"r": {"default": "eu"}}}])
        ),
    },
)
paths = st.sampled_from(
    (
        "/",
        "/a",
        "/a/{x}",
        "/a/{a-b}/b",
        "/a/{x}/{x}",
        "/{x}",
        "/{x}/y",
        "/A",
        "/日本",
        "/call",
        "/a/list/{x}",
        "/a/{x}.json",
    )
)
methods = st.sampled_from(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
items = st.dictionaries(methods, operations, max_size=2).flatmap(
    lambda item: st.fixed_dictionaries({key: st.just(value) for key, value in item.items()}, optional={
        "parameters": st.lists(parameters, max_size=2), "summary": prose,
    })
)  # fmt: skip
shared = {"q": {"name": "q", "in": "query", "schema": {"enum": ["a", "b"]}}}
documents = st.fixed_dictionaries(
    {
        "openapi": st.sampled_from(("3.0.3", "3.1.0")),
        "info": st.just({"title": "Random", "version": "1"}),
        "paths": st.dictionaries(paths, items, min_size=1, max_size=3),
        "components": st.fixed_dictionaries(
            {
                "schemas": components,
                "parameters": st.fixed_dictionaries({"p": parameters}).map(lambda some: {**some, **shared}),
                "responses": st.just({"r": {"content": {"application/json": {"schema": {"type": "array"}}}}}),
                "securitySchemes": st.just({"key": {"type": "apiKey", "in": "header", "name": "x-key"}}),
            }
        ),
    },
    optional={"servers": st.just([{"url": "https://example.com/v1"}]), "security": st.just([{"key": []}])},
)
