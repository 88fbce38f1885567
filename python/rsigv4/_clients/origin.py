"""Origins of URLs (RFC 6454, section 4), and the headers that must not leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional
from urllib.parse import urlsplit

from rsigv4._core import SIGNATURE_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

__all__ = [
    "DEFAULT_PORTS",
    "Origin",
    "is_same_origin",
    "is_signed",
    "lowercase",
    "origin_of",
    "without_signature",
]

Origin = tuple[str, Optional[str], Optional[int]]

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_same_origin(one: str, other: str) -> bool:
    """
    Return whether two URLs have the same origin.

    A URL that can't be parsed has no origin; the client refuses it.
    """
    if one == other:
        return True
    origin = origin_of(one)
    return origin is not None and origin == origin_of(other)


def origin_of(url: str) -> Origin | None:
    """Return the origin of a URL, or None if the URL can't be parsed."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None


def is_signed(headers: Mapping[str, Any]) -> bool:
    """Return whether headers contain a signature of SigV4 or SigV4a."""
    return str(headers.get("Authorization", "")).startswith("AWS4-")


def without_signature(headers: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the pairs without the headers of a signature."""
    return [pair for pair in headers if lowercase(pair[0]) not in SIGNATURE_HEADERS]


def lowercase(name: str | bytes) -> str:
    """Return the name of a header in lowercase, as text."""
    return (name.decode("latin-1") if isinstance(name, bytes) else name).lower()
