"""The prepared requests of requests and niquests, once they are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rsigv4._client import is_same_origin, is_signed, without_signature

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

__all__ = ["SIGNED_CLASSES"]


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
    def next_headers(self) -> dict[str, Any]:
        """The headers that are right for a redirect to the same origin, once there is one."""
        headers: dict[str, Any] = self.__dict__.setdefault("_next_headers", {})
        return headers

    def copy(self) -> Any:
        """Return a copy, which takes the signature to no other URL."""
        copied = super().copy()  # type: ignore[misc]
        copied.__class__ = SIGNED_CLASSES[type(copied)]
        if is_signed(self.headers):
            copied.__dict__["_original"] = _Original(self.url, self.next_headers.copy())
        return copied

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "url":
            original = self.__dict__.pop("_original", None)
            if original is not None:
                unsigned = without_signature(self.headers.items())
                self.headers.clear()
                self.headers.update(unsigned)
                if is_same_origin(value, original.url):
                    self.headers.update(original.next_headers)
        super().__setattr__(name, value)

    def __reduce_ex__(self, _protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return _restored, (self._unsigned_class,), self.__dict__


class _Original(NamedTuple):
    """What a copy has to know of the request that it was made of."""

    url: str
    next_headers: dict[str, Any]


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


def _restored(unsigned_class: type) -> Any:
    return object.__new__(SIGNED_CLASSES[unsigned_class])
