"""Credentials: none, part of them, or the wrong kind of them are refused, and nothing is done or given away by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

from portkey_mock import Request, Response
from tests.contract.calls import Call, Lacking
from tests.contract.check import Check, Problem
from tests.contract.checks.collections import Collection, collections, made
from tests.contract.document import Operation
from tests.contract.generated_checks import CREDENTIALS
from tests.contract.sight import known
from tests.contract.walk import everything
from tests.contract.world import World, identity, parsed

_REFUSALS: Final = (401, 403)


def _required(world: World) -> Iterator[Problem]:
    """A request that has everything but credentials is refused with 401 or 403."""
    for operation, call in _secured(world):
        if not _works(world, operation):
            continue
        request = world.request(call, credentials=False)
        if world.wire.handle(request).status not in _REFUSALS:
            yield Problem("A request without credentials was not refused.", world.last())


def _alternatives(world: World) -> Iterator[Problem]:
    """What is only part of an alternative of the document, or of another scheme, is refused."""
    for operation, call in _secured(world):
        alternatives = _accepted(world, operation)
        request = world.request(call)
        for kept in _parts(world.secrets):
            sent = {*map(str.lower, kept), *map(str.lower, world.profile.headers)}
            if any(alternative <= sent for alternative in alternatives):
                continue
            if _plainly(world, alternatives) and _taken(world, _only(world, request, kept)):
                yield Problem(f"{', '.join(kept) or 'No credential'} alone is enough.", world.last())
        for name, wrong in [*_wrong(world, request), *_foreign(world, request, alternatives)]:
            if _taken(world, wrong):
                yield Problem(f"{name} is taken.", world.last())


def _works(world: World, operation: Operation) -> bool:
    """Whether it has been seen to succeed."""
    return any(200 <= status < 300 for (label, status) in world.wire.answers if label == str(operation))


def _wrong(world: World, request: Request) -> Iterator[tuple[str, Request]]:
    """The request with credentials that cannot be any, each with what they are."""
    bare = _only(world, request, ())
    names = [name.lower() for name in world.secrets]
    yield "A Basic authorization", replace(bare, headers=(*bare.headers, ("authorization", "Basic Y29udHJhY3Q6")))
    yield "An empty credential", replace(bare, headers=(*bare.headers, *((name, "") for name in names)))
    if "authorization" in names:
        yield "A Bearer without a key", replace(bare, headers=(*bare.headers, ("authorization", "Bearer")))


def _foreign(world: World, request: Request, alternatives: list[set[str]]) -> Iterator[tuple[str, Request]]:
    """The request with a bearer, at an operation that knows other schemes: a provider's key is no key of an account."""
    for part in _incomplete(alternatives):
        if not any(each <= {*part, *map(str.lower, world.profile.headers)} for each in alternatives):
            fields = tuple((name, _MADE_UP.get(name, "contract")) for name in sorted(part))
            bare = _only(world, request, ())
            if _plainly(world, alternatives):
                yield f"{' and '.join(sorted(part))} alone", replace(bare, headers=(*bare.headers, *fields))
    sent = {"authorization", *map(str.lower, world.profile.headers)}
    own = "authorization" in map(str.lower, world.secrets)
    if not own and _plainly(world, alternatives) and not any(each <= sent for each in alternatives):
        bare = _only(world, request, ())
        yield "Any bearer", replace(bare, headers=(*bare.headers, ("authorization", "Bearer sk-of-a-provider")))


def _incomplete(alternatives: list[set[str]]) -> set[frozenset[str]]:
    """What lacks one scheme of an alternative, and is none by itself; no address is made up."""
    less = {frozenset(each - {name}) for each in alternatives for name in each if len(each) > 1}
    return {each for each in less if not any(x <= each for x in alternatives) and "x-portkey-custom-host" not in each}


def _taken(world: World, request: Request) -> bool:
    """Whether a request is answered as with all credentials: what it names is unknown, and still looked for."""
    status = world.wire.handle(request).status
    return status not in _REFUSALS and (status < 300 or status == world.wire.handle(_whole(world, request)).status)


def _whole(world: World, request: Request) -> Request:
    """The request with all credentials."""
    bare = _only(world, request, ())
    return replace(bare, headers=(*bare.headers, *((name.lower(), value) for name, value in world.secrets.items())))


def _secured(world: World) -> Iterator[tuple[Operation, Call]]:
    if not world.secrets:
        return
    for operation in world.tryable():
        if operation.succeeds and operation.raw.get("security", world.document.get("security")):
            yield operation, known(world, operation)


def _accepted(world: World, operation: Operation) -> list[set[str]]:
    """The alternatives of the document, each as the header fields it needs."""
    schemes: dict[str, Any] = world.document["components"].get("securitySchemes", {})
    security: Any = operation.raw.get("security", world.document.get("security", []))
    return [{schemes[name].get("name", "authorization").lower() for name in each} for each in security]


def _plainly(world: World, alternatives: list[set[str]]) -> bool:
    """Whether the gateway's credentials are those of the document, and not of its own."""
    sent = {*map(str.lower, world.secrets), *map(str.lower, world.profile.headers)}
    return any(alternative <= sent for alternative in alternatives)


def _parts(secrets: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for count in range(1, len(secrets)):
        yield from combinations(secrets, count)


def _only(world: World, request: Request, kept: tuple[str, ...]) -> Request:
    dropped = {"authorization", *map(str.lower, world.secrets)} - set(map(str.lower, kept))
    return replace(request, headers=tuple(each for each in request.headers if each[0] not in dropped))


def _status(world: World) -> Iterator[Problem]:
    """Where the document says 401 for missing credentials, it is 401: 403 would be for those who are known."""
    for operation, call in _secured(world):
        if "401" in operation.raw["responses"] and _works(world, operation):
            answer = world.wire.handle(world.request(call, credentials=False))
            if answer.status == 403:
                yield Problem("A request without credentials is refused with 403, and not with 401.", world.last())


def _first(world: World) -> Iterator[Problem]:
    """Without credentials a body is not even looked at: one that is no JSON is refused for the credentials."""
    for operation, call in _secured(world):
        if operation.takes_body and "application/json" in operation.raw["requestBody"]["content"]:
            request = world.request(call, credentials=False)
            if not _works(world, operation) or world.wire.handle(request).status not in _REFUSALS:
                continue
            status = world.wire.handle(replace(request, body=b"{")).status
            if status not in _REFUSALS:
                yield Problem(f"Without credentials, a body that is no JSON is answered with {status}.", world.last())


def _other_paths(world: World) -> Iterator[Problem]:
    """Another way to write a path is no way around the credentials."""
    secured = {str(operation) for operation, _ in _secured(world)}
    for operation, ids in world.reads():
        if str(operation) not in secured or not _works(world, operation):
            continue
        request = world.request(world.call(str(operation), ids), credentials=False)
        if world.wire.handle(request).status not in _REFUSALS:
            continue
        base = world.base(operation)
        below = request.path.removeprefix(base)
        for path in (f"{base}{below}/", f"{base}/{below}", f"{base}/%{ord(below[1]):02X}{below[2:]}"):
            if world.wire.raw(replace(request, path=path), None).status < 300:
                yield Problem("With its path in other words, it asks for no credentials.", world.last(), operation)


def _any_case(world: World) -> Iterator[Problem]:
    """The name of a scheme is the same in small letters and in capitals."""
    probe, ids = next(iter(world.reads()), (None, {}))
    named = {name: value for name, value in world.secrets.items() if value.startswith("Bearer ")}
    if probe is None or not named or world.send(str(probe), ids).status >= 300:
        return
    for scheme in ("bearer", "BEARER"):
        told = {name: f"{scheme} {value.partition(' ')[2]}" for name, value in named.items()}
        status = world.send(str(probe), ids, headers=told).status
        if status in _REFUSALS:
            yield Problem(f"A key is refused with {status} where the scheme is written {scheme}.", world.last())


def _blind(world: World) -> Iterator[Problem]:
    """Without credentials nobody can tell what there is: what exists is refused just as what does not."""
    for operation, unknown in _secured(world):
        collection = operation.path.rpartition("/{")[0]
        if operation.method == "DELETE" or "post" not in world.document["paths"].get(collection, {}):
            continue  # what nobody makes, such as a model, is no secret
        try:
            there = replace(unknown, ids=world.things(operation.path))
        except Lacking:
            continue
        one, other = (world.wire.handle(world.request(each, credentials=False)).status for each in (unknown, there))
        if one != other and {one, other} & set(_REFUSALS):
            message = f"Without credentials, what exists is answered with {other}, and what does not with {one}."
            yield Problem(message, world.last())


def _harmless(world: World) -> Iterator[Problem]:
    """A request that was refused for its credentials has done nothing."""
    for each in collections(world):
        try:
            yield from _unmade(world, each)
            yield from _unchanged(world, each)
        except Lacking:
            continue


def _unmade(world: World, each: Collection) -> Iterator[Problem]:
    """What was refused is not in the list; somebody else may add to it, but hardly each time."""
    if not (each.listing and world.secrets):
        return
    parents = world.things(each.path)
    request = world.request(world.call(each.create, parents), credentials=False)
    seen = world.last()
    for _ in range(_TIMES):
        before, whole = everything(world, each.listing, parents)
        if not whole or world.wire.handle(request).status not in _REFUSALS:
            return
        seen = world.last()
        known = {identity(item) for item in before}
        if all(identity(item) in known for item in everything(world, each.listing, parents)[0]):
            return
    yield Problem("It was refused for want of credentials, and has made a thing.", seen)


def _unchanged(world: World, each: Collection) -> Iterator[Problem]:
    """What somebody without credentials wanted to change, to cancel or to delete is as it was."""
    if not (each.read and world.secrets):
        return
    parents, id_, _, _ = made(world, each)
    ids = each.ids(parents, id_)
    before, steady = (_state(world.send(each.read, ids)) for _ in range(2))
    if before is None or before != steady:
        return
    for name in _acting(world, each):
        operation = world.operations[name]
        body = world.body(operation)
        changed = {**body, "name": "nobody's"} if isinstance(body, dict) and "name" in before else body
        request = world.request(Call(operation, ids, {}, changed), credentials=False)
        if world.wire.handle(request).status not in _REFUSALS:
            continue
        seen = world.last()
        after = _state(world.send(each.read, ids))
        if after is None:
            yield Problem("It was refused for want of credentials, and the thing is gone.", seen)
            return
        if after != before:
            yield Problem("It was refused for want of credentials, and has changed the thing.", seen)


def _acting(world: World, each: Collection) -> Iterator[str]:
    """What changes a thing, or ends it, deleting last."""
    for operation in world.tryable():
        if (
            operation.method != "GET"
            and operation.path.startswith(f"{each.member}/")
            and operation.path.endswith(_ENDS)
        ):
            yield str(operation)
    yield from filter(None, (each.update, each.delete))


def _state(answer: Response) -> dict[str, Any] | None:
    """What of a thing nobody but its owner changes; None if it is not there."""
    if answer.status >= 300:
        return None
    found = parsed(answer)
    thing = found if isinstance(found, dict) else {}
    inner = thing.get("data")
    told = {**thing, **inner} if isinstance(inner, dict) else thing
    ended = str(told.get("status", "")).startswith("cancel")
    return {name: told[name] for name in _OWN & told.keys()} | {"ended": ended}


_MADE_UP: Final = {"authorization": "Bearer sk-of-a-provider", "x-portkey-provider": "openai"}
_TIMES: Final = 2
_ENDS: Final = ("/cancel", "/makeDefault", "/pause")
_OWN: Final = frozenset({"name", "description", "metadata", "title", "slug"})

CHECKS: Final = (
    Check(CREDENTIALS, "A request without credentials is refused with 401 or 403.", "/security", make=_required),
    Check("credential_alternatives", "Only whole alternatives are credentials.", "/security", make=_alternatives),
    Check(
        "credentials_status",
        "Missing credentials are 401 where it is declared.",
        "/responses",
        "non-strict",
        make=_status,
    ),
    Check("scheme_case", "Bearer may be written in any case.", "RFC 9110, section 11.1", "non-strict", make=_any_case),
    Check("credentials_before_body", "A body comes after the key.", "/security", "non-strict", make=_first),
    Check("credentials_paths", "No path goes round the credentials.", "/security", make=_other_paths),
    Check("credentials_first", "Without credentials nothing can be told.", "/security", make=_blind),
    Check("credentials_harmless", "Without credentials nothing is done.", "/security", make=_harmless),
)
