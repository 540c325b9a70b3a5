"""What a single path holds: it is put there, shown and taken away, such as the models of an integration."""

from __future__ import annotations

import json

from portkey_mock.answers import echoable
from portkey_mock.families import Role
from portkey_mock.jsonvalue import is_array, is_object
from portkey_mock.keeping import Keeping
from portkey_mock.message import Response
from portkey_mock.naming import echo, salt_of
from portkey_mock.store import Collection, Thing, key_of
from portkey_mock.validation import Call


class Singles:
    """The roles `put`, `show` and `take`."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._answers = keeping.answers

    def put(self, call: Call, role: Role) -> Response:
        """Puts members; the items of a list one by one, beside those that are there."""
        held = self._held(call, role)
        for name, value in echoable(call.fields).items():
            if not (is_array(value) and value and all(map(is_object, value))):
                held.facts[name] = value
                continue
            for item in value:
                key = key_of(item) or json.dumps(item)
                known = held.things.get(key)
                held.things[key] = Thing({**(known.facts if known else {}), **item}, self._keeping.clock())
        return self._answers.one(call, echo(call), *salt_of(call))

    def show(self, call: Call, role: Role) -> Response:
        """Shows what was put; as a list, where the answer is one."""
        held = self._held(call, role)
        if self._answers.items(call, *salt_of(call)):
            found = {name: thing.facts for name, thing in held.things.items() if thing}
            made_up = self._keeping.make_up_unknown and not held.things
            return self._answers.many(call, None if made_up else found, *salt_of(call), more=held.facts)
        return self._answers.one(call, {**echo(call), **held.facts}, *salt_of(call))

    def take(self, call: Call, role: Role) -> Response:
        """Removes what the body or the query names; everything, if it names nothing."""
        held = self._held(call, role)
        named = [*call.fields.get("models", ()), *str(call.query.get("slugs") or "").split(",")]
        for key in [name for name in named if name] or list(held.things):
            held.things.pop(key, None)
        if not any(named):
            held.facts.clear()
        return self._answers.one(call, echo(call), *salt_of(call))

    def _held(self, call: Call, role: Role) -> Collection:
        held = self._keeping.collection(call, role)
        if role.verb == "given" and not self._keeping.make_up_unknown:
            self._keeping.populate(held, self._keeping.operations["GET", role.collection], call.path)
        return held
