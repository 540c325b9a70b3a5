"""A tree of files around a document of our own, and what the publisher makes of that document from year to year."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prepare.arrange import to_yaml
from prepare.build import Room, generate
from prepare.lay import PROSE
from prepare.load import Json, is_object, load
from tests.prepare.tiny import DOCUMENTS, OPENAPI, write

HEAD = "# The orchard.\n# Two lines of comment.\n"
NAMES = "# Why a name is what it is.\n# POST /trees: is what people say\nPOST /trees: trees.plant\n"
ALIASES = """\
# Names from elsewhere.
trees.grow: trees.plant
# Gone one day.
shop.labels: {of: baskets.label, note: one at a time}
"""
CORRECTIONS = """\
# What gardeners really see.
overlay: 1.1.0
info: {title: Corrections, version: 1.0.0}
actions:
# The first one.
- target: $.components.schemas.Tree.properties.height
  description: Nobody measures a young tree.
  x-evidence: Seen in the orchard.
  update:
    nullable: true
# The second one.
- target: $.components.schemas.Basket.properties
  description: Baskets have a colour.
  x-evidence: Seen in the orchard.
  update:
    colour:
      type: string
- target: $.components.schemas.Tree.properties.notes
  description: There may be no notes.
  x-evidence: Seen in the orchard.
  update:
    nullable: true
"""
LABELS = """\
overlay: 1.1.0
info: {title: Labels, version: 1.0.0}
actions:
- target: $.paths['/baskets/{basket_id}/label'].get.responses['200'].content
  description: A label comes as a picture too.
  x-evidence: Seen in the orchard.
  update:
    image/png:
      schema: {type: string, format: binary}
"""
README = """\
# Corrections

| # | what | how | where, or why |
|---|---|---|---|
| 1 | heights, notes | corrected | `trees.yaml#0,2` |
| 2 | colours | corrected | `trees.yaml#1` |
| 3 | labels | corrected | `labels.yaml#0` |
"""


def ours() -> Json:
    """Return the document as this project keeps it."""
    return load(DOCUMENTS / "orchard.yaml")[0]


def tree(folder: Path) -> Path:
    """Make a tree with the document, corrections, names and the generated package, and return it."""
    room = folder / "openapi"
    shutil.copytree(OPENAPI / "templates", room / "templates")
    shutil.copy(OPENAPI / "generator.yaml", room)
    (room / "corrections").mkdir()
    for name, text in (("trees.yaml", CORRECTIONS), ("labels.yaml", LABELS), ("README.md", README)):
        write(room / "corrections", text, name)
    write(room, NAMES, "names.yaml")
    write(room, ALIASES, "aliases.yaml")
    write(room, HEAD + to_yaml(ours()), "portkey.yaml")
    write(folder, '[project]\nversion = "0.3.1"\n', "pyproject.toml")
    generate(Room(room, room / "portkey.yaml"), folder / "generated")
    return folder


def published(document: Json, *edits: Callable[[Json], object]) -> Json:
    """Return a document as the publisher writes it: their sentences, and some facts changed."""
    theirs: Json = _retold(copy.deepcopy(document))
    for edit in edits:
        edit(theirs)
    return theirs


def _retold(node: Any, *, names: bool = False) -> Any:
    """Replace every sentence by one of the publisher, and add some where we have none."""
    if isinstance(node, list):
        return [_retold(each) for each in node]
    if not is_object(node):
        return node
    told = {
        key: _retold(each, names=key in ("properties", "schemas", "responses") and not names)
        for key, each in node.items()
        if names or key not in PROSE
    }
    if names or not node.keys() & {"type", "responses", "schema", "info", "content"}:
        return told
    return {**told, "description": "THEIRS", "x-remark": {"text": "THEIRS"}}


# -- three years


def second(document: Json) -> None:
    """More of everything, and two corrections that are no longer needed."""
    document["info"]["version"] = "1.1.0"
    schemas, paths = document["components"]["schemas"], document["paths"]
    schemas["Fruit"]["enum"].append("quince")
    schemas["Tree"]["properties"] |= {"age": {"type": "integer"}, "height": {"type": "number", "nullable": True}}
    schemas["Tree"]["properties"]["notes"]["nullable"] = True
    schemas["Bee"] = {"type": "object", "properties": {"name": {"type": "string"}}}
    bees = {"type": "array", "items": {"$ref": "#/components/schemas/Bee"}}
    paths["/bees"] = {"get": {"summary": "THEIRS", "responses": _answer(bees)}}
    paths["/trees"]["get"]["parameters"].append({"name": "older_than", "in": "query", "schema": {"type": "integer"}})
    paths["/trees"]["get"]["operationId"] = "treesIndex"
    # a path below one that was a leaf, so far an action: the rule alone would now name the old one anew
    label = {"name": "language", "in": "path", "required": True, "schema": {"type": "string"}}
    paths["/baskets/{basket_id}/label/{language}"] = {
        "parameters": [label],
        "get": {"responses": _answer({"type": "string"})},
    }


def third(document: Json) -> None:
    """Things go, move and change."""
    document["info"]["version"] = "2.0.0"
    schemas, paths = document["components"]["schemas"], document["paths"]
    paths["/trees/{tree_id}/cut"] = paths.pop("/trees/{tree_id}/prune")
    paths["/orchard/trees"] = {"post": paths["/trees"].pop("post")}
    del paths["/trees/{tree_id}"]["delete"]
    schemas["Tree"]["properties"]["row"] = {"type": "string"}
    schemas["Tree"]["required"].remove("row")
    schemas["NewTree"]["required"].append("row")
    schemas["Fruit"]["enum"].remove("plum")
    schemas["Issue"] = schemas.pop("Problem")
    problem = document["components"]["responses"]["Problem"]
    problem["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/Issue"
    paths["/trees"]["get"]["parameters"] = [
        each for each in paths["/trees"]["get"]["parameters"] if each.get("name") != "row"
    ]


def fourth(document: Json) -> None:
    """A place that a correction was for is gone; a hostile author has been at the sentences."""
    document["info"] |= {"version": "2.0.1</title><script>alert(1)</script>"}
    del document["paths"]["/baskets/{basket_id}/label"], document["paths"]["/baskets/{basket_id}/label/{language}"]
    basket = document["components"]["schemas"]["Basket"]["properties"]
    basket["<img src=x onerror=alert(1)>"] = {"type": "string", "enum": ["|`]\x1b[31m", "\u202egnp.exe"]}
    basket["weight"]["nullable"] = True


def _answer(schema: Json) -> Json:
    return {"200": {"description": "THEIRS", "content": {"application/json": {"schema": schema}}}}
