"""Import every module of a generated package and resolve every name it exports; run by the tests, on its own."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from typing import Any


def main(folder: str, name: str = "portkey_api") -> dict[str, int]:
    """Import what is in a folder and return how many modules, models and operations there are."""
    sys.path.insert(0, folder)
    package = importlib.import_module(name)
    modules = [each.name for each in pkgutil.walk_packages(package.__path__, f"{name}.")]
    for module in modules:
        importlib.import_module(module)
    models = importlib.import_module(f"{name}.models")
    exported = [getattr(models, name) for name in models.__all__]
    types = importlib.import_module(f"{name}.types")
    classes: list[Any] = [each for each in exported if inspect.isclass(each) and issubclass(each, types.WireModel)]
    for model in classes:
        assert model.from_dict({"other": 1}).to_dict() == {"other": 1}
    operations = {
        each.name
        for module in modules
        for each in vars(sys.modules[module]).values()
        if isinstance(each, types.Operation)
    }
    return {"modules": len(modules), "models": len(exported), "operations": len(operations)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
