"""
Decides which requests reach an application, and refuses all others as API Gateway does.

No I/O: generators yield what they need, and the middleware sends it back in.
"""

from __future__ import annotations

import enum
import hashlib
import json
from typing import TYPE_CHECKING, NamedTuple, Union

from rsigv4._middleware.bodies import TOO_LARGE, SpooledBody, StreamedBody
from rsigv4.exceptions import (
    InvalidRequestError,
    RequestTooLargeError,
    SignatureMismatchError,
    VerificationError,
)
from rsigv4.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from typing import Any

    from rsigv4._core import Verification, VerifiedIdentity

    #: Scheme, target as it was sent, or None, decoded path, and query.
    Target = tuple[str, bytes | None, bytes, bytes]
    Headers = Sequence[tuple[bytes, bytes]]
    #: A request with verified headers, as the application will see it.
    Admitted = tuple[VerifiedIdentity, Headers, SpooledBody | StreamedBody]

__all__ = [
    "MAX_BODY",
    "READ",
    "Gateway",
    "Need",
    "Refusal",
]

#: API Gateway's limit, in bytes.
MAX_BODY = 10 * 1024 * 1024


class _Read(enum.Enum):
    READ = "the next piece of the body; empty at its end"


READ = _Read.READ

#: An access key's id, for which the middleware sends in the credentials or None; or `READ`.
Need = Union[str, _Read]


class Gateway:
    """Verifies requests, for any server and application."""

    def __init__(  # noqa: PLR0913 - the arguments of the middleware
        self,
        lookup: Any,
        *,
        region: str | None,
        service: str | None,
        max_clock_skew: int,
        max_body: int | None,
        debug: bool,
        exempt: Iterable[str],
    ) -> None:
        if isinstance(lookup, Verifier):
            if region is not None or service is not None:
                raise InvalidRequestError(
                    "region and service are set by the verifier: leave them out"
                )
            self.verifier = lookup
        else:
            self.verifier = Verifier(
                lookup, region=region, service=service, max_clock_skew=max_clock_skew
            )
        if max_body is not None and (not isinstance(max_body, (int, float)) or max_body < 0):
            raise InvalidRequestError(
                "max_body must be a number of bytes, such as 10 * 1024 * 1024, or None for no limit"
            )
        paths = () if isinstance(exempt, str) else tuple(exempt)
        if isinstance(exempt, str) or not all(isinstance(path, str) for path in paths):
            raise InvalidRequestError("exempt must be several paths, such as ('/health',)")
        self._max_body = max_body
        self._debug = debug
        #: Paths that need no signature, decoded, as the application sees them.
        self.exempt = frozenset(paths)

    def admit(
        self, method: str, target: Target, headers: Headers
    ) -> Generator[Need, Any, Admitted]:
        """
        Verify a request before the application sees any part of it.

        If the signature covers the body's hash, the body is read after everything else is verified.
        Other bodies are verified while the application reads them.

        Raises:
            VerificationError: The request must be refused.

        """
        verification = self.verifier.begin_received(method, *target, headers)
        self._check_declared_length(verification)
        credentials = yield verification.access_key_id
        body = SpooledBody(self._max_body)
        try:
            if verification.needs_body_hash:
                # The body of a request with an unknown key is neither read nor stored.
                verification.check_credentials(credentials)
                body_hash = hashlib.sha256()
                while piece := (yield READ):
                    body.write(piece)
                    body_hash.update(piece)
                identity = verification.check(credentials, body_hash.hexdigest()).identity
            else:
                verifier = verification.check(credentials)
                identity = verifier.identity
                if identity.payload != "signed":
                    seen = _decoded(headers) if verifier.is_streamed else headers
                    return identity, seen, StreamedBody(verifier, self._max_body)
                while piece := (yield READ):
                    body.write(piece)
                    verifier.feed(piece)
                verifier.finish()
            body.file.seek(0)
        except BaseException:
            body.close()
            raise
        return identity, headers, body

    def refusal(self, error: VerificationError, method: str) -> Refusal:
        """Return the response of API Gateway; with *debug*, it has the canonical request."""
        message = str(error)
        if self._debug and isinstance(error, SignatureMismatchError):
            message += (
                "\n\nThe Canonical String for this request should have been\n"
                f"'{error.canonical_request}'\n\n"
                f"The String-to-Sign should have been\n'{error.string_to_sign}'\n"
            )
        body = json.dumps({"message": message}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("x-amzn-ErrorType", error.code),
        ]
        return Refusal(error.status, headers, b"" if method == "HEAD" else body)

    def _check_declared_length(self, verification: Verification) -> None:
        length = verification.declared_length
        if self._max_body is not None and length is not None and length > self._max_body:
            raise RequestTooLargeError(TOO_LARGE)


class Refusal(NamedTuple):
    """A response in place of the application's."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def _decoded(headers: Headers) -> Headers:
    """Return the headers of the decoded body of a request in `aws-chunked`."""
    kept: list[tuple[bytes, bytes]] = []
    length = None
    for name, value in headers:
        key = name.lower()
        if key == b"x-amz-decoded-content-length":
            length = value
        if key == b"content-encoding":
            codings = [coding.strip() for coding in value.split(b",")]
            left = b", ".join(coding for coding in codings if coding.lower() != b"aws-chunked")
            if left:
                kept.append((name, left))
        elif key not in {b"content-length", b"transfer-encoding"}:
            kept.append((name, value))
    if length is not None:
        kept.append((b"content-length", length))
    return kept
