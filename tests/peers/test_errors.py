"""An error of the gateway is the same error with both SDKs and with our client."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest

from portkey_mock import Fault, ManualClock, Mock
from tests.mock.serving import serving
from tests.peers.clients import PEERS, built, document
from tests.peers.playing import message_of

OURS = {"UnprocessableEntityError": "UnprocessableError", "InternalServerError": "ServerError"}
"""Class of an SDK -> ours, where the names differ."""
STATUSES = (400, 401, 403, 404, 409, 422, 429, 500, 503, 529)


def raised(name: str, address: str, method: str) -> Any:
    """Return the error of one call."""
    with built(name, address) as client, pytest.raises(Exception, match="No luck") as caught:
        reduce(getattr, method.split("."), client)(**{"files.retrieve": {"file_id": "f"}}.get(method, {"slug": "s"}))
    return caught.value


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("peer", "method"), [*((peer, "files.retrieve") for peer in PEERS), ("portkey-ai", "configs.retrieve")]
)
def test_an_error_is_of_the_same_family(peer: str, method: str, status: int) -> None:
    """Class, status, message and Retry-After agree, whether the SDK calls by itself or through its copy of openai's."""
    body = {"error": {"message": "No luck.", "type": "t", "code": "c", "param": "p"}}
    fault = Fault(operation=method, status=status, body=body, retry_after=7)
    with serving(Mock(document(), clock=ManualClock(), faults=[fault])) as address:
        theirs, ours = raised(peer, address, method), raised("ours", address, method)
    name = type(theirs).__name__
    assert OURS.get(name, name) == type(ours).__name__
    assert theirs.status_code == ours.status_code == status
    assert message_of(theirs) == ours.message == "No luck."
    assert theirs.response.headers["retry-after"] == ours.headers["retry-after"] == "7"
