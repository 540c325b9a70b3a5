from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import httpx
import pytest

from portkey_client import BadRequestError, ConfigurationError, Portkey
from tests.client.wire import KEYS, Wire

KEY, VIRTUAL, BEARER, PROVIDER, CONFIG, HOST = (
    "x-portkey-api-key", "x-portkey-virtual-key", "authorization", "x-portkey-provider", "x-portkey-config",
    "x-portkey-custom-host",
)  # fmt: skip
NOTHING = {"api_key": None, "virtual_key": None}


def sent(wire: Wire) -> dict[str, str]:
    return {name: wire.last.headers[name] for name in (KEY, VIRTUAL, BEARER, PROVIDER, CONFIG, HOST)
            if name in wire.last.headers}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"virtual_key": "v"}, {KEY: "k", VIRTUAL: "v"}),
        ({"provider": "openai", "authorization": "sk"}, {KEY: "k", PROVIDER: "openai", BEARER: "Bearer sk"}),
        ({"provider": "openai", "Authorization": "Bearer sk"}, {KEY: "k", PROVIDER: "openai", BEARER: "Bearer sk"}),
        ({"config": "pc-1"}, {KEY: "k", CONFIG: "pc-1"}),
        (
            {"provider": "openai", "authorization": "sk", "custom_host": "https://h.example/v1"},
            {KEY: "k", PROVIDER: "openai", BEARER: "Bearer sk", HOST: "https://h.example/v1"},
        ),
        ({"provider": "@stored"}, {KEY: "k", PROVIDER: "@stored"}),
    ],
)
def test_the_combinations_of_the_document(arguments: dict[str, str], headers: dict[str, str]) -> None:
    """Each documented combination of credentials travels in its own headers, and nothing else does."""
    wire = Wire()
    wire.client(**{**NOTHING, "api_key": "k", **arguments}).batches.cancel("b")
    assert sent(wire) == headers


def test_the_control_plane_sees_no_key_of_a_provider() -> None:
    """A call that needs the Portkey key alone gets that alone, whatever else the client holds."""
    wire = Wire()
    wire.client(virtual_key=None, provider="openai", authorization="sk", config="pc").configs.list()
    assert sent(wire) == {KEY: "pk-secret-1"}


def test_a_public_call_carries_no_credential() -> None:
    """The pricing call, which the document leaves open, is sent without credentials."""
    wire = Wire()
    wire.client().model_configs.pricing.retrieve("openai", "gpt-4o")
    assert sent(wire) == {}


def test_missing_credentials_are_named_before_anything_is_sent() -> None:
    """A call whose credentials are missing raises at once and says which arguments would do."""
    wire = Wire()
    with pytest.raises(
        ConfigurationError, match=r"batches\.cancel needs credentials: api_key \+ virtual_key, or"
    ) as caught:
        wire.client(virtual_key=None).batches.cancel("b")
    assert ", or provider" not in str(caught.value)
    assert wire.requests == []


def test_without_any_credential_there_is_no_client() -> None:
    """A client that could do nothing is not built; the message lists the combinations and the environment's names."""
    with pytest.raises(
        ConfigurationError, match=r"^portkey needs credentials; what does: api_key; or api_key \+ v"
    ) as caught:
        Portkey()
    assert str(caught.value).endswith("(the environment: PORTKEY_API_KEY, PORTKEY_VIRTUAL_KEY, PORTKEY_PROVIDER, "
                                      "PORTKEY_CONFIG)")  # fmt: skip


@pytest.mark.parametrize(
    ("gateway", "arguments", "misfit"),
    [
        ("portkey", {"virtual_key": "v"}, "virtual_key"),
        ("portkey", {"provider": "openai", "authorization": "sk"}, r"authorization \+ provider"),
        ("portkey", {"api_key": "k", "authorization": "sk"}, r"api_key \+ authorization"),
        ("portkey", {"api_key": "k", "custom_host": "http://h"}, r"api_key \+ custom_host"),
        ("portkey", {"api_key": "k", "virtual_key": "v", "provider": "p"}, r"api_key \+ provider \+ virtual_key"),
        (
            "portkey",
            {"api_key": "k", "virtual_key": "v", "authorization": "a"},
            r"api_key \+ authorization \+ virtual_key",
        ),
        ("portkey-oss", {"provider": "openai"}, "provider"),
        ("portkey-oss", {"authorization": "sk"}, "authorization"),
        (
            "portkey-oss",
            {"api_key": "k", "provider": "p", "authorization": "a"},
            r"api_key \+ authorization \+ provider",
        ),
        ("portkey-oss", {"virtual_key": "v"}, "virtual_key"),
        ("openai", {"authorization": "sk"}, "authorization"),
        ("openai", {"api_key": "k", "provider": "openai"}, r"api_key \+ provider"),
        ("respan", {"api_key": "k", "config": "pc"}, r"api_key \+ config"),
    ],
)
def test_credentials_that_do_not_go_together(gateway: str, arguments: dict[str, Any], misfit: str) -> None:
    """Missing and contradictory credentials raise when the client is built, and no value is shown."""
    given: Any = {name: f"secret-{value}" for name, value in arguments.items()}
    with pytest.raises(ConfigurationError, match=f"^{misfit} will not do for {gateway}; what does: ") as caught:
        Portkey(gateway=gateway, **given)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "arguments", "headers"),
    [
        ({"VIRTUAL_KEY": "v"}, {}, {KEY: "e", VIRTUAL: "v"}),
        ({"PROVIDER": "@p", "CONFIG": "pc"}, {}, {KEY: "e", PROVIDER: "@p", CONFIG: "pc"}),
        ({"CONFIG": '{"cache": {"mode": "simple"}}', "VIRTUAL_KEY": "v"}, {}, {KEY: "e", VIRTUAL: "v", CONFIG: ANY}),
        ({"VIRTUAL_KEY": ""}, {"virtual_key": "w"}, {KEY: "e", VIRTUAL: "w"}),
        ({"VIRTUAL_KEY": "v"}, {"api_key": "k"}, {KEY: "k", VIRTUAL: "v"}),
        ({"VIRTUAL_KEY": "v"}, {"virtual_key": "w"}, {KEY: "e", VIRTUAL: "w"}),
        ({"VIRTUAL_KEY": "v"}, {"config": "pc"}, {KEY: "e", CONFIG: "pc"}),
        ({"VIRTUAL_KEY": "v", "CONFIG": "pc"}, {"provider": "p", "authorization": "a"},
         {KEY: "e", PROVIDER: "p", BEARER: "Bearer a"}),
        ({"PROVIDER": "p"}, {"authorization": "a"}, {KEY: "e", PROVIDER: "p", BEARER: "Bearer a"}),
    ],
)  # fmt: skip
def test_the_environment_completes_what_is_given(
    environment: dict[str, str], arguments: dict[str, str], headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment gives what is left out, but no second way to a provider beside the one that was given."""
    for name, value in {"API_KEY": "e", **environment}.items():
        monkeypatch.setenv(f"PORTKEY_{name}", value)
    wire = Wire()
    wire.client(**{**NOTHING, **arguments}).batches.cancel("b")
    assert sent(wire) == headers


def test_contradictions_of_the_environment_are_not_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways to a provider in the environment alone are a contradiction, too."""
    for name in ("API_KEY", "VIRTUAL_KEY", "PROVIDER"):
        monkeypatch.setenv(f"PORTKEY_{name}", "x")
    with pytest.raises(ConfigurationError, match=r"api_key \+ provider \+ virtual_key will not do"):
        Portkey()


def test_an_environment_of_another_gateway_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portkey's key never reaches OpenAI or Respan by way of the environment, nor theirs Portkey."""
    for name in ("PORTKEY_API_KEY", "OPENAI_API_KEY", "RESPAN_API_KEY"):
        monkeypatch.setenv(name, f"from {name}")
    for gateway, expected in {"openai": "OPENAI_API_KEY", "respan": "RESPAN_API_KEY"}.items():
        wire = Wire()
        wire.client(**NOTHING, gateway=gateway).batches.cancel("b")
        assert sent(wire) == {BEARER: f"from {expected}"}
    wire = Wire()
    wire.client(api_key=None).batches.cancel("b")
    assert sent(wire) == {KEY: "from PORTKEY_API_KEY", VIRTUAL: KEYS["virtual_key"]}


@pytest.mark.parametrize(
    ("value", "problem"),
    [("", "empty"), (" ", "empty"), ("a\nb", "no HTTP header"), ("ä", "no HTTP"), ("a ", "no HTTP"), (1, "is a int")],
)
def test_a_credential_no_header_can_hold_is_refused(value: Any, problem: str) -> None:
    """An empty credential, or one with a line break, is refused by the name of its argument, never shown."""
    with pytest.raises(ConfigurationError, match=f"virtual_key .*{problem}"):
        Portkey(api_key="k", virtual_key=value)


def test_a_custom_host_is_an_address() -> None:
    """A custom host the gateway would refuse is refused here: no scheme, or a password in it, which is not shown."""
    with pytest.raises(ConfigurationError, match="custom_host must be an address") as caught:
        Portkey(api_key="k", provider="p", custom_host="https://user:secret@h/v1")
    assert "secret" not in str(caught.value)


def test_an_error_of_the_gateway_repeats_no_secret() -> None:
    """A gateway that quotes a key in its message does not make our exception show it."""
    wire = Wire(httpx.Response(400, json={"error": {"message": "bad key sk-inside-7 in the config"}}))
    client = wire.client(virtual_key=None, config={"provider": "openai", "api_key": "sk-inside-7"})
    with pytest.raises(BadRequestError, match=r"bad key \*\*\* in the config"):
        client.batches.cancel("b")
