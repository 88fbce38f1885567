"""What follows a redirect: signed at the same origin, and bare of any signature elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

__all__ = ["following_request"]

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: What no other origin gets, and all that begins with ``x-amz-``.
_OF_THE_ORIGIN = ("authorization", "cookie")


def following_request(
    response: httpx.Response, auth: httpx.Auth | None
) -> tuple[httpx.Request, httpx.Auth | None]:
    """
    Return the request that follows a redirect, and what signs it.

    Once a redirect has left the origin, nothing is signed any more, not even when it leads back.

    Args:
        response: A redirect.
        auth: What signed the request before it, or None.

    """
    request = response.next_request
    if request is None:
        raise ValueError("response redirects to nowhere")
    if _origin(request.url) == _origin(response.request.url):
        return request, auth
    for name in list(request.headers):
        if name in _OF_THE_ORIGIN or name.startswith("x-amz-"):
            del request.headers[name]
    return request, None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme)
