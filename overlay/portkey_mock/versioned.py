"""Things that have versions: a version is written, listed, read, labelled, and made the default."""

from __future__ import annotations

from portkey_mock import versions
from portkey_mock.errors import Refusal
from portkey_mock.families import Role, things
from portkey_mock.jsonvalue import JsonObject, pointer
from portkey_mock.keeping import Keeping
from portkey_mock.message import Response
from portkey_mock.naming import echo, members, salt_of, spread
from portkey_mock.routing import shape
from portkey_mock.store import Thing
from portkey_mock.validation import Call
from portkey_mock.values import token
from portkey_mock.versions import Version


class Versioned:
    """The roles `versions`, `version` and `publish`, and the update of what has versions."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._answers = keeping.answers

    def write(self, call: Call, role: Role, thing: Thing, facts: JsonObject) -> Response:
        """The update of a thing that has versions: of the thing itself and of its latest version, a new one if need be.

        A new version becomes the default where that is customary.
        """
        kind = shape(role.collection)
        is_new = versions.makes_one(kind, call.fields)
        number = len(thing.versions) + is_new
        salt = (role.collection, call.path[role.parameter], number)
        facts = {name: value for name, value in facts.items() if not name.endswith("version_id")}
        if is_new:
            made = versions.version_id(members(self._answers.one(call, facts, *salt))) or token(*salt)
            thing.versions.append(Version(made, dict(thing.versions[-1].facts), self._keeping.born(call)))
            thing.default = number if versions.LIVE_AT_ONCE[kind] else thing.default
        latest = thing.versions[-1]
        latest.facts |= versions.own(echo(call))
        thing.facts = {**thing.facts, **versions.common(echo(call)), **self._keeping.changed(call)}
        return self._answers.one(call, {**facts, **dict.fromkeys(versions.IDS, latest.id)}, *salt)

    def listed(self, call: Call, role: Role) -> Response:
        """The versions of a thing."""
        _, thing = self._keeping.named(call, role)
        if thing is None or not thing.versions:
            return self._answers.many(call, None, *salt_of(call))
        found = versions.listed(shape(role.collection), thing.versions, thing.default, thing.facts)
        return self._answers.many(call, found, *salt_of(call))

    def one(self, call: Call, role: Role) -> Response:
        """Reads a version, or changes what may be changed of it: its label."""
        above = Role("read", *next(iter(things(role.collection))))
        key, thing = self._keeping.named(call, above)
        number = versions.find(thing.versions, call.path[role.parameter]) if thing else None
        if thing is None or number is None:
            self._refuse(404, pointer("path", role.parameter))
            return self._answers.one(call, {**spread(self._answers.shown(call)), **echo(call)}, *salt_of(call))
        if call.operation.method == "PUT":
            label = call.fields.get("label_id")
            for version in thing.versions:
                version.label = None if version.label == label else version.label
            thing.versions[number - 1].label = label
        facts = {**thing.facts, **versions.told(thing.versions, number, thing.default)}
        return self._answers.one(call, facts, above.collection, key, number)

    def publish(self, call: Call, role: Role) -> Response:
        """Makes a version the default."""
        _, thing = self._keeping.named(call, role)
        asked = call.fields.get("version")
        if thing is not None:
            number = int(asked) if isinstance(asked, (int, float)) else 0
            if 1 <= number <= len(thing.versions):
                thing.default = number
            else:
                self._refuse(400, "/body/version")
        return self._answers.one(call, echo(call), *salt_of(call))

    def _refuse(self, status: int, at: str) -> None:
        if not self._keeping.make_up_unknown:
            raise Refusal(status, "There is no such version.", code="version_not_found", at=at)
