"""Plans of what goes wrong, as data: drawn from a seed, printed where one fails, read back to play it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from email.utils import formatdate
from random import Random
from typing import Any

CALLS = 12
"""Faults meet the first so many calls of a plan; all after that are calm, so that every work comes to its end."""
BUSY = (408, 429, 500, 502, 503, 504, 529)
NOW = 1_750_000_000.0
"""Where the clock of every plan starts, in seconds since 1970."""


@dataclass(frozen=True)
class Plan:
    """What goes wrong in one run of one scene.

    Attributes:
        scene: what the client does.
        seed: what the plan was drawn from; the scene draws its own choices from it, too.
        faults: by the number of the call, what happens to it: a `Fault` of the mock, or what `Line` does by itself.
        etag: the ETag of files; None for a gateway that cannot take a download up again.
        digest: whether files come with their SHA-256.
        checksum: whether a download is told the SHA-256 that it must have.
        length: whether files come with their length.
        deadline: seconds that a call may take; None for no limit.
    """

    scene: str
    seed: int
    faults: Mapping[str, Mapping[str, Any]]
    etag: str | None
    digest: bool
    checksum: bool
    length: bool
    deadline: float | None

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    def fault(self, number: int) -> dict[str, Any]:
        """What happens to the call with this number, counted from 1."""
        return dict(self.faults.get(str(number), {}))


def read(text: str) -> Plan:
    """The plan that was printed."""
    return Plan(**json.loads(text))


def drawn(scene: str, seed: int) -> Plan:
    """The plan of a seed: calm weather, showers, or a storm."""
    random = Random(f"{scene} {seed}")
    share = random.choice((0.15, 0.4, 0.8))
    hit = [number for number in range(1, CALLS + 1) if random.random() < share]
    return Plan(
        scene=scene,
        seed=seed,
        faults={str(number): _fault(random) for number in hit},
        etag=random.choice(('"v1"', '"v1"', 'W/"v1"', None)),
        digest=random.random() < 0.5,
        checksum=scene == "download" and random.random() < 0.5,
        length=random.random() < 0.7,
        deadline=random.choice((None, None, 5.0, 30.0)),
    )


def _fault(random: Random) -> dict[str, Any]:
    return random.choice(_KINDS)(random)


def _busy(random: Random) -> dict[str, Any]:
    status = random.choice(BUSY)
    # a limit refuses: nothing was done
    return {"status": status, "carried_out": status != 429 and random.random() < 0.4, **_asked(random)}


def _asked(random: Random) -> dict[str, Any]:
    """A Retry-After in each of its forms, or none."""
    seconds = random.choice((0, 1, 3, 20, 600))
    return random.choice((
        {},
        {"retry_after": seconds},
        {"retry_after": formatdate(NOW + seconds, usegmt=True)},
        {"headers": {"retry-after-ms": str(seconds * 1000)}},
    ))  # fmt: skip


_KINDS: tuple[Callable[[Random], dict[str, Any]], ...] = (
    _busy,
    _busy,
    lambda _: {"line": "refused"},
    lambda random: {"line": "send", "at": random.random()},
    lambda _: {"reset": True},
    lambda _: {"reset": True, "carried_out": True},
    lambda random: {"cut": random.random(), "reset": True},
    lambda random: {"cut": random.random()},
    lambda _: {"cut": 1e9, "reset": True},  # everything came, and then the connection broke
    lambda random: {"line": "silent", "at": random.random()},
    lambda random: {"line": "short", "at": random.random()},
    lambda _: {"line": "long"},
    lambda random: {"line": "flip", "at": random.random()},
    lambda _: {"line": "page"},
    lambda random: {"delay": random.choice((0.5, 4.0, 100.0))},
    lambda random: {"chunk": random.choice((1, 7, 100)), "pace": random.choice((0.01, 0.3, 100.0))},
    lambda random: {"chunk": random.choice((1, 7, 100)), "cut": random.random()},
)
