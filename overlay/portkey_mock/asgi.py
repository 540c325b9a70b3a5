"""The gateway as an ASGI application, for uvicorn or any other server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Final

from portkey_mock.asgi_delivery import Message, Receive, Send, deliver, send_whole
from portkey_mock.errors import Refusal, envelope
from portkey_mock.message import Handler, Request, Response, json_response

LARGEST_BODY: Final = 512 * 2**20
"""Bytes of a request body that are taken, as many as OpenAI takes of a file."""

ANSWERED: Final = "portkey_mock.answered"
"""What the state of a scope may hold: responses that were made already, in a list, to be sent before all others."""


class Application:
    """Serves one gateway: HTTP, events in a stream of an answer, and the websocket of realtime sessions.

    Attributes:
        gateway: what answers.
        known: requests by their bytes on the wire, for servers that know them again.
    """

    def __init__(
        self,
        gateway: Handler,
        *,
        largest_body: int = LARGEST_BODY,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Serves `gateway`, or a mock around one.

        A request with more bytes than `largest_body` is refused with 413; `sleep` waits as many seconds as a fault is
        to take.
        """
        self.gateway: Final = gateway
        self.known: Final[dict[bytes, Request]] = {}
        self._largest_body = largest_body
        self._sleep = sleep

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handles one connection scope of ASGI."""
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await _lifespan(receive, send)
            case "websocket":
                await self._websocket(scope, receive, send)
            case unknown:
                raise ValueError(f"this application does not speak {unknown}")

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive, self._largest_body)
        except Refusal as refusal:
            await send_whole(json_response(refusal.status, envelope(refusal, "", lambda _: True)), send)
            return
        if body is None:
            return
        answered: list[Response] = scope.get("state", {}).get(ANSWERED, [])
        response = answered.pop() if answered else self.gateway.handle(_request(scope, body))
        if response.delivery is None:
            await send_whole(response, send)
        else:
            await deliver(response, response.delivery, receive, send, self._sleep)

    async def _websocket(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        session = self.gateway.connect(_request({"method": "GET", **scope}, b""))
        if isinstance(session, Response):
            await _turn_away(session, scope, send)
            return
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope.get("subprotocols", ())), None)})
        events = session.opening()
        while True:
            for event in events:
                await send({"type": "websocket.send", "text": json.dumps(event)})
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            events = session.receive(message["bytes"] if text is None else text)


async def _turn_away(response: Response, scope: Message, send: Send) -> None:
    """Refuses a websocket, with the reason where the server can send one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    await send_whole(response, send, "websocket.http.response")


def _request(scope: Message, body: bytes) -> Request:
    raw_path: bytes = scope["raw_path"]
    return Request(
        method=scope["method"],
        path=raw_path.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]),
        body=body,
    )


async def _body(receive: Receive, largest: int) -> bytes | None:
    """The whole body; None if the client went away before it was complete.

    Raises:
        Refusal: 413 as soon as it is known to have more than `largest` bytes.
    """
    chunks: list[bytes] = []
    left = largest
    while left >= 0:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        left -= len(chunks[-1])
        if left >= 0 and not message.get("more_body", False):
            return b"".join(chunks)
    raise Refusal(413, f"The body has more than {largest} bytes.", code="body_too_large", at="/body")


async def _lifespan(receive: Receive, send: Send) -> None:
    """There is nothing to start and nothing to stop."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
