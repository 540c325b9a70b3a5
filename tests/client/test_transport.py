from __future__ import annotations

import asyncio
import gc
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from weakref import WeakSet

import httpx
import pytest

from portkey_client import AsyncPortkey, ConfigurationError, Portkey
from portkey_client import transport as module
from portkey_client.client import _Client
from portkey_client.transport import LANES, Lanes, tls_context
from tests.client.wire import KEYS, Wire, batch


class Server(ThreadingHTTPServer):
    """Answers every request with a batch of the id that was asked for, and keeps the addresses of its callers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.callers: list[Any] = []
        self.cookies: list[str | None] = []
        self.gate: threading.Barrier | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.callers.append(self.client_address)
        self.server.cookies.append(self.headers["cookie"])
        if self.server.gate is not None:
            self.server.gate.wait(30)
        body = json.dumps(batch(id=self.path.rpartition("/")[2])).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("set-cookie", "tenant=one")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
        pass


@pytest.fixture
def server() -> Generator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_one_tls_context_serves_all() -> None:
    """Reading the certificates is most of what a client costs, so it is done once, and they are checked."""
    with Portkey(**KEYS) as one, Portkey(**KEYS) as other:
        transports: list[Any] = [client._lanes.take().http._transport for client in (one, other)]
        contexts = [transport._pool._ssl_context for transport in transports]
    assert contexts == [tls_context(), tls_context()]
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context().check_hostname


def test_calls_in_turn_share_a_connection(server: Server) -> None:
    """One call after another goes over one connection, sync and async."""
    with Portkey(**KEYS, base_url=server.address) as client:
        assert [client.batches.retrieve(f"b{number}").id for number in range(3)] == ["b0", "b1", "b2"]

    async def turns() -> None:
        async with AsyncPortkey(**KEYS, base_url=server.address) as other:
            for number in range(3):
                await other.batches.retrieve(f"b{number}")

    asyncio.run(turns())
    assert len(set(server.callers[:3])) == len(set(server.callers[3:])) == 1


def test_a_cookie_is_not_kept(server: Server) -> None:
    """What the server sets on one call is neither sent with the next nor remembered."""
    with Portkey(base_url=server.address, **KEYS) as client:
        client.batches.retrieve("batch_1")
        client.batches.retrieve("batch_2")
        assert not client._lanes.take().http.cookies
    assert server.cookies == [None, None]


def test_threads_share_a_client(server: Server) -> None:
    """Many threads on one client each get their own answer, at the same time, and all that was opened is closed."""
    crowd = LANES + 8
    server.gate = threading.Barrier(crowd)
    with Portkey(**KEYS, base_url=server.address) as client, ThreadPoolExecutor(crowd) as threads:
        names = [f"b{number}" for number in range(crowd)]
        assert [each.id for each in threads.map(client.batches.retrieve, names)] == names
        lanes = list(client._lanes._lanes)
    assert len(lanes) == LANES
    assert all(lane.busy == 0 and lane.http.is_closed for lane in lanes)


def test_the_least_busy_lane_is_lent() -> None:
    """A lane is opened when all are busy, up to the limit; then each takes its share, and the first idle one serves."""
    opened: list[httpx.Client] = []

    def open_() -> httpx.Client:
        opened.append(httpx.Client(verify=tls_context()))
        return opened[-1]

    lanes = Lanes(open_)
    taken = [lanes.take() for _ in range(3 * LANES)]
    assert len(opened) == LANES
    assert {lane.busy for lane in taken} == {3}
    for lane in taken:
        lanes.give_back(lane)
    assert [lane.busy for lane in taken] == [0] * len(taken)
    assert lanes.take() is taken[0]
    for http in lanes.end():
        http.close()
    assert all(http.is_closed for http in opened)


def test_a_closed_client_is_closed() -> None:
    """Closing is done once, closes what was opened, and no call works after it."""
    client = Portkey(**KEYS)
    http = client._lanes.take().http
    with client as entered:
        assert entered is client
    assert http.is_closed
    client.close()
    with pytest.raises(ConfigurationError, match="this client is closed"):
        client.batches.list()

    async def use() -> Any:
        async with AsyncPortkey(**KEYS) as other:
            opened = other._lanes.take().http
        await other.close()  # the same
        with pytest.raises(ConfigurationError, match="this client is closed"):
            await other.batches.list()
        return opened

    assert asyncio.run(use()).is_closed


def test_the_callers_own_httpx_client_is_used_and_left_open() -> None:
    """A given httpx client keeps its headers and its transport, and stays its owner's to close."""
    wire = Wire(httpx.Response(200, json=batch()))
    with httpx.Client(transport=httpx.MockTransport(wire), headers={"x-mine": "1"}, timeout=9.0) as http:
        with Portkey(**KEYS, http_client=http) as client:
            client.batches.retrieve("b")
        assert not http.is_closed
    assert wire.last.headers["x-mine"] == "1"
    assert wire.last.extensions["timeout"]["read"] == 9.0


def test_proxies_of_the_environment_are_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY applies to our own connections as it does to httpx's."""
    monkeypatch.setenv("HTTP_PROXY", server.address.removesuffix("/v1"))
    with Portkey(**KEYS, base_url="http://gateway.invalid/v1") as client:
        assert client.batches.retrieve("b7").id == "b7"


def test_compressed_answers_are_asked_for(server: Server) -> None:
    """Our own requests name the encodings httpx can read, and keep the connection."""
    with Portkey(**KEYS, base_url=server.address) as client:
        lane = client._lanes.take()
        request = module.build(lane, {"method": "GET", "url": server.address, "headers": {}})
        assert request.headers["accept-encoding"] == lane.http.headers["accept-encoding"]
        assert request.headers["connection"] == "keep-alive"
        asked = module.build(lane, {"method": "GET", "url": server.address, "headers": {}, "timeout": 4.0})
        assert (request.extensions["timeout"]["read"], asked.extensions["timeout"]["read"]) == (600.0, 4.0)
        client._lanes.give_back(lane)


def test_a_leaked_client_warns() -> None:
    """A client that opened connections and is dropped unclosed warns; one that opened none does not."""
    found = [Portkey(**KEYS)]
    http = found[0]._lanes.take().http
    found.clear()
    with pytest.warns(ResourceWarning, match="a client was not closed"):
        gc.collect()
    http.close()
    Portkey(**KEYS)
    gc.collect()


def test_a_client_must_say_how_it_opens_its_transport() -> None:
    """The shared base has no transport of its own."""
    with pytest.raises(NotImplementedError):
        _Client[Any](**KEYS)._lanes.take()


FORK = """
import os, sys, threading
from portkey_client import Portkey

client = Portkey(api_key="k", virtual_key="v", base_url=sys.argv[1])
assert client.batches.retrieve("parent").id == "parent"
client._lanes._lock.acquire()  # as another thread may hold it when the process forks
child = os.fork()
if child == 0:
    ids = {client.batches.retrieve(f"child{number}").id for number in range(3)}
    os._exit(0 if ids == {"child0", "child1", "child2"} else 1)
client._lanes._lock.release()
_, status = os.waitpid(child, 0)
assert client.batches.retrieve("again").id == "again"
client.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_process_does_not_share_connections(server: Server) -> None:
    """After a fork the child connects anew, even if the lock was held, and the parent keeps its own connection."""
    done = subprocess.run(
        [sys.executable, "-c", FORK, server.address], timeout=60, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, *child, last = server.callers
    assert first == last
    assert len(set(child)) == 1
    assert child[0] != first


def test_after_a_fork_nothing_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the child leaves behind is kept, so that it is neither used nor closed."""
    lanes = Lanes(lambda: httpx.Client(verify=tls_context()))
    monkeypatch.setattr(module, "_ALL", WeakSet([lanes]))
    lane = lanes.take()
    lock = lanes._lock
    module._after_fork()
    assert lanes._lanes == []
    assert lanes._lock is not lock
    assert module._ABANDONED.pop() == [lane]
    lane.http.close()
