"""Verifies what others have signed."""

from __future__ import annotations

from rsigv4 import _core
from rsigv4.chunked import pieces
from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from typing_extensions import Buffer

    from rsigv4._core import VerifiedIdentity, _Headers, _Time

__all__ = ["Verifier"]

_PIECE_BYTES = 64 * 1024


class Verifier(_core.Verifier):
    """
    Verify requests that are signed with SigV4 or SigV4a, in their headers or in their URL.

    A verifier may be shared between threads, tasks and requests; it keeps the keys it derived.

    Args:
        lookup: Takes an access key id, and returns its ``Credentials``, or None where nobody has
            it. It may be a coroutine function, for ``verify_async``.
        region: The one region to accept; None accepts every region.
        service: The one service to accept, such as ``"execute-api"``; None accepts every service.
        max_clock_skew: How many seconds a request may be old, or ahead of the clock; a whole
            number. A presigned URL may be as old as it says itself.

    Raises:
        InvalidRequestError: An argument has the wrong type or an impossible value.

    """

    __slots__ = ()

    def verify(
        self,
        method: str,
        url: str,
        headers: _Headers,
        body: str | Buffer | Iterable[bytes] | None = None,
        *,
        time: _Time | None = None,
    ) -> VerifiedIdentity:
        """
        Return who signed this request.

        Args:
            method: As it arrived.
            url: All of it, with the path and the query as they arrived.
            headers: Pairs as they arrived, with repeats; text stands for its UTF-8.
            body: None, str (UTF-8), bytes, a buffer, a binary file or an iterable of bytes. It is
                read once; what is read of chunks is dropped, so use ``begin`` where it is needed.
            time: The time to hold the signature against: an aware datetime or seconds since the
                epoch; None reads the clock.

        Raises:
            VerificationError: The request is refused; its class says why.
            InvalidRequestError: An argument is of the wrong type.
            InvalidCredentialsError: *lookup* is async, or returned something else.

        """
        verification = self.begin(method, url, headers, time=time)
        return verification.identify(self._found(verification.access_key_id), _pieces(body))

    async def verify_async(
        self,
        method: str,
        url: str,
        headers: _Headers,
        body: str | Buffer | Iterable[bytes] | None = None,
        *,
        time: _Time | None = None,
    ) -> VerifiedIdentity:
        """Return who signed this request, as ``verify`` does; *lookup* may be async."""
        verification = self.begin(method, url, headers, time=time)
        found: list[Any] = [self.lookup(verification.access_key_id)]
        # inspect would tell too, but takes longer to import than all of this package.
        if hasattr(found[0], "__await__"):
            found = [await found.pop()]
        # Taken out, as what isn't credentials may show a secret in a traceback's local variables.
        return verification.identify(found.pop(), _pieces(body))

    def _found(self, access_key_id: str) -> Any:
        credentials = self.lookup(access_key_id)
        if hasattr(credentials, "__await__"):
            # A coroutine that isn't closed warns that it was never awaited.
            getattr(credentials, "close", bool)()
            raise InvalidCredentialsError("lookup is async: call verify_async, or pass another")
        return credentials


def _pieces(body: Any) -> bytes | str | Iterator[bytes]:
    if body is None:
        return b""
    return body if isinstance(body, (bytes, str)) else _read(body)


def _read(body: Any) -> Iterator[bytes]:
    if not hasattr(body, "read"):
        try:
            # Some buffers, such as an array, would yield numbers.
            body = memoryview(body)
        except TypeError:
            pass
        except ValueError:
            raise InvalidRequestError("body is a memoryview that was released") from None
    # A class has the methods of its objects, but they can't be called.
    methods = (getattr(body, name, None) for name in ("read", "__iter__"))
    if isinstance(body, type) or not any(map(callable, methods)):
        raise InvalidRequestError(
            f"body must be None, str, bytes, a buffer, a binary file or an iterable of bytes, "
            f"not {type(body).__name__}"
        )
    for piece in pieces(body, _PIECE_BYTES):
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise InvalidRequestError(
                f"body yields {type(piece).__name__}: let it yield bytes, or open it in binary mode"
            )
        try:
            yield bytes(piece)
        except ValueError:
            raise InvalidRequestError("body yields a memoryview that was released") from None
