"""The page: all in one file, to be opened from disk or from CI, which loads nothing and runs no script but its own.

Whatever a gateway said is in the page as data only: the template escapes it, the script shows it as text, and the
policy of the page allows its one script and its one style by their digests. Jinja is there anyway, as the client's
generator is built on it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tests.contract import registry
from tests.contract.book import GATEWAY
from tests.contract.report.view import WORDS, Column, Run, document, operations, resource, stated, verdict
from tests.contract.results import Finding, Received, Sent

_FOLDER: Final = Path(__file__).parent
_BUDGET: Final = 2_200_000
"""Bytes of data in a page, so that a page of four gateways stays below 3 MB."""
_CUTS: Final = ((4500, 20), (2000, 20), (1000, 20), (500, 10), (250, 5), (120, 2), (80, 1))
"""Where texts are cut off, and how many findings of a cell are shown: the first pair that keeps to the budget."""


def page(every: Sequence[Column]) -> str:
    """The page about these gateways."""
    names = {GATEWAY: "the gateway as a whole", **operations(every)}
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            columns=every,
            names=names,
            groups=_groups(names),
            words=WORDS,
            verdict=verdict,
            document=document,
            stated=stated,
            checks=sorted({each.check for column in every for each in column.latest.results.findings}),
            history=any(len(column.runs) > 1 for column in every),
            style=Markup(style),  # noqa: S704  # ours
            script=Markup(script),  # noqa: S704  # ours
            digests={"style": _digest(style), "script": _digest(script)},
            data=_data(every, names),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _groups(names: dict[str, str]) -> dict[str, list[tuple[int, str]]]:
    """The operations of each resource, each with its number; the gateway as a whole comes first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, (operation, name) in enumerate(names.items()):
        found.setdefault("" if operation == GATEWAY else resource(name), []).append((number, operation))
    return found


def _data(every: Sequence[Column], names: dict[str, str]) -> Markup:
    text = ""
    for cut, most in _CUTS:
        text = json.dumps(_shape(every, names, cut, most), separators=(",", ":"), ensure_ascii=False)
        text = text.replace("<", "\\u003c")
        if len(text.encode(errors="surrogatepass")) <= _BUDGET:
            break
    return Markup(text)  # noqa: S704  # without `<` a script of data cannot end


def _shape(every: Sequence[Column], names: dict[str, str], cut: int, most: int) -> dict[str, Any]:
    found = {each.check for column in every for each in column.latest.results.findings}
    return {
        "operations": list(names.items()),
        "words": WORDS,
        "says": {name: registry.CHECKS[name].says for name in sorted(found & registry.CHECKS.keys())},
        "gateways": [
            {
                "name": column.name,
                "document": document(column.latest.results),
                "cells": [_cell(column, operation, cut, most) for operation in names],
            }
            for column in every
        ],
    }


def _cell(column: Column, operation: str, cut: int, most: int) -> dict[str, Any]:
    run = column.latest
    result, findings = run.operations.get(operation), run.findings.get(operation, [])
    change = column.changes.get(operation)
    told: dict[str, Any] = {
        "state": run.states.get(operation, "unrun"),
        "why": _cut(_why(run, operation), cut),
        "answers": result.answers if result else {},
        "earlier": [[each.label, each.states.get(operation, "unrun")] for each in column.runs[:-1]],
        "appeared": change.appeared if change else (),
        "vanished": change.vanished if change else (),
        "changed": change is not None,
        "more": max(len(findings) - most, 0),
        "findings": [_finding(each, cut) for each in findings[:most]],
    }
    return {name: value for name, value in told.items() if value}


def _why(run: Run, operation: str) -> str:
    if operation == GATEWAY:
        return " ".join(run.results.missing)
    result = run.operations.get(operation)
    return result.why if result else "The document of this run does not have it."


def _finding(found: Finding, cut: int) -> dict[str, Any]:
    told: dict[str, Any] = asdict(found)
    told |= {"sent": _exchanged(found.sent, cut), "received": _exchanged(found.received, cut)}
    told |= {name: _cut(told[name], cut) for name in ("message", "rule", "curl", "call", "expected")}
    del told["operation"]
    return {name: value for name, value in told.items() if value}


def _exchanged(message: Sent | Received | None, cut: int) -> dict[str, Any] | None:
    if message is None:
        return None
    told = asdict(message)
    headers = [[_cut(name, cut), _cut(value, cut)] for name, value in message.headers[:50]]
    told |= {"headers": headers, "body": _cut(message.body, cut)}
    return told | ({"url": _cut(message.url, cut)} if isinstance(message, Sent) else {})


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters)"


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
