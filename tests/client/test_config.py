from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_client import Config, ConfigurationError
from portkey_client.config import checked_config

WHOLE: Config = {
    "strategy": {
        "mode": "conditional",
        "conditions": [{"query": {"metadata.plan": {"$eq": "paid"}}, "then": "best"}],
        "default": "cheap",
        "on_status_codes": [429, 529],
    },
    "targets": [
        {
            "name": "best",
            "provider": "openai",
            "api_key": "sk-secret",
            "weight": 0.7,
            "override_params": {"model": "gpt-4o"},
            "default_params": {"temperature": 0},
            "drop_params": ["logprobs"],
            "custom_host": "https://h/v1",
            "forward_headers": ["x-a"],
            "strict_open_ai_compliance": False,
            "passthrough": True,
        },
        {
            "name": "cheap",
            "strategy": {"mode": "loadbalance"},
            "targets": [{"virtual_key": "vk-secret", "weight": 1}, {"provider": "@stored", "weight": 0}],
            "cb_config": {
                "failure_threshold": 5,
                "failure_threshold_percentage": 12.5,
                "minimum_requests": 10,
                "cooldown_interval": 30000,
                "failure_status_codes": [500],
            },
        },
    ],
    "cache": {"mode": "semantic", "max_age": 60},
    "retry": {"attempts": 5, "on_status_codes": [500], "use_retry_after_header": True},
    "request_timeout": 10000,
    "input_guardrails": ["pg-1", {"deny": True}],
    "output_guardrails": ["pg-2"],
    "before_request_hooks": [{"id": "h"}],
    "after_request_hooks": [{"id": "h"}],
}


def test_a_config_travels_as_json() -> None:
    """A config with everything in it passes the check and arrives whole, as one line of ASCII."""
    text = checked_config(WHOLE, saved=False)
    assert json.loads(text) == WHOLE
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize(
    "config",
    [
        {"retry": {"attempts": 0, "use_retry_after_headers": True}},
        {"cache": {"mode": "simple"}},
        {"provider": "bedrock", "aws_access_key_id": "x", "aws_region": "eu"},
        {"provider": "vertex-ai", "vertex_service_account_json": {"type": "x"}},
        {"virtual_key": "v"},
        {"strategy": {"mode": "fallback"}, "targets": ({"provider": "a"}, {"provider": "b"})},
    ],
)
def test_what_gateways_take_passes(config: dict[str, Any]) -> None:
    """Configs of other shapes pass, also with keys of single providers, and lists of any kind."""
    assert json.loads(checked_config(config, saved=False)) == json.loads(json.dumps(config))


def test_mappings_of_any_kind_pass() -> None:
    """A mapping that is no dict, and a sequence that is no list, are written like those."""
    retry = MappingProxyType({"attempts": 1})
    codes = range(500, 502)
    config = MappingProxyType({"retry": retry, "strategy": {"mode": "fallback", "on_status_codes": codes}, "targets": [
        {"provider": "a"}]})  # fmt: skip
    told = json.loads(checked_config(config, saved=False))
    assert (told["retry"], told["strategy"]["on_status_codes"]) == ({"attempts": 1}, [500, 501])


def test_a_config_that_holds_itself_is_refused() -> None:
    """A config without an end is refused like any other that cannot be written."""
    config: dict[str, Any] = {"strategy": {"mode": "single"}}
    config["targets"] = [config]
    with pytest.raises(ConfigurationError, match="config holds a value that JSON cannot"):
        checked_config(config, saved=True)


def test_saved_ids_and_json_text() -> None:
    """Text is the id of a saved config, unless it is JSON: then it is checked like any other."""
    assert checked_config("pc-123", saved=True) == "pc-123"
    assert checked_config(' {"retry": {"attempts": 1}}', saved=True) == '{"retry":{"attempts":1}}'
    with pytest.raises(ConfigurationError, match=r"config\.retry\.attempts must be a whole number from 0 to 5"):
        checked_config('{"retry": {"attempts": 9}}', saved=True)
    with pytest.raises(ConfigurationError, match="config starts like JSON but is none"):
        checked_config('{"retry"', saved=True)
    with pytest.raises(ConfigurationError, match="config must be a dict or JSON text, not an id"):
        checked_config("pc-123", saved=False)


ONE = {"provider": "openai"}
TWO = {"strategy": {"mode": "single"}, "targets": [ONE]}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "config must be an object (a dict)"),
        (None, "config must be an object"),
        ({}, "config says nothing a gateway can use; it needs one of provider, virtual_key, targets"),
        ({"weight": 1}, "config says nothing a gateway can use"),
        ({"strategy": {"mode": "single"}, "retry": {"attempts": 1}}, "config.targets is missing: strategy needs it"),
        ({"targets": [ONE]}, "config.strategy is missing: targets needs it"),
        (TWO | {"strategy": {"mode": "best"}}, "config.strategy.mode must be one of single, loadbalance"),
        (TWO | {"strategy": {}}, "config.strategy.mode is missing"),
        (TWO | {"strategy": []}, "config.strategy must be an object (a dict)"),
        (TWO | {"strategy": {"mode": "fallback", "on_status_codes": [99]}},
         "config.strategy.on_status_codes[0] must be a whole number from 100 to 999"),
        (TWO | {"strategy": {"mode": "fallback", "on_status_codes": 429}},
         "config.strategy.on_status_codes must be a list that is not empty"),
        (TWO | {"strategy": {"mode": "conditional"}}, "config.strategy.conditions is missing: the mode"),
        (TWO | {"strategy": {"mode": "conditional", "conditions": [{"query": {}, "then": "x"}]}},
         "config.strategy.conditions[0].then names no target; give a target that name"),
        (TWO | {"strategy": {"mode": "single", "default": "x"}}, "config.strategy.default names no target"),
        (TWO | {"strategy": {"mode": "conditional", "conditions": [{"query": {}}]}},
         "config.strategy.conditions[0].then is missing"),
        (TWO | {"targets": []}, "config.targets must be a list that is not empty"),
        (TWO | {"targets": [ONE, "secret"]}, "config.targets[1] must be an object (a dict)"),
        (TWO | {"targets": [ONE, {"weight": 1}]}, "config.targets[1] says nothing a gateway can use"),
        (TWO | {"targets": [ONE, TWO | {"targets": [ONE | {"weight": -1}]}]},
         "config.targets[1].targets[0].weight must be a number of at least 0"),
        (ONE | {"weight": True}, "config.weight must be a number of at least 0"),
        (ONE | {"apiKey": "secret"}, "config.apiKey is not known; is api_key meant?"),
        (ONE | {"virtual-key": "secret"}, "config.virtual-key is not known; is virtual_key meant?"),
        ({"retry": {"attempt": 1}}, "config.retry.attempts is missing"),
        ({"retry": {"attempts": 1, "on_status_code": [1]}}, "config.retry.on_status_code is not known; is on"),
        ({"retry": {"attempts": 1.0}}, "config.retry.attempts must be a whole number from 0 to 5"),
        ({"retry": {"attempts": 1, "use_retry_after_header": 1}}, "config.retry.use_retry_after_header must be"),
        ({"cache": {"mode": "exact"}}, "config.cache.mode must be one of simple, semantic"),
        ({"cache": {"mode": ["simple"]}}, "config.cache.mode must be one of simple, semantic"),
        ({"request_timeout": "5000"}, "config.request_timeout must be a whole number of at least 1"),
        ({"provider": ""}, "config.provider must be text that is not empty"),
        (ONE | {"custom_host": "h/v1"}, "config.custom_host must be an address that starts with http:// or https://"),
        ({"input_guardrails": [1]}, "config.input_guardrails[0] must be the id of a guardrail, or one written out"),
        ({"before_request_hooks": ["h"]}, "config.before_request_hooks[0] must be an object (a dict)"),
        (ONE | {"cb_config": {"cooldown_interval": 10}}, "config.cb_config.cooldown_interval must be a"),
        (ONE | {"override_params": {"x": object()}}, "config holds a value that JSON cannot"),
        (ONE | {"override_params": {"x": float("nan")}}, "config holds a value that JSON cannot"),
    ],
)  # fmt: skip
def test_a_config_that_cannot_work_is_refused_by_its_place(config: Any, message: str) -> None:
    """The first fault is named with its place and its remedy; no value is shown, as it may be a key."""
    with pytest.raises(ConfigurationError) as caught:
        checked_config(config, saved=True)
    assert str(caught.value).startswith(message)
    assert "secret" not in str(caught.value)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.just("s3cr3t"), st.just("single")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["strategy", "mode", "targets", "api_key", "retry", "attempts", "cache", "provider", "name"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(VALUES)
def test_any_value_is_a_config_or_refused(value: Any) -> None:
    """Whatever is given, it travels as the JSON it is, or is refused as what it is, without a word of what it holds."""
    told = answer(value)
    if isinstance(told, ConfigurationError):
        assert "s3cr3t" not in str(told)
    else:
        assert told == value if isinstance(value, str) else json.loads(told) == value


def answer(value: Any) -> str | ConfigurationError:
    try:
        return checked_config(value, saved=True)
    except ConfigurationError as error:
        return error
