"""AWS Signature Version 4, native and exact, for every Python HTTP client."""

from __future__ import annotations

from rsigv4._core import PayloadHash, Signer
from rsigv4.credentials import Credentials, resolve_credentials
from rsigv4.exceptions import (
    CredentialsError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    InvalidRequestError,
    MissingCredentialsError,
    SigV4Error,
)

__all__ = [
    "UNSIGNED_PAYLOAD",
    "Credentials",
    "CredentialsError",
    "ExpiredCredentialsError",
    "InvalidCredentialsError",
    "InvalidRequestError",
    "MissingCredentialsError",
    "PayloadHash",
    "SigV4Error",
    "Signer",
    "resolve_credentials",
]

#: Passed as a body: the signature does not cover the body.
UNSIGNED_PAYLOAD = PayloadHash("UNSIGNED-PAYLOAD")
