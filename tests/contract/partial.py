"""A gateway that somebody else might have written: two operations on files and one on models, and nothing shared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from portkey_mock import Request, Response


class Partial:
    """Keeps files in a dict, wants a bearer, and answers 404 to everything it does not know."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}

    def handle(self, request: Request) -> Response:
        """The answer to one request."""
        path = request.path.removeprefix("/v1").rstrip("/")
        scheme, _, key = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            return _refusal(401, "Send a bearer.")
        if path == "/files":
            routes = {"GET": self._list, "POST": self._upload}
        elif path.startswith("/files/") and path.count("/") == 2:
            routes = {"GET": self._read, "DELETE": self._delete}
        else:
            return _refusal(404, "There is nothing here.")
        route = routes.get(request.method)
        return _refusal(405, "Not this method.", ("allow", ", ".join(routes))) if route is None else route(request)

    def _list(self, request: Request) -> Response:
        return _json({"object": "list", "data": list(self.files.values())[::-1]})

    def _upload(self, request: Request) -> Response:
        boundary = (request.header("content-type") or "").partition("boundary=")[2].encode()
        parts = request.body.split(b"--" + boundary) if boundary else []
        fields = {
            _name(part): part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts if b"name=" in part
        }
        if not boundary or not {b"file", b"purpose"} <= fields.keys() or not parts[-1].startswith(b"--"):
            return _refusal(400, "Send a form with file and purpose.")
        purpose = fields[b"purpose"].decode("utf-8", "replace")
        if purpose not in ("assistants", "batch", "fine-tune", "vision", "user_data", "evals"):
            return _refusal(400, "There is no such purpose.")
        seconds, anchor = fields.get(b"expires_after[seconds]", b"3600"), fields.get(b"expires_after[anchor]")
        if anchor not in (None, b"created_at") or not seconds.isdigit() or not 3600 <= int(seconds) <= 2_592_000:
            return _refusal(400, "There is no such lifetime.")
        file = {
            "id": f"file-{len(self.files) + 1}",
            "object": "file",
            "bytes": len(fields[b"file"]),
            "created_at": 1_750_000_000 + len(self.files),
            "filename": "file",
            "purpose": purpose,
            "status": "processed",
        }
        self.files[str(file["id"])] = file
        return _json(file)

    def _read(self, request: Request) -> Response:
        file = self.files.get(_last(request))
        return _refusal(404, "There is no such file.") if file is None else _json(file)

    def _delete(self, request: Request) -> Response:
        file = self.files.pop(_last(request), None)
        if file is None:
            return _refusal(404, "There is no such file.")
        return _json({"id": file["id"], "object": "file", "deleted": True})


def _last(request: Request) -> str:
    return request.path.rstrip("/").rpartition("/")[2]


def _name(part: bytes) -> bytes:
    return part.partition(b'name="')[2].partition(b'"')[0]


def _json(value: Any, status: int = 200) -> Response:
    return Response(status, (("content-type", "application/json"),), json.dumps(value).encode())


def _refusal(status: int, message: str, *headers: tuple[str, str]) -> Response:
    answer = _json({"error": {"message": message, "type": "invalid_request_error"}}, status)
    return replace(answer, headers=(*answer.headers, *headers))


class Changed:
    """A gateway whose answers are changed on their way."""

    def __init__(self, gateway: Any, change: Callable[[Request, Response], Response]) -> None:
        self._gateway, self._change = gateway, change

    def handle(self, request: Request) -> Response:
        """The answer to one request."""
        return self._change(request, self._gateway.handle(request))
