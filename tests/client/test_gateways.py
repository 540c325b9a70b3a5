from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from portkey_api import resources
from portkey_api.types import Operation
from portkey_client import GATEWAYS, ConfigurationError, Gateway, Portkey, RequestRefusedError
from portkey_client.version import __version__
from tests.client.wire import Wire

HERE = Path(__file__).parent
PUBLISHED = HERE.parents[1] / "openapi" / "portkey.yaml"
TRANSPORT_S = {"host", "accept-encoding", "connection", "content-length"}
NOTHING: Mapping[str, Any] = {"api_key": None, "virtual_key": None}
ALWAYS = {"accept": "application/json", "user-agent": f"portkey-client/{__version__}"}
KEYS: Mapping[str, dict[str, str]] = {
    "portkey": {"api_key": "k", "provider": "openai", "authorization": "sk-provider"},
    "portkey-oss": {"provider": "openai", "authorization": "sk-provider"},
    "openai": {"api_key": "sk-openai"},
    "respan": {"api_key": "respan-key"},
}


def operations() -> list[Operation[Any]]:
    """Return every operation of the generated package."""
    found = []
    for module in pkgutil.iter_modules(resources.__path__):
        constants = vars(importlib.import_module(f"{resources.__name__}.{module.name}")).values()
        found += [each for each in constants if isinstance(each, Operation)]
    return sorted(found, key=lambda operation: operation.name)


OPERATIONS = operations()


def call(client: Portkey, operation: Operation[Any], **parts: Any) -> Any:
    names = [part.split("}")[0] for part in operation.path.split("{")[1:]]
    return client.call(operation, {}, path=dict.fromkeys(names, "x"), **parts)


def headers(wire: Wire) -> dict[str, str]:
    return {name: value for name, value in wire.last.headers.items() if name not in TRANSPORT_S}


# -- the cancel call of each gateway


@pytest.mark.parametrize(
    ("gateway", "arguments", "url", "expected"),
    [
        (
            "portkey",
            {"api_key": "k", "virtual_key": "v"},
            "https://api.portkey.ai/v1/batches/batch_abc123/cancel",
            {"x-portkey-api-key": "k", "x-portkey-virtual-key": "v"},
        ),
        (
            "portkey",
            {"api_key": "k", "provider": "openai", "authorization": "sk", "custom_host": "https://h/v1"},
            "https://api.portkey.ai/v1/batches/batch_abc123/cancel",
            {
                "x-portkey-api-key": "k",
                "x-portkey-provider": "openai",
                "authorization": "Bearer sk",
                "x-portkey-custom-host": "https://h/v1",
            },
        ),
        (
            "portkey",
            {"api_key": "k", "config": "pc-1", "metadata": {"_user": "u"}},
            "https://api.portkey.ai/v1/batches/batch_abc123/cancel",
            {"x-portkey-api-key": "k", "x-portkey-config": "pc-1", "x-portkey-metadata": '{"_user":"u"}'},
        ),
        (
            "portkey-oss",
            {"provider": "openai", "authorization": "sk"},
            "http://localhost:8787/v1/batches/batch_abc123/cancel",
            {"x-portkey-provider": "openai", "authorization": "Bearer sk"},
        ),
        (
            "portkey-oss",
            {"provider": "openai", "authorization": "sk", "custom_host": "http://127.0.0.1:9/v1"},
            "http://localhost:8787/v1/batches/batch_abc123/cancel",
            {
                "x-portkey-provider": "openai",
                "authorization": "Bearer sk",
                "x-portkey-custom-host": "http://127.0.0.1:9/v1",
            },
        ),
        (
            "portkey-oss",
            {"config": {"provider": "openai", "api_key": "sk"}},
            "http://localhost:8787/v1/batches/batch_abc123/cancel",
            {"x-portkey-config": '{"provider":"openai","api_key":"sk"}'},
        ),
        (
            "openai",
            {"api_key": "sk"},
            "https://api.openai.com/v1/batches/batch_abc123/cancel",
            {"authorization": "Bearer sk"},
        ),
        (
            "respan",
            {"api_key": "r", "headers": {"X-Data-Respan-Params": '{"customer_identifier": "user123"}'}},
            "https://api.respan.ai/api/v1/batches/batch_abc123/cancel/",
            {"authorization": "Bearer r", "x-data-respan-params": '{"customer_identifier": "user123"}'},
        ),
        (
            Gateway("mine", "http://127.0.0.1:9/x/", headers={"x-team": "blue"}, carried={"api_key": "x-key"}),
            {"api_key": "m"},
            "http://127.0.0.1:9/x/batches/batch_abc123/cancel",
            {"x-key": "m", "x-team": "blue"},
        ),
    ],
)
def test_cancel_on_each_gateway(
    gateway: str | Gateway, arguments: dict[str, Any], url: str, expected: dict[str, str]
) -> None:
    """Cancelling a batch goes to the gateway's address, with its slash, these headers and no other, and no body."""
    wire = Wire()
    wire.client(**{**NOTHING, "gateway": gateway, **arguments}).batches.cancel("batch_abc123")
    assert (wire.last.method, str(wire.last.url), wire.last.content) == ("POST", url, b"")
    assert headers(wire) == ALWAYS | expected


def test_a_slash_comes_before_the_query() -> None:
    """Respan's slash ends the path, also where a query follows."""
    wire = Wire()
    wire.client(gateway="respan", virtual_key=None).batches.list(limit=2)
    assert str(wire.last.url) == "https://api.respan.ai/api/v1/batches/?limit=2"


# -- the operations of each gateway


def kept(gateway: str) -> list[str]:
    """Return the operations that leave for a gateway, of all there are, each really called."""
    wire = Wire(httpx.Response(200))
    client = wire.client(**{**NOTHING, "gateway": gateway, **KEYS[gateway]})
    refusals = {operation.name: refusal(client, operation) for operation in OPERATIONS}
    said = {name: refused for name, refused in refusals.items() if refused}
    assert all(refused.startswith(f"{gateway} has no {name} (") for name, refused in said.items())
    assert len(wire.requests) == len(OPERATIONS) - len(said)
    return sorted(refusals.keys() - said)


def refusal(client: Portkey, operation: Operation[Any]) -> str:
    try:
        call(client, operation)
    except ConfigurationError as refused:
        return str(refused)
    return ""


def test_which_operations_each_gateway_has() -> None:
    """The list beside this test is what leaves for each gateway; `UPDATE=1 pytest` on this test writes it again."""
    told = "\n".join(f"{name}: {each}" for name in GATEWAYS if name != "portkey" for each in kept(name)) + "\n"
    path = HERE / "operations_of_gateways.txt"
    if os.environ.get("UPDATE"):
        path.write_text(told, "utf-8")
    assert told == path.read_text("utf-8")


def test_the_hosted_gateway_has_every_operation() -> None:
    """Nothing of the document is refused on Portkey's own service."""
    assert kept("portkey") == sorted(operation.name for operation in OPERATIONS)


def test_no_call_of_the_control_plane_leaves_for_the_open_gateway() -> None:
    """The open gateway would forward it to the provider, key and body included; so it is refused, whatever is set."""
    wire = Wire(httpx.Response(200))
    there = {"gateway": "portkey-oss", "base_url": "http://localhost:8787/v1", **KEYS["portkey-oss"]}
    client = wire.client(**{**NOTHING, **there}).with_options(provider="anthropic", headers={"x-portkey-api-key": "k"})
    control_plane = [each for each in OPERATIONS if each.server == "control_plane"]
    assert len(control_plane) > 160
    for operation in control_plane:
        with pytest.raises(ConfigurationError, match=r"portkey-oss has no .*; nothing was sent"):
            call(client, operation, body={"a": 1})
    assert wire.requests == []


def test_the_open_gateway_has_the_71_published_operations_that_mean_something_there() -> None:
    """Of the published interface, the open gateway keeps the 29 routes of its own and the 42 it can pass on."""
    paths = yaml.load(PUBLISHED.read_text("utf-8"), Loader=yaml.CSafeLoader)["paths"]
    published = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    open_gateway = set(kept("portkey-oss"))
    found = [each.path for each in OPERATIONS if each.name in open_gateway and (each.method, each.path) in published]
    assert len(found) == 71
    assert sum(path.startswith("/vector_stores") for path in found) == 13
    assert not any(path.startswith(("/logs", "/prompts")) for path in found)


def test_the_open_gateway_cancels_no_job_that_was_to_be_paused() -> None:
    """It takes any third segment below a fine-tuning job for `cancel`: pausing one there would end it."""
    client = Wire().client(**NOTHING, gateway="portkey-oss", **KEYS["portkey-oss"])
    client.fine_tuning.jobs.cancel("j")
    for refused in (client.fine_tuning.jobs.pause, client.fine_tuning.jobs.resume):
        with pytest.raises(ConfigurationError, match=r"portkey-oss has no fine_tuning\.jobs\."):
            refused("j")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_open_gateway_is_sent_no_put_and_no_patch(method: str) -> None:
    """It answers both with 404; an operation a later document adds is refused by the same rule."""
    later: Operation[Any] = Operation(
        name="later", method=method, path="/batches/{id}", server="data_plane", security=(), responses={}
    )
    assert GATEWAYS["portkey-oss"].lacks(later)
    assert not GATEWAYS["portkey"].lacks(later)


# -- headers of Portkey's, and gateways that are not Portkey's


@pytest.mark.parametrize("gateway", ["openai", "respan"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"metadata": {"_user": "u"}},
        {"trace_id": "t"},
        {"provider_options": {"aws_region": "r"}},
        {"headers": {"X-Portkey-Trace-Id": "t"}},
    ],
)
def test_no_client_of_another_vendor_has_portkey_s_headers(gateway: str, arguments: dict[str, Any]) -> None:
    """An option that would travel to OpenAI or Respan as Portkey's header is refused when it is given."""
    with pytest.raises(ConfigurationError, match=f"is a header of Portkey's; {gateway} is never sent one"):
        Portkey(gateway=gateway, api_key="k", **arguments)
    with pytest.raises(ConfigurationError, match="is a header of Portkey's"):
        Portkey(gateway=gateway, api_key="k").with_options(**arguments)


CALLS: list[Callable[[Portkey], object]] = [
    lambda client: client.batches.list(extra_headers={"X-Portkey-Trace-Id": "t"}),
    lambda client: client.chat.completions.create(model="m", messages=[], x_portkey_trace_id="t"),
]


@pytest.mark.parametrize("attempt", CALLS)
def test_no_call_to_another_vendor_has_portkey_s_headers(attempt: Callable[[Portkey], object]) -> None:
    """A header of Portkey's in the arguments of a call is refused, and the call is not sent."""
    wire = Wire()
    with pytest.raises(RequestRefusedError, match=r"(?i)x-portkey-trace-id is a header of Portkey's"):
        attempt(wire.client(gateway="openai", virtual_key=None))
    assert wire.requests == []


def test_another_vendor_never_sees_a_header_of_portkey_s() -> None:
    """Of all calls that leave for OpenAI and Respan, none has one."""
    for gateway in ("openai", "respan"):
        wire = Wire(httpx.Response(200))
        client = wire.client(**{**NOTHING, "gateway": gateway, **KEYS[gateway]})
        for operation in OPERATIONS:
            if not GATEWAYS[gateway].lacks(operation) and operation.server == "data_plane":
                call(client, operation)
                assert headers(wire).keys() <= {"accept", "user-agent", "authorization"}
        assert len(wire.requests) > 8


# -- a gateway of one's own


def test_a_gateway_of_one_s_own() -> None:
    """What a gateway has, takes and reads is data: addresses, patterns, combinations, variables."""
    mine = Gateway(
        name="mine",
        base_url="http://127.0.0.1:9/v1",
        control_plane_url="http://127.0.0.1:8/v1",
        public_url="http://127.0.0.1:7",
        credentials=("api_key + virtual_key",),
        only=("GET *",),
        without=("* /files*",),
    )
    wire = Wire()
    client = wire.client(gateway=mine)
    client.batches.list()
    client.configs.list()
    client.model_configs.pricing.retrieve("openai", "gpt-4o")
    assert [str(each.url) for each in wire.requests] == [
        "http://127.0.0.1:9/v1/batches",
        "http://127.0.0.1:8/v1/configs",
        "http://127.0.0.1:7/model-configs/pricing/openai/gpt-4o",
    ]
    assert [sorted(name for name in each.headers if name.startswith("x-")) for each in wire.requests] == [
        ["x-portkey-api-key", "x-portkey-virtual-key"],
        ["x-portkey-api-key"],
        [],
    ]
    for refused in (client.files.list, lambda: client.batches.cancel("b"), lambda: client.configs.delete("c")):
        with pytest.raises(ConfigurationError, match="mine has no "):
            refused()
    with pytest.raises(ConfigurationError, match=r"api_key will not do for mine; what does: api_key \+ virtual_key$"):
        wire.client(gateway=mine, virtual_key=None)


def test_a_gateway_that_takes_anything_takes_what_it_can_carry() -> None:
    """Without combinations any credentials do, none at all too, but not one that has no header to travel in."""
    wire = Wire()
    client = wire.client(gateway=Gateway("mine", "http://127.0.0.1:9"), **NOTHING)
    client.batches.list()
    assert headers(wire) == ALWAYS
    assert repr(client) == "Portkey(mine, http://127.0.0.1:9, Credentials())"
    mine = GATEWAYS["openai"]._replace(name="mine", credentials=())
    with pytest.raises(ConfigurationError, match="provider will not do for mine; what does: any of api_key"):
        Portkey(gateway=mine, provider="p")


def test_a_gateway_shows_no_header() -> None:
    """The repr of a gateway has its name and address only: its headers may be credentials."""
    assert repr(Gateway("mine", "http://h", headers={"x-key": "secret"})) == "Gateway(mine, http://h)"


@pytest.mark.parametrize("field", ["base_url", "control_plane_url", "public_url"])
def test_the_addresses_of_a_gateway_are_checked(field: str) -> None:
    """An address that is none is refused by the name of its field when a client is built."""
    fields: Any = {"name": "mine", "base_url": "http://h", field: "h/v1"}
    mine = Gateway(**fields)
    with pytest.raises(ConfigurationError, match=f"{field} must be an address"):
        Portkey(gateway=mine, api_key="k")


def test_a_gateway_nobody_knows() -> None:
    """A name that is no gateway's is refused with the names that are."""
    with pytest.raises(ConfigurationError, match="'portky' is not one of portkey, portkey-oss, openai, respan; build"):
        Portkey(gateway="portky", api_key="k")


@pytest.mark.parametrize("gateway", ["portkey-oss", "openai", "respan"])
def test_a_control_plane_belongs_to_portkey(gateway: str) -> None:
    """Only a gateway with a control plane takes an address for one."""
    with pytest.raises(ConfigurationError, match=f"{gateway} has no control plane"):
        Portkey(gateway=gateway, **KEYS[gateway], control_plane_url="https://api.portkey.ai/v1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gateway", "variable"),
    [("portkey", "PORTKEY"), ("portkey-oss", "PORTKEY"), ("openai", "OPENAI"), ("respan", "RESPAN")],
)
def test_addresses_come_from_the_environment_too(gateway: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gateway reads its own address from the environment, and the argument wins."""
    monkeypatch.setenv(f"{variable}_BASE_URL", "http://127.0.0.1:9/v1")
    wire = Wire()
    wire.client(**{**NOTHING, "gateway": gateway, **KEYS[gateway]}).batches.list()
    wire.client(**{**NOTHING, "gateway": gateway, **KEYS[gateway]}, base_url="http://127.0.0.1:8/v1").batches.list()
    assert [str(each.url).rstrip("/") for each in wire.requests] == [
        "http://127.0.0.1:9/v1/batches",
        "http://127.0.0.1:8/v1/batches",
    ]


@pytest.mark.parametrize("config", ["pc-1", "  pc-2"])
def test_the_open_gateway_saves_no_configs(config: str) -> None:
    """The id of a saved config means nothing to the open gateway: it wants the config itself."""
    with pytest.raises(ConfigurationError, match="this gateway saves no configs: config must be a dict or JSON text"):
        Portkey(gateway="portkey-oss", config=config)
