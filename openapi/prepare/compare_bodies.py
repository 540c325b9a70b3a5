"""Compare what an operation takes as a body, and what it answers; the classes in them are compared for themselves."""

from __future__ import annotations

from .canonical import canonical
from .change import Side
from .compare_facts import Facts
from .errors import Place
from .load import Json
from .pair import Pair
from .pytypes import relate, text

_STREAM = "text/event-stream"


class Bodies(Pair):
    """The bodies of one operation in both documents."""

    def compare(self) -> None:
        """Add what happened to them."""
        self._body()
        self._answers()

    def _body(self) -> None:
        """Compare the request body as a whole; what its classes hold is compared with the classes."""
        old, new, where = self.old.facts.get("requestBody", {}), self.new.facts.get("requestBody", {}), ("requestBody",)
        required = [each.get("required") is True for each in (old, new)]
        if self.old.body is None or self.new.body is None:
            if self.new.body is not None:
                self.add(
                    "body-added-required" if required[1] else "body-added",
                    Side.REQUEST,
                    where,
                    "takes a body now" + (", which is required" if required[1] else ""),
                )
            elif self.old.body is not None:
                self.add(
                    "body-removed",
                    Side.REQUEST,
                    where,
                    "takes no body any more",
                    python=f"{self.new.name}()",
                    gone=True,
                )
            return
        if required[0] != required[1]:
            self.add(
                "body-required" if required[1] else "body-optional",
                Side.REQUEST,
                where,
                "was optional, is required" if required[1] else "was required, is optional",
            )
        if bool(self.old.fields) != bool(self.new.fields):
            shapes = ["keyword arguments" if each.fields else "one argument, body" for each in (self.old, self.new)]
            self.add(
                "body-reshaped",
                Side.REQUEST,
                where,
                f"was passed as {shapes[0]}, is as {shapes[1]}",
                before=shapes[0],
                after=shapes[1],
            )
        else:
            types = self.changes.old.type(self.old.body), self.changes.new.type(self.new.body)
            self.related("body-type", Side.REQUEST, where, types, f"{self.new.name}(body=)")
        self._content("body-media-changed", old, new, where, Side.REQUEST)
        self.beside(old, new, ("content", "required"), where, Side.REQUEST, f"{self.new.name}()")

    def _content(self, kind: str, old: Json, new: Json, where: Place, side: Side) -> None:
        """Compare the media types of a body, and what their schemas say beside the types."""
        before: Json = old.get("content") or {}
        after: Json = new.get("content") or {}
        if before.keys() != after.keys():
            names = [", ".join(sorted(each)) or "none" for each in (before, after)]
            self.add(
                kind,
                side,
                where,
                f"travelled as {names[0]}, travels as {names[1]}",
                python=f"{self.new.name}()",
                before=names[0],
                after=names[1],
            )
        pairs = [(media, media) for media in before if media in after]
        if not pairs and len(before) == len(after) == 1:
            pairs = list(zip(before, after, strict=True))
        for was, now in pairs:
            place = (*self.new.place, *where, "content", now, "schema")
            facts = Facts(self.changes, {side: (self.new.name,)}, optional=False)
            facts.compare(before[was].get("schema"), after[now].get("schema"), place)
            self.beside(before[was], after[now], ("schema",), (*where, "content", now), side, f"{self.new.name}()")

    def _answers(self) -> None:
        """Compare what comes back."""
        before, after = self.old.facts["responses"], self.new.facts["responses"]
        types = self.old.returns, self.new.returns
        self.related("return-type", Side.RESPONSE, ("responses",), types, f"{self.new.name}()")
        for status in before.keys() - after.keys():
            self.add(
                "status-removed",
                Side.RESPONSE,
                ("responses", status),
                f"no longer answers {status}",
                before=status,
                python=f"{self.new.name}()",
                gone=True,
            )
        for status in after.keys() - before.keys():
            self.add("status-added", Side.RESPONSE, ("responses", status), f"may answer {status}", after=status)
        for status in before.keys() & after.keys():
            self._answer(status, before[status], after[status])

    def _answer(self, status: str, old: Json, new: Json) -> None:
        where: Place = ("responses", status)
        if not status.startswith(("1", "2")):
            types = self.old.answers[status], self.new.answers[status]
            if relate(*types, self.changes.old.expand, self.changes.new.expand) != "same":
                before, after = map(text, types)
                self.add(
                    "error-type-changed",
                    Side.RESPONSE,
                    where,
                    f"answered {status} with {before}, does with {after}",
                    before=before,
                    after=after,
                )
        streams = [_STREAM in (each.get("content") or {}) for each in (old, new)]
        if streams[0] != streams[1]:
            self.add(
                "stream-added" if streams[1] else "stream-removed",
                Side.RESPONSE,
                where,
                "can be streamed now" if streams[1] else "cannot be streamed any more",
            )
        apart = (_STREAM,) if streams[0] != streams[1] else ()
        self._content("answer-media-changed", _without(old, apart), _without(new, apart), where, Side.RESPONSE)
        self._headers(old.get("headers") or {}, new.get("headers") or {}, (*where, "headers"))
        self.beside(old, new, ("content", "headers"), where, Side.RESPONSE, f"{self.new.name}()")

    def _headers(self, old: Json, new: Json, where: Place) -> None:
        for name in sorted(old.keys() | new.keys()):
            if canonical(old.get(name), prose=True) == canonical(new.get(name), prose=True):
                continue
            prose = name in old and name in new and canonical(old[name]) == canonical(new[name])
            kind = "added" if name not in old else "removed" if name not in new else "changed"
            self.add(
                "prose-changed" if prose else f"answer-header-{kind}",
                Side.RESPONSE,
                (*where, name),
                f"answers with the header {name}: {'described differently' if prose else kind}",
                python=f"{self.new.name}()",
                gone=kind == "removed",
            )


def _without(response: Json, apart: tuple[str, ...]) -> Json:
    """Return a response without some of its media types."""
    content: Json = response.get("content") or {}
    return {**response, "content": {media: each for media, each in content.items() if media not in apart}}
