"""Files, sent and received piece by piece: ``client.files.upload`` and ``client.files.download``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, aclosing, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from portkey_api.resources.files import AsyncFilesResource, FilesResource
from portkey_api.types import CallOptions

from .errors import (
    AnswerError,
    ConnectionFailedError,
    GatewayTimedOutError,
    PortkeyError,
    RateLimitError,
    RequestRefusedError,
    TransferError,
)
from .narrow import is_path
from .transfer import Progress, Transfer, receive

if TYPE_CHECKING:
    from typing import Unpack

    from portkey_api.models import CreateFileRequestPurpose, OpenAIFile
    from portkey_api.resources.files import AsyncRawFilesResource, RawFilesResource

    from .client import AsyncPortkey, Portkey
    from .runner import Body, Runner

Source: TypeAlias = "str | os.PathLike[str] | bytes | IO[bytes] | Iterable[bytes]"
"""What can be uploaded: a path, bytes, an open binary file, or an iterator over pieces."""
_CHUNK = 65_536
_PASSING = (502, 503, 504, 529)
"""Of a server that will know how long a file is, but not now; 500 and 501 come from gateways that never do."""
_IN_MEMORY = 1 << 20
"""Bytes of an iterator that are held in memory; what is more goes to a temporary file."""


class FileOptions(CallOptions, total=False):
    """Keyword arguments of an upload: the gateway's file headers, ``x-portkey-...``, and what every method takes.

    Bedrock, Vertex and Fireworks need them. Where a bucket is named, the purpose and the size are sent with it.
    """

    file_purpose: str
    """``x-portkey-file-purpose``"""
    file_upload_size: int
    """``x-portkey-file-upload-size``, in bytes"""
    provider_file_name: str
    """``x-portkey-provider-file-name``"""
    provider_model: str
    """``x-portkey-provider-model``"""
    aws_s3_bucket: str
    """``x-portkey-aws-s3-bucket``"""
    aws_s3_object_key: str
    """``x-portkey-aws-s3-object-key``"""
    aws_bedrock_model: str
    """``x-portkey-aws-bedrock-model``"""
    amz_server_side_encryption: str
    """``x-portkey-amz-server-side-encryption``"""
    amz_server_side_encryption_aws_kms_key_id: str
    """``x-portkey-amz-server-side-encryption-aws-kms-key-id``"""
    vertex_storage_bucket_name: str
    """``x-portkey-vertex-storage-bucket-name``"""


class Downloaded(NamedTuple):
    """A file that was received whole."""

    path: Path
    """Where it is."""
    size: int
    """Its length in bytes."""
    sha256: str
    """Its SHA-256, in hexadecimal."""


class Files(FilesResource):
    """The operations under ``client.files``, with uploads and downloads of any size."""

    def __init__(self, client: Portkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> RawFilesResource:
        """The operations, each returning a ``RawResponse``; without ``upload`` and ``download``, which are several."""
        return FilesResource(self._client).with_raw_response

    def upload(
        self,
        file: Source,
        *,
        purpose: CreateFileRequestPurpose,
        name: str | None = None,
        media_type: str = "application/octet-stream",
        on_progress: Progress | None = None,
        **options: Unpack[FileOptions],
    ) -> OpenAIFile:
        """Upload a file of any size in constant memory (``POST /files``, RFC 7578).

        Args:
            file: A path, bytes, an open binary file, which is sent from its beginning, or an iterator over pieces. An
                iterator and a pipe are gathered in a temporary file first, so that the size is known and the upload can
                be repeated.
            purpose: What the gateway is to use it for.
            name: The file's name; that of the path where it is left out.
            media_type: What the part of the form says it is.
            on_progress: Is told the bytes sent and the size; it starts again where the upload is repeated.
            **options: The gateway's file headers, and what every method takes.

        Raises:
            RequestRefusedError: The file cannot be read, or is none.
            PortkeyError: The upload failed; see ``Portkey.call``.
        """
        with opened(file, name) as source:
            part = (source.name, watched(source, on_progress), media_type)
            return self.create(file=part, purpose=purpose, **with_file_headers(options, purpose, source.size))

    def download(
        self,
        file_id: str,
        path: str | os.PathLike[str],
        *,
        sha256: str | None = None,
        on_progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Downloaded:
        """Download a file of any size in constant memory (``GET /files/{file_id}/content``).

        It is received as ``<path>.part`` and renamed when it is whole, so what is at ``path`` is never half a file. A
        broken connection is taken up again; so is the same call after a crash, if the gateway sends a strong ``ETag``,
        which is kept as ``<path>.part.etag``.

        Args:
            file_id: The file.
            path: Where to; a file that is there is replaced.
            sha256: The SHA-256 it must have, in hexadecimal.
            on_progress: Is told the bytes received, and the size where it is known.
            **options: What every method takes. ``retries`` counts the breaks without a new byte between them.

        Raises:
            TransferError: It ended early too often, changed meanwhile, or its checksum is another.
            PortkeyError: The download failed; see ``Portkey.call``.
            OSError: The file cannot be written.
        """
        return self._runner.complete(download(self._runner, file_id, Path(path), sha256, on_progress, options))


class AsyncFiles(AsyncFilesResource):
    """The operations under ``client.files``, with uploads and downloads of any size, asynchronous."""

    def __init__(self, client: AsyncPortkey, runner: Callable[[], Runner[Any]]) -> None:
        super().__init__(client)
        self._new_runner = runner

    @property
    def _runner(self) -> Runner[Any]:
        return self._new_runner()

    @property
    def with_raw_response(self) -> AsyncRawFilesResource:
        """The operations, each returning a ``RawResponse``; without ``upload`` and ``download``, which are several."""
        return AsyncFilesResource(self._client).with_raw_response

    async def upload(
        self,
        file: Source | AsyncIterable[bytes],
        *,
        purpose: CreateFileRequestPurpose,
        name: str | None = None,
        media_type: str = "application/octet-stream",
        on_progress: Progress | None = None,
        **options: Unpack[FileOptions],
    ) -> OpenAIFile:
        """Upload a file of any size in constant memory; see ``Files.upload``. The iterator may be asynchronous."""
        with ExitStack() as stack:
            if isinstance(file, AsyncIterable):
                gathered = stack.enter_context(temporary())
                async for piece in file:
                    write_piece(gathered, piece)
                file = cast("IO[bytes]", gathered)
            source = stack.enter_context(opened(file, name))
            part = (source.name, watched(source, on_progress), media_type)
            return await self.create(file=part, purpose=purpose, **with_file_headers(options, purpose, source.size))

    async def download(
        self,
        file_id: str,
        path: str | os.PathLike[str],
        *,
        sha256: str | None = None,
        on_progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Downloaded:
        """Download a file of any size in constant memory; see ``Files.download``."""
        return await download(self._runner, file_id, Path(path), sha256, on_progress, options)


# -- uploads


class Opened(NamedTuple):
    """A file that can be read from its beginning, as often as need be."""

    stream: IO[bytes]
    name: str
    size: int
    """In bytes."""


@contextmanager
def opened(file: Source, name: str | None) -> Generator[Opened]:
    """Lend what is to be uploaded as one seekable file; what was opened for it is closed at the end.

    Raises:
        RequestRefusedError: It cannot be read, or is no file.
    """
    with ExitStack() as stack:
        stream = _stream(file, stack)
        own = Path(str(getattr(stream, "name", None) or "upload")).name
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        yield Opened(stream, name or own, size)


def _stream(file: Any, stack: ExitStack) -> IO[bytes]:
    if isinstance(file, bytes):
        return BytesIO(file)
    if isinstance(file, str) or is_path(file):
        try:
            return stack.enter_context(Path(file).open("rb"))
        except OSError as error:
            raise RequestRefusedError(f"file: {os.fspath(file)} cannot be read: {error.strerror}") from None
    pieces = file
    if hasattr(file, "read"):
        if isinstance(file.read(0), str):
            raise RequestRefusedError("file: it was opened as text; open it as bytes, with mode 'rb'")
        if file.seekable():
            return cast("IO[bytes]", file)
        pieces = iter(partial(file.read, _CHUNK), b"")
    elif not isinstance(file, Iterable):
        raise RequestRefusedError(f"file: a {type(file).__name__} is no path, no bytes, no file and no iterator")
    gathered = stack.enter_context(temporary())
    for piece in pieces:
        write_piece(gathered, piece)
    return cast("IO[bytes]", gathered)


def temporary() -> tempfile.SpooledTemporaryFile[bytes]:
    """Return a file that is in memory while it is small, and gone when it is closed."""
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)


def write_piece(gathered: Any, piece: object) -> None:
    """Write one piece of an iterator.

    Raises:
        RequestRefusedError: It is not bytes.
    """
    if not isinstance(piece, bytes):
        raise RequestRefusedError(f"file: its iterator gave a {type(piece).__name__}; it must give bytes")
    gathered.write(piece)


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, source: Opened, on_progress: Progress) -> None:
        self._source = source
        self._on_progress = on_progress

    def read(self, count: int = -1) -> bytes:
        piece = self._source.stream.read(count)
        if piece:
            self._on_progress(self._source.stream.tell(), self._source.size)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._source.stream.seek(offset, whence)

    def tell(self) -> int:
        return self._source.stream.tell()

    def seekable(self) -> bool:
        return True


def watched(source: Opened, on_progress: Progress | None) -> IO[bytes]:
    """Return the file to send: itself, or one that tells of its progress."""
    return source.stream if on_progress is None else cast("IO[bytes]", _Watched(source, on_progress))


def with_file_headers(options: FileOptions, purpose: str | None = None, size: int = 0) -> CallOptions:
    """Return the options of a call, with the gateway's file headers among its headers."""
    names = FileOptions.__optional_keys__ - CallOptions.__optional_keys__
    given: Mapping[str, Any] = {**options}
    headers = {name: str(given[name]) for name in sorted(names & given.keys())}
    if purpose is not None and ("aws_s3_bucket" in headers or "vertex_storage_bucket_name" in headers):
        headers = {"file_purpose": purpose, "file_upload_size": str(size), **headers}
    kept: dict[str, Any] = {name: value for name, value in given.items() if name not in names}
    if headers:
        named = {f"x-portkey-{name.replace('_', '-')}": value for name, value in headers.items()}
        kept["extra_headers"] = {**named, **kept.get("extra_headers", {})}
    return cast("CallOptions", kept)


# -- downloads


async def download(
    runner: Runner[Any],
    file_id: str,
    path: Path,
    sha256: str | None,
    on_progress: Progress | None,
    options: CallOptions,
) -> Downloaded:
    """Receive a file and put it into its place; see ``Files.download``."""
    return await save(lambda transfer: file_pieces(runner, file_id, transfer, options), path, sha256, on_progress)


async def save(
    receiving: Callable[[Transfer], AsyncGenerator[bytes]], path: Path, sha256: str | None, on_progress: Progress | None
) -> Downloaded:
    """Receive a body and put it into its place, whole; what came is kept where it can be taken up again.

    Args:
        receiving: Yields what a transfer still lacks.
        path: Where to.
        sha256: The SHA-256 it must have, in hexadecimal.
        on_progress: Is told the bytes received, and the size where it is known.

    Raises:
        TransferError: It ended early too often, changed meanwhile, or its checksum is another.
        OSError: The file cannot be written.
    """
    part, mark = path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part.etag")
    known = mark.read_text("utf-8") if part.exists() and mark.exists() else None
    try:
        with part.open("r+b" if known else "w+b") as file:
            transfer = Transfer(file, known)
            async with aclosing(receiving(transfer)) as pieces:
                async for piece in pieces:
                    file.seek(transfer.position - len(piece))
                    known = _marked(mark, transfer.validator, known, file)
                    file.write(piece)
                    if on_progress is not None:
                        on_progress(transfer.position, transfer.total)
            file.truncate(transfer.position)
            os.fsync(file.fileno())
        _checked(transfer, sha256, mark)
        part.replace(path)
        mark.unlink(missing_ok=True)
    except BaseException:
        if not mark.exists():
            part.unlink(missing_ok=True)
        raise
    return Downloaded(path, transfer.position, transfer.sha256)


def _marked(mark: Path, validator: str | None, known: str | None, file: IO[bytes]) -> str | None:
    """Keep the entity tag of what is being received; what is there of another is cut off first."""
    if validator != known:
        file.truncate()
        if validator is None:
            mark.unlink(missing_ok=True)
        else:
            mark.write_text(validator, "utf-8")
    return validator


def _checked(transfer: Transfer, sha256: str | None, mark: Path) -> None:
    """Compare the checksum; what has the wrong one is not taken up again."""
    try:
        transfer.check(sha256)
    except TransferError:
        mark.unlink(missing_ok=True)
        raise


def file_pieces(runner: Runner[Any], file_id: str, transfer: Transfer, options: CallOptions) -> AsyncGenerator[bytes]:
    """Yield the content of a file once and whole; see ``receive``."""
    content = AsyncFilesResource(runner.opener).content

    async def open_(headers: Mapping[str, str | None], options: CallOptions) -> Body[Any]:
        given: Any = {**options, "extra_headers": {**headers, **options.get("extra_headers", {})}}
        return cast("Body[Any]", await content(file_id, **given))

    async def size(options: CallOptions) -> int | None:
        try:
            told = await AsyncFilesResource(runner).retrieve(file_id, **options)
        except (AnswerError, ConnectionFailedError, RateLimitError, GatewayTimedOutError):
            raise  # it can be told, another time
        except PortkeyError as error:
            if error.status in _PASSING:
                raise
            return None
        return int(told.bytes) if str(told.bytes).isdecimal() else None

    return receive(runner, transfer, open_, size, options)
