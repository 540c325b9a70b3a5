"""Members that a body needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.contract.calls import Lacking
from tests.contract.check import Check, Problem
from tests.contract.world import World
from tests.mock import spec


def _missing(world: World) -> Iterator[Problem]:
    """A valid body without one of the members it needs is refused, and the gateway makes nothing up."""
    for operation in world.tryable():
        content = operation.raw.get("requestBody", {}).get("content", {})
        if operation.method != "POST" or "{" in operation.path or "application/json" not in content:
            continue
        try:
            body = world.body(operation)
        except Lacking:
            continue
        checked = spec.validator(content["application/json"].get("schema", {}))
        for name in body if isinstance(body, dict) and checked.is_valid(body) else ():
            rest = {each: value for each, value in body.items() if each != name}
            if checked.is_valid(rest):
                continue
            answer = world.send(str(operation), {}, rest)
            if answer.status < 300:
                yield Problem(f"A body without {name} is answered with {answer.status}.", world.last())


CHECKS: Final = (Check("missing_members", "A body without what it needs is refused.", "/requestBody", make=_missing),)
