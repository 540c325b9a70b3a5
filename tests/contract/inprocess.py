"""Requests that `requests` would send over a socket, handed to the one door to a gateway.

The answer takes the place of what a connection would bring, so all that schemathesis and `requests` make of a request,
down to its bytes, stays as it would be on the wire. An event loop, which an ASGI application needs, would cost a third
of the time of the suite.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from unittest import mock
from urllib.parse import urlsplit

import requests
import urllib3
from requests import sessions
from requests.adapters import HTTPAdapter

from portkey_mock import Request
from tests.contract.wire import Answering, Unanswered, Withheld


@contextmanager
def answered_by(gateway: Answering) -> Generator[None]:
    """While it lasts, `gateway` answers whatever `requests` sends, whatever the host, and no proxy is looked for."""

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **_: object) -> requests.Response:
        try:
            answer = gateway.handle(_read(request))
        except Unanswered as error:
            kind = requests.ReadTimeout if error.late else requests.ConnectionError
            raise kind(str(error), request=request) from error
        except Withheld as error:
            raise requests.exceptions.InvalidHeader(str(error), request=request) from error
        headers = urllib3.HTTPHeaderDict(answer.headers)
        for name in ("content-encoding", "transfer-encoding"):
            headers.discard(name)  # the body is whole and plain by now
        headers["content-length"] = str(len(answer.body))
        raw = urllib3.HTTPResponse(BytesIO(answer.body), headers, answer.status, preload_content=False)
        return adapter.build_response(request, raw)

    with mock.patch.object(HTTPAdapter, "send", send), mock.patch.object(sessions, "get_environ_proxies", _no_proxies):
        yield


def _no_proxies(*_: object, **__: object) -> dict[str, str]:
    return {}


def _read(request: requests.PreparedRequest) -> Request:
    url = urlsplit(request.url)
    headers = tuple((name.lower(), _text(value)) for name, value in request.headers.items())
    body = request.body or b""
    assert isinstance(body, (str, bytes)), "The suite streams no body."
    content = body.encode() if isinstance(body, str) else body
    return Request(str(request.method), _text(url.path), _text(url.query), headers, content)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
