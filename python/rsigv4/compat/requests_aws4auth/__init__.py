"""Drop-in for ``requests_aws4auth``: change the package's name in the import."""

from __future__ import annotations

from rsigv4.compat.requests_aws4auth.aws4auth import AWS4Auth, PassiveAWS4Auth, StrictAWS4Auth
from rsigv4.compat.requests_aws4auth.aws4signingkey import AWS4SigningKey
from rsigv4.compat.requests_aws4auth.exceptions import (
    DateFormatError,
    DateMismatchError,
    NoSecretKeyError,
    RequestsAws4AuthException,
)

__all__ = [
    "AWS4Auth",
    "AWS4SigningKey",
    "DateFormatError",
    "DateMismatchError",
    "NoSecretKeyError",
    "PassiveAWS4Auth",
    "RequestsAws4AuthException",
    "StrictAWS4Auth",
]

#: The version of the original that this package replaces.
__version__ = "1.4.0"
