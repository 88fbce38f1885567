"""Bodies of requests that can be read only once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from rsigv4.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["buffer_body"]

_CHUNK_BYTES = 64 * 1024


def buffer_body(request: Any, limit: int) -> bytes:
    """
    Read the request's body into memory, put it back as bytes, and return them.

    A signature covers the body, so it has to be known before the first byte is sent.

    Args:
        request: Its ``body`` is a file that can't seek, or an iterable of bytes.
        limit: How many bytes may be kept in memory.

    Raises:
        InvalidRequestError: The body is longer or yields something else, and then what was read of
            it is put back in front of the rest; or the request's body can't be replaced.

    """
    body = request.body
    try:
        request.body = body
    except AttributeError:
        raise InvalidRequestError(
            "body can be read only once, and this request can't take its bytes in exchange: "
            "read it into bytes first"
        ) from None
    chunks = _chunks(body)
    read: list[Any] = []
    length = 0
    for chunk in chunks:
        read.append(chunk)
        if not isinstance(chunk, (bytes, bytearray, memoryview)):
            request.body = itertools.chain(read, chunks)
            raise InvalidRequestError(
                f"body yields {type(chunk).__name__}: let it yield bytes, open it in binary mode, "
                "or let it block"
            )
        length += memoryview(chunk).nbytes
        if length > limit:
            request.body = itertools.chain(read, chunks)
            raise InvalidRequestError(
                f"body can be read only once and is longer than {limit} bytes, which is what may "
                "be kept in memory to sign it: pass a seekable file, bytes, or a larger limit"
            )
    data = b"".join(read)
    request.body = data
    if hasattr(request, "_body_position"):
        # requests marks a stream that it can't rewind for a redirect; bytes need no rewinding.
        request._body_position = None  # noqa: SLF001
    headers = getattr(request, "headers", None)
    if headers is not None:
        # It is no longer sent in chunks of unknown number.
        headers.pop("Transfer-Encoding", None)
        headers["Content-Length"] = str(len(data))
    return data


def _chunks(body: Any) -> Iterator[Any]:
    if hasattr(body, "read"):
        return iter(lambda: body.read(_CHUNK_BYTES), b"")
    return iter(body)
