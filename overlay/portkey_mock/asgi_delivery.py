"""A response over an ASGI server's connection, with whatever its `Delivery` does to it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

from portkey_mock.delivery import Delivery
from portkey_mock.message import Response

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing drops what was not sent and tells the other side that the connection was reset."""


async def send_whole(response: Response, send: Send, kind: str = "http.response") -> None:
    """Sends all of `response`, `delivery` aside; `kind` is how its messages are called."""
    await send(_start(response, kind))
    for chunk in response.chunks:
        await send({"type": f"{kind}.body", "body": chunk, "more_body": True})
    await send({"type": f"{kind}.body", "body": b"" if response.chunks else response.body})


def _start(response: Response, kind: str = "http.response") -> Message:
    """The message that begins `response`; its length is announced unless it comes in chunks."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if not response.chunks:
        headers.append((b"content-length", b"%d" % len(response.body)))
    return {"type": f"{kind}.start", "status": response.status, "headers": headers}


async def deliver(
    response: Response,
    delivery: Delivery,
    receive: Receive,
    send: Send,
    sleep: Callable[[float], Awaitable[object]],
) -> None:
    """Sends `response` as `delivery` says.

    Raises:
        ConnectionResetError: the connection is to be broken and the server does not let us; it will break it itself.
    """
    await sleep(delivery.delay)
    if not delivery.unanswered:
        await send(_start(response))
        for number, piece in enumerate(delivery.pieces(response.chunks or (response.body,))):
            if number:
                await sleep(delivery.pace)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    if not delivery.reset and delivery.cut is None:
        await send({"type": "http.response.body"})
        return
    _break(send, reset=delivery.reset)
    await receive()  # until the server has seen it: else it would complete the response by itself


def _break(send: Send, *, reset: bool) -> None:
    """Ends the connection under `send`: ASGI has no word for it, so it is asked of uvicorn's own object."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("a fault ends the connection here")
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()
    else:
        transport.close()
