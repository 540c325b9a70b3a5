"""The config of a request, and the provider that it is for: what the two Portkeys read from headers."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import lru_cache
from typing import Final

from portkey_mock.jsonvalue import Json, JsonObject, is_object
from portkey_mock.message import Request

CONFIG: Final = "x-portkey-config"
"""The header with a config: in JSON, or the id of a saved one."""

_TIMEOUT: Final = "x-portkey-request-timeout"


def provider_of(request: Request) -> str:
    """The provider that a request is for, in lower case: named in a header, or in the config that a header holds."""
    return _provider(request.header("x-portkey-provider"), request.header(CONFIG))


@lru_cache(maxsize=512)
def _provider(header: str | None, config: str | None) -> str:
    named = header or _config(config).get("provider")
    plain = isinstance(named, str) and named.isascii() and named.isprintable()
    return str(named).removeprefix("@").lower() if plain else "openai"


def config_of(request: Request) -> JsonObject:
    """The config in the header; nothing if it is not there or is the id of a saved one."""
    return _config(request.header(CONFIG))


def _config(text: str | None) -> JsonObject:
    if not text:
        return {}
    with suppress(ValueError, RecursionError):
        config: Json = json.loads(text)
        return config if is_object(config) else {}
    return {}


def patience_of(request: Request) -> float | None:
    """The seconds that a provider may take, as a header says in milliseconds, or else the config; None for any."""
    milliseconds = str(request.header(_TIMEOUT) or config_of(request).get("request_timeout"))
    return int(milliseconds) / 1000 if re.fullmatch("[0-9]{1,9}", milliseconds) else None
