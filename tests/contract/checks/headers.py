"""Headers that go in and come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.contract.check import Check, Problem
from tests.contract.world import World

_TRACE: Final = "x-portkey-trace-id"


def _traced(world: World) -> Iterator[Problem]:
    """A trace id that is sent is the one that comes back, if one comes back."""
    if not any(name.lower().startswith("x-portkey-") for name in {**world.secrets, **world.profile.headers}):
        return
    for operation, ids in world.reads():
        answer = world.send(str(operation), ids, headers={_TRACE: "trace-of-the-suite"})
        told = answer.header(_TRACE)
        if answer.status < 300 and told is not None and told != "trace-of-the-suite":
            yield Problem(f"The trace id that was sent comes back as {told!r}.", world.last())


def _foreign(world: World) -> Iterator[Problem]:
    """Headers that mean nothing here change nothing."""
    for operation, ids in world.reads():
        plain = world.send(str(operation), ids).status
        odd = {"x-contract": "ü; \"'", "accept": "application/json, */*;q=0.1", "x-empty": ""}
        status = world.send(str(operation), ids, headers=odd).status
        if status != plain:
            message = f"It is answered with {status} where unknown headers come along, else with {plain}."
            yield Problem(message, world.last())


CHECKS: Final = (
    Check("trace_id", "A trace id comes back as it was sent.", "/responses", make=_traced),
    Check("unknown_headers", "Unknown headers change nothing.", "RFC 9110, section 5.1", make=_foreign),
)
