"""One-shot bodies: requests' bodies that can be read only once."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from rsigv4.chunked import is_bytes_like
from rsigv4.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from typing import Any

__all__ = [
    "SentOnce",
    "buffer_body",
    "buffer_body_async",
    "chain_async",
    "check_limit",
    "pieces",
    "read_into_memory",
    "read_into_memory_async",
]

_CHUNK_BYTES = 64 * 1024


def buffer_body(request: Any, limit: int, *, can_be_unsigned: bool = True) -> bytes:
    """
    Read the request's body into memory, put it back as bytes, and return them.

    The signature covers the body, so all of it is needed before the first byte is sent.

    Args:
        request: Its ``body`` is a file that can't seek, or an iterable of bytes.
        limit: Largest body, in bytes, that may be kept in memory.
        can_be_unsigned: As for `read_into_memory`.

    Raises:
        InvalidRequestError: The body is longer, or yields something else; the request then has a
            body that yields what was read and the rest. Or the request's body can't be replaced.

    """
    body = request.body
    try:
        request.body = body
    except AttributeError:
        raise InvalidRequestError(
            "body can be read only once, and this request doesn't allow replacing it: "
            "read it into bytes first"
        ) from None
    check_limit(limit)
    put_back = partial(setattr, request, "body")
    data = read_into_memory(body, limit, put_back, can_be_unsigned=can_be_unsigned)
    return _put_back(request, data)


async def buffer_body_async(request: Any, limit: int) -> bytes:
    """Read a body that is an async iterable into memory; see `buffer_body`."""
    put_back = partial(setattr, request, "body")
    return _put_back(request, await read_into_memory_async(request.body, limit, put_back))


def read_into_memory(
    body: Any, limit: int, put_back: Callable[[Any], object], *, can_be_unsigned: bool = True
) -> bytes:
    """
    Read a one-shot body into memory.

    Args:
        body: A file that can't seek, or an iterable of bytes.
        limit: The largest body to accept, in bytes: the signer's ``max_buffered_body``.
        put_back: Called before an error is raised, with an iterable of all that the body yields.
        can_be_unsigned: Whether the signer has an argument ``payload`` that leaves bodies unsigned.

    Raises:
        InvalidRequestError: The body is longer than the limit, or yields something else than bytes.

    """
    rest = pieces(body)
    buffer = _Buffer(limit, can_be_unsigned=can_be_unsigned)
    try:
        for piece in rest:
            buffer.add(piece)
    except InvalidRequestError:
        put_back(itertools.chain(buffer.pieces, rest))
        raise
    return buffer.join()


async def read_into_memory_async(body: Any, limit: int, put_back: Callable[[Any], object]) -> bytes:
    """Read a one-shot body that is an async iterable into memory; see `read_into_memory`."""
    rest = body.__aiter__()
    buffer = _Buffer(limit)
    try:
        async for piece in rest:
            buffer.add(piece)
    except InvalidRequestError:
        put_back(chain_async(buffer.pieces, rest))
        raise
    return buffer.join()


def _put_back(request: Any, data: bytes) -> bytes:
    """Replace the request's stream by these bytes."""
    request.body = data
    if hasattr(request, "_body_position"):
        # requests marks streams that it can't rewind for a redirect. Bytes need no rewinding.
        request._body_position = None  # noqa: SLF001
    headers = getattr(request, "headers", None)
    if headers is not None:
        # The length is now known: no chunked transfer encoding.
        headers.pop("Transfer-Encoding", None)
        headers["Content-Length"] = str(len(data))
    return data


async def chain_async(read: list[Any], rest: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Yield what was read from an async iterator, and then the rest."""
    for piece in read:
        yield piece
    async for piece in rest:
        yield piece


def pieces(body: Any) -> Iterator[Any]:
    """
    Iterate over the pieces of a file or an iterable.

    Raises:
        InvalidRequestError: The body is an async iterable.

    """
    if hasattr(body, "read"):
        return iter(lambda: body.read(_CHUNK_BYTES), b"")
    if not hasattr(body, "__iter__"):
        raise InvalidRequestError(
            "body is an async iterable: send it with an async client, or pass another"
        )
    return iter(body)


class SentOnce:
    """
    An iterable that yields a body once, and has no other attribute that clients look for.

    Without it, a retry would send an empty body and wait for a response.

    Args:
        body: An iterable of bytes.

    """

    def __init__(self, body: Any) -> None:
        self._pieces = pieces(body)
        self._is_begun = False

    def __iter__(self) -> Iterator[bytes]:
        """
        Return an iterator over the pieces.

        Raises:
            InvalidRequestError: Part of the body was sent before.

        """
        if self._is_begun:
            raise InvalidRequestError(
                "body can be read only once, and was sent before: "
                "pass bytes or a seekable file, or send it without retries"
            )
        return self._send()

    def _send(self) -> Iterator[bytes]:
        self._is_begun = True
        yield from self._pieces


def check_limit(limit: Any) -> None:
    """
    Check a value of ``max_buffered_body``.

    Raises:
        InvalidRequestError: It is not a number of bytes.

    """
    if not isinstance(limit, (int, float)) or limit < 0:
        raise InvalidRequestError(
            "max_buffered_body must be a number of bytes, such as 64 * 1024 * 1024"
        )


class _Buffer:
    """
    The pieces of a body that were read, up to a limit.

    Args:
        limit: As for `read_into_memory`.
        can_be_unsigned: As for `read_into_memory`.

    Attributes:
        pieces: All pieces, also the one beyond the limit.

    """

    def __init__(self, limit: int, *, can_be_unsigned: bool = True) -> None:
        self.pieces: list[Any] = []
        self._limit = limit
        self._or_unsigned = (
            ', or payload="unsigned" where the service allows it' if can_be_unsigned else ""
        )
        self._length = 0

    def add(self, piece: object) -> None:
        """
        Append a piece.

        Raises:
            InvalidRequestError: It is not bytes, or the body is now longer than the limit.

        """
        self.pieces.append(piece)
        if not is_bytes_like(piece):
            raise InvalidRequestError(
                f"body yields {type(piece).__name__}: let it yield bytes, open it in binary mode, "
                "or let it block"
            )
        self._length += memoryview(piece).nbytes
        if self._length > self._limit:
            raise InvalidRequestError(
                f"body can be read only once and is longer than {self._limit} bytes, the most that "
                "is kept in memory to sign it: pass bytes or a seekable file, or set a larger "
                f"max_buffered_body{self._or_unsigned}"
            )

    def join(self) -> bytes:
        """Return all pieces as one."""
        return b"".join(self.pieces)
