"""What happens to a signed request of requests or niquests once it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from rsigv4._client import SIGNATURE_HEADERS, is_same_origin, run

try:
    from requests.utils import requote_uri, rewind_body
except ImportError:  # Only niquests is installed.
    from niquests.utils import requote_uri, rewind_body  # type: ignore[assignment]

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Redirect", "after_response", "prepare_redirect", "prepare_resend"]

_METHOD_AND_BODY_KEPT = (307, 308)


class Redirect(NamedTuple):
    """The request whose headers will be copied, and what will follow it."""

    request: Any
    following: Any


def after_response(response: Any, auth: Any, kwargs: dict[str, Any] | None) -> Any:
    """
    Return the response to go on with: the same one, or that of the request signed once more.

    Args:
        response: Any response.
        auth: Signed its request; None has nothing signed any more.
        kwargs: How the request was sent.

    """
    steps = getattr(auth, "steps_after_response", None)
    if steps is not None:
        return run(steps(response, kwargs or {}))
    redirect = prepare_redirect(response)
    if redirect is not None and auth is not None:
        redirect.request.headers.update(auth(redirect.following).headers)
    return response


def prepare_redirect(response: Any) -> Redirect | None:
    """
    Take the signature off a redirected request.

    The client copies the headers of the redirected request to the one that follows it and then
    calls no auth object, so this is the last moment to change them. Once a redirect has left the
    origin, nothing is signed any more, not even when it leads back.

    Args:
        response: Any response; those that are no redirects are left alone.

    Returns:
        The two requests, if what follows goes to the same origin and so is to be signed.

    """
    if not response.is_redirect:
        return None
    # Header values are read as Latin-1, and servers write UTF-8.
    location = response.headers["Location"].encode("latin-1").decode("utf-8", "replace")
    request = response.request
    # The history keeps the request as it was sent.
    response.request = sent = request.copy()
    if not str(sent.headers.get("Authorization", "")).startswith("AWS4-"):
        return None
    for name in SIGNATURE_HEADERS:
        request.headers.pop(name, None)
    url = urljoin(response.url, requote_uri(location))
    if not is_same_origin(url, sent.url):
        return None
    return Redirect(request, _following_request(response, request.copy(), url))


def prepare_resend(response: Any) -> bool:
    """Return whether the request of a response can be sent once more; rewind its body for it."""
    request = response.request
    if hasattr(request.body, "seek"):
        rewind_body(request)
    elif not (request.body is None or isinstance(request.body, (bytes, str))):
        return False
    # The history keeps the request as it was sent.
    response.request = request.copy()
    return True


def _following_request(response: Any, request: Any, url: str) -> Any:
    """Turn a copy of the redirected request into the one that follows it."""
    request.url = requote_uri(url)
    request.method = _following_method(response.status_code, request.method)
    if response.status_code not in _METHOD_AND_BODY_KEPT:
        for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
            request.headers.pop(name, None)
        request.body = None
    elif hasattr(request.body, "seek"):
        rewind_body(request)
    return request


def _following_method(status_code: int, method: str) -> str:
    """Return the method that clients follow a redirect with (RFC 9110, section 15.4)."""
    becomes_get = (status_code in {302, 303} and method != "HEAD") or (
        status_code == 301 and method == "POST"  # noqa: PLR2004
    )
    return "GET" if becomes_get else method
