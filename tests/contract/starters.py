"""How gateways are started: each starter by the name that a profile gives in `start`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeAlias

from tests.contract.profiles import Profile, ProfileError

Starter: TypeAlias = Callable[[Profile], AbstractContextManager[Profile]]
"""Starts a gateway, yields its profile with the address, and with headers that only now are known, such as where the
provider behind it is, once it answers; and stops it whatever happens."""

STARTERS: Final[Mapping[str, Starter]] = {}


@contextmanager
def started(profile: Profile) -> Generator[Profile]:
    """The profile of a gateway that runs, started for as long as this lasts if it has no address.

    Raises:
        ProfileError: nothing is known of where it is or how it starts.
    """
    if profile.address:
        yield profile
        return
    if profile.start not in STARTERS:
        raise ProfileError(f"{profile.name}: there is no starter {profile.start!r}; give its address as BASE_URL=...")
    with STARTERS[profile.start](profile) as running:
        yield running
