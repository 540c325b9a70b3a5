"""What the suite is run against, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from portkey_mock import Gateway, ManualClock
from tests.contract.document import Document
from tests.contract.wire import Answering

CREDENTIALS: Final = {"x-portkey-api-key": "pk-contract", "x-portkey-virtual-key": "vk-contract"}


@dataclass(frozen=True)
class Target:
    """A gateway.

    Attributes:
        headers: credentials and routing. They go with every request and nothing generated replaces them, so that no
            request leaves for another host.
        accepts: what a request that conforms to the document may be answered with.
        serve: makes what answers requests for a document: a gateway in this process that remembers nothing, or the
            door to one that does.
        base_url: the address of it; None for that of the document.
        credentials: which of the headers are credentials; None for all of them.
        remembers: whether it keeps state, and may refuse what names a thing that is not there.
        seed: decides what is generated; None for the same every time.
        reads_headers: whether it knows the headers of Portkey, and does not ignore them.
        has: whether it has an operation, by `POST /batches`; None if it has all.
    """

    name: str
    headers: Mapping[str, str]
    accepts: tuple[str, ...]
    serve: Callable[[Document], Answering]
    base_url: str | None = None
    remembers: bool = False
    seed: int | None = None
    credentials: tuple[str, ...] | None = None
    reads_headers: bool = True
    has: Callable[[str], bool] | None = None


def mock(mode: Literal["strict", "document"], kind: type[Gateway] = Gateway) -> Target:
    """The mock gateway, on a clock that stands still.

    426 is its answer to a plain request where the document only offers a websocket.
    """

    def serve(document: Document) -> Gateway:
        return kind(document, mode=mode, clock=ManualClock())

    return Target(f"mock, {mode}", CREDENTIALS, ("2xx", "426"), serve)
