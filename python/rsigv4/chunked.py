"""Bodies for S3 that are signed chunk by chunk, as they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rsigv4.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from rsigv4._core import ChunkedEncoder

__all__ = ["ChunkedBody", "check_stream", "pieces"]


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

    def __len__(self) -> int:
        return int(self.headers["Content-Length"])

    def __iter__(self) -> Iterator[bytes]:
        """
        Yield the chunks as they are sent.

        Raises:
            InvalidRequestError: The stream is shorter or longer than its length, yields something
                that isn't bytes, or was sent already.

        """
        chunker = _Chunker(self._chunk_size)
        if not any(hasattr(self._stream, name) for name in ("read", "__iter__")):
            raise InvalidRequestError(
                "stream is an async iterable: send it with an async client, or pass another"
            )
        for piece in pieces(self._stream, self._chunk_size):
            for chunk in chunker.add(piece):
                yield self._encoder.encode(chunk)
        yield from self._rest(chunker)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the chunks as they are sent, as ``__iter__`` does."""
        chunker = _Chunker(self._chunk_size)
        if hasattr(self._stream, "__aiter__"):
            async for piece in self._stream:
                for chunk in chunker.add(piece):
                    yield self._encoder.encode(chunk)
        else:
            for piece in pieces(self._stream, self._chunk_size):
                for chunk in chunker.add(piece):
                    yield self._encoder.encode(chunk)
        for chunk in self._rest(chunker):
            yield chunk

    def _rest(self, chunker: _Chunker) -> Iterator[bytes]:
        last = chunker.rest()
        if last:
            yield self._encoder.encode(last)
        yield self._encoder.finish()


class _Chunker:
    """Cuts pieces of any length into chunks of one; it holds no more than a piece and a chunk."""

    def __init__(self, chunk_size: int) -> None:
        self._chunk_size = chunk_size
        self._held = bytearray()

    def add(self, piece: Any) -> Iterator[bytes]:
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise InvalidRequestError(
                f"stream yields {type(piece).__name__}: "
                "let it yield bytes, or open it in binary mode"
            )
        self._held += piece
        start = 0
        while len(self._held) - start >= self._chunk_size:
            yield bytes(self._held[start : start + self._chunk_size])
            start += self._chunk_size
        del self._held[:start]

    def rest(self) -> bytes:
        return bytes(self._held)


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


def pieces(stream: Any, size: int) -> Iterator[Any]:
    """Return what a stream has left: a file in pieces of this many bytes, others as they are."""
    if hasattr(stream, "read"):
        return iter(lambda: stream.read(size), b"")
    if isinstance(stream, (bytes, bytearray, memoryview)):
        # Iterated over, they would yield numbers.
        return iter((stream,))
    return iter(stream)
