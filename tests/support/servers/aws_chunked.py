"""Reads bodies from a socket: HTTP/1.1 chunked transfer encoding, and S3's aws-chunked in it."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.servers.reference import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from support.servers.reference import ArrivedRequest

__all__ = ["ArrivedBody", "BrokenBodyError", "read_body"]

_BLOCK_BYTES = 256 * 1024
#: Bytes of a body that are kept for tests to inspect; the rest is only hashed.
_KEPT_BYTES = 1024 * 1024
_LONGEST_LINE = 16 * 1024


class BrokenBodyError(Exception):
    """The body's framing is malformed, or the body is truncated."""


@dataclass
class ArrivedBody:
    """
    A body without its framing.

    Attributes:
        content: The first bytes.
        length: Of the whole body, in bytes.
        sha256: Of the whole body.
        chunks: Of an aws-chunked body, including the empty last one.
        trailers: Of an aws-chunked body, in order of arrival.
        transfer_chunked: Whether the request used chunked transfer encoding.

    """

    content: bytes = b""
    length: int = 0
    sha256: str = ""
    chunks: list[Chunk] = field(default_factory=list)
    trailers: list[tuple[str, str]] = field(default_factory=list)
    transfer_chunked: bool = False


def read_body(request: ArrivedRequest, file: BinaryIO) -> ArrivedBody:
    """
    Read a request's body.

    Raises:
        BrokenBodyError: The framing is malformed, or the body is truncated.

    """
    transfer_chunked = "chunked" in (request.value("transfer-encoding") or "").lower()
    if transfer_chunked:
        raw: io.RawIOBase = _TransferChunks(file)
    else:
        raw = _Sized(file, int(request.value("content-length") or 0))
    stream = io.BufferedReader(raw, _BLOCK_BYTES)
    body = ArrivedBody(transfer_chunked=transfer_chunked)
    announced = (request.value("x-amz-trailer") or "").split(",")
    sums = {name.strip(): _CHECKSUMS[name.strip()]() for name in announced if name.strip()}
    whole = hashlib.sha256()
    mode = request.value("x-amz-content-sha256") or ""
    pieces = _decoded(stream, body) if mode.startswith("STREAMING-") else _blocks(stream)
    for piece in pieces:
        whole.update(piece)
        for checksum in sums.values():
            checksum.update(piece)
        body.content += piece[: _KEPT_BYTES - len(body.content)]
        body.length += len(piece)
    body.sha256 = whole.hexdigest()
    _check_trailers(body, sums)
    return body


class _Sized(io.RawIOBase):
    """A body whose length is in `Content-Length`."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        part = memoryview(buffer)[: self._left]
        if not part:
            return 0
        count = self._file.readinto1(part)
        if not count:
            raise BrokenBodyError(f"{self._left} bytes are missing")
        self._left -= count
        return count


class _TransferChunks(io.RawIOBase):
    """A body with chunked transfer encoding (RFC 9112, section 7.1)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        if not self._left and not self._ended:
            self._left = _size(_line(self._file).partition(b";")[0])
            if not self._left:
                self._ended = True
                while _line(self._file):
                    pass
        part = memoryview(buffer)[: self._left]
        if not part:
            return 0
        count = self._file.readinto1(part)
        if not count:
            raise BrokenBodyError(f"{self._left} bytes of a chunk are missing")
        self._left -= count
        if not self._left and _line(self._file):
            raise BrokenBodyError("a chunk is longer than its size")
        return count


def _blocks(stream: io.BufferedReader) -> Iterator[bytes]:
    return iter(lambda: stream.read(_BLOCK_BYTES), b"")


def _decoded(stream: io.BufferedReader, body: ArrivedBody) -> Iterator[bytes]:
    """Yield the content of an aws-chunked body, and record its chunks and trailers."""
    while True:
        size, _, extension = _line(stream).partition(b";")
        name, _, value = extension.partition(b"=")
        if extension and name != b"chunk-signature":
            raise BrokenBodyError("a chunk has an extension that isn't its signature")
        length = left = _size(size)
        hashed = hashlib.sha256()
        while left:
            piece = stream.read(min(left, _BLOCK_BYTES))
            if not piece:
                raise BrokenBodyError(f"{left} bytes of a signed chunk are missing")
            hashed.update(piece)
            left -= len(piece)
            yield piece
        body.chunks.append(Chunk(length, hashed.hexdigest(), value.decode() or None))
        if not length:
            break
        if _line(stream):
            raise BrokenBodyError("a signed chunk is longer than its size")
    while line := _line(stream):
        trailer, _, value = line.partition(b":")
        body.trailers.append((trailer.decode(), value.decode()))
    if stream.read(1):
        raise BrokenBodyError("something follows the last chunk")


def _check_trailers(body: ArrivedBody, sums: dict[str, _Checksum]) -> None:
    expected = {name: checksum.text() for name, checksum in sums.items()}
    arrived = {name: value for name, value in body.trailers if name != "x-amz-trailer-signature"}
    if arrived != expected:
        raise BrokenBodyError(f"the trailers are {arrived}, but should be {expected}")


def _line(file: BinaryIO) -> bytes:
    line = file.readline(_LONGEST_LINE)
    if not line.endswith(b"\r\n"):
        raise BrokenBodyError(f"{line[:40]!r} is not a line")
    return line[:-2]


def _size(text: bytes) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise BrokenBodyError(f"{text[:40]!r} is not the size of a chunk") from None


class _Checksum:
    """An incremental checksum in base64."""

    def __init__(self, update: Callable[[bytes, int], int], length: int) -> None:
        self._update = update
        self._length = length
        self._value = 0

    def update(self, piece: bytes) -> None:
        self._value = self._update(piece, self._value)

    def text(self) -> str:
        return base64.b64encode(self._value.to_bytes(self._length, "big")).decode()


class _Digest:
    """A hash in base64."""

    def __init__(self, name: str) -> None:
        self._hash = hashlib.new(name)
        self.update = self._hash.update

    def text(self) -> str:
        return base64.b64encode(self._hash.digest()).decode()


def _crc(polynomial: int, bits: int) -> Callable[[bytes, int], int]:
    """Return the update function of a CRC with this reflected polynomial."""
    ones = (1 << bits) - 1
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)

    def update(piece: bytes, value: int) -> int:
        value ^= ones
        for byte in piece:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        return value ^ ones

    return update


_CHECKSUMS: dict[str, Callable[[], _Checksum]] = {
    "x-amz-checksum-crc32": lambda: _Checksum(zlib.crc32, 4),
    "x-amz-checksum-crc32c": lambda: _Checksum(_crc(0x82F63B78, 32), 4),
    "x-amz-checksum-crc64nvme": lambda: _Checksum(_crc(0x9A6C9329AC4BC9B5, 64), 8),
    "x-amz-checksum-sha1": lambda: _Digest("sha1"),
    "x-amz-checksum-sha256": lambda: _Digest("sha256"),
}
