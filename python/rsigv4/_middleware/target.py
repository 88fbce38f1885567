"""Finds the URL to verify, and refuses it if the application would see another."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from rsigv4.exceptions import MalformedRequestError

__all__ = ["RequestTarget", "quoted", "request_target"]

_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")

# https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
_ABSOLUTE_FORM = re.compile(r"https?://([^/?]*)(.*)", re.IGNORECASE)


class RequestTarget(NamedTuple):
    """
    The target of a request; the verifier and the application see the same path and query.

    Attributes:
        url: The URL with the path and the query as they were sent.
        is_normalized: Whether the path has no ``.``, ``..`` or ``//`` that a server could resolve.

    """

    url: str
    is_normalized: bool


def request_target(
    scheme: str,
    host: str,
    target: str | None,
    *,
    path: bytes,
    query: bytes,
) -> RequestTarget:
    """
    Return the target to verify.

    Args:
        scheme: The scheme of the URL.
        host: The value of the header Host; empty if there is none.
        target: The request target as it was sent. None if the server doesn't provide it; the path
            is then encoded as most clients encode it.
        path: The path that the application gets, decoded.
        query: The query that the application gets, still encoded.

    Raises:
        MalformedRequestError: The application would get another path or query than the target has,
            or two servers could parse the request differently.

    """
    host = host.strip()
    if _HOST.fullmatch(host) is None:
        raise MalformedRequestError("Host is missing or not the name of a server")
    if target is None:
        target = quoted(path)
        if query:
            target += f"?{query.decode('latin-1')}"
    # Servers disagree about all but visible ASCII: for some, a `#` begins a fragment; for some, it
    # is a part of the path.
    if not (target.isascii() and target.isprintable()) or " " in target or "#" in target:
        raise MalformedRequestError(
            "the request target has a character that must be percent-encoded, such as '#'"
        )
    target = _origin_form(target, host)
    encoded_path, _, encoded_query = target.partition("?")
    # Servers may change a target. What is verified must be what the application gets.
    if unquote_to_bytes(encoded_path) != path or encoded_query.encode() != query:
        raise MalformedRequestError(
            "the application would get another path or query than the request target has"
        )
    has_dots = b"/." in path and not {b".", b".."}.isdisjoint(path.split(b"/"))
    is_normalized = not has_dots and "//" not in encoded_path
    return RequestTarget(f"{scheme}://{host}{target}", is_normalized)


def quoted(path: str | bytes) -> str:
    """Encode a decoded path as most clients encode it."""
    return quote(path, "/~!$&'()*+,;=:@")


def _origin_form(target: str, host: str) -> str:
    """Return the path and the query of a target, which may be a whole URL, as for a proxy."""
    if target.startswith("/"):
        return target
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if absolute is None or absolute[1] != host:
        raise MalformedRequestError(
            "the request target is neither a path nor a URL of the host in the Host header"
        )
    # An empty path means the root.
    return absolute[2] if absolute[2].startswith("/") else f"/{absolute[2]}"
