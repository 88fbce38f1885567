"""Bodies of requests that are verified before or while an application reads them."""

from __future__ import annotations

import io
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from rsigv4.exceptions import RequestTooLargeError, VerificationError

if TYPE_CHECKING:
    from typing import IO

    from rsigv4._core import BodyVerifier

__all__ = ["PIECE_BYTES", "TOO_LARGE", "SpooledBody", "StreamedBody"]

#: How much of a body is read and passed on at once.
PIECE_BYTES = 64 * 1024

#: AWS's text.
TOO_LARGE = "Request Too Long"

# A body that is kept until it is verified goes to a temporary file beyond this size, in bytes.
_SPOOL_BYTES = 1024 * 1024


class SpooledBody:
    """
    A body that is kept until it is completely verified: in a temporary file if it is large.

    Most requests have no body. For them, `SpooledTemporaryFile` would take as long as all else.
    """

    __slots__ = ("_max_body", "file", "length")

    failure: VerificationError | None = None

    def __init__(self, max_body: int | None) -> None:
        self.file: IO[bytes] = io.BytesIO()
        #: How much was written and not yet read, in bytes.
        self.length = 0
        self._max_body = max_body

    def write(self, piece: bytes) -> None:
        """
        Append a piece.

        Raises:
            RequestTooLargeError: The body is longer than *max_body*.

        """
        if not self.length:
            self.file = SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - `close` closes it.
        self.file.write(piece)
        self.length += len(piece)
        if self._max_body is not None and self.length > self._max_body:
            raise RequestTooLargeError(TOO_LARGE)

    @property
    def is_at_end(self) -> bool:
        """Whether the whole body has been read."""
        return self.length == 0

    def read(self) -> bytes:
        """Return the next piece; empty at the end of the body."""
        piece = self.file.read(PIECE_BYTES)
        self.length -= len(piece)
        return piece

    def close(self) -> None:
        """Delete the file."""
        self.file.close()


class StreamedBody:
    """
    A body that is verified while it is passed on, or not signed.

    Attributes:
        failure: The error because of which the rest is not passed on.
        is_at_end: Whether the whole body has been passed on.

    """

    def __init__(self, verifier: BodyVerifier, max_body: int | None) -> None:
        self.failure: VerificationError | None = None
        self.is_at_end = False
        self._verifier = verifier
        self._max_body = max_body
        self._length = 0
        # Many applications stop reading at the announced length. So the last chunk is held back
        # until the end of the body, with its signature and checksum, is verified too.
        self._held = b""

    def pass_on(self, arrived: bytes, *, is_last: bool) -> bytes:
        """
        Return the bytes that may be passed on after these have arrived; possibly none.

        Args:
            arrived: The next bytes from the client.
            is_last: Whether the body ends with them.

        Raises:
            VerificationError: These bytes and the rest of the body must not be passed on.

        """
        if self.failure is not None:
            raise self.failure
        try:
            passed = self._feed(arrived) if arrived else b""
            if is_last:
                passed += self._held + self._verifier.finish()
                self._held = b""
                self.is_at_end = True
        except VerificationError as error:
            self.failure = error
            raise
        return passed

    def _feed(self, arrived: bytes) -> bytes:
        piece = self._verifier.feed(arrived)
        self._length += len(piece)
        if self._max_body is not None and self._length > self._max_body:
            raise RequestTooLargeError(TOO_LARGE)
        if not self._verifier.is_streamed:
            return piece
        if not piece:
            return b""
        passed, self._held = self._held, piece
        return passed

    def close(self) -> None:
        """Do nothing: nothing is stored."""
