"""
Everything that rsigv4 raises of its own.

SigV4Error
├── CredentialsError
│   ├── ExpiredCredentialsError
│   ├── InvalidCredentialsError  (also a ValueError)
│   └── MissingCredentialsError
└── InvalidRequestError          (also a ValueError)

A message names the argument at fault and the way out. It never holds a secret or a header's value.
"""

from __future__ import annotations

__all__ = [
    "CredentialsError",
    "ExpiredCredentialsError",
    "InvalidCredentialsError",
    "InvalidRequestError",
    "MissingCredentialsError",
    "SigV4Error",
]


class SigV4Error(Exception):
    """
    The base of all errors of this package.

    Never raised itself.
    """


class CredentialsError(SigV4Error):
    """
    There are no credentials that could sign.

    Never raised itself.
    """


class ExpiredCredentialsError(CredentialsError):
    """The credentials end before the time of the signature."""


class InvalidCredentialsError(CredentialsError, ValueError):
    """A credential is of the wrong type, empty, or can't be sent in a header."""


class MissingCredentialsError(CredentialsError):
    """A provider, or the whole default chain, has no credentials to give."""


class InvalidRequestError(SigV4Error, ValueError):
    """The request can't be signed as it is; the message names the argument."""
