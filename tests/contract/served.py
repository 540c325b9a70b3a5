"""A gateway of this process behind a real socket, under a server that is not ours, and that may have a fault."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal, TypeAlias

from portkey_mock import Request, Response

ServerFault: TypeAlias = Literal["", "closes", "chunks", "broken-off", "nowhere"]
"""What a server may do wrong whatever stands behind it."""

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")


@contextmanager
def served(gateway: Any, fault: ServerFault = "") -> Generator[str]:
    """The gateway on a port of this machine."""
    broken_off: list[str] = []

    class Handler(_Handler):
        """One connection."""

        def answer(self, request: Request) -> Response:
            """What the gateway answers, or the server with its fault."""
            if broken_off and request.path.endswith("/chat/completions"):
                return Response(503, (("content-type", "application/json"),), b'{"error":{"message":"Busy."}}')
            if fault == "nowhere" and request.path.endswith("/contract-nowhere"):
                return Response(200, (("content-type", "text/html"),), b"<html></html>")
            answer: Response = gateway.handle(request)
            return answer

        def content(self) -> bytes | None:
            """The body that came; None if its length is none."""
            chunked = (self.headers.get("transfer-encoding") or "").lower() == "chunked"
            return b"" if chunked and fault == "chunks" else super().content()

        def write(self, answer: Response) -> None:
            """Sends the answer."""
            if fault == "broken-off" and b"data:" in answer.body[:5]:
                broken_off.append(self.path)
            self.wfile.write(answer.body if self.command != "HEAD" else b"")
            self.close_connection = self.close_connection or fault == "closes"

    for method in _METHODS:
        setattr(Handler, f"do_{method}", Handler.serve)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers."""

    protocol_version = "HTTP/1.1"

    def answer(self, request: Request) -> Response:
        """What is answered."""
        raise NotImplementedError

    def write(self, answer: Response) -> None:
        """Sends the body of an answer."""
        raise NotImplementedError

    def serve(self) -> None:
        """One request."""
        path, _, query = self.path.partition("?")
        headers = tuple((name.lower(), value) for name, value in self.headers.items())
        body = self.content()
        if body is None:
            self.send_error(400)
            return
        answer = self.answer(Request(self.command, path, query, headers, body))
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("content-length", str(len(answer.body)))):
            self.send_header(name, value)
        self.end_headers()
        self.write(answer)

    def content(self) -> bytes | None:
        """The body that came; None if its length is none."""
        if (self.headers.get("transfer-encoding") or "").lower() == "chunked":
            try:
                return b"".join(self._chunks())
            except ValueError:
                return None
        length = self.headers.get("content-length") or "0"
        return self.rfile.read(int(length)) if length.isdigit() else None

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
        """Says nothing."""
