from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import io
import os
import random
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portkey_client import (
    APIError,
    AsyncPortkey,
    ConnectionFailedError,
    Event,
    NotFoundError,
    Portkey,
    PortkeyError,
    RequestRefusedError,
    TransferError,
)
from portkey_client.retry import Retry
from portkey_mock import Gateway, GatewayTransport
from tests.client.wire import KEYS, Wire

CONTENT = random.Random(1).randbytes(10_000)
FILE = {"id": "f", "object": "file", "bytes": len(CONTENT), "filename": "x", "purpose": "batch"}


class Shelf:
    """Serves one file in pieces of 1,000 bytes, and breaks off where it is told to."""

    def __init__(self, content: bytes = CONTENT, etag: str | None = None, *, length: bool = True) -> None:
        self.content = content
        self.etag = etag
        self.length = length
        self.faults: list[Any] = []
        """Of each answer in turn: the number of bytes after which it breaks, a ready answer, or an exception."""
        self.extra: dict[str, str] = {}
        self.told: Any = len(content)
        """What the description of the file says about its size."""
        self.asked: list[str | None] = []
        """The Range of each request."""
        self.open = 0
        """How many answers are not closed."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/content"):
            return httpx.Response(200, json={**FILE, "bytes": self.told})
        self.asked.append(request.headers.get("range"))
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, BaseException):
            raise fault
        if isinstance(fault, httpx.Response):
            return fault
        return self._part(request, fault)

    def _part(self, request: httpx.Request, cut: int | None) -> httpx.Response:
        start = 0
        if self.etag and request.headers.get("if-range") == self.etag:
            start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        if start > len(self.content):
            return httpx.Response(416, json={})
        headers = {"content-length": str(len(self.content) - start)} if self.length else {}
        headers |= {"etag": self.etag} if self.etag else {}
        if start:
            headers["content-range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        body = Body(self, self.content[start:], cut)
        return httpx.Response(206 if start else 200, headers=headers | self.extra, stream=body)

    def client(self, **arguments: Any) -> Portkey:
        return Wire(self).client(**arguments)


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, which may break off, with an error or, for a negative number, as if it were whole."""

    def __init__(self, shelf: Shelf, content: bytes, cut: int | None) -> None:
        self.shelf, self.content, self.cut = shelf, content, cut
        shelf.open += 1

    def __iter__(self) -> Iterator[bytes]:
        content = self.content if self.cut is None else self.content[: abs(self.cut)]
        for start in range(0, len(content), 1_000):
            yield content[start : start + 1_000]
        if self.cut is not None and self.cut >= 0:
            raise httpx.ReadError("cut")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            await asyncio.sleep(0)
            yield piece

    def close(self) -> None:
        self.shelf.open -= 1

    async def aclose(self) -> None:
        self.close()


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


# -- downloads


def test_a_download_is_whole_and_in_its_place(tmp_path: Path) -> None:
    """The file is at its path, byte for byte; length and checksum are told, progress too; nothing else is left."""
    told: list[tuple[int, int | None]] = []
    shelf = Shelf()
    path = tmp_path / "out.jsonl"
    done = shelf.client().files.download("f", path, on_progress=lambda *now: told.append(now))
    assert path.read_bytes() == CONTENT
    assert done == (path, 10_000, hashlib.sha256(CONTENT).hexdigest())
    assert told == [(position, 10_000) for position in range(1_000, 10_001, 1_000)]
    assert names(tmp_path) == ["out.jsonl"]
    assert shelf.open == 0


def test_an_asynchronous_download(tmp_path: Path) -> None:
    """The asynchronous client does the same, over a break."""
    shelf = Shelf(etag='"v1"')
    shelf.faults = [3_500]

    async def run() -> None:
        client = Wire(shelf).async_client()
        done = await client.files.download("f", str(tmp_path / "out"))
        assert done.size == 10_000
        raw = await client.files.with_raw_response.retrieve("f")
        assert raw.parsed.id == "f"

    asyncio.run(run())
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert (shelf.asked, shelf.open) == ([None, "bytes=3500-"], 0)


@pytest.mark.parametrize("etag", ['"v1"', None, 'W/"weak"'])
def test_a_break_is_taken_up(etag: str | None, tmp_path: Path) -> None:
    """Only the rest is asked for where a strong ETag allows it; elsewhere the whole is read again, and written once."""
    shelf = Shelf(etag=etag)
    shelf.faults = [2_500, httpx.ConnectError("down"), 0, 4_000]
    shelf.client().files.download("f", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    rest = ["bytes=2500-", "bytes=2500-", "bytes=2500-", "bytes=6500-"] if etag == '"v1"' else [None] * 4
    assert shelf.asked == [None, *rest]
    assert shelf.open == 0


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=3_000),
    st.lists(st.integers(-3_000, 3_000) | st.sampled_from(["reset", "late", "503", "429"]), max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_any_plan_of_faults(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, plan: list[Any], resumes: bool, length: bool
) -> None:
    """Whatever breaks, however often: the file is whole or the error is ours; no answer stays open, no half file."""
    shelf = Shelf(content, '"v1"' if resumes else None, length=length)
    ready: dict[Any, Callable[[], Any]] = {
        "reset": lambda: httpx.ReadError("reset"),
        "late": lambda: httpx.ReadTimeout("late"),
        "503": lambda: httpx.Response(503, json={}),
        "429": lambda: httpx.Response(429, json={}),
    }
    shelf.faults = [ready[each]() if each in ready else each for each in plan]
    path = tmp_path_factory.mktemp("plan") / "out"
    try:
        shelf.client().files.download("f", path)
    except PortkeyError:
        assert not path.exists()
        shelf.faults = []
        shelf.client().files.download("f", path)
    assert path.read_bytes() == content
    assert shelf.open == 0
    assert names(path.parent) == ["out"]


def test_breaks_without_progress_are_counted(tmp_path: Path) -> None:
    """After as many breaks in a row as a call is repeated, the last one is raised; what came is kept to go on with."""
    shelf = Shelf(etag='"v1"')
    shelf.faults = [2_000, 0, 0]
    with pytest.raises(ConnectionFailedError, match=r"files\.content: ReadError: cut"):
        shelf.client().files.download("f", tmp_path / "out")
    assert names(tmp_path) == ["out.part", "out.part.etag"]
    shelf.client().files.download("f", tmp_path / "out")
    assert shelf.asked[-1] == "bytes=2000-"
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert names(tmp_path) == ["out"]


def test_no_retries_are_none(tmp_path: Path) -> None:
    """retries=0 gives up at the first break, and without an ETag nothing is kept."""
    shelf = Shelf()
    shelf.faults = [2_000]
    with pytest.raises(ConnectionFailedError):
        shelf.client().files.download("f", tmp_path / "out", retries=0)
    assert names(tmp_path) == []


def interrupted(tmp_path: Path) -> None:
    shelf = Shelf(etag='"v1"')
    shelf.faults = [6_000]
    with pytest.raises(ConnectionFailedError):
        shelf.client(retries=0).files.download("f", tmp_path / "out")


@pytest.mark.parametrize("etag", ['"v2"', None])
def test_another_file_is_not_mixed_with_what_was_kept(etag: str | None, tmp_path: Path) -> None:
    """What an earlier call kept of another version is dropped; so it is when the new one has no ETag."""
    interrupted(tmp_path)
    shelf = Shelf(CONTENT[::-1], etag)
    shelf.faults = [1_500]
    with pytest.raises(ConnectionFailedError):
        shelf.client(retries=0).files.download("f", tmp_path / "out")
    assert [len((tmp_path / each).read_bytes()) for each in names(tmp_path) if each == "out.part"] == [1500] * bool(
        etag
    )
    shelf.client().files.download("f", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT[::-1]


def test_a_range_that_is_not_there(tmp_path: Path) -> None:
    """416 for what an earlier call kept: it is dropped, and all is asked for; 416 out of nothing is an error."""
    interrupted(tmp_path)
    Shelf(b"short", '"v1"').client().files.download("f", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"short"
    shelf = Shelf()
    shelf.faults = [httpx.Response(416, json={})]
    with pytest.raises(APIError, match="416"):
        shelf.client().files.download("f", tmp_path / "out")


@pytest.mark.parametrize("content_range", ["bytes 5-9999/10000", "nonsense", ""])
def test_another_part_than_asked_for(content_range: str, tmp_path: Path) -> None:
    """A 206 with another part is refused: nothing is put together wrongly."""
    shelf = Shelf()
    shelf.faults = [httpx.Response(206, headers={"content-range": content_range}, content=b"x")]
    with pytest.raises(TransferError, match="asked for the bytes from 0 on"):
        shelf.client().files.download("f", tmp_path / "out")


def test_a_part_of_unknown_length(tmp_path: Path) -> None:
    """A 206 may leave the whole length open; the description of the file tells it."""
    shelf = Shelf(etag='"v1"')
    part = {"content-range": "bytes 4000-9999/*", "etag": '"v1"'}
    shelf.faults = [4_000, httpx.Response(206, headers=part, content=CONTENT[4_000:])]
    assert shelf.client().files.download("f", tmp_path / "out").size == 10_000


def test_a_content_that_changes_meanwhile(tmp_path: Path) -> None:
    """A body that is another one after the break is refused, and nothing of it is kept."""
    shelf = Shelf()
    shelf.faults = [2_000, httpx.Response(200, content=CONTENT[::-1])]
    with pytest.raises(TransferError, match="changed while it was being received"):
        shelf.client().files.download("f", tmp_path / "out")
    assert names(tmp_path) == []


def test_a_body_that_ends_early_without_an_error(tmp_path: Path) -> None:
    """A short body is asked for again, though nothing said that it is short but its length."""
    shelf = Shelf()
    shelf.faults = [-5_000, -500]
    shelf.client().files.download("f", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_a_body_that_is_always_short(tmp_path: Path) -> None:
    """In the end it raises, with how much came."""
    shelf = Shelf(b"")
    shelf.extra = {"content-length": "12"}
    with pytest.raises(TransferError, match="the body ended early: 0 of 12 bytes came"):
        shelf.client().files.download("f", tmp_path / "out")
    assert len(shelf.asked) == 3


def test_a_gateway_that_hides_the_length(tmp_path: Path) -> None:
    """Without a Content-Length the description of the file tells the size: a cut behind the gateway is seen."""
    shelf = Shelf(length=False)
    shelf.faults = [-5_000]
    shelf.client().files.download("f", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert shelf.asked == [None, None]


def test_a_repetition_that_ends_before_the_break(tmp_path: Path) -> None:
    """A body without a length that ends before what is known already is short, too."""
    shelf = Shelf(length=False)
    shelf.faults = [5_000, -2_000]
    shelf.client().files.download("f", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert len(shelf.asked) == 3


def test_a_break_behind_the_last_byte(tmp_path: Path) -> None:
    """A connection that breaks when all has come: nothing is missing, as the gateway says, and the file is whole."""
    shelf = Shelf(etag='"v1"', length=False)
    gone = httpx.Response(416, headers={"content-range": "bytes */10000"}, json={})
    shelf.faults = [10_000, gone]
    assert shelf.client().files.download("f", tmp_path / "out").size == 10_000
    assert (tmp_path / "out").read_bytes() == CONTENT
    shelf.faults = [9_000, gone]
    with pytest.raises(APIError, match="416"):
        shelf.client().files.download("f", tmp_path / "other")


@pytest.mark.parametrize("busy", [503, 429, httpx.ReadError("lost"), httpx.Response(200, text="{cut")])
def test_a_length_that_cannot_be_asked_for_now(busy: Any, tmp_path: Path) -> None:
    """A file that may be cut is not handed out while its length is to be had another time."""
    shelf = Shelf(length=False)
    shelf.faults = [-9_000]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/content"):
            return shelf(request)
        if isinstance(busy, Exception):
            raise busy
        return busy if isinstance(busy, httpx.Response) else httpx.Response(busy, json={})

    with pytest.raises(PortkeyError) as caught:
        Wire(answer).client(retries=0).files.download("f", tmp_path / "out")
    assert caught.value.operation == "files.retrieve"
    assert names(tmp_path) == []


def test_the_deadline_of_a_download_is_that_of_all_of_it(tmp_path: Path) -> None:
    """A request after a break gets no more time than is left, and does not wait beyond it."""
    shelf = Shelf()
    shelf.faults = [100, httpx.Response(503, headers={"retry-after": "9"}, json={})]
    wire = Wire(shelf)
    with pytest.raises(PortkeyError):
        wire.client(retries=Retry(2, deadline=9.2)).files.download("f", tmp_path / "out")
    assert sum(wire.time.waits) < 9.2


@pytest.mark.parametrize(("faults", "given"), [([10], {}), ([-10], {}), ([], {"sha256": "00"})])
def test_every_error_names_its_operation(faults: list[int], given: dict[str, str], tmp_path: Path) -> None:
    """A broken connection, a short body and a wrong checksum are errors of the call that brought the content."""
    shelf = Shelf()
    shelf.faults = [*faults]
    extra: Any = given
    with pytest.raises(PortkeyError) as caught:
        shelf.client(retries=0).files.download("f", tmp_path / "out", **extra)
    assert caught.value.operation == "files.content"


@pytest.mark.parametrize("told", ["10000", None, "", "many"])
def test_a_size_that_is_text_or_none(told: Any, tmp_path: Path) -> None:
    """A size as text counts; what is no size is not checked."""
    shelf = Shelf(length=False)
    shelf.told = told
    assert shelf.client().files.download("f", tmp_path / "out").size == 10_000


def test_a_gateway_that_cannot_describe_the_file(tmp_path: Path) -> None:
    """Where the file cannot be described, the download stands without."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = request.url.path.endswith("/content")
        return (
            httpx.Response(200, stream=httpx.ByteStream(b"abc"), headers={}) if found else httpx.Response(500, json={})
        )

    assert Wire(answer).client(retries=0).files.download("f", tmp_path / "out").size == 3


def test_an_encoding_nobody_asked_for(tmp_path: Path) -> None:
    """A gateway that compresses all the same is read, and its length is that of what came."""
    packed = gzip.compress(CONTENT)
    shelf = Shelf(packed, '"v1"')
    shelf.told = len(CONTENT)
    shelf.extra = {"content-encoding": "gzip"}
    shelf.faults = [2_000]
    shelf.client().files.download("f", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert shelf.asked == [None, None]


def test_checksums(tmp_path: Path) -> None:
    """The caller's SHA-256 and the gateway's are compared; where one is wrong, the file does not get its place."""
    digest = hashlib.sha256(CONTENT)
    shelf = Shelf(etag='"v1"')
    shelf.extra = {"repr-digest": f"sha-512=:AAAA:, sha-256=:{base64.b64encode(digest.digest()).decode()}:"}
    shelf.client().files.download("f", tmp_path / "out", sha256=digest.hexdigest().upper())
    with pytest.raises(TransferError, match=r"should be 00$"):
        shelf.client().files.download("f", tmp_path / "other", sha256="00")
    shelf.extra = {"repr-digest": "sha-256=:AAAA:"}
    with pytest.raises(TransferError, match=r"should be 000000$"):
        shelf.client().files.download("f", tmp_path / "other")
    shelf.extra = {"repr-digest": "sha-256=:A:"}
    shelf.client().files.download("f", tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_raw_access_stays() -> None:
    """with_raw_response reaches the operations, and not the work of several."""
    raw = Shelf().client().files.with_raw_response
    assert raw.retrieve("f").parsed.id == "f"
    assert not hasattr(raw, "download")


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    """An interruption while the request is under way leaves no file, and the same call works afterwards."""
    shelf = Shelf()
    shelf.faults = [KeyboardInterrupt()]
    client = shelf.client()
    with pytest.raises(KeyboardInterrupt):
        client.files.download("f", tmp_path / "out")
    assert names(tmp_path) == []
    client.files.download("f", tmp_path / "out")


def test_a_hook_that_fails_leaves_no_connection(tmp_path: Path) -> None:
    """A hook that fails when the answer is told of closes it; one that fails before has nothing to close."""
    shelf = Shelf()
    for kind in ("answer", "request"):

        def fail(event: Event, kind: str = kind) -> None:
            if event.kind == kind:
                raise KeyError(kind)

        with pytest.raises(KeyError):
            shelf.client(hooks=[fail]).files.download("f", tmp_path / "out")
    assert shelf.open == 0


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """An error of the gateway is the error of the call, and leaves nothing behind, nor a connection."""
    wire = Wire(httpx.Response(404, json={"error": {"message": "no"}}))
    with pytest.raises(NotFoundError):
        wire.client().files.download("f", tmp_path / "out")
    assert names(tmp_path) == []


def test_an_empty_file(tmp_path: Path) -> None:
    """A file without a byte is a file."""
    assert Shelf(b"").client().files.download("f", tmp_path / "out").size == 0
    assert (tmp_path / "out").read_bytes() == b""


# -- uploads


class Mocked:
    """A client on the mock gateway."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        http = httpx.Client(transport=GatewayTransport(Gateway()), event_hooks={"request": [self.requests.append]})
        self.client = Portkey(**KEYS, http_client=http)

    def round(self, file: Any, **arguments: Any) -> tuple[str, bytes]:
        """Upload, and return the name and the content that arrived."""
        made = self.client.files.upload(file, purpose="batch", **arguments)
        return made.filename, self.client.files.content(made.id)


def test_what_can_be_uploaded(tmp_path: Path) -> None:
    """A path, bytes, a file, a pipe and an iterator arrive byte for byte, each under its name."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(CONTENT)
    mocked = Mocked()
    assert mocked.round(path) == ("requests.jsonl", CONTENT)
    assert mocked.round(str(path), name="other") == ("other", CONTENT)
    assert mocked.round(CONTENT) == ("upload", CONTENT)
    assert mocked.round(io.BytesIO(CONTENT)) == ("upload", CONTENT)
    with path.open("rb") as file:
        file.read(10)
        assert mocked.round(file) == ("requests.jsonl", CONTENT)
        assert not file.closed
    assert mocked.round(CONTENT[start : start + 100] for start in range(0, 10_000, 100)) == ("upload", CONTENT)
    assert mocked.round([]) == ("upload", b"")


def test_a_pipe_is_uploaded() -> None:
    """A file that cannot be read twice is gathered first, so that its size is right."""
    read, write = os.pipe()
    os.write(write, b"from a pipe")
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert Mocked().round(pipe, name="p") == ("p", b"from a pipe")


def test_asynchronous_uploads() -> None:
    """The asynchronous client takes the same, and an asynchronous iterator."""
    gateway = Gateway()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, 10_000, 100):
            yield CONTENT[start : start + 100]

    async def run() -> None:
        async with AsyncPortkey(**KEYS, http_client=httpx.AsyncClient(transport=GatewayTransport(gateway))) as client:
            for file in (pieces(), CONTENT):
                made = await client.files.upload(file, purpose="batch")
                assert await client.files.content(made.id) == CONTENT

    asyncio.run(run())


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("missing.jsonl", r"file: missing\.jsonl cannot be read: No such file"),
        (io.StringIO("text"), "file: it was opened as text"),
        (["text"], "file: its iterator gave a str; it must give bytes"),
        (5, "file: a int is no path, no bytes, no file and no iterator"),
    ],
)
def test_what_cannot_be_uploaded(file: Any, message: str) -> None:
    """What is no file is refused with what to do, before anything is sent."""
    mocked = Mocked()
    with pytest.raises(RequestRefusedError, match=message):
        mocked.round(file)
    assert mocked.requests == []


def test_progress_of_an_upload() -> None:
    """The bytes sent are told with the size, up to the last."""
    told: list[tuple[int, int | None]] = []
    Mocked().round(CONTENT * 20, on_progress=lambda *now: told.append(now))
    assert [position for position, _ in told] == sorted({position for position, _ in told})
    assert told[-1] == (200_000, 200_000)


def test_an_upload_is_repeated_from_its_beginning() -> None:
    """An iterator was gathered, so that an upload that was refused can be sent again, whole."""
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(429 if len(bodies) == 1 else 200, json=FILE)

    Wire(answer).client().files.upload(iter([b"abc", b"def"]), purpose="batch", on_progress=print)
    boundaries = {body.split(b"\r\n", 1)[0] for body in bodies}
    assert len(boundaries) == 2
    assert all(b"\r\n\r\nabcdef\r\n" in body for body in bodies)


@settings(deadline=None)
@given(name=st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable()), content=st.binary(max_size=50))
def test_a_form_holds_any_name_and_content(name: str, content: bytes) -> None:
    """Line ends, quotes and what looks like a boundary stay what they are: data."""
    whole = b"\r\n--boundary--\r\n" + content
    assert MOCKED.round(whole, name=name)[1] == whole


MOCKED = Mocked()


def test_a_boundary_cannot_be_guessed() -> None:
    """The boundary is made anew for each request, from 128 random bits."""
    mocked = Mocked()
    for _ in range(2):
        mocked.round(CONTENT)
    forms = [each for each in mocked.requests if each.method == "POST"]
    one, other = (each.headers["content-type"].partition("boundary=")[2] for each in forms)
    assert one != other
    assert len(one) == len(other) == 32


def test_the_gateway_s_file_headers() -> None:
    """The file headers are arguments; a bucket brings purpose and size along; one's own value wins."""
    mocked = Mocked()
    mocked.round(CONTENT)
    mocked.round(CONTENT, aws_s3_bucket="b", amz_server_side_encryption_aws_kms_key_id="k")
    mocked.round(
        CONTENT, vertex_storage_bucket_name="v", file_upload_size=5, extra_headers={"x-portkey-file-purpose": "x"}
    )
    plain, bedrock, vertex = (
        {
            name.removeprefix("x-portkey-"): value
            for name, value in each.headers.items()
            if name.startswith("x-portkey-")
        }
        for each in mocked.requests
        if each.method == "POST"
    )
    assert plain.keys() == {"api-key", "virtual-key"}
    assert bedrock.items() >= {
        ("file-purpose", "batch"), ("file-upload-size", "10000"), ("aws-s3-bucket", "b"),
        ("amz-server-side-encryption-aws-kms-key-id", "k"),
    }  # fmt: skip
    assert vertex.items() >= {("file-purpose", "x"), ("file-upload-size", "5"), ("vertex-storage-bucket-name", "v")}


# -- memory

MEGABYTE = 1 << 20
LIMIT = 40 * MEGABYTE


class Large(httpx.SyncByteStream):
    """200 MB in pieces of 64 KB."""

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"x" * 65_536] * 3_200)


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_of_a_download(tmp_path: Path) -> None:
    """200 MB come with less than 40 MB of memory, whole."""
    headers = {"content-length": str(200 * MEGABYTE)}
    client = Wire(lambda request: httpx.Response(200, headers=headers, stream=Large())).client()
    assert peak(lambda: client.files.download("f", tmp_path / "out")) < LIMIT
    assert (tmp_path / "out").stat().st_size == 200 * MEGABYTE


@pytest.mark.parametrize("kind", ["path", "iterator"])
def test_the_memory_of_an_upload(kind: str, tmp_path: Path) -> None:
    """200 MB go with less than 40 MB of memory, from a path and from an iterator."""
    seen: list[int] = []

    class Counting(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert isinstance(request.stream, httpx.SyncByteStream)
            seen.append(sum(len(piece) for piece in request.stream))
            return httpx.Response(200, json=FILE)

    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 * MEGABYTE)
    client = Portkey(**KEYS, http_client=httpx.Client(transport=Counting()))
    source: Any = path if kind == "path" else Large()
    assert peak(lambda: client.files.upload(source, purpose="batch")) < LIMIT
    assert seen[0] > 200 * MEGABYTE
