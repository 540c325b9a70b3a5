"""The examples of lists and of analytics: one morning, whose figures agree from one answer to the next."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock.spec import OPERATIONS
from tests.prepare.examples import EXAMPLES, objects, of_answers

ANALYTICS = {
    op.path.removeprefix("/analytics/"): next(of_answers(op)).value
    for op in OPERATIONS
    if op.path.startswith("/analytics/")
}
REQUESTS = ANALYTICS["graphs/requests"]["summary"]["total"]
WEIGHED = {
    "graphs/cost": "graphs/requests",
    "graphs/tokens": "graphs/requests",
    "graphs/latency": "graphs/requests",
    "graphs/errors/rate": "graphs/requests",
    "graphs/feedbacks/weighted": "graphs/feedbacks",
}
"""Graphs of an average or a rate, and the graph that counts what it is an average over."""


def points(graph: str, name: str) -> list[Any]:
    """Return one series of a graph."""
    return [each[name] for each in ANALYTICS[graph]["data_points"]]


def test_a_list_on_one_page_has_as_many_items_as_it_says() -> None:
    """No example of a list goes on to a second page, so its total is the number of its items."""
    for example in EXAMPLES:
        for each in objects(example.value):
            total = each.get("total", each.get("total_count"))
            items = [value for value in each.values() if isinstance(value, list)]
            if example.kind == "answer" and isinstance(total, int) and len(items) == 1:
                assert total == len(items[0]), example


@pytest.mark.parametrize("graph", ["requests", "cost", "tokens", "errors", "feedbacks"])
def test_the_slices_of_a_graph_make_up_its_total(graph: str) -> None:
    """What is counted in each hour adds up to what was counted in all."""
    assert ANALYTICS[f"graphs/{graph}"]["summary"]["total"] == pytest.approx(sum(points(f"graphs/{graph}", "total")))


@pytest.mark.parametrize(("graph", "counts"), WEIGHED.items())
def test_an_average_is_that_of_its_slices(graph: str, counts: str) -> None:
    """The average of the window is the average of the hours, each with the weight of what it counts."""
    name = "rate" if graph.endswith("rate") else "avg"
    weights = points(counts, "total")
    expected = sum(value * weight for value, weight in zip(points(graph, name), weights, strict=True)) / sum(weights)
    assert ANALYTICS[graph]["summary"][name] == pytest.approx(expected)


def test_errors_are_the_same_however_they_are_told() -> None:
    """By hour, by hour and status, and by status."""
    stacks = [each for stats in points("graphs/errors/stacks", "stats") for each in stats]
    by_status = {each["status_code"]: each["count"] for each in ANALYTICS["graphs/errors/status-codes"]["data_points"]}
    summary = ANALYTICS["graphs/errors/status-codes"]["summary"]
    assert points("graphs/errors", "total") == [
        sum(each["count"] for each in stats) for stats in points("graphs/errors/stacks", "stats")
    ]
    for status, count in by_status.items():
        assert sum(each["count"] for each in stacks if each["response_status_code"] == status) == count
    assert summary == {"total_errors": sum(by_status.values()), "unique_error_codes": len(by_status)}
    assert summary["total_errors"] == ANALYTICS["graphs/errors"]["summary"]["total"]


def test_what_the_cache_did_is_the_same_however_it_is_told() -> None:
    """The hits by hour are those of the summary, and the mean of their latencies is its latency."""
    graph, summary = ANALYTICS["graphs/cache/hit-rate"], ANALYTICS["summary/cache"]["summary"]
    kinds = (points("graphs/cache/hit-rate", "simple_hits"), points("graphs/cache/hit-rate", "semantic_hits"))
    hits = [one + other for one, other in zip(*kinds, strict=True)]
    spent = sum(each * count for each, count in zip(points("graphs/cache/latency", "avg"), hits, strict=True))
    assert graph["summary"] == {"total": sum(hits), "rate": 100 * sum(hits) / REQUESTS}
    assert (summary["hits"], summary["total_requests"]) == (sum(hits), REQUESTS)
    assert summary["avg_latency"] == spent / sum(hits)


def test_what_was_rescued_is_the_sum_of_the_hours() -> None:
    """By retries, of which each hour has several counts, and by the fallback."""
    retries = [each["count"] for stats in points("graphs/requests/rescued", "retry") for each in stats]
    fallbacks = points("graphs/requests/rescued", "fallback")
    assert ANALYTICS["graphs/requests/rescued"]["summary"] == {"retry": sum(retries), "fallback": sum(fallbacks)}


@pytest.mark.parametrize("group", ["ai-models", "provider", "workspaces", "users", "metadata/{metadataKey}"])
def test_the_groups_make_up_all_requests(group: str) -> None:
    """Grouped by anything, the requests are as many, and cost as much, as the graphs say."""
    rows = ANALYTICS[f"groups/{group}"]["data"]
    assert sum(int(each["requests"]) for each in rows) == REQUESTS
    if "cost" in rows[0]:
        assert sum(float(each["cost"]) for each in rows) == pytest.approx(ANALYTICS["graphs/cost"]["summary"]["total"])


def test_users_are_those_of_the_groups() -> None:
    """As many as are listed, and each with the requests of the average."""
    users, summary = ANALYTICS["groups/users"]["data"], ANALYTICS["graphs/users/requests"]["summary"]
    assert ANALYTICS["graphs/users"]["summary"]["total"] == summary["unique"] == len(users)
    assert summary == {"total": REQUESTS, "unique": len(users), "avg": REQUESTS / len(users)}


def test_ratings_are_the_same_however_they_are_told() -> None:
    """By score, by model and by team, they are as many and have the same sum."""
    total = ANALYTICS["graphs/feedbacks"]["summary"]["total"]
    average = ANALYTICS["graphs/feedbacks/weighted"]["summary"]["avg"]
    models = ANALYTICS["graphs/feedbacks/ai-models"]["data_points"]
    teams = ANALYTICS["groups/metadata/{metadataKey}"]["data"]
    ways = [
        [(each["total"], each["score"]) for each in ANALYTICS["graphs/feedbacks/scores"]["data_points"]],
        [(each["total"], each["avg_weighted_feedback"]) for each in models],
        [(each["requests_with_feedback"], each["avg_weighted_feedback"]) for each in teams],
    ]
    for way in ways:
        assert sum(count for count, _ in way) == total
        assert sum(count * score for count, score in way) == pytest.approx(average * total)
