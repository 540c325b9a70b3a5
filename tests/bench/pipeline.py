"""How long the pipeline takes: load, diff, generate and update, on the real document and on multiples of it.

`python -m tests.bench.pipeline [--checks] [TIMES ...]` prints a Markdown table, in seconds. A multiple holds every path
and schema of the real document so often, under other names, and is padded with sentences to the size of published ones;
10 is what the issue asks for, 22 has 5,000 operations in 40 MB, and is only loaded and compared.
"""

import argparse
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from prepare.arrange import METHODS, to_yaml
from prepare.build import Room, generate
from prepare.load import Json, load
from prepare.update import CHECKS, Revision, take, weigh

ROOT = Path(__file__).parents[2]
LARGEST_GENERATED = 10
PADDING = "A sentence that a publisher might have written about this place. " * 2
_REFERENCE = re.compile(r'"#/components/schemas/([^"/]+)')


def multiplied(document: Json, times: int) -> Json:
    """Return a document with every path and schema `times` times; the first copy keeps its names."""
    result = {**document, "paths": dict(document["paths"])}
    schemas = dict(document["components"]["schemas"])
    paths_text, schemas_text = json.dumps(document["paths"]), json.dumps(schemas)
    for number in range(1, times):
        paths = json.loads(_REFERENCE.sub(rf'"#/components/schemas/\1Copy{number}', paths_text))
        copies = json.loads(_REFERENCE.sub(rf'"#/components/schemas/\1Copy{number}', schemas_text))
        result["paths"] |= {f"/copy{number}{path}": _renamed(item, number) for path, item in paths.items()}
        schemas |= {f"{name}Copy{number}": each for name, each in copies.items()}
    return {**result, "components": {**document["components"], "schemas": schemas}}


def _renamed(item: Json, number: int) -> Json:
    """Give the operations of a copy ids of their own, as a document must."""
    for method in METHODS:
        if "operationId" in item.get(method, {}):
            item[method]["operationId"] += f"Copy{number}"
    return item


def padded(node: Any) -> Any:
    """Return a node with a sentence wherever a schema has a type, which about triples its size."""
    if isinstance(node, list):
        return [padded(each) for each in node]
    if not isinstance(node, dict):
        return node
    told = {key: padded(each) for key, each in node.items()}
    return {**told, "description": PADDING} if isinstance(node.get("type"), str) and "in" not in node else told


def revised(document: Json) -> Json:
    """Return the next revision: one operation more, one property of another type."""
    answer = {"200": {"description": "x", "content": {"application/json": {"schema": {"type": "string"}}}}}
    batch = document["components"]["schemas"]["Batch"]
    endpoint = {**batch, "properties": {**batch["properties"], "endpoint": {"type": "integer"}}}
    schemas = {**document["components"]["schemas"], "Batch": endpoint}
    paths = {**document["paths"], "/bench": {"get": {"responses": answer}}}
    return {**document, "paths": paths, "components": {**document["components"], "schemas": schemas}}


def measure(times: int, folder: Path, checks: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Return one row of the table."""
    room = folder / "openapi"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "build", "generated", "__pycache__"))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    document = multiplied(load(ROOT / "openapi" / "portkey.yaml")[0], times)
    (room / "portkey.yaml").write_text(to_yaml(document), encoding="utf-8")
    spec = folder / "revision.yaml"
    text = yaml.dump(padded(revised(document)), Dumper=yaml.CSafeDumper, sort_keys=False, width=10_000)
    spec.write_text(text, encoding="utf-8")
    row = {
        "times": f"{times}",
        "operations": f"{sum(method in item for item in document['paths'].values() for method in METHODS)}",
        "MB": f"{spec.stat().st_size / 1e6:.1f}",
        "load": _seconds(lambda: load(spec)),
    }
    weighed: list[Revision] = []
    row["diff"] = _seconds(lambda: weighed.append(weigh(room, room / "portkey.yaml", spec)))
    if times <= LARGEST_GENERATED:
        row["generate"] = _seconds(lambda: generate(Room(room, room / "portkey.yaml"), folder / "generated"))
        row["update"] = _seconds(lambda: take(folder, weighed[0], spec, checks))
    return row


def _seconds(call: Callable[[], object]) -> str:
    start = perf_counter()
    call()
    return f"{perf_counter() - start:.1f}"


def main() -> None:
    """Measure the multiples named on the command line and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pipeline", description=__doc__)
    parser.add_argument("times", nargs="*", type=int, default=[1, 2, 4, 10, 22], help="multiples (1 2 4 10 22)")
    parser.add_argument("--checks", action="store_true", help="let update run its checks too, which take most of it")
    arguments = parser.parse_args()
    columns = ("times", "operations", "MB", "load", "diff", "generate", "update")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    for times in arguments.times:
        with tempfile.TemporaryDirectory() as scratch:
            row = measure(times, Path(scratch) / "tree", CHECKS if arguments.checks else ())
        print(f"| {' | '.join(row.get(column, '') for column in columns)} |", flush=True)


if __name__ == "__main__":
    main()
