"""The migration table of the documentation: where each method of another client, which a CSV file lists, is here."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from .aliases import target_of
from .errors import PrepareError
from .load import Json
from .resolve import operations

BEGIN, END = "<!-- migration: made by `make migration` -->", "<!-- end of migration -->"


def read_methods(path: Path) -> dict[str, tuple[str, str]]:
    """Return the methods of the SDK: name -> HTTP method and path, parameters without their names."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["method"]: (row["http_method"], _shape(row["path"])) for row in csv.DictReader(file)}


def expected(methods: dict[str, tuple[str, str]], resolved: Json) -> dict[str, str]:
    """Return the methods of the SDK that call an operation of a document, each with the name of that operation."""
    shapes = {
        (method.upper(), _shape(path)): operation["operationId"] for path, method, operation in operations(resolved)
    }
    return {name: shapes[call] for name, call in methods.items() if call in shapes}


def written(text: str, peer: str, methods: dict[str, tuple[str, str]], resolved: Json) -> str:
    """Return the text of a page with its migration table up to date.

    Raises:
        PrepareError: A method of the SDK does not lead to its operation here, or the page has no place for the table.
    """
    names = [operation["operationId"] for _, _, operation in operations(resolved)]
    aliases: dict[str, Json] = resolved["x-aliases"]
    known = expected(methods, resolved)
    for method, operation in known.items():
        if target_of(method, names, aliases) != operation:
            raise PrepareError(f"aliases.yaml: {method} must lead to {operation}; add an alias")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise PrepareError(f"the page must have {BEGIN!r} and {END!r}, once each")
    before, _, rest = text.partition(BEGIN)
    table = "\n".join(_table(peer, known, set(methods) - known.keys(), aliases))
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"


def _table(peer: str, known: dict[str, str], unknown: Iterable[str], aliases: dict[str, Json]) -> Iterator[str]:
    same: dict[str, list[str]] = defaultdict(list)
    for method in sorted(method for method, operation in known.items() if method == operation):
        resource, _, rest = method.partition(".")
        same[resource].append(f"`{rest}`")
    number = sum(map(len, same.values()))
    yield f"{len(known)} methods of {peer} call operations of the document. {number} have the same path here:"
    yield from ("", "| resource | methods |", "|---|---|")
    yield from (f"| `{resource}` | {', '.join(rests)} |" for resource, rests in same.items())
    yield from (
        "",
        f"The other {len(known) - number} are reached by an alias, which is the very method or resource it stands for:",
        "",
    )
    yield from (f"| {peer} | here | note |", "|---|---|---|")
    yield from (f"| `{alias}` | `{entry['of']}` | {entry['note']} |" for alias, entry in sorted(aliases.items()))
    missing = ", ".join(f"`{resource}`" for resource in sorted({method.rsplit(".", 1)[0] for method in unknown}))
    yield from ("", f"The document has no operation for what {peer} has under {missing}." if missing else "")


def _shape(path: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", path)
