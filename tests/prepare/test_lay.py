"""Laying a published document over ours: their facts, our prose, and nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from prepare.arrange import to_yaml
from prepare.lay import PROSE, facts, lay
from prepare.load import Json, is_object
from tests.prepare import orchard
from tests.prepare.random_documents import documents
from tests.prepare.tiny import OPENAPI, document

TREE = ("components", "schemas", "Tree")


def at(node: Any, *place: str | int) -> Any:
    for token in place:
        node = node[token]
    return node


NAMES = (
    *("properties", "patternProperties", "$defs", "schemas", "paths", "webhooks", "responses", "headers", "content"),
    *("securitySchemes", "requestBodies", "pathItems", "callbacks", "variables", "encoding", "mapping", "parameters"),
)
DATA = ("default", "enum", "const", "required", "security", "example", "examples")


def with_prose(node: Any, text: str, key: str = "") -> Any:
    """Return a node with a sentence at every object in which keywords stand; ``key`` is what it stands under."""
    if key in DATA or key.startswith("x-"):
        return node
    if isinstance(node, list):
        return [with_prose(each, text) for each in node]
    if not is_object(node):
        return node
    if key in NAMES:
        return {name: with_prose(each, text) for name, each in node.items()}
    return {name: with_prose(each, text, name) for name, each in node.items()} | {"description": text}


def test_our_own_document_over_itself_changes_not_one_byte(published: Json) -> None:
    """Whoever updates to what we have finds nothing to commit."""
    text = (OPENAPI / "portkey.yaml").read_text("utf-8")
    assert text.endswith(to_yaml(lay(published, published).document))
    own = orchard.ours()
    laid = lay(own, own)
    assert (to_yaml(laid.document), laid.doubtful, laid.extensions) == (to_yaml(own), [], {})


@given(old=documents, new=documents)
@settings(max_examples=60, deadline=None)
def test_facts_are_those_of_the_new_and_no_sentence_of_theirs_comes_in(old: Json, new: Json) -> None:
    """Whatever both documents are; and laying twice is laying once."""
    old, new = with_prose(old, "OURS"), with_prose(new, "THEIRS")
    laid = lay(old, new).document
    assert "THEIRS" not in json.dumps(laid)
    assert facts(without_info(laid), set()) == facts(without_info(new), set())
    assert to_yaml(lay(laid, new).document) == to_yaml(laid)
    assert lay(old, laid).document == laid


def without_info(document: Json) -> Json:
    """Leave out who publishes it: of that only the version is a fact we keep."""
    return {key: each for key, each in document.items() if key != "info"}


def test_members_that_nothing_tells_apart_have_a_partner_each() -> None:
    """Two alike in the published list keep the order of keywords each has in ours; a third takes that of the last."""
    first, second = {"type": "string", "format": "uuid"}, {"format": "uuid", "type": "string"}
    ours = document(schemas={"Tree": {"anyOf": [first, second]}})
    theirs = document(schemas={"Tree": {"anyOf": [first, first, first]}})
    laid = at(lay(ours, theirs).document, "components", "schemas", "Tree", "anyOf")
    assert [list(each) for each in laid] == [list(first), list(second), list(second)]


def test_every_sentence_of_ours_that_still_has_its_place_is_kept() -> None:
    """Of operations, parameters, answers, schemas, properties and tags; theirs are all gone."""
    own = orchard.ours()
    laid = lay(own, orchard.published(own))
    assert laid.document == own
    assert laid.extensions.keys() == {"x-remark"}


def test_names_that_look_like_keywords_are_names() -> None:
    """A property may be called description or example, a schema summary, and an enum may hold anything."""
    properties = {"description": {"type": "string"}, "example": {"type": "integer"}, "x-y": {}, "title": True}
    schema = {"type": "object", "properties": properties, "default": {"description": "data"}, "required": ["example"]}
    source = document(schemas={"summary": schema, "title": {"enum": [{"description": "data"}]}})
    assert lay(document(), source).document["components"] == source["components"]


def test_an_example_a_comment_and_a_link_to_more_are_prose() -> None:
    """Only facts are free to take."""
    schema = dict.fromkeys(PROSE, "THEIRS") | {"type": "string", "examples": ["THEIRS"]}
    laid = lay(document(), document(schemas={"A": schema}, tags=[{"name": "a", "description": "THEIRS"}])).document
    assert laid["components"]["schemas"] == {"A": {"type": "string"}}
    assert laid["tags"] == [{"name": "a"}]


def test_what_an_oauth_scope_allows_is_prose_too() -> None:
    """A scope's name is a fact; the sentence is its value."""

    def scheme(**scopes: str) -> Json:
        flows = {"implicit": {"authorizationUrl": "https://a.example", "scopes": scopes}}
        return {"openapi": "3.0.0", "components": {"securitySchemes": {"A": {"type": "oauth2", "flows": flows}}}}

    laid = lay(scheme(read="OURS"), scheme(read="THEIRS", write="THEIRS")).document
    assert laid == scheme(read="OURS", write="")


@pytest.mark.parametrize("info", [{"title": "T", "version": "2", "license": {"name": "L"}}, {"version": "2"}])
def test_of_who_publishes_it_only_the_version_counts(info: Json) -> None:
    """The title is ours, and so is whatever else we say there."""
    assert lay(document(), document(info=info)).document["info"] == {"title": "Tiny", "version": "2"}


def test_an_info_that_is_none_leaves_ours() -> None:
    """The pipeline reads a document without a title; it must not lose ours."""
    assert lay(document(), document(info=None)).document["info"] == {"title": "Tiny", "version": "1"}


def test_prose_goes_with_an_operation_that_moved_and_a_schema_that_was_renamed() -> None:
    """They are the same things under another name."""
    own, theirs = orchard.ours(), orchard.published(orchard.ours())
    theirs["paths"]["/trees/{tree_id}/cut"] = theirs["paths"].pop("/trees/{tree_id}/prune")
    theirs["components"]["schemas"]["Woody"] = theirs["components"]["schemas"].pop("Tree")
    moved = {("post", "/trees/{tree_id}/prune"): ("post", "/trees/{tree_id}/cut")}
    moved[("get", "/of/a/correction")] = ("get", "/trees")
    laid = lay(own, theirs, moved, {"Tree": "Woody", "Gone": "Other"}).document
    assert laid["paths"]["/trees/{tree_id}/cut"] == own["paths"]["/trees/{tree_id}/prune"]
    assert at(laid, "components", "schemas", "Woody", "description") == "One tree"
    assert "summary" not in lay(own, theirs).document["paths"]["/trees/{tree_id}/cut"]["post"]


def test_a_parameter_is_known_by_its_name_a_branch_by_its_facts() -> None:
    """Neither by its place in the list, which a new one in front of it changes."""
    own, theirs = orchard.ours(), orchard.published(orchard.ours())
    theirs["paths"]["/trees"]["get"]["parameters"].insert(0, {"name": "new", "in": "query"})
    at(theirs, "components", "schemas", "Basket", "properties", "fill", "oneOf").insert(0, {"type": "string"})
    laid = lay(own, theirs)
    parameters = laid.document["paths"]["/trees"]["get"]["parameters"]
    assert [each.get("description") for each in parameters] == [None, "Only this row", "Only this kind of fruit", None]
    branches = at(laid.document, "components", "schemas", "Basket", "properties", "fill", "oneOf")
    assert [each.get("title") for each in branches] == [None, "One kind", "A mixture"]


def test_a_branch_that_changed_in_its_place_keeps_its_prose() -> None:
    """In a list of the same length; not where another of a name stands there now."""
    own, theirs = orchard.ours(), orchard.published(orchard.ours())
    place = ("components", "schemas", "Basket", "properties", "fill", "oneOf")
    at(theirs, *place)[1]["required"] = []
    at(theirs, *place)[0] = {"$ref": "#/components/schemas/Tree"}
    assert [each.get("title") for each in at(lay(own, theirs).document, *place)] == [None, "A mixture"]


def test_prose_whose_type_changed_is_kept_and_named() -> None:
    """A person reads it again: it may say something else now."""
    own, theirs = orchard.ours(), orchard.published(orchard.ours())
    at(theirs, *TREE, "properties")["row"] = {"type": "string"}
    at(theirs, *TREE, "properties")["id"] = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    at(theirs, *TREE, "properties")["height"] = {"$ref": "#/components/schemas/Fruit"}
    at(theirs, "paths", "/trees", "get", "parameters", 0)["schema"] = True
    laid = lay(own, theirs)
    assert laid.doubtful == [
        "/paths/~1trees/get/parameters/0: was integer, is anything",
        "/components/schemas/Tree/properties/id: was string, is anyOf",
        "/components/schemas/Tree/properties/row: was integer, is string",
        "/components/schemas/Tree/properties/height: was number, is Fruit",
    ]
    assert at(laid.document, *TREE, "properties", "row") == {"type": "string", "description": "Which row it stands in"}


def test_places_without_prose_are_named_for_the_kinds_we_describe() -> None:
    """A document that describes operations only is not asked for words about every property."""
    own, theirs = orchard.ours(), orchard.published(orchard.ours())
    theirs["paths"]["/bees"] = {"get": {"responses": {"200": {"$ref": "#/components/responses/Problem"}}}}
    at(theirs, *TREE, "properties")["age"] = {"type": "integer"}
    mixture = "/components/schemas/Basket/properties/fill/oneOf/1/properties/kinds"
    assert set(lay(own, theirs).lacking) == {"/components/schemas/Tree/properties/age", mixture, "/paths/~1bees/get"}
    named: Json = {"summary": "OURS", "responses": {}}
    bare: Json = {"description": "THEIRS", "responses": {"200": {}}}
    assert lay(document({"/a": {"get": named}}), document({"/b": {"get": bare}})).lacking == ["/paths/~1b/get"]
    assert lay(document({"/a": {"get": bare}}), document({"/b": {"get": bare}})).lacking == []


def test_an_extension_we_do_not_have_is_left_out_and_counted() -> None:
    """Most hold code samples and remarks; one that a reference leads into holds the interface itself."""
    paths: Json = {"/a": {"$ref": "#/components/x-paths/A", "x-remark": "THEIRS"}}
    source: Json = document(paths) | {"x-groups": {"description": "kept"}, "x-remark": 1}
    source["components"]["x-paths"] = {"A": {"get": {"description": "THEIRS", "responses": {}}}}
    laid = lay(document() | {"x-groups": {}}, source)
    assert laid.document["paths"] == {"/a": {"$ref": "#/components/x-paths/A"}}
    assert laid.document["components"]["x-paths"] == {"A": {"get": {"responses": {}}}}
    assert laid.document["x-groups"] == {"description": "kept"}, "as it is, where we have one"
    assert laid.extensions == {"x-remark": 2}


def test_neither_document_is_changed() -> None:
    """The caller goes on using them."""
    own, theirs = orchard.ours(), orchard.published(orchard.ours(), orchard.third)
    before = copy.deepcopy((own, theirs))
    lay(own, theirs, {("post", "/trees"): ("post", "/orchard/trees")})
    assert (own, theirs) == before


def test_what_has_the_wrong_shape_goes_through() -> None:
    """The pipeline refuses it by its place, after this."""
    odd = {"paths": {"/a": None, "/b": []}, "components": {"schemas": {"A": {"properties": []}, "B": 1}}, "tags": {}}
    assert lay(orchard.ours(), odd).document == odd
    assert lay({"components": None}, odd).document == odd
