"""How clients follow redirects, signed or not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.clients import Client

__all__ = ["STATUS_CODES", "is_followed", "is_sent_again", "is_signed_when_refused"]

STATUS_CODES = [301, 302, 303, 307, 308]
KEEPING = {307, 308}


def is_followed(client: Client, status_code: int, method: str) -> bool:
    """Return whether the client follows a redirect at all."""
    if client.name == "urllib" and status_code in KEEPING:
        return method != "POST" and (status_code != 308 or sys.version_info >= (3, 11))
    return client.follows


def is_sent_again(client: Client, status_code: int, method: str) -> bool:
    """Return whether the client follows a redirect with the same method and body."""
    # RFC 9110 lets clients choose for 301 and 302. Only urllib3 keeps the method.
    kept = KEEPING | {301, 302} if client.name == "urllib3" else KEEPING
    return method == "GET" or status_code in kept


def is_signed_when_refused(client: Client) -> bool:
    """Return whether a redirect to the same origin is first followed without a signature."""
    # httpx doesn't call the auth before it follows a redirect.
    return "httpx" in client.name
