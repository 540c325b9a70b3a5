"""Faults as data: what a plan says, which calls it meets, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock import Delivery, Fault, FaultPlan, Response
from portkey_mock.faults import fault_from, fault_from_header, load_faults

OPERATION = "batches.cancel"


def met(plan: FaultPlan, calls: int, name: str = OPERATION) -> list[int]:
    """The numbers of the calls that a fault meets."""
    return [number for number in range(1, calls + 1) if plan.take(name)]


@pytest.mark.parametrize(
    ("fault", "numbers"),
    [
        (Fault(status=503), [1, 2, 3, 4, 5]),
        (Fault(status=503, nth=(2, 4)), [2, 4]),
        (Fault(status=503, times=2), [1, 2]),
        (Fault(status=503, nth=(2, 4), times=3), [2]),
        (Fault(status=503, operation="batches.*"), [1, 2, 3, 4, 5]),
        (Fault(status=503, operation="batches.create"), []),
        (Fault(status=503, share=0), []),
    ],
)
def test_which_calls_a_fault_meets(fault: Fault, numbers: list[int]) -> None:
    """A fault meets the calls that its operation, its numbers and its limit leave, and no other."""
    assert met(FaultPlan([fault]), 5) == numbers


def test_a_fault_counts_the_calls_it_names() -> None:
    """Calls to other operations do not count."""
    plan = FaultPlan([Fault(operation=OPERATION, status=503, nth=(2,))])
    assert [bool(plan.take(name)) for name in (OPERATION, "files.list", OPERATION)] == [False, False, True]


def test_a_fault_can_name_method_and_path() -> None:
    """A request that means no operation is named by its method and path."""
    plan = FaultPlan([Fault(operation="GET /v1/x*", status=503)])
    assert plan.take("", "GET /v1/xyz")
    assert not plan.take("", "POST /v1/xyz")


def test_shares_are_drawn_by_the_seed() -> None:
    """The same seed meets the same calls, another seed others, and the share is about what was asked for."""
    fault = Fault(status=503, share=0.3)
    first = met(FaultPlan([fault], seed=1), 1000)
    assert first == met(FaultPlan([fault], seed=1), 1000)
    assert first != met(FaultPlan([fault], seed=2), 1000)
    assert 250 < len(first) < 350


def test_delays_are_spread_as_asked() -> None:
    """Half of the delays lie below the median, 99 of 100 below the percentile, and a replay gives them again."""
    plan = FaultPlan([Fault(delay=0.2, p99=2.0)])
    delays = [plan.take(OPERATION)[0].delay for _ in range(2000)]
    assert 0.45 < sum(delay < 0.2 for delay in delays) / 2000 < 0.55
    assert 0.98 < sum(delay < 2.0 for delay in delays) / 2000 < 1
    plan.rewind()
    assert [plan.take(OPERATION)[0].delay for _ in range(2000)] == delays


def test_a_plan_can_grow_and_be_cleared() -> None:
    """A fault that is added counts from then on; a plan that was cleared meets nothing."""
    plan = FaultPlan()
    assert plan.take(OPERATION) == []
    plan.add(Fault(status=500, nth=(1,)))
    assert plan.faults == (Fault(status=500, nth=(1,)),)
    assert met(plan, 3) == [1]
    plan.clear()
    assert met(plan, 3) == []


def test_faults_are_laid_over_one_another() -> None:
    """Delays add up; of the rest the later fault wins, and headers of the same name replace those there."""
    response = Response(200, (("retry-after", "9"), ("x-kept", "1")), b"body")
    for fault in (
        Fault(delay=1, chunk=4, pace=0.5, cut=2),
        Fault(delay=2, retry_after=3, headers={"X-New": "n"}, reset=True),
    ):
        response = fault.applied(response)
    assert response.headers == (("x-kept", "1"), ("x-new", "n"), ("retry-after", "3"))
    assert response.delivery == Delivery(delay=3, chunk=4, pace=0.5, cut=2, reset=True)
    assert Fault().applied(Response(200)).delivery is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("operation", ""),
        ("operation", 3),
        ("nth", [0]),
        ("nth", "2"),
        ("nth", [True]),
        ("times", -1),
        ("share", 1.5),
        ("status", 199),
        ("status", 600),
        ("status", "503"),
        ("retry_after", -1),
        ("retry_after", "a\nb"),
        ("headers", {"a": "b\r\nc"}),
        ("headers", []),
        ("carried_out", 1),
        ("delay", -0.1),
        ("delay", float("inf")),
        ("delay", True),
        ("p99", "1"),
        ("p99", 1),
        ("chunk", 0),
        ("pace", None),
        ("cut", -1),
        ("reset", "no"),
        ("body", "without a status"),
        ("speed", 1),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(name: str, value: Any) -> None:
    """A field that is unknown or has no sense is refused with its name, in a file as in a header."""
    with pytest.raises(ValueError, match=rf"^fault: (.*\b)?{name}\b"):
        fault_from({name: value})


def test_what_is_no_object_is_refused() -> None:
    """A fault that is no object is refused with an example of one."""
    with pytest.raises(ValueError, match="such as"):
        fault_from(503)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("status=429; retry_after=2", Fault(status=429, retry_after=2)),
        ('{"status": 429, "headers": {"a": "b; c"}}', Fault(status=429, headers={"a": "b; c"})),
        ("reset=true;carried_out=true;", Fault(reset=True, carried_out=True)),
        ("nth=3; cut=0.5", Fault(nth=(3,), cut=0.5)),
        ("retry_after=Wed, 21 Oct 2026 07:28:00 GMT", Fault(retry_after="Wed, 21 Oct 2026 07:28:00 GMT")),
        ("", Fault()),
    ],
)
def test_faults_in_headers(text: str, fault: Fault) -> None:
    """A header holds a fault as pairs or as JSON."""
    assert fault_from_header(text) == fault


@pytest.mark.parametrize("text", ["{", "status", "status=many"])
def test_headers_that_hold_no_fault(text: str) -> None:
    """A header that holds no fault is refused."""
    with pytest.raises(ValueError, match=r"^fault: "):
        fault_from_header(text)


FAULTS = st.builds(
    Fault,
    operation=st.sampled_from(["*", "batches.*", "files.list"]),
    nth=st.lists(st.integers(1, 9), max_size=2).map(tuple),
    times=st.none() | st.integers(0, 9),
    share=st.floats(0, 1),
    status=st.none() | st.integers(200, 599),
    retry_after=st.none() | st.integers(0, 99) | st.just("Wed, 21 Oct 2026 07:28:00 GMT"),
    headers=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["1", "2"])),
    delay=st.floats(0, 9),
    chunk=st.none() | st.integers(1, 99),
    cut=st.none() | st.floats(0, 99),
    reset=st.booleans(),
)


@given(FAULTS)
def test_a_fault_comes_back_from_its_json(fault: Fault) -> None:
    """Every fault is written so that reading it gives the same fault."""
    assert fault_from(json.loads(json.dumps(fault.to_json()))) == fault


def test_a_fault_is_written_briefly() -> None:
    """What a fault does not say is not written."""
    assert Fault(nth=(2,), status=503).to_json() == {"nth": [2], "status": 503}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plan.json", '[{"operation": "files.list", "status": 503, "nth": 2}]'),
        ("plan.yaml", "seed: 0\nfaults:\n  - operation: files.list\n    status: 503\n    nth: [2]\n"),
    ],
)
def test_plans_in_files(tmp_path: Path, name: str, text: str) -> None:
    """A plan is read from JSON and from YAML."""
    (tmp_path / name).write_text(text)
    assert load_faults(tmp_path / name).faults == (Fault(operation="files.list", status=503, nth=(2,)),)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("plan.json", "[", "Expecting"),
        ("plan.yaml", "a: [", "no YAML"),
        ("plan.yaml", "text", "a plan is"),
        ("plan.yaml", "faults: []\nspeed: 1", "a plan is"),
        ("plan.yaml", "faults: []\nseed: x", "seed must be"),
        ("plan.yaml", "- state: 503", "state is unknown"),
    ],
)
def test_files_that_hold_no_plan(tmp_path: Path, name: str, text: str, reason: str) -> None:
    """A file that is no plan is refused with the reason."""
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=reason):
        load_faults(tmp_path / name)


@given(
    st.lists(st.binary(max_size=9), max_size=5),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(0, 40) | st.floats(0, 0.99),
)
def test_pieces_are_the_body_up_to_the_cut(chunks: list[bytes], size: int | None, cut: float | None) -> None:
    """The pieces put together are the body, or what the cut leaves of it; none is longer than asked for."""
    body = b"".join(chunks)
    pieces = list(Delivery(chunk=size, cut=cut).pieces(chunks))
    kept = len(body) if cut is None else int(cut * len(body)) if cut < 1 else int(cut)
    assert b"".join(pieces) == body[:kept]
    assert all(0 < len(piece) <= (size or 9) for piece in pieces)


def test_headers_may_be_any_mapping() -> None:
    """Headers of a fault are read, never changed."""
    headers: Mapping[str, str] = {"A": "1"}
    assert Fault(headers=headers).applied(Response(200)).headers == (("a", "1"),)
    assert headers == {"A": "1"}
