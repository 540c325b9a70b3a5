"""The file of a log export: at an address of its own, which a signature opens and no credential.

The document ends with the address. What is behind it is storage, not the gateway: it knows nothing of keys, and refuses
a request that carries some beside the signature.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs, quote, unquote

from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.message import Request, Response, json_response
from portkey_mock.values import token

PLACE: Final = "/logs/exports/{}/download"
"""The operation that gives the address."""
_STORAGE: Final = "/mock-storage/exports/"
_ROWS: Final = 3
_FIRST: Final = 1_700_000_000
"""When the first log was written, in seconds since 1970: a file does not change while it is fetched."""


class Storage:
    """The files of the exports of one gateway."""

    def __init__(self, seed: int, exports: Callable[[], Mapping[str, JsonObject]]) -> None:
        """`exports` returns what is known of each export, by id."""
        self._seed = seed
        self._exports = exports

    def signed(self, request: Request, response: Response, export_id: Json) -> Response:
        """`response` with the address of the file in it, on the host that `request` was sent to."""
        host = request.header("host") or "mock"
        address = (
            f"http://{host}{_STORAGE}{quote(str(export_id), safe='')}.jsonl?signature={self._signature(str(export_id))}"
        )
        return replace(response, body=json.dumps({**json.loads(response.body), "signed_url": address}).encode())

    def fetch(self, request: Request) -> Response | None:
        """The file that `request` asks for, or the refusal; None if it asks for no file."""
        if not request.path.startswith(_STORAGE):
            return None
        export_id = unquote(request.path.removeprefix(_STORAGE).removesuffix(".jsonl"))
        if any(request.header(name) for name in ("authorization", "x-portkey-api-key")):
            return json_response(400, {"message": "Only one way to authenticate is allowed: the signature."})
        if parse_qs(request.query).get("signature") != [self._signature(export_id)]:
            return json_response(403, {"message": "The signature does not open this file."})
        content = b"".join(json.dumps(row).encode() + b"\n" for row in self._rows(export_id))
        headers = (("content-type", "application/jsonl"), ("etag", f'"{token(content)[:16]}"'))
        return Response(200, headers, content)

    def _signature(self, export_id: str) -> str:
        return token(self._seed, "export", export_id)

    def _rows(self, export_id: str) -> list[JsonObject]:
        """Logs with the fields that were asked for, each other in its id."""
        fields = self._exports().get(export_id, {}).get("requested_data") or ["id"]
        return [{name: self._value(name, export_id, row) for name in fields} for row in range(_ROWS)]

    def _value(self, name: str, export_id: str, row: int) -> Json:
        known: JsonObject = {
            "created_at": _FIRST + row,
            "is_success": True,
            "response_status_code": 200,
            "request": {"method": "POST", "url": "/v1/chat/completions"},
            "response": {"status": 200},
            "metadata": {},
        }
        return known[name] if name in known else token(self._seed, name, export_id, row)[:24]
