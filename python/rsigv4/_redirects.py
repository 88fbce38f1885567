"""What happens to a signed request of the requests library when it is redirected."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from requests.sessions import SessionRedirectMixin
from requests.utils import requote_uri, rewind_body

if TYPE_CHECKING:
    from typing import Any

__all__ = ["RedirectSigner"]

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


class RedirectSigner:
    """
    A response hook: signs a redirect to the same origin again, and keeps the signature from others.

    requests copies the headers of the redirected request to the one that follows it and then calls no
    auth object, so this is the last moment to change them. Once a redirect has left the origin,
    nothing is signed any more, not even when it leads back.

    It is a class so that pickling a response, which pickles its request's hooks, carries no secret:
    what is unpickled still strips, but no longer signs.
    """

    __slots__ = ("_auth",)

    def __init__(self, auth: Any = None) -> None:
        self._auth = auth

    def __reduce__(self) -> tuple[type[RedirectSigner], tuple[()]]:
        return RedirectSigner, ()

    def __call__(self, response: Any, **_kwargs: Any) -> None:
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
        if was_signed and self._auth is not None and _origin(url) == _origin(sent.url):
            request.headers.update(self._headers(response, request.copy(), url))

    def _headers(self, response: Any, following: Any, url: str) -> Any:
        """Return the signed headers of the request that follows the redirect."""
        following.url = requote_uri(url)
        _requests.rebuild_method(following, response)
        if response.status_code not in _METHOD_AND_BODY_KEPT:
            for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
                following.headers.pop(name, None)
            following.body = None
        elif hasattr(following.body, "seek"):
            rewind_body(following)
        return self._auth(following).headers


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
