"""HEAD, where it is taken: what GET would answer, and no body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tests.contract.check import Check, Problem
from tests.contract.world import World

_ODD: Final = ("HEAD", "OPTIONS")


def _head(world: World) -> Iterator[Problem]:
    """A HEAD that succeeds has the status and the media type of GET, and no body; neither it nor OPTIONS is a crash."""
    for operation, ids in world.reads():
        request = world.request(world.call(str(operation), ids))
        plain = world.wire.handle(request)
        for method in _ODD if plain.status < 300 else ():
            answer = world.wire.raw(replace(request, method=method), None)
            if answer.status >= 500 and answer.status != 501:
                yield Problem(f"{method} is answered with {answer.status}.", world.last(), operation)
            elif method == "HEAD" and answer.status < 300:
                if answer.body:
                    yield Problem("The answer to HEAD has a body.", world.last(), operation)
                if answer.header("content-type") not in (None, plain.header("content-type")):
                    yield Problem("HEAD tells another media type than GET.", world.last(), operation)


CHECKS: Final = (Check("head", "HEAD is GET without a body.", "RFC 9110, section 9.3.2", "non-strict", make=_head),)
