"""Signed prepared requests of requests and niquests: copies, redirects and resending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urljoin

from rsigv4._clients.origin import is_same_origin, is_signed, without_signature
from rsigv4._clients.signer import REFUSED
from rsigv4._clients.steps import run

try:
    from requests.utils import requote_uri, rewind_body
except ImportError:  # Only niquests is installed.
    from niquests.utils import requote_uri, rewind_body  # type: ignore[assignment]

if TYPE_CHECKING:
    from typing import SupportsIndex

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
    A signed request. A copy of it loses the signature when it gets another URL.

    To follow a redirect, a client copies the request with all headers and changes the copy's URL,
    without calling an auth; niquests does so before it calls hooks if it multiplexes. The request
    itself does not change, because the caller may send it again.
    """

    url: str
    headers: Any
    #: The class of the request before it was signed.
    _unsigned_class: type[Any]

    @property
    def next_request(self) -> NextRequest:
        """The signed request for a redirect to the same origin."""
        following: NextRequest = self.__dict__.setdefault("_next_request", NextRequest())
        return following

    def copy(self) -> Any:
        """Return a copy that loses the signature when it gets another URL."""
        copied = cast("Any", super().copy())  # type: ignore[misc]
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

    def store(self, location: str = "", signed: Any = None) -> None:
        """
        Store the request for a redirect, or nothing.

        Args:
            location: The URL that the client will give to its copy.
            signed: The signed request for it. Its URL may be encoded differently.

        """
        self.location = location
        self.url = "" if signed is None else signed.url
        self.headers = {} if signed is None else dict(signed.headers)


class _Original(NamedTuple):
    """What a copy has to know about the original request."""

    url: str
    following: NextRequest


class _SignedClasses(dict[type[Any], type[Any]]):
    """The classes of signed requests, by the classes before signing."""

    def __missing__(self, cls: type[Any]) -> type[Any]:
        signed = cls
        # A request that can't be copied is never redirected.
        if hasattr(cls, "copy") and not issubclass(cls, _SignedPreparedRequest):
            members = {"__module__": cls.__module__, "_unsigned_class": cls}
            signed = type(cls.__name__, (_SignedPreparedRequest, cls), members)
        return self.setdefault(cls, signed)


SIGNED_CLASSES = _SignedClasses()


def drop_signature(request: Any) -> None:
    """Remove the signature of a request. A request that is not signed does not change."""
    headers = request.headers
    if headers is not None and is_signed(headers):
        unsigned = without_signature(headers.items())
        headers.clear()
        headers.update(unsigned)


def _restored(unsigned_class: type[Any]) -> Any:
    return object.__new__(SIGNED_CLASSES[unsigned_class])


class Redirect(NamedTuple):
    """The request that follows a redirect, to be signed, and where the client's copy reads it."""

    following: Any
    location: str
    next_request: NextRequest

    def set_next(self, signed: Any) -> None:
        """Set the request that the client's copy becomes."""
        self.next_request.store(self.location, signed)


def after_response(response: Any, auth: Any, kwargs: dict[str, Any] | None) -> Any:
    """
    Return the response to use: this one, or the one to a request that was signed again.

    Args:
        response: Any response.
        auth: The auth that signed the request. None signs nothing.
        kwargs: The arguments with which the request was sent.

    """
    steps = getattr(auth, "steps_after_response", None)
    if steps is not None:
        return run(steps(response, kwargs or {}))
    redirect = prepare_redirect(response)
    if redirect is not None and auth is not None:
        redirect.set_next(auth(redirect.following))
    # A subclass of the drop-in may have a method of this name.
    if getattr(auth, "explain", None) is True and response.status_code in REFUSED:
        from rsigv4._explain import log_explanation  # noqa: PLC0415 - seldom needed

        log_explanation(response, signer=auth)
    return response


def prepare_redirect(response: Any) -> Redirect | None:
    """
    Return the request that follows a redirect, if it has to be signed.

    The client copies the redirected request without calling an auth, so this is the last moment to
    sign the copy. After a redirect to another origin, no request is signed, even if a later
    redirect leads back.

    Args:
        response: Any response. Returns None if it is not a redirect of a signed request.

    """
    request = response.request
    if not (response.is_redirect and is_signed(request.headers)):
        return None
    next_request = getattr(request, "next_request", None)
    url = _redirect_target(response)
    if next_request is None or url is None or not is_same_origin(url, request.url):
        return None
    # The request may have been sent before.
    next_request.store()
    following = _following_request(response, request.copy(), url)
    return Redirect(following, following.url, next_request)


def can_resend(request: Any) -> bool:
    """Return whether a request can be sent again: its body is in memory, or a file that seeks."""
    # An adapter may return a response without its request.
    if request is None:
        return False
    body = request.body
    return body is None or isinstance(body, (bytes, str)) or hasattr(body, "seek")


def prepare_resend(request: Any) -> Any:
    """Return a copy of a request to sign and send again, with its body rewound."""
    if hasattr(request.body, "seek"):
        rewind_body(request)
    resent = request.copy()
    # For a redirect, the client copies the original request.
    resent.__dict__["_next_request"] = getattr(request, "next_request", NextRequest())
    return resent


def _redirect_target(response: Any) -> str | None:
    """Return the URL of a redirect, or None if it is not a URL."""
    try:
        # Clients decode header values as Latin-1, but servers send UTF-8.
        location = response.headers["Location"].encode("latin-1").decode("utf-8", "replace")
        return str(urljoin(response.url, requote_uri(location)))
    except ValueError:
        return None


def _following_request(response: Any, request: Any, url: str) -> Any:
    """Turn a copy of the redirected request into the request that follows."""
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
    """Return the method of the request that follows a redirect (RFC 9110, section 15.4)."""
    becomes_get = (status_code in {302, 303} and method != "HEAD") or (
        status_code == 301 and method == "POST"  # noqa: PLR2004
    )
    return "GET" if becomes_get else method
