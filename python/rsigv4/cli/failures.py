"""How the command ends: curl's exit statuses, for what curl has them for."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ClosedPipe", "Failure", "Status"]


class Status(IntEnum):
    """
    The exit statuses.

    Those of the network are curl's: https://curl.se/docs/manpage.html#EXIT.
    """

    OK = 0
    PROTOCOL = 1
    NOT_VERIFIED = 1  # Of the command verify, whose requests nobody sends.
    USAGE = 2
    RESOLVE = 6
    CONNECT = 7
    PARTIAL = 18
    HTTP = 22
    WRITE = 23
    TIMEOUT = 28
    TLS = 35
    REDIRECTS = 47
    SEND = 55
    RECEIVE = 56
    CERTIFICATE = 60
    PROXY = 97
    INTERRUPTED = 130
    CLOSED_PIPE = 141


class Failure(Exception):  # noqa: N818 - reads as what it is where it is raised
    """
    The command ends here, with one line for the user.

    Args:
        status: The exit status.
        message: What is wrong, and the way out.

    """

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status = status


class ClosedPipe(Exception):  # noqa: N818 - nobody's error
    """Whoever reads our output has seen enough."""
