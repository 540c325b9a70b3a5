"""How things move on by themselves: how fast, through which statuses, and what an answer says about it.

A thing stores the moments at which its statuses begin, the future included. What it looks like at any time follows from
these, so a clock that jumps ahead finds it exactly where a clock that ticks would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Final, TypeAlias

from portkey_mock import runs
from portkey_mock.jsonvalue import JsonObject, is_array, is_object

Step: TypeAlias = tuple[float, str]
"""The moment at which a status begins, and the status."""

Stages: TypeAlias = tuple[tuple[str, str], ...]
"""Statuses in their order, each with the stage of `Pace` that says how long it lasts; none for the last one."""

FINAL: Final = frozenset(
    {"completed", "failed", "expired", "cancelled", "succeeded", "success", "stopped", "incomplete"}
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the stages of a life last: of a batch, a fine-tuning job, a run, an export and whatever else moves.

    The requests of a batch finish evenly over `running`. What has not ended after `lifetime` expires, where it can.

    Attributes:
        validating: how long a batch or a job is checked before it runs: seconds, or readings with `polls`, as below.
        running: how long it runs.
        finalizing: how long its results are put together.
        cancelling: how long it takes to stop; ten minutes at a real provider.
        lifetime: after how long it expires.
        polls: whether a unit is one reading of the thing by its id, whatever the clock says, and not a second.
    """

    validating: float = 1.0
    running: float = 8.0
    finalizing: float = 1.0
    cancelling: float = 1.0
    lifetime: float = 86_400.0
    polls: bool = False

    @classmethod
    def at_once(cls) -> Pace:
        """Everything has ended as soon as it begins."""
        return cls(0, 0, 0, 0)

    @classmethod
    def by_polls(cls, validating: int = 1, running: int = 2, finalizing: int = 1, cancelling: int = 1) -> Pace:
        """Every reading moves a thing on: the stages last as many readings as given here."""
        return cls(validating, running, finalizing, cancelling, polls=True)

    def at_its_end(self) -> Pace:
        """The same, but that everything has ended as soon as it begins."""
        return replace(self, validating=0, running=0, finalizing=0, cancelling=0)

    def now(self, clock: float, began: float, polls: int) -> float:
        """What time it is for a thing that began at `began` and was read `polls` times."""
        return began + polls if self.polls else clock

    def lasts(self, stage: str) -> float:
        """How long `stage` lasts: the name of one of the fields above."""
        length: float = getattr(self, stage)
        return length

    def schedule(self, stages: Stages, start: float) -> list[Step]:
        """The steps of `stages` from `start` on."""
        steps: list[Step] = []
        for status, stage in stages:
            steps.append((start, status))
            start += self.lasts(stage) if stage else 0
        return steps


def past(steps: Sequence[Step], now: float) -> list[Step]:
    """The steps that have begun; the last one is the present status. The first has begun in any case."""
    return list(takewhile(lambda step: step[0] <= now, steps)) or list(steps[:1])


@dataclass(frozen=True, slots=True)
class Verb:
    """What an operation below a thing does to it.

    Attributes:
        stages: what follows.
        before: the statuses in which it can be done; empty for all but the final ones.
    """

    stages: Stages
    before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Life:
    """The life of one kind of thing.

    Attributes:
        stages: what follows its creation.
        verbs: what operations do to it, by the last segment of their paths.
        moments: which member tells when a status began; null until then.
        results: the members that are null until it has succeeded.
        expires: whether it expires.
        ready: the status that a thing needs for what can be read below it.
    """

    stages: Stages
    verbs: Mapping[str, Verb]
    moments: Mapping[str, str] = field(default_factory=dict[str, str])
    results: tuple[str, ...] = ()
    expires: bool = False
    ready: Mapping[str, str] = field(default_factory=dict[str, str])


_TRAINING: Final = (("running", "running"), ("succeeded", ""))
_ENDING: Final = (("in_progress", "running"), ("completed", ""))
_STOPPING: Final = (("cancelling", "cancelling"), ("cancelled", ""))
_CANCELLED: Final = Verb((("cancelled", ""),))

LIVES: Final[Mapping[str, Life]] = {
    "/fine_tuning/jobs": Life(
        (("validating_files", "validating"), ("queued", "validating"), *_TRAINING),
        {
            "cancel": _CANCELLED,
            "pause": Verb((("paused", ""),), frozenset({"validating_files", "queued", "running"})),
            "resume": Verb(_TRAINING, frozenset({"paused"})),
        },
        {"succeeded": "finished_at", "cancelled": "finished_at"},
        ("fine_tuned_model", "trained_tokens"),
    ),
    "/threads/{}/runs": Life(
        (("queued", "validating"), *_ENDING),
        {"cancel": Verb(_STOPPING), "submit_tool_outputs": Verb(_ENDING, frozenset({"requires_action"}))},
        {"in_progress": "started_at", "completed": "completed_at", "cancelled": "cancelled_at", "failed": "failed_at"},
        ("usage",),
        expires=True,
    ),
    "/responses": Life((("queued", "validating"), *_ENDING), {"cancel": _CANCELLED}, {"completed": "completed_at"}),
    "/vector_stores": Life(_ENDING, {}),
    "/vector_stores/{}/files": Life(_ENDING, {}),
    "/vector_stores/{}/file_batches": Life(_ENDING, {"cancel": _CANCELLED}),
    "/logs/exports": Life(
        (("draft", ""),),
        {
            "start": Verb((("in_progress", "running"), ("success", "")), frozenset({"draft"})),
            "cancel": Verb((("stopped", ""),), frozenset({"draft", "in_progress"})),
        },
        ready={"download": "success"},
    ),
    "/uploads": Life(
        (("pending", ""),),
        {"complete": Verb((("completed", ""),), frozenset({"pending"})), "cancel": _CANCELLED},
        expires=True,
    ),
}
"""The lives of what the document knows, by the shape of the collection's path. Batches have a module of their own."""

_WAITING_FOR_TOOLS: Final = (("queued", "validating"), ("requires_action", ""))
_DONE: Final = (("completed", ""),)


def unfinished(shape: str, facts: JsonObject) -> JsonObject:
    """What is known of a new thing: that it has no results yet says nothing of those that it will have."""
    results = LIVES[shape].results if shape in LIVES else ()
    return {name: value for name, value in facts.items() if value is not None or name not in results}


def begin(shape: str, fields: JsonObject, now: float, pace: Pace) -> list[Step]:
    """The steps of a new thing in a collection of this shape, made with `fields`; none if its kind does not move.

    A run that has functions waits for their outputs. A response that was not asked for in the background, and a vector
    store without files, are complete at once.
    """
    life = LIVES.get(shape)
    if life is None:
        return []
    stages = life.stages
    if shape == "/threads/{}/runs" and _has_functions(fields):
        stages = _WAITING_FOR_TOOLS
    if (shape == "/responses" and not fields.get("background")) or (
        shape == "/vector_stores" and not fields.get("file_ids")
    ):
        stages = _DONE
    return _expiring(life, pace.schedule(stages, now), now + pace.lifetime)


def go_on(life: Life, verb: Verb, steps: Sequence[Step], now: float, pace: Pace) -> list[Step]:
    """The steps of a thing to which `verb` is done now."""
    return _expiring(life, [*past(steps, now), *pace.schedule(verb.stages, now)], steps[0][0] + pace.lifetime)


def allows(verb: Verb, status: str) -> bool:
    """Whether `verb` can be done to a thing of this status. What is being cancelled can be cancelled again."""
    return status in verb.before if verb.before else status not in FINAL


def told(shape: str, facts: JsonObject, steps: Sequence[Step], now: float) -> JsonObject:
    """What an answer says about the life of a thing: its status, when each one began, and nothing too early."""
    life, begun = LIVES[shape], past(steps, now)
    if shape == "/responses" and facts.get("incomplete_details"):
        begun = [(moment, "incomplete" if name == "completed" else name) for moment, name in begun]
    status = begun[-1][1]
    moments: JsonObject = dict.fromkeys(life.moments.values())
    moments |= {life.moments[name]: int(moment) for moment, name in begun if name in life.moments}
    early = {} if status in ("completed", "succeeded", "incomplete") else dict.fromkeys(life.results)
    errors = {"error": None, "last_error": None, "incomplete_details": None}
    waiting: JsonObject = {"required_action": None}
    return {**moments, **early, **errors, **waiting, **_others(shape, facts, status), "status": status}


def _others(shape: str, facts: JsonObject, status: str) -> JsonObject:
    """What else depends on the status: an upload's file, a run's usage, how the files of a batch or a store stand."""
    if shape == "/threads/{}/runs":
        if status == "requires_action":
            return {"required_action": runs.required(facts)}
        return {"usage": runs.usage(facts)} if status == "completed" else {}
    if shape == "/uploads":
        return {} if status == "completed" else {"file": None}
    if shape == "/responses" and status == "incomplete":
        return {"incomplete_details": facts["incomplete_details"]}
    if shape not in ("/vector_stores", "/vector_stores/{}/file_batches"):
        return {}
    total = len(facts.get("file_ids") or ())
    names = ("in_progress", "completed", "failed", "cancelled")
    return {"file_counts": {**{name: total if name == status else 0 for name in names}, "total": total}}


def _expiring(life: Life, steps: list[Step], end: float) -> list[Step]:
    if not life.expires or (steps[-1][1] in FINAL and steps[-1][0] <= end):
        return steps
    return [*(step for step in steps if step[0] < end), (end, "expired")]


def _has_functions(fields: JsonObject) -> bool:
    tools = fields.get("tools")
    return is_array(tools) and any(is_object(tool) and tool.get("type") == "function" for tool in tools)
