"""What all that is done to things shares: where they are kept, what time it is, and what an answer says of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from portkey_mock import lifecycle, runs, versions
from portkey_mock.answers import Answers, echoable
from portkey_mock.clock import Clock
from portkey_mock.document import Document, Operation
from portkey_mock.errors import Refusal
from portkey_mock.families import Family, Role, families, things
from portkey_mock.jsonvalue import Json, JsonObject
from portkey_mock.lifecycle import Pace
from portkey_mock.naming import echo, salt_of, spoken
from portkey_mock.routing import shape
from portkey_mock.store import Collection, Store, Thing, key_of
from portkey_mock.validation import Call
from portkey_mock.values import timestamp, token
from portkey_mock.versions import Version

_RUNS: Final = "/threads/{thread_id}/runs"
_STEPS: Final = "/threads/{thread_id}/runs/{run_id}/steps"
_MESSAGES: Final = "/threads/{thread_id}/messages"


class Keeping:
    """The things of one gateway.

    Attributes:
        store: all of them; another one may take its place.
        make_up_unknown: whether asking for an unknown or deleted thing is refused or makes it up.
    """

    def __init__(
        self, answers: Answers, document: Document, clock: Clock, pace: Pace, *, make_up_unknown: bool
    ) -> None:
        self.answers = answers
        self.operations = document.operations
        self.clock = clock
        self.pace = pace
        self.make_up_unknown = make_up_unknown
        self.families = document.derived("families", lambda: families(document.operations))
        self.store = Store()

    def collection(self, call: Call, role: Role) -> Collection:
        """The collection that a call is about."""
        return self.store.at(role.collection, call.path)

    def named(self, call: Call, role: Role) -> tuple[str, Thing | None]:
        """The thing that the path names, and its id."""
        held = self.collection(call, role)
        key = held.key(call.path[role.parameter])
        return key, held.things.get(key)

    def held(self, family: Family, path: Mapping[str, Json]) -> Collection:
        """The collection of a family; with one made-up thing in it if nobody could ever create one."""
        held = self.store.at(family.collection, path)
        if not family.creatable and family.lister is not None and not self.make_up_unknown:
            self.populate(held, family.lister, path)
        return held

    def populate(self, held: Collection, lister: Operation, path: Mapping[str, Json]) -> None:
        """Puts into a collection what `lister` would list of itself, once."""
        if held.populated:
            return
        held.populated = True
        within = {name: str(path[name]) for _, name in things(lister.path)}
        call = Call(lister, within)
        for name, item in self.answers.items(call, *salt_of(call)).items():
            held.things[key_of(item) or name] = Thing({**item, **echo(call)}, self.clock())

    def settle_runs(self, path: Mapping[str, Json]) -> None:
        """Writes the message and the step of every run of a thread that has completed since the last time."""
        for thing in self.store.at(_RUNS, path).things.values():
            if thing is None or self.status(thing) != "completed":
                continue
            message, step = runs.outcome(thing.facts)
            self.store.at(_MESSAGES, path).things.setdefault(message["id"], Thing(message, self.clock()))
            steps = self.store.at(_STEPS, {**path, "run_id": thing.facts["id"]})
            if not steps.populated:
                steps.populated = True
                steps.things[step["id"]] = Thing(step, self.clock())

    def new(self, call: Call, role: Role, facts: JsonObject) -> Thing:
        """A thing that begins to exist now. What is streamed comes to its end at once, as the stream does."""
        now, kind = self.clock(), shape(role.collection)
        steps = lifecycle.begin(kind, call.fields, now, self.pace_of(call))
        thing = Thing(lifecycle.unfinished(kind, facts), now, steps)
        if kind in versions.LIVE_AT_ONCE:
            thing.versions.append(
                Version(versions.version_id(facts) or token(now), versions.own(facts), self.born(call))
            )
        return thing

    def pace_of(self, call: Call) -> Pace:
        """How fast what `call` sets going moves."""
        return self.pace.at_its_end() if call.streamed else self.pace

    def now(self, thing: Thing) -> float:
        """What time it is for a thing."""
        return self.pace.now(self.clock(), thing.created, thing.polls)

    def status(self, thing: Thing) -> str:
        """The status of a thing that has a life."""
        return lifecycle.past(thing.steps, self.now(thing))[-1][1]

    def told(self, thing: Thing, role: Role) -> JsonObject:
        """What an answer says about a thing now."""
        facts = thing.facts
        if thing.versions:
            facts = {**facts, **versions.told(thing.versions, thing.default, thing.default)}
        if thing.steps:
            facts = {**facts, **lifecycle.told(shape(role.collection), facts, thing.steps, self.now(thing))}
        return facts

    def shown(self, thing: Thing) -> JsonObject:
        """A thing as people see it, without secrets."""
        status = {"status": self.status(thing)} if thing.steps else {}
        return echoable({**thing.facts, **status})

    def born(self, call: Call) -> JsonObject:
        """When a thing was made: seconds on the data plane, words on the control plane."""
        now = self.clock()
        if call.operation.plane == "control_plane":
            return dict.fromkeys(("created_at", "last_updated_at"), timestamp(now))
        return {"created_at": int(now), "created": int(now)}

    def changed(self, call: Call) -> JsonObject:
        """When a thing was changed."""
        return {name: value for name, value in self.born(call).items() if name == "last_updated_at"}

    def refuse_status(self, role: Role, status: str) -> None:
        """Refuses what a status does not allow, where the state counts.

        Raises:
            Refusal: 409.
        """
        if not self.make_up_unknown:
            verb = role.verb.replace("_", " ")
            message = f"The {spoken(role.collection, role.parameter)} is {status}: {verb} is not possible."
            raise Refusal(409, message, code="invalid_status")
