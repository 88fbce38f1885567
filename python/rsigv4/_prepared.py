"""The prepared requests of requests and niquests, once they are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rsigv4._clients.origin import is_same_origin, is_signed, without_signature

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

__all__ = ["SIGNED_CLASSES", "NextRequest", "drop_signature"]


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
