"""Requests as the server of the fixture recorded them."""

from __future__ import annotations

import json as json_module
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from werkzeug.datastructures import Headers

    from rsigv4._core import VerifiedIdentity
    from rsigv4.exceptions import VerificationError

__all__ = ["RecordedRequest"]


@dataclass(frozen=True)
class RecordedRequest:
    """
    A request as it arrived.

    Attributes:
        method: Such as ``"GET"``.
        path: As sent, still encoded.
        query: As sent, without the question mark.
        headers: Found by name in any case.
        body: Decoded, if it came in ``aws-chunked``.
        identity: Who has signed; None if it was refused.
        error: Why it was refused.

    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    identity: VerifiedIdentity | None
    error: VerificationError | None

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json_module.loads(self.body)
