"""Bodies for S3 that are signed chunk by chunk while they are sent."""

from __future__ import annotations

from itertools import repeat, starmap

from rsigv4.exceptions import InvalidRequestError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from typing_extensions import TypeGuard

    from rsigv4._core import ChunkedEncoder

    #: The chunk's bytes are those from start to end.
    _Chunk = tuple[bytes, int, int]

__all__ = [
    "AsyncChunkedBody",
    "ChunkedBody",
    "check_stream",
    "chunked_body",
    "is_bytes_like",
    "pieces",
]


class _Body:
    def __init__(
        self,
        headers: dict[str, str],
        encoder: ChunkedEncoder,
        stream: Any,
        chunk_size: int,
    ) -> None:
        self.headers = headers
        self._encoder = encoder
        self._stream = stream
        self._chunk_size = chunk_size
        self._begun = False

    @property
    def len(self) -> int:
        """
        The request's ``Content-Length``, in bytes.

        requests and niquests read this attribute, as of the bodies of requests-toolbelt. There is
        no ``__len__``, because ``list()`` would reserve memory for one element per byte.
        """
        return int(self.headers["Content-Length"])

    def _begin(self) -> _Chunks:
        if self._begun:
            raise InvalidRequestError("stream was sent already: sign it again to send it again")
        self._begun = True
        return _Chunks(self._chunk_size)

    def _encode(self, chunks: Iterator[_Chunk]) -> Iterator[bytes]:
        return starmap(self._encoder.encode, chunks)

    def _end(self, chunks: _Chunks) -> Iterator[bytes]:
        yield from self._encode(chunks.rest())
        yield self._encoder.finish()


class ChunkedBody(_Body):
    """
    A body in the encoding ``aws-chunked``, and its headers. ``Signer.chunked`` returns it.

    Iterate over it to send it. It can be sent only once.

    Attributes:
        headers: All headers that signing adds; they replace headers of the same names.
        len: The request's ``Content-Length``, in bytes.

    """

    def __iter__(self) -> Iterator[bytes]:
        """
        Return an iterator over the encoded chunks.

        Raises:
            InvalidRequestError: The stream was sent already; or, while it is read, is shorter or
                longer than its length, or yields something that is not bytes.

        """
        # A stream that was sent already is refused here, before a client begins to send.
        return self._encoded(self._begin())

    def _encoded(self, chunks: _Chunks) -> Iterator[bytes]:
        for piece in pieces(self._stream, self._chunk_size):
            yield from self._encode(chunks.cut(piece))
        yield from self._end(chunks)

    async def aiter(self) -> AsyncIterator[bytes]:
        """
        Yield the encoded chunks for an async client; reading the stream blocks.

        Raises:
            InvalidRequestError: As for iterating.

        """
        for encoded in self:
            yield encoded


class AsyncChunkedBody(_Body):
    """
    A `ChunkedBody` of a stream that is an async iterable. ``Signer.chunked`` returns it.

    It has no sync methods, because clients choose how to send a body by its methods.

    Attributes:
        headers: All headers that signing adds; they replace headers of the same names.
        len: The request's ``Content-Length``, in bytes.

    """

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """
        Yield the encoded chunks.

        Raises:
            InvalidRequestError: The stream is shorter or longer than its length, yields something
                that is not bytes, or was sent already.

        """
        chunks = self._begin()
        async for piece in self._stream:
            for encoded in self._encode(chunks.cut(piece)):
                yield encoded
        for encoded in self._end(chunks):
            yield encoded


class _EitherChunkedBody(ChunkedBody, AsyncChunkedBody):
    """The body of a stream that is sync and async, such as that of a form in httpx."""


def chunked_body(
    headers: dict[str, str], encoder: ChunkedEncoder, stream: Any, chunk_size: int
) -> ChunkedBody | AsyncChunkedBody:
    """Return the body of a stream, for the clients that can read that stream."""
    body: type[ChunkedBody | AsyncChunkedBody] = ChunkedBody
    if hasattr(stream, "__aiter__"):
        is_sync = _is_sync(stream)
        body = _EitherChunkedBody if is_sync else AsyncChunkedBody
    return body(headers, encoder, stream, chunk_size)


class _Chunks:
    """Cuts pieces of any length into chunks of one length, and keeps the rest for later."""

    def __init__(self, chunk_size: int) -> None:
        self._chunk_size = chunk_size
        self._kept = bytearray()

    def cut(self, piece: object) -> Iterator[_Chunk]:
        if not is_bytes_like(piece):
            raise InvalidRequestError(
                f"stream yields {type(piece).__name__}: "
                "let it yield bytes, or open it in binary mode"
            )
        view = memoryview(piece)
        # Only contiguous memory can be cut without copying all of it.
        rest = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
        size, start = self._chunk_size, 0
        if self._kept:
            start = size - len(self._kept)
            self._kept += rest[:start]
            if len(self._kept) < size:
                return
            yield bytes(self._kept), 0, size
            self._kept.clear()
        ends = range(start + size, len(rest) + 1, size)
        if type(piece) is bytes:
            yield from zip(repeat(piece), range(start, len(rest), size), ends)
        else:
            for end in ends:
                # It could change while the chunk is encoded.
                yield bytes(rest[end - size : end]), 0, size
        if ends:
            start = ends[-1]
        self._kept += rest[start:]

    def rest(self) -> Iterator[_Chunk]:
        if self._kept:
            yield bytes(self._kept), 0, len(self._kept)


def check_stream(stream: Any, length: int) -> None:
    """
    Check a stream before anything is sent.

    Raises:
        InvalidRequestError: It is not a stream, or a file with more or fewer bytes left.

    """
    if not _is_sync(stream) and not hasattr(stream, "__aiter__"):
        raise InvalidRequestError(
            f"stream must be a binary file or an iterable of bytes, not {type(stream).__name__}"
        )
    left = _bytes_left(stream)
    if left is not None and left != length:
        raise InvalidRequestError(
            f"stream has {left} bytes left, but length is {length}: correct one of them"
        )


def _is_sync(stream: Any) -> bool:
    # A memoryview is iterable, but has no __iter__ before Python 3.10.
    return isinstance(stream, memoryview) or hasattr(stream, "read") or hasattr(stream, "__iter__")


def _bytes_left(stream: Any) -> int | None:
    if is_bytes_like(stream):
        return memoryview(stream).nbytes
    try:
        if not stream.seekable():
            return None
        offset = stream.tell()
        end = stream.seek(0, 2)
        stream.seek(offset)
    except (AttributeError, OSError, ValueError):
        return None
    return end - offset if isinstance(end, int) else None


def is_bytes_like(value: object) -> TypeGuard[bytes | bytearray | memoryview]:
    """Return whether a value is of a type of bytes, and tell type checkers."""
    return isinstance(value, (bytes, bytearray, memoryview))


def pieces(stream: Any, size: int) -> Iterator[Any]:
    """Iterate over the rest of a stream: pieces of this many bytes of a file, or its own pieces."""
    if callable(getattr(stream, "read", None)):
        return iter(lambda: stream.read(size), b"")
    if is_bytes_like(stream):
        # Iterating over them would yield numbers.
        return iter((stream,))
    return iter(stream)
