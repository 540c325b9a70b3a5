"""The provider behind a gateway that the suite starts: our mock, as terse as real ones, and what goes wrong with those.

`python provider.py PORT`. A request whose path or body holds one of the words of `TROUBLES` meets that trouble, as
often as it is asked for: see `checks/upstream.py`. `upstream-conflict` is a conflict that counts how often it was asked
for.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from portkey_mock import Delivery, Journal, Mock, Pace, Request, Response
from portkey_mock.realtime import Session
from portkey_mock.server import listen, log, serve

Trouble: TypeAlias = Callable[[Response], Response]
"""What becomes of the answer of a healthy provider."""

_JSON: Final = (("content-type", "application/json"),)


def _refused(status: int, error: object) -> Response:
    return Response(status, _JSON, json.dumps({"error": error}).encode())


TROUBLES: Final[Mapping[str, Trouble]] = {
    "upstream-refusal": lambda _: _refused(
        404, {"message": "No such thing: it was never here.", "type": "invalid_request_error", "code": "gone"}
    ),
    "upstream-text": lambda _: _refused(401, "Authentication credentials were not provided."),
    "upstream-down": lambda answer: replace(answer, delivery=Delivery(reset=True)),
    "upstream-empty": lambda answer: replace(answer, status=200, body=b"", chunks=(), headers=_JSON),
    "upstream-broken": lambda answer: replace(answer, status=200, body=b'{"id": "a', chunks=(), headers=_JSON),
    "upstream-plain": lambda _: Response(200, (("content-type", "text/plain"),), b"a text, and no JSON"),
    "upstream-same": lambda _: Response(304),
    "upstream-moved": lambda _: Response(302, (("location", "/v1/models"),)),
    "upstream-slow": lambda answer: replace(answer, delivery=Delivery(delay=3.0)),
    "upstream-stream": lambda _: Response(200, (("content-type", "text/event-stream"),), b"data: [DONE]\n\n"),
    "upstream-cut": lambda answer: replace(answer, delivery=Delivery(cut=0.5)),
}
"""What a provider does, by the word that asks for it."""


_PACE: Final = Pace(running=4.0)
"""The clock is the real one: a batch takes long enough to be cancelled, and no longer."""

_NULL: Final[Mapping[str, tuple[str, ...]]] = {
    "/chat/completions": ("system_fingerprint",),
    "/responses": ("user",),
    "/input_items": ("first_id", "last_id"),
}
"""What OpenAI has no value for, by the end of the path."""


def _terse(request: Request, answer: Response) -> Response:
    """The answer with nulls where OpenAI has them."""
    names = next((names for end, names in _NULL.items() if request.path.endswith(end)), ())
    if not names or answer.status != 200 or answer.chunks:
        return answer
    body = {**json.loads(answer.body), **dict.fromkeys(names)}
    return replace(answer, body=json.dumps(body).encode())


class Provider:
    """The mock in the dialect of OpenAI, with its troubles."""

    def __init__(self) -> None:
        self._mock = Mock(dialect="openai", journal=Journal(listen=log), pace=_PACE)
        self._asked: Counter[str] = Counter()

    def handle(self, request: Request) -> Response:
        """The answer to one request."""
        if "upstream-conflict" in request.path:
            self._asked[request.path] += 1
            return _refused(409, {"message": f"Asked {self._asked[request.path]} times.", "type": "conflict"})
        answer = _terse(request, self._mock.handle(request))
        asked = request.path.encode() + request.body
        trouble = next((make for word, make in TROUBLES.items() if word.encode() in asked), None)
        return answer if trouble is None else trouble(answer)

    def connect(self, request: Request) -> Session | Response:
        """The session behind a websocket, or the refusal."""
        return self._mock.connect(request)


if __name__ == "__main__":
    with listen("127.0.0.1", int(sys.argv[1])) as listener:
        serve(Provider(), listener)
