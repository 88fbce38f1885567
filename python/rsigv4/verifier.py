"""Verifies signed requests."""

from __future__ import annotations

from rsigv4 import _core
from rsigv4.chunked import is_bytes_like, pieces
from rsigv4.exceptions import InvalidRequestError

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

    A verifier can be shared between threads, tasks and requests; it caches derived keys.

    A subclass may override ``lookup``, and ``begin`` for ``verify`` and ``verify_async``; the
    middlewares don't call it.

    Args:
        lookup: Called with an access key id, returns its ``Credentials``, or None if the key is
            unknown. For ``verify_async``, it may be a coroutine function.
        region: The only region to accept; None accepts all.
        service: The only service to accept, such as ``"execute-api"``; None accepts all.
        max_clock_skew: How many seconds old, or ahead of the clock, a request may be. A presigned
            URL states its own lifetime.

    Raises:
        InvalidRequestError: An argument has the wrong type or an impossible value.

    """

    __slots__ = ()

    async def verify_async(
        self,
        method: str,
        url: str,
        headers: _Headers,
        body: str | Buffer | Iterable[bytes] | None = None,
        *,
        time: _Time | None = None,
    ) -> VerifiedIdentity:
        """Return who signed this request; like ``verify``, but *lookup* may be async."""
        verification = self.begin(method, url, headers, time=time)
        found: list[Any] = [self.lookup(verification.access_key_id)]
        # Not inspect.isawaitable: inspect takes longer to import than all of this package.
        if hasattr(found[0], "__await__"):
            found = [await found.pop()]
        # Not a local variable, because tracebacks may show those, and it may contain a secret.
        return verification.identify(found.pop(), body_pieces(body))


def body_pieces(body: Any) -> bytes | str | Iterator[bytes]:
    """Return what ``Verification.identify`` takes for this body."""
    if body is None:
        return b""
    return body if isinstance(body, (bytes, str)) else _read(body)


def _read(body: Any) -> Iterator[bytes]:
    if not hasattr(body, "read"):
        try:
            # Iterating over some buffers, such as an array, yields numbers.
            body = memoryview(body)
        except TypeError:
            pass
        except ValueError:
            raise InvalidRequestError("body is a memoryview that was released") from None
    # A class has the methods of its objects, but they can't be called on the class.
    methods = (getattr(body, name, None) for name in ("read", "__iter__"))
    # A memoryview is iterable, but has no __iter__ before Python 3.10.
    is_readable = is_bytes_like(body) or any(map(callable, methods))
    if isinstance(body, type) or not is_readable:
        raise InvalidRequestError(
            f"body must be None, str, bytes, a buffer, a binary file or an iterable of bytes, "
            f"not {type(body).__name__}"
        )
    for piece in pieces(body, _PIECE_BYTES):
        if not is_bytes_like(piece):
            raise InvalidRequestError(
                f"body yields {type(piece).__name__}: let it yield bytes, or open it in binary mode"
            )
        try:
            yield bytes(piece)
        except ValueError:
            raise InvalidRequestError("body yields a memoryview that was released") from None
