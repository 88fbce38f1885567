"""Origins of URLs: scheme, host and port (RFC 6454, section 4)."""

from __future__ import annotations

from typing import Optional
from urllib.parse import urlsplit

__all__ = ["Origin", "is_same_origin", "origin_of"]

Origin = tuple[str, Optional[str], Optional[int]]

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_same_origin(one: str, other: str) -> bool:
    """
    Return whether two URLs have the same origin.

    A URL that can't be parsed has no origin in common with another; the client refuses it.
    """
    if one == other:
        return True
    origin = origin_of(one)
    return origin is not None and origin == origin_of(other)


def origin_of(url: str) -> Origin | None:
    """Return the origin of a URL, or None if the URL can't be parsed."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
