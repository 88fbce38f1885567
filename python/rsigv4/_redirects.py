"""What happens to a signed request of the requests library when it is redirected."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from requests.sessions import SessionRedirectMixin
from requests.utils import requote_uri, rewind_body

if TYPE_CHECKING:
    from typing import Any

__all__ = ["sign_redirect"]

#: The headers that make up a signature. None of them may reach another origin.
_SIGNATURE_HEADERS = (
    "Authorization",
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Security-Token",
)

_DEFAULT_PORTS = {"http": 80, "https": 443}
_METHOD_AND_BODY_KEPT = (307, 308)

# Knows which method a redirect is followed with, and where to.
_requests = SessionRedirectMixin()


def sign_redirect(response: Any, auth: Any) -> None:
    """
    Prepare the request of a redirected response for the one that follows it.

    requests copies the headers of the redirected request to the one that follows it and then calls
    no auth object, so this is the last moment to change them. Once a redirect has left the origin,
    nothing is signed any more, not even when it leads back.

    Args:
        response: Any response; those that are no redirects are left alone.
        auth: Signs the request that follows if it goes to the same origin; None signs nothing.

    """
    location = _requests.get_redirect_target(response)
    if location is None:
        return
    request = response.request
    # The history keeps the request as it was sent.
    response.request = sent = request.copy()
    was_signed = str(sent.headers.get("Authorization", "")).startswith("AWS4-")
    if was_signed:
        for name in _SIGNATURE_HEADERS:
            request.headers.pop(name, None)
    url = urljoin(response.url, requote_uri(location))
    if was_signed and auth is not None and _origin(url) == _origin(sent.url):
        following = _following_request(response, request.copy(), url)
        request.headers.update(auth(following).headers)


def _following_request(response: Any, request: Any, url: str) -> Any:
    """Turn a copy of the redirected request into the one that follows it."""
    request.url = requote_uri(url)
    _requests.rebuild_method(request, response)
    if response.status_code not in _METHOD_AND_BODY_KEPT:
        for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
            request.headers.pop(name, None)
        request.body = None
    elif hasattr(request.body, "seek"):
        rewind_body(request)
    return request


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
