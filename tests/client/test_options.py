from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_api.resources.batches import _CANCEL
from portkey_client import AsyncPortkey, ConfigurationError, Portkey, Retry
from portkey_client.options import option_headers
from tests.client.wire import KEYS, Wire

CONFIG = {"provider": "openai", "api_key": "sk-inside"}


def sent(wire: Wire) -> dict[str, str]:
    mine = ("x-", "authorization")
    return {name: value for name, value in wire.last.headers.items() if name.startswith(mine)}


# -- what travels


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        ({"metadata": {"_user": "ü", "team": "blue"}}, {"x-portkey-metadata": '{"_user":"\\u00fc","team":"blue"}'}),
        ({"trace_id": "t-1"}, {"x-portkey-trace-id": "t-1"}),
        ({"span_id": "s", "parent_span_id": "p"}, {"x-portkey-span-id": "s", "x-portkey-parent-span-id": "p"}),
        ({"span_name": "a b"}, {"x-portkey-span-name": "a b"}),
        ({"cache_namespace": "n"}, {"x-portkey-cache-namespace": "n"}),
        ({"cache_force_refresh": True}, {"x-portkey-cache-force-refresh": "true"}),
        ({"cache_force_refresh": False}, {}),
        ({"request_timeout": 5000}, {"x-portkey-request-timeout": "5000"}),
        ({"strict_open_ai_compliance": False}, {"x-portkey-strict-open-ai-compliance": "false"}),
        ({"strict_open_ai_compliance": True}, {"x-portkey-strict-open-ai-compliance": "true"}),
        ({"forward_headers": ["x-a", "x-b"]}, {"x-portkey-forward-headers": "x-a,x-b"}),
        ({"debug": False}, {"x-portkey-debug": "false"}),
        ({"provider_options": {"aws_region": "eu", "x-portkey-file-purpose": "batch", "beta": True, "none": None}},
         {"x-portkey-aws-region": "eu", "x-portkey-file-purpose": "batch", "x-portkey-beta": "true"}),
        ({"provider_options": {"vertex_service_account_json": {"type": "x"}, "n": 7}},
         {"x-portkey-vertex-service-account-json": '{"type": "x"}', "x-portkey-n": "7"}),
        ({"headers": {"x-team": "blue"}}, {"x-team": "blue"}),
        ({"metadata": None, "trace_id": None, "provider_options": None, "headers": None}, {}),
    ],
)  # fmt: skip
def test_options_travel_in_their_headers(options: dict[str, Any], headers: dict[str, str]) -> None:
    """Each option travels under its true name, in the form the gateway reads, given at once or by with_options."""
    own = {"x-portkey-api-key": KEYS["api_key"], "x-portkey-virtual-key": KEYS["virtual_key"]}
    wire = Wire()
    wire.client(**options).batches.cancel("b")
    assert sent(wire) == own | headers
    wire.client().with_options(**options).batches.cancel("b")
    assert sent(wire) == own | headers


def test_options_stay_out_of_the_control_plane() -> None:
    """Labels and a provider's credentials are the gateway's business; no other server sees them."""
    wire = Wire()
    client = wire.client(trace_id="t", provider_options={"aws_secret_access_key": "s"}, headers={"x-team": "blue"})
    client.configs.list()
    assert sent(wire) == {"x-portkey-api-key": KEYS["api_key"], "x-team": "blue"}
    client.model_configs.pricing.retrieve("openai", "gpt-4o")
    assert sent(wire) == {"x-team": "blue"}


def test_an_argument_of_the_operation_wins() -> None:
    """A header that an operation names is an argument of one call, and wins over the option of the client."""
    wire = Wire()
    wire.client(trace_id="client").chat.completions.create(model="m", messages=[], x_portkey_trace_id="call")
    assert sent(wire)["x-portkey-trace-id"] == "call"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metadata": "text"}, "metadata must be a dict of text"),
        ({"metadata": {"n": 1}}, r"metadata\['n'\] is a int; write it as text"),
        ({"metadata": {"n": None}}, r"metadata\['n'\] is a NoneType"),
        ({"metadata": {"long": "x" * 129}}, r"metadata\['long'\] has 129 characters; 128 are allowed"),
        ({"trace_id": ""}, "trace_id must be text that is not empty"),
        ({"trace_id": 7}, "trace_id must be text"),
        ({"trace_id": "a\r\nx-b: c"}, "trace_id: the header x-portkey-trace-id holds a line break"),
        ({"span_name": "ü"}, "span_name: .* outside ASCII"),
        ({"cache_force_refresh": "yes"}, "cache_force_refresh must be True or False"),
        ({"strict_open_ai_compliance": 0}, "strict_open_ai_compliance must be True or False"),
        ({"request_timeout": 1.5}, "request_timeout must be a whole number of milliseconds"),
        ({"request_timeout": 0}, "request_timeout must be a whole number"),
        ({"request_timeout": True}, "request_timeout must be a whole number"),
        ({"forward_headers": "x-a"}, "forward_headers must be a list"),
        ({"forward_headers": []}, "forward_headers must be a list"),
        ({"forward_headers": ["x a"]}, "forward_headers: 'x a' is no name of a header"),
        ({"forward_headers": ["X-Portkey-Forward-Headers"]}, "forward_headers must not name X-Portkey-Forward-Headers"),
        ({"provider_options": {"aws_region": "a\nb"}}, "aws_region: the header x-portkey-aws-region holds a line"),
        ({"provider_options": {"a b": "c"}}, "a b: 'x-portkey-a b' is no name"),
        ({"headers": {"x-a": "a\nb"}}, "the header x-a holds a line break"),
        ({"headers": {"x a": None}}, "'x a' is no name of a header"),
        ({"timeout": 0}, "timeout must be more than 0 seconds"),
        ({"timeout": -1.0}, "timeout must be more than 0 seconds"),
    ],
)
def test_an_option_that_cannot_be_sent_is_refused(options: dict[str, Any], message: str) -> None:
    """A value that the header cannot hold is refused where it is given, by the name of the option."""
    with pytest.raises(ConfigurationError, match=message):
        Portkey(**KEYS, **options)
    with pytest.raises(ConfigurationError, match=message):
        Portkey(**KEYS).with_options(**options)


def test_an_option_nobody_knows() -> None:
    """A misspelled option, or one that only a new client can have, is an error of the program."""
    with pytest.raises(TypeError, match="metadat is no option of a client"):
        Portkey(**KEYS, metadat={})  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="base_url is no option of a client"):
        Portkey(**KEYS).with_options(base_url="http://h")  # type: ignore[call-arg]


@given(st.dictionaries(st.text(), st.one_of(st.text(max_size=200), st.integers(), st.none()), max_size=4))
def test_metadata_arrives_whole_or_is_refused(metadata: dict[str, Any]) -> None:
    """Metadata of any text arrives as it was, in one ASCII header; what breaks the limits is refused."""
    legal = all(isinstance(each, str) and len(each) <= 128 for each in metadata.values())
    if not legal:
        with pytest.raises(ConfigurationError, match=r"^metadata\["):
            option_headers({"metadata": metadata})
        return
    text = option_headers({"metadata": metadata})["x-portkey-metadata"]
    assert text is not None
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == metadata


# -- with_options


def test_with_options_leaves_the_client_as_it_is() -> None:
    """The new client has what was changed and all the rest; the old one sends what it sent before."""
    wire = Wire()
    client = wire.client(headers={"x-team": "blue", "x-none": "1"}, metadata={"a": "1"}, trace_id="t")
    client.batches.list()
    before = sent(wire)
    other = client.with_options(
        headers={"X-Team": "red", "x-none": None}, metadata={"b": "2"}, trace_id=None, provider_options={"n": 1}
    )
    other.batches.list()
    keys = {"x-portkey-api-key": KEYS["api_key"], "x-portkey-virtual-key": KEYS["virtual_key"]}
    assert sent(wire) == keys | {"x-team": "red", "x-portkey-metadata": '{"b":"2"}', "x-portkey-n": "1"}
    other.with_options(span_id="s").batches.list()
    assert sent(wire)["x-portkey-span-id"] == "s"
    for each in (client, client.with_options()):
        each.batches.list()
        assert sent(wire) == before
    assert wire.last.headers["user-agent"].startswith("portkey-client/")


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "timeout": st.sampled_from([None, 1.0]),
        "retries": st.integers(0, 3),
        "hooks": st.sampled_from([[], [print]]),
        "headers": st.dictionaries(st.sampled_from(["x-a", "X-A", "x-b"]), st.sampled_from([None, "1"])),
        "metadata": st.sampled_from([None, {"a": "b"}]),
        "trace_id": st.sampled_from([None, "t"]),
        "config": st.sampled_from([None, "pc", CONFIG]),
        "virtual_key": st.sampled_from(["w"]),
        "provider_options": st.sampled_from([None, {"n": 1}]),
    },
)


@given(OPTIONS, OPTIONS)
def test_no_option_changes_its_client(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Whatever is changed, a client made before goes on as it was, its settings untouched and its requests the same."""
    wire = Wire()
    client = wire.client(**first)
    before = _state(client), _request(client)
    other = client.with_options(**second)
    _request(other)
    other.with_options(**first)
    assert (_state(client), _request(client)) == before
    assert type(other) is type(client)


def _state(client: Portkey) -> dict[str, Any]:
    copies = {name: dict(each) if isinstance(each, dict) else each for name, each in vars(client._settings).items()}
    return copies | {"credentials": dict(client._settings.credentials._given)}


def _request(client: Portkey) -> dict[str, Any]:
    return client._settings.request(_CANCEL, {}, {"path": {"batch_id": "b"}}).arguments


def test_timeout_retries_and_hooks_of_a_changed_client() -> None:
    """What the call path reads is in the settings, and a call's own options win over those."""
    wire = Wire()
    client = wire.client(retries=1, hooks=[print])
    assert (client._settings.retries, client._settings.hooks) == (Retry(1), (print,))
    other = client.with_options(timeout=7.0, retries=3, hooks=[])
    assert (other._settings.retries, other._settings.hooks) == (Retry(3), ())
    assert (client._settings.retries, Portkey(**KEYS)._settings.retries) == (Retry(1), Retry())
    other.batches.list()
    assert wire.last.extensions["timeout"]["read"] == 7.0
    other.batches.list(timeout=8.0)
    assert wire.last.extensions["timeout"]["read"] == 8.0
    other.with_options(timeout=None).batches.list()
    assert wire.last.extensions["timeout"]["read"] is None


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"virtual_key": "w"}, {"x-portkey-virtual-key": "w"}),
        ({"api_key": "other"}, {"x-portkey-api-key": "other"}),
        ({"config": {"retry": {"attempts": 2}}}, {"x-portkey-config": '{"retry":{"attempts":2}}'}),
        ({"provider": "@p", "virtual_key": None}, {"x-portkey-virtual-key": None, "x-portkey-provider": "@p"}),
        (
            {"provider": "p", "authorization": "sk"},
            {"x-portkey-virtual-key": None, "x-portkey-provider": "p", "authorization": "Bearer sk"},
        ),
    ],
)
def test_credentials_of_a_changed_client(changes: dict[str, Any], headers: dict[str, str | None]) -> None:
    """A changed credential joins the old ones where they go together, else it takes the place of the way there was."""
    wire = Wire()
    wire.client().with_options(**changes).batches.list()
    old = {"x-portkey-api-key": KEYS["api_key"], "x-portkey-virtual-key": KEYS["virtual_key"]}
    assert sent(wire) == {name: value for name, value in (old | headers).items() if value is not None}


def test_credentials_that_fit_in_no_way() -> None:
    """A changed credential that goes with nothing is refused as at the start, without a value."""
    client = Portkey(**KEYS)
    with pytest.raises(ConfigurationError, match=r"api_key \+ authorization \+ virtual_key will not do") as caught:
        client.with_options(authorization="sk-secret")
    with pytest.raises(ConfigurationError, match="virtual_key is empty"):
        client.with_options(virtual_key="")
    assert "secret" not in str(caught.value)


def test_a_changed_client_uses_the_same_connections() -> None:
    """Both use one transport, whoever opens it; only the client that was built closes it."""
    client = Portkey(**KEYS)
    with client.with_options(timeout=5.0) as other:
        other._lanes.give_back(lane := other._lanes.take())
        assert client._lanes.take() is lane
        assert other.with_options(trace_id="t")._lanes is client._lanes
        opened = lane.http
    assert not opened.is_closed
    client.close()
    assert opened.is_closed


def test_a_changed_asynchronous_client_uses_the_same_connections() -> None:
    """The asynchronous client shares and closes in the same way."""

    async def use() -> tuple[bool, bool]:
        async with AsyncPortkey(**KEYS) as client:
            async with client.with_options(timeout=5.0) as other:
                other._lanes.give_back(lane := other._lanes.take())
            return lane is client._lanes.take(), lane.http.is_closed

    assert asyncio.run(use()) == (True, False)


def test_a_changed_client_has_resources_of_its_own() -> None:
    """A branch that the first client has loaded belongs to that one; the other makes its own."""
    client = Portkey(**KEYS)
    assert client.batches is client.batches
    other = client.with_options(trace_id="t")
    assert other.batches is not client.batches
    assert other.batches is other.batches


def test_a_subclass_stays_what_it_is() -> None:
    """A client of a class of one's own keeps its class and its attributes."""

    class Mine(Portkey):
        team = ""

    client = Mine(**KEYS)
    client.team = "blue"
    other = client.with_options(trace_id="t")
    assert (type(other), other.team) == (Mine, "blue")


def test_neither_repr_nor_settings_show_a_secret() -> None:
    """No option makes a credential readable in a repr: keys, configs, headers, a provider's own."""
    client = Portkey(
        api_key="secret-1",
        config={"provider": "openai", "api_key": "secret-2"},
        authorization="secret-3",
        headers={"x-key": "secret-4"},
        provider_options={"aws_secret_access_key": "secret-5"},
    )
    other = client.with_options(api_key="secret-6", metadata={"a": "secret-7"})
    shown = [
        repr(each) for client in (client, other) for each in (client, client._settings, client._settings.credentials)
    ]
    assert "secret" not in "".join(shown)


def test_httpx_sends_what_was_merged() -> None:
    """Removing a default header of ours leaves httpx's own, never both."""
    wire = Wire(httpx.Response(200, json={}))
    wire.client(headers={"user-agent": "mine"}).batches.list()
    assert wire.last.headers.get_list("user-agent") == ["mine"]
