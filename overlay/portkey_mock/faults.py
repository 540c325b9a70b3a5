"""Faults, as data: what is to go wrong, with which calls, and the plan that says so call by call."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, Final

from portkey_mock.delivery import Delivery
from portkey_mock.jsonvalue import Json, JsonObject, is_array, is_object
from portkey_mock.message import Response

_NORMAL_P99: Final = 2.3263
"""How many standard deviations above the mean the 99th percentile of a normal distribution lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong. Which calls it meets comes first, what happens to them after that.

    Attributes:
        operation: the operation's name, or a pattern such as `batches.*`; also method and path, as in `GET /v1/*`.
        nth: only the calls with these numbers, counted from 1 among the calls that `operation` names; all if empty.
        times: only the first so many of them; None for no limit.
        share: of the calls left, how many it meets: 0.1 is about one in ten, drawn by the plan's seed.
        status: answered instead of the gateway's answer, documented or not; one below 300 keeps the gateway's body.
        retry_after: the header `retry-after`: seconds, or a date as HTTP writes it.
        headers: further headers of the answer.
        body: JSON, or text, of the answer with `status`; None for an error in the gateway's own shape.
        carried_out: whether the gateway does what was asked before `status` or `reset` hides its answer.
        delay: seconds before the answer; the median, if `p99` is given.
        p99: seconds that 99 answers of 100 stay below; the delays are then spread log-normally.
        chunk: see `Delivery`; so are `pace`, `cut` and `reset`.

    Raises:
        ValueError: a field cannot be used; the message names it.
    """

    operation: str = "*"
    nth: tuple[int, ...] = ()
    times: int | None = None
    share: float = 1.0
    status: int | None = None
    retry_after: float | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Json = None
    carried_out: bool = False
    delay: float = 0.0
    p99: float | None = None
    chunk: int | None = None
    pace: float = 0.0
    cut: float | None = None
    reset: bool = False

    def __post_init__(self) -> None:
        for name, (holds, wanted) in _RULES.items():
            if not holds(getattr(self, name)):
                raise ValueError(f"fault: {name} must be {wanted}")
        if self.p99 is not None and not self.p99 >= self.delay > 0:
            raise ValueError("fault: p99 must be at least delay, and delay above 0")
        if self.body is not None and self.status is None:
            raise ValueError("fault: body needs a status to go with")

    @property
    def hides(self) -> bool:
        """Whether the gateway's own answer is not seen: a status below 300 without a body only replaces its status."""
        replaced = self.status is not None and (self.status >= 300 or self.body is not None)
        return replaced or (self.reset and self.cut is None)

    def to_json(self) -> JsonObject:
        """The fields that say something, as a plan file has them."""
        silent = Fault()
        told: JsonObject = {each.name: getattr(self, each.name) for each in fields(self)}
        said = {name: value for name, value in told.items() if value != getattr(silent, name)}
        return said | ({"nth": list(self.nth)} if self.nth else {})

    def meets(self, names: Iterable[str]) -> bool:
        """Whether `operation` is one of `names` or a pattern of one."""
        return any(fnmatchcase(name, self.operation) for name in names)

    def applied(self, response: Response) -> Response:
        """`response` as this fault leaves it, the status aside."""
        headers = {name.lower(): str(value) for name, value in self.headers.items()}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        kept = tuple((name, value) for name, value in response.headers if name not in headers)
        before = response.delivery or Delivery()
        delivery = Delivery(
            delay=before.delay + self.delay,
            chunk=self.chunk or before.chunk,
            pace=self.pace or before.pace,
            cut=before.cut if self.cut is None else self.cut,
            reset=self.reset or before.reset,
        )
        spoilt = None if delivery == Delivery() else delivery
        return replace(response, headers=(*kept, *headers.items()), delivery=spoilt)

    def drawn(self, random: Random) -> Fault:
        """This fault with one delay of those that `delay` and `p99` allow."""
        if self.p99 is None:
            return self
        spread = math.log(self.p99 / self.delay) / _NORMAL_P99
        return replace(self, delay=self.delay * math.exp(spread * random.gauss()), p99=None)


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind)


def _is_number(value: Any, least: float = 0.0) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value < math.inf


def _is_whole(value: Any, least: int = 1, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_header(value: Any) -> bool:
    text = str(value)
    return text.isascii() and text.isprintable()


_RULES: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    "operation": (lambda value: isinstance(value, str) and value, "the name of an operation or a pattern"),
    "nth": (lambda value: _is(value, tuple) and all(map(_is_whole, value)), "whole numbers from 1 on"),
    "times": (lambda value: value is None or _is_whole(value, 0), "a whole number"),
    "share": (lambda value: _is_number(value) and value <= 1, "a number from 0 to 1"),
    "status": (lambda value: value is None or _is_whole(value, 200, 599), "a status from 200 to 599"),
    "retry_after": (
        lambda value: value is None or _is_number(value) or (isinstance(value, str) and _is_header(value)),
        "seconds, or a date as HTTP writes it",
    ),
    "headers": (
        lambda value: _is(value, Mapping) and all(map(_is_header, (*value, *value.values()))),
        "an object of header names and values in ASCII",
    ),
    "carried_out": (lambda value: isinstance(value, bool), "true or false"),
    "delay": (_is_number, "seconds, 0 or more"),
    "p99": (lambda value: value is None or _is_number(value), "seconds, at least as many as delay"),
    "chunk": (lambda value: value is None or _is_whole(value), "a whole number of bytes from 1 on"),
    "pace": (_is_number, "seconds, 0 or more"),
    "cut": (lambda value: value is None or _is_number(value), "bytes, or a share of the body below 1"),
    "reset": (lambda value: isinstance(value, bool), "true or false"),
}  # fmt: skip


def fault_from(value: Json) -> Fault:
    """The fault that a JSON object describes; `nth` may be one number.

    Raises:
        ValueError: it is no object, a field is unknown, or one cannot be used; the message names it.
    """
    if not is_object(value):
        raise ValueError('fault: a fault is an object, such as {"operation": "batches.*", "status": 503}')
    known = {each.name for each in fields(Fault)}
    if unknown := sorted(value.keys() - known):
        raise ValueError(f"fault: {', '.join(unknown)} is unknown; a fault has {', '.join(sorted(known))}")
    nth: Json = value.get("nth", [])
    given: JsonObject = {**value, "nth": tuple(nth) if is_array(nth) else (nth,)}
    return Fault(**given)


def fault_from_header(text: str) -> Fault:
    """The fault in a header `x-mock-fault`: a JSON object, or `status=503; retry_after=2`.

    Raises:
        ValueError: as `fault_from`.
    """
    if text.lstrip().startswith("{"):
        return fault_from(_value(text))
    pairs = (pair.partition("=") for pair in text.split(";") if pair.strip())
    return fault_from({name.strip(): _value(value.strip()) for name, _, value in pairs})


def _value(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


class FaultPlan:
    """Which faults the next call meets. The same faults, seed and calls give the same again.

    All faults that meet a call are applied, in the order of the plan: delays add up, else the later one wins.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        """Starts with `faults`; `seed` decides shares and delays."""
        self._faults = list(faults)
        self._seed = seed
        self._met: Counter[int] = Counter()
        self._lock = Lock()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults there are."""
        return tuple(self._faults)

    def add(self, *faults: Fault) -> None:
        """Puts `faults` at the end of the plan; they count calls from now on."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Takes all faults away."""
        with self._lock:
            self._faults.clear()
            self._met.clear()

    def rewind(self) -> None:
        """Counts calls from 1 again, so that the plan is played again."""
        with self._lock:
            self._met.clear()

    def take(self, *names: str) -> list[Fault]:
        """The faults that this call meets; `names` are the operation's name, and method and path."""
        with self._lock:
            drawn = [self._draw(index, fault) for index, fault in enumerate(self._faults) if fault.meets(names)]
        return [fault for fault in drawn if fault is not None]

    def _draw(self, index: int, fault: Fault) -> Fault | None:
        self._met[index] += 1
        count = self._met[index]
        random = Random(f"{self._seed} {index} {count}")  # noqa: S311  # a plan repeats by its seed; nothing secret
        if (fault.nth and count not in fault.nth) or count > (count if fault.times is None else fault.times):
            return None
        return fault.drawn(random) if fault.share == 1 or random.random() < fault.share else None


def load_faults(path: Path) -> FaultPlan:
    """The plan in a file, JSON or YAML: a list of faults, or `{"seed": 1, "faults": [...]}`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no plan; the message says what is wrong.
    """
    try:
        value = _parsed(path)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    plan = {"faults": value} if is_array(value) else value
    if not is_object(plan) or not is_array(plan.get("faults")) or plan.keys() - {"faults", "seed"}:
        raise ValueError(f"{path}: a plan is a list of faults, or an object with faults and seed")
    seed = plan.get("seed", 0)
    if not _is_whole(seed, 0):
        raise ValueError(f"{path}: seed must be a whole number from 0 on")
    return FaultPlan(map(fault_from, plan["faults"]), seed=seed)


def _parsed(path: Path) -> Json:
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    import yaml  # noqa: PLC0415 - only a plan in YAML needs it

    try:
        return yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        raise ValueError(f"it is no YAML: {error}") from None
