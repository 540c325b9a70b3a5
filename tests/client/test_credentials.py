from __future__ import annotations

import pytest

from portkey_client import ConfigurationError, Portkey
from portkey_client.credentials import Credentials
from tests.client.wire import Wire

KEY, VIRTUAL, BEARER, PROVIDER, CONFIG, HOST = (
    "x-portkey-api-key", "x-portkey-virtual-key", "authorization", "x-portkey-provider", "x-portkey-config",
    "x-portkey-custom-host",
)  # fmt: skip
NOTHING = {"api_key": None, "virtual_key": None}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTKEY_API_KEY", raising=False)
    monkeypatch.delenv("PORTKEY_BASE_URL", raising=False)


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
    with pytest.raises(ConfigurationError, match=r"batches\.cancel needs credentials: api_key \+ virtual_key, or"):
        wire.client(virtual_key=None).batches.cancel("b")
    with pytest.raises(ConfigurationError, match=r"configs\.list needs credentials: api_key"):
        wire.client(**NOTHING).configs.list()
    assert wire.requests == []


def test_portkey_s_own_gateway_wants_its_own_key() -> None:
    """What an open gateway takes without a Portkey key is not sent to Portkey's own, which would refuse it."""
    wire = Wire()
    with pytest.raises(ConfigurationError, match=r"batches\.cancel needs credentials: api_key") as caught:
        wire.client(**NOTHING, provider="openai", authorization="sk").batches.cancel("b")
    assert ", or provider" not in str(caught.value)
    assert wire.requests == []


def test_another_gateway_gets_what_there_is() -> None:
    """A gateway of one's own may need other combinations: the open one wants provider and key, and no Portkey key."""
    wire = Wire()
    own = {**NOTHING, "base_url": "http://127.0.0.1:8787/v1"}
    wire.client(**own, provider="openai", authorization="sk").batches.cancel("b")
    assert sent(wire) == {PROVIDER: "openai", BEARER: "Bearer sk"}
    wire.client(**{**own, "virtual_key": "v"}).batches.cancel("b")
    assert sent(wire) == {VIRTUAL: "v"}
    with pytest.raises(ConfigurationError, match="needs credentials"):
        wire.client(**own).batches.cancel("b")


@pytest.mark.parametrize(
    ("value", "problem"), [("", "empty"), (" ", "empty"), ("a\nb", "no HTTP header"), ("ä", "no HTTP")]
)
def test_a_credential_no_header_can_hold_is_refused(value: str, problem: str) -> None:
    """An empty credential, or one with a line break, is refused by the name of its argument, never shown."""
    with pytest.raises(ConfigurationError, match=f"virtual_key .*{problem}"):
        Portkey(api_key="k", virtual_key=value)


def test_secrets_are_those_no_message_may_show() -> None:
    """The Bearer prefix is no secret, the names of providers are none, all keys are."""
    given = {"Portkey-Key": "a1", "Provider-Auth": "b2", "Provider-Name": "openai", "Config": None, "Virtual-Key": "c3"}
    assert sorted(Credentials(given).secrets()) == ["a1", "b2", "c3"]
