"""What the suite is run against, as data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from portkey_mock import Application, Gateway, ManualClock
from tests.contract.document import Document

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

CREDENTIALS: Final = {"x-portkey-api-key": "pk-contract", "x-portkey-virtual-key": "vk-contract"}


@dataclass(frozen=True)
class Target:
    """A gateway.

    Attributes:
        headers: credentials and routing. They go with every request and nothing generated replaces them, so that no
            request leaves for another host.
        accepts: what a request that conforms to the document may be answered with.
        serve: makes an application, in this process, that serves a document and remembers nothing. None for a gateway
            that is reached at `base_url`.
    """

    name: str
    headers: Mapping[str, str]
    accepts: tuple[str, ...]
    serve: Callable[[Document], App] | None = None
    base_url: str | None = None


def mock(mode: Literal["strict", "document"], kind: type[Gateway] = Gateway) -> Target:
    """The mock gateway, on a clock that stands still.

    426 is its answer to a plain request where the document only offers a websocket.
    """

    def serve(document: Document) -> App:
        return Application(kind(document, mode=mode, clock=ManualClock()))

    return Target(f"mock, {mode}", CREDENTIALS, ("2xx", "426"), serve)
