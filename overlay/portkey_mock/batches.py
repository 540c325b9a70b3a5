"""Batches that live: they validate their input, run by the clock, can be cancelled, and leave real output files.

A batch stores moments only. What it looks like at any time follows from these (see `timeline`), so a clock that jumps
ahead finds it exactly where a clock that ticks would have.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from portkey_mock.answers import Answers, echoable
from portkey_mock.clock import Clock
from portkey_mock.errors import Refusal
from portkey_mock.files import Actions, Files
from portkey_mock.generate import Generator
from portkey_mock.jsonvalue import Json, JsonObject, is_object
from portkey_mock.lifecycle import FINAL, Pace, Step
from portkey_mock.lifecycle import past as begun
from portkey_mock.message import Response
from portkey_mock.reading import read_json
from portkey_mock.validation import Call

Run: TypeAlias = Callable[[str, str, Json], tuple[int, Json]]
"""Answers one request of a batch: method, URL and JSON body in; status and JSON body out."""

_STATUSES: Final = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one request of a batch: a line for the output file, or for the error file."""

    succeeded: bool
    line: bytes


@dataclass(slots=True)
class Batch:
    """A batch.

    Attributes:
        facts: what was asked for: endpoint, input file, completion window, metadata.
        created: seconds since 1970.
        results: what becomes of each request, in order, unless the batch is cancelled before.
        errors: what is wrong with the input file; then nothing runs.
        cancelled: when cancelling was asked for, in seconds since 1970.
        files: the ids of the output and error file by their names in a batch; None until the batch has ended.
        polls: how often it was read by its id.
    """

    id: str
    facts: JsonObject
    created: float
    results: Sequence[Result]
    errors: Sequence[JsonObject]
    cancelled: float | None = None
    files: JsonObject | None = None
    polls: int = 0


def timeline(batch: Batch, pace: Pace) -> list[Step]:
    """Every status of `batch` with the moment it begins, in order, the future included."""
    return list(_steps(batch.created, bool(batch.errors), batch.cancelled, pace))


@lru_cache(maxsize=1024)
def _steps(created: float, failed: bool, cancelled: float | None, pace: Pace) -> tuple[Step, ...]:
    started, expired = created + pace.validating, created + pace.lifetime
    done = started + pace.running
    steps = [(created, "validating")]
    if failed:
        steps += [(started, "failed")]
    else:
        steps += [(started, "in_progress"), (done, "finalizing"), (done + pace.finalizing, "completed")]
    if cancelled is not None:
        before = [step for step in steps if step[0] <= cancelled]
        return (*before, (cancelled, "cancelling"), (cancelled + pace.cancelling, "cancelled"))
    if steps[-1][0] > expired:
        return (*(step for step in steps if step[0] < expired), (expired, "expired"))
    return tuple(steps)


def past(batch: Batch, pace: Pace, now: float) -> list[Step]:
    """The part of the timeline that has happened; the last entry is the present status."""
    return begun(_steps(batch.created, bool(batch.errors), batch.cancelled, pace), now)


def finished(batch: Batch, pace: Pace, now: float) -> Sequence[Result]:
    """The results there are by now. Cancelling stops the work at once, and so does the end of its lifetime."""
    if batch.errors:
        return ()
    stopped = batch.created + pace.lifetime if batch.cancelled is None else batch.cancelled
    worked = min(now, stopped) - batch.created - pace.validating
    if worked >= pace.running:
        return batch.results
    return batch.results[: int(max(worked, 0) / pace.running * len(batch.results))]


class Batches:
    """All batches of one gateway."""

    def __init__(
        self,
        answers: Answers,
        generator: Generator,
        clock: Clock,
        files: Files,
        run: Run,
        pace: Pace,
        *,
        make_up_unknown: bool,
    ) -> None:
        """`run` answers the requests of a batch; `make_up_unknown` is explained at `Files`."""
        self._answers = answers
        self._generator = generator
        self._clock = clock
        self._files = files
        self._run = run
        self._pace = pace
        self._make_up_unknown = make_up_unknown
        self.store: dict[str, Batch] = {}
        self._due = 0.0

    @property
    def actions(self) -> Actions:
        """The operations on batches."""
        return {
            ("GET", "/batches"): self.list_page,
            ("POST", "/batches"): self.create,
            ("GET", "/batches/{}"): self.retrieve,
            ("POST", "/batches/{}/cancel"): self.cancel,
            ("GET", "/batches/{}/output"): self.output,
        }

    def kept(self) -> dict[str, JsonObject]:
        """The batches there are, by id."""
        return {batch.id: self._facts(batch) for batch in self.store.values()}

    def settle(self) -> None:
        """Writes the files of every batch that has ended since the last time."""
        if self._clock() < self._due and not self._pace.polls:
            return
        running = [batch for batch in self.store.values() if batch.files is None]
        for batch in running:
            self._settle(batch)
        self._due = min((self._end(batch) for batch in running if batch.files is None), default=math.inf)

    def restore(self, store: dict[str, Batch]) -> None:
        """Puts `store` in the place of all batches there are."""
        self.store, self._due = store, 0.0

    def _end(self, batch: Batch) -> float:
        return timeline(batch, self._pace)[-1][0]

    def _settle(self, batch: Batch) -> None:
        now = self._now(batch)
        ended, status = past(batch, self._pace, now)[-1]
        if batch.files is None and status in FINAL:
            done = finished(batch, self._pace, now)
            good, bad = ([each for each in done if each.succeeded is kind] for kind in (True, False))
            batch.files = {
                "output_file_id": self._written(batch, "output", good, ended),
                "error_file_id": self._written(batch, "error", bad, ended),
            }

    def _now(self, batch: Batch) -> float:
        return self._pace.now(self._clock(), batch.created, batch.polls)

    def create(self, call: Call) -> Response:
        """POST /batches.

        The requests are those of the input file, or stand in the body (Anthropic). What lies in a provider's own
        storage (Azure's ``input_blob``) cannot be read here: such a batch has no requests, and completes.

        Raises:
            Refusal: 400 if the input file does not exist.
        """
        batch = self._start(call.fields)
        self._settle(batch)
        return self._answers.one(call, self._facts(batch), batch.id)

    def list_page(self, call: Call) -> Response:
        """GET /batches, newest first."""
        batches = {batch.id: self._facts(batch) for batch in reversed(self.store.values())}
        return self._answers.many(call, batches, "batches")

    def retrieve(self, call: Call) -> Response:
        """GET /batches/{batch_id}."""
        shown = self._answers.shown(call) if self._make_up_unknown else None
        if shown is not None and shown["id"] not in self.store:
            return self._answers.one(call, shown, shown["id"])
        batch = self._named(call)
        batch.polls += 1
        self._settle(batch)
        return self._answers.one(call, self._facts(batch), batch.id)

    def cancel(self, call: Call) -> Response:
        """POST /batches/{batch_id}/cancel. A batch that is being cancelled already is left as it is, with 200.

        Raises:
            Refusal: 409 if the batch has ended.
        """
        batch = self._named(call)
        status = self._status(batch)
        if status not in FINAL and status != "cancelling":
            batch.cancelled = self._now(batch)
            self._due = min(self._due, self._end(batch))
        elif status in FINAL and not self._make_up_unknown:
            # OpenAI answers 409 in practice; Respan answers 400 (see `dialects`).
            message = f"A batch that is {status} cannot be cancelled."
            raise Refusal(409, message, code="batch_not_cancellable", state=status)
        return self._answers.one(call, self._facts(batch), batch.id)

    def output(self, call: Call) -> Response:
        """GET /batches/{batch_id}/output.

        Raises:
            Refusal: 404 if the batch has no output file, yet or for good.
        """
        batch = self._named(call)
        file_id = (batch.files or {}).get("output_file_id")
        file = self._files.find(file_id) if file_id else None
        if file is None and not self._make_up_unknown:
            message = f"The batch is {self._status(batch)} and has no output file."
            about = self._facts(batch)["errors"]
            raise Refusal(404, message, code="output_not_found", state=self._status(batch), about=about)
        return self._answers.octets(call, file.content if file else b"")

    def _start(self, fields: JsonObject, batch_id: str | None = None) -> Batch:
        content = self._input(fields)
        batch_id = batch_id or self._generator.identifier("batch", "batch", len(self.store))
        requests, errors = ([], []) if content is None else read_requests(content)
        results = [] if errors else [self._result(batch_id, number, each) for number, each in enumerate(requests)]
        batch = Batch(batch_id, echoable(fields), self._clock(), results, errors)
        self._due = min(self._due, self._end(batch))
        self.store[batch_id] = batch
        return batch

    def _input(self, fields: JsonObject) -> bytes | None:
        """The requests of a new batch as JSON lines; None where they lie out of reach."""
        if "input_file_id" in fields:
            file = self._files.find(fields["input_file_id"])
            if file is None:
                message = "No file has the id in input_file_id."
                raise Refusal(400, message, code="invalid_input_file", at="/body/input_file_id")
            return file.content
        if "requests" not in fields:
            return None
        rows = [
            {"custom_id": each["custom_id"], "method": "POST", "url": "/v1/messages", "body": each["params"]}
            for each in fields["requests"]
        ]
        return "\n".join(map(json.dumps, rows)).encode("ascii")

    def _result(self, batch_id: str, number: int, request: JsonObject) -> Result:
        status, body = self._run(request["method"], request["url"], request["body"])
        line = {
            "id": self._generator.identifier("batch_req", batch_id, number),
            "custom_id": request["custom_id"],
            "response": {
                "status_code": status,
                "request_id": self._generator.identifier("request", batch_id, number),
                "body": body,
            },
            "error": None,
        }
        return Result(status < 400, json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")

    def _written(self, batch: Batch, what: str, results: list[Result], created: float) -> str | None:
        """The id of a new file with the lines of `results`; None if there are none."""
        if not results:
            return None
        content = b"".join(result.line for result in results)
        return self._files.add(f"{batch.id}_{what}.jsonl", "batch_output", content, created).id

    def _status(self, batch: Batch) -> str:
        return past(batch, self._pace, self._now(batch))[-1][1]

    def _facts(self, batch: Batch) -> JsonObject:
        """What an answer says about `batch` now."""
        now = self._now(batch)
        steps, done = past(batch, self._pace, now), finished(batch, self._pace, now)
        began = {status: int(moment) for moment, status in steps}
        completed = sum(result.succeeded for result in done)
        return {
            "metadata": None,
            **batch.facts,
            **(batch.files or {"output_file_id": None, "error_file_id": None}),
            **{f"{status}_at": began.get(status) for status in _STATUSES},
            "id": batch.id,
            "status": steps[-1][1],
            "created_at": int(batch.created),
            "expires_at": int(batch.created + self._pace.lifetime),
            "errors": {"object": "list", "data": list(batch.errors)} if steps[-1][1] == "failed" else None,
            "request_counts": {
                "total": len(batch.results),
                "completed": completed,
                "failed": len(done) - completed,
            },
        }

    def _named(self, call: Call) -> Batch:
        """The batch that the path names, made up if need be and allowed.

        Raises:
            Refusal: 404.
        """
        ((name, batch_id),) = call.path.items()
        if batch_id not in self.store:
            if not self._make_up_unknown:
                raise Refusal(404, f"No such batch: {batch_id}", code="batch_not_found", at=f"/path/{name}")
            self._start({"input_file_id": self._generator.identifier("file", batch_id)}, batch_id)
        return self.store[batch_id]


def read_requests(content: bytes) -> tuple[list[JsonObject], list[JsonObject]]:
    """The requests in an input file (JSON lines), and what is wrong with it, in the words of a batch's `errors`."""
    requests: list[JsonObject] = []
    errors: list[JsonObject] = []
    seen: set[str] = set()
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            request = _request(line, seen)
        except Refusal as refusal:
            error = {"code": refusal.code, "message": refusal.message, "param": refusal.at, "line": number}
            errors.append(error)
            continue
        seen.add(request["custom_id"])
        requests.append(request)
    if not requests and not errors:
        errors.append(
            {"code": "empty_file", "message": "The input file holds no request.", "param": None, "line": None}
        )
    return requests, errors


def _request(line: bytes, seen: set[str]) -> JsonObject:
    """One request of a batch.

    Raises:
        Refusal: the line is not a request, or uses the `custom_id` of another one.
    """
    request = read_json(line)
    if not is_object(request):
        raise Refusal(400, "The line is not a JSON object.", code="invalid_json_line")
    for name, kind in (("custom_id", str), ("method", str), ("url", str), ("body", dict)):
        if not isinstance(request.get(name), kind):
            raise Refusal(400, f"{name} is missing or has the wrong type.", code="missing_required_parameter", at=name)
    if request["custom_id"] in seen:
        raise Refusal(400, "Another line has the same custom_id.", code="duplicate_custom_id", at="custom_id")
    return request
