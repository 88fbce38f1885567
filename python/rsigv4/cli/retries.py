"""How long the command tries: limits of time, and further tries as curl has them."""

from __future__ import annotations

import email.utils
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rsigv4.cli.failures import Failure, Status

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["TRANSIENT", "Tries", "retry_after", "time_limit"]

#: The statuses after which another try may succeed.
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})

_FIRST_WAIT = 1.0
#: The longest wait, also if the server asks for more.
_MAX_WAIT = 600.0


class Tries:
    """
    Counts the tries, and waits between them: a second, and twice as long each time.

    Args:
        retries: How many may follow the first.

    """

    def __init__(self, retries: int) -> None:
        self.left: int = retries
        self._wait = _FIRST_WAIT

    def next_wait(self, asked: float | None) -> float:
        """Count a try, and return how many seconds to wait for it, which the server may ask for."""
        wait = self._wait if asked is None else asked
        self.left -= 1
        self._wait = min(2 * self._wait, _MAX_WAIT)
        return wait


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a header ``Retry-After``; None if it is missing or invalid."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), _MAX_WAIT)
    try:
        # Python 3.9 raises a TypeError.
        seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (OverflowError, TypeError, ValueError):
        return None
    return min(max(0.0, seconds), _MAX_WAIT)


@contextmanager
def time_limit(seconds: float | None) -> Generator[None]:
    """
    Limit the time of everything inside; None sets no limit.

    Raises:
        Failure: It takes longer.

    """
    if seconds is None or not hasattr(signal, "setitimer"):
        # Windows has no alarm. There, only each wait for the network is limited.
        yield
        return
    previous = signal.signal(signal.SIGALRM, _stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeIsUp:
        raise Failure(Status.TIMEOUT, "the exchange takes longer than --max-time") from None
    finally:
        signal.signal(signal.SIGALRM, previous)


class _TimeIsUp(BaseException):
    """Not an ``Exception``: providers of credentials, such as botocore's, go on after those."""


def _stop(*_signal: object) -> None:
    raise _TimeIsUp
