"""How gateways are started: each starter by the name that a profile gives in `start`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from tests.contract.child import free_port, running
from tests.contract.profiles import Profile, ProfileError

Starter: TypeAlias = Callable[[Profile], AbstractContextManager[Profile]]
"""Starts a gateway, yields its profile with the address, and with headers that only now are known, such as where the
provider behind it is, once it answers; and stops it whatever happens."""

_HERE: Final = Path(__file__).parent / "gateways"
_ROOT: Final = Path(__file__).parents[2]
_SOURCES: Final = ("generated", "overlay")

NODE: Final = _ROOT / ".venv-portkey-oss"
"""Where `make gateways` puts the Portkey AI gateway."""

LITELLM: Final = _ROOT / ".venv-litellm"
"""Where `make gateways` puts the LiteLLM proxy."""

_LIMIT: Final = 180.0
"""Seconds that a gateway may take to answer. LiteLLM takes 20 on a machine that has nothing else to do."""


@contextmanager
def _portkey(profile: Profile) -> Generator[Profile]:
    """The Portkey AI gateway, which learns of its provider from a header of each request."""
    script = NODE / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    node = shutil.which("node")
    if node is None:
        raise ProfileError(f"{profile.name} needs node; install it, or give an address: BASE_URL=...")
    _installed(profile, script)
    with _provided(profile) as (folder, provider):
        port = free_port()
        command: list[str | Path] = [node, "--require", _HERE / "loopback.cjs", script, "--headless", f"--port={port}"]
        with running(
            profile.name, command, f"http://127.0.0.1:{port}/", folder, {"CONTRACT_PROVIDER": provider}, _LIMIT
        ):
            headers = {**profile.headers, "x-portkey-custom-host": provider}
            yield replace(profile, address=f"http://127.0.0.1:{port}/v1", headers=headers)


@contextmanager
def _litellm(profile: Profile) -> Generator[Profile]:
    """The LiteLLM proxy without a database; every model and all files are those of the provider."""
    python = LITELLM / "bin" / "python"
    _installed(profile, python)
    key = profile.secrets()["authorization"].removeprefix("Bearer ")
    with _provided(profile) as (folder, provider):
        port = free_port()
        config = folder / "config.yaml"
        config.write_text(yaml.safe_dump(_settings(provider)), encoding="utf-8")
        arguments: list[str | Path] = [
            "litellm.proxy.proxy_cli",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--config",
            config,
        ]
        environment = {
            "LITELLM_MASTER_KEY": key,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_TELEMETRY": "False",
            "HF_HUB_OFFLINE": "1",
            "OPENAI_API_KEY": _PROVIDER_KEY,
            "OPENAI_BASE_URL": provider,
            "OPENAI_API_BASE": provider,
        }
        command: list[str | Path] = [python, _HERE / "loopback.py", *arguments]
        with running(profile.name, command, f"http://127.0.0.1:{port}/health/liveliness", folder, environment, _LIMIT):
            yield replace(profile, address=f"http://127.0.0.1:{port}/v1")


_PROVIDER_KEY: Final = "sk-of-the-provider"


def _settings(provider: str) -> dict[str, object]:
    """The configuration of LiteLLM."""
    behind = {"api_base": provider, "api_key": _PROVIDER_KEY}
    return {
        "model_list": [{"model_name": "*", "litellm_params": {**behind, "model": "openai/*"}}],
        "files_settings": [{"custom_llm_provider": "openai", **behind}],
        "finetune_settings": [{"custom_llm_provider": "openai", **behind}],
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
    }


@contextmanager
def _provided(profile: Profile) -> Generator[tuple[Path, str]]:
    """A folder for the logs, and our mock as the provider behind a gateway, in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix=f"contract-{profile.name}-"))
    sys.stdout.write(f"{profile.name}: logs in {folder}\n")
    port = free_port()
    paths = ":".join([*(str(_ROOT / each) for each in _SOURCES), str(_HERE)])
    command: list[str | Path] = [sys.executable, _HERE / "loopback.py", "provider", str(port)]
    address = f"http://127.0.0.1:{port}/v1"
    with running("provider", command, address, folder, {"PYTHONPATH": paths}, _LIMIT):
        yield folder, address


def _installed(profile: Profile, path: Path) -> None:
    if not path.is_file():
        raise ProfileError(f"{profile.name} is not installed; run make gateways, or give an address: BASE_URL=...")


STARTERS: Final[Mapping[str, Starter]] = {"portkey-oss": _portkey, "litellm": _litellm}


@contextmanager
def started(profile: Profile) -> Generator[Profile]:
    """The profile of a gateway with its address, the gateway started for as long as this lasts.

    Raises:
        ProfileError: nothing is known of where it is or how it starts, or it does not start.
    """
    if profile.address:
        yield replace(profile, start="")  # what is behind it is not ours
        return
    if profile.start not in STARTERS:
        raise ProfileError(f"{profile.name}: there is no starter {profile.start!r}; give its address as BASE_URL=...")
    with STARTERS[profile.start](profile) as there:
        yield there
