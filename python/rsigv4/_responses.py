"""What happens to a signed request of requests or niquests once it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from rsigv4._clients.origin import is_same_origin, is_signed
from rsigv4._clients.steps import run
from rsigv4._prepared import NextRequest

try:
    from requests.utils import requote_uri, rewind_body
except ImportError:  # Only niquests is installed.
    from niquests.utils import requote_uri, rewind_body  # type: ignore[assignment]

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Redirect", "after_response", "prepare_redirect", "prepare_resend"]

_METHOD_AND_BODY_KEPT = (307, 308)


class Redirect(NamedTuple):
    """The request that will follow, to be signed, and where the client's copy gets it from."""

    following: Any
    location: str
    next_request: NextRequest

    def hand_on(self, signed: Any) -> None:
        """Have the client's copy become this request."""
        self.next_request.become(self.location, signed)


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
        redirect.hand_on(auth(redirect.following))
    return response


def prepare_redirect(response: Any) -> Redirect | None:
    """
    Return what will follow a signed request, if it has to be signed.

    The client copies the redirected request for it, and then calls no auth object, so this is the
    last moment to give a signature to such copies. Once a redirect has left the origin, nothing is
    signed any more, not even when it leads back.

    Args:
        response: Any response; those that are no redirects are left alone.

    """
    request = response.request
    if not (response.is_redirect and is_signed(request.headers)):
        return None
    next_request = getattr(request, "next_request", None)
    url = _redirect_target(response)
    if next_request is None or url is None or not is_same_origin(url, request.url):
        return None
    # It may have been sent before.
    next_request.become()
    following = _following_request(response, request.copy(), url)
    return Redirect(following, following.url, next_request)


def prepare_resend(response: Any) -> Any:
    """Return a copy of the request to sign and send once more, with its body rewound; or None."""
    request = response.request
    if hasattr(request.body, "seek"):
        rewind_body(request)
    elif not (request.body is None or isinstance(request.body, (bytes, str))):
        return None
    resent = request.copy()
    # It is the request itself that the client copies for a redirect.
    resent.__dict__["_next_request"] = getattr(request, "next_request", NextRequest())
    return resent


def _redirect_target(response: Any) -> str | None:
    """Return where a redirect leads, if that is a URL."""
    try:
        # Header values are read as Latin-1, and servers write UTF-8.
        location = response.headers["Location"].encode("latin-1").decode("utf-8", "replace")
        return str(urljoin(response.url, requote_uri(location)))
    except ValueError:
        return None


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
