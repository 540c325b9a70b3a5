from __future__ import annotations

import asyncio
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

import portkey_client
from portkey_api.models import Batch
from portkey_api.resources import AsyncResources, Resources
from portkey_client import AsyncPortkey, ConfigurationError, ConnectionFailedError, Portkey, TimedOutError
from portkey_client import errors as tree
from portkey_client.client import _Client
from tests.client.wire import KEYS, Wire, batch


def test_cancel_as_the_published_samples_write_it() -> None:
    """Cancelling a batch sends the documented request and returns a typed batch."""
    wire = Wire(httpx.Response(200, json=batch()))
    answer = wire.client().batches.cancel("batch_abc123")
    assert isinstance(answer, Batch)
    assert (answer.id, answer.status, answer.errors, "errors" in answer) == ("batch_abc123", "cancelling", None, True)
    assert (wire.last.method, str(wire.last.url)) == ("POST", "https://api.portkey.ai/v1/batches/batch_abc123/cancel")
    assert wire.last.headers["x-portkey-api-key"] == KEYS["api_key"]
    assert wire.last.headers["x-portkey-virtual-key"] == KEYS["virtual_key"]
    assert wire.last.content == b""
    assert "content-type" not in wire.last.headers


def test_async_sends_and_returns_the_same() -> None:
    """Both clients send byte for byte the same request and return equal answers."""
    one, other = Wire(httpx.Response(200, json=batch())), Wire(httpx.Response(200, json=batch()))

    async def call() -> Batch:
        async with other.async_client() as client:
            return await client.batches.cancel("batch_abc123")

    assert one.client().batches.cancel("batch_abc123") == asyncio.run(call())
    assert (one.last.method, one.last.url, one.last.content) == (other.last.method, other.last.url, other.last.content)
    assert one.last.headers == other.last.headers


def test_both_trees_have_every_operation() -> None:
    """The clients are the resource trees, so whatever the document gains is there without a hand-written line."""
    assert issubclass(Portkey, Resources)
    assert issubclass(AsyncPortkey, AsyncResources)


@pytest.mark.parametrize(
    ("arguments", "server", "address"),
    [
        ({}, "data_plane", "https://api.portkey.ai/v1"),
        ({}, "public", "https://api.portkey.ai"),
        ({"base_url": "http://127.0.0.1:9/v1/"}, "data_plane", "http://127.0.0.1:9/v1"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "control_plane", "http://127.0.0.1:9/v1"),
        ({"base_url": "http://h/v1", "control_plane_url": "http://c/v1"}, "control_plane", "http://c/v1"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "public", "http://127.0.0.1:9"),
        ({"base_url": "http://127.0.0.1:9"}, "public", "http://127.0.0.1:9"),
        ({"control_plane_url": "http://127.0.0.1:8/v1"}, "control_plane", "http://127.0.0.1:8/v1"),
        ({"control_plane_url": "http://127.0.0.1:8/v1"}, "data_plane", "https://api.portkey.ai/v1"),
    ],
)
def test_each_operation_goes_to_its_server(arguments: dict[str, str], server: str, address: str) -> None:
    """The gateway, the control plane and the pricing call have addresses of their own."""
    calls = {
        "data_plane": lambda client: client.models.list(),
        "control_plane": lambda client: client.configs.list(),
        "public": lambda client: client.model_configs.pricing.retrieve("openai", "gpt-4o"),
    }
    wire = Wire()
    calls[server](wire.client(**arguments))
    path = {"data_plane": "/models", "control_plane": "/configs", "public": "/model-configs/pricing/openai/gpt-4o"}
    assert str(wire.last.url) == address + path[server]


def test_an_address_without_a_portkey_key_is_the_open_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names no gateway and has no Portkey key means the open one, which gets no call of the control plane."""
    wire = Wire()
    there: dict[str, Any] = {"api_key": None, "virtual_key": None, "provider": "openai", "Authorization": "sk-1"}
    client = wire.client(**there, base_url="http://localhost:8787/v1")
    client.batches.list()
    assert wire.last.headers["authorization"] == "Bearer sk-1"
    with pytest.raises(ConfigurationError, match=r"portkey-oss has no configs\.list .*nothing was sent"):
        client.configs.list()
    monkeypatch.setenv("PORTKEY_BASE_URL", "http://localhost:8787/v1")
    assert repr(wire.client(**there)).startswith("Portkey(portkey-oss, http://localhost:8787/v1")
    monkeypatch.setenv("PORTKEY_API_KEY", "pk")
    assert repr(wire.client(**there)).startswith("Portkey(portkey, http://localhost:8787/v1")


@pytest.mark.parametrize(
    "address",
    ["api.portkey.ai", "ftp://x", "http://a b", "http://x\n", "https://", "http://x?y=1", "http://x#y", "http://u:p@x"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """An address that no path can be added to is refused when the client is built, without its user and password."""
    with pytest.raises(ConfigurationError, match="base_url must be an address") as caught:
        Portkey(api_key="x", base_url=address)
    assert "u:p" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="control_plane_url must be an address"):
        Portkey(api_key="x", control_plane_url=address)


def test_the_environment_is_read_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """PORTKEY_API_KEY and PORTKEY_BASE_URL are defaults."""
    monkeypatch.setenv("PORTKEY_API_KEY", "from-environment")
    monkeypatch.setenv("PORTKEY_BASE_URL", "http://127.0.0.1:9/v1")
    wire = Wire()
    wire.client(api_key=None).batches.list()
    assert wire.last.headers["x-portkey-api-key"] == "from-environment"
    assert str(wire.last.url) == "http://127.0.0.1:9/v1/batches"
    wire.client(base_url="http://127.0.0.1:7/v1").batches.list()
    assert wire.last.headers["x-portkey-api-key"] == KEYS["api_key"]
    assert str(wire.last.url) == "http://127.0.0.1:7/v1/batches"


def test_headers_of_the_client_and_of_the_call() -> None:
    """Headers of the client go with every call; those of a call are added and win."""
    wire = Wire()
    client = wire.client(headers={"x-team": "blue", "x-portkey-trace-id": "t1"})
    client.batches.list(extra_headers={"x-portkey-trace-id": "t2"})
    assert (wire.last.headers["x-team"], wire.last.headers["x-portkey-trace-id"]) == ("blue", "t2")
    assert wire.last.headers["user-agent"] == f"portkey-client/{portkey_client.__version__}"


def opened(client: _Client[Any]) -> Any:
    return client._lanes.take().http


def test_timeouts_of_the_client_and_of_the_call() -> None:
    """The client's timeout is the default, a call's own replaces it."""
    with Portkey(**KEYS, timeout=3.0) as client:
        assert opened(client).timeout == httpx.Timeout(3.0, connect=3.0)
    with Portkey(**KEYS) as client:
        assert opened(client).timeout == httpx.Timeout(600.0, connect=5.0)
    with Portkey(**KEYS, timeout=None) as client:
        assert opened(client).timeout == httpx.Timeout(None)
    wire = Wire()
    wire.client().batches.list(timeout=7.0)
    assert wire.last.extensions["timeout"]["read"] == 7.0


def raising(error: Exception) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("raised", "expected", "match"),
    [
        (httpx.ReadTimeout("slow"), TimedOutError, r"batches\.list: no answer in time \(ReadTimeout\)"),
        (
            httpx.ConnectError("refused"),
            ConnectionFailedError,
            r"batches\.list: no connection to https://api\.portkey\.ai \(ConnectError: refused\)",
        ),
        (httpx.RemoteProtocolError("cut"), ConnectionFailedError, r"RemoteProtocolError: cut"),
    ],
)
def test_transport_failures_are_ours(raised: Exception, expected: type[Exception], match: str) -> None:
    """A failed connection raises our exceptions, sync and async, without the transport's, which hold the request."""
    wire = Wire(raising(raised))
    with pytest.raises(expected, match=match) as caught:
        wire.client().batches.list()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    with pytest.raises(expected, match=match):
        asyncio.run(_list(wire.async_client()))


async def _list(client: AsyncPortkey) -> Any:
    return await client.batches.list()


@pytest.mark.parametrize("is_async", [False, True])
def test_an_argument_nobody_knows_is_not_dropped(is_async: bool) -> None:
    """Nothing is sent without what the caller asked for: the argument is named, and so is the way to send it."""
    wire = Wire()
    client = wire.async_client() if is_async else wire.client()
    ask: Any = {"model": "m", "messages": [], "seeed": 1}

    async def send(**more: Any) -> None:
        made: Any = client.chat.completions.create(**ask, **more)
        _ = await made if is_async else made

    for stream in ({}, {"stream": True}):
        with pytest.raises(TypeError, match=r"chat\.completions\.create has no argument seeed; .* extra_body"):
            asyncio.run(send(**stream))
    assert wire.requests == []


def test_a_repr_shows_no_credential() -> None:
    """Neither client shows a credential in its repr, nor does anything inside it."""
    client = Portkey(api_key="pk-secret-1", authorization="sk-secret-3", provider="openai", config="pc-secret-4")
    shown = repr(client) + repr(AsyncPortkey(**KEYS)) + repr(client._settings) + repr(client._settings.credentials)
    assert "secret" not in shown
    assert "Portkey(portkey, https://api.portkey.ai/v1, Credentials(api_key, authorization, config" in shown


def test_resources_are_kept() -> None:
    """A branch of the tree is made once for each client."""
    client = Portkey(**KEYS)
    assert client.chat.completions is client.chat.completions


def test_importing_costs_no_transport() -> None:
    """Importing, building a client and touching a resource load neither httpx nor logging nor a model."""
    code = (
        "import sys, portkey_client; portkey_client.Portkey(api_key='x', virtual_key='y').batches; "
        "print({'httpx', 'attr', 'attrs', 'dateutil', 'logging', 'ssl', 'portkey_api.models'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_version_is_said_once() -> None:
    """The version of the package is the one in pyproject.toml."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert portkey_client.__version__ == project["project"]["version"]


def test_what_is_exported() -> None:
    """Everything listed can be imported, and every exception of the tree is listed."""
    exceptions = {name for name, each in vars(tree).items() if isinstance(each, type) and issubclass(each, Exception)}
    assert exceptions <= set(portkey_client.__all__)
    assert all(hasattr(portkey_client, name) for name in portkey_client.__all__)
