"""The page for people at `/`, and what it reads and writes under `/_mock/`: state, journal and faults of a mock.

A web page from elsewhere can neither read nor change anything here: there are no CORS headers, a change has to be JSON
from the same origin, and a host that is no address of this machine is turned away (DNS rebinding).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from portkey_mock.errors import Refusal
from portkey_mock.faults import Fault, fault_from
from portkey_mock.jsonvalue import Json, is_array
from portkey_mock.message import Request, Response, json_response
from portkey_mock.mock import Mock
from portkey_mock.reading import read_json
from portkey_mock.realtime import Session

_PREFIX: Final = "/_mock/"
_SHOWN: Final = 200
_INLINE: Final = ("style", "script")
_HEADERS: Final = (
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
)
_Action: TypeAlias = Callable[[Request], Json]


class Console:
    """A mock and its page. Everything but `/` and `/_mock/` is the mock's; what is the page's is not in the journal."""

    def __init__(self, mock: Mock, *, hosts: frozenset[str] = frozenset()) -> None:
        """Shows `mock`; `hosts` are names, beside addresses and `localhost`, under which people may open the page."""
        self._mock = mock
        self._hosts = hosts
        self._actions: dict[tuple[str, str], _Action] = {
            ("GET", "state"): lambda _: mock.gateway.state(),
            ("GET", "journal"): self._journal,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add,
            ("DELETE", "faults"): self._clear,
            ("POST", "reset"): self._reset,
        }

    def handle(self, request: Request) -> Response:
        """Answers one request."""
        if request.path != "/" and not request.path.startswith(_PREFIX):
            return self._mock.handle(request)
        try:
            self._admit(request)
            if request.path == "/":
                return _page(request)
            return json_response(200, self._action(request)(request), _HEADERS)
        except Refusal as refusal:
            body = {"error": {"message": refusal.message, "code": refusal.code}}
            return json_response(refusal.status, body, (*_HEADERS, *refusal.headers))

    def connect(self, request: Request) -> Session | Response:
        """Opens a websocket of the mock's."""
        return self._mock.connect(request)

    def _admit(self, request: Request) -> None:
        """Turns away what another site may have sent.

        Raises:
            Refusal: 403 for another host or origin, 415 for a change that is no JSON.
        """
        host = request.header("host") or ""
        name = urlsplit(f"//{host}").hostname or ""
        if not (name == "localhost" or name in self._hosts or _is_address(name)):
            raise Refusal(403, f"The page is not open under the name {name!r}.", code="unknown_host")
        origin = request.header("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Refusal(403, "The page is open to itself only.", code="other_origin")
        media = (request.header("content-type") or "").partition(";")[0].strip().lower()
        if request.method == "POST" and media != "application/json":
            raise Refusal(415, "Send a change with content-type: application/json.", code="not_json")

    def _action(self, request: Request) -> _Action:
        name = request.path.removeprefix(_PREFIX)
        methods = [method for method, known in self._actions if known == name]
        if not methods:
            known = ", ".join(sorted({known for _, known in self._actions}))
            raise Refusal(404, f"There is no such thing under {_PREFIX}; there are {known}.", code="not_found")
        return self._actions.get((request.method, name)) or _not_allowed(methods)

    def _journal(self, _: Request) -> Json:
        return [call.to_json() for call in self._mock.journal.snapshot()[-_SHOWN:]]

    def _faults(self, _: Request) -> Json:
        return [fault.to_json() for fault in self._mock.faults.faults]

    def _add(self, request: Request) -> Json:
        value = read_json(request.body, "/body")
        self._mock.faults.add(*map(_fault, value if is_array(value) else [value]))
        return self._faults(request)

    def _clear(self, request: Request) -> Json:
        self._mock.faults.clear()
        return self._faults(request)

    def _reset(self, _: Request) -> Json:
        self._mock.reset()
        return {}


def _not_allowed(methods: list[str]) -> _Action:
    allow = ", ".join(methods)
    raise Refusal(405, f"This takes {allow}.", code="method_not_allowed", headers=(("allow", allow),))


def _fault(value: Json) -> Fault:
    try:
        return fault_from(value)
    except ValueError as error:
        raise Refusal(400, str(error), code="invalid_fault", at="/body") from None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _page(request: Request) -> Response:
    if request.method != "GET":
        _not_allowed(["GET"])
    html, policy = _read()
    headers = (("content-type", "text/html; charset=utf-8"), ("content-security-policy", policy), *_HEADERS)
    return Response(200, headers, html)


@cache
def _read() -> tuple[bytes, str]:
    """The page, and a policy that lets its own style and script run and nothing else."""
    html = Path(__file__).with_name("page.html").read_bytes()
    parts = {kind: re.findall(rf"<{kind}>(.*?)</{kind}>", html.decode("utf-8"), re.DOTALL) for kind in _INLINE}
    allowed = "; ".join(f"{kind}-src {' '.join(map(_digest, texts))}" for kind, texts in parts.items())
    rest = "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return html, f"default-src 'none'; {allowed}; {rest}"


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
