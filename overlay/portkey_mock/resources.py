"""Everything that can be created, listed, read, updated and deleted (see `families`).

What was created or updated is remembered and comes back, unless the body's `store` or its default says that it is not
to be stored. A deleted thing stays deleted, with all below it. What nobody created is not there, and a list that
nobody wrote to is empty; things that no operation can create, such as models, are one made-up thing each. In the mode
`document` what nobody created is made up instead, and so is the one item of a list that nobody wrote to.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from portkey_mock import lifecycle, versions
from portkey_mock.answers import Answers, echoable
from portkey_mock.clock import Clock
from portkey_mock.document import Document, Operation
from portkey_mock.errors import Refusal
from portkey_mock.families import Family, Role, families, roles, things
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object, pointer
from portkey_mock.lifecycle import Pace, Step
from portkey_mock.message import Response
from portkey_mock.routing import shape
from portkey_mock.validation import Call
from portkey_mock.values import token
from portkey_mock.versions import Version

_KEYS: Final = ("slug", "id", "user_id", "workspace_id", "name")
"""By what the members of a list that is put as a whole are told apart."""


@dataclass(slots=True)
class Thing:
    """One thing.

    Attributes:
        facts: what is known of it.
        created: seconds since 1970.
        steps: its life, if it has one.
        polls: how often it was read by its id.
        versions: its versions, oldest first, if it has any; `default` is the number of the one that is shown.
    """

    facts: JsonObject
    created: float
    steps: list[Step] = field(default_factory=list[Step])
    polls: int = 0
    versions: list[Version] = field(default_factory=list[Version])
    default: int = 1


@dataclass(slots=True)
class Collection:
    """The things under one concrete path, oldest first; None in place of a deleted one."""

    things: dict[str, Thing | None] = field(default_factory=dict[str, "Thing | None"])
    facts: JsonObject = field(default_factory=dict[str, Json])
    populated: bool = False

    def key(self, name: str) -> str:
        """The id of the thing that `name` names, by its id or its slug; `name` itself if there is none."""
        if name in self.things:
            return name
        found = (key for key, thing in self.things.items() if thing and name in (thing.facts.get("slug"), _id(thing)))
        return next(found, name)


@dataclass(slots=True)
class Store:
    """All collections by their concrete paths, and how often each path was created in."""

    collections: defaultdict[str, Collection] = field(default_factory=lambda: defaultdict(Collection))
    created: Counter[str] = field(default_factory=Counter[str])


class Resources:
    """All families of one document, and everything in them."""

    def __init__(
        self, answers: Answers, document: Document, clock: Clock, pace: Pace, *, make_up_unknown: bool
    ) -> None:
        """`make_up_unknown` decides whether asking for an unknown or deleted thing is refused or makes it up."""
        self._answers = answers
        self._clock = clock
        self._pace = pace
        self._make_up_unknown = make_up_unknown
        self._operations = document.operations
        self._families = document.derived("families", lambda: families(document.operations))
        self._roles = document.derived("roles", lambda: roles(document.operations))
        self.store = Store()
        self._actions = {
            "create": self._create,
            "list": self._list,
            "read": self._item,
            "update": self._update,
            "delete": self._delete,
            "step": self._step,
            "fetch": self._fetch,
            "put": self._put,
            "show": self._show,
            "take": self._take,
            "versions": self._versions,
            "version": self._version,
            "publish": self._publish,
        }

    def kept(self) -> dict[str, dict[str, JsonObject]]:
        """The things there are, by the path of their collection and by id, without secrets."""
        return {
            path: {name: self._shown(thing) for name, thing in held.things.items() if thing is not None}
            for path, held in self.store.collections.items()
        }

    def answer(self, call: Call) -> Response:
        """The answer to a call of any operation.

        Raises:
            Refusal: 404 if it is about something that is not there, 403 if the control plane knew it once; 409 if the
                thing's status or another thing of this name forbids it; else as `Answers.one`.
        """
        if not self._make_up_unknown:
            self._refuse_unknown(call)
        role = self._roles[call.operation.method, call.operation.path]
        if role.action == "other" or (role.action == "create" and not _is_kept(call)):
            known = self._answers.again(call)
            return known or self._answers.one(call, _echo(call), *_salt(call), token(call.text))
        return self._actions[role.action](call, role)

    def _refuse_unknown(self, call: Call) -> None:
        """Refuses a call about something that is not there, or about what would be below it."""
        for collection, parameter in things(call.operation.path):
            family = self._families.get(f"{collection}/{{{parameter}}}")
            if family is None or not family.closed:
                continue
            held, name = self._held(family, call.path), call.path[parameter]
            if held.things.get(held.key(name)) is not None:
                continue
            at, noun = pointer("path", parameter), _noun(collection, parameter)
            if name in held.things and call.operation.plane == "control_plane":
                raise Refusal(403, f"This {noun} was deleted: {name}", code="deleted", at=at)
            raise Refusal(404, f"No such {noun}: {name}", code="not_found", at=at)

    def _held(self, family: Family, path: Mapping[str, Json]) -> Collection:
        """The collection of a family; with one made-up thing in it if nobody could ever create one."""
        held = self.store.collections[_concrete(family.collection, path)]
        if not family.creatable and family.lister is not None and not self._make_up_unknown:
            self._populate(held, family.lister, path)
        return held

    def _populate(self, held: Collection, lister: Operation, path: Mapping[str, Json]) -> None:
        if held.populated:
            return
        held.populated = True
        within = {name: str(path[name]) for _, name in things(lister.path)}
        call = Call(lister, within)
        for name, item in self._answers.items(call, *_salt(call)).items():
            held.things[_key_of(item) or name] = Thing({**item, **_echo(call)}, self._clock())

    def _create(self, call: Call, role: Role) -> Response:
        path = call.operation.path
        self._refuse_taken(call, role)
        where = _concrete(path, call.path)
        self.store.created[where] += 1
        facts = {**_echo(call), **self._born(call), **_given_id(call, role)}
        response = self._answers.one(call, facts, *_salt(call), self.store.created[where])
        members = _members(response)
        facts = {**facts, **members, **_given_id(call, role)}
        held = self.store.collections[_concrete(role.collection, {**facts, **call.path})]
        for parent, parameter in things(role.collection):
            if parameter not in call.path and isinstance(facts.get(parameter), str):
                above = self.store.collections[_concrete(parent, {**facts, **call.path})]
                above.things.setdefault(
                    facts[parameter], Thing({**self._born(call), "id": facts[parameter]}, self._clock())
                )
        made = {
            name: self._new(call, role, {**facts, **more}) for name, more in _created(role.parameter, facts).items()
        }
        held.things.update(made)
        thing = next(iter(made.values()), None)
        self._belongings(call, role, facts)
        if thing is None or not (thing.steps or thing.versions):
            return response
        return self._answers.one(call, self._told(thing, role), *_salt(call), self.store.created[where])

    def _refuse_taken(self, call: Call, role: Role) -> None:
        slug = call.fields.get("slug")
        held = self.store.collections[_concrete(role.collection, {**call.fields, **call.path})] if slug else None
        if held is not None and held.things.get(held.key(str(slug))) is not None and not self._make_up_unknown:
            raise Refusal(409, "Another one has this slug.", code="already_exists", at="/body/slug")

    def _new(self, call: Call, role: Role, facts: JsonObject) -> Thing:
        now, kind = self._clock(), shape(role.collection)
        thing = Thing(facts, now, lifecycle.begin(kind, facts, now, self._pace))
        if kind in versions.LIVE_AT_ONCE:
            thing.versions.append(
                Version(versions.version_id(facts) or token(now), versions.own(facts), self._born(call))
            )
        return thing

    def _belongings(self, call: Call, role: Role, facts: JsonObject) -> None:
        """What comes along with a new thing: the files of a vector store, or of a batch of files."""
        stores = {"/vector_stores": facts.get("id"), "/vector_stores/{}/file_batches": facts.get("vector_store_id")}
        store = stores.get(shape(role.collection))
        names = facts.get("file_ids")
        if store is None or not is_array(names):
            return
        files = Role("create", "/vector_stores/{vector_store_id}/files", "file_id")
        held = self.store.collections[_concrete(files.collection, {"vector_store_id": store})]
        for name in names:
            about = {"id": name, "file_id": name, "vector_store_id": store, **self._born(call)}
            held.things[name] = self._new(call, files, about)

    def _list(self, call: Call, role: Role) -> Response:
        family = self._families.get(f"{role.collection}/{{{role.parameter}}}")
        if family is None:
            return self._listed_elsewhere(call, role)
        held = self._held(family, call.path)
        found = {
            name: told
            for name, thing in reversed(held.things.items())
            if thing is not None and _matches(told := self._told(thing, role), call.query)
        }
        untouched = self._make_up_unknown and not held.things
        return self._answers.many(call, None if untouched else found, *_salt(call))

    def _listed_elsewhere(self, call: Call, role: Role) -> Response:
        """A list whose items have no path of their own: the files of a batch of files; any other one is made up."""
        batches = (
            self.store.collections[_concrete("/vector_stores/{vector_store_id}/file_batches", call.path)]
            if (shape(role.collection) == "/vector_stores/{}/file_batches/{}/files")
            else Collection()
        )
        batch = batches.things.get(call.path.get("batch_id", ""))
        if batch is None:
            return self._answers.many(call, None, *_salt(call))
        collection = "/vector_stores/{vector_store_id}/files"
        files = self.store.collections[_concrete(collection, call.path)].things
        found = {name: files[name] for name in reversed(batch.facts["file_ids"]) if files.get(name)}
        kind = Role("list", collection, "file_id")
        told = {name: self._told(thing, kind) for name, thing in found.items() if thing is not None}
        return self._answers.many(call, told, *_salt(call))

    def _item(self, call: Call, role: Role) -> Response:
        key, thing = self._named(call, role)
        if thing is not None:
            thing.polls += 1
        known = {} if thing is None else self._told(thing, role)
        facts = {**known, **_echo(call), **_identity(role.parameter, key, known)}
        return self._answers.one(call, facts, role.collection, key)

    def _update(self, call: Call, role: Role) -> Response:
        key, thing = self._named(call, role)
        echo = _echo(call)
        known = {} if thing is None else thing.facts
        identity = _identity(role.parameter, key, known)
        if thing is None:
            thing = self._new(call, role, {**echo, **identity})
            self._collection(call, role).things[key] = thing
        elif thing.versions:
            return self._write_version(call, role, thing, {**known, **echo, **identity})
        thing.facts = {**known, **echo, **identity, **self._changed(call)}
        return self._answers.one(call, {**self._told(thing, role), **echo, **identity}, role.collection, key)

    def _write_version(self, call: Call, role: Role, thing: Thing, facts: JsonObject) -> Response:
        """The update of a thing that has versions makes a new one; it becomes the default where that is customary."""
        number = len(thing.versions) + 1
        salt = (role.collection, call.path[role.parameter], number)
        facts = _without_ids(facts)
        made = versions.version_id(_members(self._answers.one(call, facts, *salt))) or token(*salt)
        before = thing.versions[-1].facts
        thing.versions.append(Version(made, {**before, **versions.own(_echo(call))}, self._born(call)))
        thing.facts = {**thing.facts, **versions.common(_echo(call)), **self._changed(call)}
        if versions.LIVE_AT_ONCE[shape(role.collection)]:
            thing.default = number
        return self._answers.one(call, {**facts, **dict.fromkeys(versions.IDS, made)}, *salt)

    def _delete(self, call: Call, role: Role) -> Response:
        key, thing = self._named(call, role)
        known = {} if thing is None else thing.facts
        facts = {**known, **_echo(call), **_identity(role.parameter, key, known)}
        response = self._answers.one(call, facts, role.collection, key)
        self._collection(call, role).things[key] = None
        return response

    def _step(self, call: Call, role: Role) -> Response:
        """What is done to a thing beside reading and writing it, such as cancelling it.

        Raises:
            Refusal: 409 if its status does not allow it.
        """
        key, thing = self._named(call, role)
        if thing is None:
            facts = {**_echo(call), **_identity(role.parameter, key, {})}
            return self._answers.one(call, facts, role.collection, key)
        life = lifecycle.LIVES.get(shape(role.collection))
        verb = life.verbs.get(role.verb) if life else None
        if life is not None and verb is not None and thing.steps:
            now, status = self._now(thing), self._status(thing)
            if lifecycle.allows(verb, status) and status != verb.stages[0][0]:
                thing.steps = lifecycle.go_on(life, verb, thing.steps, now, self._pace)
            elif status != verb.stages[0][0]:
                self._refuse_status(role, status)
        facts = {**self._told(thing, role), **_echo(call), **_identity(role.parameter, key, thing.facts)}
        return self._answers.one(call, facts, role.collection, key)

    def _fetch(self, call: Call, role: Role) -> Response:
        key, thing = self._named(call, role)
        status = self._status(thing) if thing else ""
        if status != lifecycle.LIVES[shape(role.collection)].ready[role.verb]:
            self._refuse_status(role, status)
        return self._answers.one(call, _echo(call), role.collection, key)

    def _refuse_status(self, role: Role, status: str) -> None:
        if not self._make_up_unknown:
            verb, noun = role.verb.replace("_", " "), _noun(role.collection, role.parameter)
            raise Refusal(409, f"The {noun} is {status}: {verb} is not possible.", code="invalid_status")

    def _now(self, thing: Thing) -> float:
        return self._pace.now(self._clock(), thing.created, thing.polls)

    def _status(self, thing: Thing) -> str:
        return lifecycle.past(thing.steps, self._now(thing))[-1][1]

    def _put(self, call: Call, role: Role) -> Response:
        held = self._single(call, role)
        for name, value in echoable(call.fields).items():
            if not (is_array(value) and value and all(map(is_object, value))):
                held.facts[name] = value
                continue
            for item in value:
                key = _key_of(item) or json.dumps(item)
                known = held.things.get(key)
                held.things[key] = Thing({**(known.facts if known else {}), **item}, self._clock())
        return self._answers.one(call, _echo(call), *_salt(call))

    def _show(self, call: Call, role: Role) -> Response:
        held = self._single(call, role)
        if self._answers.items(call, *_salt(call)):
            found = {
                name: thing.facts for name, thing in held.things.items() if thing and _matches(thing.facts, call.query)
            }
            made_up = self._make_up_unknown and not held.things
            return self._answers.many(call, None if made_up else found, *_salt(call), more=held.facts)
        return self._answers.one(call, {**_echo(call), **held.facts}, *_salt(call))

    def _take(self, call: Call, role: Role) -> Response:
        """Removes what the body or the query names; everything, if it names nothing."""
        held = self._single(call, role)
        named = [*call.fields.get("models", ()), *str(call.query.get("slugs") or "").split(",")]
        for key in [name for name in named if name] or list(held.things):
            held.things.pop(key, None)
        if not any(named):
            held.facts.clear()
        return self._answers.one(call, _echo(call), *_salt(call))

    def _single(self, call: Call, role: Role) -> Collection:
        held = self.store.collections[_concrete(role.collection, call.path)]
        if role.verb == "given" and not self._make_up_unknown:
            self._populate(held, self._operations["GET", role.collection], call.path)
        return held

    def _versions(self, call: Call, role: Role) -> Response:
        _, thing = self._named(call, role)
        if thing is None or not thing.versions:
            return self._answers.many(call, None, *_salt(call))
        found = versions.listed(shape(role.collection), thing.versions, thing.default, thing.facts)
        return self._answers.many(call, found, *_salt(call))

    def _version(self, call: Call, role: Role) -> Response:
        """Reads a version, or changes what may be changed of it: its label."""
        above = Role("read", *next(iter(things(role.collection))))
        key, thing = self._named(call, above)
        number = versions.find(thing.versions, call.path[role.parameter]) if thing else None
        if thing is None or number is None:
            self._refuse_version(404, pointer("path", role.parameter))
            return self._answers.one(call, _echo(call), *_salt(call))
        if call.operation.method == "PUT":
            thing.versions[number - 1].label = call.fields.get("label_id")
        facts = {**thing.facts, **versions.told(thing.versions, number, thing.default)}
        return self._answers.one(call, facts, above.collection, key, number)

    def _publish(self, call: Call, role: Role) -> Response:
        _, thing = self._named(call, role)
        asked = call.fields.get("version")
        if thing is not None:
            number = int(asked) if isinstance(asked, (int, float)) else 0
            if 1 <= number <= len(thing.versions):
                thing.default = number
            else:
                self._refuse_version(400, "/body/version")
        return self._answers.one(call, _echo(call), *_salt(call))

    def _refuse_version(self, status: int, at: str) -> None:
        if not self._make_up_unknown:
            raise Refusal(status, "There is no such version.", code="version_not_found", at=at)

    def _collection(self, call: Call, role: Role) -> Collection:
        return self.store.collections[_concrete(role.collection, call.path)]

    def _named(self, call: Call, role: Role) -> tuple[str, Thing | None]:
        """The thing that the path names, and its id."""
        held = self._collection(call, role)
        key = held.key(call.path[role.parameter])
        return key, held.things.get(key)

    def _told(self, thing: Thing, role: Role) -> JsonObject:
        """What an answer says about a thing now."""
        facts = thing.facts
        if thing.versions:
            facts = {**facts, **versions.told(thing.versions, thing.default, thing.default)}
        if thing.steps:
            facts = {**facts, **lifecycle.told(shape(role.collection), facts, thing.steps, self._now(thing))}
        return facts

    def _shown(self, thing: Thing) -> JsonObject:
        status = {"status": self._status(thing)} if thing.steps else {}
        return echoable({**thing.facts, **status})

    def _born(self, call: Call) -> JsonObject:
        """When a thing was made: seconds on the data plane, words on the control plane."""
        now = self._clock()
        if call.operation.plane == "control_plane":
            text = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return {"created_at": text, "last_updated_at": text}
        return {"created_at": int(now), "created": int(now)}

    def _changed(self, call: Call) -> JsonObject:
        return {name: value for name, value in self._born(call).items() if name == "last_updated_at"}


def _id(thing: Thing) -> Json:
    return thing.facts.get("id")


def _key_of(item: JsonObject) -> str | None:
    return next((item[name] for name in _KEYS if isinstance(item.get(name), str)), None)


def _created(parameter: str, facts: JsonObject) -> dict[str, JsonObject]:
    """The things that a creation made, by id: one, or several where the answer or the body lists them."""
    found = next((facts[name] for name in _names(parameter) if isinstance(facts.get(name), str)), None)
    if found is not None:
        return {found: {}}
    for items in (facts.get("data"), facts.get("users"), [{"id": each} for each in facts.get("feedback_ids") or ()]):
        if is_array(items) and items and all(is_object(each) and isinstance(each.get("id"), str) for each in items):
            return {each["id"]: each for each in items}
    return {}


def _given_id(call: Call, role: Role) -> JsonObject:
    """How a new thing is called if the body decides it: a file in a vector store has the id of the file."""
    given = call.fields.get(role.parameter)
    return _identity(role.parameter, given, {}) if isinstance(given, str) and role.parameter != "slug" else {}


def _matches(facts: JsonObject, query: Mapping[str, Json]) -> bool:
    """Whether a thing is what the query asks for: a parameter that is called like a text among its members filters."""
    return all(facts[name] == value for name, value in query.items() if isinstance(facts.get(name), str))


def _without_ids(facts: JsonObject) -> JsonObject:
    """`facts` without the id of the version they belong to."""
    return {name: value for name, value in facts.items() if not name.endswith("version_id")}


def _is_kept(call: Call) -> bool:
    """Whether what a call creates is to stay, as the body says or else the document."""
    asked = call.fields.get("store")
    return call.operation.stores if asked is None else asked is not False


def _concrete(template: str, path: Mapping[str, Json]) -> str:
    return re.sub(r"\{([^}]*)\}", lambda match: repr(path.get(match[1])), template)


def _salt(call: Call) -> tuple[object, ...]:
    return call.operation.method, call.operation.path, *sorted(call.path.items())


def _echo(call: Call) -> JsonObject:
    """What an answer repeats of a request: path parameters, also in snake case, and members of the body."""
    path = {name: value for key, value in call.path.items() for name in (key, _snake(key))}
    return {**path, **echoable(call.fields)}


def _identity(parameter: str, thing_id: str, known: JsonObject) -> JsonObject:
    """How a thing that `parameter` names in a path calls itself: as it does already, `slug` if it is one, or `id`."""
    names = [name for name in _names(parameter) if name != "slug" or parameter == "slug"]
    return {name: known.get(name, thing_id) if name in ("id", "slug") else thing_id for name in names}


def _names(parameter: str) -> list[str]:
    """Under which names the id may stand in an answer, the most telling one first."""
    return [parameter, _snake(parameter), *(() if parameter == "slug" else ("id",)), "slug"]


def _noun(collection: str, parameter: str) -> str:
    """What a thing is called in a message: `vector store` for `vector_store_id`."""
    word = _snake(parameter).removesuffix("_id")
    if word in ("slug", "id"):
        word = collection.rpartition("/")[2].removesuffix("s").replace("-", "_")
    return word.replace("_", " ")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _members(response: Response) -> JsonObject:
    """The members of a JSON answer, with those of its `data` among them."""
    is_json = dict(response.headers).get("content-type") == "application/json"
    body = json.loads(response.body) if is_json else None
    if not is_object(body):
        return {}
    data = body.get("data")
    if not is_object(data):
        return body
    return {**{name: value for name, value in body.items() if name != "data"}, **data}
