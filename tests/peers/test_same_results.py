"""Both SDKs, sync and async, beside our client: the same calls to the same mock give the same data, row by row."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.peers.clients import PEERS, built, served
from tests.peers.playing import Json, Row, differences, is_failure, played, rows_of

HERE = Path(__file__).parent
TABLE: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "operations.yaml").read_text("utf-8"))
LISTED: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "differences.yaml").read_text("utf-8"))
KINDS = ("sync", "async")

pytestmark = pytest.mark.filterwarnings("ignore")  # what the SDKs warn of is theirs


def families(name: str) -> list[list[Row]]:
    """Return what a client is asked to do: openai has only the part that all share."""
    parts = ["shared"] if name == "openai" else TABLE
    return [list(rows_of(f"{part} {family}", rows)) for part in parts for family, rows in TABLE[part].items()]


def calls(name: str) -> list[Row]:
    return [row for rows in families(name) for row in rows if row.method != "advance"]


@cache
def results(name: str, kind: str) -> dict[str, Json]:
    """Return what came of every row, on a mock of this client's own."""

    async def play(address: str, gateway: Any, clock: Any) -> dict[str, Json]:
        client = built(name, address, kind)
        found: dict[str, Json] = {}
        for rows in families(name):
            gateway.reset()
            found |= await played(client, rows, clock)
        closed = client.close()
        if kind == "async":
            await closed
        return found

    with served() as mock:
        return asyncio.run(play(*mock))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("peer", "row"), [(peer, row.name) for peer in PEERS for row in calls(peer)])
def test_the_same_call_gives_the_same_data(peer: str, row: str, kind: str) -> None:
    """What the SDK makes of an answer or an error is what we make of it, save for what is listed, no more, no less."""
    entry = LISTED[peer].get(row, {})
    listed = entry.get("what", []) if entry.get("only", kind) == kind else []
    assert set(differences(results("ours", kind)[row], results(peer, kind)[row])) == set(listed)


@pytest.mark.parametrize("kind", KINDS)
def test_our_client_fails_only_where_it_is_refused(kind: str) -> None:
    """Every row is a success with our client, but for the refusals, each of which says its status."""
    ours = results("ours", kind)
    failed = {row for row, told in ours.items() if is_failure(told)}
    assert failed == {row.name for row in calls("ours") if " refusals " in row.name and row.method != "files.create"}
    assert {ours[row]["status"] for row in failed} == {400, 404}


def test_what_is_listed_is_a_row_and_has_a_reason() -> None:
    """No difference is listed for a row that is not there, or without a reason."""
    for peer in PEERS:
        assert LISTED[peer].keys() <= {row.name for row in calls(peer)}
        assert all(entry["what"] and entry["why"] for entry in LISTED[peer].values())


def test_how_much_is_compared() -> None:
    """So many operations, and so many calls of them, are really compared: none is lost unseen."""
    found = {peer: (len({row.method for row in calls(peer)}), len(calls(peer))) for peer in PEERS}
    assert found == {"openai": (82, 110), "portkey-ai": (210, 254)}
