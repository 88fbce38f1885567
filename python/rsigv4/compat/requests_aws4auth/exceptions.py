"""Drop-in for ``requests_aws4auth.exceptions``."""

from __future__ import annotations

__all__ = [
    "DateFormatError",
    "DateMismatchError",
    "NoSecretKeyError",
    "RequestsAws4AuthException",
]


class RequestsAws4AuthException(Exception):  # noqa: N818 - the original's name
    """The base class of the errors below."""


class DateMismatchError(RequestsAws4AuthException):
    """A request has another date than the key of a `StrictAWS4Auth`."""


class NoSecretKeyError(RequestsAws4AuthException):
    """A key has to be derived again, but its secret was not stored."""


class DateFormatError(RequestsAws4AuthException):
    """A text is not a date in one of the known formats."""
