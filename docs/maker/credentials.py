"""Who answers an operation, and what it has to be shown: gateways and credentials, from the client's own data."""

from __future__ import annotations

from portkey_api.resources import SECURITY_SCHEMES, SERVERS
from portkey_api.types import Operation as Sent
from portkey_client import GATEWAYS
from portkey_client.credentials import ARGUMENTS
from portkey_client.gateways import addresses

from .document import Operation


def gateways(operation: Operation) -> list[str]:
    """Return the names of the gateways that have an operation."""
    group = operation.facts["x-server-group"]
    sent = Sent[object](
        name=operation.name, method=operation.method, path=operation.path, server=group, security=(), responses={}
    )
    return [
        name
        for name, gateway in GATEWAYS.items()
        if group in addresses(gateway, None, None) and not gateway.lacks(sent)
    ]


def combinations(operation: Operation) -> list[list[str]]:
    """Return the combinations of credentials that do, each as the arguments of ``Portkey`` it consists of."""
    return [[ARGUMENTS[scheme] for scheme in each] for each in operation.facts["security"] if each]


def address(operation: Operation) -> str:
    """Return the address of Portkey that answers an operation."""
    return SERVERS[operation.facts["x-server-group"]]


def headers(operation: Operation) -> list[str]:
    """Return the credential headers of the first combination, with the names of variables for their values."""
    ways: list[dict[str, list[str]]] = operation.facts["security"]
    return [_header(scheme) for scheme in ways[0]] if ways else []


def _header(scheme: str) -> str:
    name = SECURITY_SCHEMES[scheme][1]
    if name == "Authorization":
        return "Authorization: Bearer $PROVIDER_KEY"
    variable = ARGUMENTS[scheme].upper()
    return f"{name}: ${variable if variable.startswith('PORTKEY') else 'PORTKEY_' + variable}"
