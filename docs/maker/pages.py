"""The pages of the reference: one for each resource, one for each group of schemas, and the two tables of contents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from . import markup, surface
from .describe import Describer
from .document import SHARED, Document, Operation, load
from .operations import entry

_PLANES = {
    "data_plane": ("Inference, files and batches", "What any gateway may have: it answers at `base_url`."),
    "control_plane": ("The control plane", "What only Portkey's own service has: it answers at `control_plane_url`."),
    "public": ("Public", "What needs no credentials."),
}
_IN_PYTHON = (
    "In Python each is a class or a type of `portkey_api.models`. An object may also be given as a plain dict, whose"
    " type has the same name with `Dict` behind it, in `portkey_api.dicts`."
)


def write(folder: Path) -> int:
    """Write all pages, leave alone those that have not changed, take away those that are no more; return how many."""
    pages = dict(every_page(load()))
    for old in folder.rglob("*.md"):
        if old.relative_to(folder).as_posix() not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return len(pages)


def every_page(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the path of each page, with its text."""
    describer = Describer(document, "schemas/")
    yield "index.md", contents(document)
    for name, operations in document.resources.items():
        yield f"{name}.md", resource(describer, document, name, operations)
    yield "schemas/index.md", schema_contents(document)
    inner = Describer(document, "")
    for group, names in groups(document).items():
        yield f"schemas/{group}.md", schemas(inner, document, group, names)


def contents(document: Document) -> str:
    """Return the table of all operations, and the contents of the reference."""
    blocks = [
        f"{len(document.operations)} operations. The methods of `AsyncPortkey` are the same, with `await`.",
    ]
    planes: dict[str, list[str]] = defaultdict(list)
    for name, operations in document.resources.items():
        planes[operations[0].facts["x-server-group"]].append(name)
    for plane, (title, said) in _PLANES.items():
        rows = [_row(each) for name in planes[plane] for each in document.resources[name]]
        tree = "\n".join(planes[plane])
        blocks += [f"## {title}", said, "| method | HTTP | |\n|---|---|---|\n" + "\n".join(rows)]
        blocks.append(f"```{{toctree}}\n:hidden:\n:caption: {title}\n\n{tree}\n```")
    return markup.page("All operations", blocks)


def _row(operation: Operation) -> str:
    link = f"[{markup.code(operation.name)}]({operation.resource}.md#{surface.anchor(operation.name)})"
    call = markup.code(f"{operation.method} {operation.path}")
    return f"| {link} | {call} | {markup.prose(operation.facts['summary'])} |"


def resource(describer: Describer, document: Document, name: str, operations: list[Operation]) -> str:
    """Return the page of one resource."""
    tags = {each["name"]: each["description"] for each in document.raw["tags"]}
    about = dict.fromkeys(tags.get(tag, "") for operation in operations for tag in operation.facts["tags"])
    blocks = [markup.prose(" ".join(about)), _more(name)]
    blocks += [entry(describer, document, each) for each in operations]
    return markup.page(name, blocks)


def _more(name: str) -> str:
    """Return a line about what is added to a resource by hand."""
    home, methods = surface.by_hand(name)
    links = ", ".join(f"{{py:meth}}`client.{name}.{each} <{home}.{each}>`" for each in methods)
    return f"Built on these operations: {links}." if methods else ""


def groups(document: Document) -> dict[str, list[str]]:
    """Return each group of schemas, the shared ones last."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(document.schemas):
        found[document.page_of[name]].append(name)
    return {name: found[name] for name in sorted(found, key=lambda name: (name == SHARED, name))}


def schema_contents(document: Document) -> str:
    """Return the table of all schemas."""
    found = groups(document)
    blocks = [f"{len(document.schemas)} schemas. {_IN_PYTHON}"]
    for group, names in found.items():
        links = ", ".join(f"[{name}]({group}.md#{name.lower()})" for name in names)
        blocks += [f"## {_title(group)}", links]
    blocks.append("```{toctree}\n:hidden:\n\n" + "\n".join(found) + "\n```")
    return markup.page("All schemas", blocks)


def _title(group: str) -> str:
    return "Shared schemas" if group == SHARED else f"Schemas of {group}"


def schemas(describer: Describer, document: Document, group: str, names: list[str]) -> str:
    """Return the page of one group of schemas."""
    about = "Used by several resources." if group == SHARED else f"Used by `client.{group}` alone."
    return markup.page(_title(group), [about, *(schema(describer, document, name) for name in names)])


def schema(describer: Describer, document: Document, name: str) -> str:
    """Return what there is to say of one schema."""
    shape = document.schemas[name]
    kind = describer.kind({key: value for key, value in shape.items() if key != "nullable"})
    return "\n\n".join(
        filter(
            None,
            [
                f"## {name}",
                markup.prose(shape.get("description", "")),
                markup.span(kind, "type") if kind != "object" else "",
                describer.limits(shape),
                describer.members(shape),
                describer.listed(shape),
                _users(describer, document, name),
            ],
        )
    )


def _users(describer: Describer, document: Document, name: str) -> str:
    """Return links to what uses a schema."""
    operations = [
        f"[{each.name}](../{each.resource}.md#{surface.anchor(each.name)})" for each in document.users.get(name, [])
    ]
    parents = [describer.link(each) for each in document.parents.get(name, [])]
    links = ", ".join([*operations, *parents])
    return markup.span(f"Used by {links}.", "users") if links else ""
