"""Profiles: what they say, and what is said of bad ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.profiles import Profile, ProfileError, at, is_public, known, load, read
from tests.contract.registry import CHECKS
from tests.contract.results import Deviation


@pytest.mark.parametrize("name", known())
def test_profiles_can_be_used(name: str) -> None:
    """Every profile that comes with the suite is valid, and expects nothing of a check that does not exist."""
    profile = load(name)
    assert profile.name == name
    assert {check for each in profile.deviations for check in each.checks} <= CHECKS.keys()


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    """A path to a YAML file does as well as a name, and the file gives the name."""
    path = tmp_path / "mine.yaml"
    path.write_text("address: http://127.0.0.1:9/v1/\noperations: ['GET /files*']\nlimit: 2\n")
    profile = load(str(path))
    assert (profile.name, profile.address, profile.limit) == ("mine", "http://127.0.0.1:9/v1", 2.0)
    assert profile.has("GET /files/{file_id}")
    assert not profile.has("POST /files")


BAD: tuple[tuple[Any, str], ...] = (
    ([], "a profile is a mapping of fields"),
    ({"adress": "x"}, "adress is no field of a profile; there are accepts, address"),
    ({"address": "127.0.0.1:80"}, "address must be an address such as http"),
    ({"address": "http://key@127.0.0.1/v1"}, "without key or query"),
    ({"slash": "both"}, "slash must be one of none, required, is 'both'"),
    ({"credentials": {"authorization": "Bearer sk-1"}}, r"credentials.authorization must name an environment variable"),
    ({"headers": {"a": 1}}, "headers.a must be text, is 1"),
    ({"operations": "GET /files"}, "operations must be a list"),
    ({"operations": ["GET /nothing"]}, "'GET /nothing' is no operation"),
    ({"discover": "yes"}, "discover must be true or false"),
    ({"limit": 0}, "limit must be seconds, more than 0"),
    ({"deviations": [{"operation": "*", "check": "succeeds"}]}, r"deviations\[0\] lacks reason"),
    ({"bodies": {"POST /nothing": {}}}, "bodies: 'POST /nothing' is no operation"),
)


@pytest.mark.parametrize(("raw", "message"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_profile_is_named(raw: Any, message: str) -> None:
    """What is wrong with a profile is said with the field and the remedy."""
    with pytest.raises(ProfileError, match=message):
        read(raw, "mine")


def test_unknown_names_and_broken_files(tmp_path: Path) -> None:
    """A name that is none lists those there are; a file that is no YAML says so."""
    with pytest.raises(ProfileError, match="none of litellm, mock, openai"):
        load("nobody")
    path = tmp_path / "broken.yaml"
    path.write_text("{")
    with pytest.raises(ProfileError, match=r"broken\.yaml is no YAML"):
        load(str(path))


def test_credentials_come_from_the_environment() -> None:
    """A key is read from its variable or its default, shown as the variable, and missed by name."""
    profile = Profile("mine", credentials={"authorization": "Bearer ${A_KEY}", "x-other": "${B_KEY:-b}"})
    assert profile.secrets({"A_KEY": "sk-1"}) == {"authorization": "Bearer sk-1", "x-other": "b"}
    assert profile.shown() == {"authorization": "Bearer $A_KEY", "x-other": "$B_KEY"}
    with pytest.raises(ProfileError, match="the environment variable A_KEY is not set; export it"):
        profile.secrets({})


def test_a_second_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of another account is read like the first one, hidden like it, and missed by name."""
    profile = Profile("mine", others={"authorization": "Bearer ${C_KEY}"})
    with pytest.raises(ProfileError, match=r"others\.authorization: the environment variable C_KEY is not set"):
        profile.hidden()
    monkeypatch.setenv("C_KEY", "sk-3")
    assert profile.hidden() == {"authorization of others": "Bearer sk-3"}
    assert profile.shown() == {"authorization of others": "Bearer $C_KEY"}


def test_an_address_is_enough() -> None:
    """Of an unknown gateway, what it does not know is found out; operations that are named exactly may be sent."""
    assert at("http://127.0.0.1:9/v1").discover
    named = at("http://127.0.0.1:9/v1", ["POST /batches", "GET /files*"])
    assert (named.allow, named.discover, named.has("POST /batches")) == (("POST /batches",), False, True)
    assert not at("", ["* /batches*"], load("respan")).has("GET /batches/{batch_id}/output")
    assert at("", ["GET /batches/{batch_id}/output"], load("respan")).has("GET /batches/{batch_id}/output")
    moved = at("http://127.0.0.1:9/v1", [], load("respan"))
    assert (moved.name, moved.slash, moved.address) == ("respan", "required", "http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("http://127.0.0.1:1/v1", False),
        ("http://localhost", False),
        ("http://10.1.2.3", False),
        ("http://[::1]:80", False),
        ("https://api.portkey.ai/v1", True),
        ("http://8.8.8.8", True),
        ("http://gateway", True),
    ],
)
def test_public_hosts(address: str, public: bool) -> None:
    """Whatever is not plainly this machine or a private network is public."""
    assert is_public(address) is public


def test_deviations_are_patterns() -> None:
    """A deviation covers the operations its pattern names, and one check."""
    deviation = Deviation("GET /batches*", "paging", "why")
    assert deviation.covers("GET /batches/{batch_id}", "paging")
    assert not deviation.covers("POST /batches", "paging")
    assert not deviation.covers("GET /batches", "listed")
