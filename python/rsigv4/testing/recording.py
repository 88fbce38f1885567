"""The requests that the server of the fixture recorded."""

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
        path: The path as sent, still encoded.
        query: The query as sent, without the question mark.
        headers: The headers; names are case-insensitive.
        body: The body, decoded if it was sent in ``aws-chunked``.
        identity: Who signed; None if the request was refused.
        error: Why the request was refused.

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
