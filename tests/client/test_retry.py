from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portkey_api.types import Operation
from portkey_client import (
    APIError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    PortkeyError,
    Retry,
)
from portkey_client.retry import Attempt, Outcome, asked_wait, checked, decide, may_repeat
from portkey_client.steps import WORLD, complete
from tests.client.wire import Wire, batch

NOW = 1_800_000_000.0


def operation(method: str, path: str = "/things/{id}", name: str = "things.touch") -> Operation[Any]:
    return Operation(name=name, method=method, path=path, server="data_plane", security=(), responses={})


def decided(
    status: int | None, *, repeatable: bool = True, cancels: bool = False, sent: bool = True, **headers: str
) -> bool:
    """Tell whether the policy sends again after a first attempt."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    attempt = Attempt(1, 0.0, repeatable, cancels)
    return decide(Retry(), attempt, Outcome(status, named, sent), now=NOW, jitter=0.5) is not None


# -- the table of the module, row by row


@pytest.mark.parametrize(
    ("status", "repeated", "created"),
    [
        (300, False, False), (304, False, False), (400, False, False), (401, False, False), (403, False, False),
        (404, False, False), (408, True, False), (409, False, False), (412, False, False), (422, False, False),
        (425, False, False), (429, True, True), (446, False, False), (499, False, False), (500, True, False),
        (501, False, False), (502, True, False), (503, True, False), (504, True, False), (529, True, False),
        (599, True, False),
    ],
)  # fmt: skip
def test_which_statuses_are_sent_again(status: int, repeated: bool, created: bool) -> None:
    """What may pass is sent again; for an operation that creates, only where it was refused."""
    assert decided(status) is repeated
    assert decided(status, repeatable=False) is created


@pytest.mark.parametrize(
    ("sent", "repeatable", "again"),
    [(True, True, True), (True, False, False), (False, True, True), (False, False, True)],
)
def test_a_lost_connection(sent: bool, repeatable: bool, again: bool) -> None:
    """Without an answer, a creation is sent again only if it never went out."""
    assert decided(None, sent=sent, repeatable=repeatable) is again


@pytest.mark.parametrize("mark", [{"x_should_retry": "true"}, {"retry_after": "1"}, {"retry_after_ms": "5"}])
def test_a_conflict_that_asks_to_try_again(mark: dict[str, Any]) -> None:
    """409 with a word to try again is a refusal, for creations too; a cancellation is never repeated on it."""
    assert decided(409, **mark)
    assert decided(409, repeatable=False, **mark)
    assert not decided(409, cancels=True, **mark)


def test_the_gateways_own_word_counts() -> None:
    """x-should-retry forbids a retry, or asks for one that cannot harm."""
    assert not decided(500, x_should_retry="false")
    assert not decided(429, x_should_retry="false")
    assert decided(400, x_should_retry="true")
    assert not decided(500, repeatable=False, x_should_retry="true")


@pytest.mark.parametrize(("count", "again"), [("0", True), ("", True), ("0, 0", True), ("3", False), ("-1", False)])
def test_retries_do_not_multiply(count: str, again: bool) -> None:
    """What the gateway has retried already, also one of several in a row, the client does not retry."""
    assert decided(503, x_portkey_retry_attempt_count=count) is again
    assert decided(429, x_portkey_retry_attempt_count=count) is again


def test_a_second_gateway_in_the_row_counts() -> None:
    """Headers of several gateways are joined; one that retried is enough."""
    assert not decided(503, x_portkey_retry_attempt_count="2, 0")


@pytest.mark.parametrize(
    ("method", "path", "headers", "repeatable"),
    [
        ("GET", "/batches", {}, True),
        ("DELETE", "/files/{id}", {}, True),
        ("PUT", "/labels/{id}", {}, True),
        ("PATCH", "/scim/{id}", {}, False),
        ("POST", "/batches", {}, False),
        ("POST", "/chat/completions", {}, False),
        ("POST", "/chat/completions", {"Idempotency-Key": "k"}, True),
        ("POST", "/chat/completions", {"idempotency-key": ""}, False),
        ("POST", "/batches/{id}/cancel", {}, True),
        ("POST", "/messages/count_tokens", {}, True),
        ("POST", "/responses/input_tokens", {}, True),
        ("POST", "/prompts/{id}/render", {}, True),
        ("POST", "/vector_stores/{id}/search", {}, True),
    ],
)
def test_what_may_be_repeated(method: str, path: str, headers: dict[str, str], repeatable: bool) -> None:
    """Idempotent methods, reading and cancelling POSTs, and anything under an idempotency key."""
    assert may_repeat(operation(method, path), headers) is repeatable


@pytest.mark.parametrize("name", ["configs.update", "guardrails.update", "prompts.update", "prompts.partials.update"])
def test_a_put_that_writes_a_version_is_not_repeated(name: str) -> None:
    """Portkey keeps a version for each update of these, so that a repeated one would leave two."""
    assert not may_repeat(operation("PUT", name=name), {})


# -- waits


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"retry-after": "Fri Jan 15 08:00:10 2027"}, 10.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "7"}, 7.0),
    ],
)
def test_the_wait_that_is_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds, seconds or an HTTP-date, in this order; what is none of them is ignored."""
    assert asked_wait(headers, NOW) == seconds


def wait(number: int, jitter: float = 1.0, **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return decide(Retry(9999), Attempt(number, 0.0, True), Outcome(503, named), now=NOW, jitter=jitter)


def test_the_wait_grows_and_is_spread() -> None:
    """Each wait may be twice as long as the one before, up to a limit, and is spread over all of its length."""
    assert [wait(number) for number in (1, 2, 3, 4, 5, 6, 5000)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert (wait(2, 0.0), wait(2, 0.25)) == (0.0, 0.25)


def test_a_wait_that_is_asked_for_is_kept_up_to_a_limit() -> None:
    """The gateway's own time is waited, neither less nor spread, but never longer than the limit."""
    assert (wait(1, 0.1, retry_after="7"), wait(1, retry_after="3600")) == (7.0, 60.0)


@pytest.mark.parametrize(("elapsed", "again"), [(0.0, True), (8.9, True), (9.5, False), (11.0, False)])
def test_no_wait_goes_past_the_deadline(elapsed: float, again: bool) -> None:
    """A wait that would end at the deadline or after it is not begun."""
    policy = Retry(first_wait=1.0, deadline=10.0)
    wait = decide(policy, Attempt(1, elapsed, repeatable=True), Outcome(503), now=NOW, jitter=1.0)
    assert (wait is not None) is again


@settings(deadline=None)
@given(
    st.builds(
        Retry, st.integers(0, 9), st.floats(0, 10), st.floats(0, 10), st.floats(0, 99), st.none() | st.floats(0, 99)
    ),
    st.builds(Attempt, st.integers(1, 12), st.floats(0, 200), st.booleans(), st.booleans()),
    st.builds(
        Outcome,
        st.none() | st.integers(300, 599),
        st.dictionaries(
            st.sampled_from(["retry-after", "retry-after-ms", "x-should-retry", "x-portkey-retry-attempt-count"]),
            st.text() | st.sampled_from(["true", "false", "0", "1", "-1", "86400"]),
        ),
        st.booleans(),
    ),
    st.floats(0, 1),
)
def test_the_policy_keeps_its_limits(retry: Retry, attempt: Attempt, outcome: Outcome, jitter: float) -> None:
    """Whatever comes: no attempt too many, none after the deadline, no wait beyond its limit, no risk of a second."""
    wait = decide(retry, attempt, outcome, now=NOW, jitter=jitter)
    if wait is None:
        return
    assert attempt.number <= retry.retries
    assert 0 <= wait <= max(retry.longest_wait, retry.longest_asked)
    assert retry.deadline is None or attempt.elapsed + wait < retry.deadline
    assert attempt.repeatable or not outcome.sent or outcome.status in (409, 429)
    assert not (attempt.cancels and outcome.status == 409)


@pytest.mark.parametrize(
    ("retry", "named"),
    [
        (-1, "retries"),
        (True, "retries"),
        (1.5, "retries"),
        ("2", "retries"),
        (Retry(first_wait=-1.0), "first_wait"),
        (Retry(longest_wait=float("nan")), "longest_wait"),
        (Retry(longest_asked=float("inf")), "longest_asked"),
        (Retry(deadline=-0.1), "deadline"),
    ],
)
def test_a_policy_that_is_none_is_refused(retry: Any, named: str) -> None:
    """A figure that cannot be used is refused when it is given, by name."""
    with pytest.raises(ConfigurationError, match=f"retries: {named} must be a number from 0 on"):
        Wire().client(retries=retry)


def test_a_number_is_a_policy() -> None:
    """A plain number says how many retries."""
    assert checked(5) == Retry(5)
    assert checked(Retry(deadline=None)) == Retry()


# -- through the clients


FAULTS = {
    "refused": httpx.ConnectError("refused"),
    "slow": httpx.ReadTimeout("slow"),
    "cut": httpx.RemoteProtocolError("cut"),
    "full": httpx.PoolTimeout("full"),
}


class Faulty:
    """Answers by a script of faults and statuses, 200 when it is at its end; every answer takes half a second."""

    def __init__(self, script: list[Any]) -> None:
        self.script: Iterator[Any] = iter(script)
        self.received: list[str] = []
        self.wire = Wire(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        step = next(self.script, 200)
        self.wire.time.seconds += 0.5
        if isinstance(step, str):
            if step in ("slow", "cut"):
                self.received.append("unknown")
            raise FAULTS[step]
        status, headers = step if isinstance(step, tuple) else (step, {})
        self.received.append("refused" if status in (409, 429) else "perhaps" if status != 200 else "done")
        return httpx.Response(status, headers=headers, json=batch())


def create(client: Any) -> Any:
    return client.batches.create(input_file_id="f", endpoint="/v1/embeddings", completion_window="24h")


async def async_create(client: Any) -> Any:
    return await create(client)


STEPS = st.sampled_from(
    [
        *FAULTS,
        200, 400, 408, 409, 429, 500, 503, 529,
        (409, {"retry-after": "1"}), (409, {"x-should-retry": "true"}), (429, {"retry-after": "90"}),
        (429, {"retry-after-ms": "1"}), (503, {"x-portkey-retry-attempt-count": "-1"}),
        (500, {"x-should-retry": "true"}),
    ]
)  # fmt: skip


@pytest.mark.parametrize("flavour", ["sync", "async"])
@settings(deadline=None)
@given(st.lists(STEPS, max_size=8), st.integers(0, 6), st.none() | st.floats(0.01, 20), st.floats(0, 1))
def test_never_too_often_too_late_or_twice(
    flavour: str, script: list[Any], retries: int, deadline: float | None, jitter: float
) -> None:
    """Whatever faults befall a creation: no attempt too many, none past the deadline, and never a second create."""
    faulty = Faulty(script)
    clock = faulty.wire.time
    clock.world = clock.world._replace(jitter=lambda: jitter)
    policy = Retry(retries, deadline=deadline)
    began, starts = clock.seconds, [clock.seconds]
    hook = lambda event: starts.append(clock.seconds) if event.kind == "request" else None  # noqa: E731 - one line, used once
    raised: list[PortkeyError] = []
    try:
        if flavour == "sync":
            create(faulty.wire.client(retries=policy, hooks=[hook]))
        else:
            asyncio.run(async_create(faulty.wire.async_client(retries=policy, hooks=[hook])))
    except PortkeyError as error:
        raised.append(error)
    assert [(each.attempts, each.maybe_done) for each in raised] in ([], [(len(faulty.wire.requests), False)])
    assert 1 <= len(faulty.wire.requests) <= retries + 1
    assert deadline is None or all(start - began < deadline for start in starts)
    assert len([each for each in faulty.received if each != "refused"]) <= 1
    assert all(each == "refused" for each in faulty.received[:-1])


@settings(deadline=None)
@given(st.lists(STEPS, max_size=8))
def test_cancel_is_never_sent_again_after_a_conflict(script: list[Any]) -> None:
    """A 409 ends a cancellation, whatever its headers say."""
    faulty = Faulty(script)
    with suppress(APIError, ConnectionFailedError):
        faulty.wire.client(retries=9).batches.with_raw_response.cancel("b")
    conflicts = [step == 409 or (isinstance(step, tuple) and step[0] == 409) for step in script]
    assert not any(conflicts[: len(faulty.wire.requests) - 1])


def test_both_clients_do_the_same() -> None:
    """The same faults lead to the same attempts and the same waits, synchronous and asynchronous."""
    script = ["refused", "slow", 503, (429, {"retry-after": "3"}), 408, 200]
    one, other = Faulty(script), Faulty(script)

    async def call() -> Any:
        return await other.wire.async_client(retries=5).batches.cancel("b")

    assert one.wire.client(retries=5).batches.cancel("b") == asyncio.run(call())
    assert one.wire.time.waits == other.wire.time.waits == [0.5, 1.0, 2.0, 3.0, 8.0]


def test_the_default_is_two_retries_and_a_call_may_differ() -> None:
    """Three attempts unless the client, or the call, says otherwise."""
    for arguments, options, attempts in (({}, {}, 3), ({"retries": 4}, {}, 5), ({"retries": 4}, {"retries": 0}, 1)):
        faulty = Faulty([503] * 9)
        given_options: dict[str, Any] = options
        with pytest.raises(APIError) as caught:
            faulty.wire.client(**arguments).batches.retrieve("b", **given_options)
        assert caught.value.attempts == attempts == len(faulty.wire.requests)
        assert caught.value.operation == "batches.retrieve"


def test_an_idempotency_key_makes_a_creation_repeatable() -> None:
    """Under a key of the caller's a creation is sent again, each time with the same key and body."""
    faulty = Faulty(["slow", 500, 200])
    faulty.wire.client().batches.create(
        input_file_id="f",
        endpoint="/v1/embeddings",
        completion_window="24h",
        extra_headers={"Idempotency-Key": "k1"},
    )
    sent = {(request.headers["idempotency-key"], request.content) for request in faulty.wire.requests}
    assert (len(faulty.wire.requests), len(sent)) == (3, 1)


def test_what_may_have_been_done_before_is_told() -> None:
    """A deletion repeated after a lost answer may find nothing: the error says that it may be done."""
    faulty = Faulty(["cut", 404])
    with pytest.raises(NotFoundError) as caught:
        faulty.wire.client().files.delete("f")
    assert (caught.value.attempts, caught.value.maybe_done) == (2, True)
    faulty = Faulty(["refused", (429, {}), 404])
    with pytest.raises(NotFoundError) as caught:
        faulty.wire.client().files.delete("f")
    assert (caught.value.attempts, caught.value.maybe_done) == (3, False)
    faulty = Faulty([503, 404])
    with pytest.raises(NotFoundError) as caught:
        faulty.wire.client().files.retrieve("f")
    assert (caught.value.attempts, caught.value.maybe_done) == (2, False)
    faulty = Faulty([503, 409])
    with pytest.raises(ConflictError) as conflict:
        faulty.wire.client().batches.with_raw_response.cancel("b")
    assert conflict.value.maybe_done


def test_each_attempt_gets_what_is_left_of_the_deadline() -> None:
    """The timeout of an attempt is trimmed to the time that remains, and left alone where there is no deadline."""
    faulty = Faulty([503, 503, 200])
    faulty.wire.client(retries=Retry(deadline=3.0)).batches.retrieve("b", timeout=2.0)
    given_time = [request.extensions["timeout"]["read"] for request in faulty.wire.requests]
    assert given_time == [2.0, 2.0, 0.5]
    faulty = Faulty([])
    faulty.wire.client(retries=Retry(deadline=3.0)).batches.retrieve("b", timeout=None)
    assert faulty.wire.last.extensions["timeout"] == dict.fromkeys(("connect", "read", "write", "pool"), 3.0)


@pytest.mark.parametrize(
    ("failure", "sent", "read", "created"),
    [
        (httpx.ConnectError("x"), False, 3, 3),
        (httpx.ConnectTimeout("x"), False, 3, 3),
        (httpx.PoolTimeout("x"), False, 3, 3),
        (httpx.ProxyError("x"), False, 3, 3),
        (httpx.ReadTimeout("x"), True, 3, 1),
        (httpx.WriteTimeout("x"), True, 3, 1),
        (httpx.ReadError("x"), True, 3, 1),
        (httpx.WriteError("x"), True, 3, 1),
        (httpx.CloseError("x"), True, 3, 1),
        (httpx.RemoteProtocolError("x"), True, 3, 1),
        (httpx.LocalProtocolError("x"), False, 1, 1),
        (httpx.UnsupportedProtocol("x"), False, 1, 1),
        (httpx.TooManyRedirects("x"), False, 1, 1),
        (httpx.StreamConsumed(), True, 1, 1),
    ],
)
def test_each_fault_of_the_transport(failure: Exception, sent: bool, read: int, created: int) -> None:
    """How often a reading and a creating call are sent for each fault, and what their error says of it."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise failure

    calls: list[tuple[int, Callable[[Any], Any]]] = [(read, lambda client: client.batches.list()), (created, create)]
    for attempts, call in calls:
        wire = Wire(answer)
        with pytest.raises(ConnectionFailedError) as caught:
            call(wire.client())
        assert (caught.value.attempts, len(wire.requests), caught.value.sent) == (attempts, attempts, sent)
        assert (caught.value.status, dict(caught.value.headers), caught.value.body) == (None, {}, None)
        assert caught.value.trace_id is None


def test_an_error_tells_where_nobody_was() -> None:
    """Where no connection came about, the address is what is wrong as a rule: the message shows it, path left out."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client = Wire(answer).client(base_url="http://nobody.test:4010/v1", retries=0)
    with pytest.raises(ConnectionFailedError) as caught:
        client.batches.retrieve("batch_1")
    assert str(caught.value) == "batches.retrieve: no connection to http://nobody.test:4010 (ConnectError: refused)"


def test_a_request_that_is_wrong_in_itself_is_not_repeated() -> None:
    """An address httpx cannot use fails at once."""
    faulty = Faulty([])
    with pytest.raises(ConnectionFailedError) as caught:
        faulty.wire.client(base_url="http://[::1").batches.list()
    assert (caught.value.attempts, caught.value.sent) == (1, False)


def test_the_real_world() -> None:
    """Unless a test says otherwise, time is the system's, waits are real, and jitter lies between 0 and 1."""
    assert (WORLD.clock, WORLD.now, WORLD.sleep) == (time.monotonic, time.time, time.sleep)
    assert 0 <= WORLD.jitter() < 1
    asyncio.run(async_none(WORLD.asleep(0.0)))


async def async_none(waiting: Any) -> None:
    assert await waiting is None


def test_a_synchronous_call_waits_for_no_loop() -> None:
    """What would need an event loop is an error of ours, told instead of hanging."""
    with pytest.raises(RuntimeError, match="waited for a loop"):
        complete(asyncio.sleep(0))


# -- bodies


def received_files(faulty: Faulty) -> list[bool]:
    return [b"the content" in request.content for request in faulty.wire.requests]


def test_an_upload_is_rewound(tmp_path: Path) -> None:
    """A file, opened by the client or by the caller, is sent whole with every attempt."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"the content")
    for file in (path, io.BytesIO(b"the content"), ("a", io.BytesIO(b"the content")), b"the content"):
        faulty = Faulty([429, "refused", 200])
        faulty.wire.client().files.create(file=file, purpose="batch")
        assert received_files(faulty) == [True, True, True]


def test_a_bare_file_is_rewound_to_where_it_stood() -> None:
    """A file that is the whole body is sent each time from where the caller had put it."""
    kind: Operation[Any] = Operation(
        name="files.put", method="PUT", path="/x", server="data_plane", security=(), responses={},
        content_type="application/octet-stream",
    )  # fmt: skip
    file = io.BytesIO(b"read: the content")
    file.seek(6)
    faulty = Faulty([503, 429, 200])
    faulty.wire.client().call(kind, {}, body=file)
    assert [request.content for request in faulty.wire.requests] == [b"the content"] * 3


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> int:
        raise io.UnsupportedOperation


class Bare:
    """A reader without positions."""

    def __init__(self) -> None:
        self._inner = io.BytesIO(b"the content")
        self.read = self._inner.read


def test_what_cannot_be_rewound_is_sent_once() -> None:
    """A pipe, or a reader without positions, is not sent a second time: it would arrive empty."""
    for file in (Pipe(b"the content"), Bare()):
        faulty = Faulty([429, 200])
        upload: Any = file
        with pytest.raises(APIError) as caught:
            faulty.wire.client().files.create(file=upload, purpose="batch")
        assert caught.value.attempts == 1
        assert received_files(faulty) == [True]
