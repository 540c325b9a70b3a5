"""What follows the head of an answer to HEAD is seen on the wire, where no client shows it."""

from __future__ import annotations

from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from tests.contract.profiles import at
from tests.contract.results import Results
from tests.contract.run import run

_BODY = b'{"object":"list","data":[]}'


class _Server(ThreadingTCPServer):
    """Answers everything alike; whether HEAD has a body is said by `talks`."""

    talks = False


class _Answer(StreamRequestHandler):
    def handle(self) -> None:
        """Reads a request without a body, answers, and closes the connection."""
        method = self.rfile.readline().partition(b" ")[0]
        while self.rfile.readline().strip():
            pass
        silent = method == b"HEAD" and not getattr(self.server, "talks", False)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
        self.wfile.write(head + b"content-length: %d\r\n\r\n" % len(_BODY) + (b"" if silent else _BODY))


def _checked(*, talks: bool) -> Results:
    with _Server(("127.0.0.1", 0), _Answer) as server:
        server.talks = talks
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/v1"
        came = run(address, at(address, ["GET /files"]), 1, "directed", only=lambda check: check.name == "head")
        server.shutdown()
        thread.join()
    return came


@pytest.mark.parametrize("talks", [True, False])
def test_a_body_after_head_is_seen(talks: bool) -> None:
    """A server that sends a body with HEAD is found out, and one that sends none is not."""
    told = [each.message for each in _checked(talks=talks).findings if each.check == "head"]
    assert any("has a body" in each for each in told) is talks, told
