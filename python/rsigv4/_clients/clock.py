"""Clock offsets of servers, learned from their responses."""

from __future__ import annotations

import datetime as dt
import logging
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from rsigv4._clients.origin import origin_of
from rsigv4._core import CLOCK_ERRORS
from rsigv4._explain.responses import MAX_READ_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rsigv4._clients.origin import Origin

__all__ = ["AMZ_DATE", "ServerClocks"]

#: The header with the time of a signature, as `ServerClocks.learn` takes it.
AMZ_DATE = "X-Amz-Date"

#: How many origins are kept; the oldest is dropped first.
_MAX_ORIGINS = 256

#: Services accept smaller differences, so the error has another cause.
_LEAST_SKEW_SECONDS = 60
#: Every service refuses larger differences.
_CERTAIN_SKEW_SECONDS = 900
#: Larger differences count only if the response says that the timestamp was the problem.
_GREATEST_UNSAID_SKEW_SECONDS = 24 * 3600
#: SigV4 was published in the first of these years; a date outside them is not the present.
_PLAUSIBLE_YEARS = range(2012, 2112)

_log = logging.getLogger("rsigv4")


class ServerClocks:
    """
    How many seconds the clock of each origin is ahead of this machine's.

    It can be shared between threads and tasks. A copy or pickle is empty, because another machine
    has another clock.
    """

    def __init__(self) -> None:
        #: Seconds by origin, the oldest first. Each operation is atomic, so there is no lock.
        self.offsets: dict[Origin, int] = {}

    def __reduce__(self) -> tuple[type[ServerClocks], tuple[()]]:
        return type(self), ()

    def time(self, url: str) -> float | None:
        """Return the current time by the clock of a URL's origin, or None if that is unknown."""
        origin = origin_of(url)
        offset = None if origin is None else self.offsets.get(origin)
        return None if offset is None else time.time() + offset

    def learn(  # noqa: PLR0913, PLR0917 - a response and what matters of its request
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        method: str,
        url: str,
        amz_date: str | None,
    ) -> bool:
        """
        Store the offset of an origin's clock if the response blames the request's timestamp.

        Args:
            status: The status of the response.
            headers: The headers of the response.
            body: The body of the response.
            method: The method of the request.
            url: The URL of the request.
            amz_date: The value of `AMZ_DATE` in the request. Another request may have learned the
                clock since this one was signed.

        Returns:
            Whether the request may succeed if it is signed again.

        """
        # A cached response has the date at which it was generated (RFC 9111, section 5.1).
        if status != HTTPStatus.FORBIDDEN or headers.get("age", "0") != "0":
            return False
        error_type = headers.get("x-amzn-errortype", "")
        said = error_type + body[:MAX_READ_BYTES].decode(errors="replace")
        try:
            date = parsedate_to_datetime(headers["date"])
            server_time = date.timestamp()
            signed_at = dt.datetime.strptime(f"{amz_date}+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
        # Python 3.9 raises a TypeError for what is not a date.
        except (KeyError, OverflowError, TypeError, ValueError):
            return False
        if date.year not in _PLAUSIBLE_YEARS:
            return False
        skew = abs(server_time - signed_at)
        if any(error in said for error in CLOCK_ERRORS):
            is_off = skew >= _LEAST_SKEW_SECONDS
        else:
            # The response to HEAD has no message, and its error type is that of any wrong
            # signature. Only its date shows the cause.
            is_off = method == "HEAD" and (
                _CERTAIN_SKEW_SECONDS <= skew <= _GREATEST_UNSAID_SKEW_SECONDS
            )
        origin = origin_of(url)
        if not is_off or origin is None:
            return False
        offset = round(server_time - time.time())
        _log.warning("a server's clock is %+d seconds ahead of ours: signing with its time", offset)
        self.offsets.pop(origin, None)
        self.offsets[origin] = offset
        for oldest in list(self.offsets)[:-_MAX_ORIGINS]:
            self.offsets.pop(oldest, None)
        return True
