"""Secrets are left out of whatever is shown or written down: by the name they have, and wherever they turn up again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, urlencode

from portkey_mock.jsonvalue import Json, is_array, is_object
from portkey_mock.message import Headers

HIDDEN: Final = "***"
"""Stands for a secret."""

_CONFIG: Final = "x-portkey-config"
_TELLING: Final = 6
_SCHEMES: Final = ("basic", "bearer")
_SECRET_HEADER: Final = re.compile(
    r"key|secret|token|passw|passphrase|auth|credential|cookie|service-account", re.IGNORECASE
)
_SECRET_MEMBER: Final = re.compile(
    r"((^|[_-])(key|secret|password|passphrase|token|credentials?|authorization|access_key_id)|[a-z](Key|Secret|Token))$"
)


def hide_headers(headers: Headers) -> Headers:
    """`headers` without credentials; a scheme such as `Bearer` stays, and so does the rest of a config."""
    return tuple((name, _shown(name, value)) for name, value in headers)


def hide_query(query: str) -> str:
    """`query` without the values of secret parameters."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    if not any(_SECRET_MEMBER.search(name) for name, _ in pairs):
        return query
    return urlencode([(name, HIDDEN if _SECRET_MEMBER.search(name) else value) for name, value in pairs], safe="*")


def hide_json(value: Json) -> Json:
    """`value` without the texts of secret members, at any depth. The tokens of `logprobs` are no secrets."""
    if is_array(value):
        return [hide_json(item) for item in value]
    if not is_object(value):
        return value
    spoken = "logprob" in value
    return {
        name: HIDDEN if not spoken and isinstance(member, str) and _SECRET_MEMBER.search(name) else hide_json(member)
        for name, member in value.items()
    }


def secrets_of(headers: Headers) -> list[str]:
    """The secrets that `headers` carry, the longest first: those long enough not to be part of anything else."""
    found: set[str] = set()
    for name, value in headers:
        if name == _CONFIG:
            found.update(_secret_members(_parsed(value)))
        elif _is_secret(name):
            found.add(value.partition(" ")[2] if value.lower().startswith(_SCHEMES) else value)
    return sorted((secret.strip() for secret in found if len(secret.strip()) >= _TELLING), key=len, reverse=True)


def hide_values(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, wherever they stand in it."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _is_secret(header: str) -> bool:
    return bool(_SECRET_HEADER.search(header.removeprefix("x-portkey-")))


def _shown(name: str, value: str) -> str:
    if name == _CONFIG and value.lstrip().startswith("{"):
        config = _parsed(value)
        return HIDDEN if config is None else json.dumps(hide_json(config))
    if not _is_secret(name):
        return value
    scheme, _, secret = value.partition(" ")
    return f"{scheme} {HIDDEN}" if secret and scheme.lower() in _SCHEMES else HIDDEN


def _parsed(value: str) -> Json:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _secret_members(value: Json) -> Iterator[str]:
    if is_object(value):
        yield from (str(member) for name, member in value.items() if _SECRET_MEMBER.search(name))
    for child in value.values() if is_object(value) else value if is_array(value) else ():
        yield from _secret_members(child)
