"""A realtime session, without its websocket: what a client says goes in, the events it is answered with come out.

The document has the address and nothing of what is said there; the events are those of OpenAI's realtime API, for text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from portkey_mock.errors import Refusal
from portkey_mock.jsonvalue import Json, JsonObject, is_object
from portkey_mock.reading import read_json
from portkey_mock.speech import Wish, pieces, say, tokens_of
from portkey_mock.values import token


class Session:
    """One conversation."""

    def __init__(self, salt: str, model: str) -> None:
        """`salt` decides what is said."""
        self._salt = salt
        self._count = 0
        self._items: list[JsonObject] = []
        self._session: JsonObject = {
            "id": "sess_" + salt[:24],
            "object": "realtime.session",
            "model": model,
            "modalities": ["text"],
            "instructions": "",
            "tools": [],
            "tool_choice": "auto",
        }
        self._known: dict[str, Callable[[JsonObject], Iterator[JsonObject]]] = {
            "session.update": self._update,
            "conversation.item.create": self._create_item,
            "conversation.item.delete": self._delete_item,
            "response.create": self._respond,
            "response.cancel": lambda _: iter(()),
        }

    def opening(self) -> list[JsonObject]:
        """What the server says first."""
        return [self._event("session.created", session=self._session)]

    def receive(self, message: str | bytes) -> list[JsonObject]:
        """The events that answer one message. A message that makes no sense is answered with an error."""
        try:
            said = read_json(message if isinstance(message, bytes) else message.encode("utf-8", "surrogatepass"))
        except Refusal as refusal:
            return [self._error(refusal.message, refusal.code, None)]
        kind: Json = said.get("type") if is_object(said) else None
        act = self._known.get(kind) if isinstance(kind, str) else None
        if act is None:
            event_id = said.get("event_id") if is_object(said) else None
            return [self._error("The event has no type that is known here.", "unknown_event", event_id)]
        return list(act(said))

    def _event(self, kind: str, **fields: Json) -> JsonObject:
        self._count += 1
        return {"type": kind, "event_id": "event_" + token(self._salt, self._count)[:24], **fields}

    def _error(self, message: str, code: str, event_id: Json) -> JsonObject:
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": None, "event_id": event_id}
        return self._event("error", error=error)

    def _update(self, said: JsonObject) -> Iterator[JsonObject]:
        wanted = said.get("session")
        self._session = {**self._session, **(wanted if is_object(wanted) else {}), "id": self._session["id"]}
        yield self._event("session.updated", session=self._session)

    def _create_item(self, said: JsonObject) -> Iterator[JsonObject]:
        given = said.get("item")
        before = self._items[-1]["id"] if self._items else None
        item = {"id": self._item_id(), "object": "realtime.item", **(given if is_object(given) else {})}
        self._items.append(item)
        yield self._event("conversation.item.created", previous_item_id=before, item=item)

    def _delete_item(self, said: JsonObject) -> Iterator[JsonObject]:
        kept = [item for item in self._items if item["id"] != said.get("item_id")]
        if len(kept) == len(self._items):
            yield self._error("No item has this item_id.", "item_not_found", said.get("event_id"))
            return
        self._items = kept
        yield self._event("conversation.item.deleted", item_id=said["item_id"])

    def _item_id(self) -> str:
        return "item_" + token(self._salt, "item", len(self._items), self._count)[:24]

    def _respond(self, _: JsonObject) -> Iterator[JsonObject]:
        """A response to all that was said so far, its text in pieces."""
        prompted = tokens_of(self._items)
        text = say(Wish(), token(self._salt, self._items)).text
        response: JsonObject = {"id": "resp_" + token(self._salt, self._count)[:24], "object": "realtime.response"}
        begun: JsonObject = {**response, "status": "in_progress", "output": [], "usage": None}
        yield self._event("response.created", response=begun)
        item: JsonObject = {"id": self._item_id(), "object": "realtime.item", "type": "message", "role": "assistant"}
        done = {**item, "status": "completed", "content": [{"type": "text", "text": text}]}
        yield from self._say(response["id"], {**item, "status": "in_progress", "content": []}, done, text)
        self._items.append(done)
        count = len(pieces(text))
        usage = {"input_tokens": prompted, "output_tokens": count, "total_tokens": prompted + count}
        yield self._event(
            "response.done", response={**response, "status": "completed", "output": [done], "usage": usage}
        )

    def _say(self, response_id: str, item: JsonObject, done: JsonObject, text: str) -> Iterator[JsonObject]:
        of = {"response_id": response_id, "output_index": 0}
        at = {**of, "item_id": item["id"], "content_index": 0}
        yield self._event("response.output_item.added", **of, item=item)
        yield self._event("response.content_part.added", **at, part={"type": "text", "text": ""})
        for piece in pieces(text):
            yield self._event("response.text.delta", **at, delta=piece)
        yield self._event("response.text.done", **at, text=text)
        yield self._event("response.content_part.done", **at, part={"type": "text", "text": text})
        yield self._event("response.output_item.done", **of, item=done)
