"""Warns about requests that the original of a drop-in signs, and AWS refuses."""

from __future__ import annotations

import sys
import warnings
import weakref
from typing import TYPE_CHECKING

from rsigv4._core import refusals
from rsigv4.exceptions import SigningWarning

if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

__all__ = ["warn_of_refusal", "warn_once"]

#: The auth objects that have warned, by identity, because a subclass may define equality. Not an
#: attribute of the objects: callers compare ``__dict__``, and native state would forbid some bases.
_WARNED: dict[int, weakref.ref[Any]] = {}

#: The packages whose code is between the caller and the signature.
_NOT_CALLERS = ("rsigv4", "requests", "niquests")


def warn_once(auth: Any, message: str) -> None:
    """
    Warn the caller of the client that AWS will refuse the request. The base class calls it.

    If a filter turns the warning into an exception, each signature of the object raises it.
    """
    key = id(auth)
    if key in _WARNED:
        return
    stacklevel = 2
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - documented, and the only way
    while frame is not None and _package(frame.f_globals) in _NOT_CALLERS:
        stacklevel += 1
        frame = frame.f_back
    warnings.warn(message, SigningWarning, stacklevel=stacklevel)
    _WARNED[key] = weakref.ref(auth, lambda _: _WARNED.pop(key, None))


def warn_of_refusal(
    auth: Any, access_key_id: Any, secret_access_key: Any, region: Any, service: Any
) -> None:
    """Warn once if AWS will refuse what is signed with these."""
    if id(auth) in _WARNED:
        return
    try:
        reasons = refusals(access_key_id, secret_access_key, region, service)
    finally:
        # Tracebacks may show local variables.
        del secret_access_key
    if reasons:
        warn_once(auth, f"{reasons} (signed anyway; AWS will respond with 403)")


def _package(module: dict[str, Any]) -> str:
    return str(module.get("__name__")).partition(".")[0]
