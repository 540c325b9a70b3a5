"""Lists whose pages do not fit together."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs

from portkey_mock import Response
from tests.contract.faults.fault import FILES, STORES, Alter, Fault, Visit, rewritten, told

_LIST: Final = "GET /vector_stores"
_PAGES: Final = ("paging",)


def _query(pattern: str, instead: str = "") -> Alter:
    """Reads a list as if its query were another one."""

    def alter(visit: Visit) -> Response:
        return visit.answer(query=re.sub(pattern, instead, visit.request.query))

    return alter


def _asked(visit: Visit, name: str) -> str | None:
    return parse_qs(visit.request.query).get(name, [None])[0]


def _later(change: Any) -> Alter:
    """Changes the pages after the first; `change` takes the page and the id that it comes after."""

    def alter(visit: Visit) -> Response:
        response, after = visit.answer(), _asked(visit, "after")
        if visit.request.method != "GET" or response.status != 200 or after is None:
            return response
        return replace(response, body=json.dumps(change(json.loads(response.body), after)).encode())

    return alter


def _repeats(visit: Visit) -> Response:
    after = _asked(visit, "after")
    response = visit.answer()
    if not visit.meets(_LIST) or after is None or response.status != 200:
        return response
    body, last = json.loads(response.body), visit.answer(path=f"/v1/vector_stores/{after}", query="")
    if last.status != 200 or not body["data"]:
        return response
    return replace(response, body=json.dumps(body | {"data": [json.loads(last.body), *body["data"]][:2]}).encode())


def _filtered_late(visit: Visit) -> Response:
    """A page of all files is cut first, and then those of another purpose are left out."""
    purpose, response = _asked(visit, "purpose"), visit.answer()
    if not visit.meets("GET /files") or purpose is None or response.status != 200:
        return response
    kept = "&".join(each for each in visit.request.query.split("&") if not each.startswith("purpose="))
    return rewritten(
        visit.answer(query=kept),
        lambda found: found | {"data": [each for each in found["data"] if each["purpose"] == purpose]},
    )


def _gap(body: Any, _: str) -> Any:
    return body | {"data": body["data"][1:]}


def _said(value: bool) -> Alter:
    return told(_LIST, lambda found: found | {"has_more": value})


FAULTS: Final = (
    Fault("cursor-ignored", "Every page is the first.", STORES, _PAGES, _query(r"after=[^&]*&?")),
    Fault("repeat", "A page begins with the last thing of the one before.", STORES, _PAGES, _repeats),
    Fault("gap", "Between two pages a thing is missing.", STORES, _PAGES, _later(_gap)),
    Fault(
        "one-page", "After the first page nothing follows.", STORES, _PAGES, _later(lambda body, _: body | {"data": []})
    ),
    Fault("limit-ignored", "A page is as large as it likes.", STORES, _PAGES, _query(r"limit=\d+&?")),
    Fault(
        "limit-off-by-one",
        "A page has one thing less than was asked for.",
        STORES,
        _PAGES,
        _query("limit=2", "limit=1"),
    ),
    Fault(
        "filtered-late",
        "A page is cut before it is filtered.",
        ("POST /files", "GET /files"),
        ("filters",),
        _filtered_late,
    ),
    Fault(
        "models-from-the-start",
        "A list that nothing is added to always begins at its start.",
        ("GET /models",),
        _PAGES,
        _query(r"(offset|after)=[^&]*&?"),
    ),
    Fault("always-more", "`has_more` is always true.", STORES, _PAGES, _said(True)),
    Fault("never-more", "`has_more` is always false.", STORES, _PAGES, _said(False)),
    Fault(
        "wrong-last-id",
        "`last_id` is the first one's.",
        STORES,
        _PAGES,
        told(_LIST, lambda found: found | {"last_id": found.get("first_id")}),
    ),
    Fault("order-ignored", "The order that was asked for is not kept.", STORES, _PAGES, _query(r"order=\w+&?")),
    Fault(
        "unordered",
        "A page is turned round.",
        FILES,
        _PAGES,
        told("GET /files", lambda found: found | {"data": found["data"][::-1]}),
    ),
)
