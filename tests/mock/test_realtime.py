"""Realtime sessions, by themselves, under ASGI, and over a real websocket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from portkey_mock import Application, Fault, Gateway, ManualClock, Mock
from portkey_mock.asgi_delivery import Message
from portkey_mock.console import Console
from portkey_mock.realtime import Session
from tests.mock import spec
from tests.mock.test_transports import exchange, serve

ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}


def told(session: Session, /, **message: Any) -> list[Any]:
    """The events that answer one message, as they go over the wire."""
    return [json.loads(json.dumps(event)) for event in session.receive(json.dumps(message))]


@pytest.fixture
def session() -> Session:
    return Session("0123456789" * 4, "gpt-4o-realtime")


def test_session_is_announced(session: Session) -> None:
    """The server speaks first, and names the model; what the client changes is confirmed, but for the id."""
    (created,) = session.opening()
    assert (created["type"], created["session"]["model"]) == ("session.created", "gpt-4o-realtime")
    (updated,) = told(session, type="session.update", session={"instructions": "Be brief.", "id": "mine"})
    assert updated["session"] == created["session"] | {"instructions": "Be brief."}
    assert told(session, type="session.update")[0]["session"] == updated["session"]


def test_items(session: Session) -> None:
    """Items are confirmed in their order, and can be deleted once."""
    (first,) = told(session, type="conversation.item.create", item=ITEM | {"id": "item_1"})
    (second,) = told(session, type="conversation.item.create", item=ITEM)
    assert (first["previous_item_id"], second["previous_item_id"]) == (None, "item_1")
    assert second["item"]["content"] == ITEM["content"]
    assert told(session, type="conversation.item.create")[0]["previous_item_id"] == second["item"]["id"]
    assert told(session, type="conversation.item.delete", item_id="item_1")[0]["type"] == "conversation.item.deleted"
    assert told(session, type="conversation.item.delete", item_id="item_1")[0]["error"]["code"] == "item_not_found"


def test_response_adds_up(session: Session) -> None:
    """A response comes in pieces that make its text, depends on what was said, and counts its tokens."""
    told(session, type="conversation.item.create", item=ITEM)
    events = told(session, type="response.create")
    assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.done"]
    said = "".join(event["delta"] for event in events if event["type"] == "response.text.delta")
    response = events[-1]["response"]
    assert response["output"][0]["content"] == [{"type": "text", "text": said}]
    assert response["usage"]["total_tokens"] == response["usage"]["input_tokens"] + response["usage"]["output_tokens"]
    again = told(session, type="response.create")[-1]["response"]["output"][0]["content"][0]["text"]
    assert again != said
    assert told(session, type="response.cancel") == []
    assert len({event["event_id"] for event in events}) == len(events)


@pytest.mark.parametrize("message", ["", "[", "[]", '{"type": 5}', '{"type": "x", "event_id": "e"}', b"\xff", "\ud800"])
def test_nonsense_is_answered(session: Session, message: str | bytes) -> None:
    """A message that makes no sense is answered with an error, and the session goes on."""
    (event,) = session.receive(message)
    assert event["type"] == "error"
    assert told(session, type="response.create")


def scope(path: bytes, **more: Any) -> Message:
    """The scope of a websocket with credentials."""
    headers = [(name.encode(), value.encode()) for name, value in spec.INFERENCE.items()]
    return {"type": "websocket", "raw_path": path, "query_string": b"model=m", "headers": headers, **more}


def console() -> Console:
    """A mock with everything around it, set to answer nothing over HTTP."""
    return Console(Mock(spec.part("/realtime", "/files"), clock=ManualClock(), faults=[Fault(status=503)]))


def gateway() -> Gateway:
    """A gateway by itself."""
    return Gateway(spec.part("/realtime", "/files"), clock=ManualClock())


@pytest.fixture(params=[gateway, console])
def application(request: pytest.FixtureRequest) -> Application:
    return Application(request.param())


def test_under_asgi(application: Application) -> None:
    """A session is accepted with the protocol that was offered, and takes text and bytes until the client leaves."""
    message = json.dumps({"type": "session.update"})
    messages: list[Message] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": message},
        {"type": "websocket.receive", "bytes": message.encode(), "text": None},
        {"type": "websocket.disconnect"},
    ]
    accepted, *events = exchange(application, scope(b"/v1/realtime", subprotocols=["realtime"]), *messages)
    assert accepted == {"type": "websocket.accept", "subprotocol": "realtime"}
    kinds = [json.loads(event["text"])["type"] for event in events]
    assert kinds == ["session.created", "session.updated", "session.updated"]


def test_turned_away(application: Application) -> None:
    """A websocket without credentials, or where there is none, is refused, with the reason where it can be told."""
    connect_message: Message = {"type": "websocket.connect"}
    closed = exchange(application, scope(b"/v1/files"), connect_message)
    assert closed == [{"type": "websocket.close"}]
    extensions: Any = {"websocket.http.response": {}}
    start, body = exchange(application, scope(b"/v1/realtime", headers=[], extensions=extensions), connect_message)
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert json.loads(body["body"])["error"]


def test_over_a_websocket() -> None:
    """The served mock speaks with a real websocket client, and refuses one without credentials with 401."""
    with serve() as process:
        try:
            assert process.stdout
            address = process.stdout.readline().strip().replace("http", "ws", 1) + "/realtime?model=m"
            with connect(address, additional_headers=spec.INFERENCE, proxy=None) as websocket:
                assert json.loads(websocket.recv())["type"] == "session.created"
                websocket.send(json.dumps({"type": "response.create"}))
                kinds = [json.loads(websocket.recv())["type"]]
                while kinds[-1] != "response.done":
                    kinds.append(json.loads(websocket.recv())["type"])
                assert kinds.count("response.text.delta") > 1
            with pytest.raises(InvalidStatus, match="401"):
                connect(address, proxy=None)
        finally:
            process.terminate()
        assert process.wait(timeout=20) == 0
