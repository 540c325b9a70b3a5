"""Exports of logs: both clients against the mock on a moved clock, and against answers that go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

from portkey_client import (
    AnswerError,
    APIError,
    ConfigurationError,
    ConnectionFailedError,
    Event,
    ExportFailedError,
    ExportUnfinishedError,
    NotFoundError,
    PermissionDeniedError,
    Portkey,
    RequestRefusedError,
    TransferError,
)
from portkey_client.exports import ExportState
from tests.client.frames import Body
from tests.client.test_batches import Mocked, answers
from tests.client.wire import KEYS, Wire

ORDER: Any = {"filters": {"ai_model": "gpt-4o"}, "requested_data": ["id", "created_at", "request", "cost"]}
SIGNED = "https://storage.example/a%20b/{x}.jsonl?X-Sig=a%2Bb%3D&X-Sig=2&empty="


def export(status: str, **fields: Any) -> dict[str, Any]:
    return {"id": "e-1", "object": "export", "status": status, **fields}


class Gatewayed(Wire):
    """A gateway that has one export, and the storage behind it."""

    def __init__(self, storage: Callable[[httpx.Request], httpx.Response], *states: Any, **routes: Any) -> None:
        super().__init__(self.route)
        self.storage = storage
        self.look = answers(*(states or [export("success")]))
        self.routes = routes

    def route(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.example":
            return self.storage(request)
        last = request.url.path.rpartition("/")[2]
        if last in self.routes:
            return answers(self.routes[last])(request)
        if request.method == "GET" and last == "e-1":
            return self.look(request)
        bodies: dict[str, Any] = {"exports": export("draft", total=1), "download": {"signed_url": SIGNED}}
        return httpx.Response(200, json=bodies.get(last, {"message": "ok", "object": "export"}))

    @property
    def called(self) -> list[str]:
        return [f"{each.method} {each.url.path.rpartition('/')[2]}" for each in self.requests]


def whole(content: bytes = b'{"id": "1"}\n{"id": "2"}\n') -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(200, content=content)


# -- in one call


def test_an_export_in_one_call(tmp_path: Path) -> None:
    """Created, started, waited for and downloaded; what it is told of goes from draft to success."""
    mocked = Mocked()
    client = mocked.client()
    seen: list[ExportState] = []
    counts: list[int] = []
    path = tmp_path / "logs.jsonl"
    done = client.logs.exports.run(
        path, **ORDER, on_progress=seen.append, on_bytes=lambda count, total: counts.append(count)
    )
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) == 3
    assert all(list(row) == ORDER["requested_data"] for row in rows)
    assert (done.path, done.size, counts[-1]) == (path, path.stat().st_size, done.size)
    assert list(dict.fromkeys(state.status for state in seen)) == ["draft", "in_progress", "success"]
    export_id = seen[0].id
    assert (seen[-1].id, seen[-1].export.status) == (export_id, "success")
    assert list(client.logs.exports.records(export_id)) == rows
    assert [each.name for each in tmp_path.iterdir()] == ["logs.jsonl"]


def test_the_same_asynchronously(tmp_path: Path) -> None:
    """The asynchronous client does the same by the same names."""

    async def run() -> None:
        client = Mocked().async_client()
        seen: list[ExportState] = []
        done = await client.logs.exports.run(tmp_path / "a", **ORDER, on_progress=seen.append)
        assert done.size > 0
        async with aclosing(client.logs.exports.records(seen[0].id)) as records:
            async for record in records:
                assert record["request"]
                break
        assert (await client.logs.exports.wait(seen[0].id)).status == "success"
        assert (await client.logs.exports.with_raw_response.retrieve(seen[0].id)).parsed.status == "success"
        raw: Any = client.logs.with_raw_response
        assert raw.exports is not None

    asyncio.run(run())


def test_cancelling() -> None:
    """What is cancelled has stopped, and is then a failure for who wants its records."""
    client = Mocked().client()
    made = client.logs.exports.create(**ORDER)
    client.logs.exports.start(made.id)
    client.logs.exports.cancel(made.id)
    assert client.logs.exports.wait(made.id).status == "stopped"
    with pytest.raises(ExportFailedError, match="is stopped") as caught:
        list(client.logs.exports.records(made.id))
    assert caught.value.state.export["id"] == made.id
    assert client.logs.exports.with_raw_response.retrieve(made.id).parsed.id == made.id
    raw: Any = client.logs.with_raw_response
    assert raw.exports is not None


def test_it_picks_up_where_it_was(tmp_path: Path) -> None:
    """With the id of an export nothing is created; what runs is not started, what is done only downloaded."""
    wire = Gatewayed(whole(), export("draft"), export("in_progress"), export("in_progress"), export("success"))
    exports = wire.client().logs.exports
    exports.run(tmp_path / "a", export_id="e-1")
    assert wire.called == ["GET e-1", "POST start", *["GET e-1"] * 3, "GET download", "GET {x}.jsonl"]
    wire.requests.clear()
    exports.run(tmp_path / "a", export_id="e-1")
    assert wire.called == ["GET e-1", "GET e-1", "GET download", "GET {x}.jsonl"]


def test_nothing_of_ours_reaches_the_storage(tmp_path: Path) -> None:
    """To the address that is given goes its own query, and no credential, header or option of the client's."""
    seen: list[Event] = []
    wire = Gatewayed(whole())
    options: Any = {"trace_id": "t-1", "headers": {"Authorization": "Bearer mine", "x-team": "blue"}, "config": "pc-1"}
    client = wire.client(hooks=[seen.append], **options)
    client.logs.exports.run(tmp_path / "a", export_id="e-1", extra_headers={"x-own": "1"}, extra_query={"own": "1"})
    fetched = wire.last
    assert fetched.url.raw_path.startswith(b"/a%20b/")
    assert fetched.url.params.multi_items() == [("X-Sig", "a+b="), ("X-Sig", "2"), ("empty", "")]
    ours = {"authorization", "x-team", "x-own", "cookie"}
    assert not any(name in ours or name.startswith("x-portkey") for name in fetched.headers)
    assert fetched.headers["user-agent"].startswith("portkey-client/")
    assert wire.requests[-2].headers["x-own"] == "1"
    assert "a%2Bb" not in repr(seen)
    assert "a+b" not in repr(seen)


# -- when things go wrong


@pytest.mark.parametrize("status", ["failed", "stopped", "FAILED"])
def test_an_export_without_a_result(status: str, tmp_path: Path) -> None:
    """However it ended, it is one error, with where it stands."""
    wire = Gatewayed(whole(), export(status))
    with pytest.raises(ExportFailedError, match=f"the export e-1 is {status.lower()}") as caught:
        wire.client().logs.exports.run(tmp_path / "a", export_id="e-1")
    assert caught.value.state.status == status.lower()
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_does_not_end(tmp_path: Path) -> None:
    """The deadline ends the wait, with where it stands; it has no records yet."""
    wire = Gatewayed(whole(), export("in_progress"))
    exports = wire.client().logs.exports
    with pytest.raises(ExportUnfinishedError, match="has not ended after 100 seconds; it is in_progress") as caught:
        exports.run(tmp_path / "a", export_id="e-1", deadline=100)
    assert caught.value.state.id == "e-1"
    assert sum(wire.time.waits) == 100
    with pytest.raises(ExportUnfinishedError, match="has no records yet"):
        list(exports.records("e-1"))


def test_nobody_tells_where_it_stands() -> None:
    """A deadline that passes without one answer says so, and passing faults do not end the wait before."""
    wire = Gatewayed(whole(), 503)
    with pytest.raises(ExportUnfinishedError, match=r"after 3 seconds$") as caught:
        wire.client(retries=0).logs.exports.wait("e-1", deadline=3)
    assert caught.value.state is None
    wire = Gatewayed(whole(), 503, httpx.ReadError("x"), {"id": "e-1"}, [], export("success"))
    assert wire.client(retries=0).logs.exports.wait("e-1").status == "success"


def test_an_export_that_is_gone(tmp_path: Path) -> None:
    """An unknown id is not waited for."""
    with pytest.raises(NotFoundError):
        Gatewayed(whole(), 404).client().logs.exports.run(tmp_path / "a", export_id="e-1")


def test_there_is_nothing_to_export(tmp_path: Path) -> None:
    """Neither an order nor an id is refused before anything is sent; an order without an id in its answer is found."""
    wire = Gatewayed(whole(), exports={"object": "export"})
    with pytest.raises(RequestRefusedError, match="filters and requested_data"):
        wire.client().logs.exports.run(tmp_path / "a", filters={})
    assert wire.requests == []
    with pytest.raises(AnswerError, match="has no id"):
        wire.client().logs.exports.run(tmp_path / "a", **ORDER)
    with pytest.raises(ConfigurationError):
        Portkey(gateway="portkey-oss", provider="openai", authorization="k").logs.exports.run(tmp_path / "a", **ORDER)


def test_the_answer_to_a_start_is_lost(tmp_path: Path) -> None:
    """If it runs all the same, that is no error; if it is a draft still, it is."""
    wire = Gatewayed(whole(), export("draft"), export("in_progress"), export("success"), start=httpx.ReadError("x"))
    assert wire.client().logs.exports.run(tmp_path / "a", export_id="e-1").size
    wire = Gatewayed(whole(), export("draft"), start=500)
    with pytest.raises(APIError) as caught:
        wire.client().logs.exports.run(tmp_path / "a", export_id="e-1")
    assert caught.value.operation == "logs.exports.start"


def test_a_download_that_breaks_off(tmp_path: Path) -> None:
    """It is taken up at a new address, from where it was if the storage can do that; the file is whole or not there."""
    content = b'{"id": "1"}\n{"id": "2"}\n'

    def storage(request: httpx.Request) -> httpx.Response:
        asked = request.headers.get("range")
        if asked is None:
            headers = {"etag": '"v1"', "content-length": str(len(content))}
            return httpx.Response(200, headers=headers, stream=Body(content[:7], fault=httpx.ReadError("cut")))
        assert (asked, request.headers["if-range"]) == ("bytes=7-", '"v1"')
        return httpx.Response(206, content=content[7:], headers={"content-range": f"bytes 7-23/{len(content)}"})

    wire = Gatewayed(storage)
    wire.client().logs.exports.run(tmp_path / "a", export_id="e-1")
    assert (tmp_path / "a").read_bytes() == content
    assert wire.called[-4:] == ["GET download", "GET {x}.jsonl"] * 2
    wire = Gatewayed(lambda _: httpx.Response(200, stream=Body(content[:7], fault=httpx.ReadError("cut"))))
    with pytest.raises((TransferError, ConnectionFailedError)):
        wire.client().logs.exports.run(tmp_path / "b", export_id="e-1", retries=1)
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_body_without_a_length(tmp_path: Path) -> None:
    """A storage that does not say how much there is, is believed when it ends in good order."""
    wire = Gatewayed(lambda _: httpx.Response(200, stream=Body(b'{"id"', b": 1}\n")))
    assert wire.client().logs.exports.run(tmp_path / "a", export_id="e-1").size == 10
    assert (tmp_path / "a").read_bytes() == b'{"id": 1}\n'


def test_what_the_storage_refuses(tmp_path: Path) -> None:
    """A refusal of the storage is an error of the download, and leaves no file."""
    wire = Gatewayed(lambda _: httpx.Response(403, text="<Error>expired</Error>"))
    with pytest.raises(PermissionDeniedError, match="expired") as caught:
        wire.client().logs.exports.run(tmp_path / "a", export_id="e-1")
    assert caught.value.operation == "logs.exports.download"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "answer", [{}, {"signed_url": 5}, {"signed_url": "ftp://h/x"}, {"signed_url": "http://[/"}, []]
)
def test_an_address_that_is_none(answer: Any) -> None:
    """What is no address of the web is not fetched."""
    wire = Gatewayed(whole(), download=answer)
    with pytest.raises(AnswerError, match=r"no http\(s\) address"):
        list(wire.client().logs.exports.records("e-1"))


@pytest.mark.parametrize("line", [b"[1]", b"{", b"\xff"])
def test_a_line_that_is_no_record(line: bytes) -> None:
    """A line that is no object raises, after the records before it."""
    records = Gatewayed(whole(b'{"id": "1"}\n\n' + line)).client().logs.exports.records("e-1")
    assert next(records) == {"id": "1"}
    with pytest.raises(AnswerError, match="no JSON object") as caught:
        next(records)
    assert caught.value.body == line


def test_the_storage_of_the_mock() -> None:
    """The signature opens the file, and nothing else does; a credential beside it is refused, as real storage does."""
    mocked = Mocked()
    client = mocked.client()
    made = client.logs.exports.create(**ORDER)
    client.logs.exports.start(made.id)
    client.logs.exports.wait(made.id)
    signed = client.logs.exports.download(made.id).signed_url
    with httpx.Client(transport=mocked.transport()) as http:
        assert http.get(signed).status_code == 200
        assert http.get(signed, headers={"x-portkey-api-key": str(KEYS["api_key"])}).status_code == 400
        assert http.get(f"{signed}0").status_code == 403
