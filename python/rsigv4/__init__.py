"""AWS Signature Version 4, native and exact, for every Python HTTP client."""

from __future__ import annotations

from rsigv4._core import (
    UNSIGNED_PAYLOAD,
    Cause,
    EventSigner,
    Explanation,
    LinePair,
    PayloadHash,
    PresignedPost,
    Signer,
    SigningKey,
    VerifiedIdentity,
    __version__,
    known_causes,
)
from rsigv4._explain import explain, log_explanation
from rsigv4.chunked import AsyncChunkedBody, ChunkedBody
from rsigv4.credentials import Credentials, resolve_credentials
from rsigv4.exceptions import (
    CredentialsError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    InvalidRequestError,
    MissingCredentialsError,
    SigningWarning,
    SigV4Error,
    VerificationError,
)
from rsigv4.verifier import Verifier

__all__ = [
    "STREAMING_EVENTS",
    "UNSIGNED_PAYLOAD",
    "AsyncChunkedBody",
    "Cause",
    "ChunkedBody",
    "Credentials",
    "CredentialsError",
    "EventSigner",
    "ExpiredCredentialsError",
    "Explanation",
    "InvalidCredentialsError",
    "InvalidRequestError",
    "LinePair",
    "MissingCredentialsError",
    "PayloadHash",
    "PresignedPost",
    "SigV4Error",
    "Signer",
    "SigningKey",
    "SigningWarning",
    "VerificationError",
    "VerifiedIdentity",
    "Verifier",
    "__version__",
    "explain",
    "known_causes",
    "log_explanation",
    "resolve_credentials",
]

#: Passed as a body: a stream of events follows, signed one by one.
STREAMING_EVENTS = PayloadHash("STREAMING-AWS4-HMAC-SHA256-EVENTS")
