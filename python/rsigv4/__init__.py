"""AWS Signature Version 4, native and exact, for every Python HTTP client."""

from __future__ import annotations

from rsigv4._core import (
    Cause,
    EventSigner,
    Explanation,
    PayloadHash,
    PresignedPost,
    Signer,
    VerifiedIdentity,
)
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

# The module of the same name stays importable, but as an attribute this is the function.
from rsigv4.explain import explain
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
    "MissingCredentialsError",
    "PayloadHash",
    "PresignedPost",
    "SigV4Error",
    "Signer",
    "SigningWarning",
    "VerificationError",
    "VerifiedIdentity",
    "Verifier",
    "explain",
    "resolve_credentials",
]

#: Passed as a body: a stream of events follows, signed one by one.
STREAMING_EVENTS = PayloadHash("STREAMING-AWS4-HMAC-SHA256-EVENTS")

#: Passed as a body: the signature does not cover the body.
UNSIGNED_PAYLOAD = PayloadHash("UNSIGNED-PAYLOAD")
