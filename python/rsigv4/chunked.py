"""Bodies for S3 that are signed chunk by chunk, as they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rsigv4.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from rsigv4._core import ChunkedEncoder

__all__ = ["ChunkedBody", "check_stream"]


class ChunkedBody:
    """
    A body as it goes on the wire, and the headers that go before it.

    It can be sent once, by iterating over it: synchronously, or asynchronously where the stream is
    an async iterable or a client asks for one. ``len()`` of it is the request's ``Content-Length``.

    ``Signer.chunked`` makes it.

    Attributes:
        headers: All headers that signing adds; they replace those of the same names.

    """

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

    def __len__(self) -> int:
        return int(self.headers["Content-Length"])

    def __iter__(self) -> Iterator[bytes]:
        """
        Yield the chunks as they are sent.

        Raises:
            InvalidRequestError: The stream is shorter or longer than its length, yields something
                that isn't bytes, is an async iterable, or was sent already.

        """
        if not any(hasattr(self._stream, name) for name in ("read", "__iter__")):
            raise InvalidRequestError(
                "stream is an async iterable: send it with an async client, or pass another"
            )
        chunks = self._begin()
        for piece in _pieces(self._stream, self._chunk_size):
            for chunk in chunks.of(piece):
                yield self._encoder.encode(chunk)
        yield from self._end(chunks)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the chunks as they are sent, as ``__iter__`` does."""
        if not hasattr(self._stream, "__aiter__"):
            for encoded in self:
                yield encoded
            return
        chunks = self._begin()
        async for piece in self._stream:
            for chunk in chunks.of(piece):
                yield self._encoder.encode(chunk)
        for encoded in self._end(chunks):
            yield encoded

    def _begin(self) -> _Chunks:
        if self._begun:
            raise InvalidRequestError("stream was sent already: sign it anew to send it again")
        self._begun = True
        return _Chunks(self._chunk_size)

    def _end(self, chunks: _Chunks) -> Iterator[bytes]:
        last = chunks.rest()
        if last:
            yield self._encoder.encode(last)
        yield self._encoder.finish()


class _Chunks:
    """Pieces of any length, cut into chunks of one; less than a chunk is kept between them."""

    def __init__(self, chunk_size: int) -> None:
        self._chunk_size = chunk_size
        self._kept = bytearray()

    def of(self, piece: Any) -> Iterator[bytes]:
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise InvalidRequestError(
                f"stream yields {type(piece).__name__}: "
                "let it yield bytes, or open it in binary mode"
            )
        view = memoryview(piece)
        # Only what is contiguous can be cut without a copy of all of it.
        rest = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
        if self._kept:
            missing = self._chunk_size - len(self._kept)
            self._kept += rest[:missing]
            rest = rest[missing:]
            if len(self._kept) < self._chunk_size:
                return
            yield bytes(self._kept)
            self._kept.clear()
        while len(rest) >= self._chunk_size:
            yield bytes(rest[: self._chunk_size])
            rest = rest[self._chunk_size :]
        self._kept += rest

    def rest(self) -> bytes:
        return bytes(self._kept)


def check_stream(stream: Any, length: int) -> None:
    """
    Refuse a stream before anything is sent, where it tells that it can't be sent.

    Raises:
        InvalidRequestError: It is no stream, or a file that doesn't have this many bytes left.

    """
    if not any(hasattr(stream, name) for name in ("read", "__iter__", "__aiter__")):
        raise InvalidRequestError(
            f"stream must be a binary file or an iterable of bytes, not {type(stream).__name__}"
        )
    left = _bytes_left(stream)
    if left is not None and left != length:
        raise InvalidRequestError(
            f"stream has {left} bytes left, but length is {length}: pass the one that is right"
        )


def _bytes_left(stream: Any) -> int | None:
    if isinstance(stream, (bytes, bytearray, memoryview)):
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


def _pieces(stream: Any, size: int) -> Iterator[Any]:
    if hasattr(stream, "read"):
        return iter(lambda: stream.read(size), b"")
    if isinstance(stream, (bytes, bytearray, memoryview)):
        # Iterated over, they would yield numbers.
        return iter((stream,))
    return iter(stream)
