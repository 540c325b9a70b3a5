"""Secrets given away, doors that are only looked at from inside, and things that are not where they belong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from portkey_mock import Response
from tests.contract.faults.fault import Alter, Fault, Visit, json_of, rewritten, told
from tests.contract.stranger import OPERATIONS

_KEYS: Final = {"x-portkey-api-key": "k", "x-portkey-virtual-key": "v"}
_LABELS: Final = ("POST /labels", "GET /labels", "GET /labels/{labelId}")
_ASSISTANTS: Final = ("POST /assistants", "* /assistants/{assistant_id}")
_MESSAGES: Final = ("POST /threads", "DELETE /threads/{thread_id}", "* /threads/{thread_id}/messages*")
_RUNS: Final = ("POST /assistants", "GET /assistants/{assistant_id}", "POST /threads", "POST /threads/{thread_id}/runs")
_STORES: Final = ("POST /files", "GET /files/{file_id}", "* /vector_stores", "* /vector_stores/{vector_store_id}")
_INSIDE: Final = (*_STORES, "* /vector_stores/{vector_store_id}/files*")
_UPLOADS: Final = ("* /uploads*", "GET /files/{file_id}", "GET /files/{file_id}/content")
_PROMPTS: Final = (
    "POST /collections", "POST /virtual-keys", "POST /labels", "POST /prompts", "PUT /prompts/{promptId}",
    "GET /prompts/{promptId}/versions", "PUT /prompts/{promptId}/versions/{versionId}",
    "PUT /prompts/{promptId}/makeDefault", "POST /prompts/{promptId}/render",
)  # fmt: skip
_RENDER: Final = "POST /prompts/{promptId}/render"
_PARTIALS: Final = ("POST /prompts/partials", "* /prompts/partials/{promptPartialId}")


def _parts(visit: Visit) -> list[str]:
    """The segments of the path, the first after `/v1` at 0."""
    return visit.request.path.removeprefix("/v1/").split("/")


def _trusted(visit: Visit, **changes: Any) -> Response:
    """The answer to the request as if it had all credentials."""
    return visit.answer(headers=tuple({**dict(visit.request.headers), **_KEYS}.items()), **changes)


def _stranger(visit: Visit) -> bool:
    """Whether nobody is known to send it."""
    return not any(visit.request.header(name) for name in (*_KEYS, "authorization"))


def _get(visit: Visit, path: str) -> Response:
    return _trusted(visit, method="GET", path=f"/v1/{path}", query="", body=b"")


def _before_the_key(operation: str) -> Alter:
    """Does what is asked for, and looks at the credentials only then."""

    def alter(visit: Visit) -> Response:
        if visit.meets(operation) and _stranger(visit):
            _trusted(visit)
        return visit.answer()

    return alter


def _any_bearer(visit: Visit) -> Response:
    bearer = (visit.request.header("authorization") or "").startswith("Bearer s")
    return _trusted(visit) if bearer and _parts(visit)[0] == "guardrails" else visit.answer()


def _one_case(visit: Visit) -> Response:
    scheme = (visit.request.header("authorization") or "Bearer").partition(" ")[0]
    kept = tuple(each for each in visit.request.headers if each[0] != "authorization")
    return visit.answer() if scheme == "Bearer" else visit.answer(headers=kept)


def _body_first(visit: Visit) -> Response:
    """A body is read before anyone is asked who they are."""
    wrong = visit.meets("POST /assistants") and json_of(visit.request.body) is None
    return _trusted(visit) if wrong else visit.answer()


def _way_round(visit: Visit) -> Response:
    """A slash at the end leads past the credentials."""
    return _trusted(visit, path=visit.request.path.rstrip("/")) if visit.request.path.endswith("/") else visit.answer()


def _provider_alone(visit: Visit) -> Response:
    return _trusted(visit) if visit.request.header("x-portkey-provider") else visit.answer()


def _open_head(visit: Visit) -> Response:
    """HEAD is GET without a body, and without a key."""
    if visit.request.method != "HEAD":
        return visit.answer()
    return replace(_trusted(visit, method="GET"), body=b"", chunks=())


def _known_is_forbidden(visit: Visit) -> Response:
    """Without a key, what exists is forbidden, and what does not is unauthorised."""
    response = visit.answer()
    exists = visit.meets("* /assistants/{assistant_id}") and response.status == 401
    there = exists and _get(visit, "/".join(_parts(visit))).status == 200
    return replace(response, status=403) if there else response


def _forbidden(visit: Visit) -> Response:
    response = visit.answer()
    return replace(response, status=403) if response.status == 401 else response


def _remembered(place: str, make: str, member: str) -> Alter:
    """Puts the secret that made a thing into what is read of it."""

    def alter(visit: Visit) -> Response:
        response, sent = visit.answer(), json_of(visit.request.body)
        if visit.meets(make) and response.status < 300 and isinstance(sent, dict):
            visit.memory["secret"] = sent.get(member)
        if visit.meets(place) and response.status < 300 and visit.memory.get("secret"):
            return rewritten(response, lambda found: {**found, "stored": visit.memory["secret"]})
        return response

    return alter


def _barely_masked(visit: Visit) -> Response:
    """Only the last two characters of a key are hidden."""
    response, sent = visit.answer(), json_of(visit.request.body)
    if visit.meets("POST /integrations") and response.status < 300 and isinstance(sent, dict) and sent.get("key"):
        visit.memory[json.loads(response.body)["slug"]] = sent["key"]
    key = visit.memory.get(_parts(visit)[-1])
    if visit.meets("GET /integrations/{slug}") and response.status < 300 and key:
        return rewritten(response, lambda found: {**found, "masked_key": f"{key[:-2]}**"})
    return response


def _echoes(visit: Visit) -> Response:
    """A refusal shows what was sent."""
    response = visit.answer()
    if not visit.meets("POST /virtual-keys") or response.status != 400:
        return response
    text = json.dumps(visit.request.body.decode("utf-8", "replace"))[1:-1].encode()
    return replace(response, body=re.sub(rb'"message": ?"', lambda found: found[0] + text, response.body), chunks=())


def _same_secret(visit: Visit) -> Response:
    response = visit.answer()
    if visit.meets("POST /api-keys/{id}/rotate") and _parts(visit)[1] in visit.memory:
        return rewritten(response, lambda found: {**found, "key": visit.memory[_parts(visit)[1]]})
    if visit.meets("POST /api-keys/{type}/{sub-type}") and response.status < 300:
        made = json.loads(response.body)
        visit.memory[made["id"]] = made["key"]
    return response


def _new_id(visit: Visit) -> Response:
    change = told("POST /api-keys/{id}/rotate", lambda found: {**found, "id": "00000000-0000-4000-8000-0000000000aa"})
    return change(visit)


def _any_parent(operation: str, make: str, *, ends: bool = False) -> Alter:
    """What lies below one thing is found below each: only its own id is looked at."""

    def alter(visit: Visit) -> Response:
        response = visit.answer()
        if visit.meets(make) and response.status < 300:
            visit.memory[json.loads(response.body)["id"]] = _parts(visit)[1]
        parts = _parts(visit)
        home = visit.memory.get(parts[3]) if len(parts) > 3 else None
        if visit.meets(operation) and response.status == 404 and home and (ends or home != parts[1]):
            return visit.answer(path="/v1/" + "/".join([parts[0], home, *parts[2:]]))
        return response

    return alter


def _lists_all(visit: Visit) -> Response:
    """The messages of every thread are in the list of each."""
    response = visit.answer()
    if visit.meets("POST /threads/{thread_id}/messages") and response.status < 300:
        visit.memory.setdefault("all", []).append(json.loads(response.body))
    listed = visit.meets("GET /threads/{thread_id}/messages") and response.status < 300
    return (
        rewritten(response, lambda found: {**found, "data": visit.memory.get("all", [])[:-20:-1]})
        if listed
        else response
    )


def _messages_stay(visit: Visit) -> Response:
    """A message is still read after its thread was deleted."""
    response = visit.answer()
    if visit.meets("GET /threads/{thread_id}/messages/{message_id}"):
        if response.status < 300:
            visit.memory[visit.request.path] = response
        kept: Response = visit.memory.get(visit.request.path, response)
        return kept
    return response


def _empty_below(visit: Visit) -> Response:
    """The checkpoints of a job that nobody made are an empty list."""
    response = visit.answer()
    if visit.meets("GET /fine_tuning/jobs/{fine_tuning_job_id}/checkpoints") and response.status == 404:
        nothing: dict[str, Any] = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
        return replace(response, status=200, body=json.dumps(nothing).encode(), chunks=())
    return response


def _takes_its_files(visit: Visit) -> Response:
    """With a vector store its files are deleted."""
    response, sent = visit.answer(), json_of(visit.request.body)
    if visit.meets("POST /vector_stores/{vector_store_id}/files") and response.status < 300:
        visit.memory.setdefault(_parts(visit)[1], []).append(sent["file_id"])
    if visit.meets("DELETE /vector_stores/{vector_store_id}") and response.status < 300:
        for file in visit.memory.get(_parts(visit)[1], ()):
            visit.answer(path=f"/v1/files/{file}")
    return response


def _out_of_all(visit: Visit) -> Response:
    """A file that is taken out of one vector store leaves all of them."""
    response, parts = visit.answer(), _parts(visit)
    if visit.meets("POST /vector_stores/{vector_store_id}/files") and response.status < 300:
        visit.memory.setdefault(json.loads(response.body)["id"], []).append(parts[1])
    if visit.meets("DELETE /vector_stores/{vector_store_id}/files/{file_id}") and response.status < 300:
        for store in visit.memory.get(parts[3], ()):
            visit.answer(path=f"/v1/vector_stores/{store}/files/{parts[3]}")
    return response


def _any_assistant(visit: Visit) -> Response:
    """A run of an assistant that nobody made is one of the last that somebody made."""
    response, sent = visit.answer(), json_of(visit.request.body)
    if visit.meets("POST /assistants") and response.status < 300:
        visit.memory["last"] = json.loads(response.body)["id"]
    unknown = visit.meets("POST /threads/{thread_id}/runs") and 400 <= response.status < 500
    if unknown and isinstance(sent, dict) and "last" in visit.memory:
        return visit.answer(body=json.dumps({**sent, "assistant_id": visit.memory["last"]}).encode())
    return response


def _keeps_rules(visit: Visit) -> Response:
    """Rules that an update does not name stay."""
    sent = json_of(visit.request.body)
    if not visit.meets("PUT /configs/{slug}") or not isinstance(sent, dict) or not isinstance(sent.get("config"), dict):
        return visit.answer()
    before = json_of(_get(visit, "/".join(_parts(visit))).body)
    rules = before.get("config") if isinstance(before, dict) else None
    kept = {**rules, **sent["config"]} if isinstance(rules, dict) else sent["config"]
    return visit.answer(body=json.dumps({**sent, "config": kept}).encode())


def _only_named(visit: Visit) -> Response:
    """The workspaces that an update does not name lose an integration."""
    place = "* /integrations/{slug}/workspaces"
    response, sent = visit.answer(), json_of(visit.request.body)
    if not visit.meets(place) or response.status >= 300:
        return response
    if visit.request.method == "PUT" and isinstance(sent, dict):
        visit.memory["named"] = [each.get("id") for each in sent.get("workspaces", [])]
    named = visit.memory.get("named")
    if visit.request.method == "GET" and named is not None:
        return rewritten(
            response,
            lambda found: {**found, "workspaces": [each for each in found["workspaces"] if each.get("id") in named]},
        )
    return response


def _models_stay(visit: Visit) -> Response:
    """What is to be taken away is looked at, and stays."""
    taken = visit.meets("DELETE /integrations/{slug}/models")
    found = visit.answer(method="GET", query="", body=b"") if taken else visit.answer()
    return replace(found, body=b"{}", chunks=()) if taken and found.status < 300 else found


def _as_version(change: Callable[[str, str], str]) -> Alter:
    """Fills in another version of a prompt than the one that is named."""

    def alter(visit: Visit) -> Response:
        if not visit.meets(_RENDER):
            return visit.answer()
        slug, _, version = unquote(_parts(visit)[1]).partition("@")
        other = change(slug, version)
        changed = visit.answer(path=f"/v1/prompts/{other}/render")
        return changed if changed.status < 300 else visit.answer()

    return alter


def _label_is_newest(slug: str, version: str) -> str:
    """Any label is taken for the newest version."""
    return f"{slug}@latest" if version and not version.isdigit() else f"{slug}@{version}".rstrip("@")


def _no_version_refused(visit: Visit) -> Response:
    """A version that nobody made is taken for none."""
    response = visit.answer()
    if visit.meets(_RENDER) and response.status == 404:
        return visit.answer(path=f"/v1/prompts/{unquote(_parts(visit)[1]).partition('@')[0]}/render")
    return response


def _newest_read(visit: Visit) -> Response:
    """What is read of a partial is its newest text, published or not."""
    sent, name = json_of(visit.request.body), _parts(visit)[-1]
    response = visit.answer()
    if visit.meets("PUT /prompts/partials/{promptPartialId}") and response.status < 300 and isinstance(sent, dict):
        visit.memory[name] = sent.get("string")
    text = visit.memory.get(name)
    shown = visit.meets("GET /prompts/partials/{promptPartialId}") and response.status < 300 and text
    return rewritten(response, lambda found: {**found, "string": text}) if shown else response


def _unfilled(visit: Visit) -> Response:
    """Only the first variable of a text is filled in."""
    sent = json_of(visit.request.body)
    if not visit.meets(_RENDER) or not isinstance(sent, dict) or not isinstance(sent.get("variables"), dict):
        return visit.answer()
    some = dict(list(sent["variables"].items())[:1])
    return visit.answer(body=json.dumps({**sent, "variables": some}).encode())


def _turned_round(visit: Visit) -> Response:
    """The parts of an upload are joined from the last to the first."""
    sent = json_of(visit.request.body)
    if visit.meets("POST /uploads/{upload_id}/complete") and isinstance(sent, dict):
        ids = sent.get("part_ids")
        turned = ids[::-1] if isinstance(ids, list) else ids
        return visit.answer(body=json.dumps({**sent, "part_ids": turned}).encode())
    return visit.answer()


def _not_given_up(visit: Visit) -> Response:
    """An upload is only said to be given up."""
    if not visit.meets("POST /uploads/{upload_id}/cancel"):
        if visit.meets("POST /uploads"):
            response = visit.answer()
            visit.memory[str((json_of(response.body) or {}).get("id"))] = response
            return response
        return visit.answer()
    begun = visit.memory.get(_parts(visit)[1])
    return visit.answer() if begun is None else rewritten(begun, lambda found: {**found, "status": "cancelled"})


def _fewer_will_do(visit: Visit) -> Response:
    """An upload is completed with whatever parts there are."""
    response, sent = visit.answer(), json_of(visit.request.body)
    upload = _parts(visit)[1] if len(_parts(visit)) > 1 else ""
    if visit.meets("POST /uploads/{upload_id}/parts") and response.status < 300:
        visit.memory.setdefault(upload, []).append(json.loads(response.body)["id"])
    wrong = visit.meets("POST /uploads/{upload_id}/complete") and response.status in (400, 404)
    if wrong and isinstance(sent, dict) and sent.get("part_ids"):
        return visit.answer(body=json.dumps({"part_ids": visit.memory.get(upload, [])}).encode())
    return response


def _one_for_all_accounts(visit: Visit) -> Response:
    """A key of one account is known to all of them."""
    key = visit.request.header("idempotency-key")
    if key is None or visit.request.method != "POST":
        return visit.answer()
    where = f"{visit.request.path} {key}"
    if where not in visit.memory:
        visit.memory[where] = visit.answer()
    found: Response = visit.memory[where]
    return found


def _head_is_get(visit: Visit) -> Response:
    return visit.answer(method="GET") if visit.request.method == "HEAD" else visit.answer()


CREDENTIALS: Final = (
    Fault(
        "any-bearer",
        "A provider's key opens the guardrails of an account.",
        ("* /guardrails*",),
        ("credential_alternatives",),
        _any_bearer,
    ),
    Fault(
        "forbidden-without-key",
        "Without credentials it is 403, where 401 is declared.",
        ("POST /virtual-keys", "GET /virtual-keys"),
        ("credentials_status",),
        _forbidden,
    ),
    Fault(
        "known-is-forbidden",
        "Without credentials what exists is 403, and what does not is 401.",
        _ASSISTANTS,
        ("credentials_first",),
        _known_is_forbidden,
    ),
    Fault(
        "body-before-key",
        "A body is judged before the credentials are.",
        _ASSISTANTS,
        ("credentials_before_body",),
        _body_first,
    ),
    Fault(
        "slash-past-the-key",
        "With a slash at its end a path asks for no credentials.",
        ("POST /labels", "GET /labels"),
        ("credentials_paths",),
        _way_round,
    ),
    Fault(
        "provider-alone",
        "The name of a provider is enough to embed.",
        ("POST /embeddings",),
        ("credential_alternatives",),
        _provider_alone,
    ),
    Fault("head-without-key", "HEAD asks for no credentials.", ("POST /labels", "GET /labels"), ("head",), _open_head),
    Fault(
        "bearer-in-one-case",
        "The scheme has to be written Bearer.",
        ("GET /models",),
        ("scheme_case",),
        _one_case,
        "stranger",
    ),
    Fault(
        "made-before-the-key",
        "What is refused for want of a key has been made.",
        _LABELS,
        ("credentials_harmless",),
        _before_the_key("POST /labels"),
    ),
    Fault(
        "changed-before-the-key",
        "What is refused for want of a key has been changed.",
        _ASSISTANTS,
        ("credentials_harmless",),
        _before_the_key("POST /assistants/{assistant_id}"),
    ),
    Fault(
        "secret-read",
        "What is read of a virtual key has the provider's key in it.",
        ("POST /virtual-keys", "GET /virtual-keys/{slug}"),
        ("secret_kept",),
        _remembered("GET /virtual-keys/{slug}", "POST /virtual-keys", "key"),
    ),
    Fault(
        "secret-elsewhere",
        "A list of other things has the provider's key in it.",
        ("POST /integrations", "GET /integrations/{slug}", "GET /providers"),
        ("secret_kept",),
        _remembered("GET /providers", "POST /integrations", "key"),
    ),
    Fault(
        "secret-barely-masked",
        "A masked key lacks its last two characters.",
        ("POST /integrations", "GET /integrations/{slug}"),
        ("secret_kept",),
        _barely_masked,
    ),
    Fault(
        "secret-in-refusal",
        "A refusal repeats the secret that was sent.",
        ("POST /virtual-keys", "GET /virtual-keys"),
        ("secret_in_refusal",),
        _echoes,
    ),
    Fault(
        "same-secret",
        "A new secret is the old one.",
        ("* /api-keys*",),
        ("secret_rotated",),
        _same_secret,
    ),
    Fault(
        "rotated-away",
        "A key that gets a new secret gets another id.",
        ("* /api-keys*",),
        ("secret_rotated",),
        _new_id,
    ),
    Fault(
        "keys-of-all-accounts",
        "An Idempotency-Key is known to all accounts.",
        OPERATIONS,
        ("idempotency_apart",),
        _one_for_all_accounts,
        "stranger",
    ),
)

STATE: Final = (
    Fault(
        "message-of-any-thread",
        "A message is read below any thread.",
        _MESSAGES,
        ("nested_apart",),
        _any_parent("GET /threads/{thread_id}/messages/{message_id}", "POST /threads/{thread_id}/messages"),
    ),
    Fault(
        "deleted-from-any-thread",
        "A message is deleted below any thread.",
        _MESSAGES,
        ("nested_apart",),
        _any_parent("DELETE /threads/{thread_id}/messages/{message_id}", "POST /threads/{thread_id}/messages"),
    ),
    Fault("messages-of-all-threads", "A thread lists the messages of all.", _MESSAGES, ("nested_lists",), _lists_all),
    Fault("messages-stay", "A message outlives its thread.", _MESSAGES, ("nested_gone",), _messages_stay),
    Fault(
        "nothing-below-nothing",
        "Below a job that nobody made there is an empty list.",
        ("POST /files", "* /fine_tuning/jobs*"),
        ("unknown_parent",),
        _empty_below,
    ),
    Fault("store-takes-files", "With a vector store its files go.", _INSIDE, ("left_behind",), _takes_its_files),
    Fault("out-of-all-stores", "A file leaves all vector stores at once.", _INSIDE, ("taken_out",), _out_of_all),
    Fault("any-assistant", "A run may be of an unknown assistant.", _RUNS, ("unknown_reference",), _any_assistant),
    Fault(
        "rules-stay", "Rules of a config stay when it is replaced.", ("* /configs*",), ("replaced_whole",), _keeps_rules
    ),
    Fault(
        "workspaces-forgotten",
        "Workspaces that are not named lose an integration.",
        ("* /integrations*", "POST /admin/workspaces"),
        ("unnamed_kept",),
        _only_named,
    ),
    Fault(
        "one-version",
        "Only the last version of a config is listed.",
        ("* /configs*",),
        ("versions_grow",),
        told("GET /configs/{slug}/versions", lambda found: {**found, "data": found["data"][:1], "total": 1}),
    ),
    Fault(
        "models-stay",
        "Models that were taken away are still there.",
        ("* /integrations*",),
        ("taken_away",),
        _models_stay,
    ),
    Fault(
        "version-ignored",
        "A prompt is filled in as published, whichever version is named.",
        _PROMPTS,
        ("prompt_version",),
        _as_version(lambda slug, _: slug),
    ),
    Fault(
        "label-is-newest",
        "A label stands for the newest version.",
        _PROMPTS,
        ("prompt_version",),
        _as_version(_label_is_newest),
    ),
    Fault(
        "any-version", "A version that nobody made is none.", _PROMPTS, ("prompt_unknown_version",), _no_version_refused
    ),
    Fault("half-filled", "One variable is filled in, and no other.", _PROMPTS, ("prompt_filled",), _unfilled),
    Fault("newest-read", "A partial is read as it is not published.", _PARTIALS, ("prompt_read",), _newest_read),
    Fault("upload-turned", "The parts of an upload are turned round.", _UPLOADS, ("upload_joined",), _turned_round),
    Fault("upload-goes-on", "What was given up goes on.", _UPLOADS, ("upload_given_up",), _not_given_up),
    Fault("upload-of-any", "An upload is completed without its parts.", _UPLOADS, ("upload_whole",), _fewer_will_do),
)

PROTOCOL: Final = (Fault("head-with-body", "HEAD is answered with a body.", ("GET /models",), ("head",), _head_is_get),)
