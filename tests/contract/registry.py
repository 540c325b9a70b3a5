"""Every check of the suite, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from tests.contract import checks
from tests.contract.check import Check
from tests.contract.document import Operation
from tests.contract.results import Weight


def _all() -> dict[str, Check]:
    names = sorted(each.name for each in iter_modules(checks.__path__))
    modules = [import_module(f"{checks.__name__}.{name}") for name in names]
    found: list[Check] = [check for module in modules for check in module.CHECKS]
    together = {each.name: each for each in found}
    assert len(together) == len(found), "Two checks have one name."
    return together


CHECKS: Final[Mapping[str, Check]] = _all()


def weight(name: str) -> Weight:
    """How heavily a finding of this check weighs."""
    return CHECKS[name].weight


def rule(name: str, operation: Operation | None, status: int) -> str:
    """What a finding of this check violates: a JSON pointer into the document, or a chapter of an RFC."""
    written = CHECKS[name].rule
    if not written.startswith("/") or operation is None:
        return written
    place = f"#/paths/{operation.path.replace('~', '~0').replace('/', '~1')}/{operation.method.lower()}"
    responses = operation.raw["responses"]
    found = next((each for each in (str(status), f"{status // 100}XX", "default") if each in responses), None)
    if written.startswith("/responses") and found is not None:
        return f"{place}/responses/{found}{written.removeprefix('/responses')}"
    return place + (written if written.split("/")[1] in operation.raw else "")
