"""The OpenAPI document: found, read as data, and compiled into operations.

Everything is compiled at start-up. What does not compile, or cannot be satisfied by any request, becomes a `Defect`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from portkey_mock import examples
from portkey_mock.generate import Generator, Impossible
from portkey_mock.jsonvalue import Json, JsonObject, is_object, pointer
from portkey_mock.schema import Schema, SchemaCompiler, to_json_schema

T = TypeVar("T")

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_NO_PARAMETERS: Final = {("header", "accept"), ("header", "content-type"), ("header", "authorization")}
"""What OpenAPI says elsewhere, and tells its readers to ignore among the parameters."""


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with the document itself.

    Attributes:
        pointer: where, as a JSON pointer from `#`.
        reason: what is wrong, in one sentence.
    """

    pointer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Credential:
    """One way to show who is asking: a header, query or cookie field that has to be present and not empty.

    Attributes:
        name: the field's name; in lower case if it is a header.
        location: `header`, `query` or `cookie`.
        scheme: the word before the secret, such as `bearer`, in lower case; empty for a bare key.
    """

    name: str
    location: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named string in a request: a path, query, header or cookie parameter, or one field of a form.

    Attributes:
        location: `path`, `query`, `header`, `cookie` or `form`.
        explode: whether the items of an array arrive as repeated fields and not as one comma-separated list; so they do
            where the value is JSON, in which a comma means nothing by itself.
        example: a value that the document shows; None if it shows none.
    """

    name: str
    location: str
    required: bool
    explode: bool
    schema: Schema
    example: Json = None


@dataclass(frozen=True, slots=True)
class Content:
    """A body of one media type.

    Attributes:
        fields: the fields of a form by name; empty for any other media type.
        binary: the names of the fields that carry files.
        example: what the document shows; None if it shows nothing.
    """

    media: str
    schema: Schema
    fields: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    binary: frozenset[str] = frozenset()
    example: Json = None


@dataclass(frozen=True, eq=False)
class Operation:
    """One method on one path.

    Attributes:
        method: in upper case.
        path: the template, such as `/files/{file_id}`.
        pointer: where in the document it stands, from `#`.
        plane: `data_plane`, `control_plane` or `public`.
        alternatives: sets of credentials, one of which has to be complete; none at all means that nothing is asked for.
        body: the request bodies it takes, by media type.
        responses: the answers it gives, by status as written in the document and then by media type.
        name: its `operationId`, such as `chat.completions.create`; empty if it has none.
        stores: whether what it makes is kept where the body does not say so: it can, where it has a field `store`.
    """

    method: str
    path: str
    pointer: str
    plane: str
    alternatives: tuple[tuple[Credential, ...], ...]
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Content]
    body_required: bool
    responses: Mapping[str, Mapping[str, Content]]
    stores: bool = True
    name: str = ""

    @cached_property
    def success(self) -> str | None:
        """The first declared status that means success, or `default`; None if only other statuses are declared."""
        declared = sorted(status for status in self.responses if status.startswith("2"))
        return declared[0] if declared else "default" if "default" in self.responses else None

    @cached_property
    def query_names(self) -> frozenset[str]:
        """The names of the parameters that it declares in the query."""
        return frozenset(parameter.name for parameter in self.parameters if parameter.location == "query")

    def declared(self, status: int) -> Mapping[str, Content] | None:
        """What the document says an answer with `status` looks like; None if it does not mention the status."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.responses:
                return self.responses[key]
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """A compiled document.

    Attributes:
        operations: by method in upper case and path template.
        prefixes: the paths of all servers, such as `/v1`.
    """

    operations: Mapping[tuple[str, str], Operation]
    prefixes: frozenset[str]
    generator: Generator
    defects: tuple[Defect, ...]
    _derived: dict[str, Any] = field(default_factory=dict[str, Any], init=False, repr=False, compare=False)

    def derived(self, name: str, make: Callable[[], T]) -> T:
        """What follows from the document alone, made when it is first wanted; every gateway of the document has it."""
        if name not in self._derived:
            self._derived[name] = make()
        found: T = self._derived[name]
        return found


def load(path: Path | None = None) -> JsonObject:
    """The OpenAPI document at `path` (JSON); by default the one that `portkey_api` carries, which is not imported.

    Raises:
        FileNotFoundError: there is no such file, or `portkey_api` is not installed.
        ValueError: the file is not a JSON object.
    """
    document = json.loads((path or _installed()).read_bytes())
    if not is_object(document):
        raise ValueError("an OpenAPI document is a JSON object")
    return document


def _installed() -> Path:
    spec = find_spec("portkey_api")
    for folder in (spec and spec.submodule_search_locations) or ():
        if (found := Path(folder) / "openapi.json").is_file():
            return found
    raise FileNotFoundError("portkey_api/openapi.json is not installed; name a document instead")


def compile_document(document: JsonObject, seed: int) -> Document:
    """Compiles all of `document`. `seed` decides the ids and times of generated answers.

    Raises:
        ValueError: a reference to a parameter, a body, a response or a security scheme leads nowhere.
    """
    return _Compilation(document, seed).run()


class _Compilation:
    """The state of one compilation."""

    def __init__(self, document: JsonObject, seed: int) -> None:
        self.document = document
        self.ref_siblings = not str(document.get("openapi", "3.0")).startswith("3.0")
        self.components: JsonObject = document.get("components", {})
        self.compiler = SchemaCompiler({n: self.convert(s) for n, s in self.components.get("schemas", {}).items()})
        self.generator = Generator(self.compiler, seed)
        self.defects: list[Defect] = []

    def run(self) -> Document:
        operations = {
            (operation.method, operation.path): operation
            for path, item in self.document.get("paths", {}).items()
            for method in _METHODS
            if method in item
            for operation in (self.operation(method, path, item),)
        }
        for operation in operations.values():
            self.check(operation)
        return Document(operations, frozenset(self.prefixes()), self.generator, tuple(self.defects))

    def convert(self, source: Json) -> Json:
        return to_json_schema(source, ref_siblings=self.ref_siblings)

    def prefixes(self) -> Iterator[str]:
        """`/v1` and the path of every server that is an absolute URL."""
        yield "/v1"
        items = self.document.get("paths", {}).values()
        holders = [self.document, *items, *(each for item in items for each in item.values() if is_object(each))]
        for holder in holders:
            for server in holder.get("servers", ()):
                url = urlsplit(str(server.get("url", "")))
                if url.scheme and "{" not in url.path:
                    yield url.path.rstrip("/")

    def operation(self, method: str, path: str, item: JsonObject) -> Operation:
        raw: JsonObject = item[method]
        at = "#" + pointer("paths", path, method)
        body: JsonObject = self.dereference(raw.get("requestBody", {}))
        responses = {str(status): self.dereference(answer) for status, answer in raw.get("responses", {}).items()}
        contents = self.contents(body, at + "/requestBody")
        return Operation(
            method=method.upper(),
            path=path,
            pointer=at,
            plane=str(raw.get("x-server-group", "data_plane")),
            alternatives=tuple(self.credentials(each) for each in {**self.document, **raw}.get("security", ())),
            parameters=tuple(self.parameters(path, method)),
            body=contents,
            body_required=body.get("required") is True,
            responses={
                status: self.contents(answer, at + pointer("responses", status)) for status, answer in responses.items()
            },
            stores=not any(self.passes(content.schema) for content in contents.values()),
            name=str(raw.get("operationId") or f"{method.upper()} {path}"),
        )

    def dereference(self, value: Json) -> Json:
        """`value`, or the component it refers to (a parameter, a body or a response).

        Raises:
            ValueError: the reference leads nowhere.
        """
        if not is_object(value) or "$ref" not in value:
            return value
        found: Json = self.document
        for token in str(value["$ref"]).removeprefix("#/").split("/"):
            found = found.get(token.replace("~1", "/").replace("~0", "~")) if is_object(found) else None
        if not is_object(found):
            raise ValueError(f"the reference {value['$ref']} leads nowhere")
        return found

    def parameters(self, path: str, method: str) -> Iterator[Parameter]:
        """The parameters of one operation; its own replace those of the path that have the same name and place."""
        item = self.document["paths"][path]
        declared: dict[tuple[str, str], tuple[str, JsonObject]] = {}
        for holder, tokens in ((item, ("paths", path)), (item[method], ("paths", path, method))):
            for index, each in enumerate(holder.get("parameters", [])):
                raw = self.dereference(each)
                declared[raw["in"], raw["name"]] = ("#" + pointer(*tokens, "parameters", index, "schema"), raw)
        for (location, name), (at, raw) in declared.items():
            if (location, name.lower()) not in _NO_PARAMETERS:
                yield Parameter(
                    name=name.lower() if location == "header" else name,
                    location=location,
                    required=raw.get("required") is True,
                    explode="content" in raw or raw.get("explode", location in ("query", "cookie")) is True,
                    schema=self.schema(self.convert(_schema_of(raw)), at),
                    example=raw.get("example"),
                )

    def credentials(self, alternative: JsonObject) -> tuple[Credential, ...]:
        references = ({"$ref": "#" + pointer("components", "securitySchemes", name)} for name in alternative)
        return tuple(_credential(self.dereference(reference)) for reference in references)

    def contents(self, holder: JsonObject, at: str) -> dict[str, Content]:
        declared: JsonObject = holder.get("content", {})
        return {
            media.lower(): self.content(
                media.lower(),
                self.convert(raw.get("schema", True)),
                at + pointer("content", media),
                examples.first(raw),
            )
            for media, raw in declared.items()
        }

    def content(self, media: str, source: Json, at: str, example: Json) -> Content:
        schema = self.schema(source, at + "/schema")
        if schema.validator is None or not media.startswith("multipart/"):
            return Content(media, schema, example=example)
        properties: JsonObject = self.flat(source).get("properties", {})
        fields = {
            name: Parameter(name, "form", False, True, self.schema(child, schema.pointer + pointer("properties", name)))
            for name, child in properties.items()
        }
        files = frozenset(name for name in fields if self.is_file(properties[name]))
        return Content(media, schema, fields, files, example)

    def passes(self, schema: Schema) -> bool:
        """Whether a body has a field `store` that is false where it is left out."""
        properties: JsonObject = self.flat(schema.source).get("properties", {}) if schema.validator else {}
        return is_object(properties.get("store")) and properties["store"].get("default") is False

    def flat(self, source: Json) -> JsonObject:
        """The first way to read `source` without references and branches."""
        nothing: JsonObject = {}
        return next(self.generator.alternatives(source), nothing)

    def is_file(self, source: Json) -> bool:
        """Whether a form field carries a file, or several."""
        flat = self.flat(source)
        item = self.flat(flat["items"]) if "items" in flat else flat
        return item.get("format") == "binary" or "contentMediaType" in item

    def schema(self, source: Json, at: str) -> Schema:
        try:
            return Schema(at, source, self.compiler.compile(source))
        except ValueError as error:
            reason = getattr(error, "message", str(error))
            self.defects.append(Defect(at, f"The schema does not compile, so it is not enforced: {reason}"))
            return Schema(at, source, None)

    def check(self, operation: Operation) -> None:
        """Reports a request body that nobody could send and an answer that nobody could give."""
        for content in operation.body.values():
            self.check_satisfiable(content.schema, "request body")
        for content in operation.responses.get(operation.success or "", {}).values():
            self.check_satisfiable(content.schema, "answer")

    def check_satisfiable(self, schema: Schema, what: str) -> None:
        if schema.validator is None:
            return
        try:
            value = self.generator.value(schema.source, schema.pointer)
        except Impossible as impossible:
            self.defects.append(Defect(schema.pointer, f"No {what} can satisfy the schema: {impossible}."))
            return
        for place in self.generator.ambiguous:
            reason = f"Every natural {what} matches several branches of the oneOf at {place or 'its root'}."
            self.defects.append(Defect(schema.pointer, reason))
        self.generator.ambiguous.clear()
        problem = schema.problem(value)
        if problem is not None:
            self.defects.append(
                Defect(schema.pointer, f"No valid {what} was found: {problem.reason} ({problem.rule}).")
            )


def _schema_of(parameter: JsonObject) -> Json:
    """A parameter has a `schema`, or a `content` of a single media type that has one."""
    holders = [parameter, *parameter.get("content", {}).values()]
    return next((holder["schema"] for holder in holders if "schema" in holder), True)


def _credential(scheme: JsonObject) -> Credential:
    """What a security scheme asks a request to carry. OAuth 2 and OpenID Connect come down to a bearer token."""
    if scheme["type"] == "apiKey":
        location = str(scheme["in"])
        name = str(scheme["name"])
        return Credential(name.lower() if location == "header" else name, location)
    return Credential("authorization", "header", str(scheme.get("scheme", "bearer")).lower())
