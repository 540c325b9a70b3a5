"""What the site adds to Sphinx: links from code spans and types to what they name, and some haste."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

import portkey_client
import portkey_mock
from docs.maker import document, surface

Place = tuple[str, str]
"""A page and an anchor on it."""
_CALL = re.compile(r"(?:await )?([\w.]+)(?:\(.*\))?", re.DOTALL)
_KEPT: dict[str, list[str]] = {}
_LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#]*)(#[^)]*)?\)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of them."""
    app.connect("source-read", without_links_out)
    app.connect("autodoc-process-docstring", keep, priority=400)
    app.connect("autodoc-process-docstring", restore, priority=600)
    app.connect("autodoc-process-signature", readable)
    app.connect("missing-reference", resolved)
    app.connect("doctree-resolved", linked)
    app.connect("html-page-context", shallow, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def without_links_out(app: Sphinx, page: str, source: list[str]) -> None:
    """Name the file instead, where a page links to one of the project that is not in the site."""

    def named(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), match[2]))
        if target.startswith("docs/"):
            return match[0]
        text = match[1].strip("`")
        return f"`{target}`" if text in (target, posixpath.basename(target)) else f"{match[1]} (`{target}`)"

    source[0] = _LINK.sub(named, source[0])


def keep(app: Sphinx, what: str, name: str, of: object, options: object, lines: list[str]) -> None:
    """Remember the text of an attribute before napoleon takes what stands before a colon in it for its type."""
    if what in ("attribute", "data", "property"):
        _KEPT[name] = [*lines]


def restore(app: Sphinx, what: str, name: str, of: object, options: object, lines: list[str]) -> None:
    """Put the text of an attribute back; its type is that of its annotation."""
    lines[:] = _KEPT.pop(name, lines)


def readable(
    app: Sphinx, what: str, name: str, of: object, options: object, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Write a ParamSpec as it is written in the source; Sphinx would show its repr, and so not read the rest."""
    for shown, meant in (
        (" *args: ~typing.~P", " *args: P.args"),
        ("**kwargs: ~typing.~P", "**kwargs: P.kwargs"),
        ("[~P]", "P"),
    ):
        signature = signature and signature.replace(shown, meant)
    return signature, returns


def resolved(app: Sphinx, env: Any, node: addnodes.pending_xref, text: nodes.Element) -> nodes.Element | None:
    """Resolve a name of Python by its last part; what has no page of its own stays text, if it is there at all."""
    if node.get("refdomain") != "py":
        return None
    place = _places(env).get(node["reftarget"].rpartition(".")[2])
    if place:
        return make_refnode(app.builder, node["refdoc"], *place, text)
    inside = node.parent
    while inside is not None and not isinstance(inside, addnodes.desc_signature):
        inside = inside.parent
    return text if inside is not None or _is_real(node["reftarget"]) else None


def _is_real(target: str) -> bool:
    """Tell whether a dotted name is one of Python: what is no part of the public surface is named, and has no page."""
    module, _, name = target.rpartition(".")
    try:
        return bool(module) and hasattr(import_module(module), name)
    except ImportError:
        return False


def linked(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Make links of the code spans that name an operation, a schema or a name of the client or the mock."""
    for literal in [*tree.findall(nodes.literal)]:
        if isinstance(literal.parent, (nodes.reference, nodes.title)):
            continue
        found = _CALL.fullmatch(literal.astext())
        places = _places(app.env)
        place = (places.get(found[1]) or places.get(found[1].removeprefix("client."))) if found else None
        if place and place[0] != page:
            literal.replace_self(make_refnode(app.builder, page, *place, literal.deepcopy()))


def shallow(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Show two levels in the sidebar; there are no more, but to find that out takes furo a third of the whole build."""
    if full := context.get("toctree"):
        context["toctree"] = lambda **options: full(**{**options, "maxdepth": 2})


@cache
def _places(env: Any) -> dict[str, Place]:
    """Return where each name is explained: operations, schemas, what can be imported, what is built on operations."""
    read = document.load()
    places = {name: (f"reference/schemas/{page}", surface.anchor(name)) for name, page in read.page_of.items()}
    places |= {each.name: (f"reference/{each.resource}", surface.anchor(each.name)) for each in read.operations}
    objects = {name: (each.docname, each.node_id) for name, each in env.domaindata["py"]["objects"].items()}
    public = {*portkey_client.__all__} ^ {*portkey_mock.__all__}
    for name, place in objects.items():
        short = name.rpartition(".")[2]
        if short in public or short[:1].isupper():
            places.setdefault(short, place)
        places[name] = place
        if ".Portkey." in name:
            places[f"client.{short}"] = place
    for resource in read.resources:
        home, methods = surface.by_hand(resource)
        own = {f"{resource}.{each}": objects.get(f"{home}.{each}") for each in methods}
        places |= {name: place for name, place in own.items() if place and name not in places}
    for name in {*portkey_client.__all__} & {*portkey_mock.__all__}:
        places.pop(name, None)
    return places
