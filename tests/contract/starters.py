"""How gateways are started: each starter by the name that a profile gives in `start`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeAlias

from tests.contract.profiles import Profile, ProfileError

Starter: TypeAlias = Callable[[Profile], AbstractContextManager[str]]
"""Starts a gateway, yields the address of its API once it answers, and stops it whatever happens."""

STARTERS: Final[Mapping[str, Starter]] = {}


@contextmanager
def started(profile: Profile) -> Generator[str]:
    """The address of the gateway of a profile, started for as long as this lasts.

    Raises:
        ProfileError: nothing is known of where it is or how it starts.
    """
    if profile.address:
        yield profile.address
        return
    if profile.start not in STARTERS:
        raise ProfileError(f"{profile.name}: there is no starter {profile.start!r}; give an address, or BASE_URL=...")
    with STARTERS[profile.start](profile) as address:
        yield address
