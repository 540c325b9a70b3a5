"""A gateway as the suite needs to know it: a small YAML file, checked field by field."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import yaml

from tests.contract.document import DOCUMENT, operations
from tests.contract.results import Deviation

FOLDER: Final = Path(__file__).parent / "profiles"

_VARIABLE: Final = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_SLASHES: Final = ("none", "required")
_OPERATIONS: Final = tuple(map(str, operations(DOCUMENT)))


class ProfileError(ValueError):
    """A profile cannot be used; the message names the field and the remedy."""


@dataclass(frozen=True)
class Profile:
    """A gateway.

    Attributes:
        name: what reports call it.
        address: where its API is, with the path that comes before `/batches`; empty if it is started or in process.
        start: how it is started, by the name of a starter in `starters`; empty if it runs already.
        slash: whether its paths have to end with a slash.
        credentials: headers, each with the environment variable it comes from in `${NAME}`, or `${NAME:-default}`. They
            go with every request and nothing generated replaces them.
        others: the same of a second account, which must not get at what the first has.
        idempotent: patterns of the operations that make a thing once for one `Idempotency-Key`.
        headers: more headers of every request, such as routing.
        operations: patterns of the operations it has, such as `POST /batches*`; empty for all.
        without: patterns of operations it does not have all the same.
        discover: whether an operation that it does not know is taken for one it does not have, and not for a fault.
        allow: operations that may be sent to a public host although they destroy or cost, by their exact names.
        deviations: what is known to be otherwise.
        ids: ids of things that exist, where the suite cannot make them: by path parameter (`batch_id`), by path
            (`/admin/users/{userId}`), or by member of a body.
        expendable: whether things that the suite did not make may be ended and deleted.
        bodies: valid bodies by operation, where the suite's own would be refused.
        accepts: what a request that conforms to the document may be answered with.
        limit: seconds in which an answer has to be there.
        patience: seconds that a batch may take to end.
    """

    name: str
    address: str = ""
    start: str = ""
    slash: Literal["none", "required"] = "none"
    credentials: Mapping[str, str] = field(default_factory=dict[str, str])
    others: Mapping[str, str] = field(default_factory=dict[str, str])
    idempotent: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    operations: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    discover: bool = False
    expendable: bool = False
    allow: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict[str, str])
    bodies: Mapping[str, Any] = field(default_factory=dict[str, Any])
    accepts: tuple[str, ...] = ("2xx", "401", "403", "404", "409", "422", "426", "429")
    limit: float = 10.0
    patience: float = 30.0

    def has(self, operation: str) -> bool:
        """Whether it is said to have an operation, given as `POST /batches`."""
        wanted = not self.operations or any(fnmatchcase(operation, each) for each in self.operations)
        return wanted and not any(fnmatchcase(operation, each) for each in self.without)

    def secrets(self, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The header fields of the credentials.

        Raises:
            ProfileError: an environment variable is not set.
        """
        return {name: _filled(f"credentials.{name}", value, environment) for name, value in self.credentials.items()}

    def secrets_of_others(self, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The header fields of the credentials of the second account; it raises as `secrets` does."""
        return {name: _filled(f"others.{name}", value, environment) for name, value in self.others.items()}

    def hidden(self) -> dict[str, str]:
        """All that no report may hold, by what it is called in `shown`; it raises as `secrets` does."""
        return {**self.secrets(), **{f"{name} of others": value for name, value in self.secrets_of_others().items()}}

    def shown(self) -> dict[str, str]:
        """The header fields of the credentials as a shell would fill them in: `Bearer $OPENAI_API_KEY`."""
        every = {**self.credentials, **{f"{name} of others": value for name, value in self.others.items()}}
        return {name: _VARIABLE.sub(r"$\g<name>", value) for name, value in every.items()}


def load(name: str) -> Profile:
    """The profile of this name, or at this path.

    Raises:
        ProfileError: there is none, or it cannot be used.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise ProfileError(f"gateway {name!r} is none of {', '.join(known())}, and no YAML file; give one of these")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ProfileError(f"{path.name} is no YAML: {error}") from error
    return read(raw, path.stem)


def known() -> list[str]:
    """The names of the profiles that come with the suite."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read(raw: Any, name: str) -> Profile:
    """The profile in the data of a YAML file, called `name` unless it says otherwise.

    Raises:
        ProfileError: it cannot be used.
    """
    if not isinstance(raw, dict):
        raise ProfileError(f"{name}: a profile is a mapping of fields, such as `address: http://127.0.0.1:8787/v1`")
    allowed = {each.name for each in fields(Profile)}
    if unknown := sorted(map(str, raw.keys() - allowed)):
        raise ProfileError(f"{name}: {unknown[0]} is no field of a profile; there are {', '.join(sorted(allowed))}")
    given: dict[str, Any] = {"name": name}
    given |= {key: _checked(f"{name}: {key}", key, value) for key, value in raw.items() if value is not None}
    profile = Profile(**given)
    for pattern in (*profile.operations, *profile.without, *profile.idempotent):
        if not any(fnmatchcase(each, pattern) for each in _OPERATIONS):
            raise ProfileError(f"{name}: operations: {pattern!r} is no operation; write `POST /batches*`, method first")
    return profile


def at(address: str, wanted: Sequence[str] = (), base: Profile | None = None) -> Profile:
    """A profile of a gateway of which nothing is known but its address and, perhaps, the operations it has.

    An operation that is named exactly was asked for by name, and may be sent to a public host.

    Raises:
        ProfileError: the address is none, or there is no such operation.
    """
    start: dict[str, Any] = {} if base is None else {each.name: getattr(base, each.name) for each in fields(Profile)}
    given: dict[str, Any] = {"address": address} if address else {}
    if wanted:
        exact = [each for each in wanted if "*" not in each]
        kept = [each for each in start.get("without", ()) if not any(fnmatchcase(name, each) for name in exact)]
        given |= {"operations": list(wanted), "allow": [*start.get("allow", ()), *exact], "without": kept}
    elif base is None:
        given["discover"] = True
    checked = read(given, urlsplit(address).netloc if base is None else base.name)
    start |= {key: getattr(checked, key) for key in given} | {"name": checked.name}
    return Profile(**start)


def is_public(address: str) -> bool:
    """Whether an address is anything but loopback or private: a name that is not plainly local is public."""
    host = urlsplit(address).hostname or ""
    if host in ("localhost", "") or host.endswith((".localhost", ".local", ".internal", ".test")):
        return False
    try:
        found = ip_address(host)
    except ValueError:
        return True
    return not (found.is_loopback or found.is_private)


def _filled(where: str, value: str, environment: Mapping[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        text = environment.get(found["name"]) or found["default"]
        if text is None:
            raise ProfileError(f"{where}: the environment variable {found['name']} is not set; export it")
        return text

    return _VARIABLE.sub(fill, value)


def _checked(where: str, key: str, value: Any) -> Any:
    reader = _READERS.get(key)
    return _of(where, value, str, "text") if reader is None else reader(where, value)


def _of(where: str, value: Any, kind: type, called: str) -> Any:
    if not isinstance(value, kind):
        raise ProfileError(f"{where} must be {called}, is {value!r}")
    return value


def _list(where: str, value: Any) -> list[Any]:
    return list(_of(where, value, list, "a list"))


def _texts(where: str, value: Any) -> tuple[str, ...]:
    return tuple(str(_of(f"{where}[{number}]", each, str, "text")) for number, each in enumerate(_list(where, value)))


def _texts_by_name(where: str, value: Any) -> dict[str, str]:
    named = _of(where, value, dict, "a mapping of names to text")
    return {str(name): str(_of(f"{where}.{name}", each, str, "text")) for name, each in named.items()}


def _one_of(where: str, value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ProfileError(f"{where} must be one of {', '.join(choices)}, is {value!r}")
    return str(value)


def _seconds(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise ProfileError(f"{where} must be seconds, more than 0, is {value!r}")
    return float(value)


def _address(where: str, value: Any) -> str:
    url = urlsplit(str(value))
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
        raise ProfileError(f"{where} must be an address such as http://127.0.0.1:8787/v1, without key or query")
    return str(value).rstrip("/")


def _credentials(where: str, value: Any) -> dict[str, str]:
    named = _texts_by_name(where, value)
    for name, text in named.items():
        if not _VARIABLE.search(text):
            raise ProfileError(
                f"{where}.{name} must name an environment variable, as in ${{API_KEY}}, not hold the key"
            )
    return named


def _deviation(where: str, value: Any) -> Deviation:
    named = _texts_by_name(where, value)
    if missing := {"operation", "check", "reason"} - named.keys():
        raise ProfileError(f"{where} lacks {', '.join(sorted(missing))}")
    return Deviation(named["operation"], named["check"], named["reason"])


def _bodies(where: str, value: Any) -> dict[str, Any]:
    bodies: dict[str, Any] = _of(where, value, dict, "a mapping of operations to bodies")
    for name in bodies:
        if name not in _OPERATIONS:
            raise ProfileError(f"{where}: {name!r} is no operation; write it as `POST /chat/completions`")
    return bodies


def _slash(where: str, value: Any) -> str:
    return _one_of(where, value, _SLASHES)


def _switch(where: str, value: Any) -> Any:
    return _of(where, value, bool, "true or false")


def _deviations(where: str, value: Any) -> tuple[Deviation, ...]:
    return tuple(_deviation(f"{where}[{number}]", each) for number, each in enumerate(_list(where, value)))


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "address": _address,
    "slash": _slash,
    "credentials": _credentials,
    "others": _credentials,
    "headers": _texts_by_name,
    "ids": _texts_by_name,
    **dict.fromkeys(("operations", "without", "idempotent", "allow", "accepts"), _texts),
    **dict.fromkeys(("discover", "expendable"), _switch),
    **dict.fromkeys(("limit", "patience"), _seconds),
    "deviations": _deviations,
    "bodies": _bodies,
}
