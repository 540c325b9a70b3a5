"""A transport that records what was sent and answers what a test lays ready."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from portkey_client import AsyncPortkey, Portkey
from portkey_client.steps import World

KEYS: Mapping[str, Any] = {"api_key": "pk-secret-1", "virtual_key": "vk-secret-2"}
Answer = Callable[[httpx.Request], httpx.Response]


class Time:
    """A clock that only waits move."""

    def __init__(self, jitter: float = 1.0) -> None:
        self.seconds = 1_000.0
        self.waits: list[float] = []
        self.world = World(lambda: self.seconds, lambda: self.seconds, lambda: jitter, self.sleep, self.asleep)

    def sleep(self, seconds: float) -> None:
        """Wait in no time."""
        self.waits.append(seconds)
        self.seconds += seconds

    async def asleep(self, seconds: float) -> None:
        """Wait in no time."""
        await asyncio.sleep(0)
        self.sleep(seconds)


class Wire:
    """Answers every request the same way, and keeps the requests, bodies read."""

    def __init__(self, answer: Answer | httpx.Response | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.time = Time()
        self._answer = answer or httpx.Response(200, json={})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        request.read()
        self.requests.append(request)
        if isinstance(self._answer, httpx.Response):
            return self._answer
        return self._answer(request)

    @property
    def last(self) -> httpx.Request:
        """The last request that was sent."""
        return self.requests[-1]

    def client(self, **arguments: Any) -> Portkey:
        """Return a client on this wire."""
        http = httpx.Client(transport=httpx.MockTransport(self))
        given: dict[str, Any] = {**KEYS, **arguments, "http_client": http}
        client = Portkey(**given)
        client._world = self.time.world
        return client

    def async_client(self, **arguments: Any) -> AsyncPortkey:
        """Return an asynchronous client on this wire."""

        async def answer(request: httpx.Request) -> httpx.Response:
            await request.aread()
            await asyncio.sleep(0)
            return self(request)

        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        given: dict[str, Any] = {**KEYS, **arguments, "http_client": http}
        client = AsyncPortkey(**given)
        client._world = self.time.world
        return client


def batch(**fields: Any) -> dict[str, Any]:
    """Return the body of a batch as gateways send it while it is being cancelled."""
    body = {"id": "batch_abc123", "object": "batch", "status": "cancelling", "errors": None, "output_file_id": None}
    return {**body, **fields}
