"""Which credentials a client has, whether they go together, and which of them travel with which operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from portkey_api.types import Operation

from .config import checked_config
from .errors import ConfigurationError
from .gateways import PORTKEY_HEADERS, Gateway, check_address
from .headers import header_problem

ARGUMENTS = {
    "Portkey-Key": "api_key",
    "Virtual-Key": "virtual_key",
    "Provider-Auth": "authorization",
    "Provider-Name": "provider",
    "Config": "config",
    "Custom-Host": "custom_host",
}
"""Security scheme of the document -> the argument of ``Portkey`` that holds it."""
CREDENTIALS = tuple(PORTKEY_HEADERS)
"""The arguments of ``Portkey`` that are credentials."""


class Credentials:
    """The credentials of one client, which go together; its repr shows their names only."""

    __slots__ = ("_gateway", "_given", "_known")

    def __init__(self, gateway: Gateway, given: Mapping[str, Any]) -> None:
        """Keep the credentials that were given.

        Args:
            gateway: The gateway they are for.
            given: Argument -> value, ``None`` where it was not given.

        Raises:
            ConfigurationError: They do not go together, one is missing, or a value cannot be sent.
        """
        there = _present(given)
        if not fits(gateway, there):
            raise ConfigurationError(_misfit(gateway, there))
        self._gateway = gateway
        self._given = {name: _checked(gateway, name, value) for name, value in there.items()}
        self._known: dict[tuple[tuple[str, ...], ...], dict[str, str]] = {}

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._given))})"

    def changed(self, given: Mapping[str, Any]) -> Credentials:
        """Return these credentials with others: beside the old ones, or in place of the old way to a provider.

        Raises:
            ConfigurationError: They go together in neither way, or a value cannot be sent.
        """
        gateway = self._gateway
        checked = {name: None if value is None else _checked(gateway, name, value) for name, value in given.items()}
        both = _present({**self._given, **checked})
        if not fits(gateway, both):
            alone = _present({"api_key": self._given.get("api_key"), **checked})
            if not fits(gateway, alone):
                raise ConfigurationError(_misfit(gateway, both))
            both = alone
        new = object.__new__(Credentials)
        new._gateway, new._given, new._known = gateway, both, {}
        return new

    def headers(self, operation: Operation[Any]) -> dict[str, str]:
        """Return the credential headers of one operation.

        A gateway with a control plane is Portkey's: there an operation gets those credentials that the document names
        for it, so that the control plane never sees a provider's key. Another gateway gets all there are.

        Raises:
            ConfigurationError: None of the document's alternatives is satisfied; the message lists those that would do.
        """
        known = self._known.get(operation.security)
        if known is None:
            names = self._given if self._gateway.control_plane_url is None else self._documented(operation)
            known = self._known[operation.security] = {self._gateway.carried[name]: self._given[name] for name in names}
        return known

    def _documented(self, operation: Operation[Any]) -> list[str]:
        if not operation.security:
            return []
        # The alternatives without Portkey's own key are those of other gateways.
        wanted = [each for each in operation.security if "Portkey-Key" in each] or operation.security
        if not any(all(ARGUMENTS.get(scheme) in self._given for scheme in each) for each in wanted):
            raise ConfigurationError(f"{operation.name} needs credentials: {_in_words(wanted)}")
        named = {ARGUMENTS.get(scheme) for each in wanted for scheme in each}
        return [name for name in self._given if name in named]


def completed(gateway: Gateway, given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the credentials that were given, completed from the environment.

    What was given wins: where it leads to a provider by itself, the environment's other ways to one are left alone.
    """
    there = _present(given)
    found = {name: environment.get(variable) or None for name, variable in gateway.environment.items()}
    found = {name: value for name, value in _present(found).items() if name in CREDENTIALS}
    alone = {**{name: value for name, value in found.items() if name == "api_key"}, **there}
    enough = any(name != "api_key" for name in there) and fits(gateway, alone)
    return alone if enough else {**found, **there}


def fits(gateway: Gateway, names: Iterable[str]) -> bool:
    """Tell whether credentials, by name, are one of the combinations that do for a gateway."""
    given = set(names)
    if not gateway.credentials:
        return given <= gateway.carried.keys()
    return any(needed <= given <= needed | optional for needed, optional in map(_combination, gateway.credentials))


@cache
def _combination(text: str) -> tuple[set[str], set[str]]:
    """Read ``provider + authorization [+ custom_host]``: what is needed, and what may come with it."""
    found: list[tuple[str, str]] = re.findall(r"(\[\+ )?(\w+)", text)
    return {name for optional, name in found if not optional}, {name for optional, name in found if optional}


def _present(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _misfit(gateway: Gateway, given: Iterable[str]) -> str:
    names = sorted(given)
    problem = f"{' + '.join(names)} will not do for {gateway.name}" if names else f"{gateway.name} needs credentials"
    combinations = gateway.credentials or [f"any of {', '.join(gateway.carried)}"]
    read = ", ".join(variable for name, variable in gateway.environment.items() if name in CREDENTIALS)
    return f"{problem}; what does: {'; or '.join(combinations)}{f' (the environment: {read})' if read else ''}"


def _in_words(alternatives: Iterable[Iterable[str]]) -> str:
    return ", or ".join(" + ".join(ARGUMENTS.get(scheme, scheme) for scheme in each) for each in alternatives)


def _checked(gateway: Gateway, name: str, value: Any) -> str:
    if name == "config":
        value = checked_config(value, saved=gateway.saved_configs)
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be text, is a {type(value).__name__}")
    if not value.strip():
        raise ConfigurationError(f"{name} is empty; leave it out or give a value")
    if header_problem(name, value) is not None:
        raise ConfigurationError(f"{name} holds a character that no HTTP header may hold; is it copied whole?")
    if name == "custom_host":
        check_address(name, value)
    if gateway.carried[name].lower() == "authorization" and " " not in value:
        return f"Bearer {value}"
    return value
