"""What of a request may be shown: all but what someone else could use."""

from __future__ import annotations

import re

__all__ = ["REDACTED", "redacted_canonical_request", "redacted_header", "redacted_url"]

REDACTED = "[redacted]"

_SECRET_HEADERS = {
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-amz-s3session-token",
    "x-amz-security-token",
    "x-api-key",
}
_SIGNATURE = re.compile(r"(?<=Signature=)[^,\s]+")
_SECRET_PARAMETERS = re.compile(
    r"(?<=[?&])(X-Amz-(?:Signature|Security-Token|S3session-Token)=)[^&#]*", re.IGNORECASE
)
_TOKEN_LINE = re.compile(r"^(x-amz-(?:security|s3session)-token:).*$", re.MULTILINE)
_USER_INFO = re.compile(r"(?<=//)[^/?#@]*@")


def redacted_header(name: str, value: str) -> str:
    """Return the value of a header without what is secret in it."""
    name = name.lower()
    if name == "authorization":
        return _SIGNATURE.sub(REDACTED, value) if value.startswith("AWS4-") else REDACTED
    if name == "location":
        return redacted_url(value)
    return REDACTED if name in _SECRET_HEADERS else value


def redacted_url(url: str) -> str:
    """Return a URL, or the target of a request, without what is secret in it."""
    return _SECRET_PARAMETERS.sub(rf"\1{REDACTED}", _USER_INFO.sub(f"{REDACTED}@", url))


def redacted_canonical_request(text: str) -> str:
    """Return a canonical request without the session token."""
    return _TOKEN_LINE.sub(rf"\1{REDACTED}", text)
