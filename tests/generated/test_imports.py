"""What importing costs: nothing that is not used, and every module stands alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import portkey_api
from portkey_api import models

ROOM = Path(portkey_api.__file__).parents[1]
COSTLY = ("attr", "attrs", "dateutil", "httpx", "portkey_api.dicts", "portkey_api.models")
CALL = """
from portkey_api.resources import Resources
class Client(Resources):
    def call(self, operation, options, **parts): return operation
assert Client().chat.completions.create(messages=[], model="m").method == "POST"
"""
LAZY = {
    "the package": ("import portkey_api", ()),
    "the models": ("import portkey_api.models", ("portkey_api.models",)),
    "a resource": ("import portkey_api.resources.batches", ()),
    "the resource tree": ("from portkey_api.resources import Resources; Resources().batches.cancel", ()),
    "an operation": (CALL, ()),
    "an alias": (CALL.replace("chat.completions.create", "beta.chat.completions.parse"), ()),
}
ALONE = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("error")
import portkey_api
from portkey_api import models
names = [each.name for each in pkgutil.walk_packages(portkey_api.__path__, "portkey_api.")]
for name in names:
    for other in [each for each in sys.modules if each.startswith(("portkey_api.models.", "portkey_api.resources."))]:
        del sys.modules[other]
    importlib.import_module(name)
print(len(names))
"""


def run(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOM)
    return done.stdout


def loaded(code: str) -> list[str]:
    """Return the modules a fresh interpreter has after running code."""
    modules: list[str] = json.loads(run(f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"))
    return modules


@pytest.mark.parametrize("name", LAZY)
def test_importing_is_lazy(name: str) -> None:
    """Importing the package or a resource, or calling, loads no model, no typed dict, no attrs, dateutil or httpx."""
    code, allowed = LAZY[name]
    modules = loaded(code)
    found = [each for each in modules if each.partition(".")[0] in COSTLY or each.startswith(COSTLY[-2:])]
    assert found == list(allowed)


def test_a_model_loads_what_it_needs() -> None:
    """Reading a model loads its own module and those of what is read in it, and dateutil for dates alone."""
    read = "from portkey_api.models import Batch; b = Batch.from_dict({'id': 'b', 'errors': {'data': []}}); b.id"
    modules = loaded(read)
    assert [each for each in modules if each.startswith("portkey_api.models.")] == ["portkey_api.models.batch"]
    assert "dateutil" not in modules
    assert "portkey_api.models.batch_errors" in loaded(f"{read}; b.errors")


def test_every_module_stands_alone() -> None:
    """Each generated module imports without any of its siblings, without an error and without a warning."""
    assert int(run(ALONE)) > 900


def test_an_unknown_model_is_an_attribute_error() -> None:
    """The lazy packages know their names: they list them, and refuse others."""
    assert {"Batch", "BatchStatus", "Annotation"} <= set(dir(models))
    assert dir(models) == sorted(models.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Batsch'"):
        _ = models.Batsch
