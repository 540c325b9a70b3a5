"""Everything that can be created, listed, read, updated and deleted (see `families`).

What was created or updated is remembered and comes back, unless the body's `store` or its default says that it is not
to be stored. A deleted thing stays deleted, with all below it. What nobody created is not there, and a list that
nobody wrote to is empty; things that no operation can create, such as models, are one made-up thing each. In the mode
`document` what nobody created is made up instead, and so is the one item of a list that nobody wrote to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from portkey_mock import lifecycle
from portkey_mock.answers import Answers
from portkey_mock.clock import Clock
from portkey_mock.document import Document
from portkey_mock.errors import Refusal
from portkey_mock.families import Role, roles, things
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object, pointer
from portkey_mock.keeping import Keeping
from portkey_mock.lifecycle import Pace
from portkey_mock.message import Response
from portkey_mock.naming import created, echo, given_id, identity, members, salt_of, spoken, spread
from portkey_mock.prompts import Prompts, unversioned
from portkey_mock.references import References
from portkey_mock.routing import shape
from portkey_mock.singles import Singles
from portkey_mock.store import Collection, Store, Thing, concrete
from portkey_mock.validation import Call
from portkey_mock.values import token
from portkey_mock.versioned import Versioned


class Resources:
    """All families of one document, and everything in them."""

    def __init__(
        self,
        answers: Answers,
        document: Document,
        clock: Clock,
        pace: Pace,
        elsewhere: Mapping[str, Callable[[str], bool]],
        *,
        make_up_unknown: bool,
    ) -> None:
        """`make_up_unknown` decides whether asking for an unknown or deleted thing is refused or makes it up.

        `elsewhere` tells, by the path of a collection that is not kept here, whether it has a thing of this id.
        """
        self._answers = answers
        self._keeping = keeping = Keeping(answers, document, clock, pace, make_up_unknown=make_up_unknown)
        self._elsewhere = elsewhere
        self._references = References(document, keeping.families, self._exists)
        self._versioned = Versioned(keeping)
        self._roles = document.derived("roles", lambda: roles(document.operations))
        singles, prompts = Singles(keeping), Prompts(keeping)
        self._actions = {
            "create": self._create,
            "list": self._list,
            "read": self._item,
            "update": self._update,
            "delete": self._delete,
            "step": self._step,
            "fetch": self._fetch,
            "put": singles.put,
            "show": singles.show,
            "take": singles.take,
            "versions": self._versioned.listed,
            "version": self._versioned.one,
            "publish": self._versioned.publish,
            "run": prompts.run,
            "render": prompts.render,
        }

    @property
    def store(self) -> Store:
        """All things there are; another store may take its place."""
        return self._keeping.store

    @store.setter
    def store(self, store: Store) -> None:
        self._keeping.store = store

    def kept(self) -> dict[str, dict[str, JsonObject]]:
        """The things there are, by the path of their collection and by id, without secrets."""
        return {
            path: {name: self._keeping.shown(thing) for name, thing in held.things.items() if thing is not None}
            for path, held in self.store.collections.items()
        }

    def _exists(self, collection: str, name: str) -> bool:
        exists = self._elsewhere.get(collection)
        return self.store.collections[collection].find(name) is not None if exists is None else exists(name)

    def status(self, call: Call) -> str | None:
        """The status of the thing that the path of `call` names; None where no status forbids anything.

        Raises:
            Refusal: as `answer`, if it is not there.
        """
        if self._keeping.make_up_unknown:
            return None
        self._refuse_unknown(call)
        thing = self._thing(call)
        return self._keeping.status(thing) if thing is not None and thing.steps else None

    def facts(self, call: Call) -> JsonObject:
        """What is known of the thing that the path of `call` names, and can be added to; nothing if it is not there."""
        thing = self._thing(call)
        return {} if thing is None else thing.facts

    def _thing(self, call: Call) -> Thing | None:
        *_, (collection, parameter) = things(call.operation.path)
        return self.store.at(collection, call.path).find(call.path[parameter])

    def config(self, name: str) -> JsonObject:
        """The saved config with this id or slug; nothing if there is none."""
        thing = self.store.collections["/configs"].find(name)
        told = self._keeping.told(thing, Role("read", "/configs", "slug")) if thing else {}
        config: Json = told.get("config")
        return config if is_object(config) else {}

    def answer(self, call: Call) -> Response:
        """The answer to a call of any operation.

        Raises:
            Refusal: 404 if it is about something that is not there, 403 if the control plane knew it once; as
                `References.check` if its body refers to such a thing; 409 if the thing's status or another thing of
                this name forbids it; else as `Answers.one`.
        """
        if "thread_id" in call.path:
            self._keeping.settle_runs(call.path)
        if not self._keeping.make_up_unknown:
            self._refuse_unknown(call)
            self._references.check(call)
        role = self._roles[call.operation.method, call.operation.path]
        if role.action == "other" or (role.action == "create" and not _is_kept(call)):
            known = self._answers.again(call)
            return known or self._answers.one(call, echo(call), *salt_of(call), token(call.text))
        return self._actions[role.action](call, role)

    def _refuse_unknown(self, call: Call) -> None:
        """Refuses a call about something that is not there, or about what would be below it."""
        for collection, parameter in things(call.operation.path):
            family = self._keeping.families.get(f"{collection}/{{{parameter}}}")
            if family is None or not family.closed:
                continue
            held, name = self._keeping.held(family, call.path), call.path[parameter]
            if self._roles[call.operation.method, call.operation.path].action in ("run", "render"):
                name = unversioned(name)
            if held.find(name) is not None:
                continue
            at, noun = pointer("path", parameter), spoken(collection, parameter)
            if name in held.things and call.operation.plane == "control_plane":
                raise Refusal(403, f"This {noun} was deleted: {name}", code="deleted", at=at)
            raise Refusal(404, f"No such {noun}: {name}", code="not_found", at=at)

    def _create(self, call: Call, role: Role) -> Response:
        self._refuse_taken(call, role)
        where = concrete(call.operation.path, call.path)
        self.store.created[where] += 1
        salt = (*salt_of(call), self.store.created[where])
        facts = {**echo(call), **self._keeping.born(call), **given_id(call, role)}
        response = self._answers.one(call, facts, *salt)
        facts = {**facts, **members(response), **given_id(call, role)}
        self._parents(call, role, facts)
        made = {
            name: self._keeping.new(call, role, {**facts, **more})
            for name, more in created(role.parameter, facts).items()
        }
        self.store.at(role.collection, {**facts, **call.path}).things.update(made)
        self._belongings(call, role, facts)
        thing = next(iter(made.values()), None)
        if thing is None or not (thing.steps or thing.versions):
            return response
        return self._answers.one(call, self._keeping.told(thing, role), *salt)

    def _refuse_taken(self, call: Call, role: Role) -> None:
        slug = call.fields.get("slug")
        held = self.store.at(role.collection, {**call.fields, **call.path}) if slug else None
        if held is not None and held.find(str(slug)) is not None and not self._keeping.make_up_unknown:
            raise Refusal(409, "Another one has this slug.", code="already_exists", at="/body/slug")

    def _parents(self, call: Call, role: Role, facts: JsonObject) -> None:
        """What a new thing is below, where it comes into being along with it: the thread of a run."""
        for parent, parameter in things(role.collection):
            name = facts.get(parameter)
            if parameter not in call.path and isinstance(name, str):
                above = self.store.at(parent, {**facts, **call.path}).things
                above.setdefault(name, Thing({**self._keeping.born(call), "id": name}, self._keeping.clock()))

    def _belongings(self, call: Call, role: Role, facts: JsonObject) -> None:
        """What comes along with a new thing: the files of a vector store, or of a batch of files."""
        stores = {"/vector_stores": facts.get("id"), "/vector_stores/{}/file_batches": facts.get("vector_store_id")}
        store = stores.get(shape(role.collection))
        names = facts.get("file_ids")
        if store is None or not is_array(names):
            return
        files = Role("create", "/vector_stores/{vector_store_id}/files", "file_id")
        held = self.store.at(files.collection, {"vector_store_id": store})
        for name in names:
            about = {"id": name, "file_id": name, "vector_store_id": store, **self._keeping.born(call)}
            held.things[name] = self._keeping.new(call, files, about)

    def _list(self, call: Call, role: Role) -> Response:
        family = self._keeping.families.get(f"{role.collection}/{{{role.parameter}}}")
        if family is None:
            return self._listed_elsewhere(call, role)
        held = self._keeping.held(family, call.path)
        found = {
            name: self._keeping.told(thing, role) for name, thing in reversed(held.things.items()) if thing is not None
        }
        untouched = self._keeping.make_up_unknown and not held.things
        return self._answers.many(call, None if untouched else found, *salt_of(call))

    def _listed_elsewhere(self, call: Call, role: Role) -> Response:
        """A list whose items have no path of their own: the files of a batch of files; any other one is made up."""
        batches = (
            self.store.at("/vector_stores/{vector_store_id}/file_batches", call.path)
            if (shape(role.collection) == "/vector_stores/{}/file_batches/{}/files")
            else Collection()
        )
        batch = batches.things.get(call.path.get("batch_id", ""))
        if batch is None:
            return self._answers.many(call, None, *salt_of(call))
        kind = Role("list", "/vector_stores/{vector_store_id}/files", "file_id")
        files = self._keeping.collection(call, kind).things
        found = {name: files[name] for name in reversed(batch.facts["file_ids"]) if files.get(name)}
        told = {name: self._keeping.told(thing, kind) for name, thing in found.items() if thing is not None}
        return self._answers.many(call, told, *salt_of(call))

    def _item(self, call: Call, role: Role) -> Response:
        key, thing = self._keeping.named(call, role)
        if thing is not None:
            thing.polls += 1
        known = spread(self._answers.shown(call)) if thing is None else self._keeping.told(thing, role)
        facts = {**known, **echo(call), **identity(role.parameter, key, known)}
        return self._answers.one(call, facts, role.collection, key)

    def _update(self, call: Call, role: Role) -> Response:
        key, thing = self._keeping.named(call, role)
        known = {} if thing is None else thing.facts
        said = {**echo(call), **identity(role.parameter, key, known)}
        if thing is None:
            thing = self._keeping.new(call, role, said)
            self._keeping.collection(call, role).things[key] = thing
        elif thing.versions:
            return self._versioned.write(call, role, thing, {**known, **said})
        thing.facts = {**known, **said, **self._keeping.changed(call)}
        return self._answers.one(call, {**self._keeping.told(thing, role), **said}, role.collection, key)

    def _delete(self, call: Call, role: Role) -> Response:
        key, thing = self._keeping.named(call, role)
        known = {} if thing is None else thing.facts
        facts = {**known, **echo(call), **identity(role.parameter, key, known)}
        response = self._answers.one(call, facts, role.collection, key)
        self._keeping.collection(call, role).things[key] = None
        return response

    def _step(self, call: Call, role: Role) -> Response:
        """What is done to a thing beside reading and writing it, such as cancelling it.

        Raises:
            Refusal: 409 if its status does not allow it.
        """
        key, thing = self._keeping.named(call, role)
        if thing is None:
            facts = {**echo(call), **identity(role.parameter, key, {})}
            return self._answers.one(call, facts, role.collection, key)
        if thing.steps:
            self._move(call, role, thing)
        facts = {**self._keeping.told(thing, role), **echo(call), **identity(role.parameter, key, thing.facts)}
        return self._answers.one(call, facts, role.collection, key)

    def _move(self, call: Call, role: Role, thing: Thing) -> None:
        """Takes a thing on in its life; what has gone that way already stays as it is."""
        life = lifecycle.LIVES[shape(role.collection)]
        verb = life.verbs.get(role.verb)
        now, status = self._keeping.now(thing), self._keeping.status(thing)
        if verb is None or status == verb.stages[0][0]:
            return
        if lifecycle.allows(verb, status):
            thing.steps = lifecycle.go_on(life, verb, thing.steps, now, self._keeping.pace_of(call))
        else:
            self._keeping.refuse_status(role, status)

    def _fetch(self, call: Call, role: Role) -> Response:
        key, thing = self._keeping.named(call, role)
        status = self._keeping.status(thing) if thing else ""
        if status != lifecycle.LIVES[shape(role.collection)].ready[role.verb]:
            self._keeping.refuse_status(role, status)
        return self._answers.one(call, echo(call), role.collection, key)


def _is_kept(call: Call) -> bool:
    """Whether what a call creates is to stay, as the body says or else the document."""
    asked = call.fields.get("store")
    return call.operation.stores if asked is None else asked is not False
