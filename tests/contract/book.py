"""Where findings are collected: each kind once, with the smallest request that shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from portkey_mock import Request, Response
from tests.contract import registry
from tests.contract.disputes import check_of
from tests.contract.document import Operation
from tests.contract.profiles import Profile
from tests.contract.reproduce import Redaction, client_line, curl, own_headers, shown
from tests.contract.results import Finding, Received, Sent
from tests.contract.wire import Exchange

GATEWAY: Final = "*"
"""The operation of a finding about the gateway as a whole."""


class Book:
    """The findings of a run, without secrets.

    Two findings are the same if operation, check and message are.
    """

    def __init__(self, profile: Profile, secrets: dict[str, str], address: str, base: str) -> None:
        self.redact = Redaction(secrets, profile.shown())
        self._profile = profile
        self._origin = address.removesuffix(base)
        self._base = base
        self._findings: dict[tuple[str, str, str], Finding] = {}

    def add(
        self,
        check: str,
        message: str,
        *,
        operation: Operation | None = None,
        exchange: Exchange | None = None,
        rule: str = "",
        code: str = "",
    ) -> None:
        """Notes what `check` found.

        Args:
            check: its name, which `registry` knows.
            message: what is wrong, in one sentence or a few lines.
            operation: where; the one of the exchange, or the gateway, if it is left out.
            exchange: what shows it.
            rule: what is violated, where the check knows better than its entry in `registry`.
            code: a request for a shell, where there is no exchange.
        """
        about = operation or (exchange.operation if exchange else None)
        check = check if exchange is None else check_of(check, about, exchange.request)
        label = GATEWAY if about is None else str(about)
        found = Finding(
            operation=label,
            check=check,
            weight=registry.weight(check),
            message=self.redact(message),
            rule=rule or registry.rule(check, about, exchange.status if exchange else 0),
            curl=self.redact(code),
            expected=self._reason(label, check),
        )
        if exchange is not None:
            found = self._shown(found, exchange)
        key = (label, check, found.message)
        known = self._findings.get(key)
        if known is not None:
            smaller = found if _size(found) < _size(known) else known
            found = replace(smaller, times=known.times + 1)
        self._findings[key] = found

    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the order of the document's operations as they were met."""
        return tuple(self._findings.values())

    def _reason(self, operation: str, check: str) -> str:
        return next((each.reason for each in self._profile.deviations if each.covers(operation, check)), "")

    def _shown(self, found: Finding, exchange: Exchange) -> Finding:
        request, answer = exchange.request, exchange.response
        sent = self._sent(request)
        line = curl(sent.method, sent.url, sent.headers, sent.body)
        call = client_line(
            exchange.operation, request.path.removeprefix(self._base), request.query, self.redact(shown(request.body))
        )
        return replace(
            found, sent=sent, received=None if answer is None else self._received(answer), curl=line, call=call
        )

    def _sent(self, request: Request) -> Sent:
        target = request.path + (f"?{request.query}" if request.query else "")
        headers = tuple((name, self.redact(value)) for name, value in own_headers(request.headers))
        return Sent(request.method, self.redact(f"{self._origin}{target}"), headers, self.redact(shown(request.body)))

    def _received(self, answer: Response) -> Received:
        headers = tuple((name, self.redact(value)) for name, value in answer.headers)
        return Received(answer.status, headers, self.redact(shown(answer.body)))


def _size(found: Finding) -> int:
    return len(found.curl)
