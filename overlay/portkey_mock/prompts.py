"""Saved prompts at work: the request that one becomes with its variables, and what a model answers to it.

A prompt whose template is a list of messages in JSON is a chat, any other one a text. The version is the default one
unless the path says otherwise: `slug@12`, `slug@latest`, or `slug@` and the name of a label. What the body says beside
the variables overrides what was saved.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Final

from portkey_mock.answers import success
from portkey_mock.errors import Refusal
from portkey_mock.families import Role
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object, pointer
from portkey_mock.keeping import Keeping
from portkey_mock.message import Response
from portkey_mock.naming import echo, salt_of
from portkey_mock.reading import read_json
from portkey_mock.routing import shape
from portkey_mock.store import Thing
from portkey_mock.templates import Template
from portkey_mock.validation import Call
from portkey_mock.values import token

_SAVED: Final = ("model", "functions", "tools", "tool_choice")
"""What a version says about the request beside its template and its parameters."""

_NO_SETTINGS: Final = frozenset({"variables", "hyperparameters", "messages", "prompt"})


class Prompts:
    """The roles `run` and `render`."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._answers = keeping.answers
        operations = keeping.operations.items()
        self._rendering = next((each for (_, path), each in operations if shape(path) == "/prompts/{}/render"), None)

    def run(self, call: Call, role: Role) -> Response:
        """What a model answers to a prompt."""
        request = self._request(call, role)
        asked = call if request is None else replace(call, body={"hyperparameters": request})
        return self._answers.one(asked, echo(asked), *salt_of(call), token(asked.text))

    def render(self, call: Call, role: Role) -> Response:
        """The request that a prompt becomes."""
        request = self._request(call, role)
        facts = echo(call) if request is None else {"success": True, "data": request}
        return self._answers.one(call, facts, *salt_of(call), token(call.text))

    def _request(self, call: Call, role: Role) -> JsonObject | None:
        """The request that a prompt becomes; None where there is no such prompt, or no good one, and nobody minds.

        Raises:
            Refusal: 404 if the prompt has no such version; 422 if what it becomes is no request.
        """
        if self._keeping.make_up_unknown:
            with suppress(Refusal):
                return self._made(call, role)
            return None
        return self._made(call, role)

    def _made(self, call: Call, role: Role) -> JsonObject:
        facts = self._version(role.collection, call.path[role.parameter])
        if facts is None:
            at = pointer("path", role.parameter)
            raise Refusal(404, "There is no such version.", code="version_not_found", at=at)
        return self._checked(self._filled(facts, call.fields))

    def _filled(self, facts: JsonObject, fields: JsonObject) -> JsonObject:
        template = Template(_members(fields, "variables"), self._partial)
        overridden = {**_members(fields, "hyperparameters"), **fields}
        settings = {name: value for name, value in overridden.items() if name not in _NO_SETTINGS}
        saved: JsonObject = {name: facts[name] for name in _SAVED if name in facts}
        try:
            content = _content(str(facts.get("string", "")), template)
        except ValueError as error:
            raise Refusal(422, f"This cannot be sent: {error}.", code="invalid_prompt", at="/body/variables") from None
        return {"model": "mock-model", **_members(facts, "parameters"), **saved, **settings, **content}

    def _checked(self, request: JsonObject) -> JsonObject:
        """`request`, if it is what the document says that a prompt becomes."""
        _, content = success(self._rendering) if self._rendering else (0, None)
        problem = content.schema.problem({"success": True, "data": request}) if content else None
        if problem is None:
            return request
        at = problem.at.removeprefix("/data") or "its root"
        message = f"The prompt becomes a request that no model takes, at {at}: {problem.reason} (rule {problem.rule})."
        raise Refusal(422, message, code="invalid_prompt")

    def _partial(self, name: str) -> str:
        facts = self._version("/prompts/partials", name)
        return "" if facts is None else str(facts.get("string", ""))

    def _version(self, collection: str, name: str) -> JsonObject | None:
        """The facts of the version that `name` stands for; None if there is none."""
        slug, _, wanted = name.partition("@")
        thing = self._keeping.store.at(collection, {}).find(slug)
        number = self._number(thing, wanted) if thing else None
        return None if thing is None or number is None else thing.versions[number - 1].facts

    def _number(self, thing: Thing, wanted: str) -> int | None:
        if wanted in ("", "latest"):
            return len(thing.versions) if wanted else thing.default
        if wanted.isascii() and wanted.isdigit():
            return next((each for each in range(1, len(thing.versions) + 1) if str(each) == wanted), None)
        labels = self._keeping.store.at("/labels", {}).things.items()
        named = {key for key, label in labels if label is not None and wanted in (key, label.facts.get("name"))}
        return next((each for each, version in enumerate(thing.versions, 1) if version.label in named), None)


def unversioned(name: str) -> str:
    """The name of a prompt without the version that follows it."""
    return name.partition("@")[0]


def _content(text: str, template: Template) -> JsonObject:
    """The messages or the prompt that a template becomes.

    Values fill the strings of a template that is JSON as it stands; otherwise what they make of it may be JSON.
    """
    for source, finish in ((text, template), (template.filled(text), None)):
        with suppress(Refusal):
            messages = read_json(source.encode("utf-8"))
            if is_array(messages) and all(map(is_object, messages)):
                return {"messages": messages if finish is None else _leaves(messages, finish)}
    return {"prompt": template.filled(text)}


def _leaves(value: Json, template: Template) -> Json:
    if is_object(value):
        return {name: _leaves(child, template) for name, child in value.items()}
    if is_array(value):
        return [_leaves(child, template) for child in value]
    return template.filled(value) if isinstance(value, str) else value


def _members(facts: JsonObject, name: str) -> JsonObject:
    """The object under `name`; an empty one if there is none."""
    found: Json = facts.get(name)
    return found if is_object(found) else {}
