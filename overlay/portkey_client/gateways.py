"""The gateways a client can talk to, as data: where they are, what they take, and which operations they have."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from portkey_api.resources import SERVERS
from portkey_api.types import Operation

from .errors import ConfigurationError

_HOME = "data_plane" if "data_plane" in SERVERS else next(iter(SERVERS))
"""The server group whose address ``base_url`` is; another document may call it otherwise."""
PORTKEY_HEADERS: Mapping[str, str] = {
    "api_key": "x-portkey-api-key",
    "virtual_key": "x-portkey-virtual-key",
    "provider": "x-portkey-provider",
    "authorization": "Authorization",
    "config": "x-portkey-config",
    "custom_host": "x-portkey-custom-host",
}
"""Credential, by the argument of ``Portkey`` that holds it -> the header it travels in."""


class Gateway(NamedTuple):
    """One gateway. Build your own, or change one: ``GATEWAYS["openai"]._replace(base_url=...)``.

    An operation is named as its method and its path in the document, ``POST /batches/{batch_id}/cancel``; ``*`` in a
    pattern stands for anything.
    """

    name: str
    """What messages call it."""
    base_url: str
    """The address that answers inference, files and batches."""
    control_plane_url: str | None = None
    """The address of Portkey's control plane; where there is none, no call of the control plane is ever sent."""
    public_url: str | None = None
    """The address of the pricing call; where there is none, it is never sent."""
    trailing_slash: bool = False
    """Whether paths end with a slash."""
    credentials: tuple[str, ...] = ()
    """The combinations of arguments that do, as in ``provider + authorization [+ custom_host]``; none: any will do."""
    carried: Mapping[str, str] = PORTKEY_HEADERS
    """Credential -> the header it travels in. What travels in ``Authorization`` gets ``Bearer`` in front."""
    environment: Mapping[str, str] = {}
    """Argument -> the environment variable that is read where it is left out; ``base_url`` is one of them."""
    headers: Mapping[str, str] = {}
    """Headers that every request carries."""
    only: tuple[str, ...] = ()
    """Patterns of the operations it has; none: all that its addresses answer."""
    without: tuple[str, ...] = ()
    """Patterns of the operations it lacks all the same."""
    portkey_headers: bool = True
    """Whether it may be sent ``x-portkey-*`` headers."""
    saved_configs: bool = True
    """Whether ``config`` may be the id of a saved config; else it must be one written out."""

    def __repr__(self) -> str:
        return f"Gateway({self.name}, {self.base_url})"

    def lacks(self, operation: Operation[Any]) -> bool:
        """Tell whether it does not have an operation."""
        called = f"{operation.method} {operation.path}"
        unwanted = bool(self.only) and not any(fnmatchcase(called, pattern) for pattern in self.only)
        return unwanted or any(fnmatchcase(called, pattern) for pattern in self.without)


_PORTKEY_S_OWN = ("* /logs*", "* /prompts*")
"""What only Portkey's service has, beside its control plane."""

GATEWAYS: Mapping[str, Gateway] = {
    gateway.name: gateway
    for gateway in (
        Gateway(
            name="portkey",
            base_url=SERVERS[_HOME],
            control_plane_url=SERVERS.get("control_plane"),
            public_url=SERVERS.get("public"),
            credentials=(
                "api_key",
                "api_key + virtual_key [+ config]",
                "api_key + provider [+ authorization] [+ custom_host] [+ config]",
                "api_key + config [+ authorization] [+ custom_host]",
            ),
            environment={
                "base_url": "PORTKEY_BASE_URL",
                "api_key": "PORTKEY_API_KEY",
                "virtual_key": "PORTKEY_VIRTUAL_KEY",
                "provider": "PORTKEY_PROVIDER",
                "config": "PORTKEY_CONFIG",
            },
        ),
        # It forwards what it does not know to the provider, body and key included, answers PUT and PATCH with 404, and
        # takes any third segment below a fine-tuning job for `cancel`.
        Gateway(
            name="portkey-oss",
            base_url="http://localhost:8787/v1",
            credentials=(
                "provider + authorization [+ custom_host] [+ config]",
                "provider + custom_host [+ config]",
                "config [+ authorization] [+ custom_host]",
            ),
            environment={"base_url": "PORTKEY_BASE_URL", "provider": "PORTKEY_PROVIDER", "config": "PORTKEY_CONFIG"},
            without=(
                *_PORTKEY_S_OWN,
                "PUT *",
                "PATCH *",
                "POST /fine_tuning/jobs/*/pause",
                "POST /fine_tuning/jobs/*/resume",
            ),
            saved_configs=False,
        ),
        Gateway(
            name="openai",
            base_url="https://api.openai.com/v1",
            credentials=("api_key",),
            carried={"api_key": "Authorization"},
            environment={"base_url": "OPENAI_BASE_URL", "api_key": "OPENAI_API_KEY"},
            without=(*_PORTKEY_S_OWN, "GET /batches/*/output", "* /messages*", "* /ocr", "* /rerank"),
            portkey_headers=False,
        ),
        # Its other routes are not below this address, or not confirmed.
        Gateway(
            name="respan",
            base_url="https://api.respan.ai/api/v1",
            trailing_slash=True,
            credentials=("api_key",),
            carried={"api_key": "Authorization"},
            environment={"base_url": "RESPAN_BASE_URL", "api_key": "RESPAN_API_KEY"},
            only=("* /batches*", "* /files*"),
            without=("GET /batches/*/output",),
            portkey_headers=False,
        ),
    )
}
"""The gateways known by name."""


def chosen(gateway: str | Gateway) -> Gateway:
    """Return a gateway that may be given by name.

    Raises:
        ConfigurationError: There is none of that name.
    """
    if isinstance(gateway, Gateway):
        return gateway
    if gateway not in GATEWAYS:
        raise ConfigurationError(
            f"gateway {gateway!r} is not one of {', '.join(GATEWAYS)}; build a Gateway of your own"
        )
    return GATEWAYS[gateway]


def addresses(gateway: Gateway, base_url: str | None, control_plane_url: str | None) -> dict[str, str]:
    """Return server group -> address, for the groups a gateway has.

    A base address that is given serves every group the gateway has, each below it as the document has them below the
    hosted one: the pricing call's server is the address without its ``/v1``.

    Raises:
        ConfigurationError: An address is none, or belongs to a control plane that the gateway does not have.
    """
    own = {"control_plane": gateway.control_plane_url, "public": gateway.public_url}
    servers = {group: address for group in SERVERS if (address := own.get(group, gateway.base_url)) is not None}
    if control_plane_url is not None and "control_plane" not in servers:
        raise ConfigurationError(f"{gateway.name} has no control plane; use another client for control_plane_url")
    if base_url is not None and base_url.rstrip("/") != gateway.base_url:
        servers = {group: base_url.rstrip("/").removesuffix(_missing(group)) for group in servers}
    if control_plane_url is not None:
        servers["control_plane"] = control_plane_url
    checked = {
        "base_url": base_url or gateway.base_url,
        "control_plane_url": control_plane_url or gateway.control_plane_url,
        "public_url": gateway.public_url,
    }
    for name, address in checked.items():
        if address is not None:
            check_address(name, address)
    return servers


def _missing(group: str) -> str:
    home, address = SERVERS[_HOME], SERVERS[group]
    return home.removeprefix(address) if home.startswith(address) else ""


def absence(gateway: Gateway, operation: Operation[Any]) -> str:
    """Say that an operation is not sent."""
    return f"{gateway.name} has no {operation.name} ({operation.method} {operation.path}); nothing was sent"


def check_address(name: str, address: str) -> None:
    """Refuse what is no address that paths can be added to. A message shows no user or password.

    Raises:
        ConfigurationError: It has no scheme or no host, or a blank, a user, a query or a fragment.
    """
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "https") or not rest.strip("/") or not rest.isprintable() or set(rest) & set(" @?#\\"):
        shown = address.rpartition("@")[2][:80]
        raise ConfigurationError(f"{name} must be an address like https://api.portkey.ai/v1, is {shown!r}")


def home(servers: Mapping[str, str]) -> str:
    """Return the address that stands for all of them in a repr."""
    return servers[_HOME]
