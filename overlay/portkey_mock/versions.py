"""The versions of what the control plane keeps versions of: configs, prompts, prompt partials and guardrails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portkey_mock.jsonvalue import JsonObject

LIVE_AT_ONCE: Final[Mapping[str, bool]] = {
    "/configs": True,
    "/guardrails": True,
    "/prompts": False,
    "/prompts/partials": False,
}
"""Whether a new version takes the place of the old one by itself, or has to be made the default first."""

_OF_ALL_VERSIONS: Final = frozenset({"name", "collection_id", "id", "slug", "status", "workspace_id", "created_at"})
"""What belongs to the thing and not to a version of it."""

_NOTES: Final = frozenset({"patch", "version_description", "description"})
"""What an update of a prompt or partial may say of a version without making one."""

IDS: Final = ("version_id", "prompt_version_id", "prompt_partial_version_id")


@dataclass(slots=True)
class Version:
    """One version: the facts that are its own. `label` is the id of the label it carries."""

    id: str
    facts: JsonObject
    created: JsonObject
    label: str | None = None


def makes_one(shape: str, fields: JsonObject) -> bool:
    """Whether an update makes a new version: any does, but a prompt only gets one for a new text or new settings."""
    return LIVE_AT_ONCE[shape] or not fields.keys() <= _OF_ALL_VERSIONS | _NOTES


def version_id(members: JsonObject) -> str | None:
    """The id that an answer gives the version it tells of."""
    return next((members[name] for name in IDS if isinstance(members.get(name), str)), None)


def common(facts: JsonObject) -> JsonObject:
    """The part of `facts` that holds for all versions."""
    return {name: value for name, value in facts.items() if name in _OF_ALL_VERSIONS}


def own(facts: JsonObject) -> JsonObject:
    """The part of `facts` that is a version's own."""
    return {name: value for name, value in facts.items() if name not in _OF_ALL_VERSIONS}


def told(versions: Sequence[Version], number: int, default: int) -> JsonObject:
    """What an answer about a thing says when it shows version `number` (from 1)."""
    version = versions[number - 1]
    description = version.facts.get("version_description", version.facts.get("description"))
    labels = {"prompt_version_label_id": version.label, "label_id": version.label}
    return {
        **version.facts,
        **dict.fromkeys(IDS, version.id),
        "prompt_version": number,
        "version": number,
        "prompt_version_status": "active" if number == default else "archived",
        **({} if description is None else dict.fromkeys(_DESCRIPTIONS, description)),
        **labels,
    }


_DESCRIPTIONS: Final = ("version_description", "prompt_version_description")


def listed(shape: str, versions: Sequence[Version], default: int, thing: JsonObject) -> dict[str, JsonObject]:
    """Every version as a list of versions shows it, by id, newest first."""
    found: dict[str, JsonObject] = {}
    for number in range(len(versions), 0, -1):
        facts = told(versions, number, default)
        version = versions[number - 1]
        if shape == "/prompts":
            template = {"string": version.facts["string"]} if "string" in version.facts else {}
            facts |= {"id": version.id, "prompt_id": thing.get("id"), "prompt_template": template}
            facts |= {"prompt_description": facts.get("version_description"), "status": facts["prompt_version_status"]}
        if shape == "/prompts/partials":
            facts |= {"prompt_partial_id": thing.get("id"), "version": str(number)}
            facts |= {"description": facts.get("version_description")}
        found[version.id] = {**thing, **facts, **version.created}
    return found


def find(versions: Sequence[Version], name: str) -> int | None:
    """The number of the version with this id; None if there is none."""
    return next((number for number, version in enumerate(versions, start=1) if version.id == name), None)
