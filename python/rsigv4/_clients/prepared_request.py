"""The prepared requests of requests and niquests, once they are signed, and once answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from rsigv4._clients.origin import is_same_origin, is_signed, without_signature
from rsigv4._clients.steps import run

try:
    from requests.utils import requote_uri, rewind_body
except ImportError:  # Only niquests is installed.
    from niquests.utils import requote_uri, rewind_body  # type: ignore[assignment]

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

__all__ = [
    "SIGNED_CLASSES",
    "NextRequest",
    "Redirect",
    "after_response",
    "can_resend",
    "drop_signature",
    "prepare_redirect",
    "prepare_resend",
]

_METHOD_AND_BODY_KEPT = (307, 308)


class _SignedPreparedRequest:
    """
    A signed request, of which a copy keeps the signature only as long as it keeps the URL.

    To follow a redirect, a client copies the request with all headers, gives the copy the URL that
    it leads to, and calls no auth; niquests does so before it calls any hook if it multiplexes. The
    request itself stays as it is, since the caller may send it again.
    """

    url: str
    headers: Any
    #: Its class before it was signed.
    _unsigned_class: type

    @property
    def next_request(self) -> NextRequest:
        """What is right for a redirect to the same origin, once there is one."""
        following: NextRequest = self.__dict__.setdefault("_next_request", NextRequest())
        return following

    def copy(self) -> Any:
        """Return a copy, which takes the signature to no other URL."""
        copied = super().copy()  # type: ignore[misc]
        copied.__class__ = SIGNED_CLASSES[type(copied)]
        if is_signed(self.headers):
            following = NextRequest()
            following.__dict__.update(self.next_request.__dict__)
            copied.__dict__["_original"] = _Original(self.url, following)
        return copied

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "url":
            original = self.__dict__.pop("_original", None)
            if original is not None:
                drop_signature(self)
                if is_same_origin(value, original.url):
                    following = original.following
                    self.headers.update(following.headers)
                    value = following.url if value == following.location else value
        super().__setattr__(name, value)

    def __reduce_ex__(self, _protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return _restored, (self._unsigned_class,), self.__dict__


class NextRequest:
    """The request that follows a redirect to the same origin."""

    def __init__(self) -> None:
        self.location = ""
        self.url = ""
        self.headers: dict[str, Any] = {}

    def become(self, location: str = "", signed: Any = None) -> None:
        """
        Remember what is right for a redirect, or nothing.

        Args:
            location: The URL that the client will give to its copy.
            signed: The request for it. Its URL may be the same one in other words.

        """
        self.location = location
        self.url = "" if signed is None else signed.url
        self.headers = {} if signed is None else dict(signed.headers)


class _Original(NamedTuple):
    """What a copy has to know of the request that it was made of."""

    url: str
    following: NextRequest


class _SignedClasses(dict[type, type]):
    """The classes that requests are given once they are signed, by those they had before."""

    def __missing__(self, cls: type) -> type:
        signed = cls
        # What can't be copied follows no redirects.
        if hasattr(cls, "copy") and not issubclass(cls, _SignedPreparedRequest):
            members = {"__module__": cls.__module__, "_unsigned_class": cls}
            signed = type(cls.__name__, (_SignedPreparedRequest, cls), members)
        return self.setdefault(cls, signed)


SIGNED_CLASSES = _SignedClasses()


def drop_signature(request: Any) -> None:
    """Remove the signature of a signed request; one that isn't signed keeps all its headers."""
    headers = request.headers
    if headers is not None and is_signed(headers):
        unsigned = without_signature(headers.items())
        headers.clear()
        headers.update(unsigned)


def _restored(unsigned_class: type) -> Any:
    return object.__new__(SIGNED_CLASSES[unsigned_class])


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


def can_resend(request: Any) -> bool:
    """Return whether a request can be sent again: its body is in memory, or a file that seeks."""
    body = request.body
    return body is None or isinstance(body, (bytes, str)) or hasattr(body, "seek")


def prepare_resend(request: Any) -> Any:
    """Return a copy of a request to sign and send again, with its body rewound."""
    if hasattr(request.body, "seek"):
        rewind_body(request)
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
