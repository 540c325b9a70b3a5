"""One item of many on its way: its call is answered from the journal, or sent at the pace of all and noted there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx

from portkey_api.types import CallOptions, Operation, RawResponse

from .answer import read_answer
from .errors import (
    AnswerError,
    ConfigurationError,
    ConnectionFailedError,
    GatewayTimedOutError,
    JournalError,
    OutcomeUnknownError,
    PortkeyError,
    ServerError,
)
from .headers import merged
from .journal import Entry, State, digest
from .observe import secrets
from .retry import IDEMPOTENCY_KEY, may_repeat
from .steps import World

if TYPE_CHECKING:
    from .bulk import Work
    from .runner import Send

_SLICE = 0.5
"""Seconds at most that a thread waits without a look whether it is still wanted."""


class _Left(Exception):
    """The caller has left; nothing is sent any more."""


class Errand:
    """One item on its way: its call is answered from the journal, or sent and noted there."""

    def __init__(self, work: Work[Any], key: str) -> None:
        self.state: State = "failed"
        self.replayed: bool = False
        self.attempts: int = 0
        self._work = work
        self._key = key
        self._entry = Entry("")
        self._begun = False
        self._secrets: list[str] = []

    async def answer(self, operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]) -> Any:
        """Return the answer of the call, or raise why there is none."""
        known = self._find(operation, options, parts)
        if known is not None and not self._is_due(known, operation):
            return self._replay(known, operation)
        headers = self._headers(options, known)
        key = headers.get(IDEMPOTENCY_KEY)
        self._entry = self._entry._replace(idempotency_key=key)
        if key:
            options = {**options, "extra_headers": merged(options.get("extra_headers", {}), {"Idempotency-Key": key})}
        return await self._send(operation, options, parts, repeatable=may_repeat(operation, headers))

    def _find(self, operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any]) -> Entry | None:
        """Return what the journal knows of the call."""
        journal, servers = self._work.journal, self._work.runner.settings.servers
        if journal is None:
            return None
        journal.belongs_to(operation, servers.get(operation.server, ""))
        self._entry = Entry(digest(parts, options))
        return journal.find(self._key, self._entry.digest, operation)

    def _headers(self, options: CallOptions, known: Entry | None) -> dict[str, str]:
        """Return the headers that tell whether the call may be sent twice, by lower-case name."""
        given = merged(self._work.runner.settings.headers, options.get("extra_headers", {}))
        headers = {name.lower(): value for name, value in given.items()}
        if known is not None and known.idempotency_key:
            headers[IDEMPOTENCY_KEY] = known.idempotency_key
        elif self._work.options.get("idempotency_keys"):
            headers.setdefault(IDEMPOTENCY_KEY, str(uuid.uuid4()))
        return headers

    def _is_due(self, known: Entry, operation: Operation[Any]) -> bool:
        """Tell whether a call that the journal knows is to be sent again."""
        resend = self._work.options.get("resend", ())
        if known.state is not None:
            return known.state in resend
        noted = {IDEMPOTENCY_KEY: known.idempotency_key} if known.idempotency_key else {}
        return "unknown" in resend or may_repeat(operation, noted)

    def _replay(self, known: Entry, operation: Operation[Any]) -> Any:
        """Return the answer of an earlier run, or raise why there is none."""
        self.replayed, self.attempts, self.state = True, known.attempts, known.state or "unknown"
        if known.state is None:
            name = f"{operation.name}: the call {self._key!r}"
            raise OutcomeUnknownError(
                f'{name} was begun, and nobody knows its end; resend={{"unknown"}} sends it again'
            )
        if known.error is not None:
            raise known.error
        return read_answer(operation, known.status, {"content-type": known.media}, known.body)

    async def _send(
        self, operation: Operation[Any], options: CallOptions, parts: Mapping[str, Any], *, repeatable: bool
    ) -> Any:
        runner = self._work.runner.watched(self._sending, self._nap)
        raw: RawResponse[Any]
        try:
            raw = await runner.call_raw(operation, options, **parts)
        except (ConfigurationError, JournalError):
            raise
        except PortkeyError as error:
            self.state = "unknown" if not repeatable and _may_be_done(error) else "failed"
            self._note(error)
            raise
        self.attempts, self.state = raw.attempts, "done"
        self._note(raw)
        return raw.parsed

    def _note(self, came: RawResponse[Any] | PortkeyError) -> None:
        if self._work.journal is not None:
            self._work.journal.end(self._key, self._entry._replace(state=self.state), came, self._secrets)

    def _sending(self, send: Send[Any]) -> Send[Any]:
        """Return a step that sends when its turn has come, and sees the answer."""
        work, crew, world = self._work, self._work.crew, self._work.runner.world

        async def sending(http: Any, request: httpx.Request) -> httpx.Response:
            await self._admitted()
            try:
                self._begin(request)
                round_ = work.pace.sent()
                response = await send(http, request)
            finally:
                crew.exit()
            with work.lock:
                work.pace.answered(round_, response.status_code, response.headers, clock=world.clock(), now=world.now())
            return response

        return sending

    async def _admitted(self) -> None:
        """Wait until a request may be sent; ``exit`` of the crew must follow.

        Raises:
            _Left: It is not wanted any more.
        """
        work, world = self._work, self._work.runner.world
        while True:
            while wait := work.pace.wait(world.clock()):
                await self._nap(world, wait)
            await work.crew.enter(lambda: work.pace.lanes)
            if not (work.left or work.pace.wait(world.clock())):
                return
            work.crew.exit()
            await self._nap(world, 0.0)

    async def _nap(self, _: World, seconds: float) -> None:
        """Wait, as long as it is wanted."""
        while seconds > 0 and not self._work.left:
            await self._work.runner.sleep(min(seconds, _SLICE))
            seconds -= _SLICE
        if self._work.left:
            raise _Left

    def _begin(self, request: httpx.Request) -> None:
        """Note that the request is about to be sent for the first time."""
        if self._work.journal is not None and not self._begun:
            self._secrets = secrets(request.headers)
            self._work.journal.begin(self._key, self._entry)
            self._begun = True


def _may_be_done(error: PortkeyError) -> bool:
    """Tell whether a call may have been carried out although it failed; the rule is that of ``retry``."""
    if isinstance(error, ConnectionFailedError):
        return error.sent
    return isinstance(error, (AnswerError, GatewayTimedOutError, ServerError))
