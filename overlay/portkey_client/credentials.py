"""Which credentials travel with which operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portkey_api.resources import SECURITY_SCHEMES
from portkey_api.types import Operation

from .errors import ConfigurationError

ARGUMENTS = {
    "Portkey-Key": "api_key",
    "Virtual-Key": "virtual_key",
    "Provider-Auth": "authorization",
    "Provider-Name": "provider",
    "Config": "config",
    "Custom-Host": "custom_host",
}
"""Security scheme of the document -> the argument of ``Portkey`` that holds it."""


class Credentials:
    """The credentials of one client; its repr shows their names only."""

    __slots__ = ("_given",)

    def __init__(self, given: Mapping[str, str | None]) -> None:
        """Keep the credentials that were given.

        Args:
            given: Security scheme -> value, ``None`` where it was not given.

        Raises:
            ConfigurationError: A value is empty, or holds a character no header may hold.
        """
        self._given = {scheme: _checked(scheme, value) for scheme, value in given.items() if value is not None}

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(ARGUMENTS[scheme] for scheme in self._given))})"

    def secrets(self) -> list[str]:
        """Return the values that no message may show."""
        hidden = (self._given.get(scheme) for scheme in ("Portkey-Key", "Virtual-Key", "Provider-Auth", "Config"))
        return [secret.removeprefix("Bearer ") for secret in hidden if secret]

    def headers(self, operation: Operation[object], *, strict: bool) -> dict[str, str]:
        """Return the credential headers of one operation.

        An operation gets the schemes of the alternatives that are satisfied, and no other: the control plane never
        sees a provider's key. Portkey's own gateway always wants its own key; another one gets all there are where
        nothing is satisfied.

        Args:
            operation: What is to be called.
            strict: Whether one of the document's alternatives must be satisfied, with the Portkey key in it.

        Raises:
            ConfigurationError: No alternative is satisfied; the message lists those that would do.
        """
        if not operation.security:
            return {}
        wanted = [each for each in operation.security if not strict or "Portkey-Key" in each]
        satisfied = [each for each in wanted if set(each) <= self._given.keys()]
        if not satisfied and (strict or not self._given):
            raise ConfigurationError(f"{operation.name} needs credentials: {_in_words(wanted)}")
        schemes = {scheme for each in satisfied for scheme in each} or self._given.keys()
        known = [scheme for scheme in self._given if scheme in schemes and scheme in SECURITY_SCHEMES]
        return {SECURITY_SCHEMES[scheme][1]: self._given[scheme] for scheme in known}


def _in_words(alternatives: Iterable[Iterable[str]]) -> str:
    return ", or ".join(" + ".join(ARGUMENTS.get(scheme, scheme) for scheme in each) for each in alternatives)


def _checked(scheme: str, value: str) -> str:
    name = ARGUMENTS[scheme]
    if not value.strip():
        raise ConfigurationError(f"{name} is empty; leave it out or give a value")
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError(f"{name} holds a character that no HTTP header may hold; is it copied whole?")
    if scheme == "Provider-Auth" and " " not in value:
        return f"Bearer {value}"
    return value
